"""The catalogue of sentences of a claim against a provider, in English, beside `sentences`."""

from __future__ import annotations

CLAIM_TITLE = "Claim for a service credit"
HEADLINES = {
    "owed": "We claim {credit}: {figure} against a commitment of {promise}",
    "owed_free": "We claim {credit}",
    "several": "We claim {credit}; each promise is below",
    "several_free": "{credit} are owed without a claim; each promise is below",
    "several_so_far": "{credit} are owed so far; each promise is below",
    "several_none": "By our figures nothing is owed; each promise is below",
    "so_far": "{credit} are owed so far: {figure} against a commitment of {promise}",
    "none": "{figure} against a commitment of {promise}: by our figures nothing is owed",
    "unknown": "What is owed cannot be told: {why}",
}
LEDES = {
    "counted": "{counted} of downtime counted in {outages}; the contract allows {allowed}.",
    "free": "Of the credit by our figures, {credit} are given without a claim.",
    "fee": "The credit is worked out from a fee of {fee}.",
}
DAYS = {
    "notice": "Notice is due by {day}.",
    "claim": "The claim is due by {day}.",
    "none": "The credit is given without a claim.",
    "included": "The last day is included, in {zone}.",
}
METHOD = {
    "from": "Checks are made by us from one location, {location}, and not by the provider.",
    "each": "{endpoint} ({kind}{host}) is checked every {interval}; an attempt has {timeout}.",
    "confirmed": "A failing check is believed once {failures} of {attempts} attempts fail, {pause} apart; "
    "the outage then begins at the first of them.",
    "at_once": "A failing check is believed at once.",
    "ends": "An outage ends at the first good check.",
    "maintenance": "Downtime inside maintenance and exclusions is subtracted as the contract says.",
    "nothing_taken": "No downtime fell into maintenance or an exclusion, so nothing was subtracted.",
    "measured": "{share} of the promised time was measured.",
    "unknown": "What our own monitor could not tell is neither up nor down: it is listed below, and treated "
    "as the contract says.",
    "reading": "Where the contract leaves it open, we read it so: {text}.",
}
OUTAGES = (
    "Each time is given in UTC{zone}. An outage begins at its first failed check and ends at its first good "
    "one; either may have been earlier by the time beneath, since nothing is known between two checks."
)
PROMISES = (
    "Every promise of the contract on its own. The credit of the claim is that of the whole, limits included."
)
CLAIMED = {
    "by": "claim by {day}",
    "notice": "notice by {day}",
    "automatic": "no claim needed",
}
SEEN_ONLY = {
    "some": "These outages were seen by our checks. What of them counts under the contract is not told here: "
    "{why}.",
    "none": "Our checks saw no outage. What counts under the contract is not told here: {why}.",
    "counted": "not told",
}
ATTACHED = (
    "With this page go three tables: every figure and working, the outages, and the failed checks behind "
    "them. The failed checks have times, our names and reasons of a closed list. Of what was checked the "
    "host is named; paths, queries, headers and answers are left out."
)

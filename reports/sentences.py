"""The catalogue of sentences, in English: everything a page says that is not a figure. One module a language.

Causes are told as a customer would tell them, without blame, and hold nothing that a target said.
"""

from __future__ import annotations

from typing import Literal

from monitor.core.checks import Reason
from monitor.core.numbers import Operator

# What a customer is told of an outage: closed, one sentence a reason.
CAUSES: dict[Reason, str] = {
    Reason.OK: "The service answered as expected.",
    Reason.NAME_NOT_FOUND: "The service’s name could not be found.",
    Reason.DNS_FAILURE: "The service’s name could not be looked up.",
    Reason.CONNECTION_REFUSED: "The service refused connections.",
    Reason.CONNECTION_RESET: "The connection broke off before an answer was complete.",
    Reason.CONNECTION_FAILED: "No connection to the service could be made.",
    Reason.TIMEOUT: "There was no answer in time.",
    Reason.TLS_CERTIFICATE: "The certificate of the service was not valid.",
    Reason.TLS_HANDSHAKE: "No secure connection could be agreed.",
    Reason.DNS_ANSWER: "The name led to other answers than expected.",
    Reason.TLS_VERSION: "No secure connection in a version that is new enough could be agreed.",
    Reason.PROTOCOL: "The answer could not be understood.",
    Reason.STATUS: "The service answered with an error.",
    Reason.TEXT_MISSING: "The answer lacked content that has to be there.",
    Reason.TEXT_FORBIDDEN: "The answer held content that must not be there.",
    Reason.TOO_SLOW: "The answer took longer than agreed.",
    Reason.REDIRECT_LOOP: "The service kept redirecting without an answer.",
    Reason.REDIRECT_REFUSED: "The service redirected to an address that must not be followed.",
    Reason.REDIRECT_TARGET: "The service redirected to another place than expected.",
    Reason.ADDRESS_REFUSED: "The service's name led to an address that must not be probed.",
    Reason.PATTERN_MISSING: "The answer did not contain the expected text.",
    Reason.PATTERN_FORBIDDEN: "The answer contained a text that must not be there.",
    Reason.JSON_VALUE: "A value in the answer was not as expected.",
    Reason.HEADER: "A header of the answer was not as expected.",
    Reason.SIZE: "The size of the answer was not as expected.",
    Reason.CERTIFICATE_EXPIRES: "The certificate was about to expire, or had expired.",
    Reason.DIALOGUE: "The service did not answer as expected when it was spoken to.",
    Reason.HEARTBEAT_MISSED: "The job did not report in time.",
    Reason.HEARTBEAT_FAILED: "The job reported that it had failed.",
    Reason.MONITOR_STALL: "the monitor was held up",
    Reason.MONITOR_PAUSED: "the monitor’s machine was suspended",
    Reason.OWN_NETWORK: "the monitor’s own internet connection failed",
    Reason.OWN_DNS: "the monitor’s own name service failed",
    Reason.OWN_RESOURCE: "the monitor’s machine was short of resources",
    Reason.CLOCK_SUSPECT: "the monitor’s clock could not be relied on",
    Reason.NOT_RUNNING: "the monitor was not running",
    Reason.DISABLED: "checking was switched off",
    Reason.OVERLAP: "the check before had not ended",
    Reason.DATA_LOSS: "records of the monitor were lost",
    Reason.BLOCKED_TARGET: "the monitor was not allowed to check",
    Reason.PROBER_BUG: "the monitor had a fault of its own",
    Reason.AGENT_OFFLINE: "the place that checks was out of reach",
    Reason.DISAGREEMENT: "the places that check did not agree",
}

GENERATED = "Generated demonstration data, not measured"

# How a bound reads before its figure.
SIGNS: dict[Operator, str] = {
    ">=": "at least", ">": "more than", "<=": "at most", "<": "below", "=": "exactly",
}  # fmt: skip

# How a commitment reads before its figure: "at least" is what everybody expects, so it is left out.
COMMITMENT: dict[Operator, str] = {
    ">=": "", ">": "more than ", "<=": "at most ", "<": "less than ", "=": "exactly ",
}  # fmt: skip

Status = Literal["draft", "running", "issued", "amendment", "reversal"]

NOTICES: dict[Status, str] = {
    "draft": "Draft, not issued",
    "running": "{month} so far, to {as_of}",
    "issued": "Statement for {month}",
    "amendment": "Amended statement for {month}",
    "reversal": "Reversal of the statement for {month}",
}
NOTICE_DETAILS: dict[Status, str] = {
    "draft": "The figures stand as of {as_of}. Only a statement issued under a number is final.",
    "running": "The month has not ended: not a statement of account. The figures stand as of {as_of}.",
    "issued": "Issued, and final: it is never changed. A correction would be a statement of its own.",
    "amendment": "It stands in place of the statement that it corrects, which stays as it was issued.",
    "reversal": "It takes the statement back that it names, which stays as it was issued.",
}

# A month that was closed, for the team.
MONTH = {
    "title": "Month closed",
    "about": "issued or shown on {drawn_up}",
    "headline": "{papers} issued, {refused}",
    "refused": "{count} refused",
    "none_refused": "none refused",
    "total": "Together, {count}",
    "and_more": "{known}, and what is not determinable",
}

# What an issued paper says of itself.
ISSUED = {
    "changes": "What changes",
    "taken_back": "What is taken back",
    "credit": "Credit",
    "correction": "The difference",
    "corrects": "It names the statement that it corrects: {number}.",
    "reason": "Reason: {reason}",
    "against": "Set against {bill}. Net of VAT; this is not an invoice.",
    "nothing": "No credit is due. This is not an invoice.",
    "nothing_changes": "The credit stays as it was. This is not an invoice.",
    "decided": "Decided for {agreement} on {day}: {amount}, since the figures do not settle it. {reason}.",
}
GIVEN = {
    "sla credit": "Service credit",
    "decision": "Credit as decided",
    "correction": "Difference to what was credited before",
    "reversal": "Taken back",
}
FIGURES = {
    "version": "Version of the terms",
    "fee": "Fee",
    "availability": "Availability",
    "promised": "Promised time",
    "counted": "Downtime counted",
    "excused": "Downtime not counted",
    "unmeasured": "Not measured",
    "outages": "Outages",
    "windows": "Maintenance and exclusions",
    "responses": "Responses that counted",
    "late responses": "Responses that were late",
    "met": "Result",
    "credit": "Credit",
    "agreements": "Stated at all",
}
PROOF = {
    "states": "Measured states",
    "inputs": "All it was computed from",
    "statement": "This statement",
    "previous": "The paper before it, number {place} of all",
    "journal": "Corrections up to entry {entry}",
    "first": "It is the first statement to this customer.",
    "before": "Statements to this customer before it: {numbers}.",
    "verify": "Whoever has the JSON and the evidence that belongs to it can compute every figure again: "
    "makegood statement verify {number}.json --evidence {number}.evidence.json",
}

RESULTS = {True: "met", False: "missed", None: "not determinable"}
RESULTS_SO_FAR = {True: "met so far", False: "not met so far", None: "not determinable"}
MISSED_ALREADY = "missed already"

# What became of a maintenance window.
WINDOW_EFFECTS = {
    "valid": "Announced in time: its downtime is not counted.",
    "late": "Announced too late: its downtime counts in full.",
    "declared_later": "Announced after it had begun: its downtime counts in full.",
    "cap_used": "Announced in time, but the allowance for maintenance was used up: {rest} of it counts.",
    "not_now": "Outside the hours in which it may be done: its downtime counts in full.",
}
WINDOW_QUIET = {
    "valid": "Announced in time. No downtime occurred.",
    "late": "Announced too late. No downtime occurred.",
    "declared_later": "Announced after it had begun. No downtime occurred.",
    "cap_used": "Announced in time; the allowance for maintenance was used up. No downtime occurred.",
    "not_now": "Outside the hours in which it may be done. No downtime occurred.",
}

UNOBSERVED = {
    "left out": "It counts neither as working time nor as downtime.",
    "up": "The agreement counts it as working time.",
    "down": "The agreement counts it as downtime.",
}

CLAIM = "A credit is given without a claim."
CLAIM_NEEDED = "A credit must be claimed: {claim}."
NOTICE_BY = "The last day to give notice is {day}."
CLAIM_BY = "The last day to claim it is {day}."

# What one check does, by the kinds of endpoints.
CHECKS = {
    ("http",): "A check asks for a page, as a customer would, and judges the answer.",
    ("tcp",): "A check opens a connection, as a customer would.",
    ("http", "tcp"): "Some checks ask for a page, as a customer would, and judge the answer; "
    "the others open a connection.",
}

ROUNDINGS = {"half-up": "half up", "half-even": "half to even", "down": "down", "up": "up"}

# Headlines. {figure} availability, {promise} commitment, {credit} money, {month} the period's title.
HEADLINES = {
    "missed": "{figure} against a commitment of {promise}: a service credit of {credit}",
    "missed_free": "{figure} against a commitment of {promise}: missed, without a service credit",
    "met": "{figure} against a commitment of {promise}: met",
    "missed_open": "{figure} against a commitment of {promise}: missed, and a person decides what is owed",
    "unknown": "Not determinable: no amount is worked out",
    "unasked": "No response fell into this month: nothing was late",
    "later": "No period ends in this month",
    "none": "No agreement was in force",
    "all_met": "All {count} commitments were met",
    "several": "{missed} of {count} commitments {were} missed: {credits}",
    "unknown_of": "{unknown} of {count} commitments {are} not determinable",
    "credits": "service credits of {credits}",
    "credit": "a service credit of {credits}",
    "no_credit": "no service credit",
}
HEADLINES_SO_FAR = HEADLINES | {
    "missed": "{figure} so far against a commitment of {promise}: {credits}",
    "missed_free": "{figure} so far against a commitment of {promise}: not met so far",
    "missed_open": "{figure} so far against a commitment of {promise}: not met so far",
    "met": "{figure} so far against a commitment of {promise}",
    "all_met": "All {count} commitments are met so far",
    "several": "{missed} of {count} commitments {are} not met so far: {credits}",
    "unknown_of": "{unknown} of {count} commitments {are} not determinable so far",
}

LEDES = {
    "missed": "The commitment was missed by {by}: {counted} of downtime counted, {allowed} were allowed.",
    "missed_close": "The commitment was missed: {counted} of downtime counted, {allowed} were allowed.",
    "met": "{counted} of downtime counted, {allowed} were allowed.",
    "met_none": "No downtime counted; {allowed} were allowed.",
    "unknown": "{reason}.",
    "worked_out": "Worked out by itself: {figures}.",
    "not_worked_out": "Not worked out: {figures}.",
    "others_met": "The {count} other commitments were met.",
    "other_met": "The other commitment was met.",
    "each": "The table shows each.",
    "worst": "It is the worst of {count} figures; each is shown below.",
    "counted": "{counted} of downtime counted.",
    "behind": "{counted} of downtime counted so far; the time measured so far allows {allowed}.",
    "so_far": "Time still to come is not part of these figures.",
    "certain": "The credit is owed whatever the rest of the month brings.",
    "open": "None of it is owed yet: it would fall away if nothing more failed this month.",
}

# What a running month would cost, and what of it is certain: {credits} and {owed} are amounts.
SO_FAR = {
    "now": "{noun} of {credits} if the month ended now",
    "partly": "{noun} of {credits} if the month ended now, of which {owed} {are} owed already",
    "certain": "{noun} of {credits} {are} owed already",
    "none": "no service credit if the month ended now",
}

OWED_ALREADY = "credit if the month ended now; {owed} owed already"

# Why a section has no figure.
UNDETERMINED = {
    "promised": "nothing was promised in this period",
    "watched": "the service was not watched in this period",
    "measured": "nothing was measured",
    "coverage": "{coverage} of the promised time was measured, and the agreement asks for at least {floor}",
    "needs": "checks alone cannot settle this agreement, since {why}",
    "coverage_alone": "only {coverage} of the promised time was measured",
}

NO_AMOUNT = "no amount"
NO_COMMITMENT = "none"
ADDED = {"service": "{time} of service", "units": "{count} {name}"}

# An agreement whose period runs on beyond the month.
CONTINUING = "{name}, {sla}: its period, {period}, runs until {last} and is stated then."
PROMISES = "Every figure of this agreement. Its credit above is that of the whole, limits included."

GIVES_WAY = "Its credit is not added to that of {other}, which is the more favourable and applies."

# What stands beside the figures of an agreement, by kind.
NOTES = {
    "termination": "A right to terminate is reached: {text}.",
    "manual": "No program decides: {text}.",
    "reading": "Read as: {text}.",
    "unverified": "Not verified against the contract: {text}.",
}

FEES_CUT = "Fees are cut off here to whole {unit}; credits are worked out from the exact fee."
TOTAL_OPEN = "A total is given once every figure can be determined."

DAYS = {
    "counted": "{time} of downtime counted",
    "excused": "{time} of downtime not counted",
    "unmeasured": "{time} not measured",
    "quiet": "no downtime",
    "absent": "not in force, or still to come",
    "through": "{first} to {last}",
    "not_in_force": "not in force",
    "not_watched": "not watched yet",
    "to_come": "still to come",
    "full": "A full bar: {time} or more.",
    "zone": "Days of {names} as they are in {zone}.",
    "strip": "{name}, day by day. {told}",
    "others": "The other {count} days: no downtime.",
    "other": "The other day: no downtime.",
    "all": "All {count} days: no downtime.",
}

OUTAGES = {
    "none": "No outage was seen.",
    "none_of": "No outage was seen of {names}.",
    "rule": "An outage begins at its first failed check and ends at its first good one. The second "
    "line of a time says by how much it may have been earlier, since nothing is known between two checks.",
    "earlier": "or up to {time} earlier",
    "not_known": "earlier by an unknown time",
    "going_on": "still down",
    "excused": "Not counted: {by}.",
    "partly": "Not counted in part: {by}.",
    "within": "{time} of it in this period",
    "reported": "Reported {when}.",
    "detected": "Detected {when}.",
    "ticket": "Ticket {ticket}.",
    "closed": "Ticket closed {when}.",
    "ticket_closed": "Ticket {ticket}, closed {when}.",
    "unreported": "Not reported.",
}

EXCLUDED = {
    "valid": "Not counted under the contract: {what}.",
    "cap_used": "Not counted under the contract: {what}. The allowance was used up: {rest} of it counts.",
}
EXCLUDED_QUIET = "Not counted under the contract: {what}. No downtime occurred."

MAINTENANCE = {
    "title": "Maintenance",
    "with_exclusions": "Maintenance and exclusions",
    "none": "No maintenance was announced.",
    "checks": "Checks went on during the work.",
    "gross": "Without any exclusion, {name} had {figure}.",
    "ahead": "{time} ahead",
    "after": "{time} after its start",
    "cancelled": "Cancelled {when}.",
}

MEASURED = {
    "every": "checked every {times}; {coverage} of the promised time was measured",
    "kinds": "{times}, depending on what was checked and when",
    "alone": "Checks were made every {times}. {coverage} of the promised time was measured.",
    "no_times": "{coverage} of the promised time was measured",
    "gaps": "In the time below, the monitor itself could not tell. {policy}",
    "needs": "{name}: {reason}.",
    "no_gaps": "There was no time in which the monitor itself could not tell.",
}

# What tickets came to.
RESPONSES = {
    "title": "Responses",
    "promise": "{promise}: {stop}",
    "every": "all",
    "late_of": "{late} of {counted} late",
    "late": "Late: {count}",
    "waiting": "Under way, in time so far and in no figure: {count}",
    "done": "Done",
    "was_up": "Time was up",
    "is_up": "Time is up, if the clock runs on",
    "not_yet": "not yet",
    "more": "{count} more are in the CSV and the JSON of this statement.",
    "aside": "{tickets} not counted: {why}.",
    "known": "Tickets are known until {until}, as their system tells them.",
    "course": "The clock ran {elapsed}: {parts}.",
    "until": "{did} until {until}",
    "and_more": "and {count} stretches more until {until}: {sums}",
    "moved": "{what} {before} → {after} at {at}: {how}.",
    "no_value": "none",
    "note": "In time at equality. The longest delays come first; times are those of the promised clock.",
    "of": "{late} of {counted} responses were late.",
    "of_one": "The only response was late.",
    "none_late_one": "The only response was in time.",
    "none_late": "All {counted} responses were in time.",
    "none": "no response fell into this period",
}
STOPS = {
    "first human reply": "first reply of a person",
    "any reply": "first reply, an automatic one included",
    "next human reply": "next reply of a person",
    "acknowledged": "acknowledgement",
    "update": "updates",
    "resolved": "resolution",
}
# What a change of priority does to a clock, by what the contract says of it.
MOVED = {
    "restart": "the clock begins anew",
    "keep time": "what ran so far is held against the new time",
    "keep target": "the first time stays",
    "prorate": "the share that is used up carries over to the new time",
    "late": "its time was up already, and stays so",
}
CLOCK = {
    "before start": "not counted for {length}{why}",
    "running": "ran {length}{why}",
    "paused": "stood {length}{why}",
    "closed hours": "closed {length}{why}",
}

CONTRACT = {
    "terms": "{sla}, version {version}",
    "precedence": "Where this summary and the contract differ, the contract applies.",
}

# The team's page.
INTERNAL = {
    "missed": "{missed} of {count} agreements {were} missed: {owed} owed.",
    "missed_only": "The one agreement was missed: {owed} owed.",
    "unmet": "{missed} of {count} agreements {are} missed already: {owed} owed.",
    "unmet_only": "The one agreement is missed already: {owed} owed.",
    "met": "No agreement was missed: {owed} owed.",
    "kept": "No agreement is missed yet: {owed} owed.",
    "unknown": "{count} not determinable.",
    "none": "No agreement was in force.",
    "unwatched": "Nothing was watched in {month}.",
    "unwatched_none": "Nothing was watched in {month}: nobody can tell what is owed.",
    "unwatched_yet": "Nothing was watched in {month} so far.",
    "nothing": "nothing",
    "nearest": "Nearest: {name} for {customer}, {time} until {credit}.",
    "as_of": "{zone}, as of {as_of}, drawn up {drawn_up}",
    "scale": "{name}, {customer}: commitment {promise}{target}, actual {figure}",
    "target": ", internal target {target}",
    "aims": "{promise}; {target}",
    "below_target": "met, below target",
    "missed_already": "missed already",
    "behind": "below commitment so far",
    "no_target": "no target",
    "no_next": "no further downtime can cost more",
    "no_budget": "no allowance: {why}",
    "ours_not": "{customer} (bought)",
    "over_now": "the month is over",
    "certain": "Credit owed: what is owed whatever the rest of the month brings.",
    "until": "{time} until {credit}",
    "more": "({more} more)",
    "used_up": "used up {when}",
    "runs_out": "at this pace used up {when}",
    "burn": "{times} times an even pace",
    "over": "{time} over",
    "left": "{time} left",
    "allowed": "{customer}, {promise}: {allowed} allowed",
    "steps": "Error budget of {name} for {customer}: {allowed} allowed; {told}; {left}.",
    "step": "{when}: {left}",
    "no_steps": "nothing spent",
    "left_out": "Left out: {agreements} with nothing spent or with more left than these.",
    "footer": "Internal report · {month} · not for customers",
}

INTERNAL_NOTICE = "Internal. Not for customers."

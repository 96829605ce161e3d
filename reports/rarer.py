"""PURE. Words for the lines that an ordinary month does not have.

Other evidence than outages, several promises, credits that are no share of a fee, and limits that are none.
"""

from __future__ import annotations

from datetime import date

from monitor.core.money import Money
from reports import format as f
from reports.reader import Reader, Speaker, Words, bounds_in_words
from reports.sentences import RESULTS, SIGNS

PIECES: dict[str, tuple[str, str, str]] = {
    "slot": ("Slots", "Bad slots", "slots"),
    "request": ("Requests", "Requests that failed", "requests"),
    "event": ("Events that count in the period", "Those that were late", "events"),
    "ticket": ("Tickets that count in the period", "Those that were late", "tickets"),
    "ticket time": ("Tickets that count in the period", "Those that were late", "tickets"),
    "sample": ("Samples", "Samples that were bad", "samples"),
}

FEES: dict[str, str] = {
    "month": "The fee of a month",
    "previous period": "The fee of the period before",
    "next period": "The fee of the period after",
    "preceding 30 days": "The fee of the thirty days before",
    "year": "The fee of a year",
    "contract": "The fee of the whole contract",
    "at risk": "The amount at risk",
}

TOGETHER = {
    "sum": "All promises together: their credits are added",
    "parts": "The parts of the period together: their credits are added",
    "highest": "All promises together: the one that comes to most is credited alone",
    "highest_per_outage": "All promises together: for each outage the one that comes to most",
    "lowest_commitment": "All promises together: the one with the lowest commitment applies alone",
}


# --- what was seen --------------------------------------------------------------------------------------


def _promise(r: Reader) -> Words:
    return f"Promise {r.text('name')}", ""


def _resource(r: Reader) -> Words:
    return f"Resource {r.text('name')}", ""


def _all_resources(r: Reader) -> Words:
    return f"All {f.plural(r.ms('count'), 'resource', 'resources', r.style)}", ""


def _other_hours(r: Reader) -> Words:
    return f"Less time outside the service hours of {r.text('calendar')}", r.less("ms")


def _of_all(r: Reader) -> Words:
    return "The time of all resources together", r.duration("ms")


def _pieces(r: Reader) -> Words:
    name = PIECES[r.text("unit")][0]
    unseen = f", {r.count('unknown')} of them not seen" if r.exact("unknown") else ""
    return f"{name}{unseen}", r.count("count")


def _bad(r: Reader) -> Words:
    return PIECES[r.text("unit")][1], r.count("count")


def _dropped(r: Reader) -> Words:
    outages = f.plural(r.ms("outages"), "outage", "outages", r.style)
    return f"Less downtime that the rules on outages leave out: of {outages}", r.less("ms")


def _dropped_pieces(r: Reader) -> Words:
    many = PIECES[r.text("unit")][2]
    return f"Less {many} that the rules on outages leave out", _less(r)


def _less(r: Reader) -> str:
    count = r.exact("count")
    return f"{r.style.minus}{r.style.space}{r.count('count')}" if count else f.NONE


# --- what is not counted --------------------------------------------------------------------------------

_VERDICTS = {
    "valid": "{inside}",
    "late": "announced {ahead} ahead, too late; {inside}",
    "declared_later": "announced after it had begun; {inside}",
    "cap_used": "{inside}, more than its allowance leaves",
    "not_now": "outside the hours in which it may be done; {inside}",
}


def _window(r: Reader) -> Words:
    inside = f"{r.duration('inside')} of downtime inside" if r.ms("inside") else "no downtime inside"
    verdict = r.text("verdict")
    ahead = f.notice(r.ms("ahead"), r.style)
    said = _VERDICTS[verdict].format(ahead=ahead, inside=inside)
    if verdict == "valid" and r.yes("asked"):
        said = f"announced {ahead} ahead; {inside}"
    window, what = r.text("window"), r.text("what")
    name = r.letters.get(f"{window}@{r.ms('start')}", r.letters.get(window, window))
    return f"{what.capitalize()}{'' if name == what else f' {name}'}: {said}", r.duration("excused")


def _excused_pieces(r: Reader) -> Words:
    many = PIECES[r.text("unit")][2]
    aside = f"; {r.count('set_aside')} good ones left out too" if "set_aside" in r.values else ""
    return f"Less {many} that are not counted{aside}", _less(r)


def _assumed_allowance(r: Reader) -> Words:
    return (
        f"Assumed, since the history does not reach back far enough: nothing of {r.text('allowance')} for "
        f"{r.text('what')} was used before"
    ), ""


# --- the figure -----------------------------------------------------------------------------------------


def _weighted(r: Reader) -> Words:
    return "Weighted by how many were affected", r.time("ms")


def _taken_as(r: Reader) -> Words:
    return "Time that it is divided by, as the agreement has it", r.duration("ms")


def _counted_pieces(r: Reader) -> Words:
    bad = {"slot": "bad slots", "request": "failed requests", "event": "late ones", "ticket": "late ones"}
    return f"What counts of the {bad.get(r.text('unit'), 'bad ones')}", r.count("count")


def _ratio(r: Reader) -> Words:
    bad, base = r.count("bad"), r.count("base")
    many = PIECES[r.text("unit")][2]
    sum_ = f"({base} {r.style.minus} {bad}) {r.style.divided} {base} {many}"
    return f"The share that was good: {sum_}, cut off after the fourth decimal", _cut(r)


def _cut(r: Reader) -> str:
    return f.availability(r.exact("share"), r.style)


def _value(r: Reader) -> Words:
    return "The figure of the period", r.count("value")


def _mean_of_last(r: Reader) -> Words:
    return f"The mean of the last {r.ms('periods')} periods, this one included", _cut(r)


def _mean_of_months(r: Reader) -> Words:
    return "The mean of the figures of its months", _cut(r)


def _rounded(r: Reader) -> Words:
    figure = r.count("share") if r.yes("metric") else r.share("share")
    return "Rounded, as the agreement has it, before it is compared", figure


def _assumed_periods(consequence: str) -> Speaker:
    def words(r: Reader) -> Words:
        missing, periods = r.ms("missing"), r.ms("periods")
        known = f"{missing} of {periods} periods {'is' if missing == 1 else 'are'} not known"
        return f"Assumed, since the history does not reach back far enough: {known}, and {consequence}", ""

    return words


def _assumed_right(r: Reader) -> Words:
    return (
        "Assumed, since the history does not reach back far enough: what it does not tell was kept, "
        f"asked for the right after {r.text('text')}"
    ), ""


# --- the promise ----------------------------------------------------------------------------------------


def _met(r: Reader) -> bool | None:
    return {"yes": True, "no": False, "unknown": None}[r.text("met")]


def _downtime(r: Reader) -> Words:
    limit = f"{SIGNS[r.sign('sign')]} {r.duration('limit')}"
    return f"The commitment of {limit} of downtime; {r.time('ms')} counted", RESULTS[_met(r)]


def _metric(r: Reader) -> Words:
    limit = f"{SIGNS[r.sign('sign')]} {r.count('limit')} {r.text('unit')}".strip()
    return f"The commitment of {limit}, compared before any rounding", RESULTS[_met(r)]


def _no_promise(r: Reader) -> Words:
    return "There is no commitment: the table alone says what is owed", ""


# --- what is owed ---------------------------------------------------------------------------------------


def _due(r: Reader) -> Words:
    row, times = r.text("row"), f", {r.count('factor')} times" if "factor" in r.values else ""
    if row.startswith("pro_rata"):
        return f"The time that is paid for{times}", _owed(r)
    level = f"Credit level: {bounds_in_words(row, r.style)}" if row[:1] in "<>=" else f"Credit of {row}"
    return f"{level}{_counted(r)}{times}", _owed(r)


def _counted(r: Reader) -> str:
    """How many units there were, and how long each is."""
    if "count" not in r.values:
        return ""
    each = f" for {r.duration('size')} each" if r.values.get("size") else ""
    return f", {r.count('count')} times{each}" if each or r.exact("count") != 1 else ""


def _owed(r: Reader) -> str:
    kind, amount = r.text("kind"), r.exact("amount")
    match kind:
        case "share":
            return r.share("amount")
        case "money":
            return f.money(Money(amount, r.text("of")), r.style)
        case "time" | "service":
            return f"{r.time('amount')}{'' if kind == 'time' else ' of service'}"
        case "months":
            return f"{r.count('amount')} {'month' if amount == 1 else 'months'} of fees"
        case _:
            return f"{r.count('amount')} {r.text('of') or kind}"


def _fee(which: str) -> Speaker:
    def words(r: Reader) -> Words:
        return FEES[which], r.money("amount")

    return words


def _time_of_fees(r: Reader) -> Words:
    return f"The price of {r.time('time')}", r.money("amount")


def _months_of_fees(r: Reader) -> Words:
    months = r.exact("months")
    return f"The price of {r.count('months')} {'month' if months == 1 else 'months'}", r.money("amount")


def _points(r: Reader) -> Words:
    return "All points together", r.count("points")


def _together(rule: str) -> Speaker:
    def words(r: Reader) -> Words:
        return TOGETHER[rule], r.money_or_nothing("amount")

    return words


# --- limits ---------------------------------------------------------------------------------------------


def _at_most(r: Reader) -> Words:
    reached = "reached" if r.yes("reached") else "not reached"
    amount = f", {r.money('amount')}" if "amount" in r.values else ""
    return f"Limit: {r.text('limit')}{amount}", reached


def _assumed_credits(r: Reader) -> Words:
    return f"Assumed for the limit of {r.text('limit')}: {r.text('what')}", ""


def _only_if(r: Reader) -> Words:
    least = f.money(Money(r.exact("least"), r.text("currency")), r.style)
    return f"Paid only if {SIGNS[r.sign('sign')]} {least}, and it is {r.money('amount')}", "nothing"


def _raised_to(r: Reader) -> Words:
    least = f.money(Money(r.exact("least"), r.text("currency")), r.style)
    return f"Raised from {r.money('amount')} to the least that is paid", least


def _held_until(r: Reader) -> Words:
    currency = r.text("currency")
    earned, kept, least = (Money(r.exact(key), currency) for key in ("earned", "kept", "least"))
    sum_ = f"{f.money(earned, r.style)}, and {f.money(kept, r.style)} kept from before"
    paid = earned.amount + kept.amount >= least.amount
    return f"Paid once {f.money(least, r.style)} is reached: {sum_}", "paid" if paid else "kept"


def _service(r: Reader) -> Words:
    return "Service added to the term, free of charge", r.duration("ms")


def _units(r: Reader) -> Words:
    return f"Owed in {r.text('name')}", r.count("count")


def _undecided(r: Reader) -> Words:
    return f"No amount: {r.text('why')}", "not determinable"


# --- the claim ------------------------------------------------------------------------------------------


def _by(what: str) -> Speaker:
    def words(r: Reader) -> Words:
        day = date.fromisoformat(r.text("day"))
        return f"The last day to {what}, itself included", f"{day.day} {f.MONTHS[day.month - 1]} {day.year}"

    return words


def _right(r: Reader) -> Words:
    return f"A right to terminate is reached: {r.text('text')}", ""


RARER: dict[tuple[str, str], Speaker] = {
    ("measure", "promise"): _promise,
    ("measure", "resource"): _resource,
    ("measure", "other_hours"): _other_hours,
    ("measure", "of_all"): _of_all,
    ("measure", "pieces"): _pieces,
    ("qualify", "bad"): _bad,
    ("qualify", "dropped"): _dropped,
    ("qualify", "dropped_pieces"): _dropped_pieces,
    ("exclude", "window"): _window,
    ("exclude", "excused_pieces"): _excused_pieces,
    ("exclude", "assumed"): _assumed_allowance,
    ("formula", "resource"): _resource,
    ("formula", "all_resources"): _all_resources,
    ("formula", "weighted"): _weighted,
    ("formula", "taken_as"): _taken_as,
    ("formula", "counted_pieces"): _counted_pieces,
    ("formula", "ratio"): _ratio,
    ("formula", "value"): _value,
    ("formula", "mean_of_last"): _mean_of_last,
    ("formula", "mean_of_months"): _mean_of_months,
    ("formula", "rounded"): _rounded,
    ("formula", "assumed"): _assumed_periods("the mean is of the rest"),
    ("gate", "downtime"): _downtime,
    ("gate", "metric"): _metric,
    ("gate", "none"): _no_promise,
    ("schedule", "due"): _due,
    ("schedule", "assumed"): _assumed_periods("count as kept"),
    **{("base", which): _fee(which) for which in FEES},
    ("limits", "time"): _time_of_fees,
    ("limits", "months"): _months_of_fees,
    ("limits", "at_most"): _at_most,
    ("limits", "assumed"): _assumed_credits,
    ("limits", "only_if"): _only_if,
    ("limits", "raised_to"): _raised_to,
    ("limits", "held_until"): _held_until,
    ("limits", "service"): _service,
    ("limits", "units"): _units,
    ("together", "points"): _points,
    **{("together", rule): _together(rule) for rule in TOGETHER},
    ("rounding", "undecided"): _undecided,
    ("claim", "notify_by"): _by("give notice"),
    ("claim", "claim_by"): _by("claim it"),
    ("claim", "right"): _right,
    ("claim", "assumed"): _assumed_right,
}

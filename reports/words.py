"""PURE. The one renderer of workings: lines of data in, a sentence and a figure out.

The statement and the terminal both print what this makes, so they cannot disagree. A line that is not known
here, or lacks a value, is still printed: its stage, its rule and its values as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from monitor.agreements.pipeline import Line, Value
from monitor.core.intervals import DAY, SECOND, Ms
from monitor.core.money import Amount
from monitor.core.periods import days
from monitor.records import dataclass
from monitor.statements.value import WindowLine
from reports import format as f
from reports.format import PAGE, Style
from reports.rarer import RARER
from reports.reader import Reader, Speaker, Words, bounds_in_words
from reports.sentences import CLAIM, CLAIM_NEEDED, COMMITMENT, RESULTS, ROUNDINGS


@dataclass(frozen=True, slots=True)
class Working:
    """One printed line: its stage, what was done, and what it came to.

    `total` marks a line that sums up those above it.
    """

    stage: str
    text: str
    figure: str
    total: bool = False


LONGEST: Ms = 370 * DAY
FLAT = re.compile(r"[\d./]+\s*%?")


def _period(r: Reader) -> Words:
    zone, span = r.text("zone"), r.span()
    if span.length > LONGEST:
        raise ValueError("a period of more than a year is not told in days")
    lengths = tuple(day.length for day in days(span, zone))
    start, end = f.moment(span.start, zone, r.style), f.moment(span.end, zone, r.style)
    length = f"{f.plural(len(lengths), 'day', 'days', r.style)}{f.odd_days(lengths)}"
    return f"The period, from {start} to {end}: {length}", r.duration("ms")


def _not_in_force(r: Reader) -> Words:
    return "Less time in which the agreement was not in force", r.less("ms")


def _not_watched(r: Reader) -> Words:
    return "Less time in which the service was not watched yet", r.less("ms")


def _to_come(r: Reader) -> Words:
    return "Less time that is still to come", r.less("ms")


def _unknown(r: Reader) -> Words:
    count, policy = r.ms("spans"), r.text("policy")
    spans = f" ({f.plural(count, 'stretch', 'stretches', r.style)})" if count else ""
    kind = {"up": ", counted as working time", "down": ", counted as downtime"}.get(policy, "")
    return f"Less time that could not be measured{spans}{kind if count else ''}", r.less("ms")


def _measured(r: Reader) -> Words:
    return "Measured time", r.duration("ms")


def _outages(r: Reader) -> str:
    value = r.values["outages"]
    return (
        f.plural(value, "outage", "outages", r.style)
        if isinstance(value, int)
        else f"outages {r.text('outages')}"
    )


def _downtime(r: Reader) -> Words:
    return f"All downtime observed: {_outages(r)}", r.duration("ms")


def _too_short(r: Reader) -> Words:
    short = {">": "of no more than", ">=": "of less than"}[r.sign("sign")]
    return f"Less outages {short} {r.duration('limit')}, which do not count: {_outages(r)}", r.less("ms")


_VERDICTS = {
    "valid": "announced {ahead} ahead{rule}; {inside}",
    "late": "announced {ahead} ahead{rule}, too late; {inside}{counts}",
    "declared_later": "announced after it had begun; {inside}{counts}",
    "cap_used": "announced {ahead} ahead{rule}; {inside}, more than the allowance{cap} leaves",
    "not_now": "outside the hours in which it may be done; {inside}{counts}",
}


def _maintenance(r: Reader) -> Words:
    window, inside, cap = r.text("window"), r.ms("inside"), r.ms("cap")
    said = _VERDICTS[r.text("verdict")].format(
        ahead=f.notice(r.ms("ahead"), r.style),
        rule=_asked(r),
        inside=f"{r.duration('inside')} of downtime inside" if inside else "no downtime inside",
        counts=", which counts" if inside else "",
        cap=f" of {f.notice(cap, r.style)}" if cap else "",
    )
    name = r.letters.get(f"{window}@{r.ms('start')}", r.letters.get(window, window))
    title = f", {r.text('title')}" if r.text("title") else ""
    return f"Maintenance {name}{title}: {said}", r.duration("excused")


def _asked(r: Reader) -> str:
    if "business_days" in r.values:
        days = f.plural(r.ms("business_days"), "business day", "business days", r.style)
        return f" ({days} needed)"
    return f" ({f.notice(r.ms('notice'), r.style)} needed)" if r.ms("notice") else ""


def _excused(r: Reader) -> Words:
    aside = f"; {r.duration('set_aside')} of the base too" if "set_aside" in r.values else ""
    return f"Less downtime that is not counted{aside}", r.less("ms")


def _counted(r: Reader) -> Words:
    return "Downtime that counts", r.duration("ms")


def _availability(r: Reader) -> Words:
    bad, base = r.exact("bad"), r.exact("base")
    whole = (bad / SECOND).denominator == (base / SECOND).denominator == 1
    unit, scale = ("seconds", SECOND) if whole else ("milliseconds", 1)
    top, bottom = f.number(bad / scale, r.style), f.number(base / scale, r.style)
    sum_ = f"({bottom} {r.style.minus} {top}) {r.style.divided} {bottom} {unit}"
    return f"Availability: {sum_}, cut off after the fourth decimal", f.availability(
        r.exact("share"), r.style
    )


def _commitment(r: Reader) -> Words:
    met = {"yes": True, "no": False, "unknown": None}[r.text("met")]
    promise = f"{COMMITMENT[r.sign('sign')]}{r.share('share')}"
    over = r.values.get("over")
    by = f" by {f.duration(over, r.style)}" if met is False and isinstance(over, int) and over > 0 else ""
    text = f"The commitment of {promise}, compared as exact fractions before any rounding"
    return text, f"{RESULTS[met]}{by}"


def _coverage(r: Reader) -> Words:
    share, floor = f.availability(r.exact("share"), r.style), r.share("floor")
    verdict = "enough" if r.yes("enough") else "not enough"
    return f"Share of the promised time that was measured; at least {floor} is needed: {verdict}", share


def _row(r: Reader) -> Words:
    if FLAT.fullmatch(r.text("row")):
        return "Flat credit", r.share("share")
    return f"Credit level: {bounds_in_words(r.text('row'), r.style)}", r.share("share")


def _no_row(r: Reader) -> Words:
    return "Credit level", f.NONE


def _fee(r: Reader) -> Words:
    in_force, of = r.ms("days"), r.ms("of")
    part = "" if in_force == of else f", for {in_force} of {f.plural(of, 'day', 'days', r.style)}"
    return f"The fee of the period{part}", r.money("amount")


def _share_of_fee(r: Reader) -> Words:
    return f"{r.share('share')} of the fee", r.money("amount")


def _cap(r: Reader) -> Words:
    reached = "reached" if r.yes("reached") else "not reached"
    return f"Limit: {r.share('share')} of the fee, {r.money('amount')}", reached


def _round(r: Reader) -> Words:
    after = r.minor("minor")
    change = ": nothing to round" if r.exact("before") == _value(after) else f", from {r.money('before')}"
    mode = ROUNDINGS.get(r.text("mode"), r.text("mode"))
    unit = f.money(Amount(1, after.currency), r.style)
    return f"Rounded once, to {unit}, {mode}{change}", f.money(after, r.style)


def _value(amount: Amount) -> Fraction:
    return Fraction(amount.minor, 10 ** f.digits(amount.currency))


def _claim(r: Reader) -> Words:
    return claim_in_words(r.text("text")), ""


def claim_in_words(claim: str) -> str:
    """How a credit is obtained, as a sentence."""
    return CLAIM if claim in {"", "automatic"} else CLAIM_NEEDED.format(claim=f.clean(claim).rstrip("."))


_SPEAKERS: dict[tuple[str, str], Speaker] = {
    **RARER,
    ("measure", "period"): _period,
    ("measure", "not_in_force"): _not_in_force,
    ("measure", "not_watched"): _not_watched,
    ("measure", "to_come"): _to_come,
    ("measure", "unknown"): _unknown,
    ("measure", "measured"): _measured,
    ("qualify", "downtime"): _downtime,
    ("qualify", "too_short"): _too_short,
    ("exclude", "maintenance"): _maintenance,
    ("exclude", "excused"): _excused,
    ("formula", "counted"): _counted,
    ("formula", "availability"): _availability,
    ("gate", "commitment"): _commitment,
    ("gate", "coverage"): _coverage,
    ("schedule", "row"): _row,
    ("schedule", "none"): _no_row,
    ("base", "fee"): _fee,
    ("limits", "share"): _share_of_fee,
    ("limits", "cap"): _cap,
    ("rounding", "round"): _round,
    ("claim", "claim"): _claim,
}

_TOTALS = frozenset({("measure", "measured"), ("formula", "counted"), ("rounding", "round")})


def workings(
    lines: Sequence[Line], style: Style = PAGE, *, letters: Mapping[str, str] | None = None
) -> tuple[Working, ...]:
    """The lines in words, in order. `letters` names windows as the page does: see `window_letters`."""
    return tuple(_working(line, style, letters or {}) for line in lines)


def window_letters(windows: Sequence[WindowLine]) -> dict[str, str]:
    """How a page names windows, by `id@start` and by id: `{"mw-7@1791936000000": "M1", "mw-7": "M1"}`.

    A recurring window has one id for all its occurrences; by id alone it is named after all of them.
    """
    by_id: dict[str, list[str]] = {}
    for line in windows:
        by_id.setdefault(line.use.window, []).append(f.clean(line.letter))
    exact = {f"{line.use.window}@{line.use.span.start}": f.clean(line.letter) for line in windows}
    return {**{window: f.listed(tuple(names)) for window, names in by_id.items()}, **exact}


def _working(line: Line, style: Style, letters: Mapping[str, str]) -> Working:
    key = (line.stage, line.rule)
    reader = Reader(line.values, style, letters)
    try:
        text, figure = _SPEAKERS[key](reader)
    except (KeyError, TypeError, ValueError, OverflowError):
        text, figure = _as_it_stands(line, style)
    return Working(f.clean(line.stage), text, figure, key in _TOTALS)


def _as_it_stands(line: Line, style: Style) -> Words:
    values = ", ".join(f"{f.clean(key)} {_plainly(value, style)}" for key, value in line.values.items())
    rule = f.clean(f"{line.stage}: {line.rule}").replace("_", " ")
    return (f"{rule} ({values})" if values else rule), ""


def _plainly(value: Value, style: Style) -> str:
    return f.clean(value) if isinstance(value, str) else f.number(value, style)


def understood(line: Line, style: Style = PAGE) -> bool:
    """Whether a line is known here, with all that its sentence needs."""
    try:
        _SPEAKERS[line.stage, line.rule](Reader(line.values, style, {}))
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    return True

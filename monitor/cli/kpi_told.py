"""How KPIs are told: a line each, a page of one, a week of hours, and the same for programs.

A figure that is shortened is shortened to the worse side: what looks met is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from monitor.cli.layout import NARROW, bound, exact, filled, marked, table
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from monitor.core.intervals import Ms
    from monitor.core.numbers import Bound
    from monitor.core.periods import Period
    from monitor.operations.kpi import KpiReading
    from monitor.operations.kpi_rules import KpiRule

HEAD = ("KPI", "NOW", "TARGET", "MARGIN", "TREND", "OWNER")
LEVELS: Final = "_.-=+#"
MARKS: Final[Mapping[str, str]] = {
    "met": " ", "no target": " ", "met, drifting": "!", "missed": "x", "too few to tell": "?",
}  # fmt: skip
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TEXT = 80
UNTIL_NOW = " so far"


def lines(found: Sequence[KpiReading], period: Period, now: Ms, *, parted: bool = False) -> Iterator[str]:
    """The table: x missed its target, ! drifts, ? nobody can tell."""
    if not found:
        yield "No KPI has such parts."
        return
    yield heading(period, now)
    yield ""
    head = (HEAD[0], "OF", *HEAD[1:]) if parted else HEAD
    rows = [_cells(each, parted=parted) for each in found]
    numbers = {1 + parted, 2 + parted, 3 + parted}
    yield from marked(
        table(head, rows, right=numbers, fit=NARROW - 2), [MARKS[each.result] for each in found]
    )
    yield from _close(found, parted=parted)


def heading(period: Period, now: Ms) -> str:
    """`October 2026 so far, Europe/Berlin.`"""
    from monitor.core.periods import days
    from reports.format import PLAIN, date, period_title

    so_far = UNTIL_NOW if period.span.start < now < period.span.end else ""
    one_day = len(days(period.span, period.zone)) == 1
    title = date(period.span.start, period.zone, PLAIN) if one_day else period_title(period, PLAIN)
    return f"{title}{so_far}, {period.zone}."


def _cells(each: KpiReading, *, parted: bool) -> tuple[str, ...]:
    from reports.format import clean

    name = (each.id, clean(each.of)) if parted else (each.id,)
    return (*name, value_of(each), target_of(each), margin_of(each), trend_of(each), clean(each.owner))


def value_of(each: KpiReading) -> str:
    """What it is, or a question mark."""
    return "?" if each.value is None else text(each.value, each, worse=_worse(each.target))


def target_of(each: KpiReading) -> str:
    """`<= 5 min 00 s`."""
    return "-" if each.target is None else f"{each.target.sign} {text(each.target.value, each, worse=0)}"


def margin_of(each: KpiReading) -> str:
    """How far it is from being missed; below nothing where it is."""
    if each.target is None or each.value is None:
        return "-"
    apart = each.target.value - each.value
    return text(apart if each.target.sign[0] == "<" else -apart, each, worse=-1)


def trend_of(each: KpiReading) -> str:
    """`[_.-=+#] rising`: from the lowest to the highest of those periods that are known."""
    from monitor.operations.drift import way

    values = [point.value for point in each.trend]
    known = [value for value in values if value is not None]
    if len(values) < 2 or not known:
        return "-"
    where = way(values)
    bar = "".join("?" if value is None else _level(value, min(known), max(known)) for value in values)
    return f"[{bar}]" if where == "unknown" else f"[{bar}] {where}"


def _level(value: Fraction, low: Fraction, high: Fraction) -> str:
    if low == high:
        return LEVELS[2]
    return LEVELS[min(int((value - low) / (high - low) * len(LEVELS)), len(LEVELS) - 1)]


def _close(found: Sequence[KpiReading], *, parted: bool) -> Iterator[str]:
    """What the marks mean of whom."""
    told = {
        "missed": "x missed",
        "met, drifting": "! met, and drifting to where it is not",
    }
    said = [
        f"{words}: {', '.join(_named(each, parted=parted) for each in found if each.result == result)}."
        for result, words in told.items()
        if any(each.result == result for each in found)
    ]
    said += [f"? {_named(each, parted=parted)}: {each.why_none}." for each in found if each.value is None]
    if said:
        yield ""
    for sentence in said:
        yield from filled(sentence, TEXT, under="  ")


def _named(each: KpiReading, *, parted: bool) -> str:
    return f"{each.id} ({each.of})" if parted else each.id


def page(each: KpiReading, period: Period, rule: KpiRule) -> Iterator[str]:
    """One KPI: what it measures, where it stands, and each period of its trend."""
    from reports.format import clean

    about = f", {clean(each.of)}" if each.of else ""
    yield from filled(f"{each.id}: {clean(each.title)}{about}", TEXT, under="  ")
    yield f"Owner {clean(each.owner)}." if each.owner else "Nobody owns it."
    yield from filled(_standing(each, period), TEXT)
    yield ""
    rows = [
        (point.label, "?" if point.value is None else text(point.value, each, worse=_worse(each.target)),
         f"{point.count:,}", _bar(point.value, each))
        for point in each.trend
    ]  # fmt: skip
    of = "OF" if rule.of in ("availability", "incidents") else f"OF {_words(rule)}"
    yield from (f"  {line}" for line in table(("PERIOD", "VALUE", of, ""), rows, right=(1, 2)))


def _words(rule: KpiRule) -> str:
    from monitor.operations.kpi_rules import WORDS

    return WORDS[rule.of][1].upper()


def _standing(each: KpiReading, period: Period) -> str:
    if each.value is None:
        return f"{period.label}: nobody can tell, {each.why_none}."
    where = f"{period.label}: {value_of(each)}"
    if each.target is None:
        return f"{where}, and there is no target."
    held = f"{where}, {each.result}: the target is {target_of(each)}, the margin {margin_of(each)}."
    if not each.drifting:
        return held
    return f"{held} Its trend leads to where it is missed within six periods, or half of its margin is gone."


def _bar(value: Fraction | None, each: KpiReading) -> str:
    """As long as the value is great, of 30 signs for the greatest or the target, which stands at a mark."""
    known = [point.value for point in each.trend if point.value is not None]
    aim = each.target.value if each.target is not None else None
    if value is None or each.unit == "share" or min(known) < 0:
        return ""
    most = max([*known, *([aim] if aim is not None else [])])
    if not most:
        return ""
    cells = "#" * int(value / most * 30)
    if aim is None:
        return cells
    at = int(aim / most * 30)
    whole = cells.ljust(at)
    return f"{whole[:at]}|{whole[at:]}".rstrip()


def grid(found: Sequence[KpiReading], period: Period) -> Iterator[str]:
    """For each KPI the hours of the week, a row for each hour of the day and a column for each day."""
    for id in dict.fromkeys(each.id for each in found):
        own = {each.of: each for each in found if each.id == id}
        first = next(iter(own.values()))
        yield f"{id}: {first.title}, {period.label}, {period.zone}. ? nobody can tell."
        rows = [
            (f"{hour:02d}", *(_short(own.get(f"{day} {hour:02d}")) for day in DAYS)) for hour in range(24)
        ]
        yield from (f"  {line}" for line in table(("HOUR", *DAYS), rows, right=range(1, 8)))
        yield ""
    if not found:
        yield "No KPI has such parts."


def _short(each: KpiReading | None) -> str:
    if each is None:
        return "-"
    return "?" if each.value is None else text(each.value, each, worse=_worse(each.target), brief=True)


# --- figures --------------------------------------------------------------------------------------------


def _worse(target: Bound | None) -> int:
    """The side to which a figure is shortened: up (1), down (-1), or cut (0)."""
    return 0 if target is None else 1 if target.sign[0] == "<" else -1


def text(value: Fraction, each: KpiReading, *, worse: int, brief: bool = False) -> str:
    """A figure in its unit, shortened to the worse side."""
    if each.unit in ("ms", "clock"):
        return _time(_cut(value / SECOND, 0, worse), brief=brief, days=each.unit == "ms")
    if each.unit == "share":
        return f"{_decimal(value * 100, 1 if brief else 3, worse)} %"
    if each.unit == "tenths":
        return f"{_decimal(value / 10, 0 if brief else 1, worse)} ms"
    if each.unit == "count":
        return _decimal(value, 0, worse)
    return f"{_decimal(value, 1 if brief else 4, worse)} {each.unit_name}".rstrip()


def _cut(value: Fraction, places: int, worse: int) -> int:
    """In units of the last place: up, down, or towards nothing."""
    scaled = Fraction(value * 10**places)
    down: int = scaled.numerator // scaled.denominator
    if scaled.denominator == 1 or worse < 0:
        return down
    return down + 1 if worse > 0 or scaled < 0 else down


def _decimal(value: Fraction, places: int, worse: int) -> str:
    """Without zeros at its end."""
    whole = _cut(value, places, worse)
    front, rest = divmod(abs(whole), 10**places)
    digits = f"{front:,}.{rest:0{places}d}".rstrip("0").rstrip(".") if places else f"{front:,}"
    return f"-{digits}" if whole < 0 else digits


def _time(seconds: int, *, brief: bool, days: bool) -> str:
    """`4 min 12 s`; days from one on, but of a clock that has no days of 24 hours."""
    ms, sign = abs(seconds) * SECOND, "-" if seconds < 0 else ""
    if days and ms >= DAY:
        return f"{sign}{ms // DAY} d {ms % DAY // HOUR:02d} h"
    if brief and ms >= MINUTE:
        return f"{sign}{ms // MINUTE} min" if ms < HOUR else f"{sign}{ms // HOUR} h"
    if ms >= HOUR:
        return f"{sign}{ms // HOUR} h {ms % HOUR // MINUTE:02d} min"
    if ms >= MINUTE:
        return f"{sign}{ms // MINUTE} min {ms % MINUTE // SECOND:02d} s"
    return f"{sign}{ms // SECOND} s"


# --- for programs ---------------------------------------------------------------------------------------

UNITS: Final[Mapping[str, str]] = {
    "share": "share", "ms": "ms", "clock": "ms", "tenths": "0.1 ms", "count": "count", "metric": "metric",
}  # fmt: skip


def as_data(each: KpiReading, period: Period) -> dict[str, object]:
    """One KPI: every figure as a numerator and a denominator, in its unit."""
    from monitor.operations.drift import way

    margin = None
    if each.target is not None and each.value is not None:
        apart = each.target.value - each.value
        margin = apart if each.target.sign[0] == "<" else -apart
    return {
        "kpi": each.id,
        "title": each.title,
        "owner": each.owner or None,
        "of": each.of or None,
        "period": period.label,
        "unit": UNITS[each.unit],
        "unit_name": each.unit_name or None,
        "value": exact(each.value),
        "count": each.count,
        "why_none": each.why_none or None,
        "target": bound(each.target),
        "margin": exact(margin),
        "result": each.result,
        "drifting": each.drifting,
        "moves": way([point.value for point in each.trend]),
        "trend": [
            {"period": point.label, "value": exact(point.value), "count": point.count} for point in each.trend
        ],
    }


def named(found: Iterable[KpiReading]) -> str:
    """The names of some KPIs."""
    return ", ".join(dict.fromkeys(each.id for each in found))

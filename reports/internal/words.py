"""PURE. What the internal report says: its sentences, and how a KPI's figures are printed."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from monitor.core.numbers import Bound
from monitor.core.periods import Period, local
from monitor.operations.kpi import KpiReading, Unit
from reports import format as f
from reports.sentences import COMMITMENT

SAYS: Final = {
    "not_known": "not known",
    "no_team": "no team",
    "nobody": "nobody said",
    "false": "one of them a false alarm",
    "false_many": "{count} of them false alarms",
    "month_before": "{count} in {label}",
    "means": "MTTA {mtta}, MTTR {mttr}, {down} down in all.",
    "no_incident": "No incident began.",
    "left_out": "Left out: {count} that were shorter and cost nothing; the JSON and the CSV have them all.",
    "more": "and {count} more",
    "grid": "Incidents by hour of the week: {told}.",
    "grid_none": "Incidents by hour of the week: none.",
    "allows": "{period} allows {allowed}.",
    "tight": "This period had {outages}: half took {median} or less, the longest {longest}. {room}.",
    "single": "This period had one outage of {longest}. {room}.",
    "room": "One more than that, all like the median, would not fit",
    "room_longest": "Two like the longest would not fit",
    "room_none": "A single one like the longest would not fit",
    "narrowed": ("The margin has narrowed {count} periods in a row, from {first} in {since} to {last}."),
    "notice": "Announcing {title} of {when} {earlier} earlier would have kept the commitment.",
    "no_stake": "no amount",
    "drift": "It is met, and has moved by {pace} a period since {since}.",
    "drift_passes": "At that pace the next period misses its target of {target}.",
    "drift_holds": "At that pace the next period still meets its target of {target}.",
    "safe": "Nothing is at risk by these rules.",
    "rules": (
        "At risk is an agreement whose next allowance does not hold one outage more than this period had, "
        "all like their median, or two like the longest; one whose margin narrowed three periods in a row; "
        "and one that was missed for want of notice. Money is the first credit of the next period. A KPI "
        "drifts by the median of its slopes."
    ),
    "proposed": "Target {target}, kept in {kept} of {of}; commitment {commitment}.",
    "no_target": "No target: mend first what nine in ten {unit}s do not reach.",
    "none": "none",
    "too_few": "Nothing yet: {of} of the {fewest} whole {unit}s that are needed.",
    "why": "Nothing can be proposed: {why}.",
    "promised": "{promise} promised",
    "none_promised": "no share promised",
    "fallen": "If all fell one level: {amounts}",
}

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KPI_RESULTS: Final = {
    "met": ("met", "met"),
    "met, drifting": ("risk", "met, drifting"),
    "missed": ("missed", "missed"),
    "too few to tell": ("unknown", "too few to tell"),
    "no target": ("unknown", "no target"),
}


def title(period: Period) -> str:
    """`October 2026`, `Week 41 of 2026`, `5 October 2026 to 18 October 2026`."""
    week = re.fullmatch(r"(\d{4})-W(\d{2})", period.label)
    if week:
        return f"Week{f.PAGE.space}{int(week[2])} of {week[1]}"
    return f.period_title(period)


def short(label: str) -> str:
    """`Oct` for a month, `W41` for a week; any other label as it is."""
    month = re.fullmatch(r"\d{4}-(\d{2})", label)
    if month and 1 <= int(month[1]) <= 12:
        return f.MONTHS[int(month[1]) - 1][:3]
    week = re.fullmatch(r"\d{4}-(W\d{2})", label)
    return week[1] if week else f.clean(label)


def figure(value: Fraction, unit: Unit, name: str = "") -> str:
    """A KPI's figure as it is printed, cut off: `99.9123 %`, `4 min 40 s`, `471 ms`, `6`, `12.5 queries`."""
    if unit == "share":
        return f.availability(value)
    if unit in ("ms", "clock"):
        return f.brief(int(value)) if value else f"0{f.PAGE.space}s"
    if unit == "tenths":
        return f"{_cut(value / 10, 1)}{f.PAGE.space}ms"
    said = _cut(value, 2)
    return f"{said}{f.PAGE.space}{f.clean(name)}" if unit == "metric" and name else said


def _cut(value: Fraction, places: int) -> str:
    """Cut off towards zero after so many decimals, without zeros at the end."""
    size = int(abs(value) * 10**places)
    return f.number(Fraction(-size if value < 0 else size, 10**places))


def aimed(bound: Bound | None, reading: KpiReading) -> str:
    """`≤ 5 min 00 s`."""
    if bound is None:
        return SAYS["none"]
    sign = {"<=": "\u2264", ">=": "\u2265", "<": "<", ">": ">"}[bound.sign]
    if reading.unit == "share":
        return f"{sign}{f.PAGE.space}{f.share(bound.value)}"
    return f"{sign}{f.PAGE.space}{figure(bound.value, reading.unit, reading.unit_name)}"


def change(now: Fraction | None, was: Fraction | None, reading: KpiReading) -> str:
    """`+ 35 s`; nothing where one of them is not known."""
    if now is None or was is None:
        return ""
    more = now - was
    if not more:
        return "\u00b10"
    size = figure(abs(more), reading.unit, reading.unit_name)
    return f"{'+' if more > 0 else f.PAGE.minus}{f.PAGE.thin}{size}"


def promised(bound: Bound | None) -> str:
    """`99.9 % promised`."""
    if bound is None:
        return SAYS["none_promised"]
    return SAYS["promised"].format(promise=f"{COMMITMENT[bound.sign]}{f.share(bound.value)}")


def hour_name(hour: int) -> str:
    """`Monday`, and `14:00`, of an hour of the week."""
    return f"{DAYS[hour // 24]}, {hour % 24:02d}:00"


def first_of(period: Period) -> int:
    """The year that a report is about."""
    return local(period.span.start, period.zone).year

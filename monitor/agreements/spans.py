"""Spans that limits speak of: which day, quarter or year an instant is in, and what was credited in it.

All of them are spans of the zone in which the period was cut. A rolling span ends with the period.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from monitor.agreements.pipeline import Case, Past
from monitor.core.intervals import DAY, HOUR, Ms
from monitor.core.periods import local, midnight

LONGEST: dict[str, int] = {
    "outage": 0, "day": 1, "week": 7, "period": 31, "month": 31, "quarter": 92, "6 months": 184, "year": 366,
    "12 months": 366, "contract year": 366, "contract": 1_000_000,
}  # fmt: skip
"""The spans from the narrowest to the widest, with the days of the longest."""

ROLLING = {"6 months": 6, "12 months": 12}


def inside(per: str, case: Case) -> bool:
    """Whether the period is cut into several such spans."""
    return per in ("day", "week") or (
        per in ("month", "quarter", "6 months", "year")
        and case.period.span.length > LONGEST[per] * DAY + HOUR
    )


def span_of(per: str, at: Ms | None, case: Case) -> tuple[int, ...]:
    """What names the day, week, month, quarter or year of an instant; of the period's start without one."""
    within = case.period.span
    day = _day(within.start if at is None else min(max(at, within.start), within.end - 1), case)
    return _name(per, day)


def _name(per: str, day: date) -> tuple[int, ...]:
    match per:
        case "day":
            return (day.toordinal(),)
        case "week":
            return tuple(day.isocalendar())[:2]
        case "month":
            return (day.year, day.month)
        case "quarter":
            return (day.year, (day.month - 1) // 3)
        case "year":
            return (day.year,)
        case _:
            return ()


def earlier(per: str, case: Case) -> Iterator[Past]:
    """The history's rows of the span that the period is in, one a period and the oldest first."""
    if per in ("outage", "day", "week", "period") or inside(per, case):
        return
    start, seen = since(per, case), set[str]()
    for past in case.history:
        began = past.span.start if past.span else case.period.span.start
        if start <= began and past.period not in seen:
            seen.add(past.period)
            yield past


def since(per: str, case: Case) -> Ms:
    """The first instant of the span that the period is in; of a contract without a known start, 0."""
    if per in ROLLING:
        return midnight(months_later(_day(case.period.span.end, case), -ROLLING[per]), case.period.zone)
    first = case.first or 0
    day = _day(case.period.span.start, case)
    match per:
        case "month":
            return midnight(day.replace(day=1), case.period.zone)
        case "quarter":
            return midnight(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), case.period.zone)
        case "year":
            return midnight(date(day.year, 1, 1), case.period.zone)
        case "contract year":
            return _anniversary(day, case)
        case _:
            return first


def _anniversary(day: date, case: Case) -> Ms:
    """The last anniversary of the agreement's first day."""
    first = _day(case.first or case.period.span.start, case)
    years = day.year - first.year
    last = months_later(first, 12 * years)
    return midnight(last if last <= day else months_later(first, 12 * (years - 1)), case.period.zone)


def short_of(per: str, case: Case) -> bool:
    """Whether the history does not reach back to the start of the span, or of the agreement."""
    if per in ("outage", "day", "week", "period") or inside(per, case) or case.first is None:
        return False
    start = max(since(per, case), case.first)
    known = [past.span.start for past in case.history if past.span] or [case.period.span.start]
    return min(*known, case.period.span.start) > start


def months_later(day: date, months: int) -> date:
    """So many months later or earlier, on the same day or the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return months_later(day.replace(day=1), 1) - timedelta(days=1)


def _day(at: Ms, case: Case) -> date:
    return local(at, case.period.zone).date()

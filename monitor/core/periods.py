"""Calendar months in a zone become spans of UTC milliseconds here, and nowhere else.

Midnight is looked up once per edge and remembered; lengths are differences of UTC instants, so that a March
in Berlin has 743 hours. Two aware datetimes of one zone are never subtracted (Python would subtract wall
clocks).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from monitor.core.intervals import Ms, Span
from monitor.records import dataclass

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """A span with the zone it was cut in and the label people use (`2026-10`)."""

    span: Span
    zone: str
    label: str


def instant(when: datetime) -> Ms:
    """UTC milliseconds of an aware datetime; ValueError for a naive one."""
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} has no offset")
    delta = when.astimezone(UTC) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000 + delta.microseconds // 1_000


def local(at: Ms, zone: str) -> datetime:
    """The aware local datetime of an instant."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=4_096)
def midnight(day: date, zone: str) -> Ms:
    """The instant at which a local day starts; where a zone skips midnight, the first instant of that day."""
    naive = datetime.combine(day, time(0), ZoneInfo(zone))
    again = naive.replace(fold=1)
    if naive.utcoffset() == again.utcoffset():
        return instant(naive)
    first, second = instant(naive), instant(again)
    if first <= second:
        return first
    skipped = range(second, first)  # the change that skips it lies in here
    return second + bisect_left(skipped, day, key=lambda at: local(at, zone).date())


@lru_cache(maxsize=1_024)
def month(label: str, zone: str) -> Period:
    """The calendar month `YYYY-MM` in `zone`, 1970 to 9998; ValueError for any other label."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", label)
    if not found or not 1 <= int(found[2]) <= 12 or not 1970 <= int(found[1]) < 9999:
        raise ValueError(f'"{label}" is not a month: write it as "2026-10"')
    year, number = int(found[1]), int(found[2])
    following = date(year + number // 12, number % 12 + 1, 1)
    span = Span(midnight(date(year, number, 1), zone), midnight(following, zone))
    return Period(span, zone, label)


def month_of(at: Ms, zone: str) -> Period:
    """The calendar month in `zone` that holds the instant."""
    here = local(at, zone)
    return month(f"{here.year:04d}-{here.month:02d}", zone)


def days(span: Span, zone: str) -> tuple[Span, ...]:
    """The local days of a span, clipped to it; a day may have 23 or 25 hours."""
    out: list[Span] = []
    day = local(span.start, zone).date()
    start = span.start
    while start < span.end:
        day += timedelta(days=1)
        end = min(midnight(day, zone), span.end)
        if end > start:  # a zone that crosses the date line skips a day
            out.append(Span(start, end))
            start = end
    return tuple(out)

"""PURE. The periods that a KPI is read for: a month, a week, a quarter, a year, a day, or any days.

A period is cut at local midnights of one zone. What came before one is the period before of its kind; before
any days are as many days.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

from monitor.core.cycles import Cycle, named, preceding
from monitor.core.intervals import Ms, Span
from monitor.core.periods import Period, local, midnight, month_of

WRITE = 'write "2026-10", "2026-W41", "2026-Q4", "2026", "2026-10-06" or "2026-10-01..2026-10-15"'
_KINDS = {
    r"\d{4}-\d{2}": "calendar month",
    r"\d{4}-Q[1-4]": "calendar quarter",
    r"\d{4}": "calendar year",
}


def period(text: str, zone: str) -> Period:
    """The period that people call so, in a zone; ValueError says what to write."""
    try:
        for pattern, every in _KINDS.items():
            if re.fullmatch(pattern, text, re.ASCII):
                return named(Cycle(every, zone), text)  # type: ignore[arg-type]
        return _days(*_edges(text), zone, text)
    except (ValueError, OverflowError):
        raise ValueError(f'"{text:.40}" is no period: {WRITE}') from None


def running(now: Ms, zone: str) -> Period:
    """The calendar month of an instant."""
    return month_of(now, zone)


def before(known: Period) -> Period:
    """The period before one of its kind."""
    for pattern, every in _KINDS.items():
        if re.fullmatch(pattern, known.label, re.ASCII):
            return preceding(Cycle(every, known.zone), known)  # type: ignore[arg-type]
    first, last = _edges(known.label)
    length = last - first + timedelta(days=1)
    label = _label(known.label, first - length, last - length)
    return _days(first - length, last - length, known.zone, label)


def leading_to(known: Period, count: int) -> tuple[Period, ...]:
    """So many periods that follow each other, this one the last; fewer where time begins after the first."""
    found = [known]
    with suppress(ValueError, OverflowError):
        while len(found) < count:
            found.append(before(found[-1]))
    return tuple(reversed(found))


def _edges(text: str) -> tuple[date, date]:
    """The first and the last day."""
    week = re.fullmatch(r"(\d{4})-W(\d{2})", text, re.ASCII)
    if week:
        first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        return first, first + timedelta(days=6)
    start, dots, end = text.partition("..")
    for each in (start, end) if dots else (start,):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", each, re.ASCII):
            raise ValueError(each)
    first = date.fromisoformat(start)
    last = date.fromisoformat(end) if dots else first
    if last < first or not first.year > 1970 or not last.year < 9999:
        raise ValueError(text)
    return first, last


def _days(first: date, last: date, zone: str, label: str) -> Period:
    return Period(Span(midnight(first, zone), midnight(last + timedelta(days=1), zone)), zone, label)


def _label(like: str, first: date, last: date) -> str:
    if "W" in like:
        year, week, _ = first.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return f"{first}..{last}" if ".." in like else f"{first}"


def begun(known: Period, now: Ms) -> Span:
    """The part of it that has passed."""
    end = max(min(known.span.end, now), known.span.start)
    return Span(known.span.start, end)


def first_day(known: Period) -> date:
    """Its first local day."""
    return local(known.span.start, known.zone).date()

"""PURE. The periods that an internal report is of: a month, a week from Monday on, or some days."""

from __future__ import annotations

import re
from datetime import date, timedelta

from monitor.core.intervals import Ms, Span
from monitor.core.periods import Period, local, midnight, month, month_of

WRITE = 'write it as "2026-10", "2026-W41" or "2026-10-05..2026-10-18"'


def report_period(label: str, zone: str) -> Period:
    """The period of a label; ValueError for any other, which says how one is written."""
    if re.fullmatch(r"\d{4}-\d{2}", label):
        return month(label, zone)
    week = re.fullmatch(r"(\d{4})-W(\d{2})", label)
    days = re.fullmatch(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", label)
    try:
        if week:
            first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
            return _of(first, first + timedelta(days=6), zone, label)
        if days:
            first, last = date.fromisoformat(days[1]), date.fromisoformat(days[2])
            if first <= last and first.year >= 1970 and last.year < 9999:
                return _of(first, last, zone, label)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f'"{label}" is no period of a report: {WRITE}')


def _of(first: date, last: date, zone: str, label: str) -> Period:
    return Period(Span(midnight(first, zone), midnight(last + timedelta(days=1), zone)), zone, label)


def week_of(at: Ms, zone: str) -> Period:
    """The week that holds an instant, from Monday on."""
    year, week, _ = local(at, zone).isocalendar()
    return report_period(f"{year:04d}-W{week:02d}", zone)


def before(period: Period) -> Period:
    """The month or the week before one; of other periods as many days before it."""
    at = period.span.start - 1
    if re.fullmatch(r"\d{4}-\d{2}", period.label):
        return month_of(at, period.zone)
    if "W" in period.label:
        return week_of(at, period.zone)
    first, last = (local(each, period.zone).date() for each in (period.span.start, period.span.end - 1))
    length = last - first
    end = first - timedelta(days=1)
    return _of(end - length, end, period.zone, f"{end - length}..{end}")

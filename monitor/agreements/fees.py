"""Fees become invoice lines, weighted by local days; a day is worth the month's fee over the month's days."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter

from monitor.agreements.pipeline import FeeLine
from monitor.core.intervals import Span, Spans
from monitor.core.money import Money
from monitor.core.periods import Period, local, midnight

ITEM = "monthly fee"


def fee_lines(
    terms: Sequence[tuple[date, Money]], period: Period, in_force: Spans, zone: str
) -> tuple[FeeLine, ...]:
    """One exact line for each monthly fee and month: the fee × its days in force ÷ the days of the month.

    `terms` are (first local day, monthly fee) in order of their day; the days are those of `zone`, and a day
    is in force if its first instant is. Where no day is, one line of nothing carries the currency.
    """
    lines = tuple(
        _line(monthly, days, zone)
        for month in _months(period.span, in_force, zone)
        for monthly, days in _priced(terms, month)
    )
    if lines or not terms:
        return lines
    start = period.span.start
    return (FeeLine(ITEM, Span(start, start), Money(Fraction(0), terms[0][1].currency)),)


@lru_cache(maxsize=256)
def _months(span: Span, in_force: Spans, zone: str) -> tuple[tuple[date, ...], ...]:
    """The days in force of each month of the span."""
    first, last = local(span.start, zone).date(), local(span.end - 1, zone).date()
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    paid = (day for day in days if any(midnight(day, zone) in part for part in in_force))
    return tuple(tuple(month) for _, month in groupby(paid, key=lambda day: day.replace(day=1)))


def _priced(
    terms: Sequence[tuple[date, Money]], days: tuple[date, ...]
) -> Iterator[tuple[Money, list[date]]]:
    """The days by their monthly fee; those before the first fee have none."""
    edges = [*(bisect_left(days, start) for start, _ in terms), len(days)]
    runs = [(fee, days[a:b]) for (_, fee), (a, b) in zip(terms, pairwise(edges), strict=True) if a < b]
    for fee, group in groupby(runs, key=itemgetter(0)):
        yield fee, [day for _, run in group for day in run]


def _line(monthly: Money, days: Sequence[date], zone: str) -> FeeLine:
    span = Span(midnight(days[0], zone), midnight(days[-1] + timedelta(days=1), zone))
    return FeeLine(ITEM, span, monthly * Fraction(len(days), _length(days[0])))


def _length(day: date) -> int:
    first = day.replace(day=1)
    return ((first + timedelta(days=31)).replace(day=1) - first).days

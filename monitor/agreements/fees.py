"""Fees become invoice lines, weighted by local days; a day is worth the month's fee over the month's days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

from monitor.agreements.pipeline import FeeLine
from monitor.core.intervals import Ms, Span, Spans
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
    days = (day for day in _days(period.span, zone) if _in_force(midnight(day, zone), in_force))
    priced = ((monthly, day) for day in days if (monthly := _monthly(terms, day)) is not None)
    lines = tuple(
        _line(monthly, [day for _, day in group], zone)
        for (monthly, _), group in groupby(priced, key=lambda item: (item[0], item[1].replace(day=1)))
    )
    if lines or not terms:
        return lines
    start = period.span.start
    return (FeeLine(ITEM, Span(start, start), Money(Fraction(0), terms[0][1].currency)),)


def _line(monthly: Money, days: list[date], zone: str) -> FeeLine:
    span = Span(midnight(days[0], zone), midnight(days[-1] + timedelta(days=1), zone))
    return FeeLine(ITEM, span, monthly * Fraction(len(days), _length(days[0])))


def _days(span: Span, zone: str) -> list[date]:
    first, last = local(span.start, zone).date(), local(span.end - 1, zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _in_force(at: Ms, in_force: Spans) -> bool:
    return any(at in span for span in in_force)


def _monthly(terms: Sequence[tuple[date, Money]], day: date) -> Money | None:
    return next((monthly for start, monthly in reversed(terms) if start <= day), None)


def _length(day: date) -> int:
    first = day.replace(day=1)
    return ((first + timedelta(days=31)).replace(day=1) - first).days

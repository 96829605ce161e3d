"""Fees become invoice lines, weighted by local days; a day costs the fee of its month over its days.

A billing month, a contract month and a block of 30 days cost one monthly fee each, whatever their length,
and a contract year twelve; every other period is priced by its calendar months. What was really billed for a
period stands in place of all that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import groupby, pairwise
from operator import add, itemgetter
from typing import Literal

from monitor.agreements.pipeline import FeeLine, Fees
from monitor.core.cycles import Cycle, following, named, preceding
from monitor.core.intervals import HOUR, Ms, Span, Spans, intersect, total
from monitor.core.money import Money
from monitor.core.periods import Period, local, midnight
from monitor.errors import ConfigError
from monitor.records import dataclass

FeeUnit = Literal["month", "quarter", "year", "hour"]
Items = tuple[tuple[str, Money], ...]
"""What is paid, by item; a fee without items is one item, with a name out of `ITEM`."""

ITEM: Mapping[FeeUnit, str] = {
    "month": "monthly fee",
    "quarter": "quarterly fee",
    "year": "annual fee",
    "hour": "hourly fee",
}
MONTHLY: Mapping[FeeUnit, Fraction] = {
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "year": Fraction(1, 12),
}
BLOCKS: Mapping[str, int] = {"billing month": 1, "contract month": 1, "30 days": 1, "contract year": 12}
"""Periods that cost so many monthly fees as a whole."""

ONE_MONTH = ("calendar month", "billing month", "contract month", "30 days")
ONE_YEAR = ("calendar year", "contract year")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FeeTerm:
    """The fee from a local day on: its items, and the time that they pay for."""

    start: date
    items: Items
    unit: FeeUnit = "month"

    @property
    def total(self) -> Money:
        """All items together."""
        return reduce(add, (money for _, money in self.items))


Dated = tuple[tuple[date, Money], ...]
"""An amount from a day on, in order of the days."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What an agreement costs. Days are those of `zone`; `last` is included.

    `bills` holds what was really billed, by the period it names, and `billed` the same from a file, which
    stands above it; `contract` is the fee of the whole term and `at_risk` the amount at risk.
    """

    currency: str
    zone: str
    first: date
    last: date | None
    terms: tuple[FeeTerm, ...]
    bills: Mapping[str, Items] = field(default_factory=dict)
    contract: Dated = ()
    at_risk: Dated = ()
    billed: Mapping[str, tuple[FeeLine, ...]] = field(default_factory=dict)


def agreement_fees(
    prices: Prices, cycle: Cycle, period: Period, in_force: Spans, needed: Collection[str]
) -> Fees:
    """What is paid, by the words in `needed`; "period" is always among them.

    `in_force` is the part of the period in which the agreement exists. ConfigError, with the key to write,
    where an amount that is needed was never said.
    """
    priced = {"period": _period(prices, cycle, period, in_force)}
    for word in needed:
        if word != "period":
            priced[word] = READERS[word](prices, cycle, period, priced["period"])
    return Fees(prices.currency, priced)


def fee_lines(
    terms: Sequence[tuple[date, Money]], period: Period, in_force: Spans, zone: str
) -> tuple[FeeLine, ...]:
    """One exact line for each monthly fee and month: the fee × its days in force ÷ the days of the month.

    `terms` are (first local day, monthly fee) in order of their day; the days are those of `zone`, and a day
    is in force if its first instant is. Where no day is, one line of nothing carries the currency.
    """
    fees = [FeeTerm(start, ((ITEM["month"], money),)) for start, money in terms]
    return _lines(fees, period.span, in_force, zone, None)


# --- the fee of a period --------------------------------------------------------------------------------


def _period(prices: Prices, cycle: Cycle, period: Period, in_force: Spans) -> tuple[FeeLine, ...]:
    billed = _billed(prices, cycle, period)
    if billed is not None:
        span, part = _spanned(period, in_force), _part(prices, period, in_force)
        return tuple(replace(line, span=span, money=line.money * part) for line in billed)
    months = BLOCKS.get(cycle.every)
    lines = _lines(prices.terms, period.span, in_force, prices.zone, months)
    return lines if in_force == (period.span,) else _whole(lines, prices, period.span, in_force, months)


def _billed(prices: Prices, cycle: Cycle, period: Period) -> tuple[FeeLine, ...] | None:
    """What was really billed for the period, whichever of its names the bill has."""
    for label, lines in prices.billed.items():
        if _names(label, cycle, period):
            return lines
    for label, items in prices.bills.items():
        if _names(label, cycle, period):
            return tuple(FeeLine(item, period.span, money) for item, money in items)
    return None


def _part(prices: Prices, period: Period, in_force: Spans) -> Fraction:
    """The share of a bill that is for `in_force`, by days: all of it, unless terms split the period."""
    existing = _existing(prices, period.span)
    if not in_force or in_force == existing:
        return Fraction(1)
    part, whole = (
        sum(len(stretch.days) for stretch in _stretches(period.span, spans, prices.zone, 1))
        for spans in (in_force, existing)
    )
    return Fraction(part, whole) if whole else Fraction(1)


def _names(label: str, cycle: Cycle, period: Period) -> bool:
    try:
        return label == period.label or named(cycle, label) == period
    except ValueError:  # a period of the terms that held before
        return False


def _spanned(period: Period, in_force: Spans) -> Span:
    return Span(in_force[0].start, in_force[-1].end) if in_force else period.span


def _whole(
    lines: tuple[FeeLine, ...], prices: Prices, span: Span, in_force: Spans, months: int | None
) -> tuple[FeeLine, ...]:
    """The lines with what they would come to in a period that is not cut short at either end.

    The first fee would have held before it, and the last one after: each item's first and last lines grow.
    """
    if not in_force or not prices.terms:
        return lines
    early = (replace(prices.terms[0], start=date.min), *prices.terms[1:])
    first, last = in_force[0].start, in_force[-1].end
    before = _by_item(_lines(early, span, (Span(span.start, first),), prices.zone, months))
    after = _by_item(_lines(early, span, (Span(last, span.end),), prices.zone, months))
    places = {line.item: place for place, line in reversed([*enumerate(lines)])}
    ends = {line.item: place for place, line in enumerate(lines)}
    grown = [line.money for line in lines]
    for more, at in ((before, places), (after, ends)):
        for item, money in more.items():
            if item in at:
                grown[at[item]] += money
    return tuple(replace(line, whole=whole) for line, whole in zip(lines, grown, strict=True))


def _by_item(lines: Iterable[FeeLine]) -> dict[str, Money]:
    found: dict[str, Money] = {}
    for line in lines:
        found[line.item] = found[line.item] + line.money if line.item in found else line.money
    return found


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days in force of one month or block: it has `of` days in all and costs `months` monthly fees."""

    days: tuple[date, ...]
    of: int
    months: int


def _lines(
    terms: Sequence[FeeTerm], span: Span, in_force: Spans, zone: str, months: int | None
) -> tuple[FeeLine, ...]:
    """The lines of a span: by calendar month, or as one block that costs so many `months`."""
    lines = tuple(
        line
        for stretch in _stretches(span, in_force, zone, months)
        for term, days in _priced(terms, stretch.days)
        for line in _of(term, days, stretch, in_force, zone)
    )
    if lines or not terms:
        return lines
    start = span.start
    nothing = Money(Fraction(0), terms[0].items[0][1].currency)
    return tuple(FeeLine(item, Span(start, start), nothing) for item, _ in terms[0].items)


@lru_cache(maxsize=1_024)
def _stretches(span: Span, in_force: Spans, zone: str, months: int | None) -> tuple[_Stretch, ...]:
    first, last = local(span.start, zone).date(), local(span.end - 1, zone).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    paid = tuple(day for day in days if any(midnight(day, zone) in part for part in in_force))
    if months is not None:
        return (_Stretch(paid, len(days), months),) if paid else ()
    by_month = (tuple(group) for _, group in groupby(paid, key=lambda day: day.replace(day=1)))
    return tuple(_Stretch(month, _length(month[0]), 1) for month in by_month)


def _priced(terms: Sequence[FeeTerm], days: tuple[date, ...]) -> Iterator[tuple[FeeTerm, tuple[date, ...]]]:
    """The days by their fee; those before the first fee have none."""
    edges = [*(bisect_left(days, term.start) for term in terms), len(days)]
    runs = [
        ((term.items, term.unit), term, days[a:b])
        for term, (a, b) in zip(terms, pairwise(edges), strict=True)
        if a < b
    ]
    for _, group in groupby(runs, key=itemgetter(0)):
        same = list(group)
        yield same[0][1], tuple(day for _, _, run in same for day in run)


def _of(
    term: FeeTerm, days: tuple[date, ...], stretch: _Stretch, in_force: Spans, zone: str
) -> Iterator[FeeLine]:
    span = Span(midnight(days[0], zone), midnight(days[-1] + ONE_DAY, zone))
    if term.unit == "hour":
        times = Fraction(total(intersect(in_force, (span,))), HOUR)
    else:
        times = MONTHLY[term.unit] * Fraction(stretch.months * len(days), stretch.of)
    for item, money in term.items:
        yield FeeLine(item, span, money * times)


def _length(day: date) -> int:
    first = day.replace(day=1)
    return ((first + timedelta(days=31)).replace(day=1) - first).days


# --- other fees than the period's ----------------------------------------------------------------------

Lines = tuple[FeeLine, ...]


def _month(prices: Prices, cycle: Cycle, period: Period, own: Lines) -> Lines:
    """The fee of a month: of the period itself where it is one, else of the calendar month it ends in."""
    if cycle.every in ONE_MONTH:
        return own
    day = _last_day(prices, period).replace(day=1)
    return _flat(prices, day, day + timedelta(days=_length(day)))


def _year(prices: Prices, cycle: Cycle, period: Period, own: Lines) -> Lines:
    """The fee of a year: of the period where it is one, else of the year up to its end, at its last price."""
    if cycle.every in ONE_YEAR:
        return own
    end = _last_day(prices, period) + ONE_DAY
    return _flat(prices, _year_before(end), end, months=12)


def _flat(prices: Prices, first: date, end: date, months: int = 1) -> Lines:
    """So many months, all at the price that holds on the day before `end`, or at the last there is."""
    zone, span = prices.zone, Span(midnight(first, prices.zone), midnight(end, prices.zone))
    held = [term for term in prices.terms if term.start < end] or list(prices.terms[:1])
    return _lines([replace(term, start=date.min) for term in held[-1:]], span, (span,), zone, months)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def _last_day(prices: Prices, period: Period) -> date:
    """The last day of the period on which the agreement exists."""
    last = local(period.span.end - 1, prices.zone).date()
    return max(prices.first, min(last, prices.last or last))


def _neighbour(prices: Prices, cycle: Cycle, period: Period) -> Lines:
    return _period(prices, cycle, period, _existing(prices, period.span))


def _existing(prices: Prices, span: Span) -> Spans:
    """The part of a span in which the agreement exists."""
    first = midnight(prices.first, prices.zone)
    end = span.end if prices.last is None else midnight(prices.last + ONE_DAY, prices.zone)
    part = span.clip(Span(min(first, end), end)) if first < end else None
    return (part,) if part else ()


def _previous(prices: Prices, cycle: Cycle, period: Period, own: Lines) -> Lines:
    return _neighbour(prices, cycle, preceding(cycle, period))


def _next(prices: Prices, cycle: Cycle, period: Period, own: Lines) -> Lines:
    return _neighbour(prices, cycle, following(cycle, period))


def _thirty_days(prices: Prices, cycle: Cycle, period: Period, own: Lines) -> Lines:
    """The thirty local days before the first of the period, each at a day's share of its calendar month."""
    day = local(period.span.start, prices.zone).date()
    span = Span(midnight(day - timedelta(days=30), prices.zone), midnight(day, prices.zone))
    return _lines(prices.terms, span, _existing(prices, span), prices.zone, None)


def _contract(prices: Prices, cycle: Cycle, period: Period, own: Lines) -> Lines:
    amount = _dated(prices.contract, prices, period, 'contract_fee = "14400.00"')
    end = period.span.end if prices.last is None else midnight(prices.last + ONE_DAY, prices.zone)
    start = midnight(prices.first, prices.zone)
    return (FeeLine("contract fee", Span(start, max(start, end)), amount),)


def _at_risk(prices: Prices, cycle: Cycle, period: Period, own: Lines) -> Lines:
    amount = _dated(prices.at_risk, prices, period, 'at_risk = "12000.00"')
    return (FeeLine("amount at risk", period.span, amount),)


def _dated(amounts: Dated, prices: Prices, period: Period, example: str) -> Money:
    """The amount that holds on the last day of the period, or the first there is."""
    if not amounts:
        raise ConfigError(f"these terms look at an amount that the agreement does not say: write {example}")
    day = _last_day(prices, period)
    held = [money for start, money in amounts if start <= day]
    return held[-1] if held else amounts[0][1]


READERS: Mapping[str, Callable[[Prices, Cycle, Period, Lines], Lines]] = {
    "month": _month,
    "previous period": _previous,
    "next period": _next,
    "preceding 30 days": _thirty_days,
    "year": _year,
    "contract": _contract,
    "at risk": _at_risk,
}


def must_name_periods(bills: Mapping[str, object], cycle: Cycle) -> Iterator[tuple[str, str]]:
    """Bills for what is no period of the cycle, each with what to write."""
    for label in bills:
        try:
            named(cycle, label)
        except ValueError as error:
            yield label, str(error)


__all__ = [
    "ITEM", "Dated", "FeeTerm", "FeeUnit", "Items", "Ms", "Prices", "agreement_fees", "fee_lines",
    "must_name_periods",
]  # fmt: skip

"""Base: percentage of what, and what time is worth. Shares, times and months become money here, exactly.

What is owed in service, units or points passes unchanged: no money limit speaks of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache, reduce
from operator import add

from monitor.agreements.pipeline import Case, Due, FeeLine, Line, Priced, Reading, Value
from monitor.agreements.rows import Worth
from monitor.agreements.terms import BaseTerms, ContractTerms, LimitsTerms, RoundingTerms, Terms
from monitor.agreements.words import named_span, share
from monitor.core.intervals import DAY, HOUR, Ms, normalise, total
from monitor.core.money import Money, round_fraction
from monitor.core.periods import local
from monitor.errors import ConfigError, EvidenceRefused
from monitor.records import dataclass

OWN_PERIOD = ("period", "previous period", "next period", "preceding 30 days")
"""Fees that stand for a time as long as the period: time is worth them ÷ the period's time."""

FEES = (*OWN_PERIOD, "month", "year", "contract", "at risk")
NO_DAY_SAID = BaseTerms()


def fee(case: Case) -> Money:
    """The fee of the period: the exact sum of its lines. ValueError without one, or for two currencies."""
    return _sum(case.fees["period"])


def _sum(lines: Iterable[FeeLine], *, whole: bool = False) -> Money:
    found = [line.whole or line.money if whole else line.money for line in lines]
    if not found:
        raise ValueError("a case needs a fee line, even of nothing: it says the currency")
    return found[0] if len(found) == 1 else reduce(add, found)


@dataclass(frozen=True, slots=True)
class Base:
    """What shares are shares of, and what a day, a month and a unit cost."""

    terms: BaseTerms = NO_DAY_SAID
    ratio: int | None = None
    unit: int | None = None
    every: str = "calendar month"

    def __call__(self, priced: Priced, case: Case) -> Priced:
        base = self.fee(case)
        dues = tuple(self.money(due, priced.readings, case) for due in priced.dues)
        before = sum((due.amount for due in dues if due.kind == "money"), Fraction(0))
        lines = (*priced.lines, self._line(case, base), *_lines(priced.dues, dues))
        return replace(priced, dues=dues, lines=lines, before=before)

    def fee(self, case: Case, lane: str | None = None) -> Money:
        """The base: of a resource where it is one's own fee, of all of them without `lane`."""
        money = self._paid(self.terms.fee, case, lane)
        if self.terms.divided_by == 1 and self.terms.share == 1:
            return money
        return money * (self.terms.share / self.terms.divided_by)

    def money(self, due: Due, readings: tuple[Reading, ...], case: Case) -> Due:
        """What is due, as money; unchanged what is no money."""
        match due.kind:
            case "share":
                price = self.fee(case, due.lane) * due.amount
                return _money(due, self._by_unit(price, due.count))
            case "time":
                return _money(due, self._of_time(due, readings, case))
            case "months":
                return _money(due, self._by_unit(self.month(case, due.lane) * due.amount, due.count))
            case _:
                return due

    def worth(self, dues: tuple[Due, ...], reading: Reading, case: Case) -> Worth:
        """What dues come to before any limit, to compare them."""
        found = [self.money(due, (reading,), case) for due in dues]
        kinds = [("money",), ("points",), ("service", "units")]
        money, points, other = (
            sum((due.amount for due in found if due.kind in kind), Fraction(0)) for kind in kinds
        )
        return money, points, other

    def time(self, ms: Fraction, lane: str | None, readings: tuple[Reading, ...], case: Case) -> Money:
        """What so much time costs, exactly."""
        return self.fee(case, lane) * (ms / self._length(lane, readings, case))

    def month(self, case: Case, lane: str | None = None) -> Money:
        """The fee of a month, of the same items."""
        return self._paid("month", case, lane)

    def _paid(self, which: str, case: Case, lane: str | None) -> Money:
        """What the chosen items of a fee cost; nothing where there are none of them."""
        lines = self._lines(which, case)
        chosen = self._selected(case, lines, lane)
        whole = self.terms.part_period == "whole fee"
        return _sum(chosen, whole=whole) if chosen or not lines else _none(case)

    def _by_unit(self, price: Money, count: Fraction) -> Money:
        if self.unit is None or not count:
            return price
        return _rounded(price * (1 / count), self.unit) * count

    def _of_time(self, due: Due, readings: tuple[Reading, ...], case: Case) -> Money:
        if self.ratio is not None:
            times = due.factor * due.alike
            ratio = due.amount / times / self._length(due.lane, readings, case)
            return self.fee(case, due.lane) * (_decimals(ratio, self.ratio) * times)
        if self.unit is None:
            return self.time(due.amount, due.lane, readings, case)
        if due.count:
            return self._by_unit(self.time(due.amount, due.lane, readings, case), due.count)
        one = due.size or (HOUR if due.amount % DAY else DAY)
        return _rounded(self.time(Fraction(one), due.lane, readings, case), self.unit) * (due.amount / one)

    def _length(self, lane: str | None, readings: tuple[Reading, ...], case: Case) -> Fraction:
        """The time that the base pays for, in ms."""
        if self.terms.day is not None:
            return DAY / self.terms.day
        if self.terms.fee not in OWN_PERIOD and not (self.terms.fee == "month" and _is_month(case)):
            paid = total(normalise(line.span for line in self._lines(self.terms.fee, case)))
            if paid:
                return Fraction(paid)
        times = [reading.time + reading.ahead for reading in readings if reading.lane == lane]
        times = times or [reading.time + reading.ahead for reading in readings]
        return max(times, default=Fraction(0)) or Fraction(case.period.span.length)

    def _lines(self, which: str, case: Case) -> tuple[FeeLine, ...]:
        found = case.fees.by_span.get(which)
        if found is not None:
            return found
        if which == "month" and _is_month(case):
            return case.fees["period"]
        raise ConfigError(f'the fee of "{which}" is not known: write it in the agreement or in its bills')

    def _selected(self, case: Case, lines: tuple[FeeLine, ...], lane: str | None) -> tuple[FeeLine, ...]:
        """The lines of the items that the base is of."""
        terms = self.terms
        if terms == NO_DAY_SAID or not lines:
            return lines
        own = [line for line in lines if line.item not in terms.except_]
        if terms.greater_of:
            own = _greatest(own, terms.greater_of)
        elif terms.items:
            own = [line for line in own if line.item in terms.items]
        if terms.per == "resource" and lane:
            own = _of_resource(own, lines, lane, case)
        return (*own, *(line for line in lines if line.item in terms.plus and line not in own))

    def _line(self, case: Case, base: Money) -> Line:
        zone, whole = case.period.zone, case.period.span
        lines = case.fees["period"] if self.terms.fee == "period" else self._lines(self.terms.fee, case)
        paid = sum(_days(span.start, span.end, zone) for span in normalise(line.span for line in lines))
        of = _days(whole.start, whole.end, zone)
        values: dict[str, Value] = {"amount": base.amount, "currency": base.currency, "days": paid, "of": of}
        return Line("base", "fee" if self.terms.fee == "period" else self.terms.fee, values)

    @property
    def of_all(self) -> bool:
        """Whether shares are of the whole fee of the period."""
        chosen = replace(self.terms, per="agreement", day=None, part_period="day-weighted")
        return chosen == NO_DAY_SAID

    @property
    def credited(self) -> str:
        """What a share is of, in a sentence about credits."""
        return f"that {named_span(self.every)}'s fee" if self.of_all else "the fee named below"

    def say(self) -> str:
        if replace(self, every=Base().every) == Base():
            return _USUAL.format(span=named_span(self.every))
        return " ".join(sentence for sentence in self._sentences() if sentence)

    def _sentences(self) -> Iterator[str]:
        yield f"The credit is reckoned on {self._said_fee()}."
        terms = self.terms
        if terms.per == "resource":
            yield "Each resource is credited on its own fee."
        if terms.day is not None:
            yield f"A day costs {share(terms.day)} of it."
        if terms.part_period == "whole fee":
            yield "A period that is cut short counts with its whole fee."
        if self.ratio is not None:
            yield f"The share of the time is rounded to {self.ratio} decimals first."
        if self.unit is not None:
            yield f"The price of a unit is rounded to {self.unit} decimals first."

    def _said_fee(self) -> str:
        terms = self.terms
        part = "" if terms.share == 1 else f"{share(terms.share)} of "
        items = (
            f"the item{'s' if len(terms.items) > 1 else ''} {' and '.join(terms.items)}"
            if terms.items
            else ""
        )
        if terms.greater_of:
            items = f"the greater of {' and '.join(terms.greater_of)}"
        left = f" without {' and '.join(terms.except_)}" if terms.except_ else ""
        plus = f" and {' and '.join(terms.plus)}" if terms.plus else ""
        by = "" if terms.divided_by == 1 else f" divided by {terms.divided_by}"
        return f"{part}{f'{items} of ' if items else ''}{self._whole_fee()}{left}{plus}{by}"

    def _whole_fee(self) -> str:
        if self.terms.fee == "period":
            return f"the {named_span(self.every)}'s fee"
        return _SAID_FEE[self.terms.fee]


_USUAL = "A fee that changes inside the {span}, or does not run through all of it, is weighted by its days."
_SAID_FEE = {
    "month": "a month's fee",
    "previous period": "the fee of the period before",
    "next period": "the fee of the period after",
    "preceding 30 days": "the fee of the thirty days before",
    "year": "the year's fee",
    "contract": "the fee of the whole contract",
    "at risk": "the amount at risk",
}


def _of_resource(chosen: list[FeeLine], lines: Sequence[FeeLine], lane: str, case: Case) -> list[FeeLine]:
    """The chosen lines of a resource, or of the resources that share the label `lane`.

    All where the fee names no resource; EvidenceRefused where a bill names others alone.
    """
    known = {*case.evidence.resources, *case.evidence.life}
    labels = case.evidence.labels.items()
    members = {lane, *(name for name, own in labels if lane in own.values() and lane not in known)}
    paying = {_payer(line) for line in lines}
    if paying & members:
        return [line for line in chosen if _payer(line) in members]
    if lane not in known or not paying & known:
        return chosen
    if any(line.resource for line in lines):
        raise EvidenceRefused(f'--bills: nothing was billed for "{lane}": add a row, of 0.00 if it was free')
    raise ConfigError(f'each resource is credited on its own fee, and the fee has no item "{lane}"')


def _payer(line: FeeLine) -> str:
    """The resource that a line pays for, or what it is called where it names none."""
    return line.resource or line.item


def _greatest(lines: list[FeeLine], items: tuple[str, ...]) -> list[FeeLine]:
    by_item = {item: [line for line in lines if line.item == item] for item in items}
    return max(by_item.values(), key=lambda own: sum(line.money.amount for line in own))


def _money(due: Due, money: Money) -> Due:
    paid = Due("money", money.amount, money.currency, due.cause, due.outage, due.at, due.lane)
    return replace(paid, alike=due.alike, resource=due.resource)


def _none(case: Case) -> Money:
    return Money(Fraction(0), case.fees.currency)


def _rounded(money: Money, digits: int) -> Money:
    return Money(_decimals(money.amount, digits), money.currency)


def _decimals(value: Fraction, digits: int) -> Fraction:
    return Fraction(round_fraction(value * 10**digits, "half-up"), 10**digits)


def _lines(owed: tuple[Due, ...], priced: tuple[Due, ...]) -> Iterator[Line]:
    """What each share or time came to."""
    for before, after in zip(owed, priced, strict=True):
        values: dict[str, Value] = {"amount": after.amount, "currency": after.of}
        if before.kind == "share":
            yield Line("limits", "share", {"share": before.amount, **values})
        elif before.kind in ("time", "months"):
            yield Line("limits", before.kind, {before.kind: before.amount, **values})


def _is_month(case: Case) -> bool:
    return 28 * DAY - HOUR <= case.period.span.length <= 31 * DAY + HOUR


def fees_needed(terms: ContractTerms) -> frozenset[str]:
    """The words of the fees that these terms look at: see `Fees`."""
    return frozenset(
        {"period", *_needed(terms.limits), *(w for _, each in terms.promises for w in _of(each))}
    )


def _of(terms: Terms) -> Iterator[str]:
    yield terms.base.fee
    yield from _needed(terms.limits)
    if _pays_months(terms.credits):
        yield "month"


def _needed(limits: LimitsTerms | None) -> Iterator[str]:
    for cap in limits.at_most if limits else ():
        if cap.of in FEES:
            yield cap.of
        elif cap.of == "months of fees":
            yield "month"


def _pays_months(node: object) -> bool:
    """Whether a schedule pays months of fees somewhere."""
    inside = [*getattr(node, "rows", ())]
    below = getattr(node, "of", ())
    inside += below if isinstance(below, tuple) else []
    credit = getattr(node, "credit", None)
    return getattr(node, "kind", "") == "months" or any(
        _pays_months(each) for each in [*inside, *([credit] if credit is not None else [])]
    )


@lru_cache(maxsize=256)
def _days(start: Ms, end: Ms, zone: str) -> int:
    """How many local days a span touches."""
    first, last = local(start, zone).date(), local(end - 1, zone).date()
    return (last - first) // timedelta(days=1) + 1


def base_of(terms: BaseTerms, rounding: RoundingTerms, every: str = "calendar month") -> Base:
    """The rule of these terms, for periods of the kind `every`."""
    return Base(terms, rounding.ratio, rounding.unit, every)

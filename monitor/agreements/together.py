"""Together: how several promises of one contract become one credit. What each comes to is priced by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from monitor.agreements.base import Base
from monitor.agreements.pipeline import Case, Combine, Due, Line, Named, Priced, Reading
from monitor.agreements.rows import Rows
from monitor.agreements.terms import ContractTerms, Together
from monitor.records import dataclass

NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Alone:
    """The only promise is the contract."""

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced:
        (only,) = named
        return _sure(only).priced

    def say(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Sum:
    """Every promise counts for itself, and all are added."""

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced:
        return _joined(named, (due for each in named for due in each.priced.dues))

    def say(self) -> str:
        return "What the promises come to is added."


@dataclass(frozen=True, slots=True)
class Highest:
    """Only the promise that comes to most money counts; of equals the first."""

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced:
        most = max(named, key=lambda each: worth(each.priced.dues))
        return replace(
            _joined(named, most.priced.dues), before=most.priced.before, limited_by=most.priced.limited_by
        )

    def say(self) -> str:
        return "Only the promise that comes to most is credited."


@dataclass(frozen=True, slots=True)
class HighestPerOutage:
    """For each outage or miss only the promise counts that comes to most for it."""

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced:
        outages = dict.fromkeys(due.outage for each in named for due in each.priced.dues)
        most = [_most(named, outage) for outage in outages]
        counted = [each for each in named if any(of is each for of, _ in most)]
        dues = [due for _, own in most for due in own]
        return replace(
            _joined(named, dues),
            before=worth(dues)[0],
            limited_by=next((each.priced.limited_by for each in counted if each.priced.limited_by), ""),
        )

    def say(self) -> str:
        return "For each outage only the promise that comes to most is credited."


@dataclass(frozen=True, slots=True)
class LowestCommitment:
    """The promise of the lowest commitment alone applies; of equals the first."""

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced:
        return _sure(min(named, key=_commitment)).priced

    def say(self) -> str:
        return "The promise with the lowest commitment alone applies."


@dataclass(frozen=True, slots=True)
class Points:
    """Points are added, then looked up; the row pays its share of the base, money comes beside it."""

    table: Rows
    base: Base

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced:
        priced = _joined(named, (due for each in named for due in each.priced.dues))
        points = sum((due.amount for due in priced.dues if due.kind == "points"), NOTHING)
        if not points:
            return priced
        looked_up = Priced(self.table.paid(points, _blank(points), case), readings=priced.readings)
        found = self.base(looked_up, case)
        others = (due for due in priced.dues if due.kind != "points")
        line = Line("together", "points", {"points": points})
        return replace(
            priced,
            dues=(*others, *found.dues),
            lines=(*priced.lines, line, *found.lines),
            before=(priced.before or NOTHING) + (found.before or NOTHING),
        )

    def say(self) -> str:
        rows = replace(self.table, by="misses").phrase().partition(": ")[2]
        return (
            f"Points are added and looked up: {rows} points; the row pays its share of {self.base.credited}."
        )


def combine(terms: ContractTerms, base: Base) -> Combine:
    """The rule of these terms; `base` is what points are looked up as shares of."""
    if terms.together == "points" and terms.points is not None:
        return Points(terms.points, base)
    if len(terms.promises) == 1:
        return Alone()
    return _RULES[terms.together or "sum"]()


_RULES: dict[Together, Callable[[], Combine]] = {
    "sum": Sum,
    "highest": Highest,
    "highest per outage": HighestPerOutage,
    "lowest commitment": LowestCommitment,
}


def worth(dues: Iterable[Due]) -> tuple[Fraction, Fraction]:
    """The money of dues, and whatever else is owed."""
    money = other = NOTHING
    for due in dues:
        if due.kind == "money":
            money += due.amount
        else:
            other += due.amount
    return money, other


def _most(named: tuple[Named, ...], outage: str) -> tuple[Named, list[Due]]:
    """The promise that comes to most for an outage, and what it comes to."""
    own = [(each, [due for due in each.priced.dues if due.outage == outage]) for each in named]
    return max(own, key=lambda each: worth(each[1]))


def _sure(named: Named) -> Named:
    """A promise that counts; NoRow where its figure has no price."""
    if named.refused is not None:
        raise named.refused
    return named


def _commitment(named: Named) -> Fraction:
    """A promise without a commitment is the lowest of all."""
    asked = [reading.promise.value for reading in named.readings if reading.promise]
    return min(asked, default=Fraction(-1))


def _joined(named: tuple[Named, ...], dues: Iterable[Due]) -> Priced:
    priced = [_sure(each).priced for each in named]
    return Priced(
        dues=tuple(dues),
        lines=tuple(line for each in priced for line in each.lines),
        before=sum((each.before or NOTHING for each in priced), NOTHING),
        limited_by=next((each.limited_by for each in reversed(priced) if each.limited_by), ""),
        readings=tuple(reading for each in priced for reading in each.readings),
    )


def _blank(points: Fraction) -> Reading:
    """A reading for a table that looks at points alone."""
    return Reading("", points, NOTHING, 0, (), Fraction(1))

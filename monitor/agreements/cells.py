"""A credit table cut into cells: single figures and the open stretches between them.

Between two neighbouring numbers that the terms name, no bound can change its answer; so a table is known
everywhere once it is asked at each of its numbers and once between them. Exact, for any table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from typing import TypeVar

from monitor.agreements.schedule import Rows
from monitor.agreements.terms import Terms
from monitor.agreements.words import share

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Figures from `low` to `high`, each end with or without itself."""

    low: Fraction
    high: Fraction
    with_low: bool
    with_high: bool

    @property
    def sample(self) -> Fraction:
        """A figure of the stretch."""
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        low, high = share(self.low, space=""), share(self.high, space="")
        if self.low == self.high:
            return f"exactly {low}"
        return f"{'' if self.with_low else 'above '}{low} to {'' if self.with_high else 'below '}{high}"


def cells(terms: Terms) -> tuple[Stretch, ...]:
    """All availabilities from 0 to 1, from the worst up."""
    rows = terms.credits.rows if isinstance(terms.credits, Rows) else ()
    named = {bound.value for row in rows for bound in row.bounds}
    if terms.commitment.bound is not None:
        named.add(terms.commitment.bound.value)
    points = sorted(value for value in named | {Fraction(0), Fraction(1)} if 0 <= value <= 1)
    return tuple(_between(points))


def _between(points: list[Fraction]) -> Iterator[Stretch]:
    yield _point(points[0])
    for low, high in pairwise(points):
        yield Stretch(low, high, with_low=False, with_high=False)
        yield _point(high)


def _point(value: Fraction) -> Stretch:
    return Stretch(value, value, with_low=True, with_high=True)


def stretches(found: Iterable[Stretch], answer: Callable[[Stretch], T]) -> Iterator[tuple[T, Stretch]]:
    """Neighbouring cells with one answer joined, from the worst up."""
    for key, group in groupby(found, key=answer):
        members = list(group)
        first, last = members[0], members[-1]
        yield key, Stretch(first.low, last.high, with_low=first.with_low, with_high=last.with_high)

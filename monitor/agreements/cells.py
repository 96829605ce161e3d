"""The numbers that a credit table may be asked about, cut into cells: single ones and the stretches between.

Between two neighbouring numbers that the terms name, no bound can change its answer; so a table is known
everywhere once it is asked at each of its numbers and once between them. Exact, for any table. Where a
contract rounds its figures, or counts, only the numbers that exist are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import groupby, pairwise
from math import ceil, floor
from typing import TypeVar

from monitor.records import dataclass

T = TypeVar("T")

NOTHING, WHOLE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers from `low` to `high` (None: without end), each end with or without itself."""

    low: Fraction
    high: Fraction | None
    with_low: bool
    with_high: bool

    @property
    def sample(self) -> Fraction:
        """A number of the stretch."""
        return self.low + 1 if self.high is None else (self.low + self.high) / 2

    def told(self, number: Callable[[Fraction], str]) -> str:
        """`exactly 99%`, `98% to below 99.9%`, `above 3`, in the words of `number`."""
        low = number(self.low)
        if self.high is None:
            return f"{low} or more" if self.with_low else f"above {low}"
        if self.low == self.high:
            return f"exactly {low}"
        high = number(self.high)
        return f"{'' if self.with_low else 'above '}{low} to {'' if self.with_high else 'below '}{high}"


@dataclass(frozen=True, slots=True)
class Axis:
    """All numbers that can be: shares, ms or counts; only multiples of `step` where it is said."""

    low: Fraction = NOTHING
    high: Fraction | None = WHOLE
    with_low: bool = True
    with_high: bool = True
    step: Fraction | None = None

    def cells(self, named: Iterable[Fraction]) -> tuple[Stretch, ...]:
        """The cells between the numbers that the terms name, the smallest first."""
        return tuple(cell for each in self._exact(named) if (cell := self._existing(each)) is not None)

    def holds(self, value: Fraction) -> bool:
        """Whether a number lies between the ends."""
        above = value > self.low or (self.with_low and value == self.low)
        below = self.high is None or value < self.high or (self.with_high and value == self.high)
        return above and below

    def _exact(self, named: Iterable[Fraction]) -> Iterator[Stretch]:
        ends = [self.low] if self.high is None else [self.low, self.high]
        points = sorted({*ends, *(value for value in named if self.holds(value))})
        for low, high in pairwise(points):
            yield from self._point(low)
            yield Stretch(low, high, with_low=False, with_high=False)
        yield from self._point(points[-1])
        if self.high is None:
            yield Stretch(points[-1], None, with_low=False, with_high=False)

    def _point(self, value: Fraction) -> Iterator[Stretch]:
        if self.holds(value):
            yield Stretch(value, value, with_low=True, with_high=True)

    def _existing(self, cell: Stretch) -> Stretch | None:
        """The cell as far as its numbers exist; None where none of them does."""
        if self.step is None:
            return cell
        low = ceil(cell.low / self.step) * self.step
        low += self.step if low == cell.low and not cell.with_low else 0
        if cell.high is None:
            return Stretch(low, None, with_low=True, with_high=False)
        high = floor(cell.high / self.step) * self.step
        high -= self.step if high == cell.high and not cell.with_high else 0
        return Stretch(low, high, with_low=True, with_high=True) if low <= high else None


def stretches(found: Iterable[Stretch], answer: Callable[[Stretch], T]) -> Iterator[tuple[T, Stretch]]:
    """Neighbouring cells with one answer joined, from the smallest up."""
    for key, group in groupby(found, key=answer):
        members = list(group)
        first, last = members[0], members[-1]
        yield key, Stretch(first.low, last.high, with_low=first.with_low, with_high=last.with_high)

"""Gate: is the commitment met? It is asked of the exact figure, apart from the table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

from monitor.agreements.pipeline import Case, Reading
from monitor.agreements.words import share
from monitor.core.intervals import Ms
from monitor.core.numbers import Bound


@dataclass(frozen=True, slots=True)
class Commitment:
    """The promise. Where nothing is left to divide by there is nothing to miss; undeterminable is neither."""

    bound: Bound

    def __call__(self, reading: Reading, case: Case) -> Reading:
        if not reading.determinable:
            return replace(reading, met=None, promise=self.bound)
        met = reading.figure is None or self.bound.holds(reading.figure)
        return replace(reading, met=met, promise=self.bound)

    def allows(self, base: Ms) -> Ms:
        """The most downtime, in whole ms of `base`, with which the commitment is still met."""
        most = (1 - self.bound.value) * base
        return floor(most) if self.bound.sign == ">=" else ceil(most) - 1

    def say(self) -> str:
        limit = share(self.bound.value)
        if self.bound.sign == ">=":
            return f"The promise is at least {limit} of each calendar month; exactly {limit} keeps it."
        return f"The promise is more than {limit} of each calendar month; exactly {limit} breaks it."

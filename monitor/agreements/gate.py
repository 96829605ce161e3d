"""Gate: is the commitment met? It is asked of the figure, or of the downtime, apart from the table."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import Literal

from monitor.agreements.pipeline import Case, Gate, Reading
from monitor.agreements.terms import CommitmentTerms
from monitor.agreements.words import decimal, duration, each_of, share
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.core.numbers import Bound, Operator
from monitor.records import dataclass

AT: dict[Operator, str] = {
    ">=": "at least", ">": "more than", "<=": "at most", "<": "less than", "=": "exactly",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Commitment:
    """The promise: a share, a downtime in ms, or a value in a metric's unit.

    Where nothing is left to divide by there is nothing to miss; undeterminable is neither. `every` is the
    period in the words of the contract.
    """

    bound: Bound
    of: Literal["share", "downtime", "metric"] = "share"
    unit: str = ""
    every: str = "calendar month"

    def __call__(self, reading: Reading, case: Case) -> Reading:
        return replace(reading, met=self._met(reading), promise=self.bound, promise_of=self.of)

    def _met(self, reading: Reading) -> bool | None:
        if not reading.determinable:
            return None
        looked_at = reading.down if self.of == "downtime" else reading.figure
        return looked_at is None or self.bound.holds(looked_at)

    def allows(self, base: Ms) -> Ms:
        """The most downtime, in whole ms of `base`, with which the commitment is still met.

        TypeError for a commitment to a metric, which allows no downtime.
        """
        if self.of == "metric":
            raise TypeError("a commitment to a metric says nothing of downtime")
        if self.of == "downtime":
            limit = self.bound.value
            return floor(limit) if self.bound.sign == "<=" else ceil(limit) - 1
        most = (1 - self.bound.value) * base
        return floor(most) if self.bound.sign == ">=" else ceil(most) - 1

    def say(self) -> str:
        limit, sign = self._limit(), self.bound.sign
        of = " of downtime in" if self.of == "downtime" else " of" if self.of == "share" else " in"
        keeps = "keeps" if sign in (">=", "<=", "=") else "breaks"
        return f"The promise is {AT[sign]} {limit}{of} {each_of(self.every)}; exactly {limit} {keeps} it."

    def _limit(self) -> str:
        if self.of == "downtime":
            return duration(int(self.bound.value))
        return (
            share(self.bound.value)
            if self.of == "share"
            else f"{decimal(self.bound.value)} {self.unit}".strip()
        )


@dataclass(frozen=True, slots=True)
class NoCommitment:
    """The contract has no gate: nothing can be missed, and the table alone says what is owed."""

    def __call__(self, reading: Reading, case: Case) -> Reading:
        return replace(reading, met=True if reading.determinable else None, promise=None)

    def say(self) -> str:
        return "There is no commitment that could be kept or missed: the table alone says what is owed."


def spoken_bound(gate: Gate) -> str:
    """The commitment as a file would say it, with its sign: `>= 99.9%`, `<= 45m`, `<= 45 ms`, or `none`."""
    if not isinstance(gate, Commitment):
        return "none"
    value = gate.bound.value
    if gate.of == "downtime":
        return f"{gate.bound.sign} {_clock(int(value))}"
    limit = share(value, space="") if gate.of == "share" else f"{decimal(value)} {gate.unit}".strip()
    return f"{gate.bound.sign} {limit}"


def _clock(ms: Ms) -> str:
    """`1h30m`, as durations are written in a file."""
    parts: list[str] = []
    for size, unit in ((HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (1, "ms")):
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0ms"


def rule(terms: CommitmentTerms, every: str = "calendar month") -> Gate:
    """The gate of a promise."""
    if terms.bound is None:
        return NoCommitment()
    return Commitment(terms.bound, terms.of, terms.unit, every)

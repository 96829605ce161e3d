"""PURE. A KPI as it was read for a period: what it is, what it should be, how it moves. Nothing rounded."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from monitor.core.numbers import Bound
from monitor.records import dataclass

Unit = Literal["share", "ms", "clock", "tenths", "count", "metric"]
Result = Literal["met", "met, drifting", "missed", "too few to tell", "no target"]


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a trend: its label, the value (None where nobody can tell), and of how many."""

    label: str
    value: Fraction | None
    count: int


@dataclass(frozen=True, slots=True)
class KpiReading:
    """One KPI for one period. Times are in ms, latencies in 0.1 ms, a metric in its `unit_name`.

    A `clock` is ms on the clocks of promises, which may be business time: a day has no 24 hours there.
    `of` says of what: a service, an endpoint, a severity ("" for all). `value` None: nobody can tell, and
    `why_none` says in a few words why. `trend` are the periods up to this one, oldest first, this one last.
    `drifting`: it is met, and its trend leads to where it is not.
    """

    id: str
    title: str
    owner: str
    of: str
    unit: Unit
    target: Bound | None
    value: Fraction | None
    count: int
    unit_name: str = ""
    why_none: str = ""
    trend: tuple[Point, ...] = ()
    drifting: bool = False

    @property
    def previous(self) -> Fraction | None:
        """What it was in the period before."""
        return self.trend[-2].value if len(self.trend) > 1 else None

    @property
    def result(self) -> Result:
        """What it comes to."""
        if self.value is None:
            return "too few to tell"
        if self.target is None:
            return "no target"
        if not self.target.holds(self.value):
            return "missed"
        return "met, drifting" if self.drifting else "met"

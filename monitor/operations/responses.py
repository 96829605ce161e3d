"""PURE. What was promised of tickets and what became of it, as values: counts, times, causes, and money.

Everything is exact: times in ms on the clock that the promise names, shares as Fraction, money in its
currency. What is told of too few clocks is not told: a median takes three, the 90th percentile ten, the 95th
twenty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from monitor.core.intervals import Ms
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.operations.kpi_rules import enough
from monitor.operations.measures import ranked
from monitor.operations.ticket_times import NO_TIMES, Cause, Times
from monitor.records import dataclass

HALF, NINE, MOST = Fraction(1, 2), Fraction(9, 10), Fraction(19, 20)
FEW: Final = "too few tickets to tell"


@dataclass(frozen=True, slots=True)
class Spread:
    """The time that clocks took, in ms: the median, the 90th and the 95th percentile by the nearest rank.

    None where there are too few to tell. A clock that is late and goes on is in it with its time so far.
    """

    count: int
    median_ms: Ms | None = None
    p90_ms: Ms | None = None
    p95_ms: Ms | None = None


NO_SPREAD: Final = Spread(0)


def spread(elapsed: Iterable[Ms]) -> Spread:
    """The spread of some times."""
    ordered = sorted(elapsed)

    def at(percentile: Fraction) -> Ms | None:
        found = ranked(ordered, percentile)
        few = len(ordered) < enough("first reply", percentile)
        return None if found is None or few else int(found)

    return Spread(len(ordered), at(HALF), at(NINE), at(MOST))


@dataclass(frozen=True, slots=True)
class KeyLine:
    """The clocks of one priority, or whatever the times are by; `allowed` is its time in words."""

    key: str
    allowed: str
    in_time: int
    late: int
    waiting: int
    took: Spread


@dataclass(frozen=True, slots=True)
class LateLine:
    """A clock that was late: `end` None while it goes on, `most` what the ticket was in for longest."""

    ticket: str
    key: str
    start: Ms
    due: Ms
    end: Ms | None
    elapsed: Ms
    allowed: Ms | None
    delay: Ms
    most: str


@dataclass(frozen=True, slots=True)
class ResponseLine:
    """One promise of times of an agreement in one of its periods.

    `commitment` is it in words, and `least` it where it is a share. `figure` is what was reached, a share or
    so many of `unit`, `met` what the engine makes of it, `credit` what it costs by the settlement: None where
    nobody can tell, and `why` says why, in a few words. `target` is an internal one that protects this
    promise alone. `times` are of all clocks that counted, `late_times` of those that were late. `aside` is
    how many were looked at and do not count.
    """

    agreement: str
    customer: str
    service: str
    promise: str
    stops: str
    commitment: str
    period: Period
    figure: Fraction | None = None
    unit: str = ""
    least: Bound | None = None
    met: bool | None = None
    target: Bound | None = None
    credit: Money | None = None
    in_time: int = 0
    waiting: int = 0
    aside: int = 0
    took: Spread = NO_SPREAD
    keys: tuple[KeyLine, ...] = ()
    times: Times = NO_TIMES
    late_times: Times = NO_TIMES
    cause: Cause | None = None
    late: tuple[LateLine, ...] = ()
    why: str = ""

    @property
    def counted(self) -> int:
        return self.in_time + len(self.late)

    @property
    def share(self) -> Fraction | None:
        """The share in time; None where nothing counted."""
        return Fraction(self.in_time, self.counted) if self.counted else None

    @property
    def target_met(self) -> bool | None:
        """Whether the internal target was met; None where there is none, or no figure."""
        return None if self.target is None or self.figure is None else self.target.holds(self.figure)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The tickets that have one thing in common, and of the clocks of their promises how many were late."""

    key: str
    times: Times
    clocks: int
    late: int


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups by one thing, `priority` or a column: the most time first, those that say nothing as ""."""

    by: str
    lines: tuple[GroupLine, ...]


@dataclass(frozen=True, slots=True)
class HourLine:
    """An hour of the week (0 is Monday from 0 to 1): where tickets lay then, and the clocks that began in it.

    Of `times` the count is how many of these hours there were.
    """

    hour: int
    times: Times
    clocks: int
    late: int


@dataclass(frozen=True, slots=True)
class Nobodys:
    """A ticket that counts nowhere, and why."""

    ticket: str
    why: str


@dataclass(frozen=True, slots=True)
class ResponseReport:
    """Response commitments in a period. `times` are those of all tickets that went on, within the period."""

    period: Period
    lines: tuple[ResponseLine, ...] = ()
    times: Times = NO_TIMES
    groups: tuple[Grouped, ...] = ()
    hours: tuple[HourLine, ...] = ()
    nobodys: tuple[Nobodys, ...] = ()


def longest(lines: Sequence[LateLine], count: int) -> tuple[LateLine, ...]:
    """Those that ran furthest past their time; of alike ones the earliest."""
    return tuple(sorted(lines, key=lambda each: (-each.delay, each.start, each.ticket))[:count])

"""PURE. What is unusual for its hour of the week: a note for the team, which wakes nobody. Exact, and robust.

An hour is held against the same hour of the week in the weeks before: their median, and the median of their
distances from it (MAD). It is unusual where it is worse by more than 3.5 of these, MAD taken times 1.4826 as
the deviation of a normal distribution; where more than half of the weeks are alike and the MAD is nothing,
the mean distance times 1.2533 stands in for it (Iglewicz and Hoaglin, "How to Detect and Handle Outliers",
ASQC Quality Press, 1993, chapter 3). A difference that nobody would feel is none, however alike the weeks
were. Half of the weeks may be as wild as they like, and the median and the MAD stay where they are.

Fewer than six weeks tell nothing, and it is said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal

from monitor.core.intervals import Ms
from monitor.operations.drift import median
from monitor.operations.hours_of_week import cell
from monitor.records import dataclass

WEEKS: Final = 12
"""How many weeks are looked back."""
LEAST_WEEKS: Final = 6
LIMIT: Final = Fraction(7, 2)
OF_MAD: Final = Fraction(14_826, 10_000)
OF_MEAN: Final = Fraction(12_533, 10_000)
LEAST_INCIDENTS: Final = Fraction(3)
LEAST_LATENCY: Final = Fraction(100)

What = Literal["latency", "incidents"]


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour came to: the instant at which it began, and its figure."""

    at: Ms
    value: Fraction


@dataclass(frozen=True, slots=True)
class Usual:
    """What an hour of the week usually comes to: the middle of so many weeks, and how far they lie apart."""

    middle: Fraction
    spread: Fraction
    weeks: int


@dataclass(frozen=True, slots=True)
class Note:
    """An hour that is unusual. A latency is in 0.1 ms, incidents are a count; `of` is an endpoint or a
    service."""

    what: What
    of: str
    at: Ms
    value: Fraction
    usual: Usual


@dataclass(frozen=True, slots=True)
class Looked:
    """The notes of one endpoint or service, oldest first, of so many hours that could be `judged`.

    `too_few` are the hours for which fewer than six weeks are known.
    """

    what: What
    of: str
    notes: tuple[Note, ...]
    judged: int
    too_few: int

    @property
    def why_none(self) -> str:
        """Why nothing could be said, in a few words; "" where something could."""
        return "" if self.judged else f"fewer than {LEAST_WEEKS} weeks are known"


def usual(values: Sequence[Fraction]) -> Usual | None:
    """What these weeks come to; None where they are too few to tell."""
    if len(values) < LEAST_WEEKS:
        return None
    middle = median(values)
    apart = [abs(value - middle) for value in values]
    spread = median(apart) * OF_MAD or sum(apart, Fraction(0)) / len(apart) * OF_MEAN
    return Usual(middle, spread, len(values))


def is_unusual(value: Fraction, known: Usual, least: Fraction) -> bool:
    """Whether an hour is worse than usual: higher, by what can be felt."""
    above = value - known.middle
    return above >= least and above > LIMIT * known.spread


def least_latency(known: Usual) -> Fraction:
    """A quarter of the usual latency, and 10 ms at least."""
    return max(known.middle / 4, LEAST_LATENCY)


def least_incidents(known: Usual) -> Fraction:
    """Three more than usual within one hour."""
    return LEAST_INCIDENTS


_LEAST: Mapping[What, Callable[[Usual], Fraction]] = {
    "latency": least_latency,
    "incidents": least_incidents,
}


def looked(what: What, of: str, before: Iterable[Hour], now: Iterable[Hour], zone: str) -> Looked:
    """The hours of `now` against those `before`, each with the same hour of the week on the wall."""
    by_cell: dict[int, list[Fraction]] = {}
    for hour in before:
        by_cell.setdefault(cell(hour.at, zone), []).append(hour.value)
    known = {number: usual(values) for number, values in by_cell.items()}
    notes: list[Note] = []
    judged = too_few = 0
    for hour in now:
        own = known.get(cell(hour.at, zone))
        if own is None:
            too_few += 1
            continue
        judged += 1
        if is_unusual(hour.value, own, _LEAST[what](own)):
            notes.append(Note(what, of, hour.at, hour.value, own))
    return Looked(what, of, tuple(sorted(notes, key=lambda each: each.at)), judged, too_few)

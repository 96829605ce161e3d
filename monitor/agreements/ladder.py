"""What to promise, and what to aim at, from the months that were: rungs, and one step at a time.

Today is the highest rung that nine in ten months reach. The internal target is one rung better, if any month
reached it, else what half of the months reach: a goal that was never met warns of nothing. The commitment is
a rung that every month kept, and that allows at least twice the downtime of the target, so that there is time
to act between the two. A rung that allows less than twice the time between two checks is not proposed:
two that fail would break it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from monitor.agreements.quantiles import needed, reached
from monitor.core.intervals import DAY, Ms
from monitor.records import dataclass

RUNGS = tuple(
    Fraction(text) / 100
    for text in ("90", "95", "98", "99", "99.5", "99.9", "99.95", "99.99", "99.995", "99.999")
)
USUAL = tuple(Fraction(text) / 100 for text in ("99", "99.5", "99.9", "99.95", "99.99"))
"""What is tried in any case."""

MOST = Fraction(9, 10)
HALF = Fraction(1, 2)
MARGIN = 2
"""A commitment allows at least so many times the downtime of the target."""

MONTH: Ms = 30 * DAY
"""The month that an allowance is told for."""

FEWEST = needed(HALF)
"""The fewest months that say anything as surely as it has to be, and that of every second month alone."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Levels to aim at and to promise; None where nothing can be proposed.

    `today` is the rung that nine in ten months reach. `kept` is how many of the `of` months reached the
    target. `step` says how the target was found: the next rung, what half of the months reach, or the rung
    of today, where nothing above it was reached or where the checks could tell nothing above it.
    """

    today: Fraction | None
    target: Fraction | None
    commitment: Fraction | None
    kept: int
    of: int
    step: str


NEXT, MIDDLE = "next rung", "what half of the months reach"
STAY, FINEST = "as today", "the finest that the checks can tell"


def allowed(level: Fraction, time: Ms = MONTH) -> Ms:
    """The most downtime of `time`, in whole ms, with which a level is still kept."""
    return int((1 - level) * time)


def told_apart(level: Fraction, interval: Ms) -> bool:
    """Whether checks so far apart can tell that a level was kept: two that fail do not break it."""
    return allowed(level) >= 2 * interval


def propose(figures: Sequence[Fraction], interval: Ms) -> Proposal | None:
    """What the figures of past months suggest, checked every `interval` ms; None where they are too few."""
    if len(figures) < FEWEST:
        return None
    rungs = [rung for rung in RUNGS if told_apart(rung, interval)]
    today = max((rung for rung in rungs if rung <= reached(figures, MOST)), default=None)
    target, step = _step(figures, rungs, today)
    kept = sum(figure >= target for figure in figures) if target is not None else 0
    return Proposal(today, target, _below(figures, rungs, target), kept, len(figures), step)


def _step(
    figures: Sequence[Fraction], rungs: Sequence[Fraction], today: Fraction | None
) -> tuple[Fraction | None, str]:
    better = [rung for rung in rungs if today is None or rung > today]
    if better and max(figures) >= better[0]:
        return better[0], NEXT
    if not better:
        return today, FINEST
    middle = _cut(reached(figures, HALF))
    return (middle, MIDDLE) if today is None or middle > today else (today, STAY)


def _cut(figure: Fraction) -> Fraction:
    """A figure cut off to the fewest decimals of its percentage that lose a tenth of its downtime at most."""
    scale = 100
    while figure - (cut := Fraction(int(figure * scale), scale)) > (1 - figure) / 10:
        scale *= 10
    return cut


def _below(
    figures: Sequence[Fraction], rungs: Sequence[Fraction], target: Fraction | None
) -> Fraction | None:
    """The highest rung that every month kept, with its distance from the target."""
    if target is None:
        return None
    far = [rung for rung in rungs if 1 - rung >= MARGIN * (1 - target)]
    return max((rung for rung in far if rung <= min(figures)), default=None)

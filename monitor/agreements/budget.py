"""Error budget and exposure of a running or finished period, from `evaluate` alone: no second formula.

The next tier and its price are found by bisection on `evaluate` with hypothetical downtime that starts at
`as_of`; everything else of the future is taken as up.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from monitor.agreements.pipeline import Case
from monitor.core.intervals import Ms
from monitor.core.money import Amount


@dataclass(frozen=True, slots=True)
class Budget:
    """What the commitment allows of the whole period, in ms of downtime.

    `left` is negative once it is overspent. `burn` is the share spent ÷ the share of the period gone (1 is
    an even pace; None before anything is gone). `exhausted` is the instant at which an even continuation of
    the pace so far uses it up: an instant in the past when it is used up already, None when it is not
    reached before the period ends. `gone` is the share of the period that has passed.
    """

    allowed: Ms
    spent: Ms
    left: Ms
    burn: Fraction | None
    exhausted: Ms | None
    gone: Fraction


@dataclass(frozen=True, slots=True)
class Exposure:
    """Money so far and what the next minutes cost.

    `owed` is the credit if the period ended as it stands (the rest up); None when not determinable.
    `until_next` is the least further downtime, in ms and from `as_of` on, that costs more; None when no
    downtime still possible in the period does. `next_credit` is the credit it leads to.
    """

    owed: Amount | None
    until_next: Ms | None
    next_credit: Amount | None


def budget(case: Case) -> Budget:
    """The error budget of the case's period, seen at `case.as_of`."""
    raise NotImplementedError  # agreements helper


def exposure(case: Case) -> Exposure:
    """What is owed, and the next tier with its price."""
    raise NotImplementedError  # agreements helper

"""An epoch: one run of the monotonic clock, anchored once to the wall clock.

Every instant inside an epoch is its anchor plus a monotonic difference, so that a wall clock that is set
cannot reorder checks. When the two clocks part by more than a step, the epoch is over.
"""

from __future__ import annotations

from monitor.clock import Clock
from monitor.core.checks import EpochId
from monitor.core.intervals import Ms
from monitor.records import dataclass

STEP: Ms = 500
"""How far the clocks may part before it counts as a step."""

_PROMPT = 0.010


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment; `asleep` is the time spent suspended, 0 where nobody knows."""

    wall: Ms
    mono: float
    asleep: float = 0.0


def read(clock: Clock) -> Reading:
    """Read both clocks as one. A pause between the two readings would look like a step, so look again."""
    reading = Reading(0, 0.0)
    for _ in range(5):
        before = clock.monotonic()
        reading = Reading(clock.now(), before, clock.suspended())
        if clock.monotonic() - before < _PROMPT:
            break
    return reading


@dataclass(frozen=True, slots=True)
class Epoch:
    """The id, and the moment at which both clocks were read."""

    id: EpochId
    start: Reading

    def at(self, mono: float) -> Ms:
        """The instant of a monotonic time, on this epoch's wall clock."""
        return self.start.wall + round((mono - self.start.mono) * 1_000)

    def jump(self, now: Reading) -> Ms:
        """How far the wall clock has moved against the monotonic one, in ms; 0 within a step."""
        moved = now.wall - self.at(now.mono)
        return moved if abs(moved) > STEP else 0

    def slept(self, now: Reading) -> bool:
        """Whether the machine was suspended since the epoch began."""
        return (now.asleep - self.start.asleep) * 1_000 > STEP

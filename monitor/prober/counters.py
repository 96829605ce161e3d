"""What the prober counts of its slots: every planned one is in exactly one of its sums."""

from __future__ import annotations

from dataclasses import field

from monitor.core.checks import Gap, Reason
from monitor.records import dataclass


@dataclass(slots=True)
class Counters:
    """Slots since the start: planned = run + overlapped + missed + disabled. Of those that ran, some `late`.

    `lagged` is how late all beats were together, in seconds.
    """

    planned: int = 0
    run: int = 0
    late: int = 0
    overlapped: int = 0
    missed: int = 0
    disabled: int = 0
    gaps: int = 0
    gaps_by: dict[Reason, int] = field(default_factory=dict)
    lagged: float = 0.0

    def count(self, gap: Gap) -> None:
        self.gaps += 1
        self.gaps_by[gap.reason] = self.gaps_by.get(gap.reason, 0) + 1

"""What a check costs in `lane_segments`, in µs, and how that grows: `python -m benchmarks.timeline`.

A quiet month (all up) and a troubled one (every hundredth slot down with three attempts, a gap a day), each
with 10,000 and 100,000 checks. The ratio of the two sizes should stay near 1: linear.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from monitor.core.checks import ALL_LANES, Check, Gap, Reason, State
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.timeline import lane_segments

INTERVAL: Ms = 30_000
HOLD: Ms = 70_000


def quiet(count: int) -> list[Check]:
    return [
        Check(1, 1, slot, 0, slot * INTERVAL, State.UP, Reason.OK, HOLD, latency=420, status=200)
        for slot in range(count)
    ]


def troubled(count: int) -> list[Check]:
    checks: list[Check] = []
    slot = 0
    while len(checks) < count:
        down = slot % 100 == 50
        for attempt in range(3 if down else 1):
            state, reason = (State.DOWN, Reason.TIMEOUT) if down else (State.UP, Reason.OK)
            checks.append(Check(1, 1, slot, attempt, slot * INTERVAL + attempt * 1_000, state, reason, HOLD))
        slot += 1
    return checks


def daily_gaps(span: Span) -> list[Gap]:
    starts = range(span.start, span.end, DAY)
    return [Gap(ALL_LANES, 1, Span(at, at + 600_000), Reason.MONITOR_STALL) for at in starts]


def best(checks: Sequence[Check], gaps: Sequence[Gap], rounds: int = 5) -> float:
    """µs per check, the best of a few rounds."""
    span = Span(0, checks[-1].at + INTERVAL)
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        lane_segments(checks, gaps, span)
        taken.append(time.perf_counter() - begun)
    return min(taken) / len(checks) * 1e6


def main() -> None:
    for name, make in (("quiet", quiet), ("troubled", troubled)):
        costs = []
        for count in (10_000, 100_000):
            checks = make(count)
            gaps = daily_gaps(Span(0, checks[-1].at)) if name == "troubled" else []
            costs.append(best(checks, gaps))
        small, large = costs
        print(f"{name}: {small:.2f} µs a check at 10k, {large:.2f} at 100k, ratio {large / small:.2f}")


if __name__ == "__main__":
    main()

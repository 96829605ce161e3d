"""The real prober among hostile servers for a while, and the account of every slot that it planned."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitor.clock import SystemClock
from monitor.config.endpoint import Endpoint
from monitor.core.checks import Check, Gap, LaneId, Reason
from monitor.core.intervals import Ms, Span
from monitor.prober import Prober
from monitor.prober.wheel import offset
from monitor.probes import Network

LONGEST = 30.0
"""Seconds after which a prober that loses slots is not waited for any longer."""


@dataclass
class Ran:
    """What came of one run: `handed` counts how often each slot came, `planned` is the prober's own count."""

    endpoints: dict[str, Endpoint]
    began: Ms = 0
    planned: int = 0
    checks: list[Check] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    handed: Counter[tuple[LaneId, int]] = field(default_factory=Counter)

    def lanes(self) -> dict[str, LaneId]:
        return {name: number for number, name in enumerate(self.endpoints, 1)}

    def reasons(self) -> dict[str, set[Reason]]:
        """What the attempts at each endpoint came to."""
        found: dict[LaneId, set[Reason]] = defaultdict(set)
        for check in self.checks:
            found[check.lane].add(check.reason)
        return {name: found[lane] for name, lane in self.lanes().items()}

    def fewest(self) -> int:
        """How many slots every lane has been through at least."""
        through = Counter(lane for lane, _ in self.handed)
        return min(through[lane] for lane in self.lanes().values())

    def take(self, records: Iterable[Check | Gap]) -> None:
        """The sink. All rows of a slot come together."""
        checks = [each for each in records if isinstance(each, Check)]
        self.checks += checks
        self.gaps += [each for each in records if isinstance(each, Gap)]
        self.handed.update({(check.lane, check.slot) for check in checks})

    def wrong_accounts(self) -> list[str]:
        """Planned slots that have no row and no gap, or more than one; and whether others were planned."""
        wrong = [
            f"slot {slot} of lane {lane} came {n} times" for (lane, slot), n in self.handed.items() if n > 1
        ]
        known = 0
        for name, lane in self.lanes().items():
            count, faults = self._account(lane, self.endpoints[name])
            known += count
            wrong += [f"{name}: {fault}" for fault in faults]
        return (
            wrong
            if known == self.planned
            else [*wrong, f"{known} slots are known, {self.planned} were planned"]
        )

    def _account(self, lane: LaneId, endpoint: Endpoint) -> tuple[int, list[str]]:
        """How many slots of a lane are known of, and what is wrong with them."""
        first, interval = self.began + offset(endpoint.id, endpoint.interval), endpoint.interval
        gaps = [gap.span for gap in self.gaps if gap.lane == lane]
        seen = {slot for each, slot in self.handed if each == lane}
        passed = [-((first - span.end) // interval) for span in gaps]
        slots = range(max([*(slot + 1 for slot in seen), *passed], default=0))
        faults = [
            f"the row at {check.at} lies in a gap"
            for check in self.checks
            if check.lane == lane and _holding(gaps, check.at)
        ]
        for slot in slots:
            times = _holding(gaps, first + slot * interval)
            if slot not in seen and times != 1:
                faults.append(f"slot {slot} has no row and {times} gaps")
        return len(slots), faults


def _holding(spans: Iterable[Span], at: Ms) -> int:
    return sum(span.start <= at < span.end for span in spans)


async def probed(endpoints: Iterable[Endpoint], network: Network, slots: int = 1) -> Ran:
    """Probe these until each has been through so many slots, and stop in good order."""
    ran = Ran({each.id: each for each in endpoints})
    enough = asyncio.Event()

    def sink(records: Sequence[Check | Gap]) -> None:
        ran.take(records)
        if ran.fewest() >= slots:
            enough.set()

    def epoch(at: Ms) -> int:
        ran.began = at
        return 1

    prober = Prober(
        ran.endpoints, lanes=ran.lanes(), open_epoch=epoch, sink=sink, clock=SystemClock(), network=network
    )
    running = asyncio.create_task(prober.run())
    async with asyncio.timeout(LONGEST):
        await enough.wait()
    prober.stop()
    await running
    ran.planned = prober.counters.planned
    return ran

"""The real prober among hostile servers for a while, and the account of every slot that it planned."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from monitor.clock import SystemClock
from monitor.config.endpoint import Endpoint
from monitor.core.checks import Check, Gap, LaneId, Reason, State, state_of
from monitor.core.intervals import Ms, Span
from monitor.prober import Prober
from monitor.prober.guard import NOISE
from monitor.prober.wheel import BEAT, offset
from monitor.probes import Network

LONGEST = 30.0
"""Seconds after which a prober that loses slots is not waited for any longer."""
RUNS = 5


@dataclass
class Ran:
    """What came of one run: `handed` counts how often each slot came, `planned` is the prober's own count.

    It stood still for `starved` seconds because the machine did other work, and for `burned` seconds that it
    used itself.
    """

    endpoints: dict[str, Endpoint]
    began: Ms = 0
    planned: int = 0
    starved: float = 0.0
    burned: float = 0.0
    epochs: int = 0
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

    def wrong(self, right: Mapping[str, Reason]) -> dict[str, set[Reason]]:
        """The endpoints that came to anything but the one reason that is right, and what they came to."""
        return {name: found for name, found in self.reasons().items() if found != {right[name]}}

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

    def proves(self, right: Mapping[str, Reason]) -> bool:
        """Whether each came to its reason and to no other, with every slot accounted for.

        False where it did not because the run was held up: then it may be unknown what an endpoint is, and
        never wrong. AssertionError for everything else.
        """
        wrong = self.wrong(right)
        if self.epochs == 1:
            accounts = self.wrong_accounts()
            assert not accounts, accounts
            if not wrong and not self.gaps:
                return True
        for name, found in wrong.items():
            others = {state_of(reason) for reason in found - {right[name]}}
            assert others <= {State.UNKNOWN}, f"{name} came to {found}"
        return False

    def excused(self) -> bool:
        """Whether what held the run up was mostly the machine's other work."""
        return self.starved > self.burned

    def wrong_accounts(self) -> list[str]:
        """What is not one row or one gap for each planned slot: lost, doubled, both at once, or not planned.

        For runs of one epoch. A missed stretch lasts until its end is noticed, so it may hold the gap of a
        slot that came due by then and found the one before it running.
        """
        twice = [gap for gap, times in Counter(self.gaps).items() if times > 1]
        wrong = [f"{gap.span} of lane {gap.lane} is a gap twice" for gap in twice]
        handed = self.handed.items()
        wrong += [
            f"slot {slot} of lane {lane} came {times} times" for (lane, slot), times in handed if times > 1
        ]
        known = 0
        for name, lane in self.lanes().items():
            count, faults = self._account(lane, self.endpoints[name])
            known += count
            wrong += [f"{name}: {fault}" for fault in faults]
        if known != self.planned:
            wrong.append(f"{known} slots are known, {self.planned} were planned")
        return wrong

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
            if check.lane == lane and _inside(gaps, check.at)
        ]
        faults += [
            f"slot {slot} has no row and no gap"
            for slot in slots
            if slot not in seen and not _inside(gaps, first + slot * interval)
        ]
        return len(slots), faults


def _inside(spans: Iterable[Span], at: Ms) -> bool:
    return any(span.start <= at < span.end for span in spans)


async def probed(endpoints: Iterable[Endpoint], network: Network, slots: int = 1) -> Ran:
    """Probe these until each has been through so many slots, and stop in good order."""
    ran = Ran({each.id: each for each in endpoints})
    enough = asyncio.Event()

    def sink(records: Sequence[Check | Gap]) -> None:
        ran.take(records)
        if ran.fewest() >= slots:
            enough.set()

    def epoch(at: Ms) -> int:
        ran.began = ran.began or at
        ran.epochs += 1
        return ran.epochs

    prober = _Measuring(
        ran.endpoints, lanes=ran.lanes(), open_epoch=epoch, sink=sink, clock=SystemClock(), network=network
    )
    running = asyncio.create_task(prober.run())
    async with asyncio.timeout(LONGEST):
        await enough.wait()
    prober.stop()
    await running
    ran.planned, ran.starved, ran.burned = prober.counters.planned, prober.starved, prober.burned
    return ran


class _Measuring(Prober):
    """Tells how it stood still: without the processor, which is no doing of whom it probes, or using it."""

    starved = burned = 0.0
    _beaten: tuple[float, float] | None = None

    def _beat(self) -> None:
        now, used = time.monotonic(), time.process_time()
        if self._beaten is not None:
            late = now - self._beaten[0] - BEAT / 1_000
            if late > NOISE:
                burned = min(late, used - self._beaten[1])
                self.burned += burned
                self.starved += late - burned
        self._beaten = now, used
        super()._beat()


async def hold(
    endpoints: Sequence[Endpoint], network: Network, right: Mapping[str, Reason], slots: int
) -> None:
    """Probe these so often that a run proves each of them right; a skip where the machine is too busy.

    An endpoint that makes the machine stall does so in every run, so a run without one acquits them all.
    The thousands of tests that this process holds are kept out of the way: collecting them takes a second.
    """
    held_up = []
    with _nothing_to_collect():
        for _ in range(RUNS):
            ran = await probed(endpoints, network, slots)
            if ran.proves(right):
                return
            held_up.append(ran)
    assert any(ran.excused() for ran in held_up), (
        f"its endpoints held up every run: {held_up[-1].wrong(right)}"
    )
    pytest.skip(f"in each of {RUNS} runs this machine was too busy for probes to prove anything")


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

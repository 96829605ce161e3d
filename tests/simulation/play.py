"""The real prober in a simulated world, and the life around it: starts, stops, kills, reloads.

Idle beats are left out, which changes nothing that is recorded (a test compares): a beat does something only
when a slot is due, a probe ended or the world changed, and each of these is a timer of the loop.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.config.endpoint import Endpoint
from monitor.core.checks import ALL_LANES, BETWEEN_EPOCHS, Check, Gap, Reason
from monitor.core.intervals import Span
from monitor.prober import Prober
from monitor.prober.counters import Counters
from monitor.prober.wheel import BEAT
from monitor.probes import Network
from monitor.probes.errors import reason_of
from tests.simulation.loop import BEGINNING, SimulatedClock, SimulatedLoop
from tests.simulation.world import World

Record = Check | Gap


class SkippingProber(Prober):
    """Leaves out the beats before anything can happen."""

    def _next_beat(self, since: float, now: float) -> float:
        due = super()._next_beat(since, now)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        wanted = loop.idle_until()
        if wanted is None:
            return due
        turn = self._wheel.next_due()
        if turn is not None:
            wanted = min(wanted, self._base + turn / 1_000)
        points = int((wanted - self._base) * 1_000 + 0.001) // BEAT
        return max(due, self._base + points * BEAT / 1_000)


@dataclass
class Monitor:
    """One monitor's life in a world. `records` holds what is durable, with the true time of its coming."""

    world: World
    endpoints: dict[str, Endpoint]
    sentinels: Mapping[str, Endpoint] = field(default_factory=dict)
    prober_class: type[Prober] = SkippingProber
    refuses_epochs: bool = False
    records: list[tuple[float, Record]] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    counters: list[Counters] = field(default_factory=list)
    prober: Prober | None = None

    def __post_init__(self) -> None:
        self.lanes = {key: number for number, key in enumerate(self.endpoints, 1)}
        self.network = Network(connections=2 * len(self.endpoints) + 50)
        self._asked: asyncio.Queue[tuple[float | None, bool]] = asyncio.Queue()
        self._dead = False

    @property
    def loop(self) -> SimulatedLoop:
        return self.world.loop

    @property
    def clock(self) -> SimulatedClock:
        return self.world.clock

    @property
    def random(self) -> random.Random:
        return self.world.random

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        self.world.later(seconds, what)

    def reason(self, code: int) -> Reason:
        """What the probes make of an error number."""
        return reason_of(OSError(code, ""))

    # -- what the prober is handed

    def open_epoch(self, at: int) -> int | None:
        if self.refuses_epochs:
            return None
        self.epochs.append(at)
        return len(self.epochs)

    def sink(self, records: Sequence[Record]) -> None:
        if self._dead:
            return
        if self.world.sink_blocks:
            self.loop.stall(self.world.sink_blocks)
        now = self.loop.time()
        self.records.extend((now, record) for record in records)

    # -- life

    def restart(self, pause: float, *, abrupt: bool) -> None:
        """Stop, and start again so many seconds later. Abrupt: what was not committed is lost."""
        self._asked.put_nowait((pause, abrupt))

    def reload(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Probe these from now on."""
        self.endpoints = dict(endpoints)
        if self.prober is not None:
            self.prober.reload(self.endpoints, self.lanes, self.sentinels)

    def hold_places(self) -> Callable[[], None]:
        """Take every place for connections until told otherwise."""
        places = self.network._connections
        held: list[asyncio.Task[None]] = []

        async def hold() -> None:
            async with places:
                await asyncio.Event().wait()

        held.extend(self.loop.create_task(hold()) for _ in range(2 * len(self.lanes) + 50))
        return lambda: [task.cancel() for task in held] and None

    async def live(self, seconds: float) -> None:
        """Run for so long, as often as it takes."""
        self.later(seconds, lambda: self._asked.put_nowait((None, False)))
        pause: float | None = 0.0
        while pause is not None:
            await asyncio.sleep(pause)
            pause = await self._run_once()

    async def _run_once(self) -> float | None:
        self._dead = False
        self._tell_silence()
        prober = self.prober = self._prober()
        running = asyncio.create_task(prober.run())
        asking = asyncio.create_task(self._asked.get())
        await asyncio.wait({running, asking}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            asking.cancel()
            await running
        pause, abrupt = asking.result()
        if abrupt:
            self._lose_uncommitted()
        prober.stop()
        await running
        self.counters.append(prober.counters)
        self.prober = None
        return pause

    def _prober(self) -> Prober:
        return self.prober_class(
            self.endpoints,
            lanes=self.lanes,
            open_epoch=self.open_epoch,
            sink=self.sink,
            clock=self.clock,
            network=self.network,
            probes={"http": self.world.probe, "tcp": self.world.probe},
            sentinels=self.sentinels,
        )

    def _lose_uncommitted(self) -> None:
        """Of the last second at most everything is lost, and nothing is heard of this process any more."""
        kept = self.loop.time() - self.random.uniform(0, 1)
        while self.records and self.records[-1][0] > kept:
            self.records.pop()
        self._dead = True

    def _tell_silence(self) -> None:
        """What the daemon records at its start: nothing was seen since the last evidence."""
        now = self.clock.now()
        instants = (record.at if isinstance(record, Check) else record.span.end for _, record in self.records)
        reached = max((at for at in instants if at <= now), default=None)
        if reached is not None and reached < now:
            gap = Gap(ALL_LANES, BETWEEN_EPOCHS, Span(reached, now), Reason.NOT_RUNNING)
            self.records.append((self.loop.time(), gap))


@dataclass(frozen=True)
class Played:
    """What came of a life: records with their true times, and the clock that knows how it was set.

    `held_up` is when something that is not part of the case kept the monitor from its work.
    """

    monitor: Monitor
    clock: SimulatedClock
    held_up: tuple[tuple[float, float], ...] = ()

    @property
    def records(self) -> list[tuple[float, Record]]:
        return self.monitor.records


def play(
    world: World,
    monitor: Callable[[], Monitor],
    seconds: float,
    script: Callable[[Monitor], Coroutine[object, object, None]] | None = None,
) -> Played:
    """Let a monitor live so many seconds while the script runs."""
    quiet = logging.getLogger("monitor.prober")
    before, quiet.level = quiet.level, logging.CRITICAL

    async def main() -> Monitor:
        living = monitor()
        acting = asyncio.create_task(script(living)) if script else None
        await living.live(seconds)
        if acting is not None:
            acting.cancel()
            await asyncio.wait({acting})
            if not acting.cancelled() and acting.exception() is not None:
                raise acting.exception()  # type: ignore[misc]
        return living

    try:
        return Played(world.loop.run_until_complete(main()), world.clock)
    finally:
        quiet.setLevel(before)


__all__ = ["BEGINNING", "Monitor", "Played", "SkippingProber", "play", "replace"]

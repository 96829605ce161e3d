"""Two hours of a real prober and book on simulated time: jobs on schedule, faults of ours, and jobs that die.

The book, the prober and the judge are the real ones; the loop, the clock and the disk are not. Faults of
ours come every few minutes: the loop stalls, the process is stopped, the machine sleeps, the clock is set,
calls are refused, the monitor is killed and started again. No job that called on schedule may be down for a
moment, and every job that died is found.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from monitor.config.endpoint import Endpoint
from monitor.core.calls import Away, Call, Schedule
from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import MINUTE, SECOND, Ms, Span
from monitor.listen.book import LOOK, Book
from monitor.prober import Prober
from monitor.probes import Network
from tests.listen.conftest import job
from tests.simulation.loop import BEGINNING, START, SimulatedClock, SimulatedLoop

LENGTH: Ms = 120 * MINUTE
JOBS = 12
MORTAL = 6  # so many of the jobs die
INTERVAL: Ms = 10 * SECOND


@dataclass
class Disk:
    """What outlives a run of the monitor."""

    calls: list[Call] = field(default_factory=list)
    aways: list[Away] = field(default_factory=list)
    records: list[Check | Gap] = field(default_factory=list)
    epochs: int = 0
    last_seen: Ms = START

    def hear(self, heard: Sequence[Call | Away]) -> None:
        self.calls += [each for each in heard if isinstance(each, Call)]
        self.aways += [each for each in heard if isinstance(each, Away)]


@dataclass
class World:
    """Jobs that call by the true time, and a monitor that is there most of the time."""

    seed: int
    loop: SimulatedLoop
    disk: Disk = field(default_factory=Disk)
    book: Book | None = None
    refusing: bool = False
    slept: Span = field(default=Span(0, 0))
    ended: dict[str, Ms] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.clock = SimulatedClock(self.loop)
        self.endpoints = {f"job{n}": self._endpoint(n) for n in range(JOBS)}
        self.lanes = {key: n for n, key in enumerate(self.endpoints, 1)}

    def _endpoint(self, number: int) -> Endpoint:
        grace = self.chance.randint(10, 60) * SECOND
        every = self.chance.choice([1, 2, 5, 10]) * MINUTE
        made = job(f"job{number}", f"token{number}", every=every, grace=grace)
        return Endpoint(made.id, "", INTERVAL, 5 * SECOND, made.expectation, made.confirmation, made.how)

    # -- true time

    def true(self) -> Ms:
        """Ms since the start, slept time included: what the jobs' own clocks say."""
        return round((self.loop.time() - BEGINNING + self.clock.asleep) * 1_000)

    async def until(self, moment: Ms) -> None:
        while self.true() < moment:  # noqa: ASYNC110 - the machine may sleep meanwhile
            await asyncio.sleep(min(1.0, (moment - self.true()) / 1_000))

    # -- jobs

    async def work(self, key: str, dies: Ms | None) -> None:
        """Call every period, give or take half the grace, until death."""
        schedule = Schedule(self.endpoints[key].how.grace, self.endpoints[key].how.every)  # type: ignore[union-attr]
        planned = self.chance.randint(0, schedule.every or 0)
        while dies is None or planned < dies:
            await self.until(planned)
            self.ended[key] = planned
            late = self.true() - planned
            lost = planned in self.slept or (late > 5 * SECOND and self.chance.random() < 0.5)
            if not lost:
                self.call(key)
            half = schedule.grace // 2
            planned += (schedule.every or 0) + self.chance.randint(-half, half - 5 * SECOND)

    def call(self, key: str) -> None:
        """A call reaches the machine; the monitor hears it, refuses it, or is not there."""
        if self.book is None:
            return
        if self.refusing:
            self.book.lost(Reason.OWN_RESOURCE)
            return
        begun = Call(self.lanes[key], self.clock.now(), "start", self.book.waited())
        calls = [begun, replace(begun, kind="success")][self.chance.randint(0, 1) :]
        self.disk.calls += calls
        for each in calls:
            self.book.receive(each)

    # -- the monitor

    async def monitor(self) -> None:
        """Run, be killed, be away, and run again."""
        while self.true() < LENGTH:
            await self._live(self.chance.randint(10, 60) * MINUTE)
            await self.until(self.true() + self.chance.randint(1, 180) * SECOND)

    async def _live(self, lasting: Ms) -> None:
        now = self.clock.now()
        if self.disk.last_seen < now:
            self.disk.aways.append(Away(Span(self.disk.last_seen, now), Reason.NOT_RUNNING))
        book = Book(self.clock, self.disk.hear)
        book.remember(self.disk.aways)
        since = dict.fromkeys(self.lanes.values(), START)
        book.watch(self.endpoints, self.lanes, since=since, kept=self.disk.calls)
        book.open()
        self.book = book
        prober = Prober(
            self.endpoints,
            lanes=self.lanes,
            open_epoch=self._open_epoch,
            sink=self.disk.records.extend,
            clock=self.clock,
            network=Network(connections=100, calls=book),
        )
        running = asyncio.create_task(prober.run())
        looking = asyncio.create_task(self._look(book))
        await self.until(min(self.true() + lasting, LENGTH))
        book.look()
        self.book = None
        self.disk.last_seen = self.clock.now() - self.chance.randint(0, SECOND)
        looking.cancel()
        prober.stop()
        await running

    def _open_epoch(self, _: Ms) -> int:
        self.disk.epochs += 1
        return self.disk.epochs

    async def _look(self, book: Book) -> None:
        while True:
            await asyncio.sleep(LOOK)
            book.look()

    # -- faults of ours

    async def harm(self) -> None:
        while self.true() < LENGTH:
            await self.until(self.true() + self.chance.randint(60, 600) * SECOND)
            fault = self.chance.choice(["stall", "stop", "sleep", "set", "refuse"])
            if fault == "stall":
                self.loop.stall(self.chance.uniform(0.3, 4.9))
            elif fault == "stop":
                self.loop.stall(self.chance.uniform(5, 200))
            elif fault == "sleep":
                began = self.true()
                self.clock.suspend(self.chance.uniform(1, 900))
                self.slept = Span(began, self.true())
            elif fault == "set" and self.book is not None:
                self.clock.set(self.chance.uniform(-1_800, 1_800))
            elif fault == "refuse":
                self.refusing = True
                await self.until(self.true() + self.chance.randint(1, 90) * SECOND)
                self.refusing = False

    async def run(self, deaths: dict[str, Ms], *, harmed: bool) -> None:
        tasks = [asyncio.create_task(self.work(key, deaths.get(key))) for key in self.endpoints]
        tasks.append(asyncio.create_task(self.harm()) if harmed else asyncio.create_task(asyncio.sleep(0)))
        await self.monitor() if harmed else await self._live(LENGTH)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def down(self, key: str) -> list[Check]:
        lane = self.lanes[key]
        found = [record for record in self.disk.records if isinstance(record, Check) and record.lane == lane]
        return [check for check in found if check.state is State.DOWN]

    def checks(self, key: str) -> int:
        return sum(isinstance(r, Check) and r.lane == self.lanes[key] for r in self.disk.records)


def lived(seed: int, deaths: dict[str, Ms], *, harmed: bool) -> World:
    loop = SimulatedLoop()
    world = World(seed, loop)
    try:
        loop.run_until_complete(world.run(deaths, harmed=harmed))
    finally:
        loop.close()
    return world


@pytest.mark.parametrize("seed", range(3))
def test_no_fault_of_ours_charges_a_job_that_calls_on_schedule(seed):
    world = lived(seed, {}, harmed=True)
    assert min(world.checks(key) for key in world.endpoints) > 200
    assert {key: world.down(key)[:3] for key in world.endpoints if world.down(key)} == {}


@pytest.mark.parametrize("seed", range(2))
def test_every_job_that_dies_is_found_within_one_interval_of_the_end_of_its_grace(seed):
    chance = random.Random(seed)
    deaths = {f"job{n}": chance.randint(30, 90) * MINUTE for n in range(MORTAL)}
    world = lived(seed, deaths, harmed=False)
    for key, endpoint in world.endpoints.items():
        down = world.down(key)
        if key not in deaths:
            assert down == []
            continue
        over = START + world.ended[key] + endpoint.how.every + endpoint.how.grace  # type: ignore[union-attr,operator]
        assert over < down[0].at <= over + INTERVAL + SECOND
        assert len(down) >= (START + LENGTH - down[0].at) // INTERVAL - 2


@pytest.mark.parametrize("seed", range(100, 102))
def test_a_job_that_died_is_found_in_spite_of_all_faults(seed):
    deaths = {f"job{n}": 40 * MINUTE for n in range(MORTAL)}
    world = lived(seed, deaths, harmed=True)
    assert all(world.down(key) for key in deaths)
    assert not any(world.down(key) for key in world.endpoints if key not in deaths)

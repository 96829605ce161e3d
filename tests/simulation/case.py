"""A case drawn from a seed: endpoints, when they really fail, and which faults of ours come when."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Confirmation, Expectation
from monitor.prober.wheel import offset
from tests.simulation.kinds import KINDS, Kind
from tests.simulation.loop import BEGINNING, SimulatedClock, SimulatedLoop
from tests.simulation.play import Monitor, Played, play
from tests.simulation.world import WAYS, Outage, World

QUIET = 120.0
"""Seconds without anything at the beginning and the end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One of ours; times are the loop's seconds as planned."""

    kind: str
    start: float
    seconds: float

    @property
    def end(self) -> float:
        return self.start + self.seconds


@dataclass(frozen=True, slots=True)
class Size:
    """How large a case is, in seconds, and how many endpoints.

    `pause` lies between two faults, `calm` between two outages of an endpoint; no fault lasts for longer than
    `longest`.
    """

    seconds: float
    intervals: tuple[int, ...]
    endpoints: int
    pause: tuple[float, float]
    calm: tuple[float, float]
    longest: float


SIZES = {
    "month": Size(30 * 86_400, (120, 300, 300, 600), 24, (1_500, 5_000), (20_000, 200_000), 21_600),
    "day": Size(86_400, (10, 20, 30, 60), 24, (60, 300), (1_200, 9_000), 1_800),
    "hours": Size(4 * 3_600, (10, 10, 20, 30), 16, (40, 120), (600, 2_500), 300),
}


@dataclass(frozen=True)
class Case:
    """What a seed comes to."""

    seed: int
    size: str
    endpoints: dict[str, Endpoint]
    sentinels: dict[str, Endpoint]
    outages: tuple[Outage, ...]
    faults: tuple[Fault, ...]

    @property
    def seconds(self) -> float:
        return SIZES[self.size].seconds

    def play(self) -> Played:
        """Live through it."""
        loop = SimulatedLoop()
        clock = SimulatedClock(loop)
        world = World(loop, clock, self.seed)
        for outage in self.outages:
            world.schedule(outage)
        asyncio.set_event_loop(None)
        try:
            return play(world, lambda: self._monitor(world), self.seconds)
        finally:
            loop.close()

    def _monitor(self, world: World) -> Monitor:
        monitor = Monitor(world, dict(self.endpoints), self.sentinels)
        for fault in self.faults:
            world.loop.call_at(fault.start, _begin, monitor, fault)
        return monitor


def _begin(monitor: Monitor, fault: Fault) -> None:
    end = KINDS[fault.kind].begin(monitor, fault.seconds)
    if end is not None:
        monitor.later(fault.seconds, end)


def draw(seed: int, size: str, kinds: Sequence[str] = tuple(KINDS)) -> Case:
    """The case of a seed; of the kinds of faults only these."""
    drawing = random.Random(f"{size} {seed}")
    endpoints = _endpoints(drawing, SIZES[size])
    return Case(
        seed=seed,
        size=size,
        endpoints=endpoints,
        sentinels=_sentinels(drawing),
        outages=tuple(_outages(drawing, endpoints, SIZES[size])),
        faults=tuple(_faults(drawing, endpoints, SIZES[size], [KINDS[name] for name in kinds])),
    )


def _endpoints(drawing: random.Random, size: Size) -> dict[str, Endpoint]:
    out = {}
    for number in range(size.endpoints):
        key = f"e{number}-{drawing.randrange(10_000)}"
        interval = drawing.choice(size.intervals) * 1_000
        timeouts = [
            timeout for timeout in (2_000, 5_000, 8_000) if timeout <= interval // 4 or timeout == 2_000
        ]
        scheme = drawing.choice(("http", "https"))
        out[key] = Endpoint(
            id=key,
            target=f"{scheme}://{key}.example/",
            interval=interval,
            timeout=drawing.choice(timeouts),
            expectation=Expectation(),
            confirmation=drawing.choice((Confirmation(), Confirmation(2, 2, 500), Confirmation(1, 1))),
        )
    return out


def _sentinels(drawing: random.Random) -> dict[str, Endpoint]:
    return {
        f"s{number}": Endpoint(
            id=f"s{number}",
            target=f"{'https' if number else 'http'}://s{number}.example/",
            interval=30_000,
            timeout=2_000,
            expectation=Expectation(),
            confirmation=Confirmation(1, 1),
        )
        for number in range(3)
    }


def _outages(drawing: random.Random, endpoints: dict[str, Endpoint], size: Size) -> list[Outage]:
    """Each endpoint fails now and then for three intervals or more; once, most of them fail together."""
    out = []
    together = BEGINNING + size.seconds * drawing.uniform(0.3, 0.7)
    for endpoint in endpoints.values():
        interval = endpoint.interval / 1_000
        at = BEGINNING + QUIET + 3 * interval + drawing.uniform(0, size.calm[1])
        shared = drawing.random() < 0.7
        while True:
            lasting = interval * drawing.uniform(3, 12)
            if shared and at + lasting > together:
                at, shared = max(together, at), False
            if at + lasting > BEGINNING + size.seconds - QUIET - 3 * interval:
                break
            out.append(Outage(endpoint.id, at, at + lasting, drawing.choice(sorted(WAYS))))
            at += lasting + 6 * interval + drawing.uniform(*size.calm)
    return out


def _faults(
    drawing: random.Random, endpoints: dict[str, Endpoint], size: Size, kinds: list[Kind]
) -> list[Fault]:
    """One after the other, each aimed at a moment at which some endpoint is probed."""
    out: list[Fault] = []
    at = BEGINNING + QUIET
    left: list[Kind] = []
    while True:
        while not left:
            left = [kind for kind in kinds if drawing.random() < kind.share]
            drawing.shuffle(left)
        kind = left.pop()
        low, high = kind.seconds[0], min(kind.seconds[1], size.longest)
        seconds = math.exp(drawing.uniform(math.log(low), math.log(max(low, high))))
        start = max(at, _due(drawing, endpoints, at) + drawing.uniform(-min(seconds, 10), 0.2))
        if start + seconds > BEGINNING + size.seconds - QUIET:
            return out
        out.append(Fault(kind.name, start, seconds))
        at = start + seconds + drawing.uniform(*size.pause)


def _due(drawing: random.Random, endpoints: dict[str, Endpoint], after: float) -> float:
    """When one of the endpoints is probed next, as long as nothing moved the wheel."""
    endpoint = drawing.choice(sorted(endpoints.values(), key=lambda each: each.id))
    turned = (after - BEGINNING) * 1_000
    first = offset(endpoint.id, endpoint.interval)
    turns = max(0, (turned - first) // endpoint.interval + 1)
    return BEGINNING + (first + turns * endpoint.interval) / 1_000

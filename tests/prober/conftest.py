"""A prober on simulated time: see tests/simulation/loop.py. Probes are fakes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Check, Confirmation, Expectation, Facts, Gap, Reason
from monitor.prober import Prober
from monitor.probes import Network
from tests.simulation.loop import START, SimulatedClock, SimulatedLoop

GOOD = Endpoint(
    id="shop",
    target="http://shop.example/",
    interval=10_000,
    timeout=2_000,
    expectation=Expectation(),
    confirmation=Confirmation(failures=2, attempts=3, pause=1_000),
)

OK = Facts(latency=100, status=200)


@dataclass
class Run:
    """One simulated run of a prober; what it handed over, and the world it runs in."""

    loop: SimulatedLoop
    clock: SimulatedClock
    records: list[Check | Gap] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    prober: Prober | None = None
    refuses_epochs: bool = False

    @property
    def checks(self) -> list[Check]:
        return [record for record in self.records if isinstance(record, Check)]

    @property
    def gaps(self) -> list[Gap]:
        return [record for record in self.records if isinstance(record, Gap)]

    def seconds(self, check: Check) -> float:
        """A check's instant in seconds since the start."""
        return (check.at - START) / 1_000

    def open_epoch(self, at: int) -> int | None:
        if self.refuses_epochs:
            return None
        self.epochs.append(at)
        return len(self.epochs)

    def play(
        self,
        endpoints: Iterable[Endpoint],
        probe: Callable[..., Awaitable[Facts]],
        script: Callable[[Run], Coroutine[object, object, None]],
        *,
        connections: int = 1_000,
        sink: Callable[[Sequence[Check | Gap]], None] | None = None,
        sentinels: Iterable[Endpoint] = (),
    ) -> Run:
        """Probe while the script runs, then stop."""
        known = {endpoint.id: endpoint for endpoint in endpoints}

        async def main() -> None:
            self.prober = Prober(
                known,
                lanes={key: number for number, key in enumerate(known, 1)},
                open_epoch=self.open_epoch,
                sink=sink or self.records.extend,
                clock=self.clock,
                network=Network(connections=connections),
                probes={"http": probe, "tcp": probe},
                sentinels={sentinel.id: sentinel for sentinel in sentinels},
            )
            running = asyncio.create_task(self.prober.run())
            await script(self)
            self.prober.stop()
            await running

        self.loop.run_until_complete(main())
        return self


@pytest.fixture
def simulation():
    """A fresh simulated world."""
    loop = SimulatedLoop()
    yield Run(loop, SimulatedClock(loop))
    loop.close()


@pytest.fixture
def good() -> Endpoint:
    """An endpoint that is right in every way; a test changes one thing."""
    return GOOD


@pytest.fixture
def fleet() -> Callable[..., list[Endpoint]]:
    """So many endpoints, `e0` and on."""

    def make(count: int, **changes: object) -> list[Endpoint]:
        return [replace(GOOD, id=f"e{number}", **changes) for number in range(count)]  # type: ignore[arg-type]

    return make


@pytest.fixture
def healthy():
    """A probe of a target that answers after 50 ms, bounded by the timeout like a real one."""

    async def probe(endpoint: Endpoint, network: Network) -> Facts:
        try:
            async with asyncio.timeout(endpoint.timeout / 1_000):
                started = asyncio.get_running_loop().time()
                await asyncio.sleep(0.05)
        except TimeoutError:
            return Facts(error=Reason.TIMEOUT)
        return Facts(latency=int((asyncio.get_running_loop().time() - started) * 10_000), status=200)

    return probe


@pytest.fixture
def scripted():
    """A probe that answers what it is told, one after the other, the last again and again."""

    def make(*answers: Facts | Exception, lasting: float = 0.01):
        left = list(answers)

        async def probe(endpoint: Endpoint, network: Network) -> Facts:
            await asyncio.sleep(lasting)
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return probe

    return make


@pytest.fixture
def passing():
    """A script in which nothing happens for so many seconds."""

    def make(seconds: float):
        async def script(run: Run) -> None:
            await asyncio.sleep(seconds)

        return script

    return make

"""The world of a simulation: targets that really fail now and then, and what of ours lies before them.

A probe here meets the conditions in effect, ours first, then the target's own. Times are the loop's seconds.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Facts, Reason
from monitor.probes import Network
from monitor.probes.errors import reason_of
from tests.simulation.loop import START, SimulatedClock, SimulatedLoop

DAY = 86_400
CERTIFIED = (START - 60 * DAY * 1_000, START + 90 * DAY * 1_000)
"""Between which wall times the certificates of this world are good."""


@dataclass(frozen=True, slots=True)
class Hangs:
    """Nothing comes back."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Everything takes so many seconds longer."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Raises:
    """The probe itself has a fault. `error` makes what it raises."""

    error: Callable[[], BaseException]


@dataclass(frozen=True, slots=True)
class Stubborn:
    """The probe hangs and does not let itself be cancelled, for so many seconds."""

    seconds: float


Outcome = Facts | Hangs | Slow | Raises | Stubborn
Condition = Callable[[Endpoint], Outcome | None]
"""Something that is wrong at present: what an attempt at this endpoint meets, or None for nothing."""

WAYS: dict[str, Outcome] = {
    "silent": Hangs(),
    "refused": Facts(error=Reason.CONNECTION_REFUSED),
    "reset": Facts(error=Reason.CONNECTION_RESET),
    "unreachable": Facts(error=Reason.CONNECTION_FAILED),
    "status": Facts(status=503),
    "no name": Facts(error=Reason.NAME_NOT_FOUND),
    "zone": Facts(error=Reason.DNS_FAILURE),
    "handshake": Facts(error=Reason.TLS_HANDSHAKE),
    "garbage": Facts(error=Reason.PROTOCOL),
}
"""How a target fails for real, and what an attempt sees of it."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A real one: the target does not serve between the two times."""

    endpoint: str
    start: float
    end: float
    way: str


def failed(code: int) -> Facts:
    """What a probe reports when the system answers with this error number."""
    return Facts(error=reason_of(OSError(code, "")))


class World:
    """What every probe goes through."""

    def __init__(self, loop: SimulatedLoop, clock: SimulatedClock, seed: int) -> None:
        self.loop, self.clock = loop, clock
        self.random = random.Random(seed)
        self.conditions: list[Condition] = []
        self.down: dict[str, Outcome] = {}
        self.sink_blocks = 0.0
        self.places: list[asyncio.Semaphore] = []

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        self.loop.call_later(seconds, what)

    def schedule(self, outage: Outage) -> None:
        """Let the target fail when it is to."""
        self.loop.call_at(outage.start, self.down.__setitem__, outage.endpoint, WAYS[outage.way])
        self.loop.call_at(outage.end, self.down.pop, outage.endpoint, None)

    async def probe(self, endpoint: Endpoint, network: Network) -> Facts:
        """An attempt, with its own timeout like every probe of the house."""
        started = self.loop.time()
        try:
            async with asyncio.timeout(endpoint.timeout / 1_000):
                facts = await self._exchange(endpoint)
        except TimeoutError:
            return Facts(error=Reason.TIMEOUT)
        if facts.error is not None:
            return facts
        return replace(facts, latency=int((self.loop.time() - started) * 10_000))

    async def _exchange(self, endpoint: Endpoint) -> Facts:
        lasting = 0.02 + self.random.expovariate(1 / 0.08)
        met = [outcome for each in self.conditions if (outcome := each(endpoint)) is not None]
        lasting += sum(each.seconds for each in met if isinstance(each, Slow))
        wrong = next((each for each in met if not isinstance(each, Slow)), self.down.get(endpoint.id))
        if wrong is not None:
            return await self._suffer(wrong, min(lasting, 0.1))
        await asyncio.sleep(lasting)
        if any(isinstance(each(endpoint), Hangs) for each in self.conditions) or endpoint.id in self.down:
            return await self._suffer(Hangs(), 0)  # what was on its way is lost
        return self._answer(endpoint)

    async def _suffer(self, wrong: Outcome, after: float) -> Facts:
        if isinstance(wrong, Hangs):
            await asyncio.Event().wait()
        await asyncio.sleep(after)
        if isinstance(wrong, Raises):
            raise wrong.error()
        if isinstance(wrong, Stubborn):
            await self._stay(wrong.seconds)
        return wrong if isinstance(wrong, Facts) else Facts(error=Reason.TIMEOUT)

    async def _stay(self, seconds: float) -> None:
        until = self.loop.time() + seconds
        while self.loop.time() < until:
            try:
                await asyncio.sleep(until - self.loop.time())
            except asyncio.CancelledError:
                continue

    def _answer(self, endpoint: Endpoint) -> Facts:
        if not endpoint.target.startswith("https:"):
            return Facts(status=200)
        now = self.clock.now()
        if now < CERTIFIED[0]:
            return Facts(error=Reason.TLS_CERTIFICATE, detail="certificate is not yet valid")
        if now >= CERTIFIED[1]:
            return Facts(error=Reason.TLS_CERTIFICATE, detail="certificate has expired")
        return Facts(status=200)

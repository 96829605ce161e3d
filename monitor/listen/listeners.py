"""Both listeners and what stands behind them, as the daemon starts, reloads and stops them."""

from __future__ import annotations

import asyncio
import logging
import resource
from collections.abc import Collection, Mapping, Sequence
from concurrent import futures
from dataclasses import replace
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

from monitor.clock import Clock
from monitor.config.endpoint import Endpoint
from monitor.config.plan import ListenSettings
from monitor.core.calls import Away, Call
from monitor.core.checks import Check, Lane, LaneId, Reason, State
from monitor.core.intervals import Ms
from monitor.listen.book import LOOK, Book
from monitor.listen.door import Door, Limits, said
from monitor.listen.heartbeats import Heartbeats, Tally
from monitor.listen.hooks import DELIVERY, Hooks
from monitor.listen.keeper import Keeper, Submit
from monitor.prober import Counters
from monitor.records import dataclass

if TYPE_CHECKING:
    from aiohttp import web

    from monitor.listen.metrics import Metrics, Seen

METRICS_PLACES: Final = 8
HOOK_PLACES: Final = 32

log = logging.getLogger(__name__)


class Memory(Protocol):
    """A snapshot of what earlier runs kept."""

    def lanes(self) -> Sequence[Lane]: ...

    def heard(self, lanes: Collection[LaneId]) -> Sequence[Call]: ...

    def aways(self, since: Ms) -> Sequence[Away]: ...


@dataclass(frozen=True, slots=True)
class Past:
    """When each lane's life began, the calls since then that still count, and when one could be lost."""

    since: Mapping[LaneId, Ms]
    calls: Sequence[Call] = ()
    aways: Sequence[Away] = ()


def past(memory: Memory, endpoints: Mapping[str, Endpoint], lanes: Mapping[str, LaneId]) -> Past:
    """What is remembered of the jobs among these endpoints.

    Calls from before a lane's present life are those of an endpoint that was taken out since.
    """
    jobs = {lanes[key] for key, endpoint in endpoints.items() if endpoint.kind == "heartbeat"}
    if not jobs:
        return Past({})
    since = {lane.id: lane.life[-1].start for lane in memory.lanes() if lane.id in jobs and lane.life}
    calls = [call for call in memory.heard(sorted(jobs)) if call.at >= since[call.lane]]
    first = {call.lane: call.at for call in reversed(calls)}
    return Past(since, calls, memory.aways(min((since | first).values(), default=0)))


class Watching(Protocol):
    """What is read of the lookout."""

    @property
    def answering(self) -> Mapping[str, bool]: ...

    @property
    def is_well(self) -> bool: ...


class Probing(Protocol):
    """What is read of the prober."""

    latest: dict[str, Check | None]
    lag: float
    counters: Counters

    @property
    def lookout(self) -> Watching: ...


class Queue(Protocol):
    """What is read of the evidence queue."""

    commits: int
    commit_seconds: float

    @property
    def waiting(self) -> int: ...


class Listeners:
    """`bind` takes the addresses, `async with` serves; between the two, whoever connects waits.

    `submit` keeps calls and absences, `about` is what the metrics say of the program. `hooks` answers links
    of alerts and pushed metrics; without it nobody does.
    """

    def __init__(
        self,
        settings: ListenSettings,
        *,
        clock: Clock,
        submit: Submit,
        about: Mapping[str, str],
        hooks: Hooks | None = None,
    ) -> None:
        self.book = Book(clock, self._tell)
        self._settings, self._clock, self._submit, self._about = settings, clock, submit, about
        self._keeper = Keeper(submit, self.book)
        self.heartbeats = Heartbeats(self.book, self._keeper, clock)
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.limits = Limits.within(files)
        self.door = Door(
            self.heartbeats.handle, self.limits, turned_away=lambda: self.book.lost(Reason.OWN_RESOURCE)
        )
        self.desk = Door(self._metrics, Limits(places=METRICS_PLACES, places_each=METRICS_PLACES))
        self.hooks = hooks
        self.hatch = None if hooks is None else Door(hooks.handle, hook_limits(files))
        self._endpoints: Mapping[str, Endpoint] = {}
        self._measured: Metrics | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def places(self) -> int:
        """Connections that strangers can hold at once."""
        settings = self._settings
        metrics = 0 if settings.metrics is None else METRICS_PLACES
        hooks = 0 if settings.hooks is None or self.hatch is None else self.hatch.limits.places
        return metrics + hooks + (0 if settings.heartbeats is None else self.limits.places)

    def bind(self) -> None:
        """Take the addresses. ConfigError where one cannot be had."""
        if self._settings.heartbeats is not None:
            self.door.bind(*self._settings.heartbeats, key="heartbeats")
        if self._settings.metrics is not None:
            self.desk.bind(*self._settings.metrics, key="metrics")
        if self._settings.hooks is not None and self.hatch is not None:
            self.hatch.bind(*self._settings.hooks, key="hooks")

    def unbind(self) -> None:
        """Let go of the addresses; safe to call twice."""
        self.door.unbind()
        self.desk.unbind()
        if self.hatch is not None:
            self.hatch.unbind()

    def measure(self, prober: Probing, queue: Queue) -> None:
        """Tell of these, if anybody may ask."""
        address = self._settings.metrics
        if address is None:
            return
        from monitor.listen.metrics import Metrics  # four megabytes

        loopback = ip_address(address[0]).is_loopback
        self._measured = Metrics(lambda: self._see(prober, queue), loopback=loopback)

    def watch(self, endpoints: Mapping[str, Endpoint], lanes: Mapping[str, LaneId], known: Past) -> None:
        """Listen for the jobs among these endpoints from now on."""
        self.book.watch(endpoints, lanes, since=known.since, kept=known.calls)
        self.heartbeats.know(endpoints)
        self._endpoints = endpoints

    async def __aenter__(self) -> Self:
        if self._settings.heartbeats is not None:
            self.book.open()
            self._looking = asyncio.create_task(self._look())
            await self.door.open()
            host, port = self._settings.heartbeats
            log.info(
                "jobs call at port %d of %s: POST /heartbeat/TOKEN", port, host,
                extra={"event": "listener.open"},
            )  # fmt: skip
        if self._settings.metrics is not None:
            await self.desk.open()
        if self._settings.hooks is not None and self.hatch is not None:
            await self.hatch.open()
            host, port = self._settings.hooks
            log.info(
                "links of alerts, metrics and tickets are answered at port %d of %s", port, host,
                extra={"event": "listener.open"},
            )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.book.look()
        await self.door.close()
        await self.desk.close()
        if self.hatch is not None and self.hooks is not None:
            await self.hatch.close()
            await self.hooks.close()
        await self._keeper.drain()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    async def _metrics(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._measured is None:
            return said(503, "nothing is probed yet", Retry_After="1")
        return await self._measured.handle(request)

    def _see(self, prober: Probing, queue: Queue) -> Seen:
        from monitor.listen.metrics import Seen, Standing

        now = self._clock.now()
        return Seen(
            counters=replace(prober.counters),
            gaps=dict(prober.counters.gaps_by),
            lag=prober.lag,
            waiting=queue.waiting,
            commits=queue.commits,
            commit_seconds=queue.commit_seconds,
            standings=tuple(
                Standing(key, endpoint.kind, _state(prober.latest.get(key), now))
                for key, endpoint in self._endpoints.items()
            ),
            tally=Tally(dict(self.heartbeats.tally.kept), dict(self.heartbeats.tally.refused)),
            visits=replace(self.door.visits),
            guests=self.door.guests,
            about=self._about,
            sentinels=dict(prober.lookout.answering),
            well=prober.lookout.is_well,
        )

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self.book.look()

    def _tell(self, heard: Sequence[Call | Away]) -> None:
        try:
            self._submit(heard).add_done_callback(_tell_failure)
        except RuntimeError:
            log.warning(
                "absences came after the evidence was closed: %s", heard, extra={"event": "absence.lost"}
            )


def hook_limits(files: int) -> Limits:
    """The limits of the listener for hooks where a process may open so many files: a sixteenth at most."""
    places = max(4, min(HOOK_PLACES, files // 16))
    return Limits(places, max(2, places // 2), body=DELIVERY)


def _state(check: Check | None, now: Ms) -> State:
    """The state that a check gives its endpoint; unknown where it holds no longer."""
    return State.UNKNOWN if check is None or now > check.at + check.hold else check.state


def _tell_failure(done: futures.Future[None]) -> None:
    if not done.cancelled() and done.exception() is not None:
        log.error(
            "an absence of the listener could not be kept: %s", done.exception(),
            extra={"event": "absence.lost"},
        )  # fmt: skip

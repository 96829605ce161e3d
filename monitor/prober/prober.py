"""The prober: slots on the monotonic clock, attempts, confirmation, and the guard over all of it.

One beat of the loop drives everything. It measures its own lateness, compares the two clocks, and starts
what the wheel says is due. Every planned slot ends as checks or as a gap.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from monitor.clock import Clock
from monitor.config.endpoint import Endpoint
from monitor.core.checks import ALL_LANES, Check, EpochId, Gap, LaneId, Reason, State, Tenths
from monitor.core.intervals import Ms, Span
from monitor.core.judge import judge, resolve
from monitor.prober.attempt import Observer
from monitor.prober.certificates import Certificates
from monitor.prober.counters import Counters
from monitor.prober.epoch import Epoch, Reading, read
from monitor.prober.guard import (
    PAUSE,
    STEPPED_BY,
    TOLERANCE,
    Bugs,
    Disturbance,
    Lag,
    dates_stand,
    latency_stands,
    weigh,
)
from monitor.prober.lookout import Lookout
from monitor.prober.sentinels import Seen, is_date, is_doubtful, is_proof
from monitor.prober.slot import Attempt, hold, rows
from monitor.prober.wheel import BEAT, TICK, Missed, Slot, Wheel, next_beat
from monitor.prober.witnesses import Witnesses
from monitor.probes import PROBES, Network, Probe
from monitor.records import dataclass

DRAIN = 2.0
LATE: Ms = 2 * TICK
DOUBT = 0.25
"""The share of its timeout after which an attempt in flight has the sentinels asked."""
FEWEST_STARTS = 50
APART = 0.001
"""Seconds between the two handshakes of a pair. A pair costs a fifth less than two that are far apart, since
the second finds everything at hand; at the very same time each would be measured with the other's work."""
NO_SENTINELS: Mapping[str, Endpoint] = MappingProxyType({})

Record = Check | Gap
Sink = Callable[[Sequence[Record]], None]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Running:
    """A slot in flight. `swallowed` is the stretch of the wheel whose slots came due meanwhile.

    `queued` says that it waits for a place of ours, `asking` for what sentinels say, and `doubted` that they
    took longer than a slot to agree; `late` that it began late. `cause` is why slots were swallowed, and ours
    wins.
    """

    slot: Slot
    epoch: Epoch
    late: bool = False
    queued: bool = False
    asking: bool = False
    doubted: bool = False
    cause: Reason = Reason.OVERLAP
    swallowed: tuple[Ms, Ms] | None = None

    def swallow(self, slot: Slot, *, stalled: bool, in_doubt: bool) -> None:
        """A slot came due while this one runs. Waiting for sentinels in doubt, nobody watches the target."""
        if self.queued:
            self.cause = Reason.OWN_RESOURCE
        elif self.asking and in_doubt:
            self.cause, self.doubted = Reason.OWN_NETWORK, True
        elif stalled or self.late:
            self.cause = Reason.MONITOR_STALL
        start = slot.due if self.swallowed is None else self.swallowed[0]
        self.swallowed = (start, slot.until)


class Prober:
    """Probes endpoints on their lanes until it is stopped.

    `open_epoch` makes an epoch that begins at an instant, or gives None where none can be had yet: it is
    asked again a beat later. `sink` takes the rows of one slot, or gaps. Neither may block for long.
    `sentinels` tell a fault of our own network from a target's. `latest`, `lag` (seconds) and `counters`
    may be read at any time, and so may the `lookout` and the `certificates`.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        lanes: Mapping[str, LaneId],
        open_epoch: Callable[[Ms], EpochId | None],
        sink: Sink,
        clock: Clock,
        network: Network,
        probes: Mapping[str, Probe] = PROBES,
        sentinels: Mapping[str, Endpoint] = NO_SENTINELS,
    ) -> None:
        self.latest: dict[str, Check | None] = dict.fromkeys(endpoints)
        self.lag = 0.0
        self.counters = Counters()
        self.certificates = Certificates()
        self._disabled: frozenset[str] = frozenset()
        self._endpoints, self._lanes = endpoints, lanes
        self._open_epoch, self._sink, self._clock = open_epoch, sink, clock
        self._network, self._probes = network, probes
        self._observer = Observer(network)
        self._wheel = Wheel()
        self._watch, self._bugs = Lag(), Bugs()
        self._witnesses = Witnesses()
        self.lookout = Lookout(
            ask=self._ask,
            witnesses=lambda proof: self._witnesses.choose(self._endpoints, proof=proof),
            now=clock.monotonic,
        )
        self.lookout.watch(sentinels)
        self._busy: dict[LaneId, _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._failure: BaseException | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._epoch = Epoch(0, Reading(0, 0.0))
        self._ended: tuple[float, Reason] | None = None
        self._over_since: float | None = None
        self._stepped: float | None = None
        self._base = 0.0

    # -- life

    async def run(self) -> None:
        """Probe until `stop`. Raises what the sink or the epoch raised: evidence must not be lost quietly."""
        await self._open_first_epoch()
        self._base = self._epoch.start.mono
        self._wheel.plan(self._endpoints, self._lanes, 0)
        self._arm(self._base)
        watching = asyncio.create_task(self.lookout.keep_watch())
        watching.add_done_callback(self._finished)
        try:
            await self._stopping.wait()
        finally:
            self._stopping.set()
            await self._drain()
            watching.cancel()
            await asyncio.wait([watching], timeout=DRAIN)
            self._disarm()
        if self._failure is not None:
            raise self._failure
        self._leave_epoch(read(self._clock))

    async def _open_first_epoch(self) -> None:
        while not self._stopping.is_set():
            now = read(self._clock)
            opened = self._open_epoch(now.wall)
            if opened is not None:
                self._epoch = Epoch(opened, now)
                break
            await asyncio.sleep(BEAT / 1_000)

    def stop(self) -> None:
        """Start nothing more; `run` returns once what is in flight has ended, two seconds at most."""
        self._stopping.set()

    def reload(
        self,
        endpoints: Mapping[str, Endpoint],
        lanes: Mapping[str, LaneId],
        sentinels: Mapping[str, Endpoint] = NO_SENTINELS,
    ) -> None:
        """Probe these from now on. What is in flight ends by the rules it began with."""
        self._endpoints, self._lanes = endpoints, lanes
        self._network.forget()
        self.lookout.watch(sentinels)
        self.latest = {key: self.latest.get(key) for key in endpoints}
        if self._timer is not None:
            self._wheel.plan(endpoints, lanes, self._turned(self._clock.monotonic()))

    def disable(self, names: frozenset[str]) -> None:
        """Pass over the slots of these endpoints from now on, and of no others; what is in flight is kept.

        Each slot is a gap, and so is the time until the first of them: no state is held over.
        """
        anew, self._disabled = names - self._disabled, names
        now = self._clock.monotonic()
        for name in sorted(anew):
            due, lane = self._wheel.due(name), self._lanes.get(name)
            if due is None or lane is None or lane in self._busy or due <= self._turned(now):
                continue
            span = Span(self._epoch.at(now), self._at(due, self._epoch))
            self._hand_over([Gap(lane, self._epoch.id, span, Reason.DISABLED)])

    async def _drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN)

    # -- the beat

    def _arm(self, since: float) -> None:
        """Set the beat after one that began at `since`; what this beat itself took is a stall, too."""
        now = self._clock.monotonic()
        due = self._next_beat(since, now)
        self._watch.expect(due)
        self._timer = asyncio.get_running_loop().call_later(due - now, self._beat)

    def _next_beat(self, since: float, now: float) -> float:
        return self._base + next_beat(since - self._base, now - self._base)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _beat(self) -> None:
        now = read(self._clock)
        self.lag = self._watch.beat(now.mono)
        self.counters.lagged += self.lag
        try:
            before = self._epoch
            self._keep_epoch(now)
            if not self._stopping.is_set():
                self._turn(now, before)
        except Exception as error:  # noqa: BLE001 - handed on by run()
            self._fail(error)
        self._watch.stood(now.mono, self._clock.monotonic())
        self._arm(now.mono)

    def _keep_epoch(self, now: Reading) -> None:
        """Open a new epoch when the clocks have parted or the monitor stood still.

        Where none can be had yet, the old one goes on: its clock may be wrong by then, so failures prove
        nothing while the two are apart.
        """
        jump = self._epoch.jump(now)
        if self._over_since is None and not jump and self.lag < PAUSE:
            return
        before = self._epoch
        reason = _why_over(before, now)
        if jump or self._over_since is None:
            self._ended = (now.mono, reason)
        if abs(jump) >= STEPPED_BY and reason is Reason.CLOCK_SUSPECT:
            self._stepped = now.mono
        since = self._over_since = now.mono if self._over_since is None else self._over_since
        opened = self._open_epoch(now.wall)
        if opened is None:
            return
        self._epoch, self._over_since = Epoch(opened, now), None
        self._wheel.renumber()
        log.warning(
            "a new epoch begins: %s (the wall clock moved by %d ms)", reason, jump,
            extra={"event": "epoch.began", "reason": str(reason), "jump_ms": jump},
        )  # fmt: skip
        if jump:
            self._hand_over(_out_of_step(before, since, now, reason))

    def _leave_epoch(self, now: Reading) -> None:
        """Stop while the clocks are apart and no new epoch could be had: what came since is no evidence."""
        if self._over_since is not None and self._epoch.jump(now):
            reason = _why_over(self._epoch, now)
            self._hand_over(_out_of_step(self._epoch, self._over_since, now, reason))

    def _turn(self, now: Reading, before: Epoch) -> None:
        turned = self._turned(now.mono)
        due = self._wheel.next_due()
        if due is None or due > turned:
            return
        taken = self._wheel.take(turned, self._most())
        self._record_missed(taken.missed, before, now)
        self.counters.planned += len(taken.slots)
        self._start(taken.slots, now)

    def _most(self) -> int:
        return max(FEWEST_STARTS, math.ceil(2 * self._wheel.per_tick))

    def _turned(self, mono: float) -> Ms:
        """The wheel's time. Rounded, because a timer may fire a hair early."""
        return round((mono - self._base) * 1_000)

    def _record_missed(self, missed: Sequence[Missed], epoch: Epoch, now: Reading) -> None:
        if not missed:
            return
        reason = Reason.MONITOR_PAUSED if self.lag >= PAUSE else Reason.MONITOR_STALL
        end = epoch.at(now.mono)
        self._hand_over(
            [Gap(lost.lane, epoch.id, Span(self._at(lost.due, epoch), end), reason) for lost in missed]
        )
        count = sum(lost.count for lost in missed)
        self.counters.planned += count
        self.counters.missed += count

    def _start(self, slots: Sequence[Slot], now: Reading) -> None:
        """Start what is due. TLS starts are spread inside the tick, in pairs: a handshake holds up others."""
        secure = sum(_is_tls(slot) for slot in slots)
        begun = 0
        for slot in slots:
            running = self._busy.get(slot.lane)
            if slot.endpoint.id in self._disabled and running is None:
                self._pass_over(slot)
                continue
            if running is not None:
                running.swallow(slot, stalled=self.lag > TOLERANCE, in_doubt=self.lookout.in_doubt)
                self.counters.overlapped += 1
                continue
            delay = _delay(begun, secure) if _is_tls(slot) else 0.0
            begun += _is_tls(slot)
            late = self._turned(now.mono) - slot.due > LATE
            self._begin(_Running(slot, self._epoch, late), delay)

    def _pass_over(self, slot: Slot) -> None:
        self.counters.disabled += 1
        start, end = (self._at(due, self._epoch) for due in (slot.due, slot.until))
        self._hand_over([Gap(slot.lane, self._epoch.id, Span(start, end), Reason.DISABLED)])

    def _begin(self, running: _Running, delay: float) -> None:
        self.counters.run += 1
        self.counters.late += running.late
        self._busy[running.slot.lane] = running
        task = asyncio.get_running_loop().create_task(self._run_slot(running, delay))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._stopping.set()

    # -- a slot

    async def _run_slot(self, running: _Running, delay: float) -> None:
        lane = running.slot.lane
        try:
            if delay:
                await asyncio.sleep(delay)
            attempts, state = await self._attempts(running)
        except asyncio.CancelledError:
            self._hand_over([self._cut_short(running)])
            raise
        finally:
            del self._busy[lane]
        self._resolve(running, attempts, state)

    async def _attempts(self, running: _Running) -> tuple[list[Attempt], State]:
        """Try until the slot is decided, each time on a fresh connection."""
        endpoint = running.slot.endpoint
        rule = endpoint.confirmation
        attempts: list[Attempt] = []
        while True:
            async with self._network.gates.through(endpoint):
                running.queued = True
                async with self._network.admit(endpoint):
                    running.queued = False
                    attempt, times = await self._attempt(endpoint, running.epoch)
            attempts.append(await self._weighed(running, attempt, times))
            if is_doubtful(attempt.reason, attempt.facts, endpoint):
                rule = self.lookout.confirmation(endpoint.confirmation)
            state = resolve([attempt.reason for attempt in attempts], rule)
            if state is not None:
                return attempts, state
            await asyncio.sleep(endpoint.confirmation.pause / 1_000)

    async def _attempt(self, endpoint: Endpoint, epoch: Epoch) -> tuple[Attempt, tuple[float, float]]:
        """One try, and when it began and ended."""
        started = self._clock.monotonic()
        doubt, asked = self._doubt(endpoint), self.certificates.asking(endpoint, started)
        facts = await self._observer.observe(self._probes[endpoint.kind], asked)
        facts = self.certificates.learn(endpoint, asked, facts, started, epoch.at(started))
        if doubt is not None:
            doubt.cancel()
        disturbance = self._disturbance(started)
        reason = weigh(judge(facts, endpoint.expectation), disturbance, endpoint.timeout)
        timed = latency_stands(disturbance, endpoint.timeout)
        return Attempt(epoch.at(started), facts, reason, timed), (started, self._clock.monotonic())

    def _doubt(self, endpoint: Endpoint) -> asyncio.TimerHandle | None:
        """Have the sentinels asked while an attempt takes long: a flap may be over when it has failed."""
        if not self.lookout.on:
            return None
        patience = endpoint.timeout / 1_000 * DOUBT
        return asyncio.get_running_loop().call_later(patience, self.lookout.ask_soon)

    async def _weighed(self, running: _Running, attempt: Attempt, times: tuple[float, float]) -> Attempt:
        """The attempt as it is believed. One that waited through doubt says nothing of the time after it."""
        running.asking, running.doubted = True, False
        believed = await self._believed(running.slot.endpoint, attempt, times)
        running.asking = False
        return replace(believed, reason=Reason.OWN_NETWORK) if running.doubted else believed

    async def _believed(self, endpoint: Endpoint, attempt: Attempt, times: tuple[float, float]) -> Attempt:
        """The attempt with the reason that stands once our own network and clock have been looked at."""
        reason, facts = attempt.reason, attempt.facts
        if self.lookout.on:
            if reason is Reason.OK and self.lookout.captive and not is_proof(endpoint):
                self.lookout.ask_soon()
                reason = Reason.OWN_NETWORK
            elif reason is Reason.OK and not self.lookout.is_well:
                self.lookout.ask_soon()  # it seems to be over
            elif is_doubtful(reason, facts, endpoint) or is_date(reason, facts.detail):
                with self._witnesses.doubting(endpoint.id):
                    reason = await self.lookout.why(reason, *times) or reason
        if is_date(reason, facts.detail):
            now = read(self._clock)
            stepped = None if self._stepped is None else now.mono - self._stepped
            if not dates_stand(now.wall, stepped, self.lookout.dates):
                reason = Reason.CLOCK_SUSPECT
        reason = self._bugs.note(endpoint.id, reason)
        return attempt if reason is attempt.reason else replace(attempt, reason=reason)

    async def _ask(self, endpoint: Endpoint, usual: Tenths | None) -> Seen:
        """One attempt at a sentinel, or at a target that is to bear witness; it is no check."""
        started = self._clock.monotonic()
        facts = await self._observer.observe(self._probes[endpoint.kind], endpoint)
        reason = judge(facts, endpoint.expectation)
        reason = weigh(reason, self._disturbance(started), endpoint.timeout)
        return Seen(reason, facts, usual, endpoint.is_certified)

    def _disturbance(self, started: float) -> Disturbance:
        stalled = self._watch.stalled(started, self._clock.monotonic())
        ended = self._ended is not None and self._ended[0] > started
        return Disturbance(stalled, self._ended[1] if self._ended is not None and ended else None)

    def _resolve(self, running: _Running, attempts: Sequence[Attempt], state: State) -> None:
        slot = running.slot
        checks = rows(slot.lane, running.epoch.id, slot.number, attempts, state, hold(slot.endpoint))
        if slot.endpoint.id in self.latest:
            self.latest[slot.endpoint.id] = checks[-1]
            self._witnesses.learn(slot.endpoint.id, checks[-1])
        self._hand_over([*checks, *self._overlap(running, state)])

    def _overlap(self, running: _Running, state: State) -> list[Gap]:
        """The slots that came due while this one ran.

        None when it found the target down: then the attempts in flight watched that time, and a target that
        answers slowly must not buy itself unknown time.
        """
        ours = running.cause is not Reason.OVERLAP
        if running.swallowed is None or (state is State.DOWN and not ours):
            return []
        start, end = (self._at(due, running.epoch) for due in running.swallowed)
        return [Gap(running.slot.lane, running.epoch.id, Span(start, end), running.cause)]

    def _cut_short(self, running: _Running) -> Gap:
        start = self._at(running.slot.due, running.epoch)
        end = max(start, running.epoch.at(self._clock.monotonic()))
        return Gap(running.slot.lane, running.epoch.id, Span(start, end), Reason.NOT_RUNNING)

    def _at(self, due: Ms, epoch: Epoch) -> Ms:
        """The instant at which a slot was planned."""
        return epoch.at(self._base + due / 1_000)

    def _hand_over(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, Gap):
                self.counters.count(record)
        self._sink(records)


def _why_over(epoch: Epoch, now: Reading) -> Reason:
    """Why an epoch is over by now: the clock was set, or else the monitor stood still."""
    return Reason.CLOCK_SUSPECT if epoch.jump(now) and not epoch.slept(now) else Reason.MONITOR_PAUSED


def _out_of_step(before: Epoch, since: float, now: Reading, reason: Reason) -> list[Gap]:
    """What an epoch's clock says of the time in which it was known to be wrong is not to be believed.

    Time that the machine slept through belongs to it. Time that a wall clock merely leapt over does not: the
    clock may come back, and evidence for that time with it.
    """
    end = before.at(now.mono)
    if before.slept(now):
        end = max(end, now.wall)
    span = Span(before.at(since), end)
    return [Gap(ALL_LANES, before.id, span, reason)] if span.length else []


def _delay(begun: int, secure: int) -> float:
    """How many seconds into its tick a handshake starts, after so many of its tick's that are `secure`."""
    return TICK / 1_000 * (begun - begun % 2) / secure + APART * (begun % 2)


def _is_tls(slot: Slot) -> bool:
    return slot.endpoint.shakes_hands

"""The composition root: builds everything, and owns start, reload and stop.

Start: read the configuration, take the writer's lock, record the silence since the last run, bring journal
and lanes to what the file says, open an epoch, probe. Stop: end the attempts in flight, commit, let go. A
reload that fails keeps what runs and says why. The loop probes: what may wait for the database is done in
threads, and repeated where it was locked. Calendar work (sealing, a month's drafts) is APScheduler's,
each job idempotent by its period; probes never are.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import pickle
import platform
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from monitor import __version__, logs
from monitor.alerts.answering import Answering
from monitor.alerts.certified import Keeper
from monitor.apart import Apart
from monitor.clerk import Clerk
from monitor.clock import Clock, SystemClock
from monitor.companion import Companion
from monitor.config import load_plan
from monitor.config.digest import plan_digest
from monitor.config.metric_tokens import tokens_of
from monitor.config.plan import Plan
from monitor.core.calls import Away, Call
from monitor.core.checks import ALL_LANES, BETWEEN_EPOCHS, Check, EpochId, Gap, LaneId, Reason, State
from monitor.core.intervals import HOUR, Ms, Span
from monitor.core.periods import local
from monitor.errors import ConfigError, MakegoodError
from monitor.listen.hooks import Hooks
from monitor.listen.listeners import Listeners, Past, past
from monitor.oncall.own_tickets import are_wanted
from monitor.people import author
from monitor.prober import Prober, Sink
from monitor.prober.changes import Changes
from monitor.probes.network import Network, most_connections
from monitor.statements import disabled, exclusions, maintenance
from monitor.statements.counted import needs_of
from monitor.statements.kept import KEPT, kept
from monitor.statements.measured import LOADED, loaded
from monitor.statements.status import zone_of
from monitor.store import EvidenceQueue, SqliteStore, open_store
from monitor.store.acknowledgements import Acknowledgements
from monitor.store.protocol import Event, Holder, Receipt, Seq, Writer
from monitor.store.queue import TRANSIENT
from monitor.store.sqlite import notice, version
from monitor.store.succession import must_continue
from monitor.tickets.receiving import Receiving
from monitor.tickets.sources import sources_of

log = logging.getLogger("makegood")

PATIENCE = 0.2  # seconds that the loop waits for an epoch; a failure bears that much of a stall
SOON = timedelta(minutes=2)  # after the start what was missed while the monitor was off is told
AGAIN = 5.0  # seconds until what another process kept from us is tried again
COLLECTED_AS_USUAL = (700, 10, 10)  # commands that end soon collect less often; this one does not end
Record = Check | Gap


def _settle_in() -> None:
    """What was read of a configuration stays, and what reading it took goes.

    No collection goes through it again: with ten thousand endpoints one would hold up the loop for 0.1 s.
    """
    gc.collect()
    gc.freeze()
    with suppress(AttributeError, OSError):  # glibc keeps what is free, unless it is asked
        ctypes.CDLL(None).malloc_trim(0)


class Daemon:
    """One monitor over one database."""

    def __init__(
        self,
        config: Path,
        *,
        environ: Mapping[str, str],
        clock: Clock | None = None,
        ack_fd: int | None = None,
        lines: logs.Lines | None = None,
        log_format: logs.Format = "text",
        on_records: Callable[[Sequence[Record]], None] | None = None,
        companion: Companion | None = None,
    ) -> None:
        self.config = config
        self.environ = environ
        self.clock = clock or SystemClock()
        self.plan: Plan = load_plan(config, environ=environ)
        self._acknowledgements = Acknowledgements(ack_fd)
        self._on_records = on_records
        self._lines = lines
        self._changes = Changes()
        self._head: Seq = 0
        self._disabled: Mapping[str, disabled.Disabled] = {}
        self._certificates = Keeper()
        self._silent_since: Ms | None = None
        self._opening: futures.Future[EpochId] | None = None
        self._stopping = asyncio.Event()
        self._asked = asyncio.Event()
        self.prober: Prober | None = None
        self.listeners: Listeners | None = None
        self.store: SqliteStore | None = None
        self._receiving: Receiving | None = None
        self._evidence: EvidenceQueue | None = None
        self._apart = Apart(log_format)
        self._clerk = Clerk(self._apart, lambda: self.plan, self.clock.now)
        self.companion = companion or Companion(config, log_format)

    def stop(self) -> None:
        """End in good order; safe to call more than once."""
        self._stopping.set()

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """Probe until `stop`. `ready` is called once probing has begun."""
        gc.set_threshold(*COLLECTED_AS_USUAL)
        with ExitStack() as stack:
            store = self.store = open_store(self.plan.settings.database, create=True)
            if told := notice():
                log.warning(told, extra={"event": "sqlite.notice"})
            self._must_be_usable(store, self.plan)
            stack.callback(self._acknowledgements.close)
            queue = self._evidence = stack.enter_context(self._queue(store))
            listeners = self.listeners = self._listen(store, queue)
            stack.callback(listeners.unbind)
            listeners.bind()
            left_down = _left_down(store)  # before the silence since then is recorded
            lanes = self._begin(store, queue)
            self.plan = _recorded(self.plan)
            known = _past(store, self.plan, lanes)
            listeners.book.remember(known.aways)
            listeners.watch(self.plan.endpoints, lanes, known)
            self._changes.follow(lanes, left_down)
            stack.callback(self._apart.stop)
            scheduler = self._calendar(store, queue)
            stack.callback(scheduler.shutdown, wait=False)
            network = Network(
                connections=max(16, most_connections() - listeners.places), calls=listeners.book
            )
            async with network, listeners:
                self.prober = Prober(
                    self.plan.endpoints,
                    lanes=lanes,
                    open_epoch=lambda at: self._open_epoch(queue, at),
                    sink=_all(queue.put, listeners.book.learn, self._changes.learn),
                    clock=self.clock,
                    network=network,
                    sentinels=self.plan.sentinels,
                )
                self._disabled = _standing(store, self.clock.now())
                self._pass_over()
                listeners.measure(self.prober, queue)
                _settle_in()
                probing = asyncio.create_task(self.prober.run())
                self._follow_alerts()
                beside = [
                    asyncio.create_task(each)
                    for each in (self._watch(store), self._reloads(), self.companion.keep())
                ]
                if ready:
                    ready()
                await self._until_stopped(probing, beside)
        log.info("stopped; everything that was probed is on disk", extra={"event": "monitor.stopped"})

    async def _until_stopped(self, probing: asyncio.Task[None], beside: Sequence[asyncio.Task[None]]) -> None:
        for each in beside:
            each.add_done_callback(_tell_fault)
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({probing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if self.prober is not None:
            self.prober.stop()
        for task in (*beside, stopping):
            task.cancel()
        await asyncio.gather(*beside, stopping, return_exceptions=True)
        await probing

    # -- start and reload

    def _queue(self, store: SqliteStore) -> EvidenceQueue:
        holder = Holder(os.getpid(), socket.gethostname(), "makegood run", self.clock.now())
        return EvidenceQueue(store, holder, self.clock, on_commit=self._acknowledge, on_error=_disk_refused)

    def _listen(self, store: SqliteStore, queue: EvidenceQueue) -> Listeners:
        def submit(heard: Sequence[Call | Away]) -> futures.Future[None]:
            return queue.submit(lambda writer: writer.hear(heard))

        sqlite = ".".join(map(str, version()))
        about = {"version": __version__, "python": platform.python_version(), "sqlite": sqlite}
        hooks = None
        if self.plan.listen.hooks is not None:
            self._receiving = Receiving(store.tickets)
            answering = Answering(lambda: self.plan, store)
            hooks = Hooks(answering, self.clock, deliveries=self._receiving)
            self._tell_hooks(hooks, self.plan)
        return Listeners(self.plan.listen, clock=self.clock, submit=submit, about=about, hooks=hooks)

    def _tell_hooks(self, hooks: Hooks, plan: Plan) -> None:
        """What is taken with which token. One that cannot be read is told, and nobody has it."""
        tokens, untold = tokens_of(plan, self.environ)
        hooks.know(tokens, zone_of(plan))
        for message in untold:
            log.error("nobody can push this metric: %s", message, extra={"event": "metric.untaken"})
        if self._receiving is not None:
            sources, untold = sources_of(plan, self.environ)
            self._receiving.know(sources)
            for message in untold:
                log.error("nobody can deliver these tickets: %s", message, extra={"event": "tickets.untaken"})

    def _begin(self, store: SqliteStore, queue: EvidenceQueue) -> dict[str, LaneId]:
        now = self.clock.now()
        if queue.reached is not None:
            self._silence(queue, queue.reached, now)
            self._silent_since = now
        self._head = store.changed(0)
        self._record(store, self.plan, now)
        return self._lanes(store, queue, self.plan, now)

    def _must_be_usable(self, store: SqliteStore, plan: Plan) -> None:
        """ConfigError where evidence would be left behind, before anything is written."""
        with store.snapshot() as snapshot:
            lanes, reached = snapshot.lanes(), snapshot.as_of()
        must_continue(lanes, {e.id: e.was for e in plan.endpoints.values()}, plan.settings.location)
        if reached is not None and reached > self.clock.now():
            log.warning(
                "the evidence reaches beyond the clock's time: was the clock set back?",
                extra={"event": "clock.behind"},
            )

    def _silence(self, queue: EvidenceQueue, since: Ms, until: Ms) -> None:
        if since < until:
            queue.put([Gap(ALL_LANES, BETWEEN_EPOCHS, Span(since, until), Reason.NOT_RUNNING)])

    def _open_epoch(self, queue: EvidenceQueue, at: Ms) -> EpochId | None:
        """A new run of the monotonic clock; the first one ends the silence that the start itself took.

        None while another process keeps the database locked: the loop waits once, and only a moment.
        """
        if self._silent_since is not None:
            self._silence(queue, self._silent_since, at)
            self._silent_since = None
        patience = PATIENCE if self._opening is None else 0
        opening = self._opening = self._opening or queue.submit(lambda writer: writer.epoch(at))
        futures.wait([opening], patience)
        if not opening.done():
            return None
        self._opening = None
        try:
            return opening.result()
        except TRANSIENT as error:
            log.warning("no new epoch could be opened yet: %s", error, extra={"event": "epoch.waits"})
            return None

    def _record(self, store: SqliteStore, plan: Plan, now: Ms) -> None:
        with store.snapshot() as snapshot:
            known = tuple(snapshot.events(kinds=maintenance.KINDS | exclusions.KINDS | {LOADED, KEPT}))
        who = author()
        loads = [event for event in known if event.kind == LOADED]
        new = list(maintenance.changes(plan.maintenance, known, who, now))
        new += exclusions.changes(plan.exclusions, known, who, now)
        if not loads or loads[-1].subject != plan_digest(plan):
            new.append(loaded(plan, who, now))
        text = kept(plan, known, who, now)
        if text is not None:
            new.append(text)
        if new:
            store.journal.append(new)

    def _lanes(self, store: SqliteStore, queue: EvidenceQueue, plan: Plan, now: Ms) -> dict[str, LaneId]:
        """The lanes of the plan's endpoints; those of endpoints that are gone are retired."""
        here = plan.settings.location
        with store.snapshot() as snapshot:
            known = [lane for lane in snapshot.lanes() if lane.location == here]
        alive = [lane.id for lane in known if any(life.end > now for life in lane.life)]

        def enlist(writer: Writer) -> dict[str, LaneId]:
            lanes = {e.id: writer.lane(e.id, here, since=now, was=e.was) for e in plan.endpoints.values()}
            for lane in alive:
                if lane not in lanes.values():
                    writer.retire(lane, now)
            writer.count(needs_of(plan, lanes))
            return lanes

        return queue.call(enlist)

    def _follow_alerts(self) -> None:
        """Have the companion go by what holds now, whatever is written meanwhile and cannot be used."""
        wanted = self.plan.alerting.is_wanted or are_wanted(self.plan)
        self.companion.follow(wanted=wanted, last=lambda: pickle.dumps(self.plan))

    def reload(self) -> None:
        """Have the configuration read again, soon; safe to call at any time."""
        self._asked.set()

    async def _reloads(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                done = await self.read_again()
            except Exception as error:
                log.error(
                    "the configuration was not reloaded, what ran goes on: %s", error,
                    exc_info=error, extra={"event": "configuration.refused"},
                )  # fmt: skip
                done = True
            if not done:
                self._asked.set()
                await asyncio.sleep(AGAIN)

    async def read_again(self) -> bool:
        """Read the configuration again; where it cannot be used, what runs goes on.

        False where it was the database that could not be had: then it is worth trying again.
        """
        if self.prober is None or self.listeners is None or self.store is None or self._evidence is None:
            return True
        try:
            plan, lanes, known = await asyncio.to_thread(self._read, self.store, self._evidence)
        except TRANSIENT as error:
            log.warning(
                "the configuration is not reloaded yet, what ran goes on: %s", error,
                extra={"event": "configuration.waits"},
            )  # fmt: skip
            return False
        except MakegoodError as error:
            log.error(
                "the configuration was not reloaded, what ran goes on: %s", error,
                extra={"event": "configuration.refused"},
            )  # fmt: skip
            return True
        self.plan = _recorded(plan)
        self.listeners.watch(plan.endpoints, lanes, known)
        if self.listeners.hooks is not None:
            self._tell_hooks(self.listeners.hooks, plan)
        self._changes.follow(lanes)
        self.prober.reload(plan.endpoints, lanes, plan.sentinels)
        self._follow_alerts()
        await asyncio.to_thread(_settle_in)
        told = {"event": "configuration.reloaded", "endpoints": len(plan.endpoints)}
        log.info("the configuration was reloaded: %d endpoints", len(plan.endpoints), extra=told)
        return True

    def _read(self, store: SqliteStore, queue: EvidenceQueue) -> tuple[Plan, dict[str, LaneId], Past]:
        plan = load_plan(self.config, environ=self.environ)
        self._must_be_reloadable(plan)
        self._must_be_usable(store, plan)
        now = self.clock.now()
        self._record(store, plan, now)
        lanes = self._lanes(store, queue, plan, now)
        return plan, lanes, _past(store, plan, lanes)

    def _must_be_reloadable(self, plan: Plan) -> None:
        if plan.settings != self.plan.settings:
            raise ConfigError("[monitor] has changed: database, reports and location need a restart")
        if plan.listen != self.plan.listen:
            raise ConfigError("[listen] has changed: the addresses need a restart")

    # -- while it runs

    def _acknowledge(self, records: Sequence[Record], receipt: Receipt) -> None:
        durable = records
        if receipt.late:
            self._clerk.evidence_came_late()
        if receipt.refused:
            log.error(
                "%d checks came again with other content: the first ones stand", len(receipt.refused),
                extra={"event": "evidence.refused"},
            )  # fmt: skip
            refused = set(receipt.refused)
            durable = [record for record in records if record not in refused]
        self._acknowledgements.tell(durable)
        if self._on_records is not None:
            self._on_records(durable)

    async def _watch(self, store: SqliteStore) -> None:
        """Tell what other processes append to the journal, as soon as it is there."""
        while True:
            pause = 1.0
            try:
                await asyncio.to_thread(self._tell_changes, store)
                if self.prober is not None:
                    seen, now = dict(self.prober.certificates.until), self.clock.now()
                    await asyncio.to_thread(self._certificates.keep, store, seen, now)
                self._pass_over()
                if self._lines is not None:
                    self._lines.catch_up(self.clock.now() / 1_000)
            except MakegoodError as error:
                log.warning(
                    "the journal could not be looked at, and will be again: %s", error,
                    extra={"event": "journal.waits"},
                )  # fmt: skip
                pause = AGAIN
            await asyncio.sleep(pause)

    def _tell_changes(self, store: SqliteStore) -> None:
        head = store.changed(self._head)
        if head != self._head:
            with store.snapshot() as snapshot:
                for event in snapshot.events(after=self._head):
                    _tell_entry(event)
            self._disabled = _standing(store, self.clock.now())
            self._head = head

    def _pass_over(self) -> None:
        """Have the prober leave out who is disabled now: a time that somebody set may be over."""
        now = self.clock.now()
        if self.prober is not None:
            self.prober.disable(frozenset(name for name, each in self._disabled.items() if each.holds(now)))

    def _calendar(self, store: SqliteStore, queue: EvidenceQueue) -> BackgroundScheduler:
        options = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults=options)
        scheduler.add_job(lambda: queue.request_seal(self.clock.now()), "cron", minute=11, second=0)
        clerk = self._clerk
        scheduler.add_job(clerk.draft, "cron", minute=20, second=0)
        scheduler.add_job(clerk.issue, "cron", minute=30, second=0)
        scheduler.add_job(clerk.look_for_amendments, "cron", minute=40, second=0)
        scheduler.add_job(clerk.remind, "cron", minute=45, second=0)
        scheduler.add_job(clerk.report, "cron", minute=50, second=0)
        scheduler.add_job(clerk.remind, "date", run_date=local(self.clock.now(), "UTC") + SOON)
        scheduler.add_job(lambda: clerk.forget_old(store, queue), "cron", hour=4, minute=50)
        scheduler.start()
        queue.request_seal(self.clock.now())
        return scheduler


def _recorded(plan: Plan) -> Plan:
    """A plan that the journal has: no paper quotes the tables of its endpoints, most of the text."""
    return replace(plan, source={kind: table for kind, table in plan.source.items() if kind != "endpoint"})


def _all(*sinks: Sink) -> Sink:
    def sink(records: Sequence[Record]) -> None:
        for each in sinks:
            each(records)

    return sink


def _standing(store: SqliteStore, now: Ms) -> Mapping[str, disabled.Disabled]:
    with store.snapshot() as snapshot:
        return disabled.standing(snapshot.events(kinds=disabled.KINDS), now)


def _left_down(store: SqliteStore) -> list[LaneId]:
    """The lanes that were down when they were last seen, in the last hour of the evidence."""
    with store.snapshot() as snapshot:
        reached = snapshot.as_of()
        if reached is None:
            return []
        found = snapshot.segments([lane.id for lane in snapshot.lanes()], Span(reached - HOUR, reached))
    seen = {lane: [s.state for s in known if s.state is not State.UNKNOWN] for lane, known in found.items()}
    return [lane for lane, states in seen.items() if states[-1:] == [State.DOWN]]


def _past(store: SqliteStore, plan: Plan, lanes: Mapping[str, LaneId]) -> Past:
    with store.snapshot() as snapshot:
        return past(snapshot, plan.endpoints, lanes)


def _tell_entry(event: Event) -> None:
    log.info(
        "%s by %s: %s %s", event.kind, event.author, event.subject, event.reason,
        extra={
            "event": "journal.entry", "entry": event.seq, "kind": event.kind, "author": event.author,
            "subject": event.subject, "reason": event.reason,
        },
    )  # fmt: skip


def _tell_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error(
            "this is a fault in Makegood, and needs a restart",
            exc_info=task.exception(), extra={"event": "monitor.fault"},
        )  # fmt: skip


def _disk_refused(error: Exception) -> None:
    log.error(
        "the evidence could not be written and is kept to be written again: %s", error,
        extra={"event": "evidence.waits"},
    )  # fmt: skip

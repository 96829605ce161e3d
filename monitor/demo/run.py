"""`makegood demo`: lay it all out in a folder, write the finished months' papers, then probe and watch."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import click

from monitor.clock import Clock, SystemClock
from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.checks import LaneId
from monitor.core.intervals import SECOND, Ms, Span
from monitor.core.periods import local, month_of
from monitor.core.windows import OneOff
from monitor.daemon import Daemon
from monitor.demo import history as past
from monitor.demo.configuration import configuration
from monitor.demo.targets import Schedule, Targets
from monitor.demo.view import View, look
from monitor.drafting import draft_statements
from monitor.errors import ConfigError, MakegoodError
from monitor.people import author
from monitor.reporting import draft_internal
from monitor.statements.build import last_closed_month
from monitor.statements.maintenance import declared
from monitor.store import open_store
from monitor.store.protocol import Holder

FOLDER = Path("demo")
MARKER = ".makegood-demo"
ZONE = "Europe/Berlin"
BUDGET_LEFT: Ms = 3 * SECOND
FAILING = Schedule(every=14.0, offset=5.0, lasting=4.0)  # down at 5-9 s, 19-23 s, 33-37 s …
WINDOW_AFTER: Ms = 16 * SECOND
WINDOW_LASTS: Ms = 10 * SECOND
REFRESH = 0.5
NEXT = (
    "status",
    "explain acme",
    "whatif checkout --down 20m",
    "targets suggest",
    "backtest --sla silver --agreement acme-checkout --months 2",
)


def run(*, seconds: int, wait: bool, folder: Path | None = None, clock: Clock | None = None) -> None:
    """Run the demonstration in `folder` (default `demo`), for `seconds`, then until Ctrl-C if `wait`.

    A folder that an earlier demonstration made is begun anew, as long as nothing else was done in it; any
    other that is not empty is refused (ConfigError).
    """
    root = _fresh(folder or FOLDER)
    with Targets(FAILING) as targets:
        asyncio.run(_Demonstration(root, targets, clock or SystemClock()).run(seconds, wait=wait))


def _fresh(root: Path) -> Path:
    if root.exists() and any(root.iterdir()):
        if not (root / MARKER).exists():
            raise ConfigError(
                f"{root} is not empty and was not made by a demonstration: name another with --dir"
            )
        _must_be_untouched(root)
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    (root / MARKER).write_text("made by makegood demo; thrown away by the next one\n")
    return root.resolve()


def _must_be_untouched(root: Path) -> None:
    """ConfigError where somebody worked in the demonstration: that is not thrown away."""
    others = sorted(each.name for each in root.iterdir() if not _is_own(each.name))
    config = root / "makegood.toml"
    if config.exists() and _issued(config):
        others.append("statements that were issued")
    if others:
        raise ConfigError(
            f"{root} holds what was done in it since ({', '.join(others[:5])}): name another with --dir, "
            "or remove it"
        )


def _is_own(name: str) -> bool:
    return name in (MARKER, "makegood.toml", "reports") or name.startswith("demo.db")


def _issued(config: Path) -> bool:
    """Whether a statement was issued in the demonstration; what cannot be read is not one to keep."""
    try:
        return bool(open_store(load_plan(config, environ={}).settings.database).ledger.papers())
    except MakegoodError:
        return False


class _Demonstration:
    def __init__(self, root: Path, targets: Targets, clock: Clock) -> None:
        self.root = root
        self.clock = clock
        self.config = root / "makegood.toml"
        began = past.history(clock.now(), ZONE, BUDGET_LEFT)
        start = local(began.span.start, ZONE).date()
        self.config.write_text(configuration(targets.ports, start), encoding="utf-8")
        self.plan: Plan = load_plan(self.config, environ={})

    async def run(self, seconds: int, *, wait: bool) -> None:
        self._generate()
        self._papers_of_the_past()
        logging.getLogger("monitor.prober.changes").addHandler(logging.NullHandler())  # the view shows them
        daemon = Daemon(self.config, environ={}, clock=self.clock)
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told.set)
        ready = asyncio.Event()
        probing = asyncio.create_task(daemon.run(ready.set))
        with suppress(TimeoutError):
            await asyncio.wait_for(ready.wait(), 10)
        began = self.clock.now()
        self._announce(began)
        with View(self.plan, redraw=sys.stdout.isatty()) as view:
            await self._watch(view, began, told, None if wait else seconds)
        daemon.stop()
        await probing
        self._papers_of_now()

    async def _watch(self, view: View, began: Ms, told: asyncio.Event, seconds: int | None) -> None:
        end = None if seconds is None else began + seconds * SECOND
        store = open_store(self.plan.settings.database)
        while not told.is_set() and (end is None or self.clock.now() < end):
            with store.snapshot() as snapshot:
                view.show(look(self.plan, snapshot, self.clock.now(), began))
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), REFRESH)

    def _generate(self) -> None:
        now = self.clock.now()
        generated = past.history(now, ZONE, BUDGET_LEFT)
        first = generated.span.start
        store = open_store(self.plan.settings.database, create=True)
        store.journal.append(past.events(generated, ["checkout"], self.plan.endpoints))
        with store.writer(Holder(0, "localhost", "makegood demo", now)) as writer:
            epoch = writer.epoch(first)
            lanes: dict[str, LaneId] = {
                id: writer.lane(id, self.plan.settings.location, since=first) for id in self.plan.endpoints
            }
            for done, total in past.generate(generated, writer, lanes, epoch):
                click.echo(
                    f"Generating two finished months of history: {done} of {total} endpoints", err=True
                )
            writer.alive(now)
            writer.seal(now)

    def _announce(self, began: Ms) -> None:
        span = Span(began + WINDOW_AFTER, began + WINDOW_AFTER + WINDOW_LASTS)
        event = declared("demo-window", "Live window", ["checkout"], OneOff(span), author(), began)
        open_store(self.plan.settings.database).journal.append([event])

    def _papers_of_the_past(self) -> None:
        now = self.clock.now()
        newest = last_closed_month(self.plan, "acme", now)
        older = month_of(month_of(now, ZONE).span.start - 1, ZONE).span.start - 1
        click.echo("Statements of the finished months (generated history, and labelled so):")
        for label in (month_of(older, ZONE).label, newest):
            self._papers(label, now)

    def _papers_of_now(self) -> None:
        now = self.clock.now()
        click.echo("The running month, with what was just measured:")
        self._papers(month_of(now, ZONE).label, now)
        click.echo(f"The configuration is {self.config}. To go on with it, for instance:")
        for words in NEXT:
            click.echo(f"  makegood --config {self.config} {words}")

    def _papers(self, label: str, now: Ms) -> None:
        out = self.plan.settings.reports
        store = open_store(self.plan.settings.database)
        with store.snapshot() as snapshot:
            for _, path in draft_statements(self.plan, snapshot, label, self.plan.customers, out, now):
                click.echo(f"  {path}")
            click.echo(f"  {draft_internal(self.plan, store, snapshot, label, out, now)}")

"""What goes on beside the probing: looks, letters, the dead-man's switch, and our own incidents as tickets.

Looks have a thread of their own, and each channel a task: nothing that a receiver does, or does not, keeps
the next look or another channel waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from monitor.alerts.deadman import Pulse, Switch, pulse
from monitor.alerts.delivery import Delivery
from monitor.alerts.findings import remembering
from monitor.alerts.hearing import Hearing
from monitor.alerts.watchman import Find, look
from monitor.alerts.ways import Ways
from monitor.clock import Clock
from monitor.config import load_plan
from monitor.config.alerting import Channel
from monitor.config.plan import Plan
from monitor.errors import MakegoodError
from monitor.oncall.own_tickets import LATELY, are_wanted, take_own
from monitor.store import open_store

log = logging.getLogger("makegood")

LOOK: Final = 5.0
"""Seconds from one look to the next, at least."""
SHARE: Final = 20
"""A look that takes long is made more seldom: it has a twentieth of a processor."""
TURN: Final = 1.0
THREADS: Final = 32
"""For the database and for names that a resolver is slow to know: more than there are channels, as a rule."""


@contextmanager
def _kept_going(what: str, event: str) -> Iterator[None]:
    """Tell what failed, whatever it was: it is tried again, and ends nothing."""
    try:
        yield
    except MakegoodError as error:
        log.warning("%s: %s", what, error, extra={"event": event})
    except Exception:
        log.exception(what, extra={"event": event})


def _read(config: Path, environ: Mapping[str, str], last: Plan | None) -> Plan:
    try:
        return load_plan(config, environ=environ)
    except MakegoodError as error:
        if last is None:
            raise
        log.error("alerts go on as they were: %s", error, extra={"event": "alerts.not_reloaded"})
        return last


class Companion:
    """Everything that goes on beside the probing, over one configuration.

    `chance` gives numbers from 0 to 1, `token` what an alert is acknowledged with; `find` are the rules.
    `every` and `turn` are the seconds from one look, and from one round of deliveries, to the next. `last` is
    what goes on where the configuration cannot be used as it is written; None: then nothing does.
    """

    def __init__(
        self,
        config: Path,
        *,
        environ: Mapping[str, str],
        clock: Clock,
        chance: Callable[[], float],
        token: Callable[[], str],
        find: Find | None = None,
        every: float = LOOK,
        turn: float = TURN,
        last: Plan | None = None,
    ) -> None:
        self.plan: Plan = _read(config, environ, last)
        self._config, self._environ, self._clock, self._token = config, environ, clock, token
        self._find = find or remembering()
        self._every, self._turn = every, turn
        self._store = open_store(self.plan.settings.database)
        self._ways = Ways(environ)
        self._delivery = Delivery(self._store, self._ways.by_name(), clock.now, chance)
        self._switch = Switch()
        self._heard = Hearing()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._taken_by: Plan | None = None

    def read_again(self) -> None:
        """Take the configuration as it is now; what cannot be used is told, and what runs goes on."""
        try:
            self.plan = load_plan(self._config, environ=self._environ)
        except MakegoodError as error:
            log.error("alerts go on as they were: %s", error, extra={"event": "alerts.not_reloaded"})

    async def live(self, ended: asyncio.Event) -> None:
        """Until the event."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        working = [
            asyncio.create_task(each()) for each in (self._look, self._deliver, self._ping, self._take)
        ]
        await ended.wait()
        for task in (*working, *self._sending.values()):
            task.cancel()
        await asyncio.gather(*working, *self._sending.values(), return_exceptions=True)

    async def _look(self) -> None:
        await self._again_and_again("look", self._looked, "nothing could be looked at", "alerts.blind")

    async def _take(self) -> None:
        what = "our own incidents are no tickets yet"
        await self._again_and_again("take", self._took, what, "tickets.blind")

    async def _again_and_again(self, name: str, work: Callable[[], None], what: str, event: str) -> None:
        with ThreadPoolExecutor(1, thread_name_prefix=name) as own:
            while True:
                begun = self._clock.monotonic()
                with _kept_going(what, event):
                    await asyncio.get_running_loop().run_in_executor(own, work)
                await asyncio.sleep(max(self._every, SHARE * (self._clock.monotonic() - begun)))

    def _looked(self) -> None:
        if self.plan.alerting.is_wanted:
            look(self.plan, self._store, self._clock.now(), self._token, self._find, self._heard)

    def _took(self) -> None:
        """All of them by a configuration that is new, and those of late after that."""
        plan, now = self.plan, self._clock.now()
        if are_wanted(plan):
            take_own(self._store, plan, now, None if plan is not self._taken_by else now - LATELY)
        self._taken_by = plan

    async def _deliver(self) -> None:
        while True:
            with _kept_going("letters wait", "alerts.waits"):
                await self._send_what_is_due()
            await asyncio.sleep(self._turn)

    async def _send_what_is_due(self) -> None:
        """Every channel has a task of its own: one that hangs holds up no other."""
        for name, *_ in await asyncio.to_thread(self._store.alerts.channels):
            channel = self.plan.alerting.channels.get(name)
            if channel is None:
                await self._delivery.abandon(name)
            elif name not in self._sending or self._sending[name].done():
                self._sending[name] = asyncio.create_task(self._channel(channel))

    async def _channel(self, channel: Channel) -> None:
        with _kept_going(f"letters wait: {channel.id}", "alerts.waits"):
            while await self._delivery.deliver(self.plan, channel):
                pass

    async def _ping(self) -> None:
        while True:
            alerting = self.plan.alerting
            if alerting.ping is not None:
                with _kept_going("nobody outside was called", "ping.missed"):
                    url = self._ways.revealed(self.plan, alerting.ping, "alerts.ping")
                    await self._switch.turn(url, await asyncio.to_thread(self._pulse), self._clock.now())
            await asyncio.sleep(alerting.ping_every / 1_000)

    def _pulse(self) -> Pulse:
        with self._store.snapshot() as snapshot:
            return pulse(self.plan, snapshot, self._clock.now())

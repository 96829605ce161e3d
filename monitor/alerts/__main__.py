"""The companion: looks, tells, and calls the dead-man's switch, in a process of its own.

    python -m monitor.alerts CONFIG FORMAT

The daemon starts it and holds its standard input: a line has it read the configuration again, the end of it
ends it. Nothing that a receiver does, or does not, can be felt by a probe.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from monitor import logs
from monitor.alerts.deadman import Switch
from monitor.alerts.delivery import Delivery
from monitor.alerts.watchman import look
from monitor.alerts.ways import Ways
from monitor.clock import Clock, SystemClock
from monitor.config import load_plan
from monitor.config.alerting import Channel
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.errors import MakegoodError
from monitor.store import open_store

log = logging.getLogger("makegood")

LOOK: Final = 5.0
"""Seconds from one look to the next, at least."""
SHARE: Final = 20
"""A look that takes long is made more seldom: it has a twentieth of a processor."""
TURN: Final = 1.0
YIELDING: Final = 5


class Companion:
    """Everything that goes on beside the probing, over one configuration."""

    def __init__(self, config: Path, clock: Clock, chance: Callable[[], float]) -> None:
        self._config, self._clock = config, clock
        self.plan: Plan = load_plan(config, environ=os.environ)
        self._store = open_store(self.plan.settings.database)
        self._ways = Ways(os.environ)
        self._delivery = Delivery(self._store, self._ways.by_name(), clock.now, chance)
        self._switch = Switch()
        self._sending: dict[str, asyncio.Task[None]] = {}

    def read_again(self) -> None:
        """Take the configuration as it is now; what cannot be used is told, and what runs goes on."""
        try:
            self.plan = load_plan(self._config, environ=os.environ)
        except MakegoodError as error:
            log.error("alerts go on as they were: %s", error, extra={"event": "alerts.not_reloaded"})

    async def live(self, ended: asyncio.Event) -> None:
        """Until the event."""
        working = [asyncio.create_task(each()) for each in (self._look, self._deliver, self._ping)]
        await ended.wait()
        for task in (*working, *self._sending.values()):
            task.cancel()
        await asyncio.gather(*working, *self._sending.values(), return_exceptions=True)

    async def _look(self) -> None:
        while True:
            begun = self._clock.monotonic()
            try:
                await asyncio.to_thread(
                    look, self.plan, self._store, self._clock.now(), lambda: secrets.token_urlsafe(24)
                )
            except MakegoodError as error:
                log.warning("nothing could be looked at: %s", error, extra={"event": "alerts.blind"})
            except Exception:
                log.exception("nothing could be looked at", extra={"event": "alerts.blind"})
            await asyncio.sleep(max(LOOK, SHARE * (self._clock.monotonic() - begun)))

    async def _deliver(self) -> None:
        """Every channel has a task of its own: one that hangs holds up no other."""
        while True:
            channels = self.plan.alerting.channels
            for name, channel in channels.items():
                if name not in self._sending or self._sending[name].done():
                    self._sending[name] = asyncio.create_task(self._channel(channel))
            try:
                for name, _, _ in await asyncio.to_thread(self._store.alerts.channels):
                    if name not in channels:
                        await self._delivery.abandon(name)
            except MakegoodError as error:
                log.warning("letters wait: %s", error, extra={"event": "alerts.waits"})
            await asyncio.sleep(TURN)

    async def _channel(self, channel: Channel) -> None:
        try:
            while await self._delivery.deliver(self.plan, channel):
                pass
        except MakegoodError as error:
            log.warning("letters wait: %s: %s", channel.id, error, extra={"event": "alerts.waits"})
        except Exception:
            log.exception("letters wait: %s", channel.id, extra={"event": "alerts.waits"})

    async def _ping(self) -> None:
        while True:
            alerting = self.plan.alerting
            if alerting.ping is not None:
                try:
                    url = self._ways.revealed(self.plan, alerting.ping, "alerts.ping")
                    await self._switch.turn(url, await asyncio.to_thread(self._reached), self._clock.now())
                except MakegoodError as error:
                    log.warning("nobody outside was called: %s", error, extra={"event": "ping.missed"})
            await asyncio.sleep(alerting.ping_every / 1_000)

    def _reached(self) -> Ms | None:
        with self._store.snapshot() as snapshot:
            return snapshot.as_of(self._clock.now())


async def _until_left(companion: Companion) -> None:
    """Until our standard input ends; a line on it has the configuration read again."""
    ended = asyncio.Event()

    def heard() -> None:
        if os.read(0, 4_096):
            companion.read_again()
        else:
            ended.set()

    asyncio.get_running_loop().add_reader(0, heard)
    await companion.live(ended)


def main() -> int:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to us too; who started us decides
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    config, log_format = sys.argv[1:]
    logs.begin("json" if log_format == "json" else "text", sys.stderr)
    with suppress(OSError):
        os.nice(YIELDING)
    try:
        companion = Companion(Path(config), SystemClock(), random.random)
    except MakegoodError as error:
        log.error("nobody is told of alerts: %s", error, extra={"event": "alerts.blind"})
        return int(error.exit_code)
    asyncio.run(_until_left(companion))
    return 0


if __name__ == "__main__":
    sys.exit(main())

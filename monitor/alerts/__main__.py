"""The companion: looks, tells, and calls the dead-man's switch, in a process of its own.

    python -m monitor.alerts CONFIG FORMAT [DESCRIPTOR]

The daemon starts it and holds its standard input: a line has it read the configuration again, the end of it
ends it. From DESCRIPTOR comes the configuration that the daemon read last, for where it cannot be used as it
is written now. Nothing that a receiver does, or does not, can be felt by a probe.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import random
import secrets
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from monitor import logs
from monitor.alerts.companion import LOOK, Companion
from monitor.alerts.findings import findings
from monitor.alerts.watchman import Find
from monitor.clock import SystemClock
from monitor.config.plan import Plan
from monitor.errors import MakegoodError
from monitor.store.lock import telling

log = logging.getLogger("makegood")

YIELDING: Final = 5


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


def main(find: Find = findings, every: float = LOOK) -> int:
    """The process."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they reach a whole group; who started us decides
    config, log_format, *descriptors = sys.argv[1:]
    logs.begin("json" if log_format == "json" else "text", sys.stderr)
    with suppress(OSError):
        os.nice(YIELDING)
    try:
        companion = Companion(
            Path(config),
            environ=os.environ,
            clock=SystemClock(),
            chance=random.random,
            token=lambda: secrets.token_urlsafe(24),
            find=find,
            every=every,
            last=_handed_over(descriptors),
        )
    except MakegoodError as error:
        log.error("nobody is told of alerts: %s", error, extra={"event": "alerts.blind"})
        return int(error.exit_code)
    with telling(companion.plan.settings.database):
        asyncio.run(_until_left(companion))
    return 0


def _handed_over(descriptors: Sequence[str]) -> Plan | None:
    """The plan that whoever started us read last."""
    for each in descriptors:
        with os.fdopen(int(each), "rb") as file:
            found = pickle.load(file)  # noqa: S301  of our own parent, and of no file that anybody can write
            return found if isinstance(found, Plan) else None
    return None


if __name__ == "__main__":
    sys.exit(main())

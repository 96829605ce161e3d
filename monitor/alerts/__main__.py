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
from contextlib import suppress
from pathlib import Path
from typing import Final

from monitor import logs
from monitor.alerts.companion import LOOK, Companion
from monitor.alerts.findings import findings
from monitor.alerts.watchman import Find
from monitor.clock import SystemClock
from monitor.errors import MakegoodError

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
    config, log_format = sys.argv[1:]
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
        )
    except MakegoodError as error:
        log.error("nobody is told of alerts: %s", error, extra={"event": "alerts.blind"})
        return int(error.exit_code)
    asyncio.run(_until_left(companion))
    return 0


if __name__ == "__main__":
    sys.exit(main())

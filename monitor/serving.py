"""The daemon as a process: its loop, its signals, and for how long a thread may keep the interpreter."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from monitor import logs
from monitor.daemon import Daemon

LENT = 0.0005  # seconds that a thread may keep the interpreter from the prober; see store/courtesy.py, too


def run(
    config: Path,
    *,
    ack_fd: int | None = None,
    environ: Mapping[str, str] | None = None,
    log_format: logs.Format = "text",
) -> None:
    """Run the daemon until SIGTERM or SIGINT. Raises ConfigError or Held before anything is started."""
    lines = logs.begin(log_format, sys.stderr)
    sys.setswitchinterval(LENT)
    daemon = Daemon(
        config,
        environ=os.environ if environ is None else environ,
        ack_fd=ack_fd,
        lines=lines,
        log_format=log_format,
    )
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_until_told(daemon))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, which costs a probe a third less; the standard loop where there is none."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _until_told(daemon: Daemon) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    loop.add_signal_handler(signal.SIGHUP, daemon.reload)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # one that came during the start comes now
    await daemon.run()

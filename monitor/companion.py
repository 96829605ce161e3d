"""Keeps the companion that tells of alerts: started where there is anybody to tell, and again where it died.

It ends with us, whatever becomes of us: its standard input does. One that ended by itself, because it cannot
use the configuration as it is written now, is started again with the one that was read last.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from monitor.logs import Format

log = logging.getLogger("makegood")

AGAIN: Final = 5.0
"""Seconds until one that died is started again."""
PATIENCE: Final = 5.0
"""Seconds that it has to end in good order."""


class Companion:
    """At most one process; `follow` says whether there should be one."""

    def __init__(
        self, config: Path, log_format: Format, *, module: str = "monitor.alerts", again: float = AGAIN
    ) -> None:
        self._command = (sys.executable, "-m", module, str(config), log_format)
        self._again = again
        self._wanted = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._last: Callable[[], bytes] | None = None
        self._gave_up = False

    def follow(self, *, wanted: bool, last: Callable[[], bytes] | None = None) -> None:
        """What the configuration says now: start, end, or read it again.

        `last` gives it as it was read, pickled, for one that ended by itself.
        """
        self._last = last
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, RuntimeError):
                process.stdin.write(b"again\n") if wanted else process.stdin.close()
        if wanted:
            self._wanted.set()
        else:
            self._wanted.clear()

    async def keep(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await self._wanted.wait()
                ended = await self._lived()
                if self._wanted.is_set():
                    log.error(
                        "what tells of alerts ended (%s), and is started again", ended,
                        extra={"event": "alerts.died"},
                    )  # fmt: skip
                    await asyncio.sleep(self._again)
        finally:
            await self._end()

    async def _lived(self) -> str:
        """Start it, and wait for its end; how it ended."""
        try:
            with self._handed_over() as descriptors:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, *map(str, descriptors),
                    stdin=asyncio.subprocess.PIPE, pass_fds=descriptors,
                )  # fmt: skip
        except OSError as error:
            return str(error)
        code = await self._process.wait()
        self._process, self._gave_up = None, code > 0
        return f"exit code {code}"

    @contextmanager
    def _handed_over(self) -> Iterator[tuple[int, ...]]:
        """A descriptor to read the last configuration from, for one whose predecessor ended by itself."""
        if self._last is None or not self._gave_up:
            yield ()
            return
        with TemporaryFile() as file:
            file.write(self._last())
            file.seek(0)
            yield (file.fileno(),)

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return None if self._process is None else self._process.pid

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

"""Short work with the database, off the loop: two at once, so many wait, and nobody waits for long.

The threads are this room's own: a database that is locked takes none from anybody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

AT_ONCE: Final = 2
"""Errands that are run at a time."""
MOST: Final = 64
"""Errands that are not done yet at most."""
PATIENCE: Final = 5.0
"""Seconds that whoever asked waits at most."""

T = TypeVar("T")


class Busy(Exception):
    """It was not done in time, or too many wait. What was begun goes on, and may still come about."""


class Errands:
    """Runs what it is given in threads of its own, `at_once` at a time; `patience` is in seconds."""

    def __init__(self, *, most: int = MOST, patience: float = PATIENCE, at_once: int = AT_ONCE) -> None:
        self._most, self._patience, self._at_once = most, patience, at_once
        self._pool: ThreadPoolExecutor | None = None
        self._undone: set[asyncio.Future[Any]] = set()

    @property
    def undone(self) -> int:
        """Errands that are not done yet."""
        return len(self._undone)

    async def do(self, work: Callable[[], T]) -> T:
        """What it gives, and what it raises; Busy where too many wait, or it takes too long."""
        if len(self._undone) >= self._most:
            raise Busy
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix="hooks")
        doing = asyncio.get_running_loop().run_in_executor(self._pool, work)
        self._undone.add(doing)
        doing.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(doing)
        except TimeoutError:
            if doing.done():
                return doing.result()
            raise Busy from None

    async def close(self) -> None:
        """Wait a moment for what is being done, and do no more; safe to call twice."""
        pool, self._pool = self._pool, None
        if self._undone:
            await asyncio.wait(set(self._undone), timeout=self._patience)
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _done(self, doing: asyncio.Future[Any]) -> None:
        self._undone.discard(doing)
        with suppress(asyncio.CancelledError):
            doing.exception()  # whoever asked may have gone

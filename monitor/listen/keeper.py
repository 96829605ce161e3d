"""Calls on their way to the disk: what comes while one commit runs shares the next.

A call enters the book when it is durable, also where the caller has gone by then. One that could not be kept
is a fault of ours.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import Final

from monitor.core.calls import Away, Call
from monitor.core.checks import Reason
from monitor.listen.book import Book

MOST: Final = 10_000
"""Calls that wait for the disk at most."""

Submit = Callable[[Sequence[Call | Away]], "futures.Future[None]"]
"""Hands calls and absences to whoever writes; the future is done once they are durable."""

log = logging.getLogger(__name__)


class Keeper:
    """Keeps calls by `submit`, and enters them in the book."""

    def __init__(self, submit: Submit, book: Book) -> None:
        self._submit, self._book = submit, book
        self.waiting: list[tuple[Call, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, call: Call) -> bool:
        """Return once the call is durable; False where it could not be kept."""
        if len(self.waiting) >= MOST:
            self._book.lost(Reason.OWN_RESOURCE)
            return False
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.waiting.append((call, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())
        return await asyncio.shield(done)

    async def drain(self) -> None:
        """Return once nothing waits any more."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _write(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting, []
            kept = await self._written([call for call, _ in batch])
            for call, done in batch:
                if kept:
                    self._book.receive(call)
                if not done.done():
                    done.set_result(kept)

    async def _written(self, calls: Sequence[Call]) -> bool:
        try:
            await asyncio.wrap_future(self._submit(calls))
        except Exception as error:  # noqa: BLE001 - whatever keeps a call from the disk, its job is not charged
            log.error(
                "%d calls of jobs could not be kept, and were refused: %s", len(calls), error,
                extra={"event": "calls.refused"},
            )  # fmt: skip
            self._book.lost(Reason.OWN_RESOURCE)
            return False
        return True

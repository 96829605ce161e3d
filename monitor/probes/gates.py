"""Gates: how many attempts may be at one host at a time. A host that hangs holds up its own endpoints only.

Without them the endpoints of one dead host could hold every place of the monitor, and a healthy target would
wait for one. Waiting here comes before an attempt's timer starts, and before a place of ours is asked for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.config.endpoint import Endpoint, host_of


class Gates:
    """At most `most` attempts at each host; who waits goes in the order of coming."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def through(self, endpoint: Endpoint) -> AsyncIterator[None]:
        """Wait for a place at the endpoint's host; leave the block to give it back."""
        host = host_of(endpoint.target)
        await self._enter(host)
        try:
            yield
        finally:
            self._leave(host)

    async def _enter(self, host: str) -> None:
        if self._inside.get(host, 0) < self._most:
            self._inside[host] = self._inside.get(host, 0) + 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(host, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave(host)  # the place was handed over at the moment of the cancellation
            raise

    def _leave(self, host: str) -> None:
        """Hand the place to who waits longest, or give it up."""
        waiting = self._waiting.get(host, deque())
        while waiting:
            place = waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._waiting.pop(host, None)
        self._inside[host] -= 1
        if not self._inside[host]:
            del self._inside[host]

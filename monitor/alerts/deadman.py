"""The dead-man's switch: somebody outside is called while the monitor measures, and tells when the calls end.

A call is made only where evidence is on disk that is newer than that of the last call, and fresh: a process
that lives and measures nothing is as good as dead.
"""

from __future__ import annotations

import logging
from typing import Final

import aiohttp

from monitor.core.intervals import SECOND, Ms

log = logging.getLogger("makegood")

FRESH: Final[Ms] = 30 * SECOND
WHOLE: Final = 10.0


class Switch:
    """One address. It remembers up to where evidence was when it was called last."""

    def __init__(self) -> None:
        self._called: Ms | None = None
        self._well = True

    async def turn(self, url: str, reached: Ms | None, now: Ms) -> bool:
        """Call, where `reached`, the newest evidence on disk, is new and fresh; whether it was called."""
        if reached is None or now - reached > FRESH or reached == self._called:
            self._tell("nothing new was measured: who waits for our call will miss it")
            return False
        try:
            timeout = aiohttp.ClientTimeout(total=WHOLE)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                response.raise_for_status()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._tell(f"the address of [alerts] ping could not be called ({type(error).__name__})")
            return False
        self._called, self._well = reached, True
        return True

    def _tell(self, what: str) -> None:
        """Once, until it goes well again."""
        if self._well:
            log.warning(what, extra={"event": "ping.missed"})
        self._well = False

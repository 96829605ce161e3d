"""A page on loopback, a configuration that probes it, and a daemon that stops when it has seen enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from monitor.companion import Companion
from monitor.core.checks import Check, Gap
from monitor.daemon import Daemon

CONFIG = """
[monitor]
database = "test.db"
reports = "out"

[endpoint.page]
url = "{url}"
interval = "1s"
timeout = "500ms"
"""


async def _page(_: web.Request) -> web.Response:
    return web.Response(text="here")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/", _page)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/"))
    await server.close()


@pytest.fixture
def config(tmp_path: Path, url: str) -> Path:
    path = tmp_path / "makegood.toml"
    path.write_text(CONFIG.format(url=url))
    return path


class Life:
    """One run of a daemon in this loop; `when` is called with all records so far after each commit."""

    def __init__(
        self,
        config: Path,
        when: Callable[[Sequence[Check | Gap]], bool],
        *,
        ack_fd: int | None = None,
        environ: Mapping[str, str] | None = None,
        companion: Companion | None = None,
    ) -> None:
        self.records: list[Check | Gap] = []
        self._when, self._loop = when, asyncio.get_running_loop()
        self.reached = asyncio.Event()
        self.daemon = Daemon(
            config, environ=environ or {}, ack_fd=ack_fd, on_records=self._seen, companion=companion
        )

    def _seen(self, records: Sequence[Check | Gap]) -> None:
        self.records += records
        if self._when(self.records):
            self._loop.call_soon_threadsafe(self.reached.set)

    async def seen(self, when: Callable[[Sequence[Check | Gap]], bool]) -> None:
        """Return once this holds of the records so far."""
        self._when = when
        self.reached.clear()
        if not when(self.records):
            await asyncio.wait_for(self.reached.wait(), 20)

    async def until_reached(self) -> None:
        """Run until the condition holds, then stop in good order."""
        running = asyncio.create_task(self.daemon.run())
        reached = asyncio.create_task(self.reached.wait())
        await asyncio.wait({running, reached}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        reached.cancel()
        self.daemon.stop()
        await running
        assert self.reached.is_set(), "the daemon ended before what was waited for"


@pytest.fixture
def life() -> type[Life]:
    return Life

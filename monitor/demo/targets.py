"""Small real services on loopback: a shop that fails on a schedule, a slow search, payments.

They run in a thread with an event loop of their own, so that they cost the prober's loop nothing. A service
that is down has closed its listening socket: a connection is refused, as when a process has died.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable

from aiohttp import web

from monitor.records import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Down for `lasting` seconds in every `every` seconds, `offset` seconds in for the first time."""

    every: float
    offset: float
    lasting: float

    def until_next(self, elapsed: float) -> float:
        """Seconds from `elapsed` to the start of the next failure."""
        return (self.offset - elapsed) % self.every


class Targets:
    """A context manager: `ports` maps shop, search and payments to where they listen."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._sockets = {name: _listening() for name in ("shop", "search", "payments")}
        self.ports: dict[str, int] = {name: s.getsockname()[1] for name, s in self._sockets.items()}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="demo-targets", daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()

    def __enter__(self) -> Targets:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _serve(self) -> None:
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        runners = {
            "shop": await _runner("Welcome to the shop: checkout is open", 0.004),
            "search": await _runner("3 results", 0.35),
            "payments": await _runner("payments ready", 0.002),
        }
        sites = {name: web.SockSite(runner, self._sockets[name]) for name, runner in runners.items()}
        for site in sites.values():
            await site.start()
        failing = asyncio.create_task(self._fail(runners["shop"], sites["shop"]))
        self._ready.set()
        await self._stop.wait()
        failing.cancel()
        await asyncio.gather(failing, return_exceptions=True)
        for runner in runners.values():
            await runner.cleanup()

    async def _fail(self, runner: web.AppRunner, site: web.BaseSite) -> None:
        started = self._loop.time()
        while True:
            await asyncio.sleep(
                self._schedule.until_next(self._loop.time() - started) or self._schedule.every
            )
            await site.stop()
            await asyncio.sleep(self._schedule.lasting)
            site = web.TCPSite(runner, HOST, self.ports["shop"], reuse_address=True)
            await site.start()


def _listening() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, 0))
    return listener


async def _runner(text: str, delay: float) -> web.AppRunner:
    app = web.Application()
    app.router.add_get("/", _page(text, delay))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    return runner


def _page(text: str, delay: float) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def page(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(delay)
        return web.Response(text=text)

    return page

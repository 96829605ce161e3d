"""Real receivers on loopback: a webhook that answers as it is told to, and alerts that wait for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from monitor.core.intervals import Ms
from monitor.store.protocol import AlertChange, NewAlert, NewLetter, Step, Store

T0: Ms = 1_790_000_000_000

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Got:
    """One request as it came."""

    key: str
    signature: str
    body: bytes
    headers: dict[str, str]

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def titles(self) -> list[str]:
        return [f"{each['step']} {each['title']}" for each in self.data["alerts"]]


@dataclass
class Webhook:
    """Takes the answers one after the other, the last one for ever; `got` is what came."""

    answers: list[Answer] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    url: str = ""
    _server: TestServer | None = None

    async def start(self, port: int | None = None) -> Webhook:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._server = TestServer(app, port=port)
        await self._server.start_server()
        self.url = str(self._server.make_url("/hook"))
        return self

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.port or 0)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close()
            self._server = None

    async def _take(self, request: web.Request) -> web.StreamResponse:
        key, sign = request.headers["Idempotency-Key"], request.headers.get("Makegood-Signature", "")
        self.got.append(Got(key, sign, await request.read(), dict(request.headers)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0] if self.answers else said()
        return await answer(request)


def said(status: int = 200, text: str = "ok", **headers: str) -> Answer:
    """Answers with this."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, text=text, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return answer


async def hangs(_: web.Request) -> web.StreamResponse:
    """Takes the request, and never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Takes the request, and closes the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def never_ends(request: web.Request) -> web.StreamResponse:
    """Says yes, and goes on talking."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(10_000):
        await response.write(b"x" * 65_536)
    return response


async def takes_its_time(request: web.Request) -> web.StreamResponse:
    """Says yes in its head, and its words never come."""
    response = web.StreamResponse()
    await response.prepare(request)
    await asyncio.Event().wait()
    return response


def raise_(store: Store, service: str, *channels: str, at: Ms = T0, step: Step = "raised") -> int:
    """An alert with its letters; its number."""
    new = NewAlert(
        "down", "down", f"{service}/1", "page", at, at, f"{service} is down", f"the-token-of-{service}",
        ("timeout",), service, f"{service}/1",
    )  # fmt: skip
    letters = tuple(NewLetter(step, channel, at) for channel in channels)
    store.alerts.record([AlertChange(new=new, told=at, letters=letters)])
    found = store.alerts.by_token(f"the-token-of-{service}")
    assert found is not None
    return found.seq


def over(store: Store, seq: int, *channels: str, at: Ms) -> None:
    """It is over, and that is told."""
    letters = tuple(NewLetter("over", channel, at) for channel in channels)
    store.alerts.record([AlertChange(seq=seq, ended=at, letters=letters)])

"""Hooks behind a door on loopback, over alerts and metrics that a dictionary keeps."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field, replace
from fractions import Fraction

from monitor.clock import Clock
from monitor.core.intervals import Ms
from monitor.errors import MakegoodError
from monitor.listen.answers import Deliveries, Pushed, Shown
from monitor.listen.door import Door, Limits
from monitor.listen.errands import Errands
from monitor.listen.hooks import Hooks
from tests.listen.conftest import START, HandClock, all_of, parted

LINK = "QWxlcnRzLWZvci10ZXN0cy1vbmx5LTAx"
OVER = "QWxlcnRzLWZvci10ZXN0cy1vbmx5LTAy"
BEARER = "cHVzaC1mb3ItdGVzdHMtb25seQ"
TITLE = "Checkout is down since 10:13:20"


@dataclass
class Kept:
    """What is there: alerts by token, values by metric and id. It refuses, or waits, where it is told to."""

    alerts: dict[str, Shown] = field(default_factory=lambda: {
        LINK: Shown(TITLE, START), OVER: Shown("Search is slow", START, ended=START + 60_000)
    })  # fmt: skip
    values: dict[tuple[str, str], tuple[Ms, Fraction]] = field(default_factory=dict)
    refuses: bool = False
    gate: threading.Event | None = None
    asked: int = 0

    def _enter(self) -> None:
        self.asked += 1
        if self.gate is not None:
            self.gate.wait(30)
        if self.refuses:
            raise MakegoodError("the database is locked")

    def shown(self, token: str, now: Ms) -> Shown | None:
        self._enter()
        return self.alerts.get(token)

    def acknowledge(self, token: str, who: str, now: Ms) -> Shown | None:
        self._enter()
        found = self.alerts.get(token)
        if found is not None and found.acknowledged is None and found.ended is None:
            found = self.alerts[token] = replace(found, acknowledged=now, by=who)
        return found

    def push(self, name: str, value: Fraction, at: Ms | None, id: str | None, now: Ms) -> Pushed:
        self._enter()
        moment = now if at is None else at
        key = (name, id or str(moment))
        if key not in self.values:
            self.values[key] = (moment, value)
            return "kept"
        there, same = self.values[key]
        return "known" if same == value and at in (None, there) else "contradicted"


class Hatch:
    """The listener, and clients of it."""

    def __init__(
        self,
        limits: Limits | None = None,
        clock: Clock | None = None,
        errands: Errands | None = None,
        deliveries: Deliveries | None = None,
    ) -> None:
        self.kept, self.clock = Kept(), clock or HandClock(wall=START + 3_600_000)
        self.hooks = Hooks(self.kept, self.clock, errands, deliveries, errands)
        self.hooks.know({"payments": BEARER}, "Europe/Berlin")
        self.door = Door(self.hooks.handle, limits)

    async def __aenter__(self) -> Hatch:
        self.door.bind("127.0.0.1", 0, key="hooks")
        await self.door.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.door.close()
        await self.hooks.close()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.door.port)

    async def send(self, raw: bytes) -> bytes:
        """Everything that comes back for these bytes until the other side closes."""
        reader, writer = await self.connect()
        try:
            writer.write(raw)
            return await all_of(reader)
        finally:
            writer.close()

    async def raw(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """The whole answer."""
        named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: makegood.example\r\n{named}{length}\r\n"
        return await self.send(head.encode() + body)

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        return parted(await self.raw(method, path, body, **headers))

    async def push(
        self, body: object, name: str = "payments", token: str = BEARER, **headers: str
    ) -> tuple[int, dict[str, object]]:
        """The status and the object of an answer; `body` is text, or what becomes JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        kind = {} if isinstance(body, str) else {"Content_Type": "application/json"}
        status, said = await self.ask(
            "POST", f"/metric/{name}", text.encode(), Authorization=f"Bearer {token}", **kind, **headers
        )
        return status, json.loads(said)

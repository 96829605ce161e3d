"""Servers that are probed, in a process of their own, told through its standard input what to do.

    python -m tests.simulation.real.targets

A line in is a JSON list, a word and what belongs to it; a line out answers it, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.real.names import NameServer

PAGE = (
    b"HTTP/1.1 {status} {word}\r\nServer: target\r\nDate: {date}\r\nContent-Type: text/plain\r\n"
    b"Connection: close\r\nContent-Length: {length}\r\n{more}\r\n"
)
GENUINE = "the genuine page"


@dataclass
class Target:
    """One address that is served; `way` is how at present."""

    host: str
    port: int
    certificate: str | None
    way: str = "serve"
    value: str = ""
    date: str = "Thu, 01 Jan 2026 00:00:00 GMT"
    server: asyncio.Server | None = None
    met: int = 0
    open: set[asyncio.Transport] = field(default_factory=set)

    async def listen(self) -> int:
        context = None
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: Answering(self), self.host, self.port, ssl=context, reuse_address=True, backlog=1_000
        )
        self.port = self.server.sockets[0].getsockname()[1]
        return self.port

    async def close(self) -> None:
        """Refuse connections from now on, and end those that there are."""
        if self.server is not None:
            self.server.close()
            self.server = None
        for transport in tuple(self.open):
            transport.abort()

    async def turn(self, way: str, value: str) -> None:
        """Serve in this way from now on: serve, closed, silent, status, slow, stumbles, or portal."""
        self.way, self.value = way, value
        if way == "closed":
            await self.close()
        elif self.server is None:
            await self.listen()


class Answering(asyncio.Protocol):
    """A connection: whatever comes is taken for a request."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._target.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._target.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        target = self._target
        target.met += 1
        if target.way == "silent":
            return
        if target.way == "slow":
            asyncio.get_running_loop().call_later(float(target.value), self._answer)
        elif target.way == "stumbles" and target.met % 3 == 0 and self._transport is not None:
            self._transport.abort()
        else:
            self._answer()

    def _answer(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(page(self._target))
        self._transport.close()


def page(target: Target) -> bytes:
    """What a target answers."""
    status, text, more = "200", GENUINE, ""
    if target.way == "status":
        status, text = "503", "not now"
    elif target.way == "portal":
        status, text = target.value, "please log in"
        more = "Location: http://portal.invalid/\r\n" if status == "302" else ""
    values = {"status": status, "word": "Said", "date": target.date, "length": str(len(text)), "more": more}
    head = PAGE.decode()
    for name, value in values.items():
        head = head.replace("{" + name + "}", value)
    return (head + text).encode()


class Desk:
    """What can be told."""

    def __init__(self) -> None:
        self._targets: dict[str, Target] = {}
        self._names: NameServer | None = None

    async def listen(self, name: str, host: str, port: int, certificate: str | None) -> object:
        target = self._targets[name] = Target(host, port, certificate)
        return await target.listen()

    async def way(self, name: str, way: str, value: str = "") -> object:
        await self._targets[name].turn(way, value)
        return None

    async def date(self, text: str) -> object:
        for target in self._targets.values():
            target.date = text
        return None

    async def met(self, name: str) -> object:
        """How many requests this target has met."""
        return self._targets[name].met

    async def names(self, host: str, zone: dict[str, list[str]]) -> object:
        loop = asyncio.get_running_loop()
        self._names = NameServer(zone)
        await loop.create_datagram_endpoint(lambda: self._names, (host, 53), family=socket.AF_INET)
        return None

    async def name_server(self, way: str) -> object:
        """Answer look-ups in this way: answer, silent, servfail or nothing."""
        assert self._names is not None
        self._names.way = way
        return None


async def main() -> None:
    with contextlib.suppress(PermissionError):
        os.nice(-10)  # a load of the machine is to be the monitor's trouble, not theirs
    desk = Desk()
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop.add_reader(sys.stdin.fileno(), _reader(lines))
    while line := await lines.get():
        word, *rest = json.loads(line)
        try:
            answer = await getattr(desk, word)(*rest)
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


def _reader(lines: asyncio.Queue[str]) -> Callable[[], None]:
    kept = bytearray()

    def read() -> None:
        data = os.read(sys.stdin.fileno(), 65_536)
        kept.extend(data)
        while b"\n" in kept:
            line, _, rest = kept.partition(b"\n")
            kept[:] = rest
            lines.put_nowait(line.decode())
        if not data:
            lines.put_nowait("")

    return read


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())

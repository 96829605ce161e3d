"""What a hostile row is, and how one is served on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from monitor.config.endpoint import Endpoint, How, Http, Tcp
from monitor.core.checks import Confirmation, Expectation, Reason
from monitor.probes.tcp import LONGEST_ANSWER
from monitor.probes.wire import CHUNKS, HEADER_BYTES

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

TIMEOUT = 400
"""ms that an attempt has: enough for loopback, and little for what never ends."""
PIECE = 262_144
"""Bytes that a loop takes from a socket at once: with the last piece an answer may be enough, or too much."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of server. `reason` is the verdict that is right; `numbers` are its rows in the catalogue.

    `tls` says that it is asked over TLS with a good certificate.
    """

    name: str
    numbers: str
    serve: Handler
    reason: Reason
    expectation: Expectation = field(default_factory=Expectation)
    how: How = field(default_factory=Http)
    tls: bool = False
    scheme: str = "http"
    path: str = "/"

    def most(self) -> int:
        """Bytes that a probe may read of all that is sent, by the limits that each kind sets itself."""
        if isinstance(self.how, Tcp):
            return LONGEST_ANSWER
        if not isinstance(self.how, Http):
            return 0  # of what is said after a handshake
        looked_at = self.expectation != Expectation()
        body = max(self.how.body_limit, CHUNKS * len(b"1\r\na\r\n")) if looked_at else 0
        requests = self.how.redirects + 1 if self.reason is Reason.REDIRECT_LOOP else 1
        return requests * (HEADER_BYTES + body) + PIECE


@dataclass
class Served:
    """A row that is served: its port, and what the server got rid of."""

    row: Row
    port: int
    server: asyncio.Server
    sent: int = 0
    busy: set[asyncio.Task[None]] = field(default_factory=set)

    def endpoint(self, interval: int = 1_000, timeout: int = TIMEOUT) -> Endpoint:
        """How the row is asked."""
        where = f"{'localhost' if self.row.tls else '127.0.0.1'}:{self.port}"
        scheme = "https" if self.row.tls else self.row.scheme
        target = f"{scheme}://{where}{self.row.path}" if isinstance(self.row.how, Http) else where
        return Endpoint(
            id=self.row.name.replace(" ", "-"),
            target=target,
            interval=interval,
            timeout=timeout,
            expectation=self.row.expectation,
            confirmation=Confirmation(1, 1),
            how=self.row.how,
        )

    async def close(self) -> None:
        """Let go of everybody."""
        self.server.close()
        for task in list(self.busy):
            task.cancel()
        if self.busy:
            await asyncio.wait(self.busy, timeout=1)


async def serve(row: Row, context: ssl.SSLContext | None = None) -> Served:
    """Serve a row on a port of its own."""
    served: Served | None = None

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert served is not None
        assert task is not None
        served.busy.add(task)
        counted = _Counted(writer, served)
        try:
            with contextlib.suppress(OSError, ssl.SSLError, EOFError, asyncio.CancelledError):
                await row.serve(reader, counted)  # type: ignore[arg-type]
        finally:
            served.busy.discard(task)
            writer.transport.abort() if counted.rude else writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context if row.tls else None)
    served = Served(row, server.sockets[0].getsockname()[1], server)
    return served


class _Counted:
    """A writer that counts what it hands to the system. `rude`: the connection is reset at the end."""

    def __init__(self, writer: asyncio.StreamWriter, served: Served) -> None:
        self._writer, self._served = writer, served
        self.rude = False

    def write(self, data: bytes) -> None:
        self._served.sent += len(data)
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    def get_extra_info(self, name: str) -> object:
        return self._writer.get_extra_info(name)

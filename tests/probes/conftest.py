"""Real servers on loopback, and a test authority for TLS."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, fields, replace

import pytest
import trustme
import uvloop

from monitor.config.endpoint import Endpoint, Http
from monitor.core.checks import Confirmation, Expectation, Facts
from monitor.probes import PROBES, Network

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HTTP = {each.name for each in fields(Http)}
ENDPOINT = Endpoint(
    id="shop",
    target="http://127.0.0.1:1/",
    interval=60_000,
    timeout=2_000,
    expectation=Expectation(),
    confirmation=Confirmation(),
)


@dataclass
class Servers:
    """Servers of one test. `requests` holds the heads of the requests that arrived, in order."""

    requests: list[str] = field(default_factory=list)
    _servers: list[asyncio.Server] = field(default_factory=list)
    _busy: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(
        self, handler: Handler, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> int:
        """Serve connections with `handler`; the port."""
        server = await asyncio.start_server(self._kept(handler), host, 0, ssl=tls)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def answering(self, *answers: bytes, tls: ssl.SSLContext | None = None) -> int:
        """Read a request, send the next of the answers (the last one again and again), close."""
        left = list(answers)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()

        return await self.start(answer, tls=tls)

    def _kept(self, handler: Handler) -> Handler:
        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._busy.add(task)
            try:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    await handler(reader, writer)
            finally:
                self._busy.discard(task)
                writer.close()
                with contextlib.suppress(OSError, ssl.SSLError):
                    await writer.wait_closed()

        return keep

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._busy):
            task.cancel()
        if self._busy:
            await asyncio.wait(self._busy, timeout=1)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Probes do the same on the standard loop and on the one that the daemon runs on where it can."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def servers() -> AsyncIterator[Servers]:
    running = Servers()
    yield running
    await running.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that the `network` trusts."""
    return trustme.CA()


@pytest.fixture
async def network(authority: trustme.CA) -> AsyncIterator[Network]:
    async with Network(trust=authority.configure_trust) as opened:
        yield opened


@pytest.fixture
def tls_of() -> Callable[[trustme.LeafCert], ssl.SSLContext]:
    """A server's context for a certificate."""

    def make(certificate: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    return make


Ask = Callable[..., Awaitable[Facts]]


@pytest.fixture
def ask(network: Network) -> Ask:
    """Probe once: `await ask("http://…", timeout=300)`; what is given replaces the good endpoint's.

    Another kind is asked by its own table, `how=Tcp()`; what belongs to http may be given alone.
    """

    async def probe(target: str, **changes: object) -> Facts:
        http = {key: changes.pop(key) for key in HTTP if key in changes}
        how = changes.pop("how", Http(**http))  # type: ignore[arg-type]
        endpoint = replace(ENDPOINT, target=target, how=how, **changes)  # type: ignore[arg-type]
        return await PROBES[endpoint.kind](endpoint, network)

    return probe


@pytest.fixture
def good() -> Endpoint:
    """An endpoint that is right in every way; a test changes one thing."""
    return ENDPOINT


@pytest.fixture
def blackhole() -> Iterator[tuple[str, int]]:
    """An address that takes packets and answers none: a listener whose queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.2", 0))
        listener.listen(0)
        where = listener.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(where)
        yield where

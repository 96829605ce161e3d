"""The door: HTTP for strangers. aiohttp serves, and this bounds what it would wait for without end.

A connection carries one request. Its head must be complete within a deadline, whoever is too slow or says
too much is told so and shown out, and no connection lives longer than half a minute. There are so many
places, and so many for one address; when all are taken, the one that waits longest for a request gives way.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, Any, Final, cast

from monitor.errors import ConfigError
from monitor.records import dataclass

if TYPE_CHECKING:  # ten megabytes, which only who listens pays for
    from aiohttp import web

Handle = Callable[["web.BaseRequest"], Awaitable["web.StreamResponse"]]

BODY: Final = 4_096
"""Bytes of a body at most, where nothing else is said."""
BACKLOG: Final = 1_024
AT_ONCE: Final = 8
"""Connections that are let in before those who are in are heard."""
YOUNG: Final = 1.0
"""Seconds after which whoever has not asked is not about to."""

_quiet = logging.getLogger(
    "makegood.listen.quiet"
)  # aiohttp quotes requests in its messages, tokens included
_quiet.setLevel(logging.CRITICAL + 1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Places, places for one address, seconds for a request's head and for all of it, and bytes of each.

    `taken` are those of the head, and of all of a request whose body is no larger than `BODY`.
    """

    places: int = 128
    places_each: int = 64
    patience: float = 10.0
    life: float = 30.0
    taken: int = 16_384
    body: int = BODY

    @property
    def most(self) -> int:
        """Bytes of a request at most."""
        return self.taken + self.body - BODY

    @classmethod
    def within(cls, files: int) -> Limits:
        """The ordinary limits where a process may open so many files: an eighth of these at most."""
        places = max(8, min(cls().places, files // 8))
        return cls(places, max(4, places // 2))


@dataclass(slots=True)
class Visits:
    """Connections since the start."""

    made: int = 0
    turned_away: int = 0
    too_slow: int = 0
    too_much: int = 0


class Door:
    """Listens at one address.

    `turned_away` is called for each connection that found no place, unless its own address had too many.
    """

    def __init__(
        self, handle: Handle, limits: Limits | None = None, *, turned_away: Callable[[], None] = lambda: None
    ) -> None:
        self.limits = limits or Limits()
        self.visits = Visits()
        self._handle, self._turned_away = handle, turned_away
        self._guests: dict[asyncio.BaseTransport, _Guest] = {}
        self._from: Counter[str] = Counter()
        self._http: web.Server | None = None
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None

    def bind(self, host: str, port: int, *, key: str) -> None:
        """Take the address; who connects waits. ConfigError, naming the key, where it cannot be had."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        both = host == "::" and socket.has_dualstack_ipv6()
        try:
            self._socket = socket.create_server(
                (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both
            )
        except OSError as error:
            raise ConfigError(_refusal(error, host, port, key)) from None

    def unbind(self) -> None:
        """Let nobody in any more; safe to call twice."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        taken, self._socket = self._socket, None
        if taken is not None:
            taken.close()

    async def open(self) -> None:
        """Serve whoever waits, and whoever comes. RuntimeError before `bind`."""
        if self._socket is None:
            raise RuntimeError("the door has no address yet")
        from aiohttp import web

        self._http = web.Server(
            self._serve,
            request_factory=self._request,
            access_log=None,
            logger=_quiet,
            tcp_keepalive=False,
            keepalive_timeout=0.0,
            lingering_time=1.0,
            max_line_size=4_096,
            max_field_size=4_096,
            auto_decompress=False,
        )
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.guest, sock=self._socket, backlog=AT_ONCE)
        self._socket.listen(BACKLOG)  # asyncio takes one number for both

    @property
    def port(self) -> int:
        """The port that is listened at."""
        if self._socket is None:
            raise RuntimeError("the door has no address")
        return int(self._socket.getsockname()[1])

    @property
    def guests(self) -> int:
        """Connections that are open now."""
        return len(self._guests)

    async def close(self) -> None:
        """Let nobody in any more, and let those who are in be served; safe to call twice."""
        self.unbind()
        if self._http is not None:
            await self._http.shutdown(2.0)
        for transport in list(self._guests):
            cast(asyncio.Transport, transport).abort()

    def guest(self) -> asyncio.Protocol:
        """What one connection is received by."""
        return _Guest(self)

    # -- what a guest asks of the door

    def enter(self, guest: _Guest) -> asyncio.Protocol | None:
        """A place for this connection, and who serves it; None where there is none."""
        self.visits.made += 1
        greedy = self._from[guest.address] >= self.limits.places_each
        if greedy or self._is_full():
            self._make_room(guest.address if greedy else None)
        greedy = self._from[guest.address] >= self.limits.places_each
        if greedy or self._is_full() or self._http is None:
            self.visits.turned_away += 1
            if not greedy:
                self._turned_away()
            return None
        self._guests[guest.transport] = guest
        self._from[guest.address] += 1
        return self._http()

    def leave(self, guest: _Guest) -> None:
        """The connection is gone, or as good as gone."""
        if self._guests.pop(guest.transport, None) is not None:
            self._from[guest.address] -= 1
            if not self._from[guest.address]:
                del self._from[guest.address]

    def _is_full(self) -> bool:
        return len(self._guests) >= self.limits.places

    def _make_room(self, address: str | None) -> None:
        """Show out the guest (of this address, if one is named) that waits longest without having asked."""
        guests = (guest for guest in self._guests.values() if address in (None, guest.address))
        idle = next((guest for guest in guests if not guest.asked), None)
        if idle is not None:
            self.visits.too_slow += 1
            if address is None and idle.is_young():
                self._turned_away()
            self.leave(idle)
            idle.transport.abort()

    # -- what aiohttp asks

    def _request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        from aiohttp import web

        loop = asyncio.get_running_loop()
        return web.BaseRequest(
            message, payload, protocol, writer, task, loop, client_max_size=self.limits.body
        )

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        guest = self._guests.get(cast(asyncio.BaseTransport, request.transport))
        if guest is not None:
            guest.has_asked()
        response = await self._answer(request)
        response.force_close()
        response.headers["Server"] = "makegood"
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if not request.raw_path.startswith("/"):
            return said(400, "ask for a path, and not for an address: this is no proxy")
        if request.version < (1, 1) or "Host" not in request.headers:
            return said(400, "speak HTTP/1.1, with a Host")
        if "Transfer-Encoding" in request.headers:
            return said(411, "send the body with its Content-Length, not in chunks")
        if (request.content_length or 0) > self.limits.body:
            return said(413, f"a body has at most {self.limits.body} bytes here")
        try:
            return await self._handle(request)
        except Exception as error:  # noqa: BLE001 - its text may quote the request
            places = "".join(traceback.format_tb(error.__traceback__))
            log.error(
                "%s while a request was served; this is a fault in Makegood\n%s",
                type(error).__name__,
                places,
                extra={"event": "listener.fault"},
            )
            return said(500, "a fault of ours: call again")


class _Guest(asyncio.Protocol):
    """One connection: passes on to aiohttp what comes in time and in measure."""

    __slots__ = (
        "_door", "_headed", "_inner", "_since", "_tail", "_taken", "_timer", "address", "asked", "transport",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, door: Door) -> None:
        self._door = door
        self._inner: asyncio.Protocol | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._taken = 0
        self._tail = b""
        self._headed = False
        self._since = 0.0
        self.address = ""
        self.asked = False

    def is_young(self) -> bool:
        """Whether it may be about to ask."""
        return asyncio.get_running_loop().time() - self._since < YOUNG

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._since = asyncio.get_running_loop().time()
        self.transport = cast(asyncio.Transport, transport)
        self.address = who(transport.get_extra_info("peername"))
        self._inner = self._door.enter(self)
        if self._inner is None:
            self._show_out(503, "Service Unavailable", "too many are calling at once: call again in a minute")
            return
        self._inner.connection_made(transport)
        self._wait(self._door.limits.patience, self._too_slow)

    def data_received(self, data: bytes) -> None:
        self._taken += len(data)
        if self._inner is None:
            return
        if self._is_in_measure(data):
            self._inner.data_received(data)
        elif not self.asked:
            self._door.visits.too_much += 1
            self._show_out(431, "Request Header Fields Too Large", "the request is too large")

    def _is_in_measure(self, data: bytes) -> bool:
        """Whether the head is no longer than heads are, and all of it no larger than a request."""
        limits, head = self._door.limits, 0
        if not self._headed:
            joined = self._tail + data
            end = joined.find(b"\r\n\r\n")
            self._headed, self._tail = end >= 0, joined[-3:]
            head = self._taken if end < 0 else self._taken - len(joined) + end
        return head <= limits.taken and self._taken <= limits.most

    def eof_received(self) -> bool | None:
        return None if self._inner is None else self._inner.eof_received()

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._door.leave(self)
        if self._inner is not None:
            self._inner.connection_lost(error)

    def has_asked(self) -> None:
        """The head of the request is complete."""
        self.asked = True
        self._wait(self._door.limits.life - self._door.limits.patience, self.transport.abort)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def _too_slow(self) -> None:
        self._door.visits.too_slow += 1
        self._show_out(408, "Request Timeout", "the request did not come in time")

    def _show_out(self, status: int, phrase: str, sentence: str) -> None:
        """Answer without aiohttp, and close; the place is free at once."""
        self._door.leave(self)
        inner, self._inner = self._inner, None
        body = f"{sentence}\n"
        self.transport.write(
            f"HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        if inner is not None:
            inner.connection_lost(None)
        self.transport.close()
        self._wait(1.0, self.transport.abort)


def said(status: int, sentence: str, **headers: str) -> web.Response:
    """A short answer in words."""
    from aiohttp import web

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, text=f"{sentence}\n", headers=named)


def who(peer: object) -> str:
    """Who connects: an IPv4 address, or the /64 that an IPv6 address lies in."""
    found = ip_address(str(peer[0]).split("%")[0]) if isinstance(peer, tuple) and peer else None
    if found is None:
        return ""
    if isinstance(found, IPv4Address):
        return str(found)
    return found.exploded[:19] if found.ipv4_mapped is None else str(found.ipv4_mapped)


def _refusal(error: OSError, host: str, port: int, key: str) -> str:
    """What is wrong, where, and what to do."""
    where = f'[listen] {key} = "{f"[{host}]" if ":" in host else host}:{port}"'
    if error.errno == errno.EADDRINUSE:
        return f"{where}: the port is in use; end the process that has it (ss -ltnp), or write another port"
    if error.errno == errno.EACCES:
        return f"{where}: this user may not use the port; write one from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{where}: this machine does not have the address; write one that it has, or 0.0.0.0"
    return f"{where}: cannot be listened at ({(error.strerror or str(error)).lower()}); write another address"

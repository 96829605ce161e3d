"""The exam: what can happen to a site, modelled on the scenarios of the public uptime-bench project.

Each scenario is put up with real servers on loopback, once in good order and once in trouble. Its endpoint
is written as an operator who cares about that trouble would write it; what a URL alone would have seen is
asked as well. The names of the scenarios are that project's; the servers, the texts and what counts as right
are our own.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import trustme

from monitor.config.endpoint import Http, Tcp
from monitor.core.checks import Expectation, Reason, Rule
from monitor.probes import Network
from tests.probes.conftest import Servers

SHORT, LONG = 400, 20_000
"""Timeouts in ms: of a target that never answers, and of all others, so that a slow machine fails nobody."""
SLOW = 1.1
"""Seconds that a slow server takes, over the second that its endpoint allows."""

HANG = None
"""Nothing more is said, and the connection stays open."""
Step = bytes | float | None
Script = Callable[[str], Sequence[Step]]
"""What a server says to a request whose head is this: bytes, seconds that it waits, or HANG."""

WELCOME = b"<html><title>Shop</title><h1>Welcome to the shop</h1><a href='/cart'>Cart</a></html>"


def answer(body: bytes = WELCOME, status: str = "200 OK", *lines: str, length: int | None = None) -> bytes:
    """A whole answer; one with another `length` than its body has breaks off."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def always(*steps: Step) -> Script:
    return lambda head: steps


def by_method(*, head: Sequence[Step], get: Sequence[Step]) -> Script:
    return lambda request: head if request.startswith("HEAD") else get


def by_header(line: str, *, there: Sequence[Step], otherwise: Sequence[Step]) -> Script:
    return lambda request: there if line in request.split("\r\n") else otherwise


def redirects(length: int | None) -> Script:
    """So many redirects and then the page, or a circle of two where that is None."""

    def script(request: str) -> Sequence[Step]:
        number = int("0" + request.split()[1].strip("/"))
        if number == length:
            return [answer()]
        following = (number + 1) % 2 if length is None else number + 1
        return [answer(b"", "302 Found", f"Location: /{following}")]

    return script


@dataclass
class Stage:
    """Where scenarios are put up; everything on it is closed with `closing`."""

    servers: Servers
    authority: trustme.CA
    network: Network
    closing: AsyncExitStack

    async def web(self, script: Script, tls: ssl.SSLContext | None = None) -> int:
        """A server that acts by a script; its port."""

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            for step in script(head):
                if step is HANG:
                    await reader.read()
                elif isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    writer.write(step)
                    await writer.drain()

        return await self.servers.start(handler, tls=tls)

    async def named(self, *servers: Zone) -> Network:
        """A network with these name servers, asked in this order."""
        loop, ports = asyncio.get_running_loop(), []
        for zone in servers:
            transport, _ = await loop.create_datagram_endpoint(
                lambda zone=zone: NameServer(zone),  # type: ignore[misc]
                local_addr=("127.0.0.1", 0),
            )
            self.closing.callback(transport.close)
            ports.append(transport.get_extra_info("sockname")[1])
        network = Network(nameservers=[f"127.0.0.1:{port}" for port in ports])
        return await self.closing.enter_async_context(network)


@dataclass(frozen=True)
class Place:
    """What is probed, and through which network."""

    target: str
    network: Network


Set = Callable[[Stage], Awaitable[Place]]


# -- names


@dataclass(frozen=True)
class Zone:
    """How a name server answers for the shop: a code, whether by way of another name, after how long.

    With `code` None it says nothing. What is not the shop's it answers in good order, unless it is `dead`.
    """

    code: int | None = 0
    alias: bool = False
    after: float = 0.0
    dead: bool = False


NXDOMAIN, SERVFAIL = 3, 2
_ALIAS = b"\4gone\7example\0"


class NameServer(asyncio.DatagramProtocol):
    """Knows that shop.example is at 127.0.0.1, as far as its zone lets it."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        ours = data[12:].startswith(b"\4shop\7example\0")
        code = self._zone.code if ours or self._zone.dead else 0
        if code is not None:
            delay = self._zone.after if ours else 0.0
            asyncio.get_running_loop().call_later(delay, self._answer, data, code, address, ours)

    def _answer(self, data: bytes, code: int, address: tuple[str, int], ours: bool) -> None:
        end = data.index(b"\0", 12) + 5
        records = b""
        if ours and self._zone.alias:
            records = b"\xc0\x0c" + b"\0\5\0\1" + bytes(4) + len(_ALIAS).to_bytes(2) + _ALIAS
        elif ours and code == 0 and data[end - 4 : end - 2] == b"\0\1":
            records = b"\xc0\x0c" + b"\0\1\0\1" + bytes(4) + b"\0\4" + bytes((127, 0, 0, 1))
        counts = b"\0\1" + bytes((0, bool(records))) + bytes(4)
        if not self._transport.is_closing():
            self._transport.sendto(
                data[:2] + bytes((0x81, 0x80 | code)) + counts + data[12:end] + records, address
            )


# -- what can be put up


def web(script: Script) -> Set:
    async def put_up(stage: Stage) -> Place:
        return Place(f"http://127.0.0.1:{await stage.web(script)}/", stage.network)

    return put_up


def page(body: bytes) -> Set:
    return web(always(answer(body)))


def named(*servers: Zone) -> Set:
    async def put_up(stage: Stage) -> Place:
        port = await stage.web(always(answer()))
        return Place(f"http://shop.example:{port}/", await stage.named(*servers))

    return put_up


def tls(
    make: Callable[[trustme.CA], trustme.LeafCert], change: Callable[[ssl.SSLContext], None] | None = None
) -> Set:
    async def put_up(stage: Stage) -> Place:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        make(stage.authority).configure_cert(context)
        if change is not None:
            change(context)
        port = await stage.web(always(answer()), context)
        return Place(f"https://127.0.0.1:{port}/", stage.network)

    return put_up


def lasting(days: int) -> Callable[[trustme.CA], trustme.LeafCert]:
    """A certificate that is valid for so many days and an hour from now; since when says nobody."""

    def make(authority: trustme.CA) -> trustme.LeafCert:
        now = datetime.now(UTC)
        until = now + timedelta(days=days, hours=1)
        return authority.issue_cert("127.0.0.1", not_before=now - timedelta(days=200), not_after=until)

    return make


def old_tls(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):  # old on purpose
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1


async def no_common_version(stage: Stage) -> Place:
    """A server that ends every handshake with the alert "protocol version"."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"\x15\x03\x03\0\2\2\x46")
        await writer.drain()

    return Place(f"https://127.0.0.1:{await stage.servers.start(handler)}/", stage.network)


async def open_port(stage: Stage) -> Place:
    return Place(f"127.0.0.1:{await stage.web(always(HANG))}", stage.network)


async def closed_port(stage: Stage) -> Place:
    held = stage.closing.enter_context(socket.socket())
    held.bind(("127.0.0.1", 0))  # and nobody listens
    return Place(f"127.0.0.1:{held.getsockname()[1]}", stage.network)


async def silent_port(stage: Stage) -> Place:
    """A port whose queue is full: what else wants to connect gets no answer to its SYN."""
    listener = stage.closing.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        waiting = stage.closing.enter_context(socket.socket())
        waiting.setblocking(False)  # noqa: FBT003 - the library's
        waiting.connect_ex(listener.getsockname())
    return Place(f"127.0.0.1:{listener.getsockname()[1]}", stage.network)


# -- the scenarios


@dataclass(frozen=True)
class Scenario:
    """One of them. `during` is the trouble, None where it cannot be looked at, with `why` instead.

    `right` holds the reasons that name it; OK alone where the site is well and must not be called down.
    `needs` is what the operator writes beside the URL; `how` and `expect` are the same as values.
    """

    name: str
    what: str
    right: frozenset[Reason]
    during: Set | None = None
    before: Set = field(default_factory=lambda: web(always(answer())))
    needs: str = ""
    how: Http | Tcp = field(default_factory=Http)
    expect: Expectation = field(default_factory=Expectation)
    timeout: int = LONG
    why: str = ""


TEXT: Mapping[str, Any] = {
    "needs": '`contains = "Welcome"`',
    "expect": Expectation(contains=("Welcome",)),
}
SECOND: Mapping[str, Any] = {
    "needs": '`slower_than = "1s"`',
    "expect": Expectation(slower_is_down=10_000),
}
TCP: Mapping[str, Any] = {"before": open_port, "how": Tcp(), "needs": "`tcp`"}
DNS: Mapping[str, Any] = {"before": named(Zone())}
TLS: Mapping[str, Any] = {"before": tls(lasting(90))}
OK, DOWN_503 = [answer()], [answer(b"busy", "503 Service Unavailable")]
CUT = [answer(WELCOME[:40], length=1_000)]


def _lacks(pattern: str) -> Mapping[str, Any]:
    return {
        "needs": f"`lacks_match = '{pattern}'`",
        "expect": Expectation(rules=(Rule("pattern", pattern, "absent"),)),
    }


def _case(name: str, what: str, right: Reason, during: Set | None = None, **more: Any) -> Scenario:
    return Scenario(name, what, frozenset({right}), during, **more)


HTTP_SCENARIOS = [
    _case("http-503", "every request is answered with 503", Reason.STATUS, web(always(*DOWN_503))),
    _case("http-geo-503", "503 in one region of the world, well in the others", Reason.STATUS,
          why="Makegood looks from one place"),
    _case("http-head-200-get-503", "HEAD is answered with 200, GET with 503", Reason.STATUS,
          web(by_method(head=OK, get=DOWN_503))),
    _case("http-head-200-get-partial", "HEAD is well, the body of a GET breaks off", Reason.CONNECTION_RESET,
          web(by_method(head=OK, get=CUT)), **TEXT),
    _case("http-head-200-get-redirect-loop", "HEAD is well, a GET is led in a circle", Reason.REDIRECT_LOOP,
          web(lambda request: OK if request.startswith("HEAD") else redirects(None)(request))),
    _case("http-head-200-get-timeout", "HEAD is well, a GET gets no answer", Reason.TIMEOUT,
          web(by_method(head=OK, get=[HANG])), timeout=SHORT),
    _case("http-head-405-get-200", "HEAD is refused with 405, GET is well", Reason.OK,
          web(by_method(head=[answer(b"", "405 Method Not Allowed")], get=OK))),
    _case("http-head-timeout-get-200", "HEAD gets no answer, GET is well", Reason.OK,
          web(by_method(head=[HANG], get=OK))),
    _case("http-header-status", "503 for requests with a certain header", Reason.STATUS,
          web(by_header("X-Exam: yes", there=DOWN_503, otherwise=OK)),
          needs='`headers = { X-Exam = "yes" }`', how=Http(headers={"X-Exam": "yes"})),
    _case("http-latency-threshold", "200, but slower than what was agreed", Reason.TOO_SLOW,
          web(always(SLOW, answer())), **SECOND),
    _case("http-partial", "the body breaks off", Reason.CONNECTION_RESET, web(always(*CUT)), **TEXT),
    _case("http-redirect-chain", "15 redirects, one behind the other", Reason.REDIRECT_LOOP,
          web(redirects(15))),
    _case("http-redirect-loop", "a redirect that leads in a circle", Reason.REDIRECT_LOOP,
          web(redirects(None))),
    _case("http-timeout-body", "headers, and then the body does not come", Reason.TIMEOUT,
          web(always(answer(b"", length=100), HANG)), timeout=SHORT, **TEXT),
    _case("http-timeout-total", "the connection is accepted, and nothing is said", Reason.TIMEOUT,
          web(always(HANG)), timeout=SHORT),
    _case("http-timeout-ttfb", "the first byte comes later than the timeout", Reason.TIMEOUT,
          web(always(SLOW, answer())), timeout=SHORT),
]  # fmt: skip

INJECTED = WELCOME.replace(b"</html>", b"%s</html>")
CONTENT_SCENARIOS = [
    _case("content-defacement", "200 with the page of somebody who broke in", Reason.TEXT_MISSING,
          page(b"<h1>Owned by nobody you know</h1>"), **TEXT),
    _case("content-empty", "200 with nothing in it", Reason.TEXT_MISSING, page(b""), **TEXT),
    _case("content-error-page", "200 with an error of the database", Reason.TEXT_MISSING,
          page(b"<h1>Error establishing a database connection</h1>"), **TEXT),
    _case("content-keyword-injected", "a word on the page that must not be there", Reason.TEXT_FORBIDDEN,
          page(INJECTED % b"<p>HACKED</p>"),
          needs='`lacks = "HACKED"`', expect=Expectation(lacks=("HACKED",))),
    _case("content-keyword-missing", "a word that must be there is missing", Reason.TEXT_MISSING,
          page(WELCOME.replace(b"Welcome", b"Hello")), **TEXT),
    _case("content-malicious-script", "the page, with a script of a stranger in it", Reason.PATTERN_FORBIDDEN,
          page(INJECTED % b"<script src='https://stranger.example/x.js'></script>"),
          **_lacks("<script[^>]+src=.?https?://")),
    _case("content-ransomware", "200 with a demand for money", Reason.TEXT_MISSING,
          page(b"<h1>Your files are locked</h1>"), **TEXT),
    _case("content-spam-links", "the page, with hidden links to strangers in it", Reason.PATTERN_FORBIDDEN,
          page(INJECTED % b"<div style='display:none'><a href='https://pills.example'>pills</a></div>"),
          **_lacks("<a [^>]*href=.?https?://")),
]  # fmt: skip

DNS_SCENARIOS = [
    _case("dns-cname-nxdomain", "the name is another name for one that does not exist", Reason.NAME_NOT_FOUND,
          named(Zone(code=NXDOMAIN, alias=True)), **DNS),
    _case("dns-latency", "the name server answers, but slowly", Reason.TOO_SLOW,
          named(Zone(after=SLOW)), **DNS, **SECOND),
    _case("dns-ns-unavailable-servfail", "one of two name servers fails, the other is well", Reason.OK,
          named(Zone(code=SERVFAIL, dead=True), Zone()), **DNS),
    _case("dns-ns-unavailable-silent", "one of two name servers is silent, the other is well", Reason.OK,
          named(Zone(code=None, dead=True), Zone()), **DNS),
    _case("dns-nxdomain", "the name does not exist", Reason.NAME_NOT_FOUND,
          named(Zone(code=NXDOMAIN)), **DNS),
    _case("dns-servfail", "the name servers of the domain fail", Reason.DNS_FAILURE,
          named(Zone(code=SERVFAIL)), **DNS),
    _case("dns-timeout", "the name servers of the domain are silent", Reason.DNS_FAILURE,
          named(Zone(code=None)), timeout=SHORT, **DNS),
]  # fmt: skip

TLS_SCENARIOS = [
    _case("tls-deprecated-tls11", "TLS 1.1 and nothing newer", Reason.TLS_HANDSHAKE,
          tls(lasting(90), old_tls), **TLS),
    _case("tls-expired-30d", "the certificate expired 30 days ago", Reason.TLS_CERTIFICATE,
          tls(lasting(-30)), **TLS),
    _case("tls-expiring-5d", "the certificate expires in five days", Reason.CERTIFICATE_EXPIRES,
          tls(lasting(5)), **TLS, needs='`certificate_days = ">= 14"`',
          expect=Expectation(rules=(Rule("certificate_days", "", ">=", 14),))),
    _case("tls-handshake-version-mismatch", "no version of TLS in common", Reason.TLS_VERSION,
          no_common_version, **TLS),
    _case("tls-invalid-hostname-mismatch", "the certificate is of another name", Reason.TLS_CERTIFICATE,
          tls(lambda authority: authority.issue_cert("other.example")), **TLS),
    _case("tls-invalid-self-signed", "the certificate's signer is not trusted", Reason.TLS_CERTIFICATE,
          tls(lambda _: trustme.CA().issue_cert("127.0.0.1")), **TLS),
]  # fmt: skip

TCP_SCENARIOS = [
    _case("tcp-refused", "the port is closed", Reason.CONNECTION_REFUSED, closed_port, **TCP),
    _case("tcp-timeout", "no answer to the SYN", Reason.TIMEOUT, silent_port, timeout=SHORT, **TCP),
]  # fmt: skip

SCENARIOS = [*HTTP_SCENARIOS, *CONTENT_SCENARIOS, *DNS_SCENARIOS, *TLS_SCENARIOS, *TCP_SCENARIOS]
COUNTED = {"http": 16, "content": 8, "dns": 7, "tls": 6, "tcp": 2}

"""The HTTP probe, fed with answers put together by chance, without a socket: from the wire to the verdict.

`executions(count, seed)` raises at the first answer that does harm or is read wrongly, and
`python -m tests.probes.fuzzed_answers COUNT SEED` gives as many as it is told to. Of answers that are whole
it is known what has to be found; of all others, that the verdict is the target's affair and little is kept.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sys
import zlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any

from monitor.config.endpoint import Endpoint, Http, Secret
from monitor.core.checks import Confirmation, Expectation, Facts, Reason, Rule, State, state_of
from monitor.core.judge import judge
from monitor.prober.slot import FACTS_LIMIT, evidence
from monitor.probes import probe_http
from monitor.probes.trail import TRAIL
from tests.probes.fuzzed_redirects import Names, Place, locations, ring

RULES = (
    Rule("pattern", "hel+o", "present"),
    Rule("json", "ok.deep[0]", "==", 1),
    Rule("header", "X-One", "present"),
    Rule("size", "", "<", 40),
    Rule("redirect", "", "absent"),
)
LOOKS = Expectation(contains=("hello",), rules=RULES)
PLAIN = Endpoint(
    id="shop",
    target="http://shop.example/a/b?c=d",
    interval=60_000,
    timeout=60_000,
    expectation=Expectation(),
    confirmation=Confirmation(),
)
ENDPOINTS = [
    PLAIN,
    replace(PLAIN, expectation=LOOKS),
    replace(PLAIN, expectation=LOOKS, how=Http(body_limit=20)),
    replace(PLAIN, expectation=LOOKS, how=Http(redirects=0)),
    replace(PLAIN, expectation=LOOKS, how=Http(method="HEAD")),
    replace(
        PLAIN,
        target="http://93.184.216.34/",
        expectation=LOOKS,
        how=Http(method="POST", body=Secret("word"), headers={"Authorization": Secret("word")}),
    ),
    replace(PLAIN, target="http://[2606:2800:220:1::1]/", expectation=LOOKS, how=Http(family="ipv6")),
]

TEXTS = [b"hello", b"hellllo", b"h", b"\n", b" ", b"\xff\xfe", "é🙂".encode(), b"<p>", b"0" * 30, b"\0"]
DOCUMENTS = [b'{"ok": {"deep": [1]}}', b'{"ok": {"deep": [1e999]}}', b"[" * 200, b'{"ok": hello}', b"1" * 50]
STATUSES = [200, 201, 206, 299, 300, 400, 404, 418, 500, 503, 599]
HEADERS = [
    *("X-One: a", "x-oNE:b", "X-One:", "Server: \xe9\xff", "Set-Cookie: a=b", "Date: now", "Vary: *"),
    *("Content-Type: application/json", "Content-Type: text/html; charset=utf-16"),
    *("Content-Type: ;charset=utf-7", "Connection: close", "Connection: keep-alive", "Keep-Alive: timeout=5"),
    *("Content-Type: ;;=", f"X-{'y' * 200}: {'z' * 500}"),
]  # fmt: skip
PARTS = [
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b"\xff", b"\x80", b"%00", b"x\x9c"),
    *(b"\x1f\x8b\x08\0", b"HTTP/1.0 200\r\n", b"HTTP/2 200\r\n", b"HTTP/0.9 ", b"HTTP/1.1 999 \r\n"),
    *(b"ICY 200 OK\r\n", b"HTTP/1.1 100 Go\r\n\r\n", b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"),
    *(b"HTTP/1.1 101 On\r\n\r\n", b"HTTP/1.1 204 No\r\n\r\n", b"HTTP/1.1 304 No\r\n\r\n"),
    *(b"HTTP/1.1 302 Found\r\n", b"HTTP/1.1 -1 \r\n", b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n"),
    *(b"Content-Length: 0\r\n", b"Content-Length: 5\r\n", b"Content-Length: -5\r\n", b"Content-Length:\r\n"),
    *(b"Content-Length: 99999999999999999999\r\n", b"Content-Length: 5, 6\r\n", b"Content-Length: +5\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"TE: x\r\n"),
    *(b"Transfer-Encoding: x\r\n", b"Transfer-Encoding:\x0bchunked\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"Content-Encoding: br\r\n"),
    *(b"Content-Encoding: gzip, gzip\r\n", b"Content-Encoding: deflate\r\n", b"Location: /\r\n"),
    *(b"Location: //\xff/\r\n", b"Location: http://127.0.0.1/\r\n", b"Location: b\r\n", b" folded\r\n"),
    *(b"Location:\r\n", b"Upgrade: h2c\r\nConnection: upgrade\r\n"),
    *(b": no name\r\n", b"no colon\r\n", b"a b: c\r\n"),
    *(b"X-One: a\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n", b"ffffffffffffffffff\r\n", b"-1\r\n", b"5\nhello\n"),
    *(b"5;a=b\r\nhello\r\n", b"0\r\nTrailer: x\r\n\r\n", b"hello", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    *(b"\x16\x03\x01\x02\0", b"<html>", b"a" * 300, b"X: " + b"y" * 70_000, b"H: i\r\n" * 1_001),
]  # fmt: skip
LOCATIONS = [b"/x", b"y", b"//other.example/", b"?z", b"http://shop.example/%0d%0a%20/"]
FAREWELLS = [None, None, None, ConnectionResetError(104, "reset"), BrokenPipeError(32, "pipe")]
SENT = re.compile(rb"(GET|POST|HEAD) [!-~]+ HTTP/1\.1(\r\n[A-Za-z-]+: [ -~\t]*)+\r\n\r\n(word)?")


@dataclass
class Said:
    """What a server says to one request: these bytes, cut anywhere, and how the connection ends.

    `known` holds what must be found, None where the answer may be anything.
    """

    raw: bytes
    farewell: Exception | None = None
    known: Known | None = None


@dataclass(frozen=True)
class Known:
    """A whole answer: its status, its body unpacked, and its lines of headers."""

    status: int
    body: bytes
    headers: Sequence[str]


# -- the connection


@dataclass
class Stranger:
    """Who is connected to: says the next answer, in pieces."""

    chance: Random
    says: Callable[[], Said]
    said: list[Said] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)

    def meets(self, protocol: asyncio.Protocol, address: str, loop: asyncio.AbstractEventLoop) -> Wire:
        said = self.says()
        wire = Wire(protocol, address, loop, self._cut(said.raw), said.farewell)
        self.said.append(said)
        self.wires.append(wire)
        return wire

    def _cut(self, raw: bytes) -> deque[bytes]:
        places = sorted(self.chance.choices(range(len(raw) + 1), k=self.chance.choice((0, 0, 1, 2, 5))))
        if len(raw) < 80 and self.chance.random() < 0.1:
            places = list(range(len(raw)))
        edges = [0, *places, len(raw)]
        return deque(raw[a:b] for a, b in pairwise(edges) if a < b)


class Wire(asyncio.Transport):
    """A connection: hands over its pieces one by one until it is let go of."""

    def __init__(
        self,
        protocol: asyncio.Protocol,
        address: str,
        loop: asyncio.AbstractEventLoop,
        pieces: deque[bytes],
        farewell: Exception | None,
    ) -> None:
        super().__init__()
        self.address, self.written, self.closing = address, b"", False
        self._protocol, self._loop, self._pieces, self._farewell = protocol, loop, pieces, farewell

    def begin(self) -> None:
        self._protocol.connection_made(self)
        self._loop.call_soon(self._next)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        if not self.closing:
            self.closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    close = abort

    def is_closing(self) -> bool:
        return self.closing

    def _next(self) -> None:
        if self.closing:
            return
        if self._pieces:
            self._protocol.data_received(self._pieces.popleft())
            self._loop.call_soon(self._next)
        elif self._farewell is not None:
            self.closing = True
            self._protocol.connection_lost(self._farewell)
        else:
            self._protocol.eof_received()
            self.abort()


class Loop(asyncio.SelectorEventLoop):
    """A loop whose connections all lead to the stranger."""

    stranger: Stranger

    async def create_connection(self, factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:
        protocol = factory()
        wire = self.stranger.meets(protocol, host, self)
        wire.begin()
        return wire, protocol


class Everywhere(Place):
    """A network whose names have one address each, so that no second one is tried beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.names = First()
        self._contexts = {}

    def tls(self, **_: Any) -> Any:
        return None


class First(Names):
    async def resolve(self, host: str, port: int = 0) -> list[str]:
        self.trail = TRAIL.get()
        return (await super().resolve(host, port))[:1]


# -- what is said


def answers(chance: Random, *kinds: Callable[..., Said]) -> Callable[[], Said]:
    """Answers of these kinds."""
    source = locations(chance)
    return lambda: chance.choice(kinds)(chance, lambda: next(source))


def _whole(chance: Random, _: Callable[[], str]) -> Said:
    status = chance.choice(STATUSES)
    texts = b"".join(chance.choices(TEXTS, k=chance.randint(0, 6)))
    body = chance.choice(DOCUMENTS) if chance.random() < 0.3 else texts
    headers = chance.choices(HEADERS, k=chance.randint(0, 4))
    packing, packed = _packed(chance, body)
    framing, framed = _framed(chance, packed)
    lines = [f"HTTP/1.1 {status} {chance.choice(['OK', '', 'Not é'])}", *headers, *packing, *framing]
    early = b"HTTP/1.1 103 Early Hints\r\nX-One: no\r\n\r\n" * chance.choice((0, 0, 0, 1, 3))
    raw = early + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + framed
    return Said(raw, known=Known(status, body, headers))


def _packed(chance: Random, body: bytes) -> tuple[list[str], bytes]:
    kind = chance.choice(["", "", "identity", "gzip", "x-gzip", "deflate"])
    packed = gzip.compress(body, 1) if "gzip" in kind else zlib.compress(body) if kind == "deflate" else body
    return ([f"Content-Encoding: {kind}"] if kind else []), packed


def _framed(chance: Random, body: bytes) -> tuple[list[str], bytes]:
    kind = chance.choice(["length", "chunks", "end"])
    if kind == "length":
        return [f"Content-Length: {len(body)}"], body
    if kind == "end":
        return [], body
    size = chance.randint(1, 20)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    written = b"".join(
        b"%x%s\r\n%s\r\n" % (len(each), chance.choice((b"", b";a=b")), each) for each in pieces
    )
    return ["Transfer-Encoding: chunked"], written + b"0\r\n" + chance.choice(
        (b"", b"X-One: late\r\n")
    ) + b"\r\n"


def _spoilt(chance: Random, location: Callable[[], str]) -> Said:
    raw = bytearray(chance.choice((_whole, _redirect))(chance, location).raw)
    for _ in range(chance.randint(1, 4)):
        at, to = chance.randint(0, len(raw)), chance.randint(0, len(raw))
        if chance.random() < 0.5:
            raw[at : at + chance.randint(0, 3)] = chance.choice(PARTS)
        elif chance.random() < 0.5:
            raw[at : at + 1] = chance.randbytes(chance.randint(0, 3))
        else:
            raw[at : at + chance.randint(0, 40)] = raw[to : to + chance.randint(0, 40)]
    return Said(bytes(raw), chance.choice(FAREWELLS))


def _redirect(chance: Random, location: Callable[[], str]) -> Said:
    where = location().encode() if chance.random() < 0.4 else chance.choice(LOCATIONS)
    head = b"HTTP/1.1 %d Found\r\nLocation: %s\r\n" % (chance.choice((301, 302, 303, 307, 308)), where)
    return Said(head + b"Content-Length: 0\r\n\r\n", chance.choice(FAREWELLS))


def _on_and_on(chance: Random, _: Callable[[], str]) -> Said:
    return Said(b"HTTP/1.1 302 Found\r\nLocation: /%d\r\n\r\n" % chance.randrange(1_000_000))


def _heap(chance: Random, _: Callable[[], str]) -> Said:
    begun = chance.choice((b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\nLocation: /\r\n"))
    heap = b"".join(chance.choices(PARTS, k=chance.randint(0, 14)))
    return Said(begun + heap, chance.choice(FAREWELLS))


# -- what must hold


def executions(count: int, seed: int) -> Counter[str]:
    """Probe so many times; the reasons that were given. AssertionError names the answers that did harm."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(_executions(count, Random(seed)))


async def _executions(count: int, chance: Random) -> Counter[str]:
    faults: list[object] = []
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop)
    loop.set_exception_handler(lambda _, context: faults.append(context))
    reasons, place = Counter[str](), Everywhere()
    ordinary = answers(chance, _whole, _whole, _spoilt, _spoilt, _redirect, _heap)
    leading_on = answers(chance, _on_and_on)
    for _ in range(count):
        endpoint = chance.choice(ENDPOINTS)
        stranger = loop.stranger = Stranger(chance, leading_on if chance.random() < 0.02 else ordinary)
        try:
            facts = await probe_http(endpoint, place)
            await asyncio.sleep(0)
            reasons[_judged(endpoint, facts, stranger)] += 1
            assert not faults, faults
        except Exception as error:
            said = [(one.raw, one.farewell) for one in stranger.said]
            raise AssertionError(f"{endpoint}: {said}") from error
    return reasons


def _judged(endpoint: Endpoint, facts: Facts, stranger: Stranger) -> Reason:
    """The verdict, once everything that must hold of it was looked at."""
    assert isinstance(endpoint.how, Http)
    reason = judge(facts, endpoint.expectation)
    assert state_of(reason) is not State.UNKNOWN, (reason, facts.detail)
    assert len(evidence(facts)) <= FACTS_LIMIT
    assert json.loads(evidence(facts)) is not None
    assert facts.detail.isprintable()
    assert facts.status is None or 100 <= facts.status <= 999
    assert (facts.status is None) == (facts.error is not None)
    assert facts.size is None or facts.size <= endpoint.how.body_limit
    assert len(stranger.wires) <= endpoint.how.redirects + 1
    for wire in stranger.wires:
        assert wire.closing
        assert SENT.fullmatch(wire.written), wire.written
        assert ring(wire.address) == 3, wire.address
    last = stranger.said[-1]
    if last.known is not None:
        _found(endpoint, facts, last.known)
    return reason


def _found(endpoint: Endpoint, facts: Facts, known: Known) -> None:
    """A whole answer was read as what it is."""
    assert isinstance(endpoint.how, Http)
    assert facts.error is None, facts.detail
    assert facts.status == known.status
    named = [line.partition(":")[2].strip() for line in known.headers if line.lower().startswith("x-one:")]
    if endpoint.expectation is LOOKS:
        assert facts.found["header:X-One"] == (", ".join(named) if named else None)
    if endpoint.expectation is not LOOKS or endpoint.how.method == "HEAD":
        assert facts.size is None
        return
    body = known.body[: endpoint.how.body_limit]
    assert facts.size == len(body)
    if not any("charset" in line for line in known.headers):
        assert facts.found["hello"] == (b"hello" in body)
        assert facts.found["pattern:hel+o"] == bool(re.search(b"hel+o", body))


if __name__ == "__main__":
    print(executions(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))  # noqa: T201

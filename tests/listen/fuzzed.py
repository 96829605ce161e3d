"""The door and all behind it, fed with bytes put together by chance, without a socket.

`executions(count, seed)` raises at the first request that harms anything, `hooked(count, seed)` does so for
hooks, and `python -m tests.listen.fuzzed COUNT SEED` (or `hooks COUNT SEED`) runs as many as it is told to.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

from monitor.core.calls import Call
from monitor.listen.answers import Shown
from monitor.listen.door import Door
from monitor.listen.errands import Errands
from monitor.store.ticket_protocol import Batch, NewBatch, Spool, TakenTickets, ToldTicket
from monitor.store.ticket_rows import TicketRow, row_of
from monitor.tickets.hook import Source
from monitor.tickets.mapping_tables import mapping_of
from monitor.tickets.receiving import Receiving
from tests.listen.conftest import OTHER, START, TOKEN, HandClock, House
from tests.listen.hooked import BEARER, LINK, OVER, TITLE, Hatch

T = TypeVar("T")
SECRET, WORDS = "c2lnbmVkLWZvci1mdXp6aW5n", mapping_of("plain")
ANSWERS = {200, 400, 401, 404, 405, 408, 409, 411, 413, 422, 429, 431, 503}
PARTS = [
    *(f"{method} /heartbeat/{token}".encode() for method in ("POST", "GET") for token in (TOKEN, OTHER, "x")),
    *(f" HTTP/{version}\r\n".encode() for version in ("1.1", "1.0", "0.9", "2", "9.9")),
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b" ",
        b":",
        b"&",
        b"%",
        b"%00",
        b"//",
        b"..",
        b";",
        b"#",
        b"@",
        b"http://x/",
    ),
    *(b"/start", b"/fail", b"?status=fail", b"status=start", b'{"status":"fail"}', b"[" * 50, b"hello"),
    *(b"0", b"5", b"99999999999999999999", b"-1", b"\xff\xfe", b"a" * 300),
    *(b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"Host: x\r\n"),
    *(b"Content-Type: application/json\r\n", b"Content-Type: application/x-www-form-urlencoded\r\n"),
    *(b"Upgrade: websocket\r\nConnection: upgrade\r\n", b"Connection: keep-alive\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"Expect: 100-continue\r\n"),
]
HOOKED = [
    *(f"{method} /a/{token}".encode() for method in ("POST", "GET", "HEAD") for token in (LINK, OVER, "x")),
    *(f"{method} /metric/{name}".encode() for method in ("POST", "GET") for name in ("payments", "x")),
    *(f"Authorization: Bearer {token}\r\n".encode() for token in (BEARER, "x", "")),
    *(b"who=Ada", b"who=", b"&who", b"=", b"%E2%80%AE", b"+", b"-", b"1.5", b".", b"1e9", b"NaN"),
    *(
        b'{"value":',
        b'"value"',
        b"{",
        b"}",
        b",",
        b'"',
        b'"at":"2026-09-21T14:13:20Z"',
        b'"id":"r1"',
        b"\\ud800",
    ),
    *(f"POST /tickets/{name}".encode() for name in ("desk", "signed", "x")),
    *(b'"created":"2026-09-21T14:00:00Z"', b'{"tickets":[', b"]}", b'"reply":', b"[", b"]"),
    *(b"X-Hub-Signature: sha256=00\r\n", b"X-Makegood-Delivery: d-1\r\n"),
]
GOOD = f"POST /heartbeat/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nstatus=start".encode()


class Wire(asyncio.Transport):
    """Keeps what is written, and says once that it was closed."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("192.0.2.7", 1)})
        self.protocol, self.written, self.closing = protocol, b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    abort = close

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def asked(chance: random.Random) -> Iterator[bytes]:
    """The same of hooks: links, pushes and deliveries, most with something wrong in them."""
    while True:
        yield chance.choice([_acknowledging, _pushing, _delivering, _spoilt_hook, _heap_of_hooks])(chance)


def _some(chance: random.Random, most: int) -> bytes:
    return b"".join(chance.choices(PARTS + HOOKED, k=chance.randint(0, most)))


def _acknowledging(chance: random.Random) -> bytes:
    token = chance.choice([LINK, OVER, LINK[::-1]]).encode()
    behind, body = chance.choice([b"", b"", b"?x=1", _some(chance, 2)]), chance.choice([b"", b"who=Ada"])
    body += chance.choice([b"", _some(chance, 4)])
    return b"%s /a/%s%s HTTP/1.1\r\nHost: y\r\nContent-Length: %d\r\n\r\n%s" % (
        chance.choice([b"GET", b"POST", b"HEAD"]), token, behind, len(body), body
    )  # fmt: skip


def _pushing(chance: random.Random) -> bytes:
    body = chance.choice([b"99.61", b'{"value":"1","id":"%d"}' % chance.randint(0, 9), b'{"value":2}'])
    body = chance.choice([body, body + _some(chance, 3), _some(chance, 6)])
    kind = chance.choice([b"", b"Content-Type: application/json\r\n"])
    bearer = chance.choice([BEARER, BEARER, "x"]).encode()
    return b"POST /metric/payments HTTP/1.1\r\nHost: y\r\nAuthorization: Bearer %s\r\n%s" % (
        bearer,
        kind,
    ) + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _delivering(chance: random.Random) -> bytes:
    body = b'{"id":"%d","created":"2026-09-21T14:00:00Z"}' % chance.randint(0, 9)
    body = chance.choice([body, b'{"tickets":[%s]}' % body, body + _some(chance, 3), _some(chance, 6)])
    source, sign = chance.choice([b"desk", b"signed", b"x"]), chance.choice([SECRET, "x"])
    made = hmac.new(sign.encode(), body, hashlib.sha256).hexdigest().encode()
    return b"POST /tickets/%s HTTP/1.1\r\nHost: y\r\nAuthorization: Bearer %s\r\n%s%s" % (
        source,
        chance.choice([BEARER, BEARER, "x"]).encode(),
        chance.choice([b"", b"X-Hub-Signature: sha256=%s\r\n" % made]),
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body),
    )


def _spoilt_hook(chance: random.Random) -> bytes:
    raw = bytearray(chance.choice([_acknowledging, _pushing, _delivering])(chance))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(raw))
        raw[at : at + chance.randint(0, 3)] = chance.choice(PARTS + HOOKED)[: chance.randint(0, 40)]
    return bytes(raw)


def _heap_of_hooks(chance: random.Random) -> bytes:
    return _some(chance, 14)


def requests(chance: random.Random) -> Iterator[bytes]:
    """Whole requests of strange parts, good ones with something wrong in them, and what is no request."""
    while True:
        yield chance.choice([_whole, _spoilt, _heap])(chance)


def _whole(chance: random.Random) -> bytes:
    def some(most: int) -> bytes:
        return b"".join(chance.choices(PARTS, k=chance.randint(0, most)))

    behind = chance.choice([b"", b"/start", b"/fail", b"?status=fail", some(2)])
    headers = b"".join(
        part for part in chance.choices(PARTS, k=3) if part.endswith(b"\r\n") and b": " in part
    )
    body = chance.choice([b"", b"status=start", b'{"status":"fail"}', some(6)])
    token = chance.choice([TOKEN, OTHER]).encode()
    return b"POST /heartbeat/%s%s HTTP/1.1\r\nHost: y\r\n%s" % (
        token,
        behind,
        headers,
    ) + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _spoilt(chance: random.Random) -> bytes:
    raw = bytearray(GOOD)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(raw))
        raw[at : at + chance.randint(0, 3)] = chance.choice(PARTS)[: chance.randint(0, 40)]
    return bytes(raw)


def _heap(chance: random.Random) -> bytes:
    return b"".join(chance.choices(PARTS, k=chance.randint(1, 14)))


def executions(count: int, seed: int) -> int:
    """Run so many requests; how many calls were kept. AssertionError names the request that did harm."""
    return asyncio.run(_executions(count, random.Random(seed)))


async def _executions(count: int, chance: random.Random) -> int:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    clock = HandClock()
    home = House(clock=clock)
    home.door.bind("127.0.0.1", 0, key="heartbeats")
    await home.door.open()
    home.book.open()
    source = requests(chance)
    for _ in range(count):
        raw = next(source)
        clock.passes(1_000)
        await _execute(home.door, raw, chance)
        assert not faults, (raw, faults)
        assert home.door.guests == 0, raw
    await home.door.close()
    assert all(isinstance(call, Call) for call in home.disk.kept)
    return len(home.disk.kept)


def hooked(count: int, seed: int) -> int:
    """Run so many of hooks; how many of them kept something. AssertionError as `executions` has it."""
    return asyncio.run(_hooked(count, random.Random(seed)))


async def _hooked(count: int, chance: random.Random) -> int:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    clock = HandClock(wall=START + 3_600_000)
    pile = Pile()
    receiving = Receiving(pile)
    receiving.know({"desk": Source(WORDS, token=BEARER), "signed": Source(WORDS, secret=SECRET)})
    hatch = Hatch(clock=clock, errands=AtOnce(), deliveries=receiving)
    source, kept = asked(chance), 0
    async with hatch:
        for _ in range(count):
            raw = next(source)
            clock.passes(1_000)
            await _execute(hatch.door, raw, chance)
            assert not faults, (raw, faults)
            assert hatch.door.guests == 0, raw
            taken = hatch.kept.alerts[LINK].acknowledged is not None
            assert not taken or b"POST" in raw, raw  # no GET, however it is dressed up
            assert hatch.kept.alerts[OVER].acknowledged is None, raw
            hatch.kept.alerts[LINK] = Shown(TITLE, START)
            assert not pile.told or BEARER.encode() in raw or b"sha256=" in raw, raw
            kept += taken + len(hatch.kept.values) + len(pile.told)
            pile.told.clear()
            assert not hatch.kept.values or BEARER.encode() in raw, raw
            hatch.kept.values.clear()
    return kept


class Pile:
    """Tickets as they are taken, as rows that could be kept."""

    def __init__(self) -> None:
        self.told: list[TicketRow] = []

    def spool(self) -> AbstractContextManager[Spool]:
        raise NotImplementedError

    def take(
        self,
        told: Iterable[ToldTicket] | Spool,
        batch: NewBatch,
        *,
        dry_run: bool = False,
        expect: int | None = None,
    ) -> TakenTickets:
        assert isinstance(told, tuple)
        self.told += map(row_of, told)
        return TakenTickets(added=len(self.told), batch=1)

    def last(self, source: str) -> int:
        return 0

    def taken_before(self, source: str, once: str) -> Batch | None:
        return None

    def mark(self, source: str, id: str, batch: NewBatch, *, deleted: bool) -> bool:
        raise NotImplementedError


class AtOnce(Errands):
    """Does what it is given where it is asked: a thread for each would say nothing of bytes."""

    async def do(self, work: Callable[[], T]) -> T:
        return work()


async def _execute(door: Door, raw: bytes, chance: random.Random) -> None:
    guest = door.guest()
    wire = Wire(guest)
    guest.connection_made(wire)
    cut = chance.randint(0, len(raw))
    for part in (raw[:cut], raw[cut:]):
        if part and not wire.closing:
            guest.data_received(part)
            await asyncio.sleep(0)
    for _ in range(20):
        if wire.closing:
            break
        await asyncio.sleep(0)
    wire.close()
    for _ in range(3):
        await asyncio.sleep(0)
    head = wire.written.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert not head or int(head.split()[1]) in ANSWERS, (raw, wire.written)


def main(words: list[str]) -> None:
    """`[hooks] COUNT [SEED]`"""
    run = hooked if words[0] == "hooks" else executions
    numbers = [int(word) for word in words if word != "hooks"]
    print(run(numbers[0], numbers[1] if len(numbers) > 1 else 0), "kept")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])

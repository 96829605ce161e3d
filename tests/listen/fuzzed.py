"""The door and all behind it, fed with bytes put together by chance, without a socket.

`executions(count, seed)` raises at the first request that harms anything, and
`python -m tests.listen.fuzzed COUNT SEED` runs as many as it is told to.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator

from monitor.core.calls import Call
from monitor.listen.door import Door
from tests.listen.conftest import OTHER, TOKEN, HandClock, House

ANSWERS = {200, 400, 404, 405, 408, 411, 413, 429, 431, 503}
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


if __name__ == "__main__":
    print(executions(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0), "calls kept")  # noqa: T201

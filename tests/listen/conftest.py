"""A clock that is set by hand, jobs, and what was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from monitor.clock import Clock, SystemClock
from monitor.config.endpoint import Endpoint, Heartbeat, Secret
from monitor.core.calls import Away, Call
from monitor.core.checks import Confirmation, Expectation, Reason
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.listen import Book
from monitor.listen.door import Door, Limits
from monitor.listen.heartbeats import Heartbeats
from monitor.listen.keeper import Keeper

START: Ms = 1_790_000_000_000
TOKEN = "Zm9yLXRlc3RzLW9ubHktMDAwMQ"
OTHER = "Zm9yLXRlc3RzLW9ubHktMDAwMg"


@dataclass
class HandClock:
    """Time passes when it is told to."""

    wall: int = START
    mono: float = 500.0
    asleep: float = 0.0

    def now(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.mono

    def suspended(self) -> float:
        return self.asleep

    def passes(self, ms: int) -> None:
        self.wall += ms
        self.mono += ms / 1_000

    def is_set(self, by: int) -> None:
        self.wall += by

    def sleeps(self, ms: int) -> None:
        self.wall += ms
        self.asleep += ms / 1_000


def job(key: str = "backup", token: str = TOKEN, **schedule: object) -> Endpoint:
    """A job that calls every hour, with a grace of five minutes, unless told otherwise."""
    how = Heartbeat(Secret(token), **({"every": HOUR, "grace": 5 * MINUTE} | schedule))  # type: ignore[arg-type]
    return Endpoint(
        id=key,
        target="",
        interval=30 * SECOND,
        timeout=10 * SECOND,
        expectation=Expectation(),
        confirmation=Confirmation(1, 1),
        how=how,
    )


@dataclass
class Desk:
    """A book on a clock that is set by hand."""

    clock: HandClock = field(default_factory=HandClock)
    told: list[Away] = field(default_factory=list)
    retold: list[Call] = field(default_factory=list)

    def tell(self, heard: Sequence[Call | Away]) -> None:
        self.told += [each for each in heard if isinstance(each, Away)]
        self.retold += [each for each in heard if isinstance(each, Call)]

    def __post_init__(self) -> None:
        self.book = Book(self.clock, self.tell)
        self.watch(job())
        self.book.open()

    def watch(self, *jobs: Endpoint, **more: object) -> None:
        lanes = {each.id: number for number, each in enumerate(jobs, 1)}
        since = dict.fromkeys(lanes.values(), START)
        self.book.watch({each.id: each for each in jobs}, lanes, **({"since": since} | more))  # type: ignore[arg-type]

    def passes(self, ms: int) -> None:
        """Time passes, and the book looks as often as it does."""
        whole, rest = divmod(ms, 500)
        for step in [500] * whole + [rest]:
            self.clock.passes(step)
            self.book.look()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@dataclass
class Disk:
    """Takes what is to be kept; at once, never, or not at all."""

    kept: list[object] = field(default_factory=list)
    asked: list[list[object]] = field(default_factory=list)
    refuses: bool = False
    waits: list[Future[None]] | None = None

    def __call__(self, batch: Sequence[object]) -> Future[None]:
        done: Future[None] = Future()
        self.asked.append(list(batch))
        if self.refuses:
            done.set_exception(OSError("no space left"))
        elif self.waits is not None:
            self.waits.append(done)
        else:
            self.kept += batch
            done.set_result(None)
        return done


class House:
    """A door on loopback behind which two jobs are listened for, and clients of it."""

    def __init__(self, limits: Limits | None = None, clock: Clock | None = None) -> None:
        self.disk, self.clock = Disk(), clock or SystemClock()
        self.told: list[Away] = []
        self.book = Book(self.clock, self.told.extend)  # type: ignore[arg-type]
        self.keeper = Keeper(self.disk, self.book)
        self.heartbeats = Heartbeats(self.book, self.keeper, self.clock)
        self.door = Door(
            self.heartbeats.handle, limits, turned_away=lambda: self.book.lost(Reason.OWN_RESOURCE)
        )
        jobs = {"backup": job(), "invoices": job("invoices", OTHER)}
        now = self.clock.now()
        self.book.watch(jobs, {"backup": 1, "invoices": 2}, since={1: now, 2: now})
        self.heartbeats.know(jobs)

    async def __aenter__(self) -> House:
        self.door.bind("127.0.0.1", 0, key="heartbeats")
        self.book.open()
        await self.door.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.door.close()

    @property
    def kinds(self) -> list[str]:
        return [call.kind for call in self.disk.kept]  # type: ignore[attr-defined]

    def reason(self, key: str = "backup") -> Reason:
        found = self.book.standing(key)
        assert found is not None
        return found.reason

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

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: makegood.example\r\n{named}{length}\r\n"
        return parted(await self.send(head.encode() + body))

    async def call(self, behind: str = "", *, token: str = TOKEN) -> int:
        """The status of a job's call."""
        return (await self.ask("POST", f"/heartbeat/{token}{behind}"))[0]


async def until(holds: Callable[[], object]) -> None:
    """Return once this holds, or fail after ten seconds."""
    for _ in range(5_000):
        if holds():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("what was waited for did not come about")


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """What comes until the end; a connection that is reset ends, too."""
    found = b""
    with suppress(ConnectionError):
        while part := await reader.read(65_536):
            found += part
    return found


def parted(answer: bytes) -> tuple[int, str]:
    """The status and the text of an answer; 0 where there was none."""
    head, _, text = answer.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), text.decode()


@pytest.fixture
def house() -> type[House]:
    return House


@pytest.fixture
async def home() -> AsyncIterator[House]:
    """A house with its ordinary limits."""
    async with House() as home:
        yield home

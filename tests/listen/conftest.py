"""A clock that is set by hand, jobs, and what was told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from monitor.config.plan import Endpoint, Heartbeat, Secret
from monitor.core.calls import Away
from monitor.core.checks import Confirmation, Expectation
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.listen import Book

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

    def __post_init__(self) -> None:
        self.book = Book(self.clock, self.told.append)
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

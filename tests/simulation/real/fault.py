"""What a fault of ours is here, and a kind of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from monitor.core.checks import Reason
from tests.simulation.real.life import Life, Settings
from tests.simulation.real.place import Place, nothing

PLAIN = Settings()
Begin = Callable[[Life], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: in effect for so many seconds, from what `begin` does on entering until what it does on
    leaving."""

    words: str
    seconds: float
    begin: Begin


@dataclass(frozen=True, slots=True)
class Kind:
    """Faults of one kind, one after the other in one life.

    `reasons` are those that unknown time may have; where `certain`, one of them must be there. `lacks` says
    why this machine cannot do it, or None. After each of the first faults comes one of `outages`, or during
    each fault where the kind hides nothing (`meanwhile`).
    """

    name: str
    catalogue: str
    faults: Sequence[Fault]
    reasons: frozenset[Reason] = frozenset()
    certain: bool = False
    settings: Settings = PLAIN
    place: type[Place] = Place
    lacks: Callable[[], str | None] = nothing
    meanwhile: bool = False
    outages: int = 2


def once(do: Callable[[Life], object]) -> Begin:
    """A fault that is over once this has been done."""

    @contextmanager
    def begin(life: Life):
        do(life)
        yield

    return begin


def until(do: Callable[[Life], object], undo: Callable[[Life], object]) -> Begin:
    """A fault that is begun, and ended."""

    @contextmanager
    def begin(life: Life):
        do(life)
        try:
            yield
        finally:
            undo(life)

    return begin


def last(seconds: float) -> None:
    """Let the fault be in effect."""
    time.sleep(seconds)

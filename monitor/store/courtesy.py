"""Lending the interpreter: a connection that works beside a loop rests for a moment every half ms of work.

A thread that waits for the interpreter sleeps for one switch interval at a time, and asks for it only where
nobody let go of it in the whole of one (`take_gil` in CPython's Python/ceval_gil.c). SQLite is called without
the interpreter, so reading rows lets go of it every few microseconds: whoever waits is woken each time, finds
it taken again, and begins a new interval. So it can wait for 45 ms where half a millisecond was meant. Code
that calls nothing hands the interpreter over in time, and keeps the processor: where every one is taken, who
wakes stands behind it until the kernel's next tick, for 4 ms. So both have to rest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from monitor.store.sqlite import sqlite3

STRETCH: Final = 0.000_5
"""Seconds of work between two rests."""
REST: Final = 0.000_1
"""Seconds: who waits is awake by then."""
STEPS: Final = 250
"""SQLite's own steps between two looks at the time: some fifteen rows, or a few short statements."""

_here = threading.local()


@contextmanager
def lend(
    connection: sqlite3.Connection,
    *,
    worked: Callable[[], float] = time.thread_time,
    rest: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Have this connection rest as it works, and the loops of the thread that calls this.

    `worked` says for how many seconds the thread has worked: what it waits, for the disk too, is no work.
    """
    since = worked()

    def look() -> None:
        nonlocal since
        if worked() - since >= STRETCH:
            rest(REST)
            since = worked()

    connection.set_progress_handler(look, STEPS)
    _here.look = look
    try:
        yield
    finally:
        del _here.look


def give_way() -> None:
    """Rest where it is time, in a loop that works without its connection; nothing where nobody lends."""
    look: Callable[[], None] | None = getattr(_here, "look", None)
    if look is not None:
        look()

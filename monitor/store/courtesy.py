"""Lending the interpreter: a connection that works beside a loop rests for a moment every half ms of work.

A thread that waits for the interpreter sleeps for one switch interval at a time, and asks for it only where
nobody let go of it in the whole of one (`take_gil` in CPython's Python/ceval_gil.c). SQLite is called without
the interpreter, so reading rows lets go of it every few microseconds: whoever waits is woken each time, finds
it taken again, and begins a new interval. So it can wait for 45 ms where half a millisecond was meant. Code
that calls nothing hands it over in time; statements alone, and rows that are read in a loop, have to rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from monitor.store.sqlite import sqlite3

STRETCH: Final = 0.000_5
"""Seconds of work between two rests."""
REST: Final = 0.000_1
"""Seconds: who waits is awake by then."""
STEPS: Final = 250
"""SQLite's own steps between two looks at the time: some fifteen rows, or a few short statements."""


def lend(
    connection: sqlite3.Connection,
    *,
    worked: Callable[[], float] = time.thread_time,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Have this connection rest as it works, in the thread that calls this; a reader's needs no courtesy.

    `worked` says for how many seconds the thread has worked: what it waits, for the disk too, is no work.
    """
    since = worked()

    def look() -> None:
        nonlocal since
        if worked() - since >= STRETCH:
            rest(REST)
            since = worked()

    connection.set_progress_handler(look, STEPS)

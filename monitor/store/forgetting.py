"""Forgetting: of past days the good checks go, one lane and day at a time; what failed stays for ever.

Segments, counts and the histogram of a day stay, too. A day whose counts some agreement needs, and which are
not kept, stays whole: what is gone can be counted in no other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.core.checks import LaneId, Reason
from monitor.core.intervals import HOUR, Ms, Span
from monitor.failpoints import reach
from monitor.store import chunks, tallies
from monitor.store.chunks import Chunk
from monitor.store.marks import raise_mark
from monitor.store.protocol import Need
from monitor.store.reasons import reasons
from monitor.store.sqlite import sqlite3
from monitor.store.transaction import immediate

MOST: Final = 200
"""Days of a lane that one transaction takes."""


def forget(connection: sqlite3.Connection, before: Mapping[LaneId, Ms], *, steps: int | None = None) -> int:
    """Forget the good checks of the UTC days that ended by each lane's instant; how many checks went.

    `steps` bounds how many transactions do something: call again until it returns 0.
    """
    ok = reasons(connection).ids[Reason.OK]
    needs = tallies.known(connection)
    gone = done = 0
    for lane, upto in before.items():
        mine = [need for need in needs if need.lane == lane]
        whole = chunks.whole_ones(connection, lane, upto // HOUR)
        days = [chunk for chunk in whole if _is_free(connection, mine, chunk)]
        for start in range(0, len(days), MOST):
            if done == steps:
                return gone
            with immediate(connection):
                went = sum(_trim(connection, ok, chunk) for chunk in days[start : start + MOST])
                reach("forget.written")
            reach("forget.committed")
            gone, done = gone + went, done + bool(went)
    return gone


def _is_free(connection: sqlite3.Connection, needs: list[Need], chunk: Chunk) -> bool:
    """Whether every count that is needed of this day is kept."""
    hours = Span(chunk.start * HOUR, chunk.end * HOUR)
    return not tallies.missing(connection, needs, hours)


def _trim(connection: sqlite3.Connection, ok: int, chunk: Chunk) -> int:
    rows = chunk.rows()
    kept = [row for row in rows if row[6] != ok]
    chunks.trim(connection, chunk, kept)
    raise_mark(connection, "forgotten", chunk.end * HOUR)
    return len(rows) - len(kept)

"""Repacking: the checks of days that are over leave the log for chunks, in the transaction that proves them.

A few hours go at a time, so that nobody waits long for the writer; once a day is packed whole, each lane's
pieces become one chunk. What comes late is packed the same way, into the chunk that is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import repeat
from typing import Final

from monitor.core.checks import LaneId
from monitor.core.intervals import DAY, HOUR, Ms, Span
from monitor.failpoints import reach
from monitor.store import chunks
from monitor.store.courtesy import give_way
from monitor.store.evidence import Evidence
from monitor.store.marks import mark, raise_mark, set_mark
from monitor.store.rows import ORDER, SELECT, Row, places
from monitor.store.sqlite import sqlite3
from monitor.store.transaction import immediate

LOOSE: Final[Ms] = DAY
"""How long after its end a UTC day stays in the log: late records are cheap until then."""
MOST: Final = 100_000
"""Checks that one transaction packs, an hour of all lanes at least."""
PIECES: Final = 2_400
"""Chunks that one transaction joins."""

_ROOMY: Final = -65_536
"""KiB of cache while packing: pages that are given up are not written first. _USUAL is SQLite's own."""
_USUAL: Final = -2_000


def repack(connection: sqlite3.Connection, upto: Ms, *, steps: int | None = None) -> int:
    """Pack the days that ended a day before `upto` and are sealed; how many checks and chunks it took.

    `steps` bounds how much is done in one call: call again until it returns 0.
    """
    done = 0
    connection.execute(f"PRAGMA cache_size = {_ROOMY}")
    try:
        for _ in repeat(None) if steps is None else repeat(None, steps):
            moved = _step(connection, upto)
            done += moved
            if not moved:
                break
    finally:
        connection.execute(f"PRAGMA cache_size = {_USUAL}")
    return done


def _step(connection: sqlite3.Connection, upto: Ms) -> int:
    limit = min((upto - LOOSE) // DAY * DAY, mark(connection, "sealed") or 0) // HOUR
    hours = _next_hours(connection, limit)
    if hours is not None:
        with immediate(connection):
            moved = _pack(connection, hours)
        reach("repack.committed")
        return moved
    day, pieces = _next_pieces(connection, limit)
    if not pieces:
        if mark(connection, "joined") is not None:
            raise_mark(connection, "joined", _midnight(limit))
        return 0
    with immediate(connection):
        for lane in pieces:
            _join(connection, lane, day)
            give_way()
        reach("repack.joined")
    reach("repack.committed")
    return len(pieces)


def _next_hours(connection: sqlite3.Connection, limit: int) -> Span | None:
    """The oldest hours of one day that can leave the log: sealed, and not waiting to be sealed anew."""
    dirty = {int(row[0]) for row in connection.execute("SELECT hour FROM dirty WHERE hour < ?", (limit,))}
    start, rows, end = None, 0, 0
    for hour in _loose_hours(connection, limit):
        if hour in dirty:
            if start is None:
                continue
            break
        if start is not None and hour // chunks.HOURS != start // chunks.HOURS:
            break
        (count,) = connection.execute(
            "SELECT count(*) FROM log WHERE place >= ? AND place < ?", _places(Span(hour, hour + 1))
        ).fetchone()
        if start is not None and (rows + count > MOST or dirty & set(range(end, hour))):
            break
        start, rows, end = hour if start is None else start, rows + count, hour + 1
    return None if start is None else Span(start, end)


def _loose_hours(connection: sqlite3.Connection, limit: int) -> Iterator[int]:
    after = Evidence(connection).computable_from() // HOUR
    while after < limit:
        (at,) = connection.execute(
            "SELECT min(place) >> 20 FROM log WHERE place >= ? AND place < ?", _places(Span(after, limit))
        ).fetchone()
        if at is None:
            return
        yield at // HOUR
        after = at // HOUR + 1


def _pack(connection: sqlite3.Connection, hours: Span) -> int:
    by_lane: dict[LaneId, list[Row]] = defaultdict(list)
    for row in connection.execute(f"{SELECT} WHERE place >= ? AND place < ?", _places(hours)):
        by_lane[row[1]].append(row)
    reach("repack.read")
    moved = sum(map(len, by_lane.values()))
    for lane in sorted(by_lane):
        _keep(connection, lane, hours, by_lane.pop(lane))  # to free all at once keeps other threads waiting
        reach("repack.written")
        give_way()
    connection.execute("DELETE FROM log WHERE place >= ? AND place < ?", _places(hours))
    raise_mark(connection, "packed", hours.end * HOUR)
    before, day = mark(connection, "joined"), _midnight(hours.start)
    set_mark(connection, "joined", day if before is None else min(before, day))
    reach("repack.removed")
    return moved


def _places(hours: Span) -> tuple[int, int]:
    return places(Span(hours.start * HOUR, hours.end * HOUR))


def _midnight(hour: int) -> int:
    """The first hour of its UTC day."""
    return hour // chunks.HOURS * chunks.HOURS


def _keep(connection: sqlite3.Connection, lane: LaneId, hours: Span, rows: list[Row]) -> None:
    """Pack rows of the log together with what is packed of these hours already."""
    there = list(chunks.of_lane(connection, lane, Span(hours.start * HOUR, hours.end * HOUR)))
    if there:
        hours = Span(min(hours.start, there[0].start), max(hours.end, there[-1].end))
        rows = [*rows, *(row for chunk in there for row in chunk.rows())]
    chunks.write(connection, lane, hours, sorted(rows, key=ORDER))


def _next_pieces(connection: sqlite3.Connection, limit: int) -> tuple[int, list[LaneId]]:
    """The oldest day whose checks are all packed, in pieces; and the lanes to join next."""
    found = connection.execute(
        "SELECT start / ?1, lane, count(*) FROM chunk "
        "WHERE start >= coalesce((SELECT value FROM mark WHERE name = 'joined'), 0) AND start < ?2 "
        "GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2",
        (chunks.HOURS, limit),
    ).fetchall()
    day = found[0][0] if found else 0
    lanes: list[LaneId] = []
    for its_day, lane, count in found:
        if its_day != day or (lanes and count * (len(lanes) + 1) > PIECES):
            break
        lanes.append(lane)
    return day, lanes


def _join(connection: sqlite3.Connection, lane: LaneId, day: int) -> None:
    span = Span(day * DAY, (day + 1) * DAY)
    pieces = list(chunks.of_lane(connection, lane, span))
    rows = sorted((row for chunk in pieces for row in chunk.rows()), key=ORDER)
    chunks.write(connection, lane, Span(pieces[0].start, pieces[-1].end), rows)

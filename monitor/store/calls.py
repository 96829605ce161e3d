"""The calls of jobs and our absences: kept in the order in which they came, read where they still count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.core.calls import Away, Call
from monitor.core.checks import ALL_LANES, LaneId
from monitor.core.intervals import Ms, Span
from monitor.store.reasons import Reasons
from monitor.store.sqlite import sqlite3


def keep(connection: sqlite3.Connection, reasons: Reasons, heard: Sequence[Call | Away]) -> None:
    """Append within a transaction that is open for writing."""
    connection.executemany(
        "INSERT INTO call (lane, at, kind, waited) VALUES (?, ?, ?, ?)",
        [(each.lane, each.at, each.kind, each.waited) for each in heard if isinstance(each, Call)],
    )
    connection.executemany(
        "INSERT INTO away (start, end, reason) VALUES (?, ?, ?)",
        [
            (each.span.start, each.span.end, reasons.ids[each.reason])
            for each in heard
            if isinstance(each, Away)
        ],
    )


def heard(connection: sqlite3.Connection, lane: LaneId) -> Iterator[Call]:
    """The last end of a lane's job, and the first and the last start after it, as they came."""
    ended = connection.execute(
        "SELECT seq, at, kind, waited FROM call WHERE lane = ? AND kind <> 'start' ORDER BY seq DESC LIMIT 1",
        (lane,),
    ).fetchone()
    if ended is not None:
        yield Call(lane, *ended[1:])
    first, last = connection.execute(
        "SELECT min(seq), max(seq) FROM call WHERE lane = ? AND seq > ?", (lane, ended[0] if ended else 0)
    ).fetchone()
    begun = connection.execute("SELECT at, kind FROM call WHERE seq IN (?, ?) ORDER BY seq", (first, last))
    yield from (Call(lane, at, kind) for at, kind in begun)


def aways(connection: sqlite3.Connection, reasons: Reasons, since: Ms) -> list[Away]:
    """When a call could be lost, in order of start: what was heard of, and the gaps of all lanes."""
    rows = connection.execute(
        "SELECT start, end, reason FROM away WHERE end >= ?1 "
        "UNION SELECT start, end, reason FROM gap WHERE lane = ?2 AND end >= ?1 ORDER BY start, end",
        (since, ALL_LANES),
    )
    return [Away(Span(start, end), reasons.by_id[reason]) for start, end, reason in rows]

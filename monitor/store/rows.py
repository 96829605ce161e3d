"""A check as a row of the log, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Final

from monitor.core.checks import Check, LaneId, Reason
from monitor.core.intervals import Ms, Span
from monitor.store.reasons import STATES, Reasons
from monitor.store.sqlite import sqlite3

Row = tuple[Ms, LaneId, int, int, int, int, int, Ms, int | None, int | None, str | None]
"""At, lane, epoch, slot, attempt, state, reason, hold, latency, status, facts."""

ORDER: Final = itemgetter(0, 2, 3, 4)
"""The order of a lane's rows: at, epoch, slot, attempt."""

KEY: Final = itemgetter(1, 2, 3, 4)
"""The key of a check: lane, epoch, slot, attempt."""

SELECT: Final = (
    "SELECT place >> 20 AS at, lane, epoch, slot, attempt, state, reason, hold, latency, status, facts "
    "FROM log"
)
_INSERT: Final = (
    "INSERT INTO log VALUES ("
    "(SELECT coalesce(max(place) + 1, ?1 << 20) FROM log "
    "WHERE place >= ?1 << 20 AND place < (?1 + 1) << 20), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
)
_BITS: Final = 20
LAST: Final[Ms] = (1 << 63 - _BITS) - 1
"""The first instant, in the year 2248, that has no place in the log any more."""
_INSTANT: Final = itemgetter(0)
_STATE_IDS = {state: number for number, state in STATES.items()}


def row_of(check: Check, ids: Mapping[Reason, int]) -> Row:
    """The row of a check."""
    return (
        check.at,
        check.lane,
        check.epoch,
        check.slot,
        check.attempt,
        _STATE_IDS[check.state],
        ids[check.reason],
        check.hold,
        check.latency,
        check.status,
        check.facts,
    )


def check_of(row: Row, reasons: Reasons) -> Check:
    """The check of a row."""
    at, lane, epoch, slot, attempt, state, reason, hold, latency, status, facts = row
    return Check(
        lane, epoch, slot, attempt, at, STATES[state], reasons.by_id[reason], hold, latency, status, facts
    )


def places(span: Span) -> tuple[int, int]:
    """From which place of the log on, and up to which, the checks lie that started in `span`."""
    return (span.start << _BITS, min(span.end, LAST) << _BITS)


def insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Append rows whose keys are not there, in the order of time: then the last page alone is written."""
    connection.executemany(_INSERT, sorted(rows, key=_INSTANT))


def select(connection: sqlite3.Connection, lane: LaneId, span: Span) -> Iterable[Row]:
    """The rows of a lane that started in `span`, in the order of their instant."""
    rows: Iterable[Row] = connection.execute(
        f"{SELECT} WHERE place >= ? AND place < ? AND lane = ? ORDER BY at, epoch, slot, attempt",
        (*places(span), lane),
    )
    return rows

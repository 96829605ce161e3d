"""How far epochs reach on lanes, written once an hour where one epoch alone can be meant.

A check reaches further than the one before it, and to write that down with every check would cost more pages
than the checks. So of the writer's own epoch, while no other claims the same time on a lane, the table is
exact to the hour, and the log says the rest; `catch_up` makes it exact again after the writer is gone.
"""

from __future__ import annotations

from monitor.core.checks import EpochId, LaneId
from monitor.core.intervals import HOUR, Ms, Span
from monitor.store.sqlite import sqlite3
from monitor.store.transaction import immediate


class Reaches:
    """What the writer knows of its own epoch beyond the table. `settle` after each commit."""

    def __init__(self) -> None:
        self._last: dict[LaneId, Ms] = {}
        self._new: dict[LaneId, Ms | None] = {}

    def forget(self) -> None:
        """Another epoch is the writer's own from now on."""
        self._last.clear()
        self._new.clear()

    def settle(self) -> None:
        """What was noted since is committed."""
        for lane, last in self._new.items():
            if last is None:
                self._last.pop(lane, None)
            else:
                self._last[lane] = last
        self._new.clear()

    def last(self, lane: LaneId) -> Ms | None:
        """Until when our own epoch alone reaches on this lane; None where the table says all."""
        return self._new[lane] if lane in self._new else self._last.get(lane)

    def note(self, lane: LaneId, last: Ms | None) -> None:
        """Our own epoch alone reaches so far; None: not alone."""
        self._new[lane] = last

    def covers(self, lane: LaneId, new: Span) -> bool:
        """Whether the table need not be told of these checks of our own epoch."""
        last = self.last(lane)
        if last is None or new.start < last or new.end // HOUR != last // HOUR:
            return False
        self._new[lane] = new.end
        return True


def known(connection: sqlite3.Connection, lane: LaneId, epoch: EpochId) -> Span | None:
    """From the first to the last instant that the table knows."""
    row = connection.execute(
        "SELECT first, last FROM reach WHERE lane = ? AND epoch = ?", (lane, epoch)
    ).fetchone()
    return None if row is None else Span(*row)


def write(connection: sqlite3.Connection, lane: LaneId, epoch: EpochId, whole: Span) -> None:
    """Within a transaction."""
    connection.execute(
        "INSERT INTO reach VALUES (?, ?, ?, ?) "
        "ON CONFLICT (lane, epoch) DO UPDATE SET first = excluded.first, last = excluded.last",
        (lane, epoch, whole.start, whole.end),
    )


def is_claimed(connection: sqlite3.Connection, lane: LaneId, epoch: EpochId, span: Span) -> bool:
    """Whether another epoch has checks on this lane from before the end of `span` until after its start."""
    found = connection.execute(
        "SELECT 1 FROM reach WHERE lane = ? AND epoch <> ? AND last >= ? AND first <= ?",
        (lane, epoch, span.start, span.end),
    )
    return found.fetchone() is not None


def catch_up(connection: sqlite3.Connection) -> None:
    """Make the table exact for the newest epoch: a writer that is gone may have left an hour to the log.

    `+` keeps SQLite from making an index of the whole log for the epoch, which the hour alone finds at once.
    """
    behind = connection.execute(
        "SELECT log.lane, log.epoch, max(place) >> 20 "
        "FROM (SELECT DISTINCT last / ?1 AS hour, epoch FROM reach "
        "WHERE epoch = (SELECT max(id) FROM epoch)) newest "
        "CROSS JOIN log ON place >= hour * ?1 << 20 AND place < (hour + 1) * ?1 << 20 "
        "AND +log.epoch = newest.epoch "
        "JOIN reach ON reach.lane = log.lane AND reach.epoch = log.epoch "
        "GROUP BY 1, 2 HAVING max(place) >> 20 > max(reach.last)",
        (HOUR,),
    ).fetchall()
    if behind:
        with immediate(connection):
            connection.executemany(
                "UPDATE reach SET last = ?3 WHERE lane = ?1 AND epoch = ?2 AND last < ?3", behind
            )

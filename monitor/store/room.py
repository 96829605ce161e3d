"""How much room the evidence takes, and what it grows by. Only reads."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Literal

from monitor.core.intervals import DAY, HOUR
from monitor.records import dataclass
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.transaction import reading

AROUND = 60
"""Bytes that a chunk takes beside its body: keys, instants, digest, indexes."""
DAYS = 7
COUNTS = {
    "alert": "SELECT count(*) FROM alert",
    "letter": "SELECT count(*) FROM letter",
    "metric": "SELECT count(*) FROM metric",
}


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of the file and of what waits beside it (`wal`); `free` of them are used by nothing.

    `loose` checks wait in the log, `packed` ones take `packed_bytes`; `forgotten` days of an endpoint are
    those whose good checks are gone. `daily` is how many checks came on each of the last packed days.
    `alerts`, `letters` and `metrics` are how many of each are kept.
    """

    file: int
    wal: int
    free: int
    loose: int
    packed: int
    packed_bytes: int
    forgotten: int
    daily: float
    alerts: int = 0
    letters: int = 0
    metrics: int = 0

    @property
    def per_check(self) -> float | None:
        """Bytes that a packed check takes."""
        return self.packed_bytes / self.packed if self.packed else None


def room(path: Path) -> Room:
    """What the database at this place takes."""
    with told(path), closing(connect(path, readonly=True)) as connection, reading(connection):
        (page,) = connection.execute("PRAGMA page_size").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (loose,) = connection.execute("SELECT count(*) FROM log").fetchone()
        packed, size, forgotten = connection.execute(
            "SELECT coalesce(sum(checks), 0), coalesce(sum(length(body) + length(latency) + ?), 0), "
            "count(*) FILTER (WHERE whole = 0) FROM chunk",
            (AROUND,),
        ).fetchone()
        (last,) = connection.execute("SELECT max(start) FROM chunk").fetchone()
        since = 0 if last is None else last - DAYS * (DAY // HOUR)
        (lately, days) = connection.execute(
            "SELECT coalesce(sum(checks), 0), count(DISTINCT start / 24) FROM chunk WHERE start > ?", (since,)
        ).fetchone()
        others = [_count(connection, table) for table in ("alert", "letter", "metric")]
    wal = path.with_name(path.name + "-wal")
    beside = wal.stat().st_size if wal.exists() else 0
    return Room(
        pages * page,
        beside,
        free * page,
        loose,
        packed,
        size,
        forgotten,
        lately / days if days else 0.0,
        *others,
    )


def _count(connection: sqlite3.Connection, table: Literal["alert", "letter", "metric"]) -> int:
    """The rows of a table; none of one that a younger schema brings."""
    there = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    if there is None:
        return 0
    (rows,) = connection.execute(COUNTS[table]).fetchone()
    return int(rows)

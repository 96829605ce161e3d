"""Whether what a writer writes to is still the database of that name, asked before anything is acknowledged.

Files are looked at by name and never opened: closing another descriptor would take SQLite's locks away.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from monitor.errors import EvidenceRefused
from monitor.store.errors import Unreachable
from monitor.store.sqlite import connect, sqlite3

_Identity = tuple[int, int]  # device, inode


class Standing:
    """The files of a connection that has read already, as they were when it was made."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
        self._log = self._path.with_name(self._path.name + "-wal")
        self._itself, self._size = _looked_at(self._path)
        self._its_log, _ = _looked_at(self._log)

    def must_hold(self) -> None:
        """EvidenceRefused where the database was replaced, removed or cut short: no commit counts any more.

        Unreachable where its write-ahead log was: all that was in it is in the database again, and a new
        connection makes a new one.
        """
        identity, size = _looked_at(self._path)
        if identity != self._itself:
            became = "removed" if identity is None else "replaced by another file"
            raise EvidenceRefused(
                f"{self._path} was {became} while it was being written; "
                "put the file back that was there, or restore it from a backup"
            )
        if size < self._size and size < self._pages() and not self._is_whole():
            raise EvidenceRefused(
                f"{self._path} was cut short while it was being written; keep it aside, "
                "and restore it from a backup"
            )
        self._size = size
        if self._its_log is not None and _looked_at(self._log)[0] != self._its_log:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            raise Unreachable(f"{self._log} was removed while it was being written; it is made anew")

    def _pages(self) -> int:
        """The bytes of the database with what is in its log."""
        (count,) = self._connection.execute("PRAGMA page_count").fetchone()
        (length,) = self._connection.execute("PRAGMA page_size").fetchone()
        return int(count) * int(length)

    def _is_whole(self) -> bool:
        """Whether a connection that has nothing in memory finds every page: the file may be smaller now."""
        try:
            with closing(connect(self._path, readonly=True)) as fresh:
                return bool(fresh.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.DatabaseError:
            return False


def _looked_at(path: Path) -> tuple[_Identity | None, int]:
    """Which file has this name, None where none has, and its size."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None, 0
    return (found.st_dev, found.st_ino), found.st_size

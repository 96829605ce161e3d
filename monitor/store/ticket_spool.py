"""Tickets of a file while it is read: rows in a file of no name beside the database, to be taken at once.

All that can be done without the database is done here, so that whoever else writes waits for as little as
can be: then SQLite alone carries the rows over.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from monitor.core.intervals import Ms
from monitor.store.sqlite import connect
from monitor.store.ticket_protocol import Seq, ToldTicket
from monitor.store.ticket_rows import TicketRow, row_of

_AT_ONCE: Final = 1_000
_SETTINGS: Final = ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-16384")
_STAGED: Final = """
CREATE TABLE spool.staged (
  source TEXT NOT NULL, id TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  open INTEGER NOT NULL, deleted INTEGER NOT NULL, updated INTEGER, customer TEXT NOT NULL,
  service TEXT NOT NULL, content TEXT NOT NULL, digest BLOB NOT NULL, UNIQUE (source, id)
) STRICT"""
_PUT: Final = "INSERT OR REPLACE INTO spool.staged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_MET: Final = """
SELECT staged.source, staged.id, staged.first, staged.last, staged.open, staged.deleted, staged.updated,
  staged.customer, staged.service,
  CASE WHEN staged.digest <> ticket.digest OR ticket.deleted THEN staged.content ELSE '' END, staged.digest,
  ticket.seq, ticket.deleted, ticket.updated,
  CASE WHEN staged.digest <> ticket.digest OR ticket.deleted THEN ticket.content ELSE '' END, ticket.digest,
  ticket.batch
FROM spool.staged AS staged CROSS JOIN main.ticket AS ticket
  ON ticket.source = staged.source AND ticket.id = staged.id
ORDER BY staged.rowid"""
_CARRY: Final = """
INSERT INTO main.ticket (
  source, id, first, last, open, deleted, updated, customer, service, content, digest, batch
)
SELECT source, id, first, last, open, deleted, updated, customer, service, content, digest, ?1
FROM spool.staged AS staged
WHERE ?2 OR NOT EXISTS (
  SELECT 1 FROM main.ticket AS known WHERE known.source = staged.source AND known.id = staged.id
)
ORDER BY staged.rowid"""
_COLUMNS: Final = [each.name for each in fields(TicketRow)]
_VALUES: Final = attrgetter(*_COLUMNS)


class SqliteSpool:
    """Has a connection of its own to the database, and holds no lock of it until the tickets are taken.

    A ticket that is put twice is the one that was put last. `count` is how many were put,
    `newest` the latest instant that any of them tells of.
    """

    def __init__(self, path: Path) -> None:
        self.connection = connect(path)
        self.count = 0
        self.newest: Ms | None = None
        self._waiting: list[tuple[Any, ...]] = []
        try:
            self._attach(path.parent)
        except BaseException:
            self.connection.close()
            raise

    def _attach(self, folder: Path) -> None:
        """The file loses its name as soon as it is open: nothing is left behind, however this ends."""
        handle, name = tempfile.mkstemp(prefix=".tickets-", dir=folder)
        os.close(handle)
        try:
            self.connection.execute("ATTACH ? AS spool", (name,))
            for setting in _SETTINGS:
                self.connection.execute(f"PRAGMA spool.{setting}").close()
            self.connection.execute(_STAGED)
        finally:
            Path(name).unlink()

    def put(self, told: ToldTicket) -> None:
        """Keep one for later. It is the whole of its ticket."""
        row = row_of(told)
        self._waiting.append(_VALUES(row))
        self.count += 1
        self.newest = row.last if self.newest is None else max(self.newest, row.last)
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    def flush(self) -> int:
        """All that was put is in the file; how many tickets that are."""
        if self._waiting:
            self.connection.execute("BEGIN")
            self.connection.executemany(_PUT, self._waiting)
            self.connection.execute("COMMIT")
            self._waiting.clear()
        (found,) = self.connection.execute("SELECT count(*) FROM spool.staged").fetchone()
        return int(found)

    def met(self) -> Iterator[tuple[TicketRow, tuple[Any, ...]]]:
        """Those that are known already, each with what is known of it.

        That is its seq, deleted, updated, content, digest and batch; a content is "" where nothing is new.
        """
        for values in self.connection.execute(_MET):
            yield TicketRow(*values[: len(_COLUMNS)]), values[len(_COLUMNS) :]

    def carry(self, batch: Seq, *, all_new: bool) -> None:
        """Have those that are not known among the tickets of the database, in their order."""
        self.connection.execute(_CARRY, (batch, all_new))

    def close(self) -> None:
        """It is gone."""
        self.connection.close()

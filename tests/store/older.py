"""Databases as older versions made them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from monitor.store.journal import extend
from monitor.store.protocol import NewEvent
from monitor.store.schema import APPLICATION_ID, FIRST
from monitor.store.sqlite import connect
from monitor.store.transaction import immediate


def first_schema(path: Path) -> Path:
    """A database of schema 1 with an entry in its journal, as sqlite-utils wrote down that it was made."""
    from sqlite_utils import Database, Migrations

    migrations = Migrations("makegood.store")

    @migrations(name="0001_evidence_and_journal")
    def _first(db: Database) -> None:
        for statement in FIRST.values():
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")

    path.touch(0o600)
    with closing(connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(Database(connection, recursive_triggers=True))
        with immediate(connection):
            extend(connection, [NewEvent(0, "note.made", "x", "max")])
    return path

"""How a database becomes what schema.py says. Imported only by who creates or migrates: it is slow to import.

Each migration and the record of it are one transaction, with the version in the file's header.
"""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database, Migrations

from monitor.core.checks import Reason
from monitor.failpoints import reach
from monitor.store.schema import APPLICATION_ID, FIFTH, FIRST, FOURTH, SECOND, SEVENTH, SIXTH, THIRD
from monitor.store.sqlite import JournalMode, connect, sqlite3

migrations = Migrations("makegood.store")

_INCREMENTAL = 2
_PAGE = 1_024
_MOVE = """INSERT INTO log
SELECT (at << 20) + row_number() OVER (PARTITION BY at ORDER BY lane, epoch, slot, attempt),
lane, epoch, slot, attempt, state, reason, hold, latency, status, facts
FROM log_by_hour ORDER BY 1"""


@migrations(name="0001_evidence_and_journal")
def _evidence_and_journal(db: Database) -> None:
    for statement in FIRST.values():
        db.execute(statement)
    db.conn.executemany("INSERT INTO reason (name) VALUES (?)", [(reason.value,) for reason in Reason])
    db.execute("PRAGMA user_version = 1")


@migrations(name="0002_tallies_and_ledger")
def _tallies_and_ledger(db: Database) -> None:
    for statement in SECOND.values():
        reach("migrate.statement")
        db.execute(statement)
    db.execute("PRAGMA user_version = 2")
    reach("migrate.recorded")


@migrations(name="0003_calls")
def _calls(db: Database) -> None:
    for statement in THIRD.values():
        reach("migrate.statement")
        db.execute(statement)
    db.execute("PRAGMA user_version = 3")
    reach("migrate.recorded")


@migrations(name="0004_log_and_chunks")
def _log_and_chunks(db: Database) -> None:
    db.execute("DROP TRIGGER log_no_delete")
    db.execute("DROP TRIGGER log_no_update")
    db.execute("ALTER TABLE log RENAME TO log_by_hour")
    for statement in FOURTH.values():
        reach("migrate.statement")
        db.execute(statement)
    db.execute(_MOVE)
    db.execute("DROP TABLE log_by_hour")
    db.execute("PRAGMA user_version = 4")
    reach("migrate.recorded")


@migrations(name="0005_metrics")
def _metrics(db: Database) -> None:
    for statement in FIFTH.values():
        reach("migrate.statement")
        db.execute(statement)
    db.execute("PRAGMA user_version = 5")
    reach("migrate.recorded")


@migrations(name="0006_alerts")
def _alerts(db: Database) -> None:
    for statement in SIXTH.values():
        reach("migrate.statement")
        db.execute(statement)
    db.execute("PRAGMA user_version = 6")
    reach("migrate.recorded")


@migrations(name="0007_tickets")
def _tickets(db: Database) -> None:
    for statement in SEVENTH.values():
        reach("migrate.statement")
        db.execute(statement)
    db.execute("PRAGMA user_version = 7")
    reach("migrate.recorded")


def migrate(path: Path, mode: JournalMode) -> None:
    """Bring the file to the newest schema. It must be ours or empty; a second call changes nothing."""
    connection = connect(path)
    try:
        reach("migrate.begun")
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _lay_out(connection)
        migrations.apply(Database(connection, recursive_triggers=True))
        reach("migrate.committed")
        connection.execute(f"PRAGMA journal_mode = {mode}")
    finally:
        connection.close()


def _lay_out(connection: sqlite3.Connection) -> None:
    """Have small pages, of which an append dirties few bytes, and let free ones be handed back bit by bit.

    A file that has pages already is written anew for that, once.
    """
    (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    if mode != _INCREMENTAL:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        connection.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")
        connection.execute("VACUUM")

"""Transactions by hand: taken for writing at once, so that waiting happens at the start and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.store.sqlite import sqlite3
from monitor.store.telling import told


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end, roll everything back on any error; what SQLite refuses is told as ours."""
    with told(file_of(connection)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One consistent view of everything that was committed before the first statement."""
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT count(*) FROM mark").fetchone()
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def file_of(connection: sqlite3.Connection) -> Path:
    """The database that it is connected to."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])

"""The few numbers that the store keeps about itself, by name: one table, read and written here alone.

In ms are `alive` (until when a monitor was seen running), `sealed`, `packed`, `forgotten` (up to when hours
are), and `hold` (how long the longest state lasts). `joined` is the first hour whose chunks may be in pieces.
"""

from __future__ import annotations

from monitor.store.sqlite import sqlite3


def mark(connection: sqlite3.Connection, name: str) -> int | None:
    """What is marked under this name; None where nothing is."""
    row = connection.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def set_mark(connection: sqlite3.Connection, name: str, value: int) -> None:
    """Mark this value, whatever was marked."""
    connection.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (name, value))


def raise_mark(connection: sqlite3.Connection, name: str, value: int) -> None:
    """Mark this value where nothing is marked, or less; else no page is written."""
    connection.execute(
        "INSERT INTO mark VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
        "WHERE excluded.value > value",
        (name, value),
    )

"""Giving room back: pages that nothing uses leave the file a few at a time, so that nobody waits for it."""

from __future__ import annotations

from typing import Final

from monitor.store.sqlite import sqlite3
from monitor.store.telling import told
from monitor.store.transaction import file_of

STEP: Final = 500
"""Pages that one step hands back."""
SPARE: Final = 3
"""A part of so many of the file may be free: the log of the next day goes there."""


def shrink(connection: sqlite3.Connection, *, spare: int = SPARE) -> int:
    """Hand back some of what is free beyond the spare part (0: all is); how many pages."""
    with told(file_of(connection)):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        much = min(free - (pages // spare if spare else 0), STEP)
        if much <= 0:
            return 0
        connection.execute(f"PRAGMA incremental_vacuum({much})").fetchall()
        (after,) = connection.execute("PRAGMA page_count").fetchone()
        return int(pages - after)

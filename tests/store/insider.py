"""What somebody can do who may write the file: everything, and leave the tables looking as they were."""

from __future__ import annotations

import sqlite3 as plain
from contextlib import closing
from pathlib import Path

from monitor.store.schema import STATEMENTS


def edited(path: Path, *statements: str) -> None:
    """By an insider, who takes the triggers away and puts them back."""
    triggers = [(name, sql) for name, sql in STATEMENTS.items() if sql.startswith("CREATE TRIGGER")]
    with closing(plain.connect(path)) as connection:
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()

"""What an older version recorded is there after the migration, row for row, and killed in between as well."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, MINUTE, Span
from monitor.store import open_store
from monitor.store.sqlite import connect
from tests.store.conftest import ORIGIN
from tests.store.older import first_schema
from tests.store.test_kill_at import OPEN, killed

WHOLE = Span(ORIGIN, ORIGIN + 3 * HOUR)


def recorded(lane: int) -> list[Check]:
    """Two hours of checks, at the same instants on all lanes; one failed and was tried again."""
    checks = [
        Check(lane, 1, n, 0, ORIGIN + n * MINUTE, State.UP, Reason.OK, 130_000, 400 + n, 200)
        for n in range(120)
    ]
    checks[70] = Check(
        lane, 1, 70, 0, ORIGIN + 70 * MINUTE, State.UP, Reason.TIMEOUT, 130_000, facts='{"error":"timeout"}'
    )
    again = Check(lane, 1, 70, 1, ORIGIN + 70 * MINUTE, State.UP, Reason.OK, 130_000, 399, 200)
    return [*checks[:71], again, *checks[71:]]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of schema 1, whose log was clustered by hour, epoch and slot."""
    path = first_schema(tmp_path / "old.db")
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.executemany("INSERT INTO reason (name) VALUES (?)", [(each.value,) for each in Reason])
        ids = dict(connection.execute("SELECT name, id FROM reason").fetchall())
        for lane in (1, 2):
            connection.execute("INSERT INTO lane VALUES (?, ?, 'here')", (lane, f"e{lane}"))
            connection.execute("INSERT INTO reach VALUES (?, 1, ?, ?)", (lane, ORIGIN, ORIGIN + 119 * MINUTE))
            connection.executemany(
                "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        c.at // HOUR, c.epoch, c.slot, c.lane, c.attempt, c.at, int(c.state),
                        ids[c.reason.value], c.hold, c.latency, c.status, c.facts,
                    )
                    for c in recorded(lane)
                ],
            )  # fmt: skip
    return path


def found(path: Path) -> list[list[Check]]:
    with open_store(path, create=True).snapshot() as snapshot:
        return [list(snapshot.checks(lane, WHOLE)) for lane in (1, 2)]


def test_every_check_is_there_afterwards(old: Path) -> None:
    assert found(old) == [recorded(1), recorded(2)]


def test_the_file_is_laid_out_anew(old: Path) -> None:
    found(old)
    with closing(connect(old, readonly=True)) as connection:
        pragmas = ("page_size", "auto_vacuum", "journal_mode", "user_version")
        laid_out = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert laid_out == [1_024, 2, "wal", 7]


@pytest.mark.parametrize(
    "point", ["migrate.begun", "migrate.statement:23", "migrate.statement:25", "migrate.recorded:3"]
)
def test_killed_while_it_moves_them_every_check_is_there_after_the_next(old: Path, point: str) -> None:
    killed(OPEN, point, old)
    assert found(old) == [recorded(1), recorded(2)]

"""One SQLite for all, and WAL only where it keeps what was committed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import utils

from monitor.store.sqlite import Version, connect, journal_mode, notice, sqlite3, version


@pytest.mark.parametrize(
    ("release", "mode"),
    [
        ((3, 40, 1), "DELETE"),
        ((3, 44, 5), "DELETE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 9), "DELETE"),
        ((3, 50, 6), "DELETE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "DELETE"),
        ((3, 51, 3), "WAL"),
        ((3, 53, 4), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_a_release_that_can_lose_pages_writes_without_wal(release: Version, mode: str) -> None:
    assert journal_mode(release) == mode
    assert (notice(release) is None) == (mode == "WAL")


def test_the_notice_says_what_it_is_about_and_what_helps() -> None:
    said = notice((3, 40, 1))
    assert said is not None
    assert "SQLite 3.40.1" in said
    assert "journal_mode=DELETE" in said
    assert "pysqlite3 0.6.1" in said


def test_sqlite_utils_uses_the_same_library() -> None:
    assert utils.sqlite3.sqlite_version_info == version()
    assert utils.sqlite3.Connection is sqlite3.Connection


def test_every_connection_has_the_settings_of_the_house(tmp_path: Path) -> None:
    path = tmp_path / "a file?with#odd%20name.db"
    path.touch()
    connection = connect(path)
    for pragma, value in {
        "recursive_triggers": 1,
        "foreign_keys": 1,
        "synchronous": 3,
        "trusted_schema": 0,
        "busy_timeout": 10_000,
    }.items():
        assert connection.execute(f"PRAGMA {pragma}").fetchone() == (value,), pragma
    connection.close()


def test_a_database_is_never_made_by_connecting(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "none.db")

"""The judge of the campaign finds what it is there to find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.intervals import HOUR
from monitor.store import open_store
from monitor.store.sqlite import connect
from tests.crash.ground import LIFE, ORIGIN, STEP, Papers, Told, database_of, judge, papers
from tests.crash.kills import house, start_victim


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def database(told: Told) -> Iterator[Path]:
    """Two lives of a writer, with a silence between them."""
    with house() as config:
        for life in (0, 1):
            with start_victim(database_of(config), life, "--batches", 20) as victim:
                said, _ = victim.communicate()
            told.hear(said.splitlines(keepends=True))
        yield database_of(config)


@pytest.fixture
def issued(database: Path) -> Papers:
    return papers(open_store(database))


def change(database: Path, *statements: str) -> None:
    with closing(connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)


def unlocked(database: Path, table: str, verb: str, statement: str) -> None:
    """Do what a trigger forbids, and put the trigger back."""
    with closing(connect(database)) as connection:
        name = f"{table}_no_{verb}"
        (trigger,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        for each in (f"DROP TRIGGER {name}", statement, trigger):
            connection.execute(each)


def test_what_is_as_it_was_told_is_well(database: Path, told: Told, issued: Papers) -> None:
    assert judge(database, told, issued).is_well
    assert len(told.gaps) == 2
    assert len(told.keys) == 800


def test_a_record_that_was_acknowledged_and_is_not_there_is_lost(
    database: Path, told: Told, issued: Papers
) -> None:
    unlocked(database, "log", "delete", "DELETE FROM log WHERE slot = 10010 AND lane = 3")

    assert judge(database, told, issued).lost == 1


def test_a_record_that_is_there_twice_is_doubled(database: Path, told: Told, issued: Papers) -> None:
    change(
        database,
        "INSERT INTO log SELECT place + 1000, lane, epoch, slot, attempt, state, reason, hold, latency, "
        f"status, facts FROM log WHERE place >> 20 = {ORIGIN + (LIFE + 10) * STEP} AND lane = 3",
    )

    assert judge(database, told, issued).doubled == 1


def test_a_silence_that_is_told_as_seen_is_bare(database: Path, told: Told, issued: Papers) -> None:
    start = ORIGIN + HOUR
    change(
        database,
        f"DELETE FROM segment WHERE lane = 3 AND start >= {ORIGIN}",
        f"INSERT INTO segment SELECT 3, {start}, {start + HOUR}, 1, id, NULL, NULL FROM reason "
        "WHERE name = 'ok'",
        f"INSERT OR REPLACE INTO mark VALUES ('sealed', {start + HOUR})",
    )
    assert judge(database, told, issued).unexplained > 0


def test_a_page_that_was_changed_is_found(database: Path, told: Told, issued: Papers) -> None:
    unlocked(database, "page", "update", "UPDATE page SET content = zeroblob(3)")

    assert not judge(database, told, issued).is_well

"""A writer that works beside a loop rests for a moment after each half ms of work, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.core.intervals import HOUR, Ms
from monitor.store import SqliteStore, open_store
from monitor.store.courtesy import REST, STEPS, STRETCH, give_way, lend
from monitor.store.sqlite import connect, sqlite3
from monitor.store.transaction import immediate
from monitor.store.writer import EvidenceWriter
from tests.store.conftest import MakeCheck

MANY = 20_000
TABLES = ("log", "segment", "chunk", "mark")
ROWS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"


@dataclass
class Toil:
    """The work of a thread: so many seconds go by from one look at it to the next. What it rests is noted."""

    a_look: float
    looks: int = 0
    rests: list[float] = field(default_factory=list)

    def worked(self) -> float:
        self.looks += 1
        return self.looks * self.a_look

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "some.db"
    path.touch()
    with closing(connect(path)) as connection:
        yield connection


def test_reading_in_a_loop_rests_once_a_millisecond_of_work(connection: sqlite3.Connection) -> None:
    toil = Toil(a_look=STRETCH / 9.5)
    with lend(connection, worked=toil.worked, rest=toil.rest):
        rows = [i for (i,) in connection.execute(ROWS, (MANY,))]
    assert rows == list(range(1, MANY + 1))
    assert toil.looks >= MANY // STEPS  # a row is a step at least
    assert set(toil.rests) == {REST}
    assert len(toil.rests) == pytest.approx(toil.looks / 11, abs=1)  # ten looks of work, and one at the rest


def test_many_short_statements_rest_as_one_long_one_does(connection: sqlite3.Connection) -> None:
    toil = Toil(a_look=STRETCH)
    with lend(connection, worked=toil.worked, rest=toil.rest):
        for _ in range(STEPS):
            connection.execute("SELECT 1").fetchone()
    assert toil.rests


def test_a_loop_rests_as_statements_do_and_only_where_its_thread_lends(
    connection: sqlite3.Connection,
) -> None:
    toil = Toil(a_look=STRETCH)
    give_way()
    with lend(connection, worked=toil.worked, rest=toil.rest):
        give_way()
        with ThreadPoolExecutor(1) as others:
            others.submit(give_way).result()
    give_way()
    assert toil.rests == [REST]


def test_who_has_not_worked_for_a_millisecond_does_not_rest(connection: sqlite3.Connection) -> None:
    toil = Toil(a_look=0.0)
    with lend(connection, worked=toil.worked, rest=toil.rest):
        assert len(connection.execute(ROWS, (MANY,)).fetchall()) == MANY
    assert toil.looks > 1
    assert toil.rests == []


def test_what_is_written_in_between_rests_is_as_it_was_given(connection: sqlite3.Connection) -> None:
    toil = Toil(a_look=STRETCH)
    connection.execute("CREATE TABLE some (i INTEGER)")
    with lend(connection, worked=toil.worked, rest=toil.rest), immediate(connection):
        connection.executemany("INSERT INTO some VALUES (?)", ((i,) for i in range(MANY)))
    assert toil.rests
    assert connection.execute("SELECT count(*), sum(i) FROM some").fetchone() == (MANY, sum(range(MANY)))


def test_a_commit_of_a_hundred_checks_looks_a_few_times(
    store: SqliteStore, origin: Ms, check: MakeCheck
) -> None:
    """So what it costs is a rest where it worked for a ms, and next to nothing where it did not."""
    with closing(connect(store.path)) as connection:
        writer = EvidenceWriter(connection)
        lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
        toil = Toil(a_look=0.0)
        with lend(connection, worked=toil.worked, rest=toil.rest):
            writer.append([check(lane, epoch, slot, origin + slot * 100) for slot in range(100)])
    assert 1 < toil.looks < 50


def test_sealing_and_packing_give_the_same_with_courtesy_as_without(
    tmp_path: Path, origin: Ms, check: MakeCheck
) -> None:
    def kept(name: str, toil: Toil | None) -> tuple[object, ...]:
        store = open_store(tmp_path / name, create=True)
        with closing(connect(store.path)) as connection, ExitStack() as stack:
            if toil is not None:
                stack.enter_context(lend(connection, worked=toil.worked, rest=toil.rest))
            writer = EvidenceWriter(connection)
            lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
            writer.append([check(lane, epoch, slot, origin + slot * 60_000) for slot in range(3_000)])
            done = (writer.seal(origin + 100 * HOUR), writer.repack(origin + 100 * HOUR))
            tables = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]
        assert all(done)
        assert all(tables[1:])
        return (*done, *tables)

    toil = Toil(a_look=STRETCH)
    assert kept("courteous.db", toil) == kept("plain.db", None)
    assert toil.rests

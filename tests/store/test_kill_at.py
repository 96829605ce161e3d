"""kill -9 between any two steps of a commit, a seal or a migration: all of it is there, or nothing of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.failpoints import VARIABLE
from monitor.store import SqliteStore, open_store
from monitor.store.proof import proved
from monitor.store.protocol import Holder
from monitor.store.schema import SCHEMA_VERSION
from monitor.store.sqlite import sqlite3
from monitor.store.whole import examine
from tests.store.conftest import ORIGIN, MakeCheck
from tests.store.older import first_schema

APPEND = """
import sys
from pathlib import Path
from monitor.core.checks import Check, State, Reason
from monitor.store import open_store
from monitor.store.protocol import Holder
origin = int(sys.argv[2])
with open_store(Path(sys.argv[1])).writer(Holder(0, "h", "victim", origin)) as writer:
    lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
    for batch in range(5):
        slots = range(batch * 10, batch * 10 + 10)
        rows = [Check(lane, epoch, n, 0, origin + n * 60_000, State.UP, Reason.OK, 190_000) for n in slots]
        writer.append(rows)
        print(batch, flush=True)
"""
SEAL = """
import sys
from pathlib import Path
from monitor.store import open_store
from monitor.store.protocol import Holder
with open_store(Path(sys.argv[1])).writer(Holder(0, "h", "victim", 0)) as writer:
    writer.seal(int(sys.argv[2]))
"""
OPEN = """
import sys
from pathlib import Path
from monitor.store import open_store
open_store(Path(sys.argv[1]), create=True)
"""


def killed(script: str, point: str, *words: object) -> str:
    """What the victim had said when it died at that point."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        env={**os.environ, VARIABLE: point},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, f"{point} was not reached"
    return done.stdout


@pytest.mark.parametrize(
    ("point", "kept"),
    [("commit.written", 0), ("commit.written:3", 2), ("commit.committed", 1), ("commit.committed:4", 4)],
)
def test_a_batch_is_there_whole_or_not_at_all(store: SqliteStore, point: str, kept: int) -> None:
    said = killed(APPEND, point, store.path, ORIGIN)

    with store.snapshot() as snapshot:
        slots = [check.slot for check in snapshot.checks(1, Span(ORIGIN, ORIGIN + HOUR))]
    assert slots == list(range(kept * 10))
    assert len(said.split()) <= kept, "what was acknowledged is there"
    examine(store.path)


def test_with_a_rollback_journal_a_reader_undoes_what_was_half_written(path: Path) -> None:
    open_store(path, create=True, mode="DELETE")

    killed(
        APPEND.replace("* 10, batch * 10 + 10", "* 90_000, batch * 90_000 + 90_000"),
        "commit.written:2",
        path,
        ORIGIN,
    )

    with (
        pytest.raises(sqlite3.OperationalError),
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as plain,
    ):
        plain.execute("SELECT count(*) FROM log")
    with open_store(path).snapshot() as snapshot:
        assert sum(1 for _ in snapshot.checks(1, Span(0, 1 << 50))) == 90_000
    examine(path)


@pytest.fixture
def unsealed(path: Path, check: MakeCheck, origin: Ms, holder: Holder) -> Path:
    """Two lanes with thirty hours of checks; sealing takes two transactions."""
    with open_store(path, create=True).writer(holder) as writer:
        epoch = writer.epoch(origin)
        for name in ("shop", "api"):
            lane = writer.lane(name, "here", since=origin)
            writer.append([check(lane, epoch, n, origin + n * MINUTE) for n in range(30 * 60)])
    return path


def told(path: Path) -> object:
    with open_store(path).snapshot() as snapshot:
        return snapshot.segments([1, 2], Span(ORIGIN, ORIGIN + 30 * HOUR))


@pytest.mark.parametrize(
    "point",
    [
        "seal.computed", "seal.written", "seal.written:2", "seal.proved", "seal.committed",
        "seal.computed:2", "seal.written:4", "seal.proved:2", "seal.tallied", "seal.tallied:2",
    ],
)  # fmt: skip
def test_a_seal_that_died_changes_no_answer_and_is_done_by_the_next(
    unsealed: Path, holder: Holder, point: str
) -> None:
    before = told(unsealed)

    killed(SEAL, point, unsealed, ORIGIN + 31 * HOUR)

    assert told(unsealed) == before
    assert list(proved(unsealed)) == []
    with open_store(unsealed).writer(holder) as writer:
        assert writer.seal(ORIGIN + 31 * HOUR) > 0
    assert told(unsealed) == before
    assert list(proved(unsealed)) == []


PACK = """
import sys
from pathlib import Path
from monitor.store import open_store
from monitor.store.protocol import Holder
with open_store(Path(sys.argv[1])).writer(Holder(0, "h", "victim", 0)) as writer:
    writer.seal(int(sys.argv[2]))
    writer.repack(int(sys.argv[2]) + 2 * 86_400_000)
"""


@pytest.mark.parametrize(
    "point",
    [
        "repack.read", "repack.written", "repack.written:2", "repack.removed", "repack.committed",
        "repack.removed:2", "repack.committed:2",
    ],
)  # fmt: skip
def test_packing_that_died_left_every_check_where_it_was_or_packed(unsealed: Path, point: str) -> None:
    before, checks = told(unsealed), all_checks(unsealed)

    killed(PACK, point, unsealed, ORIGIN + 30 * HOUR + 10 * MINUTE)

    assert (told(unsealed), all_checks(unsealed)) == (before, checks)
    examine(unsealed)
    with open_store(unsealed).writer(Holder(0, "h", "next", 0)) as writer:
        writer.seal(ORIGIN + 31 * HOUR)
        writer.repack(ORIGIN + 99 * HOUR)
    assert (told(unsealed), all_checks(unsealed)) == (before, checks)
    assert list(proved(unsealed)) == []


def all_checks(path: Path) -> object:
    with open_store(path).snapshot() as snapshot:
        return [list(snapshot.checks(lane, Span(ORIGIN, ORIGIN + 30 * HOUR))) for lane in (1, 2)]


MIGRATE = (
    "migrate.begun",
    "migrate.statement",
    "migrate.statement:5",
    "migrate.statement:15",
    "migrate.recorded",
    "migrate.recorded:2",
    "migrate.statement:24",
    "migrate.recorded:3",
    "migrate.statement:29",
    "migrate.recorded:4",
    "migrate.statement:33",
    "migrate.recorded:5",
    "migrate.statement:40",
    "migrate.recorded:6",
    "migrate.committed",
)


@pytest.mark.parametrize("point", MIGRATE)
def test_a_migration_that_died_left_the_old_schema_or_the_new_one(tmp_path: Path, point: str) -> None:
    old = first_schema(tmp_path / "old.db")

    killed(OPEN, point, old)

    again = open_store(old, create=True)
    assert [event.kind for event in _events(again)] == ["note.made"]
    assert examine(old).journal == 1


@pytest.mark.parametrize("point", MIGRATE)
def test_a_database_whose_making_died_is_made_by_the_next(path: Path, point: str) -> None:
    killed(OPEN, point, path)

    with open_store(path, create=True).snapshot() as snapshot:
        assert list(snapshot.lanes()) == []
    assert examine(path).journal == 0
    assert SCHEMA_VERSION == 7, "a further migration wants its own points"


def _events(store: SqliteStore) -> list[object]:
    with store.snapshot() as snapshot:
        return list(snapshot.events())

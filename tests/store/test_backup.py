"""A backup is whole or not there: taken beside a writer, checked, and named last."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3 as plain
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.errors import ConfigError, EvidenceRefused
from monitor.failpoints import VARIABLE
from monitor.store import SqliteStore, open_store
from monitor.store.backup import PART, back_up
from monitor.store.protocol import Holder, NewEvent
from monitor.store.sqlite import JournalMode
from monitor.store.whole import examine
from monitor.store.writer import EvidenceWriter
from tests.store.conftest import MakeCheck

BACK_UP = """
import sys
from pathlib import Path
from monitor.store.backup import back_up
back_up(Path(sys.argv[1]), Path(sys.argv[2]))
"""
POINTS = ("backup.copied", "backup.checked", "backup.synced", "backup.renamed")


@pytest.fixture
def full(store: SqliteStore, writer: EvidenceWriter, check: MakeCheck, origin: Ms) -> SqliteStore:
    """Two hours of checks, and an entry in the journal."""
    lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
    writer.append([check(lane, epoch, n, origin + n * MINUTE) for n in range(120)])
    writer.seal(origin + 2 * HOUR)
    store.journal.append([NewEvent(origin, "note.made", "shop", "ines")])
    return store


def states(path: Path, origin: Ms) -> object:
    with open_store(path).snapshot() as snapshot:
        return snapshot.segments([1], Span(origin, origin + 2 * HOUR))


def test_a_backup_holds_what_the_database_holds(full: SqliteStore, tmp_path: Path, origin: Ms) -> None:
    heads = back_up(full.path, tmp_path / "copy.db")

    assert states(tmp_path / "copy.db", origin) == states(full.path, origin)
    assert (heads.journal, heads.papers, heads.number) == (1, 0, "")
    assert heads == examine(full.path) == examine(tmp_path / "copy.db")


def test_it_is_one_private_file_whatever_the_umask(full: SqliteStore, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        back_up(full.path, tmp_path / "copy.db")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.db"]


def test_it_is_taken_while_somebody_writes(
    full: SqliteStore, writer: EvidenceWriter, check: MakeCheck, tmp_path: Path, origin: Ms
) -> None:
    written: list[int] = []

    def write_on(_left: int, _of: int) -> None:
        slot = 120 + len(written)
        written.append(writer.append([check(1, 1, slot, origin + slot * MINUTE)]).stored)

    back_up(full.path, tmp_path / "copy.db", write_on)

    assert written, "the writer was never let in"
    assert examine(tmp_path / "copy.db").journal == 1


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_it_ends_however_much_is_written_meanwhile(tmp_path: Path, origin: Ms, mode: JournalMode) -> None:
    """A step of a copy that others make begin anew is lost; four would be needed for this file."""
    store, steps = open_store(tmp_path / "much.db", create=True, mode=mode), []
    with store.writer(Holder(1, "here", "test", origin)) as writer:
        for size in (8_000_000, 8_000_000, 8_000_000, 1):
            store.journal.append([NewEvent(origin, "note.made", "shop", "ines", body={"text": "n" * size})])

        def write_on(_left: int, _of: int) -> None:
            steps.append(writer.lane(f"endpoint-{len(steps)}", "here", since=origin))
            assert len(steps) < 100, "the copy begins anew for ever"

        back_up(store.path, tmp_path / "copy.db", write_on)

    assert len(steps) >= 3
    assert examine(tmp_path / "copy.db").journal == 4


def test_nothing_is_overwritten_and_no_folder_is_made(full: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")

    with pytest.raises(ConfigError, match=r"copy\.db is there already"):
        back_up(full.path, tmp_path / "copy.db")
    with pytest.raises(ConfigError, match="there is no folder"):
        back_up(full.path, tmp_path / "nowhere" / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_step_leaves_the_source_as_it_was_and_no_half_backup(
    full: SqliteStore, tmp_path: Path, origin: Ms, point: str
) -> None:
    before, target = states(full.path, origin), tmp_path / "copy.db"

    done = subprocess.run(
        [sys.executable, "-c", BACK_UP, str(full.path), str(target)],
        env={**os.environ, VARIABLE: point},
        check=False,
    )

    assert done.returncode == -signal.SIGKILL
    assert states(full.path, origin) == before
    if point == "backup.renamed":
        assert examine(target).journal == 1
    else:
        assert not target.exists()
        assert (tmp_path / f"copy.db{PART}").exists(), "what is left has the other name"
        back_up(full.path, target)
        assert not (tmp_path / f"copy.db{PART}").exists(), "the next one takes its place"


CHANGES = {
    "a journal entry changed": "UPDATE journal SET reason = 'other' WHERE seq = 1",
    "a journal entry removed": "DELETE FROM journal WHERE seq = 1",
    "a table of somebody else": "CREATE TABLE extra (a)",
    "a view of somebody else": "CREATE VIEW extra AS SELECT 1",
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_not_whole_is_not_backed_up(full: SqliteStore, tmp_path: Path, what: str) -> None:
    full.journal.append([NewEvent(0, "note.made", "shop", "ines")])
    other = tmp_path / "other.db"
    back_up(full.path, other)
    forged = plain.connect(other)
    trigger = forged.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in trigger:
        forged.execute(f"DROP TRIGGER {name}")
    forged.execute(CHANGES[what])
    for _, sql in trigger:
        forged.execute(sql)
    forged.commit()
    forged.close()

    with pytest.raises(EvidenceRefused, match="is not whole"):
        back_up(other, tmp_path / "copy.db")
    assert [file.name for file in tmp_path.glob("copy*")] == []


def test_a_database_with_something_of_somebody_else_is_not_opened(full: SqliteStore, tmp_path: Path) -> None:
    back_up(full.path, tmp_path / "other.db")
    shutil.copy(tmp_path / "other.db", tmp_path / "before.db")
    forged = plain.connect(tmp_path / "other.db")
    forged.execute("CREATE TRIGGER quiet AFTER INSERT ON gap BEGIN DELETE FROM dirty; END")
    forged.commit()
    forged.close()
    content = (tmp_path / "other.db").read_bytes()

    with pytest.raises(EvidenceRefused, match="quiet differs"):
        open_store(tmp_path / "other.db")
    assert (tmp_path / "other.db").read_bytes() == content

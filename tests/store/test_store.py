"""Opening: what is made, what is refused and left untouched, and who may write."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.errors import EvidenceRefused, Exit, Held
from monitor.store import Missing, SqliteStore, open_store
from monitor.store.header import _LENGTH
from monitor.store.lock import is_held
from monitor.store.migrations import migrate
from monitor.store.protocol import Holder
from monitor.store.schema import APPLICATION_ID
from monitor.store.sqlite import connect, sqlite3


def test_a_missing_database_says_what_to_run(path: Path) -> None:
    with pytest.raises(
        Missing, match=r"there is no database at .*makegood\.db yet; `makegood run` makes it"
    ) as error:
        open_store(path)
    assert error.value.exit_code == Exit.USAGE
    assert not path.exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"there is no folder .*nowhere; make it"):
        open_store(tmp_path / "nowhere" / "m.db", create=True)


def test_a_new_database_is_for_its_owner_alone(store: SqliteStore, holder: Holder) -> None:
    with store.writer(holder), store.snapshot():
        for file in store.path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_opening_twice_changes_nothing(store: SqliteStore, path: Path) -> None:
    before = path.read_bytes()
    open_store(path, create=True)
    migrate(path, "WAL")
    assert path.read_bytes() == before


def test_an_empty_file_is_filled_only_when_asked_to(path: Path) -> None:
    """A crash while the database was being made leaves an empty file behind."""
    path.touch()
    with pytest.raises(EvidenceRefused, match="is empty; `makegood run` brings it up to date"):
        open_store(path)
    with open_store(path, create=True).snapshot() as snapshot:
        assert snapshot.lanes() == []


def header_of(path: Path, offset: int, value: int, length: int = 4) -> bytes:
    content = bytearray(path.read_bytes())
    content[offset : offset + length] = value.to_bytes(length, "big")
    return bytes(content)


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    for content in (b"hello", b"x" * 5_000, b"SQLite format 3\x00 and no more"):
        path.write_bytes(content)
        for create in (False, True):
            with pytest.raises(EvidenceRefused, match="is not a database; name the file that"):
                open_store(path, create=create)
        assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_alone(store: SqliteStore, path: Path) -> None:
    content = header_of(path, 68, 0x0F055112)
    path.write_bytes(content)
    with pytest.raises(
        EvidenceRefused, match=r"is a database of another program \(application id 0x0f055112\)"
    ):
        open_store(path, create=True)
    assert path.read_bytes() == content


def test_a_newer_schema_is_refused_and_left_alone(store: SqliteStore, path: Path) -> None:
    content = header_of(path, 60, 99)
    path.write_bytes(content)
    with pytest.raises(EvidenceRefused, match=r"written by a newer Makegood \(schema 99, this one knows 7\)"):
        open_store(path, create=True)
    assert path.read_bytes() == content


@pytest.mark.parametrize("pages", [1, 2, 7])
def test_a_truncated_database_is_refused_and_left_alone(store: SqliteStore, path: Path, pages: int) -> None:
    content = path.read_bytes()[: pages * 4_096 + 17]
    path.write_bytes(content)
    with pytest.raises(EvidenceRefused, match=r"is cut short: \d+ bytes of \d+"):
        open_store(path)
    assert path.read_bytes() == content


def test_a_folder_and_a_half_header_are_refused(tmp_path: Path, path: Path) -> None:
    with pytest.raises(EvidenceRefused, match="is not a regular file"):
        open_store(tmp_path)
    path.write_bytes(b"SQLite format 3\x00"[:_LENGTH])
    with pytest.raises(EvidenceRefused):
        open_store(path)


def test_a_trigger_that_is_gone_is_noticed(store: SqliteStore, path: Path) -> None:
    connection = connect(path)
    connection.execute("DROP TRIGGER journal_no_delete")
    connection.close()
    with pytest.raises(EvidenceRefused, match=r"has not the tables it should \(journal_no_delete differs\)"):
        open_store(path)


def test_a_half_made_database_is_finished(path: Path) -> None:
    """Killed between naming the file as ours and the first migration."""
    path.touch()
    connection = connect(path)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()
    with pytest.raises(EvidenceRefused, match="is empty"):
        open_store(path)
    assert open_store(path, create=True).changed(0) == 0


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_both_journal_modes_keep_readers_and_the_writer_apart(path: Path, holder: Holder, mode: str) -> None:
    store = open_store(path, create=True, mode=mode)  # type: ignore[arg-type]
    connection = connect(path, readonly=True)
    assert connection.execute("PRAGMA journal_mode").fetchone() == (mode.lower(),)
    connection.close()
    with store.writer(holder) as writer:
        writer.alive(5)
        with store.snapshot() as snapshot:
            assert snapshot.as_of() == 5
        writer.alive(7)
        with store.snapshot() as snapshot:
            assert snapshot.as_of() == 7


def test_a_reader_cannot_write(store: SqliteStore, path: Path) -> None:
    connection = connect(path, readonly=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("INSERT INTO mark VALUES ('alive', 1)")
    connection.close()


def test_the_second_writer_is_told_who_has_the_lock(store: SqliteStore, holder: Holder) -> None:
    with store.writer(holder):
        with pytest.raises(Held) as error, store.writer(holder):
            pass
        assert str(error.value).endswith(
            "is being written by makegood run (pid 4711 on probe-1, since 2023-11-05 16:00:00 UTC); "
            "stop it first, or read with `makegood status`"
        )
        assert error.value.exit_code == Exit.HELD
    with store.writer(holder):
        pass


def test_a_lock_is_seen_without_being_taken(store: SqliteStore, holder: Holder, path: Path) -> None:
    assert not is_held(path)  # no lock file yet
    with store.writer(holder):
        assert is_held(path)
        assert is_held(path)
    assert not is_held(path)
    with store.writer(holder):
        pass


def test_reading_loads_neither_sqlite_utils_nor_threads() -> None:
    heavy = "{'sqlite_utils', 'aiohttp', 'concurrent.futures'}"
    code = f"import sys, monitor.store; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

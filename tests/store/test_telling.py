"""What SQLite and the file system refuse is told as a sentence, and only damage speaks of a backup."""

from __future__ import annotations

import errno
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import EvidenceRefused, Exit, Held, MakegoodError
from monitor.store import Missing, SqliteStore, open_store
from monitor.store.errors import Locked, Unreachable
from monitor.store.protocol import Holder, NewEvent
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import reaching, refusal


def refused(path: Path, statement: str, *, readonly: bool = False) -> MakegoodError | None:
    """What is told of the error that SQLite gives for a statement, without waiting for a lock."""
    with closing(connect(path, readonly=readonly)) as connection:
        connection.execute("PRAGMA busy_timeout = 0").close()
        with pytest.raises(sqlite3.Error) as error:
            connection.execute(statement)
    return refusal(error.value, path)


def test_a_lock_of_another_process_is_held(store: SqliteStore, path: Path) -> None:
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = refused(path, "BEGIN IMMEDIATE")
    assert isinstance(told, Locked)
    assert told.exit_code == Exit.HELD
    assert str(told) == f"{path} was locked by another process for 10 s; end that one, or try again"


def test_a_database_that_may_not_be_written_asks_for_rights_and_not_for_a_backup(
    store: SqliteStore, path: Path
) -> None:
    told = refused(path, "INSERT INTO mark VALUES ('alive', 1)", readonly=True)
    assert isinstance(told, Unreachable)
    assert told.exit_code == Exit.USAGE
    assert "give this user the right to read and write the file, its folder" in str(told)
    assert "backup" not in str(told)


def test_a_database_that_may_not_be_opened_asks_for_rights(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as error:
        connect(tmp_path / "nowhere" / "m.db")
    assert "give this user the right" in str(refusal(error.value, tmp_path))


def test_a_fault_of_the_program_stays_one(store: SqliteStore, path: Path) -> None:
    assert refused(path, "INSERT INTO mark VALUES ('alive', 'late')") is None


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "give this user the right"),
        (errno.EROFS, "give this user the right"),
        (errno.ENOSPC, "make room on its disk"),
        (errno.EIO, "put that right, or name another place"),
    ],
)
def test_what_the_file_system_refuses_comes_with_advice(tmp_path: Path, number: int, advice: str) -> None:
    with pytest.raises(Unreachable) as error, reaching(tmp_path):
        raise OSError(number, "no")
    assert advice in str(error.value)
    assert "backup" not in str(error.value)


@pytest.mark.parametrize("create", [False, True])
def test_a_path_that_leads_nowhere_is_told(tmp_path: Path, create: bool) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for name, advice in (
        ("file/m.db", "a part of its path is a file"),
        ("loop", "its links lead in a circle"),
        ("x" * 300, "name a shorter one"),
    ):
        with pytest.raises(Unreachable, match=advice):
            open_store(tmp_path / name, create=create)


def test_a_link_to_nothing_is_a_missing_database_or_folder(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to("gone/m.db")
    with pytest.raises(Missing, match=r"there is no database at .*link\.db yet"):
        open_store(tmp_path / "link.db")
    with pytest.raises(Missing, match=r"there is no folder .*gone; make it"):
        open_store(tmp_path / "link.db", create=True)


def test_one_file_has_one_writer_by_whatever_name_it_is_called(
    store: SqliteStore, path: Path, holder: Holder
) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path.name)
    with store.writer(holder), pytest.raises(Held, match="pid 4711"), open_store(link).writer(holder):
        pass


@pytest.fixture
def damaged(store: SqliteStore, path: Path) -> SqliteStore:
    """Every page but the first is overwritten after the database was opened."""
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").close()
    content = path.read_bytes()
    path.write_bytes(content[:4_096] + b"\xa5" * (len(content) - 4_096))
    return store


def test_damage_inside_is_refused_by_every_operation(damaged: SqliteStore, holder: Holder) -> None:
    def read() -> None:
        with damaged.snapshot() as snapshot:
            list(snapshot.events())

    def write() -> None:
        with damaged.writer(holder) as writer:
            writer.epoch(1)

    def append() -> None:
        damaged.journal.append([NewEvent(1, "kind", "subject", "author")])

    for operation in (read, write, append, damaged.journal.verify, lambda: damaged.changed(0)):
        with pytest.raises(EvidenceRefused, match=r"is damaged \(.*\); keep it aside, and restore it"):
            operation()


def test_a_call_of_the_writer_tells_its_own_refusal(store: SqliteStore, holder: Holder, path: Path) -> None:
    """What a transaction of the writer meets is told where it is met, and not only as the writer is left."""
    with store.writer(holder) as writer, closing(connect(path)) as other:
        writer._connection.execute("PRAGMA busy_timeout = 0").close()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked):
            writer.epoch(1)
        other.execute("ROLLBACK")
        assert writer.epoch(1) == 1

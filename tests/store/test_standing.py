"""A database that is taken away under its writer: what is acknowledged is in the file of that name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.core.intervals import MINUTE, Ms, Span
from monitor.errors import EvidenceRefused
from monitor.store import SqliteStore
from monitor.store.errors import Unreachable
from monitor.store.protocol import Holder
from monitor.store.whole import examine
from monitor.store.writer import EvidenceWriter
from tests.store.conftest import MakeCheck


def remove(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    other = path.with_name("other")
    shutil.copy(path, other)
    other.rename(path)


def cut(path: Path) -> None:
    os.truncate(path, 4_096)


@pytest.mark.parametrize(
    ("deed", "said"), [(remove, "was removed"), (replace, "was replaced by another file"), (cut, "cut short")]
)
def test_a_commit_to_a_file_that_is_gone_is_refused(
    writer: EvidenceWriter, path: Path, check: MakeCheck, origin: Ms, deed: Callable[[Path], None], said: str
) -> None:
    lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
    writer.append([check(lane, epoch, 0, origin)])

    deed(path)

    with pytest.raises(EvidenceRefused, match=said):
        writer.append([check(lane, epoch, 1, origin + MINUTE)])


def test_without_its_log_the_database_has_all_that_was_committed(
    store: SqliteStore, holder: Holder, path: Path, check: MakeCheck, origin: Ms
) -> None:
    with store.writer(holder) as writer:
        lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
        writer.append([check(lane, epoch, 0, origin)])

        path.with_name(path.name + "-wal").unlink()

        with pytest.raises(Unreachable, match="was removed"):
            writer.append([check(lane, epoch, 1, origin + MINUTE)])
    with store.writer(holder) as writer:
        again = writer.append([check(lane, epoch, n, origin + n * MINUTE) for n in (0, 1)])
    with store.snapshot() as snapshot:
        assert [each.slot for each in snapshot.checks(lane, Span(origin, origin + 9 * MINUTE))] == [0, 1]
    assert (again.stored, again.known_before) == (1, 1)
    examine(path)


def test_a_file_that_gave_space_back_is_no_file_that_was_cut(
    writer: EvidenceWriter, store: SqliteStore, path: Path, check: MakeCheck, origin: Ms
) -> None:
    lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
    connection = writer._connection
    connection.execute("CREATE TABLE filler (content BLOB)")
    connection.execute("INSERT INTO filler VALUES (zeroblob(4000000))")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    writer.append([check(lane, epoch, 0, origin)])
    before = path.stat().st_size

    connection.execute("DROP TABLE filler")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    assert path.stat().st_size < before
    assert writer.append([check(lane, epoch, 1, origin + MINUTE)]).stored == 1

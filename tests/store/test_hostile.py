"""Files that are no whole database of ours: cut anywhere, or with another one's changes beside them."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.intervals import HOUR, MINUTE, Ms
from monitor.errors import EvidenceRefused
from monitor.store import open_store
from monitor.store.backup import back_up
from monitor.store.protocol import Holder, NewEvent
from monitor.store.sqlite import connect, journal_mode
from monitor.store.whole import examine
from tests.store.conftest import MakeCheck

PAGE = 4_096


def filled(path: Path, holder: Holder, check: MakeCheck, origin: Ms, name: str) -> Path:
    """Two hours of checks, and entries in the journal that name it."""
    store = open_store(path, create=True)
    with store.writer(holder) as writer:
        lane, epoch = writer.lane(name, "here", since=origin), writer.epoch(origin)
        writer.append([check(lane, epoch, n, origin + n * MINUTE) for n in range(120)])
        writer.seal(origin + 2 * HOUR)
    store.journal.append([NewEvent(origin + n, "note.made", name, "ines") for n in range(50)])
    return path


def read_all(path: Path) -> None:
    open_store(path)
    examine(path)


@pytest.fixture
def whole(path: Path, holder: Holder, check: MakeCheck, origin: Ms, tmp_path: Path) -> Path:
    """In one file, with nothing beside it."""
    back_up(filled(path, holder, check, origin, "shop"), tmp_path / "whole.db")
    return tmp_path / "whole.db"


def test_a_database_that_is_cut_short_anywhere_is_refused_and_left_as_it_was(whole: Path) -> None:
    content = whole.read_bytes()
    ends = {*range(PAGE, len(content), PAGE), 1, 16, 99, 100, 101, PAGE - 1, len(content) - 1}

    for end in sorted(ends):
        whole.write_bytes(content[:end])
        with pytest.raises(EvidenceRefused, match=r"whole\.db"):
            open_store(whole)
        assert whole.read_bytes() == content[:end]


def test_a_page_that_was_overwritten_with_nothing_is_found_by_who_reads_all(whole: Path) -> None:
    content = whole.read_bytes()
    with closing(connect(whole, readonly=True)) as connection:
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    assert free == 0, "every page is in use"

    for start in range(0, len(content), PAGE):
        whole.write_bytes(content[:start] + bytes(PAGE) + content[start + PAGE :])
        with pytest.raises(EvidenceRefused):
            read_all(whole)


@pytest.mark.skipif(journal_mode() != "WAL", reason="this SQLite writes without a write-ahead log")
@pytest.mark.parametrize("entries", [1, 60])
def test_changes_of_another_database_of_ours_are_found(
    whole: Path, holder: Holder, check: MakeCheck, origin: Ms, tmp_path: Path, entries: int
) -> None:
    """SQLite takes any write-ahead log for its own whose checksums hold; the chain does not."""
    with closing(connect(whole)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").close()
    other = filled(tmp_path / "other.db", holder, check, origin, "api")
    with closing(connect(other)) as held:  # or the last to close it would clear the log
        held.execute("SELECT count(*) FROM journal").fetchone()
        open_store(other).journal.append([NewEvent(n, "note.made", "api", "max") for n in range(entries)])
        shutil.copy(f"{other}-wal", f"{whole}-wal")

    with pytest.raises(EvidenceRefused):
        read_all(whole)

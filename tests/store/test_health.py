"""What the doctor sees: each thing by itself, with a remedy where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.intervals import DAY, HOUR, MINUTE, Ms
from monitor.store import SqliteStore
from monitor.store.health import examined, file_system
from monitor.store.writer import EvidenceWriter


def found(path: Path, now: Ms, **more: Path):
    return {each.what: each for each in examined(path, now, **more)}


def mounts(folder: Path, kind: str) -> Path:
    """What the system would say if the folder lay on that kind of file system."""
    file = folder / "mountinfo"
    file.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"30 22 0:42 / {folder} rw,relatime shared:1 - {kind} server:/share rw\n"
        f"31 22 0:43 / {folder}-other rw - nfs other rw\n"
    )
    return file


@pytest.mark.parametrize(
    ("kind", "state"),
    [("ext4", "ok"), ("nfs4", "fault"), ("fuse.sshfs", "fault"), ("cifs", "fault"), ("tmpfs", "warning")],
)
def test_a_database_on_a_network_or_in_memory_is_told(store: SqliteStore, origin: Ms, kind, state, tmp_path):
    assert found(store.path, origin, mounts=mounts(tmp_path, kind))["file system"].state == state


def test_the_nearest_mount_counts(tmp_path):
    file = mounts(tmp_path, "xfs")

    assert file_system(tmp_path / "deep", file) == "xfs"
    assert file_system(Path("/elsewhere"), file) == "ext4"
    assert file_system(tmp_path, tmp_path / "nothing") is None


def test_where_there_is_no_database_yet_the_place_is_looked_at(tmp_path, origin):
    seen = found(tmp_path / "new.db", origin)

    assert seen["database"].remedy == "`makegood run` makes it"
    assert "room" in seen


@pytest.mark.parametrize(
    ("later", "state"), [(0, "ok"), (-HOUR, "fault"), (2 * DAY, "warning"), (MINUTE, "ok")]
)
def test_records_of_a_time_to_come_mean_that_a_clock_was_wrong(
    store: SqliteStore, holder, origin, later, state
):
    with store.writer(holder) as writer:
        assert isinstance(writer, EvidenceWriter)
        writer.alive(origin)

    assert found(store.path, origin + later)["clock"].state == state


def test_somebody_who_writes_is_seen(store: SqliteStore, writer: EvidenceWriter, origin: Ms):
    assert found(store.path, origin)["monitor"].says == "running"


def test_a_file_of_somebody_else_is_a_fault(tmp_path, origin):
    (tmp_path / "x.db").write_bytes(b"hello" * 100)

    seen = found(tmp_path / "x.db", origin)

    assert seen["schema"].state == "fault"
    assert "whole" not in seen, "SQLite is not let near it"


def test_an_older_schema_is_a_warning(tmp_path, origin):
    from tests.store.older import first_schema

    assert found(first_schema(tmp_path / "old.db"), origin)["schema"].state == "warning"

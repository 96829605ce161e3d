"""Writing a page: all of it or nothing, and readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.errors import Exit
from reports.render import NotWritten, write_atomically


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0, 0o077, 0o777])
def test_a_page_is_readable_by_its_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "statement.html", "für wen\r\n")
    finally:
        os.umask(before)

    assert mode(tmp_path / "statement.html") == 0o600
    assert (tmp_path / "statement.html").read_bytes() == "für wen\r\n".encode()


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    path.chmod(0o644)

    write_atomically(path, "new")

    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_refused_with_a_name_to_give_instead(tmp_path: Path) -> None:
    with pytest.raises(
        NotWritten, match=r"is a folder; give the name of a file in it, as .*statement\.html"
    ) as told:
        write_atomically(tmp_path, "x")

    assert told.value.exit_code is Exit.USAGE


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="there is no folder"):
        write_atomically(tmp_path / "nowhere" / "page.html", "x")


def test_a_text_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "lone \ud800")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_refusal_of_the_system_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="cannot be written"):
        write_atomically(Path("/proc") / "page.html", "x")

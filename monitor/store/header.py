"""Whether a file is one of our databases, told from its bytes before SQLite may touch it.

What is refused is left as it was, byte for byte: opening a stranger's file with SQLite can write to it.
"""

from __future__ import annotations

import stat
from pathlib import Path

from monitor.errors import EvidenceRefused
from monitor.store.schema import APPLICATION_ID, SCHEMA_VERSION

_MAGIC = b"SQLite format 3\x00"
_LENGTH = 100


def schema_version(path: Path) -> int:
    """The schema version in the header; 0 for an empty file or one whose making was cut short.

    EvidenceRefused for everything that is not ours, is newer than this program, or ends too early.
    """
    size = _size(path)
    if size == 0:
        return 0
    with path.open("rb") as file:
        head = file.read(_LENGTH)
    if len(head) < _LENGTH or not head.startswith(_MAGIC):
        raise EvidenceRefused(f"{path} is not a database; name the file that `makegood run` made")
    _must_be_ours(path, head)
    _must_be_whole(path, head, size)
    return known(path, int.from_bytes(head[60:64], "big"))


def known(path: Path, version: int) -> int:
    """The version, or EvidenceRefused when a newer program wrote it."""
    if version > SCHEMA_VERSION:
        raise EvidenceRefused(
            f"{path} was written by a newer Makegood (schema {version}, this one knows {SCHEMA_VERSION}); "
            "install that version or newer"
        )
    return version


def _size(path: Path) -> int:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise EvidenceRefused(f"{path} is not a regular file; name a file on a local disk")
    return facts.st_size


def _must_be_ours(path: Path, head: bytes) -> None:
    found = int.from_bytes(head[68:72], "big")
    if found != APPLICATION_ID:
        raise EvidenceRefused(
            f"{path} is a database of another program (application id {found:#010x}); name another file"
        )


def _must_be_whole(path: Path, head: bytes, size: int) -> None:
    stored = int.from_bytes(head[16:18], "big")
    page = 65_536 if stored == 1 else stored
    if page < 512 or page & (page - 1):
        raise EvidenceRefused(f"{path} is damaged: its header names a page size of {page}; restore a backup")
    pages = int.from_bytes(head[28:32], "big")
    if size < pages * page and not _has_pages_elsewhere(path):
        raise EvidenceRefused(
            f"{path} is cut short: {size} bytes of {pages * page}; restore it from a backup"
        )


def _has_pages_elsewhere(path: Path) -> bool:
    """A crash inside a checkpoint leaves the missing pages in the write-ahead log or rollback journal."""
    beside = (path.with_name(path.name + suffix) for suffix in ("-wal", "-journal"))
    return any(file.exists() and file.stat().st_size for file in beside)

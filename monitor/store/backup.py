"""Backups: taken while the monitor writes, checked before they get their name, whole or not there at all.

A copy is one file that needs nothing beside it. Until it was read from end to end it has another name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from monitor.errors import ConfigError
from monitor.failpoints import reach
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import reaching, told
from monitor.store.transaction import reading
from monitor.store.whole import Heads, examine

PAGES = 8_192  # of one step: 8 MiB, after which others may write
OVERTAKEN = 10
"""How often a copy begins anew because somebody wrote between its steps, until others wait for it."""
PART = ".part"  # what a copy is called until it is whole

Progress = Callable[[int, int], None]


def back_up(database: Path, target: Path, progress: Progress | None = None) -> Heads:
    """Copy the database to a file that is not there yet; its heads.

    `progress` is told how many pages are left, and of how many. The folder must exist. ConfigError where the
    target is taken or its folder missing, EvidenceRefused where the database is not whole.
    """
    if target.exists():
        raise ConfigError(f"{target} is there already, and a backup overwrites nothing; name another file")
    if not target.parent.is_dir():
        raise ConfigError(f"there is no folder {target.parent}; make it, or name another place")
    part = target.with_name(target.name + PART)
    with reaching(target):
        os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        part.chmod(0o600)
    try:
        heads = _copied(database, part, progress)
        with reaching(target):
            _put(part, target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    reach("backup.renamed")
    return heads


def _copied(database: Path, part: Path, progress: Progress | None) -> Heads:
    with (
        told(database),
        closing(connect(database, readonly=True)) as source,
        closing(connect(part)) as copy,
    ):
        if source.execute("PRAGMA journal_mode").fetchone()[0].lower() == "wal":
            with reading(source):  # who writes neither waits for this view nor makes the copy begin anew
                source.backup(copy, pages=PAGES, progress=_told_by(progress))
        else:
            _in_steps(source, copy, progress)
        copy.execute("PRAGMA journal_mode = DELETE").close()
    reach("backup.copied")
    heads = examine(part)
    reach("backup.checked")
    return heads


def _in_steps(source: sqlite3.Connection, copy: sqlite3.Connection, progress: Progress | None) -> None:
    """Let others write between the steps: each makes the copy begin anew, until they are too many."""
    least, overtaken = sys.maxsize, 0

    def step(_status: int, remaining: int, of: int) -> None:
        nonlocal least, overtaken
        overtaken += remaining >= least
        least = remaining
        if overtaken > OVERTAKEN:
            raise _Overtaken
        if progress is not None:
            progress(remaining, of)

    try:
        source.backup(copy, pages=PAGES, progress=step)
    except _Overtaken:
        source.backup(copy)


class _Overtaken(Exception):
    """Somebody writes faster than this copies."""


def _told_by(progress: Progress | None) -> Callable[[int, int, int], None] | None:
    if progress is None:
        return None
    told_pages = progress
    return lambda _status, left, of: told_pages(left, of)


def _put(part: Path, target: Path) -> None:
    """Give the copy its name, on disk when this returns; another backup of that name is not overwritten."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    reach("backup.synced")
    os.link(part, target)
    part.unlink()
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

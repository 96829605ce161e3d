"""The writer's lock: held by the operating system, so that a kill -9 frees it and no file is ever stale.

The file beside the database stays when the lock is free; what it says then means nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from monitor.errors import Held
from monitor.store.protocol import Holder
from monitor.store.telling import reaching

TELLING: Final = ".telling"


@contextmanager
def writer_lock(database: Path, holder: Holder) -> Iterator[None]:
    """Hold the lock of this database, or raise Held with one sentence that names who has it."""
    path = database.with_name(database.name + ".lock")
    with reaching(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with reaching(path):
            _take(descriptor, database)
            _sign(descriptor, holder)
        yield
    finally:
        os.close(descriptor)


def is_held(database: Path) -> bool:
    """Whether somebody writes to this database now, as far as this user may know."""
    return _is_taken(database, ".lock", fcntl.LOCK_SH) or False


@contextmanager
def telling(database: Path) -> Iterator[None]:
    """Show, for as long as this lasts, that somebody tells of its alerts. Several may at once."""
    path = _beside(database, TELLING)
    with reaching(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with reaching(path):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def is_told(database: Path) -> bool | None:
    """Whether somebody tells of its alerts now; None where this user may not know."""
    return _is_taken(database, TELLING, fcntl.LOCK_EX)


def _is_taken(database: Path, suffix: str, how: int) -> bool | None:
    """Whether it could not be taken; None where the file may not be opened."""
    try:
        descriptor = os.open(_beside(database, suffix), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _beside(database: Path, suffix: str) -> Path:
    file = Path(os.path.realpath(database))
    return file.with_name(file.name + suffix)


def _take(descriptor: int, database: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Held(_sentence(database, os.pread(descriptor, 4_096, 0))) from None


def _sign(descriptor: int, holder: Holder) -> None:
    os.ftruncate(descriptor, 0)
    content = {"pid": holder.pid, "host": holder.host, "program": holder.program, "since": holder.since}
    os.pwrite(descriptor, json.dumps(content).encode(), 0)


def _sentence(database: Path, content: bytes) -> str:
    try:
        said = json.loads(content)
        since = datetime.fromtimestamp(int(said["since"]) / 1_000, UTC)
        who = f"{said['program']} (pid {said['pid']} on {said['host']}, since {since:%Y-%m-%d %H:%M:%S} UTC)"
    except (ValueError, KeyError, TypeError, OverflowError):
        who = "another process"
    return f"{database} is being written by {who}; stop it first, or read with `makegood status`"

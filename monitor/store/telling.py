"""What the file system and SQLite refuse, as errors of ours: a sentence that says what to do.

Only damage speaks of a backup. Where rights, a path, the disk or another process are in the way, the evidence
is whole, and whoever laid an older copy over it would lose some.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from monitor.errors import EvidenceRefused, MakegoodError
from monitor.store.errors import Locked, Unreachable
from monitor.store.sqlite import BUSY_TIMEOUT_MS, sqlite3

_RIGHTS: Final = (
    "run this as the user of `makegood run`, "
    "or give this user the right to read and write the file, its folder and what lies beside it"
)
_ROOM: Final = "make room on its disk"
_OTHERWISE: Final = "put that right, or name another place: [monitor] database"
_REMEDIES: Final = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.ELOOP: "its links lead in a circle; name the file itself",
    errno.ENAMETOOLONG: "name a shorter one",
    errno.ENOTDIR: "a part of its path is a file; name another place",
}

# SQLite's primary result codes, which its drivers do not all name.
_BUSY, _LOCKED, _CORRUPT, _FULL, _NOTADB = 5, 6, 11, 13, 26
_FORBIDDEN: Final = (3, 8, 14, 23)  # PERM, READONLY, CANTOPEN, AUTH


_ASIDE: Final = "keep it aside, and restore it from a backup"
_MALFORMED: Final = b"malformed database schema"
"""What SQLite says of a table's text that is damaged, and repeats, in bytes that need not be text."""


@contextmanager
def reaching(path: Path) -> Iterator[None]:
    """Tell what the file system refuses on the way to the database."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, _OTHERWISE)
        raise Unreachable(f"{path} cannot be used ({_said(error)}); {remedy}") from error


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell what SQLite refuses; a fault of ours stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        ours = refusal(error, path)
        if ours is None:
            raise
        raise ours from error
    except UnicodeDecodeError as error:
        if _MALFORMED not in error.object:
            raise
        raise EvidenceRefused(f"{path} is damaged ({_MALFORMED.decode()}); {_ASIDE}") from error


def refusal(error: sqlite3.Error, path: Path) -> MakegoodError | None:
    """The error of ours for one of SQLite's; None where it is a fault of the program."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (_BUSY, _LOCKED):
        waited = BUSY_TIMEOUT_MS // 1_000
        return Locked(f"{path} was locked by another process for {waited} s; end that one, or try again")
    if code in (_CORRUPT, _NOTADB):
        return EvidenceRefused(f"{path} is damaged ({error}); {_ASIDE}")
    if code in _FORBIDDEN:
        return Unreachable(f"{path} cannot be opened or written ({error}); {_RIGHTS}")
    if code == _FULL:
        return Unreachable(f"{path} cannot be written ({error}); {_ROOM}")
    if isinstance(error, sqlite3.OperationalError):
        return Unreachable(f"{path} cannot be read or written ({error}); {_OTHERWISE}")
    return None


def _said(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)

"""The one SQLite of the house: nothing else imports a database driver.

Two copies of SQLite in one process can destroy a file, and the exceptions of one are not those of the
other. A release with the WAL-reset bug (before 3.51.3, except 3.44.6+ and 3.50.7+ of their lines) can lose
pages that several connections committed at one instant, so such a release writes with a rollback journal.
"""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    import sqlite3 as sqlite3
else:
    try:
        import pysqlite3 as sqlite3
    except ImportError:
        import sqlite3

JournalMode = Literal["WAL", "DELETE"]
Version = tuple[int, int, int]

BUSY_TIMEOUT_MS = 10_000
_REPAIRED: Version = (3, 51, 3)
_BACKPORTS: dict[tuple[int, int], int] = {(3, 44): 6, (3, 50): 7}


def version() -> Version:
    """The SQLite that is in use."""
    major, minor, patch = (int(part) for part in sqlite3.sqlite_version.split("."))
    return major, minor, patch


def journal_mode(of: Version | None = None) -> JournalMode:
    """WAL where this release keeps what several connections commit, else DELETE."""
    release = of or version()
    if release >= _REPAIRED:
        return "WAL"
    patch = _BACKPORTS.get(release[:2])
    return "WAL" if patch is not None and release[2] >= patch else "DELETE"


def notice(of: Version | None = None) -> str | None:
    """What to tell the operator once about the journal mode; None when there is nothing to tell."""
    release = of or version()
    if journal_mode(release) == "WAL":
        return None
    shown = ".".join(map(str, release))
    return (
        f"SQLite {shown} can lose pages in WAL mode when several processes write (repaired in 3.51.3); "
        "this database uses journal_mode=DELETE, which is safe and slower. "
        "Installing pysqlite3 0.6.1 or newer brings a repaired SQLite."
    )


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """A connection with the settings of the house, in autocommit: transactions are opened by hand.

    The file must exist. A reader cannot write, whatever it is asked to do; what a writer that died left half
    done is rolled back first.
    """
    if readonly:
        _roll_back(path)
    return _connected(path, "ro" if readonly else "rw")


def _roll_back(path: Path) -> None:
    """Let SQLite undo what a rollback journal says was not finished: a reader's own connection may not.

    A journal of a writer that lives is left alone. Who may not write is told so by the reading itself.
    """
    if not path.with_name(path.name + "-journal").exists():
        return
    with suppress(sqlite3.Error), closing(_connected(path, "rw")) as connection:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _connected(path: Path, how: Literal["ro", "rw"]) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.resolve()))}?mode={how}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1_000)
    try:
        _settle(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _settle(connection: sqlite3.Connection) -> None:
    for setting in (
        "recursive_triggers=ON",  # or INSERT OR REPLACE walks past the triggers that forbid a DELETE
        "foreign_keys=ON",
        "synchronous=EXTRA",  # FULL, and a rollback journal that is gone stays gone when the power is
        "trusted_schema=OFF",
        "cell_size_check=ON",
        "mmap_size=0",
        "wal_autocheckpoint=4000",  # of the small pages that our files have: some MB
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {setting}").close()

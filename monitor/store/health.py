"""What `doctor` looks at: whether this place keeps evidence, and what to do where it might not.

Nothing is changed. What cannot be looked at is told as that, and the rest is looked at all the same.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.core.intervals import DAY, MINUTE, Ms
from monitor.core.periods import local
from monitor.errors import MakegoodError
from monitor.records import dataclass
from monitor.store.evidence import Evidence
from monitor.store.header import schema_version
from monitor.store.lock import is_held
from monitor.store.schema import SCHEMA_VERSION
from monitor.store.sqlite import connect, journal_mode, notice, version
from monitor.store.telling import told
from monitor.store.whole import examine

ROOM: Final = 1 << 30  # bytes: what a busy month may take
AHEAD: Final[Ms] = MINUTE
NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs"}
)
MOUNTS: Final = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do, "" where nothing is to be done."""

    what: str
    state: Literal["ok", "warning", "fault"]
    says: str
    remedy: str = ""


def examined(database: Path, now: Ms, mounts: Path = MOUNTS) -> Iterator[Finding]:
    """Everything there is to say of the database at this path, what it stands on first."""
    yield _sqlite()
    yield _zones()
    yield _file_system(database, mounts)
    yield _room(database)
    if not database.exists():
        yield Finding("database", "warning", f"there is none at {database} yet", "`makegood run` makes it")
        return
    yield from _rights(database)
    schema = _schema(database)
    yield schema
    if schema.state == "fault":
        return  # SQLite is not let near what is not ours
    for what, look in (("mode", _mode), ("clock", _clock(now)), ("whole", _whole)):
        yield _looked(what, look, database)
    yield _writer(database)


def _looked(what: str, look: Callable[[Path], Finding], database: Path) -> Finding:
    try:
        return look(database)
    except MakegoodError as error:
        return Finding(what, "fault", str(error))


def _sqlite() -> Finding:
    shown = ".".join(map(str, version()))
    said = notice()
    if said is None:
        return Finding("sqlite", "ok", f"{shown}, which keeps what several processes commit at once")
    return Finding("sqlite", "warning", said, "install pysqlite3, or SQLite 3.51.3 or newer")


def _zones() -> Finding:
    """Months and windows are as long as the time zone data say, and those change a few times a year."""
    try:
        found = version_of("tzdata")
        ZoneInfo.no_cache("Europe/Berlin")
    except (PackageNotFoundError, ZoneInfoNotFoundError):
        return Finding(
            "time zones", "fault", "the time zone data are not installed",
            "install Makegood anew, or: pip install tzdata",
        )  # fmt: skip
    return Finding("time zones", "ok", f"tzdata {found}")


def _file_system(database: Path, mounts: Path) -> Finding:
    kind = file_system(Path(os.path.realpath(database)).parent, mounts)
    if kind is None:
        return Finding("file system", "ok", "this system does not tell of what kind it is")
    if kind in NETWORK or kind.startswith("fuse."):
        return Finding(
            "file system", "fault", f"{kind}: locks over a network lose databases",
            "put the database on a local disk: [monitor] database",
        )  # fmt: skip
    if kind in ("tmpfs", "ramfs"):
        return Finding(
            "file system", "warning", f"{kind}: gone at the next start of the machine",
            "put the database on a disk: [monitor] database",
        )  # fmt: skip
    return Finding("file system", "ok", f"{kind}, on this machine")


def file_system(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """The kind of file system that a folder lies on; None where the system does not tell."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return None
    best, kind = -1, None
    for line in lines:
        fields = line.split()
        if "-" not in fields:
            continue
        point = Path(fields[4].replace("\\040", " "))
        if (folder == point or point in folder.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[fields.index("-") + 1]
    return kind


def _room(database: Path) -> Finding:
    folder = next((each for each in (database, *database.parents) if each.is_dir()), Path("/"))
    free = shutil.disk_usage(folder).free
    needed = max(ROOM, 2 * database.stat().st_size if database.exists() else 0)
    said = f"{free / (1 << 30):.1f} GiB free"
    if free < needed // 8:
        return Finding("room", "fault", said, "make room now: without it nothing is recorded")
    if free < needed:
        return Finding("room", "warning", said, "make room: a backup takes as much again as the database has")
    return Finding("room", "ok", said)


def _rights(database: Path) -> Iterator[Finding]:
    facts = database.stat()
    mode, mine = stat.S_IMODE(facts.st_mode), facts.st_uid == os.geteuid()
    loose = [
        f for f in (database, *_beside(database)) if f.exists() and stat.S_IMODE(f.stat().st_mode) & 0o077
    ]
    if not mine:
        yield Finding(
            "owner", "warning", f"the database belongs to the user {facts.st_uid}, not to this one",
            "run the commands as the user of `makegood run`",
        )  # fmt: skip
    if loose:
        names = " ".join(str(each) for each in loose)
        yield Finding("rights", "warning", f"others may read {names}", f"chmod 600 {names}")
    else:
        yield Finding("rights", "ok", f"{mode:04o}, its owner's alone")


def _beside(database: Path) -> list[Path]:
    return [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm", "-journal", ".lock")]


def _schema(database: Path) -> Finding:
    try:
        found = schema_version(database)
    except MakegoodError as error:
        return Finding("schema", "fault", str(error))
    if found < SCHEMA_VERSION:
        return Finding(
            "schema", "warning", f"{found}, and this program writes {SCHEMA_VERSION}",
            "`makegood run` brings it up to date; take a backup first",
        )  # fmt: skip
    return Finding("schema", "ok", str(found))


def _mode(database: Path) -> Finding:
    with told(database), closing(connect(database, readonly=True)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    found, wanted = str(mode).upper(), journal_mode()
    if found == "WAL" and wanted == "DELETE":
        return Finding(
            "mode", "fault", "WAL, with an SQLite that can lose pages in it",
            "stop everything, and: sqlite3 FILE 'PRAGMA journal_mode = DELETE'",
        )  # fmt: skip
    return Finding("mode", "ok", found)


def _clock(now: Ms) -> Callable[[Path], Finding]:
    def look(database: Path) -> Finding:
        with told(database), closing(connect(database, readonly=True)) as connection:
            reached = Evidence(connection).as_of()
        if reached is None:
            return Finding("clock", "ok", "nothing is recorded yet")
        if reached > now + AHEAD:
            return Finding(
                "clock", "fault", f"the last record is of {_utc(reached)}, and the clock shows {_utc(now)}",
                "set the clock by the network's time (chronyc tracking); a wrong one makes evidence suspect",
            )  # fmt: skip
        if now - reached > DAY and not is_held(database):
            return Finding(
                "clock",
                "warning",
                f"nothing was recorded since {_utc(reached)}",
                "is `makegood run` running?",
            )
        return Finding("clock", "ok", f"the last record is of {_utc(reached)}")

    return look


def _whole(database: Path) -> Finding:
    heads = examine(database)
    return Finding(
        "whole",
        "ok",
        f"every page, {heads.journal} journal entries in an unbroken chain, {heads.papers} statements",
    )


def _writer(database: Path) -> Finding:
    if is_held(database):
        return Finding("monitor", "ok", "running")
    return Finding("monitor", "warning", "nobody records checks now", "start it: makegood run")


def _utc(at: Ms) -> str:
    return f"{local(at, 'UTC'):%Y-%m-%d %H:%M:%S} UTC"

"""Put a backup in the place of a database: only a whole one, and what is lost by it is written down.

The replaced database stays beside the new one. What was measured since the backup becomes unknown, and the
numbers of statements that were issued since are not used again: who holds one must not meet another paper of
its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, cast

from monitor.core.checks import ALL_LANES, BETWEEN_EPOCHS, Gap, Reason
from monitor.core.intervals import Ms, Span
from monitor.errors import ConfigError, EvidenceRefused, Undecided
from monitor.failpoints import reach
from monitor.records import dataclass
from monitor.store import journal
from monitor.store.header import schema_version
from monitor.store.journal import GENESIS, extend
from monitor.store.ledger import RESTORED, places
from monitor.store.lock import writer_lock
from monitor.store.protocol import Holder, NewEvent, Taken
from monitor.store.schema import SCHEMA_VERSION
from monitor.store.sqlite import connect, journal_mode, sqlite3
from monitor.store.telling import reaching, told
from monitor.store.transaction import immediate
from monitor.store.whole import Heads, examine
from monitor.store.writer import EvidenceWriter

LINES: Final = 1_000  # no statement has more credit lines
WITH_LEDGER: Final = 2  # the first schema that has papers
PART: Final = ".restoring"  # what the new database is called until it is whole
BESIDE: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Since:
    """What the replaced database has and the backup has not.

    `taken` is what was ever in use, `numbers` are the statements that are lost.
    """

    entries: int
    numbers: tuple[str, ...]
    taken: Taken


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done: the heads of the backup, where the replaced database is now, and what was lost."""

    heads: Heads
    kept: Path | None
    since: Since | None
    lost: Span | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A copy of the backup that was read from end to end, and what would be lost by it.

    `since` is None where the present database is not there or cannot be read.
    """

    backup: Path
    database: Path
    part: Path
    heads: Heads
    since: Since | None


@contextmanager
def prepared(backup: Path, database: Path, holder: Holder) -> Iterator[Prepared]:
    """Copy and examine the backup while nobody writes the database; the copy is gone afterwards.

    Held where somebody does. ConfigError where there is no such backup or it is of another database,
    EvidenceRefused where it is not whole.
    """
    if not backup.is_file():
        raise ConfigError(f"there is no backup {backup}: name a file that `makegood backup` made")
    if not database.parent.is_dir():
        raise ConfigError(f"there is no folder {database.parent}; make it, or name another place")
    part = database.with_name(database.name + PART)
    with writer_lock(database, holder):
        try:
            heads = _copied(backup, part)
            yield Prepared(backup, database, part, heads, _since(database, heads))
        finally:
            for file in (part, *_beside(part)):
                with suppress(OSError):
                    file.unlink(missing_ok=True)


def restore(ready: Prepared, now: Ms, author: str, skip: int | None = None) -> Restored:
    """Mark what is lost in the copy, and put it in the place of the database.

    `skip` is how many numbers of each series were at most taken after the backup, where the replaced database
    cannot tell. Undecided where nobody can.
    """
    if ready.since is None and skip is None:
        raise Undecided(
            f"{ready.database} cannot tell how many statements were issued after the backup: say how many at "
            "most, --skip N; their numbers are not used again"
        )
    lost = _lost(ready.heads, now)
    with _alone(ready) as since:
        with told(ready.part), closing(connect(ready.part)) as connection:
            _mark(
                connection, ready, since, lost, NewEvent(now, RESTORED, ready.backup.name, author), skip or 0
            )
            connection.execute(f"PRAGMA journal_mode = {journal_mode()}").close()
        reach("restore.marked")
        kept = _put(ready, now)
        reach("restore.renamed")
    return Restored(ready.heads, kept, since, lost)


@contextmanager
def _alone(ready: Prepared) -> Iterator[Since | None]:
    """The replaced database in one file that nobody else can write; what it has more than the backup by now.

    Statements are issued without the writer's lock, also while somebody thinks about restoring. Who waits for
    this file meets one that was moved: in the mode DELETE, SQLite lets nobody write such a file.
    """
    if ready.since is None:
        yield None
        return
    version = schema_version(ready.database)
    with told(ready.database), closing(connect(ready.database)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE").close()
        try:
            connection.execute("BEGIN EXCLUSIVE")
            yield _more(connection, ready.database, ready.heads, version)
        except BaseException:
            connection.rollback()
            if ready.part.exists():  # it was not put in its place
                connection.execute(f"PRAGMA journal_mode = {mode}").close()
            raise
        connection.rollback()


def _copied(backup: Path, part: Path) -> Heads:
    version = schema_version(backup)
    if version == 0:
        raise EvidenceRefused(f"{backup} is empty: there is nothing in it to restore")
    if any(file.exists() and file.stat().st_size for file in _beside(backup)):
        raise EvidenceRefused(
            f"{backup} is a copy of a running database, with changes beside it; "
            "`makegood backup` makes whole ones"
        )
    with reaching(part):
        os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        part.chmod(0o600)
        shutil.copyfile(backup, part)
    reach("restore.copied")
    if version < SCHEMA_VERSION:
        from monitor.store.migrations import migrate  # slow to import, and seldom needed

        migrate(part, "DELETE")
    try:
        heads = examine(part)
    except EvidenceRefused as error:
        raise EvidenceRefused(str(error).replace(str(part), str(backup))) from error
    reach("restore.checked")
    return heads


def _since(database: Path, heads: Heads) -> Since | None:
    """What the present database has more; ConfigError where it is of another history than the backup."""
    try:
        version = schema_version(database) if database.exists() else 0
        if version == 0:
            return None
        with told(database), closing(connect(database, readonly=True)) as connection:
            return _more(connection, database, heads, version)
    except (EvidenceRefused, UnicodeDecodeError):
        return None


def _more(connection: sqlite3.Connection, database: Path, heads: Heads, version: int) -> Since:
    _must_go_on(connection, database, heads)
    events = journal.read(connection, heads.journal, frozenset({RESTORED}), None)
    lost = [number for event in events for number in cast("list[str]", event.body["numbers"] or [])]
    (entries,) = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
    if version < WITH_LEDGER:
        return Since(entries - heads.journal, (), Taken({}, 0, 0))
    rows = connection.execute("SELECT number FROM paper WHERE seq > ? ORDER BY seq", (heads.papers,))
    numbers = dict.fromkeys([*lost, *(number for (number,) in rows)])
    return Since(entries - heads.journal, tuple(numbers), places(connection))


def _must_go_on(connection: sqlite3.Connection, database: Path, heads: Heads) -> None:
    row = connection.execute("SELECT digest FROM journal WHERE seq = ?", (heads.journal,)).fetchone()
    if (GENESIS if row is None and heads.journal == 0 else row and row[0]) != heads.digest:
        raise ConfigError(
            f"{database} does not go on from this backup: its journal is another one; "
            "name a backup of this database, or move it away first"
        )


def _lost(heads: Heads, now: Ms) -> Span | None:
    """What was measured since the backup, if anything, and nobody knows any more."""
    if heads.reached is None or heads.reached >= now:
        return None
    return Span(heads.reached, now)


def _mark(
    connection: sqlite3.Connection,
    ready: Prepared,
    since: Since | None,
    lost: Span | None,
    event: NewEvent,
    skip: int,
) -> None:
    """Write down what is lost: as unknown time, and in the journal with the places that stay taken."""
    if lost is not None:
        EvidenceWriter(connection).append([Gap(ALL_LANES, BETWEEN_EPOCHS, lost, Reason.DATA_LOSS)])
    taken = _taken(connection, skip) if since is None else since.taken
    body: dict[str, object] = {
        "journal": ready.heads.journal,
        "papers": ready.heads.papers,
        "lost": None if lost is None else [lost.start, lost.end],
        "numbers": None if since is None else list(since.numbers),
        "ordinals": dict(taken.ordinals),
        "others": taken.others,
        "line": taken.line,
    }
    with immediate(connection):
        extend(connection, [NewEvent(event.at, event.kind, event.subject, event.author, body=body)])


def _taken(copy: sqlite3.Connection, skip: int) -> Taken:
    """What was in use where nobody can look: `skip` numbers more than the backup has, each with its lines."""
    known = places(copy)
    ordinals = {series: ordinal + skip for series, ordinal in known.ordinals.items()}
    return Taken(ordinals, known.others + skip, known.line + skip * LINES)


def _put(ready: Prepared, now: Ms) -> Path | None:
    """Give the copy the database's name in one step; the replaced file is kept under another."""
    database, kept = ready.database, None
    with reaching(database), ready.part.open("rb") as file:
        os.fsync(file.fileno())
    with reaching(database):
        if database.exists():
            kept = database.with_name(f"{database.name}.replaced-{now}")
            _settle(ready, kept)
            os.link(database, kept)
            reach("restore.kept")
        ready.part.replace(database)
        folder = os.open(database.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return kept


def _settle(ready: Prepared, kept: Path) -> None:
    """What lies beside a database that cannot be read goes with it: it is not the new one's."""
    for file in _beside(ready.database):
        if file.exists():
            file.rename(kept.with_name(kept.name + file.name[len(ready.database.name) :]))


def _beside(path: Path) -> Sequence[Path]:
    return [path.with_name(path.name + suffix) for suffix in BESIDE]

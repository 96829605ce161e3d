"""One database file: evidence and journal behind the protocol of this room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import EvidenceRefused
from monitor.store import journal
from monitor.store.alerts import SqliteAlerts
from monitor.store.errors import Missing
from monitor.store.header import known, schema_version
from monitor.store.journal import SqliteJournal
from monitor.store.ledger import SqliteLedger
from monitor.store.metrics import SqliteMetrics
from monitor.store.protocol import Holder, Seq
from monitor.store.schema import SCHEMA_VERSION
from monitor.store.snapshot import SqliteSnapshot
from monitor.store.sqlite import JournalMode, connect, journal_mode
from monitor.store.telling import reaching, told
from monitor.store.tickets import SqliteTickets
from monitor.store.transaction import reading
from monitor.store.whole import strangers

if TYPE_CHECKING:
    from monitor.store.writer import EvidenceWriter


class SqliteStore:
    """Implements `protocol.Store`. It holds no connection: each context opens its own and closes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._journal = SqliteJournal(path)
        self._ledger = SqliteLedger(path)
        self._metrics = SqliteMetrics(path)
        self._alerts = SqliteAlerts(path)
        self._tickets = SqliteTickets(path)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def journal(self) -> SqliteJournal:
        """The append-only, hash-chained journal."""
        return self._journal

    @property
    def ledger(self) -> SqliteLedger:
        """The issued papers."""
        return self._ledger

    @property
    def metrics(self) -> SqliteMetrics:
        """The figures that were pushed."""
        return self._metrics

    @property
    def alerts(self) -> SqliteAlerts:
        """The alerts, and the letters that tell of them."""
        return self._alerts

    @property
    def tickets(self) -> SqliteTickets:
        """Tickets that were told, for who takes them; a snapshot hands them out."""
        return self._tickets

    @contextmanager
    def writer(self, holder: Holder) -> Iterator[EvidenceWriter]:
        """Take the writer's lock; Held names the one who has it. Use it in the thread that entered."""
        with self.lock(holder), self._writing(courteous=False) as writer:
            yield writer

    def lock(self, holder: Holder) -> AbstractContextManager[None]:
        """Hold the writer's lock, whatever becomes of connections meanwhile; Held names who has it."""
        from monitor.store.lock import writer_lock  # a reader starts sooner without it

        return writer_lock(self._path, holder)

    def writing(self) -> AbstractContextManager[EvidenceWriter]:
        """A writer on a connection of its own, for who holds the lock and works in a thread beside others.

        It rests for a moment after each half ms of work, so that none of them waits long for the interpreter.
        """
        return self._writing(courteous=True)

    @contextmanager
    def _writing(self, *, courteous: bool) -> Iterator[EvidenceWriter]:
        from monitor.store.courtesy import lend  # a reader starts sooner without these
        from monitor.store.writer import EvidenceWriter

        with ExitStack() as stack:
            stack.enter_context(told(self._path))
            connection = stack.enter_context(closing(connect(self._path)))
            if courteous:
                stack.enter_context(lend(connection))
            yield EvidenceWriter(connection)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteSnapshot]:
        """One consistent view; keep it short where the journal mode is DELETE, for it holds up the writer."""
        with (
            told(self._path),
            closing(connect(self._path, readonly=True)) as connection,
            reading(connection),
        ):
            yield SqliteSnapshot(connection)

    def holds_up(self) -> bool:
        """Whether a view holds up the writer for as long as it is open: where the journal mode is DELETE."""
        with told(self._path), closing(connect(self._path, readonly=True)) as connection:
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0]).lower() != "wal"

    def changed(self, since: Seq) -> Seq:
        """The journal's head; greater than `since` when somebody appended."""
        with told(self._path), closing(connect(self._path, readonly=True)) as connection:
            return max(since, journal.head(connection)[0])


def open_store(path: Path, *, create: bool = False, mode: JournalMode | None = None) -> SqliteStore:
    """The store in this file; with `create`, made or migrated where that is needed.

    Missing when there is none, Unreachable where rights or the path are in the way, EvidenceRefused when the
    file is not ours, newer, or damaged: it is left as it was. `mode` overrules the journal mode of a file
    that is made or migrated.
    """
    with reaching(path), told(path):
        file = Path(os.path.realpath(path))  # one file has one lock beside it, by whatever name it is called
        if not create and not _is_there(file):
            raise Missing(f"there is no database at {path} yet; `makegood run` makes it")
        if create:
            _make_empty(file)
        version = schema_version(file)
        if version < SCHEMA_VERSION:
            _migrate(file, version, create=create, mode=mode or journal_mode())
        _must_have_our_tables(file)
        return SqliteStore(file)


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _make_empty(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    except FileNotFoundError:
        raise Missing(f"there is no folder {path.parent}; make it, or name another place") from None


def _migrate(path: Path, version: int, *, create: bool, mode: JournalMode) -> None:
    if not create:
        state = "is empty" if version == 0 else f"has the older schema {version}"
        raise EvidenceRefused(f"{path} {state}; `makegood run` brings it up to date")
    from monitor.store.migrations import migrate  # slow to import, and needed once

    migrate(path, mode)


def _must_have_our_tables(path: Path) -> None:
    """Refuse a file whose tables, views or triggers are not exactly those that the migrations made."""
    with closing(connect(path, readonly=True)) as connection:
        known(path, connection.execute("PRAGMA user_version").fetchone()[0])
        wrong = next(strangers(connection), None)
    if wrong is not None:
        raise EvidenceRefused(
            f"{path} has not the tables it should ({wrong} differs); restore it from a backup"
        )

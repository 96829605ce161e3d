"""Tickets: taken in batches, each one transaction; what a ticket was before is kept beside it.

A batch is known by what changed with it: its digest is over the tickets that it told, and links to that of
the batch before. Files and what people did by hand are in the journal too; deliveries of webhooks are in the
chain alone, for there are many.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import field, replace
from itertools import islice
from pathlib import Path
from typing import Final, cast

from monitor.core.intervals import Ms, Span
from monitor.core.tickets import Ticket
from monitor.errors import EvidenceRefused
from monitor.failpoints import reach
from monitor.records import dataclass
from monitor.store.errors import Conflict
from monitor.store.journal import GENESIS, canonical, extend
from monitor.store.protocol import NewEvent, Seq
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import reaching
from monitor.store.telling import told as telling
from monitor.store.ticket_protocol import (
    BEGAN,
    IMPORTED,
    Batch,
    KeptTicket,
    NewBatch,
    Spool,
    TakenTickets,
    ToldTicket,
)
from monitor.store.ticket_rows import TicketRow, digest_of, joined, row_of, ticket_of, tickets_of
from monitor.store.ticket_spool import SqliteSpool
from monitor.store.transaction import immediate, reading

DELETED: Final = "ticket.deleted"
UNDELETED: Final = "ticket.undeleted"

_AT_ONCE: Final = 1_000
_CACHE: Final = -65_536  # KiB of pages that a batch may hold
_INSERT: Final = (
    "INSERT INTO ticket (source, id, first, last, open, deleted, updated, customer, service, content, "
    "digest, batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE: Final = (
    "UPDATE ticket SET first = ?, last = ?, open = ?, deleted = ?, updated = ?, customer = ?, service = ?, "
    "content = ?, digest = ?, batch = ? WHERE seq = ?"
)
_KEEP: Final = (
    "INSERT INTO ticket_was (ticket, batch, until, deleted, content, digest) VALUES (?, ?, ?, ?, ?, ?)"
)
_KNOWN: Final = (
    "SELECT ticket.id, ticket.seq, ticket.deleted, ticket.updated, ticket.content, ticket.digest, "
    "ticket.batch FROM json_each(?) AS asked CROSS JOIN ticket "
    "ON ticket.source = ? AND ticket.id = asked.value"
)
_BATCH: Final = (
    "SELECT seq, at, kind, source, author, name, once, reason, added, edited, digest FROM ticket_batch"
)
TOLD_BY: Final = (
    "SELECT seq, digest FROM ticket WHERE batch = ?1 "
    "UNION ALL SELECT ticket, digest FROM ticket_was WHERE batch = ?1 ORDER BY 1, 2"
)
WENT_ON: Final = """
SELECT content, deleted FROM (
  SELECT seq FROM ticket WHERE first >= ?1 AND first < ?2
  UNION ALL SELECT seq FROM ticket WHERE last >= ?1 AND +first < ?1
  UNION ALL SELECT seq FROM ticket WHERE open = 1 AND first < ?1 AND +last < ?1
) CROSS JOIN ticket USING (seq)
WHERE (?3 IS NULL OR source = ?3)
AND (?4 IS NULL OR customer IN (SELECT value FROM json_each(?4)))
AND (?5 IS NULL OR service IN (SELECT value FROM json_each(?5)))
ORDER BY first, seq"""
"""No ticket is in two of the parts, and each has its index (a plus keeps SQLite from another)."""
_ALL: Final = """
SELECT content, deleted FROM ticket WHERE (?1 IS NULL OR source = ?1)
AND (?2 IS NULL OR customer IN (SELECT value FROM json_each(?2)))
AND (?3 IS NULL OR service IN (SELECT value FROM json_each(?3)))
ORDER BY first, seq"""
OPEN: Final = """
SELECT content, deleted FROM ticket WHERE open = 1 AND deleted = 0 AND first < ?4
AND (?1 IS NULL OR source = ?1)
AND (?2 IS NULL OR customer IN (SELECT value FROM json_each(?2)))
AND (?3 IS NULL OR service IN (SELECT value FROM json_each(?3)))
ORDER BY first, seq"""
_SINCE: Final = """
SELECT ticket.content, ticket.deleted, was.content, was.deleted FROM ticket
LEFT JOIN ticket_was AS was ON was.ticket = ticket.seq AND was.batch <= ?1 AND was.until > ?1
WHERE ticket.batch > ?1 ORDER BY ticket.first, ticket.seq"""
_NEVER: Final[Ms] = 2**62


@dataclass(slots=True)
class _Known:
    """A ticket as it is before a batch."""

    seq: Seq
    deleted: int
    updated: Ms | None
    content: str
    digest: bytes
    batch: Seq


@dataclass(slots=True)
class _Count:
    """What a batch does, while it does it."""

    added: int = 0
    edited: int = 0
    same: int = 0
    older: int = 0
    held: int = 0
    new: list[TicketRow] = field(default_factory=list)
    changed: list[tuple[_Known, TicketRow]] = field(default_factory=list)

    def put(self, told: ToldTicket, known: _Known | None) -> None:
        """Say what is to be done with a ticket."""
        if known is None:
            self.added += 1
            self.new.append(row_of(told))
        else:
            self.meet(_joined(told, known), known, revived=told.revived)

    def meet(self, row: TicketRow, known: _Known, *, revived: bool = False) -> None:
        """Say what is to be done with one that is known."""
        if known.updated is not None and row.updated is not None and row.updated < known.updated:
            self.older += 1
            return
        if known.deleted and not row.deleted and not revived:
            row = replace(row, deleted=1, digest=digest_of(row.content, 1))
        if row.digest == known.digest:
            self.same += 1
            return
        self.edited += 1
        self.held += bool(known.deleted and row.deleted)
        self.changed.append((known, row))


def _joined(told: ToldTicket, known: _Known) -> TicketRow:
    """What was told as a whole, or with what is known where it is a part."""
    if told.whole:
        return row_of(told)
    latest = max(filter(None, (told.updated, known.updated)), default=None)
    both = joined(ticket_of(known.content, known.deleted), told.ticket)
    return row_of(replace(told, ticket=both, updated=latest))


class SqliteTickets:
    """The tickets of one database file; every call opens and closes its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def spool(self) -> Iterator[SqliteSpool]:
        """Room for the tickets of a file until all of it was read; then `take` has them at once."""
        with reaching(self._path), telling(self._path), closing(SqliteSpool(self._path)) as spool:
            yield spool

    def take(
        self,
        told: Iterable[ToldTicket] | Spool,
        batch: NewBatch,
        *,
        dry_run: bool = False,
        expect: Seq | None = None,
    ) -> TakenTickets:
        """All of them or none, in one durable transaction, with the journal's entry of a file.

        Conflict where the source's last batch is no longer `expect`.
        """
        ours = cast(Iterable[ToldTicket] | SqliteSpool, told)  # there are no other spools
        with telling(self._path), self._for(ours, readonly=dry_run) as connection:
            connection.execute(f"PRAGMA cache_size = {_CACHE}").close()
            if dry_run:
                with reading(connection):
                    return _taken(_sorted_out(connection, ours, None), 0)
            with immediate(connection):
                reach("tickets.begun")
                if expect is not None and expect != _last(connection, batch.source):
                    raise Conflict(
                        f"tickets of {batch.source} were taken since they were read; read them again"
                    )
                done = _take(connection, ours, batch)
                reach("tickets.journaled")
        reach("tickets.committed")
        return done

    def _for(
        self, told: Iterable[ToldTicket] | SqliteSpool, *, readonly: bool
    ) -> AbstractContextManager[sqlite3.Connection]:
        if isinstance(told, SqliteSpool):
            told.flush()
            return nullcontext(told.connection)
        return closing(connect(self._path, readonly=readonly))

    def last(self, source: str) -> Seq:
        """The last batch of a source that changed anything; 0 where there is none."""
        with telling(self._path), closing(connect(self._path, readonly=True)) as connection:
            return _last(connection, source)

    def taken_before(self, source: str, once: str) -> Batch | None:
        """The last batch of a source with this content or id that changed anything."""
        with telling(self._path), closing(connect(self._path, readonly=True)) as connection:
            row = connection.execute(
                f"{_BATCH} WHERE source = ? AND once = ? ORDER BY seq DESC LIMIT 1", (source, once)
            ).fetchone()
        return None if row is None else Batch(*row)

    def mark(self, source: str, id: str, batch: NewBatch, *, deleted: bool) -> bool:
        """Mark a ticket as deleted, or not; whether that changed anything. KeyError where there is none."""
        with telling(self._path), closing(connect(self._path)) as connection, immediate(connection):
            known = _known(connection, source, [id]).get(id)
            if known is None:
                raise KeyError(id)
            if known.deleted == int(deleted):
                return False
            ticket = replace(ticket_of(known.content, known.deleted), deleted=deleted)
            row = row_of(ToldTicket(source, ticket, known.updated))
            seq = _next(connection)
            _change(connection, [(known, row)], seq)
            digest = _close(connection, seq, batch, _Count(edited=1))
            kind = DELETED if deleted else UNDELETED
            body = {"batch": seq, "digest": digest, "source": source, "id": id}
            extend(connection, [NewEvent(batch.at, kind, f"{source}:{id}", batch.author, batch.reason, body)])
            return True


def _take(
    connection: sqlite3.Connection, told: Iterable[ToldTicket] | SqliteSpool, batch: NewBatch
) -> TakenTickets:
    seq = _next(connection)
    count = _sorted_out(connection, told, seq)
    if not (count.added or count.edited):
        return _taken(count, 0)
    reach("tickets.kept")
    digest = _close(connection, seq, batch, count)
    if batch.kind == "delivery" and not _delivered_before(connection, batch.source, seq):
        since = batch.body.get("since", batch.at)
        extend(connection, [NewEvent(batch.at, BEGAN, batch.source, batch.author, body={"since": since})])
    if batch.kind == "file":
        body = {
            **batch.body, "batch": seq, "digest": digest, "source": batch.source, "content": batch.once,
            "added": count.added, "edited": count.edited, "same": count.same, "older": count.older,
            "held": count.held,
        }  # fmt: skip
        extend(connection, [NewEvent(batch.at, IMPORTED, batch.name, batch.author, batch.reason, body)])
    return _taken(count, seq)


def _delivered_before(connection: sqlite3.Connection, source: str, seq: Seq) -> bool:
    found = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM ticket_batch WHERE source = ? AND kind = 'delivery' AND seq < ?)",
        (source, seq),
    ).fetchone()
    return bool(found[0])


def _taken(count: _Count, seq: Seq) -> TakenTickets:
    return TakenTickets(count.added, count.edited, count.same, count.older, count.held, seq)


def _sorted_out(
    connection: sqlite3.Connection, told: Iterable[ToldTicket] | SqliteSpool, seq: Seq | None
) -> _Count:
    """Take them piece by piece; where there is no `seq`, only count."""
    if isinstance(told, SqliteSpool):
        return _carried(connection, told, seq)
    count, waiting = _Count(), iter(told)
    while piece := list(islice(waiting, _AT_ONCE)):
        for part in _apart(piece):
            known: dict[str, _Known] = {}
            for source in {each.source for each in part}:
                asked = [each.ticket.id for each in part if each.source == source]
                found = _known(connection, source, asked)
                known |= {f"{source}\n{id_}": each for id_, each in found.items()}
            for each in part:
                count.put(each, known.get(f"{each.source}\n{each.ticket.id}"))
            if seq is not None:
                _insert(connection, count.new, seq)
                _change(connection, count.changed, seq)
            count.new.clear()
            count.changed.clear()
    return count


def _carried(connection: sqlite3.Connection, spool: SqliteSpool, seq: Seq | None) -> _Count:
    """The same of a spool: those that are known one by one, and all others at once."""
    count, waiting, met = _Count(), spool.met(), 0
    while piece := list(islice(waiting, _AT_ONCE)):
        met += len(piece)
        for row, known in piece:
            count.meet(row, _Known(*known))
        if seq is not None:
            _change(connection, count.changed, seq)
        count.changed.clear()
    count.added = spool.flush() - met
    if seq is not None and count.added:
        spool.carry(seq, all_new=not met)
    return count


def _apart(piece: Sequence[ToldTicket]) -> Iterator[Sequence[ToldTicket]]:
    """Parts in which no ticket is told twice."""
    part: dict[tuple[str, str], ToldTicket] = {}
    for each in piece:
        key = (each.source, each.ticket.id)
        if key in part:
            yield list(part.values())
            part = {}
        part[key] = each
    yield list(part.values())


def _known(connection: sqlite3.Connection, source: str, ids: Collection[str]) -> dict[str, _Known]:
    rows = connection.execute(_KNOWN, (json.dumps(list(ids)), source))
    return {id_: _Known(*rest) for id_, *rest in rows}


def _insert(connection: sqlite3.Connection, rows: Iterable[TicketRow], seq: Seq) -> None:
    connection.executemany(
        _INSERT,
        [
            (
                r.source, r.id, r.first, r.last, r.open, r.deleted, r.updated, r.customer, r.service,
                r.content, r.digest, seq,
            )
            for r in rows
        ],
    )  # fmt: skip


def _change(connection: sqlite3.Connection, pairs: Sequence[tuple[_Known, TicketRow]], seq: Seq) -> None:
    connection.executemany(
        _KEEP, [(was.seq, was.batch, seq, was.deleted, was.content, was.digest) for was, _ in pairs]
    )
    connection.executemany(
        _UPDATE,
        [
            (
                r.first, r.last, r.open, r.deleted, r.updated, r.customer, r.service, r.content, r.digest,
                seq, was.seq,
            )
            for was, r in pairs
        ],
    )  # fmt: skip


def _next(connection: sqlite3.Connection) -> Seq:
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM ticket_batch").fetchone()
    return int(last) + 1


def _last(connection: sqlite3.Connection, source: str) -> Seq:
    row = connection.execute("SELECT max(seq) FROM ticket_batch WHERE source = ?", (source,)).fetchone()
    return int(row[0] or 0)


def told_digest(rows: Iterable[tuple[Seq, bytes]]) -> str:
    """The digest over the tickets that a batch told."""
    found = hashlib.sha256()
    for seq, digest in rows:
        found.update(b"%d %b\n" % (seq, digest))
    return found.hexdigest()


def link(previous: str, seq: Seq, values: Sequence[object]) -> str:
    """The digest of a batch, from that of the one before it."""
    return hashlib.sha256(f"{previous}\n{canonical([seq, *values])}".encode()).hexdigest()


def _close(connection: sqlite3.Connection, seq: Seq, batch: NewBatch, count: _Count) -> str:
    """Put down the batch; its digest."""
    row = connection.execute("SELECT digest FROM ticket_batch WHERE seq = ?", (seq - 1,)).fetchone()
    previous = GENESIS if row is None else row[0]
    content = told_digest(connection.execute(TOLD_BY, (seq,)))
    values = (
        batch.at, batch.kind, batch.source, batch.author, batch.name, batch.once, batch.reason, count.added,
        count.edited, content,
    )  # fmt: skip
    digest = link(previous, seq, values)
    connection.execute(
        "INSERT INTO ticket_batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (seq, *values, previous, digest),
    )
    return digest


# -- reading


def found(
    connection: sqlite3.Connection,
    span: Span | None,
    customers: Collection[str] | None,
    services: Collection[str] | None,
    source: str | None,
    *,
    still_open: bool,
) -> Iterator[Ticket]:
    """The tickets that went on in a span, or all; those alone that are open where that is asked."""
    of = (source, _names(customers), _names(services))
    if still_open:
        rows = connection.execute(OPEN, (*of, _NEVER if span is None else span.end))
    elif span is None:
        rows = connection.execute(_ALL, of)
    else:
        rows = connection.execute(WENT_ON, (span.start, span.end, *of))
    return tickets_of(rows)


def head(connection: sqlite3.Connection) -> tuple[Seq, str]:
    """The newest batch and its link in the chain; (0, "") where none was taken."""
    row = connection.execute("SELECT seq, digest FROM ticket_batch ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, "") if row is None else (int(row[0]), str(row[1]))


def link_of(connection: sqlite3.Connection, seq: Seq) -> str:
    """The link of a batch in the chain; "" where there is no such batch."""
    row = connection.execute("SELECT digest FROM ticket_batch WHERE seq = ?", (seq,)).fetchone()
    return "" if row is None else str(row[0])


def since(connection: sqlite3.Connection, seq: Seq) -> Iterator[tuple[Ticket, Ticket | None]]:
    """What the batches after one told: each ticket as it is, and as it was by then."""
    for content, deleted, was, gone in connection.execute(_SINCE, (seq,)):
        yield ticket_of(content, deleted), None if was is None else ticket_of(was, gone)


def _names(asked: Collection[str] | None) -> str | None:
    return None if asked is None else json.dumps(sorted(asked))


def kept(connection: sqlite3.Connection, name: str) -> tuple[KeptTicket, ...]:
    """What a ticket is and was, newest first, by its id or `source:id`; source after source."""
    source, colon, id_ = name.partition(":")
    rows = connection.execute(
        "SELECT seq, source, deleted, content, batch FROM ticket WHERE id = ?1 "
        "OR (?2 AND source = ?3 AND id = ?4) ORDER BY source",
        (name, bool(colon), source, id_),
    ).fetchall()
    batches: dict[Seq, Batch] = {}
    return tuple(each for row in rows for each in _course(connection, batches, *row))


def _course(
    connection: sqlite3.Connection,
    batches: dict[Seq, Batch],
    seq: Seq,
    source: str,
    deleted: int,
    content: str,
    batch: Seq,
) -> Iterator[KeptTicket]:
    was = connection.execute(
        "SELECT deleted, content, batch, until FROM ticket_was WHERE ticket = ? ORDER BY seq DESC", (seq,)
    )
    yield KeptTicket(source, ticket_of(content, deleted), _batch(connection, batches, batch))
    for before, text, told, until in was.fetchall():
        yield KeptTicket(
            source, ticket_of(text, before), _batch(connection, batches, told),
            _batch(connection, batches, until),
        )  # fmt: skip


def _batch(connection: sqlite3.Connection, batches: dict[Seq, Batch], seq: Seq) -> Batch:
    if seq not in batches:
        row = connection.execute(f"{_BATCH} WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise EvidenceRefused(f"a ticket was told by batch {seq}, which is not there; restore a backup")
        batches[seq] = Batch(*row)
    return batches[seq]

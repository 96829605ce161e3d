"""Whether the tickets are what their batches told and what the journal says of these. Only reads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final, cast

from monitor.store import journal
from monitor.store.journal import GENESIS
from monitor.store.sqlite import sqlite3
from monitor.store.ticket_protocol import IMPORTED, Seq
from monitor.store.ticket_rows import digest_of, looked_up
from monitor.store.tickets import DELETED, UNDELETED, link, told_digest

_TOLD: Final = (
    "SELECT batch, seq, digest FROM ticket UNION ALL SELECT batch, ticket, digest FROM ticket_was "
    "ORDER BY 1, 2, 3"
)
_NOW: Final = "SELECT content, digest, deleted, source, id, first, last, open, customer, service FROM ticket"


def ticket_faults(connection: sqlite3.Connection) -> Iterator[str]:
    """Where the chain of batches breaks, and tickets that are not as they were told; a sentence each."""
    yield from _chain_faults(connection)
    yield from _journal_faults(connection)
    yield from _row_faults(connection)


def _chain_faults(connection: sqlite3.Connection) -> Iterator[str]:
    told = groupby(connection.execute(_TOLD), key=itemgetter(0))
    contents = {int(batch): told_digest((seq, digest) for _, seq, digest in rows) for batch, rows in told}
    expected, before = 1, GENESIS
    for seq, *values, previous, digest in connection.execute("SELECT * FROM ticket_batch ORDER BY seq"):
        if seq != expected:
            yield f"batch {expected} of the tickets is missing: the next one is {seq}"
        if previous != before or link(previous, seq, values) != digest:
            yield f"batch {seq} of the tickets was changed, or does not follow from the one before it"
        if contents.pop(seq, None) != values[-1]:
            yield f"tickets that batch {seq} told were changed: they are not what it told"
        expected, before = seq + 1, digest
    for batch in contents:
        yield f"tickets say that batch {batch} told them, and there is none"


def _journal_faults(connection: sqlite3.Connection) -> Iterator[str]:
    kinds = frozenset({IMPORTED, DELETED, UNDELETED})
    said = {cast(Seq, e.body["batch"]): e.body["digest"] for e in journal.read(connection, 0, kinds, None)}
    rows = connection.execute("SELECT seq, digest FROM ticket_batch WHERE kind <> 'delivery' ORDER BY seq")
    for seq, digest in rows:
        if said.pop(seq, None) != digest:
            yield f"batch {seq} of the tickets is not the one that the journal tells of"
    for batch in said:
        yield f"the journal tells of batch {batch} of the tickets, and it is not there"


def _row_faults(connection: sqlite3.Connection) -> Iterator[str]:
    for content, digest, deleted, *columns in connection.execute(_NOW):
        if digest_of(content, deleted) != digest:
            yield f"ticket {columns[0]}:{columns[1]} was changed: its content does not give its digest"
        elif list(looked_up(content)) != columns:
            yield f"ticket {columns[0]}:{columns[1]} is looked up by other values than it has"
    rows = connection.execute("SELECT ticket, content, digest, deleted FROM ticket_was")
    for ticket, content, digest, deleted in rows:
        if digest_of(content, deleted) != digest:
            yield f"what ticket {ticket} was before was changed: its content does not give its digest"

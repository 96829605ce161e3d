"""The journal: append-only, hash-chained, short transactions from any process.

Each entry's digest is SHA-256 over the digest before it and the entry's canonical JSON (sorted keys, no
spaces, ASCII, no floats). The chain shows every change to what is there; that the end was not cut off, only
somebody who kept an earlier head can show.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from monitor.errors import EvidenceRefused
from monitor.store.errors import Conflict
from monitor.store.protocol import Event, NewEvent, Seq
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.transaction import immediate

GENESIS = "0" * 64


def canonical(value: object) -> str:
    """One text for one JSON value; EvidenceRefused for a float or anything that is not JSON."""
    return json.dumps(_plain(value, "body"), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: object, where: str) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {_key(key, where): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, float):
        raise EvidenceRefused(f"{where} is the float {value!r}; the journal takes integers and strings")
    raise EvidenceRefused(f"{where} is a {type(value).__name__}; the journal takes JSON values")


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise EvidenceRefused(f"{where} has the key {key!r}; keys in the journal are strings")
    return key


def chain(previous: str, seq: Seq, event: NewEvent, body: str) -> str:
    """The digest of an entry, from the digest before it."""
    head = canonical([seq, event.at, event.kind, event.subject, event.author, event.reason])
    return hashlib.sha256(f"{previous}\n{head}\n{body}".encode()).hexdigest()


class SqliteJournal:
    """The journal of one database file; every call opens and closes its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, events: Sequence[NewEvent], *, expect: Seq | None = None) -> Seq:
        """Append all or none; the new head. Conflict when `expect` is no longer the head."""
        with told(self._path), closing(connect(self._path)) as connection, immediate(connection):
            return extend(connection, events, expect=expect)

    def verify(self) -> str | None:
        """None when the chain holds, else one sentence that says where it breaks."""
        with told(self._path), closing(connect(self._path, readonly=True)) as connection:
            return first_break(connection)


def extend(connection: sqlite3.Connection, events: Sequence[NewEvent], *, expect: Seq | None = None) -> Seq:
    """Append within a transaction that is open for writing; the new head. Conflict as in `append`."""
    bodies = [canonical(event.body) for event in events]
    seq, previous = head(connection)
    if expect is not None and expect != seq:
        raise Conflict(f"the journal has moved from {expect} to {seq}; read it again and repeat")
    for event, body in zip(events, bodies, strict=True):
        seq += 1
        digest = chain(previous, seq, event, body)
        _insert(connection, seq, event, body, previous, digest)
        previous = digest
    return seq


def head(connection: sqlite3.Connection) -> tuple[Seq, str]:
    """The last entry's number and digest; 0 and the genesis digest in a new journal."""
    row = connection.execute("SELECT seq, digest FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return row or (0, GENESIS)


def read(
    connection: sqlite3.Connection, after: Seq, kinds: frozenset[str] | None, subject: str | None
) -> Iterator[Event]:
    """The events after `after`, in order, of these kinds (all when None) and this subject (all when None)."""
    wanted = None if kinds is None else json.dumps(sorted(kinds))
    found = connection.execute(
        "SELECT * FROM journal WHERE seq > ?1 AND (?2 IS NULL OR subject = ?2) "
        "AND (?3 IS NULL OR kind IN (SELECT value FROM json_each(?3))) ORDER BY seq",
        (after, subject, wanted),
    )
    return map(_event, found)


def _event(row: tuple[int, int, str, str, str, str, str, str, str]) -> Event:
    seq, at, kind, subject, author, reason, body, previous, digest = row
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise EvidenceRefused(f"journal entry {seq} was changed: its body is not JSON") from None
    return Event(seq, at, kind, subject, author, reason, values, previous, digest)


def _insert(
    connection: sqlite3.Connection, seq: Seq, event: NewEvent, body: str, previous: str, digest: str
) -> None:
    row = (seq, event.at, event.kind, event.subject, event.author, event.reason, body, previous, digest)
    connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def first_break(connection: sqlite3.Connection) -> str | None:
    """None when the chain holds, else one sentence that says where it breaks."""
    return _first_break(connection.execute("SELECT * FROM journal ORDER BY seq"))


def _first_break(rows: Iterable[tuple[int, int, str, str, str, str, str, str, str]]) -> str | None:
    expected, before = 1, GENESIS
    for seq, at, kind, subject, author, reason, body, previous, digest in rows:
        if seq != expected:
            return f"journal entry {expected} is missing: the next one is {seq}"
        if previous != before:
            return f"journal entry {seq} does not follow from entry {seq - 1}: its link names another digest"
        if chain(previous, seq, NewEvent(at, kind, subject, author, reason), body) != digest:
            return f"journal entry {seq} was changed: its content does not give its digest"
        expected, before = seq + 1, digest
    return None

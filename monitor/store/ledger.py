"""The ledger: issued papers, numbered and chained inside one transaction; nothing in it ever changes.

A number is taken, the paper written, kept and journaled in one transaction that is open for writing from the
start, so two that issue at once come one after the other, and one that dies has issued nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from monitor.errors import EvidenceRefused
from monitor.failpoints import reach
from monitor.store.errors import Conflict
from monitor.store.journal import GENESIS, extend
from monitor.store.journal import head as journal_head
from monitor.store.protocol import Content, Credit, NewPaper, Paper, PaperKind, Place, Seq, Taken
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.transaction import immediate

RESTORED = "ledger.restored"
"""The journal's entry of a restore: what was in use before it, as `Taken` has it. It is not used again."""

_COLUMNS = (
    "seq, number, series, ordinal, once, kind, customer, period, corrects, at, author, previous, digest"
)
_Row = tuple[
    int, str, str, int, str, PaperKind, str, str, int | None, int, str, str, str
]  # in the order of _COLUMNS


class SqliteLedger:
    """The ledger of one database file; every call opens and closes its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def issue(self, papers: Sequence[NewPaper], *, expect: Seq | None = None) -> tuple[Paper, ...]:
        """All of them or none, in one transaction; one whose `once` is there is returned as it stands.

        Conflict where the journal's head is no longer `expect`, unless all of them are there already.
        """
        with told(self._path), closing(connect(self._path)) as connection, immediate(connection):
            reach("issue.begun")
            known = [_once(connection, paper.once) for paper in papers]
            if not all(known) and expect is not None and expect != journal_head(connection)[0]:
                raise Conflict("the journal has moved since the statement was computed; compute it again")
            before = _restores(connection)
            done = tuple(
                found or _issued(connection, paper, before)
                for paper, found in zip(papers, known, strict=True)
            )
            reach("issue.journaled")
        reach("issue.committed")
        return done

    def papers(
        self, *, customer: str | None = None, period: str | None = None, after: Seq = 0
    ) -> tuple[Paper, ...]:
        """In the order of their issue."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM paper WHERE seq > ?1 AND (?2 IS NULL OR customer = ?2) "  # noqa: S608
                "AND (?3 IS NULL OR period = ?3) ORDER BY seq",
                (after, customer, period),
            )
            return tuple(map(_paper, rows))

    def paper(self, number: str) -> Paper | None:
        """The paper of a number; None where there is none."""
        with self._reading() as connection:
            return _found(connection, "number", number)

    def page(self, seq: Seq, name: str) -> bytes:
        """A rendering of a paper; KeyError where it has none of that name."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT content FROM page WHERE paper = ? AND name = ?", (seq, name)
            ).fetchone()
        if row is None:
            raise KeyError(name)
        return bytes(row[0])

    def inputs(self, seq: Seq) -> bytes:
        """The packed evidence that a paper was computed from; KeyError where there is no such paper."""
        with self._reading() as connection:
            row = connection.execute("SELECT inputs FROM paper WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise KeyError(seq)
        return bytes(row[0])

    def page_digests(self, seq: Seq) -> Mapping[str, tuple[str, str]]:
        """The digest of each page of a paper: as it was kept, and as its bytes give it now."""
        with self._reading() as connection:
            rows = connection.execute("SELECT name, digest, content FROM page WHERE paper = ?", (seq,))
            return {name: (kept, sha256(bytes(content))) for name, kept, content in rows}

    def credits(self, after: Seq = 0, limit: int | None = None) -> tuple[Credit, ...]:
        """The credit lines after a cursor, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT seq, paper, agreement, currency, minor, reason FROM credit WHERE seq > ? "
                "ORDER BY seq LIMIT ?",
                (after, -1 if limit is None else limit),
            ).fetchall()
            papers = {seq: _of_credit(connection, seq) for seq in {row[1] for row in rows}}
        return tuple(Credit(seq, papers[paper], *rest) for seq, paper, *rest in rows)

    def restores(self) -> tuple[Taken, ...]:
        """What each restore left out for good, oldest first."""
        with self._reading() as connection:
            return _restores(connection)

    def faults(self) -> tuple[str, ...]:
        """Where the journal breaks, and what the ledger has otherwise than the journal; a sentence each."""
        from monitor.store.whole import trail_faults  # it knows this module

        with self._reading() as connection:
            return tuple(trail_faults(connection))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with told(self._path), closing(connect(self._path, readonly=True)) as connection:
            yield connection


def sha256(content: bytes) -> str:
    """A digest as this house writes it: hex."""
    return hashlib.sha256(content).hexdigest()


def _once(connection: sqlite3.Connection, once: str) -> Paper | None:
    return _found(connection, "once", once)


def _found(connection: sqlite3.Connection, column: str, value: object) -> Paper | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM paper WHERE {column} = ?",  # noqa: S608  a name of ours
        (value,),
    ).fetchone()
    return None if row is None else _paper(row)


def _of_credit(connection: sqlite3.Connection, seq: Seq) -> Paper:
    found = _found(connection, "seq", seq)
    if found is None:
        raise EvidenceRefused(f"a credit line is of paper {seq}, which is not in the ledger")
    return found


def _paper(row: _Row) -> Paper:
    return Paper(*row)


def _issued(connection: sqlite3.Connection, paper: NewPaper, before: Sequence[Taken]) -> Paper:
    place = _next(connection, paper.series, max((each.of(paper.series) for each in before), default=0))
    reach("issue.numbered")
    content = paper.write(place)
    reach("issue.rendered")
    kept = Paper(
        seq=place.seq,
        number=content.number,
        series=paper.series,
        ordinal=place.ordinal,
        once=paper.once,
        kind=paper.kind,
        customer=paper.customer,
        period=paper.period,
        corrects=paper.corrects,
        at=paper.at,
        author=paper.author,
        previous=place.previous,
        digest=content.digest,
    )
    _keep(connection, kept, content, max((each.line for each in before), default=0))
    reach("issue.kept")
    extend(connection, content.events)
    return replace(kept, fresh=True)


def _restores(connection: sqlite3.Connection) -> tuple[Taken, ...]:
    rows = connection.execute("SELECT body FROM journal WHERE kind = ? ORDER BY seq", (RESTORED,))
    bodies = [json.loads(body) for (body,) in rows]
    return tuple(Taken(body["ordinals"], body["others"], body.get("line", 0)) for body in bodies)


def places(connection: sqlite3.Connection) -> Taken:
    """What was ever in use: by a paper that is here, or by one that a restore lost."""
    before = _restores(connection)
    used = dict(connection.execute("SELECT series, max(ordinal) FROM paper GROUP BY series").fetchall())
    known = used.keys() | {series for each in before for series in each.ordinals}
    highest = {
        series: max([used.get(series, 0), *(r.of(series) for r in before)]) for series in sorted(known)
    }
    others = max((each.others for each in before), default=0)
    return Taken(highest, others, max([_last_line(connection), *(each.line for each in before)]))


def _last_line(connection: sqlite3.Connection) -> Seq:
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM credit").fetchone()
    return int(last)


def _next(connection: sqlite3.Connection, series: str, taken: int) -> Place:
    last = connection.execute("SELECT seq, digest FROM paper ORDER BY seq DESC LIMIT 1").fetchone()
    (ordinal,) = connection.execute(
        "SELECT coalesce(max(ordinal), 0) FROM paper WHERE series = ?", (series,)
    ).fetchone()
    seq, previous = last or (0, GENESIS)
    return Place(seq + 1, max(ordinal, taken) + 1, previous, series)


def _keep(connection: sqlite3.Connection, paper: Paper, content: Content, taken: Seq) -> None:
    connection.execute(
        f"INSERT INTO paper ({_COLUMNS}, inputs) VALUES ({', '.join('?' * 14)})",  # noqa: S608
        (
            paper.seq, paper.number, paper.series, paper.ordinal, paper.once, paper.kind, paper.customer,
            paper.period, paper.corrects, paper.at, paper.author, paper.previous, paper.digest,
            content.inputs,
        ),
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO page (paper, name, content, digest) VALUES (?, ?, ?, ?)",
        [(paper.seq, name, page, sha256(page)) for name, page in content.pages.items()],
    )
    first = max(_last_line(connection), taken) + 1
    connection.executemany(
        "INSERT INTO credit (seq, paper, agreement, currency, minor, reason) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (seq, paper.seq, each.agreement, each.currency, each.minor, each.reason)
            for seq, each in enumerate(content.credits, first)
        ],
    )

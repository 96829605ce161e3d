"""Whether a database is whole: pages, tables, the journal's chain, and ledger and tickets against it.

Only reads, and says the first thing that is wrong in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from monitor.core.intervals import Ms
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.store import journal
from monitor.store.evidence import Evidence
from monitor.store.ledger import sha256
from monitor.store.protocol import Event, Seq
from monitor.store.schema import STATEMENTS
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.ticket_proof import ticket_faults

ISSUED = "statement.issued"
OF_MIGRATIONS = "_sqlite_migrations"  # sqlite-utils writes down there what it applied


@dataclass(frozen=True, slots=True)
class Heads:
    """Where the chains of a database end: what a copy of it can be compared by.

    `reached` is the last instant with evidence, None where there is none; `number` the last statement's, ""
    where none was issued.
    """

    journal: Seq
    digest: str
    papers: Seq
    number: str
    reached: Ms | None


def examine(path: Path) -> Heads:
    """Read all of a database; its heads. EvidenceRefused says what is wrong and where."""
    with told(path), closing(connect(path, readonly=True)) as connection:
        wrong = next(_faults(connection), None)
        if wrong:
            raise EvidenceRefused(f"{path} is not whole: {wrong}")
        return _heads(connection)


def strangers(connection: sqlite3.Connection) -> Iterator[str]:
    """Tables, views, indexes and triggers that are not as the migrations made them, or are not theirs."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL "
        "AND NOT (tbl_name = ? AND type IN ('table', 'index'))",
        (OF_MIGRATIONS,),
    )
    found = dict(rows.fetchall())
    yield from (name for name, sql in STATEMENTS.items() if found.get(name) != sql)
    yield from sorted(found.keys() - STATEMENTS.keys())


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        yield f"{str(said).splitlines()[0]}"
    yield from (f"{name} is not what it should be" for name in strangers(connection))
    yield from trail_faults(connection)


def trail_faults(connection: sqlite3.Connection) -> Iterator[str]:
    """Where the journal's chain breaks, and what the ledger and the tickets have otherwise than it."""
    broken = journal.first_break(connection)
    if broken:
        yield broken
    yield from ledger_faults(connection)
    yield from ticket_faults(connection)


_ROWS = """
SELECT paper.seq, paper.number, paper.previous, paper.digest, paper.author, paper.series, paper.ordinal,
       paper.kind, paper.customer, paper.period, paper.at, paper.corrects IS NULL, corrected.number
FROM paper LEFT JOIN paper corrected ON corrected.seq = paper.corrects ORDER BY paper.seq
"""


def ledger_faults(connection: sqlite3.Connection) -> Iterator[str]:
    """What in the ledger differs from what the journal says was issued."""
    events = {event.subject: event for event in journal.read(connection, 0, frozenset({ISSUED}), None)}
    before, expected = journal.GENESIS, 1
    for seq, number, previous, digest, *rest in connection.execute(_ROWS).fetchall():
        event = events.pop(number, None)
        if seq != expected:
            yield f"paper {expected} of the ledger is missing: the next one is {seq}"
        if previous != before:
            yield f"statement {number} does not follow from the paper before it"
        if event is None:
            yield f"statement {number} is in the ledger, and the journal does not know it"
        elif [seq, digest, *rest] != _said(event):
            yield f"statement {number} is not the one that the journal says was issued"
        elif event.body.get("pages") != _pages(connection, seq):
            yield f"a page of statement {number} was changed: it is not the one that was issued"
        before, expected = digest, seq + 1
    for number in events:
        yield f"statement {number} was issued, says the journal, and is not in the ledger"


def _said(event: Event) -> list[object]:
    """What the journal says of a paper, in the order of its row."""
    seq, digest, *rest = (event.body.get(key) for key in ("seq", "digest", *_SAID))
    corrects = event.body.get("corrects")
    return [seq, digest, event.author, *rest, event.at, int(corrects is None), corrects]


_SAID = ("series", "ordinal", "kind", "customer", "period")


def _pages(connection: sqlite3.Connection, paper: Seq) -> dict[str, str]:
    """The digest of each page; one that was kept with another than its content gives is told as that."""
    rows = connection.execute("SELECT name, content, digest FROM page WHERE paper = ?", (paper,))
    return {
        name: found if (found := sha256(bytes(content))) == kept else f"{found}, and not {kept}"
        for name, content, kept in rows
    }


def _heads(connection: sqlite3.Connection) -> Heads:
    seq, digest = journal.head(connection)
    paper = connection.execute("SELECT seq, number FROM paper ORDER BY seq DESC LIMIT 1").fetchone()
    papers, number = paper or (0, "")
    return Heads(seq, digest, papers, number, Evidence(connection).as_of())

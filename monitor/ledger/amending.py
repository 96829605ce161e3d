"""Correct what was issued: an amendment states the period anew, a reversal takes back what was given.

Both are papers of their own that name the one they correct. What is shown before is exactly what is issued,
or nothing: where the journal moved in between, it has to be looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.errors import ConfigError, Exit, MakegoodError
from monitor.ledger.chains import Chain, newest_of
from monitor.ledger.computing import Computed, Head, compute, head_of, lines, reproduced
from monitor.ledger.differences import differences, given, owed_more
from monitor.ledger.issuing import Book, Correction
from monitor.ledger.press import Document, Office
from monitor.records import dataclass
from monitor.statements.value import CreditLine, Difference
from monitor.store.errors import Conflict
from monitor.store.protocol import Ledger, Paper


class NothingDiffers(MakegoodError):
    """What was issued would be issued the same today: there is nothing to correct (1)."""

    exit_code = Exit.NO


@dataclass(frozen=True, slots=True)
class Prepared:
    """A correction that is ready to be issued: what it corrects, and what it changes."""

    chain: Chain
    computed: Computed
    correction: Correction
    head: Head
    book: Book

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Figure by figure."""
        return self.correction.differences

    @property
    def lines(self) -> tuple[CreditLine, ...]:
        """What it gives or takes."""
        return self.correction.lines


def amendment(office: Office, number: str, reason: str = "") -> Prepared:
    """What an amendment of this paper would say now.

    NothingDiffers where no figure does; ConfigError where it is not the newest of its chain; and every
    refusal of an issue.
    """
    known = office.store.changed(0)
    with office.store.snapshot() as snapshot:
        papers = office.store.ledger.papers()
        chain, head = newest_of(papers, number), head_of(snapshot, known)
        last = chain.newest
        computed = compute(office.plan, snapshot, last.customer, last.period, office.now)
    found = differences(document_of(office.store.ledger, last), office.press.document(computed.statement))
    change = owed_more(lines(computed.statement), _given(office.store.ledger, chain), "correction")
    if not found and not change:
        raise NothingDiffers(f"nothing differs: {number} would be issued the same today")
    correction = Correction("amendment", last, reason, change, found)
    return Prepared(chain, computed, correction, head, Book.of(office, papers))


def reversal(office: Office, number: str, reason: str) -> Prepared:
    """What a reversal of this paper would take back: all that its chain gave."""
    if not reason.strip():
        raise ConfigError("--reason: it is empty; say why the statement is taken back: the customer reads it")
    known = office.store.changed(0)
    with office.store.snapshot() as snapshot:
        papers = office.store.ledger.papers()
        chain, head = newest_of(papers, number), head_of(snapshot, known)
        last = chain.newest
        computed = reproduced(
            office.plan,
            snapshot,
            document_of(office.store.ledger, last),
            office.store.ledger.inputs(last.seq),
        )
    change = owed_more((), _given(office.store.ledger, chain), "reversal")
    correction = Correction("reversal", last, reason, change)
    return Prepared(chain, computed, correction, head, Book.of(office, papers))


def confirm(office: Office, prepared: Prepared) -> Paper:
    """Issue it as it was shown; Conflict where the journal moved since: prepare it again, and look again."""
    new = prepared.book.correction(prepared.computed, prepared.head, prepared.correction)
    (paper,) = office.store.ledger.issue([new], expect=prepared.head[0])
    if not paper.fresh:
        raise Conflict(
            f"{paper.number} corrected {prepared.correction.of.number} in between: look at it again"
        )
    return paper


def document_of(ledger: Ledger, paper: Paper) -> Document:
    """A paper's document as it was issued."""
    found: Document = json.loads(ledger.page(paper.seq, "json"))
    return found


def _given(ledger: Ledger, chain: Chain) -> Sequence[CreditLine]:
    return [line for paper in chain.papers for line in given(document_of(ledger, paper))]

"""Issue a period: refuse what is not final, number what is, and give what stands to whoever asks again.

Everything is computed from one snapshot and issued in transactions of some papers. Where the journal moved
in between, what was computed may be out of date, and is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from hashlib import sha256
from itertools import islice
from typing import Literal

from monitor.config.plan import Agreement, Plan
from monitor.core.periods import month
from monitor.errors import ConfigError, Exit, Held, MakegoodError
from monitor.ledger import numbering
from monitor.ledger.chains import by_period, once
from monitor.ledger.computing import Computed, Head, bill, compute, head_of, lines
from monitor.ledger.press import Office
from monitor.records import dataclass
from monitor.statements.periods import ending_in
from monitor.statements.value import CreditLine, Difference, Earlier, Issue, Statement
from monitor.store.errors import Conflict
from monitor.store.protocol import Content, NewCredit, NewEvent, NewPaper, Paper, PaperKind, Place, Seq

ISSUED = "statement.issued"
BATCH = 100  # papers of one transaction: bounds how long other processes wait
TRIES = 10

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a customer's statement was not issued."""

    customer: str
    error: MakegoodError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a month: the papers that stand for it, in the order of the customers, and refusals.

    A paper is `fresh` where this very call made it.
    """

    papers: tuple[Paper, ...]
    refused: tuple[Refusal, ...]

    @property
    def exit_code(self) -> Exit:
        """The first refusal's."""
        return self.refused[0].error.exit_code if self.refused else Exit.DONE


@dataclass(slots=True)
class _Run:
    """What is done so far."""

    papers: dict[str, Paper] = field(default_factory=dict)
    refused: dict[str, MakegoodError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Correction:
    """What makes a paper more than a first statement."""

    kind: PaperKind
    of: Paper
    reason: str
    lines: tuple[CreditLine, ...]
    differences: tuple[Difference, ...] = ()


def issue_month(office: Office, label: str, customers: Sequence[str], step: Step = lambda _: None) -> Outcome:
    """Issue the month for these customers; what is refused for one does not stop the others.

    `step` is told each customer as it is drawn up. ConfigError where the label is no month: periods of
    other lengths are stated in the month in which they end.
    """
    _must_be_a_month(label)
    run = _Run()
    for _ in range(TRIES):
        left = [each for each in customers if each not in run.papers and each not in run.refused]
        if not left:
            break
        try:
            _issue(office, label, left, run, step)
        except Conflict as error:
            conflict: MakegoodError = error
        else:
            break
    else:
        run.refused |= {each: conflict for each in customers if each not in run.papers}
    return Outcome(
        tuple(run.papers[each] for each in customers if each in run.papers),
        tuple(Refusal(each, run.refused[each]) for each in customers if each in run.refused),
    )


def _must_be_a_month(label: str) -> None:
    try:
        month(label, "UTC")
    except ValueError as error:
        raise ConfigError(
            f"{error}; a quarter or a year is stated in the month in which it ends: issue that month"
        ) from None


def _issue(office: Office, label: str, customers: Sequence[str], run: _Run, step: Step) -> None:
    new, head = _drawn(office, label, customers, run, step)
    expect = head[0]
    waiting = iter(new)
    while batch := list(islice(waiting, BATCH)):
        done = _in_one_go(office, batch, expect, run)
        expect += sum(paper.fresh for paper in done)


def _in_one_go(office: Office, batch: Sequence[NewPaper], expect: Seq, run: _Run) -> Sequence[Paper]:
    """One transaction; where one paper cannot be made, the others are issued without it."""
    try:
        done = office.store.ledger.issue(batch, expect=expect)
    except Held:
        raise
    except MakegoodError as error:
        if len(batch) == 1:
            run.refused[batch[0].customer] = error
            return ()
        first = _in_one_go(office, batch[: len(batch) // 2], expect, run)
        expect += sum(paper.fresh for paper in first)
        return (*first, *_in_one_go(office, batch[len(batch) // 2 :], expect, run))
    run.papers |= {paper.customer: paper for paper in done}
    return done


def _drawn(
    office: Office, label: str, customers: Sequence[str], run: _Run, step: Step
) -> tuple[list[NewPaper], Head]:
    """Compute what is not issued yet, all from one snapshot."""
    known = office.store.changed(0)
    found: list[NewPaper] = []
    with office.store.snapshot() as snapshot:
        papers = office.store.ledger.papers()
        head, book = head_of(snapshot, known), Book.of(office, papers)
        standing = by_period(papers)
        for customer in customers:
            chain = standing.get((customer, label))
            if chain is not None and chain.stands:
                run.papers[customer] = chain.newest
                continue
            step(office.plan.customers[customer].party.name)
            try:
                computed = compute(office.plan, snapshot, customer, label, office.now)
            except MakegoodError as error:
                run.refused[customer] = error
            else:
                found.append(book.statement(computed, once(chain, customer, label), head))
    return found, head


@dataclass(frozen=True, slots=True)
class Book:
    """Makes new papers: it knows which numbers are taken, and what each customer had before."""

    office: Office
    taken: frozenset[str]
    earlier: Mapping[str, tuple[Earlier, ...]]

    @classmethod
    def of(cls, office: Office, papers: Iterable[Paper]) -> Book:
        """From every paper there is."""
        known = tuple(papers)
        earlier: dict[str, list[Earlier]] = {}
        for paper in known:
            earlier.setdefault(paper.customer, []).append(Earlier(paper.number, paper.digest))
        return cls(
            office, frozenset(paper.number for paper in known), {k: tuple(v) for k, v in earlier.items()}
        )

    def statement(self, computed: Computed, once: str, head: Head) -> NewPaper:
        """A first statement, or one after a reversal."""
        return self._new(computed, once, head, None)

    def correction(self, computed: Computed, head: Head, correction: Correction) -> NewPaper:
        """An amendment or a reversal; a paper is corrected once."""
        return self._new(computed, f"{correction.kind}/{correction.of.seq}", head, correction)

    def _new(self, computed: Computed, once: str, head: Head, correction: Correction | None) -> NewPaper:
        office, customer = self.office, computed.statement.customer_id
        zone = office.plan.customers[customer].zone
        return NewPaper(
            once=once,
            series=numbering.series(office.plan.statements, customer, office.now, zone),
            kind="statement" if correction is None else correction.kind,
            customer=customer,
            period=computed.statement.period.label if correction is None else correction.of.period,
            at=office.now,
            author=office.author,
            write=lambda place: self._content(computed, place, head, correction),
            corrects=None if correction is None else correction.of.seq,
        )

    def _content(
        self, computed: Computed, place: Place, head: Head, correction: Correction | None
    ) -> Content:
        office, customer = self.office, computed.statement.customer_id
        number = self._number(customer, place)
        issue = _issue_of(office, computed, number, place, head, self.earlier.get(customer, ()), correction)
        kept = replace(computed.statement, status=_status(correction))
        sealed, pages = office.press.sealed(kept, issue)
        digest = sealed.issue.digest if sealed.issue else ""
        return Content(
            number=number,
            digest=digest,
            pages=pages,
            inputs=computed.inputs.blob,
            credits=[
                NewCredit(each.agreement, each.amount.currency, each.amount.minor, each.reason)
                for each in issue.lines
            ],
            events=[_event(office, kept, number, place, digest, pages, correction)],
        )

    def _number(self, customer: str, place: Place) -> str:
        office = self.office
        zone = office.plan.customers[customer].zone
        number = numbering.number(office.plan.statements, place.ordinal, customer, office.now, zone)
        if number in self.taken:
            other = f'number = "N{office.plan.statements.number}"'
            raise ConfigError(
                f"{customer}: the number {number} is taken, as [statements] was changed and counts anew: "
                f"write a number that was not there before, such as {other}"
            )
        return number


def _issue_of(
    office: Office,
    computed: Computed,
    number: str,
    place: Place,
    head: Head,
    earlier: tuple[Earlier, ...],
    correction: Correction | None,
) -> Issue:
    given = lines(computed.statement) if correction is None else correction.lines
    return Issue(
        number=number,
        at=office.now,
        place=place.seq,
        previous=place.previous,
        earlier=earlier,
        inputs=computed.inputs.digest,
        journal=head,
        lines=given,
        sets_against=bill(office.plan, computed.statement) if given else "",
        corrects=None if correction is None else Earlier(correction.of.number, correction.of.digest),
        reason="" if correction is None else correction.reason,
        differences=() if correction is None else correction.differences,
        decisions=computed.decisions,
    )


def _status(correction: Correction | None) -> Literal["issued", "amendment", "reversal"]:
    if correction is None:
        return "issued"
    return "amendment" if correction.kind == "amendment" else "reversal"


def _event(
    office: Office,
    statement: Statement,
    number: str,
    place: Place,
    digest: str,
    pages: Mapping[str, bytes],
    correction: Correction | None,
) -> NewEvent:
    body = {
        "seq": place.seq,
        "series": place.series,
        "ordinal": place.ordinal,
        "digest": digest,
        "pages": {name: sha256(page).hexdigest() for name, page in sorted(pages.items())},
        "kind": "statement" if correction is None else correction.kind,
        "customer": statement.customer_id,
        "period": statement.period.label if correction is None else correction.of.period,
        "corrects": None if correction is None else correction.of.number,
    }
    reason = "" if correction is None else correction.reason
    return NewEvent(office.now, ISSUED, number, office.author, reason, body)


def due(plan: Plan, label: str) -> tuple[str, ...]:
    """The customers with an agreement whose own period ends in the month: those that get a statement."""
    _must_be_a_month(label)
    ends = {each.customer for each in plan.agreements.values() if _ends(each, label)}
    return tuple(customer for customer in plan.customers if customer in ends)


def _ends(agreement: Agreement, label: str) -> bool:
    return agreement.kind == "customer" and bool(ending_in(agreement, label))

"""What is issued is computed here, from a snapshot that is recorded: the evidence goes into the paper."""

from __future__ import annotations

from datetime import datetime

from monitor.config.plan import Plan
from monitor.config.terms_text import MONTHS
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.periods import instant, local, month_of
from monitor.errors import NoRow
from monitor.ledger.export import Inputs, packed, read_through
from monitor.ledger.press import Document
from monitor.ledger.refusals import must_be_final, settle_it
from monitor.records import dataclass
from monitor.statements import decisions
from monitor.statements.build import statement
from monitor.statements.value import CreditLine, Decision, Statement
from monitor.store.protocol import Seq, Snapshot

Head = tuple[Seq, str]
"""The journal's last entry: its number and its digest."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A statement that may be issued, with the evidence that was read for it."""

    statement: Statement
    inputs: Inputs
    decisions: tuple[Decision, ...]


def head_of(snapshot: Snapshot, known: Seq) -> Head:
    """The journal's head in this snapshot; `known` is an entry that is there already."""
    last = (0, "0" * 64)
    for event in snapshot.events(after=max(known - 1, 0)):
        last = (event.seq, event.digest)
    return last


def final(plan: Plan, snapshot: Snapshot, customer: str, label: str, now: Ms) -> Statement:
    """The statement of a period that is final; each refusal says what to do about it.

    EvidenceRefused where evidence is still to come or does not add up, Undecided where a person must say
    what is owed, NoRow where a table has a hole.
    """
    try:
        found = statement(plan, snapshot, customer, label, now)
    except NoRow as error:
        raise NoRow(f"{error}; or {settle_it(customer, label, 'AGREEMENT')}") from error
    must_be_final(found, snapshot.as_of(now), now)
    return found


def compute(plan: Plan, snapshot: Snapshot, customer: str, label: str, now: Ms) -> Computed:
    """What `final` is, with the evidence that was read for it."""
    recording = read_through(snapshot)
    found = final(plan, recording, customer, label, now)
    made = made_decisions(plan, recording, found)
    return Computed(found, packed(recording, plan, customer, label), made)


def made_decisions(plan: Plan, snapshot: Snapshot, statement: Statement) -> tuple[Decision, ...]:
    """What a person decided of it."""
    held = decisions.rulings(snapshot.events(kinds=decisions.KINDS), plan.agreements)
    return tuple(
        Decision(ruling.agreement, ruling.amount, ruling.reason, ruling.at)
        for section in statement.sections
        if section.decided and section.period and (ruling := held[section.agreement, section.period.label])
    )


def lines(statement: Statement) -> tuple[CreditLine, ...]:
    """What the statement gives: a line for each agreement with an amount, by itself or by a decision."""
    found: dict[tuple[str, str], CreditLine] = {}
    for section in statement.sections:
        if section.credit is None or not section.credit.minor or section.gives_way_to:
            continue
        key = (section.agreement, "decision" if section.decided else "sla credit")
        before = found[key].amount if key in found else Amount(0, section.credit.currency)
        found[key] = CreditLine(section.agreement, section.service, before + section.credit, key[1])
    return tuple(line for line in found.values() if line.amount.minor)


def bill(plan: Plan, statement: Statement) -> str:
    """The bill that a credit of this statement is set against, in words."""
    period = statement.period
    same = plan.statements.sets_against == "same period"
    month = month_of(period.span.end - 1 if same else period.span.end, period.zone)
    day = local(month.span.start, month.zone)
    return f"the bill for {MONTHS[day.month - 1]} {day.year}"


def reproduced(plan: Plan, snapshot: Snapshot, document: Document, inputs: bytes) -> Computed:
    """The statement of a paper as it was computed for it."""
    customer, label = document["customer_id"], document["period"]["label"]
    then = instant(datetime.fromisoformat(document["drawn_up"]))
    found = statement(plan, snapshot, customer, label, then)
    return Computed(found, Inputs(document["issue"]["inputs"], inputs), ())

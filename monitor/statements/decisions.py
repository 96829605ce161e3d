"""Decisions in the journal: what a person says is owed for a period where no engine can determine it.

A decision settles one agreement's period, and only as long as the engine cannot; the newest one holds. Its
reason is written for the customer. Where the agreement asks for a second person it holds once one approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.config.plan import Agreement
from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.statements.approvals import APPROVED, approvals
from monitor.store.protocol import Event, NewEvent, Seq

RECORDED = "decision.recorded"
KINDS = frozenset({RECORDED, APPROVED})

NO_ROW = "its figure stands in no row of the table of credits"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One decision: `amount` is owed for the agreement's own period of that name."""

    seq: Seq
    agreement: str
    period: str
    amount: Amount
    reason: str
    author: str
    at: Ms


Rulings = Mapping[tuple[str, str], Ruling]
"""The decision that holds, by agreement and period."""


def recorded(agreement: str, period: str, amount: Amount, reason: str, author: str, at: Ms) -> NewEvent:
    """The event that records a decision; ValueError without a reason."""
    if not reason.strip():
        raise ValueError("a decision needs a reason, and the customer reads it")
    body = {"period": period, "minor": amount.minor, "currency": amount.currency}
    return NewEvent(at, RECORDED, agreement, author, reason, body)


def rulings(events: Iterable[Event], agreements: Mapping[str, Agreement]) -> Rulings:
    """What holds; decisions on agreements that are no longer known, and those that wait, are left out."""
    known = [event for event in events if event.kind in KINDS]
    approved = approvals(known)
    found: dict[tuple[str, str], Ruling] = {}
    for event in known:
        agreement = agreements.get(event.subject) if event.kind == RECORDED else None
        if agreement is None or (agreement.second_person and event.seq not in approved):
            continue
        ruling = _ruling(event)
        found[ruling.agreement, ruling.period] = ruling
    return found


def _ruling(event: Event) -> Ruling:
    body = event.body
    try:
        amount = Amount(int(str(body["minor"])), str(body["currency"]))
        return Ruling(
            event.seq, event.subject, str(body["period"]), amount, event.reason, event.author, event.at
        )
    except (KeyError, ValueError) as error:
        raise EvidenceRefused(
            f"journal entry {event.seq} ({event.kind} {event.subject}) cannot be read: {error!r}"
        ) from error

"""What the daemon does with the ledger by itself: issue months where that is configured, look for amendments.

Both are idempotent, so that an hour that was missed or came twice changes nothing. Nothing else is ever
issued unasked, and a proposal is only told.
"""

from __future__ import annotations

import logging

from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.ledger import receivables, reminders
from monitor.ledger.issuing import ISSUED, due, issue_month
from monitor.ledger.press import Office
from monitor.ledger.proposals import KINDS, propose
from monitor.people import author
from monitor.printing import press
from monitor.statements.build import last_closed_month
from monitor.store.protocol import Seq, Store

log = logging.getLogger("makegood")

OWN = KINDS | receivables.KINDS | reminders.KINDS | {ISSUED}
"""Entries after which no statement comes out differently."""


def issue_months(plan: Plan, store: Store, now: Ms) -> None:
    """Issue each customer's newest month that has been over for as long as `issue_after` says."""
    after = plan.statements.issue_after
    if after is None:
        return
    months: dict[str, list[str]] = {}
    for customer in plan.customers:
        months.setdefault(last_closed_month(plan, customer, now - after), []).append(customer)
    for label, customers in months.items():
        ends = set(due(plan, label))
        outcome = issue_month(_office(plan, store, now), label, [each for each in customers if each in ends])
        for paper in outcome.papers:
            if paper.fresh:
                log.info(
                    "issued %s: %s, %s", paper.number, paper.customer, paper.period,
                    extra={"event": "statement.issued", "number": str(paper.number)},
                )  # fmt: skip
        for refusal in outcome.refused:
            log.warning("%s was not issued: %s", label, refusal.error, extra={"event": "statement.refused"})


def look_for_amendments(plan: Plan, store: Store, now: Ms, looked: Seq | None) -> Seq:
    """Say which issued papers would come out differently, where anything was recorded since `looked`.

    Gives up to where the journal was looked at. None looks at them in any case.
    """
    head = store.changed(0)
    if looked is not None and not _recorded_since(store, looked):
        return looked
    for number, proposal in sorted(propose(_office(plan, store, now)).items()):
        log.info(
            "%s would come out differently in %d figures", number, proposal.differs,
            extra={"event": "statement.differs", "number": str(number)},
        )  # fmt: skip
    return head


def _recorded_since(store: Store, seq: Seq) -> bool:
    with store.snapshot() as snapshot:
        return any(event.kind not in OWN for event in snapshot.events(after=seq))


def _office(plan: Plan, store: Store, now: Ms) -> Office:
    return Office(plan, store, press(), now, author())

"""What the daemon does with the ledger by itself: issue months where that is configured, look for amendments.

Both are idempotent, so that an hour that was missed or came twice changes nothing. Nothing else is ever
issued unasked, and a proposal is only told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.errors import MakegoodError
from monitor.ledger.issuing import ISSUED, due, issue_month
from monitor.ledger.press import Office
from monitor.ledger.proposals import KINDS, propose
from monitor.people import author
from monitor.printing import press
from monitor.statements.build import last_closed_month
from monitor.store.protocol import Seq, Store

log = logging.getLogger("makegood")

OWN = KINDS | {ISSUED}
"""Entries after which no statement comes out differently."""


class Clerk:
    """Works on one store; `now` is asked anew each time."""

    def __init__(self, store: Store, now: Callable[[], Ms]) -> None:
        self._store = store
        self._now = now
        self._looked: Seq | None = None
        self._late = False

    def evidence_came_late(self) -> None:
        """Have the papers looked at again: hours that were sealed will be sealed anew."""
        self._late = True

    def issue_months(self, plan: Plan) -> None:
        """Issue each customer's newest month that has been over for as long as `issue_after` says."""
        after = plan.statements.issue_after
        if after is None:
            return
        months: dict[str, list[str]] = {}
        for customer in plan.customers:
            label = last_closed_month(plan, customer, self._now() - after)
            months.setdefault(label, []).append(customer)
        for label, customers in months.items():
            ends = set(due(plan, label))
            outcome = issue_month(self._office(plan), label, [each for each in customers if each in ends])
            for paper in outcome.papers:
                if paper.fresh:
                    log.info(
                        "issued %s: %s, %s", paper.number, paper.customer, paper.period,
                        extra={"event": "statement.issued", "number": str(paper.number)},
                    )  # fmt: skip
            for refusal in outcome.refused:
                log.warning(
                    "%s was not issued: %s", label, refusal.error, extra={"event": "statement.refused"}
                )

    def look_for_amendments(self, plan: Plan) -> None:
        """Say which issued papers would come out differently, where anything was recorded or came late."""
        head = self._store.changed(0)
        late, self._late = self._late, False
        if self._looked is not None and not late and not self._recorded_since(self._looked):
            return
        try:
            found = propose(self._office(plan))
        except MakegoodError:
            self._late = True
            raise
        self._looked = head
        for number, proposal in sorted(found.items()):
            log.info(
                "%s would come out differently in %d figures", number, proposal.differs,
                extra={"event": "statement.differs", "number": str(number)},
            )  # fmt: skip

    def _recorded_since(self, seq: Seq) -> bool:
        with self._store.snapshot() as snapshot:
            return any(event.kind not in OWN for event in snapshot.events(after=seq))

    def _office(self, plan: Plan) -> Office:
        return Office(plan, self._store, press(), self._now(), author())

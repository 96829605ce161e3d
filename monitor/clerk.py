"""The daemon's work on papers: when it was done last, and what is done with what came of it.

Nothing is computed in here. A job is named, and somebody else does it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from monitor.apart import Do, Interrupted
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.errors import MakegoodError
from monitor.retention import forget, forget_letters
from monitor.store.protocol import Seq, Store
from monitor.store.queue import EvidenceQueue

log = logging.getLogger("makegood")


class Clerk:
    """Works for one store; `now` and `plan` are asked anew each time. What is refused is tried again."""

    def __init__(self, do: Do, plan: Callable[[], Plan], now: Callable[[], Ms]) -> None:
        self._do, self._plan, self._now = do, plan, now
        self._looked: Seq | None = None
        self._late = False

    def evidence_came_late(self) -> None:
        """Have the papers looked at again: hours that were sealed will be sealed anew."""
        self._late = True

    def draft(self) -> None:
        """Draft each customer's last closed month, until a draft is there that needs no other."""
        if self._plan().customers:
            self._told(lambda: self._do("draft", self._plan(), self._now()))

    def issue(self) -> None:
        """Issue each customer's newest month that has been over for as long as `issue_after` says."""
        if self._plan().statements.issue_after is not None:
            self._told(lambda: self._do("issue", self._plan(), self._now()))

    def look_for_amendments(self) -> None:
        """Say which issued papers would come out differently, where anything was recorded or came late."""
        self._told(self._look)

    def _look(self) -> None:
        late, self._late = self._late, False
        try:
            self._looked = self._do("amendments", self._plan(), self._now(), None if late else self._looked)
        except BaseException:
            self._late = True
            raise

    def remind(self) -> None:
        """Tell the last days of our claims against providers."""
        if any(each.kind == "provider" for each in self._plan().agreements.values()):
            self._told(lambda: self._do("remind", self._plan(), self._now()))

    def report(self) -> None:
        """Draw up the internal reports of periods that are over, and mail them where that is said."""
        plan = self._plan()
        if plan.internal.every and plan.agreements:
            self._told(lambda: self._do("report", self._plan(), self._now()))

    def forget_old(self, store: Store, queue: EvidenceQueue) -> None:
        """Forget letters of alerts that are old, and good checks that nothing keeps, where they may go."""
        self._told(lambda: forget_letters(store, self._now()))
        if self._plan().settings.keep_checks is not None:
            self._told(
                lambda: forget(self._do("forgettable", self._plan(), self._now()), store, queue, self._now)
            )

    def _told(self, job: Callable[[], object]) -> None:
        try:
            job()
        except Interrupted:
            return
        except MakegoodError as error:
            log.warning("the ledger was left as it is: %s", error, extra={"event": "ledger.waits"})

"""What the calendar has done with papers, by name, in a process of its own: each job opens its own store.

Each is idempotent, so that an hour that was missed, came twice or was cut short changes nothing.
"""

from __future__ import annotations

import os

from monitor import closing, drafting
from monitor.config.plan import Plan
from monitor.core.checks import LaneId
from monitor.core.intervals import Ms
from monitor.ledger.retention import limits
from monitor.oncall.own_tickets import take_for_papers
from monitor.reminding import Reminders, by_mail
from monitor.reporting import Reporter
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import Seq


def draft(plan: Plan, now: Ms) -> None:
    """Draft each customer's last closed month."""
    drafting.draft_closed_months(plan, _for_papers(plan, now), now)


def issue(plan: Plan, now: Ms) -> None:
    """Issue the months whose time has come, where that is configured."""
    closing.issue_months(plan, _for_papers(plan, now), now)


def amendments(plan: Plan, now: Ms, looked: Seq | None) -> Seq:
    """Say which issued papers would come out differently; up to where the journal was looked at."""
    return closing.look_for_amendments(plan, _for_papers(plan, now), now, looked)


def remind(plan: Plan, now: Ms) -> None:
    """Tell the last days of claims that have come near, and mail them where that is said."""
    Reminders(_store(plan), lambda: now, by_mail(os.environ)).remind(plan)


def report(plan: Plan, now: Ms) -> None:
    """Draw up the internal reports of periods that are over, and mail them where that is said."""
    Reporter(_store(plan), lambda: now, by_mail(os.environ)).report(plan)


def forgettable(plan: Plan, now: Ms) -> dict[LaneId, Ms]:
    """Up to when the good checks of each lane may go."""
    store = _store(plan)
    with store.snapshot() as snapshot:
        return {each.lane: each.upto for each in limits(plan, snapshot, store.ledger, now)}


def _store(plan: Plan) -> SqliteStore:
    return open_store(plan.settings.database)


def _for_papers(plan: Plan, now: Ms) -> SqliteStore:
    """With our own incidents taken as tickets, whether or not the companion lives."""
    store = _store(plan)
    take_for_papers(store, plan, now)
    return store

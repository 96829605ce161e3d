"""One look: what the rules find, what people said, and what becomes of it, written down at once.

Nothing is kept between looks but in the database, so that a look that was cut short is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from monitor.alerts.findings import findings
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.operations.alert import Finding
from monitor.operations.entries import ACKNOWLEDGED
from monitor.operations.mutes import KINDS, mutes
from monitor.operations.telling import Said, course
from monitor.store.protocol import Alert, Snapshot, Store

Find = Callable[[Plan, Snapshot, Ms], Sequence[Finding]]


def look(plan: Plan, store: Store, now: Ms, token: Callable[[], str], find: Find = findings) -> int:
    """Look once; how many alerts changed. Each that is raised gets a `token`."""
    with store.snapshot() as snapshot:
        found = find(plan, snapshot, now)
        standing = store.alerts.open()
        said = what_people_said(snapshot, standing, found, now)
    changes = course(standing, found, plan.alerting.telling, said, now, token)
    return store.alerts.record(changes)


def what_people_said(
    snapshot: Snapshot, standing: Iterable[Alert], found: Iterable[Finding], now: Ms
) -> Said:
    """Who acknowledged the incidents that are looked at, and what is muted."""
    names = {each.new.incident for each in standing if each.acknowledged is None}
    names |= {each.incident for each in found}
    acknowledged, muting = {}, []
    for event in snapshot.events(kinds=KINDS | {ACKNOWLEDGED}):
        if event.kind != ACKNOWLEDGED:
            muting.append(event)
        elif event.subject in names:
            at = event.body.get("at")
            acknowledged[event.subject] = (at if isinstance(at, int) else event.at, event.author)
    silent = mutes(muting, now)
    costs = frozenset(subject for subject, each in silent.items() if each.costs)
    return Said(acknowledged, frozenset(silent), costs)

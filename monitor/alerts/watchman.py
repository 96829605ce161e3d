"""One look: what the rules find, what people said, and what becomes of it, written down at once.

What is kept between looks but in the database follows from what is there, so that a look that was cut short
is made again, and who begins anew finds the same. Who took an alert up whose incident does not know it yet,
because nobody came as far as to write that down, has it written down by the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from monitor.alerts.answering import take_up
from monitor.alerts.findings import findings
from monitor.alerts.hearing import Hearing
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.operations.alert import Finding
from monitor.operations.growing import growing, others, theirs
from monitor.operations.telling import course
from monitor.store.protocol import Alert, Snapshot, Store

Find = Callable[[Plan, Snapshot, Ms], Sequence[Finding]]


def look(
    plan: Plan,
    store: Store,
    now: Ms,
    token: Callable[[], str],
    find: Find = findings,
    heard: Hearing | None = None,
) -> int:
    """Look once; how many alerts changed. Each that is raised gets a `token`.

    `heard` is what was read of the journal before: the same one is handed in each time.
    """
    heard = heard or Hearing()
    head = store.changed(0)
    with store.snapshot() as snapshot:
        found = find(plan, snapshot, now)
        standing = store.alerts.open()
        heard.hear(snapshot, head)
    said = heard.said(now)
    changes = course(*others(standing, found), plan.alerting.telling, said, now, token)
    grown = growing(*theirs(standing, found), plan.alerting.telling, said, now, token)
    changed = store.alerts.record((*changes, *grown))
    _complete(plan, store, standing, heard, now)
    return changed


def _complete(plan: Plan, store: Store, standing: Iterable[Alert], heard: Hearing, now: Ms) -> None:
    """Write down with its incident what was written with an alert alone; once, since it may be over."""
    for each in standing:
        name, at = each.new.incident, each.acknowledged
        if not name or at is None or (each.seq, at) in heard.completed:
            continue
        if not any(known >= at for known in heard.taken.get(name, ())):
            take_up(plan, store, name, each.acknowledged_by, at, now)
        heard.completed.add((each.seq, at))

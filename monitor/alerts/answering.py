"""Somebody takes an alert up: kept with the alert, and with its incident where it belongs to one."""

from __future__ import annotations

from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.errors import ConfigError
from monitor.oncall.incidents import Watch
from monitor.operations.entries import acknowledged
from monitor.store.errors import Conflict
from monitor.store.protocol import Alert, AlertChange, Store

TRIES = 10


def acknowledge(plan: Plan, store: Store, alert: Alert, who: str, now: Ms) -> Alert:
    """The alert as it stands then; whoever was first is kept."""
    store.alerts.record([AlertChange(seq=alert.seq, acknowledged=(now, who))])
    if alert.new.incident:
        _with_its_incident(plan, store, alert.new.incident, who, now)
    return store.alerts.find(alert.seq) or alert


def _with_its_incident(plan: Plan, store: Store, name: str, who: str, now: Ms) -> None:
    """Record it there too, where nobody has, and where it still can be."""
    for _ in range(TRIES):
        head = store.changed(0)
        try:
            with store.snapshot() as snapshot:
                incident = Watch(plan, snapshot, now).find(name)
            if incident.acknowledged is None:
                store.journal.append([acknowledged(incident, now, who, now)], expect=head)
        except Conflict:
            continue
        except ConfigError:
            return  # it is over, or it is no incident any more: the alert's own acknowledgement stands
        return

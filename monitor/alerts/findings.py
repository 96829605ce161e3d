"""All that the rules of a plan find at an instant. What becomes of it is no business of this module.

Nothing is kept from one look to the next but what the journal said, which only grows: the same evidence and
the same instant give the same findings, and whoever asks seldom misses what began and ended in between, and
nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from monitor.alerts.breaches import breaches, margins
from monitor.alerts.burns import burns
from monitor.alerts.certificates import certificates
from monitor.alerts.deadlines import deadlines
from monitor.alerts.look import RECENT, Look
from monitor.alerts.monitoring import degraded
from monitor.alerts.responses import responses
from monitor.alerts.services import coverage, downs, heartbeats, overruns
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.errors import MakegoodError
from monitor.operations.alert import UNREAD, Finding, Kind
from monitor.operations.alerting import AlertRule
from monitor.operations.burning import WRITTEN_FOR
from monitor.operations.fold import Names
from monitor.statements.periods import running
from monitor.store.protocol import Snapshot
from reports.format import clean

log = logging.getLogger("makegood")

FINDERS: Final[Mapping[Kind, Callable[[Look, AlertRule], Iterator[Finding]]]] = {
    "down": downs,
    "burn": burns,
    "breach": breaches,
    "margin": margins,
    "certificate": certificates,
    "heartbeat": heartbeats,
    "monitor": degraded,
    "coverage": coverage,
    "maintenance": overruns,
    "deadline": deadlines,
    "response": responses,
}


def findings(plan: Plan, snapshot: Snapshot, now: Ms, names: Names | None = None) -> tuple[Finding, ...]:
    """What holds at `now`, by the rules in their order; one that cannot be looked at says why.

    `names` are those of incidents that earlier looks have read of the same journal.
    """
    look = Look(plan, snapshot, now, reach=_reach(plan, now), names=Names() if names is None else names)
    return tuple(found for rule in plan.alert_rules.values() for found in _found(look, rule))


def remembering() -> Callable[[Plan, Snapshot, Ms], tuple[Finding, ...]]:
    """`findings` for who looks at one journal again and again: each time what is new of it is read."""
    return partial(findings, names=Names())


def _found(look: Look, rule: AlertRule) -> tuple[Finding, ...]:
    try:
        return tuple(_printable(each) for each in FINDERS[rule.when](look, rule))
    except MakegoodError as error:
        why = str(error)
    except Exception as error:
        log.exception("the rule %s cannot be looked at", rule.id, extra={"event": "alerts.fault"})
        why = f"a fault in Makegood ({type(error).__name__}); its log says more"
    title = f"The rule {rule.id} cannot be looked at: {why}"
    return (_printable(Finding(rule.id, rule.when, UNREAD, "ticket", look.now, title)),)


def _printable(found: Finding) -> Finding:
    """In plain lines, whatever names and reasons people wrote."""
    return replace(found, title=clean(found.title), lines=tuple(clean(line) for line in found.lines))


def _reach(plan: Plan, now: Ms) -> Ms:
    """How far back the longest window of a burn rule goes, in the longest period that runs."""
    windows = [max(rule.windows) for rule in plan.alert_rules.values() if rule.windows is not None]
    lengths = [
        running(each, now)[1].span.length for each in plan.agreements.values() if each.kind == "customer"
    ]
    times = max(1, (max(lengths, default=0) + WRITTEN_FOR // 2) // WRITTEN_FOR)
    return max([RECENT, *(window * times for window in windows)])

"""Certificates that run out: by the days that they were good for when they were last seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitor.alerts.look import Look
from monitor.alerts.words import when
from monitor.core.intervals import DAY, Ms
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from monitor.store.protocol import NewEvent
from reports.format import PLAIN, plural

SEEN: Final = "certificate.seen"
KINDS: Final = frozenset({SEEN})


def seen(endpoint: str, until: Ms, author: str, at: Ms) -> NewEvent:
    """The entry that an endpoint shows a certificate that is valid until an instant; one for each change."""
    return NewEvent(at, SEEN, endpoint, author, body={"until": until})


def certificates(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Each endpoint whose certificate has so few whole days left, or none."""
    newest = {event.subject: event for event in look.snapshot.events(kinds=KINDS)}
    for endpoint in look.endpoints(rule):
        event = next((newest[key] for key in (endpoint.id, *endpoint.was) if key in newest), None)
        if event is None or not endpoint.is_certified:
            continue
        until = int(str(event.body["until"]))
        left = (until - look.now) // DAY
        if left >= (rule.days or 0):
            continue
        services = [s.id for s in look.plan.services.values() if endpoint in look.books.watched(s)]
        said = f"runs out at {when(look, until)}: {plural(left, 'day', 'days', PLAIN)} left"
        if until <= look.now:
            said = f"ran out at {when(look, until)}"
        yield Finding(
            rule=rule.id,
            kind=rule.when,
            subject=endpoint.id,
            urgency=rule.urgency,
            since=until - (rule.days or 0) * DAY,
            title=f"{endpoint.id}: its certificate {said}",
            lines=(
                f"{endpoint.target}; when it runs out, every check fails",
                f"Renew it, and see what is shown then: makegood check {endpoint.id}",
            ),
            service=services[0] if services else "",
            team=look.team(services[0]) if services else "",
        )

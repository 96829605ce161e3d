"""Certificates that run out: by the days that they were good for when they were last seen.

The prober looks at them once an hour, and knows until when they are valid to a day: at least so long.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.alerts.certified import KINDS, known
from monitor.alerts.look import Look
from monitor.alerts.words import when
from monitor.core.intervals import DAY
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from reports.format import PLAIN, plural


def certificates(look: Look, rule: AlertRule) -> Iterator[Finding]:
    """Each endpoint whose certificate has so few whole days left, or none."""
    newest = known(look.snapshot.events(kinds=KINDS))
    for endpoint in look.endpoints(rule):
        until = next((newest[key] for key in (endpoint.id, *endpoint.was) if key in newest), None)
        if until is None or not endpoint.is_certified:
            continue
        left = (until - look.now) // DAY
        if left >= (rule.days or 0):
            continue
        services = [s.id for s in look.plan.services.values() if endpoint in look.books.watched(s)]
        said = f"has {plural(left, 'day', 'days', PLAIN)} left, until {when(look, until)}"
        if until <= look.now:
            said = f"runs out today, or did since {when(look, until)}"
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

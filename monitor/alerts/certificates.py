"""Certificates that run out: by the days that they were good for when they were last seen.

The prober looks at them once an hour, and knows until when they are valid to a day: at least so long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from monitor.alerts.look import Look
from monitor.alerts.words import when
from monitor.core.intervals import DAY, Ms
from monitor.operations.alert import Finding
from monitor.operations.alerting import AlertRule
from monitor.people import author
from monitor.store.protocol import Event, NewEvent, Store
from reports.format import PLAIN, plural

SEEN: Final = "certificate.seen"
KINDS: Final = frozenset({SEEN})


def seen(endpoint: str, until: Ms, who: str, at: Ms) -> NewEvent:
    """The entry that an endpoint shows a certificate that is valid until an instant; one for each change."""
    return NewEvent(at, SEEN, endpoint, who, body={"until": until})


def known(events: Iterable[Event]) -> dict[str, Ms]:
    """Until when they are valid, by endpoint, as it was recorded last."""
    return {event.subject: int(str(event.body["until"])) for event in events if event.kind == SEEN}


def changes(before: Mapping[str, Ms], now_seen: Mapping[str, Ms], who: str, at: Ms) -> tuple[NewEvent, ...]:
    """The entries of certificates that are new, or are others than before: a day's difference is none."""
    return tuple(
        seen(endpoint, until, who, at)
        for endpoint, until in sorted(now_seen.items())
        if endpoint not in before or abs(before[endpoint] - until) >= DAY
    )


class Keeper:
    """Records what is new of certificates; what was recorded is read once, and when there is something."""

    def __init__(self) -> None:
        self._known: dict[str, Ms] | None = None

    def keep(self, store: Store, now_seen: Mapping[str, Ms], at: Ms) -> None:
        """Append what changed. It may wait for the database."""
        if not now_seen:
            return
        if self._known is None:
            with store.snapshot() as snapshot:
                self._known = known(snapshot.events(kinds=KINDS))
        new = changes(self._known, now_seen, author(), at)
        if new:
            store.journal.append(new)
            self._known |= {each.subject: now_seen[each.subject] for each in new}


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

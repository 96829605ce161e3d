"""What people and programs outside say to us, kept: alerts that are taken up, and metrics that are pushed.

An acknowledgement is kept with the alert and, where it belongs to one, with its incident. The two are written
one after the other; who asks again, because nobody answered in between, completes what is there, and so does
the next look.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from monitor.config.plan import Plan
from monitor.core.intervals import DAY, Ms, Span
from monitor.errors import ConfigError
from monitor.listen.answers import Pushed, Shown
from monitor.oncall.incidents import Watch
from monitor.operations.entries import acknowledged
from monitor.operations.incident import Incident
from monitor.store.errors import Conflict, Contradicted
from monitor.store.protocol import Alert, AlertChange, Store

TRIES: Final = 10
KEPT: Final[Ms] = 7 * DAY
"""How long after its end an alert is shown by its link."""
LINK: Final = "link"
REPEATED: Final[Ms] = DAY
"""How long a push without an instant may be repeated by its id."""


class Answering:
    """Implements `monitor.listen.answers.Answers` over a store; `plan` is asked anew each time."""

    def __init__(self, plan: Callable[[], Plan], store: Store) -> None:
        self._plan, self._store = plan, store

    def shown(self, token: str, now: Ms) -> Shown | None:
        """The alert of a token, unless it ended too long ago."""
        found = self._of(token, now)
        return None if found is None else _shown(found)

    def acknowledge(self, token: str, who: str, now: Ms) -> Shown | None:
        """Acknowledge it, unless it is over; with its incident, by the author "link: WHO"."""
        found = self._of(token, now)
        if found is None or found.ended is not None:
            return None if found is None else _shown(found)
        by = f"{LINK}: {who}" if who else LINK
        return _shown(acknowledge(self._plan(), self._store, found, by, now))

    def push(self, name: str, value: Fraction, at: Ms | None, id: str | None, now: Ms) -> Pushed:
        """Keep a value; one that is repeated without an instant is of the instant at which it first came."""
        moment = now if at is None else at
        try:
            fresh = self._store.metrics.push(name, moment, value, _named(moment) if id is None else id, now)
        except Contradicted:
            return "known" if at is None and self._came(name, value, id, now) else "contradicted"
        return "kept" if fresh else "known"

    def _came(self, name: str, value: Fraction, id: str | None, now: Ms) -> bool:
        lately = self._store.metrics.values(name, Span(now - REPEATED, now + 1))
        return any((each.key, each.value, each.at) == (id, value, each.received) for each in lately)

    def _of(self, token: str, now: Ms) -> Alert | None:
        found = self._store.alerts.by_token(token)
        gone = found is None or (found.ended is not None and now - found.ended > KEPT)
        return None if gone else found


def acknowledge(plan: Plan, store: Store, alert: Alert, who: str, now: Ms) -> Alert:
    """The alert as it stands then; whoever was first is kept. Conflict where the journal is too busy."""
    store.alerts.record([AlertChange(seq=alert.seq, acknowledged=(now, who))])
    after = store.alerts.find(alert.seq) or alert
    if after.new.incident and after.acknowledged is not None:
        by, at = after.acknowledged_by, after.acknowledged
        take_up(plan, store, after.new.incident, by, at, now)
    return after


def take_up(plan: Plan, store: Store, name: str, who: str, at: Ms, now: Ms) -> None:
    """Record it with the incident too, where nobody has since, and where it still can be."""
    for last in range(TRIES):
        head = store.changed(0)
        try:
            with store.snapshot() as snapshot:
                incident = Watch(plan, snapshot, now).find(name)
            if incident.acknowledged is None and not _was_taken_up(incident, at):
                store.journal.append([acknowledged(incident, at, who, now)], expect=head)
        except Conflict:
            if last == TRIES - 1:
                raise
            continue
        except ConfigError:
            return  # it is over, or it is no incident any more: the alert's own acknowledgement stands
        return


def _was_taken_up(incident: Incident, at: Ms) -> bool:
    """Whether it was acknowledged then or later, were it before it was reopened."""
    done = [step.moment for step in incident.steps if step.what == "acknowledged"]
    return any((each.at if each.was is None else each.was) >= at for each in done)


def _shown(alert: Alert) -> Shown:
    by = alert.acknowledged_by.removeprefix(LINK).removeprefix(": ")
    new = alert.new
    return Shown(new.title, new.since, alert.acknowledged, by, alert.ended, new.lines, new.incident)


def _named(at: Ms) -> str:
    """An instant as `makegood metric push` names a value that has no id."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")

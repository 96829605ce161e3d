"""PURE. What becomes of findings: what is raised, told again, handed on, and over; and in which channels.

A finding has one alert for as long as it goes on: it is raised when it is firm, kept while it holds, and over
when it is gone. How long something must hold, or be gone, the rule says that finds it, so that nothing flaps;
what comes back after that is a new alert. A page that nobody has acknowledged is told once more, and once to
whom it is handed on, counted from when it was told first. What is muted is kept and not told; what still
holds when the mute ends is told then. What was told is told to be over, muted or not. A rule that could not
be looked at ends none of its alerts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.intervals import Ms
from monitor.operations.alert import UNREAD, Finding
from monitor.operations.routes import Telling
from monitor.store.protocol import Alert, AlertChange, NewAlert, NewLetter, Step


@dataclass(frozen=True, slots=True)
class Said:
    """What people said: who acknowledged an incident and when, by its name, and what is muted now."""

    acknowledged: Mapping[str, tuple[Ms, str]] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()

    def mutes(self, service: str) -> bool:
        """Whether nothing of a service is told; "" is a service too, for what is about none."""
        return "all" in self.muted or service in self.muted


def course(
    standing: Sequence[Alert],
    findings: Sequence[Finding],
    telling: Telling,
    said: Said,
    now: Ms,
    token: Callable[[], str],
) -> tuple[AlertChange, ...]:
    """What changes at `now`. `standing` are the alerts that are open; each new one gets a `token`."""
    held = {(each.rule, each.subject): each for each in findings}
    unread = {each.rule for each in findings if each.subject == UNREAD}
    known = {(each.new.rule, each.new.subject) for each in standing}
    gone_on = (
        _going_on(
            each, (each.new.rule, each.new.subject) in held or each.new.rule in unread, telling, said, now
        )
        for each in standing
    )
    raised = (
        _raised(each, telling, said, now, token())
        for key, each in held.items()
        if key not in known and each.firm
    )
    return (*(change for change in gone_on if change is not None), *raised)


def _raised(finding: Finding, telling: Telling, said: Said, now: Ms, token: str) -> AlertChange:
    new = NewAlert(
        finding.rule, finding.kind, finding.subject, finding.urgency, finding.since, now, finding.title,
        token, finding.lines, finding.service, finding.incident, finding.team,
    )  # fmt: skip
    acknowledged = said.acknowledged.get(finding.incident) if finding.incident else None
    letters = () if said.mutes(finding.service) else _letters("raised", _first(new, telling), now, telling)
    return AlertChange(new=new, told=now if letters else None, acknowledged=acknowledged, letters=letters)


def _first(new: NewAlert, telling: Telling) -> tuple[str, ...]:
    return telling.channels(new.rule, new.urgency, new.team)


def _going_on(alert: Alert, holds: bool, telling: Telling, said: Said, now: Ms) -> AlertChange | None:
    taken_up = alert.acknowledged is not None
    found = said.acknowledged.get(alert.new.incident) if alert.new.incident and not taken_up else None
    if not holds:
        letters = _letters("over", _told(alert, telling), now, telling)
        return AlertChange(seq=alert.seq, acknowledged=found, ended=now, letters=letters)
    steps = () if said.mutes(alert.new.service) else _steps(alert, telling, now, taken_up or bool(found))
    if not steps and found is None:
        return None
    told = now if steps and alert.told_at is None else None
    return AlertChange(seq=alert.seq, told=told, acknowledged=found, letters=steps)


def _steps(alert: Alert, telling: Telling, now: Ms, taken_up: bool) -> tuple[NewLetter, ...]:
    """What is told of one that goes on."""
    new = alert.new
    if alert.told_at is None:
        return _letters("raised", _first(new, telling), now, telling)
    if taken_up or new.urgency != "page":
        return ()
    return (
        *_after("again", telling.repeat, _first(new, telling), alert, telling, now),
        *_after("escalated", telling.escalate_after, telling.escalate_to, alert, telling, now),
    )


def _after(
    step: Step, ms: Ms | None, channels: tuple[str, ...], alert: Alert, telling: Telling, now: Ms
) -> tuple[NewLetter, ...]:
    if ms is None or step in alert.told or alert.told_at is None or abs(now - alert.told_at) < ms:
        return ()  # told far in the future: by a clock that was wrong, and nobody waits for it
    return _letters(step, channels, now, telling)


def _told(alert: Alert, telling: Telling) -> tuple[str, ...]:
    """Who was told of it, and so is told that it is over."""
    handed_on = telling.escalate_to if "escalated" in alert.told else ()
    first = _first(alert.new, telling) if alert.told_at is not None else ()
    return tuple(dict.fromkeys((*first, *handed_on)))


def _letters(step: Step, channels: tuple[str, ...], now: Ms, telling: Telling) -> tuple[NewLetter, ...]:
    return tuple(NewLetter(step, channel, now + telling.group) for channel in channels)

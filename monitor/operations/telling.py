"""PURE. What becomes of findings: what is raised, told again, handed on, and over; and in which channels.

A finding has one alert for as long as it goes on: it is raised when it is firm, kept while it holds, and over
when it is gone. How long something must hold, or be gone, the rule says that finds it, so that nothing flaps;
what comes back after that is a new alert. What is told again says what holds then, and when that was.
What came true, a credit that was near and is owed now, is told in
the place of what announced it, which is not told to be over. A page that nobody has acknowledged is told once
more, and once to whom it is handed on, counted from when it was told first. What is muted is kept and not
told, but for what it costs; what still holds when the mute ends is told then. What was told is told to be
over, muted or not. A rule that could not be looked at, or that cannot tell, ends none of its alerts.

Alerts of one incident go together where nobody loses by it: how fast it burns waits for others, for a short
while and for those alone who were told that it is down; what nobody has acknowledged is told again at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor.core.intervals import MINUTE, Ms
from monitor.operations.alert import COSTLY, UNREAD, Finding
from monitor.operations.routes import Telling
from monitor.records import dataclass
from monitor.store.protocol import Alert, AlertChange, NewAlert, NewLetter, Step

FOLLOWS: Final[Ms] = 5 * MINUTE
"""For so long burning waits where the outage was told: whatever else goes out takes it along."""
Hurried = Set[tuple[str, Step]]
"""Incidents of which something is told again, or handed on, at this very look."""
AS_OF: Final = "As of {}."
"""The last line of what is told later than it was raised."""


@dataclass(frozen=True, slots=True)
class Said:
    """What people said: who acknowledged an incident and when, by its name, and what is muted now.

    Of what is `muted` it is told all the same what it costs, unless it is among `muted_costs` too.
    """

    acknowledged: Mapping[str, tuple[Ms, str]] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()
    muted_costs: frozenset[str] = frozenset()

    def mutes(self, service: str, kind: str) -> bool:
        """Whether nothing of a kind is told of a service; "" is a service too, for what is about none."""
        silent = self.muted_costs if kind in COSTLY else self.muted
        return "all" in silent or service in silent


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
    kept = _kept(findings)
    known = {(each.new.rule, each.new.subject) for each in standing}
    gone = [each for each in standing if not kept(each)]
    ended = {each.seq for each in gone}
    knowing = _knowing(each for each in standing if each.seq not in ended)
    raised, replaced = [], set[int]()
    for key, each in held.items():
        about = (each.rule, each.service)
        before = [old for old in gone if _about(old) == about] if each.instead else []
        if key not in known and (each.firm or before):
            told = knowing.get(each.incident, frozenset()) if each.kind == "burn" else frozenset()
            raised.append(_raised(each, before, told, telling, said, now, token()))
            replaced |= {old.seq for old in before}
    hurried = _hurried((each for each in standing if each.seq not in ended), telling, said, now)
    gone_on = (
        _over(each, replaced, telling, said, now)
        if each.seq in ended
        else _going_on(each, held.get((each.new.rule, each.new.subject)), hurried, telling, said, now)
        for each in standing
    )
    return (*(change for change in gone_on if change is not None), *raised)


def _kept(findings: Sequence[Finding]) -> Callable[[Alert], bool]:
    """Which alerts stay open: what is found still, and what nobody can tell of now."""
    held = {(each.rule, each.subject) for each in findings}
    unread = {each.rule for each in findings if each.subject == UNREAD}
    unsure = {(each.rule, each.service) for each in findings if each.unsure}
    return lambda alert: (
        (alert.new.rule, alert.new.subject) in held or alert.new.rule in unread or _about(alert) in unsure
    )


def _about(alert: Alert) -> tuple[str, str]:
    return alert.new.rule, alert.new.service


def _raised(
    finding: Finding,
    before: Sequence[Alert],
    knowing: Set[str],
    telling: Telling,
    said: Said,
    now: Ms,
    token: str,
) -> AlertChange:
    """Who was told of what came `before` is told of what it has come to.

    It waits a little where all of them are among those `knowing` what it comes of.
    """
    new = NewAlert(
        finding.rule, finding.kind, finding.subject, finding.urgency, finding.since, now, finding.title,
        token, finding.lines, finding.service, finding.incident, finding.team,
    )  # fmt: skip
    acknowledged = said.acknowledged.get(finding.incident) if finding.incident else None
    whom = dict.fromkeys([*_first(new, telling), *(each for old in before for each in told_by(old, telling))])
    letters: tuple[NewLetter, ...] = ()
    if not said.mutes(finding.service, finding.kind):
        due = now + max(FOLLOWS - telling.group, 0) if knowing >= whom.keys() else now
        letters = _letters("raised", tuple(whom), due, telling)
    return AlertChange(new=new, told=now if letters else None, acknowledged=acknowledged, letters=letters)


def _first(new: NewAlert, telling: Telling) -> tuple[str, ...]:
    return telling.channels(new.rule, new.urgency, new.team)


def _taken_up(alert: Alert, said: Said) -> tuple[Ms, str] | None:
    """Who has acknowledged its incident since, where nobody had acknowledged the alert."""
    new = alert.new
    return said.acknowledged.get(new.incident) if new.incident and alert.acknowledged is None else None


def _over(alert: Alert, replaced: Set[int], telling: Telling, said: Said, now: Ms) -> AlertChange:
    """One that has ended; those that were `replaced` are told on as what they came to."""
    whom = () if alert.seq in replaced else told_by(alert, telling)
    letters = _letters("over", whom, now, telling)
    return AlertChange(seq=alert.seq, acknowledged=_taken_up(alert, said), ended=now, letters=letters)


def _knowing(going: Iterable[Alert]) -> Mapping[str, frozenset[str]]:
    """The channels that were told of each incident that its service is down, which goes on."""
    found: dict[str, frozenset[str]] = {}
    for each in going:
        if each.new.kind == "down" and each.new.incident:
            found[each.new.incident] = found.get(each.new.incident, frozenset()) | set(each.heard)
    return found


def _hurried(standing: Iterable[Alert], telling: Telling, said: Said, now: Ms) -> Hurried:
    changes = [
        (each.new.incident, _going_on(each, None, frozenset(), telling, said, now)) for each in standing
    ]
    return {
        (incident, letter.step)
        for incident, change in changes
        if incident and change is not None
        for letter in change.letters
    }


def _going_on(
    alert: Alert, held: Finding | None, hurried: Hurried, telling: Telling, said: Said, now: Ms
) -> AlertChange | None:
    taken_up, found = alert.acknowledged is not None, _taken_up(alert, said)
    steps: tuple[NewLetter, ...] = ()
    if not said.mutes(alert.new.service, alert.new.kind):
        steps = _steps(alert, hurried, telling, now, taken_up or bool(found))
    if not steps and found is None:
        return None
    told = now if steps and alert.told_at is None else None
    latest = (held.title, (*held.lines, AS_OF.format(utc(now)))) if steps and held is not None else None
    return AlertChange(seq=alert.seq, told=told, acknowledged=found, letters=steps, latest=latest)


def utc(at: Ms) -> str:
    """`2026-10-06 12:02:10 UTC`."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at):%Y-%m-%d %H:%M:%S} UTC"


def _steps(
    alert: Alert, hurried: Hurried, telling: Telling, now: Ms, taken_up: bool
) -> tuple[NewLetter, ...]:
    """What is told of one that goes on."""
    new = alert.new
    if alert.told_at is None:
        return _letters("raised", _first(new, telling), now, telling)
    if taken_up or new.urgency != "page":
        return ()
    return (
        *_after("again", telling.repeat, _first(new, telling), alert, hurried, telling, now),
        *_after("escalated", telling.escalate_after, telling.escalate_to, alert, hurried, telling, now),
    )


def _after(
    step: Step, ms: Ms | None, channels: tuple[str, ...], alert: Alert, hurried: Hurried, telling: Telling,
    now: Ms,
) -> tuple[NewLetter, ...]:  # fmt: skip
    """Once its time has come, or with the others of its incident after half of it."""
    if ms is None or step in alert.told or alert.told_at is None:
        return ()
    least = ms // 2 if (alert.new.incident, step) in hurried else ms
    if abs(now - alert.told_at) < least:
        return ()  # told far in the future: by a clock that was wrong, and nobody waits for it
    return _letters(step, channels, now, telling)


def told_by(alert: Alert, telling: Telling) -> tuple[str, ...]:
    """Who was told of it, and so is told that it is over; for a channel that is gone, who is named now."""
    there = [each for each in alert.heard if telling.has(each)]
    return tuple(dict.fromkeys(there if there == [*alert.heard] else [*there, *_first(alert.new, telling)]))


def _letters(step: Step, channels: tuple[str, ...], now: Ms, telling: Telling) -> tuple[NewLetter, ...]:
    return tuple(NewLetter(step, channel, now + telling.group) for channel in channels)

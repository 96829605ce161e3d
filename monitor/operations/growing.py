"""PURE. What becomes of alerts that grow: told when raised, at each stage that they reach, and at their end.

What grows is the same alert: nothing is raised anew. It is told again because it is worse, never because
nobody acknowledged it; who took it up is told of its end alone. Where several stages were reached since the
last look, the newest is told. The last word of one that did not end well says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from monitor.core.intervals import Ms
from monitor.operations.alert import Finding, Kind
from monitor.operations.routes import Telling
from monitor.operations.telling import Said, course, told_by
from monitor.store.protocol import Alert, AlertChange, NewLetter, Step

KINDS: Final[tuple[Kind, ...]] = ("response",)
STEPS: Final[tuple[Step, ...]] = ("again", "escalated")
"""By what the store knows the second and the third stage."""

Both = tuple[Sequence[Alert], Sequence[Finding]]


def others(standing: Sequence[Alert], findings: Sequence[Finding]) -> Both:
    """What is not of a kind that grows."""
    return [a for a in standing if a.new.kind not in KINDS], [f for f in findings if f.kind not in KINDS]


def theirs(standing: Sequence[Alert], findings: Sequence[Finding]) -> Both:
    """What is of a kind that grows."""
    return [a for a in standing if a.new.kind in KINDS], [f for f in findings if f.kind in KINDS]


def growing(
    standing: Sequence[Alert],
    findings: Sequence[Finding],
    telling: Telling,
    said: Said,
    now: Ms,
    token: Callable[[], str],
) -> tuple[AlertChange, ...]:
    """What changes at `now`, as `course` has it, with what grew and with last words."""
    once = replace(telling, repeat=None, escalate_after=None, escalate_to=())
    held = {(each.rule, each.subject): each for each in findings}
    ended = {a.seq for a in standing if (f := held.get((a.new.rule, a.new.subject))) is not None and f.last}
    going = [each for each in standing if each.seq not in ended]
    changes = course(going, [each for each in findings if not each.last], once, said, now, token)
    more = (
        _last(each, held[each.new.rule, each.new.subject], once, now)
        if each.seq in ended
        else _grown(each, held.get((each.new.rule, each.new.subject)), once, said, now)
        for each in standing
    )
    return (*changes, *(change for change in more if change is not None))


def _last(alert: Alert, finding: Finding, telling: Telling, now: Ms) -> AlertChange:
    letters = _letters("over", alert, telling, now)
    return AlertChange(seq=alert.seq, ended=now, latest=(finding.title, finding.lines), letters=letters)


def _grown(
    alert: Alert, finding: Finding | None, telling: Telling, said: Said, now: Ms
) -> AlertChange | None:
    """What is told of one that reached a stage since it was raised; None where it did not."""
    if finding is None or alert.acknowledged is not None or said.mutes(alert.new.service, alert.new.kind):
        return None
    reached = [n for n, at in enumerate(finding.worse[: len(STEPS)]) if at > alert.new.raised]
    if not reached or any(step in alert.told for step in STEPS[reached[-1] :]):
        return None
    letters = _letters(STEPS[reached[-1]], alert, telling, now)
    said_now = (finding.title, finding.lines)
    return AlertChange(seq=alert.seq, latest=said_now, letters=letters) if letters else None


def _letters(step: Step, alert: Alert, telling: Telling, now: Ms) -> tuple[NewLetter, ...]:
    """To who was told of it."""
    if alert.told_at is None:
        return ()
    return tuple(NewLetter(step, channel, now + telling.group) for channel in told_by(alert, telling))

"""PURE. What is recorded of an incident: the kinds of journal entries, and what each must not contradict.

Every entry names its incident, and says in its body the service and the instant that the name is pinned to.
An entry is never changed: a time that was wrong is corrected by an entry of its own, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor.core.intervals import MINUTE, Ms
from monitor.errors import ConfigError
from monitor.operations.incident import FollowUp, Incident, Moment, What, incident_name
from monitor.store.protocol import NewEvent, Seq

OPENED: Final = "incident.opened"
ACKNOWLEDGED: Final = "incident.acknowledged"
MITIGATED: Final = "incident.mitigated"
RESOLVED: Final = "incident.resolved"
REOPENED: Final = "incident.reopened"
ASSIGNED: Final = "incident.assigned"
SEVERITY: Final = "incident.severity_set"
NOTED: Final = "incident.noted"
CAUSE: Final = "incident.cause_set"
FOLLOW_UP: Final = "incident.follow_up_added"
FOLLOW_UP_DONE: Final = "incident.follow_up_done"
POSTMORTEM: Final = "incident.postmortem_set"
POSTMORTEM_DONE: Final = "incident.postmortem_done"
CORRECTED: Final = "incident.time_corrected"
KINDS: Final = frozenset(
    {
        OPENED, ACKNOWLEDGED, MITIGATED, RESOLVED, REOPENED, ASSIGNED, SEVERITY, NOTED, CAUSE, FOLLOW_UP,
        FOLLOW_UP_DONE, POSTMORTEM, POSTMORTEM_DONE, CORRECTED,
    }
)  # fmt: skip
CORRECTABLE: Final[tuple[What, ...]] = (
    "began", "detected", "acknowledged", "mitigated", "resolved", "reopened",
)  # fmt: skip


def said(at: Ms) -> str:
    """An instant as it is typed: `2026-10-06T12:02:10Z`."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return when.isoformat(timespec="milliseconds" if at % 1_000 else "seconds").replace("+00:00", "Z")


def _entry(incident: Incident, kind: str, author: str, now: Ms, reason: str = "", **body: object) -> NewEvent:
    own = {"service": incident.service, "anchor": incident.anchor}
    return NewEvent(now, kind, incident.name, author, reason, {**own, **body})


def opened(
    service: str, began: Ms, detected: Ms, title: str, author: str, now: Ms, near: Incident | None = None
) -> NewEvent:
    """The entry that opens one by hand; `near` is one that is there already. ConfigError where it cannot."""
    _must_say(title, "--title", "what is wrong")
    for at, option in ((began, "--began"), (detected, "--detected")):
        if at > now:
            raise ConfigError(f"{option}: {said(at)} is still to come; record what has happened")
    if detected < began:
        raise ConfigError(
            f"--detected: {said(detected)} is before it began ({said(began)}): write a later instant"
        )
    if near is not None:
        raise ConfigError(
            f"{near.name} is there already, {near.state}, since {said(near.began.at)}: "
            "record it there, as in `makegood incident note`"
        )
    body = {"service": service, "anchor": began, "began": began, "detected": detected}
    return NewEvent(now, OPENED, incident_name(service, began), author, title, body)


def acknowledged(incident: Incident, at: Ms, author: str, now: Ms, reason: str = "") -> NewEvent:
    """Somebody has taken it in hand. ConfigError where somebody had, or it was over."""
    _must_stand(incident)
    _must_have_happened(incident, at, now)
    if incident.acknowledged is not None:
        _twice(incident, "acknowledged", incident.acknowledged)
    if at < incident.detected.at:
        raise ConfigError(
            f"--at: {said(at)} is before {incident.name} was detected ({said(incident.detected.at)}): "
            "write a later instant"
        )
    _must_follow_the_reopening(incident, at)
    _must_not_follow_the_end(incident, at, "acknowledged")
    return _entry(incident, ACKNOWLEDGED, author, now, reason, at=at)


def mitigated(incident: Incident, at: Ms, author: str, now: Ms, reason: str = "") -> NewEvent:
    """Customers feel it no more. ConfigError where somebody said so already, or it was over."""
    _must_stand(incident)
    _must_have_happened(incident, at, now)
    if incident.mitigated is not None and incident.mitigated.author:
        _twice(incident, "mitigated", incident.mitigated)
    _must_follow_the_reopening(incident, at)
    _must_not_follow_the_end(incident, at, "mitigated")
    return _entry(incident, MITIGATED, author, now, reason, at=at)


def resolved(
    incident: Incident, at: Ms, author: str, now: Ms, reason: str = "", *, false_alarm: bool = False
) -> NewEvent:
    """It is over. ConfigError where somebody said so already, or its service is still down.

    A `false_alarm` needs a reason; it says nothing of the evidence.
    """
    _must_stand(incident)
    _must_have_happened(incident, at, now)
    if incident.resolved is not None and incident.resolved.author:
        _twice(incident, "resolved", incident.resolved)
    _must_follow_the_reopening(incident, at)
    if false_alarm:
        _must_say(reason, "--reason", "what shows that nothing was wrong")
    else:
        _must_be_up(incident, at)
    for what, moment in (("acknowledged", incident.acknowledged), ("mitigated", incident.mitigated)):
        if moment is not None and moment.author and at < moment.at:
            raise ConfigError(
                f"--at: {said(at)} is before {incident.name} was {what} ({said(moment.at)}): "
                "write a later instant"
            )
    return _entry(incident, RESOLVED, author, now, reason, at=at, false_alarm=false_alarm)


def reopened(incident: Incident, at: Ms, author: str, now: Ms, reason: str) -> NewEvent:
    """It is not over after all. ConfigError where it is open, or nobody says why."""
    _must_stand(incident)
    _must_say(reason, "--reason", "why it is not over")
    _must_have_happened(incident, at, now)
    if incident.resolved is None:
        raise ConfigError(f"{incident.name} is {incident.state}: only a resolved one is reopened")
    if at < incident.resolved.at:
        raise ConfigError(
            f"--at: {said(at)} is before {incident.name} was resolved ({said(incident.resolved.at)}): "
            "write a later instant"
        )
    return _entry(incident, REOPENED, author, now, reason, at=at)


def assigned(
    incident: Incident,
    author: str,
    now: Ms,
    *,
    owner: str | None = None,
    team: str | None = None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> NewEvent:
    """Whose it is, and its labels; None leaves what was. ConfigError where nothing is said."""
    if owner is None and team is None and not add and not remove:
        raise ConfigError("say whose it is: --owner NAME, --team NAME, --label LABEL or --unlabel LABEL")
    for label in remove:
        if label not in incident.labels:
            there = ", ".join(incident.labels) or "it has none"
            raise ConfigError(f'--unlabel: {incident.name} has no label "{label}"; write one of: {there}')
    return _entry(incident, ASSIGNED, author, now, owner=owner, team=team, add=list(add), remove=list(remove))


def graded(incident: Incident, severity: str, author: str, now: Ms, reason: str) -> NewEvent:
    """A severity by hand, "" to go by the rule again. ConfigError without a reason."""
    _must_say(reason, "--reason", "why it is that severe")
    if not severity and incident.graded is None:
        raise ConfigError(f"{incident.name} goes by the rule already")
    return _entry(incident, SEVERITY, author, now, reason, severity=severity)


def noted(incident: Incident, text: str, author: str, now: Ms, *, for_customer: bool = False) -> NewEvent:
    """Words to keep. ConfigError where there are none."""
    _must_say(text, "TEXT", "what is to be kept")
    return _entry(incident, NOTED, author, now, text=text, for_customer=for_customer)


def caused(
    incident: Incident, cause: str, known: Sequence[str], author: str, now: Ms, reason: str
) -> NewEvent:
    """Its cause, one of those that are `known`."""
    if cause not in known:
        raise ConfigError(f'"{cause}" is no cause: write one of: {", ".join(known)}')
    return _entry(incident, CAUSE, author, now, reason, cause=cause)


def follow_up(incident: Incident, text: str, owner: str, due: Ms | None, author: str, now: Ms) -> NewEvent:
    """Something to be done; `due` is the end of its last day."""
    _must_say(text, "TEXT", "what is to be done")
    if due is not None and due <= now:
        raise ConfigError("--due: that day is over; write one to come")
    return _entry(incident, FOLLOW_UP, author, now, text=text, owner=owner, due=due)


def follow_up_done(incident: Incident, entry: Seq, author: str, now: Ms, reason: str = "") -> NewEvent:
    """A follow-up is done. ConfigError for one that is not there, or was done."""
    own: dict[Seq, FollowUp] = {each.entry: each for each in incident.follow_ups}
    if entry not in own:
        there = ", ".join(map(str, own)) or "it has none"
        raise ConfigError(f"--done: {incident.name} has no follow-up {entry}; write one of: {there}")
    done = own[entry].done
    if done is not None:
        raise ConfigError(f"--done: follow-up {entry} was done by {done.author} at {said(done.at)}")
    return _entry(incident, FOLLOW_UP_DONE, author, now, reason, follow_up=entry)


def postmortem(
    incident: Incident,
    author: str,
    now: Ms,
    *,
    required: bool | None = None,
    due: Ms | None = None,
    link: str = "",
    text: str = "",
    reason: str = "",
) -> NewEvent:
    """Whether one is required, until when, and where it stands; what is not said stays as it was."""
    if required is None and due is None and not link and not text:
        raise ConfigError(
            "say what of it: --due DAY, --link URL, --file FILE, --required, --not-required or --done"
        )
    if required is False:
        _must_say(reason, "--reason", "why none is required")
    body = {"required": required, "due": due, "link": link, "text": text}
    return _entry(incident, POSTMORTEM, author, now, reason, **body)


def postmortem_done(incident: Incident, author: str, now: Ms, *, written: bool = False) -> NewEvent:
    """It is completed. ConfigError where nobody wrote it, or it was; `written`: it is with this very call."""
    known = incident.postmortem
    if known.done is not None:
        raise ConfigError(
            f"the postmortem of {incident.name} was completed by {known.done.author} at {said(known.done.at)}"
        )
    if not (written or known.link or known.text):
        raise ConfigError(
            f"--done: the postmortem of {incident.name} stands nowhere: add --link URL or --file FILE"
        )
    return _entry(incident, POSTMORTEM_DONE, author, now)


def corrected(incident: Incident, what: What, to: Ms, author: str, now: Ms, reason: str) -> NewEvent:
    """Another instant for something that happened. ConfigError where it did not, or it would contradict."""
    _must_say(reason, "--reason", "what shows that it was then")
    if to > now:
        raise ConfigError(f"--to: {said(to)} is still to come; record what has happened")
    known = moment_of(incident, what)
    if known is None:
        raise ConfigError(f"{incident.name} was never {what}: there is no time to correct")
    if known.at == to:
        raise ConfigError(f"--to: it is {said(to)} already")
    _must_stay_in_order(incident, what, to)
    return _entry(incident, CORRECTED, author, now, reason, what=what, entry=known.entry, at=to)


def moment_of(incident: Incident, what: What) -> Moment | None:
    """The last moment of that kind, None where there is none."""
    if what == "began":
        return incident.began
    if what == "detected":
        return incident.detected
    return next((step.moment for step in reversed(incident.steps) if step.what == what), None)


def _must_stay_in_order(incident: Incident, what: What, to: Ms) -> None:
    """Begun, then detected, then acknowledged; and what was resolved was mitigated before."""
    if what == "reopened":
        _must_lie_between(incident, to)
        return
    _must_follow_its_reopening(incident, what, to)
    own = _times_reopened(incident, what)
    moments = {
        each: moment_of(incident, each)
        for each in CORRECTABLE
        if each in BEGINNING or what in BEGINNING or _times_reopened(incident, each) == own
    }
    at = {each: moment.at for each, moment in moments.items() if moment is not None} | {what: to}
    for before, after in ORDERLY:
        if what not in (before, after) or before not in at or after not in at:
            continue
        if at[before] > at[after]:
            other = after if what == before else before
            side = "after" if what == before else "before"
            raise ConfigError(
                f"--to: {said(to)} is {side} it {SAID[other]} ({said(at[other])}): write another instant"
            )
    if what == "resolved":
        _must_be_up(incident, to, "--to")


def _times_reopened(incident: Incident, what: What) -> int:
    """How often it had been reopened when that last happened."""
    count = found = 0
    for step in incident.steps:
        count += step.what == "reopened"
        found = count if step.what == what else found
    return found


def _must_follow_its_reopening(incident: Incident, what: What, to: Ms) -> None:
    """What was acknowledged, mitigated or resolved after it was reopened was not before that."""
    again = [step.moment.at for step in incident.steps if step.what == "reopened"]
    times = _times_reopened(incident, what)
    if what not in BEGINNING and times and to < again[times - 1]:
        raise ConfigError(
            f"--to: {said(to)} is before it was reopened ({said(again[times - 1])}): write another instant"
        )


def _must_lie_between(incident: Incident, to: Ms) -> None:
    """Between the resolution before the last reopening, and the one after it."""
    place = max(n for n, step in enumerate(incident.steps) if step.what == "reopened")
    around = (*reversed(incident.steps[:place]), None), incident.steps[place:]
    before = next((s.moment.at for s in around[0] if s is not None and s.what == "resolved"), None)
    after = next((s.moment.at for s in around[1] if s.what == "resolved"), None)
    if (before is not None and to < before) or (after is not None and to > after):
        raise ConfigError(f"--to: {said(to)} is not between the two times that it was resolved")


SAID = {"began": "began"} | {
    each: f"was {each}" for each in ("detected", "acknowledged", "mitigated", "resolved", "reopened")
}
BEGINNING: Final[tuple[What, ...]] = ("began", "detected")
ORDERLY: Final[tuple[tuple[What, What], ...]] = (
    ("began", "detected"), ("detected", "acknowledged"), ("began", "acknowledged"), ("began", "mitigated"),
    ("began", "resolved"), ("mitigated", "resolved"), ("acknowledged", "resolved"),
)  # fmt: skip


def _must_say(words: str, option: str, what: str) -> None:
    if not words.strip():
        raise ConfigError(f"{option}: it is empty; say {what}")


def _must_stand(incident: Incident) -> None:
    if incident.withdrawn:
        raise ConfigError(
            f"{incident.name} was withdrawn: its outage was a false alarm, or is not seen any more"
        )


def _must_have_happened(incident: Incident, at: Ms, now: Ms) -> None:
    if at > now:
        raise ConfigError(f"--at: {said(at)} is still to come; record what has happened")
    if at < incident.began.at:
        raise ConfigError(
            f"--at: {said(at)} is before {incident.name} began ({said(incident.began.at)}): "
            "write a later instant, or correct the beginning: makegood incident correct"
        )


def _must_follow_the_reopening(incident: Incident, at: Ms) -> None:
    last = next((step.moment for step in reversed(incident.steps) if step.what == "reopened"), None)
    if last is not None and at < last.at:
        raise ConfigError(
            f"--at: {said(at)} is before {incident.name} was reopened ({said(last.at)}): "
            "write a later instant"
        )


def _must_not_follow_the_end(incident: Incident, at: Ms, what: str) -> None:
    end = incident.resolved
    if end is not None and at > end.at:
        how = f"by {end.author}" if end.author else "with its recovery"
        raise ConfigError(
            f"{incident.name} was resolved {how} at {said(end.at)}: reopen it first, or say with --at when "
            f"before that it was {what}"
        )


def _must_be_up(incident: Incident, at: Ms, option: str = "--at") -> None:
    if incident.ongoing:
        raise ConfigError(
            f"{incident.service} is still down: an incident is resolved when its service is up again. "
            "`makegood incident mitigate` says that customers feel it no more, --false-alarm that nothing "
            "is wrong"
        )
    end = max((each.span.end for each in incident.outages), default=None)  # people type whole minutes
    if end is not None and at + MINUTE <= end:
        raise ConfigError(
            f"{option}: {said(at)} is before its outage was over ({said(end)}): write a later instant"
        )


def _twice(incident: Incident, what: What, moment: Moment) -> None:
    by = f" by {moment.author}" if moment.author else ""
    raise ConfigError(
        f"{incident.name} was {what} at {said(moment.at)}{by}; where that time is wrong: "
        f'makegood incident correct {incident.name} {what} --to INSTANT --reason "…"'
    )

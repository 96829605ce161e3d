"""PURE. Incidents from what was seen and what was recorded: the fold that everything else rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from monitor.core.intervals import Ms
from monitor.core.timeline import Outage
from monitor.errors import EvidenceRefused
from monitor.operations import entries
from monitor.operations.course import Course, Mark, MarkKind, course, of_outages, recovered
from monitor.operations.incident import (
    NO_POSTMORTEM,
    ByHand,
    FollowUp,
    Incident,
    Moment,
    Note,
    Postmortem,
    What,
    incident_name,
)
from monitor.operations.joining import Group, Pin, grouped
from monitor.operations.rules import IncidentRules
from monitor.records import dataclass
from monitor.store.protocol import Event, Seq

MARKED: Mapping[str, MarkKind] = {
    entries.ACKNOWLEDGED: "acknowledged",
    entries.MITIGATED: "mitigated",
    entries.RESOLVED: "resolved",
    entries.REOPENED: "reopened",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The outages of a service, oldest first, those included that were none after all.

    `false` are the ids of those that two people called false alarms.
    """

    outages: tuple[Outage, ...] = ()
    false: Collection[str] = ()


@dataclass(slots=True)
class Names:
    """The names that were used, as far as entry `upto`; later entries may be taken in later."""

    upto: Seq = 0
    _events: dict[str, list[Event]] = field(default_factory=dict)
    _pins: dict[str, Pin] = field(default_factory=dict)

    def take(self, events: Iterable[Event]) -> Names:
        """Go on by these, in their order."""
        for event in events:
            if event.kind in entries.KINDS:
                self._events.setdefault(event.subject, []).append(event)
                self._pins.pop(event.subject, None)
            self.upto = event.seq
        return self

    def by_service(self) -> dict[str, list[Pin]]:
        """The pins of each service, in the order in which they were first named."""
        found: dict[str, list[Pin]] = {}
        for name, own in self._events.items():
            pin = self._pins.get(name) or self._pin(name, own)
            found.setdefault(str(_said(own[0], "service")), []).append(pin)
        return found

    def _pin(self, name: str, own: Sequence[Event]) -> Pin:
        by_hand = any(event.kind == entries.OPENED for event in own)
        pin = self._pins[name] = Pin(name, _instant(own[0], "anchor"), own[0].seq, tuple(own), by_hand)
        return pin


def pins(events: Iterable[Event]) -> dict[str, list[Pin]]:
    """The names that were used, by service."""
    return Names().take(events).by_service()


def incidents(
    seen: Mapping[str, Seen],
    recorded: Mapping[str, Iterable[Pin]],
    now: Ms,
    rules: IncidentRules,
) -> tuple[Incident, ...]:
    """Every incident of what was `seen` and `recorded`, by service, in order of their beginning.

    Of a service that was recorded and not seen (None is watched of that name any more) only what people said
    is known, and nothing is withdrawn. Severities are those by hand alone; `graded` adds the rule's.
    """
    found = [
        _incident(service, group, seen.get(service), now, rules)
        for service in dict.fromkeys((*seen, *recorded))
        for group in grouped(
            seen[service].outages if service in seen else (), recorded.get(service, ()), rules.joined
        )
    ]
    return tuple(sorted(found, key=lambda each: (each.began.at, each.name)))


def _incident(service: str, group: Group, seen: Seen | None, now: Ms, rules: IncidentRules) -> Incident:
    false = seen.false if seen is not None else ()
    real = tuple(each for each in group.outages if each.id not in false) if false else group.outages
    if not group.pins:
        return _unrecorded(service, group.outages, real, now, rules)
    first = group.pins[0]
    by_hand = any(pin.by_hand for pin in group.pins)
    events = first.events if len(group.pins) == 1 else sorted(_events(group.pins), key=lambda e: e.seq)
    told = _told(events)
    began, detected = _beginning(group, real, told)
    goes_on = any(each.open for each in real)
    recovery = None if goes_on or not real else recovered(real)
    by_itself = _ends_by_itself(rules, recovery, now) and not by_hand
    found = course(began, detected, (*of_outages(real), *told.marks), by_itself=by_itself)
    _correct(found, told)
    return Incident(
        name=first.name,
        service=service,
        origin="hand" if by_hand else "outage",
        anchor=first.anchor,
        began=began,
        detected=detected,
        title=told.title,
        names=_others(group.pins),
        outages=real,
        alarms=tuple(each for each in group.outages if each.id in false) if false else (),
        ongoing=goes_on,
        withdrawn=not real and not by_hand and seen is not None,
        unwatched=not by_hand and seen is None,
        **_of_course(found),
        owner=told.owner or "",
        team=_team(rules, service) if told.team is None else told.team,
        labels=tuple(told.labels),
        cause=told.cause.value if told.cause else "",
        cause_by=told.cause,
        notes=tuple(told.notes),
        follow_ups=tuple(told.follow_ups.values()),
        graded=told.graded,
        postmortem=_required(told),
        needed=told.required,
    )


def _required(told: _Told) -> Postmortem:
    return replace(told.postmortem, required=True) if told.required is True else told.postmortem


def _others(pinned: Sequence[Pin]) -> tuple[str, ...]:
    """The names beside the first."""
    if len(pinned) == 1:
        return ()
    return tuple(dict.fromkeys(pin.name for pin in pinned[1:] if pin.name != pinned[0].name))


def _of_course(found: Course) -> dict[str, Any]:
    """What an incident takes from its course."""
    return {
        "acknowledged": found.acknowledged,
        "mitigated": found.mitigated,
        "resolved": found.resolved,
        "steps": tuple(found.steps),
        "open_spans": tuple(found.spans),
        "declared_false": found.declared_false,
    }


def _events(pinned: Sequence[Pin]) -> Iterator[Event]:
    for pin in pinned:
        yield from pin.events


def _ends_by_itself(rules: IncidentRules, recovery: Ms | None, now: Ms) -> bool:
    return rules.resolved == "on recovery" and recovery is not None and now >= recovery + rules.joined


def _unrecorded(
    service: str, outages: tuple[Outage, ...], real: tuple[Outage, ...], now: Ms, rules: IncidentRules
) -> Incident:
    """One of which nobody said anything: the short way, since most are."""
    began = Moment((real or outages)[0].first_bad)
    goes_on = any(each.open for each in real)
    recovery = None if goes_on or not real else recovered(real)
    found = course(began, began, of_outages(real), by_itself=_ends_by_itself(rules, recovery, now))
    anchor = outages[0].first_bad
    return Incident(
        name=incident_name(service, anchor),
        service=service,
        origin="outage",
        anchor=anchor,
        began=began,
        detected=began,
        outages=real,
        alarms=() if len(real) == len(outages) else tuple(each for each in outages if each not in real),
        ongoing=goes_on,
        withdrawn=not real,
        **_of_course(found),
        team=_team(rules, service),
    )


def _team(rules: IncidentRules, service: str) -> str:
    return rules.teams.get(service) or rules.teams.get("", "")


@dataclass(slots=True)
class _Told:
    """What the entries of one incident say."""

    title: str = ""
    began: list[Moment] = field(default_factory=list)
    detected: list[Moment] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    corrections: dict[tuple[str, Seq], Event] = field(default_factory=dict)
    owner: str | None = None
    team: str | None = None
    labels: dict[str, None] = field(default_factory=dict)
    cause: ByHand | None = None
    notes: list[Note] = field(default_factory=list)
    follow_ups: dict[Seq, FollowUp] = field(default_factory=dict)
    graded: ByHand | None = None
    postmortem: Postmortem = NO_POSTMORTEM
    required: bool | None = None

    def moment(self, what: str, at: Ms, author: str, entry: Seq, reason: str = "") -> Moment:
        """The moment as it was said, or as it was corrected since."""
        found = self.corrections.get((what, entry))
        if found is None:
            return Moment(at, author, entry, reason=reason)
        return Moment(_instant(found, "at"), author, entry, reason, at, found.author, found.reason)


def _told(events: Sequence[Event]) -> _Told:
    told = _Told()
    for event in events:
        if event.kind == entries.CORRECTED:
            what, entry = str(_said(event, "what")), _instant(event, "entry")
            told.corrections[what, entry] = event
    for event in events:
        if event.kind in MARKED:
            what = MARKED[event.kind]
            moment = told.moment(what, _instant(event, "at"), event.author, event.seq, event.reason)
            told.marks.append(Mark(what, moment, false=event.body.get("false_alarm") is True))
        elif event.kind in READERS:
            READERS[event.kind](told, event)
    return told


def _opened(told: _Told, event: Event) -> None:
    told.title = told.title or event.reason
    for what, into in (("began", told.began), ("detected", told.detected)):
        into.append(told.moment(what, _instant(event, what), event.author, event.seq))


def _assigned(told: _Told, event: Event) -> None:
    owner, team = _said(event, "owner"), _said(event, "team")
    told.owner = told.owner if owner is None else str(owner)
    told.team = told.team if team is None else str(team)
    told.labels |= dict.fromkeys(_texts(event, "add"))
    for label in _texts(event, "remove"):
        told.labels.pop(label, None)


def _graded(told: _Told, event: Event) -> None:
    value = str(_said(event, "severity"))
    told.graded = ByHand(value, event.author, event.at, event.reason, event.seq) if value else None


def _noted(told: _Told, event: Event) -> None:
    text, for_customer = str(_said(event, "text")), _said(event, "for_customer") is True
    told.notes.append(Note(event.seq, event.at, event.author, text, for_customer))


def _caused(told: _Told, event: Event) -> None:
    told.cause = ByHand(str(_said(event, "cause")), event.author, event.at, event.reason, event.seq)


def _to_do(told: _Told, event: Event) -> None:
    due = _said(event, "due")
    told.follow_ups[event.seq] = FollowUp(
        event.seq, str(_said(event, "text")), str(_said(event, "owner")),
        due if isinstance(due, int) else None, event.author,
    )  # fmt: skip


def _done(told: _Told, event: Event) -> None:
    known = told.follow_ups.get(_instant(event, "follow_up"))
    if known is not None:
        told.follow_ups[known.entry] = replace(known, done=Moment(event.at, event.author, event.seq))


def _postmortem(told: _Told, event: Event) -> None:
    known, due, required = told.postmortem, _said(event, "due"), _said(event, "required")
    told.required = told.required if required is None else required is True
    told.postmortem = Postmortem(
        known.required,
        due if isinstance(due, int) else known.due,
        str(_said(event, "link")) or known.link,
        str(_said(event, "text")) or known.text,
        known.done,
    )


def _completed(told: _Told, event: Event) -> None:
    known, done = told.postmortem, Moment(event.at, event.author, event.seq)
    told.postmortem = Postmortem(known.required, known.due, known.link, known.text, done)


READERS: Mapping[str, Callable[[_Told, Event], None]] = {
    entries.OPENED: _opened,
    entries.ASSIGNED: _assigned,
    entries.SEVERITY: _graded,
    entries.NOTED: _noted,
    entries.CAUSE: _caused,
    entries.FOLLOW_UP: _to_do,
    entries.FOLLOW_UP_DONE: _done,
    entries.POSTMORTEM: _postmortem,
    entries.POSTMORTEM_DONE: _completed,
}


def _beginning(group: Group, real: Sequence[Outage], told: _Told) -> tuple[Moment, Moment]:
    """When it began and was detected: the earliest of what is seen and what whoever opened it says."""
    seen = (real or group.outages)[:1]
    if seen and not told.began and not told.corrections:
        moment = Moment(seen[0].first_bad)
        return moment, moment
    first = [told.moment("began", each.first_bad, "", 0) for each in seen]
    found = [told.moment("detected", each.first_bad, "", 0) for each in seen]
    began = [*told.began, *first] or [told.moment("began", group.pins[0].anchor, "", 0)]
    detected = [*told.detected, *found] or [told.moment("detected", group.pins[0].anchor, "", 0)]
    start = min(began, key=_at)
    return start, max(min(detected, key=_at), start, key=_at)


def _at(moment: Moment) -> Ms:
    return moment.at


def _correct(found: Course, told: _Told) -> None:
    """What the evidence gave and somebody corrected: the recovery that mitigated, or resolved it."""
    whats: tuple[What, ...] = ("mitigated", "resolved")
    for what in whats:
        moment: Moment | None = getattr(found, what)
        if moment is None or moment.entry or (what, 0) not in told.corrections:
            continue
        new = told.moment(what, moment.at, "", 0)
        setattr(found, what, new)
        found.steps[:] = [
            replace(step, moment=new) if step.moment is moment and step.what == what else step
            for step in found.steps
        ]
        if what == "resolved":
            start, _ = found.spans[-1]
            found.spans[-1] = (start, max(start, new.at))


def _said(event: Event, key: str) -> object:
    if key not in event.body:
        raise EvidenceRefused(
            f'journal entry {event.seq} ({event.kind} {event.subject}) cannot be read: it has no "{key}"'
        )
    return event.body[key]


def _instant(event: Event, key: str) -> int:
    value = _said(event, key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise EvidenceRefused(
            f'journal entry {event.seq} ({event.kind} {event.subject}) cannot be read: "{key}" is no integer'
        )
    return value


def _texts(event: Event, key: str) -> tuple[str, ...]:
    value = _said(event, key)
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()

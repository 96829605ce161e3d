"""Outages relabelled in the journal: whose fault one was, or that there was none.

A class does what an exclusion of that class over the outage would do: each agreement excludes it or does
not. A false alarm was up; it needs evidence from the start, and counts once a second person approved it. An
outage is named by its first failed check and may still grow; the newest label of an outage holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from monitor.core.checks import Reason, State
from monitor.core.intervals import Ms, Span, Spans, intersect, subtract
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Outage, Segment, clip_segments, join_segments
from monitor.core.windows import Window
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.statements.approvals import APPROVED, approvals
from monitor.store.protocol import Event, NewEvent, Seq

RELABELLED = "outage.relabelled"
WITHDRAWN = "outage.label_withdrawn"
KINDS = frozenset({RELABELLED, WITHDRAWN, APPROVED})
FALSE_ALARM = "false alarm"


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody said of an outage. `began` is its first failed check; `resource` "" for the service."""

    seq: Seq
    service: str
    resource: str
    outage: str
    began: Ms
    what: str
    reason: str
    evidence: str
    author: str
    recorded: Ms
    approved_by: str = ""

    @property
    def subject(self) -> str:
        """Its name in the journal: `shop/20261006T120210Z`."""
        return subject(self.service, self.resource, self.outage)

    @property
    def is_false_alarm(self) -> bool:
        """Whether there was no outage, it says."""
        return self.what == FALSE_ALARM

    def state(self, *, second_person: bool) -> Literal["counts", "waits for approval"]:
        """Whether it counts for an agreement that asks for a second person, or does not."""
        waits = (self.is_false_alarm or second_person) and not self.approved_by
        return "waits for approval" if waits else "counts"

    def window(self, span: Span) -> Window:
        """A class as an evaluation sees it, over the outage as it is."""
        return Window(
            id=self.subject,
            title=self.what,
            services=frozenset({self.service}),
            span=span,
            recorded=self.recorded,
            author=self.author,
            reason=self.reason,
            what=self.what,
            resources=frozenset({self.resource}) if self.resource else None,
            after_the_fact=True,
        )


def subject(service: str, resource: str, outage: str) -> str:
    """How an outage is named in the journal."""
    return "/".join(part for part in (service, resource, outage) if part)


def relabelled(
    service: str,
    resource: str,
    outage: Outage,
    what: str,
    reason: str,
    evidence: str,
    author: str,
    at: Ms,
) -> NewEvent:
    """The event that relabels an outage; ValueError without a reason, or a false alarm without evidence."""
    if not reason.strip():
        raise ValueError("a label needs a reason")
    if what == FALSE_ALARM and not evidence.strip():
        raise ValueError("a false alarm needs evidence: what shows that the service was up?")
    body: dict[str, object] = {
        "service": service,
        "resource": resource,
        "outage": outage.id,
        "began": outage.first_bad,
        "what": what,
        "evidence": evidence,
    }
    return NewEvent(at, RELABELLED, subject(service, resource, outage.id), author, reason, body)


def withdrawn(name: str, author: str, at: Ms, reason: str) -> NewEvent:
    """The event that takes an outage's label back."""
    return NewEvent(at, WITHDRAWN, name, author, reason)


def labels(events: Iterable[Event]) -> Mapping[str, Label]:
    """The label that holds of each outage, by the outage's name in the journal."""
    known = [event for event in events if event.kind in KINDS]
    approving = approvals(known)
    found: dict[str, Label] = {}
    for event in known:
        if event.kind == RELABELLED:
            found[event.subject] = _label(event, approving.get(event.seq))
        elif event.kind == WITHDRAWN:
            found.pop(event.subject, None)
    return found


def _label(event: Event, approval: Event | None) -> Label:
    body = event.body
    try:
        return Label(
            seq=event.seq,
            service=str(body["service"]),
            resource=str(body["resource"]),
            outage=str(body["outage"]),
            began=int(str(body["began"])),
            what=str(body["what"]),
            reason=event.reason,
            evidence=str(body["evidence"]),
            author=event.author,
            recorded=event.at,
            approved_by=approval.author if approval else "",
        )
    except (KeyError, ValueError) as error:
        raise EvidenceRefused(
            f"journal entry {event.seq} ({event.kind} {event.subject}) cannot be read: {error!r}"
        ) from error


def containing(found: Iterable[Outage], began: Ms) -> Outage | None:
    """The outage that was going on when a labelled one began: it may have grown since."""
    return next((o for o in found if o.span.start <= began < o.span.end or o.first_bad == began), None)


def cleared(timeline: ServiceTimeline, alarms: Spans) -> ServiceTimeline:
    """The timeline with false alarms up: their down time alone, whatever was unknown in between."""
    if not alarms:
        return timeline
    segments: list[Segment] = []
    for segment in timeline.segments:
        inside = intersect((segment.span,), alarms) if segment.state is State.DOWN else ()
        kept = [
            part for span in subtract((segment.span,), inside) for part in clip_segments((segment,), span)
        ]
        up = [Segment(span.start, span.end, State.UP, Reason.OK, None, None) for span in inside]
        segments += sorted((*kept, *up), key=lambda part: part.start)
    return ServiceTimeline(timeline.base, join_segments(segments))

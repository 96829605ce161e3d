"""When outages were reported, and when their tickets were closed: told by people, kept in the journal.

No probe can know it. It counts under the agreements whose clock runs from a report or detection, or until a
ticket is closed; an outage of which such an agreement lacks a time leaves its period without a figure, and is
never guessed. The newest report of an outage holds, whole; one customer's own goes before that for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from monitor.agreements.evidence import Evidence, OutageRow, Recorded
from monitor.agreements.qualify import HOLDS
from monitor.agreements.terms import OutageTerms, Terms
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span, normalise, total
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Outage, outages
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.statements.approvals import APPROVED, approvals
from monitor.statements.relabels import subject
from monitor.store.protocol import Event, NewEvent, Seq

REPORTED = "outage.reported"
WITHDRAWN = "outage.report_withdrawn"
KINDS = frozenset({REPORTED, WITHDRAWN, APPROVED})

Asked = Literal["reported", "detected", "closed"]
WORDS: Mapping[Asked, str] = {
    "reported": "an outage counts from its report",
    "detected": "an outage counts from its detection",
    "closed": "an outage lasts until its ticket is closed",
}

NOT_RECORDED = "is not recorded"
TELL = "makegood outage report SERVICE/OUTAGE --reported INSTANT --ticket-closed INSTANT"


@dataclass(frozen=True, slots=True)
class Report:
    """What people said of one outage: as one `customer` reported it, or for all ("").

    `never`: nobody reported or detected it, and it has no ticket.
    """

    seq: Seq
    service: str
    resource: str
    outage: str
    customer: str
    began: Ms
    reported: Ms | None
    detected: Ms | None
    closed: Ms | None
    ticket: str
    never: bool
    reason: str
    evidence: str
    author: str
    recorded: Ms
    approved_by: str = ""

    @property
    def subject(self) -> str:
        """The name of the outage in the journal."""
        return subject(self.service, self.resource, self.outage)

    def counts(self, *, second_person: bool) -> bool:
        """Whether it counts for an agreement that asks for a second person, or does not."""
        return bool(self.approved_by) or not second_person

    def tells(self, asked: Asked) -> bool:
        """Whether nothing more needs to be known of that time."""
        return self.never or getattr(self, asked) is not None


Reports = Mapping[tuple[str, str], Report]
"""What holds, by the name of the outage in the journal, and the customer ("" for all)."""

Known = Sequence[tuple[Report, Span]]
"""Reports that count, each with the outage that it is of as it is now."""


def told(report: Report) -> NewEvent:
    """The event that records a report, all of it: what an earlier one said and this does not is gone.

    ValueError where it says nothing, or times that no outage can have.
    """
    times = (report.reported, report.detected, report.closed)
    if report.never and (report.ticket or any(each is not None for each in times)):
        raise ValueError("an outage that nobody reported has no times and no ticket")
    if not report.never and not report.ticket and all(each is None for each in times):
        raise ValueError("say when it was reported or detected, its ticket, or that nobody reported it")
    if report.closed is not None and report.closed < max(report.began, report.reported or report.began):
        raise ValueError("a ticket is closed after the outage began and was reported, not before")
    if any(each is not None and each > report.recorded for each in times):
        raise ValueError("what was reported, detected or closed is past: write a time that is over")
    body: dict[str, object] = {
        "service": report.service,
        "resource": report.resource,
        "outage": report.outage,
        "customer": report.customer,
        "began": report.began,
        "reported": report.reported,
        "detected": report.detected,
        "closed": report.closed,
        "ticket": report.ticket,
        "never": report.never,
        "evidence": report.evidence,
    }
    return NewEvent(report.recorded, REPORTED, report.subject, report.author, report.reason, body)


def withdrawn(name: str, customer: str, author: str, at: Ms, reason: str) -> NewEvent:
    """The event that takes back what was said of an outage: of one customer, or for all ("")."""
    return NewEvent(at, WITHDRAWN, name, author, reason, {"customer": customer})


def reports(events: Iterable[Event]) -> Reports:
    """What holds of each outage."""
    known = [event for event in events if event.kind in KINDS]
    approving = approvals(known)
    found: dict[tuple[str, str], Report] = {}
    for event in known:
        if event.kind == REPORTED:
            said = _report(event, approving.get(event.seq))
            found[event.subject, said.customer] = said
        elif event.kind == WITHDRAWN:
            found.pop((event.subject, str(event.body.get("customer", ""))), None)
    return found


def of_customer(known: Iterable[Report], customer: str, *, second_person: bool) -> list[Report]:
    """Those that count for an agreement of a customer: of each outage their own, else that for all."""
    counting = [report for report in known if report.counts(second_person=second_person)]
    general = {report.subject: report for report in counting if not report.customer}
    own = {report.subject: report for report in counting if report.customer == customer}
    return list({**general, **own}.values())


def _report(event: Event, approval: Event | None) -> Report:
    body = event.body
    try:
        return Report(
            seq=event.seq,
            service=str(body["service"]),
            resource=str(body["resource"]),
            outage=str(body["outage"]),
            customer=str(body["customer"]),
            began=int(str(body["began"])),
            reported=_instant(body["reported"]),
            detected=_instant(body["detected"]),
            closed=_instant(body["closed"]),
            ticket=str(body["ticket"]),
            never=body["never"] is True,
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


def _instant(value: object) -> Ms | None:
    return None if value is None else int(str(value))


def asked(outage: OutageTerms) -> tuple[Asked, ...]:
    """The times that the clock of a promise needs people to tell; none for most."""
    found: list[Asked] = []
    if outage.starts in ("reported", "detected"):
        found.append(outage.starts)
    if outage.ends == "ticket closed":
        found.append("closed")
    return tuple(found)


def clock(promises: Iterable[Terms]) -> str:
    """Why probes alone do not make these promises' clocks run, in a few words; "" where they do."""
    return next((WORDS[each] for terms in promises for each in asked(terms.outage)), "")


def on_the_clock(evidence: Evidence, known: Known) -> Evidence:
    """What was seen, as rows that say when each outage was reported and its ticket closed."""
    resources = {
        lane: Recorded(
            life=timeline.base,
            rows=tuple(_rows(timeline, evidence.bridge, _of(known, lane))),
            unseen=normalise(s.span for s in timeline.segments if s.state is State.UNKNOWN),
        )
        for lane, timeline in evidence.resources.items()
        if isinstance(timeline, ServiceTimeline)
    }
    return replace(evidence, resources=resources, seen=evidence.resources)


def _of(known: Known, lane: str) -> Known:
    """Those of one resource: of it by name, or of the whole service."""
    return [(report, span) for report, span in known if report.resource in ("", lane)]


def about(known: Known, outage: Outage) -> list[Report]:
    """The reports of an outage: more than one where late evidence joined two."""
    return [report for report, span in known if span.clip(outage.span)]


def _rows(timeline: ServiceTimeline, bridge: Ms, known: Known) -> Iterator[OutageRow]:
    for outage in outages(timeline.segments, bridge=bridge):
        own = about(known, outage)
        reported, detected = _earliest(own, "reported"), _earliest(own, "detected")
        closed = max((each.closed for each in own if each.closed is not None), default=None)
        tickets = [each.ticket for each in own if each.ticket]
        for span in outage.down:
            yield OutageRow(
                span, outage.id, reported=reported, detected=detected, last_good=outage.last_good,
                ticket_closed=closed, columns={"ticket": ", ".join(dict.fromkeys(tickets))},
            )  # fmt: skip


def _earliest(own: Iterable[Report], asked: Asked) -> Ms | None:
    return min((at for each in own if (at := getattr(each, asked)) is not None), default=None)


def still_open(known: Known, at: Ms) -> list[Span]:
    """The outages whose tickets were closed after `at`, however long before it they ended."""
    return [span for report, span in known if report.closed is not None and report.closed > at]


def missing(terms: Terms, evidence: Evidence, known: Known, period: Span) -> str:
    """What keeps a promise's clock from running in a period, in a few words; "" where all is told.

    An outage that is too short to count by any clock needs no report, and one that goes on no closed ticket.
    """
    lacking: dict[Asked, list[str]] = {}
    for lane, timeline in evidence.resources.items():
        if not isinstance(timeline, ServiceTimeline):
            continue
        several = len(evidence.resources) > 1
        for outage in outages(timeline.segments, bridge=evidence.bridge):
            own = about(_of(known, lane), outage)
            for each in asked(terms.outage):
                if _matters(each, terms.outage, outage, period, several=several) and not any(
                    report.tells(each) for report in own
                ):
                    lacking.setdefault(each, []).append(f"{lane}/{outage.id}" if several else outage.id)
    return next((not_told(each, names) for each, names in lacking.items()), "")


def _matters(asked: Asked, terms: OutageTerms, outage: Outage, period: Span, *, several: bool) -> bool:
    if asked == "closed":
        return not outage.open and outage.span.start < period.end
    if not outage.span.clip(period) and terms.ends == "restored":
        return False
    if outage.span.start >= period.end:
        return False
    short = terms.ends == "restored" and not several and terms.lasting is not None
    if not short or terms.lasting is None or terms.lasting[0] not in (">", ">="):
        return True
    return HOLDS[terms.lasting[0]](total(outage.down), terms.lasting[1])


def not_told(asked: Asked, names: Sequence[str]) -> str:
    """What nobody said of some outages, as a sentence."""
    first, last = (names[:3], f"{len(names) - 3} more") if len(names) > 3 else (names[:-1], names[-1])
    shown = f"{', '.join(first)} and {last}" if first else last
    whose, was = ("outages", "were") if len(names) > 1 else ("outage", "was")
    ticket = f"the ticket{'s' if len(names) > 1 else ''} of " if asked == "closed" else ""
    return f"{WORDS[asked]}, and when {ticket}the {whose} {shown} {was} {asked} {NOT_RECORDED}"


def by_a_report(needs: str) -> str:
    """The command that gives what a section needs, where that is a report; "" where it is not."""
    return TELL if needs.endswith(NOT_RECORDED) else ""

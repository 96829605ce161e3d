"""What a snapshot says of services, windows and agreements: read once, shared by everything drawn from it.

`Books` is the only thing in this room that reads the store. It hands out timelines and cases.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from monitor.agreements.evidence import Evidence
from monitor.agreements.lookback import looks_back
from monitor.agreements.parts import evaluate_parts
from monitor.agreements.pipeline import Case, History, Past
from monitor.agreements.remembered import Remembered
from monitor.agreements.terms import MeasureTerms
from monitor.agreements.terms import Terms as Promise
from monitor.config.endpoint import Endpoint
from monitor.config.plan import Agreement, Plan, Service, Terms, fees_of
from monitor.core.calendars import Calendar
from monitor.core.checks import Lane, LaneId
from monitor.core.intervals import DAY, HOUR, Ms, Span, Spans, intersect, normalise
from monitor.core.money import Money
from monitor.core.periods import Period, local, midnight
from monitor.core.services import AtLeast, Expression, Leaf, ServiceTimeline, endpoints, service_timeline
from monitor.core.timeline import Outage, Segment, clip_segments, outages
from monitor.core.windows import Window
from monitor.errors import NoRow
from monitor.statements import counted, exclusions, maintenance, notes, relabels, reported, ticketed
from monitor.statements.approvals import approvals
from monitor.statements.confirmed import Confirmed
from monitor.statements.lives import bridge, joined, life_of, living
from monitor.statements.measured import LOADED, intervals
from monitor.statements.notes import Note
from monitor.statements.periods import earlier
from monitor.statements.provable import expression_of, file_needed
from monitor.statements.relabels import Label, cleared
from monitor.statements.reported import Report
from monitor.store.protocol import Event, Seq, Snapshot

KINDS = (
    maintenance.KINDS
    | exclusions.KINDS
    | relabels.KINDS
    | reported.KINDS
    | notes.KINDS
    | ticketed.KINDS
    | {LOADED}
)
Read = tuple[int | None, bool, MeasureTerms | None]
"""How a promise's evidence is read: what confirms an outage, whether people tell, and what is counted."""

LOOK_AROUND: Ms = 7 * DAY  # outages are judged whole: this far beyond a period they are followed


class Books:
    """One snapshot, one plan, one instant.

    Where `now` is a time to come, as of a trial, people and ticket systems were last asked at `asked_at`.
    """

    def __init__(self, plan: Plan, snapshot: Snapshot, now: Ms, *, asked_at: Ms | None = None) -> None:
        self.plan = plan
        self.snapshot = snapshot
        self.now = now
        self.asked_at = now if asked_at is None else asked_at
        self._segments: dict[LaneId, tuple[Span, tuple[Segment, ...]]] = {}
        self._timelines: dict[tuple[object, ...], ServiceTimeline] = {}
        self._windows: dict[tuple[Span, bool], tuple[Window, ...]] = {}
        self._rows: dict[tuple[str, str], History] = {}
        self._found: dict[tuple[str, str, Ms], Outage | None] = {}
        self._counted: dict[tuple[object, ...], counted.Counts] = {}
        self._tickets: dict[tuple[str, Span], ticketed.Told] = {}
        self._calendars: dict[int, Mapping[str, Calendar]] = {}
        self._remembered = Remembered()

    def labelled(self, labels: tuple[Label, ...]) -> Books:
        """The same, as if these labels held and no other; what was read is shared."""
        other = Books(self.plan, self.snapshot, self.now, asked_at=self.asked_at)
        other._segments, other.lanes, other.events = self._segments, self.lanes, self.events
        other.labels = labels
        return other

    @cached_property
    def lanes(self) -> dict[str, Lane]:
        """Lanes of this monitor's location by the plan's endpoint keys.

        An endpoint that was renamed in the file has the lane of its former key until the daemon loads it.
        """
        here = self.plan.settings.location
        known = {lane.endpoint: lane for lane in self.snapshot.lanes() if lane.location == here}
        names = {key: (key, *endpoint.was) for key, endpoint in self.plan.endpoints.items()}
        found = {
            key: next((known[name] for name in own if name in known), None) for key, own in names.items()
        }
        return {
            key: lane if lane.endpoint == key else replace(lane, endpoint=key)
            for key, lane in found.items()
            if lane is not None
        }

    @cached_property
    def events(self) -> tuple[Event, ...]:
        return tuple(self.snapshot.events(kinds=KINDS))

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """The labels of outages that hold."""
        return tuple(relabels.labels(self.events).values())

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """What people said of when outages were reported, and their tickets closed."""
        return tuple(reported.reports(self.events).values())

    @cached_property
    def places(self) -> ticketed.Places:
        """Whose the words of ticket systems are."""
        return ticketed.Places(self.plan)

    def tickets(self, agreement: Agreement, span: Span) -> ticketed.Told:
        """The tickets of an agreement that went on in a span, and how far they are known."""
        key = (agreement.id, span)
        if key not in self._tickets:
            self._tickets[key] = ticketed.told(
                self.places, self.plan, self.snapshot, self.events, agreement, span, self.asked_at
            )
        return self._tickets[key]

    def put_away(self) -> None:
        """What was read of tickets, and worked out of them: it is read again for whoever asks again."""
        self._tickets.clear()
        self._remembered = Remembered()

    @cached_property
    def approved(self) -> Container[Seq]:
        """The entries that a second person approved."""
        return approvals(self.events).keys()

    @cached_property
    def latencies(self) -> dict[str, list[int]]:
        """The last hour's good latencies in 0.1 ms by endpoint key, sorted."""
        by_lane = self.snapshot.latencies(
            [lane.id for lane in self.lanes.values()], Span(self.now - HOUR, self.now)
        )
        return {key: by_lane[lane.id] for key, lane in self.lanes.items()}

    def windows(self, service: str, span: Span, *, second_person: bool = False) -> tuple[Window, ...]:
        """The maintenance, the exclusions and the labels of a service that overlap `span`.

        Where a `second_person` is asked for, of exclusions and labels those alone that one approved.
        """
        key = (span, second_person)
        if key not in self._windows:
            approved = self.approved if second_person else None
            found = (
                *maintenance.windows(self.events, span),
                *exclusions.windows(self.events, span, approved),
            )
            self._windows[key] = tuple(sorted(found, key=_by_start))
        own = [window for window in self._windows[key] if service in window.services]
        labelled = self._labelled(service, span, second_person=second_person)
        return tuple(sorted((*own, *labelled), key=_by_start)) if labelled else tuple(own)

    def _labelled(self, service: str, span: Span, *, second_person: bool) -> tuple[Window, ...]:
        """Outages that are somebody's, as windows of that class over each as it is now."""
        found = []
        for label in self.labels:
            if label.service != service or label.is_false_alarm:
                continue
            outage = self.outage(label)
            counts = label.state(second_person=second_person) == "counts"
            if outage is not None and counts and outage.span.clip(span):
                found.append(label.window(outage.span))
        return tuple(found)

    def outage(self, label: Label | Report | Note) -> Outage | None:
        """The outage that something is said of, as the evidence has it, whatever is said."""
        key = (label.service, label.resource, label.began)
        if key not in self._found:
            self._found[key] = self._outage(label)
        return self._found[key]

    def _outage(self, label: Label | Report | Note) -> Outage | None:
        service, reach = self.plan.services.get(label.service), LOOK_AROUND
        if service is None or (label.resource and label.resource not in service.resources):
            return None
        while True:
            end = max(label.began, min(label.began + reach, self.now))
            around = Span(label.began - LOOK_AROUND, end)
            seen = self.seen(service, label.resource, around)
            bridged = bridge(self.intervals(service, around))
            found = relabels.containing(outages(seen.segments, bridge=bridged), label.began)
            if found is None or found.span.end < end or end >= self.now:
                return found
            reach *= 4

    def seen(self, service: Service, resource: str, span: Span, zone: str = "UTC") -> ServiceTimeline:
        """The states of a service, or of one resource of it, as they were seen: false alarms are down."""
        if resource:
            return self._resource(resource, span, zone, None)
        if service.resources and not endpoints(service.up_when):
            return self.timeline(service, span, zone)
        return self._seen_states(service, span, zone)

    def _alarms(self, service: str, resource: str = "") -> Spans:
        """The down time of approved false alarms of a service, or of one resource of it."""
        wrong = [
            outage.down
            for label in self.labels
            if label.is_false_alarm and label.approved_by
            if (label.service, label.resource) == (service, resource)
            if (outage := self.outage(label)) is not None
        ]
        return normalise(span for down in wrong for span in down)

    def reach(self, period: Period) -> Span:
        """The period and what is looked at around it, never beyond now."""
        end = max(min(period.span.end + LOOK_AROUND, self.now), period.span.start)
        return Span(period.span.start - LOOK_AROUND, end)

    def read_ahead(self, services: Sequence[str], span: Span) -> None:
        """Fetch the segments of everything these services rest on in one go."""
        keys = {each.id for id in services for each in self.watched(self.plan.services[id])}
        self._fetch([self.lanes[key].id for key in keys if key in self.lanes], span)

    def timeline(self, service: Service, span: Span, zone: str = "UTC") -> ServiceTimeline:
        """The service's states within `span`; of one that names its resources alone, down while any is.

        `zone` is that of the days from which on a service has another expression.
        """
        if endpoints(service.up_when) or not service.resources:
            return self._states(service, span, zone)
        known = [expression_of(self.plan, name) for name in service.resources]
        return self._of(AtLeast(None, tuple(each for each in known if each is not None)), span)

    def resources(
        self, agreement: Agreement, span: Span, confirmed_by: int | None
    ) -> dict[str, ServiceTimeline]:
        """The states of each resource of an agreement's service while it existed, or of the service.

        `confirmed_by` failing checks in a row make an outage, if the agreement says how many.
        """
        service = self.plan.services[agreement.service]
        if not service.resources:
            return {service.id: self._states(service, span, agreement.zone, confirmed_by)}
        return {
            name: living(
                cleared(
                    self._resource(name, span, agreement.zone, confirmed_by),
                    self._alarms(service.id, name),
                ),
                each,
            )
            for name, each in service.resources.items()
        }

    def _resource(self, name: str, span: Span, zone: str, confirmed_by: int | None) -> ServiceTimeline:
        if name in self.plan.endpoints:
            return self._of(Leaf(name), span, confirmed_by)
        return self._states(self.plan.services[name], span, zone, confirmed_by)

    def _states(
        self, service: Service, span: Span, zone: str, confirmed_by: int | None = None
    ) -> ServiceTimeline:
        """The states of a service, false alarms left out."""
        seen = self._seen_states(service, span, zone, confirmed_by)
        return cleared(seen, self._alarms(service.id)) if self.labels else seen

    def _seen_states(
        self, service: Service, span: Span, zone: str, confirmed_by: int | None = None
    ) -> ServiceTimeline:
        """Where the expression changed within the span, each part by its own."""
        changes = [(midnight(day, zone), expression) for day, expression in service.later]
        starts = [span.start, *(at for at, _ in changes), span.end]
        parts = []
        for place, expression in enumerate((service.up_when, *(each for _, each in changes))):
            part = Span(max(starts[place], span.start), max(starts[place + 1], span.start)).clip(span)
            if part:
                parts.append(self._of(expression, part, confirmed_by))
        return joined(parts)

    def _of(self, expression: Expression, span: Span, confirmed_by: int | None = None) -> ServiceTimeline:
        key = (expression, span, confirmed_by)
        if key not in self._timelines:
            here = [self.lanes[key] for key in endpoints(expression) if key in self.lanes]
            self._fetch([lane.id for lane in here], span)
            segments = {lane.endpoint: self._segments_of(lane, span, confirmed_by) for lane in here}
            life: dict[str, Spans] = {lane.endpoint: lane.life for lane in here}
            self._timelines[key] = service_timeline(expression, segments, life, span)
        return self._timelines[key]

    def _segments_of(self, lane: Lane, span: Span, confirmed_by: int | None) -> tuple[Segment, ...]:
        seen = clip_segments(self._segments[lane.id][1], span)
        if confirmed_by is None:
            return seen
        return Confirmed(confirmed_by).judged(
            self.snapshot.checks(lane.id, Confirmed.reach(span)), seen, span
        )

    def _fetch(self, lanes: Sequence[LaneId], span: Span) -> None:
        missing = [lane for lane in lanes if not self._holds(lane, span)]
        if missing:
            for lane, segments in self.snapshot.segments(missing, span).items():
                self._segments[lane] = (span, tuple(segments))

    def _holds(self, lane: LaneId, span: Span) -> bool:
        held = self._segments.get(lane)
        return held is not None and held[0].start <= span.start and span.end <= held[0].end

    def watched(self, service: Service) -> tuple[Endpoint, ...]:
        """The endpoints that a service and its resources rest on, in the expressions' order."""
        rests = [service.up_when, *(each for _, each in service.later)]
        rests += [each for name in service.resources if (each := expression_of(self.plan, name)) is not None]
        keys = dict.fromkeys(key for expression in rests for key in endpoints(expression))
        return tuple(self.plan.endpoints[key] for key in keys)

    def intervals(self, service: Service, span: Span) -> tuple[Ms, ...]:
        """The intervals at which the service's endpoints were probed within `span`, shortest first."""
        return intervals(self.events, self.watched(service), span)

    def fee(self, agreement: Agreement, terms: Terms, period: Period, in_force: Spans) -> Money:
        """What is paid for a period, exactly."""
        lines = fees_of(agreement, terms, period, in_force=in_force)["period"]
        return Money(sum((line.money.amount for line in lines), Fraction(0)), agreement.currency)

    def why_not(self, agreement: Agreement, terms: Terms) -> str:
        """Why checks cannot settle an agreement under these terms, in a few words; "" where they can."""
        return file_needed(self.plan, agreement, terms)

    def notes_for(self, agreement: Agreement, period: Period) -> notes.Known:
        """The notes that an agreement's customer reads, each with its outage as it is now."""
        reach = self.reach(period)
        return [
            (note, outage.span)
            for note in notes.notes(self.events)
            if agreement.customer in note.customers and agreement.kind == "customer"
            if note.service == agreement.service and note.began < reach.end
            if (outage := self.outage(note)) is not None
        ]

    def untold(self, agreement: Agreement, period: Period, terms: Terms) -> str:
        """What of its outages nobody said that the clock of an agreement needs; "" where all is told."""
        if dark := self._too_dark(agreement, period, terms):
            return dark
        if waiting := self._not_yet(agreement, period, terms):
            return waiting
        if not reported.clock(promise for _, promise in terms.terms.promises):
            return ""
        reach = self._reach(agreement, period, terms)
        known = self._reported(agreement, reach)
        for _, promise in terms.terms.promises:
            seen = Evidence(
                self.resources(agreement, reach, promise.outage.confirmed_by),
                bridge=bridge(self.intervals(self.plan.services[agreement.service], reach)),
            )
            why = reported.missing(promise, seen, known, period.span)
            if why:
                return why
        return ""

    def _not_yet(self, agreement: Agreement, period: Period, terms: Terms) -> str:
        """Why its tickets cannot settle a period that is over yet; "" where they can, or it runs."""
        if self.asked_at < period.span.end or not ticketed.of_promises(terms.terms.promises):
            return ""
        case = self._case(agreement, period, terms, None)
        return ticketed.missing(case, self.tickets(agreement, self.reach(period)))

    def _reach(self, agreement: Agreement, period: Period, terms: Terms) -> Span:
        """What is looked at around a period: back to outages whose tickets were still open in it."""
        reach = self.reach(period)
        if not reported.clock(promise for _, promise in terms.terms.promises):
            return reach
        tickets = reported.still_open(self._reported(agreement, reach), reach.start)
        return Span(min([reach.start, *(span.start - DAY for span in tickets)]), reach.end)

    def _reported(self, agreement: Agreement, reach: Span) -> reported.Known:
        """The reports that count for an agreement, each with its outage as it is now."""
        return [
            (report, outage.span)
            for report in reported.of_customer(
                self.reports, agreement.customer, second_person=agreement.second_person
            )
            if report.service == agreement.service and report.began < reach.end
            if (outage := self.outage(report)) is not None
        ]

    def case(
        self,
        agreement: Agreement,
        period: Period,
        terms: Terms | None = None,
        in_force: Spans | None = None,
        *,
        back: bool = True,
    ) -> Case:
        """Everything an evaluation of this agreement's period may see, with what came before where it asks.

        `terms` and `in_force` are those of a part of the period, where an amendment splits it. Without `back`
        nothing that came before is read: enough for what is measured, not for what it costs.
        """
        terms = terms or agreement.terms_for(period)
        case = self._case(agreement, period, terms, in_force)
        if not back or not looks_back(terms.terms):
            return case
        return replace(case, history=self.history(agreement, period, terms))

    def _case(self, agreement: Agreement, period: Period, terms: Terms, in_force: Spans | None) -> Case:
        service = self.plan.services[agreement.service]
        reach = self._reach(agreement, period, terms)
        announced = Span(reach.start, max(reach.end, period.span.end))
        year = local(period.span.start, period.zone).year
        whole = Evidence(
            resources={},
            windows=self.windows(service.id, announced, second_person=agreement.second_person),
            bridge=bridge(self.intervals(service, reach)),
            labels={name: each.labels for name, each in service.resources.items()},
        )
        read = {name: _read(promise) for name, promise in terms.terms.promises}
        seen = {k: self._seen(agreement, reach, period, k, whole) for k in dict.fromkeys(read.values())}
        first = next(iter(read.values()))
        return Case(
            contract=terms.contract,
            period=period,
            in_force=agreement.in_force(period) if in_force is None else in_force,
            evidence=seen[first],
            fees=fees_of(agreement, terms, period, in_force=in_force),
            as_of=self.now,
            calendars=self._calendars_of(year),
            apart={name: seen[k] for name, k in read.items() if k != first},
            first=agreement.first,
            billing_day=agreement.billing_day,
            zone=agreement.zone,
            remembered=self._remembered,
        )

    def _calendars_of(self, year: int) -> Mapping[str, Calendar]:
        """The calendars of a year and those around it, resolved once."""
        if year not in self._calendars:
            self._calendars[year] = self.plan.calendars_for(year - 1, year + 2)
        return self._calendars[year]

    def _seen(
        self, agreement: Agreement, reach: Span, period: Period, read: Read, evidence: Evidence
    ) -> Evidence:
        confirmed_by, told, measure = read
        if measure is not None and ticketed.is_ticketed(measure):
            return self._ticketed(agreement, period, evidence)
        resources = self.resources(agreement, reach, confirmed_by)
        if measure is not None:
            counts = self._counts(agreement, measure, period, resources)
            return replace(evidence, resources=resources, slots=counts.rows, life=counts.life)
        found = replace(evidence, resources=resources)
        if not told:
            return found
        return reported.on_the_clock(found, self._reported(agreement, reach))

    def _ticketed(self, agreement: Agreement, period: Period, evidence: Evidence) -> Evidence:
        told = self.tickets(agreement, self.reach(period))
        resources = self.plan.services[agreement.service].resources
        life = {name: life_of(each) for name, each in resources.items()}
        return replace(evidence, tickets=told.tickets, tickets_until=told.until or 0, life=life)

    def _counts(
        self, agreement: Agreement, measure: MeasureTerms, period: Period, seen: Mapping[str, ServiceTimeline]
    ) -> counted.Counts:
        """What was counted of the checks of each resource, while it existed; once for who ask alike."""
        key = (agreement.service, agreement.zone, measure, period.zone, self.reach(period))
        if key not in self._counted:
            self._counted[key] = self._count(agreement, measure, period, seen)
        return self._counted[key]

    def _count(
        self, agreement: Agreement, measure: MeasureTerms, period: Period, seen: Mapping[str, ServiceTimeline]
    ) -> counted.Counts:
        service = self.plan.services[agreement.service]
        keys = {name: counted.endpoint_of(self.plan, service, name) for name in seen}
        lanes = {name: self.lanes[key].id for name, key in keys.items() if key in self.lanes}
        lives = {name: timeline.base for name, timeline in seen.items()}
        return counted.count(self.snapshot, measure, lanes, lives, self.reach(period), period.zone)

    def share_seen(self, agreement: Agreement, period: Period, terms: Terms) -> Fraction | None:
        """The share of the time so far in which checks could be counted; None where none are."""
        if not any(counted.is_counted(promise.measure) for _, promise in terms.terms.promises):
            return None
        seen = self.resources(agreement, self.reach(period), None)
        return counted.share_seen(seen, intersect(agreement.in_force(period), (Span(0, max(self.now, 0)),)))

    def _too_dark(self, agreement: Agreement, period: Period, terms: Terms) -> str:
        share = self.share_seen(agreement, period, terms)
        asked = (promise.measure for _, promise in terms.terms.promises)
        return next(
            (why for each in asked if counted.is_counted(each) and (why := counted.too_dark(each, share))), ""
        )

    def history(self, agreement: Agreement, period: Period, terms: Terms) -> History:
        """What the periods before this one came to, from the first for which there can be evidence."""
        since = max(agreement.first, self.begins(agreement))
        past: History = ()
        for before in earlier(terms, period, since):
            key = (agreement.id, before.label)
            if key not in self._rows:
                self._rows[key] = self._settled(agreement, before, past)
            past = (*past, *self._rows[key])
        return past

    def begins(self, agreement: Agreement) -> Ms:
        """From when on there can be evidence for an agreement; now where there is none."""
        watched = self.watched(self.plan.services[agreement.service])
        found = [span.start for each in watched if each.id in self.lanes for span in self.lanes[each.id].life]
        if ticketed.promises_times(agreement):
            known = ticketed.known(self.plan, self.snapshot, self.events, self.asked_at).values()
            found += [each.since for each in known if each.since is not None]
        return min(found, default=self.now)

    def take_over(self, other: Books, before: Ms) -> None:
        """The history of periods that ended before an instant, from books that have the same until then."""
        for key, rows in other._rows.items():
            if rows and all(row.span is not None and row.span.end <= before for row in rows):
                self._rows[key] = rows

    def _settled(self, agreement: Agreement, period: Period, past: History) -> History:
        """The rows that one period leaves; nothing is known of one without a price."""
        if any(self.untold(agreement, period, terms) for terms, _ in agreement.parts(period)):
            return (Past(period.label, None, span=period.span),)
        parts = [
            replace(self._case(agreement, period, terms, in_force), history=past)
            for terms, in_force in agreement.parts(period)
        ]
        try:
            return evaluate_parts(parts).history if parts else ()
        except NoRow:
            return (Past(period.label, None, span=period.span),)


def _read(promise: Promise) -> Read:
    outage, measure = promise.outage, promise.measure
    if counted.is_counted(measure) or ticketed.is_ticketed(measure):
        return None, False, measure
    return outage.confirmed_by, bool(reported.asked(outage)), None


def _by_start(window: Window) -> tuple[Ms, str]:
    return window.span.start, window.id

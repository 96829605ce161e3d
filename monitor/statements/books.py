"""What a snapshot says of services, windows and agreements: read once, shared by everything drawn from it.

`Books` is the only thing in this room that reads the store. It hands out timelines and cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from monitor.agreements.evidence import Evidence
from monitor.agreements.pipeline import Case
from monitor.config.plan import Agreement, Endpoint, Plan, Service, Terms, fees_of
from monitor.core.checks import Lane, LaneId
from monitor.core.intervals import DAY, HOUR, Ms, Span, Spans
from monitor.core.periods import Period, local
from monitor.core.services import ServiceTimeline, endpoints, service_timeline
from monitor.core.timeline import Segment, clip_segments
from monitor.core.windows import Window
from monitor.statements.maintenance import KINDS, windows
from monitor.statements.measured import LOADED, intervals
from monitor.store.protocol import Event, Snapshot

LOOK_AROUND: Ms = 7 * DAY  # outages are judged whole: this far beyond a period they are followed


class Books:
    """One snapshot, one plan, one instant."""

    def __init__(self, plan: Plan, snapshot: Snapshot, now: Ms) -> None:
        self.plan = plan
        self.snapshot = snapshot
        self.now = now
        self._segments: dict[LaneId, tuple[Span, tuple[Segment, ...]]] = {}
        self._timelines: dict[tuple[str, Span], ServiceTimeline] = {}
        self._windows: dict[Span, tuple[Window, ...]] = {}

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
        return {key: replace(lane, endpoint=key) for key, lane in found.items() if lane is not None}

    @cached_property
    def events(self) -> tuple[Event, ...]:
        return tuple(self.snapshot.events(kinds=KINDS | {LOADED}))

    @cached_property
    def latencies(self) -> dict[str, list[int]]:
        """The last hour's good latencies in 0.1 ms by endpoint key, sorted."""
        by_lane = self.snapshot.latencies(
            [lane.id for lane in self.lanes.values()], Span(self.now - HOUR, self.now)
        )
        return {key: by_lane[lane.id] for key, lane in self.lanes.items()}

    def windows(self, service: str, span: Span) -> tuple[Window, ...]:
        """The maintenance windows of a service that overlap `span`."""
        if span not in self._windows:
            self._windows[span] = windows(self.events, span)
        return tuple(window for window in self._windows[span] if service in window.services)

    def reach(self, period: Period) -> Span:
        """The period and what is looked at around it, never beyond now."""
        end = max(min(period.span.end + LOOK_AROUND, self.now), period.span.start)
        return Span(period.span.start - LOOK_AROUND, end)

    def read_ahead(self, services: Sequence[str], span: Span) -> None:
        """Fetch the segments of everything these services rest on in one go."""
        keys = {key for id in services for key in endpoints(self.plan.services[id].up_when)}
        self._fetch([self.lanes[key].id for key in keys if key in self.lanes], span)

    def timeline(self, service: Service, span: Span) -> ServiceTimeline:
        """The service's states within `span`."""
        if (service.id, span) not in self._timelines:
            here = [self.lanes[key] for key in endpoints(service.up_when) if key in self.lanes]
            self._fetch([lane.id for lane in here], span)
            segments = {lane.endpoint: clip_segments(self._segments[lane.id][1], span) for lane in here}
            life: dict[str, Spans] = {lane.endpoint: lane.life for lane in here}
            self._timelines[service.id, span] = service_timeline(service.up_when, segments, life, span)
        return self._timelines[service.id, span]

    def _fetch(self, lanes: Sequence[LaneId], span: Span) -> None:
        missing = [lane for lane in lanes if not self._holds(lane, span)]
        if missing:
            for lane, segments in self.snapshot.segments(missing, span).items():
                self._segments[lane] = (span, tuple(segments))

    def _holds(self, lane: LaneId, span: Span) -> bool:
        held = self._segments.get(lane)
        return held is not None and held[0].start <= span.start and span.end <= held[0].end

    def watched(self, service: Service) -> tuple[Endpoint, ...]:
        """The endpoints that a service rests on, in the expression's order."""
        return tuple(self.plan.endpoints[key] for key in endpoints(service.up_when))

    def intervals(self, service: Service, span: Span) -> tuple[Ms, ...]:
        """The intervals at which the service's endpoints were probed within `span`, shortest first."""
        return intervals(self.events, self.watched(service), span)

    def case(self, agreement: Agreement, period: Period) -> Case:
        """Everything an evaluation of this agreement's period may see."""
        service = self.plan.services[agreement.service]
        reach = self.reach(period)
        announced = Span(reach.start, max(reach.end, period.span.end))
        terms = agreement.terms_for(period)
        year = local(period.span.start, period.zone).year
        return Case(
            contract=terms.contract,
            period=period,
            in_force=agreement.in_force(period),
            evidence=Evidence(
                resources={service.id: self.timeline(service, reach)},
                windows=self.windows(service.id, announced),
                bridge=bridge(self.intervals(service, reach)),
            ),
            fees=fees_of(agreement, terms, period),
            as_of=self.now,
            calendars=self.plan.calendars_for(year - 1, year + 2),
            first=agreement.first,
        )


def bridge(intervals: Sequence[Ms]) -> Ms:
    """The longest unknown stretch that does not part an outage: two of the longest intervals."""
    return 2 * max(intervals, default=0)


def in_force_span(agreement: Agreement, period: Period) -> Spans:
    """The part of the period in which the agreement exists."""
    return agreement.in_force(period)


def terms_for(agreement: Agreement, period: Period) -> Terms:
    """The terms that the period is settled by."""
    return agreement.terms_for(period)

"""What is up right now, since when, and what the last thirty days were like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from monitor.config.endpoint import Endpoint
from monitor.config.plan import Plan, Service
from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, SECOND, Ms, Span, Spans, intersect, normalise, subtract, total
from monitor.core.periods import days
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Outage, Segment
from monitor.core.timeline import outages as outages_of
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.lives import bridge
from monitor.store.protocol import Snapshot

STRIP_DAYS = 30
FRESH: Ms = (
    5 * SECOND
)  # a monitor that runs moves its mark every second; an older mark means that it does not


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service now. `state` None: no endpoint of it exists yet. `p95` and `limit` are in 0.1 ms.

    `days` has a mark for each of the last thirty days, oldest first: `.` no downtime, `x` downtime,
    `m` downtime inside maintenance alone, `?` something not measured, `-` not yet there.
    """

    id: str
    title: str
    state: State | None
    reason: Reason
    since: Ms | None
    p95: int | None
    limit: int | None
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Every service, and whether the monitor itself is running. `zone` is the one to print times in.

    `held`: a monitor that has not written lately is there all the same, for it holds the writer's lock.
    `told`: whether what tells of alerts runs; None where there is nobody to tell, or nobody knows.
    """

    services: tuple[ServiceStatus, ...]
    coverage: Fraction | None
    as_of: Ms | None
    running: bool
    now: Ms
    zone: str
    held: bool = False
    told: bool | None = None


def status(plan: Plan, snapshot: Snapshot, now: Ms) -> Status:
    """The state of every service that is watched at `now`; coverage is that of the last 24 hours."""
    books = Books(plan, snapshot, now)
    zone = zone_of(plan)
    first = _first_day(now, zone)
    span = Span(first, now)
    services = [service for service in plan.services.values() if books.watched(service)]
    books.read_ahead([service.id for service in services], span)
    rows = tuple(_service(books, service, span, zone) for service in services)
    reached = snapshot.as_of(now)
    return Status(
        services=rows,
        coverage=_coverage(books, Span(max(first, now - DAY), now), span),
        as_of=reached,
        running=reached is not None and abs(now - reached) <= FRESH,
        now=now,
        zone=zone,
    )


def outages(plan: Plan, snapshot: Snapshot, service: str, span: Span) -> tuple[Outage, ...]:
    """The outages of a service that touch `span`, whole where the evidence reaches."""
    books = Books(plan, snapshot, span.end)
    known = plan.services[service]
    timeline = books.timeline(known, span, zone_of(plan))
    return outages_of(timeline.segments, bridge=bridge(books.intervals(known, span)))


def outages_of_resources(
    plan: Plan, snapshot: Snapshot, service: str, span: Span
) -> tuple[tuple[str, Outage], ...]:
    """The outages of each resource that a service names, as they were seen; none where it names none."""
    books = Books(plan, snapshot, span.end)
    known = plan.services[service]
    bridged = bridge(books.intervals(known, span))
    return tuple(
        (name, outage)
        for name in known.resources
        for outage in outages_of(books.seen(known, name, span).segments, bridge=bridged)
    )


def zone_of(plan: Plan) -> str:
    """The zone the operator reads times in: the customers', where they share one, else UTC."""
    zones = {customer.zone for customer in plan.customers.values()}
    return zones.pop() if len(zones) == 1 else "UTC"


def _first_day(now: Ms, zone: str) -> Ms:
    recent = days(Span(now - (STRIP_DAYS + 1) * DAY, now), zone)
    return recent[-STRIP_DAYS].start


def _service(books: Books, service: Service, span: Span, zone: str) -> ServiceStatus:
    timeline = books.timeline(service, span, zone)
    last = timeline.segments[-1] if timeline.segments and timeline.segments[-1].end == span.end else None
    watched = books.watched(service)
    limits = [e.expectation.slower_is_down for e in watched if e.expectation.slower_is_down is not None]
    return ServiceStatus(
        id=service.id,
        title=service.title,
        state=last.state if last else None,
        reason=last.reason if last else Reason.OK,
        since=_since(timeline.segments) if last else None,
        p95=_p95(books, watched),
        limit=min(limits, default=None),
        days=_strip(timeline, [w.effective for w in books.windows(service.id, span)], span, zone),
    )


def _since(segments: Sequence[Segment]) -> Ms:
    state, start = segments[-1].state, segments[-1].start
    for segment in reversed(segments):
        if segment.state is not state or segment.end < start:
            break
        start = segment.start
    return start


def _p95(books: Books, watched: Iterable[Endpoint]) -> int | None:
    """The 95th percentile (nearest rank) of the slowest endpoint in the last hour."""
    own = [books.latencies[e.id] for e in watched if books.latencies.get(e.id)]
    return max((latencies[-(-95 * len(latencies) // 100) - 1] for latencies in own), default=None)


def _strip(
    timeline: ServiceTimeline, maintained: Iterable[Span | None], span: Span, zone: str
) -> tuple[str, ...]:
    inside = normalise(window for window in maintained if window is not None)
    down = _in_state(timeline.segments, State.DOWN)
    unknown = _in_state(timeline.segments, State.UNKNOWN)
    return tuple(_mark(day, timeline.base, down, subtract(down, inside), unknown) for day in days(span, zone))


def _mark(day: Span, base: Spans, down: Spans, outside: Spans, unknown: Spans) -> str:
    here = (day,)
    if intersect(outside, here):
        return "x"
    if intersect(down, here):
        return "m"
    if intersect(unknown, here):
        return "?"
    return "." if intersect(base, here) else "-"


def _in_state(segments: Iterable[Segment], state: State) -> Spans:
    return normalise(segment.span for segment in segments if segment.state is state)


def _coverage(books: Books, recent: Span, span: Span) -> Fraction | None:
    promised = seen = 0
    for service in filter(books.watched, books.plan.services.values()):
        timeline = books.timeline(service, span, zone_of(books.plan))
        base = total(intersect(timeline.base, (recent,)))
        promised += base
        seen += base - total(intersect(_in_state(timeline.segments, State.UNKNOWN), (recent,)))
    return Fraction(seen, promised) if promised else None

"""Slots counted from the monitor's own checks, where the agreement says that they are the requests.

A slot without a check that could be counted was not seen: it is in no figure, and the time it leaves dark is
held against the coverage that the agreement asks for. Counts come from `Snapshot.tallies` alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd

from monitor.agreements.evidence import SlotRow
from monitor.agreements.grid import edges
from monitor.agreements.terms import MeasureTerms
from monitor.agreements.words import share
from monitor.config.plan import Agreement, Plan, Service, Terms
from monitor.core.checks import LaneId, State
from monitor.core.intervals import MINUTE, Ms, Span, Spans, intersect, normalise, total
from monitor.core.numbers import Bound
from monitor.core.services import Leaf, ServiceTimeline, endpoints
from monitor.records import dataclass
from monitor.store.protocol import Need, Snapshot

PART: Ms = 15 * MINUTE
"""Every zone's midnight lies on a whole number of these, so that slots on a local clock are made of them."""
SINGLE: Ms = 1
"""The slot of a count that keeps each check by itself."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows of every resource, and the time that they speak of."""

    rows: tuple[SlotRow, ...]
    life: Mapping[str, Spans]


def is_counted(measure: MeasureTerms) -> bool:
    """Whether a promise is settled from counts of checks."""
    return measure.evidence == "slots" and measure.requests == "checks"


def endpoint_of(plan: Plan, service: Service, resource: str) -> str | None:
    """The one endpoint whose checks a resource's requests are; None where there are several."""
    if resource in plan.endpoints:
        return resource
    known = service if resource == service.id else plan.services.get(resource)
    if known is None or known.later or not isinstance(known.up_when, Leaf):
        return None
    return known.up_when.endpoint


def resources_of(service: Service) -> tuple[str, ...]:
    """The names of a service's resources, or its own as that of its only one."""
    return tuple(service.resources) or (service.id,)


def length_of(measure: MeasureTerms) -> Ms:
    """How long a slot is counted at once: what all slots of that length are made of, in every zone."""
    return gcd(measure.slot, PART) if isinstance(measure.slot, int) else SINGLE


def bounds_of(measure: MeasureTerms) -> tuple[int, ...]:
    """The latency limits that counts are needed for, in 0.1 ms, rising; 0 where speed does not matter."""
    return tuple(dict.fromkeys(_tenths(bound) for bound, _ in measure.score)) or (0,)


def needs_of(plan: Plan, lanes: Mapping[str, LaneId]) -> frozenset[Need]:
    """Every count that an agreement of the plan, or a shadow, is settled from, now or after an amendment, and
    those of failed checks that a KPI is made of: good checks may go before its trend is over."""
    tried = (each.agreement for found in plan.shadows.values() for each in found)
    return frozenset(
        need
        for agreement in (*plan.agreements.values(), *tried)
        for terms in agreement.terms
        for need in _needs(plan, agreement, terms, lanes)
    ) | frozenset(_failed(plan, lanes))


def _failed(plan: Plan, lanes: Mapping[str, LaneId]) -> Iterable[Need]:
    for rule in plan.kpis.values():
        if rule.of not in ("error rate", "failed checks"):
            continue
        services = [plan.services[each] for each in rule.services]
        below = {key for service in services for key in endpoints(service.up_when)}
        for key in rule.endpoints or below or plan.endpoints:
            if key in lanes:
                yield Need(lanes[key], PART)


def _needs(plan: Plan, agreement: Agreement, terms: Terms, lanes: Mapping[str, LaneId]) -> Iterable[Need]:
    service = plan.services[agreement.service]
    for _, promise in terms.terms.promises:
        if not is_counted(promise.measure):
            continue
        for name in resources_of(service):
            key = endpoint_of(plan, service, name)
            if key is not None and key in lanes:
                for bound in bounds_of(promise.measure):
                    yield Need(lanes[key], length_of(promise.measure), bound)


def _tenths(bound: Bound) -> int:
    """The greatest latency within a bound of so many ms: latencies are whole tenths, cut off."""
    limit = bound.value * 10
    return int(limit) - (bound.sign == "<" and limit.denominator == 1)


def count(
    snapshot: Snapshot, measure: MeasureTerms, lanes: Mapping[str, LaneId], lives: Mapping[str, Spans],
    span: Span, zone: str,
) -> Counts:  # fmt: skip
    """What was counted of each resource within `span`; `lanes` and `lives` are theirs by name."""
    rows: list[SlotRow] = []
    life: dict[str, Spans] = {}
    for name, own in lives.items():
        found = _parts(snapshot, measure, lanes[name], span) if name in lanes else []
        placed, life[name] = _placed(measure, found, own, span, zone)
        rows += (SlotRow(at, good, total, name) for at, good, total in placed)
    return Counts(tuple(rows), life)


Part = tuple[Ms, Fraction, Fraction]
"""When it starts, what is good of it, and all of it."""


def _parts(snapshot: Snapshot, measure: MeasureTerms, lane: LaneId, span: Span) -> list[Part]:
    """The counts, each by the least length that it is kept at, with what speed takes off."""
    length, whole = length_of(measure), (Bound("<=", Fraction(0)), Fraction(1))
    around = Span(span.start // length * length, -(-span.end // length) * length)
    good: dict[Ms, Fraction] = {}
    everything: dict[Ms, Fraction] = {}
    before: dict[Ms, int] = {}
    for bound, worth in measure.score or (whole,):
        tenths = _tenths(bound) if measure.score else 0
        for tally in snapshot.tallies(Need(lane, length, tenths), around):
            more = tally.good - before.get(tally.start, 0)
            good[tally.start] = good.get(tally.start, Fraction(0)) + more * worth
            everything[tally.start] = Fraction(tally.total)
            before[tally.start] = tally.good
    return [(at, good[at], everything[at]) for at in sorted(everything)]


def _placed(
    measure: MeasureTerms, parts: Sequence[Part], own: Spans, span: Span, zone: str
) -> tuple[list[Part], Spans]:
    """The parts put together into slots on the clock; and the life that those slots are."""
    if not isinstance(measure.slot, int):
        return [part for part in parts if any(part[0] in life for life in own)], intersect(own, (span,))
    bounds = edges(span, measure.slot, zone)
    slots: dict[int, Part] = {}
    for at, good, every in parts:
        place = bisect_right(bounds, at) - 1
        if 0 <= place < len(bounds) - 1:
            _, had, of = slots.get(place, (at, Fraction(0), Fraction(0)))
            slots[place] = (bounds[place], had + good, of + every)
    found: list[Part] = []
    seen: list[Span] = []
    for place, (start, good, every) in sorted(slots.items()):
        there = intersect((Span(start, bounds[place + 1]),), own)
        if there and (measure.as_ == "total" or measure.partial == "counted" or _is_whole(there, start)):
            found.append((there[0].start, good, every))
            seen += there
    return found, normalise(seen)


def _is_whole(there: Spans, start: Ms) -> bool:
    return len(there) == 1 and there[0].start == start


def share_seen(seen: Mapping[str, ServiceTimeline], within: Spans) -> Fraction | None:
    """The least share of its time in which a resource was seen; None where there was no time."""
    shares = []
    for timeline in seen.values():
        promised = intersect(timeline.base, within)
        unseen = normalise(Span(s.start, s.end) for s in timeline.segments if s.state is State.UNKNOWN)
        if total(promised):
            shares.append(1 - Fraction(total(intersect(unseen, promised)), total(promised)))
    return min(shares, default=None)


def too_dark(measure: MeasureTerms, seen: Fraction | None) -> str:
    """Why too little was seen for a figure, in a few words; "" where it was enough."""
    if seen is None or seen >= measure.coverage:
        return ""
    return f"less than {share(measure.coverage)} of the time could be checked"

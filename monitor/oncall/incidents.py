"""Incidents of a plan and a snapshot: the outages that were seen, what was recorded, and how severe each is.

An outage that lies in maintenance which was recorded before it began opens no incident; one that reaches
beyond it does. The outages are those that were seen: what two people called a false alarm is known as one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property

from monitor.config.plan import Plan
from monitor.core.intervals import Ms, Span
from monitor.core.periods import instant
from monitor.core.timeline import Outage, outages
from monitor.errors import ConfigError
from monitor.oncall.costs import Costs
from monitor.operations.entries import KINDS, REOPENED, RESOLVED
from monitor.operations.fold import Names, Seen, incidents
from monitor.operations.grading import Stakes, graded
from monitor.operations.incident import Incident
from monitor.operations.joining import Pin
from monitor.records import dataclass
from monitor.statements.books import LOOK_AROUND, Books
from monitor.statements.lives import bridge
from monitor.statements.relabels import containing
from monitor.store.protocol import Snapshot

MAINTENANCE = ("scheduled maintenance", "emergency maintenance")
NEAR = 5  # names that are proposed for one that is unknown


@dataclass
class Watch:
    """One plan, one snapshot and one instant, read once.

    `names` are those that were read from earlier snapshots of the same journal: only what is new is read.
    """

    plan: Plan
    snapshot: Snapshot
    now: Ms
    names: Names = field(default_factory=Names)

    @cached_property
    def books(self) -> Books:
        """What the snapshot says of services."""
        return Books(self.plan, self.snapshot, self.now)

    @cached_property
    def pins(self) -> Mapping[str, Sequence[Pin]]:
        """The names that something was recorded of, by service."""
        return self.names.take(self.snapshot.events(after=self.names.upto, kinds=KINDS)).by_service()

    @cached_property
    def _costs(self) -> Costs:
        return Costs(self.plan, self.books)

    @cached_property
    def stakes(self) -> Stakes:
        """What severities ask for."""
        return Stakes(self._costs.customers, self._costs.reaches)

    def costs(self, incident: Incident) -> Mapping[str, Fraction]:
        """The credits that it costs as things stand, by currency, exactly."""
        return self._costs.of(incident)

    def incidents(
        self, span: Span, services: Collection[str] | None = None, *, severities: bool = True
    ) -> tuple[Incident, ...]:
        """Those that were going on at some time within the span, by their beginning.

        `services` None: of all, those included that are in the configuration no more. Without `severities`
        none has one, nor what it asks for afterwards: a year of them is there sooner.
        """
        asked = {*self.plan.services, *self.pins} if services is None else {*services}
        seen: dict[str, Seen] = {}
        recorded: dict[str, Sequence[Pin]] = {}
        for service in (*self.plan.services, *self.pins):
            if service not in asked or service in recorded:
                continue
            recorded[service] = self.pins.get(service, ())
            if service in self.plan.services:
                around, outages_there = self._around(service, span)
                seen[service] = self._seen(service, outages_there, around)
                reached = around.start - self.plan.incidents.joined
                recorded[service] = [pin for pin in recorded[service] if pin.anchor >= reached]
        found = incidents(seen, recorded, self.now, self.plan.incidents)
        until = span.end + (span.end >= self.now)  # what begins at this very instant is there
        within = (
            each
            for each in found
            if each.began.at < until
            and (each.began.at >= span.start or each.resolved is None or each.last >= span.start)
        )
        if not severities:
            return tuple(within)
        return tuple(graded(each, self.plan.incidents, self.stakes, self.now) for each in within)

    def served(self, incident: Incident) -> tuple[str, ...]:
        """The customers with an agreement on its service that was in force when it began."""
        agreed = self._costs.agreements(incident.service, incident.began.at)
        return tuple(dict.fromkeys(each.customer for each in agreed))

    def _around(self, service: str, span: Span) -> tuple[Span, tuple[Outage, ...]]:
        """As much as must be read, from where the first incident within the span began to where the last is
        over, or now; and the outages there."""
        books, known = self.books, self.plan.services[service]
        lives = [books.lanes[e.id].life for e in books.watched(known) if e.id in books.lanes]
        first = min((life[0].start for life in lives if life), default=span.start)
        wanted = [pin.anchor for pin in self.pins.get(service, ()) if self._goes_on(pin, span.start)]
        start = min([span.start, *wanted])
        if self.plan.incidents.resolved == "by hand":
            start = min(start, first)  # what nobody resolved goes on, however long ago it began
        before = after = LOOK_AROUND
        while True:
            end = max(min(span.end + after, self.now), min(span.start, self.now))
            around = Span(min(start - before, end), end)
            found, joined = self._outages(service, around), self.plan.incidents.joined
            begins = not found or found[0].span.start - around.start > joined or around.start <= first
            ends = not found or around.end - found[-1].span.end > joined or around.end >= self.now
            if begins and ends:
                return around, found
            before, after = (before if begins else before * 4), (after if ends else after * 4)

    def _goes_on(self, pin: Pin, since: Ms) -> bool:
        """Whether something was recorded of it since, or nobody has resolved what was opened by hand."""
        if pin.events[-1].at >= since:
            return True
        ends = [event.kind for event in pin.events if event.kind in (RESOLVED, REOPENED)]
        return ends[-1:] == [REOPENED] or (pin.by_hand and ends[-1:] != [RESOLVED])

    def _outages(self, service: str, span: Span) -> tuple[Outage, ...]:
        known = self.plan.services[service]
        timeline = self.books.seen(known, "", span)
        return outages(timeline.segments, bridge=bridge(self.books.intervals(known, span)))

    def _seen(self, service: str, found: Sequence[Outage], span: Span) -> Seen:
        false = [
            outage.id
            for label in self.books.labels
            if label.is_false_alarm and label.approved_by
            if (label.service, label.resource) == (service, "")
            if (outage := containing(found, label.began)) is not None
        ]
        return Seen(tuple(self._unplanned(service, found, span)), frozenset(false))

    def _unplanned(self, service: str, found: Sequence[Outage], span: Span) -> Iterator[Outage]:
        """The outages that maintenance does not explain."""
        planned = [
            (effective, window.recorded)
            for window in self.books.windows(service, span)
            if window.what in MAINTENANCE and window.resources is None
            if (effective := window.effective) is not None
        ]
        starts = [each.start for each, _ in planned]
        longest = max((each.length for each, _ in planned), default=0)
        for outage in found:
            near = planned[
                bisect_left(starts, outage.span.start - longest) : bisect_right(starts, outage.span.start)
            ]
            inside = (
                recorded <= outage.first_bad and outage.span.end <= window.end for window, recorded in near
            )
            if not any(inside):
                yield outage

    def find(self, name: str) -> Incident:
        """The incident of a name: its own, one that led to it, or that of a failed check in its outages.

        ConfigError proposes others.
        """
        service, at = self._meant(name)
        joined = self.plan.incidents.joined
        around = Span(at - joined, at + joined + 1)
        found = self.incidents(around, (service,))
        for each in found:
            if name in (each.name, *each.names):
                return each
        for each in found:
            ids = {outage.id for outage in (*each.outages, *each.alarms)}
            if name.removeprefix(f"{service}/") in ids:
                return each
        for each in found:  # an outage of that beginning became part of a longer one
            if any(at in o.span for o in (*each.outages, *each.alarms)) and self._failed(service, at):
                return each
        raise ConfigError(self._unknown(name, service, at))

    def _failed(self, service: str, at: Ms) -> bool:
        """Whether a check of the service failed at that very instant, so that an outage may have begun."""
        lanes = self.books.lanes
        own = [lanes[e.id].id for e in self.books.watched(self.plan.services[service]) if e.id in lanes]
        return any(
            any(True for _ in self.snapshot.checks(lane, Span(at, at + 1), failed=True)) for lane in own
        )

    def near(self, service: str, at: Ms) -> Incident | None:
        """The incident that one which is opened by hand at that instant would be part of."""
        joined = self.plan.incidents.joined
        around = Span(at - joined, at + joined + 1)
        for each in self.incidents(around, (service,)):
            spans = [outage.span for outage in (*each.outages, *each.alarms)]
            if abs(at - each.anchor) <= joined or any(
                s.start - joined <= at <= s.end + joined for s in spans
            ):
                return each
        return None

    def _meant(self, name: str) -> tuple[str, Ms]:
        """The service and the instant that a name stands for."""
        for service, own in self.pins.items():
            for pin in own:
                if pin.name == name:
                    return service, pin.anchor
        service, _, id = name.partition("/")
        at = began(id)
        if service in self.plan.services and at is not None:
            return service, at
        raise ConfigError(self._unknown(name, service, at))

    def _unknown(self, name: str, service: str, at: Ms | None) -> str:
        """What is wrong with a name, and those that may be meant."""
        if service not in self.plan.services and service not in self.pins:
            known = ", ".join(self.plan.services) or "none in the configuration"
            meant = get_close_matches(service, self.plan.services, n=1)
            hint = f'; did you mean "{meant[0]}"?' if meant else f"; write one of: {known}"
            return f'"{name}": there is no service "{service}"{hint}'
        if at is None:
            return (
                f'"{name}" names no incident: write it as `makegood incident list` has it: '
                "shop/20261006T120210Z"
            )
        around = Span(at - LOOK_AROUND, at + LOOK_AROUND)
        close = sorted(self.incidents(around, (service,)), key=lambda each: abs(each.began.at - at))
        proposed = ", ".join(each.name for each in close[:NEAR]) or "none within a week of it"
        return f'there is no incident "{name}"; `makegood incident list` names all; near it: {proposed}'


def began(id: str) -> Ms | None:
    """The instant in a name, `20261006T120210Z`; None where it is none."""
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S.%fZ"):
        try:
            return instant(datetime.strptime(id, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return None

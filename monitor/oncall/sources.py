"""What KPIs are read from: incidents, checks, alerts and pushed metrics of one plan, read once for many KPIs.

Whatever costs is asked for when a KPI needs it, and for all periods at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from monitor.config.plan import Plan
from monitor.core.checks import State
from monitor.core.intervals import DAY, MINUTE, Ms, Span, Spans, intersect, normalise, total
from monitor.core.periods import Period
from monitor.core.timeline import covered
from monitor.oncall.clocks import Clocks
from monitor.oncall.incidents import Watch
from monitor.operations.hours_of_week import within
from monitor.operations.incident import Incident
from monitor.operations.kpi_rules import OF_CHECKS, KpiRule
from monitor.operations.measures import Told, ranked_counts, share
from monitor.records import dataclass
from monitor.store.protocol import Need, Snapshot

SLOT: Ms = 15 * MINUTE
"""In which checks are counted: every local midnight lies on an edge of these."""

LANE_DAYS = 32
"""So many days of one lane are in memory at once, or one of each: packed days are whole UTC days."""


class Answers(Protocol):
    """What is asked of alerts."""

    def answered(
        self, span: Span, within: Ms, *, services: Sequence[str] = (), teams: Sequence[str] = ()
    ) -> tuple[int, int]:
        """Of those that page and were told in the span: how many were acknowledged within so many ms of
        that, and how many there are but those that were over by then. `services` and `teams` () are all."""
        ...


class Figures(Protocol):
    """What is asked of pushed metrics."""

    def figures(self, name: str, spans: Sequence[Span]) -> Sequence[Sequence[Fraction]]:
        """The values within each span, in order of their instant."""
        ...


@dataclass
class Sources:
    """One plan, one snapshot, one instant, and the periods that are looked at, oldest first.

    `services` are those whose incidents are asked for, None all; `severities`: whether these are.
    `clocks` are those of tickets; None where no KPI reads them.
    """

    plan: Plan
    snapshot: Snapshot
    now: Ms
    periods: Sequence[Period]
    zone: str
    alerts: Answers | None = None
    metrics: Figures | None = None
    services: Sequence[str] | None = None
    severities: bool = True
    clocks: Clocks | None = None
    _up: dict[tuple[str, Span], Spans] = field(default_factory=dict)

    @cached_property
    def watch(self) -> Watch:
        """The incidents of the plan."""
        return Watch(self.plan, self.snapshot, self.now)

    @cached_property
    def whole(self) -> Span:
        """From the first period's beginning to the last one's end, or now."""
        start, end = self.periods[0].span.start, self.periods[-1].span.end
        return Span(min(start, self.now), max(min(end, self.now), min(start, self.now)))

    @cached_property
    def incidents(self) -> Mapping[str, Sequence[Incident]]:
        """Those that began in each period, by its label; of `services` alone where KPIs ask for no others."""
        starts = [each.span.start for each in self.periods]
        found: dict[str, list[Incident]] = {each.label: [] for each in self.periods}
        for incident in self.watch.incidents(self.whole, self.services, severities=self.severities):
            place = bisect_right(starts, incident.began.at) - 1
            if place >= 0 and incident.began.at < self.periods[place].span.end:
                found[self.periods[place].label].append(incident)
        return found

    @cached_property
    def recorded_since(self) -> Ms | None:
        """When the first lane of the plan began; None where nothing was ever watched."""
        lives = [lane.life[0].start for lane in self.watch.books.lanes.values() if lane.life]
        return min(lives, default=None)

    def passed(self, period: Period, rule: KpiRule) -> Spans:
        """The part of a period that has passed, within the KPI's hours of the week."""
        span = period.span.clip(Span(min(0, self.now), self.now)) if self.now > 0 else None
        return within(rule.hours, span, self.zone) if span else ()

    def up(self, services: Sequence[str], spans: Spans) -> Ms | None:
        """How long the services were seen up within these spans, added up; None where nothing was seen."""
        known = [service for service in services if service in self.plan.services]
        seen = [total(intersect(self._up_of(service), spans)) for service in known]
        return sum(seen) if any(seen) else None

    def _up_of(self, service: str) -> Spans:
        key = (service, self.whole)
        if key not in self._up:
            timeline = self.watch.books.timeline(self.plan.services[service], self.whole)
            self._up[key] = covered([each for each in timeline.segments if each.state is State.UP])
        return self._up[key]

    def services_of(self, rule: KpiRule) -> tuple[str, ...]:
        """The services that a KPI is about: those that it names, or all, of its teams and customers."""
        teams = self.plan.incidents.teams
        bought = {each.service for each in self.plan.agreements.values() if each.customer in rule.customers}
        return tuple(
            service
            for service in rule.services or self.plan.services
            if not rule.teams or (teams.get(service) or teams.get("", "")) in rule.teams
            if not rule.customers or service in bought
        )

    def customers(self, incident: Incident) -> tuple[str, ...]:
        """The customers with an agreement on its service when it began."""
        return self.watch.served(incident)

    def lanes_of(self, rule: KpiRule) -> list[int]:
        """The lanes of the endpoints that a KPI of checks is about."""
        books = self.watch.books
        keys = rule.endpoints
        if not keys and not (rule.services or rule.teams or rule.customers):
            keys = tuple(self.plan.endpoints)
        elif not keys:
            services = (self.plan.services[each] for each in self.services_of(rule))
            keys = tuple(dict.fromkeys(e.id for service in services for e in books.watched(service)))
        return [books.lanes[key].id for key in keys if key in books.lanes]

    def of_checks(self, rule: KpiRule, spans: Spans) -> Told:
        """A latency, a share of failed checks, or how many failed, of planned attempts."""
        if rule.of not in OF_CHECKS:
            raise ValueError(f"{rule.of} is not read from checks")
        return self.latency(rule, spans) if rule.of == "latency" else self.failed(rule, spans)

    def latency(self, rule: KpiRule, spans: Spans) -> Told:
        """The percentile of good attempts; so many of each latency are kept, never the attempts."""
        lanes = self.lanes_of(rule)
        step = max(LANE_DAYS // max(len(lanes), 1), 1) * DAY
        found: Counter[int] = Counter()
        for span in spans:
            for start in range(span.start // DAY * DAY, span.end, step):
                part = Span(start, start + step).clip(span)
                for own in self.snapshot.latencies(lanes, part).values() if part else ():
                    found.update(own)
        return Told(ranked_counts(found, rule.percentile or Fraction(1, 2)), found.total())

    def failed(self, rule: KpiRule, spans: Spans) -> Told:
        """How many of the planned attempts failed, or which share; what nobody could see is in neither."""
        good = every = 0
        for lane in self.lanes_of(rule):
            need = Need(lane, SLOT)
            for span in spans:
                for tally in self.snapshot.tallies(need, span):
                    good, every = good + tally.good, every + tally.total
        if rule.of == "error rate":
            return share(every - good, every)
        return Told(Fraction(every - good) if every else None, every)

    def answered(self, rule: KpiRule, spans: Spans) -> Told:
        """Which share of the alerts that page was acknowledged in time; those whose time runs wait."""
        if self.alerts is None:
            return Told(None, 0, "no alert was recorded")
        length, done, every = rule.within or 0, 0, 0
        for span in normalise(spans):
            there = span.clip(Span(span.start, max(self.now - length, span.start)))
            if there:
                found = self._answered(rule, there, length)
                done, every = done + found[0], every + found[1]
        return share(done, every)

    def _answered(self, rule: KpiRule, span: Span, within: Ms) -> tuple[int, int]:
        alerts = self.alerts
        if alerts is None:
            return 0, 0
        if not rule.services and not rule.teams:
            return alerts.answered(span, within)
        return alerts.answered(span, within, services=rule.services, teams=rule.teams)

    def pushed(self, rule: KpiRule, spans: Spans) -> Sequence[Fraction]:
        """The values of a metric."""
        if self.metrics is None:
            return ()
        return [value for own in self.metrics.figures(rule.metric, spans) for value in own]

"""KPIs of a plan and its evidence, with their trend: what each comes to in a period and in those before it.

An incident belongs to the period in which it began; of a period that runs everything is as it stands so far.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, get_args

from monitor.config.plan import Plan
from monitor.core.intervals import Ms, Spans
from monitor.core.periods import Period
from monitor.errors import EvidenceGone
from monitor.oncall.clocks import Clocks
from monitor.oncall.sources import Answers, Figures, Sources
from monitor.operations import drift
from monitor.operations.hours_of_week import called, cell, holds, spans
from monitor.operations.incident import Incident
from monitor.operations.kpi import KpiReading, Point
from monitor.operations.kpi_rules import OF_CHECKS, OF_INCIDENTS, OF_TICKETS, KpiRule
from monitor.operations.measures import (
    NOT_BEGUN,
    NOTHING,
    Timed,
    Told,
    of_clocks,
    of_incidents,
    of_values,
    sure,
)
from monitor.operations.stretch import leading_to
from monitor.statements.status import zone_of
from monitor.store.protocol import Snapshot

if TYPE_CHECKING:
    from monitor.oncall.goals import Goals

TREND: Final = drift.LOOKED_AT
By = Literal["severity", "priority", "service", "team", "customer", "hour-of-week"]
BYS: Final[tuple[By, ...]] = get_args(By)
FORGOTTEN: Final = "its checks are not kept any more"


def readings(
    plan: Plan,
    snapshot: Snapshot,
    alerts: Answers | None,
    metrics: Figures | None,
    period: Period,
    now: Ms,
    *,
    names: Collection[str] | None = None,
) -> tuple[KpiReading, ...]:
    """Every KPI of the plan for a period, or those of these `names`, with the trend of six periods."""
    chosen = [rule for id, rule in plan.kpis.items() if names is None or id in names]
    periods = leading_to(period, TREND)
    sources = _sources(plan, snapshot, alerts, metrics, periods, now, chosen)
    goals = _goals(sources, chosen)
    return tuple(_reading(rule, [told(sources, goals, rule, each) for each in periods], periods)
                 for rule in chosen)  # fmt: skip


def parted(
    plan: Plan,
    snapshot: Snapshot,
    alerts: Answers | None,
    metrics: Figures | None,
    period: Period,
    now: Ms,
    by: By,
    *,
    names: Collection[str] | None = None,
) -> tuple[KpiReading, ...]:
    """The same by severity, service, team, customer or hour of the week, each part with its own trend.

    Tickets have no severity, and are parted by their priority. The hours of the week have no trend: a month
    has four or five of each. KPIs that cannot be parted so are left out.
    """
    chosen = [rule for id, rule in plan.kpis.items() if names is None or id in names]
    periods = leading_to(period, 1 if by == "hour-of-week" else TREND)
    sources = _sources(plan, snapshot, alerts, metrics, periods, now, chosen, by)
    goals = _goals(sources, chosen)
    found: list[KpiReading] = []
    for rule in chosen:
        if by == "hour-of-week":
            found += _by_hour(sources, rule, period)
        else:
            parts = _parts(sources, rule, by)
            found += (
                replace(_reading(each, [told(sources, goals, each, p) for p in periods], periods), of=name)
                for name, each in parts
            )
    return tuple(found)


def _sources(
    plan: Plan,
    snapshot: Snapshot,
    alerts: Answers | None,
    metrics: Figures | None,
    periods: Sequence[Period],
    now: Ms,
    rules: Sequence[KpiRule],
    by: By | None = None,
) -> Sources:
    """With the services alone whose incidents these KPIs ask for, and severities where one asks for them."""
    about = [rule for rule in rules if rule.of in OF_INCIDENTS]
    everywhere = any(not rule.services for rule in about)
    asked = None if everywhere else tuple(sorted({service for rule in about for service in rule.services}))
    severe = by == "severity" or any(rule.severities or rule.of == "postmortems" for rule in about)
    clocks = None
    if any(rule.of in OF_TICKETS for rule in rules):
        clocks = Clocks(plan, snapshot, now, periods, rules, teams=by == "team")
    return Sources(plan, snapshot, now, periods, zone_of(plan), alerts, metrics, asked, severe, clocks)


def _goals(sources: Sources, rules: Iterable[KpiRule]) -> Goals | None:
    """The targets, where one is asked for: guidance is slow to import, and most KPIs need none."""
    if not any(rule.goal and rule.of == "availability" for rule in rules):
        return None
    from monitor.oncall.goals import Goals

    return Goals(sources)


def told(sources: Sources, goals: Goals | None, rule: KpiRule, period: Period) -> Told:
    """What one KPI comes to in one period, or why nobody can tell."""
    if period.span.start >= sources.now:
        return NOT_BEGUN
    if sources.clocks is not None and rule.of in OF_TICKETS:
        return sure(rule, sources.clocks.told(rule, period))
    since = sources.recorded_since
    if rule.of not in ("metric", "alerts acknowledged") and (since is None or period.span.end <= since):
        return NOTHING
    try:
        if rule.of == "availability" and goals is not None:
            return goals.told(rule, period)
        return sure(rule, _told(sources, rule, period, sources.passed(period, rule)))
    except EvidenceGone:
        return Told(None, 0, FORGOTTEN)


def _told(sources: Sources, rule: KpiRule, period: Period, within: Spans) -> Told:
    if rule.of == "metric":
        return of_values(sources.pushed(rule, within), rule.take, rule.percentile)
    if rule.of == "alerts acknowledged":
        return sources.answered(rule, within)
    if rule.of in OF_CHECKS:
        return sources.of_checks(rule, within)
    chosen = [each for each in sources.incidents[period.label] if _is_meant(sources, rule, each, within)]
    up = sources.up(sources.services_of(rule), within) if rule.of == "mtbf" else None
    return of_incidents(rule, chosen, up, sources.now)


def _is_meant(sources: Sources, rule: KpiRule, incident: Incident, within: Spans) -> bool:
    return (
        (not rule.services or incident.service in rule.services)
        and (not rule.severities or incident.severity in rule.severities)
        and (not rule.teams or incident.team in rule.teams)
        and (not rule.labels or not {*rule.labels}.isdisjoint(incident.labels))
        and (rule.hours is None or holds(within, incident.began.at))
        and (not rule.customers or not {*rule.customers}.isdisjoint(sources.customers(incident)))
    )


def _reading(rule: KpiRule, found: Sequence[Told], periods: Sequence[Period]) -> KpiReading:
    last, values = found[-1], [each.value for each in found]
    return KpiReading(
        id=rule.id,
        title=rule.title,
        owner=rule.owner,
        of=rule.about,
        unit=rule.unit,
        target=rule.target,
        value=last.value,
        count=last.count,
        unit_name=rule.unit_name,
        why_none=last.why,
        trend=tuple(
            Point(period.label, each.value, each.count)
            for period, each in zip(periods, found, strict=True)
        ),
        drifting=drift.drifting(values, rule.target),
    )  # fmt: skip


# --- by what it is parted -------------------------------------------------------------------------------


def can_be_parted(rule: KpiRule, by: By) -> bool:
    """Whether a KPI has parts of that kind: a latency has no severity, a metric no customer."""
    if by == "hour-of-week":
        return rule.of not in ("availability", "postmortems")
    if rule.of in OF_TICKETS:
        return True
    if rule.of in OF_INCIDENTS:
        return by != "priority"
    if rule.of in OF_CHECKS:
        return by not in ("severity", "priority") and not rule.endpoints
    return by in ("service", "team") if rule.of == "alerts acknowledged" else False


def _parts(sources: Sources, rule: KpiRule, by: By) -> list[tuple[str, KpiRule]]:
    if not can_be_parted(rule, by):
        return []
    if sources.clocks is not None and rule.of in OF_TICKETS:
        return _parts_of_tickets(sources.plan, sources.clocks, rule, by)
    plan = sources.plan
    if by == "severity":
        names = rule.severities or tuple(each.id for each in plan.incidents.severities)
        return [(name, replace(rule, severities=(name,))) for name in names]
    if by == "customer":
        return [(name, replace(rule, customers=(name,))) for name in rule.customers or plan.customers]
    if by == "service":
        return [(name, replace(rule, services=(name,))) for name in sources.services_of(rule)]
    if rule.of in OF_INCIDENTS:
        known = {each.team for own in sources.incidents.values() for each in own}
    else:
        known = {*plan.incidents.teams.values()}
    names = rule.teams or tuple(sorted(known))
    return [(name or "no team", replace(rule, teams=(name,))) for name in names]


def _parts_of_tickets(plan: Plan, clocks: Clocks, rule: KpiRule, by: By) -> list[tuple[str, KpiRule]]:
    """The priorities, the customers and services with such a promise, or the teams that tickets name."""
    own = clocks.agreements(rule)
    if by == "customer":
        parties = {each.customer for each in own}
        return [(name, replace(rule, customers=(name,))) for name in plan.customers if name in parties]
    if by == "service":
        parties = {each.service for each in own}
        return [(name, replace(rule, services=(name,))) for name in plan.services if name in parties]
    if by == "team":
        names = rule.teams or clocks.teams(rule)
        return [(name or "no team", replace(rule, teams=(name,))) for name in names]
    names = rule.priorities or clocks.priorities(rule)
    return [(name or "no priority", replace(rule, priorities=(name,))) for name in names]


def _by_hour(sources: Sources, rule: KpiRule, period: Period) -> list[KpiReading]:
    """Of each hour of the week that has passed."""
    if not can_be_parted(rule, "hour-of-week") or period.span.start >= sources.now:
        return []
    within = sources.passed(period, rule)
    of: Callable[[int, Spans], Told]
    cells: dict[int, Spans] = {}
    for span in within:
        for number, own in spans(span, sources.zone).items():
            cells[number] = (*cells.get(number, ()), *own)
    if sources.clocks is not None and rule.of in OF_TICKETS:
        of = _clocks_by_hour(sources, sources.clocks, rule, period)
    elif rule.of in OF_INCIDENTS:
        chosen = [each for each in sources.incidents[period.label] if _is_meant(sources, rule, each, within)]
        by_cell: dict[int, list[Incident]] = {}
        for each in chosen:
            by_cell.setdefault(cell(each.began.at, sources.zone), []).append(each)
        services = sources.services_of(rule)

        def of(number: int, own: Spans) -> Told:
            up = sources.up(services, own) if rule.of == "mtbf" else None
            return sure(rule, of_incidents(rule, by_cell.get(number, ()), up, sources.now))

    else:

        def of(number: int, own: Spans) -> Told:
            return sure(rule, _told(sources, rule, period, own))

    return [
        replace(_reading(rule, [_kept(of, number, own)], [period]), of=called(number))
        for number, own in sorted(cells.items())
    ]


def _clocks_by_hour(
    sources: Sources, clocks: Clocks, rule: KpiRule, period: Period
) -> Callable[[int, Spans], Told]:
    """Of those that began in an hour of the week; where nobody can tell of the period, of none."""
    by_cell: dict[int, list[Timed]] = {}
    for each in clocks.of(rule, period):
        by_cell.setdefault(cell(each.start, sources.zone), []).append(each)
    why = clocks.told(rule, period).why

    def of(number: int, own: Spans) -> Told:
        return Told(None, 0, why) if why else sure(rule, of_clocks(rule, by_cell.get(number, ())))

    return of


def _kept(of: Callable[[int, Spans], Told], number: int, own: Spans) -> Told:
    try:
        return of(number, own)
    except EvidenceGone:
        return Told(None, 0, FORGOTTEN)

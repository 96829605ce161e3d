"""Step three, what is internal of KPIs: those of `[kpi]`, what the targets say, and the usual ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from monitor.config import kpi_text
from monitor.config.check import Checked
from monitor.config.kpi_promises import Promising, promised
from monitor.config.kpi_tables import KpiTable, MetricTable
from monitor.config.plan import Agreement, Metric, Shadow, Target
from monitor.config.probing import dangling, mistaken
from monitor.config.problems import Fault, Where
from monitor.config.values import meant
from monitor.core.numbers import Bound
from monitor.operations.kpi import Unit
from monitor.operations.kpi_rules import (
    OF_CHECKS,
    OF_CLOCKS,
    OF_TICKETS,
    TITLES,
    UNITS,
    Kind,
    KpiRule,
    enough,
    usual,
)
from monitor.operations.rules import IncidentRules

USUAL_PERCENTILE = Fraction(95, 100)
MEASURED: Mapping[str, tuple[Unit, str]] = {
    "share": ("share", "availability"),
    "downtime": ("ms", "downtime"),
    "metric": ("metric", "as it is measured"),
}


def metrics(checked: Checked) -> dict[str, Metric]:
    """What may be pushed."""
    tables = checked.readable(MetricTable)
    return {key: Metric(key, table.title or key, table.unit, table.token) for key, table in tables.items()}


def kpi_rules(
    checked: Checked,
    targets: Mapping[str, Target],
    pushed: Mapping[str, Metric],
    incidents: IncidentRules,
    agreed: Mapping[str, Agreement],
    beside: Mapping[str, tuple[Shadow, ...]],
) -> dict[str, KpiRule]:
    """Every KPI by its name: those of the targets, the usual ones, those that are written."""
    written = dict(_written(checked, targets, pushed, incidents, Promising(agreed, beside)))
    told = {rule.id: rule for target in targets.values() for rule in of_target(target)}
    held = {rule.id: rule for rule in usual() if rule.id not in told}
    return {**told, **held, **written}


def of_target(target: Target) -> Iterator[KpiRule]:
    """What an internal target says of a service: its objective, and its bounds on times."""
    unit, title = MEASURED[target.of]
    goal = KpiRule(
        target.id,
        "availability",
        target.objective,
        target.owner,
        title,
        (target.service,),
        unit=unit,
        unit_name=target.unit,
        goal=target.id,
    )
    yield goal
    parts: tuple[tuple[str, Kind, Bound | None], ...] = (
        ("acknowledge", "mtta", target.acknowledge),
        ("repair", "mttr", target.repair),
    )
    for part, of, bound in parts:
        if bound is not None:
            told = replace(goal, id=f"{target.id}.{part}", of=of, target=bound, title=TITLES[of])
            yield replace(told, at_least=enough(of), unit=UNITS[of], unit_name="")


def _written(
    checked: Checked,
    targets: Mapping[str, Target],
    pushed: Mapping[str, Metric],
    incidents: IncidentRules,
    promising: Promising,
) -> Iterator[tuple[str, KpiRule]]:
    sound = checked.tables(KpiTable)
    for key, table in checked.readable(KpiTable).items():
        where: Where = ("kpi", key)
        strangers = list(_references(table, where, checked, incidents))
        checked.faults.extend(strangers)
        if table.of in OF_TICKETS and not strangers:
            checked.faults.extend(promised(table, where, checked, promising))
        checked.faults.extend(_said_twice(key, table, where, targets))
        if key in sound:
            yield key, _rule(key, table, where, pushed, checked)


def _rule(key: str, table: KpiTable, where: Where, pushed: Mapping[str, Metric], checked: Checked) -> KpiRule:
    taken = USUAL_PERCENTILE if table.of == "latency" and table.percentile is None else table.percentile
    metric = pushed.get(table.metric or "")
    take = table.take or (OF_CLOCKS[0] if table.of in OF_TICKETS else "mean")
    least = enough(table.of, taken, take) if table.at_least is None else table.at_least
    return KpiRule(
        id=key,
        of=table.of,
        target=_target(table, where, metric, checked),
        owner=table.owner,
        title=table.title or _title(table, taken, metric),
        services=tuple(table.services),
        severities=tuple(table.severities),
        teams=tuple(table.teams),
        customers=tuple(table.customers),
        labels=tuple(table.labels),
        endpoints=tuple(table.endpoints),
        priorities=tuple(table.priorities),
        agreements=tuple(table.agreements),
        promises=tuple(table.promises),
        slas=tuple(table.slas),
        percentile=taken,
        within=table.within,
        metric=table.metric or "",
        take=take,
        hours=table.hours,
        at_least=least,
        unit="share" if take == "in time" else UNITS[table.of],
        unit_name=metric.unit if metric else "",
    )


def _title(table: KpiTable, percentile: Fraction | None, metric: Metric | None) -> str:
    name = metric.title if metric else TITLES[table.of]
    if percentile is not None:
        hundredth = percentile * 100
        rank = f"{hundredth.numerator}" if hundredth.denominator == 1 else f"{hundredth:.6g}"
        return f"{name} P{rank}"
    if table.of in OF_TICKETS:
        return f"{table.of} in time" if table.take == "in time" else f"{name}, {table.take or OF_CLOCKS[0]}"
    return f"{name}, {table.take or 'mean'}" if metric else name


def _target(table: KpiTable, where: Where, metric: Metric | None, checked: Checked) -> Bound | None:
    if table.target is None or (table.of == "metric" and metric is None):
        return None
    try:
        if metric is not None:
            return kpi_text.metric_target(table.target, metric.unit)
        return kpi_text.target(table.of, table.target, table.take)
    except ValueError as error:
        checked.faults.append(Fault((*where, "target"), str(error)))
        return None


def _references(table: KpiTable, where: Where, checked: Checked, incidents: IncidentRules) -> Iterator[Fault]:
    """What is named and is nowhere."""
    named = {
        "services": "service",
        "customers": "customer",
        "endpoints": "endpoint",
        "agreements": "agreement",
    }
    for key, kind in named.items():
        for number, name in enumerate(getattr(table, key)):
            yield from dangling((*where, key, number), name, kind, checked)
    if table.metric is not None:
        yield from dangling((*where, "metric"), table.metric, "metric", checked)
    for number, name in enumerate(() if table.of in OF_TICKETS else table.teams):
        yield from mistaken((*where, "teams", number), name, incidents.teams.values())
    known = [each.id for each in incidents.severities]
    for number, name in enumerate(table.severities):
        if name not in known:
            near = meant(name, known)
            hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(known)}"
            yield Fault((*where, "severities", number), f'there is no severity "{name}"; {hint}')
    if table.of in OF_CHECKS and table.endpoints and (table.services or table.teams or table.customers):
        yield Fault((*where, "endpoints"), "endpoints are named already: write these, or what they belong to")


def _said_twice(key: str, table: KpiTable, where: Where, targets: Mapping[str, Target]) -> Iterator[Fault]:
    """A name that a target has, and what a target says of the service already."""
    if key in targets:
        yield Fault(where, f'target.{key} is among the KPIs by that name: write another, as in "{key}-2"')
    narrowed = table.severities or table.teams or table.customers or table.labels or table.hours
    if len(table.services) != 1 or narrowed or table.target is None:
        return
    part = {"mtta": "acknowledge", "mttr": "repair"}.get(table.of)
    for target in targets.values():
        if part and target.service == table.services[0] and getattr(target, part) is not None:
            message = f"target.{target.id}.{part} says this of {target.service} already: keep one of the two"
            yield Fault((*where, "target"), message)

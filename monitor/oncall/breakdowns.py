"""The incidents of a report: a line each, what they have in common, and what is overdue of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from monitor.core.intervals import Ms
from monitor.core.money import Money
from monitor.core.periods import local
from monitor.oncall.incidents import Watch
from monitor.operations.figures import figures, response
from monitor.operations.incident import Incident
from monitor.operations.report import BYS, BreakdownRow, By, Duty, Hour, IncidentLine, Overdue


def line(watch: Watch, incident: Incident, now: Ms) -> IncidentLine:
    """One incident as the report has it."""
    took, after = figures(incident), incident.postmortem
    duty: Duty = "done" if after.done else "overdue" if after.overdue(now) else "open"
    return IncidentLine(
        name=incident.name,
        service=title_of(watch, incident.service),
        title=incident.title,
        severity=incident.severity,
        state=incident.state,
        false_alarm=incident.false_alarm,
        team=incident.team,
        owner=incident.owner,
        cause=incident.cause,
        began_at=incident.began.at,
        to_detect=took.to_detect,
        to_acknowledge=took.to_acknowledge,
        to_resolve=took.to_resolve,
        down=took.downtime,
        costs=costs(watch, (incident,)),
        postmortem=duty if after.required or after.done else "not required",
        postmortem_at=after.done.at if after.done else after.due,
    )


def title_of(watch: Watch, service: str) -> str:
    """How a service is called; its key where the configuration has it no more."""
    known = watch.plan.services.get(service)
    return known.title if known else service


def costs(watch: Watch, incidents: Sequence[Incident]) -> tuple[Money, ...]:
    """What incidents cost, each by itself, by currency; nothing where it is nothing."""
    found: dict[str, Fraction] = {}
    for each in incidents:
        for currency, amount in watch.costs(each).items():
            found[currency] = found.get(currency, Fraction(0)) + amount
    return tuple(Money(found[code], code) for code in sorted(found) if found[code])


def breakdown(watch: Watch, incidents: Sequence[Incident]) -> Iterator[BreakdownRow]:
    """By severity in the order of the rules, and by service, team and cause, the most incidents first."""
    ranks = [each.id for each in watch.plan.incidents.severities]
    for by in BYS:
        found: dict[str, list[Incident]] = {}
        for each in incidents:
            found.setdefault(_key(watch, each, by), []).append(each)

        def place(key: str, by: By = by, of: dict[str, list[Incident]] = found) -> tuple[int, str]:
            ranked = by == "severity" and key in ranks
            return (ranks.index(key) if ranked else len(ranks) - len(of[key]), key)

        for key in sorted(found, key=place):
            yield _row(watch, by, key, found[key])


def _key(watch: Watch, incident: Incident, by: By) -> str:
    known = {
        "severity": incident.severity,
        "service": title_of(watch, incident.service),
        "team": incident.team,
        "cause": incident.cause,
    }
    return known[by]


def _row(watch: Watch, by: By, key: str, incidents: Sequence[Incident]) -> BreakdownRow:
    told = response(incidents)
    return BreakdownRow(
        by, key, told.count, told.false_alarms, told.downtime, told.mtta, told.mttr, costs(watch, incidents)
    )


def hours(incidents: Sequence[Incident], zone: str) -> tuple[Hour, ...]:
    """How many began in each hour of the week; hours without any are left out."""
    began = (local(each.began.at, zone) for each in incidents)
    found = Counter(here.weekday() * 24 + here.hour for here in began)
    return tuple(Hour(hour, found[hour]) for hour in sorted(found))


def overdue(incidents: Sequence[Incident], now: Ms) -> Iterator[Overdue]:
    """Postmortems and follow-ups whose day is over, the oldest first."""
    found = []
    for each in incidents:
        due = each.postmortem.due
        if each.postmortem.overdue(now) and due is not None and not each.false_alarm:
            found.append(Overdue(each.name, "postmortem", each.title, each.owner or each.team, due))
        for todo in each.follow_ups:
            if todo.overdue(now) and todo.due is not None:
                owner = todo.owner or each.owner or each.team
                found.append(Overdue(each.name, "follow-up", todo.text, owner, todo.due))
    return iter(sorted(found, key=lambda each: (each.due_at, each.incident, each.what)))

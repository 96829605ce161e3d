"""PURE. How severe an incident is: by hand, or else by the first severity of which a condition holds."""

from __future__ import annotations

from collections.abc import Callable

from monitor.core.intervals import Ms, total
from monitor.operations.incident import Incident, Postmortem
from monitor.operations.rules import Condition, IncidentRules, MoneyBound
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is at stake: how many customers have agreements on a service at an instant, and whether an
    incident costs so much in credits. Each is asked for only where a rule needs it."""

    customers: Callable[[str, Ms], int]
    reaches: Callable[[Incident, MoneyBound], bool]


def graded(incident: Incident, rules: IncidentRules, stakes: Stakes, now: Ms) -> Incident:
    """With its severity, by hand or by the rule, and with what that asks for afterwards."""
    severity = incident.graded.value if incident.graded else _by_rule(incident, rules, stakes, now)
    known = rules.severity(severity)
    length = known.postmortem if known is not None else None
    asked = length is not None and not incident.false_alarm
    required = asked if incident.needed is None else incident.needed
    if not required and not incident.postmortem.required:
        return incident.with_severity(severity, incident.postmortem)
    due = incident.postmortem.due
    if due is None and required and length is not None and incident.resolved is not None:
        due = incident.resolved.at + length
    kept = incident.postmortem
    asked_for = Postmortem(required, due, kept.link, kept.text, kept.done)
    return incident.with_severity(severity, asked_for)


def _by_rule(incident: Incident, rules: IncidentRules, stakes: Stakes, now: Ms) -> str:
    lasted, served = lasting(incident, now), None
    for severity in rules.severities[:-1]:
        for each in severity.when:
            if not _may_hold(each, incident, lasted):
                continue
            if each.customers is not None:
                if served is None:
                    served = stakes.customers(incident.service, incident.began.at)
                if not each.customers.holds(served):
                    continue
            if each.money is None or stakes.reaches(incident, each.money):
                return severity.id
    return rules.severities[-1].id


def _may_hold(condition: Condition, incident: Incident, lasted: Ms) -> bool:
    """Whether what needs no question holds: what costs most to know is asked last."""
    if condition.services and incident.service not in condition.services:
        return False
    return condition.lasting is None or condition.lasting.holds(lasted)


def lasting(incident: Incident, now: Ms) -> Ms:
    """How long it lasted so far, in ms: its downtime; where nothing was seen down, until it was mitigated."""
    if incident.outages:
        return sum(total(each.down) for each in incident.outages)
    if incident.false_alarm or incident.unwatched:
        return 0
    end = incident.mitigated or incident.resolved
    return max((now if end is None else end.at) - incident.began.at, 0)

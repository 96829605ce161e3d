"""Step three, what is internal of incidents: the rules that the team goes by."""

from __future__ import annotations

from monitor.config.check import Checked
from monitor.config.incident_tables import IncidentsTable, SeverityTable
from monitor.config.probing import dangling
from monitor.config.problems import Where
from monitor.operations.rules import USUAL, Condition, IncidentRules, Severity


def incident_rules(checked: Checked) -> IncidentRules:
    """What `[incidents]` says, or the usual."""
    table = checked.single(IncidentsTable)
    if table is None:
        return IncidentRules()
    for service in table.teams:
        checked.faults.extend(dangling(("incidents", "teams", service), service, "service", checked))
    own = tuple(_severity(name, each, checked) for name, each in table.severity.items())
    teams = {**table.teams, **({"": table.team} if table.team else {})}
    return IncidentRules(table.joined, table.resolved, tuple(table.causes), own or USUAL, teams)


def _severity(name: str, table: SeverityTable, checked: Checked) -> Severity:
    conditions = []
    for place, each in enumerate(table.when):
        where: Where = ("incidents", "severity", name, "when", place, "services")
        for number, service in enumerate(each.services):
            checked.faults.extend(dangling((*where, number), service, "service", checked))
        conditions.append(Condition(tuple(each.services), each.customers, each.lasting, each.money))
    return Severity(name, tuple(conditions), table.postmortem)

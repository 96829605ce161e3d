"""`makegood incident`: what the team does about an outage, or about what none shows. Internal, all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import InOrder, commands
from monitor.cli.layout import show, show_json, talk
from monitor.cli.looking_back import looked_through, since_option, until_option
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan

STATES = ("open", "acknowledged", "mitigated", "resolved", "withdrawn", "unknown")
OVER = {"resolved", "withdrawn", "unknown"}
PLACES = {
    "list": "incident.list_",
    "show": "incident.show_",
    "open": "incident_record.open_",
    "ack": "incident_record.ack",
    "mitigate": "incident_record.mitigate",
    "resolve": "incident_record.resolve",
    "reopen": "incident_record.reopen",
    "correct": "incident_record.correct",
    "assign": "incident_more.assign",
    "severity": "incident_more.severity",
    "cause": "incident_more.cause",
    "note": "incident_more.note",
    "follow-up": "incident_more.follow_up",
    "postmortem": "incident_more.postmortem",
}


@click.group(cls=InOrder, commands=commands(**PLACES))
def incident() -> None:
    """Incidents: who took them up, what was done, how long it took."""


@click.command(name="list")
@since_option("30 days")
@until_option
@click.option("--service", "services", metavar="ID", multiple=True, help="This service; may be repeated.")
@click.option("--severity", "severities", metavar="NAME", multiple=True, help="This one; may be repeated.")
@click.option("--team", metavar="NAME", help="Those of this team alone.")
@click.option(
    "--state", "states", type=click.Choice(STATES), multiple=True, help="In this state; may be repeated."
)
@click.option("--open", "open_", is_flag=True, help="Those alone that are not over.")
@as_json
@at_desk
def list_(
    desk: Desk,
    begin: str,
    end: str | None,
    services: tuple[str, ...],
    severities: tuple[str, ...],
    team: str | None,
    states: tuple[str, ...],
    open_: bool,
    json_: bool,
) -> None:
    """Every incident that went on in a time, oldest first.

    A confirmed outage opens one, and outages close in time are one. x is down
    now, ! waits for somebody: to be resolved, or for what is overdue. ACK is how
    long it took until somebody acknowledged it, TOOK until it was over.
    """
    from monitor.cli.incident_told import as_data, lines, summary
    from monitor.oncall.incidents import Watch
    from monitor.operations.figures import response
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        _must_be_known(plan, services, severities)
        now, zone = desk.clock.now(), zone_of(plan)
        span = looked_through(begin, end, zone, now)
        every = Watch(plan, snapshot, now).incidents(span, services or None)
    wanted = {*(states or STATES)} - (OVER if open_ else set())
    found = [
        each
        for each in every
        if (not severities or each.severity in severities)
        and (team is None or each.team == team)
        and each.state in wanted
    ]
    if json_:
        show_json([as_data(each) for each in found])
    elif found:
        show(lines(found, zone, now))
        for line in summary(response(found), zone):
            talk(line)
    else:
        show(["No incident."])


def _must_be_known(plan: Plan, services: Sequence[str], severities: Sequence[str]) -> None:
    from monitor.config.values import meant

    known = [each.id for each in plan.incidents.severities]
    for option, asked, there in (
        ("--service", services, list(plan.services)),
        ("--severity", severities, known),
    ):
        for name in asked:
            if name not in there:
                near = meant(name, there)
                hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(there)}"
                raise ConfigError(f'{option}: there is no {option[2:]} "{name}"; {hint}')


@click.command(name="show")
@click.argument("name", metavar="INCIDENT")
@as_json
@at_desk
def show_(desk: Desk, name: str, json_: bool) -> None:
    """One incident: its course, what it cost, what is to be done.

    INCIDENT is its name in the list, or that of any outage in it.
    """
    from monitor.cli.alerts_told import as_muted, muted_for
    from monitor.cli.incident_told import as_data, page
    from monitor.core.intervals import Span
    from monitor.oncall.incidents import Watch
    from monitor.operations.mutes import KINDS, all_mutes
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        watch = Watch(plan, snapshot, now)
        found = watch.find(name)
        customers, costs = watch.served(found), watch.costs(found)
        went_on = Span(found.began.at, max(found.began.at, found.last if found.resolved else now) + 1)
        silent = [
            each for each in all_mutes(snapshot.events(kinds=KINDS)) if each.holds(found.service, went_on)
        ]
    if json_:
        show_json(as_data(found, customers, costs) | {"muted": [as_muted(each) for each in silent]})
    else:
        show(page(found, plan.incidents, zone_of(plan), now, customers, costs))
        show([muted_for(each, zone_of(plan), now) for each in silent])

"""`makegood outages`: what was down, from when to when, and how exactly that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, spoken, table, talk, utc
from monitor.cli.looking_back import looked_through, since_option
from monitor.core.intervals import Ms, Span, total
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.timeline import Outage
    from monitor.statements.relabels import Label
    from monitor.store.protocol import Snapshot

LATELY = "30 days"
HEAD = ("OUTAGE", "FROM", "TO", "DOWN", "REASON", "START WITHIN", "END WITHIN")


@click.command()
@click.argument("names", metavar="[SERVICE]...", nargs=-1)
@click.option("--service", metavar="ID", help="This service alone.")
@since_option(LATELY)
@click.option("--resources", is_flag=True, help="Those of each resource too, where a service names some.")
@as_json
@at_desk
def outages(
    desk: Desk, names: tuple[str, ...], service: str | None, begin: str, resources: bool, json_: bool
) -> None:
    """Every outage, oldest first, with its sampling error.

    Of all services, or of some.
    Its name is what `makegood outage` takes. Maintenance is not taken off here:
    what an agreement makes of an outage is `explain`'s answer.
    """
    from monitor.statements.status import outages as look
    from monitor.statements.status import outages_of_resources, zone_of

    with desk.evidence() as (plan, snapshot):
        now, zone = desk.clock.now(), zone_of(plan)
        span = looked_through(begin, None, zone, now)
        services = _services(plan, names, service)
        found = [(id, "", outage) for id in services for outage in look(plan, snapshot, id, span)]
        if resources:
            found += [
                (id, name, outage)
                for id in services
                for name, outage in outages_of_resources(plan, snapshot, id, span)
            ]
        alarms = false_alarms(snapshot, services, span)
    found.sort(key=_start)
    if json_:
        show_json([as_data(*row) for row in found])
        return
    if found:
        show(lines([(named(*row), row[2]) for row in found], zone))
        if begin == LATELY:
            talk(f"Since {_day(span.start, zone)}; --since reaches further back.")
    else:
        show([f"No outage since {_day(span.start, zone)}."])
    for label in alarms:
        talk(f"{label.subject} was a false alarm (entry {label.seq}, approved by {label.approved_by}).")


def false_alarms(snapshot: Snapshot, services: Sequence[str], span: Span) -> list[Label]:
    """The outages of a span that were none, as two people say: they are up, and on no list."""
    from monitor.statements.relabels import KINDS, labels

    said = labels(snapshot.events(kinds=KINDS)).values()
    found = (each for each in said if each.is_false_alarm and each.approved_by)
    return [each for each in found if each.service in services and each.began in span]


def _services(plan: Plan, names: Sequence[str], option: str | None) -> list[str]:
    asked = dict.fromkeys(names) if option is None else {**dict.fromkeys(names), option: None}
    wrong = [name for name in asked if name not in plan.services]
    if wrong:
        known = ", ".join(plan.services)
        place = {name: "" if name in names else "--service: " for name in wrong}
        said = (f'{place[name]}there is no service "{name}"; write one of: {known}' for name in wrong)
        raise ConfigError("\n".join(said))
    return list(asked) or list(plan.services)


def _start(row: tuple[str, str, Outage]) -> tuple[Ms, str, str]:
    return row[2].first_bad, *row[:2]


def named(service: str, resource: str, outage: Outage) -> str:
    """The name of an outage, as commands take it."""
    return "/".join(part for part in (service, resource, outage.id) if part)


def _day(at: Ms, zone: str) -> str:
    from reports.format import PLAIN, moment

    return moment(at, zone, PLAIN)


def lines(rows: Sequence[tuple[str, Outage]], zone: str) -> list[str]:
    """The table for a person: (name, outage)."""
    return table(HEAD, [_cells(name, outage, zone) for name, outage in rows], right={3, 5, 6})


def _cells(name: str, outage: Outage, zone: str) -> tuple[str, ...]:
    from reports.format import PLAIN, duration, end_of, instant

    return (
        name,
        instant(outage.span.start, zone, PLAIN),
        "goes on" if outage.open else end_of(outage.span, zone, PLAIN),
        duration(total(outage.down), PLAIN),
        spoken(outage.reason),
        _known(outage.last_good, outage.first_bad),
        "-" if outage.open else _known(outage.last_bad, outage.first_good),
    )


def _known(before: Ms | None, after: Ms | None) -> str:
    from reports.format import PLAIN, duration

    return "not known" if before is None or after is None else duration(after - before, PLAIN)


def as_data(service: str, resource: str, outage: Outage) -> dict[str, object]:
    """The same for a program, with all four instants."""
    return {
        "name": named(service, resource, outage),
        "id": outage.id,
        "service": service,
        "resource": resource or None,
        "start": utc(outage.span.start),
        "end": None if outage.open else utc(outage.span.end),
        "open": outage.open,
        "down_ms": total(outage.down),
        "reason": str(outage.reason),
        "last_good": utc(outage.last_good),
        "first_bad": utc(outage.first_bad),
        "last_bad": utc(outage.last_bad),
        "first_good": utc(outage.first_good),
    }

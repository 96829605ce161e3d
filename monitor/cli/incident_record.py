"""`makegood incident`: what happened and when. Each is an entry of the journal, and none is ever changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk
from monitor.core.intervals import Ms

if TYPE_CHECKING:
    from monitor.operations.incident import Incident, What
    from monitor.store.protocol import NewEvent

Entry = Callable[["Incident", str, Ms], "NewEvent | Sequence[NewEvent]"]
"""What is to be recorded of an incident by an author at an instant, all of it or nothing."""

name_argument = click.argument("name", metavar="INCIDENT")
at_option = click.option(
    "--at", "when", metavar="INSTANT", help='When it happened: "2026-11-21T02:00+01:00" [default: now].'
)
reason_option = click.option("--reason", default="", help="Why: it is kept in the journal.")
why_option = click.option("--reason", required=True, help="Why: it is kept in the journal.")
MOMENTS = ("began", "detected", "acknowledged", "mitigated", "resolved", "reopened")


def record(desk: Desk, name: str, entry: Entry, *, json_: bool, done: str, at: Ms | None = None) -> None:
    """Record what `entry` makes of the incident as it stands; `done` says it to a person, and `at` when."""
    from monitor.cli.incident_told import as_data
    from monitor.oncall.incidents import Watch
    from monitor.people import author
    from monitor.statements.status import zone_of
    from reports.format import PLAIN
    from reports.format import instant as face

    plan, now = desk.plan(), desk.clock.now()
    store = desk.store(plan)
    head = store.changed(0)
    with store.snapshot() as snapshot:
        found = Watch(plan, snapshot, now).find(name)
    made = entry(found, author(), now)
    number = store.journal.append(made if isinstance(made, Sequence) else [made], expect=head)
    with store.snapshot() as snapshot:
        after = Watch(plan, snapshot, now).find(found.name)
    if json_:
        show_json({**as_data(after), "entry": number})
        return
    show([after.name])
    when = "" if at is None else f": {face(at, zone_of(plan), PLAIN, exact=True)}"
    talk(f"{done}{when} (entry {number}). It is {after.state}, {after.severity}.")


def instant(desk: Desk, when: str | None, option: str = "--at") -> Ms:
    """The instant that is meant, now where none is said."""
    from monitor.cli.when import at_instant

    return desk.clock.now() if when is None else at_instant(when, option)


@click.command(name="open")
@click.argument("service")
@click.option("--title", required=True, help="What is wrong, for the team.")
@click.option("--began", "start", metavar="INSTANT", help="When it began [default: now].")
@click.option("--detected", "seen", metavar="INSTANT", help="When it was noticed [default: now].")
@as_json
@at_desk
def open_(desk: Desk, service: str, title: str, start: str | None, seen: str | None, json_: bool) -> None:
    """Open an incident by hand, where no outage shows it.

    Outages of SERVICE that begin close to it become part of it. It is over when
    somebody resolves it.
    """
    from monitor.cli.incident_told import as_data
    from monitor.cli.maintenance import check_services
    from monitor.oncall.incidents import Watch
    from monitor.operations import entries
    from monitor.people import author

    plan = desk.plan()
    check_services(plan, (service,))
    began, detected = instant(desk, start, "--began"), instant(desk, seen, "--detected")
    now = desk.clock.now()
    store = desk.store(plan)
    head = store.changed(0)
    with store.snapshot() as snapshot:
        near = Watch(plan, snapshot, now).near(service, began)
    event = entries.opened(service, began, detected, title, author(), now, near)
    number = store.journal.append([event], expect=head)
    if json_:
        with store.snapshot() as snapshot:
            show_json({**as_data(Watch(plan, snapshot, now).find(event.subject)), "entry": number})
        return
    show([event.subject])
    talk(f"Opened (entry {number}).")


@click.command()
@name_argument
@at_option
@reason_option
@as_json
@at_desk
def ack(desk: Desk, name: str, when: str | None, reason: str, json_: bool) -> None:
    """You have taken it up; alerts about it go no further."""
    from monitor.operations.entries import acknowledged

    at = instant(desk, when)
    record(
        desk, name, lambda i, who, now: acknowledged(i, at, who, now, reason), json_=json_,
        done="Acknowledged", at=at,
    )  # fmt: skip


@click.command()
@name_argument
@at_option
@reason_option
@as_json
@at_desk
def mitigate(desk: Desk, name: str, when: str | None, reason: str, json_: bool) -> None:
    """Customers feel it no more, though it is not over.

    Where nobody says so, recovery from its last outage does.
    """
    from monitor.operations.entries import mitigated

    at = instant(desk, when)
    record(
        desk, name, lambda i, who, now: mitigated(i, at, who, now, reason), json_=json_,
        done="Mitigated", at=at,
    )  # fmt: skip


@click.command()
@name_argument
@at_option
@click.option("--false-alarm", is_flag=True, help="Nothing was wrong; it needs a reason.")
@reason_option
@as_json
@at_desk
def resolve(desk: Desk, name: str, when: str | None, false_alarm: bool, reason: str, json_: bool) -> None:
    """It is over.

    --false-alarm leaves it out of every mean, and changes no evidence: that the
    service was up is said of the outage, by `makegood outage relabel`.
    """
    from monitor.operations.entries import resolved

    at = instant(desk, when)
    record(
        desk, name, lambda i, who, now: resolved(i, at, who, now, reason, false_alarm=false_alarm),
        json_=json_, done="Resolved", at=at,
    )  # fmt: skip


@click.command()
@name_argument
@at_option
@why_option
@as_json
@at_desk
def reopen(desk: Desk, name: str, when: str | None, reason: str, json_: bool) -> None:
    """It is not over after all."""
    from monitor.operations.entries import reopened

    at = instant(desk, when)
    record(
        desk, name, lambda i, who, now: reopened(i, at, who, now, reason), json_=json_,
        done="Reopened", at=at,
    )  # fmt: skip


@click.command()
@name_argument
@click.argument("what", type=click.Choice(MOMENTS))
@click.option("--to", "when", metavar="INSTANT", required=True, help="When it really happened.")
@why_option
@as_json
@at_desk
def correct(desk: Desk, name: str, what: What, when: str, reason: str, json_: bool) -> None:
    """Correct a time; what was recorded stays in the journal.

    Of what happened more than once, such as `reopened`, the last is meant. Times
    that the evidence gives can be corrected too, for the team's figures alone:
    no availability changes. Where our incidents are tickets, promised times do.
    """
    from monitor.operations.entries import corrected

    to = instant(desk, when, "--to")
    record(
        desk, name, lambda i, who, now: corrected(i, what, to, who, now, reason), json_=json_,
        done=f"Corrected {what}", at=to,
    )  # fmt: skip

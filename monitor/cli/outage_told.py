"""`makegood outage report`: when an outage was reported, and when its ticket was closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, talk, utc
from monitor.cli.outage import find
from monitor.cli.recording import dry_run_option, record, yes_option
from monitor.core.intervals import Ms, Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.timeline import Outage
    from monitor.statements.reported import Report
    from monitor.statements.value import Told
    from monitor.store.protocol import Store


@click.command(name="report")
@click.argument("name", metavar="SERVICE/OUTAGE")
@click.option(
    "--reported", metavar="INSTANT", help='With its offset: "2026-10-06T14:20+02:00".', default=None
)
@click.option("--detected", metavar="INSTANT", help="When the provider noticed it.", default=None)
@click.option("--ticket", metavar="REF", help="The ticket's number; it is on the statement.", default=None)
@click.option("--ticket-closed", metavar="INSTANT", help="When the ticket was closed.", default=None)
@click.option("--customer", metavar="ID", help="As this customer reported it [default: for all].")
@click.option("--never", is_flag=True, help="Nobody reported or detected it, and it has no ticket.")
@click.option("--reason", default="", help="Who told: it is kept in the journal.")
@click.option(
    "--evidence", default="", metavar="FILE|URL", help="What shows it; of a file the digest is kept."
)
@dry_run_option
@yes_option
@as_json
@at_desk
def report(
    desk: Desk,
    name: str,
    reported: str | None,
    detected: str | None,
    ticket: str | None,
    ticket_closed: str | None,
    customer: str | None,
    never: bool,
    reason: str,
    evidence: str,
    dry_run: bool,
    yes: bool,
    json_: bool,
) -> None:
    """Say when an outage was reported, and when its ticket was closed.

    It counts under agreements whose clock asks: outage = { starts = "reported" }
    or "detected", or ends = "ticket closed". What was said before and is not
    said anew stays. Until all is told, their period has no figure.
    """
    from monitor.cli.attached import attached
    from monitor.people import author
    from monitor.statements.reported import told

    plan = desk.plan()
    store = desk.store(plan)
    head = store.changed(0)
    service, resource, found = find(desk, plan, store, name)
    whose = of_whom(plan, customer, service)
    if never and found.open:
        raise ConfigError("--never: the outage goes on, and may still be reported; say it when it is over")
    said = replace(
        _so_far(store, name, whose, (service, resource, found), never=never),
        reason=reason,
        evidence=attached(evidence),
        author=author(),
        recorded=desk.clock.now(),
        never=never,
    )
    said = _with(said, reported, detected, ticket, ticket_closed)
    try:
        event = told(said)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None
    end = max(found.span.end, said.closed or found.span.end)
    done = record(
        desk, plan, store, [event], [service], Span(found.span.start, end), head,
        dry_run=dry_run, yes=yes, json_=json_, quiet=False, outage=event.subject, **as_data(said),
    )  # fmt: skip
    if done is not None and not json_:
        show([event.subject])
        _afterwards(plan, said, found, done)


def _so_far(store: Store, name: str, customer: str, where: tuple[str, str, Outage], *, never: bool) -> Report:
    """What was said before, to be said again with what is new."""
    from monitor.statements.reported import KINDS, Report, reports

    with store.snapshot() as snapshot:
        before = reports(snapshot.events(kinds=KINDS)).get((name, customer))
    if before is not None and not never and not before.never:
        return before
    service, resource, found = where
    return Report(
        0, service, resource, found.id, customer, found.first_bad, None, None, None, "", never, "", "", "", 0
    )  # fmt: skip


def of_whom(plan: Plan, customer: str | None, service: str, option: str = "--customer") -> str:
    """A customer who has an agreement on a service; "" for all; ConfigError for one who has none."""
    known = [a.customer for a in plan.agreements.values() if a.service == service and a.kind == "customer"]
    if customer is None or customer in known:
        return customer or ""
    there = ", ".join(dict.fromkeys(known)) or "nobody has"
    raise ConfigError(f'{option}: "{customer}" has no agreement on service {service}; write one of: {there}')


def _with(
    said: Report, reported: str | None, detected: str | None, ticket: str | None, closed: str | None
) -> Report:
    from monitor.cli.when import at_instant

    new: dict[str, Ms | str] = {}
    for key, option, text in (
        ("reported", "--reported", reported),
        ("detected", "--detected", detected),
        ("closed", "--ticket-closed", closed),
    ):
        if text is not None:
            new[key] = at_instant(text, option)
    if ticket is not None:
        new["ticket"] = ticket.strip()
    return replace(said, **new)  # type: ignore[arg-type]


def _afterwards(plan: Plan, said: Report, found: Outage, entry: int) -> None:
    """What it means for the agreements on the service."""
    from monitor.statements.reported import asked

    mine = [
        a for a in plan.agreements.values() if a.service == said.service and said.customer in ("", a.customer)
    ]
    clocks = {
        a.id: {each for t in a.terms for _, p in t.terms.promises for each in asked(p.outage)} for a in mine
    }
    if not any(clocks.values()):
        talk(f"No agreement on {said.service} counts from a report or to a ticket: it changes nothing.")
    elif waiting := [a.id for a in mine if a.second_person and clocks[a.id]]:
        talk(f"Under {', '.join(waiting)} it counts once somebody else approves it: makegood approve {entry}")
    if said.closed is None and not said.never and any("closed" in each for each in clocks.values()):
        talk("Its period has no figure until --ticket-closed tells when its ticket was closed.")
    if said.reported is not None and said.reported < found.first_bad:
        talk("It was reported before its first failed check: it counts from that check on.")


def as_data(said: Report) -> dict[str, object]:
    """What is said, for a program."""
    return {
        "customer": said.customer or None,
        "reported": utc(said.reported),
        "detected": utc(said.detected),
        "ticket": said.ticket or None,
        "ticket_closed": utc(said.closed),
        "never": said.never,
    }


def report_data(report: Report) -> dict[str, object]:
    """A recorded report for a program."""
    return {
        "entry": report.seq,
        **as_data(report),
        "reason": report.reason,
        "evidence": report.evidence or None,
        "author": report.author,
        "recorded": utc(report.recorded),
        "approved_by": report.approved_by or None,
    }


def spoken_report(report: Report, zone: str) -> str:
    """A recorded report in a line."""
    told = spoken_times(report, zone)
    told = f"{report.customer}: {told}" if report.customer else told
    by = f", approved by {report.approved_by}" if report.approved_by else ""
    return f"Told: {told} (entry {report.seq}, by {report.author}{by})."


def spoken_times(told: Report | Told, zone: str) -> str:
    """What was told of an outage, in a few words."""
    from reports.format import PLAIN, clean, instant

    said = [
        f"{name} {instant(at, zone, PLAIN)}"
        for name, at in (("reported", told.reported), ("detected", told.detected))
        if at is not None
    ]
    if told.ticket or told.closed is not None:
        said.append(" ".join(part for part in ("ticket", clean(told.ticket)) if part))
    if told.closed is not None:
        said[-1] += f" closed {instant(told.closed, zone, PLAIN)}"
    return ", ".join(said) or "never reported"

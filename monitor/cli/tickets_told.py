"""`makegood tickets`: list and show what was told, and mark what does not count."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.looking_back import looked_through, since_option, until_option
from monitor.core.ticket_course import goes_on
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.core.tickets import Ticket
    from monitor.store.ticket_protocol import Batch, KeptTicket

HEAD = ("TICKET", "PRIORITY", "CUSTOMER", "SERVICE", "CREATED", "LAST", "")
name_argument = click.argument("name", metavar="TICKET")
reason_option = click.option("--reason", required=True, help="Why: it is kept in the journal.")


@click.command(name="list")
@since_option("30 days")
@until_option
@click.option("--customer", "customers", metavar="ID", multiple=True, help="Of this one; may be repeated.")
@click.option("--service", "services", metavar="ID", multiple=True, help="Of this one; may be repeated.")
@click.option("--source", metavar="NAME", help="Those of this system alone.")
@click.option("--open", "open_", is_flag=True, help="Those alone that go on, whenever they began.")
@click.option("--unplaced", is_flag=True, help="Those alone that count nowhere, and why.")
@click.option("--limit", type=click.IntRange(1), default=1_000, show_default=True, help="At most so many.")
@as_json
@at_desk
def list_(
    desk: Desk,
    begin: str,
    end: str | None,
    customers: tuple[str, ...],
    services: tuple[str, ...],
    source: str | None,
    open_: bool,
    unplaced: bool,
    limit: int,
    json_: bool,
) -> None:
    """Every ticket that went on in a time, by when it began.

    x is one that is marked as deleted, + one that goes on.
    """
    from monitor.statements.status import zone_of
    from monitor.statements.ticketed import Places
    from monitor.statements.ticketed import unplaced as nobodys

    with desk.evidence() as (plan, snapshot):
        zone, now = zone_of(plan), desk.clock.now()
        span = looked_through(begin, end, zone, now)
        every = snapshot.tickets(
            None if open_ else span,
            customers=customers or None,
            services=services or None,
            source=source,
            still_open=open_,
        )
        pairs = nobodys(Places(plan), every) if unplaced else ((each, "") for each in every)
        kept = list(islice(pairs, limit))
        more = next(pairs, None) is not None
    found = [ticket for ticket, _ in kept]
    if json_:
        show_json([{**as_data(each), **({"why": why} if unplaced else {})} for each, why in kept])
    elif unplaced and found:
        show(table(("TICKET", "WHY IT COUNTS NOWHERE"), [(each.id, why) for each, why in kept]))
    elif found:
        show(_lines(found, zone))
    else:
        show(["No ticket."])
    if more:
        talk(f"There are more than {limit:,}: --limit shows more, --since or --customer fewer.")


def _lines(found: Sequence[Ticket], zone: str) -> list[str]:
    from reports.format import PLAIN
    from reports.format import instant as face

    rows = [
        (
            each.id,
            each.priority,
            each.customer,
            each.service,
            face(each.events[0].at, zone, PLAIN),
            each.events[-1].kind,
            "x" if each.deleted else "+" if goes_on(each.events) else "",
        )
        for each in found
    ]
    return table(HEAD, rows)


def as_data(ticket: Ticket) -> dict[str, object]:
    """A ticket for a program."""
    return {
        "id": ticket.id,
        "source": ticket.columns.get("source", ""),
        "priority": ticket.priority,
        "segment": ticket.segment,
        "channel": ticket.channel,
        "service": ticket.service,
        "customer": ticket.customer,
        "resource": ticket.resource,
        "columns": {name: text for name, text in ticket.columns.items() if name != "source"},
        "open": goes_on(ticket.events),
        "deleted": ticket.deleted,
        "events": [
            {"at": utc(each.at), "kind": each.kind, "value": each.value, "by": each.by}
            for each in ticket.events
        ],
    }


@click.command(name="show")
@name_argument
@as_json
@at_desk
def show_(desk: Desk, name: str, json_: bool) -> None:
    """One ticket: what happened to it, who told it, what it was before.

    TICKET is its id; `source:id` where several systems have that one.
    """
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        found = snapshot.ticket(name)
    if not found:
        raise _none(name)
    if json_:
        show_json([_version(each) for each in found])
    else:
        show(_page(found, zone_of(plan)))


def _version(each: KeptTicket) -> dict[str, object]:
    return {
        **as_data(each.ticket),
        "told": _batch(each.batch),
        "until": None if each.until is None else _batch(each.until),
    }


def _batch(batch: Batch) -> dict[str, object]:
    return {
        "batch": batch.seq, "at": utc(batch.at), "kind": batch.kind, "author": batch.author,
        "name": batch.name, "digest": batch.once, "reason": batch.reason,
    }  # fmt: skip


def _page(found: Sequence[KeptTicket], zone: str) -> Iterator[str]:
    for number, each in enumerate(found):
        if number:
            yield ""
        yield _head(each.source, each.ticket) if each.until is None else f"Before {_said(each.until, zone)}:"
        yield from _about(each.ticket, zone)
        yield f"  told by {_said(each.batch, zone)}"


def _head(source: str, ticket: Ticket) -> str:
    return f"{source}:{ticket.id}{', marked as deleted' if ticket.deleted else ''}"


def _about(ticket: Ticket, zone: str) -> Iterator[str]:
    """What is told of it, and what happened."""
    from reports.format import PLAIN
    from reports.format import instant as face

    told = ("priority", "segment", "channel", "service", "customer", "resource")
    pairs = [(name, getattr(ticket, name)) for name in told] + sorted(ticket.columns.items())
    yield from (f"  {name:<10} {text}" for name, text in pairs if text and name != "source")
    rows = [
        (f"  {face(event.at, zone, PLAIN, exact=True)}", event.kind, event.value, event.by)
        for event in ticket.events
    ]
    yield from table(("  WHEN", "WHAT", "VALUE", "BY"), rows)


def _said(batch: Batch, zone: str) -> str:
    from reports.format import PLAIN
    from reports.format import instant as face

    what = "hand" if batch.kind == "hand" else f"the {batch.kind} {batch.name}"
    reason = f": {batch.reason}" if batch.reason else ""
    return f"{what}, {face(batch.at, zone, PLAIN, exact=True)}, {batch.author}{reason}"


@click.command()
@name_argument
@reason_option
@as_json
@at_desk
def delete(desk: Desk, name: str, reason: str, json_: bool) -> None:
    """Mark a ticket as deleted: it counts nowhere, and is kept.

    It stays so whatever a later file tells of it.
    """
    _mark(desk, name, reason, deleted=True, json_=json_)


@click.command()
@name_argument
@reason_option
@as_json
@at_desk
def undelete(desk: Desk, name: str, reason: str, json_: bool) -> None:
    """Let a ticket count again that was marked as deleted."""
    _mark(desk, name, reason, deleted=False, json_=json_)


def _mark(desk: Desk, name: str, reason: str, *, deleted: bool, json_: bool) -> None:
    from monitor.people import author
    from monitor.store.ticket_protocol import NewBatch

    if not reason.strip():
        raise ConfigError("--reason: say why, in a few words")
    plan = desk.plan()
    store = desk.store(plan)
    with store.snapshot() as snapshot:
        found = [each for each in snapshot.ticket(name) if each.until is None]
    if not found:
        raise _none(name)
    if len(found) > 1:
        named = ", ".join(f"{each.source}:{each.ticket.id}" for each in found)
        raise ConfigError(f"several systems have a ticket {name}; write one of: {named}")
    source, id_ = found[0].source, found[0].ticket.id
    batch = NewBatch(desk.clock.now(), "hand", source, author(), "", "", reason)
    changed = store.tickets.mark(source, id_, batch, deleted=deleted)
    if json_:
        show_json({"source": source, "id": id_, "deleted": deleted, "changed": changed})
        return
    show([f"{source}:{id_}"])
    done = "Marked as deleted." if deleted else "It counts again."
    talk(done if changed else "It is so already.")


def _none(name: str) -> ConfigError:
    return ConfigError(f"there is no ticket {name[:80]}; `makegood tickets list` shows those of a time")

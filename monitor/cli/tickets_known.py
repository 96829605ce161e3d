"""`makegood tickets`: how far each system is known, and that it is known further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.when import since
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.store.protocol import Snapshot

HEAD = ("SYSTEM", "KNOWN UNTIL", "")


@click.command()
@as_json
@at_desk
def sources(desk: Desk, json_: bool) -> None:
    """How far the tickets of each system are known.

    A file is known to its newest event, or as far as `complete` said; what is
    delivered by webhook is known up to now. A period is settled once every
    system is known to its end.
    """
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        known, zone = _known(plan, snapshot, desk.clock.now()), zone_of(plan)
    if json_:
        show_json(
            [
                {"source": name, "known_until": utc(at), "delivered": name in plan.live_tickets}
                for name, at in sorted(known.items())
            ]
        )
    elif known:
        told = [
            (n, _face(at, zone), "delivered" if n in plan.live_tickets else "") for n, at in known.items()
        ]
        show(table(HEAD, sorted(told)))
    else:
        show(["No system has told of tickets yet."])


@click.command()
@click.argument("source", metavar="SYSTEM")
@click.option(
    "--until",
    "text",
    required=True,
    metavar="TIME",
    help="A day (its beginning), or an instant.",
)
@click.option("--reason", default="", help="How you know, for the journal.")
@as_json
@at_desk
def complete(desk: Desk, source: str, text: str, reason: str, json_: bool) -> None:
    """Say that all tickets of a system are known up to a time.

    A quiet end of a month has no event that shows it. Of a system that is given
    up say a day far ahead.
    """
    from monitor.people import author
    from monitor.statements import ticketed
    from monitor.statements.status import zone_of

    plan, now = desk.plan(), desk.clock.now()
    zone = zone_of(plan)
    until = since(text, zone, now, "--until")
    store = desk.store(plan)
    with store.snapshot() as snapshot:
        known = _known(plan, snapshot, now)
    if source not in known:
        named = ", ".join(sorted(known)) or "none has told of tickets yet"
        raise ConfigError(f'no system "{source}" has told of tickets: {named}')
    if source in plan.live_tickets:
        raise ConfigError(f"{source} delivers its tickets: it is known up to now, whatever is said")
    changed = until > known[source]
    if changed:
        store.journal.append([ticketed.complete(source, until, author(), now, reason)])
    if json_:
        show_json({"source": source, "known_until": utc(max(until, known[source])), "changed": changed})
        return
    show([f"{source} is known until {_face(max(until, known[source]), zone)}."])
    if not changed:
        talk("It was known so far already; nothing was recorded.")


def _known(plan: Plan, snapshot: Snapshot, now: Ms) -> dict[str, Ms]:
    from monitor.statements import ticketed

    return ticketed.known_until(plan, snapshot.events(kinds=ticketed.KINDS), now)


def _face(at: Ms, zone: str) -> str:
    from reports.format import PLAIN
    from reports.format import instant as face

    return face(at, zone, PLAIN, seconds=bool(at % 60_000))

"""`makegood tickets`: how far each system is known, and that it is known further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.when import since
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.intervals import Ms
    from monitor.statements.ticketed import Known
    from monitor.store.protocol import Snapshot, Store

HEAD = ("SYSTEM", "KNOWN FROM", "UNTIL", "")


@click.command()
@as_json
@at_desk
def sources(desk: Desk, json_: bool) -> None:
    """How far the tickets of each system are known.

    From when on a person says once, or it is its first delivery. A file is
    known to its newest event, or as far as `complete` said; what is delivered
    is known up to now, our own incidents as far as the evidence reaches. A
    period is settled once every system is known for it.
    """
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        every, zone = _known(plan, snapshot, desk.clock.now()), zone_of(plan)
    known = {name: each for name, each in every.items() if each.until}
    if json_:
        rows = [(name, each, name in plan.live_tickets) for name, each in sorted(known.items())]
        show_json([{"source": name, **_data(each), "delivered": live} for name, each, live in rows])
    elif known:
        show(table(HEAD, [_row(name, each, zone, plan) for name, each in sorted(known.items())]))
    else:
        show(["No system has told of tickets yet."])


def _data(known: Known) -> dict[str, str | None]:
    return {"known_from": None if known.since is None else utc(known.since), "known_until": utc(known.until)}


def _row(name: str, known: Known, zone: str, plan: Plan) -> tuple[str, ...]:
    since = "nobody said" if known.since is None else _face(known.since, zone)
    return name, since, _face(known.until, zone), "delivered" if name in plan.live_tickets else ""


@click.command()
@click.argument("source", metavar="SYSTEM")
@click.option("--since", "first", metavar="TIME", help="From when on: a day, or an instant. Once is enough.")
@click.option("--until", "last", metavar="TIME", help="Up to when: a day (its beginning), or an instant.")
@click.option("--revoke", is_flag=True, help="Take back what was said so far; what is said beside it holds.")
@click.option("--reason", default="", help="How you know, for the journal.")
@as_json
@at_desk
def complete(
    desk: Desk, source: str, first: str | None, last: str | None, revoke: bool, reason: str, json_: bool
) -> None:
    """Say from when on, and up to when, all tickets of a system are known.

    A file does not say what it leaves out, and a quiet end of a month has no
    event that shows it. Of a system that is given up say a day far ahead: it
    is known up to now then, as time goes on. What a statement that was issued
    rests on is not taken back.
    """
    from monitor.people import author
    from monitor.statements import ticketed
    from monitor.statements.status import zone_of

    if first is None and last is None and not revoke:
        raise ConfigError("say --since, --until, or both; --revoke takes back what was said")
    plan, now = desk.plan(), desk.clock.now()
    zone = zone_of(plan)
    begins = None if first is None else since(first, zone, now, "--since")
    ends = None if last is None else since(last, zone, now, "--until")
    event = ticketed.complete(source, author(), now, since=begins, until=ends, reason=reason, revokes=revoke)
    store = desk.store(plan)
    with store.snapshot() as snapshot:
        events = tuple(snapshot.events(kinds=ticketed.KINDS))
        known = ticketed.known(plan, snapshot, events, now)
        _must_be_said_of(source, known, plan)
        before = known.get(source, ticketed.Known())
        after = ticketed.known(plan, snapshot, (*events, event), now)[source]
    if after.since is not None and after.since >= (ends if ends is not None and not revoke else after.until):
        raise ConfigError("--until: is not after --since")
    if revoke:
        _must_rest_on_nothing(store, plan, source, before, after)
    changed = after != before or (ends is not None and ends > now)
    if changed:
        store.journal.append([event])
    if json_:
        show_json({"source": source, **_data(after), "changed": changed})
        return
    show([_sentence(source, after, zone)])
    if ends is not None and ends > now:
        talk(
            f"That is now: it is known as time goes on, up to {_face(ends, zone)}. To take that back: "
            f"makegood tickets complete {source} --revoke."
        )
    elif not changed:
        further = ends is not None and ends < before.until
        how = "; --revoke takes back what was said before" if further else ""
        talk(f"It was known so far already; nothing was recorded{how}.")


def _must_be_said_of(source: str, known: Mapping[str, Known], plan: Plan) -> None:
    """ConfigError where nothing of a system can be said."""
    from monitor.core.tickets import OWN

    if source not in known and source not in plan.live_tickets:
        named = ", ".join(sorted(known)) or "none has told of tickets yet"
        raise ConfigError(f'no system "{source}" has told of tickets: {named}')
    if source == OWN and source in plan.live_tickets:
        raise ConfigError(f"{source}: our own incidents are known as far as the evidence reaches")


def _must_rest_on_nothing(store: Store, plan: Plan, source: str, before: Known, after: Known) -> None:
    """ConfigError where a statement that stands was issued on what would not be known any more."""
    from monitor.core.periods import month
    from monitor.ledger.chains import chains
    from monitor.statements.ticketed import promises_times

    zones = {each.customer: each.zone for each in plan.agreements.values() if promises_times(each)}
    found = []
    for paper in (chain.newest for chain in chains(store.ledger.papers()) if chain.stands):
        if paper.customer in zones:
            span = month(paper.period, zones[paper.customer]).span
            found += [paper.number] if before.covers(span) and not after.covers(span) else []
    if found:
        raise ConfigError(
            f"{source}: {', '.join(found[:5])} {'rests' if len(found) == 1 else 'rest'} on it; take it back "
            f"first (makegood statement void {found[0]}), or say with --until what is still known"
        )


def _sentence(source: str, known: Known, zone: str) -> str:
    until = f"{source} is known until {_face(known.until, zone)}"
    return f"{until}, from {_face(known.since, zone)} on." if known.since is not None else f"{until}."


def _known(plan: Plan, snapshot: Snapshot, now: Ms) -> dict[str, Known]:
    from monitor.statements import ticketed

    return ticketed.known(plan, snapshot, snapshot.events(kinds=ticketed.KINDS), now)


def _face(at: Ms, zone: str) -> str:
    from reports.format import PLAIN
    from reports.format import instant as face

    return face(at, zone, PLAIN, seconds=bool(at % 60_000))

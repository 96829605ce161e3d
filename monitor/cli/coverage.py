"""`makegood coverage`: of which time nobody can say anything, and why."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import exact, show, show_json, spoken, table, talk, utc
from monitor.core.intervals import Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.statements.trace import Coverage
    from monitor.store.protocol import Snapshot

LATELY = "30 days"
HEAD = ("ENDPOINT", "KNOWN", "NOT MEASURED", "WHY")


@click.command()
@click.argument("names", nargs=-1, metavar="[ENDPOINT]...")
@click.option(
    "--since",
    "begin",
    metavar="WHEN",
    default=LATELY,
    show_default=True,
    help="A day, an instant, or how long ago.",
)
@click.option("--until", "end", metavar="WHEN", help="The same; default: now.")
@as_json
@at_desk
def coverage(desk: Desk, names: tuple[str, ...], begin: str, end: str | None, json_: bool) -> None:
    """Show the time that was not measured, by endpoint and reason.

    Those with most of it come first. Time before an endpoint existed does not count; maintenance does, as
    probing goes on in it.
    """
    from monitor.cli.when import since
    from monitor.statements.status import zone_of
    from monitor.statements.trace import worst_first

    with desk.evidence() as (plan, snapshot):
        unknown = [name for name in names if name not in plan.endpoints]
        if unknown:
            known = ", ".join(plan.endpoints)
            raise ConfigError(f'there is no endpoint "{unknown[0]}"; write some of: {known}')
        now, zone = desk.clock.now(), zone_of(plan)
        until = now if end is None else min(since(end, zone, now, "--until"), now)
        span = Span(min(since(begin, zone, now, "--since"), until), until)
        found = worst_first(look(plan, snapshot, span, names or tuple(plan.endpoints)))
    if json_:
        show_json(as_data(found, span))
        return
    show(lines(found))
    if begin == LATELY:
        talk(f"Of the last {LATELY}; --since reaches further back.")


def look(plan: Plan, snapshot: Snapshot, span: Span, names: Sequence[str]) -> list[Coverage]:
    """The coverage of each of these endpoints that has been recorded at all."""
    from monitor.statements.books import Books
    from monitor.statements.trace import coverage as coverage_of

    lanes = Books(plan, snapshot, span.end).lanes
    mine = [lanes[name] for name in names if name in lanes]
    segments = snapshot.segments([lane.id for lane in mine], span)
    return [coverage_of(lane, segments[lane.id], span) for lane in mine]


def lines(found: Sequence[Coverage]) -> list[str]:
    """The table for a person, and what all endpoints come to."""
    from reports.format import PLAIN, availability, duration

    rows = [
        (each.endpoint, _known(each.share), duration(each.lost, PLAIN) if each.lost else "-", _why(each))
        for each in found
    ]
    if not rows:
        return ["Nothing was recorded yet. Start it: makegood run"]
    base, lost = sum(each.base for each in found), sum(each.lost for each in found)
    if not base:
        return ["No endpoint existed in that time."]
    whole = availability(Fraction(base - lost, base), PLAIN)
    return [f"{whole} of the time of all endpoints is known.", "", *table(HEAD, rows, right={1, 2})]


def _known(share: Fraction | None) -> str:
    from reports.format import PLAIN, availability

    return "-" if share is None else availability(share, PLAIN)


def _why(each: Coverage) -> str:
    from reports.format import PLAIN, brief

    worst = sorted(each.unknown.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{spoken(reason)} {brief(ms, PLAIN)}" for reason, ms in worst)


def as_data(found: Sequence[Coverage], span: Span) -> dict[str, object]:
    """The same for a program."""
    return {
        "from": utc(span.start),
        "to": utc(span.end),
        "endpoints": [
            {
                "id": each.endpoint,
                "existed_ms": each.base,
                "unknown_ms": each.lost,
                "known": exact(each.share),
                "unknown_by_reason_ms": {str(reason): ms for reason, ms in sorted(each.unknown.items())},
            }
            for each in found
        ],
    }

"""`makegood log`: what was recorded of one endpoint, check by check."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import marked, show, show_json, spoken, table, talk, utc
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.statements.trace import Entry

LATELY = "1h"
HEAD = ("FROM", "TO", "CHECKS", "STATE", "REASON", "TIME", "SEEN")
STATES = {"up": State.UP, "down": State.DOWN, "unknown": State.UNKNOWN}


@click.command()
@click.argument("name", metavar="ENDPOINT")
@click.option(
    "--since",
    "begin",
    metavar="WHEN",
    default=LATELY,
    show_default=True,
    help="A day, an instant, or how long ago.",
)
@click.option("--until", "end", metavar="WHEN", help="The same; default: now.")
@click.option("--only", type=click.Choice(list(STATES)), help="Checks of slots in this state alone.")
@click.option("--every", is_flag=True, help="Each check on a line of its own.")
@as_json
@at_desk
def log(
    desk: Desk, name: str, begin: str, end: str | None, only: str | None, every: bool, json_: bool
) -> None:
    """Show what was recorded of one endpoint, oldest first.

    Checks that say the same stand on one line, with the quickest and the slowest time. Times without a check
    say why there is none. A blip is a failure that its own slot did not confirm.
    """
    from monitor.cli.when import since
    from monitor.statements.books import Books
    from monitor.statements.status import zone_of
    from monitor.statements.trace import entries, folded

    with desk.evidence() as (plan, snapshot):
        if name not in plan.endpoints:
            raise ConfigError(f'there is no endpoint "{name}"; write one of: {", ".join(plan.endpoints)}')
        now, zone = desk.clock.now(), zone_of(plan)
        until = now if end is None else min(since(end, zone, now, "--until"), now)
        span = Span(min(since(begin, zone, now, "--since"), until), until)
        lane = Books(plan, snapshot, now).lanes.get(name)
        if lane is None:
            raise ConfigError(f"nothing was recorded of {name} yet; start probing: makegood run")
        born = min((life.start for life in lane.life), default=span.start)
        span = Span(min(max(span.start, born), span.end), span.end)
        found = entries(snapshot.checks(lane.id, span), snapshot.segments([lane.id], span)[lane.id])
        told = [e for e in (found if every else folded(found)) if only is None or e.state is STATES[only]]
    if json_:
        show_json([as_data(each) for each in told])
        return
    show(lines(told, zone) if told else [f"Nothing was recorded of {name} in that time."])
    if begin == LATELY:
        talk(f"Of the last {LATELY}; --since reaches further back.")


def lines(told: Sequence[Entry], zone: str) -> list[str]:
    """The table for a person."""
    marks = [_mark(each) for each in told]
    return marked(table(HEAD, [_cells(each, zone) for each in told], right={2, 5}), marks)


def _mark(each: Entry) -> str:
    if each.is_blip:
        return "!"
    return {State.UP: " ", State.DOWN: "x", State.UNKNOWN: "?"}[each.state]


def _cells(each: Entry, zone: str) -> tuple[str, ...]:
    from reports.format import PLAIN, clock, day

    def at(when: Ms) -> str:
        return f"{day(when, zone, PLAIN)} {clock(when, zone, PLAIN)}"

    words = {State.UP: "up", State.DOWN: "DOWN", State.UNKNOWN: "not measured"}
    return (
        at(each.start),
        "" if each.start == each.end else at(each.end),
        str(each.checks) if each.checks else "-",
        "up, blip" if each.is_blip else words[each.state],
        spoken(each.reason),
        _times(each.quickest, each.slowest),
        _seen(each),
    )


def _times(quickest: int | None, slowest: int | None) -> str:
    if quickest is None or slowest is None:
        return "-"
    if quickest == slowest:
        return f"{quickest // 10:,} ms"
    return f"{quickest // 10:,}-{slowest // 10:,} ms"


def _seen(each: Entry) -> str:
    from reports.format import clean

    status = [] if each.status is None else [f"HTTP {each.status}"]
    detail = str(json.loads(each.facts).get("detail", "")) if each.facts else ""
    return "; ".join([*status, *([clean(detail)] if detail else [])])


def as_data(each: Entry) -> dict[str, object]:
    """The same for a program."""
    return {
        "from": utc(each.start),
        "to": utc(each.end),
        "checks": each.checks,
        "state": each.state.name.lower(),
        "blip": each.is_blip,
        "reason": str(each.reason),
        "status": each.status,
        "quickest_tenths_ms": each.quickest,
        "slowest_tenths_ms": each.slowest,
        "facts": json.loads(each.facts) if each.facts else None,
    }

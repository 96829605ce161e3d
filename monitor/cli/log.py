"""`makegood log`: what was recorded of one endpoint, and what each state rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import marked, show, show_json, spoken, table, talk, utc
from monitor.cli.looking_back import looked_through, since_option, until_option
from monitor.core.checks import State
from monitor.core.expected import looked_up
from monitor.core.intervals import Ms
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.veil import Veil
    from monitor.core.checks import Check
    from monitor.statements.trace import Entry

LATELY = "1h"
HEAD = ("FROM", "TO", "TIMES", "STATE", "RESTS ON", "LATENCY", "SEEN")
STATES = {"up": State.UP, "down": State.DOWN, "unknown": State.UNKNOWN}


@click.command()
@click.argument("name", metavar="ENDPOINT")
@since_option(LATELY)
@until_option
@click.option("--only", type=click.Choice(list(STATES)), help="What is in this state alone.")
@click.option("--every", is_flag=True, help="Each planned check on a line of its own.")
@as_json
@at_desk
def log(
    desk: Desk, name: str, begin: str, end: str | None, only: str | None, every: bool, json_: bool
) -> None:
    """Show what was recorded of one endpoint, oldest first.

    Checks that say the same stand on one line, with how many there were, and the quickest and the slowest of
    them. A check that failed was tried again; its state rests on all of its attempts. Times without a check
    say why there is none. A blip is a failure that was not confirmed.
    """
    from monitor.config.veil import Veil
    from monitor.core.timeline import clip_segments
    from monitor.statements.books import Books
    from monitor.statements.status import zone_of
    from monitor.statements.trace import entries, folded

    with desk.evidence() as (plan, snapshot):
        if name not in plan.endpoints:
            raise ConfigError(f'there is no endpoint "{name}"; write one of: {", ".join(plan.endpoints)}')
        now, zone = desk.clock.now(), zone_of(plan)
        span = looked_through(begin, end, zone, now)
        lane = Books(plan, snapshot, now).lanes.get(name)
        if lane is None:
            raise ConfigError(f"nothing was recorded of {name} yet; start probing: makegood run")
        segments = snapshot.segments([lane.id], span)[lane.id]
        alive = [part for life in lane.life for part in clip_segments(segments, life)]
        found = entries(snapshot.checks(lane.id, span), alive)
        told = [e for e in (found if every else folded(found)) if only is None or e.state is STATES[only]]
    veil = Veil(plan.endpoints[name])
    if json_:
        show_json([veil.over_all(as_data(each)) for each in told])
        return
    show(lines(told, zone, veil) if told else [f"Nothing was recorded of {name} in that time."])
    if begin == LATELY:
        talk(f"Of the last {LATELY}; --since reaches further back.")


def lines(told: Sequence[Entry], zone: str, veil: Veil) -> list[str]:
    """The table for a person."""
    marks = [_mark(each) for each in told]
    return marked(table(HEAD, [_cells(each, zone, veil) for each in told], right={2, 5}), marks)


def _mark(each: Entry) -> str:
    if each.is_blip:
        return "!"
    return {State.UP: " ", State.DOWN: "x", State.UNKNOWN: "?"}[each.state]


def _cells(each: Entry, zone: str, veil: Veil) -> tuple[str, ...]:
    from reports.format import PLAIN, clean, clock, day

    def at(when: Ms) -> str:
        return f"{day(when, zone, PLAIN)} {clock(when, zone, PLAIN)}"

    words = {State.UP: "up", State.DOWN: "DOWN", State.UNKNOWN: "not measured"}
    return (
        at(each.start),
        "" if each.start == each.end else at(each.end),
        f"x {each.slots:,}" if each.slots > 1 else "",
        "up, blip" if each.is_blip else words[each.state],
        ", ".join(_rests_on(each)),
        _times(each.quickest, each.slowest),
        "; ".join(clean(veil.over(text)) for text in _seen(each)),
    )


def _rests_on(each: Entry) -> Iterator[str]:
    """The reasons of the attempts in order, `unexpected status x 2`; of a silence, its own."""
    told = [attempt.reason for attempt in each.attempts]
    if each.telling is None:
        yield spoken(each.reason)
    for reason, run in groupby(told):
        count = len(list(run))
        yield spoken(reason) if count == 1 else f"{spoken(reason)} x {count}"


def _times(quickest: int | None, slowest: int | None) -> str:
    if quickest is None or slowest is None:
        return "-"
    if quickest == slowest:
        return f"{quickest // 10:,} ms"
    return f"{quickest // 10:,}-{slowest // 10:,} ms"


def _seen(each: Entry) -> Iterator[str]:
    """Of the attempt that tells: its status, what its extractions found, and what went wrong."""
    telling = each.telling
    if telling is None:
        return
    if telling.status is not None:
        yield f"HTTP {telling.status}"
    facts = _facts(telling)
    yield from looked_up(telling.reason, facts.get("found") or {})
    if facts.get("detail"):
        yield str(facts["detail"])


def _facts(check: Check) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(check.facts) if check.facts else {}
    return found


def as_data(each: Entry) -> dict[str, object]:
    """The same for a program. What is secret is still in it."""
    return {
        "from": utc(each.start),
        "to": utc(each.end),
        "slots": each.slots,
        "checks": each.checks,
        "state": each.state.name.lower(),
        "blip": each.is_blip,
        "reason": str(each.reason),
        "quickest_tenths_ms": each.quickest,
        "slowest_tenths_ms": each.slowest,
        "attempts": [
            {
                "at": utc(attempt.at),
                "reason": str(attempt.reason),
                "status": attempt.status,
                "latency_tenths_ms": attempt.latency,
                "facts": _facts(attempt) or None,
            }
            for attempt in each.attempts
        ],
    }

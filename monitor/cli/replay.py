"""`makegood replay`: what another expectation would have made of the past. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, spoken, table, talk, utc
from monitor.cli.looking_back import looked_through, since_option, until_option
from monitor.core.checks import Confirmation, Expectation, Facts, Reason, State
from monitor.core.hindsight import Hindsight, Stretch, hindsight
from monitor.core.intervals import HOUR, Ms, Span
from monitor.core.replay import Asked, Changed, Outcome, Unsaid
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.endpoint import Endpoint
    from monitor.config.plan import Plan
    from monitor.store.protocol import Snapshot

T = TypeVar("T")

LATELY = "30 days"
HEAD = ("FROM", "TO", "CHECKS", "WAS", "WOULD BE", "WHY")
SHOWN = 20
AFTERWARDS: Ms = HOUR
"""How long after the period a slot that began in it may still have been tried again."""

STATES = {State.UP: "up", State.DOWN: "DOWN", State.UNKNOWN: "not measured"}
COUNTED = {
    Outcome.SAME: "as it was",
    Outcome.DOWN: "would be down",
    Outcome.UP: "would be up",
    Outcome.UNKNOWN: "would not be measured",
    Outcome.UNCONFIRMED: "would fail their first attempt; nobody tried again, so nothing is confirmed",
    Outcome.NOT_REPLAYABLE: "not replayable",
}
WOULD_BE = {
    Outcome.DOWN: "DOWN",
    Outcome.UP: "up",
    Outcome.UNKNOWN: "not measured",
    Outcome.UNCONFIRMED: "a failure, not confirmed",
}
WHY_NOT = {
    Unsaid.NOT_LOOKED_FOR: "what is expected now was not looked for then",
    Unsaid.ASKED_UNKNOWN: "it is not known what was expected then",
    Unsaid.FACTS_CUT: "the facts were too long to be kept whole, or were not kept",
    Unsaid.LATENCY: "the latency was not kept, or was that of another answer",
    Unsaid.SPOILT: "the monitor itself was disturbed, or tried less often",
    Unsaid.ROWS_MISSING: "an attempt is missing",
}


@click.command()
@click.argument("name", metavar="ENDPOINT")
@since_option(LATELY)
@until_option
@click.option(
    "--config-of",
    "other",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Take the expectation from this configuration.",
)
@click.option("--status", metavar="LIST", help="Expect this status: 2xx or 200-299,404.")
@click.option("--slower-than", metavar="TIME", help="Down when slower: 2s, or never.")
@click.option("--confirm", metavar="RULE", help="Failures of attempts for down: 2 of 3.")
@click.option("--limit", type=click.IntRange(min=1), help=f"How many stretches are shown; default: {SHOWN}.")
@as_json
@at_desk
def replay(
    desk: Desk,
    name: str,
    begin: str,
    end: str | None,
    other: Path | None,
    status: str | None,
    slower_than: str | None,
    confirm: str | None,
    limit: int | None,
    json_: bool,
) -> None:
    """Judge what was recorded by a changed expectation.

    The expectation is the configuration's as it is now, or another file's (--config-of), with --status,
    --slower-than and --confirm in place of what it says. Checks whose needed fact was not kept are counted as
    not replayable, and never guessed. What our own network did at the time is not judged again. Nothing is
    written.
    """
    from monitor.statements.status import zone_of

    with desk.evidence() as (plan, snapshot):
        source = plan if other is None else _other(desk, other)
        endpoint = _endpoint(plan, name)
        wanted = _endpoint(source, name, other)
        if wanted.kind != endpoint.kind:
            raise ConfigError(
                f"--config-of: {name} is {wanted.kind} in {other} and {endpoint.kind} here; "
                "name a file in which it is the same"
            )
        changed = _changed(wanted, source, status, slower_than, confirm)
        zone = zone_of(plan)
        span = looked_through(begin, end, zone, desk.clock.now())
        found = look(plan, snapshot, endpoint, changed, span)
    if json_:
        show_json(as_data(found, span, limit))
        return
    show(lines(found, zone, limit or SHOWN))
    if begin == LATELY:
        talk(f"Of the last {LATELY}; --since reaches further back.")


def _other(desk: Desk, path: Path) -> Plan:
    """Another configuration, without its secrets: nothing is asked with them."""
    from monitor.config import load_plan

    if not path.exists():
        raise ConfigError(f"--config-of: there is no {path}")
    return load_plan(path, environ=desk.environ, purpose="files")


def _endpoint(plan: Plan, name: str, path: Path | None = None) -> Endpoint:
    if name in plan.endpoints:
        return plan.endpoints[name]
    known = f"write one of: {', '.join(plan.endpoints)}" if plan.endpoints else "it has none at all"
    where = "" if path is None else f" in {path}"
    raise ConfigError(f'there is no endpoint "{name}"{where}; {known}')


def _changed(
    endpoint: Endpoint, plan: Plan, status: str | None, slower_than: str | None, confirm: str | None
) -> Changed:
    """What is tried on the past. ConfigError with everything that is wrong of the options."""
    from monitor.prober.sentinels import is_doubtful

    problems: list[str] = []
    expectation = _expectation(endpoint.expectation, status, slower_than, problems)
    confirmation = _read("--confirm", confirm, _confirmation, problems)
    if status is not None and endpoint.kind != "http":
        problems.append(f"--status: {endpoint.id} is {endpoint.kind}, which has none; leave it out")
    if endpoint.kind == "heartbeat" and (slower_than, confirm) != (None, None):
        problems.append("--slower-than, --confirm: a job that calls is not asked; leave them out")
    if problems:
        raise ConfigError("\n".join(problems))
    rule = confirmation or endpoint.confirmation
    asked = Asked(expectation, Confirmation(rule.failures, rule.attempts))

    def doubtful(reason: Reason, facts: Facts) -> bool:
        return bool(plan.sentinels) and is_doubtful(reason, facts, endpoint)

    return Changed(asked, doubtful)


def _expectation(
    before: Expectation, status: str | None, slower_than: str | None, problems: list[str]
) -> Expectation:
    from monitor.config.values import statuses

    ranges = _read(
        "--status", status, lambda text: statuses([part.strip() for part in text.split(",")]), problems
    )
    found = before if ranges is None else replace(before, status=ranges)
    if slower_than == "never":
        return replace(found, slower_is_down=None)
    limit = _read("--slower-than", slower_than, _duration, problems)
    return found if limit is None else replace(found, slower_is_down=limit * 10)


def _read(option: str, text: str | None, reader: Callable[[str], T], problems: list[str]) -> T | None:
    """What an option says; None where it is not given, or is wrong, which goes to the problems."""
    if text is None:
        return None
    try:
        return reader(text)
    except ValueError as error:
        problems.append(f"{option}: {error}")
        return None


def _duration(text: str) -> Ms:
    from monitor.config.values import duration

    return duration(text)


def _confirmation(text: str) -> Confirmation:
    """`2 of 3`, with as many attempts as a configuration may ask for."""
    failures, _, attempts = text.partition(" of ")
    if not (failures.strip().isdecimal() and attempts.strip().isdecimal() and int(attempts) <= 20):
        raise ValueError(f'"{text}" does not say how many failures of how many attempts: write "2 of 3"')
    return Confirmation(int(failures), int(attempts))


def look(plan: Plan, snapshot: Snapshot, endpoint: Endpoint, changed: Changed, span: Span) -> Hindsight:
    """A period of an endpoint as it would have been. ConfigError where nothing was ever recorded of it."""
    from monitor.core.timeline import clip_segments
    from monitor.statements.books import Books
    from monitor.statements.measured import LOADED, Past

    lane = Books(plan, snapshot, span.end).lanes.get(endpoint.id)
    if lane is None:
        raise ConfigError(f"nothing was recorded of {endpoint.id} yet; start probing: makegood run")
    past = Past(snapshot.events(kinds=frozenset({LOADED})), endpoint)
    segments = snapshot.segments([lane.id], span)[lane.id]
    alive = [part for life in lane.life for part in clip_segments(segments, life)]
    checks = snapshot.checks(lane.id, Span(span.start, span.end + AFTERWARDS))
    return hindsight(checks, alive, span, past, changed)


def lines(found: Hindsight, zone: str, limit: int) -> list[str]:
    """What is printed for a person: how many, how long, and when."""
    from reports.format import PLAIN, plural

    total = sum(found.slots.values())
    out = [f"{plural(total, 'planned check', 'planned checks', PLAIN)} looked at again.", ""]
    out += [*_counts(found), "", *_sums(found)]
    if found.stretches:
        shown = found.stretches[:limit]
        out += ["", *table(HEAD, [_cells(each, zone) for each in shown], right={2})]
    if len(found.stretches) > limit:
        out.append(f"And {len(found.stretches) - limit:,} more: --limit {len(found.stretches)}")
    return out


def _counts(found: Hindsight) -> Iterator[str]:
    for outcome, words in COUNTED.items():
        if found.slots[outcome] or outcome is Outcome.SAME:
            yield f"{found.slots[outcome]:>11,}  {words}"
    for why, count in found.unsaid.most_common():
        yield f"{count:>15,}  {WHY_NOT[why]}"


def _sums(found: Hindsight) -> Iterator[str]:
    from reports.format import PLAIN, duration

    def spoken_time(ms: Ms) -> str:
        return duration(ms, PLAIN)

    then = found.down + found.added - found.removed
    yield f"Down time: {spoken_time(found.down)} as recorded, {spoken_time(then)} by this expectation."
    if found.added and found.removed:
        yield f"That is {spoken_time(found.added)} more and {spoken_time(found.removed)} less."
    if found.time[Outcome.UNCONFIRMED]:
        yield f"At most {spoken_time(found.unconfirmed)} more, if failures were real that nobody tried again."
    if found.time[Outcome.NOT_REPLAYABLE]:
        yield f"{spoken_time(found.time[Outcome.NOT_REPLAYABLE])} is left as recorded: it is not replayable."
    if found.unheld > found.longest_hold:
        yield f"{spoken_time(found.unheld)} of known time rests on no check that is at hand."


def _cells(each: Stretch, zone: str) -> tuple[str, ...]:
    from reports.format import PLAIN, clock, day

    def at(when: Ms) -> str:
        return f"{day(when, zone, PLAIN)} {clock(when, zone, PLAIN)}"

    was = STATES[each.state]
    why = f"it was {spoken(each.before)}" if each.after in (None, Reason.OK) else spoken(each.after)
    return at(each.start), at(each.end), f"{each.slots:,}", was, WOULD_BE[each.outcome], why


def as_data(found: Hindsight, span: Span, limit: int | None) -> dict[str, object]:
    """The same for a program; every stretch, unless a limit is set."""
    return {
        "from": utc(span.start),
        "to": utc(span.end),
        "checks": {str(outcome): found.slots[outcome] for outcome in Outcome},
        "not_replayable": {str(why): found.unsaid[why] for why in Unsaid},
        "down_ms": found.down,
        "down_then_ms": found.down + found.added - found.removed,
        "added_ms": found.added,
        "removed_ms": found.removed,
        "unconfirmed_ms": found.unconfirmed,
        "not_replayable_ms": found.time[Outcome.NOT_REPLAYABLE],
        "known_without_checks_ms": found.unheld,
        "stretches": len(found.stretches),
        "changes": [
            {
                "from": utc(each.start),
                "to": utc(each.end),
                "checks": each.slots,
                "was": each.state.name.lower(),
                "would_be": str(each.outcome),
                "reason_then": str(each.before),
                "reason": None if each.after is None else str(each.after),
            }
            for each in found.stretches[:limit]
        ],
    }

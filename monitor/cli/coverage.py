"""`makegood coverage`: of which time nobody can say anything, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import exact, show, show_json, spoken, table, talk, utc
from monitor.cli.looking_back import looked_through, since_option, until_option
from monitor.core.intervals import Ms, Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.statements.trace import Coverage
    from monitor.store.protocol import Snapshot

LATELY = "30 days"
HEAD = ("ENDPOINT", "KNOWN", "NOT MEASURED", "SHARE", "WHY")


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|ENDPOINT]...")
@click.option("--month", "label", metavar="MONTH", help="A month such as 2026-10.")
@since_option(LATELY)
@until_option
@as_json
@at_desk
def coverage(
    desk: Desk, names: tuple[str, ...], label: str | None, begin: str, end: str | None, json_: bool
) -> None:
    """Show the time that was not measured, by endpoint and reason.

    Those with most of it come first. SERVICE stands for its endpoints. Time before an endpoint existed does
    not count. Maintenance does, as probing goes on in it: time not measured in it is counted once, and told.
    """
    from monitor.statements.status import zone_of
    from monitor.statements.trace import worst_first

    if label is not None and (begin != LATELY or end is not None):
        raise ConfigError("--month says from when until when; leave out --since and --until")
    with desk.evidence() as (plan, snapshot):
        span = _span(label, begin, end, zone_of(plan), desk.clock.now())
        found = worst_first(look(plan, snapshot, span, names))
    if json_:
        show_json(as_data(found, span))
        return
    show(lines(found))
    if begin == LATELY and label is None:
        talk(f"Of the last {LATELY}; --since reaches further back.")


def _span(label: str | None, begin: str, end: str | None, zone: str, now: Ms) -> Span:
    """What is looked at, never beyond now."""
    from monitor.cli.report import check_month
    from monitor.core.periods import month

    if label is not None:
        check_month(label, zone, now, "--month")
        whole = month(label, zone).span
        return Span(whole.start, min(whole.end, now))
    return looked_through(begin, end, zone, now)


def look(plan: Plan, snapshot: Snapshot, span: Span, names: Sequence[str]) -> list[Coverage]:
    """The coverage of each of these endpoints that has been recorded at all; of all without a name."""
    from monitor.statements.books import Books
    from monitor.statements.maintenance import KINDS, windows
    from monitor.statements.trace import coverage as coverage_of

    books = Books(plan, snapshot, span.end)
    rests = {id: {each.id for each in books.watched(service)} for id, service in plan.services.items()}
    wanted = _wanted(plan, rests, names)
    mine = [lane for key, lane in books.lanes.items() if key in wanted]
    announced = windows(snapshot.events(kinds=KINDS), span)
    segments = snapshot.segments([lane.id for lane in mine], span)

    def maintained(endpoint: str) -> Iterator[Span]:
        services = {id for id, members in rests.items() if endpoint in members}
        return (each.effective for each in announced if each.effective and each.services & services)

    return [coverage_of(lane, segments[lane.id], span, tuple(maintained(lane.endpoint))) for lane in mine]


def _wanted(plan: Plan, rests: dict[str, set[str]], names: Sequence[str]) -> Collection[str]:
    """The endpoints that are meant: those named, and those that a named service rests on."""
    unknown = [name for name in names if name not in plan.endpoints and name not in rests]
    if unknown:
        known = ", ".join((*rests, *plan.endpoints))
        raise ConfigError(f'there is no service or endpoint "{unknown[0]}"; write some of: {known}')
    return {key for name in names for key in (*rests.get(name, ()), name)} if names else plan.endpoints


def lines(found: Sequence[Coverage]) -> list[str]:
    """The table for a person: each endpoint, its reasons below it where it has several, and all of them."""
    from monitor.statements.trace import together
    from reports.format import PLAIN, availability, duration, plural

    if not found:
        return ["Nothing was recorded yet. Start it: makegood run"]
    whole = together("all", found)
    if whole.share is None:
        return ["No endpoint existed in that time."]
    lost = f"; {duration(whole.lost, PLAIN)} is not" if whole.lost else ""
    rows = [row for each in found for row in _rows(each)]
    if len(found) > 1:
        rows += [("",) * len(HEAD), *_rows(whole)]
    them = plural(len(found), "endpoint", "endpoints", PLAIN)
    title = f"{availability(whole.share, PLAIN)} of the time of {them} is known{lost}."
    return [title, "", *table(HEAD, rows, right={1, 2, 3})]


def _rows(each: Coverage) -> Iterator[tuple[str, ...]]:
    from reports.format import PLAIN, availability, plural

    known = "-" if each.share is None else availability(each.share, PLAIN)
    several = len(each.unknown) > 1
    why = plural(len(each.unknown), "reason", "reasons", PLAIN) if several else _reason(each)
    yield (each.name, known, *_lost(each, each.lost), f"{why}{_maintained(each)}")
    if several:
        for reason, ms in each.worst:
            yield ("", "", *_lost(each, ms), f"  {spoken(reason)}")


def _reason(each: Coverage) -> str:
    return "".join(spoken(reason) for reason in each.unknown)


def _lost(each: Coverage, ms: Ms) -> tuple[str, str]:
    """So much of its time, and the share that it is."""
    from fractions import Fraction

    from reports.format import PLAIN, duration, missing

    return (duration(ms, PLAIN), missing(Fraction(ms, each.base), PLAIN)) if ms else ("-", "-")


def _maintained(each: Coverage) -> str:
    from reports.format import PLAIN, duration

    return f"; {duration(each.maintained, PLAIN)} of it in maintenance" if each.maintained else ""


def as_data(found: Sequence[Coverage], span: Span) -> dict[str, object]:
    """The same for a program."""
    from monitor.statements.trace import together

    return {
        "from": utc(span.start),
        "to": utc(span.end),
        "all": _figures(together("all", found)),
        "endpoints": [{"id": each.name, **_figures(each)} for each in found],
    }


def _figures(each: Coverage) -> dict[str, object]:
    return {
        "existed_ms": each.base,
        "unknown_ms": each.lost,
        "unknown_in_maintenance_ms": each.maintained,
        "known": exact(each.share),
        "unknown_by_reason_ms": {str(reason): ms for reason, ms in each.worst},
    }

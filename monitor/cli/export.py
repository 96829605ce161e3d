"""`makegood export`: what was recorded as plain tables, CSV or Parquet, for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.desk import Desk, at_desk
from monitor.cli.directory import InOrder
from monitor.cli.layout import talk, utc, utf8_stdout
from monitor.cli.looking_back import looked_through, since_option, until_option
from monitor.core.intervals import DAY, Ms, Span
from monitor.errors import ConfigError
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.checks import Lane
    from monitor.core.tickets import Ticket
    from monitor.extracts.files import Form
    from monitor.extracts.tables import Column, Page, Seen
    from monitor.store.protocol import Columns, Snapshot, WholeSnapshot

LATELY = "30 days"
FEW = 5
STDOUT = "-"

endpoints = click.argument("names", metavar="[ENDPOINT]...", nargs=-1)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a table goes, and as what. `path` None: to stdout."""

    path: Path | None
    form: Form
    force: bool

    def write(self, columns: Sequence[Column], pages: Iterable[Page], what: str, span: Span) -> None:
        """The table, and a word about it."""
        from monitor.extracts.files import to_file, to_stream

        if self.path is None:
            with utf8_stdout() as stream:
                count = to_stream(stream, columns, pages)
        else:
            count = to_file(self.path, columns, pages, form=self.form, replace=self.force)
        place = "" if self.path is None else f" in {self.path}"
        named = what.removesuffix("s") if count == 1 else what
        talk(f"{count:,} {named}{place}, from {utc(span.start)} to {utc(span.end)}.")


out_option = click.option(
    "--out", metavar="FILE", default=STDOUT, show_default="stdout", help="Where to; - is stdout."
)
form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet"]),
    help="Default: as the file's name ends; CSV to stdout.",
)
force_option = click.option("--force", is_flag=True, help="Write over a file that is there.")


def target(out: str, form: Form | None, *, force: bool) -> Target:
    """What the options say; ConfigError where they contradict each other."""
    from monitor.extracts.files import form_of

    return Target(None if out == STDOUT else Path(out), form_of(out, form), force)


@click.group(cls=InOrder)
def export() -> None:
    """Checks, segments, outages, tickets as CSV or Parquet."""


@export.command()
@endpoints
@since_option(LATELY)
@until_option
@click.option("--failed", is_flag=True, help="Failed attempts alone: they are never forgotten.")
@out_option
@form_option
@force_option
@at_desk
def checks(
    desk: Desk,
    names: tuple[str, ...],
    begin: str,
    end: str | None,
    failed: bool,
    out: str,
    form: Form | None,
    force: bool,
) -> None:
    """Every attempt that was made, of all endpoints or some.

    Day by day (UTC), endpoint by endpoint, oldest first. A time without a check
    has no row: makegood export segments says why. Good checks that were
    forgotten are an error that says from when on they are there.
    """
    from monitor.extracts.tables import CHECKS, of_checks, portions

    to = target(out, form, force=force)
    with desk.evidence() as (plan, snapshot):
        span, lanes = _span(desk, plan, begin, end), _lanes(snapshot, names)
        seen = {lane.id: _seen(plan, lane.endpoint) for lane in lanes}
        by_id = {lane.id: lane for lane in lanes}
        first = snapshot.begins()
        kept = Span(min(max(span.start, span.end if first is None else first), span.end), span.end)
        parts = list(portions(sorted(by_id), kept))
        with _progress(kept, to) as at:
            found = _swept(desk, plan, snapshot, parts, at, failed=failed)
            pages = (of_checks(each, by_id[each.lane], seen[each.lane]) for each in found)
            to.write(CHECKS, pages, "checks", span)
    strangers = sorted({lane.endpoint for lane in lanes} - plan.endpoints.keys())
    if strangers:
        more = f" and {len(strangers) - FEW:,} more" if len(strangers) > FEW else ""
        talk(f"Not in the configuration: {', '.join(strangers[:FEW])}{more}.")
        talk("Nobody knows what of them is secret, so their facts are left out.")


def _swept(
    desk: Desk,
    plan: Plan,
    snapshot: WholeSnapshot,
    parts: Iterable[Any],
    at: Callable[[Ms], None],
    *,
    failed: bool,
) -> Iterator[Columns]:
    """One view for all, where that holds up nobody; else a view of a moment for each part."""
    store = desk.store(plan)
    if not store.holds_up():
        for lanes, part in parts:
            at(part.start)
            yield from snapshot.sweep(lanes, part, failed=failed)
        return
    for lanes, part in parts:
        at(part.start)
        with store.snapshot() as view:
            found = list(view.sweep(lanes, part, failed=failed))
        yield from found


@export.command()
@endpoints
@since_option(LATELY)
@until_option
@out_option
@form_option
@force_option
@at_desk
def segments(
    desk: Desk, names: tuple[str, ...], begin: str, end: str | None, out: str, form: Form | None, force: bool
) -> None:
    """When each endpoint was up, down or not measured.

    Endpoint by endpoint, without a hole for as long as it existed: a time of
    which nothing is known stands there with its reason.
    """
    from monitor.extracts.tables import SEGMENTS, segments_of

    to = target(out, form, force=force)
    with desk.evidence() as (plan, snapshot):
        span, lanes = _span(desk, plan, begin, end), _lanes(snapshot, names)
        to.write(SEGMENTS, segments_of(snapshot, lanes, span), "segments", span)


@export.command()
@click.argument("names", metavar="[SERVICE]...", nargs=-1)
@since_option(LATELY)
@until_option
@click.option("--resources", is_flag=True, help="Those of each resource too, where a service names some.")
@out_option
@form_option
@force_option
@at_desk
def outages(
    desk: Desk,
    names: tuple[str, ...],
    begin: str,
    end: str | None,
    resources: bool,
    out: str,
    form: Form | None,
    force: bool,
) -> None:
    """Every outage of all services or some, as `outages` has them.

    Oldest first. Maintenance is not taken off, and a false alarm is none.
    """
    from monitor.cli.outages import false_alarms
    from monitor.extracts.tables import OUTAGES, of_outages

    to = target(out, form, force=force)
    with desk.evidence() as (plan, snapshot):
        span = _span(desk, plan, begin, end)
        services = _known(names, plan.services, "service")
        found = found_outages(plan, snapshot, services, span, resources=resources)
        alarms = false_alarms(snapshot, services, span)
        to.write(OUTAGES, [of_outages(found)], "outages", span)
    for label in alarms:
        talk(f"{label.subject} was a false alarm (entry {label.seq}, approved by {label.approved_by}).")


@export.command()
@since_option(LATELY)
@until_option
@click.option("--source", metavar="NAME", help="Those of this system alone.")
@out_option
@form_option
@force_option
@at_desk
def tickets(
    desk: Desk, begin: str, end: str | None, source: str | None, out: str, form: Form | None, force: bool
) -> None:
    """Every ticket that went on in a time, as it is now.

    By when they began. Those that are marked as deleted are among them.
    """
    from monitor.extracts.tables import TICKETS, of_tickets

    to = target(out, form, force=force)
    with _tickets(desk, begin, end, source) as (span, found):
        to.write(TICKETS, of_tickets(found), "tickets", span)


@export.command(name="ticket-events")
@since_option(LATELY)
@until_option
@click.option("--source", metavar="NAME", help="Those of this system alone.")
@out_option
@form_option
@force_option
@at_desk
def ticket_events(
    desk: Desk, begin: str, end: str | None, source: str | None, out: str, form: Form | None, force: bool
) -> None:
    """All that happened to the tickets of a time.

    Ticket by ticket, as `export tickets` has them, each whole: with what happened
    before that time and after it. The file of one --source can be taken in again,
    with `tickets import --mapping events` or a mapping that is like it.
    """
    from monitor.extracts.tables import TICKET_ROWS, of_ticket_events

    to = target(out, form, force=force)
    with _tickets(desk, begin, end, source) as (span, found):
        to.write(TICKET_ROWS, of_ticket_events(found), "events", span)


@contextmanager
def _tickets(
    desk: Desk, begin: str, end: str | None, source: str | None
) -> Iterator[tuple[Span, Iterator[Ticket]]]:
    with desk.evidence() as (plan, snapshot):
        span = _span(desk, plan, begin, end)
        yield span, snapshot.tickets(span, source=source)


def found_outages(
    plan: Plan, snapshot: Snapshot, services: Sequence[str], span: Span, *, resources: bool
) -> list[Any]:
    """Service, resource or "", outage; oldest first."""
    from monitor.statements.status import outages as of_service
    from monitor.statements.status import outages_of_resources

    found = [(id, "", each) for id in services for each in of_service(plan, snapshot, id, span)]
    if resources:
        found += [
            (id, name, each)
            for id in services
            for name, each in outages_of_resources(plan, snapshot, id, span)
        ]
    return sorted(found, key=lambda row: (row[2].first_bad, row[0], row[1]))


def _span(desk: Desk, plan: Plan, begin: str, end: str | None) -> Span:
    from monitor.statements.status import zone_of

    return looked_through(begin, end, zone_of(plan), desk.clock.now())


def _lanes(snapshot: Snapshot, names: Sequence[str]) -> list[Lane]:
    """The lanes of these endpoints, of all where none is named; those that are no longer probed too."""
    every = sorted(snapshot.lanes(), key=lambda lane: (lane.endpoint, lane.location))
    asked = set(_known(names, {lane.endpoint for lane in every}, "endpoint"))
    return [lane for lane in every if lane.endpoint in asked]


def _known(names: Sequence[str], known: Iterable[str], what: str) -> list[str]:
    """The names, once each; all that are known where none is said. ConfigError with each that is not."""
    from monitor.config.values import meant

    every = list(known)
    wrong = [name for name in dict.fromkeys(names) if name not in every]
    if wrong:
        near = [meant(name, sorted(every)) for name in wrong]
        hints = [f'; did you mean "{each}"?' if each else "" for each in near]
        said = "\n".join(
            f'nothing was recorded of {what} "{name}"{hint}'
            if what == "endpoint"
            else f'there is no {what} "{name}"{hint}'
            for name, hint in zip(wrong, hints, strict=True)
        )
        raise ConfigError(said)
    return list(dict.fromkeys(names)) or every


def _seen(plan: Plan, endpoint: str) -> Seen:
    from monitor.config.veil import Veil
    from monitor.extracts.tables import seen_through

    known = plan.endpoints.get(endpoint)
    return seen_through(None if known is None else Veil(known).over_all)


@contextmanager
def _progress(span: Span, to: Target) -> Iterator[Callable[[Ms], None]]:
    """A bar on a terminal while a file is written; nothing elsewhere."""
    if to.path is None or not sys.stderr.isatty() or span.length < 2 * DAY:
        yield lambda at: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Exporting", total=span.length)
        yield lambda at: bar.update(task, completed=at - span.start)

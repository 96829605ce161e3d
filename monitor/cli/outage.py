"""`makegood outage`: outages, and what somebody decides on afterwards of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.directory import InOrder, commands
from monitor.cli.layout import show, show_json, talk, utc
from monitor.cli.recording import dry_run_option, record, yes_option
from monitor.core.intervals import Ms, Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.timeline import Outage
    from monitor.statements.books import Books
    from monitor.statements.relabels import Label
    from monitor.store.protocol import Store

PLACES = {
    "list": "outages.outages",
    "show": "outage.show_",
    "relabel": "outage.relabel",
    "report": "outage_told.report",
    "withdraw": "outage_withdraw.withdraw",
    "note": "outage.note",
}
LABELS = ("customer caused", "force majeure", "third party", "false alarm")


@click.group(cls=InOrder, commands=commands(**PLACES))
def outage() -> None:
    """Outages: list, show, say whose they were and when reported."""


@click.command(name="relabel")
@click.argument("name", metavar="SERVICE/OUTAGE")
@click.option(
    "--as",
    "what",
    metavar="LABEL",
    required=True,
    help='"customer caused", "force majeure", "false alarm", …',
)
@click.option("--reason", required=True, help="Why: it is kept in the journal.")
@click.option(
    "--evidence", default="", metavar="FILE|URL", help="What shows it; of a file the digest is kept."
)
@dry_run_option
@yes_option
@as_json
@at_desk
def relabel(
    desk: Desk, name: str, what: str, reason: str, evidence: str, dry_run: bool, yes: bool, json_: bool
) -> None:
    """Say whose an outage was, or that there was none.

    A class ("customer caused", "force majeure", "third party", "other: …")
    excuses it under the agreements that exclude that class. A "false alarm" was
    up: it needs --evidence, and counts once somebody else approved it. The
    evidence itself stays as it is; the newest label of an outage holds.
    """
    from monitor.cli.attached import attached
    from monitor.people import author
    from monitor.statements.relabels import relabelled

    plan = desk.plan()
    store = desk.store(plan)
    head = store.changed(0)
    service, resource, found = find(desk, plan, store, name)
    label, kept = _label(what), attached(evidence)
    try:
        event = relabelled(service, resource, found, label, reason, kept, author(), desk.clock.now())
    except ValueError as error:
        raise ConfigError(str(error)) from None
    done = record(
        desk, plan, store, [event], [service], found.span, head,
        dry_run=dry_run, yes=yes, json_=json_, outage=event.subject, label=label,
    )  # fmt: skip
    if done is not None and not json_:
        show([event.subject])
        for line in _afterwards(plan, service, label, done):
            talk(line)


def _afterwards(plan: Plan, service: str, label: str, entry: int) -> Iterator[str]:
    from monitor.statements.relabels import FALSE_ALARM

    asking = [a.id for a in plan.agreements.values() if a.service == service and a.second_person]
    if label == FALSE_ALARM:
        yield f"It counts once somebody else approves it: makegood approve {entry}"
    elif asking:
        yield f"Under {', '.join(asking)} it counts once somebody else approves it: makegood approve {entry}"


def _label(what: str) -> str:
    if what in LABELS or (what.startswith("other:") and what.partition(":")[2].strip()):
        return what
    known = ", ".join(f'"{each}"' for each in LABELS)
    raise ConfigError(f'--as: "{what}" is no label: write one of {known}, or "other: …"')


@click.command(name="note")
@click.argument("name", metavar="SERVICE/OUTAGE")
@click.argument("text")
@click.option(
    "--for-customer",
    "customers",
    metavar="ID",
    multiple=True,
    help="Print it on this customer's statement; may be repeated.",
)
@as_json
@at_desk
def note(desk: Desk, name: str, text: str, customers: tuple[str, ...], json_: bool) -> None:
    """Keep a note with an outage: for the team, or for customers.

    A note for the team is on no statement. One for a customer stands beside the
    outage on the statements drawn up from then on: write it for them.
    """
    from monitor.cli.outage_told import of_whom
    from monitor.people import author
    from monitor.statements.notes import noted

    plan = desk.plan()
    store = desk.store(plan)
    service, resource, found = find(desk, plan, store, name)
    named = tuple(dict.fromkeys(of_whom(plan, each, service, "--for-customer") for each in customers))
    try:
        event = noted(service, resource, found, text, named, author(), desk.clock.now())
    except ValueError as error:
        raise ConfigError(str(error)) from None
    entry = store.journal.append([event])
    if json_:
        told = {"outage": event.subject, "entry": entry, "author": event.author}
        show_json({**told, "for_customers": list(named)})
        return
    show([event.subject])
    if named:
        talk(
            f"On the statements of {', '.join(named)} from now on. To take it back: "
            f'makegood outage withdraw {event.subject} --note {entry} --reason "…"'
        )


@click.command(name="show")
@click.argument("name", metavar="SERVICE/OUTAGE")
@as_json
@at_desk
def show_(desk: Desk, name: str, json_: bool) -> None:
    """One outage: its instants, how exactly they are known, its label, and what it cost so far."""
    from monitor.cli.outage_told import report_data, spoken_report
    from monitor.cli.outages import as_data
    from monitor.statements import notes as kept
    from monitor.statements import reported
    from monitor.statements.relabels import KINDS, labels
    from monitor.statements.status import zone_of

    plan = desk.plan()
    store = desk.store(plan)
    service, resource, found = find(desk, plan, store, name)
    with store.snapshot() as snapshot:
        label = labels(snapshot.events(kinds=KINDS)).get(name)
        told = reported.reports(snapshot.events(kinds=reported.KINDS))
        reports = [each for (of, _), each in told.items() if of == name]
        notes = [each for each in kept.notes(snapshot.events(kinds=kept.KINDS)) if each.subject == name]
        costs = list(_costs(desk, plan, snapshot, service, found))
    if json_:
        show_json(
            {
                **as_data(service, resource, found),
                "label": label_data(label),
                "reports": [report_data(each) for each in reports],
                "notes": [
                    {
                        "entry": each.seq,
                        "at": utc(each.at),
                        "author": each.author,
                        "for_customers": list(each.customers),
                        "text": each.text,
                    }
                    for each in notes
                ],
                "agreements": [
                    dict(zip(("agreement", "period", "counted_ms"), each, strict=True)) for each in costs
                ],
            }
        )
        return
    show(_shown(plan, name, found, label, costs))
    show(spoken_report(each, zone_of(plan)) for each in reports)
    show(f"{utc(each.at)} {each.author}{_to(each.customers)}: {each.text}" for each in notes)


def _to(customers: Sequence[str]) -> str:
    return f" for {', '.join(customers)}" if customers else ""


def label_data(label: Label | None) -> dict[str, object] | None:
    """A label for a program."""
    if label is None:
        return None
    return {
        "entry": label.seq,
        "label": label.what,
        "reason": label.reason,
        "evidence": label.evidence or None,
        "author": label.author,
        "recorded": utc(label.recorded),
        "approved_by": label.approved_by or None,
    }


def _costs(
    desk: Desk, plan: Plan, snapshot: object, service: str, found: Outage
) -> Iterator[tuple[str, str, Ms]]:
    """What counts of it under each agreement, in the period that it began in."""
    from monitor.statements.books import Books
    from monitor.statements.periods import running
    from monitor.statements.sections import section

    now = desk.clock.now()
    books = Books(plan, snapshot, now)  # type: ignore[arg-type]
    for agreement in plan.agreements.values():
        if agreement.service != service:
            continue
        _, period = running(agreement, found.span.start)
        said = section(books, agreement, period, running=now < period.span.end)
        counted = sum(line.counted for line in said.outages if line.span.start == found.span.start)
        yield agreement.id, period.label, counted


def _shown(
    plan: Plan, name: str, found: Outage, label: Label | None, costs: list[tuple[str, str, Ms]]
) -> Iterator[str]:
    from monitor.cli.outages import lines
    from monitor.statements.status import zone_of
    from reports.format import PLAIN, duration

    yield from lines([(name, found)], zone_of(plan))
    yield ""
    if label is None:
        yield "No label."
    else:
        state = f"approved by {label.approved_by}" if label.approved_by else label.state(second_person=False)
        yield f"Labelled {label.what} by {label.author} (entry {label.seq}, {state}): {label.reason}"
        if label.evidence:
            yield f"Evidence: {label.evidence}"
    for agreement, period, counted in costs:
        yield f"{agreement}, {period}: {duration(counted, PLAIN)} of it counts."


def find(desk: Desk, plan: Plan, store: Store, name: str) -> tuple[str, str, Outage]:
    """The outage of a name such as `shop/20261006T120210Z`, or `shop/web/20261006T120210Z` of a resource."""
    service, _, rest = name.partition("/")
    resource, _, id = rest.rpartition("/")
    if service not in plan.services:
        known = ", ".join(plan.services)
        raise ConfigError(
            f'"{name}": there is no service "{service}"; write what `makegood outage list` has: '
            f"SERVICE/OUTAGE, of one of: {known}"
        )
    from monitor.cli.outages import named
    from monitor.statements.books import Books

    began = _began(name, id)
    with store.snapshot() as snapshot:
        books = Books(plan, snapshot, desk.clock.now())
        found = _outages(books, service, resource, began)
    for outage in found:
        if outage.id == id:
            return service, resource, outage
    near = ", ".join(named(service, resource, each) for each in found) or "none within a week of it"
    raise ConfigError(f'there is no outage "{name}"; `makegood outage list` names all; near it: {near}')


def _outages(books: Books, service: str, resource: str, began: Ms) -> tuple[Outage, ...]:
    from monitor.core.timeline import outages
    from monitor.statements.books import LOOK_AROUND
    from monitor.statements.lives import bridge

    known = books.plan.services[service]
    if resource and resource not in known.resources:
        there = ", ".join(known.resources) or "it has none"
        raise ConfigError(f'service {service} has no resource "{resource}"; write one of: {there}')
    end = max(began, min(began + LOOK_AROUND, books.now))
    around = Span(began - LOOK_AROUND, end)
    seen = books.seen(known, resource, around)
    return outages(seen.segments, bridge=bridge(books.intervals(known, around)))


def _began(name: str, id: str) -> Ms:
    from datetime import UTC, datetime

    from monitor.core.periods import instant

    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S.%fZ"):
        try:
            return instant(datetime.strptime(id, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    raise ConfigError(
        f'"{name}" names no outage: write it as `makegood outage list` has it: shop/20261006T120210Z'
    )

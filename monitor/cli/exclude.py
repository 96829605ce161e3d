"""`makegood exclude`: time that somebody decides afterwards is not held against the provider.

Every exclusion has an author, the system's user, and a reason. It counts for the agreements that exclude its
class, at once and for every period it lies in, until it is revoked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.recording import dry_run_option, record, yes_option
from monitor.core.intervals import Ms, Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.statements.exclusions import Record
    from monitor.store.protocol import Event, Store

HEAD = ("ID", "SERVICES", "CLASS", "TIME", "RECORDED", "BY", "STATE", "REASON", "EVIDENCE")


@click.group()
def exclude() -> None:
    """Time that is not held against the provider: add, list, revoke."""


@exclude.command()
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@click.option("--class", "what", metavar="CLASS", required=True, help='Such as "force majeure".')
@click.option("--start", metavar="INSTANT", required=True, help='With its offset: "2026-11-21T02:00+01:00".')
@click.option("--end", metavar="INSTANT", required=True, help="When it ended.")
@click.option("--reason", required=True, help="Why: it is kept in the journal.")
@click.option(
    "--evidence", default="", metavar="FILE|URL", help="What shows it; of a file the digest is kept."
)
@click.option(
    "--resource", "resources", metavar="NAME", multiple=True, help="This resource alone; may be repeated."
)
@click.option("--id", "name", metavar="ID", help="Its name [default: ex- and its start in UTC].")
@dry_run_option
@yes_option
@as_json
@at_desk
def add(
    desk: Desk,
    services: tuple[str, ...],
    what: str,
    start: str,
    end: str,
    reason: str,
    evidence: str,
    resources: tuple[str, ...],
    name: str | None,
    dry_run: bool,
    yes: bool,
    json_: bool,
) -> None:
    """Record an exclusion for one service or more.

    It is laid over the evidence, which stays as it is. What it changes is shown
    first.
    """
    from monitor.cli.attached import attached
    from monitor.cli.maintenance import check_resources, check_services
    from monitor.config.plan import Exclusion
    from monitor.people import author
    from monitor.statements.exclusions import declared

    plan = desk.plan()
    check_services(plan, services)
    check_resources(plan, services, resources)
    span = _span(start, end)
    store = desk.store(plan, create=True)
    head, events = _journal(store)
    id = _name(name, span, _standing(events).keys() | plan.exclusions.keys())
    now, who = desk.clock.now(), author()
    said = Exclusion(id, _class(what), services, span, _said(reason), who, now, attached(evidence), resources)
    counts = _counting(plan, services, span, said.what)
    done = record(
        desk, plan, store, [declared(said, who, now)], services, span, head,
        dry_run=dry_run, yes=yes, json_=json_, id=id, at=utc(now), author=who, counts_for=counts,
    )  # fmt: skip
    if done is None or json_:
        return
    show([id])
    talk(f"Recorded by {who}: {_when(span, plan)}, {said.what}.")
    if counts:
        talk(f"Excused by {', '.join(counts)}.")
    else:
        talk(f"No agreement on {', '.join(services)} excludes {said.what}: it changes nothing so far.")
    asking = [a.id for a in plan.agreements.values() if a.id in counts and a.second_person]
    if asking:
        talk(f"Under {', '.join(asking)} it counts once somebody else approves it: makegood approve {done}")


def _said(reason: str) -> str:
    if not reason.strip():
        raise ConfigError("--reason: it is empty; say why this time is not held against the provider")
    return reason


def _class(what: str) -> str:
    from monitor.config.known import CLASSES

    if what in CLASSES or what.startswith("other:"):
        return what
    known = ", ".join(f'"{each}"' for each in CLASSES)
    raise ConfigError(f'--class: "{what}" is no class: write one of {known}, or "other: …"')


def _span(start: str, end: str) -> Span:
    from monitor.cli.when import at_instant

    begin, finish = at_instant(start, "--start"), at_instant(end, "--end")
    if finish <= begin:
        raise ConfigError(f'--end: "{end}" is not after --start; write a later instant')
    return Span(begin, finish)


def _counting(plan: Plan, services: Sequence[str], span: Span, what: str) -> list[str]:
    """The agreements whose terms in that time exclude the class and ask for no notice."""
    from monitor.agreements.exclude import Exclusions
    from monitor.statements.periods import running

    def excludes(agreement_id: str) -> bool:
        terms, _ = running(plan.agreements[agreement_id], span.start)
        steps = [step for _, clause in terms.contract.promises for step in clause.steps]
        rules = [step.rule(what) for step in steps if isinstance(step, Exclusions)]
        return any(rule is not None and rule.notice is None for rule in rules)

    return [a.id for a in plan.agreements.values() if a.service in services and excludes(a.id)]


def _name(name: str | None, span: Span, taken: Set[str]) -> str:
    from monitor.core.periods import local

    if name is not None and name in taken:
        raise ConfigError(f'--id: "{name}" is taken; revoke it first, or write another')
    stem = f"ex-{local(span.start, 'UTC'):%Y%m%d-%H%M}"
    numbered = (stem if place == 1 else f"{stem}-{place}" for place in range(1, len(taken) + 2))
    return name or next(id for id in numbered if id not in taken)


def _journal(store: Store) -> tuple[int, list[Event]]:
    from monitor.statements.exclusions import KINDS

    head = store.changed(0)
    with store.snapshot() as snapshot:
        return head, list(snapshot.events(kinds=KINDS))


def _standing(events: Iterable[Event]) -> dict[str, Record]:
    from monitor.statements.exclusions import records

    return {record.id: record for record in records(events) if record.ended is None}


def _when(span: Span, plan: Plan) -> str:
    from monitor.cli.maintenance import when

    return when(span, plan)


@exclude.command()
@click.argument("id")
@click.option("--reason", required=True, help="Why: it is kept in the journal.")
@dry_run_option
@yes_option
@as_json
@at_desk
def revoke(desk: Desk, id: str, reason: str, dry_run: bool, yes: bool, json_: bool) -> None:
    """Revoke an exclusion: its time counts again, in every period that is settled from now on."""
    from monitor.people import author
    from monitor.statements.exclusions import cancelled

    plan = desk.plan()
    store = desk.store(plan)
    head, events = _journal(store)
    standing = _standing(events)
    if id not in standing:
        known = ", ".join(standing) or "there is none"
        raise ConfigError(f'no exclusion that stands is called "{id}"; write one of: {known}')
    now, was = desk.clock.now(), standing[id]
    done = record(
        desk, plan, store, [cancelled(id, author(), now, _said(reason))], was.services, was.span, head,
        dry_run=dry_run, yes=yes, json_=json_, id=id, revoked=utc(now),
    )  # fmt: skip
    if done is None:
        return
    if not json_:
        show([id])
    if was.origin == "file":
        talk(f"It stands in {plan.path} too: take it out there, or the next load records it again.")


@exclude.command(name="list")
@as_json
@at_desk
def list_(desk: Desk, json_: bool) -> None:
    """Every exclusion that was recorded, oldest first; those that were revoked or replaced too."""
    from monitor.statements.exclusions import KINDS, records

    with desk.evidence() as (plan, snapshot):
        found = sorted(
            records(snapshot.events(kinds=KINDS)), key=lambda record: (record.span, record.recorded)
        )
    if json_:
        show_json([as_data(record) for record in found])
    elif found:
        show(table(HEAD, [_cells(record, plan) for record in found]))
    else:
        show(["No exclusion is recorded."])


def _cells(record: Record, plan: Plan) -> tuple[str, ...]:
    return (
        record.id,
        ", ".join((*record.services, *record.resources)),
        record.what,
        _when(record.span, plan),
        _recorded(record.recorded, plan),
        record.author,
        "stands" if record.ended is None else f"ended: {record.ended_why}".rstrip(": "),
        record.reason,
        record.evidence or "-",
    )


def _recorded(at: Ms, plan: Plan) -> str:
    from monitor.statements.status import zone_of
    from reports.format import PLAIN, instant

    return instant(at, zone_of(plan), PLAIN, seconds=False)


def as_data(record: Record) -> dict[str, object]:
    """The same for a program."""
    author, recorded = record.stated
    return {
        "id": record.id,
        "class": record.what,
        "services": list(record.services),
        "resources": list(record.resources) or None,
        "start": utc(record.span.start),
        "end": utc(record.span.end),
        "reason": record.reason,
        "evidence": record.evidence or None,
        "recorded": utc(record.recorded),
        "author": record.author,
        "stated_author": author or None,
        "stated_recorded": utc(recorded),
        "ended": utc(record.ended),
        "ended_reason": record.ended_why or None,
    }

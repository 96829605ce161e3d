"""`makegood outage withdraw`: what was said of an outage is taken back, and stays in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show
from monitor.cli.recording import dry_run_option, record, yes_option
from monitor.core.intervals import DAY, Span
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.statements.notes import Note
    from monitor.statements.relabels import Label
    from monitor.statements.reported import Report
    from monitor.store.protocol import NewEvent, Snapshot


@click.command(name="withdraw")
@click.argument("name", metavar="SERVICE/OUTAGE")
@click.option("--report", "of_report", is_flag=True, help="What was said of its report, not its label.")
@click.option("--customer", metavar="ID", help="The report of this customer [default: for all].")
@click.option("--note", metavar="ENTRY", type=click.IntRange(min=1), help="This note, not its label.")
@click.option("--reason", required=True, help="Why: it is kept in the journal.")
@dry_run_option
@yes_option
@as_json
@at_desk
def withdraw(
    desk: Desk,
    name: str,
    of_report: bool,
    customer: str | None,
    note: int | None,
    reason: str,
    dry_run: bool,
    yes: bool,
    json_: bool,
) -> None:
    """Take an outage's label back, or its report, or a note.

    Without its label or report it counts as it was seen. A note is on no
    statement drawn up from then on; what was issued stays.
    """
    from monitor.people import author

    if note is not None and (of_report or customer):
        raise ConfigError("--note: take one thing back at a time: a note, or a report")
    if not reason.strip():
        raise ConfigError("--reason: it is empty; say why it is taken back")
    plan = desk.plan()
    store = desk.store(plan)
    head = store.changed(0)
    said: Label | Report | Note
    with store.snapshot() as snapshot:
        if note is not None:
            what, said = "note", _note(snapshot, name, note)
        elif of_report or customer:
            what, said = "report", _named(name, "report", _reports(snapshot, customer or ""))
        else:
            what, said = "label", _named(name, "label", _labels(snapshot))
    event = _taken_back(said, name, author(), desk.clock.now(), reason)
    done = record(
        desk, plan, store, [event], [said.service], Span(said.began, said.began + DAY), head,
        dry_run=dry_run, yes=yes, json_=json_, quiet=False, outage=name, **{what: None},
    )  # fmt: skip
    if done is not None and not json_:
        show([name])


def _taken_back(said: Label | Report | Note, name: str, who: str, at: int, reason: str) -> NewEvent:
    from monitor.statements import notes, relabels, reported

    if isinstance(said, notes.Note):
        return notes.withdrawn(said, who, at, reason)
    if isinstance(said, reported.Report):
        return reported.withdrawn(name, said.customer, who, at, reason)
    return relabels.withdrawn(name, who, at, reason)


def _labels(snapshot: Snapshot) -> Mapping[str, Label]:
    from monitor.statements.relabels import KINDS, labels

    return labels(snapshot.events(kinds=KINDS))


def _reports(snapshot: Snapshot, customer: str) -> Mapping[str, Report]:
    from monitor.statements.reported import KINDS, reports

    known = reports(snapshot.events(kinds=KINDS))
    return {subject: each for (subject, whose), each in known.items() if whose == customer}


def _named(name: str, what: str, known: Mapping[str, Label] | Mapping[str, Report]) -> Label | Report:
    if name in known:
        return known[name]
    there = ", ".join(known) or "there is none"
    raise ConfigError(f'no outage with a {what} is called "{name}"; write one of: {there}')


def _note(snapshot: Snapshot, name: str, entry: int) -> Note:
    from monitor.statements.notes import KINDS, notes

    own = {each.seq: each for each in notes(snapshot.events(kinds=KINDS)) if each.subject == name}
    if entry in own:
        return own[entry]
    there = ", ".join(map(str, own)) or "it has none"
    raise ConfigError(f"--note: {name} has no note {entry}; write the entry of one: {there}")

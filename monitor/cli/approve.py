"""`makegood approve`: a second person's word that a correction may count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table, talk, utc
from monitor.cli.recording import dry_run_option, record, yes_option
from monitor.core.intervals import DAY, Span
from monitor.errors import ConfigError
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.config.plan import Agreement, Plan
    from monitor.store.protocol import Event

HEAD = ("ENTRY", "RECORDED", "BY", "WHAT", "OF", "REASON", "WAITS BECAUSE")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that somebody else must approve before it counts; `why`, and what it is about."""

    event: Event
    why: str
    services: tuple[str, ...]
    span: Span


@click.command()
@click.argument("entry", required=False, type=click.IntRange(min=1))
@click.option("--list", "listed", is_flag=True, help="What waits for approval.")
@click.option("--reason", default="", help="What you looked at: it is kept in the journal.")
@click.option(
    "--evidence", default="", metavar="FILE|URL", help="What shows it; of a file the digest is kept."
)
@dry_run_option
@yes_option
@as_json
@at_desk
def approve(
    desk: Desk,
    entry: int | None,
    listed: bool,
    reason: str,
    evidence: str,
    dry_run: bool,
    yes: bool,
    json_: bool,
) -> None:
    """Let a correction count that somebody else recorded: ENTRY.

    What waits: false alarms; maintenance recorded after it began, or stated to
    have been announced earlier than it was recorded (both need evidence); and
    every exclusion, label, report and decision under an agreement with
    approval = "second person".
    """
    from monitor.cli.attached import attached
    from monitor.people import author
    from monitor.statements.approvals import approved

    plan = desk.plan()
    store = desk.store(plan)
    head = store.changed(0)
    with store.snapshot() as snapshot:
        waits = {each.event.seq: each for each in waiting(plan, list(snapshot.events()))}
    if listed or entry is None:
        _list(waits.values(), json_=json_)
        return
    if entry not in waits:
        known = ", ".join(map(str, waits)) or "nothing waits"
        raise ConfigError(f"entry {entry} does not wait for approval; what does: {known}")
    chosen, kept = waits[entry], attached(evidence)
    if chosen.event.kind.startswith("maintenance.") and not (kept or chosen.event.body.get("evidence")):
        raise ConfigError(
            f"entry {entry} is of a window: name what shows when it was announced: --evidence FILE|URL"
        )
    new = approved(chosen.event, author(), desk.clock.now(), reason=reason, evidence=kept)
    done = record(
        desk, plan, store, [new], chosen.services, chosen.span, head,
        dry_run=dry_run, yes=yes, json_=json_, approves=entry,
    )  # fmt: skip
    if done is not None and not json_:
        show([str(done)])
        talk(f"Approved by {new.author}: {chosen.event.kind} {chosen.event.subject}")


def _list(waits: Iterable[Waiting], *, json_: bool) -> None:
    found = list(waits)
    if json_:
        show_json(
            [
                {
                    "entry": each.event.seq,
                    "kind": each.event.kind,
                    "subject": each.event.subject,
                    "author": each.event.author,
                    "recorded": utc(each.event.at),
                    "reason": each.event.reason,
                    "why": each.why,
                }
                for each in found
            ]
        )
    elif found:
        show(table(HEAD, [_cells(each) for each in found], right=(0,)))
    else:
        show(["Nothing waits for approval."])


def _cells(each: Waiting) -> tuple[str, ...]:
    event = each.event
    return (
        str(event.seq), utc(event.at) or "", event.author, event.kind, event.subject, event.reason or "-",
        each.why,
    )  # fmt: skip


def waiting(plan: Plan, events: list[Event]) -> Iterator[Waiting]:
    """Everything that waits, oldest first."""
    from monitor.statements.approvals import approvals

    done = approvals(events)
    found = [
        *_maintenance(events),
        *_exclusions(plan, events),
        *_labels(plan, events),
        *_reports(plan, events),
        *_decisions(plan, events),
    ]
    for each in sorted(found, key=lambda each: each.event.seq):
        if each.event.seq not in done:
            yield each


def _asking(plan: Plan, services: Iterable[str]) -> list[str]:
    wanted = set(services)
    return [a.id for a in plan.agreements.values() if a.second_person and a.service in wanted]


def _maintenance(events: list[Event]) -> Iterator[Waiting]:
    from monitor.core.windows import OneOff
    from monitor.statements.maintenance import records

    by_seq = {event.seq: event for event in events}
    for each in records(events):
        if each.ended is not None:
            continue
        start = each.rule.span.start if isinstance(each.rule, OneOff) else each.recorded
        late = isinstance(each.rule, OneOff) and each.recorded > start
        if late or each.announced != (None, None):
            why = "recorded after it began" if late else "stated as announced earlier"
            end = each.rule.span.end if isinstance(each.rule, OneOff) else each.recorded + DAY
            yield Waiting(by_seq[each.seq], why, each.services, Span(start, max(end, start + 1)))


def _exclusions(plan: Plan, events: list[Event]) -> Iterator[Waiting]:
    from monitor.statements.exclusions import records

    by_seq = {event.seq: event for event in events}
    for each in records(events):
        asking = _asking(plan, each.services)
        if each.ended is None and asking:
            yield Waiting(by_seq[each.seq], f"{', '.join(asking)} asks for it", each.services, each.span)


def _labels(plan: Plan, events: list[Event]) -> Iterator[Waiting]:
    from monitor.statements.relabels import labels

    by_seq = {event.seq: event for event in events}
    for each in labels(events).values():
        asking = _asking(plan, (each.service,))
        if each.is_false_alarm or asking:
            why = "a false alarm" if each.is_false_alarm else f"{', '.join(asking)} asks for it"
            yield Waiting(by_seq[each.seq], why, (each.service,), Span(each.began, each.began + DAY))


def _reports(plan: Plan, events: list[Event]) -> Iterator[Waiting]:
    from monitor.statements.reported import reports

    by_seq = {event.seq: event for event in events}
    for each in reports(events).values():
        asking = [
            id
            for id in _asking(plan, (each.service,))
            if each.customer in ("", plan.agreements[id].customer) and _on_a_clock(plan.agreements[id])
        ]
        if asking:
            span = Span(each.began, max(each.closed or 0, each.began) + DAY)
            yield Waiting(by_seq[each.seq], f"{', '.join(asking)} asks for it", (each.service,), span)


def _on_a_clock(agreement: Agreement) -> bool:
    """Whether an agreement counts by what people tell of an outage."""
    from monitor.statements.reported import clock

    return any(clock(promise for _, promise in terms.terms.promises) for terms in agreement.terms)


def _decisions(plan: Plan, events: list[Event]) -> Iterator[Waiting]:
    from monitor.statements.decisions import RECORDED
    from monitor.statements.periods import by_label

    for event in events:
        agreement = plan.agreements.get(event.subject) if event.kind == RECORDED else None
        if agreement is not None and agreement.second_person:
            own = by_label(agreement, str(event.body.get("period", "")))
            span = own[1].span if own else Span(event.at, event.at + 1)
            yield Waiting(event, f"{agreement.id} asks for it", (agreement.service,), span)

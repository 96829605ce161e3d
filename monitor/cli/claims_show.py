"""`makegood claims show`: one period of an agreement that we buy: its figure, days, outages and steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import lasted, show, show_json, spoken, table, to_the_second, utc

if TYPE_CHECKING:
    from monitor.config.plan import Asked, Plan
    from monitor.core.intervals import Ms
    from monitor.ledger.receivables import Receivable
    from monitor.statements.value import OutageLine, PromiseLine

WIDE = 79


@click.command(name="show")
@click.argument("agreement")
@click.argument("period")
@click.option("--workings", is_flag=True, help="Every step from the evidence to the figure.")
@as_json
@at_desk
def show_(desk: Desk, agreement: str, period: str, workings: bool, json_: bool) -> None:
    """What a provider owes us for PERIOD of AGREEMENT, and why.

    The figure by our measurements, the outages behind it, the last days, what
    was recorded, and what their contract asks a claim to contain.
    """
    from monitor.cli.owed_to_us import as_data, at_hand
    from monitor.cli.unsure import told

    now = desk.clock.now()
    with at_hand(desk, agreement, period) as (plan, _, found):
        if json_:
            show_json({**as_data(found, plan, now), **_more(found, plan)})
        else:
            show(_lines(found, plan, now, workings=workings))
            show(told(plan, [found.agreement.id]))


def _more(found: Receivable, plan: Plan) -> dict[str, object]:
    from reports.format import PLAIN
    from reports.words import workings

    section, wanted = found.now.section, _asked(plan, found)
    return {
        "met": section.met,
        "outages": [
            {
                "reference": line.letter,
                "resource": line.resource or None,
                "start": utc(line.span.start),
                "end": None if line.open else utc(line.span.end),
                "duration_ms": line.duration,
                "counted_ms": line.counted if section.workings else None,
                "reason": line.reason.value,
            }
            for line in section.outages
        ],
        "contract": list(section.plain),
        "workings": [f"{each.text}: {each.figure}" for each in workings(section.workings, PLAIN)],
        "asks": {"items": list(wanted.items), "source": wanted.kind, "verified": wanted.verified},
    }


def _asked(plan: Plan, found: Receivable) -> Asked:
    from monitor.config.plan import Asked

    return plan.asked.get(found.agreement.id, Asked())


def _lines(found: Receivable, plan: Plan, now: Ms, *, workings: bool) -> Iterator[str]:
    from monitor.cli.owed_to_us import checklist, spoken_owed
    from reports.format import clean

    section, label = found.now.section, found.now.period.label
    who = clean(plan.party_of(found.agreement).party.name)
    named = f"{found.agreement.id}, {label}"
    if found.owed is None:
        yield from wrap(f"{named}: nobody can tell what {who} owes us: {found.now.why}", WIDE)
    elif section.met and not found.owed.minor and not found.now.added:
        yield f"{named}: nothing is owed by {who}, by our measurements"
    else:
        yield from wrap(f"{named}: {who} owes us {spoken_owed(found)} by our measurements", WIDE)
    yield from wrap(f"{clean(section.service)}, SLA {clean(section.sla)}: {_figure(found)}", WIDE)
    if section.promises:
        yield ""
        yield from _promises(section.promises)
    yield ""
    yield from _standing(found, now)
    if workings:
        from monitor.cli.explain import section_lines

        yield from section_lines(section, found.agreement.zone)
    elif section.outages:
        yield ""
        yield from _outages(section.outages, seen_only=not section.workings)
        if not section.workings:
            yield "As our checks saw them; what of them counts nobody can tell."
    elif not section.workings:
        yield ""
        yield "Our checks saw no outage; what counts nobody can tell."
    if section.notes:
        yield ""
        yield from _notes(section.notes)
    if found.steps:
        yield ""
        yield from _steps(found)
    wanted = _asked(plan, found)
    if wanted.items and (found.now.seen or found.steps):
        yield ""
        yield from checklist(wanted)
    if section.needs:
        yield ""
        yield "Settle it from a file, and say what was claimed with --amount:"
        yield f"  makegood evaluate CONFIG --agreement {found.agreement.id} --period {label} \\"
        yield "      --evidence FILE.csv"
    if found.now.seen or found.steps:
        yield ""
        yield f"The evidence to attach: makegood claims bundle {found.agreement.id} {label}"


def _figure(found: Receivable) -> str:
    from reports.format import PLAIN, availability, share

    section = found.now.section
    word = {True: "met", False: "MISSED", None: "not determinable"}[section.met]
    if section.promises:
        missed = sum(line.met is False for line in section.promises)
        return f"{missed} of {len(section.promises)} promises missed" if section.met is False else word
    if section.availability is None:
        return word
    promised = section.promised_in_words
    if section.commitment is not None:
        promised = share(section.commitment.value, PLAIN)
    runs = " so far" if found.now.runs else ""
    return f"{availability(section.availability, PLAIN)} of {promised}, {word}{runs}"


def _standing(found: Receivable, now: Ms) -> Iterator[str]:
    from monitor.cli.owed_to_us import left
    from monitor.cli.owed_to_us import spoken as amount

    dates, zone = found.now.dates, found.agreement.zone
    state = found.state if found.now.seen or found.steps or found.owed is None else "nothing to claim"
    yield f"State     {state}{', the period runs' if found.now.runs else ''}"
    if dates.notify_by is not None:
        hour = "" if dates.notify_at is None else f", {utc(dates.notify_at)} at the latest"
        yield f"Notice    by {dates.notify_by}, that day included{hour}"
    if dates.claim_by is not None:
        hour = "" if dates.claim_at is None else f", {utc(dates.claim_at)} at the latest"
        yield f"Claim     by {dates.claim_by}, that day included{hour}, in {zone}"
        if found.now.section.claim != "automatic":
            yield f"          {found.now.section.claim}"
        yield from _no_report(found)
    elif dates.automatic and found.owed is not None and found.owed.minor:
        yield "Claim     none is needed: the credit is given without"
    if found.next_day is not None:
        yield f"Next      {found.step}: {left(found, now)}"
    safest = found.now.safest
    if safest is not None and dates.claim_by is not None and safest < dates.claim_by:
        yield f"To be safe, claim by {safest}: by the first outage, were each claimed alone."
    if found.gives_way_to:
        yield f"Its credit is not added to that of {found.gives_way_to}, which is the more favourable."
    if found.claimed is not None:
        yield f"Claimed   {amount(found.claimed)}"
    if found.granted is not None:
        short = f", {amount(found.short)} less than our figure" if found.short and found.short.minor else ""
        yield f"Granted   {amount(found.granted)}{short}"


def _no_report(found: Receivable) -> Iterator[str]:
    """That a day which runs from a report was counted from the outage, where nobody recorded one."""
    about = found.now.section
    asks = any(word in about.claim for word in ("after report", "after awareness", "after ticket closed"))
    if asks and not any(line.told is not None and line.told.reported for line in about.outages):
        yield "          No report is recorded: it counts from the outage (makegood outage report)."


def _promises(promises: Sequence[PromiseLine]) -> list[str]:
    """A line for each promise, with what it credits and by when that must be claimed."""
    from reports.format import PLAIN, money

    rows = [
        (
            f"{line.promise}, {line.resource}" if line.resource else line.promise,
            _of_promise(line),
            line.commitment.removeprefix(">= "),
            f"{line.bad_slots} bad slots" if line.bad_slots is not None else lasted(line.down),
            "" if line.credit is None else money(line.credit.round(), PLAIN),
            _claimed(line),
        )
        for line in promises
    ]
    return table(("PROMISE", "FIGURE", "OF", "COUNTED", "CREDIT", "CLAIM"), rows, right=(1, 2, 3, 4))


def _of_promise(line: PromiseLine) -> str:
    from reports.format import PLAIN, availability, number

    if line.figure is None:
        return "unknown"
    return f"{number(line.figure, PLAIN)} {line.unit}" if line.unit else availability(line.figure, PLAIN)


def _claimed(line: PromiseLine) -> str:
    if line.credit is None or not line.credit.amount:
        return ""
    return "none needed" if line.deadlines.automatic else f"by {line.deadlines.claim_by or '?'}"


def _outages(outages: Sequence[OutageLine], *, seen_only: bool) -> list[str]:
    rows = [
        (
            line.letter,
            to_the_second(line.span.start),
            "goes on" if line.open else to_the_second(line.span.end),
            lasted(line.duration),
            "-" if seen_only else lasted(line.counted),
            spoken(line.reason),
        )
        for line in outages
    ]
    return table(("", "START", "END", "LASTED", "COUNTED", "WHY"), rows, right=(3, 4))


def _notes(notes: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What stands beside the figure: rights, readings, and what no program decides."""
    from reports.format import clean
    from reports.sentences import NOTES

    for kind, text in notes:
        if kind != "unverified":  # told at the end
            yield from wrap(NOTES[kind].format(text=clean(text).rstrip(".")), WIDE)


def _steps(found: Receivable) -> Iterator[str]:
    from monitor.cli.owed_to_us import spoken as amount
    from reports.format import clean

    yield "Recorded"
    for step in found.steps:
        about = [amount(step.amount)] if step.amount is not None else []
        about += [f"reference {clean(step.reference)}"] if step.reference else []
        about += [clean(step.reason)] if step.reason else []
        told = f": {', '.join(about)}" if about else ""
        yield f"  {step.on} {step.state}{told} (by {clean(step.author)}, entry {step.entry})"

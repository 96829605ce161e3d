"""`makegood explain`: how a figure came about, every step of it, in the lines that the statement prints."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.late_told import of_section
from monitor.cli.layout import show, spoken, table
from monitor.core.intervals import DAY, Ms
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.money import Amount
    from monitor.statements.value import OutageLine, Section, Statement

TEXT = 66
FIGURE = 22
Row = tuple[str, str, str]


@click.command()
@click.argument("customer")
@click.option(
    "--period",
    metavar="PERIOD",
    help="A month such as 2026-10 [default: the last one that is over], or an agreement's own: 2026-Q3.",
)
@as_json
@at_desk
def explain(desk: Desk, customer: str, period: str | None, json_: bool) -> None:
    """Every step from the evidence to CUSTOMER's credit in a month.

    Agreements whose own period ends in the month are told; others are named with the day on which it ends.
    Exits 5 where the credit of a finished month cannot be determined.
    """
    from monitor.cli.report import check_customer, check_period, undetermined
    from monitor.statements.build import last_closed_month, statement

    with desk.evidence() as (plan, snapshot):
        now = desk.clock.now()
        _check_bought(plan, customer, period, now)
        check_customer(plan, customer)
        label = period or last_closed_month(plan, customer, now)
        check_period(plan, customer, label, now)
        paper = statement(plan, snapshot, customer, label, now)
    if json_:
        from reports.twins import statement_json

        click.echo(statement_json(paper).rstrip())
    else:
        show(lines(paper))
    raise click.exceptions.Exit(Exit.UNDECIDED if undetermined(paper) else Exit.DONE)


def _check_bought(plan: Plan, name: str, period: str | None, now: Ms) -> None:
    """ConfigError with the command that explains what we buy, where the name is that of a provider."""
    from monitor.statements.bought import agreements_of, periods

    mine = [each for each in agreements_of(plan) if name in (each.id, each.customer)]
    if name in plan.customers or not mine:
        return
    what = "a provider" if name in plan.providers else f"what we buy of {mine[0].customer}"
    told = []
    for each in mine:
        known = [found.label for found in periods(each, now - 100 * DAY, now) if found.span.end <= now]
        told.append(f"makegood claims show {each.id} {period or (known or ['PERIOD'])[-1]} --workings")
    raise ConfigError(f"{name} is {what}: {'; '.join(told)}")


def lines(paper: Statement) -> list[str]:
    """The whole explanation for a person."""
    from reports.format import PLAIN, clean, moment, period_title

    zone = paper.period.zone
    head = f"{clean(paper.customer.name)}, {period_title(paper.period, PLAIN)}, {zone}"
    kind = "draft, not issued"
    if paper.status == "running":
        kind = f"so far, to {moment(paper.as_of, zone, PLAIN)}, as if the month ended now"
    sections = chain.from_iterable(
        (*section_lines(section, zone), *of_section(section, zone)) for section in paper.sections
    )
    summary = ["", *_summary(paper)] if paper.sections else []
    return [f"{head}: {kind}", *sections, *summary, *_already(paper), *_unsure(paper), *_continuing(paper)]


def _unsure(paper: Statement) -> list[str]:
    """What nobody has held against the contract."""
    from monitor.cli.unsure import lines

    return lines(
        {
            section.agreement: [text for kind, text in section.notes if kind == "unverified"]
            for section in paper.sections
        }
    )


def _continuing(paper: Statement) -> Iterator[str]:
    """The agreements whose period runs on."""
    from reports.format import PLAIN, clean, last_day, period_title
    from reports.sentences import CONTINUING

    if paper.continuing:
        yield ""
    for each in paper.continuing:
        period, last = period_title(each.period, PLAIN), last_day(each.period, PLAIN)
        yield CONTINUING.format(name=clean(each.service), sla=clean(each.sla), period=period, last=last)


def section_lines(section: Section, zone: str) -> Iterator[str]:
    """One agreement's workings, with its outages under the line that counts them."""
    from reports.format import clean

    yield ""
    about = f"{clean(section.service)}, SLA {clean(section.sla)}, version {clean(section.version)}"
    yield f"{about}: {_promise(section)}"
    yield ""
    if section.needs:
        from monitor.statements.ways import way_out
        from reports.format import PLAIN
        from reports.headline import reason

        what, command = way_out(section)
        yield f"  {reason(section, PLAIN)}; {what or 'settle it from a file'}:"
        evaluate = f"evaluate CONFIG --agreement {section.agreement} --period {_label(section)} {FILE}"
        yield f"  {command or f'makegood {evaluate}'}"
    before = ""
    for stage, text, figure in _rows(section, zone):
        yield from _set("" if stage == before else stage, text, figure)
        before = stage


FILE = "--evidence FILE.csv"


def _label(section: Section) -> str:
    return section.period.label if section.period else "PERIOD"


def _promise(section: Section) -> str:
    """`99.9 % of every calendar month`, or of the agreement's own period."""
    from reports.format import PLAIN, month_title, period_title, share

    own, bound = section.period, section.commitment
    said = section.promised_in_words if bound is None else share(bound.value, PLAIN)
    said = "no commitment" if said == "none" else said
    if own is None or month_title(own) != own.label:
        return f"{said} of every calendar month"
    return f"{said}, {period_title(own, PLAIN)}"


def _rows(section: Section, zone: str) -> Iterator[Row]:
    """The workings, with the outages under the line that counts them."""
    from reports.format import PLAIN
    from reports.words import window_letters, workings

    letters = window_letters(section.windows)
    listed = False
    for working in workings(section.workings, PLAIN, letters=letters):
        yield working.stage, working.text, working.figure
        if working.stage == "qualify" and not listed:
            yield from (row for outage in section.outages for row in _outage(outage, zone))
            listed = True


def _outage(outage: OutageLine, zone: str) -> Iterator[Row]:
    """What was seen of it, and what people told where the agreement counts by that."""
    from monitor.cli.outage_told import spoken_times
    from reports.format import PLAIN, duration, end_of, instant

    end = "goes on" if outage.open else end_of(outage.span, zone, PLAIN)
    text = f"  {outage.letter}  {instant(outage.span.start, zone, PLAIN)} - {end}  {spoken(outage.reason)}"
    yield "qualify", text, duration(outage.in_period, PLAIN)
    if outage.told is not None:
        yield "qualify", f"     {spoken_times(outage.told, zone)}", ""


def _set(stage: str, text: str, figure: str) -> Iterator[str]:
    """One working, its text broken at `TEXT`, the figure at the end of its last line."""
    indent = " " * (len(text) - len(text.lstrip()))
    broken = wrap(text, TEXT, subsequent_indent=indent, drop_whitespace=True) or [""]
    for place, part in enumerate(broken):
        last = place == len(broken) - 1
        line = f"  {stage if place == 0 else '':<9} {part:<{TEXT}} {figure if last else '':>{FIGURE}}"
        yield line.rstrip()


def _summary(paper: Statement) -> Iterator[str]:
    from reports.format import PLAIN
    from reports.headline import figure, worked_out
    from reports.setting import section_names

    words = {True: "met", False: "MISSED", None: "not determinable"}
    rows = [
        (
            name,
            figure(section, PLAIN) or ("no response" if section.met else "not measured"),
            _of(section),
            words[section.met],
            _credit(section.credit),
        )
        for name, section in zip(section_names(paper.sections), paper.sections, strict=True)
    ]
    rows += [("Credit", "", "", "", _credit(entry.credit)) for entry in paper.totals]
    head, *body = rows
    yield from table(head, body, right={1, 4})
    yield from filter(None, (worked_out(section, PLAIN) for section in paper.sections))


def _of(section: Section) -> str:
    from reports.format import PLAIN, share

    if section.commitment is None:
        return section.promised_in_words
    return f"of {share(section.commitment.value, PLAIN)}"


def _already(paper: Statement) -> Iterator[str]:
    """What a month that still runs owes whatever comes."""
    if paper.status == "running":
        from reports.setting import section_names

        named = zip(section_names(paper.sections), paper.sections, strict=True)
        known = [(name, section) for name, section in named if section.owed_already is not None]
        owed = ", ".join(f"{name} {_credit(section.owed_already)}" for name, section in known)
        yield from ("", f"Owed already, even if nothing more fails: {owed}.") if known else ()


def _credit(credit: Amount | None) -> str:
    from reports.format import PLAIN, money

    return "not determinable" if credit is None else money(credit, PLAIN)

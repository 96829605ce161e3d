"""`makegood evaluate`: price a period from plain files, by the engine of every statement."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, table
from monitor.errors import ConfigError, Exit

if TYPE_CHECKING:
    from monitor.evaluation.case import Question
    from reports.answer import Asked

Json = dict[str, Any]
NOTES = {
    "termination": "Termination",
    "manual": "Decided by no engine",
    "readings": "Reading",
    "unverified": "Not verified",
    "assumed": "Assumed",
}
FILE = click.Path(dir_okay=False, path_type=Path)
TEXT = 67  # so that a line has 80 columns


@click.command()
@click.argument("config", type=FILE)
@click.option("--agreement", required=True, metavar="ID", help="The agreement to settle.")
@click.option(
    "--period",
    required=True,
    metavar="PERIOD",
    help="2026-04, 2026-Q2, 2026, or the first day of a billing month or of 30 days.",
)
@click.option(
    "--evidence",
    "evidence",
    required=True,
    multiple=True,
    metavar="FILE",
    help="What was observed, as CSV. NAME=FILE for one promise of several; may be repeated.",
)
@click.option(
    "--windows", multiple=True, type=FILE, help="Maintenance and exclusions beside the configuration's."
)
@click.option(
    "--bills", multiple=True, type=FILE, help="What was really billed, by period; overrides the fee."
)
@click.option("--history", multiple=True, type=FILE, help="What earlier periods came to, oldest first.")
@click.option(
    "--as-of", metavar="TIME", help="Up to when it is known, with an offset [default: the period's end]."
)
@click.option(
    "--accept-unverified",
    is_flag=True,
    help="Price published terms although nobody has held all their figures against the text.",
)
@as_json
@at_desk
def evaluate(
    desk: Desk,
    config: Path,
    agreement: str,
    period: str,
    evidence: tuple[str, ...],
    windows: tuple[Path, ...],
    bills: tuple[Path, ...],
    history: tuple[Path, ...],
    as_of: str | None,
    accept_unverified: bool,
    json_: bool,
) -> None:
    """Price a period of an agreement in CONFIG from plain files: no probing, no database.

    Time that no file mentions was up, and was seen. Exits 3 where a file is refused (each bad row by its
    line), 4 where the figure stands in no row, 5 where a person must decide.
    """
    from monitor.agreements.deadlines import dates
    from monitor.agreements.parts import evaluate_parts
    from monitor.config.load import load_plan
    from monitor.core.calendars import HolidaysUnknown
    from monitor.evaluation.case import Files, cases, question
    from monitor.evaluation.tables import moment
    from reports.answer import answer

    try:
        until = None if as_of is None else moment(as_of)
    except ValueError as error:
        raise ConfigError(f"--as-of: {error}") from None
    if not config.exists():
        raise ConfigError(f"there is no file {config}")
    plan = load_plan(
        config,
        environ=desk.environ,
        purpose="files",
        agreement=agreement,
        accept_unverified=accept_unverified,
    )
    asked = question(plan, agreement, period, until)
    files = Files(_by_promise(asked, evidence), windows, history, bills)
    parts = cases(asked, files)
    try:
        settled = evaluate_parts(parts)
        claim = dates(parts[-1], settled)
        paper = answer(_told(asked), parts[-1], settled, claim)
    except HolidaysUnknown as error:
        raise ConfigError(str(error)) from None
    if json_:
        show_json(paper)
    else:
        show(_lines(paper))
    raise click.exceptions.Exit(Exit.UNDECIDED if settled.credit is None else Exit.DONE)


def _told(asked: Question) -> Asked:
    from reports.answer import Asked

    terms = asked.terms
    return Asked(asked.agreement.id, terms.version, terms.sla, asked.promises, asked.beside)


def _by_promise(asked: Question, given: tuple[str, ...]) -> dict[str, list[Path]]:
    """The files by promise; "" for those that name none."""
    names = asked.names
    found: dict[str, list[Path]] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if equals and name in names:
            found.setdefault(name, []).append(Path(path))
        elif equals and not Path(text).exists():
            known = ", ".join(names)
            raise ConfigError(f'--evidence: there is no promise "{name}"; the SLA has {known}')
        else:
            found.setdefault("", []).append(Path(text))
    return found


def _lines(paper: Json) -> Iterator[str]:
    """The answer for a person: the figures, the workings, and what follows from them."""
    period, credit = paper["period"], paper["credit"]
    yield (
        f"{paper['agreement']}, {period['name']}, {period['timezone']}: "
        f"SLA {paper['sla']}, version {paper['version']}"
    )
    yield ""
    yield from table(("promise", "figure", "commitment", "", "row"), list(_promises(paper)))
    yield ""
    yield from _workings(paper["workings"])
    yield ""
    yield f"Credit: {_credit(credit)}."
    yield from _after(paper)


def _promises(paper: Json) -> Iterator[tuple[str, ...]]:
    words = {True: "met", False: "MISSED", None: "not determinable"}
    for promise in paper["promises"]:
        for each in (promise, *({**one, "name": f"  {one['name']}"} for one in promise["resources"])):
            commitment = (promise["commitment"] or "none") if each is promise else ""
            yield each["name"], _figure(each["figure"]), commitment, words[each["met"]], each["row"] or ""


def _figure(figure: Json | None) -> str:
    if figure is None:
        return "none"
    return f"{figure['percent']} %" if "percent" in figure else f"{figure['value']} {figure['unit']}"


def _workings(workings: list[Json]) -> Iterator[str]:
    """A line each, with its stage where that begins; lines that say the same in a row are one."""
    before = ""
    for (of, text), alike in groupby((working["stage"], working["text"]) for working in workings):
        stage, before = "" if of == before else of, of
        times = sum(1 for _ in alike)
        first, *rest = wrap(text if times == 1 else f"{times} times: {text}", TEXT) or [""]
        yield f"  {stage:<9} {first}"
        yield from (f"  {'':<9} {part}" for part in rest)


def _credit(credit: Json) -> str:
    parts = [
        f"{credit['amount']} {credit['currency']}" if credit["amount"] is not None else "not determinable"
    ]
    if credit["days_of_service"]:
        parts.append(f"{credit['days_of_service']} days of service")
    parts += [f"{amount} {unit}" for unit, amount in credit["units"].items()]
    limited = f" (limited by {credit['limited_by']})" if credit["limited_by"] else ""
    return " and ".join(parts) + limited


def _is_something(credit: Json) -> bool:
    """Whether there is something to claim, or may be."""
    amount = credit["amount"]
    return amount is None or bool(amount.strip("0.") or credit["days_of_service"] or credit["units"])


def _after(paper: Json) -> Iterator[str]:
    claim = paper["claim"]
    if not claim["automatic"] and _is_something(paper["credit"]):
        steps = {"notify": claim["notify_by"], "claim": claim["claim_by"]}
        told = [f"{step} by {day}" for step, day in steps.items() if day]
        yield f"To be claimed: {', '.join(told) or 'as the contract says'}."
    if paper["undecided"]:
        yield f"A person must decide: {paper['undecided']}."
    for key, name in NOTES.items():
        yield from (text if text.startswith(name) else f"{name}: {text}" for text in paper[key])

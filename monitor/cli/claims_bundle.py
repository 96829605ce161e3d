"""`makegood claims bundle`: the evidence to attach to a claim against a provider: a page, and CSV files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.plan import Asked, Plan
    from monitor.ledger.receivables import Receivable
    from monitor.statements.value import ClaimPaper

NAMED = ("account", "region", "subscription", "project", "tenant")  # what contracts ask to be named


@click.command()
@click.argument("agreement")
@click.argument("period")
@click.option(
    "--out", "folder", metavar="DIR", type=click.Path(path_type=Path),
    help="The folder to write to; it is made where there is none [default: the reports folder].",
)  # fmt: skip
@as_json
@at_desk
def bundle(desk: Desk, agreement: str, period: str, folder: Path | None, json_: bool) -> None:
    """Write the evidence to attach for PERIOD of AGREEMENT: HTML and CSV.

    Outages with their times in UTC and in the contract's zone, how we measured,
    what the contract says in plain words, and how the figure was worked out.
    The failed checks are listed without anything that the target said: no
    secret is in them. What the provider asks for goes to a list of its own, for
    us, and is not to be attached.
    """
    from monitor.cli.owed_to_us import as_data, at_hand, checklist
    from monitor.config.plan import Asked
    from monitor.ledger.claim_paper import claim_paper

    now = desk.clock.now()
    with at_hand(desk, agreement, period) as (plan, snapshot, found):
        paper = claim_paper(plan, snapshot, found, now)
        data = as_data(found, plan, now)
    wanted = plan.asked.get(agreement, Asked())
    folder = folder or plan.settings.reports
    paths = write_bundle(replace(paper, terms=_terms(paper)), folder)
    listed = _write_checklist(paper, wanted, folder)
    if json_:
        asks = None if listed is None else str(listed)
        show_json({**data, "files": [str(path) for path in paths], "checklist": asks})
    else:
        show(str(path) for path in paths)
    for line in _told(plan, found, paper):
        talk(line)
    if listed is not None:
        talk(f"To tick off, and not to attach: {listed}")
        for line in checklist(wanted):
            talk(line)
    missing = _not_named(plan, agreement, wanted)
    if missing:
        talk(f"Not on the page yet: {', '.join(missing)} (agreement.{agreement}.references)")


def _terms(paper: ClaimPaper) -> str:
    """A published SLA by the names of its provider, with its day and where it was read, as far as known."""
    from monitor.cli.shelf import LIBRARY, published

    entry = published().get(paper.section.sla) if paper.section.sla.startswith(LIBRARY) else None
    if entry is None:
        return ""
    where = entry.source if entry.source.startswith("http") else ""
    day = f"effective {entry.effective}" if entry.effective else ""
    return ", ".join(each for each in (entry.provider, f"{entry.section} SLA", day, where) if each)


def _told(plan: Plan, found: Receivable, paper: ClaimPaper) -> Iterator[str]:
    """What only we are told."""
    from monitor.cli.unsure import told

    name = f"{paper.agreement}, {paper.statement.period.label}"
    if paper.owed is None and paper.claimed is None:
        period = paper.statement.period.label
        yield f"{name}: nothing can be claimed with this page: {paper.why}"
        yield f"Settle it: makegood evaluate CONFIG --agreement {paper.agreement} --period {period} \\"
        yield "    --evidence FILE.csv"
    if paper.owed is not None and not paper.owed.minor:
        yield f"{name}: nothing is owed by our figures"
    if paper.runs:
        yield f"{name}: the period runs, and its figures are those of now"
    if found.state == "lapsed":
        yield f"{name}: the last day was {found.next_day}, and no {found.step} is recorded: they may refuse"
    yield from filter(None, told(plan, [paper.agreement]))


def _not_named(plan: Plan, agreement: str, wanted: Asked) -> list[str]:
    """What they ask to be named that no reference of the agreement names."""
    asked = " ".join(wanted.items).lower()
    labels = " ".join(plan.agreements[agreement].references).lower()
    return [word for word in NAMED if word in asked and word not in labels]


def _write_checklist(paper: ClaimPaper, wanted: Asked, folder: Path) -> Path | None:
    """The list of what they ask for, beside the bundle; None where nothing is known."""
    from monitor.cli.owed_to_us import checklist
    from reports.render import write_atomically

    if not wanted.items:
        return None
    path = folder / f"{paper.agreement}-{paper.statement.period.label}-CHECKLIST.txt"
    title = f"{paper.agreement}, {paper.statement.period.label}: not to be attached"
    write_atomically(path, "\n".join((title, "", *checklist(wanted), "")))
    return path


def write_bundle(paper: ClaimPaper, folder: Path) -> list[Path]:
    """Write the page and its CSV files, each whole or not at all; their paths."""
    from reports.claim_twins import claim_csv, failed_csv, outages_csv
    from reports.render import render_claim, write_atomically

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out: {folder} cannot be made: {error.strerror}") from None
    name = f"{paper.agreement}-{paper.statement.period.label}"
    texts = {
        f"{name}.html": render_claim(paper),
        f"{name}.csv": claim_csv(paper),
        f"{name}-outages.csv": outages_csv(paper),
        f"{name}-failed-checks.csv": failed_csv(paper),
    }
    for file, text in texts.items():
        write_atomically(folder / file, text)
    return [folder / file for file in texts]

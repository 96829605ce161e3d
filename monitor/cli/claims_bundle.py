"""`makegood claims bundle`: the evidence to attach to a claim against a provider: a page, and CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import show, show_json, talk
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.statements.value import ClaimPaper


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
    what the contract says in plain words, how the figure was worked out, and
    what the provider asks for, as a list to tick off. The failed checks are
    listed without anything that the target said: no secret is in them.
    """
    from monitor.cli.owed_to_us import as_data, at_hand
    from monitor.ledger.claim_paper import claim_paper

    now = desk.clock.now()
    with at_hand(desk, agreement, period) as (plan, snapshot, found):
        paper = claim_paper(plan, snapshot, found, now)
        data = as_data(found, plan, now)
    paths = write_bundle(paper, folder or plan.settings.reports)
    if json_:
        show_json({**data, "files": [str(path) for path in paths]})
    else:
        show(str(path) for path in paths)
    if paper.owed is None and paper.claimed is None:
        talk(f"{agreement}, {period}: nothing can be claimed with this page: {paper.why}")
        evaluate = f"--agreement {agreement} --period {period} --evidence FILE.csv"
        talk(f"Settle it from a file: makegood evaluate CONFIG {evaluate}")
    if paper.owed is not None and not paper.owed.minor:
        talk(f"{agreement}, {period}: nothing is owed by our figures")
    if paper.runs:
        talk(f"{agreement}, {period}: the period runs, and its figures are those of now")
    if paper.asks and not paper.asks_verified:
        talk(f"What they ask for is {paper.asks_kind}: hold it against your contract, or write asks = [...]")


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

"""`makegood statement issue`: close a month. What is issued has a number, and stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, as_json, at_desk
from monitor.cli.layout import exact, owed, show, show_json, table, talk
from monitor.cli.papers import credits_of, office_of, paper_data, spoken_credit, write_pages

if TYPE_CHECKING:
    from monitor.config.plan import Plan
    from monitor.core.money import Amount
    from monitor.ledger.issuing import Outcome
    from monitor.ledger.press import Office
    from monitor.ledger.summary import CurrencySum

HEAD = ("NUMBER", "KIND", "CUSTOMER", "PERIOD", "CREDIT", "")


@click.command()
@click.option(
    "--period", metavar="MONTH", help="A month such as 2026-10 [default: the last one that is over]."
)
@click.option(
    "--customer", "customers", metavar="ID", multiple=True, help="This customer alone; may be repeated."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the pages and the month's summary into this folder too.",
)
@as_json
@at_desk
def issue(desk: Desk, period: str | None, customers: tuple[str, ...], out: Path | None, json_: bool) -> None:
    """Issue a month's statements: number them, and keep them as they are.

    Every customer with a period that ends in the month gets one; a statement that
    was issued already is shown as it stands. Exits with the code of the first
    refusal; what is refused for one customer does not stop the others.
    """
    from monitor.cli.report import check_customer, progress
    from monitor.errors import ConfigError
    from monitor.ledger.issuing import due, issue_month
    from monitor.ledger.summary import sums

    plan = desk.plan()
    for customer in customers:
        check_customer(plan, customer)
    label = period or _last_month(plan, customers, desk.clock.now())
    chosen = tuple(dict.fromkeys(customers)) or due(plan, label)
    if not chosen:
        raise ConfigError(f"no period of an agreement ends in {label}: there is no statement to issue")
    office = office_of(desk, plan)
    with progress(len(chosen)) as step:
        outcome = issue_month(office, label, chosen, step)
    for refusal in outcome.refused:
        talk(str(refusal.error))
    if out is not None:
        write_pages(office.store.ledger, outcome.papers, out)
        _write_summary(office, label, outcome, out)
    found = sums(office.store.ledger, outcome.papers)
    if json_:
        show_json(_data(label, outcome, found, credits_of(office.store.ledger)))
    else:
        show(_lines(outcome, found, credits_of(office.store.ledger)))
    raise click.exceptions.Exit(outcome.exit_code)


def _write_summary(office: Office, label: str, outcome: Outcome, folder: Path) -> None:
    from monitor.ledger.summary import month_summary
    from reports.render import render_month, write_atomically

    refused = [str(each.error) for each in outcome.refused]
    page = render_month(month_summary(office, label, outcome.papers, refused))
    write_atomically(folder / f"summary-{label}.html", page)


def _last_month(plan: Plan, customers: Sequence[str], now: int) -> str:
    from monitor.errors import ConfigError
    from monitor.statements.build import last_closed_month

    for customer in (*customers, *plan.customers):
        return last_closed_month(plan, customer, now)
    raise ConfigError(f"{plan.path} names no customer: there is nobody to issue a statement to")


def _lines(outcome: Outcome, sums: Sequence[CurrencySum], credits: dict[int, list[Amount]]) -> list[str]:
    from reports.format import PLAIN, money

    rows = [
        (
            paper.number,
            paper.kind,
            paper.customer,
            paper.period,
            spoken_credit(credits.get(paper.seq, ())),
            "" if paper.fresh else "issued before",
        )
        for paper in outcome.papers
    ]
    out = table(HEAD, rows, right=(4,)) if rows else []
    if sums:
        told = [
            (s.currency, str(s.statements), str(s.credited), money(s.fees, PLAIN), money(s.credits, PLAIN))
            for s in sums
        ]
        out += ["", *table(("CURRENCY", "STATEMENTS", "WITH CREDIT", "FEES", "CREDITS"), told, (1, 2, 3, 4))]
    if outcome.refused:
        out += ["", f"{len(outcome.refused)} not issued: " + ", ".join(r.customer for r in outcome.refused)]
    return out


def _data(
    label: str, outcome: Outcome, sums: Sequence[CurrencySum], credits: dict[int, list[Amount]]
) -> dict[str, object]:
    return {
        "period": label,
        "statements": [
            paper_data(paper, credits.get(paper.seq, ())) | {"fresh": paper.fresh} for paper in outcome.papers
        ],
        "refused": [
            {"customer": r.customer, "reason": str(r.error), "exit_code": int(r.error.exit_code)}
            for r in outcome.refused
        ],
        "sums": [
            {
                "currency": s.currency,
                "statements": s.statements,
                "with_credit": s.credited,
                "fees": exact(s.fees.amount),
                "credits": owed(s.credits),
            }
            for s in sums
        ],
    }

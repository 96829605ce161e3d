"""`makegood credits`: what was credited, for the billing system: each line once, by a cursor."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, at_desk
from monitor.cli.layout import show, table, talk

if TYPE_CHECKING:
    from monitor.core.intervals import Ms
    from monitor.store.protocol import Credit, Store

HEAD = ("CURSOR", "STATEMENT", "KIND", "CUSTOMER", "PERIOD", "AGREEMENT", "CREDIT", "REASON", "CLAIM")


@click.command()
@click.option(
    "--after",
    metavar="CURSOR",
    type=click.IntRange(min=0),
    default=0,
    help="The lines after this one [default: from the first].",
)
@click.option("--limit", metavar="COUNT", type=click.IntRange(min=1), help="So many lines at most.")
@click.option("--csv", "form", flag_value="csv", help="As CSV.")
@click.option("--jsonl", "form", flag_value="jsonl", help="As JSON, a line each.")
@at_desk
def credits(desk: Desk, after: int, limit: int | None, form: str | None) -> None:
    """Credit lines of issued statements, each once, for billing.

    A line never changes and none comes before another: who notes the last
    cursor and asks for the lines after it gets each line once. What an
    amendment or a reversal takes back is a line of its own with a minus. The
    state of a claim is that of now: what moves later, makegood claim list tells.
    """
    plan = desk.plan()
    store = desk.store(plan)
    found = store.ledger.credits(after, limit)
    claims = claim_states(store, found, desk.clock.now())
    if form == "csv":
        click.echo(_csv(found, claims), nl=False)
    elif form == "jsonl":
        show(json.dumps(as_data(line, claims), ensure_ascii=False) for line in found)
    elif found:
        show(table(HEAD, [_cells(line, claims) for line in found], right=(0, 6)))
    if found:
        talk(f"The next lines: makegood credits --after {found[-1].seq}")
    elif form is None:
        show(["No credit line." if after == 0 else f"No credit line after {after}."])


Claims = Mapping[tuple[str, str], str]
"""The state of a claim, by the number of a paper and the agreement."""


def claim_states(store: Store, lines: Sequence[Credit], now: Ms) -> Claims:
    """The state of the claim behind each line; papers of other months are not even read."""
    from monitor.cli.claim import claims_of

    months = {(line.paper.customer, line.paper.period) for line in lines}
    found = claims_of(store, now, months) if months else ()
    return {(number, each.agreement): each.state for each in found for number in each.numbers}


def as_data(line: Credit, claims: Claims) -> dict[str, object]:
    """One line for a program: signed minor units, owed to the customer where positive."""
    from monitor.cli.layout import utc
    from monitor.core.money import Amount

    paper = line.paper
    return {
        "cursor": line.seq,
        "statement": paper.number,
        "kind": paper.kind,
        "issued": utc(paper.at),
        "customer": paper.customer,
        "period": paper.period,
        "agreement": line.agreement,
        "minor": line.minor,
        "currency": line.currency,
        "decimal": f"{Amount(line.minor, line.currency).decimal:f}",
        "reason": line.reason,
        "claim": claims.get((paper.number, line.agreement), ""),
    }


def _csv(lines: Sequence[Credit], claims: Claims) -> str:
    out = io.StringIO()
    rows = [as_data(line, claims) for line in lines]
    writer = csv.DictWriter(out, FIELDS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(map(_guarded, rows))
    return out.getvalue()


FIELDS = (
    "cursor", "statement", "kind", "issued", "customer", "period", "agreement", "minor", "currency",
    "decimal", "reason", "claim",
)  # fmt: skip


def _guarded(row: Mapping[str, object]) -> dict[str, object]:
    """Names that a spreadsheet could take for a formula are preceded by an apostrophe; figures are not."""
    return {
        key: f"'{value}" if key not in ("minor", "decimal") and str(value)[:1] in "=+-@" else value
        for key, value in row.items()
    }


def _cells(line: Credit, claims: Claims) -> tuple[str, ...]:
    from monitor.core.money import Amount
    from reports.format import PLAIN, money

    paper = line.paper
    return (
        str(line.seq),
        paper.number,
        paper.kind,
        paper.customer,
        paper.period,
        line.agreement,
        money(Amount(line.minor, line.currency), PLAIN),
        line.reason,
        claims.get((paper.number, line.agreement), ""),
    )

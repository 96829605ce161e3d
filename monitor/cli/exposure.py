"""`makegood exposure`: what credits may still cost: the provision of a month's end."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitor.cli.desk import Desk, at_desk
from monitor.cli.layout import NARROW, owed, show, show_json, table, talk, utc

if TYPE_CHECKING:
    from monitor.core.intervals import Ms
    from monitor.ledger.exposure import Item, Sum

HEAD = ("CUSTOMER", "AGREEMENT", "PERIOD", "WHAT", "STATEMENT", "AMOUNT", "")
SUMS = ("CURRENCY", "GRANTED", "MAY BE CLAIMED", "NOT ISSUED", "RUNNING", "TOTAL")
MARKS = ("provisional", "capped")
FIELDS = (
    "customer",
    "agreement",
    "period",
    "kind",
    "statement",
    "minor",
    "currency",
    "decimal",
    "why",
    "provisional",
    "capped",
)


@click.command()
@click.option("--as-of", "as_of", metavar="WHEN", help="At the end of this day, or at this instant [now].")
@click.option("--csv", "form", flag_value="csv", help="Line by line as CSV.")
@click.option("--json", "form", flag_value="json", help="Print JSON for programs.")
@at_desk
def exposure(desk: Desk, as_of: str | None, form: str | None) -> None:
    """What credits may still cost, for all customers, by currency.

    Granted and not yet on a bill of a month that is over; issued and still to be
    claimed; of months that are over and not issued; of periods that run, what is
    owed already, even if nothing more fails. What nobody can tell is told, and is
    in no sum. Provisional is what no statement says yet, and capped what has
    reached a limit of its contract.
    """
    from monitor.cli.unsure import told, unverified
    from monitor.ledger.exposure import exposure as of
    from monitor.ledger.exposure import sums

    plan = desk.plan()
    at = _instant(desk, as_of)
    items = of(plan, desk.store(plan), at)
    found = sums(plan, items)
    if form == "json":
        told_items = [_data(i) | {"unverified": [*unverified(plan, i.agreement)]} for i in items]
        show_json({"as_of": utc(at), "sums": [_sum(s) for s in found], "items": told_items})
    elif form == "csv":
        click.echo(_csv(items), nl=False)
    else:
        show(_lines(items, found))
        show(told(plan, (item.agreement for item in items)))
        talk(f"As of {utc(at)}")


def _instant(desk: Desk, text: str | None) -> Ms:
    """A day is meant to its end; ConfigError for what is still to come."""
    from datetime import date, timedelta

    from monitor.cli.when import at_instant
    from monitor.core.periods import midnight
    from monitor.errors import ConfigError
    from monitor.statements.status import zone_of

    now = desk.clock.now()
    if text is None:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        at = at_instant(text, "--as-of")
    else:
        at = midnight(day + timedelta(days=1), zone_of(desk.plan())) - 1
        if at > now and midnight(day, zone_of(desk.plan())) <= now:
            return now
    if at > now:
        raise ConfigError(f"--as-of: {text} is still to come; what is owed then nobody can tell")
    return at


def _lines(items: Sequence[Item], sums: Sequence[Sum]) -> list[str]:
    from reports.format import PLAIN, money

    if not items:
        return ["Nothing is owed, and nothing may be claimed."]
    out = table(HEAD, [_cells(each) for each in items], right=(5,), fit=NARROW)
    rows = [
        (s.currency, *(money(amount, PLAIN) for amount in s.by_kind.values()), money(s.total, PLAIN))
        for s in sums
    ]
    out += ["", *table(SUMS, rows, right=(1, 2, 3, 4, 5))]
    unknown = [each for each in items if each.amount is None]
    if unknown:
        out += ["", f"In no sum, since nobody can tell: {len(unknown)}"]
        out += [f"  {each.customer} {each.agreement} {each.period}: {each.why}" for each in unknown]
    return out


def _cells(item: Item) -> tuple[str, ...]:
    from reports.format import PLAIN, money

    amount = "not determinable" if item.amount is None else money(item.amount, PLAIN)
    mark = ", ".join(word for word in MARKS if getattr(item, word))
    return (item.customer, item.agreement, item.period, item.kind, item.statement, amount, mark)


def _sum(found: Sum) -> dict[str, object]:
    return {
        "currency": found.currency,
        **{kind.replace(" ", "_"): owed(amount) for kind, amount in found.by_kind.items()},
        "total": owed(found.total),
        "not_determinable": found.unknown,
    }


def _data(item: Item) -> dict[str, object]:
    return {
        "kind": item.kind,
        "customer": item.customer,
        "agreement": item.agreement or None,
        "period": item.period,
        "statement": item.statement or None,
        "amount": None if item.amount is None else owed(item.amount),
        "why": item.why or None,
        "provisional": item.provisional,
        "capped": item.capped,
    }


def _word(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _csv(items: Sequence[Item]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\r\n")
    writer.writeheader()
    for item in items:
        amount = item.amount
        row = {
            "customer": item.customer, "agreement": item.agreement, "period": item.period, "kind": item.kind,
            "statement": item.statement, "minor": "" if amount is None else amount.minor,
            "currency": "" if amount is None else amount.currency,
            "decimal": "" if amount is None else f"{amount.decimal:f}", "why": item.why,
            "provisional": _word(item.provisional), "capped": _word(item.capped),
        }  # fmt: skip
        writer.writerow({k: f"'{v}" if str(v)[:1] in ("=", "+", "@") else v for k, v in row.items()})
    return out.getvalue()

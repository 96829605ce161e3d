"""A month in one glance, for each currency: how many statements, what was paid, what is credited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from monitor import __version__
from monitor.core.money import Amount, Money
from monitor.ledger.press import Office
from monitor.records import dataclass
from monitor.statements.value import MonthLine, MonthSummary
from monitor.store.protocol import Ledger, Paper


@dataclass(frozen=True, slots=True)
class CurrencySum:
    """The papers of one currency: `fees` of what they state, `credits` that their chains come to."""

    currency: str
    statements: int
    credited: int
    fees: Money
    credits: Amount


def sums(ledger: Ledger, papers: Iterable[Paper]) -> tuple[CurrencySum, ...]:
    """Per currency, in alphabetical order; each paper is the newest of its chain.

    A paper whose agreements have several currencies counts in each.
    """
    found: dict[str, CurrencySum] = {}
    for paper in papers:
        document = json.loads(ledger.page(paper.seq, "json"))
        for total in document["totals"]:
            code = total["fee"]["currency"]
            before = found.get(code) or CurrencySum(code, 0, 0, Money(Fraction(0), code), Amount(0, code))
            credit = 0 if total["credit"] is None else total["credit"]["minor"]
            found[code] = replace(
                before,
                statements=before.statements + 1,
                credited=before.credited + bool(credit),
                fees=before.fees + Money(_fraction(total["fee"]), code),
                credits=before.credits + Amount(credit, code),
            )
    return tuple(found[code] for code in sorted(found))


def month_summary(
    office: Office, label: str, papers: Iterable[Paper], refused: Sequence[str]
) -> MonthSummary:
    """The month on one page: a line for each paper and currency."""
    customers = office.plan.customers
    zones = {customers[p.customer].zone for p in papers if p.customer in customers}
    return MonthSummary(
        label=label,
        drawn_up=office.now,
        zone=zones.pop() if len(zones) == 1 else "UTC",
        lines=tuple(line for paper in papers for line in _month_lines(office.store.ledger, paper)),
        refused=tuple(refused),
        program=f"Makegood {__version__}",
    )


def _month_lines(ledger: Ledger, paper: Paper) -> Iterable[MonthLine]:
    document = json.loads(ledger.page(paper.seq, "json"))
    for total in document["totals"]:
        code = total["fee"]["currency"]
        own = [each for each in document["sections"] if each["fee"]["currency"] == code]
        yield MonthLine(
            number=paper.number,
            customer=document["customer"]["name"],
            kind=paper.kind,
            missed=sum(each["met"] is False for each in own),
            stated=len(own),
            fee=Money(_fraction(total["fee"]), code),
            credit=None if total["credit"] is None else Amount(total["credit"]["minor"], code),
        )


def _fraction(value: Any) -> Fraction:
    return Fraction(value["numerator"], value["denominator"])

"""A month in one glance, for each currency: how many statements, what was paid, what is credited."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from monitor.core.money import Amount, Money
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


def _fraction(value: Any) -> Fraction:
    return Fraction(value["numerator"], value["denominator"])

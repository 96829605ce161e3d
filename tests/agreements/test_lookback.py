"""Which terms look at earlier periods: those alone are worth settling the past for."""

from __future__ import annotations

from fractions import Fraction

import pytest

from monitor.agreements.lookback import looks_back
from monitor.agreements.schedule import Amount, Each, Row, Rows
from monitor.agreements.terms import (
    Allowance,
    Cap,
    CommitmentTerms,
    ContractTerms,
    ExcludeTerms,
    FormulaTerms,
    LimitsTerms,
    PeriodTerms,
    Termination,
    Terms,
)
from monitor.core.money import Money
from monitor.core.numbers import Bound

FLAT = Amount("share", Fraction(1, 10), "fee", "10%")
ORDINARY = {"commitment": CommitmentTerms(Bound(">=", Fraction(999, 1000))), "credits": FLAT}
ROW = Row((Bound(">=", Fraction(2)),), FLAT, ">= 2")


def asks(together: dict[str, object] | None = None, **stages: object) -> bool:
    promise = Terms(**{**ORDINARY, **stages})  # type: ignore[arg-type]
    return looks_back(ContractTerms((("sla", promise),), **(together or {})))  # type: ignore[arg-type]


def limit(per: str) -> LimitsTerms:
    return LimitsTerms((Cap(Fraction(1), "base", per, f"100% per {per}"),))


def allowance(per: str) -> tuple[ExcludeTerms, ...]:
    return (ExcludeTerms("force majeure", at_most=(Allowance(1, "time", per),)),)


def test_an_ordinary_promise_does_not():
    assert not asks()


@pytest.mark.parametrize("per", ["day", "week", "period", "month"])
def test_what_ends_with_the_month_does_not(per):
    assert not asks(limits=limit(per))
    assert not asks(exclude=allowance(per))


@pytest.mark.parametrize("per", ["quarter", "year", "12 months", "contract year", "contract"])
def test_what_is_wider_than_the_period_does(per):
    assert asks(limits=limit(per))
    assert asks(exclude=allowance(per))
    assert asks(together={"limits": limit(per)})


def test_a_month_is_wider_than_some_periods():
    assert asks(limits=limit("month"), period=PeriodTerms("30 days"))


def test_means_rights_and_what_is_kept_do():
    assert asks(formula=FormulaTerms(mean_of_last=2))
    assert asks(limits=LimitsTerms(held_until=Money(Fraction(5), "EUR")))
    assert asks(together={"termination": (Termination(2, 3, "missed", "2 of 3 periods missed"),)})


def test_a_table_over_several_periods_does_wherever_it_stands():
    rows = Rows((ROW,), by="missed periods", over=3)

    assert asks(credits=rows)
    assert asks(credits=Each("outage", rows))
    assert asks(credits=Rows((ROW,), by="consecutive misses"))
    assert not asks(credits=Each("outage", Rows((ROW,), by="outages")))

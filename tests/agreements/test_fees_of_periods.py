"""What an agreement costs, by the words that terms use: the period, the month, the year, its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.agreements.fees import FeeTerm, FeeUnit, Prices, agreement_fees
from monitor.agreements.pipeline import FeeLine
from monitor.core.cycles import Cycle, Every, named
from monitor.core.intervals import Span
from monitor.core.money import Money
from monitor.core.periods import Period, midnight
from monitor.errors import ConfigError

ZONE = "Europe/Berlin"
FIRST = date(2025, 1, 6)


def euro(amount: str | int | Fraction) -> Money:
    return Money(Fraction(amount), "EUR")


def term(start: date, amount: str, unit: FeeUnit = "month") -> FeeTerm:
    return FeeTerm(start, (("fee", euro(amount)),), unit)


def prices(*terms: FeeTerm, last: date | None = None) -> Prices:
    return Prices("EUR", ZONE, FIRST, last, terms or (term(FIRST, "30"),))


def cycle(every: Every, billing_day: int | None = None) -> Cycle:
    return Cycle(every, ZONE, first_month=2, anchor=FIRST, billing_day=billing_day)


def paid(costs: Prices, every: Every, label: str, word: str = "period") -> Sequence[FeeLine]:
    """The lines of a word, for a period that the agreement exists in as far as its dates say."""
    turns = cycle(every)
    period = named(turns, label)
    return agreement_fees(costs, turns, period, existing(costs, period), {word})[word]


def existing(costs: Prices, period: Period) -> tuple[Span, ...]:
    end = period.span.end if costs.last is None else midnight(costs.last, ZONE) + 86_400_000
    span = period.span.clip(Span(midnight(costs.first, ZONE), end))
    return (span,) if span else ()


def total(lines: Sequence[FeeLine]) -> Fraction:
    return sum((line.money.amount for line in lines), Fraction(0))


def test_a_billing_month_costs_one_fee_weighted_by_its_own_days() -> None:
    """Ten days at 30 and twenty at 60 are 50, though September and October lie under it."""
    costs = prices(term(FIRST, "30"), term(date(2025, 9, 16), "60"))
    lines = paid(costs, "billing month", "2025-09-06")
    assert [line.money for line in lines] == [euro(10), euro(40)]


@pytest.mark.parametrize(
    ("every", "label", "amount"),
    [
        ("calendar month", "2025-02", "30"),
        ("calendar quarter", "2025-Q2", "90"),
        ("fiscal quarter", "2025-Q2", "90"),
        ("calendar year", "2026", "360"),
        ("billing month", "2025-02-06", "30"),
        ("contract month", "2025-02-06", "30"),
        ("contract year", "2026-01-06", "360"),
        ("30 days", "2025-02-05", "30"),
        ("any 30 days", "2025-04-30", "30"),
    ],
)
def test_a_period_costs_as_many_fees_as_it_has_months(every: Every, label: str, amount: str) -> None:
    assert total(paid(prices(), every, label)) == Fraction(amount)


def test_any_thirty_days_are_weighted_by_their_calendar_months() -> None:
    """To 10 May: twenty days of April and ten of May."""
    lines = paid(prices(), "any 30 days", "2025-05-10")
    assert [line.money for line in lines] == [euro(20), euro(Fraction(300, 31))]


@pytest.mark.parametrize(("unit", "amount"), [("month", "30"), ("quarter", "90"), ("year", "360")])
def test_a_quarter_is_three_months_and_a_year_is_twelve(unit: FeeUnit, amount: str) -> None:
    costs = prices(term(FIRST, amount, unit))
    assert total(paid(costs, "calendar month", "2025-03")) == 30
    assert total(paid(costs, "calendar quarter", "2025-Q3")) == 90


def test_an_hour_is_paid_for_as_long_as_it_was() -> None:
    """In March the clocks go forward: 743 hours."""
    costs = prices(term(FIRST, "0.60", "hour"))
    assert total(paid(costs, "calendar month", "2025-03")) == Fraction("0.60") * 743


def test_items_have_a_line_each() -> None:
    costs = prices(FeeTerm(FIRST, (("port", euro(31)), ("usage", euro(62)))))
    lines = paid(costs, "calendar month", "2025-03")
    assert [(line.item, line.money) for line in lines] == [("port", euro(31)), ("usage", euro(62))]


def test_a_period_that_is_cut_short_knows_its_whole_price() -> None:
    """From 6 January to 15 May: the first quarter lacks five days, the second its second half."""
    costs = prices(term(FIRST, "31"), last=date(2025, 5, 15))
    january = paid(costs, "calendar month", "2025-01")
    assert [(line.money, line.whole) for line in january] == [(euro(26), euro(31))]
    second = paid(costs, "calendar quarter", "2025-Q2")
    assert total(second) == 31 + 15
    assert sum((line.whole.amount for line in second if line.whole), Fraction(0)) == 93


def test_what_was_billed_stands_in_place_of_the_fee() -> None:
    costs = replace(prices(), bills={"2025-03": (("usage", euro("12.34")),)})
    assert [line.money for line in paid(costs, "calendar month", "2025-03")] == [euro("12.34")]
    assert [line.money for line in paid(costs, "calendar month", "2025-04", "previous period")] == [
        euro("12.34")
    ]
    assert total(paid(costs, "calendar month", "2025-04")) == 30


def test_neighbours_are_those_of_the_cycle() -> None:
    costs = prices(term(FIRST, "30"), term(date(2025, 7, 1), "60"))
    assert total(paid(costs, "calendar quarter", "2025-Q2", "next period")) == 180
    assert total(paid(costs, "calendar quarter", "2025-Q3", "previous period")) == 90


def test_before_its_first_period_an_agreement_cost_nothing() -> None:
    assert total(paid(prices(), "billing month", "2025-01-06", "previous period")) == 0


def test_a_month_of_a_longer_period_is_its_last_at_the_price_it_has_then() -> None:
    costs = prices(term(FIRST, "30"), term(date(2025, 12, 20), "60"))
    (line,) = paid(costs, "calendar year", "2025", "month")
    assert line.money == euro(60)
    assert line.span == Span(midnight(date(2025, 12, 1), ZONE), midnight(date(2026, 1, 1), ZONE))


@pytest.mark.parametrize(("amount", "unit"), [("1200", "year"), ("300", "quarter"), ("100", "month")])
def test_a_year_of_a_month_is_twelve_of_its_fees(amount: str, unit: FeeUnit) -> None:
    costs = prices(term(FIRST, amount, unit))
    assert total(paid(costs, "calendar month", "2025-02", "year")) == 1_200


def test_the_thirty_days_before_a_month_end_with_it() -> None:
    (line,) = paid(prices(), "calendar month", "2025-05", "preceding 30 days")
    assert line.money == euro(30)
    assert line.span == Span(midnight(date(2025, 4, 1), ZONE), midnight(date(2025, 5, 1), ZONE))


def test_a_sum_that_was_never_said_is_asked_for_by_its_key() -> None:
    with pytest.raises(ConfigError, match="write contract_fee ="):
        paid(prices(), "calendar month", "2025-05", "contract")
    with pytest.raises(ConfigError, match="write at_risk ="):
        paid(prices(), "calendar month", "2025-05", "at risk")


def test_a_sum_is_the_one_that_holds_as_the_period_ends() -> None:
    costs = replace(prices(), at_risk=((FIRST, euro(100)), (date(2025, 5, 20), euro(200))))
    assert [line.money for line in paid(costs, "calendar month", "2025-05", "at risk")] == [euro(200)]
    assert [line.money for line in paid(costs, "calendar month", "2025-04", "at risk")] == [euro(100)]


def test_the_fee_of_a_period_is_there_though_nobody_asks() -> None:
    turns = cycle("calendar month")
    period = named(turns, "2025-05")
    assert set(agreement_fees(prices(), turns, period, (period.span,), ()).by_span) == {"period"}

"""The fee of a month, weighted by its local days."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.fees import fee_lines
from monitor.core.intervals import HOUR, Span
from monitor.core.money import Money
from monitor.core.periods import Period, midnight, month

BERLIN = "Europe/Berlin"
MARCH = month("2026-03", BERLIN)


def euro(amount: str) -> Money:
    return Money(Fraction(amount), "EUR")


def test_a_whole_month_costs_its_fee() -> None:
    (line,) = fee_lines([(date(2026, 1, 1), euro("840"))], MARCH, (MARCH.span,), BERLIN)

    assert (line.item, line.span, line.money) == ("monthly fee", MARCH.span, euro("840"))


def test_the_day_of_23_hours_is_a_day() -> None:
    """From the 29th, when the clocks go forward: three days of thirty-one."""
    in_force = (Span(midnight(date(2026, 3, 29), BERLIN), MARCH.span.end),)

    (line,) = fee_lines([(date(2026, 1, 1), euro("310"))], MARCH, in_force, BERLIN)

    assert line.money == euro("30")


def test_a_fee_that_changes_makes_a_line_for_each() -> None:
    terms = [(date(2025, 1, 1), euro("31")), (date(2026, 3, 11), euro("62")), (date(2026, 4, 1), euro("99"))]

    lines = fee_lines(terms, MARCH, (MARCH.span,), BERLIN)

    change = midnight(date(2026, 3, 11), BERLIN)
    assert [line.span for line in lines] == [Span(MARCH.span.start, change), Span(change, MARCH.span.end)]
    assert [line.money for line in lines] == [euro("10"), euro("42")]


def test_days_before_the_first_fee_cost_nothing() -> None:
    (line,) = fee_lines([(date(2026, 3, 31), euro("31"))], MARCH, (MARCH.span,), BERLIN)

    assert line.money == euro("1")


def test_out_of_force_a_line_of_nothing_carries_the_currency() -> None:
    (line,) = fee_lines([(date(2026, 1, 1), euro("840"))], MARCH, (), BERLIN)

    assert line.money == euro("0")
    assert line.span.length == 0


def test_without_any_fee_there_is_no_line() -> None:
    assert fee_lines([], MARCH, (MARCH.span,), BERLIN) == ()


def test_months_of_a_longer_period_keep_their_own_days() -> None:
    """February has 28 days and March 31: half of one and a whole of the other."""
    start, end = date(2026, 2, 15), date(2026, 4, 1)
    period = Period(Span(midnight(start, BERLIN), midnight(end, BERLIN)), BERLIN, "2026-02/03")

    lines = fee_lines([(date(2026, 1, 1), euro("100"))], period, (period.span,), BERLIN)

    assert [line.money for line in lines] == [euro("50"), euro("100")]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    changes=st.dictionaries(st.integers(0, 40), st.sampled_from(["31", "62", "99"]), max_size=3),
    edges=st.lists(st.integers(0, 33 * 24), max_size=4, unique=True).map(sorted),
    label=st.sampled_from(["2026-03", "2026-10", "2018-11"]),
    zone=st.sampled_from([BERLIN, "UTC", "America/Sao_Paulo"]),
)
def test_the_lines_add_up_to_the_days_one_by_one(
    changes: dict[int, str], edges: list[int], label: str, zone: str
) -> None:
    """Each day in force costs its month's fee over the days of the month; nothing is shared between days."""
    period = month(label, zone)
    first = date.fromisoformat(f"{label}-01")
    terms = [(first + timedelta(day - 5), euro(fee)) for day, fee in sorted(changes.items())]
    hours = [period.span.start + edge * HOUR for edge in edges]
    in_force = tuple(Span(a, b) for a, b in zip(hours[::2], hours[1::2], strict=False))
    days = [first + timedelta(n) for n in range(32) if (first + timedelta(n)).month == first.month]

    lines = fee_lines(terms, period, in_force, zone)

    costs = {}
    for day in days:
        fee = [fee for start, fee in terms if start <= day][-1:]
        if fee and any(midnight(day, zone) in span for span in in_force):
            costs[day] = fee[0]
    expected = [
        (fee, [day for day, _ in group]) for fee, group in groupby(costs.items(), key=lambda cost: cost[1])
    ]
    assert [line.money for line in lines if line.span.length] == [
        fee * Fraction(len(run), len(days)) for fee, run in expected
    ]
    assert [line.span for line in lines if line.span.length] == [
        Span(midnight(run[0], zone), midnight(run[-1] + timedelta(1), zone)) for _, run in expected
    ]
    assert len(lines) == max(len(expected), 1 if terms else 0)

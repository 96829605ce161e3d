"""Every shape of schedule, by the figures that contracts print."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.schedule import Each, GreatestOf, Manual, NoCredits, ProRata, Row, Rows, SumOf, shape
from monitor.agreements.terms import BaseTerms, Cap, LimitsTerms, RoundingTerms
from monitor.core.intervals import DAY, HOUR
from monitor.core.periods import Period
from monitor.errors import NoRow
from tests.agreements.settled import (
    at,
    bound,
    case,
    credit,
    miss,
    money,
    number,
    outage,
    owed,
    past,
    reading,
    rows,
)

NO_LIMIT = LimitsTerms(())
APRIL = "2025-04-02T10:00Z"


def each(of: str, to: str | object, size: str = "1", part: str | None = None, beyond: object = None) -> Each:
    free = number(beyond) if isinstance(beyond, str) and beyond != "commitment" else beyond
    node = credit(to) if isinstance(to, str) else to
    return Each(of, node, number(size), part, free)  # type: ignore[arg-type]


# --- rows ------------------------------------------------------------------------------------------------

INSTANCE = rows({"< 99.5%, >= 99.0%": "10%", "< 99.0%, >= 95.0%": "30%", "< 95.0%": "100%"})


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(216, "0.00"), (217, "7.30"), (432, "7.30"), (433, "21.90"), (2160, "21.90"), (2161, "73.00")],
)
def test_a_row_begins_exactly_where_it_says(minutes: int, expected: str) -> None:
    found = reading(outage(APRIL, f"{minutes}m"), promise=">= 99.5%")
    assert money(INSTANCE, found, case=case("73.00 USD")) == Decimal(expected)


def test_of_open_rows_the_deepest_that_holds_wins() -> None:
    table = rows({"< 99.0%": "10%", "< 95.0%": "100%"})
    assert money(table, reading(figure="94%"), case=case()) == 1_000
    assert money(table, reading(figure="95%"), case=case()) == 100


def test_rows_that_overlap_otherwise_need_a_word() -> None:
    table = {"< 99.9%, >= 95%": "25%", "< 99%, >= 98%": "5%"}
    found = reading(figure="98.5%")
    with pytest.raises(NoRow, match="more than one row"):
        owed(rows(table), found, case=case())
    assert money(rows(table, overlap="first row"), found, case=case()) == 250
    assert money(rows(table, overlap="highest credit"), found, case=case()) == 250


def test_the_highest_credit_is_the_one_that_comes_to_most_money() -> None:
    """Forty dollars are more than 3 % of a thousand, and less than 3 % of two thousand."""
    table = rows({"< 99.9%, >= 95%": "40 USD", "< 99%, >= 98%": "3%"}, overlap="highest credit")
    found = reading(figure="98.5%")
    assert money(table, found, case=case("1000 USD")) == 40
    assert money(table, found, case=case("2000 USD")) == 60


HOLE = {"< 99.9%, >= 97.9%": "10%", "< 96.9%": "50%"}


@pytest.mark.parametrize(
    ("in_no_row", "expected"), [("row above", 100), ("row below", 500), ("no credit", 0)]
)
def test_a_hole_is_filled_as_the_agreement_says(in_no_row: str, expected: int) -> None:
    found = reading(figure="97.0%")
    assert money(rows(HOLE, in_no_row=in_no_row), found, case=case()) == expected


@pytest.mark.parametrize("said", [None, "refuse"])
def test_a_figure_in_no_row_is_never_a_silent_nothing(said: str | None) -> None:
    with pytest.raises(NoRow, match="97 % misses the commitment and stands in no row"):
        owed(rows(HOLE, in_no_row=said), reading(figure="97.0%"), case=case())


def test_a_promise_that_is_kept_costs_nothing_whatever_the_table_says() -> None:
    """Exactly 99.9 % of a quarter: the commitment is met, and the figure stands in the first row."""
    table = {"<= 99.9%, > 99.0%": "10%", "< 99.0%": "25%"}
    found = reading(figure="99.9%")
    assert owed(rows(table, if_met="no credit"), found, case=case()) == ()
    assert money(rows(table, if_met="as the table"), found, case=case("6300 USD")) == 630


def test_without_a_commitment_the_table_always_applies() -> None:
    found = reading(figure="99.5%", promise="")
    assert money(rows({"< 99.9%": "10%"}), found, case=case()) == 100


@pytest.mark.parametrize(
    ("by", "expected"),
    [("downtime", "3h"), ("longest outage", "2h"), ("outages", "2")],
)
def test_rows_may_look_at_times_and_counts(by: str, expected: str) -> None:
    found = reading(outage(APRIL, "2h"), outage("2025-04-09T10:00Z", "1h"))
    table = rows({f"= {expected}": "10%"}, by=by, in_no_row="no credit")  # type: ignore[arg-type]
    assert money(table, found, case=case()) == 100


def test_a_row_by_its_second() -> None:
    """XO: at ten minutes nothing, a second later five per cent."""
    table = rows({"<= 10m": "0%", "> 10m": "5%"}, by="downtime")
    assert money(table, reading(outage(APRIL, "10m"), promise=">= 100%"), case=case()) == 0
    assert money(table, reading(outage(APRIL, "10m1s"), promise=">= 100%"), case=case()) == 50


# --- what earlier periods held ---------------------------------------------------------------------------

SIX = rows({"= 1": "0%", "= 2": "10%", "= 3": "20%", ">= 4": "30%"}, by="missed periods", over=6)


def test_misses_are_counted_over_the_last_periods_this_one_included() -> None:
    half = [past(f"2025-0{n}", met=met) for n, met in enumerate([False, True, False, True, True], 1)]
    found = reading(figure="99.3%", promise=">= 99.7%")
    june = case("8000 USD", label="2025-06", history=half)
    assert money(SIX, found, case=june) == 1_600

    july = case("8000 USD", label="2025-07", history=[*half, past("2025-06", met=False)])
    assert money(SIX, found, case=july) == 1_600


def test_misses_in_a_row_end_at_the_first_period_that_was_met() -> None:
    table = rows({"= 1": "0%", ">= 2": ProRata(Fraction(1))}, by="consecutive misses")
    found = reading(outage(APRIL, "25m55s"), promise=">= 99.95%")
    kept = [past("2025-02", met=False), past("2025-03", met=True)]
    broken = [past("2025-02", met=True), past("2025-03", met=False)]
    assert money(table, found, case=case(history=kept)) == 0
    assert money(table, found, case=case(history=broken)) == Decimal("0.60")


# --- for each unit of time, of shortfall, or occurrence ---------------------------------------------------


def test_full_hours_beyond_what_the_commitment_allows() -> None:
    """0.5 % of thirty days are 216 minutes; of 340 the 124 beyond hold two full hours."""
    node = each("time", "5%", "1h", "full", "commitment")
    assert money(node, reading(outage(APRIL, "340m"), promise=">= 99.5%"), case=case("80 EUR")) == 8


@pytest.mark.parametrize(("part", "expected"), [("full", "14.90"), ("or part", "19.87")])
def test_days_of_fees_for_each_quarter_of_an_hour(part: str, expected: str) -> None:
    node = each("time", "1d of fees", "15m", part, "commitment")
    assert money(node, reading(outage(APRIL, "100m")), case=case("149 USD")) == Decimal(expected)


def test_an_hour_or_part_of_it() -> None:
    node = each("time", "1/360", "1h", "or part")
    assert money(node, reading(outage(APRIL, "150m"), promise=">= 100%"), case=case("3600 USD")) == 30


def test_steps_of_shortfall_are_counted_in_whole_numbers() -> None:
    """(99.5 − 98.9) / 0.3 is exactly two, not 1.99999999999998."""
    node = each("share", "200 USD", "0.3%", "or part")
    assert money(node, reading(figure="98.9%", promise=">= 99.5%"), case=case(), limits=NO_LIMIT) == 400
    assert money(node, reading(figure="98.8%", promise=">= 99.5%"), case=case(), limits=NO_LIMIT) == 600


@pytest.mark.parametrize(("part", "expected"), [("full", 400), ("pro rata", 425), ("or part", 450)])
def test_steps_on_top_of_the_last_row(part: str, expected: int) -> None:
    below = SumOf((credit("30%"), each("share", "5%", "0.1%", part, "99%")))
    table = rows({"<= 99.998%, >= 99.0%": "5%", "< 99.000%": below})
    assert money(table, reading(figure="98.75%", promise=">= 99.999%"), case=case()) == expected


def test_a_linear_shortfall() -> None:
    node = each("share", "1%", "1%", "pro rata")
    assert money(node, reading(figure="98.75%", promise=">= 99.5%"), case=case("4000 USD")) == 30


def test_a_table_for_each_outage_summed() -> None:
    table = rows({">= 30m, < 1h": "3%", ">= 1h, < 2h": "10%", ">= 2h": "20%"}, by="downtime")
    found = reading(
        outage(APRIL, "59m"), outage("2025-04-09T10:00Z", "1h"), outage("2025-04-19T10:00Z", "3h"),
        promise=">= 100%",
    )  # fmt: skip
    dues = owed(each("outage", table), found, case=case())
    assert [due.cause for due in dues] == [">= 30m, < 1h", ">= 1h, < 2h", ">= 2h"]
    assert [due.at for due in dues] == [piece.start for piece in found.outages]
    assert money(each("outage", table), found, case=case()) == 330


def test_pieces_of_one_outage_are_priced_together() -> None:
    """An outage cut in two by maintenance: 40 + 30 minutes are one full hour."""
    parts = (outage(APRIL, "40m", cause="a"), outage("2025-04-02T11:00Z", "30m", cause="a"))
    node = each("outage", each("time", "5%", "1h", "full"))
    assert money(node, reading(*parts, promise=">= 100%"), case=case()) == 50


def test_inside_each_outage_the_allowance_is_free_each_time() -> None:
    node = each("outage", each("time", "10%", "1h", "full", "1h"))
    found = reading(outage(APRIL, "2h"), outage("2025-04-09T10:00Z", "2h"), promise=">= 100%")
    assert money(node, found, case=case()) == 200
    assert money(each("time", "10%", "1h", "full", "1h"), found, case=case()) == 300


def test_each_bad_slot_is_paid_in_its_own_unit() -> None:
    slots = tuple(outage(f"2025-04-01T0{hour}:00Z", "1h", cause="a") for hour in range(3))
    one_each = tuple(type(slot)(slot.start, slot.end, 1, slot.rate, slot.lane, slot.cause) for slot in slots)
    found = reading(*one_each, figure=Fraction(717, 720))
    dues = owed(each("bad slot", "0.8 run-credits"), found, case=case())
    assert sum(due.amount for due in dues) == Fraction(12, 5)
    assert {(due.kind, due.of) for due in dues} == {("units", "run-credits")}


def test_each_miss_for_the_events_alike() -> None:
    found = reading(
        figure="0%",
        promise=">= 100%",
        misses=[miss(APRIL, "2025-04-02T11:00Z", "2025-04-02T12:00Z", count=3)],
    )
    assert money(each("miss", "25 USD"), found, case=case()) == 75


def test_a_fixed_amount_for_each_day_late() -> None:
    """Due on Wednesday: done on Thursday a day's, on Friday two days'."""
    node = each("miss", each("calendar day", "6.10 GBP"))
    for days, expected in ((1, "6.10"), (2, "12.20"), (0, "0.00")):
        late = miss("2025-04-01T09:00Z", "2025-04-02T22:59Z", "2025-04-03T12:00Z", days=days)
        found = reading(figure="0%", promise=">= 100%", misses=[late])
        assert money(node, found, case=case("30 GBP")) == Decimal(expected)


@pytest.mark.parametrize(
    ("days", "percent"), [(1, 10), (2, 11), (14, 23), (15, 25), (16, 27), (27, 49), (28, 50)]
)
def test_two_slopes_of_days_late(days: int, percent: int) -> None:
    day = each("calendar day", "1%")
    table = rows(
        {
            "> 0d, <= 14d": SumOf((credit("9%"), day)),
            "> 14d, <= 27d": SumOf((credit("23%"), each("calendar day", "2%", beyond="14d"))),
            "> 27d": "50%",
        },
        by="delay",
    )
    due = at("2025-04-01T00:00Z")
    late = miss("2025-03-01T09:00Z", "2025-04-01T00:00Z", "2025-04-01T00:00Z", days=days)
    late = type(late)(late.cause, late.lane, late.start, due, due + days * DAY, days * DAY, None, days)
    found = reading(figure="0%", promise=">= 100%", misses=[late])
    assert money(each("miss", table), found, case=case()) == 10 * percent


# --- overshoot -------------------------------------------------------------------------------------------

JITTER = rows(
    {"< 10%": "0%", ">= 10%": "10%", ">= 25%": "20%", ">= 50%": "30%", ">= 75%": "40%", ">= 100%": "50%"},
    by="overshoot",
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2.19", 0), ("2.2", 100), ("2.5", 200), ("3", 300), ("3.5", 400), ("4", 500)],
)
def test_how_far_a_metric_is_past_its_target(value: str, expected: int) -> None:
    found = reading(figure=value, promise="<= 2", of="metric")
    assert money(JITTER, found, case=case()) == expected


def test_overshoot_of_a_target_that_is_a_floor_goes_the_other_way() -> None:
    found = reading(figure="75%", promise=">= 100%")
    assert money(rows({"= 25%": "10%"}, by="overshoot"), found, case=case()) == 100


def test_inside_each_miss_the_overshoot_is_of_its_own_time() -> None:
    """Four hours allowed: done after 8 is twice as long as it should be, after 8 and a minute beyond it."""
    table = rows({"<= 100%": "4%", "> 100%": "8%"}, by="overshoot")
    for finished, expected in (("18:00", 40), ("18:01", 80)):
        late = miss(APRIL, "2025-04-02T14:00Z", f"2025-04-02T{finished}Z")
        found = reading(figure="0%", promise=">= 100%", misses=[late])
        assert money(each("miss", table), found, case=case()) == expected


def test_a_target_of_nothing_has_no_overshoot() -> None:
    with pytest.raises(NoRow, match="a target of nothing"):
        owed(JITTER, reading(figure="1", promise="<= 0", of="metric"), case=case())


# --- time, and combinations ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fee", "minutes", "share", "times", "expected"),
    [
        ("200 USD", 100, Fraction(21, 1000), 1, "0.01"),
        ("50000 USD", 100, Fraction(21, 1000), 1, "2.43"),
        ("50000 USD", 100, Fraction(21, 1000), 10, "24.31"),
        ("50000 USD", 100, Fraction(21, 1000), 25, "60.76"),
        ("120 EUR", 360, Fraction(1), 50, "50.00"),
        ("120 EUR", 900, Fraction(1), 50, "120.00"),
    ],
)
def test_so_many_times_the_fee_for_the_time(
    fee: str, minutes: int, share: Fraction, times: int, expected: str
) -> None:
    found = reading(outage(APRIL, f"{minutes}m", rate=share), promise=">= 100%")
    assert money(ProRata(Fraction(times)), found, case=case(fee)) == Decimal(expected)


@pytest.mark.parametrize(("beyond", "expected"), [("commitment", "5.94"), (None, "6.94")])
def test_only_the_time_beyond_the_allowance(beyond: object, expected: str) -> None:
    node = ProRata(Fraction(10), beyond)  # type: ignore[arg-type]
    assert money(node, reading(outage(APRIL, "300m")), case=case("100 USD")) == Decimal(expected)


def test_a_downtime_commitment_allows_its_own_time() -> None:
    node = each("time", "1%", "1m", "full", "commitment")
    found = reading(outage(APRIL, "50m"), promise="<= 45m", of="downtime")
    assert money(node, found, case=case()) == 50


@pytest.mark.parametrize(("figure", "expected"), [("99.5%", 100), ("85%", 150)])
def test_the_greater_of_two(figure: str, expected: int) -> None:
    node = GreatestOf((credit("10%"), each("share", "1%", "1%", "pro rata", "100%")))
    assert money(node, reading(figure=figure, promise=">= 99.8%"), case=case()) == expected


def test_the_greater_of_money_and_a_share_depends_on_the_fee() -> None:
    node = GreatestOf((credit("40 USD"), credit("3%")))
    assert money(node, reading(figure="99%"), case=case("1000 USD")) == 40
    assert money(node, reading(figure="99%"), case=case("2000 USD")) == 60


def test_a_sum_of_money_and_a_share() -> None:
    assert (
        money(SumOf((credit("400 EUR"), credit("5%"))), reading(figure="99%"), case=case("3000 EUR")) == 550
    )


@pytest.mark.parametrize(
    ("text", "expected"), [("3d of service", ("service", 3 * DAY)), ("15 points", ("points", 15))]
)
def test_what_is_no_money_stays_what_it_is(text: str, expected: tuple[str, int]) -> None:
    (due,) = owed(credit(text), reading(figure="99%"), case=case())
    assert (due.kind, due.amount) == expected


def test_nothing_is_owed_where_nothing_was_promised_or_known() -> None:
    assert owed(NoCredits(), reading(figure="1%"), case=case()) == ()
    assert owed(Manual(), reading(figure="1%"), case=case()) == ()
    assert [shape(node) for node in (NoCredits(), Manual(), credit("1%"))] == ["none", "manual", "flat"]


# --- against brute force ---------------------------------------------------------------------------------

minutes = st.integers(0, 600)


@settings(max_examples=60, deadline=None)
@given(lengths=st.lists(st.integers(1, 600), min_size=1, max_size=4), unit=st.integers(1, 90), free=minutes)
def test_units_of_time_are_counted_as_on_fingers(lengths: list[int], unit: int, free: int) -> None:
    pieces = [outage(f"2025-04-{3 * n + 1:02d}T00:00Z", f"{length}m") for n, length in enumerate(lengths)]
    found = reading(*pieces, promise=">= 100%")
    left = max(0, sum(lengths) - free)
    whole = sum(1 for minute in range(1, left + 1) if minute % unit == 0)
    begun = whole + (left % unit > 0)
    for part, expected in (("full", whole), ("or part", begun), ("pro rata", Fraction(left, unit))):
        node = each("time", "1 points", f"{unit}m", part, f"{free}m" if free else None)
        assert sum(due.amount for due in owed(node, found, case=case())) == expected


@settings(max_examples=60, deadline=None)
@given(
    edges=st.lists(st.integers(1, 1_000), min_size=1, max_size=6, unique=True), figure=st.integers(0, 1_000)
)
def test_the_deepest_row_is_the_last_edge_above_the_figure(edges: list[int], figure: int) -> None:
    table = Rows(
        tuple(Row((bound(f"< {e}/1000"),), credit(f"{e} points"), str(e)) for e in edges),
        in_no_row="no credit",
    )
    found = reading(figure=Fraction(figure, 1_000), promise="> 1")
    reached = [edge for edge in edges if figure < edge]
    expected = [min(reached)] if reached else []
    assert [due.amount for due in owed(table, found, case=case())] == expected


@settings(max_examples=40, deadline=None)
@given(tenths=st.integers(0, 400), step=st.integers(1, 40))
def test_steps_of_shortfall_are_exact_at_every_boundary(tenths: int, step: int) -> None:
    found = reading(figure=1 - Fraction(tenths, 1_000), promise=">= 100%")
    for part, expected in (
        ("full", floor(Fraction(tenths, step))),
        ("or part", ceil(Fraction(tenths, step))),
    ):
        node = each("share", "1 points", f"{step}/1000", part)
        assert sum(due.amount for due in owed(node, found, case=case())) == expected


def test_the_lease_whose_hour_is_rounded_before_it_is_multiplied() -> None:
    year = Period(case(label="2025-04").period.span, "UTC", "2025")
    node = each("time", "1/720", "1h", "pro rata", "48h")
    found = reading(outage(APRIL, "312h"), promise=">= 100%", time=365 * DAY)
    cap = LimitsTerms((Cap(Fraction(240 * HOUR), "time", "period", "240h per period"),))
    lease = case("224848 USD", period=year, others={"month": "224848 USD"})
    base = BaseTerms("month")
    rounded = money(node, found, case=lease, base=base, limits=cap, rounding=RoundingTerms(unit=2))
    assert rounded == Decimal("74949.60")
    assert money(node, found, case=lease, base=base, limits=cap) == Decimal("74949.33")


def test_what_touches_is_one_outage_but_not_of_two_resources() -> None:
    found = reading(
        outage("2025-04-02T10:00Z", "1h"),
        outage("2025-04-02T11:00Z", "1h"),
        outage("2025-04-02T12:00Z", "1h", lane="other"),
        outage("2025-04-05T10:00Z", "1h"),
        promise=">= 100%",
    )
    dues = owed(each("outage", "5%"), found, case=case())
    assert len(dues) == len({due.outage for due in dues}) == 3

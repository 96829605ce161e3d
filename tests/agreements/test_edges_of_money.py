"""Edges of what a figure costs, over which a single fault once went unnoticed: one fact a test, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.agreements import caps, history, rounding, together
from monitor.agreements.account import spans
from monitor.agreements.allowances import holding_span
from monitor.agreements.base import Base, fees_needed
from monitor.agreements.caps import ByOutage, is_inside
from monitor.agreements.counts import each_outage, missed, overshoot, shortfall, untold
from monitor.agreements.evidence import Evidence
from monitor.agreements.limits import of_alone, of_promise, of_whole
from monitor.agreements.pipeline import Due, FeeLine, Past, Piece, Priced
from monitor.agreements.rounding import Round
from monitor.agreements.rows import pays_shares
from monitor.agreements.schedule import Amount, SumOf
from monitor.agreements.spans import earlier, inside, since, span_of
from monitor.agreements.terms import BaseTerms, Cap, ContractTerms, LimitsTerms, RoundingTerms
from monitor.core.intervals import DAY, HOUR, Span
from monitor.core.money import Money
from monitor.core.periods import Period, midnight
from tests.agreements.judged import case as judged_case
from tests.agreements.judged import terms
from tests.agreements.seen import EDGE
from tests.agreements.settled import credit, outage, reading, rows

OCTOBER = judged_case()  # 1,000.00 EUR for the month
HALF = Fraction(1, 2)


def share(amount: str, **more: object) -> Due:
    return Due("share", Fraction(amount), "fee", "row", **more)  # type: ignore[arg-type]


def euros(amount: int, **more: object) -> Due:
    return Due("money", Fraction(amount), "EUR", "row", **more)  # type: ignore[arg-type]


# --- the base -------------------------------------------------------------------------------------------


def test_time_is_paid_by_the_promised_time_of_its_own_resource_with_what_is_still_to_come() -> None:
    """Of 1,000.00 EUR: resource a was promised 100 ms and 25 are to come, b 250."""
    a = replace(reading(lane="a", time=100), ahead=Fraction(25))
    again, b = reading(lane="a", time=50), reading(lane="b", time=250)

    def cost(lane: str) -> Fraction:
        return Base().time(Fraction(10), lane, (a, again, b), OCTOBER).amount

    assert cost("a") == Fraction(10_000, 125)
    assert cost("b") == Fraction(10_000, 250)
    assert cost("of nobody") == Fraction(10_000, 250), "the longest of all"
    longest = replace(reading(lane="a", time=245), ahead=Fraction(10))
    assert Base().time(Fraction(10), "of nobody", (longest, b), OCTOBER).amount == Fraction(10_000, 255)


def test_a_months_fee_in_a_month_is_the_periods_own_and_a_years_is_of_a_year() -> None:
    seen = (reading(time=100, lane="a"),)
    year = Span(EDGE, EDGE + 365 * DAY)
    fees = replace(OCTOBER.fees, by_span={**OCTOBER.fees.by_span, "year": (
        FeeLine("fee", year, Money(Fraction(36_500), "EUR")),
    )})  # fmt: skip
    yearly = replace(OCTOBER, fees=fees)

    assert Base(BaseTerms(fee="month")).time(Fraction(10), "a", seen, OCTOBER).amount == Fraction(10_000, 100)
    assert Base(BaseTerms(fee="year")).time(Fraction(DAY), "a", seen, yearly).amount == 100


def test_the_base_is_told_with_the_days_that_it_pays_for() -> None:
    year = Span(EDGE, EDGE + 365 * DAY)
    fees = replace(OCTOBER.fees, by_span={**OCTOBER.fees.by_span, "year": (
        FeeLine("fee", year, Money(Fraction(36_500), "EUR")),
    )})  # fmt: skip
    yearly = replace(OCTOBER, fees=fees)

    own, of_year = (Base(said)(Priced(()), yearly).lines[0] for said in (BaseTerms(), BaseTerms(fee="year")))

    assert (own.rule, own.values["amount"], own.values["days"], own.values["of"]) == ("fee", 1_000, 31, 31)
    assert (of_year.rule, of_year.values["amount"], of_year.values["days"]) == ("year", 36_500, 365)


def test_each_share_and_each_time_is_told_as_what_it_is() -> None:
    dues = (share("1/10"), Due("time", Fraction(DAY), "", "row"), euros(7))

    told = Base()(Priced(dues, readings=(reading(time=31 * DAY),)), OCTOBER).lines[1:]

    assert [(line.rule, line.values.get("share"), line.values["amount"]) for line in told] == [
        ("share", Fraction(1, 10), 100),
        ("time", None, Fraction(1_000, 31)),
    ]


def test_shares_are_of_the_whole_fee_unless_the_terms_choose() -> None:
    assert Base().of_all
    assert Base(BaseTerms(per="resource")).of_all
    assert not Base(BaseTerms(fee="year")).of_all


def test_a_fee_that_names_no_resource_is_each_ones_own() -> None:
    two = judged_case({"a": (), "b": ()})

    assert Base(BaseTerms(per="resource")).fee(two, "a").amount == 1_000


def test_the_price_of_a_part_is_its_own_and_not_that_of_the_whole() -> None:
    line = FeeLine("fee", OCTOBER.period.span, Money(Fraction(400), "EUR"), Money(Fraction(1_000), "EUR"))
    cut = replace(OCTOBER, fees=replace(OCTOBER.fees, by_span={"period": (line,)}))

    assert Base().fee(cut).amount == 400
    assert Base(BaseTerms(part_period="whole fee")).fee(cut).amount == 1_000


def test_what_nothing_is_worth() -> None:
    assert Base().worth((), reading(), OCTOBER) == (0, 0, 0)


@pytest.mark.parametrize(
    ("paid", "needed"),
    [("2 months of fees", {"period", "month"}), ("10%", {"period"}), ("1 EUR", {"period"})],
)
def test_a_months_fee_is_needed_where_months_are_paid(paid: str, needed: set[str]) -> None:
    table = rows({"< 99.9%": paid})

    assert fees_needed(ContractTerms((("one", terms(credits=table)),))) == needed


# --- counting periods and outages -----------------------------------------------------------------------


def test_of_the_last_one_period_this_one_alone_is_counted_and_of_two_the_one_before() -> None:
    past = (Past("08", met=False), Past("09", met=True))
    here = replace(OCTOBER, history=past)
    bad = replace(reading(), met=False)

    assert [missed(bad, here, over) for over in (1, 2, 3)] == [1, 1, 2]


def test_what_nobody_knows_is_counted_in_as_many_periods_as_are_looked_at() -> None:
    here = replace(OCTOBER, history=(Past("08", met=None), Past("09", met=True)))

    assert [untold(here, over) for over in (1, 2, 3)] == [0, 0, 1]


def test_how_far_past_a_target_is_not_said_without_a_figure() -> None:
    assert overshoot(replace(reading(), value=None)) is None
    assert overshoot(reading(promise="")) is None
    assert overshoot(reading(promise="<= 200", figure="300", of="metric")) == HALF
    assert overshoot(reading(promise=">= 200", figure="150", of="metric")) == Fraction(1, 4)


def test_a_figure_falls_short_below_a_floor_and_above_a_ceiling() -> None:
    assert shortfall("commitment", reading(promise=">= 99%", figure="98%")) == Fraction(1, 100)
    assert shortfall("commitment", reading(promise="<= 5", figure="7", of="metric")) == 2
    assert shortfall("commitment", reading(promise="<= 5", figure="4", of="metric")) == 0


def test_an_outage_alone_counts_by_what_it_weighs() -> None:
    (alone,) = each_outage(reading(outage("2026-10-03T10:00Z", "10m", rate=HALF)))

    assert (alone.bad, alone.down) == (300_000, 300_000)


# --- spans ----------------------------------------------------------------------------------------------


def in_a_year(first: date, after: date) -> Period:
    return Period(Span(midnight(first, "UTC"), midnight(after, "UTC")), "UTC", "a stretch")


def test_a_quarter_is_three_calendar_months() -> None:
    year = replace(OCTOBER, period=in_a_year(date(2026, 1, 1), date(2027, 1, 1)))
    named = [span_of("quarter", midnight(date(2026, month, 15), "UTC"), year) for month in range(1, 13)]

    assert named == [(2026, number) for number in (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3)]


def test_six_months_up_to_a_period_begin_six_months_before_its_end() -> None:
    assert since("6 months", OCTOBER) == midnight(date(2026, 5, 1), "UTC")
    assert since("12 months", OCTOBER) == midnight(date(2025, 11, 1), "UTC")


def test_a_half_year_is_one_stretch_of_six_months_and_is_not_cut() -> None:
    half = replace(OCTOBER, period=in_a_year(date(2026, 7, 1), date(2027, 1, 1)))

    assert not inside("6 months", half)
    assert inside("quarter", half)


def test_a_contract_is_counted_from_its_first_instant() -> None:
    assert since("contract", replace(OCTOBER, first=EDGE - DAY)) == EDGE - DAY
    assert since("contract", OCTOBER) == 0


def test_an_allowance_of_the_period_is_the_periods_and_what_lies_beside_has_another() -> None:
    span = OCTOBER.period.span

    assert holding_span("period", span.start, OCTOBER) == span
    assert holding_span("period", span.end - 1, OCTOBER) == span
    assert holding_span("period", span.start - 1, OCTOBER).end == span.start
    assert holding_span("period", span.end, OCTOBER).start == span.end


@pytest.mark.parametrize(
    ("per", "every", "cut"),
    [
        ("month", "calendar month", False), ("period", "calendar month", False),
        ("day", "calendar month", True), ("outage", "calendar month", True),
        ("month", "calendar quarter", True), ("quarter", "calendar year", True),
        ("year", "calendar year", False), ("period", "calendar year", False),
    ],
)  # fmt: skip
def test_a_cap_cuts_a_period_that_is_longer_than_its_span(per: str, every: str, cut: bool) -> None:
    assert is_inside(Cap(Fraction(1), "base", per, "x"), every) is cut


# --- limits and rounding --------------------------------------------------------------------------------


def kinds(limits: object) -> list[str]:
    return [type(each).__name__ for each in limits]  # type: ignore[attr-defined]


CAP = LimitsTerms(at_most=(Cap(Fraction(1, 4), "base", "period", "25% per period"),))
DAILY = Cap(Fraction(1, 10), "base", "day", "10% per day")
EACH = Cap(Fraction(1, 10), "base", "outage", "10% per outage")
COUNTED = Cap(Fraction(1), "credits", "day", "1 credit per day")


def by_outage(*said: Cap) -> list[bool]:
    return [
        each.by_day
        for each in of_alone(terms(limits=LimitsTerms(at_most=said)))
        if isinstance(each, ByOutage)
    ]


def test_time_is_laid_to_outages_where_something_looks_at_them_and_to_days_where_days_are_looked_at() -> None:
    assert by_outage() == []
    assert by_outage(EACH) == [False]
    assert by_outage(DAILY) == [True]
    assert by_outage(EACH, DAILY) == [True]
    assert by_outage(COUNTED) == [False]
    rounded = of_alone(terms(rounding=RoundingTerms(line="outage")))
    assert kinds(rounded)[0] == "ByOutage"


def test_an_only_promise_lends_its_limits_to_the_whole_and_one_of_several_does_not() -> None:
    one = ContractTerms((("one", terms(limits=CAP)),))
    two = ContractTerms((("one", terms(limits=CAP)), ("two", terms())))

    def caps_of(limits: object) -> list[str]:
        return [each.cap.text for each in limits if hasattr(each, "cap")]  # type: ignore[attr-defined]

    assert caps_of(of_whole(one)) == ["25% per period"]
    assert caps_of(of_whole(two)) == ["100% per period"]


def test_a_promise_rounds_as_it_says_itself_and_else_as_the_whole() -> None:
    down, up = RoundingTerms(money="down", line="promise"), RoundingTerms(money="up", line="promise")

    def rounds(limits: object) -> list[str]:
        return [each.mode for each in limits if isinstance(each, Round)]  # type: ignore[attr-defined]

    assert rounds(of_promise(terms(rounding=down), up)) == ["down"]
    assert rounds(of_promise(terms(), up)) == ["up"]


def test_that_nothing_limits_the_credit_is_said_of_the_whole_alone() -> None:
    def said(limits: object) -> str:
        (last,) = [each for each in limits if type(each).__name__ == "NoCap"]  # type: ignore[attr-defined]
        return str(last.say())

    free = terms(limits=LimitsTerms(at_most=()))
    assert said(of_promise(free)) == ""
    assert said(of_alone(free)) == "Nothing limits the credit."


def test_dues_that_become_one_keep_what_they_share_and_the_earliest_instant() -> None:
    first = euros(3, outage="x", at=9, lane="l", resource="r")
    alike = rounding.together([first, euros(4, outage="x", at=5, lane="l", resource="r")])
    other = rounding.together([first, euros(4, outage="y", lane="m", resource="s")])

    assert (alike.amount, alike.outage, alike.at, alike.lane, alike.resource) == (7, "x", 5, "l", "r")
    assert (other.amount, other.outage, other.at, other.lane, other.resource) == (7, "", 9, "", "")


def test_what_is_paid_out_replaces_the_money_and_leaves_what_is_no_money() -> None:
    points = Due("points", Fraction(2), "", "row")

    def paid(dues: tuple[Due, ...], amount: int) -> list[tuple[str, Fraction]]:
        return [(d.kind, d.amount) for d in rounding._paying(Priced(dues), Fraction(amount), OCTOBER)]

    assert paid((euros(5), points), 7) == [("money", 7), ("points", 2)]
    assert paid((euros(5), points), 0) == [("money", 0), ("points", 2)]
    assert paid((points,), 0) == [("points", 2)]
    assert paid((points,), 3) == [("money", 3), ("points", 2)]


def test_a_part_of_an_outage_weighs_what_the_outage_does() -> None:
    half = reading(outage("2026-10-03T23:00Z", "2h", rate=HALF))

    assert [down for _, down in caps._parts(half, "UTC")] == [HOUR // 2, HOUR // 2]


# --- several promises -----------------------------------------------------------------------------------


def test_what_is_no_money_is_worth_beside_it() -> None:
    assert together.worth((euros(5), Due("points", Fraction(2), "", ""), euros(1))) == (6, 2)


def test_points_are_looked_up_only_where_the_terms_say_so() -> None:
    two = ContractTerms((("one", terms()), ("two", terms())), points=rows({">= 2": "10%"}, by="misses"))

    assert type(together.combine(two, Base())).__name__ == "Sum"
    assert type(together.combine(replace(two, together="points"), Base())).__name__ == "Points"


def test_the_worst_figure_is_the_highest_of_what_is_to_stay_low_and_else_the_lowest() -> None:
    def metric(figure: str, promise: str) -> object:
        return reading(figure=figure, promise=promise, of="metric")

    assert history._worst((metric("6", "<= 5"), metric("7", "<= 5"))) == 7  # type: ignore[arg-type]
    assert history._worst((metric("6", ">= 5"), metric("7", ">= 5"))) == 6  # type: ignore[arg-type]
    assert history._worst((metric("6", ""), metric("7", ""))) == 6  # type: ignore[arg-type]
    assert history._worst((reading(figure="99%"), reading(figure="98%"))) == Fraction(98, 100)


# --- tables ---------------------------------------------------------------------------------------------


def priced(table: object, figure: str) -> list[Fraction]:
    seen = reading(figure=figure, promise=">= 99.9%")
    return [due.amount for due in table(seen, OCTOBER)]  # type: ignore[operator]


def test_a_hole_is_filled_from_the_row_whose_numbers_all_lie_below_and_above() -> None:
    table = {"> 98%, <= 99%": "10%", "> 95%, <= 97%": "25%", "= 90%": "50%"}
    below, above = (rows(table, in_no_row=f"row {side}") for side in ("below", "above"))

    assert priced(below, "98%") == [Fraction(25, 100)]
    assert priced(above, "97.5%") == [Fraction(10, 100)]
    assert priced(below, "99.5%") == [Fraction(10, 100)]
    assert priced(above, "93%") == [Fraction(25, 100)]
    assert priced(below, "95%") == [Fraction(50, 100)]


def test_a_strict_rows_own_bound_lies_above_it() -> None:
    table = rows({"< 99%": "10%", "= 0%": "50%"}, in_no_row="row below")

    assert priced(table, "99%") == [Fraction(10, 100)]


def test_where_rows_overlap_the_first_or_the_highest_is_taken_and_none_where_none_holds() -> None:
    table = {"<= 99%, >= 90%": "10%", "<= 98%, >= 80%": "25%"}

    assert priced(rows(table, overlap="first row"), "95%") == [Fraction(10, 100)]
    assert priced(rows(table, overlap="highest credit"), "95%") == [Fraction(25, 100)]
    assert priced(rows(table, overlap="highest credit", in_no_row="no credit"), "70%") == []


def test_a_row_of_another_kind_pays_no_share() -> None:
    (months,) = rows({"< 99%": "2 months of fees"}).rows
    (tenth,) = rows({"< 99%": "10%"}).rows

    assert (months.share, tenth.share) == (0, Fraction(1, 10))


def test_a_schedule_pays_shares_where_any_of_it_does() -> None:
    tenth, euro = credit("10%"), credit("5 EUR")

    assert isinstance(tenth, Amount)
    assert pays_shares(SumOf((euro, tenth)))
    assert not pays_shares(SumOf((euro, euro)))
    assert pays_shares(rows({"< 99%": "5 EUR", "< 98%": "10%"}))


def test_a_table_of_a_metric_is_read_with_the_units_of_the_file() -> None:
    said = rows({"> 50 , <= 100 ": "10%", "> 100": "20%"}).phrase()

    assert "above 50 and at or below 100" in said


# --- what is left of a month ----------------------------------------------------------------------------


def test_pieces_that_touch_are_one_stretch_even_where_others_lie_apart() -> None:
    def piece(start: int, end: int) -> Piece:
        return Piece(start, end, end - start, Fraction(1), "r", "a")

    assert spans((piece(0, 10), piece(10, 20), piece(30, 40))) == (Span(0, 20), Span(30, 40))
    assert spans((piece(5, 5), piece(7, 9))) == (Span(7, 9),)


def test_months_of_a_year_that_are_told_leave_nothing_to_assume() -> None:
    told = tuple(
        Past(
            f"2026-0{n}",
            met=False,
            credit=Fraction(10),
            span=Span(EDGE - n * 31 * DAY, EDGE - (n - 1) * 31 * DAY),
        )
        for n in range(2, 0, -1)
    )
    year = Cap(Fraction(1), "base", "year", "100% per year")
    known = replace(OCTOBER, history=told, evidence=Evidence({}))

    assert [past.period for past in earlier("year", known)] == ["2026-02", "2026-01"]
    assert caps._assumed(year, known) == ()
    untold_one = replace(known, history=(replace(told[0], credit=None, met=None), told[1]))
    assert [line.rule for line in caps._assumed(year, untold_one)] != []

"""Edges of exclusions, joins, fees and histories, over which a single fault went unnoticed: a fact a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.agreements import (
    allowances,
    base,
    build,
    caps,
    evaluate,
    events,
    exclude,
    fees,
    formula,
    grid,
    history,
    limits,
    measure,
    metrics,
    outages,
    qualify,
    rounding,
    scope,
    slots,
    together,
)
from monitor.agreements.account import confined
from monitor.agreements.allowances import Allotment
from monitor.agreements.events import Clock
from monitor.agreements.evidence import Evidence, OutageRow, Recorded, Sample, SlotRow
from monitor.agreements.fees import FeeTerm, Prices
from monitor.agreements.pipeline import Account, Due, Excused, Miss, Named, Past, Piece, Priced, WindowUse
from monitor.agreements.rows import deepest
from monitor.agreements.schedule import Manual
from monitor.agreements.terms import (
    Allowance,
    BadSlot,
    BaseTerms,
    Cap,
    CommitmentTerms,
    ExcludeTerms,
    LimitsTerms,
    MeasureTerms,
    Notice,
    OutageTerms,
    RoundingTerms,
)
from monitor.core.calendars import parse_hours
from monitor.core.checks import Reason, State
from monitor.core.cycles import Cycle
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import local, midnight, month
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment
from tests.agreements.judged import case as judged_case
from tests.agreements.judged import judge, terms, when
from tests.agreements.judged import window as planned
from tests.agreements.seen import EDGE, piece, row
from tests.agreements.settled import outage, reading
from tests.agreements.settled import rows as table_of

OCTOBER = judged_case()
ONE = Fraction(1)


def euros(amount: int) -> Money:
    return Money(Fraction(amount), "EUR")


# --- allowances -----------------------------------------------------------------------------------------

QUARTERLY = Allowance(HOUR, "time", "quarter")


def unknown(label: str) -> Past:
    return Past(label, met=None, span=month(label, "UTC").span)


def test_what_is_assumed_of_an_allowance_reaches_from_the_first_untold_month_to_the_last() -> None:
    december = judged_case(
        period=month("2026-12", "UTC"), history=(unknown("2026-10"), unknown("2026-11")), first=0
    )
    left = Allotment("maintenance", (QUARTERLY,), december)
    here = december.period.span.start

    list(left.granted([(Span(here, here + MINUTE), ("W", here), "x")]))

    (line,) = left.lines
    assert (line.values["start"], line.values["end"]) == (when("2026-10-01T00:00"), when("2026-12-01T00:00"))


def test_what_an_allowance_had_used_is_asked_of_the_span_that_the_period_lies_inside() -> None:
    """October begins a quarter, so nothing of the quarter before is counted; November is inside it."""
    spent = (Past("2026-10", met=True, span=month("2026-10", "UTC").span, excused=HOUR),)

    def granted(label: str) -> list[tuple[Span, str]]:
        here = judged_case(period=month(label, "UTC"), history=spent, first=0)
        start = here.period.span.start
        return list(Allotment("m", (QUARTERLY,), here).granted([(Span(start, start + 1), ("W", start), "x")]))

    assert granted("2026-11") == []
    assert granted("2027-01") != []


def test_what_is_down_in_the_month_before_uses_an_allowance_of_that_month() -> None:
    spent = (Past("2026-09", met=True, span=month("2026-09", "UTC").span, excused=HOUR),)
    here = judged_case(history=spent, first=0)
    left = Allotment("m", (Allowance(HOUR, "time", "month"),), here)
    before = EDGE - MINUTE

    assert list(left.granted([(Span(before, EDGE), ("W", before), "x")])) == [(Span(before, EDGE), "x")]


def test_an_allowance_of_a_week_runs_from_monday_to_monday() -> None:
    saturday = when("2026-10-10T12:00")

    week = allowances.holding_span("week", saturday, OCTOBER)

    assert week == Span(when("2026-10-05T00:00"), when("2026-10-12T00:00"))


def test_what_is_down_before_the_period_is_excused_up_to_that_months_allowance() -> None:
    left = Allotment("m", (Allowance(HOUR, "time", "month"),), judged_case(first=0))
    before = Span(EDGE - 2 * HOUR, EDGE)

    granted = list(left.granted([(before, ("W", before.start), "x")]))

    assert granted == [(Span(before.start, before.start + HOUR), "x")]


# --- exclusions -----------------------------------------------------------------------------------------


def at_night(start: Ms, end: Ms) -> OutageRow:
    return row(start, end, id=f"o-{start}")


def excluding(what: str = "scheduled maintenance", **said: object) -> object:
    return terms(exclude=(ExcludeTerms(what, **{"notice": None, **said}),))  # type: ignore[arg-type]


def test_a_window_excuses_what_it_covers_of_an_outage_on_each_of_its_sides() -> None:
    down = Span(EDGE + HOUR, EDGE + 3 * HOUR)
    inside = planned(EDGE + 90 * MINUTE, EDGE + 2 * HOUR)
    found = judge(excluding(), judged_case([at_night(down.start, down.end)], [inside])).account

    assert [(p.start - EDGE, p.end - EDGE) for p in found.bad] == [
        (HOUR, 90 * MINUTE),
        (2 * HOUR, 3 * HOUR),
    ]
    assert [e.by for e in found.excused] == [inside.id]


def test_windows_that_overlap_are_each_taken_once() -> None:
    found = exclude._disjoint(
        [
            WindowUse("a", Span(0, 10), 0, 0, 0, "valid", "m"),
            WindowUse("b", Span(5, 15), 0, 0, 0, "valid", "m"),
            WindowUse("c", Span(6, 15), 0, 0, 0, "valid", "m"),
            WindowUse("d", Span(15, 20), 0, 0, 0, "valid", "m"),
        ],
        (Span(12, 13),),
    )

    assert [(span.start, span.end, use.window) for span, use in found] == [
        (0, 10, "a"),
        (10, 12, "b"),
        (13, 15, "b"),
        (15, 20, "d"),
    ]


def test_a_slot_that_is_counted_is_excused_whole_where_its_start_lies_in_a_window() -> None:
    bad = tuple(piece(n * 10, n * 10 + 10) for n in (0, 1, 2, 3))
    here = Account("slot", bad, bad, promised=bad)
    use = WindowUse("W", Span(EDGE + 10, EDGE + 30), 0, 0, 0, "valid", "m")

    free = Allotment("m", (), OCTOBER)
    gone = list(exclude._excused_whole(here, [(use.span, use)], free))

    assert [e.piece.start - EDGE for e in gone] == [10, 20]


@pytest.mark.parametrize(("most", "expected"), [(9, []), (10, [0]), (19, [0]), (20, [0, 10])])
def test_a_slot_is_excused_only_if_the_allowance_has_room_for_all_of_it(
    most: int, expected: list[int]
) -> None:
    bad = (piece(0, 10), piece(10, 20))
    here = Account("slot", bad, bad, promised=bad)
    use = WindowUse("W", Span(EDGE, EDGE + 20), 0, 0, 0, "valid", "m")
    left = Allotment("m", (Allowance(most, "time", "month"),), OCTOBER)

    gone = exclude._excused_whole(here, [(use.span, use)], left)

    assert [e.piece.start - EDGE for e in gone] == expected


def test_bad_time_is_laid_to_every_window_that_it_lies_in() -> None:
    bad = (piece(0, 10), piece(10, 30), piece(40, 50))
    uses = [WindowUse(name, Span(EDGE + a, EDGE + b), 0, 0, 0, "valid", "m") for name, a, b in (
        ("a", 10, 15), ("b", 20, 45),
    )]  # fmt: skip

    found = exclude._inside(bad, [(use.span, use) for use in uses])

    assert [(p.start - EDGE, p.end - EDGE, use.window) for p, use in found] == [
        (10, 15, "a"),
        (20, 30, "b"),
        (40, 45, "b"),
    ]


def test_what_is_excluded_by_the_clock_is_looked_for_wherever_something_is_bad() -> None:
    """Two outages around the period: the hours between midnight and one are excluded in all of it."""
    span = OCTOBER.period.span
    (rule,) = exclude.exclusions(
        terms(exclude=(ExcludeTerms("night", None, always=parse_hours("daily 00:00-01:00")),))
    )
    bad = (
        Piece(span.start - 2 * DAY, span.start - 2 * DAY + HOUR, HOUR, ONE, "r", "a"),
        Piece(span.end + DAY, span.end + DAY + HOUR, HOUR, ONE, "r", "b"),
    )
    here = Account("ms", (), bad)

    assert [use.span for use in exclude._always(rule, here, OCTOBER)] == [p.span for p in bad]


def test_time_between_two_stretches_in_force_is_covered_by_the_agreement_once_it_had_begun() -> None:
    """The second term follows on the first: an allowance is used up from the first day to the last."""
    two = (Span(EDGE, EDGE + 5 * DAY), Span(EDGE + 10 * DAY, EDGE + 20 * DAY))
    end = OCTOBER.period.span.end

    assert exclude._not_in_force(judged_case(in_force=two, first=EDGE)) == (Span(EDGE + 20 * DAY, end),)
    assert exclude._not_in_force(judged_case(in_force=two)) == (
        Span(EDGE + 5 * DAY, EDGE + 10 * DAY),
        Span(EDGE + 20 * DAY, end),
    )


def test_hours_that_are_excluded_unannounced_let_no_window_stop_the_clock_of_an_event() -> None:
    nightly = ExcludeTerms("night", always=parse_hours("daily 00:00-01:00"))
    announced = replace(nightly, notice=Notice(0))
    work = replace(planned(EDGE + 5 * HOUR, EDGE + 6 * HOUR), what="night")
    case = judged_case(windows=[work])

    def still(said: ExcludeTerms) -> object:
        return events.stands(exclude.exclusions(terms(exclude=(said,))), "shop", case)

    assert still(nightly) == ()
    assert still(announced) == (work.span,)


def test_what_is_excluded_by_the_clock_is_looked_for_as_far_as_the_only_outage_reaches() -> None:
    span = OCTOBER.period.span
    (rule,) = exclude.exclusions(
        terms(exclude=(ExcludeTerms("night", None, always=parse_hours("daily 00:00-01:00")),))
    )
    late = Piece(span.end + DAY, span.end + DAY + HOUR, HOUR, ONE, "r", "a")

    assert [use.span for use in exclude._always(rule, Account("ms", (), (late,)), OCTOBER)] == [late.span]


@pytest.mark.parametrize(("most", "expected"), [(0, []), (1, [0]), (2, [0, 1])])
def test_a_request_lasts_a_millisecond_and_wants_as_much_room(most: int, expected: list[int]) -> None:
    bad = (piece(0, 1), piece(1, 2))
    use = WindowUse("W", Span(EDGE, EDGE + 2), 0, 0, 0, "valid", "m")
    left = Allotment("m", (Allowance(most, "time", "month"),), OCTOBER)

    gone = exclude._excused_whole(Account("request", bad, bad), [(use.span, use)], left)

    assert [e.piece.start - EDGE for e in gone] == expected


def test_how_far_ahead_a_window_was_announced_is_told_where_notice_is_asked_for() -> None:
    (rule,) = exclude.exclusions(excluding(notice=Notice(5 * DAY)))  # type: ignore[arg-type]
    (free,) = exclude.exclusions(excluding())  # type: ignore[arg-type]
    work = planned(EDGE + DAY, EDGE + DAY + HOUR, 10 * DAY)

    assert [use.ahead for use in exclude.uses(rule, [work], "shop", OCTOBER)] == [10 * DAY]
    assert [use.ahead for use in exclude.uses(free, [work], "shop", OCTOBER)] == [0]


def test_windows_that_are_counted_use_an_allowance_up_though_nothing_is_down_and_say_so() -> None:
    both = (Allowance(HOUR, "time", "month"), Allowance(2, "windows", "month"))
    rule = exclude.Exclusion(at_most=both, counted="window")

    assert "whether or not anything is down in them" in rule.say()
    assert "whether or not" not in replace(rule, at_most=both[:1]).say()


def test_slots_in_a_window_that_leaves_both_sides_are_set_aside_unless_they_were_down() -> None:
    seen = tuple(
        SlotRow(start=EDGE + n * HOUR, good=Fraction(n != 1), total=ONE, resource="shop") for n in range(4)
    )
    both = terms(
        measure=MeasureTerms("slots", "bad slots", HOUR, BadSlot("all failed"), empty="left out"),
        exclude=(ExcludeTerms("scheduled maintenance", Notice(0), effect="both sides"),),
    )
    work = planned(EDGE + HOUR, EDGE + 3 * HOUR)
    here = replace(OCTOBER, evidence=Evidence({}, (work,), slots=seen))

    found = judge(both, here).account

    assert [p.start - EDGE for p in found.base] == [0, 3 * HOUR]
    assert [p.start - EDGE for p in found.set_aside] == [2 * HOUR]
    assert [e.piece.start - EDGE for e in found.excused] == [HOUR]


# --- joins ----------------------------------------------------------------------------------------------


def swept(join: str, *accounts: Account, least: int = 0) -> Account:
    (found,) = scope.Joined(join, least)(accounts, OCTOBER)  # type: ignore[arg-type]
    return found


def timed(lane: str, *bad: Piece, base: tuple[int, int] = (0, 100), **more: object) -> Account:
    there = (Piece(EDGE + base[0], EDGE + base[1], base[1] - base[0], ONE, lane, ""),)
    return Account("ms", there, tuple(replace(p, lane=lane) for p in bad), promised=there, lane=lane, **more)  # type: ignore[arg-type]


def test_of_several_that_are_bad_at_once_the_worst_rate_of_those_needed_counts() -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    a, b = timed("a", piece(0, 50, "x", half)), timed("b", piece(20, 70, "y", third))

    any_down = swept("any down", a, b)
    all_down = swept("all down", a, b)

    assert [(p.start - EDGE, p.end - EDGE, p.rate) for p in any_down.bad] == [
        (0, 50, half),
        (50, 70, third),
    ]
    assert [(p.start - EDGE, p.end - EDGE, p.rate) for p in all_down.bad] == [(20, 50, third)]


def slotted(
    lane: str,
    bad: tuple[int, ...] = (),
    excused: tuple[int, ...] = (),
    unknown: tuple[int, ...] = (),
    rate: Fraction = ONE,
) -> Account:
    """Four slots of ten: these of them bad, excused, or unknown at a rate."""
    slots_ = tuple(replace(piece(n * 10, n * 10 + 10, f"s{n}"), lane=lane, size=1) for n in range(4))
    return Account(
        "slot", slots_, tuple(slots_[n] for n in bad), tuple(replace(slots_[n], rate=rate) for n in unknown),
        excused=tuple(Excused(slots_[n], "W") for n in excused), promised=slots_, lane=lane,
    )  # fmt: skip


def test_a_slot_that_was_excused_of_one_is_excused_of_the_joined_too() -> None:
    found = swept("any down", slotted("a", excused=(1,)), slotted("b"))

    assert [e.piece.start - EDGE for e in found.excused] == [10]
    assert found.bad == ()


def test_a_slot_of_which_nothing_is_known_is_not_surely_bad_and_one_partly_known_is() -> None:
    wholly = swept("all down", slotted("a", bad=(1,), unknown=(1,)), slotted("b", bad=(1,)))
    partly = swept(
        "all down", slotted("a", bad=(1,), unknown=(1,), rate=Fraction(1, 2)), slotted("b", bad=(1,))
    )

    assert [p.start - EDGE for p in wholly.unknown] == [10]
    assert partly.unknown == ()


def test_what_is_excused_of_several_at_once_is_as_bad_as_the_worst_of_them() -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    a = timed("a", excused=(Excused(piece(0, 10, "x", third, "a"), "W"),))
    b = timed("b", excused=(Excused(piece(0, 10, "y", half, "b"), "W"),))

    assert [e.piece.rate for e in swept("any down", a, b).excused] == [half]


def test_what_is_divided_by_is_added_up_of_those_that_were_promised() -> None:
    there = (piece(0, 100),)
    a = Account("ms", there, (), promised=there, lane="a", fixed=Fraction(300))
    gone = replace(a, base=(), promised=(), lane="b")

    assert scope.summed("s", (a, a)).fixed == 600
    assert scope.summed("s", (a, gone)).fixed == 300
    assert scope.summed("s", (a, replace(a, fixed=None))).fixed == 400


# --- fees -----------------------------------------------------------------------------------------------

MONTHLY = Cycle("calendar month", "UTC")


def prices(
    *told: tuple[str, int], first: str = "2026-01-01", last: str | None = None, **more: object
) -> Prices:
    held = tuple(FeeTerm(date.fromisoformat(day), (("fee", euros(much)),)) for day, much in told)
    end = None if last is None else date.fromisoformat(last)
    return Prices("EUR", "UTC", date.fromisoformat(first), end, held, **more)  # type: ignore[arg-type]


def paid(found: Prices, label: str, in_force: Span | None = None, word: str = "period") -> list[Fraction]:
    period = month(label, "UTC")
    force = (in_force or period.span,)
    return [line.money.amount for line in fees.agreement_fees(found, MONTHLY, period, force, {word})[word]]


def test_a_bill_is_for_all_of_the_time_in_which_the_agreement_exists() -> None:
    """From 11 October on: the bill is for those days, be they all of what is looked at or a third of it."""
    billed = prices(("2026-01-01", 310), first="2026-10-11", bills={"2026-10": (("fee", euros(210)),)})
    from_the_11th = Span(when("2026-10-11T00:00"), when("2026-11-01T00:00"))

    assert paid(billed, "2026-10", from_the_11th) == [210]
    assert paid(billed, "2026-10", Span(when("2026-10-25T00:00"), when("2026-11-01T00:00"))) == [70]


def test_a_bill_is_whole_where_the_period_is() -> None:
    billed = prices(("2026-01-01", 310), bills={"2026-10": (("fee", euros(200)),)})

    assert paid(billed, "2026-10") == [200]
    assert paid(billed, "2026-10", Span(when("2026-10-01T00:00"), when("2026-10-01T00:00"))) == [0]


def test_a_bill_of_a_period_without_any_day_in_force_is_whole() -> None:
    billed = prices(("2026-01-01", 310), bills={"2026-10": (("fee", euros(200)),)})

    found = fees.agreement_fees(billed, MONTHLY, month("2026-10", "UTC"), (), {"period"})["period"]

    assert [line.money.amount for line in found] == [200]


def test_a_share_of_the_fee_and_a_part_of_it_are_reckoned_each() -> None:
    assert base.Base(BaseTerms(divided_by=2)).fee(OCTOBER).amount == 500
    assert base.Base(BaseTerms(share=Fraction(1, 2))).fee(OCTOBER).amount == 500
    assert base.Base(BaseTerms(share=Fraction(1, 2), divided_by=2)).fee(OCTOBER).amount == 250


def test_a_part_grows_by_what_would_have_been_paid_before_and_after_it() -> None:
    """Fees of 310 from the 11th and of 620 from the 21st, ended on the 25th: 620 would have gone on."""
    told = prices(("2026-10-11", 310), ("2026-10-21", 620), first="2026-10-11", last="2026-10-25")
    span = Span(when("2026-10-11T00:00"), when("2026-10-26T00:00"))

    found = fees.agreement_fees(told, MONTHLY, month("2026-10", "UTC"), (span,), {"period"})["period"]

    assert [line.money.amount for line in found] == [100, 100]
    assert [line.whole.amount for line in found if line.whole] == [200, 220]


def test_a_bill_and_what_is_added_to_a_part_reach_over_every_stretch_in_force() -> None:
    """In force from the 1st to the 10th and from the 21st to the 25th."""
    two = (
        Span(when("2026-10-01T00:00"), when("2026-10-11T00:00")),
        Span(when("2026-10-21T00:00"), when("2026-10-26T00:00")),
    )
    october = month("2026-10", "UTC")
    billed = prices(("2026-01-01", 310), bills={"2026-10": (("fee", euros(310)),)})
    (bill,) = fees.agreement_fees(billed, MONTHLY, october, two, {"period"})["period"]
    (own,) = fees.agreement_fees(prices(("2026-01-01", 310)), MONTHLY, october, two, {"period"})["period"]

    assert bill.span == Span(two[0].start, two[1].end)
    assert (own.money.amount, own.whole and own.whole.amount) == (150, 210)


def test_a_year_up_to_a_period_ends_with_its_last_day() -> None:
    told = prices(("2025-01-01", 100), ("2026-11-01", 900))

    assert sum(paid(told, "2026-10", word="year")) == 1_200
    assert sum(paid(told, "2026-11", word="year")) == 10_800


def test_a_years_price_is_that_of_the_periods_last_day() -> None:
    assert sum(paid(prices(("2025-01-01", 100), ("2026-10-31", 900)), "2026-10", word="year")) == 10_800


def test_the_period_after_the_last_day_costs_nothing_and_the_last_day_is_paid() -> None:
    told = prices(("2026-01-01", 310), last="2026-10-31")

    assert paid(told, "2026-10", word="next period") == [0]
    assert paid(told, "2026-09", word="next period") == [310]
    ends_early = prices(("2026-01-01", 310), last="2026-10-30")
    assert paid(ends_early, "2026-09", word="next period") == [300]


def test_a_contract_runs_through_its_last_day() -> None:
    told = prices(("2026-01-01", 310), last="2026-12-31", contract=((date(2026, 1, 1), euros(3_720)),))
    (line,) = fees.agreement_fees(
        told, MONTHLY, month("2026-10", "UTC"), (month("2026-10", "UTC").span,), {"contract"}
    )["contract"]

    assert line.span == Span(when("2026-01-01T00:00"), when("2027-01-01T00:00"))


def test_a_price_before_the_first_is_the_first() -> None:
    told = prices(("2026-12-01", 100), ("2027-01-01", 900))

    assert sum(paid(told, "2026-10", word="year")) == 1_200


def test_an_amount_is_that_of_the_last_day_on_which_the_agreement_exists() -> None:
    dated = ((date(2026, 1, 1), euros(1_000)), (date(2026, 10, 20), euros(2_000)))

    assert paid(prices(("2026-01-01", 310), last="2026-10-15", at_risk=dated), "2026-10", word="at risk") == [
        1_000
    ]
    assert paid(prices(("2026-01-01", 310), last="2026-10-20", at_risk=dated), "2026-10", word="at risk") == [
        2_000
    ]


# --- histories ------------------------------------------------------------------------------------------


def test_a_hole_before_a_period_is_a_month_of_which_nothing_is_known() -> None:
    told = (Past("2026-07", met=True, span=month("2026-07", "UTC").span), Past("2026-01", met=True))

    found = history.without_holes(told, MONTHLY, month("2026-10", "UTC"), ("sla",))

    assert [(each.period, each.met) for each in found] == [
        ("2026-07", True), ("2026-01", True), ("2026-08", None), ("2026-09", None),
    ]  # fmt: skip


def test_a_row_without_a_span_tells_nothing_of_when_it_was() -> None:
    alone = (Past("2026-01", met=True),)

    assert history.without_holes(alone, MONTHLY, month("2026-10", "UTC"), ("sla",)) == alone


# --- slots ----------------------------------------------------------------------------------------------


def test_what_is_bad_around_a_period_is_looked_at_for_a_periods_length() -> None:
    span = OCTOBER.period.span

    def hull(start: Ms, end: Ms) -> tuple[Ms, Ms]:
        found = slots._hull([Span(start, end)], OCTOBER)
        return found.start - span.start, found.end - span.end

    assert hull(span.start - DAY, span.end + DAY) == (-DAY, DAY)
    assert hull(span.start - 90 * DAY, span.end + 90 * DAY) == (-31 * DAY, 31 * DAY)
    assert hull(span.start + DAY, span.end - DAY) == (0, 0)
    two = [Span(span.start - DAY, span.start), Span(span.end, span.end + 2 * DAY)]
    assert slots._hull(two, OCTOBER) == Span(span.start - DAY, span.end + 2 * DAY)


def test_rows_of_other_columns_are_no_rows_of_the_promise() -> None:
    seen = tuple(
        SlotRow(start=EDGE + n * HOUR, good=ONE, total=Fraction(10), resource="", columns={"class": name})
        for n, name in enumerate(("api", "web", "api"))
    )
    known = replace(OCTOBER, evidence=Evidence({}, slots=seen))
    measured = slots.rule(MeasureTerms("slots", "total", only=(("class", "api"),)))(known)

    assert [(p.start - EDGE, p.size) for p in measured[0].base] == [(0, 10), (2 * HOUR, 10)]


def test_a_probe_lasts_to_the_next_but_no_longer_than_the_shortest_step() -> None:
    assert list(slots._ticks([0, 10, 30])) == [(0, 10), (10, 20), (30, 40)]
    assert list(slots._ticks([7])) == [(7, 8)]


def test_a_slot_that_is_cut_reaches_from_its_first_part_to_its_last() -> None:
    assert list(grid.cells((0, 100), (Span(10, 20), Span(30, 40)))) == [(10, 40, False)]


def test_in_autumn_a_slot_of_three_hours_ends_where_the_clock_shows_three_the_second_time() -> None:
    day = Span(midnight(date(2026, 10, 25), "Europe/Berlin"), midnight(date(2026, 10, 26), "Europe/Berlin"))
    shown = [f"{local(at, 'Europe/Berlin'):%H:%M}" for at in grid.edges(day, 3 * HOUR, "Europe/Berlin")]

    assert shown == ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]


def test_a_slot_right_after_the_period_makes_a_run_with_its_last() -> None:
    end = OCTOBER.period.span.end
    seen = tuple(
        SlotRow(start=start, good=Fraction(0), total=ONE, resource="") for start in (end - HOUR, end)
    )
    measure_ = MeasureTerms("slots", "bad slots", HOUR, BadSlot("all failed"))

    (found,) = slots.rule(measure_, 2)(replace(OCTOBER, evidence=Evidence({}, slots=seen)))

    assert [p.start - end for p in found.bad] == [-HOUR, 0]


def test_a_slot_right_before_the_period_makes_a_run_with_its_first() -> None:
    start = OCTOBER.period.span.start
    seen = tuple(
        SlotRow(start=start + n * HOUR, good=Fraction(n), total=ONE, resource="") for n in (-1, 0, 1)
    )
    failing = (replace(seen[0], good=Fraction(0)), replace(seen[1], good=Fraction(0)), seen[2])
    measure_ = MeasureTerms("slots", "bad slots", HOUR, BadSlot("all failed"))

    (found,) = slots.rule(measure_, 2)(replace(OCTOBER, evidence=Evidence({}, slots=failing)))

    assert [p.start - start for p in found.bad] == [-HOUR, 0]


def test_a_run_of_bad_slots_is_asked_for_its_requests_beside_slots_without_any() -> None:
    start = OCTOBER.period.span.start
    seen = tuple(
        SlotRow(start=start + n * HOUR, good=Fraction(0), total=Fraction(6), resource="") for n in (3, 4)
    )
    measure_ = MeasureTerms("slots", "bad slots", HOUR, BadSlot("all failed"))

    def bad(least: int) -> int:
        rule = slots.rule(measure_, 2, Bound(">=", Fraction(least)))
        return len(rule(replace(OCTOBER, evidence=Evidence({}, slots=seen)))[0].bad)

    assert (bad(12), bad(13)) == (2, 0)


def test_a_probe_outside_the_life_of_its_resource_is_no_slot() -> None:
    seen = tuple(slot_row_at(n) for n in (1, 2, 5, 6))
    lived = {"r": (Span(EDGE, EDGE + 3 * HOUR),)}
    measure_ = MeasureTerms("slots", "bad slots", "probe", BadSlot("all failed"))

    (found,) = slots.rule(measure_)(replace(OCTOBER, evidence=Evidence({}, slots=seen, life=lived)))
    (young,) = slots.rule(measure_)(
        replace(
            judged_case(in_force=(Span(EDGE + 2 * HOUR, OCTOBER.period.span.end),)),
            evidence=Evidence({}, slots=seen),
        )
    )

    assert [p.start - EDGE for p in found.base] == [HOUR, 2 * HOUR]
    assert [(p.start - EDGE) // HOUR for p in young.base] == [2, 5, 6]


def slot_row_at(hour: int) -> SlotRow:
    return SlotRow(start=EDGE + hour * HOUR, good=ONE, total=ONE, resource="r")


# --- outages --------------------------------------------------------------------------------------------


def test_shares_that_overlap_are_added_up_to_all_at_most_and_what_has_no_length_is_nothing() -> None:
    half, most = Fraction(1, 2), Fraction(3, 4)

    assert outages.flattened([(0, 10, half), (5, 15, most), (7, 7, ONE)]) == (
        (0, 5, half),
        (5, 10, ONE),
        (10, 15, most),
    )


def test_stretches_are_linked_with_the_one_that_reaches_furthest() -> None:
    assert outages.linked([(0, 100, None), (10, 20, None), (50, 60, None), (101, 110, None)]) == [0, 0, 0, 3]
    assert outages.linked([(0, 10, "a"), (20, 30, "b"), (30, 35, None), (40, 50, "a")]) == [0, 1, 1, 0]


def test_an_outage_of_several_rows_is_named_by_its_first_name() -> None:
    rows_ = (
        OutageRow(Span(EDGE, EDGE + 10)),
        OutageRow(Span(EDGE + 5, EDGE + 20), id="INC-2"),
        OutageRow(Span(EDGE + 15, EDGE + 30), id="INC-3"),
    )
    (found,) = outages.Outages().of(Recorded((Span(EDGE - 1, EDGE + 100),), rows_), EDGE + 100)

    assert found.cause == "INC-2"


def test_stretches_that_touch_are_one_where_they_are_as_bad() -> None:
    half = Fraction(1, 2)

    assert outages.flattened([(0, 10, ONE), (10, 20, ONE)]) == ((0, 20, ONE),)
    assert outages.flattened([(0, 10, ONE), (10, 20, half)]) == ((0, 10, ONE), (10, 20, half))
    assert outages.flattened([(0, 10, ONE), (11, 20, ONE)]) == ((0, 10, ONE), (11, 20, ONE))


def test_the_first_report_of_an_outage_is_its_first_though_not_every_row_has_one() -> None:
    rows_ = (
        OutageRow(Span(EDGE, EDGE + 100)),
        OutageRow(Span(EDGE + 10, EDGE + 100), reported=EDGE + 40),
        OutageRow(Span(EDGE + 20, EDGE + 100), reported=EDGE + 30),
    )
    (found,) = outages.Outages(starts="reported").of(Recorded((Span(EDGE, EDGE + 100),), rows_), EDGE + 100)

    assert (found.stretches[0][0], found.stretches[-1][1]) == (EDGE + 30, EDGE + 100)


def test_an_outage_from_the_last_good_check_on_takes_in_the_unknown_time_before_it() -> None:
    """Good at 5, unseen from 10 to 20, down from there: counted from 5 on, and nothing is unknown as well."""
    segments = (
        Segment(EDGE, EDGE + 10, State.UP, Reason.OK, EDGE, EDGE + 5),
        Segment(EDGE + 10, EDGE + 20, State.UNKNOWN, Reason.OWN_NETWORK),
        Segment(EDGE + 20, EDGE + 30, State.DOWN, Reason.TIMEOUT, EDGE + 20, EDGE + 25),
    )
    there = (Span(EDGE + 7, EDGE + 30),)
    seen = replace(OCTOBER, evidence=Evidence({"r": ServiceTimeline(there, segments)}))
    early = terms(outage=OutageTerms(starts="last success"))

    (found,) = measure.rule(early)(seen)

    assert [(p.start - EDGE, p.end - EDGE) for p in found.bad] == [(7, 30)]
    assert found.unknown == ()


def test_each_stretch_is_joined_with_the_one_right_before_it() -> None:
    half = Fraction(1, 2)

    assert outages.flattened([(0, 5, half), (5, 20, ONE), (20, 30, ONE)]) == ((0, 5, half), (5, 30, ONE))


def told(*rows_: OutageRow, **how: object) -> list[tuple[int, int]]:
    life = (Span(EDGE - 1_000, EDGE + 1_000),)
    found = outages.Outages(**how).of(Recorded(life, rows_), EDGE + 1_000)  # type: ignore[arg-type]
    return [(each.stretches[0][0] - EDGE, each.stretches[-1][1] - EDGE) for each in found]


def test_an_outage_begins_after_the_earliest_good_check_and_ends_with_the_last_ticket() -> None:
    one = OutageRow(Span(EDGE, EDGE + 100), id="a", last_good=EDGE - 30, ticket_closed=EDGE + 150)
    other = OutageRow(Span(EDGE + 50, EDGE + 100), id="a", last_good=EDGE - 10, ticket_closed=EDGE + 200)

    assert told(one, other, starts="last success")[0][0] == -30
    assert told(one, other, ends="ticket closed")[-1][1] == 200


def test_a_row_without_a_length_is_no_outage_and_joins_none() -> None:
    one, other = OutageRow(Span(EDGE, EDGE + 10), id="a"), OutageRow(Span(EDGE + 50, EDGE + 60))
    nothing = OutageRow(Span(EDGE + 50, EDGE + 50), id="a")

    assert told(one, nothing, other) == [(0, 10), (50, 60)]


def test_everybody_is_all_of_the_population_and_no_more() -> None:
    here = Account("ms", (piece(0, 100),), (piece(0, 30, "nobody told"),), promised=(piece(0, 100),))

    assert qualify.Affecting(Bound("=", ONE)).one(here, OCTOBER).bad == here.bad
    assert qualify.Affecting(Bound("<=", ONE)).one(here, OCTOBER).bad == here.bad


# --- qualify --------------------------------------------------------------------------------------------


def test_a_slot_in_the_hole_that_an_exclusion_left_is_another_outage() -> None:
    """What was excused parts an outage from its beginning up to where it goes on."""
    here = Account(
        "ms", (piece(0, 100),), (piece(0, 10), piece(20, 30), piece(60, 70)), promised=(piece(0, 100),),
        excused=(Excused(piece(10, 20), "W"),),
    )  # fmt: skip

    assert [[p.start - EDGE for p in run] for run in qualify.runs(here)] == [[0], [20, 60]]
    later = replace(here, excused=(Excused(piece(20, 20), "W"),))
    assert [[p.start - EDGE for p in run] for run in qualify.runs(later)] == [[0, 20, 60]]


def test_every_bad_slot_counts_where_slots_are_measured_and_every_outage_where_time_is() -> None:
    slotted = MeasureTerms("slots", "bad slots", 5 * MINUTE, BadSlot("wholly down"))

    assert qualify.of_length(terms(measure=slotted))[0].say() == "Every bad slot counts."
    assert qualify.of_length(terms())[0].say().startswith("Every confirmed outage counts")


def test_a_resource_that_did_not_exist_yet_has_no_age_to_fail_by() -> None:
    young = qualify.Aged(">=", 50)
    here = Account(
        "ms", (piece(0, 100),), (piece(10, 20, "a"), piece(60, 70, "b")), promised=(piece(0, 100),)
    )

    assert [p.start - EDGE for p in young.one(here, OCTOBER).bad] == [60]
    unborn = replace(here, promised=(piece(65, 100),))
    assert [p.start - EDGE for p in young.one(unborn, OCTOBER).bad] == [10, 60]


def test_what_is_left_over_is_taken_from_the_last_interruption_backwards() -> None:
    """Thirty and ten, joined over a gap of five: of forty only twenty-five count."""
    here = Account("ms", (piece(0, 100),), (piece(0, 30), piece(35, 45)), promised=(piece(0, 100),))

    left = qualify.Whole(25, joined=("<=", 10)).one(here, OCTOBER)

    assert [(p.start - EDGE, p.end - EDGE) for p in left.bad] == [(0, 25)]


def test_an_outage_of_which_no_share_is_told_affects_everybody() -> None:
    here = Account("ms", (piece(0, 100),), (piece(0, 30, "nobody told"),), promised=(piece(0, 100),))

    assert qualify.Affecting(Bound(">", Fraction(1, 2))).one(here, OCTOBER).bad == here.bad


# --- metrics --------------------------------------------------------------------------------------------


def sampled(*told: tuple[int, int, str], **how: object) -> Account:
    seen = tuple(
        Sample(start=EDGE + at * MINUTE, value=Fraction(value), weight=ONE, resource=who, metric="latency")
        for at, value, who in told
    )
    rule = metrics.Samples("latency", **how)  # type: ignore[arg-type]
    return rule(replace(OCTOBER, evidence=Evidence({}, samples=seen)))[0]


def test_samples_are_chosen_by_their_resource_only_where_one_is_asked_for() -> None:
    told = ((0, 5, "a"), (1, 9, "b"))

    assert [p.rate for p in sampled(*told, only=(("resource", "b"),)).base] == [9]


def test_one_sample_in_the_promised_time_is_enough_evidence() -> None:
    outside, inside_ = (-60, 5, ""), (60, 7, "")

    assert [p.rate for p in sampled(outside, inside_).base] == [7]


def test_a_sample_in_any_stretch_of_a_resources_life_is_looked_at() -> None:
    seen = tuple(
        Sample(start=EDGE + n * DAY, value=Fraction(n), weight=ONE, resource="r", metric="latency")
        for n in (1, 5, 10)
    )
    lived = (Span(EDGE, EDGE + 2 * DAY), Span(EDGE + 9 * DAY, EDGE + 11 * DAY))
    known = replace(OCTOBER, evidence=Evidence({}, samples=seen, life={"r": lived}))

    assert [p.rate for p in metrics.Samples("latency")(known)[0].base] == [1, 10]


def test_what_weighs_nothing_is_not_the_most_of_anything() -> None:
    assert metrics.summary("max", [(Fraction(9), 0), (Fraction(3), 1)]) == 3
    assert metrics.summary("mean", [(Fraction(9), 0)]) is None


def test_samples_of_a_slot_are_those_from_its_start_up_to_its_end() -> None:
    told = ((0, 1, ""), (59, 3, ""), (60, 10, ""), (120, 20, ""))

    found = sampled(*told, slot=HOUR, each_slot="mean")

    assert [(p.start - EDGE, p.rate) for p in found.base] == [(0, 2), (HOUR, 10), (2 * HOUR, 20)]


def test_a_sample_that_weighs_nothing_beside_one_that_does_is_no_lack_of_evidence() -> None:
    seen = tuple(
        Sample(start=EDGE + n * MINUTE, value=Fraction(5), weight=Fraction(n), resource="", metric="latency")
        for n in (0, 1)
    )

    (found,) = metrics.Samples("latency")(replace(OCTOBER, evidence=Evidence({}, samples=seen)))

    assert [p.start - EDGE for p in found.base] == [MINUTE]


def miss_of(cause: str) -> Miss:
    return Miss(cause, "r", EDGE, EDGE + 1, EDGE + 2, 1, 1, 0, 1)


def test_only_misses_among_what_is_left_are_left() -> None:
    one, other = piece(0, 1, "one"), piece(5, 6, "other")
    both = Account("event", (one, other), (one, other), misses=(miss_of("one"), miss_of("other")))

    assert [each.cause for each in confined(both, (Span(EDGE, EDGE + 2),)).misses] == ["one"]


# --- tables ---------------------------------------------------------------------------------------------


def test_a_hole_is_filled_from_the_nearest_row_below_or_above() -> None:
    held = {"< 90%": "30%", ">= 91%, < 93%": "20%", ">= 96%, < 98%": "10%", ">= 99%, < 100%": "5%"}

    def row_at(figure: str, filled: str) -> object:
        found = table_of(held, in_no_row=filled)._next(Fraction(figure))
        return found and found.text

    assert row_at("0.95", "row below") == ">= 91%, < 93%"
    assert row_at("0.985", "row below") == ">= 96%, < 98%"
    assert row_at("0.95", "row above") == ">= 96%, < 98%"
    assert row_at("0.985", "row above") == ">= 99%, < 100%"


def test_of_two_rows_with_one_bound_the_one_that_leaves_the_bound_out_is_the_deeper() -> None:
    below, above = table_of({"<= 99%": "5%", "< 99%": "10%"}), table_of({">= 5": "5%", "> 5": "10%"})

    assert [each.text for each in deepest(below.rows)] == ["< 99%"]
    assert [each.text for each in deepest(above.rows)] == ["> 5"]


# --- formula, schedule and what is told ------------------------------------------------------------------


def test_a_figure_of_requests_needs_nobody_to_have_watched_and_one_of_time_does() -> None:
    measured = {
        "time": terms(),
        "requests": terms(measure=MeasureTerms("slots", "total")),
        "events": terms(measure=MeasureTerms("events", "share on time")),
        "slots": terms(measure=MeasureTerms("slots", "bad slots", 5 * MINUTE, BadSlot("wholly down"))),
    }

    watched = {name: "no amount is computed" in formula.rule(said).say() for name, said in measured.items()}

    assert watched == {"time": True, "requests": False, "events": False, "slots": True}


# --- several promises -----------------------------------------------------------------------------------


def test_no_credit_is_told_while_a_person_must_decide_it() -> None:
    by_hand = terms(credits=Manual(), commitment=CommitmentTerms(Bound(">=", ONE)))
    down = judged_case([row(EDGE, EDGE + HOUR)])
    decided = terms(credits=table_of({"< 100%": "10%"}), commitment=CommitmentTerms(Bound(">=", ONE)))

    def told(said: object) -> object:
        named = evaluate.settle("sla", build.clause(said), down)  # type: ignore[arg-type]
        return evaluate.credit(down, (named,))

    assert told(by_hand) is None
    assert told(decided) is not None


def test_what_limited_a_promise_that_counted_is_told_though_another_counted_too() -> None:
    def named(name: str, outage_: str, amount: int, limited_by: str) -> Named:
        due = Due("money", Fraction(amount), "EUR", "row", outage_)
        plain = evaluate.settle(name, build.clause(terms()), OCTOBER)
        return replace(plain, priced=replace(plain.priced, dues=(due,), limited_by=limited_by))

    both = (named("one", "a", 10, ""), named("two", "b", 20, "5 EUR per outage"))

    assert together.HighestPerOutage()(both, OCTOBER).limited_by == "5 EUR per outage"


def test_a_cap_that_no_period_is_cut_by_leaves_time_as_it_was() -> None:
    def by_outage(*said: Cap) -> list[str]:
        pro_rata = limits.of_alone(terms(limits=LimitsTerms(at_most=said)))
        return [type(each).__name__ for each in pro_rata if isinstance(each, caps.ByOutage)]

    assert by_outage(Cap(Fraction(1, 4), "base", "period", "25%")) == []
    assert by_outage(Cap(Fraction(1, 4), "base", "week", "25% per week")) == ["ByOutage"]


def test_a_period_without_a_credit_uses_up_none_of_the_credits_of_a_quarter() -> None:
    cap = caps.CreditsAtMost(Cap(ONE, "credits", "quarter", "1 credit per quarter"))
    due = Priced((Due("money", Fraction(10), "EUR", "row", "a"),))
    november = judged_case(period=month("2026-11", "UTC"), first=0)

    def after_october(credit_: int) -> list[Fraction]:
        past = Past("2026-10", met=not credit_, span=OCTOBER.period.span, credit=Fraction(credit_))
        return [each.amount for each in cap(due, replace(november, history=(past,))).dues]

    assert (after_october(0), after_october(5)) == ([10], [])


def test_time_that_its_outages_do_not_add_up_to_stays_as_it_is() -> None:
    """So does more time than was down: both are a reading whose outages tell only a part."""
    down = reading(outage("2026-10-02T10:00Z", "10m"), outage("2026-10-03T10:00Z", "20m"))

    def laid(due: Due, of: object = down) -> list[Fraction]:
        return [each.amount for each in caps._laid(due, of, None)]  # type: ignore[arg-type]

    assert laid(Due("time", Fraction(30 * MINUTE), "", "row")) == [10 * MINUTE, 20 * MINUTE]
    assert laid(Due("time", Fraction(15 * MINUTE), "", "row")) == [15 * MINUTE], "what was free came first"
    assert laid(Due("time", Fraction(31 * MINUTE), "", "row")) == [31 * MINUTE]
    other = replace(down, down=down.down + 1)
    assert laid(Due("time", other.down, "", "row"), other) == [other.down]


@pytest.mark.parametrize(
    ("per", "every"),
    [
        ("year", "365 days before the claim"),
        ("12 months", "calendar year"),
        ("contract year", "contract year"),
        ("year", "contract year"),
    ],
)
def test_a_year_is_not_cut_by_a_year(per: str, every: str) -> None:
    assert not caps.is_inside(Cap(Fraction(1), "base", per, "x"), every)


def test_a_day_is_touched_by_its_first_millisecond() -> None:
    first = when("2026-10-01T00:00")

    assert base._days(first, first + DAY, "UTC") == 1
    assert base._days(first, first + DAY + 1, "UTC") == 2
    assert base._days(first - 1, first + DAY, "UTC") == 2


def test_a_day_late_begins_with_the_first_millisecond_after_midnight() -> None:
    clock, midnight_ = Clock("UTC"), when("2026-10-02T00:00")

    assert clock.days(midnight_, midnight_ + HOUR) == 1, "due by the end of the 1st, done on the 2nd"
    assert clock.days(midnight_ + 1, midnight_ + HOUR) == 0
    assert clock.days(midnight_ + HOUR, midnight_ + DAY) == 1


def test_what_is_raised_is_the_money_and_nothing_beside_it() -> None:
    least = rounding.RaisedTo(Money(Fraction(50), "EUR"))
    due = Priced((Due("money", Fraction(10), "EUR", "row"), Due("service", Fraction(3), "", "days")))

    raised = least(due, OCTOBER)

    assert [(each.kind, each.amount) for each in raised.dues] == [("money", 50), ("service", 3)]


def test_what_was_rounded_outage_by_outage_is_said_to_be_rounded_again() -> None:
    def last(line: str) -> str:
        return list(limits.of_alone(terms(rounding=RoundingTerms(line=line))))[-1].say()  # type: ignore[arg-type]

    assert last("outage").startswith("What the limits leave is rounded in the same way")
    assert last("agreement").startswith("It is rounded once")


def test_an_hour_from_any_time_to_midnight_and_over_it() -> None:
    night = parse_hours("daily 22:00-06:00")

    assert night.openings[0].end - night.openings[0].start == 8 * HOUR

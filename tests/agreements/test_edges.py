"""Edges over which a single fault once went unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from monitor.agreements.account import length, size
from monitor.agreements.allowances import holding_span
from monitor.agreements.caps import width
from monitor.agreements.clip import Clip
from monitor.agreements.evidence import Evidence, SlotRow
from monitor.agreements.fees import _year_before
from monitor.agreements.formula import Availability, MeanOfLast
from monitor.agreements.gate import Commitment
from monitor.agreements.outages import Outages
from monitor.agreements.pipeline import Account, Excused, Past, Piece, WindowUse
from monitor.agreements.qualify import Deduct, Lasting, OfWhole, Whole
from monitor.agreements.rounding import HeldUntil
from monitor.agreements.schedule import FEE, Amount, Each
from monitor.agreements.scope import Joined
from monitor.agreements.slots import Ratios
from monitor.agreements.terms import BadSlot, Cap, LimitsTerms, RoundingTerms
from monitor.core.intervals import DAY, Span
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.timeline import outage_id
from tests.agreements.seen import EDGE, case, only, recorded, row, stretch
from tests.agreements.settled import case as priced_case
from tests.agreements.settled import money, outage, reading, settled

ONE = Fraction(1)
NOBODY = case(Evidence({}), stretch(EDGE, 100))


def piece(start: int, end: int, cause: str = "a", size: int | None = None) -> Piece:
    return Piece(EDGE + start, EDGE + end, end - start if size is None else size, ONE, "r", cause)


def test_a_rolling_span_ends_with_the_period_and_what_came_before_is_beside_it() -> None:
    october = case(Evidence({}))
    end = october.period.span.end
    rolling = holding_span("12 months", end - 1, october)

    assert rolling.end == end
    assert 364 * DAY < rolling.length < 367 * DAY
    assert holding_span("12 months", rolling.start, october) == rolling
    assert holding_span("12 months", rolling.start - 1, october).end == rolling.start


def test_what_a_strict_commitment_allows_is_less_than_its_bound() -> None:
    assert Commitment(Bound(">", Fraction(9, 10))).allows(100) == 9
    assert Commitment(Bound(">=", Fraction(9, 10))).allows(100) == 10
    assert Commitment(Bound("<", Fraction(5)), "downtime").allows(100) == 4
    assert Commitment(Bound("<=", Fraction(5)), "downtime").allows(100) == 5


def test_the_mean_of_the_last_one_period_is_its_own() -> None:
    past = (Past("2026-09", met=True, figure=Fraction(1, 2)),)
    here = Account("ms", (piece(0, 100),), (), promised=(piece(0, 100),))

    (found,) = MeanOfLast(Availability(), 1)((here,), replace(NOBODY, history=past))

    assert found.value == 1


def test_slots_are_deducted_over_the_interruptions_that_were_joined() -> None:
    slots = (piece(0, 10, size=1), piece(50, 60, size=1), piece(60, 70, size=1))
    here = Account("slot", slots, slots, promised=slots)

    left = Deduct(20, joined=("<=", 40)).one(here, NOBODY)

    assert [p.start - EDGE for p in left.bad] == [60]
    assert [p.start - EDGE for p in left.short] == [0, 50]


def test_parts_of_an_outage_are_one_again_only_where_they_are_as_near_as_the_terms_say() -> None:
    excused = (Excused(piece(100, 200), "W-1"),)
    parts = (piece(0, 100), piece(200, 600))
    here = Account("ms", (piece(0, 600),), parts, excused=excused, promised=(piece(0, 600),))

    def left(rule: Deduct | Whole) -> list[tuple[int, int]]:
        return [(p.start - EDGE, p.end - EDGE) for p in rule.one(here, NOBODY).bad]

    assert left(Whole(60, ("<", 100))) == [(0, 60), (200, 560)]  # 100 and 400: an hour, and six
    assert left(Whole(60, ("<=", 100))) == [(0, 100), (200, 580)]  # 500: eight hours
    assert left(Deduct(30, ("<", 100))) == [(30, 100), (230, 600)]
    assert left(Deduct(30, ("<=", 100))) == [(30, 100), (200, 600)]


def test_downtime_that_was_too_short_in_one_resource_is_too_short_in_their_union() -> None:
    one = Account("ms", (piece(0, 100),), (), promised=(piece(0, 100),), short=(piece(10, 30),), lane="one")
    other = replace(one, short=(), lane="other")

    joined = only(Joined("any down")((one, other), NOBODY))

    assert [(p.start - EDGE, p.end - EDGE) for p in joined.short] == [(10, 30)]


def test_outages_that_began_at_one_instant_are_two_where_what_is_left_of_them_lies_apart() -> None:
    """Both resources failed at once; of the one the first 2 ms count, of the other what was noticed later."""
    at_once = outage_id(EDGE)

    def left(lane: str, name: str, start: int, end: int) -> Account:
        whole = (replace(piece(0, 100), lane=lane),)
        return Account("ms", whole, (replace(piece(start, end, name), lane=lane),), promised=whole, lane=lane)

    def names(name: str) -> list[str]:
        apart = left("one", name, 0, 2), left("other", name, 20, 50)
        return [p.cause for p in only(Joined("any down")(apart, NOBODY)).bad]

    assert names(at_once) == [at_once, f"{at_once}-2"]
    assert names("fibre-cut") == ["fibre-cut", "fibre-cut"]  # a file says that they are one


def test_what_is_excused_of_two_resources_at_once_is_of_their_joint_outage_and_not_of_one_of_theirs() -> None:
    """The one was down for 30 ms, the other for 7 and for 2 of them: both at once for 7, and again for 2."""

    def left(lane: str, *excused: tuple[int, int]) -> Account:
        whole, bad = (piece(0, 100),), (piece(0, 4, lane),)
        spared = tuple(Excused(piece(start, end, lane), "W-1") for start, end in excused)
        return Account("ms", whole, bad, excused=spared, promised=whole, lane=lane)

    two = left("one", (4, 30)), left("other", (4, 7), (9, 11))
    (joined,) = Joined("some down", 2)(two, NOBODY)

    first, second = outage_id(EDGE), outage_id(EDGE + 9)
    assert [p.cause for p in joined.bad] == [first]
    assert [excused.piece.cause for excused in joined.excused] == [first, second]
    assert length(OfWhole((Lasting(">=", 7),)).one(joined, NOBODY).bad) == 4
    assert length(OfWhole((Lasting(">=", 8),)).one(joined, NOBODY).bad) == 0


def test_windows_that_do_not_reach_into_the_period_are_dropped() -> None:
    def use(start: int, end: int) -> WindowUse:
        return WindowUse(f"from {start}", Span(EDGE + start, EDGE + end), 0, 0, 0, "valid")

    uses = (use(-20, 0), use(-20, 1), use(99, 120), use(100, 120))
    here = Account("ms", (piece(0, 100),), (), windows=uses, promised=(piece(0, 100),))

    assert [each.window for each in Clip().one(here, NOBODY).windows] == ["from -20", "from 99"]
    assert Clip().one(here, NOBODY).windows[0].span.end == EDGE + 1


def test_what_is_paid_is_not_said_to_be_held() -> None:
    limit = LimitsTerms((), held_until=Money(Fraction(100), "USD"))
    missed = reading(figure="0%")
    flat = Amount("share", Fraction(1), FEE, "100%")

    assert settled(flat, missed, case=priced_case("150 USD"), limits=limit).limited_by == ""
    held = settled(flat, missed, case=priced_case("50 USD"), limits=limit)
    assert (held.held, held.limited_by) == (True, "held until 100.00 USD")
    assert isinstance(HeldUntil(Money(Fraction(1), "USD")).say(), str)


def test_resources_that_fail_at_the_same_instant_have_an_outage_each() -> None:
    one, other = (outage("2025-04-02T10:00Z", "1h", lane=lane, cause="10:00") for lane in ("one", "other"))
    missed = reading(one, other, lane="", promise=">= 100%")
    tenth = Each("outage", Amount("share", Fraction(1, 10), FEE, "10%"))
    by_outage = RoundingTerms(line="outage")
    cap = LimitsTerms((Cap(Fraction(15, 100), "base", "outage", "15% per outage"),))

    # 100.004 for each is 100.00; the two together would be 200.008, and 200.01
    assert money(tenth, missed, case=priced_case("1000.04 USD"), rounding=by_outage) == Decimal("200.00")
    # 10 % for each is below the cap of 15 %; the two together would be above it
    assert money(tenth, missed, case=priced_case("1000 USD"), limits=cap) == Decimal("200.00")


def test_a_cap_on_a_quarter_is_wider_than_one_on_a_month_in_it() -> None:
    period, month, quarter = (Cap(ONE, "base", per, per) for per in ("period", "month", "quarter"))

    assert width(month, "calendar quarter") < width(period, "calendar quarter")
    assert width(period, "calendar month") < width(month, "calendar month") < width(quarter, "calendar month")
    assert width(quarter, "calendar year") < width(period, "calendar year")


def test_a_year_before_a_leap_day_is_the_last_of_february() -> None:
    assert _year_before(date(2024, 2, 29)) == date(2023, 2, 28)
    assert _year_before(date(2024, 3, 1)) == date(2023, 3, 1)


def test_an_outage_has_the_name_that_any_of_its_rows_gives_it() -> None:
    rows = [row(EDGE, EDGE + 10), row(EDGE + 10, EDGE + 20, id="fibre-cut")]

    (line,) = recorded(*rows).resources.values()

    (incident,) = Outages().of(line, EDGE + 100)  # type: ignore[arg-type]

    assert incident.cause == "fibre-cut"


def test_a_single_probe_is_a_slot_that_lasts() -> None:
    counts = SlotRow(EDGE + 5, Fraction(0), Fraction(1), "service")
    found = only(
        Ratios("probe", BadSlot("all fail"))(case(Evidence({}, slots=(counts,)), stretch(EDGE, 100)))
    )

    assert size(found.base) == size(found.bad) == 1
    assert all(p.start < p.end for p in found.bad)

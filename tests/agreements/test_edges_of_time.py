"""Edges of what is measured and when, over which a single fault once went unnoticed: a fact a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from monitor.agreements import (
    base,
    build,
    counts,
    deadlines,
    evaluate,
    grid,
    measure,
    metrics,
    rows,
    scope,
    slots,
    unknown,
)
from monitor.agreements.claim import Claim, Deadline
from monitor.agreements.clip import TakenAs, clip
from monitor.agreements.events import Clock
from monitor.agreements.evidence import Evidence, OutageRow, Recorded, Sample, SlotRow
from monitor.agreements.formula import Availability, Rounded
from monitor.agreements.gate import Commitment
from monitor.agreements.lanes import by_lane
from monitor.agreements.pipeline import Account, FeeLine, Named, Past
from monitor.agreements.rights import MayLeave
from monitor.agreements.schedule import Each
from monitor.agreements.terms import (
    Allowed,
    BadSlot,
    BaseTerms,
    Cap,
    CommitmentTerms,
    LimitsTerms,
    MeasureTerms,
    ScopeTerms,
    Termination,
)
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.checks import Reason, State
from monitor.core.cycles import Cycle, holding
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import instant, local, midnight, month
from monitor.core.timeline import Segment, outage_id
from monitor.errors import ConfigError
from tests.agreements.judged import case as judged_case
from tests.agreements.judged import terms, when
from tests.agreements.seen import EDGE, only, piece
from tests.agreements.settled import at, case, credit, miss, money, outage, reading
from tests.agreements.settled import rows as table_of
from tests.agreements.test_claim import after, asked, named_by

OCTOBER = judged_case()
ONE = Fraction(1)


# --- slots of odd days ----------------------------------------------------------------------------------


def hours(day: date, slot: Ms, zone: str) -> list[str]:
    """What the wall clock shows at each edge of a local day."""
    span = Span(midnight(day, zone), midnight(day + timedelta(days=1), zone))
    return [f"{local(each, zone):%H:%M}" for each in grid.edges(span, slot, zone)]


SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Berlin: 02:00 becomes 03:00, and 03:00 becomes 02:00


def test_in_spring_a_slot_begins_where_the_clock_springs_over_its_edge() -> None:
    assert hours(SPRING, 2 * HOUR, "Europe/Berlin")[:4] == ["00:00", "03:00", "04:00", "06:00"]
    assert hours(SPRING, 3 * HOUR, "Europe/Berlin")[:4] == ["00:00", "03:00", "06:00", "09:00"]
    assert hours(SPRING, 4 * HOUR, "Europe/Berlin")[:4] == ["00:00", "04:00", "08:00", "12:00"]
    assert len(hours(SPRING, HOUR, "Europe/Berlin")) == 24
    assert hours(SPRING, HOUR, "Europe/Berlin")[1:4] == ["01:00", "03:00", "04:00"]


def test_in_autumn_a_long_slot_lasts_an_hour_more_and_hours_come_twice() -> None:
    assert hours(AUTUMN, 2 * HOUR, "Europe/Berlin")[:4] == ["00:00", "02:00", "04:00", "06:00"]
    assert hours(AUTUMN, HOUR, "Europe/Berlin")[:5] == ["00:00", "01:00", "02:00", "02:00", "03:00"]
    assert hours(AUTUMN, 30 * MINUTE, "Europe/Berlin")[4:9] == ["02:00", "02:30", "02:00", "02:30", "03:00"]


def test_a_day_whose_clock_moves_by_half_an_hour() -> None:
    """Lord Howe: 02:00 becomes 02:30 on 4 October 2026, and 01:30 again on 5 April."""
    assert hours(date(2026, 10, 4), HOUR, "Australia/Lord_Howe")[1:4] == ["01:00", "02:30", "03:00"]
    assert hours(date(2026, 4, 5), HOUR, "Australia/Lord_Howe")[:4] == ["00:00", "01:00", "02:00", "03:00"]


def test_what_the_wall_clock_shows_is_told_to_the_millisecond() -> None:
    shown = when("2026-10-03T13:45:30") + 250

    assert grid._shown(shown, "UTC") == ((13 * 60 + 45) * 60 + 30) * 1_000 + 250
    assert grid._shown(shown, "Asia/Kathmandu") == ((19 * 60 + 30) * 60 + 30) * 1_000 + 250


def test_slots_are_looked_for_in_one_pass_and_cut_at_what_they_touch() -> None:
    found = list(grid.cells((0, 10, 20, 30, 40, 50), (Span(0, 10), Span(25, 40))))

    assert found == [(0, 10, True), (25, 30, False), (30, 40, True)]
    assert list(grid.cells((0, 10, 20), (Span(0, 5),))) == [(0, 5, False)]


# --- clocks of deadlines --------------------------------------------------------------------------------

ALL_DAY = Calendar("all day", "UTC", parse_hours("daily 00:00-24:00"), known=(2026, 2026))
OFFICE = Calendar("office", "UTC", parse_hours("daily 09:00-17:00"), known=(2026, 2026))


def due(clock: Clock, allowed: Allowed) -> str:
    """By when, of what began on 5 October at noon."""
    return f"{local(clock.due(when('2026-10-05T12:00'), allowed), 'UTC'):%d %H:%M:%S.%f}"[:-3]


@pytest.mark.parametrize(
    ("calendar", "at", "expected"),
    [
        (OFFICE, "close of business", "06 17:00:00.000"),
        (ALL_DAY, "close of business", "06 23:59:59.999"),
        (OFFICE, "end of day", "06 23:59:59.999"),
        (OFFICE, "same time", "06 12:00:00.000"),
    ],
)
def test_a_day_ends_at_the_close_of_business_and_never_in_the_next(calendar, at, expected) -> None:
    assert due(Clock("UTC", calendar), Allowed(days=1, at=at)) == expected


# --- claims ---------------------------------------------------------------------------------------------


def test_an_outage_in_parts_ends_with_the_last_and_a_deadline_of_hours_is_an_instant() -> None:
    first = outage("2025-04-02T10:00Z", "10m", cause="a")
    last = outage("2025-04-02T12:00Z", "10m", cause="a")

    found = asked(after(2, "hours", "outage end"), first, last)

    assert found.claim_at == at("2025-04-02T14:10Z")


def reported(*told: tuple[str, str]) -> Recorded:
    """Outages of ten minutes, each with the time at which it was reported."""
    rows = tuple(
        OutageRow(Span(at(start), at(start) + 10 * MINUTE), id=start, reported=at(when_told))
        for start, when_told in told
    )
    return Recorded((Span(0, 2**50),), rows)


def test_a_report_is_that_of_the_outage_and_of_no_other() -> None:
    two = ("2025-04-02T10:00Z", "2025-04-02T10:05Z"), ("2025-04-12T10:00Z", "2025-04-12T10:05Z")
    known = replace(case(), evidence=Evidence({"service": reported(*two)}))
    pieces = [outage(start, "10m", cause=start) for start, _ in two]

    assert asked(after(3, "days", "report"), *pieces, in_=known).claim_by == date(2025, 4, 15)


def test_the_parts_of_an_outage_each_have_a_row_and_the_first_report_counts() -> None:
    two = ("2025-04-02T10:00Z", "2025-04-02T10:05Z"), ("2025-04-02T12:00Z", "2025-04-02T12:05Z")
    known = replace(case(), evidence=Evidence({"service": reported(*two)}))
    parts = [outage(start, "10m", cause="a") for start, _ in two]

    assert asked(after(2, "hours", "report"), *parts, in_=known).claim_at == at("2025-04-02T12:05Z")


def test_an_outage_over_the_edge_of_the_period_began_with_its_first_row() -> None:
    rows = tuple(
        OutageRow(Span(at(start), at("2025-04-01T02:00Z")), id="a")
        for start in ("2025-03-30T10:00Z", "2025-03-31T10:00Z")
    )
    known = replace(case(), evidence=Evidence({"service": Recorded((Span(0, 2**50),), rows)}))

    found = asked(after(3, "days", "outage"), outage("2025-04-01T00:00Z", "2h", cause="a"), in_=known)

    assert found.claim_by == date(2025, 4, 2)


def test_misses_of_the_last_three_months_are_those_from_the_first_of_the_third() -> None:
    def begins(of: str) -> Ms:
        return MayLeave(Termination(of=of, count=3, last=3, text="x"))._start(OCTOBER)  # type: ignore[arg-type]

    assert begins("misses") == when("2026-08-01T00:00")
    assert begins("outages") == when("2026-10-29T00:00")


def test_business_days_want_the_calendar_that_they_name() -> None:
    with pytest.raises(ConfigError, match='"nobodys" is none'):
        asked(Claim(after(3, "business days", "period"), calendar="nobodys"))


def test_a_billing_month_of_an_agreement_whose_first_day_is_not_known_is_the_calendars() -> None:
    end = Deadline("end of billing month", "outage", text="end of billing month after outage")

    assert asked(end, outage("2025-04-02T10:00Z", "10m")).claim_by == date(2025, 5, 31)


def named(found, claim: Claim) -> Named:
    plain = named_by(found)
    return replace(plain, clause=replace(plain.clause, claim=claim))


def test_of_two_promises_the_earliest_instant_counts_and_one_that_was_kept_does_not() -> None:
    missed = reading(outage("2025-04-02T10:00Z", "10m"), promise=">= 100%")
    two, five = (Claim(after(n, "hours", "outage end")) for n in (2, 5))
    kept = replace(reading(promise=">= 99%"), met=True)
    both = replace(named(missed, five), readings=(kept, missed))

    settlement = type("Settled", (), {"promises": (named(missed, two), both)})()

    assert deadlines.dates(case(), settlement).claim_at == at("2025-04-02T12:10Z")
    alone = type("Settled", (), {"promises": (named(kept, two), both)})()
    assert deadlines.dates(case(), alone).claim_at == at("2025-04-02T15:10Z")


# --- what is measured -----------------------------------------------------------------------------------


def segment(start: int, end: int, state: State) -> Segment:
    reason = Reason.OK if state is State.UP else Reason.TIMEOUT
    return Segment(start, end, state, reason, start, start)


def test_what_lies_after_the_instant_of_asking_is_not_known_yet() -> None:
    known = measure._known((segment(0, 10, State.UP), segment(10, 20, State.DOWN)), 15)

    assert [(each.start, each.end) for each in known] == [(0, 10), (10, 15)]
    assert len(measure._known((segment(0, 10, State.UP), segment(10, 20, State.DOWN)), 20)) == 2


def test_a_percentile_is_the_nearest_rank() -> None:
    values = [(Fraction(n), 1) for n in range(1, 203)]

    assert [metrics.summary(how, values) for how in ("p50", "p95", "p99")] == [101, 192, 200]


def test_a_sample_lasts_to_the_next_but_two_at_one_instant_say_nothing_of_how_long() -> None:
    assert metrics._ends([0, 0, 10, 40]) == [10, 10, 20, 50]
    assert metrics._ends([7]) == [8]


def test_bad_slots_that_follow_one_another_are_one_outage_and_others_are_not() -> None:
    slow = [piece(0, 10, "sample", Fraction(9)), piece(20, 30, "sample", Fraction(9)),
            piece(30, 40, "sample", Fraction(9)), piece(40, 50, "sample", Fraction(1))]  # fmt: skip

    found = metrics._judged(BadSlot("value", ">", Fraction(5)), tuple(slow), "r")

    first, second = outage_id(EDGE), outage_id(EDGE + 20)
    assert [each.cause for each in found.bad] == [first, second, second]


def test_a_slot_without_a_sample_is_one_good_slot() -> None:
    slow = BadSlot("value", ">", Fraction(5))
    rule = metrics.rule(MeasureTerms("metrics", "bad slots", HOUR, slow, each_slot="mean"))
    one = Sample(start=EDGE + 30 * MINUTE, value=Fraction(9), weight=ONE, resource="", metric="")
    found = only(rule(replace(OCTOBER, evidence=Evidence({}, samples=(one,)))))

    assert (sum(p.size for p in found.base), sum(p.size for p in found.bad)) == (31 * 24, 1)


def slot_row(start: Ms, good: Fraction = ONE, total: Fraction = ONE) -> SlotRow:
    return SlotRow(start=start, good=good, total=total, resource="")


def requests(*told: tuple[int, int], **how: object) -> Account:
    seen = tuple(
        slot_row(EDGE + n * HOUR, Fraction(good), Fraction(total)) for n, (good, total) in enumerate(told)
    )
    known = replace(OCTOBER, evidence=Evidence({}, slots=seen))
    return only(slots.rule(MeasureTerms("slots", "total", **how))(known))  # type: ignore[arg-type]


def test_requests_that_failed_are_bad_and_a_slot_with_too_few_of_them_is_not() -> None:
    found = requests((10, 10), (5, 10), (0, 2), min_requests=5)

    assert [(p.start - EDGE, p.rate) for p in found.bad] == [(HOUR, Fraction(1, 2))]
    assert {p.end - p.start for p in found.base} == {1}, "a row without a length is an instant"


def test_rows_are_of_every_life_of_a_resource() -> None:
    rows_ = [slot_row(n) for n in (0, 5, 10, 15)]

    assert [r.start for r in slots._inside(rows_, (Span(0, 5), Span(10, 15)))] == [0, 10]
    assert [r.start for r in slots._inside(rows_, (Span(5, 15),))] == [5, 10]


def test_a_run_of_bad_slots_counts_where_enough_was_asked_in_it() -> None:
    run = (piece(0, 10), piece(10, 20))
    nine = {EDGE: Fraction(4), EDGE + 10: Fraction(5)}

    assert slots._asked(run, nine, Bound(">=", Fraction(10))) == ()
    assert slots._asked(run, nine, Bound(">=", Fraction(9))) == run


def test_how_many_requests_a_run_needs_is_asked_of_bad_slots_alone() -> None:
    asked_for = Bound(">=", Fraction(9))
    bad = slots.rule(MeasureTerms("slots", "bad slots", HOUR, BadSlot("all fail")), None, asked_for)
    mean = slots.rule(MeasureTerms("slots", "mean", HOUR), None, asked_for)

    assert (bad.run_requests, mean.run_requests) == (asked_for, None)  # type: ignore[attr-defined]


def test_unseen_time_is_of_the_outage_it_touches_and_an_outage_keeps_its_name() -> None:
    bad, dark = (piece(0, 10, "mine"), piece(40, 50, "later")), (piece(10, 20, ""), piece(60, 70, ""))
    account = Account("ms", (piece(0, 100),), bad, unknown=dark, promised=(piece(0, 100),))

    named_ = [(p.start - EDGE, p.cause) for p in unknown._with_unseen(account)]

    assert named_ == [(0, "mine"), (10, "mine"), (40, "later"), (60, outage_id(EDGE + 60))]


def test_rows_without_a_resource_are_of_the_only_one() -> None:
    row = slot_row(EDGE)
    one = replace(OCTOBER, evidence=Evidence({}, slots=(row,), life={"a": (Span(0, 2**50),)}))
    two = replace(one, evidence=replace(one.evidence, life={"a": (Span(0, 9),), "b": (Span(0, 9),)}))

    assert [lane for lane, _, _ in by_lane((row,), one)] == ["a"]
    assert len(by_lane((row,), two)) == 3


# --- what is divided ------------------------------------------------------------------------------------


def test_unless_the_terms_say_otherwise_less_than_95_percent_settle_nothing() -> None:
    assert Availability().floor == Fraction(95, 100)
    assert Availability().timed


def test_a_share_is_rounded_as_a_percentage() -> None:
    """99.876 % to one decimal is 99.8 %, and not 0.9."""
    half = replace(reading(figure=Fraction(99_876, 100_000)), lines=())

    class Same:
        def __call__(self, accounts: object, case: object) -> tuple[object, ...]:
            return (half,)

    (found,) = Rounded(Same(), 1, "down")((), OCTOBER)  # type: ignore[arg-type]
    assert found.rounded == Fraction(998, 1000)


def test_downtime_that_is_allowed_is_whole_milliseconds() -> None:
    assert Commitment(Bound("<=", Fraction(11, 2)), "downtime").allows(100) == 5
    assert Commitment(Bound("<", Fraction(11, 2)), "downtime").allows(100) == 5


def test_a_period_that_counts_as_thirty_days_is_as_long_whatever_it_is() -> None:
    account = Account("ms", (piece(0, 100),), (), promised=(piece(0, 100),))

    assert TakenAs(30 * DAY).one(account, OCTOBER).fixed == 30 * DAY
    assert TakenAs(30 * DAY, HOUR).one(account, OCTOBER).fixed == 720


def test_what_is_seen_as_time_is_cut_as_time() -> None:
    assert clip(terms())[0].timed  # type: ignore[attr-defined]
    assert not clip(terms(measure=MeasureTerms("metrics", "mean")))[0].timed  # type: ignore[attr-defined]


def test_the_worst_resource_is_the_lowest_or_the_highest_of_what_is_to_stay_low() -> None:
    def highest(bound: Bound, of: str) -> bool:
        said = terms(scope=ScopeTerms("worst"), commitment=CommitmentTerms(bound, of))  # type: ignore[arg-type]
        return bool(build._over_resources(said)(Availability()).highest)  # type: ignore[attr-defined]

    assert highest(Bound("<=", Fraction(5)), "metric")
    assert not highest(Bound(">=", Fraction(5)), "metric")
    assert not highest(Bound(">=", Fraction(99, 100)), "share")
    assert not scope.formula(ScopeTerms("worst"), Availability()).highest  # type: ignore[attr-defined]


def test_a_length_that_is_fixed_stays_fixed_when_resources_are_joined() -> None:
    plain = Account("ms", (piece(0, 100),), (), promised=(piece(0, 100),), lane="a")
    fixed = replace(plain, fixed=Fraction(70))
    other = replace(fixed, fixed=None, lane="b")

    assert only(scope.Joined("any down")((other, fixed), OCTOBER)).fixed == 70


# --- what it costs --------------------------------------------------------------------------------------


def test_the_fee_that_shares_are_of_is_the_one_that_the_terms_choose() -> None:
    halved = build.clause(terms(base=BaseTerms(divided_by=2)))
    whole = Money(Fraction(2_000), "EUR")
    line = FeeLine("fee", OCTOBER.period.span, Money(Fraction(400), "EUR"), whole)
    cut = replace(OCTOBER, fees=replace(OCTOBER.fees, by_span={"period": (line,)}))

    assert evaluate._base(halved, OCTOBER).amount == 500
    assert base.fee(cut).amount == 400


def test_a_delay_of_nothing_is_none() -> None:
    assert counts.looked_at("delay", None, reading(), OCTOBER) == 0


def late(days: int, count: int = 1):
    return miss("2025-04-02T10:00Z", "2025-04-03T10:00Z", "2025-04-09T10:00Z", days=days, count=count)


def days_paid(beyond: Fraction | None, *misses: object) -> list[Fraction]:
    each = Each("calendar day", credit("1 EUR"), beyond=beyond)
    return [due.amount for due in each.owed(reading(misses=misses), OCTOBER)]  # type: ignore[arg-type]


def test_whole_days_are_free_and_each_event_alike_is_late_by_itself() -> None:
    assert days_paid(None, late(3)) == [3]
    assert days_paid(Fraction(DAY * 3, 2), late(3)) == [2], "a day and a half is one whole day"
    assert days_paid(None, late(3, count=2)) == [6]


def test_a_unit_of_a_shortfall_is_no_time() -> None:
    each = Each("share", credit("10%"), Fraction(1, 100))
    found = each.owed(reading(figure="97.9%", promise=">= 99.9%"), OCTOBER)

    assert [(due.amount, due.count, due.size) for due in found] == [(Fraction(2, 10), 2, 0)]
    of_all = Each("share", credit("10%")).owed(reading(figure="97.9%"), OCTOBER)
    assert [due.count for due in of_all] == [Fraction(1, 50)]


def test_a_bound_is_found_wherever_it_stands_in_its_row() -> None:
    (row,) = table_of({"<= 99%, > 98%": "10%"}).rows

    assert (rows._lowest(row), rows._highest(row)) == (Fraction(98, 100), Fraction(99, 100))


def test_a_promise_without_a_commitment_is_the_lowest_of_all() -> None:
    from monitor.agreements.together import _commitment

    assert _commitment(named_by(reading(promise=""))) < 0
    assert _commitment(named_by(reading(promise=">= 99%"))) == Fraction(99, 100)


def test_a_month_whose_credit_is_not_known_uses_up_nothing_of_a_years_limit() -> None:
    year = LimitsTerms(at_most=(Cap(Fraction(15, 100), "base", "year", "15% per year"),))
    known = replace(OCTOBER, history=(
        Past("2026-08", met=False, credit=Fraction(100), span=month("2026-08", "UTC").span),
        Past("2026-09", met=False, credit=None, span=month("2026-09", "UTC").span),
    ))  # fmt: skip

    assert money(table_of({"< 99.9%": "10%"}), reading(figure="99%"), case=known, limits=year) == 50


# --- the core -------------------------------------------------------------------------------------------


def test_a_fiscal_quarter_begins_with_january_unless_it_is_said() -> None:
    from datetime import UTC, datetime

    def begins(cycle: Cycle) -> str:
        return f"{local(holding(cycle, instant(datetime(2026, 5, 15, tzinfo=UTC))).span.start, 'UTC'):%m-%d}"

    assert begins(Cycle("fiscal quarter", "UTC")) == "04-01"
    assert begins(Cycle("fiscal quarter", "UTC", first_month=2)) == "05-01"


@pytest.mark.parametrize("label", ["1970-01", "1970-12", "9998-12"])
def test_months_from_1970_to_9998_are_months(label: str) -> None:
    assert month(label, "UTC").label == label


@pytest.mark.parametrize("label", ["1969-12", "9999-01", "2026-00", "2026-13"])
def test_other_months_are_none(label: str) -> None:
    with pytest.raises(ValueError, match="is not a month"):
        month(label, "UTC")


def hours_of(text: str) -> Iterable[str]:
    return [str(each) for each in parse_hours(text).openings]


def test_the_last_minute_of_an_hour_is_a_time_of_day() -> None:
    assert hours_of("Mon 09:59-17:59") != hours_of("Mon 09:59-17:58")
    with pytest.raises(ValueError, match="09:60"):
        parse_hours("Mon 09:60-17:00")

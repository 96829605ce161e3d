"""What is divided by: the period's edge, its hours, a fixed length, and a service that existed for a part."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.account import times_of
from monitor.agreements.build import clause
from monitor.agreements.evidence import OutageRow
from monitor.agreements.terms import (
    BadSlot,
    ExcludeTerms,
    MeasureTerms,
    Notice,
    OutageTerms,
    PeriodTerms,
    ScopeTerms,
)
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.cycles import Cycle, named
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.periods import Period, month
from tests.agreements.judged import case, judge, spanned, terms, when, window
from tests.agreements.seen import at, row

EXAMPLES = settings(max_examples=120, deadline=None, derandomize=True)
UK = Calendar(
    "uk",
    "Europe/London",
    parse_hours("Mon-Fri 09:00-21:00"),
    holidays=frozenset({date(2025, 5, 5), date(2025, 5, 26)}),
    known=(2024, 2026),
)


def percent(value: Fraction | None) -> str:
    """Six decimals, half-up."""
    assert value is not None
    return f"{int(value * 10**8 + Fraction(1, 2)) / 10**6:.6f}"


def down(text: str) -> OutageRow:
    span = spanned(text)
    return row(span.start, span.end)


def so_long(period: Period, minutes: int, **more: Any) -> Any:
    """A case with one outage at the period's start."""
    start = period.span.start
    return case([row(start, start + minutes * MINUTE)], period=period, **more)


# --- the edge -----------------------------------------------------------------------------------------------


def test_an_outage_across_the_end_of_a_month_is_split_there() -> None:
    seen = [down("2026-04-30T23:54 .. 2026-05-01T00:06")]

    april, may = (
        judge(
            terms(outage=OutageTerms(lasting=(">=", 10 * MINUTE))), case(seen, period=month(label, "UTC"))
        ).reading
        for label in ("2026-04", "2026-05")
    )

    assert (percent(april.value), percent(may.value)) == ("99.986111", "99.986559")


@pytest.mark.parametrize(
    ("label", "figure", "met"),
    [
        ("2025-02", "99.892113", False),
        ("2024-02", "99.895833", False),
        ("2025-04", "99.899306", False),
        ("2025-05", "99.902554", True),
    ],
)
def test_the_same_minutes_are_more_of_a_shorter_month(label: str, figure: str, met: bool) -> None:
    period = month(label, "UTC")
    start = period.span.start
    reading = judge(terms(), case([row(start, start + 43 * MINUTE + 30_000)], period=period)).reading

    assert (percent(reading.value), reading.met) == (figure, met)


def test_the_zone_decides_which_month_an_outage_is_in() -> None:
    seen = [down("2026-06-30T23:30 .. 2026-07-01T00:30")]
    readings = {
        zone: judge(terms(), case(seen, period=month("2026-07", zone))).reading.down // MINUTE
        for zone in ("UTC", "Asia/Tokyo")
    }

    assert readings == {"UTC": 30, "Asia/Tokyo": 60}


# --- service hours ------------------------------------------------------------------------------------------


def test_in_service_hours_a_weekend_is_fifty_minutes() -> None:
    """Nine to nine on weekdays but bank holidays: down from Friday 20:30 to Monday 09:20."""
    seen = [down("2025-05-16T19:30 .. 2025-05-19T08:20")]  # British Summer Time
    period = month("2025-05", "Europe/London")

    hours = judge(
        terms(period=PeriodTerms(service_hours="uk")), case(seen, period=period, calendars={"uk": UK})
    )
    always = judge(terms(), case(seen, period=period))

    assert hours.reading.time == 14_400 * MINUTE
    assert hours.reading.down == 50 * MINUTE
    assert (percent(hours.reading.value), percent(always.reading.value)) == ("99.652778", "91.823477")
    assert times_of(hours.account).promised == 14_400 * MINUTE


@pytest.mark.parametrize(("judged", "left"), [("whole", 50), ("in period", 0)])
def test_a_night_may_qualify_what_the_day_alone_would_not(judged: Any, left: int) -> None:
    seen = [down("2025-05-16T19:30 .. 2025-05-19T08:20")]
    said = terms(
        outage=OutageTerms(lasting=(">=", HOUR), judged=judged), period=PeriodTerms(service_hours="uk")
    )

    judged_ = judge(said, case(seen, period=month("2025-05", "Europe/London"), calendars={"uk": UK}))

    assert judged_.reading.down == left * MINUTE


def test_slots_outside_the_service_hours_do_not_exist() -> None:
    said = terms(
        measure=MeasureTerms(slot=HOUR, as_="bad slots", bad=BadSlot("wholly down")),
        period=PeriodTerms(service_hours="uk"),
    )
    seen = [down("2025-05-16T19:00 .. 2025-05-19T09:00")]

    reading = judge(said, case(seen, period=month("2025-05", "Europe/London"), calendars={"uk": UK})).reading

    assert (reading.bad, reading.base, reading.down, reading.time) == (2, 240, 2 * HOUR, 240 * HOUR)


# --- a fixed length -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "figure"), [("2025-01", "99.884259"), ("2025-02", "99.884259")])
def test_a_month_taken_as_thirty_days_is_that_whatever_its_length(label: str, figure: str) -> None:
    said = terms(period=PeriodTerms(taken_as=30 * DAY))

    reading = judge(said, so_long(month(label, "UTC"), 50)).reading

    assert (percent(reading.value), reading.time, reading.base) == (figure, 30 * DAY, 30 * DAY)


def test_less_than_nothing_is_nothing() -> None:
    """A month of 31 days, down throughout, taken as 30."""
    reading = judge(
        terms(period=PeriodTerms(taken_as=30 * DAY)), so_long(month("2025-01", "UTC"), 31 * 1440)
    ).reading

    assert (reading.value, reading.down) == (0, 31 * DAY)


def test_what_leaves_both_sides_leaves_the_fixed_length_too() -> None:
    both = ExcludeTerms("scheduled maintenance", Notice(), effect="both sides")
    said = terms(exclude=(both,), period=PeriodTerms(taken_as=30 * DAY))

    reading = judge(said, case([row(at(0), at(72))], [window(at(500), at(500) + 12 * HOUR)])).reading

    assert reading.value == 1 - Fraction(72, 43_200 - 720)


# --- a service that existed for a part ----------------------------------------------------------------------

HALF = month("2026-04", "UTC")


@pytest.mark.parametrize(
    ("partial", "figure", "minutes", "days"),
    [
        ("existed only", "99.814815", 40, 15),
        ("rest available", "99.907407", 40, 30),
        ("extrapolated", "99.814815", 80, 30),
    ],
)
@pytest.mark.parametrize("how", ["the service came late", "the agreement came late"])
def test_forty_minutes_in_fifteen_days_of_april(
    how: str, partial: Any, figure: str, minutes: int, days: int
) -> None:
    middle = HALF.span.start + 15 * DAY
    later = (Span(middle, HALF.span.end + DAY),)
    seen = case(
        [row(middle, middle + 40 * MINUTE)],
        period=HALF,
        life=later if how == "the service came late" else None,
        in_force=(Span(middle, HALF.span.end),) if how == "the agreement came late" else None,
    )

    reading = judge(terms(period=PeriodTerms(partial=partial)), seen).reading

    assert (percent(reading.value), reading.down, reading.time) == (figure, minutes * MINUTE, days * DAY)


def test_a_year_extrapolated_from_its_last_quarter() -> None:
    """From 1 October, an hour down: 238.04 minutes a year."""
    period = named(Cycle("calendar year", "UTC"), "2025")
    october = when("2025-10-01T00:00")
    seen = case([row(october, october + HOUR)], period=period, life=(Span(october, period.span.end),))
    said = {name: PeriodTerms("calendar year", partial=name) for name in ("extrapolated", "rest available")}

    year, rest = (
        judge(terms(period=said[name]), seen).reading for name in ("extrapolated", "rest available")
    )

    assert percent(year.value) == "99.954710"
    assert year.down == 60 * MINUTE * Fraction(365, 92)
    assert percent(rest.value) == "99.988584"


def test_slots_of_a_service_that_came_late_may_be_taken_as_good() -> None:
    slots = MeasureTerms(slot=HOUR, as_="bad slots", bad=BadSlot("wholly down"))
    middle = HALF.span.start + 15 * DAY
    seen = case([row(middle, middle + HOUR)], period=HALF, life=(Span(middle, HALF.span.end),))

    some, whole = (
        judge(terms(measure=slots, period=PeriodTerms(partial=partial)), seen).reading
        for partial in ("existed only", "rest available")
    )

    assert (some.value, whole.value) == (1 - Fraction(1, 360), 1 - Fraction(1, 720))
    assert (some.time, whole.time) == (15 * DAY, 30 * DAY)


def test_the_rest_is_taken_for_each_of_several_resources() -> None:
    middle = HALF.span.start + 15 * DAY
    seen = case(
        {"a": [row(middle, middle + HOUR)], "b": []}, period=HALF, life=(Span(middle, HALF.span.end),)
    )
    said = terms(scope=ScopeTerms("sum of resource-minutes"), period=PeriodTerms(partial="rest available"))

    assert judge(said, seen).reading.value == 1 - Fraction(1, 1_440)


# --- a mean of months ---------------------------------------------------------------------------------------


def test_a_quarter_as_the_mean_of_its_months_is_missed_and_by_the_minute_it_is_kept() -> None:
    """Months of 31, 28 and 31 days at 99.95, 99.775 and 99.97 %."""
    period = named(Cycle("calendar quarter", "UTC"), "2025-Q1")
    rows = []
    for label, share in (("2025-01", "0.0005"), ("2025-02", "0.00225"), ("2025-03", "0.0003")):
        span = month(label, "UTC").span
        rows.append(row(span.start, span.start + int(span.length * Fraction(share))))

    mean = judge(
        terms(period=PeriodTerms("calendar quarter", mean_of_months=True)), case(rows, period=period)
    )
    plain = judge(terms(period=PeriodTerms("calendar quarter")), case(rows, period=period))

    assert (percent(mean.reading.value), mean.reading.met) == ("99.898333", False)
    assert (percent(plain.reading.value), plain.reading.met) == ("99.902444", True)
    assert mean.reading.down == plain.reading.down


def test_a_month_in_which_nothing_was_promised_is_no_part_of_the_mean() -> None:
    period = named(Cycle("calendar quarter", "UTC"), "2025-Q1")
    february = month("2025-02", "UTC").span
    seen = case(
        [row(february.start, february.start + february.length // 2)],
        period=period,
        life=(Span(february.start, period.span.end),),
    )

    assert judge(
        terms(period=PeriodTerms("calendar quarter", mean_of_months=True)), seen
    ).reading.value == Fraction(3, 4)


# --- against cells ------------------------------------------------------------------------------------------

LENGTH = 200
spots = st.tuples(st.integers(-50, LENGTH + 20), st.integers(1, 60))


@EXAMPLES
@given(
    rows=st.lists(spots, max_size=5),
    life=spots,
    force=spots,
    fixed=st.none() | st.integers(50, 300),
    partial=st.sampled_from(["existed only", "rest available", "extrapolated"]),
    as_of=st.integers(1, LENGTH),
)
def test_every_denominator_agrees_with_a_walk_over_milliseconds(
    rows: list[Any], life: Any, force: Any, fixed: int | None, partial: Any, as_of: int
) -> None:
    start = at(0)
    period = Period(Span(start, start + LENGTH), "UTC", "short")
    lived = set(range(life[0], life[0] + life[1]))
    forced = set(range(force[0], force[0] + force[1]))
    so_far = set(range(as_of))
    here = so_far & lived & forced
    bad = {t for a, size in rows for t in range(a, a + size)} & here
    seen = case(
        [row(start + a, start + a + size) for a, size in rows],
        period=period,
        life=(Span(start + life[0], start + life[0] + life[1]),),
        in_force=tuple(_clipped(period, start + force[0], start + force[0] + force[1])),
        as_of=start + as_of,
    )

    reading = judge(
        terms(period=PeriodTerms(taken_as=fixed, partial=partial), measure=NO_FLOOR), seen
    ).reading

    of = fixed if fixed is not None else len(so_far) if partial == "rest available" else len(here)
    if not here:
        assert reading.value is None
        return
    assert reading.value == max(0, 1 - Fraction(len(bad), of))
    scale = Fraction(len(so_far), len(here)) if partial == "extrapolated" else 1
    assert (reading.down, reading.time) == (len(bad) * scale, of * scale)


NO_FLOOR = MeasureTerms(coverage=Fraction(0))


def _clipped(period: Period, start: int, end: int) -> list[Span]:
    found = Span(start, end).clip(period.span)
    return [found] if found else []


def test_periods_say_themselves() -> None:
    said = clause(terms(period=PeriodTerms(service_hours="office", taken_as=30 * DAY))).say()

    assert "Only the service hours of calendar office count; other time does not exist for it." in said
    assert "Every period is taken as 30 days, whatever its length; less than 0 % is 0 %." in said

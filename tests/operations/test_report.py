"""What is at risk: stated rules on exact figures. And the periods that a report is of."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.intervals import DAY, HOUR, MINUTE
from monitor.core.money import Amount
from monitor.core.numbers import Bound
from monitor.core.periods import month
from monitor.operations.kpi import KpiReading, Point
from monitor.operations.report import Next, PastPoint, Risk, by_stake, drift, is_tight, narrowed
from monitor.operations.report_periods import before, report_period, week_of

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("outages", "allowed", "tight"),
    [
        ((), 43, False),
        ((10, 10), 43, False),  # three of them are 30
        ((18, 20), 43, True),  # three of 18 are 54
        ((22,), 44, False),  # two of 22 fit to the minute
        ((22,), 43, True),
        ((1, 1, 22), 43, True),  # two like the longest do not fit
        ((1,), None, False),
    ],
)
def test_an_allowance_is_tight_where_the_same_and_one_more_would_not_fit(outages, allowed, tight):
    assert is_tight([n * MINUTE for n in outages], None if allowed is None else allowed * MINUTE) is tight


def points(*lefts: int | None) -> tuple[PastPoint, ...]:
    """Months of which so many minutes of 40 were left."""
    return tuple(
        PastPoint(
            f"2026-{n:02d}", F(1), met=True, allowed=40 * MINUTE, left=None if left is None else left * MINUTE
        )
        for n, left in enumerate(lefts, start=1)
    )


def test_a_margin_narrows_where_it_fell_three_times_in_a_row():
    assert narrowed(points(30, 20, 10)) == ()
    assert [each.label for each in narrowed(points(5, 30, 20, 10, -4))] == [
        "2026-02", "2026-03", "2026-04", "2026-05",
    ]  # fmt: skip
    assert narrowed(points(30, 20, 20, 10, 5)) == ()
    assert narrowed(points(30, None, 20, 10, 5)) == ()


def test_a_longer_month_that_leaves_more_minutes_may_leave_less():
    """31 of 62 minutes are half, 30 of 40 are more: it is the share that falls."""
    wide = PastPoint("2026-05", F(1), met=True, allowed=62 * MINUTE, left=31 * MINUTE)

    assert len(narrowed((*points(39, 35, 30), wide))) == 4


def reading(*values: int | None, bound: str = "<=", target: int = 300, drifting: bool = True) -> KpiReading:
    trend = tuple(
        Point(f"2026-{n:02d}", None if v is None else F(v), 5) for n, v in enumerate(values, start=5)
    )
    last = values[-1]
    value = None if last is None else F(last)
    return KpiReading(
        "mtta", "MTTA", "Leads", "", "ms", Bound(bound, F(target)), value, 5, trend=trend, drifting=drifting
    )


def test_a_kpi_that_drifts_has_a_pace_and_says_whether_the_next_period_misses():
    """Slopes 25, 25, 25, 33 1/3, 37 1/2 and 50: their median is half of 25 and 33 1/3."""
    found = drift(reading(180, 230, 255, 280))

    assert found is not None
    assert (found.since, found.pace, found.next, found.passes) == ("2026-05", F(175, 6), F(1855, 6), True)


def test_what_does_not_drift_has_no_pace():
    assert drift(reading(180, 230, drifting=False)) is None
    assert drift(reading(280)) is None
    assert drift(reading(180, None)) is None


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=8))
def test_the_pace_is_the_median_of_all_slopes(values):
    found = drift(reading(*values))
    slopes = [F(values[j] - values[i], j - i) for i in range(len(values)) for j in range(i + 1, len(values))]

    assert found is not None
    assert found.pace == median(slopes)


def test_the_dearest_stands_first_and_what_has_no_price_last():
    following = Next(month("2026-11", BERLIN), None, None)

    def risk(name: str, stake: Amount | None) -> Risk:
        return Risk(name, name, "Shop", stake, following)

    found = by_stake(
        [
            risk("a", None),
            risk("b", Amount(5, "GBP")),
            risk("c", Amount(5, "EUR")),
            risk("d", Amount(9, "EUR")),
        ]
    )

    assert [each.agreement for each in found] == ["d", "c", "b", "a"]


def test_a_week_begins_on_monday_and_has_the_hours_that_the_clock_has():
    autumn = report_period("2026-W43", BERLIN)

    assert autumn.span.length == 7 * DAY + HOUR
    assert week_of(autumn.span.start, BERLIN) == autumn
    assert week_of(autumn.span.start - 1, BERLIN) == before(autumn)
    assert report_period("2026-W53", BERLIN).span.end == report_period("2027-W01", BERLIN).span.start


def test_days_are_from_one_to_another_the_last_included():
    days = report_period("2026-10-05..2026-10-18", BERLIN)

    assert days.span.length == 14 * DAY
    assert before(days).label == "2026-09-21..2026-10-04"
    assert report_period("2026-10", BERLIN) == month("2026-10", BERLIN)
    assert before(report_period("2026-01", BERLIN)).label == "2025-12"


@pytest.mark.parametrize(
    "label",
    [
        "2026-W54",
        "2026-W00",
        "2026-10-18..2026-10-05",
        "2026-02-30..2026-03-01",
        "october",
        "2026-13",
        "9999-W52",
        "0001-W01",
    ],
)
def test_what_is_no_period_is_told_how_one_is_written(label):
    with pytest.raises(ValueError, match="2026-10"):
        report_period(label, BERLIN)


@given(st.integers(0, 3_000))
def test_weeks_follow_each_other_without_a_gap(days):
    week = week_of(month("2026-01", BERLIN).span.start + days * DAY, BERLIN)

    assert before(week).span.end == week.span.start
    assert all(a.span.end == b.span.start for a, b in pairwise([before(before(week)), before(week), week]))

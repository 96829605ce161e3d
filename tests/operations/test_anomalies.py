"""What is unusual for its hour of the week: twelve weeks before, and an hour that is held against them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.periods import instant
from monitor.operations.anomalies import (
    LEAST_WEEKS,
    WEEKS,
    Hour,
    is_unusual,
    least_latency,
    looked,
    usual,
)

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 10, 5, 9, tzinfo=ZoneInfo(BERLIN))


def weeks(*values: int, until: datetime = MONDAY) -> list[Hour]:
    """The same hour on the wall, week by week, the last of them a week before."""
    first = until - timedelta(weeks=len(values))
    return [Hour(instant(first + timedelta(weeks=n)), Fraction(value)) for n, value in enumerate(values)]


def hour(value: int, when: datetime = MONDAY) -> Hour:
    return Hour(instant(when), Fraction(value))


USUAL = (400, 410, 390, 405, 395, 400, 420, 380, 400, 400, 410, 390)  # 40 ms, in 0.1 ms


def test_a_monday_at_nine_that_takes_three_times_as_long_is_noted():
    found = looked("latency", "web", weeks(*USUAL), [hour(1_200)], BERLIN)

    (note,) = found.notes
    assert (note.value, note.usual.middle, note.usual.weeks) == (1_200, 400, 12)
    assert (found.judged, found.too_few, found.why_none) == (1, 0, "")


@pytest.mark.parametrize(
    ("value", "noted"),
    [
        (499, False),  # by far more than the weeks differ, and less than 10 ms: nobody feels it
        (500, True),
        (100, False),  # quicker than usual is no trouble
    ],
)
def test_a_difference_that_nobody_would_feel_is_none(value, noted):
    assert bool(looked("latency", "web", weeks(*USUAL), [hour(value)], BERLIN).notes) is noted


def test_five_weeks_say_nothing_and_it_is_said():
    found = looked("latency", "web", weeks(*USUAL[:5]), [hour(9_999)], BERLIN)

    assert (found.notes, found.too_few) == ((), 1)
    assert found.why_none == "fewer than 6 weeks are known"


def test_tuesdays_say_nothing_of_a_monday():
    tuesdays = weeks(*USUAL, until=MONDAY + timedelta(days=1))

    assert looked("latency", "web", tuesdays, [hour(9_999)], BERLIN).too_few == 1


def test_three_incidents_in_an_hour_that_never_has_any():
    quiet = weeks(*[0] * 12)

    assert looked("incidents", "shop", quiet, [hour(2)], BERLIN).notes == ()
    assert [note.value for note in looked("incidents", "shop", quiet, [hour(3)], BERLIN).notes] == [3]


def test_where_one_week_of_twelve_was_wild_the_mean_distance_stands_in():
    """Eleven weeks without an incident and one with twelve: the MAD is nothing, the mean distance is one."""
    before = weeks(*[0] * 11, 12)

    assert usual([each.value for each in before]).spread == Fraction("1.2533")
    assert looked("incidents", "shop", before, [hour(4)], BERLIN).notes == ()
    assert len(looked("incidents", "shop", before, [hour(5)], BERLIN).notes) == 1


def test_nine_on_the_wall_is_nine_before_and_after_the_clock_goes_back():
    """Berlin's nine is 7 UTC until 25 October 2026 and 8 UTC after it."""
    after = datetime(2026, 11, 2, 9, tzinfo=ZoneInfo(BERLIN))
    before = weeks(*USUAL, until=after)

    assert {datetime.fromtimestamp(each.at // 1_000, UTC).hour for each in before} == {7, 8}
    assert len(looked("latency", "web", before, [hour(1_200, after)], BERLIN).notes) == 1


# --- against the rule as the book has it ------------------------------------------------------------------

VALUES = st.lists(st.integers(0, 50).map(Fraction), min_size=LEAST_WEEKS, max_size=WEEKS)
VALUE = st.integers(0, 500).map(Fraction)


def by_the_book(value, values, least):
    """The modified z-score of Iglewicz and Hoaglin, with the mean distance where the MAD is nothing."""
    middle = median(values)
    apart = sorted(abs(each - middle) for each in values)
    mad = median(apart)
    spread = mad * Fraction("1.4826") if mad else sum(apart) / len(apart) * Fraction("1.2533")
    if value - middle < least:
        return False
    return spread == 0 or (value - middle) / spread > Fraction("3.5")


@given(VALUES, VALUE, st.integers(1, 20).map(Fraction))
def test_it_is_the_modified_z_score(values, value, least):
    assert is_unusual(value, usual(values), least) is by_the_book(value, values, least)


@given(VALUES, VALUE, st.permutations(range(WEEKS)))
def test_the_order_of_the_weeks_is_nothing(values, value, order):
    mixed = [values[n] for n in order if n < len(values)]

    assert usual(mixed) == usual(values)


@given(VALUES, VALUE, VALUE)
def test_what_is_worse_than_the_unusual_is_unusual(values, value, more):
    known = usual(values)
    if is_unusual(value, known, least_latency(known)):
        assert is_unusual(value + more, known, least_latency(known))


@given(VALUES, st.data())
def test_fewer_than_half_of_the_weeks_may_be_wild_and_the_middle_stays_among_the_others(values, data):
    wild = data.draw(st.integers(0, (len(values) - 1) // 2))
    moved = [Fraction(10**9)] * wild + values[wild:]

    assert min(values[wild:]) <= usual(moved).middle <= max(values[wild:])

"""What past months suggest: a goal one step better than today, and a promise with room beneath it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.ladder import FEWEST, FINEST, MIDDLE, NEXT, RUNGS, STAY, allowed, propose, told_apart
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND


def percent(text: str) -> list[Fraction]:
    return [Fraction(each) / 100 for each in text.split()]


def levels(text: str, interval: int = MINUTE) -> tuple[list[str], str]:
    """Today, target and commitment in percent, and how the target was found."""
    found = propose(percent(text), interval)
    assert found is not None
    known = (found.today, found.target, found.commitment)
    return ["none" if each is None else str(float(each * 100)) for each in known], found.step


def test_one_step_better_than_what_nine_in_ten_months_reach():
    """Ten months: one of 99.87 does not pull today down, and is why 99.9 is no commitment."""
    months = "99.87 99.93 99.94 99.91 99.96 99.97 99.93 99.98 99.92 99.95"

    assert levels(months) == (["99.9", "99.95", "99.5"], NEXT)


def test_a_next_step_that_no_month_reached_gives_way_to_what_half_of_them_reach():
    """99.95 was never reached: half of the months reach 99.9342, cut off to what can be remembered."""
    months = "99.9312 99.9405 99.9266 99.9187 99.9342 99.9422"

    assert levels(months) == (["99.9", "99.93", "99.5"], MIDDLE)


def test_where_no_month_is_better_than_the_step_of_today_that_is_the_goal():
    assert levels("99.9 99.9 99.9 99.9") == (["99.9", "99.9", "99.5"], STAY)


def test_perfect_months_are_promised_no_finer_than_the_checks_can_tell():
    """A check a minute tells 99.995 % (129.6 s in 30 days), one in ten 99.95 %, an hourly one 99.5 %."""
    perfect = " ".join(["100"] * 12)

    assert levels(perfect) == (["99.995", "99.995", "99.99"], FINEST)
    assert levels(perfect, 10 * MINUTE) == (["99.95", "99.95", "99.9"], FINEST)
    assert levels(perfect, HOUR) == (["99.5", "99.5", "99.0"], FINEST)


def test_a_service_that_reaches_nothing_has_no_promise_to_make():
    assert levels("71 64.2 80 75") == (["none", "75.0", "none"], MIDDLE)
    assert levels("89 89 89 90.5") == (["none", "90.0", "none"], NEXT)


@pytest.mark.parametrize("count", range(FEWEST))
def test_too_few_months_propose_nothing(count):
    assert propose(percent(" ".join(["99.95"] * count)), MINUTE) is None


@given(
    st.lists(st.integers(980_000, 1_000_000).map(lambda n: Fraction(n, 1_000_000)), min_size=4, max_size=24),
    st.sampled_from([30 * SECOND, MINUTE, 10 * MINUTE, HOUR]),
)
def test_whatever_the_months_were_the_proposals_keep_their_promises(figures, interval):
    """Counted month by month and rung by rung, by the definitions alone."""
    found = propose(figures, interval)
    assert found is not None
    fine = [rung for rung in RUNGS if (1 - rung) * 30 * DAY >= 2 * interval]
    enough = [rung for rung in fine if 10 * sum(f >= rung for f in figures) >= 9 * len(figures)]
    assert found.today == max(enough, default=None)
    assert found.target is not None
    assert found.kept == sum(figure >= found.target for figure in figures) >= 1

    above = [rung for rung in fine if rung > (found.today or 0)]
    if above and max(figures) >= min(above):
        assert (found.target, found.step) == (min(above), NEXT)
    elif found.step == MIDDLE:
        assert 2 * found.kept >= len(figures)
        assert found.target > (found.today or 0)
    else:
        assert found.target == found.today

    safe = [rung for rung in fine if rung <= min(figures) and 1 - rung >= 2 * (1 - found.target)]
    assert found.commitment == max(safe, default=None)


@given(st.sampled_from(RUNGS), st.integers(1, 2 * HOUR))
def test_a_level_can_be_told_by_checks_where_two_that_fail_do_not_break_it(level, interval):
    assert told_apart(level, interval) is (2 * interval <= allowed(level))

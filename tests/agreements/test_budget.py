"""What is left, and what the next minutes cost: always what `evaluate` itself would say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.agreements.ahead import IN_NO_ROW, TOO_LITTLE, hypothetical
from monitor.agreements.budget import Budget, Exposure, budget, exposure, outlook, owed_already
from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Case, Reading
from monitor.core.checks import State
from monitor.core.intervals import Span
from monitor.core.money import Amount
from monitor.core.numbers import Bound
from monitor.core.windows import Window
from monitor.errors import NoRow
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, row, with_clause

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
ROWS = (
    row((Bound("<", Fraction(9, 10)),), Fraction(1, 10), "< 90%"),
    row((Bound("<", Fraction(3, 4)),), Fraction(1, 4), "< 75%"),
)
TERMS = StandardTerms(Bound(">=", Fraction(9, 10)), ROWS)
Make = Callable[..., Case]


def euro(minor: int) -> Amount:
    return Amount(minor, "EUR")


def test_a_running_month_has_a_budget_for_the_whole_of_it(seconds: Make, edge: int) -> None:
    """300 ms are allowed of 3 s; 60 spent after a fifth of the time is an even pace, and never runs out."""
    found = budget(seconds([(UP, 540), (DOWN, 60)], TERMS))

    assert found == Budget(300, 60, 240, Fraction(1), None, Fraction(1, 5))


def test_twice_the_pace_runs_out_half_way(seconds: Make, edge: int) -> None:
    found = budget(seconds([(UP, 480), (DOWN, 120)], TERMS))

    assert (found.burn, found.exhausted) == (Fraction(2), edge + 1_500)


def test_an_overspent_budget_says_since_when(seconds: Make, edge: int) -> None:
    found = budget(seconds([(UP, 100), (DOWN, 200), (UP, 100), (DOWN, 200)], TERMS))

    assert (found.left, found.exhausted) == (-100, edge + 500)


def test_a_budget_used_to_the_last_millisecond_says_at_which_one(seconds: Make, edge: int) -> None:
    found = budget(seconds([(UP, 100), (DOWN, 300), (UP, 100)], TERMS))

    assert (found.left, found.exhausted) == (0, edge + 400)


def test_a_commitment_of_everything_allows_nothing(seconds: Make, edge: int) -> None:
    terms = replace(TERMS, commitment=Bound(">=", Fraction(1)))

    assert budget(seconds([(UP, 100)], terms)) == Budget(0, 0, 0, None, None, Fraction(1, 30))
    assert budget(seconds([(UP, 100), (DOWN, 50)], terms)).exhausted == edge + 100


def test_before_the_period_nothing_is_gone(seconds: Make, edge: int) -> None:
    found = budget(seconds([(UP, 50)], TERMS, before=100))

    assert found == Budget(300, 0, 300, None, None, Fraction(0))


def test_an_agreement_that_is_not_in_force_has_no_budget(seconds: Make) -> None:
    found = budget(seconds([(UP, 50)], TERMS, in_force=()))

    assert found == Budget(0, 0, 0, None, None, Fraction(1))


def test_the_pace_is_that_of_the_time_in_force(seconds: Make, edge: int) -> None:
    """In force for the last 1,000 ms: 100 allowed, and 50 spent in the first 250."""
    case = seconds([(UP, 2_200), (DOWN, 50)], TERMS, in_force=(Span(edge + 2_000, edge + 3_000),))

    assert budget(case) == Budget(100, 50, 50, Fraction(2), edge + 2_500, Fraction(1, 4))


def test_the_pace_is_that_of_the_time_that_is_watched(seconds: Make, edge: int) -> None:
    """Watched for the last 1,000 ms: 100 allowed, and 50 spent in the first 250. Twice an even pace."""
    found = budget(seconds([(None, 2_000), (UP, 200), (DOWN, 50)], TERMS))

    assert found == Budget(100, 50, 50, Fraction(2), edge + 2_500, Fraction(1, 4))


def test_a_pace_across_a_pause_of_the_agreement_skips_it(seconds: Make, edge: int) -> None:
    force = (Span(edge, edge + 1_000), Span(edge + 2_000, edge + 3_000))
    case = seconds([(UP, 760), (DOWN, 140)], TERMS, in_force=force)

    assert budget(case).exhausted == edge + 2_000 + 286


def test_unknown_time_makes_the_budget_smaller_where_it_is_left_out(seconds: Make) -> None:
    found = budget(seconds([(UP, 500), (UNKNOWN, 1_000)], TERMS))

    assert found.allowed == 200


def test_a_gate_that_promises_no_availability_has_no_budget(seconds: Make) -> None:
    class Always:
        def __call__(self, reading: Reading, case: Case) -> Reading:
            return reading

        def say(self) -> str:
            return ""

    case = seconds([(UP, 500)], TERMS)
    with pytest.raises(TypeError, match="nothing is promised that could be used up"):
        budget(with_clause(case, replace(case.clause, gate=Always())))


def test_the_next_tier_is_one_millisecond_past_what_is_allowed(seconds: Make) -> None:
    found = exposure(seconds([(UP, 540), (DOWN, 60)], TERMS))

    assert found == Exposure(euro(0), 241, euro(10_000))


def test_in_the_first_tier_the_second_is_next(seconds: Make) -> None:
    found = exposure(seconds([(UP, 100), (DOWN, 400)], TERMS))

    assert found == Exposure(euro(10_000), 351, euro(25_000))


def test_in_the_deepest_tier_nothing_costs_more(seconds: Make) -> None:
    found = exposure(seconds([(UP, 100), (DOWN, 800)], TERMS))

    assert found == Exposure(euro(25_000), None, None)


def test_a_tier_that_the_rest_of_the_period_cannot_reach_is_none(seconds: Make) -> None:
    assert exposure(seconds([(UP, 2_900)], TERMS)) == Exposure(euro(0), None, None)
    assert exposure(seconds([(UP, 2_699)], TERMS)) == Exposure(euro(0), 301, euro(10_000))


def test_a_finished_period_owes_what_it_owes(seconds: Make) -> None:
    assert exposure(seconds([(UP, 2_600), (DOWN, 400)], TERMS)) == Exposure(euro(10_000), None, None)


def test_too_little_seen_is_not_priced(seconds: Make) -> None:
    assert exposure(seconds([(UP, 500), (UNKNOWN, 1_000)], TERMS)) == Exposure(None, None, None, TOO_LITTLE)


def test_before_the_period_starts_the_next_tier_is_counted_from_its_start(seconds: Make) -> None:
    assert exposure(seconds([(UP, 50)], TERMS, before=100)) == Exposure(euro(0), 301, euro(10_000))


def test_a_cap_ends_the_tiers(seconds: Make) -> None:
    found = exposure(seconds([(UP, 100), (DOWN, 400)], replace(TERMS, cap=Fraction(1, 10))))

    assert found == Exposure(euro(10_000), None, None)


def test_a_rule_about_length_moves_the_next_tier(seconds: Make) -> None:
    """320 ms would pass the allowance, but no outage under 500 counts."""
    found = exposure(seconds([(UP, 540)], replace(TERMS, lasting=(">=", 500))))

    assert found == Exposure(euro(0), 500, euro(10_000))


def test_an_open_outage_goes_on(seconds: Make) -> None:
    """100 ms so far do not count alone; with 200 more the whole of it is too long."""
    found = exposure(seconds([(UP, 540), (DOWN, 100)], replace(TERMS, lasting=(">", 399))))

    assert found.until_next == 300


def test_announced_maintenance_ahead_is_taken_into_account(seconds: Make, edge: int) -> None:
    window = Window("MW-1", "Work", frozenset({"shop"}), Span(edge + 700, edge + 900), edge, "ops")
    terms = replace(TERMS, maintenance=MaintenanceTerms(0))

    found = exposure(seconds([(UP, 600)], terms, windows=[window]))

    assert found == Exposure(euro(0), 501, euro(10_000))


def test_flat_credits_and_other_schedules_are_found_by_bisection_alone(seconds: Make) -> None:
    terms = replace(TERMS, rows=(row((), Fraction(1, 20), "5%"),))

    assert exposure(seconds([(UP, 540)], terms)) == Exposure(euro(0), 301, euro(5_000))


def test_a_hypothetical_figure_in_no_row_is_passed_by(seconds: Make) -> None:
    rows = (
        row((Bound("<", Fraction(9, 10)), Bound(">", Fraction(8, 10))), Fraction(1, 10), "< 90%, > 80%"),
        row((Bound("<", Fraction(8, 10)),), Fraction(2, 10), "< 80%"),
    )
    terms = replace(TERMS, rows=rows, in_no_row="refuse")

    assert exposure(seconds([(UP, 100), (DOWN, 400)], terms)) == Exposure(euro(10_000), 201, euro(20_000))
    standing_in_the_hole = seconds([(UP, 100), (DOWN, 600)], terms)
    assert exposure(standing_in_the_hole) == Exposure(None, None, None, IN_NO_ROW)
    with pytest.raises(NoRow):
        evaluate(hypothetical(standing_in_the_hole, 0))


def test_a_figure_in_no_row_has_a_budget_and_a_price_where_the_rest_of_the_month_brings_it_back(
    seconds: Make,
) -> None:
    """40 % down so far stands in no row; 13.3 % down of the whole month stands in the first."""
    terms = replace(TERMS, rows=(replace(ROWS[0], bounds=(*ROWS[0].bounds, Bound(">", Fraction(3, 4)))),))

    found = outlook(seconds([(UP, 600), (DOWN, 400)], terms))

    assert (found.reading.met, found.budget.left) == (False, -100)
    assert found.exposure == Exposure(euro(10_000), None, None)


def test_a_table_that_pays_less_for_worse_still_shows_its_dearer_step(seconds: Make) -> None:
    rows = (
        row((Bound("<", Fraction(9, 10)),), Fraction(3, 10), "< 90%"),
        row((Bound("<", Fraction(8, 10)),), Fraction(0), "< 80%"),
    )

    assert exposure(seconds([(UP, 100)], replace(TERMS, rows=rows))) == Exposure(euro(0), 301, euro(30_000))


def test_a_hypothetical_case_forgets_what_the_evidence_says_of_later(seconds: Make, edge: int) -> None:
    case = seconds([(UP, 500), (UNKNOWN, 2_500)], TERMS, as_of=edge + 500)

    (timeline,) = hypothetical(case, 100).evidence.resources.values()

    assert [(s.end - edge, s.state) for s in timeline.segments] == [(500, UP), (600, DOWN), (3_000, UP)]
    assert timeline.base == (Span(edge, edge + 3_000),)


def test_a_hypothetical_case_ends_with_the_period(seconds: Make, edge: int) -> None:
    case = seconds([(UP, 2_900)], TERMS)

    (timeline,) = hypothetical(case, 10_000).evidence.resources.values()

    assert timeline.segments[-1].end == edge + 3_000
    assert hypothetical(case, 100) == hypothetical(case, 10_000)


def test_a_finished_case_is_its_own_hypothesis(seconds: Make) -> None:
    case = seconds([(UP, 3_000)], TERMS)

    assert hypothetical(case, 100) is case


def test_downtime_cannot_be_undone(seconds: Make) -> None:
    with pytest.raises(ValueError, match="not be negative: -1 ms"):
        hypothetical(seconds([(UP, 100)], TERMS), -1)


runs = st.lists(st.tuples(st.sampled_from([UP, UP, DOWN, UNKNOWN]), st.integers(1, 40)), max_size=8)
terms = st.builds(
    StandardTerms,
    commitment=st.just(TERMS.commitment),
    rows=st.sampled_from([ROWS, ROWS[:1], (row((), Fraction(1, 7), "flat"),)]),
    maintenance=st.none()
    | st.builds(
        MaintenanceTerms,
        notice=st.just(0),
        at_most=st.none() | st.integers(1, 20),
        counted=st.sampled_from(["downtime", "window"]),
        effect=st.sampled_from(["downtime", "both sides"]),
    ),
    lasting=st.none() | st.tuples(st.sampled_from([">", ">="]), st.integers(1, 50)),
    unobserved=st.sampled_from(["left out", "up", "down"]),
    coverage=st.just(Fraction(1, 2)),
)


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(runs=runs, terms=terms, start=st.integers(0, 130), length=st.integers(1, 90))
def test_the_next_tier_is_the_least_that_costs_more(
    seconds: Make, edge: int, runs: Any, terms: StandardTerms, start: int, length: int
) -> None:
    """Tried out for every possible downtime of a short period, one after the other."""
    window = Window(
        "MW-1", "Work", frozenset({"shop"}), Span(edge + start, edge + start + length), edge - 1, "ops"
    )
    case = seconds(runs, terms, windows=[window], length=150)
    left = max(0, edge + 150 - case.as_of)

    prices = [evaluate(hypothetical(case, extra)).credit for extra in range(left + 1)]

    owed = prices[0]
    dearer = [(n, price) for n, price in enumerate(prices) if owed and price and price.minor > owed.minor]
    reason = TOO_LITTLE if owed is None else ""
    assert exposure(case) == Exposure(owed, *(dearer[0] if dearer else (None, None)), reason)
    assert owed_already(case) == owed

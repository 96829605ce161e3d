"""What a few months say of all months, held against samples that are drawn every way there is."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.quantiles import SURE, confidence, needed, next_worse, reached, surely

SHARES = st.fractions(min_value=0, max_value=1, max_denominator=12)
FIGURES = st.lists(st.integers(0, 9).map(lambda n: Fraction(n, 10)), min_size=1, max_size=7)


def every_way(of: int, rank: int, by: Fraction) -> Fraction:
    """The chance that at least `rank` of `of` months fall into the worst `1 - by`, added up way by way."""
    chances = {True: 1 - by, False: by}
    ways = product((True, False), repeat=of)
    return sum((prod(chances[worse] for worse in way) for way in ways if sum(way) >= rank), Fraction(0))


@given(st.integers(1, 7), st.data(), SHARES)
def test_the_confidence_is_that_of_every_way_in_which_months_can_fall(of, data, by):
    rank = data.draw(st.integers(1, of))

    assert confidence(rank, of, by) == every_way(of, rank, by)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5), st.integers(1, 4), st.data(), SHARES)
def test_of_any_population_the_bound_holds_at_least_as_often_as_it_says(population, of, data, by):
    """Months alike, ties and lumps too: every sample of every population is drawn and looked at."""
    rank = data.draw(st.integers(1, of))
    samples = list(product(population, repeat=of))
    held = 0
    for sample in samples:
        figure = sorted(sample)[rank - 1]
        held += Fraction(sum(each >= figure for each in population), len(population)) >= by

    assert Fraction(held, len(samples)) >= confidence(rank, of, by)


@given(FIGURES, SHARES)
def test_what_is_reached_is_the_highest_figure_that_so_many_months_reach(figures, by):
    enough = [each for each in figures if sum(other >= each for other in figures) >= by * len(figures)]

    assert reached(figures, by) == max(enough)


@given(FIGURES, SHARES, st.sampled_from([Fraction(1, 2), SURE, Fraction(99, 100)]))
def test_a_sure_bound_is_the_highest_figure_seen_that_is_sure_enough(figures, by, sure):
    known = sorted(figures)
    sound = [each for rank, each in enumerate(known, 1) if every_way(len(known), rank, by) >= sure]

    assert surely(figures, by, sure) == max(sound, default=None)


@pytest.mark.parametrize(
    ("by", "months"),
    [(Fraction(1, 2), 4), (Fraction(3, 4), 9), (Fraction(9, 10), 22), (Fraction(99, 100), 230)],
)
def test_how_many_months_it_takes(by, months):
    """The usual table of sample sizes at 90 %: the worst of so many, and of no fewer, bounds the share."""
    assert needed(by) == months
    assert 1 - by**months >= SURE > 1 - by ** (months - 1)


def test_twelve_months_say_seven_tenths_of_what_nine_in_ten_reach():
    assert confidence(1, 12, Fraction(9, 10)) == 1 - Fraction(9, 10) ** 12
    assert f"{float(confidence(1, 12, Fraction(9, 10))):.4f}" == "0.7176"


@given(st.integers(1, 6))
def test_the_next_month_is_worse_than_all_before_it_in_one_order_of_so_many(of):
    """Months that are alike come in any order: the worst of all is the last as often as any other."""
    orders = list(permutations(range(of + 1)))

    assert next_worse(of) == Fraction(sum(order[-1] == min(order) for order in orders), len(orders))


def test_no_month_and_no_rank_are_errors():
    with pytest.raises(ValueError, match="no month was recorded"):
        reached([], SURE)
    for rank in (0, 4):
        with pytest.raises(ValueError, match=f"there is no month {rank} of 3"):
            confidence(rank, 3, SURE)
    for by in (Fraction(0), Fraction(1)):
        with pytest.raises(ValueError, match="no number of months"):
            needed(by)
    assert surely([], SURE) is None

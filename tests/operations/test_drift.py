"""A KPI that is met and drifts: the rules, against a brute force over all orders and all pairs."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.numbers import Bound
from monitor.operations.drift import AHEAD, LOOKED_AT, by_chance, drifting, line, way

FIFTEEN = Bound("<=", Fraction(15))
BUFFER = Bound(">=", Fraction("99.95"))


def told(*values: object) -> list[Fraction | None]:
    return [None if value is None else Fraction(str(value)) for value in values]


@pytest.mark.parametrize(
    ("months", "target", "drifts"),
    [
        # Minutes until somebody acknowledges, fifteen at most.
        ((8, 8, 8, 8, 8, 8), FIFTEEN, False),
        ((8, 9, 7, 8, 9, 8), FIFTEEN, False),
        ((8, 8, 8, 8, 8, 12), FIFTEEN, True),  # half of the margin is gone in one month
        ((8, 8, 8, 8, 8, 11), FIFTEEN, False),  # not yet half
        ((8, 9, 10), FIFTEEN, True),  # a minute a month: beyond it in six
        ((8, "8.5", 9), FIFTEEN, False),  # half a minute a month: twelve in six
        ((8, 9, 10, 11, 12), FIFTEEN, True),
        ((12, 11, 10, 9, 8), FIFTEEN, False),  # it gets better
        ((8, 12), FIFTEEN, False),  # two months say nothing
        ((8, None, 9, None, 10, None), FIFTEEN, False),  # nobody can tell of this month
        ((8, None, 9, None, None, 12), FIFTEEN, True),
        ((8, 9, 10, 11, 12, 16), FIFTEEN, False),  # missed is more than drifting
        ((40, 8, 9, 10, 11, 12), FIFTEEN, True),  # one wild month does not hide it
        # A service's availability, 99.95 % at least.
        (("99.99", "99.99", "99.99", "99.99", "99.969"), BUFFER, True),
        (("99.99", "99.99", "99.99", "99.99", "99.971"), BUFFER, False),
        (("99.99", "99.984", "99.978"), BUFFER, True),
        (("99.96", "99.97", "99.99"), BUFFER, False),
    ],
)
def test_what_drifts(months, target, drifts):
    assert drifting(told(*months), target) is drifts


def test_no_more_than_six_periods_are_looked_at():
    assert drifting(told(1, 1, 1, 1, 1, 8, 8, 8, 8, 8, 8), FIFTEEN) is False


@pytest.mark.parametrize(
    ("months", "where"),
    [
        ((1, 2, 3), "rising"),
        ((3, 2, 1), "falling"),
        ((1, 2), "unknown"),
        ((1, 3, 2, 3, 1), "steady"),
        ((5, 5, 5, 5), "steady"),
    ],
)
def test_where_a_trend_leads(months, where):
    assert way(told(*months)) == where


@pytest.mark.parametrize("length", range(1, 7))
def test_how_often_chance_makes_such_an_order_is_counted_by_looking_at_all_orders(length):
    orders = list(permutations(range(length)))
    for count in range(length * (length - 1) // 2 + 1):
        such = [
            order for order in orders if sum((y > x) - (y < x) for x, y in combinations(order, 2)) >= count
        ]
        assert by_chance(length, count) == Fraction(len(such), len(orders))


FIGURES = st.fractions(min_value=0, max_value=30, max_denominator=60)
MONTHS = st.lists(st.none() | FIGURES, min_size=1, max_size=9)


def naive(values, target):
    """The two rules as they are written in the module, in floatless plain Python of their own."""
    last = values[-LOOKED_AT:]
    now = last[-1]
    if now is None or not target.holds(now):
        return False
    known = [(n, value) for n, value in enumerate(last) if value is not None]
    if len(known) < 3:
        return False
    sign = 1 if target.sign in ("<", "<=") else -1
    pairs = list(combinations(known, 2))
    slope = median([(y - x) / (j - i) for (i, x), (j, y) in pairs])
    height = median([value - slope * n for n, value in known])
    order = sum((y > x) - (y < x) for (_, x), (_, y) in pairs) * sign
    every = list(permutations(range(len(known))))
    such = [o for o in every if sum((y > x) - (y < x) for x, y in combinations(o, 2)) >= order]
    clear = order > 0 and Fraction(len(such), len(every)) <= Fraction(1, 4)
    if clear and slope * sign > 0 and not target.holds(height + slope * (len(last) - 1 + AHEAD)):
        return True
    before = median([value for _, value in known[:-1]])
    margin, left = (target.value - before) * sign, (target.value - now) * sign
    return target.holds(before) and left < margin and 2 * left <= margin


@given(MONTHS, FIGURES, st.sampled_from(["<", "<=", ">", ">="]))
def test_it_is_what_the_rules_say_step_by_step(values, value, sign):
    target = Bound(sign, value)
    assert drifting(values, target) is naive(values, target)


@given(MONTHS, FIGURES, st.fractions(min_value=Fraction(1, 9), max_value=9, max_denominator=9), FIGURES)
def test_another_unit_or_another_zero_changes_nothing(values, value, scale, more):
    moved = [None if each is None else each * scale + more for each in values]

    assert drifting(values, Bound("<=", value)) is drifting(moved, Bound("<=", value * scale + more))


@given(MONTHS, FIGURES)
def test_upside_down_it_is_the_same_with_the_other_bound(values, value):
    turned = [None if each is None else -each for each in values]

    assert drifting(values, Bound("<=", value)) is drifting(turned, Bound(">=", -value))


@given(MONTHS, FIGURES)
def test_what_drifts_is_met(values, value):
    target = Bound("<", value)
    if drifting(values, target):
        assert target.holds(values[-1])


@given(st.lists(FIGURES, min_size=5, max_size=6), st.data())
def test_one_wild_month_of_five_does_not_move_the_slope_beyond_what_the_others_have(values, data):
    place = data.draw(st.integers(0, len(values) - 1))
    wild = data.draw(st.fractions(min_value=-(10**9), max_value=10**9))
    others = [(n, value) for n, value in enumerate(values) if n != place]
    slopes = [(y - x) / (j - i) for (i, x), (j, y) in combinations(others, 2)]
    moved = [(n, wild if n == place else value) for n, value in enumerate(values)]

    assert min(slopes) <= line(moved)[0] <= max(slopes)

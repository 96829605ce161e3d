"""Unseen time that counts as down: each stretch is an outage, or belongs to the one it touches."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from monitor.agreements.counts import by_cause
from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Case
from monitor.core.checks import State
from monitor.core.numbers import Bound
from tests.agreements.ordinary import StandardTerms

UP, DOWN, DARK = State.UP, State.DOWN, State.UNKNOWN
Make = Callable[..., Case]


def lengths(seconds: Make, *runs: tuple[State, int]) -> list[int]:
    """The lengths of the outages, in ms, where unseen time counts as down."""
    terms = StandardTerms(Bound(">=", Fraction(1)), (), unobserved="down", coverage=Fraction(0))
    reading = evaluate(seconds(runs, terms, length=1_000, bridge=0)).reading
    return [sum(piece.size for piece in pieces) for pieces in by_cause(reading)]


def test_stretches_apart_are_outages_of_their_own(seconds: Make) -> None:
    assert lengths(seconds, (DARK, 100), (UP, 300), (DARK, 50), (UP, 550)) == [100, 50]


def test_a_stretch_is_of_the_outage_it_touches(seconds: Make) -> None:
    assert lengths(seconds, (UP, 100), (DOWN, 30), (DARK, 20), (UP, 850)) == [50]
    assert lengths(seconds, (UP, 100), (DARK, 20), (DOWN, 30), (UP, 850)) == [50]


def test_a_stretch_between_two_outages_makes_them_one(seconds: Make) -> None:
    assert lengths(seconds, (DOWN, 30), (DARK, 20), (DOWN, 40), (UP, 910)) == [90]

"""The interval algebra, against sets of cells one millisecond wide."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.intervals import Span, Spans, intersect, normalise, subtract, total, union

CELLS = 40

spans = st.tuples(st.integers(0, CELLS), st.integers(0, 12)).map(lambda pair: Span(pair[0], sum(pair)))
piles = st.lists(spans, max_size=8)
sets = piles.map(normalise)


def cells(members: Spans | list[Span]) -> set[int]:
    return {at for span in members for at in range(span.start, span.end)}


def assert_is_a_set(members: Spans) -> None:
    assert all(span.length > 0 for span in members)
    assert all(left.end < right.start for left, right in pairwise(members))


@settings(max_examples=150, deadline=None)
@given(piles)
def test_normalising_keeps_every_cell_and_makes_a_set(pile: list[Span]) -> None:
    assert_is_a_set(normalise(pile))
    assert cells(normalise(pile)) == cells(pile)
    assert normalise(reversed(pile)) == normalise(pile)


@settings(max_examples=200, deadline=None)
@given(sets, sets)
def test_union_intersection_and_difference_are_those_of_cells(left: Spans, right: Spans) -> None:
    for operation, expected in (
        (union, cells(left) | cells(right)),
        (intersect, cells(left) & cells(right)),
        (subtract, cells(left) - cells(right)),
    ):
        assert_is_a_set(operation(left, right))
        assert cells(operation(left, right)) == expected


@settings(max_examples=100, deadline=None)
@given(sets, sets)
def test_what_is_taken_away_and_what_is_common_add_up(left: Spans, right: Spans) -> None:
    assert total(subtract(left, right)) + total(intersect(left, right)) == total(left)
    assert total(union(left, right)) == total(left) + total(right) - total(intersect(left, right))


@settings(deadline=None)
@given(spans, spans)
def test_clipping_is_the_common_part(left: Span, right: Span) -> None:
    clipped = left.clip(right)
    assert cells([clipped] if clipped else []) == cells([left]) & cells([right])


def test_a_span_holds_its_start_and_not_its_end() -> None:
    span = Span(10, 20)
    assert 10 in span
    assert 19 in span
    assert 20 not in span
    assert span.length == 10


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must not end before it starts: \[20, 10\)"):
        Span(20, 10)

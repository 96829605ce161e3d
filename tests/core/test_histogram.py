"""Counts of latencies in buckets: bounds, merging, and how far a percentile can be from the real one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.histogram import Histogram, bounds, bucket, histogram_from, histogram_of
from monitor.core.varints import Damaged

latencies = st.integers(0, 2**40)


@given(latencies)
def test_a_latency_lies_within_the_bounds_of_its_bucket(latency: int) -> None:
    low, high = bounds(bucket(latency))
    assert low <= latency <= high
    assert bucket(low) == bucket(high) == bucket(latency)


@given(latencies)
def test_a_bucket_is_as_wide_as_a_thirty_second_of_its_values_at_most(latency: int) -> None:
    low, high = bounds(bucket(latency))
    assert high - low <= low // 32


def test_buckets_follow_each_other_without_a_hole() -> None:
    edges = [bounds(number) for number in range(600)]
    assert edges[0][0] == 0
    assert all(after[0] == before[1] + 1 for before, after in pairwise(edges))


@given(st.lists(st.lists(st.integers(0, 100_000), max_size=30), min_size=3, max_size=3))
def test_merging_in_any_order_gives_the_same_bytes(days: list[list[int]]) -> None:
    whole = bytes(histogram_of(latency for day in days for latency in day))
    for order in permutations(map(histogram_of, days)):
        assert bytes(sum(order, Histogram())) == whole
    assert histogram_from(whole).counts == histogram_of(x for day in days for x in day).counts


@given(st.lists(st.integers(0, 100_000), min_size=1), st.fractions(Fraction(1, 100), 1))
def test_a_quantile_is_the_bucket_of_the_nearest_rank(found: list[int], share: Fraction) -> None:
    rank = -(-len(found) * share.numerator // share.denominator)
    real = sorted(found)[rank - 1]
    assert histogram_of(found).quantile(share) == bounds(bucket(real))


def test_of_nothing_there_is_no_quantile() -> None:
    assert histogram_of([]).quantile(Fraction(1, 2)) is None


@pytest.mark.parametrize("data", [b"\x05", b"\x80", b"\x05\x01\x00\x01", b"\xff" * 12])
def test_bytes_that_are_no_histogram_are_refused(data: bytes) -> None:
    with pytest.raises(Damaged):
        histogram_from(data)

"""Engine, cells and naive pricing agree on agreements drawn by chance.

`make fuzz-money` runs a hundred thousand of them; here a few hundred a test, the same ones each time.
"""

from __future__ import annotations

from functools import cache

import pytest

from tests.agreements.generated import generated
from tests.agreements.three_ways import Tally, many

CASES, CHUNK = 2_000, 100


@cache
def chunk(first: int) -> Tally:
    return many(first, CHUNK)


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_three_computations_of_a_case_agree(first: int) -> None:
    assert chunk(first).disagreements == []


def test_most_cases_are_compared_by_both_oracles() -> None:
    """An oracle that answers for little holds little; the table of what is left out says why."""
    tally = chunk(0)

    assert tally.cells >= CHUNK * 3 // 4
    assert tally.credits >= CHUNK * 6 // 10
    assert tally.naive >= CHUNK * 2 // 5


def test_a_seed_always_draws_the_same_case() -> None:
    assert all(repr(generated(seed)) == repr(generated(seed)) for seed in range(20))


def test_half_of_the_cases_stand_on_milliseconds() -> None:
    fine = sum(generated(seed).scale.fine for seed in range(300))

    assert 120 <= fine <= 180

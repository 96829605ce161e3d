"""A credit is shared out over outages: to the minor unit, by counted downtime, the rest to the longest."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from monitor.agreements.attribution import attributed
from monitor.core.money import Amount


def minors(credit, counted, currency="USD"):
    return [part.minor for part in attributed(Amount(credit, currency), counted)]


@pytest.mark.parametrize(
    ("credit", "counted", "parts"),
    [
        (24_000, [7_200_000, 3_600_000], [16_000, 8_000]),
        (100, [1, 1, 1], [34, 33, 33]),  # alike: the first has the rest
        (100, [1, 2, 1], [25, 50, 25]),
        (101, [1, 2, 1], [25, 51, 25]),  # the longest has the rest
        (1, [5, 5], [1, 0]),
        (-101, [1, 2, 1], [-25, -51, -25]),  # what is taken back is shared out as it was given
        (500, [0, 10, 0], [0, 500, 0]),
        (500, [0, 0], [0, 0]),  # no outage stands for it
        (0, [3, 4], [0, 0]),
        (500, [], []),
    ],
)
def test_by_hand(credit, counted, parts):
    assert minors(credit, counted) == parts


def by_units(credit, counted):
    """The same, given out unit by unit to whoever is furthest below the exact share; the rest last."""
    whole = sum(counted)
    got = [0] * len(counted)
    for _ in range(credit):
        below = [Fraction(credit * each, whole) - 1 - had for each, had in zip(counted, got, strict=True)]
        if max(below) < 0:
            break
        got[max(range(len(got)), key=lambda place: below[place])] += 1
    longest = counted.index(max(counted))
    got[longest] += credit - sum(got)
    return got


@pytest.mark.parametrize("seed", range(200))
def test_parts_add_up_to_the_cent_and_are_what_units_given_out_come_to(seed):
    chance = Random(seed)
    counted = [chance.choice([0, chance.randrange(1, 50), chance.randrange(1, 10**9)]) for _ in range(6)]
    counted[chance.randrange(6)] += 1
    credit = chance.randrange(0, 400)

    found = minors(credit, counted)

    assert sum(found) == credit
    assert found == by_units(credit, counted)
    for part, each in zip(found, counted, strict=True):
        exact = Fraction(credit * each, sum(counted))
        assert exact - 1 < part < exact + len(counted)
        assert each or not part, "what does not count has no part"


@pytest.mark.parametrize("seed", range(50))
def test_more_downtime_has_never_a_smaller_part(seed):
    chance = Random(f"order {seed}")
    counted = [chance.randrange(1, 10**8) for _ in range(chance.randrange(1, 9))]
    found = minors(chance.randrange(10**7), counted)

    ordered = sorted(zip(counted, found, strict=True))
    assert [part for _, part in ordered] == sorted(found)

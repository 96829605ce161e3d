"""Instants inside an epoch, and when an epoch is over."""

from __future__ import annotations

import pytest

from monitor.prober.epoch import Epoch, Reading, read

EPOCH = Epoch(1, Reading(wall=1_000_000, mono=50.0, asleep=7.0))


def test_an_instant_is_the_anchor_plus_monotonic_time():
    assert EPOCH.at(50.0) == 1_000_000
    assert EPOCH.at(51.2345) == 1_001_234


@pytest.mark.parametrize(
    ("wall", "mono", "jump"),
    [
        (1_010_000, 60.0, 0),
        (1_010_500, 60.0, 0),
        (1_010_501, 60.0, 501),
        (1_009_499, 60.0, -501),
        (4_610_000, 60.0, 3_600_000),
        (-2_590_000, 60.0, -3_600_000),
    ],
)
def test_the_clocks_part_by_a_step_or_not_at_all(wall, mono, jump):
    assert EPOCH.jump(Reading(wall, mono)) == jump


def test_sleep_is_told_from_a_step():
    assert EPOCH.slept(Reading(2_000_000, 60.0, asleep=607.0))
    assert not EPOCH.slept(Reading(2_000_000, 60.0, asleep=7.0))


class Interrupted:
    """A clock whose reader is paused once, between the two readings."""

    def __init__(self) -> None:
        self.monos = [10.0, 16.0, 16.0, 16.001]

    def monotonic(self) -> float:
        return self.monos.pop(0)

    def suspended(self) -> float:
        return 0.0

    def now(self) -> int:
        return 5_000


def test_a_pause_between_the_two_readings_is_not_taken_for_a_step():
    assert read(Interrupted()) == Reading(wall=5_000, mono=16.0)

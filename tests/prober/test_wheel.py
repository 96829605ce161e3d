"""Which slots are due, and what becomes of those that were missed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Confirmation, Expectation
from monitor.prober.wheel import BEAT, TICK, Missed, Wheel, next_beat, offset

SHOP = Endpoint(
    id="shop",
    target="http://shop.example/",
    interval=10_000,
    timeout=2_000,
    expectation=Expectation(),
    confirmation=Confirmation(),
)
START = offset("shop", 10_000)


def turning(*endpoints: Endpoint, now: int = 0) -> Wheel:
    wheel = Wheel()
    wheel.plan(
        {each.id: each for each in endpoints}, {each.id: n for n, each in enumerate(endpoints, 1)}, now
    )
    return wheel


def test_an_offset_is_the_same_everywhere_and_lies_on_the_tick_grid():
    assert offset("shop", 60_000) == 32_500
    assert offset("shop", 60_000) % TICK == 0
    assert offset("shop", 50) == 0


@pytest.mark.parametrize(
    ("since", "now", "due"),
    [
        (0.000, 0.001, 0.050),
        (0.050_3, 0.052, 0.100),
        (0.049_4, 0.049_7, 0.050),  # a hair early: its own point is still to come
        (0.049_4, 0.051, 0.051),  # and has passed while the beat was handled
        (0.049_6, 0.052, 0.100),  # so near that it was taken for the point
        (0.010, 0.130, 0.150),  # points that passed in a long beat are passed over
    ],
)
def test_a_beat_is_due_at_each_point_that_comes_and_is_owed_where_it_was_early(since, now, due):
    assert next_beat(since, now) == pytest.approx(due)


@given(st.floats(0, 1_000), st.floats(0, 1))
def test_the_next_beat_is_never_in_the_past_nor_further_than_a_beat_and_a_hair(since, took):
    assert since + took <= next_beat(since, since + took) <= since + took + (BEAT + 1) / 1_000


def test_offsets_spread_over_the_interval():
    tens = [offset(f"endpoint-{number}", 10_000) // 1_000 for number in range(1_000)]
    assert all(60 <= tens.count(second) <= 140 for second in range(10))


def test_slot_n_is_due_at_offset_plus_n_intervals():
    wheel = turning(SHOP)
    for number in range(5):
        (slot,) = wheel.take(START + number * 10_000, 10).slots
        assert (slot.number, slot.due, slot.until) == (number, START + number * 10_000, slot.due + 10_000)


def test_nothing_is_taken_before_it_is_due():
    wheel = turning(SHOP)
    assert wheel.take(START - 1, 10).slots == ()
    assert wheel.next_due() == START


def test_a_late_slot_is_taken_once():
    wheel = turning(SHOP)
    taken = wheel.take(START + 9_999, 10)
    assert [slot.due for slot in taken.slots] == [START]
    assert taken.missed == ()
    assert wheel.next_due() == START + 10_000


def test_slots_that_nobody_took_are_one_record_and_the_newest_runs_late():
    wheel = turning(SHOP)
    taken = wheel.take(START + 34_000, 10)
    assert taken.missed == (Missed(lane=1, due=START, count=3),)
    assert [(slot.number, slot.due) for slot in taken.slots] == [(3, START + 30_000)]
    assert wheel.next_due() == START + 40_000


def test_no_more_are_taken_at_once_than_asked_and_the_rest_stays_due():
    wheel = turning(*(replace(SHOP, id=f"e{number}") for number in range(100)))
    taken = [len(wheel.take(9_999, 30).slots) for _ in range(5)]
    assert taken == [30, 30, 30, 10, 0]


def test_a_new_epoch_counts_from_nought_and_keeps_the_cadence():
    wheel = turning(SHOP)
    wheel.take(START + 10_000, 10)
    wheel.renumber()
    (slot,) = wheel.take(START + 20_000, 10).slots
    assert (slot.number, slot.due) == (0, START + 20_000)


def test_a_lane_counts_on_when_its_endpoint_is_renamed_or_was_away():
    """A number that came again in one epoch would be a second content for one key."""
    wheel = turning(SHOP)
    wheel.take(START, 10)
    wheel.plan({"store": replace(SHOP, id="store")}, {"store": 1}, START + 1)
    due = wheel.next_due()
    (renamed,) = wheel.take(due, 10).slots
    wheel.plan({}, {}, due + 1)
    wheel.plan({"shop": SHOP}, {"shop": 1}, due + 2)
    (back,) = wheel.take(wheel.next_due(), 10).slots
    assert [renamed.number, back.number] == [1, 2]


def test_a_new_interval_holds_after_the_next_start():
    wheel = turning(SHOP)
    wheel.take(START, 10)
    faster = replace(SHOP, interval=3_000)
    wheel.plan({"shop": faster}, {"shop": 1}, START + 1)
    (slot,) = wheel.take(START + 10_000, 10).slots
    assert slot.due == START + 10_000
    following = wheel.next_due()
    assert following is not None
    assert START + 10_000 < following <= START + 13_000
    assert following % 3_000 == offset("shop", 3_000)


def test_an_endpoint_that_is_gone_is_not_taken_any_more():
    wheel = turning(SHOP)
    wheel.plan({}, {}, 1)
    assert wheel.next_due() is None
    assert wheel.take(100_000, 10).slots == ()


def test_an_endpoint_that_comes_later_starts_on_its_grid_without_a_backlog():
    wheel = turning(SHOP, now=1_000_000)
    assert wheel.next_due() is not None
    taken = wheel.take(1_010_000, 10)
    assert len(taken.slots) == 1
    assert taken.missed == ()
    assert taken.slots[0].due % 10_000 == START


@settings(max_examples=60, deadline=None)
@given(
    interval=st.integers(100, 5_000),
    steps=st.lists(st.integers(1, 20_000), min_size=1, max_size=30),
)
def test_every_planned_slot_is_taken_or_named_as_missed_whatever_the_time_does(interval, steps):
    endpoint = replace(SHOP, interval=interval)
    wheel = turning(endpoint)
    now, accounted = 0, []
    for step in steps:
        now += step
        taken = wheel.take(now, 5)
        accounted += [lost.due + n * interval for lost in taken.missed for n in range(lost.count)]
        accounted += [slot.due for slot in taken.slots]
    planned = list(range(offset("shop", interval), now + 1, interval))
    assert accounted == planned

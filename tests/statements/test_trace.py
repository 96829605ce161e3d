"""What was recorded, in order and in runs; and whose time is not known, and why."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.checks import Check, Lane, Reason, State
from monitor.core.intervals import MINUTE, SECOND, Span, normalise
from monitor.core.timeline import Segment
from monitor.statements.trace import Coverage, coverage, entries, folded, together, worst_first

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
OWN = (Reason.OWN_DNS, Reason.NOT_RUNNING, Reason.DISABLED)


def check(
    minute: int,
    state: State = UP,
    reason: Reason = Reason.OK,
    latency: int | None = 100,
    attempt: int = 0,
    status: int | None = None,
) -> Check:
    at = minute * MINUTE + attempt * SECOND
    return Check(1, 1, minute, attempt, at, state, reason, 70 * SECOND, latency, status)


def silence(start: int, end: int, reason: Reason) -> Segment:
    return Segment(start * MINUTE, end * MINUTE, UNKNOWN, reason)


def told(found) -> list[tuple[int, int, int, str]]:
    return [(each.start // MINUTE, each.end // MINUTE, each.slots, str(each.reason)) for each in found]


def test_checks_and_silences_stand_in_order():
    segments = [
        Segment(0, 2 * MINUTE, UP, Reason.OK, 0, MINUTE),
        silence(2, 5, Reason.NOT_RUNNING),
        Segment(5 * MINUTE, 6 * MINUTE, UP, Reason.OK, 5 * MINUTE, 5 * MINUTE),
        silence(6, 9, Reason.OVERLAP),
    ]
    assert told(entries([check(0), check(1), check(5)], segments)) == [
        (0, 0, 1, "ok"),
        (1, 1, 1, "ok"),
        (2, 5, 0, "not_running"),
        (5, 5, 1, "ok"),
        (6, 9, 0, "overlap"),
    ]


def test_unknown_time_that_has_checks_is_told_by_them():
    segments = [Segment(0, MINUTE, UNKNOWN, Reason.OWN_DNS, 0, 0)]
    assert told(entries([check(0, UNKNOWN, Reason.OWN_DNS, None)], segments)) == [(0, 0, 1, "own_dns")]


def test_unknown_time_before_the_first_check_of_the_same_is_told_too():
    segments = [Segment(0, 6 * MINUTE, UNKNOWN, Reason.OWN_DNS, 5 * MINUTE, 5 * MINUTE)]
    assert told(entries([check(5, UNKNOWN, Reason.OWN_DNS, None)], segments)) == [
        (0, 5, 0, "own_dns"),
        (5, 5, 1, "own_dns"),
    ]


def test_a_state_that_was_held_over_from_before_is_no_silence():
    segments = [Segment(5 * MINUTE, 6 * MINUTE, UNKNOWN, Reason.OWN_DNS, 4 * MINUTE, 4 * MINUTE)]
    assert list(entries([], segments)) == []


def test_a_state_rests_on_all_attempts_of_its_slot():
    (one,) = entries(
        [check(0, DOWN, Reason.TIMEOUT, None), check(0, DOWN, Reason.STATUS, 80, 1, 503)], segments=[]
    )
    assert (one.slots, one.checks, one.start, one.state, one.reason) == (1, 2, 0, DOWN, Reason.TIMEOUT)
    assert [each.reason for each in one.attempts] == [Reason.TIMEOUT, Reason.STATUS]
    assert (one.quickest, one.slowest) == (80, 80)


@pytest.mark.parametrize(
    ("state", "reasons", "reason", "telling"),
    [
        (UP, [Reason.OK], Reason.OK, 0),
        (UP, [Reason.TIMEOUT, Reason.OK], Reason.TIMEOUT, 0),
        (DOWN, [Reason.OWN_DNS, Reason.STATUS, Reason.STATUS], Reason.STATUS, 1),
        (UNKNOWN, [Reason.STATUS, Reason.OWN_DNS], Reason.OWN_DNS, 1),
        (DOWN, [Reason.OWN_DNS], Reason.DATA_LOSS, None),
    ],
)
def test_the_reason_is_that_of_the_attempt_which_bears_the_state_out(state, reasons, reason, telling):
    attempts = [check(0, state, each, None, number) for number, each in enumerate(reasons)]
    (one,) = entries(attempts, [])
    assert one.reason is reason
    assert one.telling == (None if telling is None else attempts[telling])


def test_runs_of_the_same_are_one_with_the_quickest_and_the_slowest():
    found = [
        check(0, latency=300),
        check(1, latency=100),
        check(2, latency=None),
        check(3, DOWN, Reason.STATUS),
    ]
    first, second = folded(entries(found, []))
    assert (first.slots, first.checks, first.quickest, first.slowest) == (3, 3, 100, 300)
    assert (first.start, first.end) == (0, 2 * MINUTE)
    assert (second.slots, second.state) == (1, DOWN)


def test_what_was_seen_of_other_attempts_parts_a_run():
    found = [
        check(0, DOWN, Reason.STATUS, status=503),
        check(1, DOWN, Reason.STATUS, status=500),
        check(2, DOWN, Reason.STATUS, status=500),
        check(2, DOWN, Reason.STATUS, attempt=1, status=500),
    ]
    assert [(each.slots, each.checks) for each in folded(entries(found, []))] == [(1, 1), (1, 1), (1, 2)]


def test_a_failure_that_its_slot_did_not_confirm_is_a_blip_and_ends_a_run():
    slot = [check(1, UP, Reason.TIMEOUT, None), check(1, UP, Reason.OK, attempt=1)]
    found = list(folded(entries([check(0), *slot, check(2)], [])))
    assert [(each.is_blip, each.checks) for each in found] == [(False, 1), (True, 2), (False, 1)]


def test_nothing_recorded_is_nothing_told():
    assert list(folded(entries([], []))) == []


def test_the_time_of_an_endpoint_is_when_it_existed():
    lane = Lane(1, "web", "local", (Span(10 * MINUTE, 40 * MINUTE), Span(50 * MINUTE, 90 * MINUTE)))
    segments = [
        silence(0, 20, Reason.NOT_RUNNING),
        Segment(20 * MINUTE, 55 * MINUTE, UP, Reason.OK),
        silence(55, 57, Reason.OWN_NETWORK),
        silence(57, 60, Reason.NOT_RUNNING),
    ]
    found = coverage(lane, segments, Span(0, 60 * MINUTE))
    assert found.base == 40 * MINUTE
    assert found.unknown == {Reason.NOT_RUNNING: 13 * MINUTE, Reason.OWN_NETWORK: 2 * MINUTE}
    assert found.share == Fraction(25, 40)


def test_an_endpoint_that_did_not_exist_has_no_share():
    found = coverage(Lane(1, "web", "local", ()), [silence(0, 9, Reason.NOT_RUNNING)], Span(0, 9 * MINUTE))
    assert (found.base, found.lost, found.share) == (0, 0, None)


def test_who_lost_most_comes_first():
    lost = {"b": 5, "a": 5, "c": 9, "d": 0}
    found = [Coverage(name, 10, {Reason.OVERLAP: ms} if ms else {}) for name, ms in lost.items()]
    assert [each.name for each in worst_first(found)] == ["c", "a", "b", "d"]


def test_unknown_time_in_maintenance_is_part_of_the_unknown_time_and_counted_once():
    lane = Lane(1, "web", "local", (Span(0, 60 * MINUTE),))
    segments = [
        Segment(0, 20 * MINUTE, UP, Reason.OK),
        silence(20, 30, Reason.DISABLED),
        silence(30, 40, Reason.OWN_DNS),
        Segment(40 * MINUTE, 60 * MINUTE, DOWN, Reason.STATUS),
    ]
    windows = (Span(25 * MINUTE, 35 * MINUTE), Span(28 * MINUTE, 50 * MINUTE))
    found = coverage(lane, segments, Span(0, 60 * MINUTE), windows)
    assert found.unknown == {Reason.DISABLED: 10 * MINUTE, Reason.OWN_DNS: 10 * MINUTE}
    assert (found.lost, found.maintained) == (20 * MINUTE, 15 * MINUTE)
    assert found.share == Fraction(40, 60)


def test_several_come_to_their_sums_by_reason():
    one = Coverage("a", 100, {Reason.OVERLAP: 3, Reason.OWN_DNS: 1}, 1)
    other = Coverage("b", 50, {Reason.OVERLAP: 2})
    whole = together("all", [one, other])
    assert (whole.base, whole.lost, whole.maintained) == (150, 6, 1)
    assert whole.worst == [(Reason.OVERLAP, 5), (Reason.OWN_DNS, 1)]
    assert whole.share == Fraction(144, 150)
    assert together("all", []).share is None


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([UP, DOWN, UNKNOWN]), st.sampled_from(OWN))),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20))),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20))),
)
def test_every_millisecond_is_counted_as_a_count_of_each_says(runs, lives, windows):
    segments, at = [], 0
    for length, state, reason in runs:
        segments.append(Segment(at, at + length, state, reason if state is UNKNOWN else Reason.OK))
        at += length
    life = normalise(Span(start, start + length) for start, length in lives)
    announced = tuple(Span(start, start + length) for start, length in windows)
    found = coverage(Lane(1, "web", "local", life), segments, Span(0, at), announced)

    lived = [ms for ms in range(at) if any(ms in span for span in life)]
    dark = {
        ms: each.reason for each in segments if each.state is UNKNOWN for ms in range(each.start, each.end)
    }
    lost = [ms for ms in lived if ms in dark]
    assert found.base == len(lived)
    assert found.unknown == Counter(dark[ms] for ms in lost)
    assert found.maintained == sum(any(ms in span for span in announced) for ms in lost)

"""From checks to segments: examples in words, then every millisecond against a slow second reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.checks import ALL_LANES, BETWEEN_EPOCHS, Check, Gap, Reason, State
from monitor.core.intervals import Span, normalise
from monitor.core.timeline import Segment, clip_segments, covered, join_segments, lane_segments

HOLD = 25  # 2 x an interval of 10 + a timeout of 5
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def slot(
    number: int, at: int, state: State, *reasons: Reason, epoch: int = 1, hold: int = HOLD
) -> list[Check]:
    """The attempts of one slot, a millisecond apart."""
    return [
        Check(1, epoch, number, attempt, at + attempt, state, reason, hold)
        for attempt, reason in enumerate(reasons)
    ]


def up(*instants: int, epoch: int = 1, hold: int = HOLD) -> list[Check]:
    return [check for at in instants for check in slot(at, at, UP, Reason.OK, epoch=epoch, hold=hold)]


def gap(start: int, end: int, reason: Reason = Reason.MONITOR_STALL, lane: int = ALL_LANES) -> Gap:
    return Gap(lane, 1, Span(start, end), reason)


def not_running(start: int, end: int) -> Segment:
    return Segment(start, end, UNKNOWN, Reason.NOT_RUNNING)


def test_a_lane_without_checks_is_not_running() -> None:
    assert lane_segments([], [], Span(0, 100)) == (not_running(0, 100),)


def test_no_time_has_no_segments() -> None:
    assert lane_segments(up(0), [], Span(5, 5)) == ()


def test_checks_that_follow_each_other_are_one_segment() -> None:
    assert lane_segments(up(0, 10, 20), [], Span(0, 30)) == (Segment(0, 30, UP, Reason.OK, 0, 20),)


def test_a_state_holds_for_its_hold_and_no_longer() -> None:
    assert lane_segments(up(10, 60), [], Span(0, 80)) == (
        not_running(0, 10),
        Segment(10, 35, UP, Reason.OK, 10, 10),
        not_running(35, 60),
        Segment(60, 80, UP, Reason.OK, 60, 60),
    )


def test_down_is_held_no_longer_than_up() -> None:
    checks = slot(0, 0, DOWN, Reason.TIMEOUT, Reason.TIMEOUT)
    assert lane_segments(checks, [], Span(0, 40)) == (
        Segment(0, 25, DOWN, Reason.TIMEOUT, 0, 1),
        not_running(25, 40),
    )


def test_a_confirmed_failure_is_down_from_its_first_failing_attempt() -> None:
    """Attempt 0 was spoilt by the monitor, so the outage begins at attempt 1, with its reason."""
    checks = [*up(0), *slot(10, 10, DOWN, Reason.OWN_DNS, Reason.STATUS, Reason.TIMEOUT), *up(20)]
    assert lane_segments(checks, [], Span(0, 30)) == (
        Segment(0, 11, UP, Reason.OK, 0, 0),
        Segment(11, 20, DOWN, Reason.STATUS, 11, 12),
        Segment(20, 30, UP, Reason.OK, 20, 20),
    )


def test_a_blip_changes_nothing() -> None:
    checks = [*up(0), *slot(10, 10, UP, Reason.TIMEOUT, Reason.OK), *up(20)]
    assert lane_segments(checks, [], Span(0, 30)) == (Segment(0, 30, UP, Reason.OK, 0, 20),)


def test_a_slot_that_the_monitor_spoilt_is_unknown_for_its_reason() -> None:
    checks = [*up(0), *slot(10, 10, UNKNOWN, Reason.TIMEOUT, Reason.OWN_NETWORK), *up(20)]
    assert lane_segments(checks, [], Span(0, 30))[1] == Segment(10, 20, UNKNOWN, Reason.OWN_NETWORK, 10, 10)


@pytest.mark.parametrize("state", [DOWN, UNKNOWN])
def test_a_slot_whose_rows_do_not_bear_its_state_out_has_lost_rows(state: State) -> None:
    assert lane_segments(slot(0, 0, state, Reason.OK), [], Span(0, 10)) == (
        Segment(0, 10, UNKNOWN, Reason.DATA_LOSS, 0, 0),
    )


def test_the_order_of_the_checks_does_not_matter() -> None:
    checks = [*up(0), *slot(10, 10, DOWN, Reason.STATUS, Reason.TIMEOUT), *up(20, 30)]
    in_order = lane_segments(checks, [], Span(0, 40))
    assert lane_segments(checks[::-1], [], Span(0, 40)) == in_order


def test_a_check_before_the_span_holds_into_it() -> None:
    """Only the last of them counts, so that a longer lead changes nothing."""
    expected = (Segment(50, 65, UP, Reason.OK, 40, 40), not_running(65, 70))
    assert lane_segments(up(40), [], Span(50, 70)) == expected
    assert lane_segments(up(0, 10, 20, 30, 40), [], Span(50, 70)) == expected


def test_a_check_at_the_very_start_is_the_first() -> None:
    assert lane_segments(up(0, 10, 20), [], Span(20, 30)) == (Segment(20, 30, UP, Reason.OK, 20, 20),)


def test_checks_after_the_span_say_nothing_of_it() -> None:
    assert lane_segments(up(0, 10, 20), [], Span(0, 10)) == (Segment(0, 10, UP, Reason.OK, 0, 0),)


def test_of_two_slots_at_one_instant_the_later_slot_speaks() -> None:
    checks = [*slot(1, 0, UP, Reason.OK), *slot(2, 0, DOWN, Reason.TIMEOUT)]
    assert lane_segments(checks, [], Span(0, 10)) == (Segment(0, 10, DOWN, Reason.TIMEOUT, 0, 0),)


def test_a_gap_ends_the_hold_until_the_next_check() -> None:
    assert lane_segments(up(0, 10, 30), [gap(12, 15)], Span(0, 40)) == (
        Segment(0, 12, UP, Reason.OK, 0, 10),
        Segment(12, 30, UNKNOWN, Reason.MONITOR_STALL),
        Segment(30, 40, UP, Reason.OK, 30, 30),
    )


def test_a_check_inside_a_gap_says_nothing_and_one_at_its_end_speaks() -> None:
    assert lane_segments(up(0, 10, 20), [gap(5, 20)], Span(0, 30)) == (
        Segment(0, 5, UP, Reason.OK, 0, 0),
        Segment(5, 20, UNKNOWN, Reason.MONITOR_STALL),
        Segment(20, 30, UP, Reason.OK, 20, 20),
    )


def test_a_silence_between_two_runs_is_over_with_a_check_inside_it() -> None:
    """The clock was fast when the second run began at 10, as it said, and was set back to 3 soon after."""
    between = Gap(ALL_LANES, BETWEEN_EPOCHS, Span(1, 60), Reason.NOT_RUNNING)
    checks = [*up(0), *up(60, epoch=2), *up(5, 15, epoch=3)]
    assert lane_segments(checks, [between, gap(20, 22)], Span(0, 70)) == (
        Segment(0, 1, UP, Reason.OK, 0, 0),
        not_running(1, 5),
        Segment(5, 20, UP, Reason.OK, 5, 15),
        Segment(20, 60, UNKNOWN, Reason.MONITOR_STALL),
        Segment(60, 70, UP, Reason.OK, 60, 60),
    )


def test_a_silence_between_two_runs_without_a_check_is_one() -> None:
    between = Gap(ALL_LANES, BETWEEN_EPOCHS, Span(10, 30), Reason.NOT_RUNNING)
    assert lane_segments([*up(0, 10), *up(30, epoch=2)], [between], Span(0, 40)) == (
        Segment(0, 10, UP, Reason.OK, 0, 0),
        not_running(10, 30),
        Segment(30, 40, UP, Reason.OK, 30, 30),
    )


def test_a_gap_before_the_span_reaches_to_the_first_check() -> None:
    assert lane_segments(up(60), [gap(10, 20)], Span(50, 70)) == (
        Segment(50, 60, UNKNOWN, Reason.MONITOR_STALL),
        Segment(60, 70, UP, Reason.OK, 60, 60),
    )


def test_of_overlapping_gaps_the_one_that_began_first_gives_the_reason() -> None:
    gaps = [gap(10, 30, Reason.OWN_NETWORK, lane=1), gap(0, 20), gap(12, 18, Reason.DISABLED), gap(40, 40)]
    assert lane_segments([], gaps, Span(0, 50)) == (
        Segment(0, 20, UNKNOWN, Reason.MONITOR_STALL),
        Segment(20, 50, UNKNOWN, Reason.OWN_NETWORK),
    )


def test_unknown_time_of_a_gap_and_of_a_check_join_and_keep_the_check() -> None:
    checks = slot(10, 10, UNKNOWN, Reason.OWN_NETWORK)
    assert lane_segments(checks, [gap(0, 10, Reason.OWN_NETWORK)], Span(0, 20)) == (
        Segment(0, 20, UNKNOWN, Reason.OWN_NETWORK, 10, 10),
    )


def test_wall_time_that_two_epochs_claim_is_suspect() -> None:
    """The clock is set back by 15 after 30: the time from 15 to 30 was lived through twice."""
    checks = [*up(0, 10, 20, 30), *up(15, 25, 35, 45, epoch=2)]
    assert lane_segments(checks, [], Span(0, 50)) == (
        Segment(0, 15, UP, Reason.OK, 0, 10),
        Segment(15, 35, UNKNOWN, Reason.CLOCK_SUSPECT),
        Segment(35, 50, UP, Reason.OK, 35, 45),
    )


def test_an_epoch_is_compared_with_every_other_and_not_only_with_its_neighbour() -> None:
    checks = [*up(0, 60), *up(10, 20, epoch=2), *up(40, 50, epoch=3)]
    suspect = [segment.span for segment in lane_segments(checks, [], Span(0, 60)) if segment.state is UNKNOWN]
    assert suspect == [Span(10, 60)]
    late = [*up(0, 60), *up(10, epoch=2), *up(40, epoch=3)]
    assert lane_segments(late, [], Span(40, 61))[0] == Segment(40, 60, UNKNOWN, Reason.CLOCK_SUSPECT)


def test_epochs_that_follow_each_other_are_not_suspect() -> None:
    checks = [*up(0, 10), *up(20, 30, epoch=2)]
    assert lane_segments(checks, [], Span(0, 40)) == (Segment(0, 40, UP, Reason.OK, 0, 30),)


def test_clipping_keeps_the_checks_that_a_segment_rests_on() -> None:
    whole = (Segment(0, 30, UP, Reason.OK, 0, 20), not_running(30, 50))
    assert clip_segments(whole, Span(10, 30)) == (Segment(10, 30, UP, Reason.OK, 0, 20),)
    assert clip_segments(whole, Span(5, 40)) == (Segment(5, 30, UP, Reason.OK, 0, 20), not_running(30, 40))


def test_joining_wants_one_state_one_reason_and_no_hole() -> None:
    parts = [
        Segment(0, 10, UP, Reason.OK, 0, 5),
        Segment(10, 10, DOWN, Reason.STATUS),
        Segment(10, 20, UP, Reason.OK),
        Segment(30, 40, UP, Reason.OK, 30, 35),
        Segment(40, 50, DOWN, Reason.STATUS, 40, 40),
        Segment(50, 60, DOWN, Reason.TIMEOUT, 50, 50),
    ]
    assert join_segments(parts) == (Segment(0, 20, UP, Reason.OK, 0, 5), *parts[3:])
    assert parts[0].span == Span(0, 10)


# Every millisecond, read a second time and slowly.

SPAN = Span(20, 100)
VERDICTS = (
    (UP, (Reason.OK,)),
    (UP, (Reason.TIMEOUT, Reason.OK)),
    (DOWN, (Reason.TIMEOUT, Reason.TIMEOUT)),
    (DOWN, (Reason.OWN_DNS, Reason.STATUS, Reason.OK, Reason.TIMEOUT)),
    (UNKNOWN, (Reason.OWN_NETWORK,)),
)


@st.composite
def evidence(draw: st.DrawFn) -> tuple[list[Check], list[Gap]]:
    """Slots of up to three epochs, four milliseconds apart at least, and gaps."""
    places = draw(st.lists(st.integers(0, 28), unique=True, max_size=14))
    borders = draw(st.lists(st.integers(0, 14), max_size=2).map(sorted))
    checks: list[Check] = []
    for number, place in enumerate(places):
        epoch = sum(number >= border for border in borders)
        state, reasons = draw(st.sampled_from(VERDICTS))
        checks += slot(
            place, place * 4, state, *reasons, epoch=epoch, hold=draw(st.sampled_from([5, 12, 30]))
        )
    spans = draw(st.lists(st.tuples(st.integers(0, 110), st.integers(0, 25)), max_size=4))
    silent = st.sampled_from([Reason.MONITOR_STALL, Reason.OWN_NETWORK])
    between = draw(st.lists(st.tuples(st.integers(0, 110), st.integers(0, 60)), max_size=2))
    return draw(st.permutations(checks)), [
        *(gap(start, start + length, draw(silent)) for start, length in spans),
        *(
            Gap(ALL_LANES, BETWEEN_EPOCHS, Span(start, start + length), Reason.NOT_RUNNING)
            for start, length in between
        ),
    ]


Cell = tuple[Reason, int | None, int | None]  # reason, and the checks it rests on


def slow_points(checks: Sequence[Check]) -> list[tuple[int, int, Reason, int, int]]:
    """(epoch, instant, reason, hold, last) of each slot."""
    points = []
    for epoch, number in {(check.epoch, check.slot) for check in checks}:
        rows = sorted((c for c in checks if (c.epoch, c.slot) == (epoch, number)), key=lambda c: c.attempt)
        failing = [row for row in rows if row.reason in (Reason.TIMEOUT, Reason.STATUS)]
        at, reason, last = rows[0].at, rows[0].reason, rows[0].at
        if rows[0].state is UP:
            reason = Reason.OK
        elif rows[0].state is DOWN:
            at, reason, last = failing[0].at, failing[0].reason, failing[-1].at
        points.append((epoch, at, reason, rows[0].hold, last))
    return points


def slow_cells(checks: Sequence[Check], gaps: Sequence[Gap]) -> list[Cell]:
    points = slow_points(checks)
    claims: dict[int, list[int]] = {}
    for epoch, at, *_ in points:
        claims.setdefault(epoch, []).append(at)
    silences = []
    for each in gaps:
        contrary = (
            [at for _, at, *_ in points if at > each.span.start] if each.epoch == BETWEEN_EPOCHS else []
        )
        silences.append((each.span.start, min([each.span.end, *contrary]), each.reason))
    silences = [silence for silence in silences if silence[0] < silence[1]]
    for one, other in combinations(claims.values(), 2):
        first, last = max(min(one), min(other)), min(max(one), max(other))
        if first <= last:
            silences.append((first, last + 1, Reason.CLOCK_SUSPECT))

    def silent(at: int) -> Reason | None:
        return min((s for s in silences if s[0] <= at < s[1]), default=(0, 0, None))[2]

    def cell(at: int) -> Cell:
        if (reason := silent(at)) is not None:
            return reason, None, None
        spoke = max((p[1:] for p in points if p[1] <= at and silent(p[1]) is None), default=None)
        ended = max((end for _, end, _ in silences if end <= at), default=None)
        if ended is not None and (spoke is None or spoke[0] < ended):
            return silent(ended - 1) or Reason.NOT_RUNNING, None, None
        if spoke is None or at >= spoke[0] + spoke[2]:
            return Reason.NOT_RUNNING, None, None
        return spoke[1], spoke[0], spoke[3]

    return [cell(at) for at in range(SPAN.start, SPAN.end)]


def cells_of(segments: Sequence[Segment]) -> list[Reason]:
    return [segment.reason for segment in segments for _ in range(segment.start, segment.end)]


@settings(max_examples=300, deadline=None)
@given(evidence())
def test_every_millisecond_is_as_a_slow_reading_has_it(found: tuple[list[Check], list[Gap]]) -> None:
    checks, gaps = found
    segments = lane_segments(checks, gaps, SPAN)
    slow = slow_cells(checks, gaps)
    assert cells_of(segments) == [reason for reason, _, _ in slow]
    for segment in segments:
        part = slow[segment.start - SPAN.start : segment.end - SPAN.start]
        assert segment.first == next((first for _, first, _ in part if first is not None), None)
        assert segment.last == next((last for *_, last in reversed(part) if last is not None), None)


@settings(max_examples=100, deadline=None)
@given(evidence())
def test_segments_partition_the_span(found: tuple[list[Check], list[Gap]]) -> None:
    segments = lane_segments(*found, SPAN)
    assert [segment.start for segment in segments] == [SPAN.start, *(s.end for s in segments[:-1])]
    assert segments[-1].end == SPAN.end
    assert join_segments(segments) == segments


@settings(max_examples=100, deadline=None)
@given(evidence(), st.integers(SPAN.start + 1, SPAN.end - 1))
def test_two_halves_joined_are_the_whole(found: tuple[list[Check], list[Gap]], cut: int) -> None:
    """Hours are sealed one by one; a month read from them is the month read from the checks."""
    halves = [*lane_segments(*found, Span(SPAN.start, cut)), *lane_segments(*found, Span(cut, SPAN.end))]
    assert join_segments(halves) == lane_segments(*found, SPAN)


@settings(max_examples=100, deadline=None)
@given(evidence(), st.integers(0, 120), st.integers(0, 60))
def test_clipping_is_the_common_part_of_every_segment(
    found: tuple[list[Check], list[Gap]], start: int, length: int
) -> None:
    segments = lane_segments(*found, SPAN)
    where = Span(start, start + length)
    assert clip_segments(segments, where) == tuple(
        replace(segment, start=common.start, end=common.end)
        for segment in segments
        if (common := segment.span.clip(where))
    )


@settings(max_examples=100, deadline=None)
@given(evidence(), st.sampled_from(State))
def test_the_time_that_segments_cover_is_their_spans_as_a_set(
    found: tuple[list[Check], list[Gap]], state: State
) -> None:
    chosen = [segment for segment in lane_segments(*found, SPAN) if segment.state is not state]
    assert covered(chosen) == normalise(segment.span for segment in chosen)

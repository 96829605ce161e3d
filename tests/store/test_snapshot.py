"""What a reader sees: one consistent view, whatever is sealed and whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.timeline import Segment
from monitor.errors import EvidenceRefused
from monitor.store import SqliteStore
from monitor.store.sqlite import connect
from monitor.store.writer import EvidenceWriter

MakeCheck = Callable[..., Check]


@pytest.fixture
def lane(writer: EvidenceWriter, origin: Ms, check: MakeCheck) -> int:
    """Three hours of a check a minute; the hundredth to the hundred-and-ninth are down."""
    lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
    writer.append(
        [
            check(lane, epoch, slot, origin + slot * MINUTE, State.DOWN, Reason.STATUS, latency=9_000)
            if 100 <= slot < 110
            else check(lane, epoch, slot, origin + slot * MINUTE, latency=1_000 - slot)
            for slot in range(180)
        ]
    )
    return lane


def test_states_from_before_the_first_check_until_after_the_last(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms
) -> None:
    """Up, eleven minutes less one of down, up, and nothing known on either side; the same once sealed."""
    end = origin + 179 * MINUTE + 130_000
    down, up = origin + 100 * MINUTE, origin + 110 * MINUTE
    expected = (
        Segment(origin - HOUR, origin, State.UNKNOWN, Reason.NOT_RUNNING),
        Segment(origin, down, State.UP, Reason.OK, origin, down - MINUTE),
        Segment(down, up, State.DOWN, Reason.STATUS, down, up - MINUTE),
        Segment(up, end, State.UP, Reason.OK, up, origin + 179 * MINUTE),
        Segment(end, origin + DAY, State.UNKNOWN, Reason.NOT_RUNNING),
    )
    for sealed in (origin, origin + 2 * HOUR, origin + 9 * HOUR):
        writer.seal(sealed)
        with store.snapshot() as snapshot:
            assert snapshot.segments([lane], Span(origin - HOUR, origin + DAY)) == {lane: expected}


def test_an_empty_span_and_a_lane_without_evidence(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms
) -> None:
    other = writer.lane("api", "here", since=origin)
    with store.snapshot() as snapshot:
        assert snapshot.segments([lane], Span(origin, origin)) == {lane: ()}
        assert snapshot.last_check(other) is None
        assert snapshot.segments([other], Span(origin, origin + 5)) == {
            other: (Segment(origin, origin + 5, State.UNKNOWN, Reason.NOT_RUNNING),)
        }


def test_the_newest_check_is_found_in_open_sealed_and_dirty_hours(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    def newest() -> tuple[int, int]:
        with store.snapshot() as snapshot:
            found = snapshot.last_check(lane)
            assert found is not None
            return found.epoch, found.slot

    assert newest() == (1, 179)
    writer.seal(origin + 9 * HOUR)
    assert newest() == (1, 179)
    epoch = writer.epoch(origin)
    writer.append([check(lane, epoch, 0, origin + 200 * MINUTE)])
    assert newest() == (epoch, 0)
    writer.seal(origin + 9 * HOUR)
    assert newest() == (epoch, 0)


def test_latencies_are_those_of_good_planned_attempts(store: SqliteStore, lane: int, origin: Ms) -> None:
    with store.snapshot() as snapshot:
        found = snapshot.latencies([lane], Span(origin + 98 * MINUTE, origin + 112 * MINUTE))[lane]
    assert found == [1_000 - slot for slot in (111, 110, 99, 98)]


def test_the_digest_is_of_values_and_not_of_how_they_are_stored(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms
) -> None:
    other = writer.lane("api", "here", since=origin)
    span = Span(origin, origin + 4 * HOUR)

    def digest(*lanes: int) -> str:
        with store.snapshot() as snapshot:
            return snapshot.digest(lanes, span)

    before = digest(lane, other)
    writer.seal(origin + 9 * HOUR)
    assert digest(other, lane) == before
    assert digest(lane) != before
    writer.append([Gap(lane, 1, Span(origin + 5, origin + 6), Reason.OVERLAP)])
    assert digest(lane, other) != before


def test_a_snapshot_does_not_see_what_is_written_meanwhile(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    with store.snapshot() as snapshot:
        writer.append([check(lane, 1, 500, origin + 500 * MINUTE)])
        writer.seal(origin + DAY)
        assert snapshot.as_of() == origin + 179 * MINUTE
    with store.snapshot() as snapshot:
        assert snapshot.as_of() == origin + 500 * MINUTE


def test_a_check_that_holds_for_days_is_carried_over_a_silent_night(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    """A lane with a daily check beside one with a check a minute, sealed hour by hour."""
    daily, epoch = writer.lane("certificate", "here", since=origin), 1
    writer.append([check(daily, epoch, 0, origin + MINUTE, hold=2 * DAY)])
    for hour in range(60):
        writer.seal(origin + hour * HOUR)
    with store.snapshot() as snapshot:
        states = snapshot.segments([daily, lane], Span(origin, origin + 3 * DAY))
    assert [(s.end - origin, s.state) for s in states[daily]] == [
        (MINUTE, State.UNKNOWN),
        (2 * DAY + MINUTE, State.UP),
        (3 * DAY, State.UNKNOWN),
    ]


def test_a_lost_segment_is_noticed(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, path: Path
) -> None:
    writer.seal(origin + DAY)
    with closing(connect(path)) as connection:
        connection.execute("DELETE FROM segment WHERE state = 2")
    with store.snapshot() as snapshot, pytest.raises(EvidenceRefused, match="restore it from a backup"):
        snapshot.segments([lane], Span(origin, origin + HOUR * 3))


def test_what_a_clock_that_was_wrong_by_centuries_wrote_is_there(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    """A check of the year 2247 reads as any other; one of 2249 is refused, and says what to do."""
    wrong = 8_760_000_000_000
    epoch = writer.epoch(wrong)
    writer.append([check(lane, epoch, 0, wrong)])

    with store.snapshot() as snapshot:
        assert [each.at for each in snapshot.checks(lane, Span(origin + DAY, 2**50))] == [wrong]
    with pytest.raises(EvidenceRefused, match="set the clock right"):
        writer.append([check(lane, epoch, 1, wrong + 2 * 365 * DAY)])

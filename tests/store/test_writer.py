"""The evidence writer: nothing is dropped, nothing is replaced, everything is said on the receipt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.checks import ALL_LANES, Check, Gap, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.errors import EvidenceRefused
from monitor.store import OPEN_END, SqliteStore
from monitor.store.protocol import Holder, Receipt
from monitor.store.sqlite import connect, sqlite3
from monitor.store.writer import EvidenceWriter

MakeCheck = Callable[..., Check]


@pytest.fixture
def lane(writer: EvidenceWriter, origin: Ms) -> int:
    return writer.lane("shop", "here", since=origin)


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(connect(path, readonly=True)) as connection:
        return connection.execute(query).fetchall()


def test_a_check_comes_back_as_it_was(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    epoch = writer.epoch(origin)
    failed = check(
        lane, epoch, 7, origin + 5, State.DOWN, Reason.STATUS, attempt=2, status=503, facts='{"status":503}'
    )
    fine = check(lane, epoch, 8, origin + 9, latency=None, status=None)
    assert writer.append([failed, fine]) == Receipt(stored=2, known_before=0)
    with store.snapshot() as snapshot:
        assert list(snapshot.checks(lane, Span(origin, origin + 9))) == [failed]
        assert snapshot.last_check(lane) == fine
        assert snapshot.as_of() == origin + 9


def test_a_repeated_batch_is_known(writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck) -> None:
    epoch = writer.epoch(origin)
    batch = [check(lane, epoch, slot, origin + slot * MINUTE) for slot in range(3)]
    gap = Gap(lane, epoch, Span(origin, origin + 5), Reason.OVERLAP)
    assert writer.append([*batch, gap]) == Receipt(4, 0)
    assert writer.append([*batch, gap, check(lane, epoch, 3, origin + 3 * MINUTE)]) == Receipt(1, 4)


@pytest.mark.parametrize("moved", [0, 1, HOUR, -HOUR])
def test_one_key_with_two_contents_keeps_the_first_and_records_the_second(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck, path: Path, moved: Ms
) -> None:
    """Also where the other content has an instant in the hour beside it, and within one batch."""
    epoch = writer.epoch(origin)
    at = origin + 30 * MINUTE
    first = check(lane, epoch, 0, at)
    second = check(lane, epoch, 0, at + moved, State.DOWN, Reason.TIMEOUT)
    assert writer.append([first, second]) == Receipt(1, 0, refused=(second,))
    assert writer.append([second]) == Receipt(0, 0, refused=(second,))
    with store.snapshot() as snapshot:
        assert list(snapshot.checks(lane, Span(origin - DAY, origin + DAY))) == [first]
    found = rows(path, "SELECT lane, epoch, slot, attempt FROM conflict")
    assert found == [(lane, epoch, 0, 0)]


def test_a_number_that_comes_again_in_our_own_epoch_is_a_conflict_however_much_later(
    writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    epoch = writer.epoch(origin)
    writer.append([check(lane, epoch, slot, origin + slot * HOUR) for slot in range(40)])
    again = check(lane, epoch, 2, origin + 41 * HOUR)
    assert writer.append([again]) == Receipt(0, 0, refused=(again,))


def test_an_earlier_writers_rows_are_known_to_the_next(
    store: SqliteStore, holder: Holder, origin: Ms, check: MakeCheck
) -> None:
    with store.writer(holder) as writer:
        lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
        batch = [check(lane, epoch, slot, origin + slot * MINUTE) for slot in range(100)]
        writer.append(batch[:60])
    with store.writer(holder) as writer:
        assert writer.append(batch) == Receipt(40, 60)
        assert writer.epoch(origin) == epoch + 1


def test_records_of_a_lane_that_is_not_enlisted_are_refused_whole(
    writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck, path: Path
) -> None:
    epoch = writer.epoch(origin)
    for stranger in (check(99, epoch, 0, origin), Gap(99, epoch, Span(1, 2), Reason.OVERLAP)):
        with pytest.raises(EvidenceRefused, match="there is no lane 99; enlist it before its checks"):
            writer.append([check(lane, epoch, 0, origin), stranger])
    with pytest.raises(EvidenceRefused, match="there is no lane 0"):
        writer.append([check(ALL_LANES, epoch, 0, origin)])
    assert rows(path, "SELECT count(*) FROM log") == [(0,)]


def test_a_batch_that_cannot_be_stored_whole_is_not_stored_at_all(
    writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck, path: Path
) -> None:
    """STRICT tables refuse a float or a text where an integer belongs; the repetition is complete."""
    epoch = writer.epoch(origin)
    good = check(lane, epoch, 0, origin)
    for wrong in ({"latency": 4.5}, {"status": "teapot"}):
        with pytest.raises(sqlite3.IntegrityError, match="cannot store"):
            writer.append([good, check(lane, epoch, 1, origin, **wrong)])
    assert rows(path, "SELECT count(*) FROM log") == [(0,)]
    assert writer.append([good]) == Receipt(1, 0)


def test_a_hold_that_reaches_too_far_is_refused(
    writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    with pytest.raises(EvidenceRefused, match="reaches too far"):
        writer.append([check(lane, writer.epoch(origin), 0, origin, hold=40 * DAY)])


def test_a_record_in_a_sealed_hour_is_late_until_it_is_sealed_anew(
    store: SqliteStore, writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    epoch = writer.epoch(origin)
    writer.append([check(lane, epoch, slot, origin + slot * MINUTE) for slot in range(180)])
    assert writer.seal(origin + 2 * HOUR + 9 * MINUTE) == 1
    assert writer.seal(origin + 2 * HOUR + 10 * MINUTE) == 1
    assert writer.seal(origin + 2 * HOUR + 10 * MINUTE) == 0
    other = writer.epoch(origin)
    late = check(lane, other, 0, origin + 90 * MINUTE + 7, State.DOWN, Reason.TIMEOUT)
    assert writer.append([late]).late == (Span(origin + HOUR, origin + 2 * HOUR),)
    span = Span(origin, origin + 3 * HOUR)
    with store.snapshot() as snapshot:
        before = snapshot.segments([lane], span)
    assert writer.seal(origin) == 1
    with store.snapshot() as snapshot:
        assert snapshot.segments([lane], span) == before
    assert [s.reason for s in before[lane]] == [Reason.OK, Reason.CLOCK_SUSPECT, Reason.OK]


def test_a_lane_is_renamed_retired_and_brought_back(
    store: SqliteStore, writer: EvidenceWriter, origin: Ms
) -> None:
    shop = writer.lane("shop", "here", since=origin)
    assert writer.lane("shop", "here", since=origin + 5) == shop
    assert writer.lane("shop", "there", since=origin) != shop
    assert writer.lane("store", "here", since=origin + 6, was=["kiosk", "shop"]) == shop
    writer.retire(shop, origin + 10)
    assert writer.lane("store", "here", since=origin + 20) == shop
    with store.snapshot() as snapshot:
        first = snapshot.lanes()[0]
    assert (first.endpoint, first.location) == ("store", "here")
    assert first.life == (Span(origin, origin + 10), Span(origin + 20, OPEN_END))


def test_a_life_that_a_wrong_clock_began_in_the_future_begins_now(
    store: SqliteStore, writer: EvidenceWriter, origin: Ms
) -> None:
    shop = writer.lane("shop", "here", since=origin + 365 * DAY)
    assert writer.lane("shop", "here", since=origin) == shop
    with store.snapshot() as snapshot:
        assert snapshot.lanes()[0].life == (Span(origin, OPEN_END),)


def test_the_mark_follows_the_clock_and_never_hides_what_was_checked(
    writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    assert writer.last_alive() is None
    writer.alive(origin + 50)
    writer.alive(origin + 40)
    assert writer.last_alive() == origin + 40
    writer.append([check(lane, writer.epoch(origin), 0, origin + 60)], alive=origin + 45)
    assert writer.last_alive() == origin + 60


def test_what_a_wrong_clock_left_in_the_future_says_nothing_of_when_the_monitor_was_last_seen(
    writer: EvidenceWriter, lane: int, origin: Ms, check: MakeCheck
) -> None:
    """Check, gap or mark: the newest that is not after the instant asked for."""
    epoch, now = writer.epoch(origin), origin + 5 * HOUR
    assert writer.last_alive(now) is None
    writer.append([check(lane, epoch, 9, now + DAY)], alive=now + 9 * DAY)
    assert writer.last_alive(now) is None
    writer.append([check(lane, epoch, 0, origin + 7)])
    assert writer.last_alive(now) == origin + 7
    writer.append([check(lane, epoch, 1, now - 9), check(lane, epoch, 2, now + 1)])
    assert writer.last_alive(now) == now - 9
    writer.append([Gap(lane, epoch, Span(now - 20, now - 4), Reason.OVERLAP)])
    assert writer.last_alive(now) == now - 4
    writer.alive(now)
    assert writer.last_alive(now) == now
    assert writer.last_alive() == now + DAY


def test_reasons_that_came_with_a_newer_program_are_learnt_or_refused(
    store: SqliteStore, holder: Holder, path: Path
) -> None:
    with closing(connect(path)) as connection:
        connection.execute("DELETE FROM reason WHERE name = 'too_slow'")
    with store.writer(holder):
        assert rows(path, "SELECT count(*) FROM reason WHERE name = 'too_slow'") == [(1,)]
    with closing(connect(path)) as connection:
        connection.execute("INSERT INTO reason (name) VALUES ('solar_flare')")
    with pytest.raises(EvidenceRefused, match="the reason 'solar_flare', which a newer"), store.snapshot():
        pass

"""Days that are over leave the log for chunks; whoever asks sees no difference; damage is told."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.errors import EvidenceRefused, MakegoodError
from monitor.store import SqliteStore, chunks, open_store
from monitor.store.proof import proved
from monitor.store.protocol import Need
from monitor.store.sqlite import connect, sqlite3
from monitor.store.writer import EvidenceWriter
from tests.store.conftest import MakeCheck

MIDNIGHT: Ms = 19_667 * DAY  # 2023-11-06
WHOLE = Span(MIDNIGHT, MIDNIGHT + 3 * DAY)
FAILED = '{"error":"timeout"}'


def run(
    check: MakeCheck, lane: int, epoch: int, minutes: range, failing: Sequence[int] = (100, 101, 2_000)
) -> list[Check]:
    """A check a minute with a latency of its own; these minutes failed."""
    return [
        check(lane, epoch, n, MIDNIGHT + n * MINUTE + 7 * lane, State.DOWN, Reason.TIMEOUT, facts=FAILED)
        if n in failing
        else check(lane, epoch, n, MIDNIGHT + n * MINUTE + 7 * lane, latency=400 + n % 97)
        for n in minutes
    ]


@pytest.fixture
def three_days(writer: EvidenceWriter, check: MakeCheck) -> EvidenceWriter:
    """Three days of two endpoints, sealed."""
    epoch = writer.epoch(MIDNIGHT)
    for name in ("shop", "api"):
        lane = writer.lane(name, "here", since=MIDNIGHT)
        writer.append(run(check, lane, epoch, range(3 * 1_440)))
    writer.seal(WHOLE.end + HOUR)
    return writer


def asked(store: SqliteStore) -> list[object]:
    """All that a store can be asked about these days."""
    with store.snapshot() as snapshot:
        return [
            snapshot.segments([1, 2], WHOLE),
            snapshot.digest([1, 2], WHOLE),
            [list(snapshot.checks(lane, WHOLE)) for lane in (1, 2)],
            [list(snapshot.checks(2, Span(MIDNIGHT + n * HOUR, MIDNIGHT + n * HOUR + 1))) for n in range(72)],
            [snapshot.tallies(Need(1, 5 * MINUTE, bound), WHOLE) for bound in (0, 450)],
            snapshot.tallies(Need(2, 1), Span(MIDNIGHT, MIDNIGHT + DAY)),
            snapshot.latencies([1, 2], Span(MIDNIGHT + HOUR, WHOLE.end - HOUR)),
            [snapshot.last_check(lane) for lane in (1, 2)],
            [snapshot.as_of(upto) for upto in (None, MIDNIGHT + 90 * MINUTE, WHOLE.end, MIDNIGHT - 1)],
        ]


def rows(store: SqliteStore, query: str) -> list[tuple[object, ...]]:
    with closing(connect(store.path, readonly=True)) as connection:
        return connection.execute(query).fetchall()


def all_steps(writer: EvidenceWriter, upto: Ms) -> list[int]:
    """What each step took, until nothing was left to do."""
    return list(iter(lambda: writer.repack(upto, steps=1), 0))


def test_whoever_asks_sees_no_difference(store: SqliteStore, three_days: EvidenceWriter) -> None:
    before = asked(store)
    for day in (1, 2, 3):
        three_days.repack(MIDNIGHT + (day + 1) * DAY)
        assert asked(store) == before
    assert rows(store, "SELECT count(*) FROM log") == [(0,)]
    assert list(proved(store.path)) == []


def test_a_day_is_packed_a_day_after_its_end(store: SqliteStore, three_days: EvidenceWriter) -> None:
    assert three_days.repack(MIDNIGHT + 2 * DAY - 1) == 0
    assert three_days.repack(MIDNIGHT + 2 * DAY) == 2 * 1_440
    assert rows(store, "SELECT lane, start, end, checks, whole FROM chunk") == [
        (lane, MIDNIGHT // HOUR, MIDNIGHT // HOUR + 24, 1_440, 1) for lane in (1, 2)
    ]


def test_only_what_is_sealed_is_packed(store: SqliteStore, writer: EvidenceWriter, check: MakeCheck) -> None:
    writer.append(run(check, writer.lane("shop", "here", since=MIDNIGHT), writer.epoch(MIDNIGHT), range(600)))
    assert writer.repack(MIDNIGHT + 9 * DAY) == 0
    writer.seal(MIDNIGHT + 3 * HOUR + 10 * MINUTE)
    assert writer.repack(MIDNIGHT + 9 * DAY) == 180


def test_pieces_of_a_day_become_one(store: SqliteStore, writer: EvidenceWriter, check: MakeCheck) -> None:
    epoch, lane = writer.epoch(MIDNIGHT), writer.lane("shop", "here", since=MIDNIGHT)
    for part in (range(600), range(600, 1_440)):
        writer.append(run(check, lane, epoch, part))
        writer.seal(MIDNIGHT + part.stop * MINUTE + 10 * MINUTE)
        all_steps(writer, MIDNIGHT + 2 * DAY)
    assert rows(store, "SELECT end - start, checks FROM chunk") == [(24, 1_440)]
    assert all_steps(writer, MIDNIGHT + 2 * DAY) == []


def test_what_comes_late_is_packed_into_the_chunk_that_is_there(
    store: SqliteStore, three_days: EvidenceWriter, check: MakeCheck
) -> None:
    three_days.repack(MIDNIGHT + 4 * DAY)
    late = check(1, 2, 0, MIDNIGHT + 90 * MINUTE + 30_000, State.DOWN, Reason.STATUS, facts='{"status":503}')

    receipt = three_days.append([late])
    between = asked(store)
    three_days.seal(WHOLE.end + HOUR)
    sealed = asked(store)
    all_steps(three_days, MIDNIGHT + 4 * DAY)

    assert receipt.stored == 1
    assert sealed == between == asked(store)
    assert rows(store, "SELECT count(*) FROM log") == [(0,)]
    assert rows(store, "SELECT checks FROM chunk ORDER BY lane, start")[0] == (1_441,)
    assert list(proved(store.path)) == []


def test_what_is_packed_is_known_when_it_comes_again(
    store: SqliteStore, three_days: EvidenceWriter, check: MakeCheck
) -> None:
    again = run(check, 1, 1, range(5))
    three_days.repack(MIDNIGHT + 4 * DAY)
    with open_store(store.path).writing() as another:
        other = check(1, 1, 5, again[4].at + MINUTE, State.DOWN, Reason.STATUS)
        receipt = another.append([*again, other])
    assert (receipt.stored, receipt.known_before, receipt.refused) == (0, 5, (other,))


def test_hours_that_wait_to_be_sealed_anew_stay_in_the_log(
    store: SqliteStore, three_days: EvidenceWriter, check: MakeCheck
) -> None:
    three_days.append([check(1, 2, 0, MIDNIGHT + 5 * HOUR + 1)])
    all_steps(three_days, MIDNIGHT + 2 * DAY)
    waiting = {hour for (hour,) in rows(store, "SELECT hour FROM dirty")}
    assert {
        hour
        for (hour,) in rows(
            store, f"SELECT DISTINCT (place >> 20) / {HOUR} FROM log WHERE place >> 20 < {MIDNIGHT + DAY}"
        )
    } == waiting

    three_days.seal(WHOLE.end + HOUR)
    all_steps(three_days, MIDNIGHT + 2 * DAY)
    assert rows(store, f"SELECT count(*) FROM chunk WHERE start < {MIDNIGHT // HOUR + 24}") == [(2,)]


def test_the_log_loses_nothing_but_what_is_packed(store: SqliteStore, three_days: EvidenceWriter) -> None:
    with (
        closing(connect(store.path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute("DELETE FROM log WHERE slot = 5")


def test_the_latencies_of_a_day_are_counted_in_buckets(
    store: SqliteStore, three_days: EvidenceWriter
) -> None:
    three_days.repack(MIDNIGHT + 4 * DAY)
    with closing(connect(store.path, readonly=True)) as connection:
        month = chunks.histogram(connection, 1, Span(MIDNIGHT, WHOLE.end))
    with store.snapshot() as snapshot:
        real = snapshot.latencies([1], WHOLE)[1]
    assert month.total == len(real) == 3 * 1_440 - 3
    low, high = month.quantile(Fraction(19, 20)) or (0, 0)
    assert low <= real[-(-len(real) * 19 // 20) - 1] <= high


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE chunk SET body = substr(body, 1, length(body) - 1)",
        "UPDATE chunk SET body = zeroblob(length(body))",
        "UPDATE chunk SET digest = zeroblob(16)",
        "UPDATE chunk SET body = x''",
    ],
)
def test_a_chunk_that_was_changed_is_never_read(
    store: SqliteStore, three_days: EvidenceWriter, harm: str
) -> None:
    three_days.repack(MIDNIGHT + 4 * DAY)
    with closing(connect(store.path)) as connection:
        connection.execute(f"{harm} WHERE lane = 1 AND start = {MIDNIGHT // HOUR + 24}")
    with store.snapshot() as snapshot:
        assert len(list(snapshot.checks(1, Span(MIDNIGHT, MIDNIGHT + DAY)))) == 1_440
        with pytest.raises(
            EvidenceRefused, match="packed checks of lane 1 from 2023-11-07 00:00Z are damaged"
        ):
            list(snapshot.checks(1, WHOLE))
    with pytest.raises(MakegoodError, match="damaged"):
        list(proved(store.path))


def test_the_file_can_give_room_back(path: Path, store: SqliteStore) -> None:
    assert rows(store, "PRAGMA auto_vacuum") == [(2,)]
    assert rows(store, "PRAGMA page_size") == [(1_024,)]

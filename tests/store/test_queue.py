"""The queue: putting never waits, what is acknowledged is on disk, and a full disk loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import pytest

from monitor.core.checks import Check, Gap, Reason
from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.errors import EvidenceRefused, Held
from monitor.store import EvidenceQueue, SqliteStore
from monitor.store.errors import Unreachable
from monitor.store.protocol import Holder, Receipt
from monitor.store.sqlite import sqlite3
from monitor.store.writer import EvidenceWriter

MakeCheck = Callable[..., Check]
Record = Check | Gap


class HeldClock:
    """A clock that a test moves."""

    def __init__(self, now: Ms) -> None:
        self.at = now

    def now(self) -> Ms:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1_000


class FullDisk:
    """A store whose writer fails so many times before, or right after, its commit."""

    def __init__(self, store: SqliteStore, failures: int, *, after_commit: bool = False) -> None:
        self.store, self.failures, self.after_commit = store, failures, after_commit
        self.opened = 0

    def lock(self, holder: Holder) -> AbstractContextManager[None]:
        return self.store.lock(holder)

    @contextmanager
    def writing(self) -> Iterator[EvidenceWriter]:
        self.opened += 1
        with self.store.writing() as writer:
            yield _FailingWriter(writer, self)  # type: ignore[misc]


class _FailingWriter:
    def __init__(self, writer: EvidenceWriter, disk: FullDisk) -> None:
        self._writer, self._disk = writer, disk

    def append(self, batch: Sequence[Record], *, alive: Ms | None = None) -> Receipt:
        failing = bool(batch) and self._disk.failures > 0
        self._disk.failures -= failing
        if failing and not self._disk.after_commit:
            raise sqlite3.OperationalError("database or disk is full")
        receipt = self._writer.append(batch, alive=alive)
        if failing:
            raise sqlite3.OperationalError("disk I/O error")
        return receipt

    def __getattr__(self, name: str) -> object:
        return getattr(self._writer, name)


@pytest.fixture
def lane(store: SqliteStore, holder: Holder, origin: Ms) -> int:
    with store.writer(holder) as writer:
        writer.epoch(origin)
        return writer.lane("shop", "here", since=origin)


@pytest.fixture
def checks(lane: int, origin: Ms, check: MakeCheck) -> list[Check]:
    return [check(lane, 1, slot, origin + slot * MINUTE) for slot in range(120)]


def stored(store: SqliteStore, lane: int, origin: Ms) -> list[Check]:
    with store.snapshot() as snapshot:
        return list(snapshot.checks(lane, Span(origin, origin + 9 * HOUR)))


def test_what_was_put_is_acknowledged_once_and_is_there(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    acknowledged: list[Record] = []
    with EvidenceQueue(
        store, holder, HeldClock(origin), on_commit=lambda records, receipt: acknowledged.extend(records)
    ) as queue:
        threads = [threading.Thread(target=queue.put, args=(checks[n::4],)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        queue.flush()
        assert queue.waiting == 0
        assert stored(store, lane, origin) == checks
        assert sorted(record.key for record in acknowledged if isinstance(record, Check)) == [
            check.key for check in checks
        ]


def test_leaving_commits_what_waits_and_takes_no_more(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    with EvidenceQueue(store, holder, HeldClock(origin), seconds=3_600) as queue:
        queue.put(checks)
    assert stored(store, lane, origin) == checks
    with pytest.raises(RuntimeError, match="the evidence queue is closed"):
        queue.put(checks)


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_disk_that_refuses_is_tried_again_and_nothing_is_lost_or_doubled(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms, after_commit: bool
) -> None:
    """A commit that failed may have been one: the repetition finds the rows there."""
    disk = FullDisk(store, 3, after_commit=after_commit)
    errors: list[Exception] = []
    done = threading.Event()
    with EvidenceQueue(
        disk,
        holder,
        HeldClock(origin),
        on_commit=lambda records, receipt: done.set(),
        on_error=errors.append,
        seconds=0.02,
    ) as queue:
        queue.put(checks)
        assert done.wait(30)
    assert len(errors) == 3
    assert disk.opened == 4
    assert stored(store, lane, origin) == checks


def test_the_lock_is_ours_also_while_the_disk_refuses(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    """Another writer that came in the pause would end this one, and what waits would be lost."""
    refused, intruders = threading.Event(), []
    disk = FullDisk(store, 1)
    with EvidenceQueue(disk, holder, HeldClock(origin), on_error=lambda error: refused.set()) as queue:
        queue.put(checks)
        assert refused.wait(30)
        with pytest.raises(Held, match="pid 4711"), store.writer(holder):
            intruders.append("another writer")
    assert intruders == []
    assert stored(store, lane, origin) == checks


def test_closing_while_the_disk_refuses_says_so(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    queue = EvidenceQueue(FullDisk(store, 10**6), holder, HeldClock(origin), seconds=3_600)
    with pytest.raises(Unreachable, match="disk is full"), queue:
        queue.put(checks)


def test_rows_past_the_limit_become_a_gap(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    """Memory is bounded, and every planned slot is accounted for."""
    with EvidenceQueue(store, holder, HeldClock(origin), seconds=3_600, limit=100) as queue:
        queue.put(checks)
        assert queue.waiting == 100
    assert stored(store, lane, origin) == checks[:100]
    with store.snapshot() as snapshot:
        last = snapshot.segments([lane], Span(origin, origin + 2 * HOUR))[lane][-1]
    assert (last.start, last.reason) == (origin + 100 * MINUTE, Reason.OWN_RESOURCE)


def test_calls_run_in_order_and_give_their_results_or_errors(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    with EvidenceQueue(store, holder, HeldClock(origin), seconds=3_600) as queue:
        queue.put(checks)
        assert queue.call(lambda writer: writer.last_alive()) == checks[-1].at
        with pytest.raises(EvidenceRefused, match="no lane 77"):
            queue.call(lambda writer: writer.append([Gap(77, 1, Span(1, 2), Reason.OVERLAP)]))
        queue.request_seal(origin + 9 * HOUR)
        queue.flush()
        queue.flush()
        assert queue.call(lambda writer: writer.seal(origin + 9 * HOUR)) == 0


def test_the_mark_moves_with_the_clock(store: SqliteStore, holder: Holder, lane: int, origin: Ms) -> None:
    clock = HeldClock(origin)
    with EvidenceQueue(store, holder, clock, seconds=3_600) as queue:
        for moved, seen in ((0, 0), (999, 0), (1_000, 1_000)):
            clock.at = origin + moved
            queue.flush()
            with store.snapshot() as snapshot:
                assert snapshot.as_of() == origin + seen


def test_a_held_lock_is_told_on_entering(store: SqliteStore, holder: Holder, origin: Ms) -> None:
    with (
        store.writer(holder),
        pytest.raises(Held, match="pid 4711"),
        EvidenceQueue(store, holder, HeldClock(origin)),
    ):
        pass


def test_a_record_that_can_never_be_stored_ends_the_queue_loudly(
    store: SqliteStore, holder: Holder, lane: int, origin: Ms, check: MakeCheck
) -> None:
    queue = EvidenceQueue(store, holder, HeldClock(origin), rows=1)
    with pytest.raises(EvidenceRefused, match="no lane 77"), queue:
        queue.put([check(77, 1, 0, origin)])


def test_where_the_silence_before_this_run_began_is_known_before_the_mark_moves(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    clock = HeldClock(origin)
    with EvidenceQueue(store, holder, clock) as queue:
        assert queue.reached is None
        queue.put(checks)
    clock.at = origin + 9 * HOUR
    with EvidenceQueue(store, holder, clock) as queue:
        queue.flush()
        assert queue.reached == checks[-1].at
        assert queue.call(lambda writer: writer.last_alive()) == clock.at


def test_a_mark_in_the_future_hides_no_silence_and_comes_back_to_the_clock(
    store: SqliteStore, holder: Holder, lane: int, checks: list[Check], origin: Ms
) -> None:
    with store.writer(holder) as writer:
        writer.append(checks, alive=origin + 10 * 365 * 24 * HOUR)
    with EvidenceQueue(store, holder, HeldClock(origin + 9 * HOUR)) as queue:
        queue.flush()
        assert queue.reached == checks[-1].at
        with store.snapshot() as snapshot:
            assert snapshot.as_of() == origin + 9 * HOUR

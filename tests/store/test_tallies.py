"""Counts that are kept as hours are sealed say what a count over all the checks says, at any time."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms, Span
from monitor.errors import EvidenceGone, Exit
from monitor.store import open_store
from monitor.store.protocol import Need, Tally
from monitor.store.sqlite import connect
from tests.store.test_sealing import HOLDER, ORIGIN, WHOLE, empty, steps  # noqa: F401 - a fixture

NEEDS = tuple(
    Need(lane, length, bound)
    for lane in (1, 2)
    for length, bound in ((5 * MINUTE, 0), (15 * MINUTE, 1_000), (15 * MINUTE, 4_000), (1, 0))
)


def by_hand(checks: Iterable[Check], need: Need, span: Span) -> list[Tally]:
    """The counts of the slots that start in `span`, one check after the other."""
    good: Counter[Ms] = Counter()
    every: Counter[Ms] = Counter()
    for check in checks:
        slot = check.at // need.length * need.length
        if (check.lane, check.attempt) != (need.lane, 0) or check.state is State.UNKNOWN or slot not in span:
            continue
        fast = not need.bound or (check.latency is not None and check.latency <= need.bound)
        every[slot] += 1
        good[slot] += check.reason is Reason.OK and fast
    return [Tally(slot, good[slot], every[slot]) for slot in sorted(every)]


latencies = st.sampled_from((None, 0, 999, 1_000, 1_001, 4_000, 9_000))


@given(
    plan=st.lists(steps, min_size=1, max_size=12), asked=st.integers(0, 11),
    latency=st.lists(latencies, min_size=1), cut=st.integers(0, 9 * 60),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_all_checks_in_any_order_of_records_seals_and_packs(
    empty: Path,  # noqa: F811
    plan: list[object],
    asked: int,
    latency: list[int | None],
    cut: int,
) -> None:
    """Late, repeated and contradicting records, several epochs; the need comes at some step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.db"
        shutil.copy(empty, path)
        store = open_store(path)
        written: dict[tuple[int, ...], Check] = {}
        with store.writer(HOLDER) as writer:
            for place, step in enumerate(plan):
                if place == asked:
                    writer.count(NEEDS)
                records = tuple(timed(record, latency) for record in step.records)
                for _ in range(2):
                    replace(step, records=records).act(writer)
                for record in records:
                    if isinstance(record, Check):
                        written.setdefault((record.lane, record.epoch, record.slot, record.attempt), record)
            part = Span(WHOLE.start, ORIGIN + cut * MINUTE)
            for span in (WHOLE, part, Span(part.end, WHOLE.end)):
                compare(store, written.values(), span)
            writer.seal(WHOLE.end + HOUR)
            compare(store, written.values(), WHOLE)
            writer.repack(WHOLE.end + 3 * DAY)
            compare(store, written.values(), WHOLE)


def timed(record: Check | Gap, latencies: Sequence[int | None]) -> Check | Gap:
    if isinstance(record, Gap):
        return record
    key = record.lane + record.epoch + record.slot
    return Check(
        record.lane, record.epoch, record.slot, record.attempt, record.at, record.state, record.reason,
        record.hold, latencies[key % len(latencies)],
    )  # fmt: skip


def compare(store, written: Iterable[Check], span: Span) -> None:
    with store.snapshot() as snapshot:
        for need in NEEDS:
            assert list(snapshot.tallies(need, span)) == by_hand(written, need, span), need
        for lane in (1, 2):
            mine = sorted((c for c in written if c.lane == lane and c.at in span), key=in_order)
            assert list(snapshot.checks(lane, span)) == mine
            assert snapshot.latencies([lane], span)[lane] == sorted(good_latencies(mine))


def in_order(check: Check) -> tuple[int, ...]:
    return (check.at, check.epoch, check.slot, check.attempt)


def good_latencies(checks: Iterable[Check]) -> list[int]:
    return [
        check.latency
        for check in checks
        if check.attempt == 0
        and check.state is State.UP
        and check.reason is Reason.OK
        and check.latency is not None
    ]


def minutes(first: int, count: int, lane: int = 1) -> list[Check]:
    return [
        Check(lane, 1, n, 0, ORIGIN + n * MINUTE, State.UP, Reason.OK, 2 * MINUTE, 500)
        for n in range(first, first + count)
    ]


def kept(path: Path) -> list[tuple[int, ...]]:
    with closing(connect(path, readonly=True)) as connection:
        return connection.execute("SELECT lane, length, bound, start, end FROM tallied").fetchall()


def gone(path: Path, before: Ms) -> None:
    """Old checks are taken away, as a house that keeps them for a while does."""
    with closing(connect(path)) as connection:
        connection.execute("DROP TRIGGER log_no_delete")
        connection.execute("DELETE FROM log WHERE place >> 20 < ?", (before // HOUR * HOUR,))


NEED = Need(1, 15 * MINUTE)


def test_counts_are_kept_for_what_is_sealed_and_only_once(empty: Path, tmp_path: Path) -> None:  # noqa: F811
    path = Path(shutil.copy(empty, tmp_path / "m.db"))
    with open_store(path).writer(HOLDER) as writer:
        writer.append(minutes(0, 300))
        writer.count([NEED])
        writer.seal(ORIGIN + 3 * HOUR)
        writer.count([NEED])

    assert kept(path) == [(1, 15 * MINUTE, 0, ORIGIN, ORIGIN + 2 * HOUR)]


def test_a_new_need_is_counted_back_as_far_as_the_checks_reach(empty: Path, tmp_path: Path) -> None:  # noqa: F811
    path = Path(shutil.copy(empty, tmp_path / "m.db"))
    with open_store(path).writer(HOLDER) as writer:
        writer.append(minutes(0, 300))
        writer.seal(ORIGIN + 5 * HOUR)
        writer.count([NEED])

    assert kept(path) == [(1, 15 * MINUTE, 0, ORIGIN, ORIGIN + 4 * HOUR)]


def test_what_was_counted_outlives_its_checks_and_the_rest_is_gone(empty: Path, tmp_path: Path) -> None:  # noqa: F811
    path = Path(shutil.copy(empty, tmp_path / "m.db"))
    store = open_store(path)
    with store.writer(HOLDER) as writer:
        writer.append(minutes(0, 300))
        writer.count([NEED])
        writer.seal(ORIGIN + 5 * HOUR)
    gone(path, ORIGIN + 2 * HOUR)
    span = Span(ORIGIN, ORIGIN + 4 * HOUR)

    with closing(connect(path, readonly=True)) as connection:
        assert connection.execute("SELECT count(*) FROM log").fetchone() == (180,)
    with open_store_anyway(path) as snapshot:
        assert sum(tally.total for tally in snapshot.tallies(NEED, span)) == 240
        with pytest.raises(EvidenceGone, match=r"ask about time from .*Z on") as refused:
            snapshot.tallies(Need(1, 15 * MINUTE, 1_000), span)
        later = snapshot.tallies(Need(1, 15 * MINUTE, 1_000), Span(ORIGIN + 2 * HOUR, span.end))
    assert refused.value.exit_code == Exit.GONE
    assert sum(tally.total for tally in later) == 120


def open_store_anyway(path: Path):
    """A snapshot of a database whose trigger is gone: opening would refuse it."""
    from contextlib import contextmanager

    from monitor.store.snapshot import SqliteSnapshot
    from monitor.store.transaction import reading

    @contextmanager
    def snapshot():
        with closing(connect(path, readonly=True)) as connection, reading(connection):
            yield SqliteSnapshot(connection)

    return snapshot()


def test_counts_of_single_checks_are_the_checks_themselves(empty: Path, tmp_path: Path) -> None:  # noqa: F811
    path = Path(shutil.copy(empty, tmp_path / "m.db"))
    store = open_store(path)
    with store.writer(HOLDER) as writer:
        writer.append(minutes(0, 180))
        writer.count([Need(1, 1)])
        writer.seal(ORIGIN + 3 * HOUR)

    assert kept(path) == []
    with store.snapshot() as snapshot:
        found = snapshot.tallies(Need(1, 1), Span(ORIGIN, ORIGIN + 30 * SECOND + MINUTE))
    assert found == (Tally(ORIGIN, 1, 1), Tally(ORIGIN + MINUTE, 1, 1))

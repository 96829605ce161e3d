"""Many lanes as columns say what each lane's checks say: loose, packed, both, and in any part of a day."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.checks import Check
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.errors import EvidenceGone, EvidenceRefused
from monitor.store import SqliteStore
from monitor.store.protocol import Columns
from monitor.store.sqlite import connect
from monitor.store.writer import EvidenceWriter
from tests.store.conftest import MakeCheck
from tests.store.test_repacking import MIDNIGHT, WHOLE, run, three_days  # noqa: F401 - a fixture


def as_checks(pages: Iterable[Columns]) -> list[Check]:
    """The columns as the checks that they are."""
    return [
        Check(
            page.lane, epoch, slot, attempt, at, state, reason, hold,
            None if latency is None else int(latency), status, facts,
        )
        for page in pages
        for at, epoch, slot, attempt, state, reason, hold, latency, status, facts in zip(
            page.at, page.epoch, page.slot, page.attempt, page.state, page.reason, page.hold,
            page.latency, page.status, page.facts, strict=True,
        )
    ]  # fmt: skip


def one_by_one(store: SqliteStore, span: Span, *, failed: bool = False) -> list[Check]:
    with store.snapshot() as snapshot:
        return [check for lane in (1, 2) for check in snapshot.checks(lane, span, failed=failed)]


def swept(store: SqliteStore, span: Span, *, failed: bool = False) -> list[Check]:
    with store.snapshot() as snapshot:
        return as_checks(snapshot.sweep([2, 1], span, failed=failed))


@pytest.mark.parametrize("packed_days", [0, 1, 2, 3])
def test_columns_say_what_the_checks_say(
    store: SqliteStore,
    three_days: EvidenceWriter,  # noqa: F811 - a fixture
    packed_days: int,
) -> None:
    three_days.repack(MIDNIGHT + (packed_days + 1) * DAY)
    for start in range(WHOLE.start, WHOLE.end, DAY):
        day = Span(start, start + DAY)
        assert len(swept(store, day)) == 2 * 1_440
        assert swept(store, day) == one_by_one(store, day)
        assert swept(store, day, failed=True) == one_by_one(store, day, failed=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(-90, 4_400), length=st.integers(0, 1_500))
def test_any_part_of_the_time_is_cut_where_it_should_be(
    store: SqliteStore,
    three_days: EvidenceWriter,  # noqa: F811 - a fixture
    start: int,
    length: int,
) -> None:
    """Two days are packed, the third is not; the second lane's checks start 14 ms after the minute."""
    three_days.repack(MIDNIGHT + 3 * DAY)
    begin = MIDNIGHT + start * MINUTE + 14
    span = Span(begin, begin + length * MINUTE)

    assert swept(store, span) == one_by_one(store, span)


def test_a_late_record_of_a_packed_day_stands_where_it_belongs(
    store: SqliteStore,
    three_days: EvidenceWriter,  # noqa: F811 - a fixture
    check: MakeCheck,
) -> None:
    three_days.repack(MIDNIGHT + 4 * DAY)
    late: Ms = MIDNIGHT + 90 * MINUTE + 30_000
    three_days.append([check(1, 1, 9_000, late, latency=None, status=None)])

    found = swept(store, Span(MIDNIGHT, MIDNIGHT + DAY))

    assert [c.at for c in found if c.lane == 1][90:93] == [late - 29_993, late, late + 30_007]
    assert found == one_by_one(store, Span(MIDNIGHT, MIDNIGHT + DAY))


def test_forgotten_checks_are_an_error_and_failed_ones_are_there(
    store: SqliteStore,
    three_days: EvidenceWriter,  # noqa: F811 - a fixture
) -> None:
    three_days.repack(MIDNIGHT + 4 * DAY)
    three_days.forget({1: MIDNIGHT + DAY + HOUR, 2: MIDNIGHT + DAY + HOUR})
    day = Span(MIDNIGHT, MIDNIGHT + DAY)

    with pytest.raises(EvidenceGone, match="before 2023-11-07Z were forgotten"):
        swept(store, day)
    assert [(c.lane, c.slot) for c in swept(store, day, failed=True)] == [
        (1, 100), (1, 101), (2, 100), (2, 101),
    ]  # fmt: skip
    assert len(swept(store, Span(day.end, WHOLE.end))) == 4 * 1_440


def test_a_chunk_that_was_changed_is_refused(
    store: SqliteStore,
    three_days: EvidenceWriter,  # noqa: F811 - a fixture
) -> None:
    three_days.repack(MIDNIGHT + 4 * DAY)
    with closing(connect(store.path)) as connection:
        connection.execute("UPDATE chunk SET body = substr(body, 1, length(body) - 1) WHERE lane = 2")

    with pytest.raises(EvidenceRefused, match="packed checks of lane 2 from 2023-11-06 00:00Z are damaged"):
        swept(store, WHOLE)


def test_no_check_started_before_the_first_one(
    store: SqliteStore, writer: EvidenceWriter, check: MakeCheck
) -> None:
    with store.snapshot() as snapshot:
        assert snapshot.begins() is None
    lane, epoch = writer.lane("shop", "here", since=MIDNIGHT), writer.epoch(MIDNIGHT)
    writer.append(run(check, lane, epoch, range(100, 3_000)))
    writer.seal(WHOLE.end)
    for packed_until in (MIDNIGHT, WHOLE.end):
        writer.repack(packed_until)
        with store.snapshot() as snapshot:
            assert snapshot.begins() == MIDNIGHT + HOUR

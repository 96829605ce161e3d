"""Good checks of past days can go; what failed, the states, the counts that are needed and the rest stay."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.checks import Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.errors import EvidenceGone
from monitor.store import SqliteStore
from monitor.store.proof import proved
from monitor.store.protocol import Need
from monitor.store.sqlite import connect
from monitor.store.writer import EvidenceWriter
from tests.store.conftest import MakeCheck
from tests.store.test_kill_at import killed
from tests.store.test_repacking import FAILED, MIDNIGHT, WHOLE, all_steps, rows, run, three_days  # noqa: F401

FIRST_DAY = Span(MIDNIGHT, MIDNIGHT + DAY)
NEED = Need(1, 5 * MINUTE)


@pytest.fixture
def packed(three_days: EvidenceWriter) -> EvidenceWriter:  # noqa: F811 - a fixture
    """Three days of two endpoints, packed; the counts of one of them are needed in slots of five minutes."""
    three_days.count([NEED])
    three_days.repack(MIDNIGHT + 4 * DAY)
    return three_days


def after_a_day(lanes: tuple[int, ...] = (1, 2)) -> dict[int, Ms]:
    return dict.fromkeys(lanes, FIRST_DAY.end + HOUR)


def test_what_failed_stays_and_so_do_states_and_counts(store: SqliteStore, packed: EvidenceWriter) -> None:
    with store.snapshot() as snapshot:
        states, counts = snapshot.segments([1, 2], WHOLE), snapshot.tallies(NEED, WHOLE)
        digest = snapshot.digest([1, 2], WHOLE)

    assert packed.forget(after_a_day()) == 2 * (1_440 - 2)

    with store.snapshot() as snapshot:
        assert snapshot.segments([1, 2], WHOLE) == states
        assert snapshot.digest([1, 2], WHOLE) == digest
        assert snapshot.tallies(NEED, WHOLE) == counts
        left = list(snapshot.checks(1, FIRST_DAY, failed=True))
        assert [(c.slot, c.state, c.reason, c.facts) for c in left] == [
            (n, State.DOWN, Reason.TIMEOUT, FAILED) for n in (100, 101)
        ]
        assert len(list(snapshot.checks(1, Span(FIRST_DAY.end, WHOLE.end)))) == 2 * 1_440
    assert packed.forget(after_a_day()) == 0


def test_a_question_about_what_was_forgotten_is_an_error_that_says_so(
    store: SqliteStore, packed: EvidenceWriter
) -> None:
    packed.forget(after_a_day())
    around = Span(FIRST_DAY.end - MINUTE, WHOLE.end)
    said = "good checks before 2023-11-07Z were forgotten"
    with store.snapshot() as snapshot:
        with pytest.raises(EvidenceGone, match=said):
            list(snapshot.checks(1, around))
        with pytest.raises(EvidenceGone, match=said):
            snapshot.latencies([1], around)
        with pytest.raises(EvidenceGone, match="the checks before 2023-11-07 00:00Z are gone"):
            snapshot.tallies(Need(1, 15 * MINUTE, 450), Span(FIRST_DAY.end - HOUR, WHOLE.end))


def test_the_counts_of_a_day_that_are_needed_keep_it_whole_until_they_are_kept(
    store: SqliteStore, packed: EvidenceWriter
) -> None:
    """A count that somebody asked for, and that is not there for this day."""
    with closing(connect(store.path)) as connection:
        connection.execute("UPDATE tallied SET start = start + 3600000")
    assert packed.forget(after_a_day()) == 1_440 - 2, "the other endpoint's alone"
    packed.count([NEED])
    assert packed.forget(after_a_day()) == 1_440 - 2


def test_what_comes_late_into_forgotten_time_is_kept_and_changes_no_state(
    store: SqliteStore, packed: EvidenceWriter, check: MakeCheck
) -> None:
    packed.forget(after_a_day())
    with store.snapshot() as snapshot:
        states = snapshot.segments([1, 2], WHOLE)
    late = check(1, 2, 0, MIDNIGHT + 5 * HOUR + 1, State.DOWN, Reason.STATUS, facts='{"status":500}')

    assert packed.append([late]).stored == 1
    assert packed.append([late]).known_before == 1
    packed.seal(WHOLE.end + HOUR)
    all_steps(packed, MIDNIGHT + 4 * DAY)

    with store.snapshot() as snapshot:
        assert snapshot.segments([1, 2], WHOLE) == states
        assert late in list(snapshot.checks(1, FIRST_DAY, failed=True))
    assert list(proved(store.path)) == []


def test_what_is_left_is_still_proved(store: SqliteStore, packed: EvidenceWriter) -> None:
    packed.forget(after_a_day())
    assert list(proved(store.path)) == []


def test_the_histogram_of_a_forgotten_day_stays(store: SqliteStore, packed: EvidenceWriter) -> None:
    before = rows(store, "SELECT lane, start, latency FROM chunk")
    packed.forget(after_a_day())
    assert rows(store, "SELECT lane, start, latency FROM chunk") == before


FORGET = f"""
import sys
from pathlib import Path
from monitor.store import open_store
from monitor.store.protocol import Holder
with open_store(Path(sys.argv[1])).writer(Holder(0, "h", "victim", 0)) as writer:
    writer.forget({{1: {FIRST_DAY.end}, 2: {FIRST_DAY.end}}})
"""


@pytest.mark.parametrize(
    ("point", "whole"), [("forget.written", 2), ("forget.committed", 1), ("forget.committed:2", 0)]
)
def test_forgetting_that_died_forgot_whole_days_or_nothing(
    path: Path, store: SqliteStore, check: MakeCheck, holder, point: str, whole: int
) -> None:
    with store.writer(holder) as writer:
        epoch = writer.epoch(MIDNIGHT)
        for name in ("shop", "api"):
            lane = writer.lane(name, "here", since=MIDNIGHT)
            writer.append(run(check, lane, epoch, range(1_440)))
        writer.seal(WHOLE.end)
        writer.repack(WHOLE.end)

    killed(FORGET, point, path)

    assert rows(store, "SELECT sum(whole) FROM chunk") == [(whole,)]
    with store.snapshot() as snapshot:
        assert [len(list(snapshot.checks(lane, FIRST_DAY, failed=True))) for lane in (1, 2)] == [2, 2]

"""Calls of jobs: kept in the order in which they came, and what still counts of them comes back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.calls import Away, Call
from monitor.core.checks import ALL_LANES, BETWEEN_EPOCHS, Gap, Reason
from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.store import SqliteStore
from monitor.store.sqlite import connect, sqlite3
from monitor.store.writer import EvidenceWriter


@pytest.fixture
def lanes(writer: EvidenceWriter, origin: Ms) -> tuple[int, int]:
    return writer.lane("backup", "here", since=origin), writer.lane("invoices", "here", since=origin)


def test_what_still_counts_comes_back(
    store: SqliteStore, writer: EvidenceWriter, lanes: tuple[int, int], origin: Ms
) -> None:
    one, other = lanes
    writer.hear(
        [Call(one, origin, "success"), Call(one, origin + 1, "start"), Call(one, origin + 2, "fail", 9)]
    )
    writer.hear([Call(one, origin + number, "start") for number in (5, 6, 7)])
    writer.hear([Call(other, origin + 9, "start")])

    with store.snapshot() as snapshot:
        assert snapshot.heard(lanes) == [
            Call(one, origin + 2, "fail", 9),
            Call(one, origin + 5, "start"),
            Call(one, origin + 7, "start"),
            Call(other, origin + 9, "start"),
        ]


def test_the_order_is_that_of_coming_whatever_the_clock_said(
    store: SqliteStore, writer: EvidenceWriter, lanes: tuple[int, int], origin: Ms
) -> None:
    writer.hear([Call(lanes[0], origin + HOUR, "fail")])
    writer.hear([Call(lanes[0], origin, "success")])
    with store.snapshot() as snapshot:
        assert snapshot.heard(lanes) == [Call(lanes[0], origin, "success")]


def test_a_lane_that_nobody_called_has_none(store: SqliteStore, lanes: tuple[int, int]) -> None:
    with store.snapshot() as snapshot:
        assert snapshot.heard(lanes) == []


def test_absences_are_those_heard_of_and_the_gaps_of_all_lanes(
    store: SqliteStore, writer: EvidenceWriter, lanes: tuple[int, int], origin: Ms
) -> None:
    stall = Away(Span(origin + MINUTE, origin + MINUTE), Reason.MONITOR_STALL)
    silence = Span(origin + HOUR, origin + 2 * HOUR)
    writer.hear([stall, Away(Span(origin - HOUR, origin - 1), Reason.CLOCK_SUSPECT)])
    writer.append([Gap(ALL_LANES, BETWEEN_EPOCHS, silence, Reason.NOT_RUNNING)])
    writer.append([Gap(lanes[0], BETWEEN_EPOCHS, silence, Reason.OVERLAP)])
    with store.snapshot() as snapshot:
        assert snapshot.aways(origin) == [stall, Away(silence, Reason.NOT_RUNNING)]


@pytest.mark.parametrize("table", ["call", "away"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET seq = seq + 1"])
def test_what_was_kept_stays(
    writer: EvidenceWriter, lanes: tuple[int, int], origin: Ms, path: Path, table: str, change: str
) -> None:
    writer.hear([Call(lanes[0], origin, "success"), Away(Span(origin, origin), Reason.MONITOR_STALL)])
    with closing(connect(path)) as connection, pytest.raises(sqlite3.Error, match="append-only"):
        connection.execute(change.format(table))

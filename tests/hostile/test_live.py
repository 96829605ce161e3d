"""That the account of a run finds what is lost, doubled or excused: else all the others prove nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import Span
from monitor.prober.wheel import offset
from tests.hostile.live import Ran
from tests.hostile.serving import Row, Served

BEGAN, SECOND = 1_000_000, 1_000
ENDPOINT = Served(Row("shop", "", lambda reader, writer: None, Reason.OK), 1, server=None).endpoint(SECOND)
FIRST = BEGAN + offset(ENDPOINT.id, SECOND)


def row(slot: int, attempt: int = 0) -> Check:
    at = FIRST + slot * SECOND + attempt
    return Check(1, 1, slot, attempt, at, State.UP, Reason.OK, hold=3 * SECOND)


def gap(slot: int, slots: int = 1) -> Gap:
    start = FIRST + slot * SECOND
    return Gap(1, 1, Span(start, start + slots * SECOND), Reason.OVERLAP)


def ran(*batches: list[Check | Gap], planned: int) -> Ran:
    made = Ran({ENDPOINT.id: ENDPOINT}, began=BEGAN, planned=planned)
    for batch in batches:
        made.take(batch)
    return made


@pytest.mark.parametrize(
    ("batches", "planned"),
    [
        ([[row(0)], [row(1)]], 2),
        ([[row(0), row(0, attempt=1)], [row(1)]], 2),
        ([[row(0), gap(1)], [row(2)]], 3),
        ([[row(0), gap(1, slots=2)], [row(3)]], 4),
        ([[row(0)], [gap(1)]], 2),
    ],
)
def test_a_row_or_a_gap_for_every_slot_is_right(batches, planned):
    assert ran(*batches, planned=planned).wrong_accounts() == []


@pytest.mark.parametrize(
    ("batches", "planned", "wrong"),
    [
        ([[row(0)], [row(2)]], 3, "shop: slot 1 has no row and no gap"),
        ([[row(0)], [row(0)]], 1, "slot 0 of lane 1 came 2 times"),
        ([[row(0), gap(1)], [gap(1)]], 2, f"{gap(1).span} of lane 1 is a gap twice"),
        ([[row(0)], [row(1), gap(1)]], 2, f"shop: the row at {FIRST + SECOND} lies in a gap"),
        ([[row(0)], [row(1)]], 3, "2 slots are known, 3 were planned"),
    ],
)
def test_a_slot_that_is_lost_doubled_or_kept_twice_is_found(batches, planned, wrong):
    assert ran(*batches, planned=planned).wrong_accounts() == [wrong]


def held_up(reason: Reason, *, starved: float, burned: float) -> Ran:
    """A run in which the shop came to this."""
    made = ran([row(0)], [replace(row(1), reason=reason)], planned=2)
    made.epochs, made.starved, made.burned = 1, starved, burned
    return made


RIGHT = {"shop": Reason.OK}


def test_a_run_proves_what_is_right_on_whatever_machine():
    assert held_up(Reason.OK, starved=0, burned=0).proves(RIGHT)
    assert held_up(Reason.OK, starved=1, burned=0).proves(RIGHT)


def test_a_run_that_was_held_up_proves_nothing():
    assert not held_up(Reason.MONITOR_STALL, starved=0.3, burned=0.1).proves(RIGHT)
    assert not held_up(Reason.MONITOR_STALL, starved=0.1, burned=0.3).proves(RIGHT)


def test_a_stall_by_the_work_for_an_endpoint_is_no_excuse():
    """Whether it was the endpoint's server, which runs in the same process, or the probe."""
    assert held_up(Reason.MONITOR_STALL, starved=0.3, burned=0.1).excused()
    assert not held_up(Reason.MONITOR_STALL, starved=0.1, burned=0.3).excused()


def test_no_machine_is_so_busy_that_a_wrong_state_is_right():
    with pytest.raises(AssertionError, match="timeout"):
        held_up(Reason.TIMEOUT, starved=3, burned=0).proves(RIGHT)

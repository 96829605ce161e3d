"""Once a day the daemon forgets what nothing keeps, and writes down how much."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.jobs import forgettable
from monitor.retention import FORGOTTEN, forget
from monitor.statements.holds import placed
from monitor.store import EvidenceQueue, SqliteStore, open_store
from monitor.store.protocol import Holder

MIDNIGHT: Ms = 19_667 * DAY
LATER: Ms = MIDNIGHT + 402 * DAY
HOLDER = Holder(1, "here", "test", MIDNIGHT)
CONFIG = """
[monitor]
database = "test.db"
keep_checks = "400 days"
[endpoint.shop]
url = "http://127.0.0.1:9/"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "makegood.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """Three packed days, a check a minute; the hundredth of each failed."""
    store = open_store(tmp_path / "test.db", create=True)
    with store.writer(HOLDER) as writer:
        lane, epoch = writer.lane("shop", "local", since=MIDNIGHT), writer.epoch(MIDNIGHT)
        for minute in range(3 * 1_440):
            at, failed = MIDNIGHT + minute * MINUTE, minute % 1_440 == 100
            state, reason = (State.DOWN, Reason.TIMEOUT) if failed else (State.UP, Reason.OK)
            facts = "{}" if failed else None
            writer.append([Check(lane, epoch, minute, 0, at, state, reason, 130_000, facts=facts)])
        writer.seal(MIDNIGHT + 3 * DAY + HOUR)
        writer.repack(MIDNIGHT + 5 * DAY)
    return store


def forgotten(config: Path, store: SqliteStore) -> list[object]:
    """What the journal says was forgotten, after a daily look 402 days later."""
    with EvidenceQueue(store, HOLDER, SystemClock()) as queue:
        for _ in range(2):
            forget(forgettable(load_plan(config, environ={}), LATER), store, queue, lambda: LATER)
    with store.snapshot() as snapshot:
        return [event.body["checks"] for event in snapshot.events(kinds=frozenset({FORGOTTEN}))]


def failed(store: SqliteStore) -> int:
    with store.snapshot() as snapshot:
        return len(list(snapshot.checks(1, Span(MIDNIGHT, MIDNIGHT + 3 * DAY), failed=True)))


def test_good_checks_of_days_that_are_old_enough_go_and_failed_ones_stay(config, store):
    """402 days later two days are 400 days old."""
    assert forgotten(config, store) == [2 * 1_439]
    assert failed(store) == 3


def test_nothing_goes_that_is_held(config, store):
    store.journal.append([placed("shop", "root", LATER - DAY, "a court")])
    assert forgotten(config, store) == []


def test_nothing_goes_where_checks_are_kept_for_ever(config, store):
    config.write_text(CONFIG.replace('keep_checks = "400 days"\n', ""))
    assert forgotten(config, store) == []


def test_an_endpoint_whose_old_days_were_all_down_keeps_no_other_from_being_looked_at(config, store):
    """Nothing good is left of its days, so that no check of it goes; the next one's do."""
    with store.writer(HOLDER) as writer:
        lane, epoch = writer.lane("api", "local", since=MIDNIGHT), writer.epoch(MIDNIGHT + 1)
        at = (MIDNIGHT + minute * MINUTE for minute in range(1_440))
        writer.append(
            Check(lane, epoch, n, 0, when, State.DOWN, Reason.TIMEOUT, 130_000, facts="{}")
            for n, when in enumerate(at)
        )
        writer.seal(MIDNIGHT + 3 * DAY + HOUR)
        writer.repack(MIDNIGHT + 5 * DAY)
        assert writer.forget({lane: LATER, 1: MIDNIGHT + DAY}, steps=1) == 1_439

"""Once a day the daemon forgets what nothing keeps, and writes down how much."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.jobs import forgettable
from monitor.retention import FORGOTTEN, LETTERS_FORGOTTEN, forget, forget_letters
from monitor.statements.holds import placed
from monitor.store import EvidenceQueue, SqliteStore, open_store
from monitor.store.protocol import AlertChange, Holder, NewAlert, NewLetter
from monitor.store.sqlite import connect
from monitor.store.transaction import immediate

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


def letters_of(store: SqliteStore, *ends: Ms | None) -> list[int]:
    """Alerts that were over then (None: not yet), each told by a letter that was taken at once."""
    found = []
    for number, end in enumerate(ends):
        token = f"{number}-token-of-tests"
        new = NewAlert("down", "down", f"shop/{number}", "page", MIDNIGHT, MIDNIGHT, "Shop is down", token)
        letter = NewLetter("raised", "chat", MIDNIGHT)
        store.alerts.record([AlertChange(new=new, told=MIDNIGHT, letters=(letter,))])
        parcel = store.alerts.parcel("chat", MIDNIGHT)
        assert parcel is not None
        store.alerts.delivered(parcel, MIDNIGHT, "200")
        found.append(parcel.letters[0].alert.seq)
        if end is not None:
            store.alerts.record([AlertChange(seq=found[-1], ended=end)])
    return found


def test_letters_go_400_days_after_their_alert_was_over_and_alerts_stay(store):
    old, young, still = letters_of(store, MIDNIGHT + DAY, MIDNIGHT + 3 * DAY, None)
    before = store.alerts.answered(Span(MIDNIGHT, LATER), HOUR)

    forget_letters(store, LATER)
    forget_letters(store, LATER)

    assert [each.alert.seq for each in store.alerts.letters([old, young, still])] == [young, still]
    assert store.alerts.answered(Span(MIDNIGHT, LATER), HOUR) == before == (0, 3)
    assert store.alerts.find(old).told_at == MIDNIGHT
    with store.snapshot() as snapshot:
        told = [event.body["letters"] for event in snapshot.events(kinds=frozenset({LETTERS_FORGOTTEN}))]
    assert told == [1]


def test_more_letters_than_one_step_takes_all_go(store):
    """As many as three steps and a half, each of an alert that is over."""
    with closing(connect(store.path)) as connection, immediate(connection):
        connection.executemany(
            "INSERT INTO alert (rule, kind, subject, urgency, service, incident, team, title, lines, since, "
            "raised, ended, token) VALUES ('down', 'down', ?, 'page', '', '', '', '', '[]', 0, ?1, ?1, ?1)",
            [(MIDNIGHT + n,) for n in range(1_750)],
        )
        connection.execute(
            "INSERT INTO letter (alert, step, channel, due, state, done) "
            "SELECT seq, 'raised', 'chat', raised, 'delivered', raised FROM alert"
        )

    assert store.alerts.forget(MIDNIGHT + DAY) == 1_750
    assert store.alerts.forget(MIDNIGHT + DAY) == 0


def test_letters_stay_where_everything_is_held(store):
    (old,) = letters_of(store, MIDNIGHT + DAY)
    store.journal.append([placed("everything", "root", LATER - DAY, "a court")])

    forget_letters(store, LATER)

    assert len(store.alerts.letters([old])) == 1


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

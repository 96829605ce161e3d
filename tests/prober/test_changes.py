"""What the log says of an endpoint: once that it is down and why, once that it is up again and after what."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from monitor.core.checks import ALL_LANES, Check, Facts, Gap, Reason, state_of
from monitor.core.intervals import MINUTE, SECOND, Span
from monitor.prober.changes import Changes
from monitor.prober.slot import Attempt, rows

PAGE, SHOP = 1, 2
REFUSED = Facts(error=Reason.CONNECTION_REFUSED, detail="127.0.0.1 port 9: refused")
BAD = Facts(status=503)


@pytest.fixture
def told(caplog) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


@pytest.fixture
def changes() -> Changes:
    made = Changes()
    made.follow({"page": PAGE, "shop": SHOP})
    return made


def slot(at: int, *reasons: Reason, lane: int = PAGE, facts: Facts = REFUSED) -> tuple[Check, ...]:
    """A slot whose attempts came to these reasons, a second apart; the last of them is its state."""
    attempts = [Attempt(at + each * SECOND, facts, reason) for each, reason in enumerate(reasons)]
    return rows(lane, 1, at, attempts, state_of(reasons[-1]), 22 * SECOND)


def up(at: int, lane: int = PAGE) -> tuple[Check, ...]:
    return slot(at, Reason.OK, lane=lane)


def down(at: int, lane: int = PAGE) -> tuple[Check, ...]:
    return slot(at, Reason.TIMEOUT, Reason.CONNECTION_REFUSED, lane=lane)


def test_going_down_is_told_once_with_what_decided(changes, told):
    for at in (0, 10 * SECOND, 20 * SECOND):
        changes.learn(down(at))
    assert told.messages == ["page is down: connection refused (127.0.0.1 port 9: refused)"]
    (record,) = told.records
    assert (record.event, record.endpoint, record.reason) == ("endpoint.down", "page", "connection_refused")


def test_an_answer_that_was_not_the_expected_is_told_with_its_status(changes, told):
    changes.learn(slot(0, Reason.STATUS, facts=BAD))
    assert told.messages == ["page is down: status (HTTP 503)"]
    assert told.records[0].status == 503


def test_coming_up_is_told_once_with_how_long_it_took(changes, told):
    for each in (down(0), down(MINUTE), up(2 * MINUTE + 5 * SECOND), up(3 * MINUTE)):
        changes.learn(each)
    assert told.messages[1:] == ["page is up again, after 2 min 5 s"]
    assert (told.records[1].event, told.records[1].down_ms) == ("endpoint.up", 125_000)
    assert told.records[1].measured is True


def test_who_is_up_from_the_start_and_who_fails_unconfirmed_writes_nothing(changes, told):
    changes.learn(up(0))
    changes.learn(slot(MINUTE, Reason.TIMEOUT, Reason.OK))
    assert told.messages == []


@pytest.mark.parametrize("lane", [PAGE, ALL_LANES])
def test_what_is_unknown_is_no_change_and_is_said_of_the_length(changes, told, lane):
    changes.learn(down(0))
    changes.learn([Gap(lane, 1, Span(MINUTE, 2 * MINUTE), Reason.DISABLED)])
    changes.learn(down(2 * MINUTE))
    changes.learn(up(3 * MINUTE))
    assert told.messages[1:] == ["page is up again, after 3 min, not all of it measured"]
    assert told.records[1].measured is False


def test_a_slot_that_came_to_nothing_is_unknown_too(changes, told):
    changes.learn(slot(0, Reason.OWN_NETWORK))
    assert told.messages == []
    changes.learn(down(MINUTE))
    changes.learn(slot(2 * MINUTE, Reason.OWN_NETWORK))
    changes.learn(up(3 * MINUTE))
    assert told.records[1].measured is False


def test_a_gap_of_one_endpoint_says_nothing_of_another(changes, told):
    changes.learn(down(0, PAGE) + down(0, SHOP))
    changes.learn([Gap(SHOP, 1, Span(0, MINUTE), Reason.OVERLAP)])
    changes.learn(up(MINUTE, PAGE))
    assert told.records[-1].measured is True


def test_who_was_down_when_the_monitor_last_ran_is_told_to_be_up_and_not_how_long_it_took(told):
    changes = Changes()
    changes.follow({"page": PAGE, "shop": SHOP}, [PAGE, 99])
    changes.learn(up(MINUTE, PAGE) + up(MINUTE, SHOP))
    assert told.messages == ["page is up again, it was down when the monitor last ran"]
    assert told.records[0].down_ms is None


def test_who_is_no_longer_configured_is_not_spoken_of(changes, told):
    changes.learn(down(0))
    changes.follow({"shop": SHOP})
    changes.learn(up(MINUTE, PAGE))
    changes.learn(down(MINUTE, PAGE))
    assert len(told.messages) == 1


def test_a_new_name_goes_on_where_the_old_one_was(changes, told):
    changes.learn(down(0))
    changes.follow({"front": PAGE})
    changes.learn(up(MINUTE))
    assert told.messages[1:] == ["front is up again, after 1 min"]

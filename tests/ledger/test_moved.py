"""Evidence of an issued period that is another one now is told, whoever changed it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, MINUTE
from monitor.ledger.amending import amendment, confirm
from monitor.ledger.issuing import issue_month
from monitor.ledger.moved import moved
from monitor.store.proof import proved
from monitor.store.protocol import Holder
from tests.ledger.house import DOWN, REACHED
from tests.store.insider import edited

HOLDER = Holder(1, "host", "test", REACHED)


@pytest.fixture
def desk(office):
    here = office()
    issue_month(here, "2026-10", ["acme", "bert"])
    return here


def late(desk) -> None:
    """One bad check of bert's arrives after its month was issued."""
    at = DOWN[0] + MINUTE
    with desk.store.writer(HOLDER) as writer:
        lane = writer.lane("bert-web", desk.plan.settings.location, since=at)
        writer.append([Check(lane, 1, 9_000, 0, at, State.DOWN, Reason.TIMEOUT, 2 * HOUR)])
        writer.seal(REACHED)


def test_nothing_moved_while_nothing_was_changed(desk):
    assert list(moved(desk.store)) == []


def test_what_came_since_the_issue_changes_nothing_before_it(desk):
    with desk.store.writer(HOLDER) as writer:
        epoch = writer.epoch(REACHED + HOUR)
        writer.append([Check(1, epoch, 0, 0, REACHED + HOUR, State.DOWN, Reason.TIMEOUT, HOUR)])
        writer.seal(REACHED + 24 * HOUR)

    assert list(moved(desk.store)) == []


def test_a_late_record_is_told_until_the_statement_is_amended(desk):
    late(desk)

    (said,) = moved(desk.store)
    assert said.startswith("statement 2026-0002 (bert, 2026-10): bert-web was up (ok) ")
    assert said.endswith("`makegood statement amend 2026-0002` shows its effect")
    confirm(desk, amendment(replace(desk, now=desk.now + HOUR), "2026-0002"))
    assert list(moved(desk.store)) == []


def test_an_outage_taken_out_of_log_and_segments_alike_is_found(desk):
    ok = "(SELECT id FROM reason WHERE name = 'ok')"
    edited(
        desk.store.path,
        f"UPDATE log SET state = 1, reason = {ok} WHERE state = 2",
        f"UPDATE segment SET state = 1, reason = {ok} WHERE state = 2",
    )

    assert list(proved(desk.store.path)) == [], "what is sealed follows from the log: both were changed"
    (said,) = moved(desk.store)
    assert said.startswith("statement 2026-0001 (acme, 2026-10): acme-web was up (ok) ")


def test_two_endpoints_exchanged_are_found(desk):
    edited(
        desk.store.path,
        "UPDATE lane SET endpoint = 'x' WHERE endpoint = 'acme-web'",
        "UPDATE lane SET endpoint = 'acme-web' WHERE endpoint = 'bert-web'",
        "UPDATE lane SET endpoint = 'bert-web' WHERE endpoint = 'x'",
    )

    assert any("acme-web is not the endpoint any more" in said for said in moved(desk.store))

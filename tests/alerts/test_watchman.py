"""One look with the real rules, and who takes an alert up: the alert and its incident tell one story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from monitor.alerts.answering import acknowledge
from monitor.alerts.hearing import Hearing
from monitor.alerts.watchman import look
from monitor.config import load_plan
from monitor.core.intervals import MINUTE, Ms
from monitor.oncall.incidents import Watch
from monitor.operations import entries
from monitor.operations.alert import Finding
from monitor.operations.mutes import muted, unmuted
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import Alert, AlertChange, NewEvent
from tests.cli.year import at, lasting, record

CONFIG = """
[monitor]
database = "test.db"

[endpoint.web]
url = "https://shop.example/"

[service.shop]
title = "Shop"
up_when = "web"

[channel.chat]
webhook = "https://chat.example/"

[alerts]
escalate = { after = "20m", to = ["chat"] }

[alert.monitor]
off = true

[alert.coverage]
off = true
"""
DOWN = at("2026-10-06T12:00Z")


class Shop:
    """Down since noon; looks at the instants that a test asks for."""

    def __init__(self, folder: Path) -> None:
        record(
            folder,
            CONFIG,
            {"web": [lasting("2026-10-06T12:00Z", 300)]},
            upto="2026-10-06T15:00Z",
            before=MINUTE,
        )
        self.plan = load_plan(folder / "makegood.toml", environ={})
        self.store: SqliteStore = open_store(folder / "test.db")
        self._tokens: Iterator[int] = count()

    def look(self, minute: int) -> list[str]:
        """What is told, by its step."""
        now = DOWN + minute * MINUTE
        before = len(self._steps())
        look(self.plan, self.store, now, lambda: f"token-{next(self._tokens)}")
        return self._steps()[before:]

    def _steps(self) -> list[str]:
        every = range(1, 99)
        return [each.step for each in self.store.alerts.letters(every)]

    @property
    def alert(self) -> Alert:
        (found,) = self.store.alerts.open()
        return found

    def incident(self, now: Ms):
        with self.store.snapshot() as snapshot:
            return Watch(self.plan, snapshot, now).find(self.alert.new.incident)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_service_that_is_down_is_told_and_told_again(shop: Shop) -> None:
    assert {minute: shop.look(minute) for minute in (5, 6, 16, 25, 60)} == {
        5: ["raised"],
        6: [],
        16: ["again"],
        25: ["escalated"],
        60: [],
    }
    assert shop.alert.new.incident == "shop/20261006T120000Z"
    assert shop.alert.new.title.startswith("Shop is down")


def test_who_takes_the_alert_up_takes_up_its_incident(shop: Shop) -> None:
    shop.look(5)
    now = DOWN + 7 * MINUTE
    done = acknowledge(shop.plan, shop.store, shop.alert, "ann", now)
    assert (done.acknowledged, done.acknowledged_by) == (now, "ann")
    assert shop.incident(now).acknowledged.author == "ann"

    again = acknowledge(shop.plan, shop.store, shop.alert, "bob", now + MINUTE)
    assert again.acknowledged_by == "ann"
    with shop.store.snapshot() as snapshot:
        assert len(list(snapshot.events(kinds=frozenset({entries.ACKNOWLEDGED})))) == 1
    assert shop.look(40) == []


def test_who_takes_the_incident_up_takes_up_its_alert(shop: Shop) -> None:
    shop.look(5)
    now = DOWN + 8 * MINUTE
    event = entries.acknowledged(shop.incident(now), now, "bob", now, "")
    shop.store.journal.append([event])
    assert shop.look(16) == []
    assert shop.look(40) == []
    assert (shop.alert.acknowledged, shop.alert.acknowledged_by) == (now, "bob")


def test_what_is_told_again_says_what_holds_then_and_when_that_was(shop: Shop) -> None:
    costs = Finding("breach", "breach", "acme", "page", DOWN, "7 min left", ("240.00 EUR",))
    by_minute = {5: costs, 8: replace(costs, title="4 min left"), 16: replace(costs, title="0 min left")}

    def told(minute: int):
        now = DOWN + minute * MINUTE
        look(shop.plan, shop.store, now, lambda: "token", lambda *_: (by_minute[minute],))
        return shop.alert.new

    first = told(5)
    assert told(8) == first
    again = told(16)
    assert (again.title, again.lines) == ("0 min left", ("240.00 EUR", "As of 2026-10-06 12:16:00 UTC."))
    (letter,) = [each for each in shop.store.alerts.letters([1]) if each.step == "again"]
    assert letter.alert.new.lines == again.lines
    assert (again.token, again.raised, again.since) == (first.token, first.raised, first.since)


def test_what_was_cut_short_between_the_alert_and_its_incident_is_completed_by_the_next_look(
    shop: Shop,
) -> None:
    shop.look(5)
    now = DOWN + 7 * MINUTE
    shop.store.alerts.record([AlertChange(seq=shop.alert.seq, acknowledged=(now, "link: ann"))])
    assert shop.incident(now).acknowledged is None

    shop.look(8)
    shop.look(9)
    heard = Hearing()
    look(shop.plan, shop.store, DOWN + 10 * MINUTE, lambda: "token", heard=heard)
    assert heard.completed == {(shop.alert.seq, now)}

    found = shop.incident(now).acknowledged
    assert (found.at, found.author) == (now, "link: ann")
    with shop.store.snapshot() as snapshot:
        assert len(list(snapshot.events(kinds=frozenset({entries.ACKNOWLEDGED})))) == 1


def test_who_listens_from_one_look_to_the_next_hears_the_same_as_who_begins_anew(shop: Shop) -> None:
    heard = Hearing()
    said: list[NewEvent] = [
        muted("shop", DOWN + 30 * MINUTE, "ann", DOWN, "Load test"),
        NewEvent(DOWN, entries.ACKNOWLEDGED, "shop/1", "bob", "", {"at": DOWN}),
        NewEvent(DOWN, entries.RESOLVED, "shop/1", "bob", "", {"at": DOWN + MINUTE}),
        NewEvent(DOWN, entries.ACKNOWLEDGED, "shop/1", "eva", "", {"at": DOWN + 2 * MINUTE}),
        NewEvent(DOWN, entries.ACKNOWLEDGED, "shop/2", "eva", "", {"at": DOWN}),
        NewEvent(DOWN, "outage.relabelled", "shop", "eva", "", {}),
        NewEvent(DOWN, entries.REOPENED, "shop/2", "eva", "it is back", {"at": DOWN + 5 * MINUTE}),
        unmuted("shop", "ann", DOWN + 6 * MINUTE),
    ]
    for event in said:
        head = shop.store.journal.append([event])
        anew = Hearing()
        with shop.store.snapshot() as snapshot:
            heard.hear(snapshot, head)
            anew.hear(snapshot, head)
        assert heard == anew
    assert heard.acknowledged == {"shop/1": (DOWN + 2 * MINUTE, "eva")}
    assert (heard.upto, heard.said(DOWN + 7 * MINUTE).muted) == (len(said), frozenset())


def test_what_is_muted_is_told_when_the_mute_ends(shop: Shop) -> None:
    shop.store.journal.append([muted("shop", DOWN + 30 * MINUTE, "ann", DOWN, "Load test")])
    assert shop.look(5) == []
    assert shop.alert.told_at is None
    assert shop.look(30) == ["raised"]
    assert shop.look(31) == []
    assert shop.look(40) == ["again"]


def test_a_mute_with_its_costs_is_said_to_be_one(shop: Shop) -> None:
    shop.store.journal.append([muted("shop", DOWN + 30 * MINUTE, "ann", DOWN, "Load test", costs=True)])
    shop.store.journal.append([muted("all", DOWN + 30 * MINUTE, "ann", DOWN, "Load test")])
    heard = Hearing()
    with shop.store.snapshot() as snapshot:
        heard.hear(snapshot, 2)
    said = heard.said(DOWN + MINUTE)
    assert (said.muted, said.muted_costs) == ({"shop", "all"}, {"shop"})


def test_a_mute_that_is_ended_is_over_at_once(shop: Shop) -> None:
    shop.store.journal.append([muted("all", DOWN + 300 * MINUTE, "ann", DOWN, "Load test")])
    assert shop.look(5) == []
    shop.store.journal.append([unmuted("all", "ann", DOWN + 6 * MINUTE)])
    assert shop.look(7) == ["raised"]

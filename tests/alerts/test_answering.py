"""Links and pushes, kept: by a real store, with the incident that an alert belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.alerts.answering import KEPT, Answering
from monitor.config import load_plan
from monitor.config.metric_tokens import tokens_of
from monitor.config.plan import Plan
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms
from monitor.listen.answers import Shown
from monitor.oncall.incidents import Watch
from monitor.operations.entries import acknowledged, opened, resolved
from monitor.operations.incident import Incident
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import AlertChange, NewAlert, NewEvent

NOW: Ms = 1_796_000_000_000
SINCE = NOW - 10 * MINUTE
TOKEN = "Zm9yLXRlc3RzLW9ubHktMDAwMDAwMDAx"
NEAR = TOKEN[:-1] + "2"
TITLE = "shop is down since 02:03:20"
LINES = ("240.00 EUR over 2 customers", "The next credit: 480.00 EUR")
FILE = """
[monitor]
database = "test.db"
[endpoint.web]
tcp = "shop.example:443"
[service.shop]
up_when = { all = ["web"] }
[metric.payments]
token = { env = "PAYMENTS" }
[metric.refunds]
token = { env = "REFUNDS" }
[metric.silent]
unit = "ms"
[listen]
hooks = "127.0.0.1:9120"
"""


@dataclass
class Desk:
    """A store with an incident that was opened by hand, and an alert that belongs to it."""

    plan: Plan
    store: SqliteStore
    name: str

    @property
    def answers(self) -> Answering:
        return Answering(lambda: self.plan, self.store)

    def incident(self, now: Ms = NOW) -> Incident:
        with self.store.snapshot() as snapshot:
            return Watch(self.plan, snapshot, now).find(self.name)

    def say(self, event: NewEvent) -> None:
        self.store.journal.append([event])

    def shown(self, acknowledged: Ms | None = None, by: str = "", ended: Ms | None = None) -> Shown:
        return Shown(TITLE, SINCE, acknowledged, by, ended, LINES, self.name)

    def raise_(self, token: str, incident: str = "") -> int:
        new = NewAlert(
            f"rule-{token[-1]}", "down", "shop", "page", SINCE, SINCE, TITLE, token, LINES, incident=incident
        )
        self.store.alerts.record([AlertChange(new=new)])
        found = self.store.alerts.by_token(token)
        assert found is not None
        return found.seq


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    path = tmp_path / "makegood.toml"
    path.write_text(FILE)
    plan = load_plan(path, environ={})
    store = open_store(plan.settings.database, create=True)
    event = opened("shop", SINCE, SINCE, "customers call", "ada", NOW)
    desk = Desk(plan, store, event.subject)
    desk.say(event)
    desk.raise_(TOKEN, event.subject)
    return desk


def test_a_link_shows_the_alert_and_changes_nothing(desk):
    head = desk.store.changed(0)
    assert desk.answers.shown(TOKEN, NOW) == desk.shown()
    assert desk.answers.shown(TOKEN, NOW + DAY) == desk.shown()
    assert desk.store.changed(0) == head
    assert desk.incident().acknowledged is None


def test_who_acknowledges_is_kept_with_the_alert_and_with_its_incident(desk):
    assert desk.answers.acknowledge(TOKEN, "Ada", NOW) == desk.shown(NOW, "Ada")
    found = desk.incident().acknowledged
    assert found is not None
    assert (found.at, found.author) == (NOW, "link: Ada")


def test_the_second_one_is_shown_the_first(desk):
    desk.answers.acknowledge(TOKEN, "Ada", NOW)
    head = desk.store.changed(0)
    assert desk.answers.acknowledge(TOKEN, "Ben", NOW + MINUTE) == desk.shown(NOW, "Ada")
    assert desk.store.changed(0) == head


def test_a_name_may_be_left_out(desk):
    assert desk.answers.acknowledge(TOKEN, "", NOW) == desk.shown(NOW, "")
    found = desk.incident().acknowledged
    assert found is not None
    assert found.author == "link"


def test_what_was_cut_short_between_alert_and_incident_is_completed_as_it_was(desk):
    alert = desk.store.alerts.by_token(TOKEN)
    desk.store.alerts.record([AlertChange(seq=alert.seq, acknowledged=(NOW, "link: Ada"))])
    desk.answers.acknowledge(TOKEN, "Ada", NOW + 30 * SECOND)
    found = desk.incident(NOW + MINUTE).acknowledged
    assert found is not None
    assert (found.at, found.author) == (NOW, "link: Ada")


def test_an_incident_that_somebody_acknowledged_already_keeps_who_it_was(desk):
    desk.say(acknowledged(desk.incident(), NOW - MINUTE, "carla", NOW))
    desk.answers.acknowledge(TOKEN, "Ada", NOW)
    found = desk.incident().acknowledged
    assert found is not None
    assert (found.at, found.author) == (NOW - MINUTE, "carla")


def test_an_incident_that_is_over_takes_nothing_and_the_alert_is_acknowledged_all_the_same(desk):
    desk.say(resolved(desk.incident(), NOW - MINUTE, "carla", NOW))
    assert desk.answers.acknowledge(TOKEN, "Ada", NOW) == desk.shown(NOW, "Ada")


def test_an_alert_that_is_over_is_shown_for_a_week_and_acknowledged_no_more(desk):
    alert = desk.store.alerts.by_token(TOKEN)
    desk.store.alerts.record([AlertChange(seq=alert.seq, ended=NOW)])
    over = desk.shown(ended=NOW)
    assert desk.answers.acknowledge(TOKEN, "Ada", NOW + HOUR) == over
    assert desk.answers.shown(TOKEN, NOW + KEPT) == over
    assert desk.answers.shown(TOKEN, NOW + KEPT + 1) is None
    assert desk.answers.acknowledge(TOKEN, "Ada", NOW + KEPT + 1) is None
    assert desk.incident().acknowledged is None


@pytest.mark.parametrize(
    "token", ["", TOKEN[:8], TOKEN[:-1], TOKEN + "x", TOKEN.swapcase(), "~" * 32, "%", "\ud800" * 20]
)
def test_a_part_of_a_token_is_none(desk, token):
    assert desk.answers.shown(token, NOW) is None
    assert desk.answers.acknowledge(token, "Eve", NOW) is None
    assert desk.answers.shown(TOKEN, NOW) == desk.shown()


def test_tokens_that_begin_alike_are_told_apart(desk):
    desk.raise_(NEAR)
    desk.answers.acknowledge(NEAR, "Ada", NOW)
    assert desk.answers.shown(TOKEN, NOW) == desk.shown()


def test_a_value_is_kept_once_and_another_by_its_id_is_refused(desk):
    push = desk.answers.push
    assert push("payments", Fraction("99.61"), SINCE, "run-1", NOW) == "kept"
    assert push("payments", Fraction("99.61"), SINCE, "run-1", NOW + HOUR) == "known"
    assert push("payments", Fraction("99.62"), SINCE, "run-1", NOW) == "contradicted"
    assert push("payments", Fraction("99.61"), SINCE + 1, "run-1", NOW) == "contradicted"
    assert push("refunds", Fraction("99.62"), SINCE, "run-1", NOW) == "kept"
    (kept,) = desk.store.metrics.last("payments", 9)
    assert (kept.at, kept.value, kept.key, kept.received) == (SINCE, Fraction("99.61"), "run-1", NOW)


def test_a_value_without_an_instant_that_is_sent_again_is_of_the_instant_at_which_it_came(desk):
    push = desk.answers.push
    assert push("payments", Fraction(7), None, "run-1", NOW) == "kept"
    assert push("payments", Fraction(7), None, "run-1", NOW + 5 * SECOND) == "known"
    assert push("payments", Fraction(8), None, "run-1", NOW + 5 * SECOND) == "contradicted"
    assert push("payments", Fraction(7), None, "run-1", NOW + 2 * DAY) == "contradicted"
    assert [each.at for each in desk.store.metrics.last("payments", 9)] == [NOW]


def test_a_value_without_an_id_is_named_by_its_instant(desk):
    push = desk.answers.push
    assert push("payments", Fraction(7), SINCE, None, NOW) == "kept"
    assert push("payments", Fraction(7), SINCE, None, NOW) == "known"
    assert push("payments", Fraction(8), SINCE, None, NOW) == "contradicted"
    (kept,) = desk.store.metrics.last("payments", 9)
    assert kept.key == "2026-11-30T00:43:20.000Z"


def test_a_token_is_read_where_it_is_kept_and_a_weak_one_is_none(desk):
    tokens, untold = tokens_of(desk.plan, {"PAYMENTS": "x" * 16, "REFUNDS": "secret"})
    assert tokens == {"payments": "x" * 16}
    (line,) = untold
    assert line.startswith("metric.refunds.token: is too easy to guess")
    assert "secret," not in line
    _, (line,) = tokens_of(desk.plan, {"PAYMENTS": "x" * 16})
    assert line.startswith("metric.refunds.token: the variable REFUNDS is not set, or empty: set it")

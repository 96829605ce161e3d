"""Tickets whose time runs out, told by the real rules: stages, grouping, and the last word with its money."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from monitor.alerts.channels.message import message
from monitor.alerts.findings import findings
from monitor.alerts.watchman import look
from monitor.core.intervals import Ms
from monitor.core.tickets import Ticket
from monitor.operations.alert import Finding
from monitor.store.protocol import Letter, Parcel, Snapshot
from tests.queue.conftest import CARE, HOUSE, Desk, at, in_time, ticket

ALERTS = """
[channel.chat]
webhook = "https://chat.example/"

[alert.monitor]
off = true

[alert.coverage]
off = true
"""
ANSWERED = [in_time(f"T-{n}") for n in range(100, 118)]
T1 = ticket("T-1", ("26 10:00", "created"), ("26 10:05", "assigned"))


class Team:
    """Looks at the instants that a test asks for."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.desk = Desk(folder, HOUSE + CARE + ALERTS + more)
        self._tokens = count()

    def tell(self, *tickets: Ticket) -> None:
        self.desk.tell(tickets)

    def found(self, when: str) -> list[Finding]:
        with self.desk.store.snapshot() as snapshot:
            every = findings(self.desk.plan, snapshot, at(when))
        return [each for each in every if each.kind == "response" and each.firm]

    def look(self, when: str) -> list[str]:
        """What is told, as the messages have it."""
        before = {each.seq for each in self._letters()}
        look(self.desk.plan, self.desk.store, at(when), lambda: f"token-{next(self._tokens)}")
        fresh = [each for each in self._letters() if each.seq not in before]
        return [
            message(Parcel(1, "chat", 0, (each,))).title
            for each in fresh
            if each.alert.new.kind == "response"
        ]

    def _letters(self) -> list[Letter]:
        return list(self.desk.store.alerts.letters(range(1, 99)))


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_a_clock_is_told_of_as_it_grows_and_is_late_with_its_money(team: Team) -> None:
    """Four business hours from 10:00: half at 12:00, 75 % at 13:00, 90 % at 13:36; a miss costs 24.00 EUR."""
    team.tell(*ANSWERED, T1)
    what = "the first reply of T-1 (ACME GmbH)"
    assert team.look("26 11:59") == []
    (half,) = team.look("26 12:00")
    left = "2 h 00 min 00 s left, until 26 Nov, 14:00:00 CET; 24.00 EUR at stake"
    assert half == f"50 % of the time for {what} is used: {left}"
    assert team.look("26 12:30") == []
    (grown,) = team.look("26 13:00")
    assert grown.startswith(f"75 % of the time for {what} is used: 1 h 00 min 00 s left")
    (grown,) = team.look("26 13:36")
    assert grown.startswith(f"90 % of the time for {what} is used: 24 min 00 s left")
    assert team.look("26 14:00") == []
    assert team.look("26 14:01") == [f"Late: {what} was due 26 Nov, 14:00:00 CET, which costs 24.00 EUR"]
    assert team.look("26 14:02") == []


def test_an_answer_ends_it(team: Team) -> None:
    team.tell(*ANSWERED, T1)
    assert len(team.look("26 13:00")) == 1
    team.tell(ticket("T-1", ("26 10:00", "created"), ("26 13:10", "reply")))
    (over,) = team.look("26 13:20")
    assert over.startswith("No longer so: 75 % of the time for the first reply of T-1")


def test_a_pause_ends_it(team: Team) -> None:
    team.tell(*ANSWERED, T1)
    team.look("26 13:00")
    team.tell(ticket("T-1", ("26 10:00", "created"), ("26 13:10", "status", "waiting for customer")))
    assert [each[:13] for each in team.look("26 13:20")] == ["No longer so:"]


def test_many_of_one_customer_are_one(team: Team) -> None:
    team.tell(*(ticket(f"T-{n}", ("26 10:00", "created")) for n in range(12)))
    (found,) = team.found("26 12:30")
    assert found.subject == "customer acme"
    assert found.title == (
        "ACME GmbH: the time of 12 ticket clocks runs out, of the first on 26 Nov, 14:00:00 CET"
    )
    assert len(found.lines) == 10
    assert found.lines[-2:] == ("and 4 more", "What to do first: makegood queue --customer acme")
    assert found.since == at("26 12:00")


def test_the_stages_are_those_of_the_rule(tmp_path: Path) -> None:
    team = Team(tmp_path, '[alert.tickets-urgency]\nstages = ["80%"]\nsend = ["chat"]\n')
    team.tell(*ANSWERED, T1)
    assert team.found("26 13:00") == []
    assert len(team.found("26 13:12")) == 1


def test_a_pause_moves_the_instant_at_which_it_grew(team: Team) -> None:
    """An hour of waiting from 11:00: half of the four hours is reached at 13:00."""
    waited = ticket(
        "T-1",
        ("26 10:00", "created"),
        ("26 11:00", "status", "waiting for customer"),
        ("26 12:00", "status", "open"),
    )
    team.tell(*ANSWERED, waited)
    (found,) = team.found("26 14:30")
    assert (found.since, found.worse) == (at("26 13:00"), (at("26 14:00"),))


def test_it_is_looked_at_once_a_minute_and_at_once_where_tickets_came(team: Team) -> None:
    """Half is reached at 12:00:00; a look at 11:59:30 saw nothing, and holds for a minute."""
    team.tell(*ANSWERED, T1)
    half = at("26 12:00")
    with team.desk.store.snapshot() as snapshot:
        assert _near(team, snapshot, half - 30_000) == 0
        assert _near(team, snapshot, half) == 0
        assert _near(team, snapshot, half + 30_000) == 1
    team.tell(ticket("T-1", ("26 10:00", "created"), ("26 12:00", "reply")))
    with team.desk.store.snapshot() as snapshot:
        assert _near(team, snapshot, half + 35_000) == 0


def _near(team: Team, snapshot: Snapshot, now: Ms) -> int:
    found = findings(team.desk.plan, snapshot, now)
    return sum(each.kind == "response" and each.firm for each in found)

"""A last day that is near is told once for each time ahead: in the log, in the journal, and by mail.

The house is between.py's: October's 240.00 USD must be claimed by 30 November 2026.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from datetime import date

import pytest

from monitor.config import load_plan
from monitor.ledger.receivables import Answer, moved, receivable
from monitor.ledger.reminders import MAILED, REMINDED, due
from monitor.ledger.sending import NotSent
from monitor.reminding import Reminders, by_mail
from monitor.store import open_store
from tests.cli.between import CLAIM, built
from tests.cli.mail_server import Mailbox, Server
from tests.ledger.house import at

MAIL = """
[mail]
host = "mail.hosting.example"
from = "billing@hosting.example"

[claims]
mail = "purchasing@hosting.example"
"""


@pytest.fixture(scope="session")
def evidence(tmp_path_factory):
    return built(tmp_path_factory.mktemp("reminded"))


class Desk:
    """A plan and its store, a clock that is set, and a postman who keeps what he is given."""

    def __init__(self, folder, claim, more):
        config = folder / "makegood.toml"
        config.write_text(config.read_text().replace(CLAIM, claim) + more)
        self.plan = load_plan(config, environ={})
        self.store = open_store(self.plan.settings.database)
        self.letters = []
        self.refusal = None
        self.now = 0
        self.reminders = Reminders(self.store, lambda: self.now, self.post)

    def post(self, plan, mail, message, to):
        if self.refusal is not None:
            raise self.refusal
        self.letters.append((tuple(to), message))
        return "250 taken"

    def remind(self, text):
        """What the journal has of reminders once the hour has come."""
        self.now = at(text)
        self.reminders.remind(self.plan)
        with self.store.snapshot() as snapshot:
            return [(e.body["step"], e.body["by"], e.body["ahead"]) for e in snapshot.events(
                kinds=frozenset({REMINDED}))]  # fmt: skip

    def record(self, state, on, text):
        """Somebody records a step."""
        with self.store.snapshot() as snapshot:
            agreement = self.plan.agreements["our-objects"]
            found = receivable(self.plan, snapshot, at(text), agreement, "2026-10")
        answer = Answer(state, on, found.owed)
        self.store.journal.append([moved(found, answer, "ines", at(text))])


@pytest.fixture
def desk(evidence, tmp_path):
    shutil.copytree(evidence, tmp_path, dirs_exist_ok=True)
    return lambda claim=CLAIM, more="": Desk(tmp_path, claim, more)


def test_each_time_ahead_is_told_once(desk, caplog):
    here = desk()
    fourteen, three = ("claim", "2026-11-30", 14), ("claim", "2026-11-30", 3)

    assert here.remind("2026-11-15T23:59Z") == []
    with caplog.at_level(logging.WARNING, logger="makegood"):
        assert here.remind("2026-11-16T00:45Z") == [fourteen]
    assert here.remind("2026-11-16T01:45Z") == [fourteen]
    assert here.remind("2026-11-27T00:45Z") == [fourteen, three]
    assert here.remind("2026-11-30T23:45Z") == [fourteen, three]
    assert [record.getMessage() for record in caplog.records if record.event == "claim.due"] == [
        f"Claim 240.00 USD from Cloud Example Inc. for 2026-10 by 2026-11-30 ({left}): our-objects"
        for left in ("14 days left", "3 days left")
    ]


def test_a_monitor_that_was_off_tells_once(desk):
    assert desk().remind("2026-11-29T12:45Z") == [("claim", "2026-11-30", 3)]


def test_what_is_over_or_claimed_is_not_told(desk):
    here = desk()
    assert here.remind("2026-12-01T00:45Z") == []

    here.record("claimed", date.fromisoformat("2026-11-17"), "2026-11-17T09:00Z")
    assert here.remind("2026-11-29T00:45Z") == []


def test_a_notice_is_told_and_then_the_claim(desk):
    here = desk('claim = { notify = "45 days after outage", by = "60 days after period" }')
    notice = ("notice", "2026-11-20", 14)

    assert here.remind("2026-11-10T00:45Z") == [notice]
    here.record("noticed", date.fromisoformat("2026-11-11"), "2026-11-11T09:00Z")
    assert here.remind("2026-12-16T00:45Z") == [notice, ("claim", "2026-12-30", 14)]


def test_where_a_claim_runs_from_each_outage_the_first_ones_day_is_told(desk):
    """45 days from the 6th are 20 November; the contract's own last day is that of the 20th, 4 December."""
    assert desk('claim = "45 days after outage"').remind("2026-11-10T00:45Z") == [("claim", "2026-11-20", 14)]


def test_other_times_ahead_and_none(desk):
    here = desk(more='\n[claims]\nremind = "10 days"\n')
    assert here.remind("2026-11-19T23:45Z") == []
    assert here.remind("2026-11-20T00:45Z") == [("claim", "2026-11-30", 10)]


def test_who_wants_none_is_told_nothing(desk):
    assert desk(more="\n[claims]\nremind = []\n").remind("2026-11-29T00:45Z") == []


def test_a_reminder_is_mailed_with_what_to_do(desk):
    here = desk(more=MAIL)
    here.remind("2026-11-16T00:45Z")
    here.remind("2026-11-16T01:45Z")

    ((to, letter),) = here.letters
    assert to == ("purchasing@hosting.example",)
    assert letter["Subject"].startswith("Claim 240.00 USD from Cloud Example Inc. for 2026-10 by 2026-11-30")
    text = letter.get_content()
    assert "makegood claims bundle our-objects 2026-10 --out DIR" in text
    assert '- Write "SLA Credit Request" in the subject.' in text


def test_a_mail_that_was_not_taken_goes_again_in_an_hour_for_two_days(desk, caplog):
    here = desk(more=MAIL)
    here.refusal = NotSent("mail.hosting.example:587 cannot be reached")
    with caplog.at_level(logging.WARNING, logger="makegood"):
        here.remind("2026-11-16T00:45Z")
    assert "a reminder could not be mailed, and will be again: mail.hosting.example:587" in caplog.text

    here.refusal = None
    here.remind("2026-11-16T01:45Z")
    here.remind("2026-11-16T02:45Z")
    assert len(here.letters) == 1
    with here.store.snapshot() as snapshot:
        (entry,) = snapshot.events(kinds=frozenset({MAILED}))
    assert entry.body["answer"] == "250 taken"


def test_what_is_old_is_not_mailed_any_more(desk):
    here = desk(more=MAIL)
    here.refusal = NotSent("no")
    here.remind("2026-11-16T00:45Z")
    here.refusal = None
    here.remind("2026-11-18T00:45Z")

    assert here.letters == []


def test_who_buys_nothing_is_not_looked_at(desk):
    here = desk()
    selling = {k: each for k, each in here.plan.agreements.items() if each.kind == "customer"}
    with here.store.snapshot() as snapshot:
        assert due(replace(here.plan, agreements=selling), snapshot, at("2026-11-29T00:45Z")) == ()


def test_a_real_server_takes_it(desk):
    """By SMTP on loopback; the letter is one that mail programs read."""
    mailbox = Mailbox()
    server = Server(mailbox)
    try:
        how = f'port = {server.bound}\ntls = "none"\nfrom'
        here = desk(more=MAIL.replace("mail.hosting.example", "127.0.0.1").replace("from", how, 1))
        here.reminders = Reminders(here.store, lambda: here.now, by_mail({}))
        here.remind("2026-11-16T00:45Z")
    finally:
        server.stop()

    (letter,), (to,) = mailbox.letters, mailbox.to
    assert to == ["purchasing@hosting.example"]
    assert str(letter["Subject"]).endswith("by 2026-11-30 (14 days left): our-objects")
    assert letter["Auto-Submitted"] == "auto-generated"


def test_a_server_that_is_not_there_is_told_and_ends_nothing(desk, caplog):
    text = MAIL.replace("mail.hosting.example", "127.0.0.1").replace(
        "from", 'port = 1\ntls = "none"\nfrom', 1
    )
    here = desk(more=text)
    here.reminders = Reminders(here.store, lambda: here.now, by_mail({}))
    with caplog.at_level(logging.WARNING, logger="makegood"):
        here.remind("2026-11-16T00:45Z")

    assert "a reminder could not be mailed, and will be again: 127.0.0.1:1 cannot be reached" in caplog.text

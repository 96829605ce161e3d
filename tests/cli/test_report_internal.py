"""The team's report from the command line and by the daemon's job: printed, written, mailed once."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.core.intervals import DAY, HOUR
from monitor.errors import MakegoodError
from monitor.reporting import KINDS, Reporter, is_drawn_up, mailed_from
from monitor.store import open_store
from tests.cli.mail_server import Mailbox, Server
from tests.cli.test_incident import papers

MAIL = """
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
from = "reports@beispiel.example"

[internal]
every = ["month", "week"]
mail = ["team@beispiel.example", "leads@beispiel.example"]
"""


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def posting(house, mailbox):
    """The house, with a mail server that takes letters."""
    server = Server(mailbox)
    config = house / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + MAIL.format(port=server.bound), encoding="utf-8")
    yield house
    server.stop()


def test_a_program_gets_every_figure_and_nothing_is_written(cli, house):
    found = json.loads(cli("report", "--internal", "--period", "2026-10", "--format", "json").stdout)

    assert (found["format"], found["period"]["label"]) == ("makegood.internal/1", "2026-10")
    assert found["agreements"][0]["customer"] == "ACME GmbH"
    (incident,) = found["incidents"]
    assert (incident["name"], incident["down_ms"]) == ("checkout/20261006T120000Z", 7_200_000)
    assert incident["costs"] == [
        {"numerator": 120, "denominator": 1, "currency": "EUR", "decimal": "120.00"},
    ]
    assert not (house / "papers").exists()


def test_a_table_says_the_same_as_the_object(cli, house):
    rows = list(csv.DictReader(io.StringIO(cli("report", "--internal", "--format", "csv").stdout)))

    (incident,) = [row for row in rows if row["record"] == "incident"]
    assert (incident["down_ms"], incident["cost"], incident["currency"]) == ("7200000", "120.00", "EUR")
    assert {"agreement", "past", "risk", "breakdown", "hour", "suggestion"} <= {row["record"] for row in rows}


def test_a_page_for_the_screen_or_a_file(cli, house):
    page = cli("report", "--internal", "--period", "2026-10", "--format", "html").stdout

    assert page.startswith("<!doctype html>")
    assert "At risk in November 2026" in page


def test_a_week_or_some_days_are_the_teams_alone(cli, house):
    week = cli("report", "--internal", "--period", "2026-W41")
    days = cli("report", "--internal", "--period", "2026-10-05..2026-10-18", "--json")

    folder = house / "papers" / "internal"
    assert (week.exit_code, week.stdout) == (0, f"{folder}/2026-W41.html\n")
    assert json.loads(days.stdout)["internal"] == f"{folder}/2026-10-05..2026-10-18.html"
    assert sorted(path.name for path in folder.iterdir())[-3:] == [
        "2026-W41.csv", "2026-W41.html", "2026-W41.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mail",), "--mail is for the team's report: write --internal --mail\n"),
        (("--format", "csv"), "--format is for the team's report: write --internal --format\n"),
        (
            ("--internal", "--format", "csv", "--mail"),
            "--format prints and --mail sends: write one of them; --format mail shows the letter\n",
        ),
        (
            ("--internal", "--period", "2026-W41", "--customer", "acme"),
            ("--period 2026-W41 is for the team's report, which is of all customers: leave --customer out\n"),
        ),
        (
            ("--internal", "--period", "autumn"),
            (
                '"autumn" is no period of a report: write it as "2026-10", "2026-W41" or '
                '"2026-10-05..2026-10-18"\n'
            ),
        ),
        (("--internal", "--period", "2026-W52"), "2026-W52 has not begun: there is nothing to report\n"),
    ],
)
def test_what_does_not_go_together_is_refused(cli, house, words, said):
    answer = cli("report", *words)

    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", said)


def test_without_an_address_nothing_can_be_mailed(cli, house):
    answer = cli("report", "--internal", "--mail")

    assert answer.exit_code == 2
    assert answer.stderr.endswith(
        'does not say where the report is mailed: write [internal] with mail = ["team@hosting.example"], '
        "and [mail] with the server\n"
    )


def test_the_letter_reads_well_by_itself_and_has_the_page_with_it(cli, posting, mailbox):
    answer = cli("report", "--internal", "--period", "2026-10", "--mail")

    assert (answer.exit_code, answer.stdout) == (
        0, "2026-10 mailed to team@beispiel.example, leads@beispiel.example\n",
    )  # fmt: skip
    (letter,) = mailbox.letters
    assert mailbox.to == [["team@beispiel.example", "leads@beispiel.example"]]
    assert letter["Subject"] == (
        "Internal report, October 2026: One of two agreements was missed: 120.00 EUR owed."
    )
    parts = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
    assert parts == ["text/plain", "text/html", "text/html"]
    text = letter.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 78
    for words in ("Not for customers.", "Checkout, ACME GmbH", "120.00 EUR", "Incidents\n---------"):
        assert words in text
    assert "<svg" not in letter.get_body(("html",)).get_content()
    (page,) = letter.iter_attachments()
    assert page.get_filename() == "internal-2026-10.html"
    assert [event.subject for event in journal(posting)] == ["2026-10"]


def journal(house):
    with open_store(house / "evidence.db").snapshot() as snapshot:
        return list(snapshot.events(kinds=KINDS))


def test_the_letter_can_be_looked_at_before(cli, posting, mailbox):
    shown = message_from_string(cli("report", "--internal", "--format", "mail").stdout, policy=default)

    assert shown["To"] == "team@beispiel.example, leads@beispiel.example"
    assert "Internal report" in shown.get_body(("plain",)).get_content()
    assert (mailbox.letters, journal(posting)) == ([], [])


def test_a_server_that_refuses_is_told_and_nothing_is_recorded(cli, posting, mailbox):
    mailbox.answer = "554 not today"

    answer = cli("report", "--internal", "--mail")

    assert (answer.exit_code, answer.stdout, journal(posting)) == (1, "", [])
    assert "554 not today" in answer.stderr


class Post:
    """Takes letters, or refuses them."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.refuses = False

    def __call__(self, plan, mail, message, to):
        if self.refuses:
            raise MakegoodError("nobody there")
        self.subjects.append(message["Subject"].partition(":")[0])
        return "250 taken"


def test_the_daemon_draws_each_period_up_and_mails_it_once(house, clock, made):
    """Monday 9 November at eight: the week of the 2nd is over; October was due a week before."""
    config = house / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + MAIL.format(port=25), encoding="utf-8")
    plan, store, post = load_plan(config, environ={}), open_store(house / "evidence.db"), Post()
    reporter = Reporter(store, lambda: clock.at, post)

    clock.at = made.at("2026-11-09T07:50+01:00")
    reporter.report(plan)
    assert is_drawn_up(plan.settings.reports, "2026-10")
    assert post.subjects == []

    clock.at = made.at("2026-11-09T08:50+01:00")
    post.refuses = True
    reporter.report(plan)
    assert post.subjects == []

    post.refuses = False
    for hour in range(1, 30):
        clock.at = made.at("2026-11-09T08:50+01:00") + hour * HOUR
        reporter.report(plan)

    assert post.subjects == ["Internal report, Week 45 of 2026"]
    assert [event.subject for event in journal(house)] == ["2026-W45"]


def test_a_daemon_that_was_off_for_long_mails_no_old_report(house, clock, made):
    config = house / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + MAIL.format(port=25), encoding="utf-8")
    plan, post = load_plan(config, environ={}), Post()
    clock.at = made.at("2026-11-18T10:00+01:00")

    Reporter(open_store(house / "evidence.db"), lambda: clock.at, post).report(
        replace(plan, internal=replace(plan.internal, every=("month",)))
    )

    assert post.subjects == []
    assert is_drawn_up(plan.settings.reports, "2026-10")


def test_a_report_is_drawn_up_anew_until_two_days_after_its_end(house, clock, made):
    plan = load_plan(house / "makegood.toml", environ={})
    reporter = Reporter(open_store(house / "evidence.db"), lambda: clock.at, Post())

    clock.at = made.at("2026-11-01T03:00+01:00")
    reporter.report(plan)
    assert not is_drawn_up(plan.settings.reports, "2026-10")
    clock.at += 2 * DAY
    reporter.report(plan)
    assert is_drawn_up(plan.settings.reports, "2026-10")


def test_a_month_before_anything_was_watched_has_no_report(house, clock, made):
    """The first check is of 30 September."""
    plan = load_plan(house / "makegood.toml", environ={})

    clock.at = made.at("2026-09-30T12:00+02:00")
    Reporter(open_store(house / "evidence.db"), lambda: clock.at, Post()).report(plan)

    assert not (plan.settings.reports / "internal").exists()


def test_the_hour_of_mailing_is_that_on_the_wall_where_the_clocks_change():
    from monitor.operations.report_periods import report_period

    autumn = report_period("2026-10-18..2026-10-24", "Europe/Berlin")  # the 25th has 25 hours

    assert mailed_from(autumn) == autumn.span.end + 9 * HOUR


SECRETS = """
[incidents]
team = "mark-team"
causes = ["mark-cause", "unknown"]

[incidents.severity.mark-severity]
when = [{ money = ">= 1.00 EUR" }]
postmortem = "5 days"

[incidents.severity.rest]

[target.mark-target]
service = "checkout"
objective = "99.9731%"
owner = "mark-owner"
protects = ["gold"]
"""
RECORDED = (
    ("note", "mark-note"), ("assign", "--owner", "mark-person"),
    ("cause", "mark-cause", "--reason", "mark-why"),
    ("follow-up", "mark-todo", "--owner", "mark-doer", "--due", "2026-11-19"),
)  # fmt: skip
MARKS = ("mark-", "99.9731", "checkout/2026", "At risk", "MTTA", "postmortem", "internal.mailed", "suggests")


def test_one_data_set_and_nothing_of_the_teams_on_anything_that_a_customer_is_handed(cli, posting, clock):
    """Severities, teams, owners, targets, incidents, follow-ups: all in the report, none in a paper."""
    config = posting / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + SECRETS, encoding="utf-8")
    name = "checkout/20261006T120000Z"
    for what, *words in RECORDED:
        answer = cli("incident", what, name, *words)
        assert answer.exit_code == 0, answer.stderr
    clock.at += 3 * DAY
    assert cli("report", "--internal", "--mail").exit_code == 0
    own = cli("report", "--internal", "--period", "2026-10", "--format", "json").stdout
    for mark in ("mark-team", "mark-cause", "mark-severity", "mark-person", "mark-todo", "mark-doer", name):
        assert mark in own, mark
    html = cli("report", "--internal", "--period", "2026-10", "--format", "html").stdout
    assert all(mark in html for mark in ("99.9731", "At risk", "MTTA", "overdue", "suggests"))

    found = papers(cli, posting)

    assert len(found) >= 15
    assert [(paper, mark) for paper, page in found.items() for mark in MARKS if mark.encode() in page] == []


DOCUMENT = Path(__file__).parents[2] / "docs" / "internal-report.md"


def test_the_document_says_the_subject_and_the_records_that_there_are(cli, house):
    from reports.internal import twins

    text = DOCUMENT.read_text(encoding="utf-8")
    kinds = set(re.findall(r'"record": "([a-z]+)"', Path(twins.__file__).read_text(encoding="utf-8")))

    assert "Internal report, October 2026: One of two agreements was missed: 120.00 EUR owed." in text
    assert len(kinds) == 25
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()


COMMANDS = re.findall(
    r"^    makegood (report .*?)(?:  +#.*)?$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_document_does_what_it_says(cli, posting, mailbox, command):
    answer = cli(*command.split())

    assert answer.exit_code == 0, answer.stderr
    assert len(mailbox.letters) == ("--mail" in command)

"""`makegood tickets times`: where the time of a month's tickets went, and what became of each promise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from monitor.config import load_plan
from monitor.core.money import Money
from monitor.oncall.responses import Look
from monitor.operations.report_periods import report_period
from monitor.statements.books import Books
from monitor.statements.health import period_for
from monitor.statements.sections import section
from monitor.statements.value import Section
from monitor.store import open_store
from tests.cli.conftest import Cli, at
from tests.cli.test_responses import CONFIG

HEAD = "ticket,at,event,value,by,priority,customer,service,category,team\n"
OCTOBER = """
T-1,2026-10-05T10:00:00+02:00,created,,,high,acme,Web shop,billing,Desk
T-1,2026-10-05T15:00:00+02:00,assigned,,,,,,,
T-1,2026-10-05T16:00:00+02:00,status,waiting for customer,,,,,,
T-1,2026-10-06T10:00:00+02:00,customer reply,,,,,,,
T-1,2026-10-06T10:30:00+02:00,reply,,agent,,,,,
T-1,2026-10-06T12:00:00+02:00,resolved,,,,,,,
T-2,2026-10-06T10:00:00+02:00,created,,,high,acme,,billing,Desk
T-2,2026-10-06T10:30:00+02:00,assigned,,,,,,,
T-2,2026-10-06T14:00:00+02:00,reply,,agent,,,,,
T-2,2026-10-06T15:00:00+02:00,resolved,,,,,,,
T-3,2026-10-07T10:00:00+02:00,created,,,normal,acme,Printer,login,Desk
T-3,2026-10-07T11:00:00+02:00,closed,,,,,,,
T-4,2026-10-30T10:00:00+01:00,created,,,normal,acme,shop,login,
T-4,2026-10-30T10:10:00+01:00,assigned,,,,,,,
T-4,2026-10-30T10:20:00+01:00,status,second line,,,,,,
T-4,2026-10-30T11:20:00+01:00,reply,,agent,,,,,
T-4,2026-11-02T10:20:00+01:00,resolved,,,,,,,
"""
"""T-1 had four business hours from ten, lay unassigned for five of them, and then waited for the customer."""
TWO = """
[sla.both]
together = "sum"
[sla.both.promise.reply]
commitment = "95%"
credits = { "< 95%" = "2%" }
[sla.both.promise.reply.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = "4 business hours"
calendar = "office"
pauses = []
[sla.both.promise.fix]
commitment = "100%"
credits = { each = "miss", credit = "7.50 EUR" }
[sla.both.promise.fix.measure]
evidence = "tickets"
from = "created"
to = "resolved"
within = "24h"
pauses = ["waiting for customer"]
reopened = "ignored"
[agreement.acme-both]
customer = "acme"
service = "shop"
sla = "both"
monthly_fee = "500.00"
from = 2026-01-01
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "makegood.toml").write_text(CONFIG)
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


@pytest.fixture
def taken(cli: Cli, desk: Path) -> Path:
    file = desk / "tickets.csv"
    file.write_text(HEAD + OCTOBER.lstrip())
    assert cli("tickets", "import", str(file), "--mapping", "events").exit_code == 0
    cli("tickets", "complete", "tickets", "--since", "2026-01-01", "--until", "2026-11-18")
    return desk


def asked(cli: Cli, *words: str) -> Any:
    answer = cli("tickets", "times", "--json", *words)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def minutes(parts: list[Mapping[str, Any]]) -> dict[str, int]:
    return {each["state"]: each["time_ms"] // 60_000 for each in parts}


def test_a_month_says_where_its_tickets_lay_and_why_a_promise_was_missed(cli: Cli, taken: Path) -> None:
    answer = cli("tickets", "times", "--period", "2026-10")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines() == [
        "October 2026, Europe/Berlin. 4 tickets, 70 h.",
        "",
        "  WHERE THEY LAY        TIME   SHARE",
        "  unassigned             6 h   9.5 %",
        "  worked on              7 h  10.9 %",
        "  waiting for customer  18 h  25.7 %",
        '  "second line"         37 h  53.8 %',
        "",
        "ACME GmbH, Shop, care: first reply, >= 95%, high within 4 hours of business",
        "  time, normal within 1 business day (close of business).",
        "          IN TIME  LATE    SHARE  MEDIAN  P90  P95",
        "  high     1 of 2     1   50.0 %       ?    ?    ?",
        "  normal   1 of 1     0  100.0 %       ?    ?    ?",
        "  all      2 of 3     1   66.6 %     4 h    ?    ?",
        "  ? too few tickets to tell",
        "  Missed: 66.6666 %, 50.00 EUR credited.",
        "  The late first reply lay unassigned for longer than its whole time: 83.3 % of",
        "  the time that its clock ran.",
    ]


def test_the_parts_of_all_tickets_are_their_time_within_the_period(cli: Cli, taken: Path) -> None:
    """T-4 goes on into November: what of it lies there is November's, and the two add up to all of it."""
    october, november = (asked(cli, "--period", each) for each in ("2026-10", "2026-11"))
    assert minutes(october["times"]) == {
        "unassigned": 300 + 60 + 30 + 10, "worked on": 60 + 120 + 270 + 10, "waiting for customer": 18 * 60,
        "second line": 13 * 60 + 40 + 24 * 60,
    }  # fmt: skip
    assert minutes(november["times"]) == {"second line": 34 * 60 + 20}


def test_the_clock_of_a_promise_has_its_own_hours_and_pauses(cli: Cli, taken: Path) -> None:
    (line,) = asked(cli, "--period", "2026-10")["promises"]
    assert minutes(line["late_times"]) == {
        "unassigned": 300, "worked on": 60, "waiting for customer": 150, "closed hours": 16 * 60,
    }  # fmt: skip
    (late,) = line["late"]
    assert (late["ticket"], late["mostly"]) == ("T-1", "unassigned")
    assert sum(minutes(line["late_times"]).values()) == 24 * 60 + 30
    assert (line["in_time"], line["counted"], line["met"]) == (2, 3, False)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("category", [("login", 2, 0, 1), ("billing", 2, 1, 2)]),
        ("team", [("", 1, 0, 1), ("Desk", 3, 1, 2)]),
        ("priority", [("normal", 2, 0, 1), ("high", 2, 1, 2)]),
        ("service", [("shop", 2, 1, 2), ("", 1, 0, 1), ("printers", 1, 0, 0)]),
    ],
)
def test_groups_have_their_tickets_and_their_late_clocks(
    cli: Cli, taken: Path, by: str, groups: list[tuple[str, int, int, int]]
) -> None:
    found = asked(cli, "--period", "2026-10", "--by", by)["groups"]
    assert sorted((g["key"], g["tickets"], g["late"], g["clocks"]) for g in found) == sorted(groups)
    assert by.upper() in cli("tickets", "times", "--period", "2026-10", "--by", by).stdout


def test_by_hour_of_the_week(cli: Cli, taken: Path) -> None:
    found = asked(cli, "--period", "2026-10", "--by", "hour")["hours"]
    first = next(each for each in found if each["hour"] == 10)
    assert (first["clocks"], first["late"], first["hours"]) == (1, 1, 4)
    assert minutes(first["times"]) == {"unassigned": 60}
    text = cli("tickets", "times", "--period", "2026-10", "--by", "hour").stdout.splitlines()
    (late,) = (line for line in text if line.startswith("  10") and "/" in line)
    assert late.split()[:3] == ["10", "1/1", "0/1"]


def test_what_cannot_be_asked_says_what_can(cli: Cli, taken: Path) -> None:
    for words, told in (
        (("--by", "colour"), '--by: no ticket of the period says its "colour": write one of hour, priority'),
        (("--customer", "nix"), '--customer: there is no "nix": write one of acme'),
        (("--service", "nix"), '--service: there is no "nix": write one of shop, printers'),
        (("--period", "soon"), '--period: "soon" is no period of a report: write it as "2026-10"'),
        (("--period", "2027-01"), "--period: 2027-01 has not begun: there is nothing to tell"),
    ):
        period = () if "--period" in words else ("--period", "2026-10")
        answer = cli("tickets", "times", *period, *words)
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert answer.stderr.startswith(told)


def test_of_one_service_alone_its_tickets_count(cli: Cli, taken: Path) -> None:
    found = asked(cli, "--period", "2026-10", "--service", "printers")
    assert (found["tickets"], found["promises"]) == (1, [])
    said = cli("tickets", "times", "--period", "2026-10", "--service", "printers").stdout
    assert said.endswith("No agreement that was in force promises times of tickets.\n")


def test_a_ticket_that_is_nobodys_is_told_and_the_month_waits(cli: Cli, taken: Path) -> None:
    lost = taken / "lost.csv"
    lost.write_text(HEAD + "T-9,2026-10-09T10:00:00+02:00,created,,,high,acme,Lamps,,\n")
    cli("tickets", "import", str(lost), "--mapping", "events")
    found = asked(cli, "--period", "2026-10")
    assert found["unplaced"] == [{"ticket": "T-9", "why": 'names a service that nobody knows: "Lamps"'}]
    (line,) = found["promises"]
    assert (line["met"], line["credit"], line["counted"]) == (None, None, 3)
    said = cli("tickets", "times", "--period", "2026-10").stdout
    assert 'Not settled yet: ticket T-9 names a service that nobody knows: "Lamps".' in said
    assert "1 ticket counts nowhere: makegood tickets list --unplaced says why." in said


def test_the_money_and_the_figures_are_those_of_the_statement(cli: Cli, taken: Path) -> None:
    """Of one promise and of several: whatever the statement's section has."""
    file = taken / "makegood.toml"
    file.write_text(CONFIG + TWO)
    plan, now = load_plan(file, environ={}), at("2026-11-18T10:00:00+01:00")
    with open_store(taken / "evidence.db").snapshot() as snapshot:
        lines = Look(plan, snapshot, report_period("2026-10", "Europe/Berlin"), now).lines
        books = Books(plan, snapshot, now)
        papers = {
            each.id: section(books, each, period_for(each, "2026-10", now), running=False)
            for each in plan.agreements.values()
        }
    assert [(line.agreement, line.promise) for line in lines] == [
        ("acme-care", "care"), ("acme-both", "reply"), ("acme-both", "fix"),
    ]  # fmt: skip
    for line in lines:
        figure, met, credit, late = _on_paper(papers[line.agreement], line.promise)
        assert (line.figure, line.met, line.credit) == (figure, met, credit)
        assert [each.ticket for each in line.late] == late
    assert [line.credit for line in lines] == [
        Money(Fraction(50), "EUR"), Money(Fraction(10), "EUR"), Money(Fraction(15, 2), "EUR"),
    ]  # fmt: skip


def _on_paper(paper: Section, promise: str) -> tuple[Fraction | None, bool | None, Money | None, list[str]]:
    assert paper.tickets is not None
    late = next([t.ticket for t in each.late] for each in paper.tickets.promises if each.promise == promise)
    for line in paper.promises:
        if line.promise == promise:
            return line.figure, line.met, line.credit, late
    assert paper.credit is not None
    return paper.availability, paper.met, Money(paper.credit.exact, paper.credit.currency), late


MERGED = """
T-5,2026-10-12T10:00:00+02:00,created,,,high,acme,shop,billing,Desk
T-5,2026-10-12T11:00:00+02:00,merged,T-6,,,,,,
T-6,2026-10-12T10:30:00+02:00,created,,,high,acme,shop,billing,Desk
T-6,2026-10-12T16:00:00+02:00,assigned,,,,,,,
T-6,2026-10-12T16:30:00+02:00,reply,,agent,,,,,
T-6,2026-10-12T16:40:00+02:00,resolved,,,,,,,
"""


def test_a_merged_ticket_waits_on_with_the_one_that_it_went_into(cli: Cli, taken: Path) -> None:
    """T-5 was merged an hour after it came, and its clock ran until T-6 was answered: nobody had taken it."""
    file = taken / "merged.csv"
    file.write_text(HEAD + MERGED.lstrip())
    assert cli("tickets", "import", str(file), "--mapping", "events").exit_code == 0
    found = asked(cli, "--period", "2026-10", "--by", "category")
    (line,) = found["promises"]
    assert [(each["ticket"], each["mostly"]) for each in line["late"]] == [
        ("T-1", "unassigned"), ("T-5", "unassigned"), ("T-6", "unassigned"),
    ]  # fmt: skip
    assert (line["late"][1]["elapsed_ms"], line["cause"]["longer_than_whole_time"]) == (390 * 60_000, 3)
    billing = next(each for each in found["groups"] if each["key"] == "billing")
    assert (billing["tickets"], billing["late"]) == (4, 3)
    assert minutes(billing["times"])["unassigned"] == 300 + 30 + 60 + 330


def test_of_a_week_the_tickets_are_those_of_the_week_and_the_promises_stand_in_their_month(
    cli: Cli, taken: Path
) -> None:
    found = asked(cli, "--period", "2026-W44")
    assert (found["tickets"], minutes(found["times"])) == (
        1, {"unassigned": 10, "worked on": 10, "second line": 13 * 60 + 40 + 24 * 60 + 24 * 60},
    )  # fmt: skip
    said = cli("tickets", "times", "--period", "2026-W44").stdout
    assert "ACME GmbH, Shop, care (November 2026): first reply" in said


def test_the_report_of_the_team_has_the_same(cli: Cli, taken: Path) -> None:
    answer = cli("report", "--internal", "--period", "2026-10", "--format", "json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)["responses"]
    (line,), (own,) = asked(cli, "--period", "2026-10")["promises"], told["lines"]
    assert (own["in_time"], own["credit"]["decimal"], own["met"]) == (line["in_time"], "50.00", False)
    assert [each["ticket"] for each in own["late"]] == ["T-1"]
    assert {each["state"]: each["ms"] // 60_000 for each in told["times"]["parts"]} == {
        "unassigned": 400, "worked on": 460, "waiting for customer": 1_080, "second line": 2_260,
    }  # fmt: skip
    assert [each["by"] for each in told["groups"]] == ["priority", "category", "team"]
    page = cli("report", "--internal", "--period", "2026-10", "--format", "html").stdout
    assert "Response commitments" in page
    assert "lay unassigned for longer than its whole time" in page


def test_where_nothing_is_promised_of_tickets_and_none_went_on_nothing_is_said(cli: Cli, desk: Path) -> None:
    bare = CONFIG[: CONFIG.index("[sla.care]")]
    (desk / "makegood.toml").write_text(bare)
    answer = cli("report", "--internal", "--period", "2026-10", "--format", "json")
    assert json.loads(answer.stdout)["responses"] is None
    said = cli("tickets", "times", "--period", "2026-10").stdout
    assert said.startswith("October 2026, Europe/Berlin. No ticket went on.\n")

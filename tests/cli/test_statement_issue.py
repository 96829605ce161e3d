"""A month is closed from the command line."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.usefixtures("house")


def test_a_month_is_issued_under_numbers_and_summed_up(cli):
    answer = cli("statement", "issue", "--period", "2026-10")

    assert (answer.exit_code, answer.stderr) == (0, "Drawing up ACME GmbH\nDrawing up Muster AG\n")
    assert answer.stdout == (
        "NUMBER     KIND       CUSTOMER  PERIOD       CREDIT\n"
        "2026-0001  statement  acme      2026-10  120.00 EUR\n"
        "2026-0002  statement  muster    2026-10           -\n"
        "\n"
        "CURRENCY  STATEMENTS  WITH CREDIT          FEES     CREDITS\n"
        "CHF                1            0  4,800.00 CHF    0.00 CHF\n"
        "EUR                1            1  1,200.00 EUR  120.00 EUR\n"
    )


def test_who_issues_again_is_shown_what_stands(cli):
    first = json.loads(cli("statement", "issue", "--json").stdout)

    again = cli("statement", "issue")

    assert (again.exit_code, again.stderr) == (0, "")
    assert [line for line in again.stdout.splitlines() if line.endswith("issued before")] == [
        "2026-0001  statement  acme      2026-10  120.00 EUR  issued before",
        "2026-0002  statement  muster    2026-10           -  issued before",
    ]
    second = json.loads(cli("statement", "issue", "--json").stdout)
    assert [each.pop("fresh") for each in first["statements"]] == [True, True]
    assert [each.pop("fresh") for each in second["statements"]] == [False, False]
    assert first == second


def test_the_pages_that_were_kept_are_written_where_one_asks(cli, tmp_path):
    cli("statement", "issue", "--customer", "acme", "--out", str(tmp_path / "out"))

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "2026-0001.csv", "2026-0001.html", "2026-0001.json", "summary-2026-10.html",
    ]  # fmt: skip
    summary = tmp_path / "out" / "summary-2026-10.html"
    assert "1\xa0statement issued, none refused" in summary.read_text()
    assert summary.stat().st_mode & 0o077 == 0, "it is the team's"
    assert json.loads((tmp_path / "out" / "2026-0001.json").read_text())["issue"]["number"] == "2026-0001"


def test_a_month_that_still_runs_is_not_issued(cli):
    answer = cli("statement", "issue", "--period", "2026-11", "--customer", "acme")

    assert (answer.exit_code, answer.stdout) == (3, "\n1 not issued: acme\n")
    assert answer.stderr.splitlines()[1:] == [
        "acme: 2026-11 is not over; it can be issued from 2026-12-01 00:10 CET on"
    ]


def test_a_quarter_is_issued_in_the_month_in_which_it_ends(cli):
    answer = cli("statement", "issue", "--period", "2026-Q3")

    assert answer.exit_code == 2
    assert answer.stderr.endswith(
        "; a quarter or a year is stated in the month in which it ends: issue that month\n"
    )

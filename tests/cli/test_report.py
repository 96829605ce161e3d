"""A month's papers from the command line."""

from __future__ import annotations

import json

import pytest

from monitor.cli.report import Written
from monitor.errors import Exit, NoRow

pytestmark = pytest.mark.usefixtures("house")


def test_every_customer_gets_a_page_and_its_twins(cli, tmp_path):
    answer = cli("report", "--period", "2026-10", "--out", str(tmp_path / "out"))

    month = tmp_path / "out" / "2026-10"
    assert (answer.exit_code, answer.stdout) == (0, f"{month}/acme.html\n{month}/muster.html\n")
    assert answer.stderr == "Drawing up ACME GmbH\nDrawing up Muster AG\n"
    assert sorted(path.name for path in month.iterdir()) == [
        "acme.csv", "acme.html", "acme.json", "muster.csv", "muster.html", "muster.json",
    ]  # fmt: skip


def test_the_last_month_that_is_over_goes_where_the_configuration_says(cli, tmp_path):
    answer = cli("report", "--customer", "acme")

    assert answer.stdout == f"{tmp_path}/papers/2026-10/acme.html\n"


def test_the_teams_page_is_written_when_it_is_asked_for(cli, tmp_path):
    answer = cli("report", "--internal", "--customer", "muster")

    papers = tmp_path / "papers" / "2026-10"
    assert answer.stdout.splitlines() == [f"{papers}/muster.html", f"{papers.parent}/internal/2026-10.html"]


def test_a_program_gets_the_credits(cli, tmp_path):
    answer = cli("report", "--period", "2026-10", "--json")

    papers = tmp_path / "papers" / "2026-10"
    assert json.loads(answer.stdout) == {
        "period": "2026-10",
        "statements": [
            {
                "customer": "acme",
                "status": "draft",
                "page": f"{papers}/acme.html",
                "credits": [{"minor": 12_000, "currency": "EUR", "decimal": "120.00"}],
            },
            {
                "customer": "muster",
                "status": "draft",
                "page": f"{papers}/muster.html",
                "credits": [{"minor": 0, "currency": "CHF", "decimal": "0.00"}],
            },
        ],
        "internal": None,
    }


def test_a_month_that_was_half_measured_needs_a_person(cli, clock, made):
    """In December: the monitor stopped on 18 November, and 95 % of the month is the least."""
    clock.at = made.at("2026-12-02T09:00+01:00")

    answer = cli("report", "--customer", "acme")

    assert answer.exit_code == 5
    assert answer.stdout.endswith("/2026-11/acme.html\n")
    assert answer.stderr.splitlines()[1] == (
        "ACME GmbH, Checkout: not determinable, since only 58.3337 % of the promised time was measured; "
        "a person must decide what is owed"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--customer", "shop"), 'there is no customer "shop"; write one of: acme, muster\n'),
        (("--period", "10/2026"), '--period: "10/2026" is not a month: write it as "2026-10"\n'),
        (("--period", "2026-12"), "--period: 2026-12 has not begun; the running month is 2026-11\n"),
        (
            ("--period", "2025-10"),
            (
                "no agreement is in force in 2025-10: there is no statement to write; "
                "for the month that still runs write --period 2026-11\n"
            ),
        ),
    ],
)
def test_what_cannot_be_drawn_up_is_refused(cli, words, said):
    answer = cli("report", *words)

    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", said)


def test_a_folder_that_cannot_be_made_is_told_once(cli, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    answer = cli("report", "--out", str(tmp_path / "file" / "out"))

    told = [line for line in answer.stderr.splitlines() if not line.startswith("Drawing up")]
    assert (answer.exit_code, answer.stdout, len(told)) == (2, "", 1)
    assert told[0].endswith("name another folder with --out")


def test_a_refusal_decides_the_exit_code():
    assert Written((), (NoRow("99.0 % is in no row"),)).exit_code is Exit.NO_ROW
    assert Written((), ()).exit_code is Exit.DONE

"""Claims, disputes and the provision, from the command line."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def issued(house, cli, tmp_path):
    """October is issued on 18 November; a credit must be claimed within 30 days of its period."""
    config = tmp_path / "makegood.toml"
    config.write_text(
        config.read_text().replace(
            'limits = "25% per period"', 'limits = "25% per period"\nclaim = "30 days after period"'
        )
    )
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    return cli


def test_what_is_due_is_listed(issued):
    assert issued("claim", "list").stdout == (
        "STATEMENT  CUSTOMER  AGREEMENT      PERIOD       CREDIT  STATE  SINCE  NEXT STEP BY\n"
        "2026-0001  acme      acme-checkout  2026-10  120.00 EUR  open          2026-11-30\n"
    )


def test_a_claim_is_recorded_and_handed_over_with_its_credit(issued):
    answer = issued("claim", "move", "2026-0001", "claimed", "--on", "2026-11-17")

    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr == "2026-0001, acme-checkout: open -> claimed on 2026-11-17\n"
    (line,) = [json.loads(text) for text in issued("credits", "--jsonl").stdout.splitlines()]
    assert (line["statement"], line["claim"]) == ("2026-0001", "claimed")
    (claim,) = json.loads(issued("claim", "list", "--state", "claimed", "--json").stdout)
    assert claim["claim_by"] == "2026-11-30"
    assert [(m["state"], m["on"]) for m in claim["moves"]] == [("claimed", "2026-11-17")]
    entry = claim["moves"][-1]["entry"]
    assert json.loads(issued("claim", "list", "--after", str(entry), "--json").stdout) == []


def test_what_cannot_be_is_told_with_what_can(issued):
    answer = issued("claim", "move", "2026-0001", "granted")

    assert (answer.exit_code, answer.stderr) == (
        2, "2026-0001, acme-checkout is open: what may follow is claimed, and not granted\n",
    )  # fmt: skip
    assert issued("claim", "move", "2026-0002", "claimed").stderr == (
        "2026-0002 gives no credit: `makegood claim list` names those that do\n"
    )


def test_looking_records_nothing(issued):
    assert issued("claim", "move", "2026-0001", "claimed", "--dry-run").exit_code == 0

    assert "open" in issued("claim", "list").stdout


def test_the_statement_says_by_when(issued):
    page = issued("statement", "show", "2026-0001", "--html").stdout

    assert "30 November 2026" in page.replace("\xa0", " ")
    document = json.loads(issued("statement", "show", "2026-0001", "--json").stdout)
    assert document["sections"][0]["deadlines"]["claim_by"] == "2026-11-30"


# --- disputes -------------------------------------------------------------------------------------------


def test_a_dispute_is_opened_answered_and_closed(issued):
    opened = issued(
        "dispute", "open", "2026-0001", "--claim", "It was down longer", "--amount", "300.00 EUR",
        "--on", "2026-11-18",
    )  # fmt: skip
    assert opened.exit_code == 0, opened.stderr
    (dispute,) = json.loads(issued("dispute", "list", "--json").stdout)
    number = str(dispute["dispute"])
    assert (dispute["state"], dispute["amount"]["minor"]) == ("open", 30_000)

    assert issued("dispute", "answer", number, "--answer", "We looked: two hours").exit_code == 0
    assert json.loads(issued("dispute", "list", "--json").stdout)[0]["state"] == "answered"
    assert f"({number}): It was down longer" in issued("statement", "show", "2026-0001").stdout
    assert json.loads(issued("statement", "list", "--json").stdout)[0]["disputes"] == [int(number)]
    closed = issued("dispute", "close", number, "--outcome", "rejected", "--reason", "Two hours it was")

    assert closed.stderr == f"Closed dispute {number}: rejected, of statement 2026-0001\n"
    assert issued("dispute", "list", "--open").stdout == "No dispute.\n"
    again = issued("dispute", "answer", number, "--answer", "More")
    assert again.exit_code == 2
    assert "was closed on 2026-11-18, rejected" in again.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("open", "2026-0099", "--claim", "x"), 'there is no statement "2026-0099"'),
        (("open", "2026-0001", "--claim", " "), "--claim is empty"),
        (("open", "2026-0001", "--claim", "x", "--amount", "12"), "--amount: "),
        (("open", "2026-0001", "--claim", "x", "--on", "2026-11-19"), "that day is still to come"),
        (
            ("open", "2026-0001", "--claim", "x", "--amount", "12.00 CHF"),
            "--amount: 2026-0001 is in EUR, and not in CHF",
        ),
        (
            ("open", "2026-0001", "--claim", "x", "--on", "2026-11-01"),
            "2026-0001 was issued on 2026-11-18, and disputed that day or later",
        ),
        (("answer", "7", "--answer", "x"), "there is no dispute 7"),
        (
            ("close", "7", "--outcome", "upheld", "--reason", "x", "--by", "2026-0099"),
            "there is no dispute 7",
        ),
    ],
)
def test_a_dispute_that_cannot_be(issued, words, sentence):
    answer = issued("dispute", *words)

    assert answer.exit_code == 2
    assert sentence in answer.stderr


def test_a_dispute_is_closed_by_a_paper_that_corrects_what_was_disputed(issued):
    assert issued("dispute", "open", "2026-0001", "--claim", "It was down longer").exit_code == 0
    (dispute,) = json.loads(issued("dispute", "list", "--json").stdout)
    close = ("dispute", "close", str(dispute["dispute"]), "--outcome", "upheld", "--reason", "So it was")

    assert 'there is no statement "2026-0099"' in issued(*close, "--by", "2026-0099").stderr
    itself = issued(*close, "--by", "2026-0001")
    assert (itself.exit_code, itself.stderr) == (
        2,
        "--by 2026-0001: it is no later paper of acme's 2026-10, and corrects nothing in 2026-0001\n",
    )
    assert "no later paper of acme's 2026-10" in issued(*close, "--by", "2026-0002").stderr
    assert issued("statement", "void", "2026-0001", "--reason", "Wrong", "--yes").exit_code == 0
    assert issued(*close, "--by", "2026-0003").exit_code == 0
    (closed,) = json.loads(issued("dispute", "list", "--json").stdout)
    assert (closed["outcome"], closed["corrected_by"]) == ("upheld", "2026-0003")


# --- the provision --------------------------------------------------------------------------------------


def test_the_provision_of_a_day_by_currency(issued):
    answer = issued("exposure")

    assert answer.exit_code == 0
    lines = answer.stdout.splitlines()
    assert lines[1].split() == [
        "acme",
        "acme-checkout",
        "2026-10",
        "may",
        "be",
        "claimed",
        "2026-0001",
        "120.00",
        "EUR",
    ]
    assert any(line.startswith("EUR") for line in lines)


def test_the_provision_for_programs(issued):
    said = json.loads(issued("exposure", "--json").stdout)

    (euro,) = [each for each in said["sums"] if each["currency"] == "EUR"]
    assert euro["may_be_claimed"]["minor"] == 12_000
    head, first = issued("exposure", "--csv").stdout.splitlines()[:2]
    assert head == "customer,agreement,period,kind,statement,minor,currency,decimal,why,provisional,capped"
    assert first == "acme,acme-checkout,2026-10,may be claimed,2026-0001,12000,EUR,120.00,,no,no"


def test_a_day_that_is_still_to_come_is_refused(issued):
    answer = issued("exposure", "--as-of", "2026-11-30")

    assert answer.exit_code == 2
    assert "is still to come" in answer.stderr
    assert issued("exposure", "--as-of", "2026-11-18").exit_code == 0, "today is meant until now"

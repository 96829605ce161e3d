"""What was credited is handed over line by line, each once."""

from __future__ import annotations

import csv
import io
import json

import pytest

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def issued(cli):
    """October is issued, and acme's statement taken back: 120.00 EUR were given, and taken back."""
    assert cli("statement", "issue", "--period", "2026-10").exit_code == 0
    assert cli("statement", "void", "2026-0001", "--reason", "Wrong customer", "--yes").exit_code == 0
    return cli


def test_every_line_is_there_with_its_sign(issued):
    answer = issued("credits")

    assert answer.exit_code == 0
    head, *lines = answer.stdout.splitlines()
    assert head == (
        "CURSOR  STATEMENT  KIND       CUSTOMER  PERIOD   AGREEMENT           CREDIT  REASON      CLAIM"
    )
    assert [" ".join(line.split()) for line in lines] == [
        "1 2026-0001 statement acme 2026-10 acme-checkout 120.00 EUR sla credit taken back",
        "2 2026-0003 reversal acme 2026-10 acme-checkout -120.00 EUR reversal taken back",
    ]
    assert answer.stderr == "The next lines: makegood credits --after 2\n"


def test_who_asks_after_a_cursor_gets_each_line_once(issued):
    seen, after = [], 0
    while lines := issued("credits", "--after", str(after), "--limit", "1", "--jsonl").stdout.splitlines():
        (line,) = map(json.loads, lines)
        after = line["cursor"]
        seen.append((line["statement"], line["minor"], line["currency"], line["decimal"], line["reason"]))

    assert seen == [
        ("2026-0001", 12_000, "EUR", "120.00", "sla credit"),
        ("2026-0003", -12_000, "EUR", "-120.00", "reversal"),
    ]
    assert issued("credits", "--after", "2").stdout == "No credit line after 2.\n"


def test_a_table_for_a_spreadsheet_has_figures_as_they_are(issued):
    first, second = csv.DictReader(io.StringIO(issued("credits", "--csv").stdout))

    assert (first["minor"], second["minor"], second["decimal"]) == ("12000", "-12000", "-120.00")
    assert (second["statement"], second["kind"], second["agreement"]) == (
        "2026-0003", "reversal", "acme-checkout",
    )  # fmt: skip


def test_a_claim_is_found_by_any_paper_of_its_chain(issued):
    """The second chain of October begins after the first was taken back."""
    assert issued("statement", "issue", "--period", "2026-10").exit_code == 0

    last = json.loads(issued("credits", "--after", "2", "--jsonl").stdout)
    assert (last["statement"], last["claim"]) == ("2026-0004", "granted")
    answer = issued("claim", "move", "2026-0003", "granted")
    assert answer.stderr == ("2026-0001, acme-checkout is taken back: nothing may follow\n")


def test_there_may_be_none(cli):
    answer = cli("credits")

    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, "No credit line.\n", "")
    assert cli("credits", "--after", "-1").exit_code == 2

"""A contract of availability and replies of which one part alone can be worked out: nobody is told 0.00."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.store import open_store
from tests.cli.conftest import Cli
from tests.cli.test_responses import CONFIG, OCTOBER, known, take

OF_REPLIES = CONFIG.index("[sla.care]")
BOTH = (
    CONFIG[:OF_REPLIES].replace('title = "Shop"\n', 'title = "Shop"\nup_when = { all = ["web"] }\n')
    + '[sla.care]\ntogether = "sum"\n[sla.care.promise.up]\ncommitment = "99.9%"\n'
    'credits = { "< 99.9%" = "10%" }\n' + CONFIG[OF_REPLIES:].replace("[sla.care", "[sla.care.promise.reply")
)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Nothing was ever measured, and of three replies in October one was late: 5 % of 1,000 EUR."""
    (tmp_path / "makegood.toml").write_text(BOTH)
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


@pytest.fixture
def asked(cli: Cli, desk: Path) -> Path:
    take(cli, desk, OCTOBER)
    known(cli, "2026-11-01")
    return desk


def test_a_refusal_says_what_is_worked_out_and_never_that_nothing_is_owed(cli: Cli, asked: Path) -> None:
    refused = cli("statement", "issue", "--period", "2026-10")
    assert refused.exit_code == 3
    said = " ".join(refused.stderr.split())
    assert "reply comes to 50.00 EUR by itself; up is not worked out" in said
    assert '--credit "AMOUNT EUR"' in said
    assert "0.00 EUR" not in said.replace("50.00 EUR", "")


def test_a_placeholder_that_was_left_in_is_no_amount(cli: Cli, asked: Path) -> None:
    words = ("statement", "decide", "acme", "--period", "2026-10", "--agreement", "acme-care")
    refused = cli(*words, "--credit", "AMOUNT EUR", "--reason", "As agreed")
    assert refused.exit_code == 2
    assert "--credit" in refused.stderr


def test_the_paper_says_it_too(cli: Cli, asked: Path) -> None:
    sentence = "Worked out by itself: reply, 50.00 EUR. Not worked out: up."
    written = cli("report", "--period", "2026-10", "--out", str(asked / "out"))
    assert written.exit_code == 5
    assert sentence in " ".join(written.stderr.split())
    assert sentence in cli("explain", "acme", "--period", "2026-10").stdout
    page = (asked / "out" / "2026-10" / "acme.html").read_text().replace("\u00a0", " ").replace("\u202f", " ")
    assert sentence in page
    (section,) = json.loads((asked / "out" / "2026-10" / "acme.json").read_text())["sections"]
    credits = {each["promise"]: each["credit"] for each in section["promises"]}
    assert credits["up"] is None
    assert credits["reply"]["decimal"] == "50.00"


def test_where_nothing_is_worked_out_nobody_is_told_an_amount_either(cli: Cli, asked: Path) -> None:
    take(cli, asked, OCTOBER + "T-9,2026-10-20T10:00:00+02:00,created,,,high,acme,Scanner\n")
    refused = cli("statement", "issue", "--period", "2026-10")
    assert "0.00 EUR" not in refused.stderr
    assert "by itself" not in refused.stderr

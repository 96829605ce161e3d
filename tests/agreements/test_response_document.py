"""docs/response.md: its contract has thirty lines at most, loads, and reads sentence by sentence as told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.agreements.build import contract
from monitor.agreements.tickets import Tickets
from monitor.config import load_plan
from monitor.core.tickets import EVENT_KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "response.md").read_text(encoding="utf-8")
PARTIES = """
[customer.acme]
name = "ACME"
timezone = "Europe/Berlin"
currency = "EUR"

[service.desk]

[agreement.acme]
customer = "acme"
service = "desk"
sla = "care"
monthly_fee = "100.00"
from = 2026-01-01
"""


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


@pytest.fixture
def measure(tmp_path: Path) -> Tickets:
    path = tmp_path / "acme.toml"
    path.write_text(block("toml") + PARTIES, encoding="utf-8")
    plan = load_plan(path, environ={}, purpose="files")
    ((_, clause),) = contract(plan.slas["care"].terms).promises
    assert isinstance(clause.measure, Tickets)
    return clause.measure


def test_three_priorities_and_two_zones_are_thirty_lines_at_most() -> None:
    lines = [line for line in block("toml").splitlines() if line.strip()]
    assert len(lines) <= 30


def test_the_contract_reads_as_the_page_says_sentence_by_sentence(measure: Tickets) -> None:
    for sentence in block("text").splitlines():
        assert sentence in measure.say()
    assert measure.say().splitlines() == block("text").splitlines()


def test_every_event_is_named() -> None:
    assert [kind for kind in EVENT_KINDS if f"`{kind}`" not in PAGE] == []

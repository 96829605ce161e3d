"""`evaluate` as a person reads it; what it comes to is held by the worked documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli.app import makegood

CONTRACT = """
[customer.acme]
name = "ACME"
timezone = "UTC"
currency = "EUR"

[service.shop]

[sla.plain]
{terms}

[agreement.a]
customer = "acme"
service = "shop"
sla = "plain"
monthly_fee = "1000.00"
from = 2025-01-01
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outages.csv").write_text("start,end\n2025-04-10T00:00:00Z,2025-04-10T02:00:00Z\n")
    return tmp_path


def evaluate(told: Path, terms: str) -> Result:
    (told / "contract.toml").write_text(CONTRACT.format(terms=terms))
    words = ["evaluate", "contract.toml", "--agreement", "a", "--period", "2025-04"]
    return CliRunner().invoke(makegood, [*words, "--evidence", "outages.csv"])


def test_a_promise_without_a_commitment_is_read_too(told: Path) -> None:
    found = evaluate(told, 'commitment = "none"\ncredits = { each = "full 1h", credit = "5%" }')
    assert found.exit_code == 0, found.output
    assert "plain    99.722222 %  none        met  5%" in found.stdout.splitlines()
    assert "Credit: 100.00 EUR." in found.stdout.splitlines()


def test_what_was_assumed_is_said_once(told: Path) -> None:
    terms = 'commitment = "99.9%"\ncredits = "10%"\ntermination = ["2 of 3 periods missed"]'
    last = evaluate(told, terms).stdout.splitlines()[-1]
    assert last.startswith("Assumed, since the history does not reach back far enough:")


def test_a_step_of_a_claim_is_a_day(told: Path) -> None:
    terms = (
        'commitment = "99.9%"\ncredits = "10%"\n'
        'claim = { notify = "24 hours after outage", by = "30 days after period" }'
    )
    assert evaluate(told, terms).stdout.splitlines()[-1] == (
        "To be claimed: notify by 2025-04-11, claim by 2025-05-30."
    )


def test_nothing_is_to_be_claimed_where_nothing_is_owed(told: Path) -> None:
    terms = 'commitment = "99%"\ncredits = "10%"\nclaim = "30 days after period"'
    found = evaluate(told, terms)

    assert "Credit: 0.00 EUR." in found.stdout
    assert "To be claimed" not in found.stdout


def test_steps_that_are_alike_are_one_line(told: Path) -> None:
    rows = "".join(f"2025-04-{day}T00:00:00Z,2025-04-{day}T02:00:00Z\n" for day in (10, 12, 14))
    (told / "outages.csv").write_text("start,end\n" + rows)
    found = evaluate(told, 'commitment = "100%"\ncredits = { each = "outage", credit = "25.00 EUR" }')
    assert [line.strip() for line in found.stdout.splitlines() if "Credit of" in line] == [
        "schedule  3 times: Credit of 25.00 EUR: 25.00 EUR"
    ]

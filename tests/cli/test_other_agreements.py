"""The commands that only read, on agreements of every kind at once: each says what it can, and why not."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

EVERY = [
    "calendar month", "calendar quarter", "calendar year", "fiscal quarter", "billing month",
    "contract month", "contract year", "30 days", "any 30 days", "365 days before the claim",
]  # fmt: skip
CREDITS = 'commitment = "99.9%"\ncredits = { "< 99.9%" = "10%" }\n'
STAGES = {
    "each-on-its-own": CREDITS,
    "all-down": CREDITS + 'scope = "all down"\n',
    "downtime": 'commitment = "<= 45m"\ncredits = { "> 45m" = "10%" }\n',
    "none": 'commitment = "none"\ncredits = { "< 99%" = "5%", ">= 99%" = "0%" }\n',
    "by-hand": 'commitment = "99.9%"\ncredits = "manual"\n',
    "requests": CREDITS + 'measure = { evidence = "slots", as = "total" }\n',
    "slots": CREDITS
    + 'measure = { evidence = "outages", as = "bad slots", slot = "1h", bad = "wholly down" }\n',
    "in-a-row": CREDITS + "outage = { confirmed_by = 2 }\n",
    "mean": CREDITS + 'formula = { mean_of_last = "2 periods" }\n',
    "rounded": CREDITS + 'formula = { decimals = 2, rounding = "half-up" }\n',
}


@pytest.fixture
def mixed(house):
    """The house with an agreement of every period for Muster, and one of every kind for ACME."""
    text = '\n[service.both]\ntitle = "Both"\nresources = ["web", "search-web"]\n'
    for place, every in enumerate(EVERY):
        first = ', first_month = "February"' if every == "fiscal quarter" else ""
        text += f'[sla.p{place}]\n{CREDITS}period = {{ every = "{every}"{first} }}\n'
        text += agreement(f"p{place}", "muster", "checkout")
    for name, stages in STAGES.items():
        text += f"[sla.{name}]\n{stages}" + agreement(name, "acme", "both")
    path = house / "makegood.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return house


def agreement(sla: str, customer: str, service: str) -> str:
    return f"""
[agreement.{sla}]
customer = "{customer}"
service = "{service}"
sla = "{sla}"
monthly_fee = "100.00"
from = 2026-01-15
"""


def test_the_budget_has_a_row_for_each_and_a_reason_where_there_is_none(cli, mixed):
    rows = {row["agreement"]: row for row in json.loads(cli("budget", "--json").stdout)}

    assert len(rows) == 2 + len(EVERY) + len(STAGES)
    without = {name: row["no_budget"] for name, row in rows.items() if row["no_budget"]}
    assert without == {
        "none": "nothing is promised that could be used up",
        "requests": "it is settled from counts of requests",
        "slots": "what is bad is counted in slots, not in time",
        "mean": "the figure is a mean with earlier periods",
        "rounded": "the figure is rounded before it is compared",
    }
    assert all(rows[name]["left_ms"] is None for name in without)
    assert rows["p1"]["period"] == "2026-Q4"
    assert rows["downtime"]["promised"] == "<= 45m"


def test_the_budget_for_people_has_the_period_of_each(cli, mixed):
    answer = cli("budget")

    assert answer.exit_code == 0
    assert "Each agreement in its own period" in answer.stdout
    assert "no allowance" in answer.stdout


def test_a_threshold_passes_over_what_has_no_allowance(cli, mixed):
    assert cli("budget", "mean", "--fail-under", "10%").exit_code == 5
    assert cli("budget", "muster-search", "--fail-under", "10%").exit_code == 0


@pytest.mark.parametrize("customer", ["acme", "muster"])
@pytest.mark.parametrize("period", ["2026-10", "2026-11", "2026-Q4"])
def test_explain_tells_every_agreement(cli, mixed, customer, period):
    answer = cli("explain", customer, "--period", period)

    if (customer, period) == ("acme", "2026-Q4"):
        assert answer.exit_code == 2
    else:
        assert answer.exit_code in (0, 5)
        assert answer.stdout


def test_explain_names_the_command_that_settles_what_checks_cannot(cli, mixed):
    told = cli("explain", "acme", "--period", "2026-10").stdout

    assert "checks alone cannot settle this agreement, since it is settled from counts of requests" in told
    assert "makegood evaluate CONFIG --agreement requests --period 2026-10 --evidence FILE.csv" in told


def test_explain_names_what_runs_on(cli, mixed):
    told = cli("explain", "muster", "--period", "2026-10").stdout

    assert "Checkout, p1: its period, Q4 2026, runs until 31 December 2026 and is stated then." in told


def test_a_month_of_all_of_them_is_drafted(cli, mixed):
    answer = cli("report", "--period", "2026-10", "--internal")

    assert answer.exit_code == 5
    assert len(answer.stdout.splitlines()) == 3
    assert "settle it from a file: makegood evaluate CONFIG --agreement requests" in answer.stderr


def test_status_tells_the_agreements_of_a_service_apart(cli, mixed):
    told = cli("status").stdout

    assert "Muster AG (p1): " in told
    assert "ACME GmbH (requests): not determinable, since it is settled from counts of requests" in told


@pytest.mark.parametrize("name", ["each-on-its-own", "all-down", "downtime", "none", "slots", "rounded"])
def test_the_statement_is_what_evaluate_makes_of_the_same_outage(cli, mixed, name):
    """Two hours of web on 6 October, seen by checks or written in a file: one engine, one credit."""
    rows = "start,end,resource\n2026-10-06T12:00:00Z,2026-10-06T14:00:00Z,web\n"
    (mixed / "outages.csv").write_text(rows, encoding="utf-8")
    files = ("--agreement", name, "--period", "2026-10", "--evidence", str(mixed / "outages.csv"), "--json")

    priced = json.loads(cli("evaluate", str(mixed / "makegood.toml"), *files).stdout)
    paper = json.loads(cli("explain", "acme", "--period", "2026-10", "--json").stdout)

    (stated,) = [section for section in paper["sections"] if section["agreement"] == name]
    assert stated["credit"]["decimal"] == priced["credit"]["amount"]
    worst = min(fraction(each["figure"]) for each in priced["promises"])
    assert fraction(stated["availability"]) == worst


def fraction(of: dict[str, int]) -> Fraction:
    return Fraction(of["numerator"], of["denominator"])

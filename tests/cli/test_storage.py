"""`storage`: what checks take, what will go and when, and what must be kept. The clock says 18 Nov 2026."""

from __future__ import annotations

import json

import pytest

from monitor.core.intervals import DAY


@pytest.fixture
def keeping(house):
    """Good checks go after 400 days where nothing keeps them. Two agreements, probed since September."""
    file = house / "makegood.toml"
    file.write_text(file.read_text().replace("[monitor]\n", '[monitor]\nkeep_checks = "400 days"\n'))
    return file


@pytest.fixture
def limits(cli, keeping):
    def limits() -> dict[str, tuple[str, str]]:
        """From when on the good checks of each endpoint are kept (UTC), and why."""
        found = json.loads(cli("storage", "show", "--json").stdout)["limits"]
        return {each["endpoint"]: (each["kept_from"][:10], each["why"]) for each in found}

    return limits


def test_unless_something_else_is_said_checks_are_kept_for_ever(cli, house):
    shown = cli("storage", "show")
    assert shown.exit_code == 0
    assert "All checks are kept for ever" in shown.stdout
    assert "loose checks      2,372" in shown.stdout


def test_nothing_goes_from_a_year_before_a_month_without_a_statement(limits):
    """September is over and not issued: 1 Sep 2026 in Berlin, less 366 days."""
    assert limits() == {
        "web": ("2025-08-30", "acme, 2026-09: no statement was issued"),
        "search-web": ("2025-08-30", "muster, 2026-09: no statement was issued"),
    }


def test_a_month_that_was_issued_is_settled_and_the_one_that_is_not_over_is_not(cli, limits):
    for month in ("2026-09", "2026-10"):
        assert cli("statement", "issue", "--period", month).exit_code == 0
    assert limits()["web"] == ("2025-10-14", "[monitor] keep_checks"), "400 days before 18 November"


def test_a_paper_that_can_be_disputed_or_is_keeps_its_month(cli, keeping, limits, clock):
    keeping.write_text(
        keeping.read_text().replace(
            'sla = "gold"\nmonthly_fee = "1200.00"',
            'sla = "gold"\ndispute = "60 days"\nmonthly_fee = "1200.00"',
        )
    )
    cli("statement", "issue", "--period", "2026-09")
    assert limits()["web"] == ("2025-08-30", "acme, 2026-09: it can be disputed until 2027-01-17")

    opened = cli("dispute", "open", "2026-0001", "--claim", "it was longer")
    assert opened.exit_code == 0, opened.output
    clock.at += 70 * DAY
    assert limits()["web"] == ("2025-08-30", "acme, 2026-09: 2026-0001 is disputed")


def test_an_agreement_that_has_ended_keeps_nothing_once_it_is_settled(cli, keeping, limits, clock):
    """September was its last month; nothing is issued of the months after it."""
    text = keeping.read_text()
    keeping.write_text(text.replace("from = 2026-01-01", "from = 2026-01-01\nuntil = 2026-09-30", 1))
    assert cli("statement", "issue", "--period", "2026-09").exit_code == 0
    assert limits()["web"] == ("2025-10-14", "[monitor] keep_checks")
    clock.at += 900 * DAY
    assert limits()["web"][1] == "[monitor] keep_checks"


def test_of_a_quarter_the_month_in_which_it_ends_alone_must_be_issued(cli, keeping, limits):
    """July to September ends in September; no statement is missing in October, and the next is not over."""
    text = keeping.read_text()
    quarterly = 'commitment = "99.9%"\nperiod = "calendar quarter"'
    keeping.write_text(text.replace('commitment = "99.9%"', quarterly, 1))
    assert cli("statement", "issue", "--period", "2026-09").exit_code == 0
    assert limits()["web"] == ("2025-10-14", "[monitor] keep_checks")


def test_a_legal_hold_keeps_everything_of_what_it_names_until_it_is_released(cli, keeping, limits):
    held = cli("storage", "hold", "acme", "--reason", "a court asked for it")
    assert (held.exit_code, held.stdout) == (0, "held: acme\n")
    date, why = limits()["web"]
    assert date == "1970-01-01"
    assert why.endswith("a court asked for it")
    assert limits()["search-web"][0] == "2025-08-30"
    assert "a court asked for it" in cli("storage", "show").stdout

    assert cli("storage", "release", "acme", "--reason", "settled").stdout == "released: acme\n"
    assert limits()["web"][0] == "2025-08-30"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hold", "wep", "--reason", "x"), 'no endpoint, service or customer "wep"'),
        (("hold", "web", "--reason", " "), "--reason: it is empty; say why it must be kept"),
        (("release", "web", "--reason", "x"), '"web" is not held; held is: nothing'),
    ],
)
def test_what_cannot_be_held_is_said(cli, keeping, words, said):
    answer = cli("storage", *words)
    assert answer.exit_code == 2
    assert said in answer.stderr


def test_a_dry_run_holds_nothing(cli, keeping, limits):
    assert cli("storage", "hold", "web", "--reason", "x", "--dry-run").stdout == "Would be held: web\n"
    assert limits()["web"][0] == "2025-08-30"


def test_a_time_that_a_years_figures_outlast_is_refused(cli, keeping):
    keeping.write_text(keeping.read_text().replace('"400 days"', '"90 days"'))
    answer = cli("config", "check")
    assert answer.exit_code == 2
    assert 'write "400 days" or more' in answer.output

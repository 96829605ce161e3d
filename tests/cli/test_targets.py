"""`makegood targets`: documents of `tests/cli/guidance`, what a program gets, and who is asked about what."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.statements.build import statement
from monitor.store import open_store
from tests.cli.told import document

DOCUMENTS = sorted((Path(__file__).parent / "guidance").glob("*.md"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_program_answers_as_the_document_says(cli, clock, tmp_path, path, update_golden):
    found = document(path)
    clock.at = found.now
    answers = list(found.answers(tmp_path, cli))

    if update_golden:
        found.rewritten(answers)
    assert answers
    assert answers == document(path).printed


@pytest.fixture
def year(cli, clock, tmp_path):
    """The folder of a year under one promise."""
    found = document(next(path for path in DOCUMENTS if path.stem == "a_year_under_one_promise"))
    clock.at = found.now
    list(found.answers(tmp_path, cli))
    return found


def test_a_program_gets_exact_figures(year, cli):
    (guide,) = json.loads(cli("targets", "suggest", "--json").stdout)

    assert guide["agreements"] == ["muster-checkout", "acme-checkout"]
    assert guide["months"][1] == {
        "period": "2025-12",
        "figure": exactly(1 - Fraction(65, 31 * 1440)),
        "worst": exactly(1 - Fraction(65, 31 * 1440)),
        "best": exactly(1 - Fraction(65, 31 * 1440)),
        "unseen": exactly(Fraction(0)),
        "counts": True,
        "left_out": None,
    }
    march = guide["months"][4]
    assert march["figure"] == exactly(1 - Fraction(25, 743 * 60 - 20))
    assert (march["worst"], march["best"]) == (
        exactly(1 - Fraction(45, 743 * 60)),
        exactly(1 - Fraction(25, 743 * 60)),
    )
    now = next(each for each in guide["candidates"] if each["level"] == exactly(Fraction(999, 1000)))
    assert now["missed"] == {"least": 2, "as_recorded": 2, "most": 3}
    assert [each["minor"] for each in now["cost"]["as_recorded"]] == [2 * 48_000, 2 * 12_000]
    assert [each["minor"] for each in now["cost"]["most"]] == [3 * 48_000, 3 * 12_000]
    assert guide["proposal"]["commitment"] == exactly(Fraction(995, 1000))
    assert [doubt["kind"] for doubt in guide["doubts"]] == ["never met"]


def test_the_list_for_a_program_has_the_same_rows(year, cli):
    found = json.loads(cli("targets", "list", "--json").stdout)

    assert [(row["kind"], row["name"], row["kept"], row["of"]) for row in found["targets"]] == [
        ("promised", "gold", 2, 3),
        ("internal", "inner", 0, 3),
    ]
    assert found["targets"][0]["months"][0]["met"] is False


def exactly(share: Fraction) -> dict[str, int]:
    return {"numerator": share.numerator, "denominator": share.denominator}


def test_what_a_level_would_have_cost_is_what_the_statement_of_the_same_terms_says(year, cli, tmp_path):
    """The agreement's own level, month by month: the statements since the agreement began say the same."""
    (guide,) = json.loads(cli("targets", "suggest", "--json").stdout)
    own = next(each for each in guide["candidates"] if each["level"] == exactly(Fraction(999, 1000)))
    plan = load_plan(tmp_path / "makegood.toml", environ={})
    months = [f"2026-{number:02d}" for number in range(1, 11)]
    with open_store(plan.settings.database).snapshot() as snapshot:
        drafts = [statement(plan, snapshot, "muster", month, year.now) for month in months]
    credits = [draft.totals[0].credit for draft in drafts]

    december = 48_000
    assert own["cost"]["as_recorded"][0]["minor"] == december + sum(each.minor for each in credits)


def test_a_level_costs_what_an_sla_written_for_it_would_have_cost(year, cli, tmp_path):
    """99.95 % in the words of a file, its rows at one and ten times the allowance, settled by `backtest`."""
    (guide,) = json.loads(cli("targets", "suggest", "--json").stdout)
    level = next(each for each in guide["candidates"] if each["level"] == exactly(Fraction(9995, 10_000)))
    path = tmp_path / "makegood.toml"
    written = """
[sla.moved]
commitment = "99.95%"
exclude = []
credits = { "< 99.95%" = "10%", "< 99.5%" = "25%" }
limits = "25% per period"
"""
    path.write_text(path.read_text(encoding="utf-8") + written, encoding="utf-8")

    words = ("--service", "checkout", "--sla", "moved", "--agreement", "acme-checkout", "--csv")
    rows = list(csv.DictReader(cli("backtest", *words).stdout.splitlines()))
    moved = [row for row in rows if row["sla"] == "moved"]

    assert len(moved) == 12
    (euros,) = (each for each in level["cost"]["as_recorded"] if each["currency"] == "EUR")
    assert sum(int(row["minor"]) for row in moved) == euros["minor"] > 0
    assert sum(row["met"] == "no" for row in moved) == level["missed"]["as_recorded"]

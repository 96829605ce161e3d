"""`makegood kpi` and `metric`: documents of `tests/cli/kpis`, each a course of events and its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_incident import MARK, papers, story

DOCUMENTS = [
    *sorted((Path(__file__).parent / "kpis").glob("*.md")),
    *Path(__file__).parents[2].glob("docs/kpis.md"),
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_program_answers_as_the_document_says(cli, clock, tmp_path, path, update_golden):
    found = story(path)
    answers = list(found.played(tmp_path, cli, clock))

    if update_golden:
        found.rewritten(answers)
    assert answers
    assert answers == story(path).printed


OWN = f"""
[target.mark-target]
service = "checkout"
objective = ">= 99.97%"
acknowledge = "<= 7m"
owner = "{MARK}-owner"
protects = ["gold"]

[metric.mark-metric]
title = "{MARK}-title"
unit = "{MARK}-unit"

[kpi.mark-kpi]
of = "metric"
metric = "mark-metric"
title = "{MARK}-kpi"
owner = "{MARK}-owner"
target = "> 99.5"

[kpi.mark-quick]
of = "mttr"
services = ["checkout"]
teams = ["{MARK}-team"]
labels = ["{MARK}-label"]
owner = "{MARK}-owner"
target = "<= 13m"
"""
OCTOBER = ("--at", "2026-10-05T00:00Z")


def test_nothing_of_a_kpi_is_on_anything_that_a_customer_is_handed(cli, house):
    config = house / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + OWN, encoding="utf-8")
    assert cli("metric", "push", "mark-metric", "73.19", *OCTOBER, "--id", f"{MARK}-id").exit_code == 0
    internal = (
        cli("kpi", "--period", "2026-10", "--json").stdout + cli("metric", "show", "mark-metric").stdout
    )
    assert internal.count(MARK) >= 8
    assert "mark-quick" in internal

    found = papers(cli, house)

    assert len(found) >= 15
    words = (MARK.encode(), b"mark-", b"73.19", b"kpi")
    assert [name for name, page in found.items() if any(word in page for word in words)] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("marks", "1"), 'there is no metric "marks"; write [metric.marks] in the configuration'),
        (("paymnts", "1"), 'there is no metric "paymnts"; did you mean "payments"?'),
        (("payments", "1e9"), 'VALUE: "1e9" is not a number: write it out, without an exponent'),
        (("payments", "nan"), 'VALUE: "nan" is not a number: write digits and at most one point'),
        (("payments", "0.0000000000001"), "write at most 18 digits before the point and 12 after it"),
        (("payments", "1", "--at", "2027-01-01T00:00Z"), "--at: 2027-01-01T00:00Z is still to come"),
        (("payments", "1", "--at", "2026-10-05T00:00"), "has no offset"),
        (("payments", "1", "--id", ""), "--id: write a text of one line"),
        (("payments", "1", "--id", "x" * 201), "--id: write a text of one line"),
    ],
)
def test_what_is_no_value_of_a_metric_is_told_what_to_write(cli, house, words, said):
    config = house / "makegood.toml"
    config.write_text(
        config.read_text(encoding="utf-8") + '[metric.payments]\nunit = "%"\n', encoding="utf-8"
    )

    answer = cli("metric", "push", *words)

    assert answer.exit_code == 2
    assert said in answer.stderr
    assert cli("metric", "show", "payments").stdout == "No value of payments was pushed yet.\n"


def test_a_figure_below_nothing_and_one_of_thirty_digits_are_kept_as_they_are(cli, house):
    config = house / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + "[metric.balance]\n", encoding="utf-8")
    for at, value in (("00:00", "-3.50"), ("00:01", "999999999999999999.999999999999")):
        instant = f"2026-10-05T{at}Z"
        assert cli("metric", "push", "--at", instant, "--", "balance", value).exit_code == 0

    told = json.loads(cli("metric", "show", "balance", "--json").stdout)

    assert [each["value"] for each in told] == [
        {"numerator": -7, "denominator": 2},
        {"numerator": 10**30 - 1, "denominator": 10**12},
    ]

"""Alert rules: the usual ones, what a table changes of them, and rules of one's own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.intervals import HOUR, MINUTE
from monitor.operations.alerting import NUMBERS, USUAL


@pytest.fixture
def loaded(tmp_path: Path, good: str):
    def load(text: str) -> Plan:
        path = tmp_path / "makegood.toml"
        path.write_text(good + text, encoding="utf-8")
        return load_plan(path, environ={})

    return load


def test_without_a_table_the_usual_rules_hold(loaded) -> None:
    assert tuple(loaded("").alert_rules.values()) == USUAL


def test_every_kind_has_a_usual_rule_with_numbers_of_its_kind_alone() -> None:
    assert {each.when for each in USUAL} == set(NUMBERS)
    every = {key for keys in NUMBERS.values() for key in keys}
    for rule in USUAL:
        said = {key for key in every if getattr(rule, key) not in (None, False)}
        assert said <= set(NUMBERS[rule.when]), rule.id


def test_a_table_with_the_name_of_a_usual_rule_changes_that_one_and_what_it_says_alone(loaded) -> None:
    channel = '[channel.ops]\nwebhook = "https://ops.example/"\n'
    own = '\n[alert.burn-1h]\nrate = 10\nurgency = "ticket"\nsend = ["ops"]\n'
    found = loaded(own + channel).alert_rules

    rule = found["burn-1h"]
    assert (rule.rate, rule.windows) == (Fraction(10), (HOUR, 5 * MINUTE))
    assert (rule.urgency, rule.send) == ("ticket", ("ops",))
    assert [each for each in found.values() if each.id != "burn-1h"] == [
        each for each in USUAL if each.id != "burn-1h"
    ]


def test_a_rule_that_is_off_is_gone(loaded) -> None:
    assert "coverage" not in loaded("\n[alert.coverage]\noff = true\n").alert_rules


def test_a_rule_of_ones_own_starts_from_the_usual_one_of_its_kind(loaded) -> None:
    text = '\n[alert.slow]\nwhen = "burn"\nrate = 2\nlabels = ["team=web"]\n'
    rule = loaded(text).alert_rules["slow"]

    assert (rule.id, rule.rate, rule.windows) == ("slow", 2, (HOUR, 5 * MINUTE))
    assert rule.labels == (("team", "web"),)


@pytest.mark.parametrize(
    ("said", "within", "used"),
    [
        ("", 30 * MINUTE, Fraction(1, 2)),
        ('money = ">= 500.00 EUR"', None, None),
        ('within = "10m"', 10 * MINUTE, None),
        ("forecast = true", None, None),
    ],
)
def test_a_breach_of_ones_own_asks_for_what_it_names_alone(loaded, said, within, used) -> None:
    rule = loaded(f'\n[alert.own]\nwhen = "breach"\n{said}\n').alert_rules["own"]

    assert (rule.within, rule.used) == (within, used)

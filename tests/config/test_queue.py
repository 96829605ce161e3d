"""`[queue]`: the rules of what comes first, and what is wrong with them, all at once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from monitor.config import ConfigProblems, load_plan
from monitor.core.intervals import HOUR
from monitor.core.numbers import Bound
from monitor.operations.queue_rules import First, LeftBound
from monitor.operations.rules import MoneyBound
from tests.queue.conftest import CARE, HOUSE


def first(folder: Path, text: str) -> tuple[First, ...]:
    path = folder / "makegood.toml"
    path.write_text(f"{HOUSE}{CARE}\n[queue]\nfirst = [{text}]\n", encoding="utf-8")
    return load_plan(path, environ={}).queue.first


def test_a_rule_reads_back_as_it_is_written(tmp_path: Path) -> None:
    text = (
        '{ priority = ["urgent", "high"], segment = "gold", columns = { category = "billing" }, '
        'left = "<= 1.5 business hours", used = ">= 75%", money = ">= 500 EUR" }'
    )
    (found,) = first(tmp_path, text)
    assert found == First(
        text=text,
        words=(("priority", ("urgent", "high")), ("segment", ("gold",))),
        columns=(("category", ("billing",)),),
        left=LeftBound(Bound("<=", Fraction(3 * HOUR, 2)), own_clock=True, text="<= 1.5 business hours"),
        used=Bound(">=", Fraction(3, 4)),
        money=MoneyBound(Bound(">=", Fraction(500)), "EUR"),
    )


def test_hours_of_everybody_are_no_business_hours(tmp_path: Path) -> None:
    (found,) = first(tmp_path, '{ left = "<= 90m" }')
    assert found.left == LeftBound(Bound("<=", Fraction(3 * HOUR, 2)), own_clock=False, text="<= 90m")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{ priorty = "urgent" }', 'unknown key "priorty"; did you mean "priority"?'),
        ("{ }", "names nothing: write { priority"),
        ('{ customer = "acne" }', 'there is no customer "acne"; did you mean "acme"?'),
        ('{ promise = "first-replay" }', 'no agreement promises "first-replay"; did you mean "first-reply"?'),
        ('{ left = "1 business hour" }', 'write "<= 1 business hour" (on the promise'),
        ('{ left = "<= 2 business days" }', 'write "<= 1 business hour" (on the promise'),
        ("{ left = 60 }", 'write "<= 1 business hour" (on the promise'),
        ('{ money = ">= 500" }', "9.76 GBP"),
        ('{ money = ">= 500 EUX" }', '"EUX" is no currency: write ">= 500 EUR"'),
        ('{ used = ">= 75" }', 'write "75%"'),
    ],
)
def test_what_is_wrong_says_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        first(tmp_path, text)
    assert said in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems) as caught:
        first(tmp_path, '{ priorty = "urgent" }, { money = "x" }')
    assert "priorty" in str(caught.value)
    assert "queue.first[2].money" in str(caught.value)

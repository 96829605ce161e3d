"""Months in words, and the figures they come to: every document under `scenarios/` is one test or more."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

import pytest

from monitor.agreements.account import Times, times
from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Settlement
from monitor.errors import Exit, NoRow


def value(settlement: Settlement, stage: str, rule: str, key: str) -> Any:
    """One figure of the workings; empty where there is no such line."""
    found = [line.values[key] for line in settlement.lines if (line.stage, line.rule) == (stage, rule)]
    return found[0] if found else ""


def percent(figure: Fraction | None) -> str:
    """Six decimals, cut off."""
    assert figure is not None
    return str(
        Decimal(figure.numerator * 10**8 // figure.denominator)
        .scaleb(-6)
        .quantize(Decimal("1e-6"), ROUND_DOWN)
    )


def exact(text: str) -> Fraction:
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def owed(settlement: Settlement) -> str:
    return "undetermined" if settlement.credit is None else str(settlement.credit.decimal)


def windows(settlement: Settlement, key: str) -> list[tuple[str, Any]]:
    return [(use.window, getattr(use, key)) for use in settlement.account.windows]


def test_a_month_comes_to_what_its_document_says(told: Any, read_ms: Callable[[str], int]) -> None:
    expect = dict(told.expect)
    if "error" in expect:
        with pytest.raises(NoRow, match=re.escape(expect["error"])) as refused:
            evaluate(told.case)
        assert refused.value.exit_code is Exit.NO_ROW
        return

    settlement = evaluate(told.case)

    found = times(settlement)
    for name in Times.__slots__:
        if name in expect:
            assert (name, getattr(found, name)) == (name, read_ms(expect.pop(name)))
    checks: dict[str, Callable[[str], tuple[Any, Any]]] = {
        "percent": lambda text: (percent(settlement.reading.value), text),
        "gross": lambda text: (percent(settlement.gross.value), text),
        "availability": lambda text: (settlement.reading.value, exact(text)),
        "coverage": lambda text: (settlement.reading.coverage, exact(text)),
        "met": lambda text: (value(settlement, "gate", "commitment", "met"), text),
        "over": lambda text: (value(settlement, "gate", "commitment", "over"), read_ms(text)),
        "to_come": lambda text: (value(settlement, "measure", "to_come", "ms"), read_ms(text)),
        "row": lambda text: (value(settlement, "schedule", "row", "row"), text),
        "verdicts": lambda text: (", ".join(f"{w} {v}" for w, v in windows(settlement, "verdict")), text),
        "uses": lambda text: (
            windows(settlement, "excused"),
            [(w, read_ms(t)) for w, t in (use.split() for use in text.split(", ") if use)],
        ),
        "base": lambda text: (settlement.base.amount, Fraction(text)),
        "days": lambda text: (
            f"{value(settlement, 'base', 'fee', 'days')}/{value(settlement, 'base', 'fee', 'of')}",
            text,
        ),
        "reached": lambda text: (value(settlement, "limits", "cap", "reached"), text),
        "credit": lambda text: (owed(settlement), text),
    }
    for name, text in expect.items():
        is_, should = checks[name](text)
        assert (name, is_) == (name, should)


def test_the_same_case_gives_the_same_settlement(told: Any) -> None:
    if "error" not in told.expect:
        assert evaluate(told.case) == evaluate(told.case)


def test_classes_of_time_add_up_to_what_was_promised(told: Any) -> None:
    if "error" in told.expect:
        return
    found = times(evaluate(told.case))
    parts = (found.up, found.counted, found.excused, found.unmeasured, found.set_aside)
    assert sum(parts) == found.promised
    assert all(part >= 0 for part in parts)

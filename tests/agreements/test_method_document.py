"""`docs/method.md` works out a month; every figure it prints is computed again from its scenario."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from monitor.agreements.account import times
from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Case, Settlement
from monitor.core.checks import State
from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.core.periods import instant

TEXT = (Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8")


def table(first: str) -> list[list[str]]:
    """The body of the table whose first column has this heading."""
    found = re.search(rf"^\| {first} \|.*\n\|[ -|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert found, first
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found[1].splitlines()]


def at(text: str) -> Ms:
    return instant(datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z"))


def ms(text: str) -> Ms:
    """`1 h 05 min 00 s`, `44 min 41.748 s`, `none`."""
    if text == "none":
        return 0
    found = re.fullmatch(r"(?:(\d+) h)? ?(?:(\d+) min)? ?(?:([\d.]+) s)?", text)
    assert found, text
    hours, minutes, seconds = (part or "0" for part in found.groups())
    return int(hours) * HOUR + int(minutes) * MINUTE + int(Fraction(seconds) * 1_000)


def cut(share: Fraction) -> str:
    """Four decimals, cut off."""
    return f"{int(share * 10**6) // 10_000}.{int(share * 10**6) % 10_000:04d} %"


@pytest.fixture
def case(load: Callable[[str], list[Any]]) -> Case:
    (only,) = load("worked_month")
    return only.case


@pytest.fixture
def settlement(case: Case) -> Settlement:
    return evaluate(case)


def line(settlement: Settlement, stage: str, rule: str, key: str) -> Any:
    (value,) = [found.values[key] for found in settlement.lines if (found.stage, found.rule) == (stage, rule)]
    return value


def test_it_says_first_what_maintenance_means() -> None:
    first = TEXT.split("\n\n")[1].replace("\n", " ")

    assert first.startswith(
        "*Maintenance* here means time that is subtracted. It is not a way to mute alerts"
    )


@pytest.mark.parametrize(("heading", "state"), [("outage", State.DOWN), ("not measured", State.UNKNOWN)])
def test_the_document_and_the_scenario_saw_the_same(case: Case, heading: str, state: State) -> None:
    (timeline,) = case.evidence.resources.values()
    told = [(Span(at(start), at(end)), ms(length)) for _, start, end, length in table(heading)]

    seen = [segment.span for segment in timeline.segments if segment.state is state]
    assert told == [(span, span.length) for span in seen]


def test_the_document_and_the_scenario_have_the_same_windows(case: Case, settlement: Settlement) -> None:
    told = [
        (name, Span(at(start), at(end)), at(recorded), ms(notice), ms(inside), ms(excused))
        for name, start, end, recorded, notice, inside, excused in table("window")
    ]

    recorded = {window.id: window.recorded for window in case.evidence.windows}
    uses = settlement.account.windows
    assert told == [(u.window, u.span, recorded[u.window], u.ahead, u.inside, u.excused) for u in uses]


def test_every_figure_of_the_document_is_what_the_month_comes_to(settlement: Settlement) -> None:
    figures = {number: figure for number, _, figure in table("line")}
    found, reading = times(settlement), settlement.reading
    assert reading.value is not None
    assert settlement.gross.value is not None
    over = line(settlement, "gate", "commitment", "over")
    expected = {
        "1": found.promised,
        "2": line(settlement, "measure", "unknown", "ms"),
        "3": line(settlement, "measure", "measured", "ms"),
        "4": line(settlement, "qualify", "downtime", "ms"),
        "5": line(settlement, "exclude", "excused", "ms"),
        "6": line(settlement, "formula", "counted", "ms"),
        "8": int(reading.bad) - over,
        "9": over,
        "16": found.up,
    }
    assert {number: ms(figures[number]) for number in expected} == expected
    assert figures["7"] == cut(reading.value)
    assert figures["14"] == cut(reading.coverage)
    assert figures["15"] == cut(settlement.gross.value)
    assert figures["10"] == "10 %"
    assert line(settlement, "schedule", "row", "share") == Fraction(10, 100)
    assert figures["11"] == f"{line(settlement, 'base', 'fee', 'amount').numerator:,}.00 EUR"
    assert figures["12"] == f"{line(settlement, 'limits', 'cap', 'amount').numerator}.00 EUR"
    assert settlement.credit is not None
    assert figures["13"] == f"{settlement.credit.decimal} EUR"


def test_the_division_is_printed_in_the_seconds_it_is_made_of(settlement: Settlement) -> None:
    (what,) = [what for number, what, _ in table("line") if number == "7"]
    base, bad = settlement.reading.base // 1_000, int(settlement.reading.bad) // 1_000

    assert what == f"Availability: ({base:,} − {bad:,}) ÷ {base:,} seconds"


def test_the_classes_of_time_make_the_month() -> None:
    figures = {number: figure for number, _, figure in table("line")}

    assert sum(ms(figures[number]) for number in ("16", "2", "5", "6")) == ms(figures["1"])

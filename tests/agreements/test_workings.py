"""Workings of agreements drawn by chance: every line can be said, and what stands under another adds up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby

import pytest

from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Line, Settlement
from monitor.errors import NoRow
from reports.format import PLAIN
from reports.words import understood, workings
from tests.agreements.generated import generated

SEEDS, CHUNK = 400, 50
HEADS = ("promise", "resource", "all_resources")
Block = dict[str, Line]


def settled(first: int) -> Iterator[tuple[int, Settlement]]:
    for seed in range(first, first + CHUNK):
        try:
            yield seed, evaluate(generated(seed).case)
        except NoRow:
            continue


def blocks(lines: Iterable[Line]) -> Iterator[Block]:
    """The lines of each account: those between the names of promises and resources."""
    heads = 0

    def counted(line: Line) -> int:
        nonlocal heads
        heads += line.rule in HEADS
        return heads

    for _, group in groupby(lines, key=counted):
        yield {line.rule: line for line in group if line.stage != "gate"}


def of(block: Block, rule: str, key: str = "ms") -> Fraction:
    line = block.get(rule)
    return Fraction(0) if line is None else Fraction(line.values.get(key, 0))


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_line_can_be_said(first: int) -> None:
    for seed, settlement in settled(first):
        for line, working in zip(settlement.lines, workings(settlement.lines, PLAIN), strict=True):
            assert understood(line), (seed, line, working)


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_what_stands_under_one_another_adds_up(first: int) -> None:
    for seed, settlement in settled(first):
        period = of({line.rule: line for line in settlement.lines[:1]}, "period")
        for block in blocks(settlement.lines):
            wrong = list(_wrong(block, period))
            assert not wrong, (seed, wrong, block)


def _wrong(block: Block, period: Fraction) -> Iterator[str]:
    if "measured" in block:
        apart = ("not_in_force", "other_hours", "not_watched", "to_come")
        whole = of(block, "of_all") if "of_all" in block else period - sum(of(block, rule) for rule in apart)
        if whole - of(block, "unknown") != of(block, "measured"):
            yield "time"
    if "counted" in block and "downtime" in block:
        short = of(block, "too_short") + of(block, "dropped")
        if of(block, "downtime") - short - of(block, "excused") != of(block, "counted"):
            yield "downtime"
    if "counted_pieces" in block and "bad" in block:
        gone = of(block, "dropped_pieces", "count") + of(block, "excused_pieces", "count")
        if of(block, "bad", "count") - gone != of(block, "counted_pieces", "count"):
            yield "pieces"
    ratio = block.get("availability") or block.get("ratio")
    if ratio is not None:
        bad, base = Fraction(ratio.values["bad"]), Fraction(ratio.values["base"])
        if max(Fraction(0), 1 - bad / base) != ratio.values["share"]:
            yield "the division"
    if "round" in block and "mean_of_last" not in block:
        before, minor = of(block, "round", "before"), of(block, "round", "minor")
        if abs(before * 100 - minor) >= 1:
            yield "the rounding"


def test_workings_are_made_when_they_are_read_and_are_the_same_each_time() -> None:
    for _, settlement in settled(0):
        assert settlement.lines == settlement.lines

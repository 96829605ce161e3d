"""From an account to a figure, and from the figure to kept or missed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from monitor.agreements.build import clause
from monitor.agreements.evidence import EventRow, Sample, SlotRow
from monitor.agreements.gate import Commitment, NoCommitment, spoken_bound
from monitor.agreements.pipeline import Past
from monitor.agreements.terms import (
    Allowed,
    BadSlot,
    CommitmentTerms,
    FormulaTerms,
    MeasureTerms,
    OutageTerms,
    PeriodTerms,
    ScopeTerms,
)
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.numbers import Bound
from monitor.core.periods import month
from tests.agreements.judged import case, judge, terms
from tests.agreements.seen import at, row

APRIL = month("2026-04", "UTC")
NINES = Fraction(999, 1000)


def down(ms: int, **more: Any) -> Any:
    """April, down for so long at its start."""
    return case([row(APRIL.span.start, APRIL.span.start + ms)], period=APRIL, **more)


# --- rounding before the look -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "decimals", "rounding", "rounded", "met"),
    [
        (2_718, None, None, None, False),
        (2_718, 2, "half-up", "0.999", True),
        (2_718, 2, "down", "0.9989", False),
        (2_598, 3, "half-up", "0.999", True),
    ],
)
def test_what_is_rounded_first_may_keep_a_promise_that_was_missed(
    seconds: int, decimals: Any, rounding: Any, rounded: Any, met: bool
) -> None:
    """45.3 minutes of thirty days are 99.895139 %, 43.3 minutes 99.899769 %."""
    reading = judge(terms(formula=FormulaTerms(decimals, rounding)), down(seconds * 1_000)).reading

    assert reading.rounded == (None if rounded is None else Fraction(rounded))
    assert (reading.met, reading.value) == (met, 1 - Fraction(seconds, 30 * 86_400))


def test_a_metric_is_rounded_to_its_own_decimals() -> None:
    latency = MeasureTerms(evidence="metrics", as_="mean", unit="ms")
    said = terms(
        measure=latency,
        commitment=CommitmentTerms(Bound("<=", Fraction(45)), "metric", "ms"),
        formula=FormulaTerms(1, "half-up"),
    )
    samples = tuple(Sample(at(n), Fraction(value), "shop") for n, value in enumerate(("45.04", "45.04")))

    reading = judge(said, case({"shop": ()}, samples=samples)).reading

    assert (reading.value, reading.rounded, reading.met) == (Fraction("45.04"), 45, True)


# --- earlier periods ----------------------------------------------------------------------------------------


def history(*figures: str | None) -> list[Past]:
    return [
        Past(f"2026-{n:02d}", met=True, figure=None if each is None else Fraction(each))
        for n, each in enumerate(figures, 1)
    ]


def test_the_mean_of_two_months_is_of_this_one_and_the_last() -> None:
    said = terms(formula=FormulaTerms(mean_of_last=2))

    reading = judge(said, down(30 * DAY // 100, history=history("0.5", "0.999"))).reading

    assert reading.value == Fraction("0.9945")
    assert (reading.down, reading.lines) == (30 * DAY // 100, ())


def test_a_mean_of_fewer_months_than_asked_says_so() -> None:
    said = terms(formula=FormulaTerms(mean_of_last=4))

    reading = judge(said, down(30 * DAY // 100, history=history(None, "0.999"))).reading

    (line,) = reading.lines
    assert reading.value == Fraction("0.9945")
    assert (line.rule, line.values) == ("assumed", {"periods": 4, "missing": 2})


def test_the_mean_is_rounded_and_not_the_months() -> None:
    said = terms(formula=FormulaTerms(2, "half-up", mean_of_last=2))

    reading = judge(said, down(2_718_000, history=history("0.99895"))).reading

    assert reading.value == (Fraction("0.99895") + 1 - Fraction(453, 432_000)) / 2
    assert reading.rounded == Fraction("0.999")


# --- kinds of evidence --------------------------------------------------------------------------------------


def slot(n: int, good: int, total: int) -> SlotRow:
    return SlotRow(APRIL.span.start + n * HOUR, Fraction(good), Fraction(total), "shop")


HALF = BadSlot("errors", ">=", Fraction(1, 2))
RATIOS, FAILED = Fraction(1_501, 1_000), Fraction(151, 1_200)
HOURS = [slot(0, 0, 100), slot(1, 50, 100), slot(2, 999, 1_000)]


@pytest.mark.parametrize(
    ("how", "value", "lost"),
    [
        (MeasureTerms("slots", "bad slots", HOUR, HALF), 1 - Fraction(2, 720), 2 * HOUR),
        (MeasureTerms("slots", "mean", HOUR), 1 - RATIOS / 720, RATIOS * HOUR),
        (MeasureTerms("slots", "total", HOUR), 1 - FAILED, FAILED * 30 * DAY),
    ],
)  # fmt: skip
def test_one_file_of_slots_has_three_figures_and_three_downtimes(
    how: MeasureTerms, value: Fraction, lost: Fraction
) -> None:
    reading = judge(terms(measure=how), case({"shop": ()}, period=APRIL, slots=tuple(HOURS))).reading

    assert (reading.value, reading.down, reading.time) == (value, lost, 30 * DAY)


def test_no_request_at_all_is_no_failed_one() -> None:
    reading = judge(terms(measure=MeasureTerms("slots", "total")), case({"shop": ()}, period=APRIL)).reading

    assert (reading.value, reading.determinable, reading.met, reading.coverage) == (None, True, True, 1)


def test_the_share_of_events_in_time_is_no_downtime() -> None:
    measure = MeasureTerms("events", within=(("", Allowed(HOUR)),))
    events = tuple(EventRow(f"T-{n}", at(n), at(n + minutes)) for n, minutes in enumerate((10, 60, 61)))

    reading = judge(terms(measure=measure), case({"shop": ()}, events=events)).reading

    assert (reading.value, reading.down, len(reading.misses)) == (Fraction(2, 3), 0, 1)


def test_no_event_at_all_is_none_that_was_late() -> None:
    measure = MeasureTerms("events", within=(("", Allowed(HOUR)),))

    reading = judge(terms(measure=measure), case({"shop": ()})).reading

    assert (reading.value, reading.determinable, reading.met) == (None, True, True)


def test_an_outage_of_a_part_of_the_visitors_is_that_part_of_its_time() -> None:
    """100 minutes of 2.1 % of the visitors in thirty days."""
    start = APRIL.span.start
    rows = [row(start, start + 100 * MINUTE, affected=Fraction(21, 1_000))]

    reading = judge(terms(measure=MeasureTerms(weighted_by="visitors")), case(rows, period=APRIL)).reading

    assert 1 - (reading.value or 0) == Fraction(21, 432_000)
    assert reading.down == Fraction(21, 10) * MINUTE


def test_the_worst_resource_is_rounded_like_any_figure() -> None:
    start = APRIL.span.start
    rows = {"a": [row(start, start + 2_718_000)], "b": []}
    said = terms(scope=ScopeTerms("worst"), formula=FormulaTerms(2, "half-up"))

    reading = judge(said, case(rows, period=APRIL)).reading

    assert (reading.lane, reading.rounded, reading.met) == ("a", NINES, True)


# --- coverage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("blind", "enough"), [(36 * HOUR, True), (36 * HOUR + 1, False)])
def test_exactly_the_floor_of_coverage_is_enough(blind: int, enough: bool) -> None:
    seen = case(period=APRIL, unseen=(Span(APRIL.span.start, APRIL.span.start + blind),))

    reading = judge(terms(), seen).reading

    assert (reading.determinable, reading.met) == (enough, True if enough else None)


# --- gates --------------------------------------------------------------------------------------------------


def gate(bound: Bound | None, of: Any = "share", unit: str = "") -> CommitmentTerms:
    return CommitmentTerms(bound, of, unit)


@pytest.mark.parametrize(("sign", "minutes", "met"), [("<=", 45, True), ("<=", 46, False), ("<", 45, False)])
def test_a_promise_of_downtime_is_asked_of_the_downtime(sign: Any, minutes: int, met: bool) -> None:
    said = terms(commitment=gate(Bound(sign, Fraction(45 * MINUTE)), "downtime"))

    reading = judge(said, down(minutes * MINUTE)).reading

    assert (reading.met, reading.promise_of) == (met, "downtime")


def test_a_promise_of_everything_is_broken_by_a_millisecond() -> None:
    said = terms(commitment=gate(Bound(">=", Fraction(1))))

    assert judge(said, down(1)).reading.met is False
    assert judge(said, down(0)).reading.met is True


def test_without_a_commitment_nothing_is_missed_and_nothing_was_promised() -> None:
    reading = judge(terms(commitment=gate(None)), down(20 * DAY)).reading

    assert (reading.met, reading.promise) == (True, None)


def test_a_budget_of_downtime_is_what_the_promise_says() -> None:
    assert Commitment(Bound("<=", Fraction(45)), "downtime").allows(1_000) == 45
    assert Commitment(Bound("<", Fraction(45)), "downtime").allows(1_000) == 44
    with pytest.raises(TypeError, match="a metric says nothing of downtime"):
        Commitment(Bound("<=", Fraction(45)), "metric", "ms").allows(1_000)


@pytest.mark.parametrize(
    ("rule", "sentence", "bound"),
    [
        (
            Commitment(Bound(">=", NINES), every="calendar quarter"),
            "The promise is at least 99.9 % of each calendar quarter; exactly 99.9 % keeps it.",
            ">= 99.9%",
        ),
        (
            Commitment(Bound("<=", Fraction(45 * MINUTE)), "downtime"),
            (
                "The promise is at most 45 minutes of downtime in each calendar month; "
                "exactly 45 minutes keeps it."
            ),
            "<= 45m",
        ),
        (
            Commitment(Bound("<", Fraction("45.5")), "metric", "ms"),
            "The promise is less than 45.5 ms in each calendar month; exactly 45.5 ms breaks it.",
            "< 45.5 ms",
        ),
        (
            NoCommitment(),
            "There is no commitment that could be kept or missed: the table alone says what is owed.",
            "none",
        ),
    ],
)
def test_gates_say_themselves(rule: Any, sentence: str, bound: str) -> None:
    assert (rule.say(), spoken_bound(rule)) == (sentence, bound)


def test_what_is_done_to_a_figure_is_said_in_its_order() -> None:
    said = terms(
        formula=FormulaTerms(2, "half-even", mean_of_last=3),
        period=PeriodTerms("calendar quarter", mean_of_months=True),
        outage=OutageTerms(),
    )

    assert clause(said).formula.say() == (
        "Availability is one minus the downtime that counts divided by the time; no amount is "
        "computed unless at least 95 % of the promised time was seen. The figure of a period is the mean of "
        "the figures of its months. The figure is the mean of the last 3 periods, this one too. The figure "
        "is rounded to 2 decimals of its percentage, half-even, before it is compared with anything."
    )

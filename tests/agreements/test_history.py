"""What a settlement leaves behind, and the rights that come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from monitor.agreements.evaluate import evaluate
from monitor.agreements.history import by_period, met, of_promise, whole, without_holes
from monitor.agreements.history import row as row_of
from monitor.agreements.pipeline import Case, Clause, Named, Past, Priced, Reading
from monitor.agreements.rights import MayLeave
from monitor.agreements.schedule import NoCredits
from monitor.agreements.terms import Termination
from monitor.core.checks import State
from monitor.core.cycles import Cycle, named
from monitor.core.money import Money
from monitor.core.numbers import Bound
from tests.agreements.ordinary import StandardTerms, row
from tests.agreements.settled import bound, case, past, reading

UP, DOWN = State.UP, State.DOWN
TERMS = StandardTerms(
    Bound(">=", Fraction(9, 10)), (row((Bound("<", Fraction(9, 10)),), Fraction(1, 10), "< 90%"),)
)


WENT = {"k": True, "m": False, "?": None}


def months(went: str, **said: object) -> list[Past]:
    """January, February, … as they went: kept, missed, or not known."""
    return [past(f"2025-{n:02d}", met=WENT[each], **said) for n, each in enumerate(went, 1)]


def test_a_settlement_leaves_the_row_of_its_period(seconds: Callable[..., Case]) -> None:
    matter = seconds([(UP, 500), (DOWN, 100), (UP, 300), (DOWN, 100)], TERMS, length=1_000)
    settlement = evaluate(matter)
    assert settlement.history == (
        Past(
            period=matter.period.label,
            met=False,
            figure=Fraction(4, 5),
            down=200,
            outages=2,
            credit=Fraction(100),
            span=matter.period.span,
        ),
    )


def test_a_credit_that_is_not_known_is_none_in_the_row(seconds: Callable[..., Case]) -> None:
    settlement = evaluate(seconds([(State.UNKNOWN, 1_000)], TERMS, length=1_000))
    (left,) = settlement.history
    assert (left.met, left.credit) == (None, None)
    assert settlement.undecided == "too little of the time was measured"


def test_a_promise_sees_its_own_rows_and_those_that_name_none() -> None:
    rows = tuple(replace(each, promise=name) for name in ("a", "b", "") for each in months("mk"))
    assert {each.promise for each in of_promise(rows, "a")} == {"a", ""}


def test_rows_of_one_period_are_one_for_the_whole() -> None:
    left = Past("2025-01", met=True, figure=Fraction(99, 100), down=10, outages=1, misses=2, promise="a")
    right = Past("2025-01", met=False, figure=Fraction(98, 100), down=20, outages=2, misses=1, promise="b")
    both = whole((left, right))
    assert (both.met, both.figure, both.down, both.outages, both.misses) == (
        False,
        Fraction(98, 100),
        30,
        3,
        3,
    )
    assert [each.period for each in by_period((left, right, replace(left, period="2025-02")))] == [
        "2025-01", "2025-02",
    ]  # fmt: skip


@pytest.mark.parametrize(("went", "together"), [("kk", True), ("k?", None), ("?m", False), ("km", False)])
def test_a_period_of_several_promises_is_missed_where_one_is_and_kept_where_all_are(
    went: str, together: bool | None
) -> None:
    rows = [replace(each, period="2025-01", promise=each.period) for each in months(went)]
    assert whole(rows).met is together
    assert met([replace(reading(), met=each.met) for each in rows]) is together


def right(count: int, last: int, of: str, **said: object) -> MayLeave:
    return MayLeave(Termination(count, last, of, f"{count} of {last}", **said))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "now", "count", "last", "reached"),
    [
        ("km", False, 2, 2, True),
        ("mk", False, 2, 2, False),
        ("mk", False, 2, 3, True),
        ("mm", True, 2, 2, False),
        ("mkkm", False, 3, 12, True),
        ("m?", False, 2, 2, False),
        ("", False, 1, 1, True),
        ("m", True, 1, 1, False),
    ],
)
def test_so_many_of_the_last_periods_missed(
    before: str, now: bool, count: int, last: int, reached: bool
) -> None:
    matter = case(label="2025-06", history=months(before))
    assert bool(right(count, last, "missed")(matter, (past("2025-06", met=now),))) == reached


def test_a_figure_below_a_bound() -> None:
    leave = right(1, 1, "figure", bound=bound("< 96.5%"))
    for figure, reached in (("965/1000", False), ("9649/10000", True)):
        now = (past("2025-06", met=False, figure=Fraction(figure)),)
        assert bool(leave(case(label="2025-06"), now)) == reached


def test_misses_of_the_last_months() -> None:
    """Three months that end with June begin with April."""
    matter = case(label="2025-06", history=months("kkkkk", misses=1))
    assert right(3, 3, "misses")(matter, (past("2025-06", misses=1),)) == "3 of 3"
    assert right(4, 3, "misses")(matter, (past("2025-06", misses=1),)) == ""


def test_outages_of_the_last_days() -> None:
    matter = case(label="2025-04", history=months("kkk", outages=2))
    assert right(3, 30, "outages")(matter, (past("2025-04", outages=2),)) == ""
    assert right(4, 61, "outages")(matter, (past("2025-04", outages=2),)) == "4 of 61"


def test_a_right_of_one_promise_looks_at_it_alone() -> None:
    missed, kept = past("2025-02", met=False), past("2025-02", met=True)
    matter = case(label="2025-02", history=[replace(past("2025-01", met=False), promise="other")])
    now = (replace(missed, promise="other"), replace(kept, promise="own"))
    assert right(2, 2, "missed")(matter, now) == "2 of 2"
    assert right(1, 2, "missed", promise="own")(matter, now) == ""


def test_a_settlement_reports_the_rights_that_are_reached(seconds: Callable[..., Case]) -> None:
    matter = seconds([(UP, 800), (DOWN, 200)], TERMS, length=1_000)
    rights = (right(1, 1, "missed"), right(2, 2, "missed"))
    assert evaluate(replace(matter, contract=replace(matter.contract, rights=rights))).rights == ("1 of 1",)


def settled_by(*readings: Reading) -> Named:
    nothing: object = None
    clause = Clause(nothing, (), nothing, nothing, NoCredits(), ())  # type: ignore[arg-type]
    return Named("sla", clause, readings, (), (), Priced(()), Money(Fraction(0), "USD"))


def test_a_mean_with_earlier_periods_is_not_what_is_remembered() -> None:
    """99.0 % and then 99.9 % are 99.45 % together; the next month's mean begins with 99.9 % again."""
    mean = replace(reading(figure="99.45%"), alone=Fraction(999, 1000))
    assert row_of(settled_by(mean), None, case()).figure == Fraction(999, 1000)


def test_of_several_figures_the_worst_is_remembered() -> None:
    shares = settled_by(reading(figure="99%"), reading(figure="98%"))
    delays = settled_by(*(reading(figure=ms, promise="<= 40", of="metric") for ms in ("30", "45")))
    assert row_of(shares, None, case()).figure == Fraction(98, 100)
    assert row_of(delays, None, case()).figure == 45


MONTHLY = Cycle("calendar month", "UTC")


def told_of(*labels: str, promise: str = "") -> tuple[Past, ...]:
    return tuple(past(label, met=False, promise=promise) for label in labels)


def test_a_period_that_the_history_leaves_out_is_one_that_nobody_knows() -> None:
    """The last three periods of June are April to June, whatever rows there are."""
    found = without_holes(told_of("2025-02", "2025-04"), MONTHLY, named(MONTHLY, "2025-06"), ["a"])
    assert [(each.period, each.met) for each in found] == [
        ("2025-02", False),
        ("2025-03", None),
        ("2025-04", False),
        ("2025-05", None),
    ]


def test_what_is_known_of_one_promise_is_not_known_of_the_other() -> None:
    rows = told_of("2025-02", "2025-03", promise="a") + told_of("2025-02", promise="b")
    found = without_holes(rows, MONTHLY, named(MONTHLY, "2025-04"), ["a", "b"])
    assert [(each.period, each.promise, each.met) for each in found if each.met is None] == [
        ("2025-03", "b", None)
    ]


def test_months_told_before_periods_became_quarters_are_no_hole() -> None:
    quarterly = Cycle("calendar quarter", "UTC")
    rows = told_of("2024-11", "2024-12", "2025-01", "2025-02", "2025-03")
    found = without_holes(rows, quarterly, named(quarterly, "2025-Q3"), ["a"])
    assert [(each.period, each.met) for each in found if each.met is None] == [("2025-Q2", None)]


def test_rows_of_the_period_and_later_are_no_history_of_it() -> None:
    found = without_holes(told_of("2025-03", "2025-04", "2025-05"), MONTHLY, named(MONTHLY, "2025-04"), [""])
    assert [each.period for each in found] == ["2025-03"]


def test_spans_that_roll_from_day_to_day_follow_no_other() -> None:
    rolling = Cycle("any 30 days", "UTC")
    rows = (Past("2025-03-01", met=True, span=named(rolling, "2025-03-01").span),)
    assert without_holes(rows, rolling, named(rolling, "2025-04-01"), ["a"]) == rows

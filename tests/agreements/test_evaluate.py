"""Cases that are no ordinary month: nothing promised, nothing seen, nothing to divide by, and wrong cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from monitor.agreements.account import times
from monitor.agreements.base import Base
from monitor.agreements.clip import Clip
from monitor.agreements.evaluate import evaluate
from monitor.agreements.exclude import Exclusion, Exclusions
from monitor.agreements.pipeline import Case, FeeLine, Fees, Line
from monitor.agreements.qualify import Lasting
from monitor.agreements.terms import Notice
from monitor.agreements.unknown import Unobserved
from monitor.core.checks import State
from monitor.core.intervals import Span
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.windows import Window
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, row, with_clause

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
ROWS = (row((Bound("<", Fraction(9, 10)),), Fraction(1, 10), "< 90%"),)
TERMS = StandardTerms(Bound(">=", Fraction(9, 10)), ROWS)
NONE = Amount(0, "EUR")
Make = Callable[..., Case]


def window(start: int, end: int) -> Window:
    return Window("MW-1", "Work", frozenset({"shop"}), Span(start, end), start - 10, "ops")


def with_line(case: Case, line: FeeLine) -> Fees:
    return Fees("EUR", {"period": (*case.fees["period"], line)})


def rules(lines: tuple[Line, ...]) -> list[str]:
    return [f"{line.stage}.{line.rule}" for line in lines]


def test_where_nothing_is_promised_nothing_is_missed(seconds: Make) -> None:
    settlement = evaluate(seconds([(DOWN, 3_000)], TERMS, in_force=()))

    assert (settlement.reading.value, settlement.reading.met, settlement.credit) == (None, True, NONE)
    assert settlement.reading.coverage == 1
    assert times(settlement).promised == 0


def test_before_its_first_instant_a_period_owes_nothing(seconds: Make, edge: int) -> None:
    settlement = evaluate(seconds([(UP, 3_000)], TERMS, as_of=edge))

    assert (settlement.reading.met, settlement.credit) == (True, NONE)
    assert Line("measure", "to_come", {"ms": 3_000}) in settlement.lines


def test_where_nothing_is_seen_no_floor_makes_a_figure(seconds: Make) -> None:
    settlement = evaluate(seconds([(UNKNOWN, 3_000)], replace(TERMS, coverage=Fraction(0))))

    assert (settlement.reading.determinable, settlement.reading.met, settlement.credit) == (False, None, None)


def test_a_month_all_set_aside_has_no_figure_and_keeps_its_promise(seconds: Make, edge: int) -> None:
    terms = replace(TERMS, maintenance=MaintenanceTerms(0, effect="both sides"))
    settlement = evaluate(seconds([(UP, 3_000)], terms, windows=[window(edge, edge + 3_000)]))

    assert (settlement.reading.value, settlement.reading.met, settlement.credit) == (None, True, NONE)
    assert times(settlement).set_aside == 3_000
    assert settlement.gross.value == 1


def test_time_before_the_service_existed_is_not_promised(seconds: Make) -> None:
    settlement = evaluate(seconds([(None, 1_000), (UP, 1_500), (DOWN, 500)], TERMS))

    assert settlement.reading.value == Fraction(3, 4)
    assert Line("measure", "not_watched", {"ms": 1_000}) in settlement.lines


def test_time_out_of_force_and_time_that_was_not_watched_are_told_apart(seconds: Make, edge: int) -> None:
    """In force from 500 on, watched from 1,000 on, seen up to 2,000."""
    force = (Span(edge + 500, edge + 3_000),)
    settlement = evaluate(seconds([(None, 1_000), (UP, 1_000)], TERMS, in_force=force))

    told = {line.rule: line.values["ms"] for line in settlement.lines[1:4]}
    assert told == {"not_in_force": 500, "not_watched": 500, "to_come": 1_000}


@pytest.mark.parametrize("floor", [Fraction(0), Fraction(95, 100)])
def test_a_month_in_which_the_service_was_never_watched_is_not_determinable(
    seconds: Make, floor: Fraction
) -> None:
    """The agreement was in force and nobody looked: that is no kept promise, whatever the floor."""
    reading = (settlement := evaluate(seconds([(None, 3_000)], replace(TERMS, coverage=floor)))).reading

    assert (reading.value, reading.coverage, reading.determinable) == (None, 0, False)
    assert (reading.met, settlement.credit) == (None, None)


@pytest.mark.parametrize("later", [True, False])
def test_where_nothing_is_in_force_yet_there_is_nothing_to_miss(
    seconds: Make, edge: int, later: bool
) -> None:
    force = (Span(edge + 2_000, edge + 3_000),) if later else ()
    settlement = evaluate(seconds([(None, 1_000)], TERMS, in_force=force))

    assert (settlement.reading.met, settlement.reading.coverage, settlement.credit) == (True, 1, NONE)


def test_the_lines_of_an_ordinary_missed_month_come_in_order(seconds: Make, edge: int) -> None:
    terms = replace(TERMS, maintenance=MaintenanceTerms(0), lasting=(">", 50))
    runs = [(UP, 1_000), (DOWN, 40), (UP, 100), (DOWN, 600), (UP, 1_260)]
    settlement = evaluate(seconds(runs, terms, windows=[window(edge + 1_100, edge + 1_240)]))

    assert settlement.lines == (
        Line(
            "measure",
            "period",
            {"start": edge, "end": edge + 3_000, "ms": 3_000, "label": "2026-10", "zone": "UTC"},
        ),
        Line("measure", "unknown", {"ms": 0, "spans": 0, "policy": "left out"}),
        Line("measure", "measured", {"ms": 3_000}),
        Line("qualify", "downtime", {"ms": 640, "outages": 2}),
        Line("qualify", "too_short", {"ms": 40, "outages": 1, "sign": ">", "limit": 50}),
        Line(
            "exclude",
            "maintenance",
            {
                "window": "MW-1",
                "title": "Work",
                "start": edge + 1_100,
                "end": edge + 1_240,
                "inside": 100,
                "excused": 100,
                "ahead": 10,
                "notice": 0,
                "cap": 0,
                "verdict": "valid",
            },
        ),
        Line("exclude", "excused", {"ms": 100}),
        Line("formula", "counted", {"ms": 500}),
        Line("formula", "availability", {"bad": 500, "base": 3_000, "share": Fraction(5, 6)}),
        Line("gate", "commitment", {"sign": ">=", "share": Fraction(9, 10), "met": "no", "over": 200}),
        Line("gate", "coverage", {"share": Fraction(1), "floor": Fraction(19, 20), "enough": "yes"}),
        Line("schedule", "row", {"row": "< 90%", "share": Fraction(1, 10)}),
        Line("base", "fee", {"amount": Fraction(1_000), "currency": "EUR", "days": 1, "of": 1}),
        Line("limits", "share", {"share": Fraction(1, 10), "amount": Fraction(100), "currency": "EUR"}),
        Line(
            "limits",
            "cap",
            {"share": Fraction(1), "amount": Fraction(1_000), "currency": "EUR", "reached": "no"},
        ),
        Line(
            "rounding",
            "round",
            {"before": Fraction(100), "minor": 10_000, "mode": "half-up", "currency": "EUR"},
        ),
        Line("claim", "claim", {"text": "automatic"}),
    )


def test_a_kept_promise_has_no_credit_lines(seconds: Make) -> None:
    settlement = evaluate(seconds([(UP, 3_000)], TERMS))

    assert rules(settlement.lines)[-3:] == ["schedule.none", "base.fee", "claim.claim"]


def test_an_undetermined_month_is_not_looked_up(seconds: Make) -> None:
    settlement = evaluate(seconds([(UNKNOWN, 1_000), (DOWN, 2_000)], TERMS))

    assert "schedule.row" not in rules(settlement.lines)
    assert "schedule.none" not in rules(settlement.lines)
    assert settlement.base == Money(Fraction(1_000), "EUR")


def test_what_is_set_aside_is_said_beside_what_is_excused(seconds: Make, edge: int) -> None:
    terms = replace(TERMS, maintenance=MaintenanceTerms(0, effect="both sides"))
    settlement = evaluate(
        seconds([(UP, 1_000), (DOWN, 100), (UP, 1_900)], terms, windows=[window(edge + 900, edge + 1_200)])
    )

    assert Line("exclude", "excused", {"ms": 100, "set_aside": 200}) in settlement.lines
    assert settlement.gross.value == Fraction(29, 30)


def test_a_window_of_another_month_leaves_no_line(seconds: Make, edge: int) -> None:
    terms = replace(TERMS, maintenance=MaintenanceTerms(0))
    settlement = evaluate(seconds([(UP, 3_000)], terms, windows=[window(edge - 200, edge)]))

    assert settlement.account.windows == ()


def test_the_order_of_the_steps_is_the_order_of_the_tuple(seconds: Make, edge: int) -> None:
    """18 down, a window over 4 of it, at least 10 asked: judged whole 14 count, judged after it none."""
    terms = replace(TERMS, maintenance=MaintenanceTerms(0), lasting=(">=", 10))
    case = seconds([(UP, 100), (DOWN, 18), (UP, 2_882)], terms, windows=[window(edge + 108, edge + 112)])
    clause = case.clause
    whole, after = (
        clause.steps,
        (Unobserved(), Exclusions((Exclusion(notice=Notice()),)), Lasting(">=", 10), Clip()),
    )

    counted = [evaluate(with_clause(case, replace(clause, steps=s))).reading.bad for s in (whole, after)]

    assert counted == [14, 0]


def test_in_the_period_alone_both_halves_of_an_outage_may_be_too_short(seconds: Make, edge: int) -> None:
    """Six before the edge and six after it: whole it is twelve, in the period it is six."""
    terms = replace(TERMS, lasting=(">=", 10))
    case = seconds([(UP, 14), (DOWN, 12), (UP, 2_994)], terms, before=20)
    steps = (Unobserved(), Clip(), Lasting(">=", 10))

    assert evaluate(case).reading.bad == 6
    assert evaluate(with_clause(case, replace(case.clause, steps=steps))).reading.bad == 0


def test_a_case_needs_a_fee_for_its_currency(seconds: Make) -> None:
    case = seconds([(UP, 3_000)], TERMS)
    with pytest.raises(ValueError, match="it says the currency"):
        evaluate(replace(case, fees=Fees("EUR", {"period": ()})))


def test_fees_of_two_currencies_do_not_add_up(seconds: Make) -> None:
    case = seconds([(UP, 3_000)], TERMS)
    dollars = FeeLine("storage", case.period.span, Money(Fraction(1), "USD"))
    with pytest.raises(ValueError, match="EUR and USD do not add up"):
        evaluate(replace(case, fees=with_line(case, dollars)))


def test_several_items_of_a_fee_are_its_sum(seconds: Make) -> None:
    case = seconds([(UP, 2_000), (DOWN, 1_000)], TERMS)
    more = FeeLine("storage", case.period.span, Money(Fraction(1, 100), "EUR"))

    assert evaluate(replace(case, fees=with_line(case, more))).base == Money(Fraction(100_001, 100), "EUR")


def test_a_clause_that_does_not_round_is_refused(seconds: Make) -> None:
    sevenths = (row(ROWS[0].bounds, Fraction(1, 7), ROWS[0].text),)
    case = seconds([(UP, 2_000), (DOWN, 1_000)], replace(TERMS, rows=sevenths))
    with pytest.raises(ValueError, match="do not end in whole minor units of EUR"):
        evaluate(with_clause(case, replace(case.clause, limits=(Base(),))))


def test_a_clause_without_a_base_is_refused(seconds: Make) -> None:
    case = seconds([(UP, 2_000), (DOWN, 1_000)], TERMS)
    with pytest.raises(ValueError, match="do not end in whole minor units of EUR"):
        evaluate(with_clause(case, replace(case.clause, limits=())))


def test_evidence_after_as_of_is_not_looked_at(seconds: Make, edge: int) -> None:
    """An outage of 200 that is 100 long at the time asked, where 150 are needed."""
    terms = replace(TERMS, lasting=(">=", 150))
    runs = [(UP, 1_000), (DOWN, 200), (UP, 1_800)]

    assert evaluate(seconds(runs, terms, as_of=edge + 1_100)).reading.bad == 0
    assert evaluate(seconds(runs, terms, as_of=edge + 1_150)).reading.bad == 150


def test_a_short_outage_of_last_month_is_no_line_of_this_one(seconds: Make) -> None:
    settlement = evaluate(
        seconds([(UP, 10), (DOWN, 5), (UP, 3_005)], replace(TERMS, lasting=(">", 9)), before=20)
    )

    assert "qualify.too_short" not in rules(settlement.lines)


def test_unknown_time_of_two_reasons_in_a_row_is_one_span(seconds: Make) -> None:
    settlement = evaluate(seconds([(UP, 2_900), (UNKNOWN, 60), (UNKNOWN, 40)], TERMS))

    assert Line("measure", "unknown", {"ms": 100, "spans": 1, "policy": "left out"}) in settlement.lines


def test_no_evidence_at_all_is_nothing_promised(seconds: Make) -> None:
    assert evaluate(seconds([], TERMS)).credit == NONE


def test_asked_before_the_first_evidence_nothing_is_promised_yet(seconds: Make, edge: int) -> None:
    settlement = evaluate(seconds([(DOWN, 3_000)], TERMS, as_of=edge - 500))

    assert (times(settlement).promised, settlement.credit) == (0, NONE)

"""Which outages count, and how much of each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.account import length, times_of
from monitor.agreements.evidence import OutageRow
from monitor.agreements.qualify import Joined, Lasting
from monitor.agreements.terms import (
    BadSlot,
    ExcludeTerms,
    MeasureTerms,
    Notice,
    OutageTerms,
    ScopeTerms,
    Terms,
)
from monitor.core.intervals import HOUR, MINUTE, SECOND, Span
from monitor.core.numbers import Bound
from tests.agreements.judged import case, judge, terms, window
from tests.agreements.seen import at, minutes, row

EXAMPLES = settings(max_examples=120, deadline=None, derandomize=True)


def outage(start: int, end: int, **more: Any) -> OutageRow:
    """A row in minutes of October."""
    return row(at(start), at(end), **more)


def counted(said: OutageTerms, *rows: OutageRow) -> list[tuple[int, int]]:
    """The minutes of October that are held against the provider."""
    return minutes(judge(terms(outage=said), case(rows)).account.bad)


# --- how long -----------------------------------------------------------------------------------------------


def test_three_outages_of_nine_minutes_are_none_where_ten_are_asked() -> None:
    rows = [outage(start, start + 9) for start in (0, 100, 200)]

    assert counted(OutageTerms(lasting=(">=", 10 * MINUTE)), *rows) == []


def test_an_outage_of_ten_minutes_counts_from_its_first() -> None:
    assert counted(OutageTerms(lasting=(">=", 10 * MINUTE)), outage(5, 15)) == [(5, 15)]


@pytest.mark.parametrize(("sign", "kept"), [(">", []), (">=", [(5, 10)])])
def test_exactly_the_length_is_enough_only_where_the_text_says_at_least(sign: Any, kept: list[Any]) -> None:
    assert counted(OutageTerms(lasting=(sign, 5 * MINUTE)), outage(5, 10)) == kept


def test_what_is_too_short_is_kept_apart_and_was_up() -> None:
    account = judge(
        terms(outage=OutageTerms(lasting=(">", 5 * MINUTE))), case([outage(0, 5), outage(10, 20)])
    ).account

    assert minutes(account.short) == [(0, 5)]
    assert times_of(account).counted == 10 * MINUTE
    assert times_of(account).up == times_of(account).promised - 10 * MINUTE


def test_rows_of_one_outage_are_as_long_as_all_of_them() -> None:
    rows = [outage(0, 4, id="INC-1"), outage(20, 24, id="INC-1"), outage(50, 54)]

    assert counted(OutageTerms(lasting=(">=", 8 * MINUTE)), *rows) == [(0, 4), (20, 24)]


# --- on what it is judged -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judged", "left"),
    [("whole", 6), ("after exclusions", 6), ("in period", 0), ("after exclusions, in period", 0)],
)
def test_an_outage_across_the_end_of_a_month(judged: Any, left: int) -> None:
    """Six minutes on either side of midnight: twelve whole, six in each month."""
    said = terms(outage=OutageTerms(lasting=(">=", 10 * MINUTE), judged=judged))

    assert judge(said, case([outage(-6, 6)])).reading.down == left * MINUTE


@pytest.mark.parametrize(
    ("judged", "left"),
    [("whole", 14), ("in period", 14), ("after exclusions", 0), ("after exclusions, in period", 0)],
)
def test_maintenance_that_cuts_an_outage_in_two(judged: Any, left: int) -> None:
    """Down for 18 minutes, a window over four of them: pieces of eight and six."""
    said = terms(
        outage=OutageTerms(lasting=(">=", 10 * MINUTE), judged=judged),
        exclude=(ExcludeTerms("scheduled maintenance", Notice(48 * HOUR)),),
    )
    seen = case([outage(600, 618)], [window(at(608), at(612))])

    assert judge(said, seen).reading.down == left * MINUTE


def test_a_promise_says_on_what_it_judges() -> None:
    assert Lasting(">=", 10 * MINUTE, "after exclusions").say() == (
        "An outage counts only if it lasts at least 10 minutes, judged on what is left after exclusions; "
        "then all of it counts."
    )


# --- interruptions that are one -----------------------------------------------------------------------------


def test_interruptions_closer_than_three_hours_are_one_outage_and_the_gap_is_no_downtime() -> None:
    said = OutageTerms(lasting=(">=", 30 * MINUTE), joined=("<", 3 * HOUR))
    judged = judge(terms(outage=said), case([outage(0, 40), outage(219, 260), outage(440, 480)]))

    assert minutes(judged.account.bad) == [(0, 40), (219, 260), (440, 480)]
    assert len({piece.cause for piece in judged.account.bad}) == 2  # 179 minutes apart, then exactly 180


def test_an_interruption_that_is_too_short_joins_nothing() -> None:
    said = OutageTerms(lasting=(">=", 30 * MINUTE), joined=("<", 3 * HOUR))
    judged = judge(terms(outage=said), case([outage(0, 40), outage(100, 110), outage(230, 270)]))

    assert len({piece.cause for piece in judged.account.bad}) == 2


def test_joined_interruptions_are_called_after_the_first() -> None:
    rows = [
        outage(0, 10, id="A"),
        outage(20, 30, id="B"),
        outage(40, 50, id="C"),
        outage(1_000, 1_010, id="B"),
    ]
    judged = judge(terms(outage=OutageTerms(joined=("<=", 10 * MINUTE))), case(rows))

    assert [piece.cause for piece in judged.account.bad] == ["A", "A", "A", "A"]


def test_the_first_hour_is_free_once_for_interruptions_that_are_one() -> None:
    apart, one = OutageTerms(deduct=HOUR), OutageTerms(deduct=HOUR, joined=("<", HOUR))
    rows = [outage(0, 50), outage(60, 130)]

    assert counted(apart, *rows) == [(120, 130)]
    assert counted(one, *rows) == [(70, 130)]


# --- how much of each ---------------------------------------------------------------------------------------


def test_the_first_hour_of_each_outage_is_free() -> None:
    assert counted(OutageTerms(deduct=HOUR), outage(0, 60), outage(100, 190)) == [(160, 190)]


def test_the_rest_of_a_whole_minute_is_dropped_off_the_end() -> None:
    rows = [row(at(0) + 10 * SECOND, at(3) + 5 * SECOND), row(at(10), at(10) + 59 * SECOND)]
    account = judge(terms(outage=OutageTerms(whole=MINUTE)), case(rows)).account

    assert [(p.start, p.end) for p in account.bad] == [(at(0) + 10 * SECOND, at(2) + 10 * SECOND)]
    assert length(account.short) == 55 * SECOND + 59 * SECOND


def test_the_free_time_comes_off_before_whole_units_are_counted() -> None:
    account = judge(terms(outage=OutageTerms(deduct=30 * SECOND, whole=MINUTE)), case([outage(0, 3)])).account

    assert length(account.bad) == 2 * MINUTE


@pytest.mark.parametrize(("last", "left"), [(2, 0), (3, 3 * MINUTE)])
def test_a_small_sum_in_a_period_is_none(last: int, left: int) -> None:
    rows = [outage(0, 1), outage(10, 9 + last)]

    assert judge(terms(outage=OutageTerms(ignore_total=("<", 3 * MINUTE))), case(rows)).reading.down == left


def test_the_small_sum_is_that_of_the_period_alone() -> None:
    said = terms(outage=OutageTerms(ignore_total=("<", 3 * MINUTE)))

    assert judge(said, case([outage(-60, 2)])).reading.down == 0
    assert judge(said, case([outage(-60, 3)])).reading.down == 3 * MINUTE


# --- whom it affects, and how old the resource is -----------------------------------------------------------


def test_an_outage_of_half_of_the_users_is_not_one_of_more_than_half() -> None:
    half, most = Fraction(1, 2), Fraction(501, 1000)
    rows = [outage(0, 10, affected=half), outage(20, 30, affected=most), outage(40, 50)]

    assert counted(OutageTerms(affecting=Bound(">", half)), *rows) == [(20, 30), (40, 50)]


def test_the_largest_share_of_an_outage_decides() -> None:
    rows = [
        outage(0, 10, id="A", affected=Fraction(1, 10)),
        outage(10, 20, id="A", affected=Fraction(9, 10)),
    ]

    assert counted(OutageTerms(affecting=Bound(">", Fraction(1, 2))), *rows) == [(0, 20)]


def test_a_weighted_outage_that_counts_keeps_its_weight() -> None:
    said = terms(
        measure=MeasureTerms(weighted_by="users"),
        outage=OutageTerms(affecting=Bound(">=", Fraction(1, 10)), lasting=(">=", 10 * MINUTE)),
    )
    rows = [outage(0, 100, affected=Fraction(21, 100)), outage(200, 300, affected=Fraction(5, 100))]

    assert judge(said, case(rows)).reading.down == 21 * MINUTE


@pytest.mark.parametrize(("hours", "kept"), [(23, []), (24, [(60, 70)])])
def test_a_resource_younger_than_a_day_owes_nothing(hours: int, kept: list[Any]) -> None:
    life = (Span(at(60) - hours * HOUR, at(60_000)),)
    said = terms(outage=OutageTerms(resource_age=(">=", 24 * HOUR)))

    assert minutes(judge(said, case([outage(60, 70)], life=life)).account.bad) == kept


# --- slots --------------------------------------------------------------------------------------------------


def test_bad_slots_next_to_each_other_are_as_long_as_all_of_them() -> None:
    said = terms(
        measure=MeasureTerms(slot=5 * MINUTE, as_="bad slots", bad=BadSlot("wholly down")),
        outage=OutageTerms(lasting=(">=", 10 * MINUTE)),
    )
    judged = judge(said, case([outage(0, 5), outage(100, 110)]))

    assert minutes(judged.account.bad) == [(100, 105), (105, 110)]
    assert judged.reading.down == 10 * MINUTE
    assert judged.reading.time == 31 * 24 * HOUR


def test_of_bad_slots_the_free_time_takes_whole_ones() -> None:
    said = terms(
        measure=MeasureTerms(slot=5 * MINUTE, as_="bad slots", bad=BadSlot("wholly down")),
        outage=OutageTerms(deduct=12 * MINUTE),
    )

    assert minutes(judge(said, case([outage(0, 20)])).account.bad) == [(10, 15), (15, 20)]


# --- resources that are joined first ------------------------------------------------------------------------


def joined(combined: Any, **stages: Any) -> Terms:
    """Two resources, down when either is, for at least ten minutes."""
    scope = ScopeTerms("any down", combined=combined)
    return terms(scope=scope, outage=OutageTerms(lasting=(">=", 10 * MINUTE)), **stages)


TURNS = {"a": [outage(0, 6)], "b": [outage(6, 12)]}


@pytest.mark.parametrize(("combined", "left"), [("before outage", 12), ("after outage", 0)])
def test_ten_minutes_of_the_combination_or_of_each(combined: Any, left: int) -> None:
    assert judge(joined(combined), case(TURNS)).reading.down == left * MINUTE


def test_the_combination_is_judged_whole_with_what_is_excused_of_one_of_them() -> None:
    """Twelve minutes in turns, and a window of one resource over four of its six: eight are left."""
    maintained = joined("before outage", exclude=(ExcludeTerms("scheduled maintenance", Notice(HOUR)),))
    mine = window(at(0), at(4), resources=frozenset({"a"}))

    whole = judge(maintained, case(TURNS, [mine]))

    assert whole.reading.down == 8 * MINUTE
    assert sum(use.excused for use in whole.account.windows) == 4 * MINUTE
    assert whole.gross[0].down == 12 * MINUTE


def test_the_combination_is_too_short_where_it_is_judged_after_exclusions() -> None:
    said = OutageTerms(lasting=(">=", 10 * MINUTE), judged="after exclusions")
    after = terms(
        scope=ScopeTerms("any down", combined="before outage"),
        outage=said,
        exclude=(ExcludeTerms("scheduled maintenance", Notice(HOUR)),),
    )
    mine = window(at(0), at(4), resources=frozenset({"a"}))

    assert judge(after, case(TURNS, [mine])).reading.down == 0


# --- against cells ------------------------------------------------------------------------------------------


def cells(rows: list[tuple[int, int]]) -> list[list[int]]:
    """The outages as lists of their minutes: rows that overlap or touch are one."""
    down = sorted({minute for start, size in rows for minute in range(start, start + size)})
    runs: list[list[int]] = []
    for minute in down:
        if runs and runs[-1][-1] == minute - 1:
            runs[-1].append(minute)
        else:
            runs.append([minute])
    return runs


stretches = st.lists(st.tuples(st.integers(-60, 240), st.integers(1, 30)), max_size=8)


@EXAMPLES
@given(
    rows=stretches,
    lasting=st.none() | st.tuples(st.sampled_from([">", ">="]), st.integers(1, 30)),
    joins=st.none() | st.tuples(st.sampled_from(["<", "<="]), st.integers(1, 40)),
    free=st.none() | st.integers(1, 20),
    unit=st.none() | st.integers(2, 9),
    ignored=st.none() | st.integers(1, 60),
)
def test_what_is_left_agrees_with_a_walk_over_minutes(
    rows: list[tuple[int, int]], lasting: Any, joins: Any, free: Any, unit: Any, ignored: Any
) -> None:
    said = OutageTerms(
        lasting=lasting and (lasting[0], lasting[1] * MINUTE),
        joined=joins and (joins[0], joins[1] * MINUTE),
        deduct=free and free * MINUTE,
        whole=unit and unit * MINUTE,
        ignore_total=ignored and ("<", ignored * MINUTE),
    )
    judged = judge(terms(outage=said), case([outage(start, start + size) for start, size in rows]))

    expected = [run for run in cells(rows) if lasting is None or _lasts(len(run), lasting)]
    expected = _merged(expected, joins)
    expected = [run[free or 0 :] for run in expected]
    expected = [run[: len(run) - len(run) % unit] if unit else run for run in expected]
    inside = [minute for run in expected for minute in run if minute >= 0]
    if ignored and len(inside) < ignored:
        inside = []
    found = [minute for start, end in minutes(judged.account.bad) for minute in range(start, end)]
    assert found == sorted(inside)
    shown = times_of(judged.account)
    everything = {minute for start, size in rows for minute in range(start, start + size) if minute >= 0}
    assert length(judged.account.short) == (len(everything) - len(inside)) * MINUTE
    assert shown.promised == shown.up + shown.counted


def _lasts(size: int, bound: tuple[str, int]) -> bool:
    return size > bound[1] or (bound[0] == ">=" and size == bound[1])


def _merged(runs: list[list[int]], joins: tuple[str, int] | None) -> list[list[int]]:
    if joins is None:
        return runs
    out: list[list[int]] = []
    for run in runs:
        gap = run[0] - out[-1][-1] - 1 if out else None
        if gap is not None and (gap < joins[1] or (joins[0] == "<=" and gap == joins[1])):
            out[-1] = out[-1] + run
        else:
            out.append(run)
    return out


def test_each_rule_says_its_own_numbers() -> None:
    assert Joined("<", 3 * HOUR).say() == (
        "Interruptions that are less than 3 hours apart are one outage; the time between them is no downtime."
    )

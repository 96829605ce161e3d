"""The arithmetic of KPIs: percentiles, pushed values, postmortems, and what is too little to tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.intervals import DAY, MINUTE
from monitor.operations.incident import Incident, Moment, Postmortem
from monitor.operations.kpi_rules import KINDS, OF_METRICS, KpiRule, enough
from monitor.operations.measures import (
    Timed,
    Told,
    is_read,
    of_clocks,
    of_incidents,
    of_values,
    ranked,
    ranked_counts,
    sure,
)

FIGURES = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**6)
SHARES = st.fractions(min_value=Fraction(1, 1_000), max_value=Fraction(999, 1_000), max_denominator=1_000)


@given(st.lists(st.integers(0, 50), min_size=1), SHARES)
def test_a_percentile_is_the_least_value_that_such_a_share_does_not_exceed(values, share):
    enough_of_them = [v for v in values if sum(w <= v for w in values) >= ceil(share * len(values))]

    assert ranked(sorted(values), share) == min(enough_of_them)
    assert ranked_counts(Counter(values), share) == min(enough_of_them)


def test_of_nothing_there_is_no_percentile():
    assert ranked([], Fraction(1, 2)) is None
    assert ranked_counts({}, Fraction(1, 2)) is None


@given(st.lists(FIGURES, min_size=1), st.sampled_from(OF_METRICS))
def test_what_is_taken_of_pushed_values_is_exact(values, take):
    told = of_values(values, take, None)

    by_hand = {
        "sum": sum(values, Fraction(0)),
        "mean": sum(values, Fraction(0)) / len(values),
        "last": values[-1],
        "lowest": sorted(values)[0],
        "highest": sorted(values)[-1],
    }
    assert (told.value, told.count) == (by_hand[take], len(values))


@pytest.mark.parametrize(("percentile", "least"), [("0.5", 2), ("0.95", 20), ("0.99", 100), ("0.999", 1_000)])
def test_a_percentile_needs_one_value_beyond_it(percentile, least):
    assert enough("latency", Fraction(percentile)) == least


@pytest.mark.parametrize(
    ("rule", "told", "why"),
    [
        (KpiRule("x", "mttr", at_least=3), Told(Fraction(9), 2), "too few incidents to tell (2)"),
        (KpiRule("x", "mtta", at_least=3), Told(None, 0), "too few incidents to tell (0 acknowledged)"),
        (KpiRule("x", "latency", at_least=20), Told(Fraction(9), 19), "too few good checks to tell (19)"),
        (KpiRule("x", "metric", at_least=1), Told(None, 0), "too few values to tell (0)"),
        (KpiRule("x", "mttr", at_least=3), Told(Fraction(9), 3), ""),
        (KpiRule("x", "incidents"), Told(Fraction(0), 0), ""),
        (KpiRule("x", "mttr", at_least=3), Told(None, 0, "its checks are gone"), "its checks are gone"),
    ],
)
def test_too_few_are_said_to_be(rule, told, why):
    found = sure(rule, told)

    assert (found.why, found.value is None) == (why, bool(why))
    assert found.count == told.count


def test_every_kind_says_how_many_are_enough():
    assert all(enough(kind) >= 0 for kind in KINDS)


def incident(due: int | None, done: int | None, *, false: bool = False, required: bool = True) -> Incident:
    completed = None if done is None else Moment(done, "max", 1)
    moment = Moment(0)
    return Incident(
        "shop/x", "shop", "outage", 0, moment, moment,
        declared_false=false, postmortem=Postmortem(required, due, done=completed),
    )  # fmt: skip


def test_a_postmortem_counts_once_its_day_has_come_or_it_is_done():
    kept = [
        incident(5 * DAY, 4 * DAY),  # in time
        incident(5 * DAY, 5 * DAY - 1),  # just in time
        incident(5 * DAY, 5 * DAY),  # late
        incident(5 * DAY, None),  # overdue
        incident(9 * DAY, None),  # it has time yet
        incident(9 * DAY, 6 * DAY),  # done before its day
        incident(None, None),  # the incident goes on
        incident(5 * DAY, None, false=True),
        incident(5 * DAY, None, required=False),
    ]

    assert of_incidents(KpiRule("x", "postmortems"), kept, None, 7 * DAY) == Told(Fraction(3, 5), 5)


def test_false_alarms_are_a_share_of_all_and_in_no_count():
    kept = [incident(None, None), incident(None, None), incident(None, None, false=True)]

    assert of_incidents(KpiRule("x", "false alarms"), kept, None, 0) == Told(Fraction(1, 3), 3)
    assert of_incidents(KpiRule("x", "incidents"), kept, None, 0) == Told(Fraction(2), 2)


def test_a_mean_time_is_of_those_that_have_it():
    acked = [replace(incident(None, None), acknowledged=Moment(n * MINUTE, "max", 1)) for n in (8, 12, 13)]

    told = of_incidents(KpiRule("x", "mtta"), [*acked, incident(None, None)], None, 0)

    assert told == Told(Fraction(11 * MINUTE), 3)


def clock(elapsed: int, late: bool | None, **more: object) -> Timed:
    return Timed("first reply", "a", "reply", "acme", "shop", "high", "", 0, 0, elapsed, late, **more)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 10**9), st.none() | st.booleans()), min_size=1), SHARES)
def test_what_is_taken_of_clocks_is_what_one_counts(drawn, share):
    clocks = [clock(elapsed, late) for elapsed, late in drawn]
    ran = [elapsed for elapsed, _ in drawn]
    timed = [late for _, late in drawn if late is not None]

    def of(**more: object) -> Told:
        return of_clocks(KpiRule("x", "first reply", **more), clocks)

    assert of(take="mean") == Told(Fraction(sum(ran), len(ran)), len(ran))
    assert of(take="median").value == sorted(ran)[(len(ran) - 1) // 2]
    assert of(take="median", percentile=share).value == ranked(sorted(ran), share)
    in_time = Fraction(timed.count(False), len(timed)) if timed else None
    assert of(take="in time") == Told(in_time, len(timed))


def test_of_no_clock_nothing_is_told():
    assert of_clocks(KpiRule("x", "resolution", take="median"), []) == Told(None, 0)
    assert of_clocks(KpiRule("x", "resolution", take="mean"), []) == Told(None, 0)
    assert of_clocks(KpiRule("x", "resolution", take="in time"), []) == Told(None, 0)


@pytest.mark.parametrize(
    ("narrowed", "read"),
    [
        ({}, True),
        ({"agreements": ("b",)}, False),
        ({"promises": ("reply", "fix")}, True),
        ({"customers": ("globex",)}, False),
        ({"services": ("mail",)}, False),
        ({"priorities": ("high",)}, True),
        ({"priorities": ("low",)}, False),
        ({"teams": ("",)}, True),
        ({"teams": ("web",)}, False),
        ({"slas": ("care",)}, True),
        ({"slas": ("inside",)}, False),
    ],
)
def test_a_kpi_reads_what_it_is_narrowed_to(narrowed, read):
    agreed = clock(1, late=False, slas=("care",))

    assert is_read(KpiRule("x", "first reply", **narrowed), agreed) is read
    assert not is_read(KpiRule("x", "resolution", **narrowed), agreed)
    beside = replace(agreed, beside=True)
    assert is_read(KpiRule("x", "first reply", **narrowed), beside) is (read and "slas" in narrowed)


@pytest.mark.parametrize(
    ("percentile", "take", "count"),
    [(None, "median", 3), (None, "mean", 3), (None, "in time", 5), (50, "median", 3), (90, "median", 10),
     (95, "median", 20), (5, "median", 3)],
)  # fmt: skip
def test_three_tickets_are_enough_and_five_for_a_share(percentile, take, count):
    rank = None if percentile is None else Fraction(percentile, 100)

    assert enough("resolution", rank, take) == count

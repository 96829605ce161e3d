"""Metrics: means, percentiles and slots of samples; no sample is never a pass."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.account import weight
from monitor.agreements.evidence import Evidence, Sample
from monitor.agreements.exclude import Exclusion, Exclusions
from monitor.agreements.metrics import Aggregate, Samples, formula, rule, summary
from monitor.agreements.pipeline import Account, Accounts, Reading
from monitor.agreements.terms import BadSlot, MeasureTerms
from monitor.core.calendars import parse_hours
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.periods import Period
from monitor.errors import EvidenceRefused
from tests.agreements.seen import EDGE, at, case, minutes, only

DAY_ONE = Period(Span(EDGE, EDGE + DAY), "UTC", "1 October")
ABOVE_TEN = BadSlot("value", ">", Fraction(10))


def sample(minute: int, value: str, weight: str = "1", metric: str = "", resource: str = "") -> Sample:
    return Sample(at(minute), Fraction(value), resource, Fraction(weight), metric)


def accounts(measure: Samples, *samples: Sample, **more: Any) -> Accounts:
    return measure(case(Evidence({}, samples=samples, **more), DAY_ONE))


def measured(measure: Samples, *samples: Sample) -> Account:
    return only(accounts(measure, *samples))


def figure(how: Any, *samples: Sample, measure: Samples | None = None) -> Fraction | None:
    found: tuple[Reading, ...] = Aggregate(how)(
        accounts(measure or Samples(), *samples), case(Evidence({}), DAY_ONE)
    )
    return found[0].value


def test_a_mean_is_weighted_and_exact() -> None:
    assert figure("mean", sample(0, "10"), sample(5, "20")) == 15
    assert figure("mean", sample(0, "10", "0.5"), sample(5, "20", "1.5")) == Fraction(35, 2)
    assert figure("mean", sample(0, "1"), sample(5, "1"), sample(10, "2")) == Fraction(4, 3)


def test_the_maximum_is_a_sample() -> None:
    assert figure("max", sample(0, "10"), sample(5, "20.5"), sample(6, "0")) == Fraction("20.5")


def test_a_percentile_is_the_nearest_rank() -> None:
    hundred = [sample(n, str(n + 1)) for n in range(100)]

    assert [figure(how, *hundred) for how in ("p50", "p95", "p99")] == [50, 95, 99]
    assert figure("p95", *hundred[:20]) == 19
    assert figure("p95", *hundred[:19]) == 19
    assert figure("p99", sample(0, "7")) == 7


def test_a_percentile_respects_weights() -> None:
    assert figure("p95", sample(0, "10", "94"), sample(5, "99", "6")) == 99
    assert figure("p95", sample(0, "10", "95"), sample(5, "99", "5")) == 10


def test_a_sample_of_no_weight_is_none() -> None:
    assert figure("max", sample(0, "10"), sample(5, "99", "0")) == 10


def test_only_samples_of_the_named_metric_and_of_the_period_count() -> None:
    found = measured(
        Samples("latency"),
        sample(0, "10", metric="latency"),
        sample(5, "20", metric="loss"),
        sample(10, "30"),
        sample(-1, "40", metric="latency"),
        sample(24 * 60, "50", metric="latency"),
    )

    assert [p.rate for p in found.base] == [10, 30]
    assert found.unit == "sample"
    assert found.bad == ()


@pytest.mark.parametrize("samples", [(), (sample(-5, "10"),), (sample(3, "10", metric="loss"),)])
def test_no_sample_in_the_period_is_refused(samples: tuple[Sample, ...]) -> None:
    with pytest.raises(EvidenceRefused, match='1 October: no sample of the metric "latency" for service'):
        measured(Samples("latency"), *samples)


def test_a_resource_that_did_not_exist_needs_no_samples() -> None:
    life = {"a": (DAY_ONE.span,), "b": (Span(EDGE - DAY, EDGE),)}
    found = accounts(Samples(), sample(0, "10", resource="a"), life=life)

    assert [(account.lane, len(account.base)) for account in found] == [("a", 1), ("b", 0)]


def test_all_samples_excluded_leave_no_figure() -> None:
    (reading,) = Aggregate("mean")((Account("sample", (), ()),), case(Evidence({}), DAY_ONE))

    assert (reading.value, reading.determinable) == (None, True)


def test_samples_in_hours_that_are_always_excluded_are_left_out() -> None:
    nightly = Exclusion("beta", always=parse_hours("daily 02:00-05:00"), timezone="UTC")
    given = case(Evidence({}, samples=(sample(60, "10"), sample(180, "99"))), DAY_ONE)

    assert [p.rate for p in only(Exclusions((nightly,))(Samples()(given), given)).base] == [10]


def test_each_sample_is_good_or_bad_and_neighbours_are_one_outage() -> None:
    found = measured(
        Samples(bad=ABOVE_TEN), sample(0, "10"), sample(5, "10.1"), sample(10, "11"), sample(20, "12")
    )

    assert len(found.base) == 4
    assert minutes(found.bad) == [(5, 10), (10, 15), (20, 25)]
    assert [p.cause for p in found.bad] == ["20261001T000500Z"] * 2 + ["20261001T002000Z"]
    assert {p.rate for p in (*found.base, *found.bad)} == {Fraction(1)}


def test_a_slots_samples_become_one_figure() -> None:
    samples = (sample(0, "5"), sample(30, "15"), sample(60, "11"))
    hours = Samples(slot=HOUR, each_slot="mean", bad=ABOVE_TEN)

    found = measured(hours, *samples)
    assert minutes(found.bad) == [(60, 120)]
    assert len(found.base) == 24
    assert len(measured(Samples(slot=HOUR, each_slot="max", bad=ABOVE_TEN), *samples).bad) == 2


def test_slots_without_a_sample_are_left_out_where_the_promise_says_so() -> None:
    found = measured(Samples(slot=HOUR, bad=ABOVE_TEN, empty="left out"), sample(0, "5"), sample(60, "11"))

    assert minutes(found.base) == [(0, 60), (60, 120)]


def test_the_mean_of_hourly_percentiles_weighs_each_hour_alike() -> None:
    samples = (*[sample(n, "1") for n in range(50)], sample(60, "3"))

    assert figure("mean", *samples, measure=Samples(slot=HOUR, each_slot="p99")) == 2


def test_the_terms_choose_the_measure_and_the_formula() -> None:
    jitter = MeasureTerms(evidence="metrics", as_="mean", metric="jitter", unit="ms")
    share = MeasureTerms(evidence="metrics", as_="bad slots", slot=MINUTE, bad=ABOVE_TEN, each_slot="p99")

    assert rule(jitter) == Samples("jitter", unit="ms")
    assert formula(jitter) == Aggregate("mean", "ms")
    assert rule(share) == Samples(None, MINUTE, "p99", ABOVE_TEN)
    assert formula(share) is None
    assert formula(MeasureTerms()) is None


def test_it_says_what_is_measured() -> None:
    assert Samples("jitter", unit="ms").say() == "We measure jitter in ms."
    assert Samples("latency", HOUR, "p99", BadSlot("value", ">=", Fraction("0.5")), unit="s").say() == (
        "We measure latency in s, the 99th percentile (nearest rank) of each slot of 1 hour on the clock; a "
        "slot is bad if it is at or above 0.5 s; the figure is the share of good ones."
    )
    assert (
        Aggregate("max").say()
        == "The figure is the highest of all of them in the period, exact and not rounded."
    )


@given(
    values=st.lists(
        st.tuples(st.fractions(0, 50, max_denominator=7), st.integers(1, 5)), min_size=1, max_size=9
    ),
    how=st.sampled_from(["mean", "max", "p50", "p95", "p99"]),
)
def test_weights_are_so_many_alike_samples(values: list[tuple[Fraction, int]], how: Any) -> None:
    alike = sorted(value for value, heavy in values for _ in range(heavy))
    expected = {
        "mean": sum(alike) / Fraction(len(alike)),
        "max": alike[-1],
        **{
            name: alike[ceil(Fraction(share, 100) * len(alike)) - 1]
            for name, share in (("p50", 50), ("p95", 95), ("p99", 99))
        },
    }

    assert summary(how, values) == expected[how]
    samples = [sample(n, str(value), str(heavy)) for n, (value, heavy) in enumerate(values)]
    assert figure(how, *samples) == expected[how]


@given(
    values=st.lists(st.tuples(st.integers(0, 24 * 60 - 1), st.integers(0, 20)), min_size=1, max_size=20),
    sign=st.sampled_from([">", ">="]),
)
def test_slots_are_judged_one_by_one(values: list[tuple[int, int]], sign: Any) -> None:
    measure = Samples(slot=HOUR, each_slot="max", bad=BadSlot("value", sign, Fraction(10)), empty="left out")
    found = measured(measure, *[sample(minute, str(value)) for minute, value in values])
    highest = {
        hour: max(value for minute, value in values if minute // 60 == hour)
        for hour in {minute // 60 for minute, _ in values}
    }

    assert [start // 60 for start, _ in minutes(found.base)] == sorted(highest)
    assert weight(found.bad) == sum(1 for top in highest.values() if top > 10 or (top == 10 and sign == ">="))

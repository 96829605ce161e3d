"""The tables of stages: what silence means, what must be said, and what does not go together."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.agreements.claim import Claim
from monitor.agreements.terms import (
    BaseTerms,
    ExcludeTerms,
    FormulaTerms,
    LimitsTerms,
    MeasureTerms,
    OutageTerms,
    PeriodTerms,
    RoundingTerms,
    ScopeTerms,
    Terms,
)
from monitor.config.problems import Several, dotted
from monitor.config.promise_terms import promise_terms
from monitor.config.stage_tables import STAGES, Stages
from monitor.core.intervals import DAY, HOUR, MINUTE

PLAIN: dict[str, Any] = {"commitment": "99.9%", "credits": {"< 99.9%": "10%"}}


def terms(**stages: object) -> Terms:
    """The terms of a plain SLA that says some stages differently."""
    table = Stages.model_validate({**PLAIN, **stages})
    return promise_terms({stage: getattr(table, stage) for stage in STAGES})


def complaints(**stages: object) -> list[str]:
    """What is said of stages that are refused, each with its path."""
    try:
        terms(**stages)
    except Several as several:
        return [f"{dotted(fault.where)}: {fault.message}" for fault in several.faults]
    except ValidationError as error:
        found: list[str] = []
        for detail in error.errors():
            cause = detail.get("ctx", {}).get("error")
            inner = cause.faults if isinstance(cause, Several) else ()
            found += [f"{dotted((*detail['loc'], *fault.where))}: {fault.message}" for fault in inner]
            if not inner:
                found.append(f"{dotted(detail['loc'])}: {cause or detail['msg']}")
        return found
    raise AssertionError("this is accepted")


def test_silence_is_the_default_of_every_stage() -> None:
    found = terms()
    assert (found.measure, found.outage, found.exclude) == (MeasureTerms(), OutageTerms(), ())
    assert (found.scope, found.period, found.formula) == (ScopeTerms(), PeriodTerms(), FormulaTerms())
    assert (found.base, found.limits, found.rounding) == (BaseTerms(), LimitsTerms(), RoundingTerms())
    assert found.claim == Claim()


@pytest.mark.parametrize("stage", ["measure", "outage", "scope", "period", "formula", "base", "limits", "rounding", "claim"])  # fmt: skip
def test_an_empty_table_says_what_silence_says(stage: str) -> None:
    assert terms(**{stage: {}}) == terms()


SHORT = {
    "measure": ("outages", {"evidence": "outages"}),
    "outage": ("> 5m", {"lasting": "> 5m"}),
    "scope": ("worst", {"down_when": "worst"}),
    "period": ("calendar quarter", {"every": "calendar quarter"}),
    "base": ("previous period", {"fee": "previous period"}),
    "limits": (["1 credit per day", "50% per period"], {"at_most": ["1 credit per day", "50% per period"]}),
    "rounding": ("down", {"money": "down"}),
    "claim": ("30 days after period", {"by": "30 days after period"}),
}


@pytest.mark.parametrize("stage", SHORT)
def test_a_text_stands_for_the_first_key_of_its_stage(stage: str) -> None:
    short, long = SHORT[stage]
    assert terms(**{stage: short}) == terms(**{stage: long})


def test_every_key_of_an_outage_is_read() -> None:
    written = {
        "lasting": "> 5m", "affecting": ">= 50%", "confirmed_by": 2, "joined": "< 3h", "whole": "1m", "deduct": "1h",
        "ignore_total": "< 3m", "resource_age": ">= 24h", "only": {"class": "api"}, "starts": "last success",
        "ends": "ticket closed", "judged": "after exclusions, in period",
    }  # fmt: skip
    found = terms(outage=written).outage
    assert (found.lasting, found.joined, found.ignore_total) == (
        (">", 5 * MINUTE),
        ("<", 3 * HOUR),
        ("<", 3 * MINUTE),
    )
    assert (found.whole, found.deduct, found.resource_age) == (MINUTE, HOUR, (">=", DAY))
    assert (found.confirmed_by, found.only, found.starts) == (2, (("class", "api"),), "last success")
    assert (found.ends, found.judged) == ("ticket closed", "after exclusions, in period")


def test_every_key_of_slots_is_read() -> None:
    written = {
        "evidence": "slots", "as": "bad slots", "slot": "probe", "bad": "all fail", "min_requests": 60,
        "empty": "left out", "partial": "counted", "score": {"<= 1s": "100%"}, "only": {"kind": "read"},
        "unobserved": "down", "coverage": ">= 99%",
    }  # fmt: skip
    found = terms(measure=written).measure
    assert (found.as_, found.slot, found.min_requests) == ("bad slots", "probe", 60)
    assert (found.empty, found.partial, found.unobserved) == ("left out", "counted", "down")
    assert len(found.score) == 1


def test_a_metric_has_the_unit_of_its_bad_slots_where_it_says_none() -> None:
    measure = {"evidence": "metrics", "as": "bad slots", "slot": "1h", "each_slot": "p99", "bad": "> 10 ms"}
    assert terms(measure=measure).measure.unit == "ms"


def test_a_metric_in_percent_is_promised_in_numbers_of_it() -> None:
    measure = {"evidence": "metrics", "as": "mean", "metric": "delivered", "unit": "%"}
    found = terms(measure=measure)
    assert (found.commitment.of, found.commitment.unit) == ("metric", "%")
    assert found.commitment.bound is not None
    assert float(found.commitment.bound.value) == 99.9
    assert float(found.credits.rows[0].bounds[0].value) == 99.9  # type: ignore[union-attr]


def test_an_exclusion_is_a_class_or_a_table() -> None:
    found = terms(
        exclude=["force majeure", {"what": "other:port exhaustion", "effect": "both sides"}]
    ).exclude
    assert found == (
        ExcludeTerms("force majeure"),
        ExcludeTerms("other:port exhaustion", effect="both sides"),
    )


def test_maintenance_may_be_announced_and_also_recur() -> None:
    weekly = {"what": "scheduled maintenance", "always": "Sun 00:00-06:00", "timezone": "UTC"}
    announced = {"what": "scheduled maintenance", "notice": "48h", "calendar": "office"}
    assert [entry.calendar for entry in terms(exclude=[weekly, announced, weekly]).exclude] == [
        None,
        "office",
        None,
    ]


EVENTS = {"evidence": "events", "within": "4h"}
METRIC = {"evidence": "metrics", "as": "mean", "metric": "latency", "unit": "ms"}
TOTAL = {"evidence": "slots", "as": "total"}
MINUTES = {"evidence": "slots", "as": "bad slots", "slot": "1m", "bad": "all fail"}

TOGETHER: dict[str, dict[str, Any]] = {
    "a downtime": {"commitment": "<= 45m", "credits": {"> 45m": "5%"}},
    "a downtime of bad slots": {"commitment": "<= 45m", "credits": {"> 45m": "5%"}, "measure": MINUTES},
    "a metric and its rows": {"measure": METRIC, "commitment": "<= 45 ms", "credits": {"> 45 ms": "5%"}},
    "a metric and its overshoot": {"measure": METRIC, "commitment": "<= 45 ms", "credits": {"by": "overshoot", "> 0%": "5%"}},
    "what is late": {"measure": EVENTS, "credits": {"each": "miss", "credit": {"by": "delay", "> 0s": "5%"}}},
    "hours late": {"measure": EVENTS, "credits": {"each": "miss", "credit": {"each": "full 1h", "credit": "5%"}}},
    "misses": {"measure": EVENTS, "credits": {"by": "misses", ">= 1": "5%"}},
    "bad slots": {"measure": MINUTES, "credits": {"each": "bad slot", "credit": "5%"}},
    "outages of bad slots": {"measure": MINUTES, "credits": {"each": "outage", "credit": "5%"}},
    "joined, and combined": {"scope": {"down_when": "any down", "combined": "after outage"}, "outage": "> 5m"},
    "joined, and no length asked": {"scope": "any down"},
    "nothing promised": {"commitment": "none"},
}  # fmt: skip


@pytest.mark.parametrize("stages", TOGETHER.values(), ids=TOGETHER.keys())
def test_stages_that_go_together_are_taken(stages: dict[str, Any]) -> None:
    assert terms(**stages).credits is not None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "slots that become what": ({"measure": "slots"}, "measure: evidence = \"slots\" does not say how slots become a figure: write as = \"bad slots\" (each slot is good or bad), \"mean\" (of the slots' ratios) or \"total\" (all good of all)"),
    "slots of what length": ({"measure": {"evidence": "slots", "as": "mean"}}, 'measure: as = "mean" does not say how long a slot is: write slot = "5m"'),
    "slots that are bad when": ({"measure": {**MINUTES, "bad": "wholly down"}}, 'measure.bad: is not known for evidence = "slots": write "all fail" or "errors > 5%"'),
    "slots that are bad for nothing": ({"measure": {**TOTAL, "bad": "all fail"}}, 'measure.bad: says when a slot is bad: write as = "bad slots" with it, or take it out'),
    "slots of outages for nothing": ({"measure": {"slot": "1h"}}, 'measure: slot cuts outages into slots: write as = "bad slots" with it'),
    "a mean of outages": ({"measure": {"as": "mean"}}, 'measure.as: "mean" is not known for evidence = "outages": write "bad slots"'),
    "a mean of events": ({"measure": {**EVENTS, "as": "mean"}}, 'measure.as: "mean" is not known for evidence = "events": take it out'),
    "samples of a slot": ({"measure": {**METRIC, "slot": "1h"}}, 'measure: a slot of several samples has no value yet: write each_slot = "mean", "max", "p50", "p95" or "p99"'),
    "bad slots in another unit": ({"measure": {**METRIC, "as": "bad slots", "slot": "1h", "each_slot": "mean", "bad": "> 10 s"}}, 'measure.bad: is in "s", and the unit of the metric is "ms": write that'),
    "events in time for what": ({"measure": "events"}, 'measure: evidence = "events" does not say the time allowed: write within = "15m", "4 business hours" or "due"'),
    "a key of other evidence": ({"measure": {"metric": "x"}}, 'measure: "metric" says nothing of evidence = "outages": take it out'),
    "maintenance without notice": ({"exclude": [{"what": "scheduled maintenance"}]}, 'exclude[1]: scheduled maintenance is excluded, but the notice is not said: write notice = "48h", "5 business days" or "none"'),
    "maintenance in short": ({"exclude": ["scheduled maintenance"]}, 'exclude[1]: scheduled maintenance is excluded, but the notice is not said: write { what = "scheduled maintenance", notice = "48h" }, or notice = "none"'),
    "maintenance twice": ({"exclude": [{"what": "scheduled maintenance", "notice": "48h"}, "beta", {"what": "scheduled maintenance", "notice": "none"}]}, "exclude[3]: scheduled maintenance stands here twice: keep one"),
    "hours in no zone": ({"exclude": [{"what": "beta", "only_during": "daily 02:00-05:00"}]}, 'exclude[1]: only_during does not say in which zone its hours are: write timezone = "Europe/Berlin"'),
    "a zone of no hours": ({"exclude": [{"what": "beta", "timezone": "UTC"}]}, "exclude[1].timezone: goes with always or only_during alone: take it out"),
    "hours both ways": ({"exclude": [{"what": "beta", "always": "Sun 00:00-06:00", "only_during": "Sun 00:00-06:00", "timezone": "UTC"}]}, "exclude[1]: always and only_during stand in one entry: write two entries"),
    "notice of what is always": ({"exclude": [{"what": "beta", "always": "Sun 00:00-06:00", "notice": "48h", "timezone": "UTC"}]}, "exclude[1].notice: hours that are always excluded need no notice: take it out"),
    "combined of what is not": ({"scope": {"down_when": "worst", "combined": "before outage"}}, 'scope.combined: goes with "any down", "all down" or "2 or more down": take it out'),
    "combined or not": ({"scope": "2 or more down", "outage": ">= 10m"}, 'scope: "2 or more down" and an outage of ">= 10m": of the combination or of each resource? say combined = "before outage" or "after outage"'),
    "a fiscal year": ({"period": "fiscal quarter"}, 'period: "fiscal quarter" does not say when the year starts: write first_month = "February"'),
    "a fiscal month": ({"period": {"first_month": "February"}}, 'period.first_month: goes with every = "fiscal quarter" alone: take it out'),
    "months of a month": ({"period": {"mean_of": "months"}}, 'period.mean_of: "calendar month" is not made of calendar months: take it out'),
    "decimals alone": ({"formula": {"decimals": 2}}, 'formula: decimals without rounding: write rounding = "half-up", "half-even" or "down"'),
    "rounding alone": ({"formula": {"rounding": "down"}}, "formula: rounding without decimals: write decimals = 2, or take rounding out"),
    "items both ways": ({"base": {"items": ["a"], "except": ["b"]}}, "base: items and except both choose items of the fee: keep one"),
    "the greater of one": ({"base": {"greater_of": ["a"]}}, 'base.greater_of: compares two or more items: write ["port", "usage"]'),
    "a metric without metrics": ({"commitment": "<= 45 ms"}, 'commitment: is in "ms", and no metric is measured: write a share, "99.9%", or "<= 45m"'),
    "a share of a metric": ({"measure": METRIC, "credits": "10%"}, 'commitment: is a share, and a metric is measured: write its unit apart, "<= 45 ms"'),
    "a metric in another unit": ({"measure": METRIC, "commitment": "<= 45 s", "credits": "10%"}, 'commitment: is in "s", and the metric in "ms": write that'),
    "a downtime of requests": ({"measure": TOTAL, "commitment": "<= 45m", "credits": "10%"}, 'commitment: is a time of downtime, and evidence = "slots", as = "total" has none: write "99.9%"'),
    "lost time of requests": ({"measure": TOTAL, "credits": {"pro_rata": 1}}, 'credits: pro_rata pays for downtime, and evidence = "slots", as = "total" has none'),
    "hours of requests": ({"measure": TOTAL, "credits": {"each": "full 1h", "credit": "5%"}}, 'credits: each = "full 1h" counts downtime, and evidence = "slots", as = "total" has none'),
    "outages of requests": ({"measure": TOTAL, "credits": {"by": "outages", ">= 1": "5%"}}, 'credits: by = "outages": evidence = "slots", as = "total" has no outages'),
    "each outage of events": ({"measure": EVENTS, "credits": {"each": "outage", "credit": "5%"}}, 'credits: each = "outage": evidence = "events" has no outages'),
    "misses of outages": ({"credits": {"by": "misses", ">= 1": "5%"}}, 'credits: by = "misses" looks at events that were late: write by = "downtime" or "outages"'),
    "the delay of all": ({"measure": EVENTS, "credits": {"by": "delay", "> 0s": "5%"}}, 'credits: by = "delay" is asked of one miss: write { each = "miss", credit = { by = "delay", … } }'),
    "days late of outages": ({"credits": {"each": "outage", "credit": {"each": "calendar day", "credit": "5%"}}}, 'credits.credit: each = "calendar day" counts days late: write it inside { each = "miss", credit = … }'),
    "bad slots of none": ({"credits": {"each": "bad slot", "credit": "5%"}}, 'credits: each = "bad slot": nothing is cut into slots: write measure.as = "bad slots"'),
    "steps of a metric": ({"measure": METRIC, "commitment": "<= 45 ms", "credits": {"each": "1% or part", "credit": "5%"}}, 'credits: each = "1% or part" is a step of availability, and a metric is measured: write rows'),
    "rows in no unit": ({"measure": METRIC, "commitment": "<= 45 ms"}, 'credits: row "< 99.9%" is a share, and a metric is measured: write its unit, "> 45 ms"'),
    "rows in another unit": ({"measure": METRIC, "commitment": "<= 45 ms", "credits": {"> 45 s": "5%"}}, 'credits: row "> 45 s" is not in "ms", the unit of the metric: write that'),
    "rows in a unit of nothing": ({"credits": {"> 45 ms": "5%"}}, 'credits: row "> 45 ms" is in a unit, and no metric is measured: write "< 99.9%" or "> 45m"'),
}  # fmt: skip


@pytest.mark.parametrize(("stages", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_stages_are_refused_with_what_to_write(stages: dict[str, Any], sentence: str) -> None:
    assert complaints(**stages) == [sentence]


def test_several_mistakes_of_one_stage_are_said_at_once() -> None:
    measure = {"evidence": "metrics", "slot": "5m", "within": "4h", "weighted_by": "users"}
    assert len(complaints(measure=measure)) == 4


def test_mistakes_between_stages_are_said_at_once() -> None:
    found = complaints(
        scope="any down",
        outage="> 5m",
        exclude=["beta", "beta"],
        commitment="<= 45 ms",
        credits={"sum_of": [{"each": "miss", "credit": "5%"}, {"by": "misses", ">= 1": "5%"}]},
    )
    assert [sentence.split(":")[0] for sentence in found] == [
        "scope",
        "exclude[2]",
        "commitment",
        "credits",
        "credits",
    ]


# --- whatever is written --------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "99.9%", "> 5m", "<= 45 ms", "< 99%", "10%", "1/30", "4h per month", "30 days of fees per period", "x", "", "none",
        "9.76 GBP", "full 1h", "outage", "miss", "slots", "bad slots", "2 business days, end of day", "30 days after period",
        "each", "credit", "plus", "beyond", "by", "over", "6 periods", "pro_rata", "sum_of", "greatest_of", "what", "notice",
        "evidence", "as", "slot", "bad", "within", "lasting", "at_most", "only_if", "every", "down_when", "fee", "1 / 0", "5 points",
        "scheduled maintenance", "always", "daily 02:00-05:00", "00:10:01", "1e9%", "> ", "=", "٣ days", "per", " of fees", "1 per",
    ]
)  # fmt: skip
SCALARS = WORDS | st.text(max_size=12) | st.integers() | st.booleans() | st.decimals()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(stage=st.sampled_from(STAGES), value=VALUES)
def test_whatever_stands_in_a_stage_is_read_or_refused_with_a_sentence(stage: str, value: object) -> None:
    try:
        found = terms(**{stage: value})
    except (Several, ValidationError):
        sentences = complaints(**{stage: value})
        assert sentences
        assert all(sentence.startswith(stage) for sentence in sentences)
    else:
        assert hash(found) is not None


def test_a_number_of_many_digits_costs_nothing() -> None:
    long = "9" * 5_000
    for stages in (
        {"commitment": f"{long}%"},
        {"credits": f"{long} days of fees"},
        {"limits": f"{long} credits per day"},
    ):
        assert complaints(**stages)
    assert complaints(credits={"pro_rata": Decimal("1e999999")})

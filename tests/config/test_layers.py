"""Layers: what an SLA, those it is like, its promises and an agreement say, and which of them is heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.agreements.terms import ContractTerms, LimitsTerms
from monitor.config.plan import Agreement, Plan, fees_of
from monitor.core.intervals import Span
from monitor.core.periods import midnight

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

TWO = """
together = "sum"
limits = "20% per period"
[sla.host.promise.web]
commitment = "99.9%"
credits = "10%"
[sla.host.promise.api]
commitment = "99.5%"
credits = "5%"
outage = "> 5m"
"""


@pytest.fixture
def two(good: str) -> str:
    """The good file with an SLA of two promises."""
    return good.replace('commitment = "99.9%"\ncredits = { "< 99.9%" = "10%" }\n', TWO)


def agreement(plan: Plan) -> Agreement:
    return plan.agreements["acme-shop"]


def whole(plan: Plan, version: int = 0) -> ContractTerms:
    return agreement(plan).terms[version].terms


def commitments(plan: Plan, version: int = 0) -> dict[str, Fraction]:
    """Each promise with its commitment in percent."""
    return {
        name: terms.commitment.bound.value * 100
        for name, terms in whole(plan, version).promises
        if terms.commitment.bound
    }


# --- like -----------------------------------------------------------------------------------------------


def test_an_sla_that_is_like_another_says_only_what_differs(load: Load, good: str) -> None:
    like = '[sla.better]\nlike = "host"\ncommitment = "99.95%"\ncredits = "5%"\nrounding = "down"\n'
    text = good.replace("[sla.host]\n", '[sla.host]\noutage = "> 5m"\n').replace(
        'sla = "host"', 'sla = "better"'
    )
    terms = dict(whole(load(like + text)).promises)["better"]
    assert terms.outage.lasting == (">", 300_000)
    assert (terms.commitment.bound and terms.commitment.bound.value) == Fraction(9995, 10_000)


def test_an_amendment_of_the_other_sla_counts_from_its_day(load: Load, good: str) -> None:
    text = good.replace('sla = "host"', 'sla = "same"')
    text += '[sla.same]\nlike = "host"\n[sla.host.amendment.2026-07-01]\nclaim = "30 days after period"\n'
    assert [terms.version for terms in agreement(load(text)).terms] == ["2026-01-01", "2026-07-01"]


def test_an_sla_like_itself_is_refused(refused: Refused) -> None:
    text = '[sla.a]\nlike = "b"\n[sla.b]\nlike = "a"\n'
    assert refused(text)[0] == "acme.toml:2: sla.a.like: an SLA cannot be like itself: b → a → b"


# --- promises -------------------------------------------------------------------------------------------


def test_limits_above_promises_mean_the_whole_and_a_silent_promise_has_none(load: Load, two: str) -> None:
    terms = whole(load(two))
    assert terms.limits is not None
    assert [cap.text for cap in terms.limits.at_most] == ["20% per period"]
    assert {promise.limits for _, promise in terms.promises} == {LimitsTerms(at_most=())}


def test_a_stage_above_promises_is_shared_where_they_are_silent(load: Load, two: str) -> None:
    text = two.replace('together = "sum"', 'together = "sum"\nmeasure = { unobserved = "down" }')
    assert {promise.measure.unobserved for _, promise in whole(load(text)).promises} == {"down"}


def test_a_stage_of_a_promise_stands_above_the_shared_one(load: Load, two: str) -> None:
    promises = dict(whole(load(two.replace("together", 'outage = "> 1m"\ntogether'))).promises)
    assert promises["web"].outage.lasting == (">", 60_000)
    assert promises["api"].outage.lasting == (">", 300_000)


def test_an_agreement_says_a_stage_of_one_promise_by_its_name(load: Load, two: str) -> None:
    text = two + '[agreement.acme-shop.promise.api]\ncommitment = "99.7%"\n'
    assert commitments(load(text)) == {"web": Fraction("99.9"), "api": Fraction("99.7")}


def test_an_override_that_a_promise_would_hide_is_refused(refused: Refused, two: str) -> None:
    text = two + 'outage = "> 1m"\n'
    sentence = "sla host has two promises: write it under agreement.acme-shop.promise.web or .api"
    assert refused(text) == [f"acme.toml:34: agreement.acme-shop.outage: {sentence}"]


def test_limits_of_an_agreement_are_never_hidden(load: Load, two: str) -> None:
    limits = whole(load(two + 'limits = "30% per period"\n')).limits
    assert limits is not None
    assert [cap.text for cap in limits.at_most] == ["30% per period"]


def test_a_promise_that_the_sla_has_not_is_refused_with_what_was_meant(refused: Refused, two: str) -> None:
    (said,) = refused(two + '[agreement.acme-shop.promise.apis]\ncommitment = "99.7%"\n')
    assert said.endswith(
        'agreement.acme-shop.promise.apis: sla host has no promise "apis"; did you mean "api"?'
    )


def test_several_promises_say_how_they_stand_together(refused: Refused, two: str) -> None:
    sentence = 'one event can break several promises: say together = "sum", "highest" or "lowest commitment"'
    assert f"acme.toml:16: sla.host: {sentence}" in refused(two.replace('together = "sum"\n', ""))


def test_promises_of_one_agreement_share_a_period(refused: Refused, two: str) -> None:
    (said,) = refused(two.replace('outage = "> 5m"', 'period = "calendar quarter"'))
    assert said == (
        "acme.toml:26: sla.host.promise.api.period: "
        "the promises of one agreement are settled by one period: write period above them"
    )


def test_a_promise_without_credits_is_refused_where_it_stands(refused: Refused, two: str) -> None:
    (said,) = refused(two.replace('credits = "5%"\n', ""))
    assert said.startswith('acme.toml:23: sla.host.promise.api: "credits" is missing: write credits =')


def test_the_promises_of_an_sla_list_have_the_names_of_the_slas(load: Load, good: str) -> None:
    text = good.replace('sla = "host"', 'sla = ["host", "soft"]\ntogether = "highest"')
    text += '[sla.soft]\ncommitment = "99%"\ncredits = "1%"\n'
    plan = load(text)
    assert commitments(plan) == {"host": Fraction("99.9"), "soft": Fraction(99)}
    assert whole(plan).together == "highest"


def test_an_sla_list_asks_for_together(refused: Refused, good: str) -> None:
    text = good.replace('sla = "host"', 'sla = ["host", "soft"]')
    (said,) = refused(text + '[sla.soft]\ncommitment = "99%"\ncredits = "1%"\n')
    assert said.startswith("acme.toml:20: agreement.acme-shop: one event can break several promises")


def test_a_right_of_a_promise_names_it(load: Load, two: str) -> None:
    text = two.replace('outage = "> 5m"', 'termination = ["2 of 3 periods missed"]')
    assert [right.promise for right in whole(load(text)).termination] == ["api"]


def test_another_sla_from_a_day_on(load: Load, good: str) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-07-01]\nsla = "soft"\n'
    plan = load(text + '[sla.soft]\ncommitment = "99%"\ncredits = "1%"\n')
    assert [terms.sla for terms in agreement(plan).terms] == ["host", "soft"]


# --- periods --------------------------------------------------------------------------------------------


def test_a_version_settles_the_periods_that_begin_after_it(load: Load, good: str) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-07-01]\nperiod = "calendar quarter"\n'
    plan = load(text)
    month, june = agreement(plan).settled_by("2026-06")
    quarter, third = agreement(plan).settled_by("2026-Q3")
    assert (month.version, june.label) == ("2026-01-01", "2026-06")
    assert (quarter.version, third.label) == ("2026-07-01", "2026-Q3")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("2026-08", '"2026-08" names no period of "calendar quarter": write it as "2026-Q2"'),
        ("soon", '"soon" names no period of "calendar quarter": write it as "2026-Q2"'),
        ("2026-Q2", '"2026-Q2" is no period of this agreement: what a period is changes on 2026-07-01'),
    ],
)
def test_a_label_that_is_a_period_of_no_version_is_refused(
    load: Load, good: str, label: str, said: str
) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-07-01]\nperiod = "calendar quarter"\n'
    with pytest.raises(ValueError, match="period") as caught:
        agreement(load(text)).settled_by(label)
    assert str(caught.value) == said


def test_an_amendment_that_splits_its_period_makes_parts_of_it(load: Load, good: str) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-07-11]\nclaim = "automatic"\napplies = "next period"\n'
    whole = agreement(load(text))
    first, second = whole.terms
    split = replace(whole, terms=(first, replace(second, applies="split the period")))
    _, july = whole.settled_by("2026-07")
    cut = midnight(date(2026, 7, 11), "Europe/Berlin")
    assert whole.parts(july) == ((first, (july.span,)),)
    assert [(terms.version, *spans) for terms, spans in split.parts(july)] == [
        ("2026-01-01", Span(july.span.start, cut)),
        ("2026-07-11", Span(cut, july.span.end)),
    ]
    paid = [fees_of(split, terms, july, in_force=spans)["period"] for terms, spans in split.parts(july)]
    assert [line.money.amount for (line,) in paid] == [Fraction(840 * 10, 31), Fraction(840 * 21, 31)]


def test_a_billing_month_starts_on_the_billing_day(load: Load, good: str) -> None:
    text = good.replace("[agreement", 'period = "billing month"\n[agreement') + "billing_day = 6\n"
    _, period = agreement(load(text)).settled_by("2026-09-06")
    assert period.label == "2026-09-06"


def test_a_change_inside_a_quarter_must_say_what_applies(refused: Refused, good: str) -> None:
    text = good.replace("[agreement", 'period = "calendar quarter"\n[agreement')
    (said,) = refused(text + '[agreement.acme-shop.amendment.2026-08-01]\nlimits = "none"\n')
    assert said.endswith(
        'the terms change inside the period 2026-Q3: say applies = "next period" or "split the period"'
    )

"""Agreements: references, dates, zones, fees, and the terms in force on a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from monitor.config.plan import Agreement, FeeTerm, Party, Plan
from monitor.core.money import Money
from monitor.core.numbers import Bound
from tests.agreements.ordinary import MaintenanceTerms, StandardTerms, row, standard_clause

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]


def at_least(percent: str) -> Bound:
    return Bound(">=", Fraction(percent) / 100)


def monthly(start: date, amount: str) -> FeeTerm:
    return FeeTerm(start, (("monthly fee", Money(Fraction(amount), "EUR")),))


def agreement(plan: Plan) -> Agreement:
    return plan.agreements["acme-shop"]


def in_force(plan: Plan) -> list[tuple[str, str, Bound]]:
    """From when, by which version, with what commitment."""
    return [(str(terms.start), terms.version, terms.commitment) for terms in agreement(plan).terms]


def test_the_plainest_agreement(load: Load, good: str) -> None:
    plan = load(good)
    assert [warning.partition(":")[0] for warning in plan.warnings] == ["sentinel", "sla.host"]
    assert plan.issuer == Party("Example Hosting Ltd")
    assert (agreement(plan).zone, agreement(plan).currency) == ("Europe/Berlin", "EUR")
    assert (agreement(plan).start, agreement(plan).until) == (date(2026, 1, 1), None)
    assert agreement(plan).fees == (monthly(date(2026, 1, 1), "840"),)
    assert in_force(plan) == [("2026-01-01", "2026-01-01", at_least("99.9"))]


def test_every_stage_becomes_a_term_of_the_clause(load: Load, good: str) -> None:
    stages = """
exclude = [{ what = "scheduled maintenance", notice = "48h", at_most = "4h per month", counted = "window", effect = "both sides" }]
outage = "> 5m"
measure = { unobserved = "down", coverage = ">= 90%" }
limits = "25% per period"
rounding = "half-even"
claim = "30 days after period"
"""  # noqa: E501
    plan = load(good.replace("[agreement", stages + "[agreement"))
    assert agreement(plan).terms[0].clause == standard_clause(
        StandardTerms(
            commitment=at_least("99.9"),
            rows=(row((Bound("<", Fraction(999, 1000)),), Fraction(1, 10), "< 99.9%"),),
            maintenance=MaintenanceTerms(172_800_000, 14_400_000, "window", "both sides"),
            lasting=(">", 300_000),
            unobserved="down",
            coverage=Fraction(9, 10),
            cap=Fraction(1, 4),
            rounding="half-even",
            claim="30 days after period",
        )
    )


def test_silence_is_the_safest_reading(load: Load, good: str) -> None:
    first = row((Bound("<", Fraction(999, 1000)),), Fraction(1, 10), "< 99.9%")
    terms = agreement(load(good)).terms[0]
    assert terms.clause == standard_clause(StandardTerms(at_least("99.9"), (first,)))
    assert (terms.sla, terms.sla_title) == ("host", "host")


# --- which terms on which day ---------------------------------------------------------------------------


def test_an_amendment_of_the_sla_holds_from_its_day(load: Load, good: str) -> None:
    text = good + '\n[sla.host.amendment.2026-07-01]\ncommitment = "99.95%"\ncredits = "10%"\n'
    assert in_force(load(text)) == [
        ("2026-01-01", "2026-01-01", at_least("99.9")),
        ("2026-07-01", "2026-07-01", at_least("99.95")),
    ]


def test_an_amendment_from_before_the_agreement_holds_from_its_start(load: Load, good: str) -> None:
    text = good + '\n[sla.host.amendment.2025-07-01]\ncommitment = "99.95%"\ncredits = "10%"\n'
    assert in_force(load(text)) == [("2026-01-01", "2025-07-01", at_least("99.95"))]


def test_an_amendment_after_the_last_day_of_an_agreement_does_not_concern_it(load: Load, good: str) -> None:
    text = good + 'until = 2026-06-30\n[sla.host.amendment.2026-07-01]\nclaim = "30 days after period"\n'
    assert len(in_force(load(text))) == 1


def test_what_an_agreement_says_itself_stands_above_an_amendment_of_the_sla(load: Load, good: str) -> None:
    text = (
        good
        + 'commitment = "99.99%"\ncredits = "5%"\n[sla.host.amendment.2026-07-01]\ncommitment = "99.5%"\n'
    )
    text = text.replace('"99.5%"\n', '"99.5%"\ncredits = "1%"\n').replace(
        "[endpoint.web]\n", '[endpoint.web]\ninterval = "1m"\n'
    )
    assert [commitment for *_, commitment in in_force(load(text))] == [at_least("99.99")] * 2


def test_an_amendment_of_the_agreement_stands_above_everything(load: Load, good: str) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-03-01]\ncommitment = "99%"\ncredits = "1%"\n'
    assert in_force(load(text))[-1] == ("2026-03-01", "2026-03-01", at_least("99"))


def test_a_stage_is_replaced_whole_and_never_merged(load: Load, good: str) -> None:
    """The SLA asks for 90 % coverage; the agreement's own measure says nothing of it, so 95 % is back."""
    sla = 'measure = { coverage = ">= 90%" }\n'
    text = good.replace("[agreement", sla + "[agreement") + 'measure = { unobserved = "up" }\n'
    assert agreement(load(text)).terms[0].clause.formula == agreement(load(good)).terms[0].clause.formula


def test_a_change_of_terms_inside_a_month_may_wait_for_the_next_period(load: Load, good: str) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-07-15]\nlimits = "none"\napplies = "next period"\n'
    assert [start for start, *_ in in_force(load(text))] == ["2026-01-01", "2026-07-15"]


def test_a_fee_changes_on_any_day_and_makes_no_version(load: Load, good: str) -> None:
    text = good + "[agreement.acme-shop.amendment.2026-07-15]\nmonthly_fee = 900.50\n"
    plan = load(text)
    assert agreement(plan).fees[1:] == (monthly(date(2026, 7, 15), "900.5"),)
    assert len(agreement(plan).terms) == 1


def test_a_fee_that_waits_is_refused_since_days_are_weighted(refused: Refused, good: str) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-07-15]\nmonthly_fee = "1"\napplies = "next period"\n'
    assert refused(text) == [
        (
            "acme.toml:28: agreement.acme-shop.amendment.2026-07-15.applies: "
            "a fee that changes is weighted by days: take applies out"
        )
    ]


def test_an_amendment_after_the_end_is_refused(refused: Refused, good: str) -> None:
    text = good + 'until = 2026-06-30\n[agreement.acme-shop.amendment.2026-07-01]\nmonthly_fee = "1"\n'
    sentence = "is after the last day, 2026-06-30: nothing would come of it"
    assert refused(text) == [f"acme.toml:27: agreement.acme-shop.amendment.2026-07-01: {sentence}"]


# --- zone and currency ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sla", "own", "zone"),
    [
        ("", "", "Europe/Berlin"),
        ("", 'timezone = "Asia/Tokyo"', "Asia/Tokyo"),
        ('period = { timezone = "UTC" }', 'timezone = "Asia/Tokyo"', "UTC"),
        ('period = "calendar month"', 'timezone = "Asia/Tokyo"', "Asia/Tokyo"),
    ],
)
def test_the_zone_is_the_slas_own_else_the_agreements_else_the_customers(
    load: Load, good: str, sla: str, own: str, zone: str
) -> None:
    text = good.replace("[agreement", f"{sla}\n[agreement") + own
    assert agreement(load(text)).zone == zone


def test_a_zone_that_changes_on_a_day_is_refused(refused: Refused, good: str) -> None:
    text = good + '[agreement.acme-shop.amendment.2026-07-01]\nperiod = { timezone = "UTC" }\n'
    assert refused(text) == [
        (
            "acme.toml:27: agreement.acme-shop.amendment.2026-07-01.period: another time zone from a day on "
            "belongs to the agreement language, but this version does not do it yet"
        )
    ]


@pytest.mark.parametrize(
    ("fee", "amount"),
    [
        ('"840.00"', Fraction(840)),
        ("840.05", Fraction(84_005, 100)),
        ('"840.00 EUR"', Fraction(840)),
        ("0", Fraction(0)),
    ],
)
def test_a_fee_is_exact_however_it_is_written(load: Load, good: str, fee: str, amount: Fraction) -> None:
    assert agreement(load(good.replace('"840.00"', fee))).fees[0].total == Money(amount, "EUR")


def test_an_agreement_may_have_another_currency_than_its_customer(load: Load, good: str) -> None:
    plan = load(good.replace('"840.00"', '"840 USD"') + 'currency = "USD"\n')
    assert agreement(plan).fees[0].total.currency == agreement(plan).currency == "USD"


# --- where a table that cannot be priced is wrong -------------------------------------------------------


def test_a_hole_is_found_once_however_many_agreements_use_the_sla(refused: Refused, good: str) -> None:
    second = good[good.index("[agreement") :].replace("acme-shop", "acme-again")
    text = good.replace('"< 99.9%" = "10%"', '"< 99%" = "10%"') + second
    said = refused(text)
    assert len(said) == 1
    assert said[0].startswith("acme.toml:18: sla.host.credits: 99% to below 99.9% misses the commitment")


def test_a_hole_that_an_override_opens_is_found_at_the_override(refused: Refused, good: str) -> None:
    said = refused(good + 'commitment = "99.95%"\n')
    assert len(said) == 1
    assert said[0].startswith("acme.toml:26: agreement.acme-shop.commitment: 99.9% to below 99.95% misses")


def test_an_sla_that_no_agreement_uses_is_checked_too(refused: Refused) -> None:
    said = refused('[sla.x]\ncommitment = "99.9%"\ncredits = { "< 99%" = "10%" }\n')
    assert len(said) == 1


def test_scheduled_maintenance_is_excluded_on_one_set_of_terms(refused: Refused, good: str) -> None:
    entry = '{ what = "scheduled maintenance", notice = "none" }'
    said = refused(good + f"exclude = [{entry}, {entry}]\n")
    sentence = "scheduled maintenance stands here twice: keep one"
    assert said == [f"acme.toml:26: agreement.acme-shop.exclude[2]: {sentence}"]


def test_a_reference_to_a_table_that_is_itself_wrong_is_not_dangling(refused: Refused, good: str) -> None:
    assert len(refused(good.replace('"EUR"', '"GOLD"'))) == 1

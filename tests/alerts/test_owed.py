"""Credits that fall due, and what nobody can tell of any more: neither is told as "no longer so"."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.agreements.schedule import ProRata
from monitor.alerts.channels.message import message
from monitor.alerts.findings import findings
from monitor.config.plan import Agreement, Plan
from monitor.core.checks import Reason
from monitor.core.intervals import MINUTE, Ms, Span
from monitor.core.windows import OneOff
from monitor.operations.alert import OWES, Finding
from monitor.statements import maintenance
from monitor.store.protocol import Alert, Letter, NewAlert, Parcel
from tests.alerts.test_findings import evidence, house, one, only
from tests.statements.conftest import agreement, at, plan

DOWN = ("2026-11-15 10:00", "2026-11-15 12:00", Reason.TIMEOUT)
"""99.9 % of November allow 43 min 12 s: the credit falls due at 10:43:12."""


def acme(id: str = "acme-checkout", fee: str = "1200.00", **more: object) -> Agreement:
    return agreement(id, "acme", "Europe/Berlin", fee, "EUR", date(2026, 1, 1), **more)


def breaches(own: Plan, now: str, *down: tuple[str, str, Reason]) -> tuple[Finding, ...]:
    return findings(only(own, "breach"), evidence(*(down or (DOWN,)), reached=at(now)), at(now))


def named(found: tuple[Finding, ...], rule: str) -> list[str]:
    return [each.subject for each in found if each.rule == rule]


def test_a_credit_is_near_and_then_it_is_owed_with_its_sum_and_what_comes_next():
    assert named(breaches(house(), "2026-11-15 10:43:12"), "breach") == ["checkout"]

    due = one(tuple(f for f in breaches(house(), "2026-11-15 10:43:13") if f.rule == "breach"))
    assert (due.subject, due.firm, due.instead) == (
        "checkout owes 120.00 EUR until 30 Nov, 23:00 UTC",
        True,
        True,
    )
    assert due.title == (
        "Checkout: a 10 % credit is owed now: 120.00 EUR for ACME GmbH; "
        "6 h 28 min 47 s left before a 25 % credit: 180.00 EUR for ACME GmbH"
    )
    assert due.incident, "who takes the incident up takes it up too"


def test_one_finding_for_the_credits_of_all_customers_of_one_period_and_another_with_each_step():
    """Gold owes 10 % of 1,200 and of 800 from 43 min 12 s on; silver its 10 % from 3 h 36 min on."""
    long = ("2026-11-15 06:00", "2026-11-15 12:00", Reason.TIMEOUT)
    silver = acme("acme-silver", "500.00", commitment="99.5")
    own = plan(acme(), acme("other", "800.00"), silver)

    first = [f for f in breaches(own, "2026-11-15 06:50", long) if OWES in f.subject]
    assert [(f.subject, f.title.split(";")[0]) for f in first] == [
        (
            "checkout owes 200.00 EUR until 30 Nov, 23:00 UTC",
            "Checkout: a 10 % credit is owed now: 200.00 EUR for ACME GmbH",
        )
    ]
    then = [f.subject for f in breaches(own, "2026-11-15 09:40", long) if OWES in f.subject]
    assert then == ["checkout owes 250.00 EUR until 30 Nov, 23:00 UTC"]


def test_a_credit_that_grows_bit_by_bit_is_told_when_it_has_doubled_and_not_with_each_cent():
    own = house()
    terms = own.agreements["acme-checkout"].terms[0]
    clauses = tuple(
        (name, replace(clause, schedule=ProRata(Fraction(10)))) for name, clause in terms.contract.promises
    )
    growing = replace(terms, contract=replace(terms.contract, promises=clauses))
    own = replace(own, agreements={"acme-checkout": replace(acme(), terms=(growing,))})
    long = ("2026-11-15 06:00", "2026-11-15 12:00", Reason.TIMEOUT)

    start = at("2026-11-15 06:00")
    subjects = {
        f.subject
        for minute in range(44, 344, 3)
        for f in findings(
            only(own, "breach"), evidence(long, reached=start + minute * MINUTE), start + minute * MINUTE
        )
        if OWES in f.subject
    }
    assert 2 <= len(subjects) <= 5


def test_a_credit_of_which_nothing_was_bad_for_a_day_raises_nothing_and_stays():
    due = [f for f in breaches(house(), "2026-11-20 10:00") if OWES in f.subject]
    assert [f.firm for f in due] == [False]


def test_an_allowance_that_was_to_last_no_more_is_told_as_used_up_where_that_was_told():
    spent = one(tuple(f for f in breaches(house(), "2026-11-15 10:50") if f.rule == "exhaustion"))
    assert (spent.subject, spent.firm, spent.instead) == ("checkout used up", False, True)
    assert spent.title.startswith(
        "Checkout: the allowance of >= 99.9% is used up, for ACME GmbH; a 10 % credit is owed now"
    )


def test_a_credit_is_closed_with_its_period_and_never_told_as_no_longer_so():
    def over(subject: str, title: str, raised: Ms = 0) -> str:
        alert = Alert(1, NewAlert("breach", "breach", subject, "page", 0, raised, title, "t"), ended=MINUTE)
        letter = Letter(1, alert, "over", "chat", 0, 1, 0, "waiting", "", None)
        return message(Parcel(1, "chat", 0, (letter,))).text

    said = over(f"shop{OWES}120.00 EUR until 1 Nov", "Shop: a 10 % credit is owed now: 120.00 EUR")
    assert said.startswith("Closed: Shop: a 10 % credit is owed now: 120.00 EUR\n")
    assert "Its period is over since 1970-01-01 00:01:00 UTC, or it is excluded." in said
    assert over("shop", "Shop: 7 min left").startswith("No longer so: Shop: 7 min left\n")


# --- maintenance that the agreement does not excuse ---


def test_maintenance_that_was_not_announced_in_time_is_not_told_as_down_and_costs_all_the_same():
    """Recorded an hour ahead where 48 are asked: the outage lies in it, and its downtime counts."""
    snapshot = evidence(DOWN, reached=at("2026-11-15 10:30"))
    rule = OneOff(Span(at("2026-11-15 09:30"), at("2026-11-15 12:00")))
    snapshot.record(maintenance.declared("mw-1", "Move", ["checkout"], rule, "max", at("2026-11-15 08:30")))
    found = findings(only(house(), "down", "burn", "breach"), snapshot, at("2026-11-15 10:30"))

    firm = {f.rule: f for f in found if f.firm}
    assert "down" not in firm
    assert {"breach", "burn-1h"} <= firm.keys()
    line = "It is in maintenance mw-1 until 15 Nov, 12:00:00 CET: what lies in it is not told as down"
    assert all(line in firm[rule].lines for rule in ("breach", "burn-1h"))


def test_maintenance_that_the_agreement_excuses_burns_nothing():
    snapshot = evidence(DOWN, reached=at("2026-11-15 10:30"))
    rule = OneOff(Span(at("2026-11-15 09:30"), at("2026-11-15 12:00")))
    snapshot.record(maintenance.declared("mw-1", "Move", ["checkout"], rule, "max", at("2026-11-01 08:30")))
    assert findings(only(house(), "down", "burn", "breach"), snapshot, at("2026-11-15 10:30")) == ()


# --- what nobody can tell any more ------------------------------------------------------------------------

NEAR = ("2026-11-02 10:00", "2026-11-02 10:35", Reason.TIMEOUT)
BLIND = ("2026-11-03 00:00", "2026-11-06 00:00", Reason.NOT_RUNNING)


@pytest.mark.parametrize("kind", ["breach", "margin"])
def test_a_period_of_which_too_little_was_seen_keeps_what_was_told_of_it(kind: str):
    own = only(house(), kind)
    before, then = at("2026-11-02 12:00"), at("2026-11-05 12:00")

    assert [f for f in findings(own, evidence(NEAR, BLIND, reached=before), before) if f.firm]
    found = findings(own, evidence(NEAR, BLIND, reached=then), then)
    assert {(f.subject, f.firm, f.unsure) for f in found} == {("checkout unsure", False, True)}
    assert found[0].title.startswith("Checkout: nobody can tell now")


def test_what_burned_is_kept_while_nobody_sees_the_service():
    """Down for half an hour, then the monitor does not run: nothing bad is seen, and nothing good."""
    down = ("2026-11-15 10:00", "2026-11-15 10:30", Reason.TIMEOUT)
    away = ("2026-11-15 10:30", "2026-11-15 11:30", Reason.NOT_RUNNING)
    own = only(house(), "burn")

    burning = {f.rule for f in findings(own, evidence(down, away), at("2026-11-15 10:20")) if f.firm}
    unseen = findings(own, evidence(down, away), at("2026-11-15 11:00"))
    assert "burn-1h" in burning
    assert [f.unsure for f in unseen if f.rule == "burn-1h"] == [True]
    assert "burn-1h" not in {f.rule for f in findings(own, evidence(down, away), at("2026-11-15 11:45"))}


def test_an_agreement_that_cannot_be_settled_for_a_while_keeps_what_was_told_of_it():
    """A figure in no row is an error, and no all-clear."""
    from tests.statements.conftest import in_no_row_below_99

    own = plan(in_no_row_below_99(acme()))
    long = ("2026-11-15 00:00", "2026-11-15 12:00", Reason.TIMEOUT)
    found = breaches(own, "2026-11-15 11:00", long)
    assert "checkout unsure" in named(found, "breach")

"""The internal report of a plan and its evidence, by the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction as F

import pytest

from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.windows import OneOff
from monitor.errors import ConfigError
from monitor.oncall.incidents import Watch
from monitor.oncall.report import internal_report
from monitor.operations import entries
from monitor.operations.report import InternalReport
from monitor.statements import maintenance
from tests.oncall.test_incidents import acme, evidence
from tests.statements.conftest import ListSnapshot, at, plan

NOW = at("2026-11-02 08:00")
OCTOBER = ("2026-10-06 14:00", "2026-10-06 14:30"), ("2026-10-20 02:00", "2026-10-20 02:20")


def report(snapshot: ListSnapshot, label: str = "2026-10", now: Ms = NOW) -> InternalReport:
    return internal_report(plan(acme()), snapshot, label, now)


def test_an_agreement_has_its_last_six_months_oldest_first():
    """8 minutes in August, 16 in September, 50 in October; before that nothing was down."""
    snapshot = evidence(
        ("2026-08-03 10:00", "2026-08-03 10:08"), ("2026-09-03 10:00", "2026-09-03 10:16"), *OCTOBER
    )

    (past,) = report(snapshot).past

    assert [each.label for each in past.points] == [
        "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10",
    ]  # fmt: skip
    assert [each.met for each in past.points] == [True, True, True, True, True, False]
    lefts = [each.left - each.allowed for each in past.points if each.left is not None and each.allowed]
    assert lefts == [0, 0, 0, -8 * MINUTE, -16 * MINUTE, -50 * MINUTE]


def test_what_is_at_risk_next_month_is_priced_by_the_engine():
    """November allows 43 min 12 s; October's two were 20 and 30 minutes, and fell behind September's."""
    snapshot = evidence(
        ("2026-08-03 10:00", "2026-08-03 10:08"), ("2026-09-03 10:00", "2026-09-03 10:16"), *OCTOBER
    )

    (risk,) = report(snapshot).risks

    assert (risk.next.period.label, risk.next.allowed) == ("2026-11", 43 * MINUTE + 12_000)
    assert (risk.stake, risk.tight) == (Amount(12_000, "EUR"), True)
    assert (risk.downtimes, risk.median, risk.longest) == (
        (30 * MINUTE, 20 * MINUTE), 20 * MINUTE, 30 * MINUTE,
    )  # fmt: skip
    assert [each.label for each in risk.narrowed] == ["2026-07", "2026-08", "2026-09", "2026-10"]


def test_a_quiet_month_is_at_no_risk():
    assert report(evidence(("2026-10-06 14:00", "2026-10-06 14:01"))).risks == ()


def test_a_month_of_which_nothing_was_recorded_is_told_from_one_in_which_nothing_failed():
    """The evidence begins in 2026; what came before was watched by nobody."""
    assert report(evidence()).watched
    assert not report(evidence(), "2025-10").watched


def announced(snapshot: ListSnapshot, recorded: str) -> None:
    rule = OneOff(Span(at("2026-10-20 01:00"), at("2026-10-20 04:00")))
    snapshot.record(maintenance.declared("night", "Renewal", ["checkout"], rule, "max", at(recorded)))


def test_the_notice_that_would_have_kept_the_commitment_is_found_by_trying_it():
    """Announced 20 hours ahead where 48 are asked: 28 hours earlier, and only 30 minutes had counted."""
    snapshot = evidence(*OCTOBER)
    announced(snapshot, "2026-10-19 05:00")

    (risk,) = report(snapshot).risks

    assert [(each.title, each.late_by) for each in risk.notices] == [("Renewal", 28 * HOUR)]


def test_notice_that_would_have_changed_nothing_is_not_told():
    snapshot = evidence(*OCTOBER, ("2026-10-28 10:00", "2026-10-28 10:45"))
    announced(snapshot, "2026-10-19 05:00")

    assert [each.notices for each in report(snapshot).risks] == [()]


def test_incidents_are_those_that_began_in_the_period_with_what_they_cost():
    snapshot = evidence(("2026-09-29 10:00", "2026-09-29 10:10"), *OCTOBER)
    (first, _) = Watch(plan(acme()), snapshot, NOW).incidents(
        Span(at("2026-10-05 00:00"), at("2026-10-30 00:00"))
    )
    snapshot.record(entries.acknowledged(first, first.detected.at + 5 * MINUTE, "max", NOW))

    found = report(snapshot)

    assert [(each.name, each.down, each.costs) for each in found.incidents] == [
        ("checkout/20261006T120000Z", 30 * MINUTE, (Money(F(120), "EUR"),)),
        ("checkout/20261020T000000Z", 20 * MINUTE, (Money(F(120), "EUR"),)),
    ]
    assert found.response is not None
    assert (found.response.count, found.response.mtta.value) == (2, 5 * MINUTE)
    assert found.before is not None
    assert found.before.count == 1
    assert [(each.hour, each.count) for each in found.hours] == [(24 + 2, 1), (24 + 14, 1)]
    assert [(each.by, each.key, each.count) for each in found.breakdown] == [
        ("severity", "critical", 1), ("severity", "high", 1), ("service", "Checkout", 2), ("team", "", 2),
        ("cause", "", 2),
    ]  # fmt: skip


def test_a_postmortem_and_a_follow_up_that_are_late_are_told_the_oldest_first():
    """A critical incident of 6 October asks for one within five days; the follow-up was due on the 8th."""
    snapshot = evidence(*OCTOBER)
    (first, _) = Watch(plan(acme()), snapshot, NOW).incidents(
        Span(at("2026-10-05 00:00"), at("2026-10-30 00:00"))
    )
    snapshot.record(
        entries.follow_up(
            first, "Raise the pool", "Ops", at("2026-10-09 00:00"), "max", at("2026-10-07 09:00")
        )
    )

    found = report(snapshot).overdue

    assert [(each.what, each.owner) for each in found][:2] == [("follow-up", "Ops"), ("postmortem", "")]


def test_nothing_is_proposed_from_too_few_months_and_something_from_enough():
    (found,) = report(evidence(*OCTOBER)).suggestions

    assert (found.service, found.sla, found.of >= found.fewest) == ("Checkout", "gold", True)
    assert found.target is not None


def test_a_week_has_agreements_as_they_stood_at_its_end_and_its_own_incidents():
    found = report(evidence(*OCTOBER), "2026-W41")

    assert [each.budget.spent for each in found.agreements] == [30 * MINUTE]
    assert [each.name for each in found.incidents] == ["checkout/20261006T120000Z"]


def test_a_month_that_runs_and_some_days_can_be_reported_too():
    running = report(evidence(*OCTOBER), "2026-11")
    days = report(evidence(*OCTOBER), "2026-10-19..2026-10-21")

    assert [each.budget.spent for each in running.agreements] == [0]
    assert running.risks == ()
    assert [each.name for each in days.incidents] == ["checkout/20261020T000000Z"]


def test_what_has_not_begun_and_what_is_no_period_is_refused():
    with pytest.raises(ConfigError, match="has not begun"):
        report(evidence(), "2026-12")
    with pytest.raises(ConfigError, match="is no period of a report"):
        report(evidence(), "autumn")


def test_an_agreement_that_begins_this_month_has_one_point_and_no_trend():
    young = replace(acme(), start=date(2026, 10, 1), terms=tuple(
        replace(each, start=date(2026, 10, 1)) for each in acme().terms
    ))  # fmt: skip

    found = internal_report(plan(young), evidence(*OCTOBER), "2026-10", NOW)

    assert [len(each.points) for each in found.past] == [1]

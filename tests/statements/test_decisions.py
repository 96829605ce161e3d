"""What a person decides settles what no engine can, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.core.checks import Reason
from monitor.core.money import Amount
from monitor.errors import NoRow
from monitor.statements.approvals import APPROVED
from monitor.statements.build import statement
from monitor.statements.decisions import recorded
from monitor.store.protocol import NewEvent

UNSEEN = ("2026-10-01 00:00", "2026-10-20 00:00", Reason.NOT_RUNNING)
TWO_DAYS = ("2026-10-01 00:00", "2026-10-03 00:00", Reason.STATUS)


def decided(
    house, minor: int, *, period: str = "2026-10", at: str = "2026-11-02 10:00", author: str = "ines"
):
    amount = Amount(minor, "EUR")
    return recorded("acme-checkout", period, amount, "Agreed with you on the phone", author, house.at(at))


def october(house, snapshot, acme):
    return statement(house.plan(acme), snapshot, "acme", "2026-10", house.at("2026-11-03 09:00"))


def test_a_month_that_was_hardly_measured_is_owed_what_was_decided(house, acme):
    snapshot = house.snapshot(UNSEEN)
    assert october(house, snapshot, acme).sections[0].credit is None

    snapshot.record(decided(house, 1200))

    paper = october(house, snapshot, acme)
    (section,) = paper.sections
    assert (section.credit, section.decided, section.met) == (
        Amount(1200, "EUR"), "Agreed with you on the phone", None,
    )  # fmt: skip
    assert paper.totals[0].credit == Amount(1200, "EUR")


def test_a_figure_in_no_row_is_settled_by_a_decision_and_by_nothing_less(house, acme):
    gap = house.in_no_row_below_99(acme)
    snapshot = house.snapshot(TWO_DAYS)
    with pytest.raises(NoRow):
        october(house, snapshot, gap)

    snapshot.record(decided(house, 5000))

    (section,) = october(house, snapshot, gap).sections
    assert (section.credit, section.availability) == (Amount(5000, "EUR"), None)
    assert section.needs == "its figure stands in no row of the table of credits"


def test_where_the_engine_can_tell_a_decision_changes_nothing(house, acme):
    snapshot = house.snapshot(TWO_DAYS)
    before = october(house, snapshot, acme)

    snapshot.record(decided(house, 1))

    assert october(house, snapshot, acme) == before


def test_the_newest_decision_on_the_period_itself_holds(house, acme):
    snapshot = house.snapshot(UNSEEN)
    snapshot.record(
        decided(house, 100), decided(house, 200, at="2026-11-02 11:00"), decided(house, 999, period="2026-09")
    )

    assert october(house, snapshot, acme).sections[0].credit == Amount(200, "EUR")


def test_where_a_second_person_is_asked_for_it_holds_once_another_approved(house, acme):
    careful = replace(acme, second_person=True)
    snapshot = house.snapshot(UNSEEN)
    snapshot.record(decided(house, 1200))
    of = {"of": snapshot.journal[0].digest}
    approved = NewEvent(house.at("2026-11-02 12:00"), APPROVED, "1", "ines", body=of)

    snapshot.record(approved)
    assert october(house, snapshot, careful).sections[0].credit is None, "nobody approves what they decided"

    snapshot.record(replace(approved, author="max"))
    assert october(house, snapshot, careful).sections[0].credit == Amount(1200, "EUR")


def test_a_decision_without_a_reason_is_refused(house):
    with pytest.raises(ValueError, match="reason"):
        recorded("acme-checkout", "2026-10", Amount(1, "EUR"), " ", "ines", house.at("2026-11-02 10:00"))

"""A statement, from what was seen and what was agreed to what is owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.core.checks import Reason
from monitor.core.intervals import HOUR, MINUTE, SECOND, Span
from monitor.core.money import Amount
from monitor.core.services import AtLeast, Leaf
from monitor.core.windows import OneOff
from monitor.errors import ConfigError
from monitor.oncall.report import internal_report
from monitor.statements.build import (
    GENERATED,
    last_closed_month,
    letter,
    statement,
)
from monitor.statements.health import health
from monitor.statements.maintenance import declared
from monitor.store.protocol import NewEvent

OCTOBER = (
    ("2026-10-06 14:02:10", "2026-10-06 14:33:32", Reason.STATUS),
    ("2026-10-09 03:10:04", "2026-10-09 03:12:34", Reason.NOT_RUNNING),
    ("2026-10-14 01:58:30", "2026-10-14 03:05:00", Reason.CONNECTION_REFUSED),
    ("2026-10-22 23:05:20", "2026-10-22 23:19:48", Reason.TLS_CERTIFICATE),
)


def window(house, id: str, start: str, end: str, recorded: str) -> NewEvent:
    rule = OneOff(Span(house.at(start), house.at(end)))
    return declared(id, id, ["checkout"], rule, "anna", house.at(recorded))


@pytest.fixture
def october(house):
    """31 min 22 s counted, 1 h 05 min excused in M1, 14 min 28 s in M2 that was announced too late."""
    snapshot = house.snapshot(*OCTOBER)
    snapshot.record(
        window(house, "upgrade", "2026-10-14 02:00", "2026-10-14 04:00", "2026-10-11 01:00"),
        window(house, "certificate", "2026-10-22 23:00", "2026-10-22 23:30", "2026-10-22 03:00"),
    )
    return snapshot


@pytest.fixture
def paper(house, october, acme):
    return statement(house.plan(acme), october, "acme", "2026-10", house.at("2026-11-02 09:00"))


def test_a_month_in_words(paper):
    """October in Berlin has 745 hours. Down for 31:22 + 1:30 outside the window + 14:28 in a late one."""
    (section,) = paper.sections

    assert section.promised == 745 * HOUR
    assert section.unmeasured == 2 * MINUTE + 30 * SECOND
    assert section.counted == 47 * MINUTE + 20 * SECOND
    assert section.excused == HOUR + 5 * MINUTE
    assert section.met is False
    assert section.tier == Fraction(10, 100)
    assert section.credit == Amount(12_000, "EUR")
    assert [total.credit for total in paper.totals] == [Amount(12_000, "EUR")]


def test_every_class_of_time_sums_to_the_promised_time(paper):
    (section,) = paper.sections

    parts = section.up + section.counted + section.excused + section.unmeasured + section.set_aside
    assert parts == section.promised
    assert sum(day.counted for day in section.days) == section.counted
    assert sum(day.excused for day in section.days) == section.excused
    assert sum(day.unmeasured for day in section.days) == section.unmeasured
    assert sum(day.promised for day in section.days) == section.promised


@pytest.mark.parametrize("unobserved", ["left out", "up", "down"])
@pytest.mark.parametrize("effect", ["downtime", "both sides"])
def test_the_days_sum_to_the_month_whatever_the_terms(house, october, acme, unobserved, effect):
    """Time that is counted as up or down is not called unmeasured; what is set aside is promised."""
    paper = statement(
        house.plan(house.under(acme, unobserved=unobserved, effect=effect)),
        october, "acme", "2026-10", house.at("2026-11-02 09:00"),
    )  # fmt: skip
    (section,) = paper.sections

    for name in ("counted", "excused", "unmeasured", "promised"):
        assert sum(getattr(day, name) for day in section.days) == getattr(section, name), name


def test_an_endpoint_renamed_in_the_file_alone_keeps_its_past(house, october, acme):
    """The daemon has not loaded the new name yet: its lane still has the old one."""
    plan, now = house.plan(acme), house.at("2026-11-02 09:00")
    web = replace(plan.endpoints["web"], id="shop-web", was=("former", "web"))
    service = replace(plan.services["checkout"], up_when=AtLeast(None, (Leaf("shop-web"), Leaf("api"))))
    renamed = replace(
        plan, endpoints={"shop-web": web, "api": plan.endpoints["api"]}, services={"checkout": service}
    )

    before, after = (statement(p, october, "acme", "2026-10", now).sections[0] for p in (plan, renamed))

    assert after == before


def test_outages_are_lettered_whole_and_say_what_counts_of_them(paper):
    lines = paper.sections[0].outages

    assert [(line.letter, line.reason) for line in lines] == [
        ("A", Reason.STATUS),
        ("B", Reason.CONNECTION_REFUSED),
        ("C", Reason.TLS_CERTIFICATE),
    ]
    assert [line.counted for line in lines] == [1_882_000, 90_000, 868_000]
    assert [line.excused_by for line in lines] == [(), ("upgrade",), ()]
    assert lines[0].error == (30 * SECOND, 30 * SECOND)


def test_windows_say_why_they_did_or_did_not_excuse(paper):
    lines = paper.sections[0].windows

    assert [(line.letter, line.use.window, line.use.verdict) for line in lines] == [
        ("M1", "upgrade", "valid"),
        ("M2", "certificate", "late"),
    ]
    assert [line.use.excused for line in lines] == [HOUR + 5 * MINUTE, 0]
    assert [line.recorded for line in lines] == [line.span.start - line.use.ahead for line in lines]


def test_time_that_was_not_measured_is_listed_with_its_reason(house, paper):
    (line,) = paper.sections[0].unknown

    assert line.span == Span(house.at("2026-10-09 03:10:04"), house.at("2026-10-09 03:12:34"))
    assert line.reason is Reason.NOT_RUNNING


def test_the_figure_without_any_exclusion_stands_beside_the_other(paper):
    (section,) = paper.sections

    assert section.availability == 1 - Fraction(section.counted, section.measured)
    assert section.gross == 1 - Fraction(section.counted + section.excused, section.measured)


def test_one_outage_is_priced_for_two_customers_in_their_own_month(house, october, acme, muster):
    house_plan = house.plan(acme, muster)
    now = house.at("2026-11-02 09:00")

    theirs = statement(house_plan, october, "muster", "2026-10", now)

    (section,) = theirs.sections
    assert section.promised == 744 * HOUR  # New York changes its clocks in November
    assert section.credit == Amount(48_000, "USD")


def test_an_outage_over_the_months_end_is_shown_whole_and_counted_in_each_month_for_its_part(house, acme):
    snapshot = house.snapshot(("2026-10-31 23:30", "2026-11-01 00:20", Reason.TIMEOUT))
    now = house.at("2026-12-02 09:00")

    october, november = (
        statement(house.plan(acme), snapshot, "acme", label, now).sections[0].outages[0]
        for label in ("2026-10", "2026-11")
    )

    assert october.duration == november.duration == 50 * MINUTE
    assert (october.counted, november.counted) == (30 * MINUTE, 20 * MINUTE)
    assert (october.in_period, november.in_period) == (30 * MINUTE, 20 * MINUTE)


def test_a_month_that_still_runs_says_so_and_promises_nothing_beyond_now(house, october, acme):
    now = house.at("2026-10-08 00:00")

    running = statement(house.plan(acme), october, "acme", "2026-10", now)

    assert running.status == "running"
    assert running.as_of == now
    assert running.sections[0].promised == 7 * 24 * HOUR


def test_a_month_that_still_runs_tells_what_is_owed_already_apart_from_what_it_would_be_now(house, acme):
    """An hour down on the 1st: 95.8 % if the month ended on the 2nd; 99.87 % if nothing more fails."""
    snapshot = house.snapshot(("2026-10-01 10:00", "2026-10-01 11:00", Reason.TIMEOUT))
    plan = house.plan(acme)

    (running,) = statement(plan, snapshot, "acme", "2026-10", house.at("2026-10-02 00:00")).sections
    (finished,) = statement(plan, snapshot, "acme", "2026-10", house.at("2026-11-02 00:00")).sections

    assert (running.credit, running.owed_already) == (Amount(30_000, "EUR"), Amount(12_000, "EUR"))
    assert (finished.credit, finished.owed_already) == (Amount(12_000, "EUR"), None)


def test_of_two_zones_the_month_that_is_over_is_owed_already_in_full(house, acme):
    """Between the ends of October in Berlin and New York: the paper runs, Berlin is settled."""
    snapshot = house.snapshot(("2026-10-06 10:00", "2026-10-06 11:00", Reason.TIMEOUT))
    west = house.agreement("west", "acme", "America/New_York", "100.00", "EUR", date(2026, 1, 1))

    paper = statement(house.plan(acme, west), snapshot, "acme", "2026-10", house.at("2026-11-01 02:00"))

    assert paper.status == "running"
    assert [section.owed_already for section in paper.sections] == [
        Amount(12_000, "EUR"),
        Amount(1_000, "EUR"),
    ]


def test_nothing_is_owed_already_where_nobody_can_tell(house, acme):
    """A day unseen of four, and an hour down that would cost a credit if enough had been seen."""
    snapshot = house.snapshot(
        ("2026-10-01 00:00", "2026-10-02 00:00", Reason.NOT_RUNNING),
        ("2026-10-03 10:00", "2026-10-03 11:00", Reason.TIMEOUT),
    )
    plan, now = house.plan(acme), house.at("2026-10-05 00:00")

    (section,) = statement(plan, snapshot, "acme", "2026-10", now).sections
    report = internal_report(plan, snapshot, "2026-10", now)

    assert (section.met, section.credit, section.owed_already) == (None, None, None)
    assert report.owed == ()


def test_generated_history_is_labelled_within_the_period(house, october, acme):
    body = {"start": house.at("2026-09-15 00:00"), "end": house.at("2026-10-02 00:00")}
    october.record(NewEvent(0, GENERATED, "demo", "demo", body=body))

    paper = statement(house.plan(acme), october, "acme", "2026-10", house.at("2026-11-02 09:00"))

    assert paper.generated == (Span(house.at("2026-10-01 00:00"), house.at("2026-10-02 00:00")),)


@pytest.mark.parametrize(
    ("customer", "label", "message"),
    [
        ("acne", "2026-10", 'there is no customer "acne": the configuration has acme, muster'),
        ("muster", "2026-10", 'customer "muster" has no agreement in force in 2026-10: nothing to state'),
        (
            "acme",
            "2025-12",
            (
                'customer "acme" has no agreement in force in 2025-12: nothing to state; '
                "for the month that still runs write --period 2026-11"
            ),
        ),
        ("acme", "2026-13", '"2026-13" is not a month: write it as "2026-10"'),
    ],
)
def test_a_question_that_has_no_answer_is_told_why(house, october, acme, customer, label, message):
    with pytest.raises(ConfigError) as caught:
        statement(house.plan(acme), october, customer, label, house.at("2026-11-02 09:00"))

    assert str(caught.value) == message


def test_the_same_inputs_give_the_same_statement(house, october, acme):
    now = house.at("2026-11-02 09:00")

    assert statement(house.plan(acme), october, "acme", "2026-10", now) == statement(
        house.plan(acme), october, "acme", "2026-10", now
    )


def test_the_team_sees_margin_budget_and_exposure(house, october, acme, muster):
    report = internal_report(house.plan(acme, muster), october, "2026-10", house.at("2026-11-02 09:00"))

    first = report.agreements[0]
    assert (first.customer, first.service, first.met, first.target_met) == (
        "ACME GmbH",
        "Checkout",
        False,
        False,
    )
    assert first.budget.left < 0
    assert first.steps[-1][1] == first.budget.left
    assert report.owed == (Amount(12_000, "EUR"), Amount(48_000, "USD"))


def test_budget_is_of_the_month_that_runs_unless_another_is_named(house, october, acme):
    plan = house.plan(acme)

    (running,) = health(plan, october, house.at("2026-10-08 00:00"))
    (named,) = health(plan, october, house.at("2026-11-02 09:00"), "2026-10")

    assert running.budget.spent == 31 * MINUTE + 22 * SECOND
    assert running.exposure.owed == Amount(0, "EUR")
    assert running.exposure.next_credit == Amount(12_000, "EUR")
    assert running.exposure.until_next is not None
    assert named.budget.spent == 47 * MINUTE + 20 * SECOND


def test_maintenance_announced_for_later_puts_off_the_next_credit(house, acme):
    """44 min 42 s are allowed; an outage that starts now lies in a window from 00:05 to 02:00."""
    snapshot, now = house.snapshot(), house.at("2026-10-20 00:00")
    (plain,) = health(house.plan(acme), snapshot, now)
    snapshot.record(window(house, "night", "2026-10-20 00:05", "2026-10-20 02:00", "2026-10-01 00:00"))

    (announced,) = health(house.plan(acme), snapshot, now)
    (running,) = statement(house.plan(acme), snapshot, "acme", "2026-10", now).sections

    assert plain.exposure.until_next == 44 * MINUTE + 42 * SECOND + 1
    assert announced.exposure.until_next == plain.exposure.until_next + HOUR + 55 * MINUTE
    assert running.windows == ()


def test_a_month_before_the_service_was_watched_is_not_determinable(house, acme):
    """The agreement ran all January and nobody looked: that is no kept promise."""
    snapshot = house.snapshot()
    snapshot.known = []

    (section,) = statement(
        house.plan(acme), snapshot, "acme", "2026-01", house.at("2026-02-02 09:00")
    ).sections

    assert (section.met, section.credit, section.availability, section.coverage) == (None, None, None, 0)
    told = {line.rule: line.values.get("ms") for line in section.workings}
    assert (told["not_watched"], "not_in_force" in told) == (744 * HOUR, False)


def test_an_agreement_whose_figure_is_in_no_row_is_a_row_like_the_others(house, muster):
    """Down since the 1st: nothing prices less than 99 %. The other agreement's row is there all the same."""
    hole = house.in_no_row_below_99(
        house.agreement("hole", "acme", house.BERLIN, "1", "EUR", date(2026, 1, 1))
    )
    snapshot = house.snapshot(("2026-11-01 10:00", "2026-11-02 10:00", Reason.TIMEOUT))

    first, second = health(house.plan(hole, muster), snapshot, house.at("2026-11-02 09:00"))

    assert (first.exposure.owed, first.undetermined) == (None, "the figure is in no row of the table")
    assert first.budget.left < 0
    assert (second.exposure.owed, second.undetermined) == (Amount(120_000, "USD"), "")


def test_what_is_owed_cannot_be_said_where_too_little_was_seen_so_far(house, acme):
    snapshot = house.snapshot(("2026-11-01 00:00", "2026-11-02 00:00", Reason.NOT_RUNNING))

    (row,) = health(house.plan(acme), snapshot, house.at("2026-11-03 00:00"))

    assert (row.met, row.exposure.owed) == (None, None)
    assert row.undetermined == "too little of the time was measured"


def test_an_agreement_that_is_not_in_force_has_no_budget(house, october):
    later = house.agreement("later", "acme", house.BERLIN, "1.00", "EUR", date(2026, 12, 1))

    assert health(house.plan(later), october, house.at("2026-10-08 00:00")) == ()


def test_the_last_closed_month_is_the_customers_own(house, acme, muster):
    plan = house.plan(acme, muster)
    morning = house.at("2026-11-01 02:00")

    assert last_closed_month(plan, "acme", morning) == "2026-10"
    assert last_closed_month(plan, "muster", morning) == "2026-09"


@pytest.mark.parametrize(
    ("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")]
)
def test_outages_have_letters_like_columns(place, name):
    assert letter(place) == name

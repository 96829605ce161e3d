"""Papers are numbered without gaps, issued once, and only when they are final."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR
from monitor.errors import ConfigError, EvidenceRefused, NoRow, Undecided
from monitor.ledger.issuing import ISSUED, due, issue_month
from monitor.store.protocol import Holder, NewEvent
from tests.ledger.house import NOW, at

ALL = ("acme", "bert", "cora")
HOLE = (
    'credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }',
    'credits = { "< 99.0%" = "25%", in_no_row = "refuse" }',
)


def issued(office, label: str = "2026-10", customers=ALL):
    """The numbers that stand, and which of them this call made."""
    outcome = issue_month(office, label, customers)
    assert outcome.refused == ()
    return [(paper.number, paper.fresh) for paper in outcome.papers]


def refusal(office, label: str = "2026-10", customer: str = "acme"):
    """Why it is not issued; and nothing was."""
    outcome = issue_month(office, label, [customer])
    assert (outcome.papers, office.store.ledger.papers()) == ((), ())
    (refused,) = outcome.refused
    assert outcome.exit_code == refused.error.exit_code
    return refused.error


# --- numbers --------------------------------------------------------------------------------------------


def test_an_issuers_papers_count_from_one_without_gaps(office):
    here = office()

    assert issued(here) == [("2026-0001", True), ("2026-0002", True), ("2026-0003", True)]
    assert [paper.seq for paper in here.store.ledger.papers()] == [1, 2, 3]


def test_each_customers_papers_count_by_themselves_where_that_is_said(office):
    here = office('[statements]\nseries = "customer"\nnumber = "{customer}-{n:03}"\n')

    assert issued(here, customers=("acme", "bert")) == [("acme-001", True), ("bert-001", True)]
    later = replace(here, now=at("2026-11-18T11:00+01:00"))
    assert issued(later, "2026-10", ("acme", "cora")) == [("acme-001", False), ("cora-001", True)]


def test_a_year_begins_anew_where_that_is_said_and_the_year_is_that_of_the_issue(office):
    """In Berlin 2027 begins at 23:00 UTC."""
    here = office('[statements]\nrestart = "yearly"\n')
    late, new = at("2026-12-31T22:59:59Z"), at("2026-12-31T23:00Z")

    assert issued(replace(here, now=late), customers=["acme"]) == [("2026-0001", True)]
    assert issued(replace(here, now=late), customers=["bert"]) == [("2026-0002", True)]
    assert issued(replace(here, now=new), customers=["cora"]) == [("2027-0001", True)]


def test_a_number_that_was_there_before_is_refused_and_not_used_twice(office):
    """Who counts was changed, and the first customer's first paper would be the issuer's first again."""
    issued(office('[statements]\nnumber = "{year}-{n}"\n'), customers=["acme"])
    now_by_year = office(**{'"{year}-{n}"': '"{year}-{n}"\nrestart = "yearly"'})

    outcome = issue_month(now_by_year, "2026-10", ["bert"])

    (refused,) = outcome.refused
    assert isinstance(refused.error, ConfigError)
    assert str(refused.error).startswith("bert: the number 2026-1 is taken, as [statements] was changed")
    assert len(now_by_year.store.ledger.papers()) == 1


# --- once -----------------------------------------------------------------------------------------------


def test_who_issues_a_period_again_is_given_what_stands(office):
    here = office()
    first = issue_month(here, "2026-10", ALL).papers

    again = issue_month(replace(here, now=NOW + DAY, author="max"), "2026-10", ALL)

    assert [replace(paper, fresh=True) for paper in again.papers] == list(first)
    assert [paper.fresh for paper in again.papers] == [False, False, False]


def test_a_customer_that_is_refused_does_not_stop_the_others(office):
    hole = office(**{HOLE[0]: HOLE[1]})

    outcome = issue_month(hole, "2026-10", ALL)

    assert [paper.customer for paper in outcome.papers] == ["bert", "cora"]
    assert [(each.customer, type(each.error)) for each in outcome.refused] == [("acme", NoRow)]
    assert [paper.number for paper in outcome.papers] == ["2026-0001", "2026-0002"], "no number is skipped"


def test_a_journal_that_moved_between_reading_and_issuing_has_it_computed_again(office):
    """Somebody else records something each time acme is drawn up, twice."""
    here, times = office(), []

    def meanwhile(name: str) -> None:
        if name == "acme" and len(times) < 2:
            times.append(here.store.journal.append([NewEvent(NOW, "test.happened", "x", "max")]))

    outcome = issue_month(here, "2026-10", ALL, meanwhile)

    assert [paper.number for paper in outcome.papers] == ["2026-0001", "2026-0002", "2026-0003"]
    document = json.loads(here.store.ledger.page(1, "json"))
    assert document["issue"]["journal"][0] == times[-1], "what was considered goes up to the last of them"


def test_a_journal_that_never_rests_is_given_up_on(office):
    here = office()

    def meanwhile(_: str) -> None:
        here.store.journal.append([NewEvent(NOW, "test.happened", "x", "max")])

    outcome = issue_month(here, "2026-10", ["acme"], meanwhile)

    assert (outcome.papers, outcome.exit_code) == ((), 7)
    assert here.store.ledger.papers() == ()


# --- what a paper says ----------------------------------------------------------------------------------


def test_a_paper_knows_its_place_and_every_paper_its_customer_had(office):
    here = office()
    issued(here, "2026-10", ["acme"])
    issued(here, "2026-10", ["bert"])
    later = replace(here, now=at("2026-12-05T09:00+01:00"))
    with here.store.snapshot() as snapshot:
        events = list(snapshot.events(kinds=frozenset({ISSUED})))

    first, second = (json.loads(here.store.ledger.page(seq, "json"))["issue"] for seq in (1, 2))
    assert (first["number"], first["place"], first["previous"], first["earlier"]) == (
        "2026-0001",
        1,
        "0" * 64,
        [],
    )
    assert (second["previous"], second["earlier"]) == (first["digest"], [])
    assert [(event.subject, event.body["digest"], event.author) for event in events] == [
        ("2026-0001", first["digest"], "ines"), ("2026-0002", second["digest"], "ines"),
    ]  # fmt: skip
    assert here.store.journal.verify() is None
    assert later.now > here.now


def test_the_credit_lines_are_what_billing_takes_and_nothing_of_nothing(office):
    here = office()
    issued(here)

    lines = here.store.ledger.credits()

    assert [
        (line.paper.number, line.agreement, line.minor, line.currency, line.reason) for line in lines
    ] == [("2026-0001", "acme-shop", 12_000, "EUR", "sla credit")]
    document = json.loads(here.store.ledger.page(1, "json"))
    assert document["issue"]["sets_against"] == "the bill for November 2026"


def test_a_credit_is_set_against_the_bill_that_the_configuration_names(office):
    here = office('[statements]\nsets_against = "same period"\n')
    issued(here)

    assert (
        json.loads(here.store.ledger.page(1, "json"))["issue"]["sets_against"] == "the bill for October 2026"
    )


# --- what is not final ----------------------------------------------------------------------------------


def test_a_month_that_is_not_over_is_refused_until_ten_minutes_after_its_end(office):
    here = office(now=at("2026-11-01T00:09:59+01:00"))

    error = refusal(here)

    assert isinstance(error, EvidenceRefused)
    assert str(error) == "acme: 2026-10 is not over; it can be issued from 2026-11-01 00:10 CET on"
    seen_at_one = replace(here, now=at("2026-11-01T01:00+01:00"))
    assert issued(seen_at_one, customers=["acme"]) == [("2026-0001", True)]


def test_evidence_that_does_not_reach_over_the_end_is_waited_for(office):
    """The monitor was last seen on 18 November."""
    error = refusal(office(now=at("2026-12-02T09:00+01:00")), "2026-11")

    assert isinstance(error, EvidenceRefused)
    assert str(error).splitlines()[0] == (
        "acme: the evidence reaches 2026-11-18 10:00 CET, and 2026-11 needs it up to 2026-12-01 00:10 CET: "
        "let `makegood run` go on and issue then; what it did not see counts as not measured"
    )
    assert "not determinable" in str(error), "and all that is wrong is said at once"


def test_a_table_with_a_hole_is_refused_with_what_to_mend_or_decide(office):
    error = refusal(office(**{HOLE[0]: HOLE[1]}))

    assert isinstance(error, NoRow)
    assert "add a row" in str(error)
    assert "makegood statement decide acme --period 2026-10 --agreement AGREEMENT" in str(error)


def test_a_month_of_which_too_little_was_seen_needs_a_person(office):
    """The monitor ran until 18 November, and again in December."""
    here = office(now=at("2026-12-02T09:00+01:00"))
    with here.store.writer(Holder(1, "host", "test", here.now)) as writer:
        writer.alive(here.now)

    error = refusal(here, "2026-11")

    assert isinstance(error, Undecided)
    assert "acme, acme-shop: not determinable, since only 58.19 % of the promised time was measured" in str(
        error
    )


def test_a_month_without_the_end_of_a_period_has_nothing_to_issue(office):
    here = office(**{'commitment = "99.9%"': 'commitment = "99.9%"\nperiod = "calendar quarter"'})

    error = refusal(here)

    assert due(here.plan, "2026-10") == ()
    assert due(here.plan, "2026-09") == ALL
    assert str(error) == (
        "acme: no period of an agreement ends in 2026-10: there is nothing to issue; "
        "the next one ends on 2026-12-31"
    )


def test_a_quarter_is_named_by_the_month_in_which_it_ends(office):
    with pytest.raises(ConfigError, match="issue that month"):
        issue_month(office(), "2026-Q3", ALL)


def test_an_outage_over_the_edge_is_waited_for_a_week_at_most(house, office):
    """bert has been down since the last day of October, and still is."""
    here = office()
    since = at("2026-11-18T10:00Z")
    with here.store.writer(Holder(1, "host", "test", since)) as writer:
        epoch = writer.epoch(since)
        lane = writer.lane("bert-web", "local", since=since)
        failing = [
            Check(lane, epoch, slot, 0, begun, State.DOWN, Reason.TIMEOUT, 2 * HOUR, None)
            for slot, begun in enumerate(range(since, at("2026-12-20T10:00Z"), HOUR))
        ]
        writer.append(failing)
        writer.alive(at("2026-12-20T10:00Z"))

    outcome = issue_month(replace(here, now=at("2026-12-02T09:00+01:00")), "2026-11", ["bert"])
    (refused,) = outcome.refused
    assert "the outage that began 2026-11-18 11:00 CET is not over" in str(refused.error)
    assert "or from 2026-12-08 00:00 CET on" in str(refused.error)

    assert issued(replace(here, now=at("2026-12-08T00:00+01:00")), "2026-11", ["bert"]) == [
        ("2026-0001", True)
    ]

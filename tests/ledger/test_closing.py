"""What the daemon does by itself: issue where that is configured, tell what would come out differently."""

from __future__ import annotations

import logging

import pytest

from monitor import jobs
from monitor.clerk import Clerk
from monitor.config.plan import Exclusion
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.ledger.issuing import issue_month
from monitor.ledger.proposals import KINDS, PROPOSED, WITHDRAWN
from monitor.statements.exclusions import cancelled, declared
from monitor.store.protocol import Holder
from tests.ledger.house import DOWN, NOW, at


def here_and_now(job, *values):
    """Do a job in this process."""
    return getattr(jobs, job)(*values)


def clerk_of(office, now=NOW):
    return Clerk(here_and_now, lambda: office.plan, lambda: now)


def numbers(office):
    return [(paper.number, paper.customer, paper.period) for paper in office.store.ledger.papers()]


def told(office):
    """What the journal says of proposals."""
    with office.store.snapshot() as snapshot:
        return [(event.kind, event.subject) for event in snapshot.events(kinds=KINDS)]


def excuse(office, *, until=DOWN[1]):
    """Somebody finds that acme's outage was a fibre cut."""
    cut = Exclusion("cut", "force majeure", ("acme-shop",), Span(DOWN[0], until), "Fibre cut", "max", NOW)
    office.store.journal.append([declared(cut, "max", NOW)])


# --- issue_after ----------------------------------------------------------------------------------------


def test_nothing_is_issued_unasked(office):
    here = office()

    clerk_of(here).issue()

    assert numbers(here) == []


def test_a_month_is_issued_once_its_time_has_come_and_once(office):
    here = office('[statements]\nissue_after = "3 days"\n')

    clerk_of(here, at("2026-11-03T23:59+01:00")).issue()
    assert {period for _, _, period in numbers(here)} == {"2026-09"}, "the newest that is over for so long"

    clerk_of(here, at("2026-11-04T00:00+01:00")).issue()
    clerk_of(here, at("2026-11-04T01:00+01:00")).issue()
    assert numbers(here)[3:] == [
        ("2026-0004", "acme", "2026-10"), ("2026-0005", "bert", "2026-10"), ("2026-0006", "cora", "2026-10"),
    ]  # fmt: skip


def test_what_is_refused_is_logged_and_tried_again(office, caplog):
    here = office('[statements]\nissue_after = "10m"\n')

    with caplog.at_level(logging.WARNING, logger="makegood"):
        clerk_of(here, at("2026-12-01T00:10+01:00")).issue()

    assert numbers(here) == []
    assert "2026-11 was not issued: acme: the evidence reaches 2026-11-18 10:00 CET" in caplog.text


# --- proposals ------------------------------------------------------------------------------------------


def test_a_correction_of_an_issued_month_is_told_once(office):
    here = office()
    issue_month(here, "2026-10", tuple(here.plan.customers))
    clerk = clerk_of(here)
    clerk.look_for_amendments()
    assert told(here) == []

    excuse(here)
    clerk.look_for_amendments()
    clerk.look_for_amendments()
    clerk_of(here).look_for_amendments()

    assert told(here) == [(PROPOSED, "2026-0001")]
    assert len(numbers(here)) == 3, "nothing is issued by that"


def test_a_proposal_that_differs_otherwise_is_told_anew_and_one_that_is_over_is_withdrawn(office):
    here = office()
    issue_month(here, "2026-10", ("acme",))
    clerk = clerk_of(here)

    excuse(here)
    clerk.look_for_amendments()
    excuse(here, until=DOWN[1] - 30 * MINUTE)
    clerk.look_for_amendments()
    here.store.journal.append([cancelled("cut", "max", NOW, "It was us")])
    clerk.look_for_amendments()

    assert told(here) == [(PROPOSED, "2026-0001"), (PROPOSED, "2026-0001"), (WITHDRAWN, "2026-0001")]


def test_evidence_that_came_late_is_looked_at_when_it_is_said_that_it_came(office):
    """A second look at bert's October, from an attempt that was held up: it was down for two hours."""
    here = office()
    issue_month(here, "2026-10", ("bert",))
    clerk = clerk_of(here)
    clerk.look_for_amendments()
    with here.store.writer(Holder(1, "host", "test", NOW)) as writer:
        epoch = writer.epoch(DOWN[0])
        lane = writer.lane("bert-web", "local", since=DOWN[0])
        late = [
            Check(lane, epoch, slot, 0, begun, State.DOWN, Reason.TIMEOUT, HOUR, None)
            for slot, begun in enumerate(range(DOWN[0] + MINUTE, DOWN[1], HOUR))
        ]
        assert writer.append(late).late

    clerk.look_for_amendments()
    assert told(here) == [], "what nobody told of is not looked for every hour"
    clerk.evidence_came_late()
    clerk.look_for_amendments()

    assert told(here) == [(PROPOSED, "2026-0001")]


def test_a_look_that_died_does_not_forget_that_evidence_came_late():
    """The process that looks may be killed; the next look is at everything again."""
    asked = []

    def dies_of_the_second(job, plan, now, looked):
        asked.append(looked)
        if len(asked) == 2:
            raise RuntimeError(f"{job} ended with -9")
        return 7

    clerk = Clerk(dies_of_the_second, lambda: None, lambda: NOW)
    clerk.look_for_amendments()
    clerk.evidence_came_late()
    with pytest.raises(RuntimeError, match="-9"):
        clerk.look_for_amendments()
    clerk.look_for_amendments()
    clerk.look_for_amendments()

    assert asked == [None, None, None, 7]


@pytest.mark.parametrize("later", [DAY, 30 * DAY])
def test_what_differs_in_nothing_but_the_day_is_not_proposed(office, later):
    """The evidence behind the month went on; the month did not."""
    here = office(now=at("2026-11-01T02:00+01:00"))
    issue_month(here, "2026-10", tuple(here.plan.customers))

    clerk_of(here, at("2026-11-01T02:00+01:00") + later).look_for_amendments()

    assert told(here) == []

"""Tickets: what a statement needs of them, and what happens where two things happen at once."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.agreements.evidence import Evidence
from monitor.agreements.exclude import Exclusion
from monitor.agreements.terms import Allowed, TicketTerms
from monitor.agreements.tickets import Responses, Tickets
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import HOUR, MINUTE, Span
from monitor.core.tickets import Ticket, TicketEvent
from monitor.core.windows import Window
from monitor.errors import EvidenceRefused
from tests.agreements.seen import at, case

OFFICE = Calendar("office", "UTC", parse_hours("Mon-Fri 09:00-17:00"))
HOURLY = (("", Allowed(HOUR)),)
REPLY = TicketTerms("created", "first human reply", ("on hold",))


def ticket(id: str, *events: tuple[int, str] | tuple[int, str, str], **more: Any) -> Ticket:
    """A ticket with events by their minute in the period."""
    return Ticket(id, tuple(TicketEvent(at(when), kind, *value) for when, kind, *value in events), **more)  # type: ignore[arg-type]


def responses(rule: Tickets, *tickets: Ticket, **more: Any) -> Responses:
    return rule.responses(case(Evidence({}, tickets=tickets), calendars={"office": OFFICE}, **more))


def test_a_promise_tells_what_it_counted_in_time_late_under_way_and_not_at_all() -> None:
    found = responses(
        Tickets(REPLY, HOURLY),
        ticket("in time", (0, "created"), (60, "reply")),
        ticket("late", (0, "created"), (61, "reply")),
        ticket("late and open", (0, "created")),
        ticket("under way", (90, "created")),
        ticket("deleted", (0, "created"), deleted=True),
        as_of=at(120),
    )

    assert found.counted == 3
    assert [each.cause for each in found.in_time] == ["in time"]
    assert [each.cause for each in found.late] == ["late", "late and open"]
    assert [each.cause for each in found.unfinished] == ["under way"]
    assert found.aside == (("deleted", "it was deleted"),)


def test_the_measure_and_what_it_tells_come_to_the_same() -> None:
    rule = Tickets(REPLY, HOURLY)
    seen = case(
        Evidence({}, tickets=[ticket(f"T-{n}", (n, "created"), (n + 58 + n % 5, "reply")) for n in range(99)])
    )
    (account,) = rule(seen)
    found = rule.responses(seen)

    assert [p.cause for p in account.base] == [
        e.cause for e in sorted((*found.in_time, *found.late), key=_order)
    ]
    assert {miss.cause for miss in account.misses} == {each.cause for each in found.late}


def _order(response: Any) -> tuple[int, str]:
    return response.course.start, response.cause


def test_a_reply_at_the_instant_of_a_pause_and_of_a_change_of_priority_still_stops_the_clock() -> None:
    rule = Tickets(
        TicketTerms("created", "first human reply", ("on hold",), priority_change="restart"),
        (("high", Allowed(HOUR)), ("low", Allowed(none=True))),
    )
    found = responses(
        rule,
        ticket(
            "T",
            (0, "created"),
            (0, "priority", "high"),
            (60, "pause", "on hold"),
            (60, "priority", "low"),
            (60, "reply"),
        ),
    )

    assert [each.course.elapsed for each in found.in_time] == [HOUR]


def test_a_reply_that_came_before_the_assignment_takes_no_time() -> None:
    rule = Tickets(TicketTerms("assigned", "first human reply"), HOURLY)
    (found,) = responses(rule, ticket("T", (0, "created"), (10, "reply"), (30, "assigned"))).in_time

    assert (found.course.start, found.course.end, found.course.elapsed) == (at(30), at(30), 0)


def test_the_clock_stands_in_windows_of_excluded_classes_and_says_so() -> None:
    window = Window("w", "", frozenset({"service"}), Span(at(10), at(40)), at(0), "ops", what="force majeure")
    seen = case(Evidence({}, (window,), tickets=[ticket("T", (0, "created"), (91, "reply"))]))
    (late,) = Tickets(REPLY, HOURLY, exclude=(Exclusion("force majeure"),)).responses(seen).late

    assert late.course.elapsed == 61 * MINUTE
    assert [(each.state, each.reason) for each in late.timeline()] == [
        ("running", ""), ("paused", "force majeure"), ("running", ""),
    ]  # fmt: skip


def test_tickets_merged_in_a_ring_and_into_nothing_are_refused_all_at_once() -> None:
    with pytest.raises(EvidenceRefused) as refused:
        responses(
            Tickets(REPLY, HOURLY),
            ticket("A", (0, "created"), (1, "merged", "B")),
            ticket("B", (0, "created"), (2, "merged", "A")),
            ticket("C", (0, "created"), (2, "merged", "nobody")),
        )
    assert [f"ticket {id}:" in f"ticket {refused.value}" for id in "ABC"] == [True, True, True]


def test_a_ticket_system_s_own_reply_is_an_automatic_one() -> None:
    machine = Ticket("T", (TicketEvent(at(0), "created"), TicketEvent(at(1), "reply", by="system")))
    (late,) = responses(Tickets(REPLY, HOURLY), machine).late

    assert late.course.end is None


def test_events_out_of_order_are_no_ticket() -> None:
    with pytest.raises(ValueError, match="not in order of time"):
        ticket("T", (5, "created"), (4, "reply"))

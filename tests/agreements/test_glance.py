"""Turns at a glance are those that are judged whole: in their order, with every instant, with all of them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pytest

from monitor.agreements.evidence import Evidence
from monitor.agreements.glance import Glance, accounts, glances
from monitor.agreements.pipeline import Case
from monitor.agreements.terms import Allowed, TicketTerms
from monitor.agreements.tickets import Judge, Tickets
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import DAY, HOUR, Span
from monitor.core.periods import Period
from monitor.core.tickets import EVENT_KINDS, Ticket, TicketEvent
from monitor.errors import EvidenceRefused
from tests.agreements.generated_tickets import CALENDARS, MINUTE, Drawn, drawn
from tests.agreements.seen import case

SEEDS = range(160)
KEPT = ("created", "assigned", "reply", "auto reply", "customer reply", "acknowledged", "update", "merged")
"""What may happen to a ticket while it is one stretch of time, and what puts two together."""


def judged(of: Drawn, tickets: Sequence[Ticket]) -> Case:
    span = Span((of.world.first - 1_440) * MINUTE, of.now * MINUTE)
    return case(Evidence({}, tickets=tuple(tickets)), Period(span, "UTC", "all"), calendars=CALENDARS)


def plainer(of: Drawn, seed: int, *, started: bool) -> tuple[Ticket, ...]:
    """The same tickets with less that happened: of most, nothing that their clock stands or moves by.

    Unless all have `started`, some have not, and cannot be judged.
    """
    chance = random.Random(seed)
    found = []
    for ticket in of.tickets:
        wanted = set(KEPT if chance.random() < 0.7 else EVENT_KINDS)
        first = next(event.value for event in ticket.events if event.kind == "priority")
        events = tuple(
            event
            for event in ticket.events
            if (started and event.kind in ("created", "assigned"))
            or (event.kind in wanted and chance.random() < 0.9)
        )
        resource = chance.choice(("", "", "eu", "us"))
        found.append(replace(ticket, events=events or ticket.events, priority=first, resource=resource))
    return tuple(found)


def instants(each: Glance) -> tuple[object, ...]:
    return each.start, each.end, each.until, each.due, each.target


def refused(rule: Tickets, asked: Case) -> str:
    """Why the tickets cannot be judged, "" where they can."""
    try:
        rule.judged(asked)
    except EvidenceRefused as error:
        return str(error)
    return ""


def assert_the_same(rule: Tickets, asked: Case) -> Sequence[Glance]:
    if why := refused(rule, asked):
        with pytest.raises(EvidenceRefused, match=re.escape(why)):
            glances(rule, asked)
        return ()
    seen = glances(rule, asked)
    found = [(each.end is not None or each.late, each.runs, instants(each)) for each in seen]
    for (late, runs, at), each, glance in zip(found, rule.judged(asked)[0], seen, strict=True):
        of = each.course
        assert at[:3] == (of.start, of.end, of.until)
        assert at[4] == of.target
        assert glance.end is not None or (late, runs, at[3]) == (of.late, each.runs, of.due)
        assert rule.counts_at(glance) == rule.counts_at(of)
        assert (glance.ticket.id, glance.response) == (each.ticket, each)
        assert (glance.late, glance.due) == (of.late, of.due)
    return seen


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_drawn_by_chance_is_seen_as_it_is_judged(seed: int) -> None:
    of = drawn(seed, 25)
    for tickets in (of.tickets, plainer(of, seed, started=True), plainer(of, seed, started=False)):
        asked = judged(of, tickets)
        assert_the_same(of.rule, asked)
        assert_the_same(of.rule, replace(asked, first=of.world.first * MINUTE + 15 * DAY))
        assert_the_same(of.rule, replace(asked, as_of=of.world.first * MINUTE + 20 * DAY))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_counts_in_a_period_comes_to_the_same(seed: int) -> None:
    """By lane: one of which all tickets count elsewhere is there, and empty."""
    of = drawn(seed, 25)
    whole = judged(of, plainer(of, seed, started=True))
    start = of.world.first * MINUTE + 10 * DAY
    part = Period(Span(start, start + 12 * DAY), "UTC", "a part")
    for counted_in in ("period of start", "period of end"):
        rule = replace(of.rule, counted_in=counted_in)  # type: ignore[arg-type]
        for asked in (whole, replace(whole, period=part), replace(whole, in_force=(part.span,))):
            assert accounts(rule, asked) == rule(asked)


def test_most_of_them_are_seen_and_not_judged() -> None:
    """Else there would be nothing to compare."""
    found = [
        isinstance(each.judged, Judge)
        for of in (drawn(seed, 25) for seed in SEEDS)
        for each in glances(of.rule, judged(of, plainer(of, 1, started=True)))
    ]
    assert sum(found) > len(found) // 5


CREATED = 1_792_400_400_000  # Monday, 19 October 2026, 09:00 in Berlin


def told(*events: tuple[int, str], id: str = "T-1", **more: str) -> Ticket:
    made = tuple(TicketEvent(CREATED + hours * HOUR, kind, **more) for hours, kind in events)  # type: ignore[arg-type]
    return Ticket(id, made, priority="high")


def berlin(known: tuple[int, int]) -> Calendar:
    return Calendar("berlin", "Europe/Berlin", parse_hours("Mon-Fri 09:00-17:00"), (), frozenset(), known)


FIRST = Tickets(
    TicketTerms("created", "first human reply"), (("high", Allowed(ms=4 * HOUR, business=True)),), "berlin"
)


def seen(*tickets: Ticket, known: tuple[int, int] = (2025, 2028), rule: Tickets = FIRST) -> Case:
    span = Span(CREATED - DAY, CREATED + 2 * DAY)
    calendars = {"berlin": berlin(known)}
    return case(Evidence({}, tickets=tickets), Period(span, "UTC", "all"), calendars=calendars)


def test_a_clock_that_is_stopped_is_judged_when_it_is_asked_for() -> None:
    (found,) = glances(FIRST, seen(told((0, "created"), (3, "reply"))))
    assert (found.end, found.due) == (CREATED + 3 * HOUR, None)
    assert not found.late
    assert found.due == CREATED + 4 * HOUR
    assert found.response.finished


def test_a_reply_of_the_systems_own_stops_nothing() -> None:
    (found,) = glances(FIRST, seen(told((0, "created"), (3, "reply"), by="system")))
    assert found.end is None


@pytest.mark.parametrize(
    "events",
    [
        [(0, "created"), (1, "reply"), (2, "resolved"), (5, "reopened")],
        [(0, "created"), (1, "resolved"), (2, "reopened"), (5, "reply")],
        [(0, "created"), (1, "priority"), (2, "reply")],
    ],
)
def test_what_ended_or_moved_on_its_way_is_judged_whole(events: list[tuple[int, str]]) -> None:
    for reopened in ("ignored", "continues", "new"):
        rules = TicketTerms("created", "first human reply", priority_change="restart", reopened=reopened)  # type: ignore[arg-type]
        rule = replace(FIRST, rules=rules, within=(("", Allowed(ms=HOUR)),))
        assert not any(
            isinstance(each.judged, Judge) for each in assert_the_same(rule, seen(told(*events), rule=rule))
        )


@pytest.mark.parametrize("how", ["each", "earliest"])
def test_tickets_that_went_into_others_are_judged_whole(how: Literal["each", "earliest"]) -> None:
    """An answer to the one stops the clock of the other, whatever the order they are told in."""
    rule = replace(FIRST, rules=replace(FIRST.rules, merged=how))
    gone = told((0, "created"), (1, "merged"), id="T-2", value="T-1")
    other = told((1, "created"), (2, "reply"))
    for tickets in ((gone, other), (other, gone), (gone,)):
        assert not any(isinstance(e.judged, Judge) for e in assert_the_same(rule, seen(*tickets)))


def test_a_year_whose_holidays_nobody_knows_is_refused_for_a_clock_that_is_stopped_too() -> None:
    """The first of them is not known; that the last is helps nobody, nor that another is refused."""
    made = told((0, "created"), (1, "reply"), id="old")
    old = replace(made, events=tuple(each._replace(at=each.at - 400 * DAY) for each in made.events))
    odd = replace(told((0, "created"), id="odd"), priority="someday")
    last = told((0, "created"), (3, "reply"))
    for tickets in ((old, last), (odd, old, last), (last, old, odd)):
        asked = seen(*tickets, known=(2026, 2026))
        with pytest.raises(ValueError, match="known for 2026 to 2026") as whole:
            FIRST.judged(asked)
        with pytest.raises(ValueError, match=re.escape(str(whole.value))):
            glances(FIRST, asked)


def test_a_stopped_clock_of_which_no_time_is_promised_is_refused_as_ever() -> None:
    odd = replace(told((0, "created"), (1, "reply")), priority="someday")
    assert assert_the_same(FIRST, seen(odd)) == ()

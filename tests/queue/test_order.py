"""In which order tickets stand, and what stands apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.intervals import DAY, HOUR
from monitor.queue.clocks import Watch
from tests.queue.conftest import CARE, HOUSE, Desk, at, in_time, order, ticket

RULES = """
[queue]
first = [
    { priority = "urgent" },
    { segment = "gold", left = "<= 1 business hour" },
    { money = ">= 60 EUR" },
    { columns = { category = "billing" } },
]
"""


def test_by_the_time_left_on_the_promises_own_clock(desk: Desk) -> None:
    """Friday, 16:30: an hour of business time is left of one, until Monday; two hours round the clock of the
    other, until 18:30. The first has less time."""
    desk.tell(
        [
            ticket("urgent", ("27 14:30", "created"), ("27 14:40", "reply"), priority="urgent"),
            ticket("high", ("27 13:30", "created")),
        ]
    )
    found = desk.queue("27 16:30")
    assert order(found) == ["high", "urgent"]
    assert [each.clock.left for each in found.first] == [HOUR, 2 * HOUR]
    assert [each.clock.calendar for each in found.first] == ["berlin", ""]


def test_a_ticket_stands_by_its_next_breach_and_keeps_its_other_clocks(desk: Desk) -> None:
    desk.tell([ticket("T-1", ("26 10:00", "created"))])
    (entry,) = desk.queue("26 12:00").first
    assert (entry.clock.promise, entry.clock.left) == ("first-reply", 2 * HOUR)
    assert [(each.promise, each.state) for each in entry.clocks] == [
        ("first-reply", "runs"),
        ("resolution", "runs"),
    ]


def test_at_one_hour_the_dearer_comes_first(tmp_path: Path) -> None:
    """Both are to be answered by the close of business; the one whose contract is dearer comes first."""
    other = """
[customer.globex]
name = "Globex"
timezone = "Europe/Berlin"
currency = "EUR"

[agreement.globex-care]
customer = "globex"
service = "shop"
sla = "care"
monthly_fee = "4000.00"
from = 2026-01-01
"""
    desk = Desk(tmp_path, HOUSE + CARE + other)
    desk.tell(
        [
            ticket("cheap", ("26 10:00", "created"), priority="normal"),
            ticket("dear", ("26 10:00", "created"), priority="normal", customer="globex"),
        ]
    )
    assert order(desk.queue("26 12:00")) == ["dear", "cheap"]


def test_the_rules_come_first_in_their_order(tmp_path: Path) -> None:
    desk = Desk(tmp_path, HOUSE + CARE + RULES)
    desk.tell(
        [
            *(in_time(f"T-{n}") for n in range(100, 130)),
            ticket("plain", ("26 08:30", "created")),
            ticket("gold", ("26 08:31", "created"), segment="gold"),
            ticket("gold-with-time", ("26 11:00", "created"), segment="gold"),
            ticket("urgent", ("26 11:55", "created"), priority="urgent"),
            ticket("billing", ("26 11:30", "created"), columns={"category": "billing"}),  # type: ignore[arg-type]
        ]
    )
    found = desk.queue("26 12:05")
    assert [(each.ticket.id, each.rule) for each in found.first] == [
        ("urgent", 0),
        ("gold", 1),
        ("billing", 3),
        ("plain", None),
        ("gold-with-time", None),
    ]


def test_a_rule_on_money_looks_at_every_clock_of_a_ticket(tmp_path: Path) -> None:
    """Nothing hangs on the reply, 50.00 EUR on the resolution: the ticket stands by that."""
    desk = Desk(tmp_path, HOUSE + CARE + '[queue]\nfirst = [{ money = ">= 50 EUR" }]\n')
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 130)), ticket("T-1", ("26 10:00", "created"))])
    (entry,) = desk.queue("26 12:00").first
    assert (entry.rule, entry.clock.promise) == (0, "resolution")


def test_what_is_late_and_what_waits_stand_apart(desk: Desk) -> None:
    desk.tell(
        [
            ticket("late", ("24 10:00", "created"), ("24 10:10", "reply")),
            ticket(
                "waits",
                ("26 09:00", "created"),
                ("26 10:00", "reply"),
                ("26 10:00", "status", "waiting for customer"),
            ),
            ticket("runs", ("26 11:00", "created")),
        ]
    )
    found = desk.queue("26 12:00")
    assert order(found) == ["runs"]
    assert [(each.ticket.id, each.promise) for each in found.late] == [("late", "resolution")]
    (waits,) = found.paused
    assert (waits.ticket.id, waits.clock.why_paused) == ("waits", "waiting for customer")


def test_exactly_at_its_time_it_is_not_late(desk: Desk) -> None:
    desk.tell([ticket("T-1", ("26 10:00", "created"))])
    (entry,) = desk.queue("26 14:00").first
    assert (entry.clock.promise, entry.clock.left) == ("first-reply", 0)
    found = desk.queue("26 14:01")
    assert [each.promise for each in found.late] == ["first-reply"]
    assert [each.clock.promise for each in found.first] == ["resolution"]


def test_what_cannot_be_judged_holds_nothing_up(desk: Desk) -> None:
    desk.tell(
        [ticket("odd", ("26 10:00", "created"), priority="someday"), ticket("T-1", ("26 10:00", "created"))]
    )
    with desk.look("26 12:00") as (watch, _):
        clocks = list(watch.clocks())
        assert {each.ticket.id for each in clocks} == {"T-1"}
        assert {each.ticket for each in watch.refused} == {"odd"}


def test_a_ticket_of_nobody_is_told_with_the_reason(desk: Desk) -> None:
    desk.tell([ticket("T-1", ("26 10:00", "created"), customer="somebody")])
    with desk.look("26 12:00") as (watch, _):
        ((found, why),) = watch.nobodys
        assert (found.id, why) == ("T-1", 'names a customer that nobody knows: "somebody"')


@pytest.mark.parametrize(("limit", "shown"), [(1, 1), (2, 2), (9, 3)])
def test_the_first_few_are_those_of_the_whole(desk: Desk, limit: int, shown: int) -> None:
    desk.tell([ticket(f"T-{n}", (f"26 {10 + n}:00", "created")) for n in range(3)])
    whole = order(desk.queue("26 12:30"))
    assert order(desk.queue("26 12:30", limit)) == whole[:shown]
    assert desk.queue("26 12:30", limit).running == 3


def test_the_time_a_closed_hour_takes_is_nobodys(desk: Desk) -> None:
    """At 22:00 a clock of business time stands where it stood at 17:00."""
    desk.tell([ticket("T-1", ("26 15:00", "created"))])
    evening, night = desk.queue("26 17:00").first[0].clock, desk.queue("26 22:00").first[0].clock
    assert evening.left == night.left == 2 * HOUR
    assert (night.due or 0) - night.response.course.start == 20 * HOUR


def test_a_clock_goes_by_the_terms_that_hold_where_it_counts(tmp_path: Path) -> None:
    """From December on eight hours are allowed: a ticket of 30 November still has its four."""
    later = CARE.replace("[sla.care", "[sla.later").replace("4 business hours", "8 business hours")
    amended = '[agreement.acme-care.amendment.2026-12-01]\nsla = "later"\n'
    desk = Desk(tmp_path, HOUSE + amended + CARE + later)
    december = ticket("new", ("30 16:00", "created"))
    moved = tuple(each._replace(at=each.at + DAY) for each in december.events)
    desk.tell([ticket("old", ("30 16:00", "created")), replace(december, events=moved)])
    with desk.store.snapshot() as snapshot:
        watch = Watch(desk.plan, snapshot, at("30 16:30") + DAY)
        found = [each for each in watch.clocks() if each.promise == "first-reply"]
    assert {each.ticket.id: each.response.course.allowed for each in found} == {
        "old": 4 * HOUR,
        "new": 8 * HOUR,
    }
    assert {each.ticket.id: each.where.period.label for each in found} == {"old": "2026-11", "new": "2026-12"}


def test_what_others_promise_us_is_not_ours_to_do(tmp_path: Path) -> None:
    bought = HOUSE.replace("[customer.acme]", "[provider.acme]").replace(
        'customer = "acme"', 'provider = "acme"'
    )
    claimed = bought.replace("from = 2026-01-01", 'from = 2026-01-01\nclaim = "automatic"')
    desk = Desk(tmp_path, claimed + CARE)
    desk.tell([ticket("T-1", ("26 10:00", "created"))])
    assert order(desk.queue("26 12:00")) == []


def test_agreements_that_promise_alike_are_judged_as_each_alone(tmp_path: Path) -> None:
    """Two customers with one contract, and tickets of one name from two systems: a clock for each of them."""
    other = """
[customer.globex]
name = "Globex"
timezone = "Europe/Berlin"
currency = "EUR"

[agreement.globex-care]
customer = "globex"
service = "shop"
sla = "care"
monthly_fee = "4000.00"
from = 2026-11-26
"""
    desk = Desk(tmp_path, HOUSE + CARE + other)
    desk.tell(
        [ticket("T-1", ("26 10:00", "created")), ticket("T-2", ("25 10:00", "created"), customer="globex")]
    )
    desk.tell([ticket("T-1", ("26 11:00", "created"), customer="globex")], source="jira")
    with desk.look("26 12:00") as (watch, _):
        found = [each for each in watch.clocks() if each.promise == "first-reply"]
        alone = [
            c for a in desk.plan.agreements.values() for c in watch.clocks([a]) if c.promise == "first-reply"
        ]
    seen = {(e.agreement.id, e.ticket.columns["source"], e.ticket.id, e.left) for e in found}
    assert seen == {
        ("acme-care", "zendesk", "T-1", 2 * HOUR),
        ("globex-care", "jira", "T-1", 3 * HOUR),
    }
    assert seen == {(e.agreement.id, e.ticket.columns["source"], e.ticket.id, e.left) for e in alone}

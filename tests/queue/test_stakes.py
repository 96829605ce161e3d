"""What hangs on a clock, worked by hand: of 1,200.00 EUR 2 % below 95 %, 5 % below 90 %; 50.00 EUR a miss.

All sums are of November 2026.
"""

from __future__ import annotations

from pathlib import Path

from monitor.core.intervals import HOUR
from tests.queue.conftest import HOUSE, Desk, at, in_time, ticket

OVERSHOOT = """
[sla.care]
commitment = "100%"
credits = { each = "miss", credit = { by = "overshoot", "<= 100%" = "4%", "> 100%" = "8%" } }

[sla.care.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = "4 business hours"
calendar = "berlin"
pauses = []
"""
OPEN = ticket("T-1", ("26 10:00", "created"))


def test_nineteen_in_time_bear_one_miss(desk: Desk) -> None:
    """19 of 20 is exactly 95 %: kept."""
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 119)), OPEN])
    assert desk.money("26 12:00", "T-1", "first-reply") == ("0.00", "0.00")


def test_eighteen_in_time_do_not(desk: Desk) -> None:
    """18 of 19 is 94.7 %: 2 % of 1,200.00 EUR."""
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 118)), OPEN])
    assert desk.money("26 12:00", "T-1", "first-reply") == ("0.00", "24.00")
    assert desk.money("26 12:00", "T-1", "resolution") == ("0.00", "50.00")


def test_what_is_missed_already_is_in_both(desk: Desk) -> None:
    """One late among 18: with another in time 18 of 19 (24.00), with another miss 17 of 19 (60.00)."""
    late = ticket("T-2", ("3 10:00", "created"), ("3 15:00", "reply"), ("3 15:00", "resolved"))
    desk.tell([late, *(in_time(f"T-{n}") for n in range(100, 117)), OPEN])
    assert desk.money("26 12:00", "T-1", "first-reply") == ("24.00", "60.00")


def test_what_another_promise_costs_is_in_both(desk: Desk) -> None:
    """17 of 18 replies in time are 24.00 whatever becomes of the resolution, which costs 50.00 more."""
    late = ticket("T-2", ("3 10:00", "created"), ("3 15:00", "reply"), ("3 15:00", "resolved"))
    desk.tell([late, *(in_time(f"T-{n}") for n in range(100, 117)), OPEN])
    assert desk.money("26 12:00", "T-1", "resolution") == ("24.00", "74.00")


def test_a_limit_leaves_less_at_stake(desk: Desk) -> None:
    """Seven resolutions missed are 350.00 EUR; the limit is 360.00 EUR, so the eighth costs 10.00 EUR."""
    missed = [
        ticket(f"L-{n}", ("3 10:00", "created"), ("3 10:30", "reply"), ("9 10:00", "resolved"))
        for n in range(7)
    ]
    desk.tell([*missed, *(in_time(f"T-{n}") for n in range(100, 120)), OPEN])
    assert desk.money("26 12:00", "T-1", "resolution") == ("350.00", "360.00")


def test_the_period_is_that_in_which_the_clock_started(desk: Desk) -> None:
    """On 1 December a ticket of 30 November still hangs on November, with what November counted."""
    desk.tell([*(in_time(f"T-{n}") for n in range(100, 118)), ticket("T-1", ("30 16:00", "created"))])
    found, stakes = desk.clock("30 16:30", "T-1", "first-reply")
    assert (found.where.period.label, stakes.of(found).missed.decimal) == ("2026-11", 24)  # type: ignore[union-attr]


def test_more_time_costs_more_where_credits_grow_with_the_overshoot(tmp_path: Path) -> None:
    """Four hours from Thursday, 10:00; late from 14:00 on: 48.00 EUR, and 96.00 EUR once it is over by more
    than four hours of business time: the first ms after Friday, 10:00."""
    desk = Desk(tmp_path, HOUSE + OVERSHOOT)
    desk.tell([ticket("T-1", ("26 10:00", "created"))])
    found, stakes = desk.clock("26 15:00", "T-1", "care")
    stake = stakes.of(found)
    assert found.state == "late"
    assert found.response.course.delay == HOUR
    assert (stake.kept.minor, stake.missed.minor, stake.more.minor) == (0, 4_800, 9_600)  # type: ignore[union-attr]
    assert stake.more_at == at("27 10:00") + 1


def test_nothing_more_is_lost_where_a_miss_is_a_miss(desk: Desk) -> None:
    desk.tell([ticket("T-1", ("24 10:00", "created"))])
    found, stakes = desk.clock("27 15:00", "T-1", "resolution")
    stake = stakes.of(found)
    assert (found.state, stake.amount.minor, stake.more) == ("late", 5_000, None)  # type: ignore[union-attr]


def test_what_cannot_be_settled_says_why(desk: Desk) -> None:
    """A closed ticket of a priority that nothing is promised to: its statement would be refused as well."""
    other = ticket("T-9", ("3 10:00", "created"), ("3 10:30", "resolved"), priority="someday")
    desk.tell([other, OPEN])
    found, stakes = desk.clock("26 12:00", "T-1", "first-reply")
    stake = stakes.of(found)
    assert stake.amount is None
    assert 'T-9: no time is allowed for priority "someday"' in stake.why

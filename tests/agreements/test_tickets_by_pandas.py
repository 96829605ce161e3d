"""Business hours as pandas counts them: deadlines and elapsed times, by somebody else's program.

pandas (CustomBusinessHour) knows no pauses and reads a wall clock without offsets, so the calendars here are
in a zone whose clock never changes. It is a test's dependency alone.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import HOUR, MINUTE
from monitor.core.periods import instant
from monitor.core.response import Target, course
from monitor.core.worktime import WorkTime

pandas = pytest.importorskip("pandas", reason="pandas is the oracle of this file")

FIRST = datetime(2026, 1, 2, tzinfo=UTC)
HOLIDAYS = [date(2026, 1, 6), date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25)]
OFFICES = {
    "nine-to-five": ("09:00", "17:00", "Mon Tue Wed Thu Fri"),
    "long-days": ("06:00", "18:00", "Mon Tue Wed Thu Fri"),
    "with-saturdays": ("10:00", "19:00", "Mon Tue Wed Thu Fri Sat"),
    "sunday-to-thursday": ("08:30", "16:30", "Sun Mon Tue Wed Thu"),
}
TICKETS = 2_000


def ours(office: str) -> WorkTime:
    start, end, days = OFFICES[office]
    hours = parse_hours("; ".join(f"{day} {start}-{end}" for day in days.split()))
    return WorkTime(Calendar(office, "UTC", hours, (), frozenset(HOLIDAYS), (2025, 2028)))


def theirs(office: str, hours: float = 1):
    start, end, days = OFFICES[office]
    return pandas.offsets.CustomBusinessHour(hours, start=start, end=end, weekmask=days, holidays=HOLIDAYS)


def by_pandas(office: str, start: datetime, minutes: int) -> datetime:
    """When so many business minutes have passed: whole hours by its own step, the last one by its roll.

    An hour that ends at closing time leads pandas to the next opening, so the last hour is never stepped.
    """
    offset = theirs(office)
    moved = offset.rollforward(pandas.Timestamp(start.replace(tzinfo=None)))
    hours, rest = divmod(minutes - 1, 60)
    for _ in range(hours):
        moved += offset
    left = pandas.Timedelta(minutes=rest + 1)
    close = moved.normalize() + pandas.Timedelta(f"{OFFICES[office][1]}:00")
    if moved + left > close:
        moved, left = offset.rollforward(close + pandas.Timedelta(seconds=1)), left - (close - moved)
    return (moved + left).to_pydatetime().replace(tzinfo=UTC)


def tickets():
    chance = random.Random(9)
    for _ in range(TICKETS):
        start = FIRST + timedelta(minutes=chance.randrange(340 * 1_440))
        yield chance.choice(tuple(OFFICES)), start, chance.choice((15, 45, 60, 90, 240, 480, 1_000, 2_400))


def test_two_thousand_deadlines_are_those_of_pandas() -> None:
    works = {office: ours(office) for office in OFFICES}
    wrong = []
    for office, start, minutes in tickets():
        target = Target(minutes * MINUTE, work=works[office])
        due = course(instant(start), None, instant(start), target).due
        if due != instant(by_pandas(office, start, minutes)):
            wrong.append((office, start, minutes))
    assert wrong == []


def test_a_ticket_stopped_on_a_deadline_of_pandas_ran_exactly_that_long_and_is_in_time() -> None:
    works = {office: ours(office) for office in OFFICES}
    for office, start, minutes in tickets():
        target = Target(minutes * MINUTE, work=works[office])
        stop = instant(by_pandas(office, start, minutes))
        found = course(instant(start), stop, stop, target)
        assert (found.elapsed, found.late) == (minutes * MINUTE, False), (office, start, minutes)
        assert course(instant(start), stop + 1, stop, target).late


def test_the_printed_case_of_supabase() -> None:
    """CONTRACTS.md A59: two business hours, 06-18 on weekdays, from Friday 17:30 end on Monday at 07:30."""
    friday = datetime(2025, 10, 3, 17, 30, tzinfo=UTC)
    monday = datetime(2025, 10, 6, 7, 30, tzinfo=UTC)
    assert by_pandas("long-days", friday, 120) == monday
    assert course(instant(friday), None, 0, Target(2 * HOUR, work=ours("long-days"))).due == instant(monday)

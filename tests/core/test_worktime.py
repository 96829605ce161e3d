"""Working time laid out once is the calendar's own, whoever else counts in one that is nearly equal."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitor.core.calendars import Calendar, HolidaysUnknown, parse_hours, working, working_time
from monitor.core.intervals import DAY, Span
from monitor.core.periods import local, midnight
from monitor.core.worktime import WorkTime

HOLIDAYS = frozenset({date(2025, 12, 25), date(2026, 1, 1), date(2026, 4, 3), date(2027, 1, 1)})
OFFICE = Calendar("office", "Europe/Berlin", parse_hours("Mon-Fri 09:00-17:00"), (), HOLIDAYS, (2024, 2027))
LATER = replace(OFFICE, holidays=HOLIDAYS | {date(2028, 1, 3)}, known=(2025, 2028))
NIGHTS = Calendar("nights", "America/New_York", parse_hours("Mon-Sat 20:00-04:00"))
ROUND = Calendar("round", "Australia/Lord_Howe", parse_hours("daily 00:00-24:00"))
BOTH = Calendar("both", "Asia/Kolkata", None, (OFFICE, NIGHTS))
EVERY = (OFFICE, LATER, NIGHTS, ROUND, BOTH)
ONE_DAY = timedelta(days=1)
FIRST = midnight(date(2025, 11, 1), "UTC")


def days(calendar: Calendar) -> list[date]:
    """Some days of three years on which somebody works."""
    chance = random.Random(calendar.name)
    found = (date(2025, 1, 2) + ONE_DAY * chance.randrange(1_090) for _ in range(60))
    return [day for day in found if working(calendar, whole(calendar, day))]


def whole(calendar: Calendar, day: date) -> Span:
    return Span(midnight(day, calendar.zone), midnight(day + ONE_DAY, calendar.zone))


@pytest.mark.parametrize("calendar", EVERY, ids=lambda each: each.name)
@pytest.mark.parametrize("laid_out", [False, True])
def test_a_business_day_closes_with_its_last_working_time(calendar: Calendar, laid_out: bool) -> None:
    work = WorkTime(calendar)
    if laid_out:
        work.passed(midnight(date(2025, 1, 2), calendar.zone), midnight(date(2027, 12, 30), calendar.zone))
    for day in days(calendar):
        span = whole(calendar, day)
        assert work.close_of(day) == min(working(calendar, span)[-1].end, span.end - 1)


@pytest.mark.parametrize("calendar", EVERY, ids=lambda each: each.name)
def test_time_passes_as_the_calendar_counts_it(calendar: Calendar) -> None:
    chance, work = random.Random(4), WorkTime(calendar)
    for _ in range(40):
        start = FIRST + chance.randrange(90 * DAY)
        end = start + chance.randrange(120 * DAY)
        assert work.passed(start, end) == working_time(calendar, start, end)


def test_calendars_that_differ_in_other_years_are_of_one_year_alike() -> None:
    at = midnight(date(2026, 1, 1), "Europe/Berlin") + DAY // 2
    assert WorkTime(OFFICE).passed(at, at + 30 * DAY) == WorkTime(LATER).passed(at, at + 30 * DAY)
    opened = replace(OFFICE, holidays=HOLIDAYS - {date(2026, 1, 1)})
    assert WorkTime(opened).passed(at - DAY, at) > WorkTime(OFFICE).passed(at - DAY, at)


def test_a_year_that_one_knows_is_refused_by_one_that_does_not() -> None:
    at = midnight(date(2028, 2, 1), "Europe/Berlin")
    assert WorkTime(LATER).passed(at, at + DAY)
    with pytest.raises(HolidaysUnknown, match="known for 2024 to 2027 and 2028-01-01 was asked"):
        WorkTime(OFFICE).passed(at, at + DAY)


def test_the_days_of_a_year_are_those_with_working_time() -> None:
    work = WorkTime(OFFICE)
    assert work.day_after(date(2025, 12, 23), 2) == date(2025, 12, 26)
    assert work.day_after(date(2025, 12, 31), 1) == date(2026, 1, 2)
    closed = work.close_of(date(2026, 1, 2))
    assert f"{local(closed, 'Europe/Berlin'):%H:%M}" == "17:00"

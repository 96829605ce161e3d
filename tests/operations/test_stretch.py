"""Periods of KPIs: as people write them, those before them, and the hours of the week within them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendars import parse_hours
from monitor.core.intervals import HOUR, Span, total
from monitor.core.periods import instant, local, midnight
from monitor.operations.hours_of_week import called, cell, hour_starts, spans, within
from monitor.operations.stretch import before, leading_to, period

BERLIN = "Europe/Berlin"


def test_before_the_first_month_of_all_there_is_none():
    assert [each.label for each in leading_to(period("1970-02", BERLIN), 6)] == ["1970-01", "1970-02"]


@pytest.mark.parametrize(
    ("text", "first", "last", "those_before"),
    [
        ("2026-10", "2026-10-01", "2026-10-31", ["2026-08", "2026-09"]),
        ("2026-01", "2026-01-01", "2026-01-31", ["2025-11", "2025-12"]),
        ("2026-W01", "2025-12-29", "2026-01-04", ["2025-W51", "2025-W52"]),
        ("2027-W01", "2027-01-04", "2027-01-10", ["2026-W52", "2026-W53"]),
        ("2026-Q1", "2026-01-01", "2026-03-31", ["2025-Q3", "2025-Q4"]),
        ("2026", "2026-01-01", "2026-12-31", ["2024", "2025"]),
        ("2026-03-01", "2026-03-01", "2026-03-01", ["2026-02-27", "2026-02-28"]),
        (
            "2026-03-01..2026-03-10",
            "2026-03-01",
            "2026-03-10",
            ["2026-02-09..2026-02-18", "2026-02-19..2026-02-28"],
        ),
    ],
)
def test_a_period_and_those_before_it(text, first, last, those_before):
    known = period(text, BERLIN)

    assert local(known.span.start, BERLIN).date().isoformat() == first
    assert local(known.span.end - 1, BERLIN).date().isoformat() == last
    assert [each.label for each in leading_to(known, 3)] == [*those_before, text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "October",
        "2026-13",
        "2026-W54",
        "2026-Q5",
        "2026-02-30",
        "2026-10-15..2026-10-01",
        "20261",
        "1969",
    ],
)
def test_what_is_no_period_is_told_what_to_write(text):
    with pytest.raises(ValueError, match=r'is no period: write "2026-10", "2026-W41"'):
        period(text, BERLIN)


DAYS = st.dates(date(1980, 1, 1), date(2040, 1, 1))
ZONES = st.sampled_from([BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])


@given(DAYS, st.integers(0, 40), ZONES)
def test_any_days_follow_without_a_hole(day, more, zone):
    known = period(f"{day}..{day + timedelta(days=more)}", zone)
    former = before(known)

    assert former.span.end == known.span.start
    assert former == period(former.label, zone)


@given(DAYS, ZONES)
def test_the_hours_of_a_week_are_the_week(day, zone):
    """Each instant is in the cell that the wall has it in, and the cells come to the week."""
    week = Span(midnight(day, zone), midnight(day + timedelta(days=7), zone))
    found = spans(week, zone)

    assert sum(map(total, found.values())) == week.length
    for number, own in found.items():
        for span in own:
            assert cell(span.start, zone) == cell(span.end - 1, zone) == number


def test_the_week_in_which_the_clock_goes_back_has_an_hour_of_two():
    week = period("2026-W43", BERLIN).span
    lengths = {called(number): total(own) for number, own in spans(week, BERLIN).items()}

    assert lengths["Sun 02"] == 2 * HOUR
    assert {length for name, length in lengths.items() if name != "Sun 02"} == {HOUR}
    assert len(hour_starts(week, BERLIN)) == 169


def test_the_week_in_which_it_goes_forward_has_none():
    week = period("2026-W13", BERLIN).span

    assert "Sun 02" not in {called(number) for number in spans(week, BERLIN)}
    assert len(hour_starts(week, BERLIN)) == 167


def test_hours_of_the_week_are_those_on_the_wall():
    sunday = period("2026-10-25", BERLIN).span
    found = within(parse_hours("Sun 00:00-03:00"), sunday, BERLIN)

    assert total(found) == 4 * HOUR
    assert found[0].start == instant(datetime(2026, 10, 25, tzinfo=ZoneInfo(BERLIN)))

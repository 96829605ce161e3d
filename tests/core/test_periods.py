"""Months, days and midnights in zones whose clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.periods import days, instant, local, midnight, month, month_of

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "America/Havana",
    "Pacific/Apia",
]


def utc(*parts: int) -> int:
    return instant(datetime(*parts, tzinfo=ZoneInfo("UTC")))  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("label", "zone", "hours"),
    [
        ("2026-03", "UTC", 744),
        ("2026-03", "Europe/Berlin", 743),
        ("2026-10", "Europe/Berlin", 745),
        ("2026-03", "America/New_York", 743),
        ("2026-11", "America/New_York", 721),
        ("2026-04", "Australia/Lord_Howe", 720.5),
        ("2026-10", "Australia/Lord_Howe", 743.5),
        ("2026-03", "Asia/Kathmandu", 744),
        ("2018-11", "America/Sao_Paulo", 719),
        ("2018-02", "America/Sao_Paulo", 673),
        ("2028-02", "Europe/Berlin", 696),
        ("2011-12", "Pacific/Apia", 720),
    ],
)
def test_a_month_is_as_long_as_its_instants_are_apart(label: str, zone: str, hours: float) -> None:
    assert month(label, zone).span.length == hours * HOUR


def test_a_month_starts_at_the_midnight_of_its_zone() -> None:
    period = month("2026-04", "Europe/Berlin")
    assert period.span == Span(utc(2026, 3, 31, 22), utc(2026, 4, 30, 22))
    assert (period.zone, period.label) == ("Europe/Berlin", "2026-04")


def test_kathmandu_is_a_quarter_of_an_hour_off() -> None:
    assert month("2026-01", "Asia/Kathmandu").span.start == utc(2025, 12, 31, 18, 15)


def test_december_ends_where_january_begins() -> None:
    assert month("2026-12", "UTC").span.end == month("2027-01", "UTC").span.start


@pytest.mark.parametrize(
    "label", ["2026", "2026-13", "2026-00", "2026-1", "26-10", "0000-01", "9999-12", "٢٠٢٦-10", ""]
)
def test_any_other_label_is_refused_with_one_that_is_read(label: str) -> None:
    with pytest.raises(ValueError) as refusal:
        month(label, "UTC")
    assert str(refusal.value) == f'"{label}" is not a month: write it as "2026-10"'


@settings(max_examples=60, deadline=None)
@given(st.integers(utc(1990, 1, 1), utc(2037, 1, 1)), st.sampled_from(ZONES))
def test_every_instant_is_in_its_month_and_in_one_of_its_days(at: int, zone: str) -> None:
    assert at in month_of(at, zone).span
    here = local(at, zone).date()
    assert month_of(at, zone).label == f"{here:%Y-%m}"
    assert midnight(here, zone) <= at


@pytest.mark.parametrize(
    ("day", "zone", "first"),
    [
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"),
        (date(2026, 3, 29), "Europe/Berlin", "2026-03-29T00:00:00+01:00"),
        (date(1919, 3, 31), "America/Toronto", "1919-03-31T00:30:00-04:00"),
        (date(2026, 11, 1), "America/Havana", "2026-11-01T00:00:00-04:00"),
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-31T00:00:00+14:00"),
    ],
)
def test_a_day_starts_at_its_first_instant(day: date, zone: str, first: str) -> None:
    """Where midnight is skipped that is a later hour; where it comes twice, the first of the two."""
    assert local(midnight(day, zone), zone).isoformat() == first
    assert local(midnight(day, zone) - 1, zone).date() < day


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("label", ["2011-12", "2018-02", "2018-11", "2026-03", "2026-10", "2026-11"])
def test_days_partition_their_month(label: str, zone: str) -> None:
    period = month(label, zone)
    parts = days(period.span, zone)
    assert [part.start for part in parts] == [period.span.start, *(part.end for part in parts[:-1])]
    assert parts[-1].end == period.span.end
    assert all(part.length > 0 for part in parts)
    assert len({local(part.start, zone).date() for part in parts}) == len(parts)


def test_a_day_may_have_23_or_25_hours() -> None:
    march = days(month("2026-03", "Europe/Berlin").span, "Europe/Berlin")
    october = days(month("2026-10", "Europe/Berlin").span, "Europe/Berlin")
    assert [part.length // HOUR for part in (march[27], march[28])] == [24, 23]
    assert october[24].length == 25 * HOUR


def test_days_are_clipped_to_the_span() -> None:
    start = utc(2026, 5, 1, 20)
    assert days(Span(start, start + 8 * HOUR), "UTC") == (
        Span(start, start + 4 * HOUR),
        Span(start + 4 * HOUR, start + 8 * HOUR),
    )
    assert days(Span(start, start), "UTC") == ()


def test_a_day_that_never_was_is_left_out() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    assert len(days(month("2011-12", "Pacific/Apia").span, "Pacific/Apia")) == 30


def test_days_go_on_where_the_clock_goes_back_over_midnight() -> None:
    """St. John's set its clocks back at 00:01, so that the last hour of a Saturday came again."""
    start = utc(2010, 11, 7, 2, 45)  # 23:15, the second time
    end = utc(2010, 11, 8, 3, 30)
    assert days(Span(start, end), "America/St_Johns") == (Span(start, end),)


def test_instants_are_whole_milliseconds_floored() -> None:
    assert instant(datetime(1970, 1, 1, 0, 0, 1, 999, tzinfo=ZoneInfo("UTC"))) == 1_000
    assert instant(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=ZoneInfo("UTC"))) == -1
    assert instant(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=1)))) == HOUR
    assert instant(local(DAY + MINUTE + 7, "Asia/Kathmandu")) == DAY + MINUTE + 7


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-01-01T00:00:00 has no offset"):
        instant(datetime(2026, 1, 1))  # noqa: DTZ001

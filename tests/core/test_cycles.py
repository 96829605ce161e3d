"""Which period a label means, which one an instant is in, and which come before and after it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.cycles import EVERY, Cycle, Every, following, holding, months_of, named, preceding
from monitor.core.intervals import DAY, HOUR, Span
from monitor.core.periods import Period, instant, local, midnight, month

BERLIN = "Europe/Berlin"
SIGNUP = date(2025, 9, 6)


def at(text: str, zone: str = "UTC") -> int:
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def span_of(period: Period) -> tuple[str, str]:
    """First and last local day, both included."""
    last = local(period.span.end - 1, period.zone).date()
    return str(local(period.span.start, period.zone).date()), str(last)


def cycle(every: Every, zone: str = "UTC", anchor: date = SIGNUP, first_month: int = 1) -> Cycle:
    return Cycle(every, zone, first_month, anchor)


FISCAL = Cycle("fiscal quarter", "UTC", first_month=2)
JULY = Cycle("fiscal quarter", "UTC", first_month=7)


@pytest.mark.parametrize(
    ("meant", "label", "first", "last"),
    [
        (cycle("calendar month"), "2026-04", "2026-04-01", "2026-04-30"),
        (cycle("calendar quarter"), "2026-Q2", "2026-04-01", "2026-06-30"),
        (cycle("calendar quarter"), "2026-Q4", "2026-10-01", "2026-12-31"),
        (cycle("calendar year"), "2026", "2026-01-01", "2026-12-31"),
        (FISCAL, "2026-Q1", "2026-02-01", "2026-04-30"),
        (FISCAL, "2026-Q4", "2026-11-01", "2027-01-31"),
        (JULY, "2026-Q1", "2026-07-01", "2026-09-30"),
        (Cycle("fiscal quarter", "UTC", first_month=12), "2026-Q1", "2026-12-01", "2027-02-28"),
        (JULY, "2026-Q3", "2026-01-01", "2026-03-31"),
        (cycle("billing month"), "2026-09-06", "2026-09-06", "2026-10-05"),
        (
            Cycle("billing month", "UTC", billing_day=15, anchor=SIGNUP),
            "2026-09-15",
            "2026-09-15",
            "2026-10-14",
        ),
        (Cycle("billing month", "UTC", billing_day=31), "2026-02-28", "2026-02-28", "2026-03-30"),
        (Cycle("billing month", "UTC", billing_day=31), "2026-03-31", "2026-03-31", "2026-04-29"),
        (Cycle("billing month", "UTC", billing_day=30), "2028-02-29", "2028-02-29", "2028-03-29"),
        (
            Cycle("contract month", "UTC", anchor=SIGNUP, billing_day=15),
            "2026-09-06",
            "2026-09-06",
            "2026-10-05",
        ),
        (cycle("contract year"), "2026-09-06", "2026-09-06", "2027-09-05"),
        (cycle("contract year", anchor=date(2024, 2, 29)), "2026-02-28", "2026-02-28", "2027-02-27"),
        (cycle("contract year", anchor=date(2024, 2, 29)), "2028-02-29", "2028-02-29", "2029-02-27"),
        (cycle("30 days"), "2025-09-06", "2025-09-06", "2025-10-05"),
        (cycle("30 days"), "2025-10-06", "2025-10-06", "2025-11-04"),
        (cycle("30 days"), "2025-08-07", "2025-08-07", "2025-09-05"),
        (cycle("any 30 days"), "2026-09-06", "2026-08-08", "2026-09-06"),
        (cycle("365 days before the claim"), "2026-09-06", "2025-09-06", "2026-09-05"),
        (cycle("365 days before the claim"), "2024-09-06", "2023-09-07", "2024-09-05"),
    ],
)
def test_a_label_names_a_period_by_its_first_and_last_day(
    meant: Cycle, label: str, first: str, last: str
) -> None:
    period = named(meant, label)
    assert span_of(period) == (first, last)
    assert (period.label, period.zone) == (label, meant.zone)


@pytest.mark.parametrize(
    ("meant", "label", "first"),
    [
        (cycle("billing month"), "2026-09", "2026-09-06"),
        (Cycle("billing month", "UTC", billing_day=31), "2026-02", "2026-02-28"),
        (cycle("contract month"), "2026-01", "2026-01-06"),
        (cycle("contract year"), "2026", "2026-09-06"),
    ],
)
def test_a_period_may_be_named_by_the_month_or_year_it_starts_in(
    meant: Cycle, label: str, first: str
) -> None:
    period = named(meant, label)
    assert period == named(meant, first)
    assert period.label == first


@pytest.mark.parametrize(
    ("every", "label", "write"),
    [
        ("calendar month", "2026-13", '"2026-10"'),
        ("calendar month", "2026-Q2", '"2026-10"'),
        ("calendar month", "1969-12", '"2026-10"'),
        ("calendar month", "٢٠٢٦-10", '"2026-10"'),
        ("calendar quarter", "2026-Q5", '"2026-Q2"'),
        ("calendar quarter", "2026-04", '"2026-Q2"'),
        ("fiscal quarter", "2026", '"2026-Q2"'),
        ("calendar year", "26", '"2026"'),
        ("calendar year", "9999", '"2026"'),
        ("billing month", "2026-02-30", '"2026-09-06" (its first day) or "2026-10"'),
        ("contract year", "2026-09", '"2026-09-06" (its first day) or "2026"'),
        ("30 days", "2026-09", '"2026-09-06" (its first day)'),
        ("any 30 days", "2026-09", '"2026-09-06" (the last of the days)'),
        ("365 days before the claim", "2026", '"2026-09-06" (the day of the claim)'),
    ],
)
def test_a_label_that_names_nothing_says_what_to_write(every: Every, label: str, write: str) -> None:
    with pytest.raises(ValueError) as caught:
        named(cycle(every), label)
    assert str(caught.value) == f'"{label}" names no period of "{every}": write it as {write}'


@pytest.mark.parametrize(
    ("every", "label", "before", "after"),
    [
        ("billing month", "2026-09-07", "2026-09-06", "2026-10-06"),
        ("billing month", "2026-09-05", "2026-08-06", "2026-09-06"),
        ("contract year", "2026-01-01", "2025-09-06", "2026-09-06"),
        ("30 days", "2025-11-06", "2025-11-05", "2025-12-05"),
    ],
)
def test_a_day_on_which_no_period_starts_names_the_nearest_that_do(
    every: Every, label: str, before: str, after: str
) -> None:
    with pytest.raises(ValueError) as caught:
        named(cycle(every), label)
    assert str(caught.value) == (
        f'"{label}" is the first day of no period of "{every}": the nearest are "{before}" and "{after}"'
    )


@pytest.mark.parametrize(
    ("meant", "labels", "lengths"),
    [
        (Cycle("calendar quarter", "UTC"), ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"], [90, 91, 92, 92]),
        (Cycle("calendar quarter", "UTC"), ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"], [91, 91, 92, 92]),
        (FISCAL, ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"], [89, 92, 92, 92]),
    ],
)
def test_quarters_are_as_many_days_long_as_their_months(
    meant: Cycle, labels: list[str], lengths: list[int]
) -> None:
    assert [named(meant, label).span.length // DAY for label in labels] == lengths


def test_periods_are_cut_at_the_midnights_of_their_zone() -> None:
    quarter = named(cycle("calendar quarter", BERLIN), "2026-Q1")
    assert quarter.span == Span(at("2025-12-31T23:00"), at("2026-03-31T22:00"))
    block = named(cycle("30 days", BERLIN, date(2026, 10, 1)), "2026-10-01")
    assert block.span.length == 30 * DAY + HOUR


def test_a_calendar_month_is_the_month_it_always_was() -> None:
    assert named(cycle("calendar month", BERLIN), "2026-10") == month("2026-10", BERLIN)


@pytest.mark.parametrize(
    ("meant", "moment", "label"),
    [
        (cycle("calendar month", BERLIN), "2026-03-31T22:00", "2026-04"),
        (cycle("calendar month", BERLIN), "2026-03-31T21:59", "2026-03"),
        (cycle("calendar quarter"), "2026-06-30T23:59", "2026-Q2"),
        (cycle("calendar year"), "2026-06-30T23:59", "2026"),
        (FISCAL, "2026-01-31T23:59", "2025-Q4"),
        (FISCAL, "2026-02-01", "2026-Q1"),
        (JULY, "2026-02-01", "2026-Q3"),
        (cycle("billing month"), "2026-10-05T23:59", "2026-09-06"),
        (cycle("billing month"), "2026-10-06", "2026-10-06"),
        (Cycle("billing month", "UTC", billing_day=31), "2026-03-30T12:00", "2026-02-28"),
        (cycle("contract year"), "2026-09-05", "2025-09-06"),
        (cycle("30 days"), "2025-09-05T23:59", "2025-08-07"),
        (cycle("any 30 days"), "2026-09-06T12:00", "2026-09-06"),
        (cycle("365 days before the claim"), "2026-09-06T12:00", "2026-09-06"),
    ],
)
def test_an_instant_is_in_one_period(meant: Cycle, moment: str, label: str) -> None:
    assert holding(meant, at(moment)).label == label


@pytest.mark.parametrize(
    ("meant", "before", "label", "after"),
    [
        (cycle("calendar month"), "2025-12", "2026-01", "2026-02"),
        (cycle("calendar quarter"), "2025-Q4", "2026-Q1", "2026-Q2"),
        (cycle("calendar year"), "2025", "2026", "2027"),
        (FISCAL, "2026-Q3", "2026-Q4", "2027-Q1"),
        (JULY, "2026-Q2", "2027-Q3", "2027-Q4"),
        (Cycle("billing month", "UTC", billing_day=31), "2026-01-31", "2026-02-28", "2026-03-31"),
        (cycle("contract year"), "2025-09-06", "2026-09-06", "2027-09-06"),
        (cycle("30 days"), "2025-08-07", "2025-09-06", "2025-10-06"),
        (cycle("any 30 days"), "2026-02-28", "2026-03-01", "2026-03-02"),
        (cycle("365 days before the claim"), "2025-03-01", "2026-03-01", "2027-03-01"),
    ],
)
def test_a_period_has_one_before_and_one_after_it(meant: Cycle, before: str, label: str, after: str) -> None:
    period = named(meant, label)
    assert preceding(meant, period) == named(meant, before)
    assert following(meant, period) == named(meant, after)


def test_the_365_days_before_a_claim_are_preceded_by_those_that_touch_them() -> None:
    claims = cycle("365 days before the claim", BERLIN)
    period = named(claims, "2026-03-01")
    assert preceding(claims, period).span.end == period.span.start


@pytest.mark.parametrize(
    ("meant", "label", "months"),
    [
        (cycle("calendar month", BERLIN), "2026-02", ["2026-02"]),
        (cycle("calendar quarter", BERLIN), "2026-Q4", ["2026-10", "2026-11", "2026-12"]),
        (FISCAL, "2026-Q4", ["2026-11", "2026-12", "2027-01"]),
        (cycle("calendar year"), "2026", [f"2026-{n:02d}" for n in range(1, 13)]),
        (
            cycle("contract year", anchor=date(2025, 7, 1)),
            "2026",
            [f"2026-{n:02d}" for n in range(7, 13)] + [f"2027-{n:02d}" for n in range(1, 7)],
        ),
    ],
)
def test_a_quarter_or_year_is_made_of_calendar_months(meant: Cycle, label: str, months: list[str]) -> None:
    period = named(meant, label)
    assert months_of(period) == tuple(month(each, meant.zone) for each in months)


@pytest.mark.parametrize("every", ["billing month", "contract year", "30 days", "any 30 days"])
def test_a_period_that_cuts_months_is_not_made_of_them(every: Every) -> None:
    with pytest.raises(ValueError, match='"2025-09-06" is not made of whole calendar months'):
        months_of(named(cycle(every), "2025-09-06"))


@pytest.mark.parametrize("every", ["contract month", "contract year", "30 days"])
def test_what_is_counted_from_the_agreement_needs_its_first_day(every: Every) -> None:
    with pytest.raises(ValueError, match=f'"{every}" is counted from the first day of the agreement'):
        Cycle(every, "UTC", billing_day=3)


def test_a_billing_month_needs_a_day() -> None:
    with pytest.raises(ValueError, match="write billing_day, or say from when"):
        Cycle("billing month", "UTC")


@pytest.mark.parametrize("day", [0, 32])
def test_a_billing_day_is_a_day_of_a_month(day: int) -> None:
    with pytest.raises(ValueError, match=f"billing_day is {day}: write a day from 1 to 31"):
        Cycle("billing month", "UTC", billing_day=day)


@pytest.mark.parametrize("number", [0, 13])
def test_a_fiscal_year_starts_in_a_month(number: int) -> None:
    with pytest.raises(ValueError, match=f"first_month is {number}: write a month from 1 to 12"):
        Cycle("fiscal quarter", "UTC", first_month=number)


def test_a_period_the_language_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match='"fortnight" is no period: write one of calendar month, '):
        Cycle("fortnight", "UTC")  # type: ignore[arg-type]


# Whatever the cycle

days = st.dates(date(1980, 1, 1), date(2100, 1, 1))
zones = st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"])
laid = [every for every in EVERY if every not in ("any 30 days", "365 days before the claim")]


@given(st.sampled_from(laid), zones, days, st.integers(1, 12), st.none() | st.integers(1, 31), days)
def test_periods_follow_each_other_without_gap_and_hold_their_days(
    every: Every, zone: str, anchor: date, first_month: int, billing_day: int | None, day: date
) -> None:
    meant = Cycle(every, zone, first_month, anchor, billing_day)
    noon = midnight(day, zone) + 12 * HOUR
    period = holding(meant, noon)
    assert noon in period.span
    assert holding(meant, period.span.start) == holding(meant, period.span.end - 1) == period
    run = [preceding(meant, period), period, following(meant, period)]
    assert all(one.span.end == another.span.start for one, another in pairwise(run))
    assert preceding(meant, run[2]) == following(meant, run[0]) == named(meant, period.label) == period


@given(zones, days)
def test_rolling_spans_lie_before_the_end_of_the_day_that_names_them(zone: str, day: date) -> None:
    month_long = named(Cycle("any 30 days", zone), day.isoformat())
    assert month_long.span == Span(
        midnight(day - timedelta(days=29), zone), midnight(day + timedelta(days=1), zone)
    )
    year_long = named(Cycle("365 days before the claim", zone), day.isoformat())
    assert year_long.span == Span(midnight(day - timedelta(days=365), zone), midnight(day, zone))

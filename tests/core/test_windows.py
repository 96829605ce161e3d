"""Maintenance windows over clock changes, and what a cancellation leaves of one."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.periods import instant, local, month
from monitor.core.windows import OneOff, Recurrence, Recurring, Window, must_be_sound, occurrences

BERLIN = "Europe/Berlin"
NIGHTLY = Recurring("30 2 * * *", 2 * HOUR, BERLIN)
MARCH, OCTOBER = month("2026-03", BERLIN).span, month("2026-10", BERLIN).span


def on(day: int, rule: Recurrence, span: Span, zone: str = BERLIN) -> list[tuple[str, str]]:
    """The occurrences that start on a day of the month, as they read on the wall."""
    return [
        (f"{local(found.start, zone):%H:%M%z}", f"{local(found.end, zone):%H:%M%z}")
        for found in occurrences(rule, span)
        if local(found.start, zone).day == day
    ]


def test_an_ordinary_night() -> None:
    assert on(28, NIGHTLY, MARCH) == [("02:30+0100", "04:30+0100")]


def test_a_start_that_spring_skips_is_the_first_instant_after_it() -> None:
    """02:30 does not exist on 29 March; the window lasts two real hours all the same."""
    assert on(29, NIGHTLY, MARCH) == [("03:00+0200", "05:00+0200")]


def test_a_start_that_autumn_repeats_comes_once_and_the_first_time() -> None:
    assert on(25, NIGHTLY, OCTOBER) == [("02:30+0200", "03:30+0100")]


def test_a_window_across_the_change_lasts_its_elapsed_time() -> None:
    sunday = Recurring("0 2 * * SUN", 2 * HOUR, BERLIN)
    before = Recurring("0 1 * * SUN", 2 * HOUR, BERLIN)
    assert on(25, sunday, OCTOBER) == [("02:00+0200", "03:00+0100")]
    assert on(29, before, MARCH) == [("01:00+0100", "04:00+0200")]


@pytest.mark.parametrize("span", [MARCH, OCTOBER])
def test_a_month_of_31_days_has_31_nights_of_two_hours(span: Span) -> None:
    found = list(occurrences(NIGHTLY, span))
    assert len(found) == 31
    assert {window.length for window in found} == {2 * HOUR}


def test_half_an_hour_of_lord_howe() -> None:
    """Clocks go from 02:00 to 02:30 on 4 October 2026."""
    zone = "Australia/Lord_Howe"
    rule = Recurring("15 2 * * *", HOUR, zone)
    assert on(4, rule, month("2026-10", zone).span, zone) == [("02:30+1100", "03:30+1100")]


def test_an_occurrence_that_began_before_the_span_is_whole() -> None:
    rule = Recurring("0 22 * * *", 4 * HOUR, "UTC")
    assert list(occurrences(rule, Span(DAY, DAY + HOUR))) == [Span(DAY - 2 * HOUR, DAY + 2 * HOUR)]


def test_an_occurrence_that_only_touches_the_span_is_not_in_it() -> None:
    rule = Recurring("0 22 * * *", 2 * HOUR, "UTC")
    assert list(occurrences(rule, Span(DAY, DAY + 22 * HOUR))) == []


def test_looking_from_the_second_of_a_repeated_hour_finds_no_start_of_the_first() -> None:
    """The search begins at 02:10 for the second time, and 02:30 was an hour and a half ago."""
    began = instant(datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo(BERLIN), fold=1))
    rule = Recurring("30 2 * * *", HOUR, BERLIN)
    found = list(occurrences(rule, Span(began + HOUR, began + 25 * HOUR)))
    assert [f"{local(window.start, BERLIN):%d. %H:%M}" for window in found] == ["26. 02:30"]


def test_occurrences_may_overlap_each_other() -> None:
    rule = Recurring("0 * * * *", 90 * MINUTE, "UTC")
    assert list(occurrences(rule, Span(3 * HOUR, 4 * HOUR))) == [
        Span(2 * HOUR, 2 * HOUR + 90 * MINUTE),
        Span(3 * HOUR, 3 * HOUR + 90 * MINUTE),
    ]


def test_a_window_that_happens_once() -> None:
    rule = OneOff(Span(10, 20))
    assert list(occurrences(rule, Span(15, 30))) == [Span(10, 20)]
    assert list(occurrences(rule, Span(20, 30))) == []


def test_a_rule_that_fires_too_often_is_refused_on_the_way() -> None:
    rule = Recurring("* * * * *", MINUTE, "UTC")
    found = occurrences(rule, Span(0, 30 * DAY))
    assert len(list(islice(found, 10_000))) == 10_000
    with pytest.raises(ValueError, match="fires more than 10,000 times in the time looked at"):
        next(found)


def test_a_rule_that_does_not_fire_again_ends() -> None:
    """The fifth Monday of February comes every 28 years; cron gives up after 50 of them."""
    rule = Recurring("0 0 * 2 MON#5", HOUR, "UTC")
    assert list(occurrences(rule, month("2026-02", "UTC").span)) == []
    assert [f"{local(w.start, 'UTC'):%F}" for w in occurrences(rule, month("2044-02", "UTC").span)] == [
        "2044-02-29"
    ]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 2 * *", '"0 2 * *" is not a cron expression: write five fields, as in "0 2 * * SUN"'),
        ("0 0 2 * * *", '"0 0 2 * * *" is not a cron expression: write five fields, as in "0 2 * * SUN"'),
        ("@daily", '"@daily" is not a cron expression: write five fields, as in "0 2 * * SUN"'),
        (
            "61 2 * * *",
            '"61 2 * * *" is not a cron expression (bad minute): write it as in "0 2 * * SUN"',
        ),
        (
            "0 0 30 2 *",
            '"0 0 30 2 *" is not a cron expression (bad day-of-month): write it as in "0 2 * * SUN"',
        ),
    ],
)
def test_a_cron_expression_that_cannot_be_read_is_refused_at_once(cron: str, words: str) -> None:
    with pytest.raises(ValueError) as refusal:
        occurrences(Recurring(cron, HOUR, "UTC"), Span(0, DAY))
    assert str(refusal.value) == words


@pytest.mark.parametrize("lasting", [0, -1, 367 * DAY])
def test_an_occurrence_has_a_length_and_is_no_year_long(lasting: int) -> None:
    with pytest.raises(ValueError, match="more than nothing and at most 366 days"):
        occurrences(Recurring("0 2 * * *", lasting, "UTC"), Span(0, DAY))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(MARCH.start, MARCH.end) | st.integers(OCTOBER.start, OCTOBER.end),
    st.integers(1, 3 * DAY),
    st.integers(1, 30 * HOUR),
    st.sampled_from(["30 2 * * *", "0 2,3 * * *", "0 * * * *", "15 1 * * SUN"]),
)
def test_where_the_looking_starts_changes_nothing(start: int, length: int, lasting: int, cron: str) -> None:
    rule, span = Recurring(cron, lasting, BERLIN), Span(start, start + length)
    wider = Span(start - 9 * DAY, start + length + 9 * DAY)
    found = list(occurrences(rule, span))
    assert found == [window for window in occurrences(rule, wider) if window.clip(span)]
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("cancelled", "left"),
    [
        (None, Span(100, 200)),
        (50, None),
        (100, None),
        (150, Span(100, 150)),
        (200, Span(100, 200)),
        (999, Span(100, 200)),
    ],
)
def test_a_cancelled_window_ends_there_or_never_begins(cancelled: int | None, left: Span | None) -> None:
    window = Window("MW-1", "Database", frozenset({"shop"}), Span(100, 200), 10, "nora", cancelled)
    assert window.effective == left


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Recurring("*/5 * * * *", MINUTE, "UTC"), "write it once an hour at most"),
        (Recurring("* * * * *", MINUTE, "UTC"), "write it once an hour at most"),
        (Recurring("0 2 * * SUN", 400 * DAY, "UTC"), "at most 366 days"),
        (Recurring("0 2 * *", HOUR, "UTC"), "is not a cron expression"),
    ],
)
def test_a_rule_is_refused_before_it_is_recorded(rule: Recurring, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        must_be_sound(rule)


@pytest.mark.parametrize("cron", ["0 * * * *", "0 2 * * SUN", "30 2 29 2 *"])
def test_a_sound_rule_passes(cron: str) -> None:
    must_be_sound(Recurring(cron, HOUR, "Europe/Berlin"))
    must_be_sound(OneOff(Span(0, 1)))

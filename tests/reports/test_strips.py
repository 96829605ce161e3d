"""Day strips: how tall, how told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.intervals import HOUR, MINUTE, SECOND
from monitor.statements.value import DayTime
from reports.strips import STRIP, day_axis, day_strip, full_height, minutes_figure

BERLIN = "Europe/Berlin"


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
def month(samples: Any) -> tuple[DayTime, ...]:
    days: tuple[DayTime, ...] = samples.day_times()
    return days


def test_the_strip_tells_its_days_in_words(month: tuple[DayTime, ...]) -> None:
    sixth = replace(month[5], counted=31 * MINUTE + 22 * SECOND)
    ninth = replace(month[8], excused=HOUR, unmeasured=90 * SECOND)
    strip = day_strip("Checkout", (*month[:5], sixth, *month[6:8], ninth, *month[9:]), BERLIN, HOUR)

    assert plain(strip.told) == (
        "Checkout, day by day. 6 October: 31 min 22 s of downtime counted; 9 October: 1 h 00 min 00 s of "
        "downtime not counted, 1 min 30 s not measured. The other 29 days: no downtime."
    )
    assert plain(strip.bars[5].title) == "6 October: 31 min 22 s of downtime counted"
    assert [fill.kind for fill in strip.bars[8].fills] == ["hatch", "dots"]


def test_a_quiet_month_a_single_quiet_day_and_none(month: tuple[DayTime, ...]) -> None:
    bad = tuple(replace(day, counted=MINUTE) for day in month[:2])

    assert day_strip("A", month, BERLIN, HOUR).told == "A, day by day. All 31 days: no downtime."
    assert day_strip("A", (*bad, month[2]), BERLIN, HOUR).told.endswith("The other day: no downtime.")
    assert plain(day_strip("A", bad, BERLIN, HOUR).told).endswith(
        "2 October: 1 min 00 s of downtime counted."
    )


def test_days_that_are_not_promised_say_so(month: tuple[DayTime, ...]) -> None:
    late = (replace(month[0], promised=0), *month[1:])
    strip = day_strip("A", late, BERLIN, HOUR, lambda _day: "not watched yet")

    assert not strip.bars[0].promised
    assert strip.bars[0].title == "1 October: not watched yet"


def test_empty_days_that_follow_each_other_are_told_together(month: tuple[DayTime, ...]) -> None:
    empty = tuple(replace(day, promised=0) for day in month)

    def why(day: DayTime) -> str:
        return "not watched yet" if day.span.start < month[3].span.start else "still to come"

    told = day_strip("A", (*empty[:3], month[3], empty[4], *empty[5:]), BERLIN, HOUR, why).told
    assert told == (
        "A, day by day. 1 October to 3 October: not watched yet; 5 October to 31 October: still to come. "
        "The other day: no downtime."
    )


@pytest.mark.parametrize(
    ("down", "text"),
    [
        (0, ""),
        (30 * SECOND, "<1"),
        (31 * MINUTE + 59 * SECOND, "31"),
        (999 * MINUTE, "999"),
        (24 * HOUR, "24h"),
    ],
)
def test_the_figure_above_a_day_is_whole_minutes(down: int, text: str) -> None:
    assert minutes_figure(down) == text


def test_neighbouring_figures_make_way_on_a_narrow_screen(month: tuple[DayTime, ...]) -> None:
    strip = day_strip("A", tuple(replace(day, counted=MINUTE) for day in month), BERLIN, HOUR)

    assert [bar.crowded for bar in strip.bars[:4]] == [False, True, False, True]


@pytest.mark.parametrize(
    ("counted", "excused", "unmeasured"),
    [
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (24 * HOUR, 0, 0),
        (0, 24 * HOUR, 0),
        (12 * HOUR, 12 * HOUR, 0),
        (HOUR, 1, HOUR),
    ],
)
def test_parts_stay_inside_the_bar_and_nothing_that_happened_is_invisible(
    month: tuple[DayTime, ...], counted: int, excused: int, unmeasured: int
) -> None:
    day = replace(month[0], counted=counted, excused=excused, unmeasured=unmeasured)
    fills = day_strip("A", (day,), BERLIN, HOUR).bars[0].fills

    assert len(fills) == sum(bool(ms) for ms in (counted, excused, unmeasured))
    for fill in fills:
        assert float(fill.y) >= 0
        assert 4 <= float(fill.height) <= STRIP - float(fill.y) + 0.05


def test_a_full_bar_is_the_worst_day_in_full_hours_from_one_to_four(month: tuple[DayTime, ...]) -> None:
    assert full_height(month) == HOUR
    assert full_height((replace(month[0], counted=HOUR, excused=HOUR),)) == 2 * HOUR
    assert full_height((replace(month[0], counted=HOUR + 1),)) == 2 * HOUR
    assert full_height((replace(month[0], counted=20 * HOUR),)) == 4 * HOUR
    assert full_height(()) == HOUR


def test_the_axis_keeps_every_fifth_day_on_a_narrow_screen(month: tuple[DayTime, ...]) -> None:
    ticks = day_axis(month, BERLIN)

    assert [tick.text for tick in ticks if tick.main] == ["1", "5", "10", "15", "20", "25", "30"]
    assert day_axis((), BERLIN) == ()

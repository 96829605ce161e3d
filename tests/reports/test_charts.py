"""The team's charts: places on a ruler, a bar, a stair."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise
from typing import Any

import pytest

from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from reports.charts import BudgetSteps, budget_steps, gauge, margin_scale, ruler, ruler_ticks, tick_unit

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize("worst", [F(9995, 10_000), F(99, 100), F(9, 10), F(2, 3), F(0)])
def test_no_label_of_the_ruler_touches_the_next(worst: F) -> None:
    """A label of five characters takes about a twelfth of the narrowest ruler."""
    ticks = ruler_ticks(ruler([worst]))

    places = [float(tick.at.rstrip("%")) for tick in ticks]
    assert min(right - left for left, right in pairwise(places)) >= 10
    assert [tick.text for tick in ticks][-1] == "100"
    assert "99.9" in [tick.text for tick in ticks]


def test_further_right_is_better_on_the_ruler() -> None:
    scale = ruler([F(999, 1000)])
    places = [scale.at(F(figure)) for figure in ("0.99", "0.995", "0.999", "0.9995", "0.9999", "1")]

    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] == 0.97


def test_the_ruler_reaches_to_the_worst_figure() -> None:
    assert ruler_ticks(ruler([F(1)]))[0].text == "99.5"
    assert ruler_ticks(ruler([F(1, 2)]))[0].text == "50"
    assert ruler([F(0)]).at(F(0)) == 0.02


def test_a_scale_shows_what_there_is() -> None:
    scale = ruler([F(998, 1000)])
    full = margin_scale(scale, "told", F(999, 1000), F(9995, 10_000), F(998, 1000), "square")
    bare = margin_scale(scale, "told", F(999, 1000), None, None, "disc")
    lax = margin_scale(scale, "told", F(999, 1000), F(99, 100), F(1), "disc")

    assert full.target is not None
    assert full.band is not None
    assert full.reach == (full.actual, full.promise)
    assert (bare.target, bare.band, bare.reach, bare.actual) == (None, None, None, None)
    assert lax.target is not None
    assert lax.band is None


def test_a_gauge_is_capped_at_one_and_a_half() -> None:
    assert gauge(F(3), F(1)).width == "100.000%"
    assert [gauge(F(n, 100), F(1)).kind for n in (10, 80, 101)] == ["soft", "warn", "bad"]
    assert gauge(F(0), F(1, 2)).gone == "33.333%"


def steps(
    samples: Any, *drops: tuple[Ms, Ms], allowed: Ms = 45 * MINUTE, until: Ms | None = None
) -> BudgetSteps:
    span: Span = samples.october.span
    return budget_steps("told", span, allowed, drops, until or span.end, 20 * MINUTE, "left", BERLIN)


def test_an_untouched_budget_is_a_level_line(samples: Any) -> None:
    chart = steps(samples)

    ys = [point.split()[1] for point in chart.path[1:].split(" L")]
    assert len(set(ys)) == 1
    assert (chart.over, chart.drop, chart.spent) == (None, None, False)


def test_a_step_is_upright_and_below_zero_is_filled(samples: Any) -> None:
    chart = steps(samples, (samples.at("6 14:00:00"), 14 * MINUTE), (samples.at("22 23:00:00"), -12 * MINUTE))

    points = [tuple(map(float, point.split())) for point in chart.path[1:].split(" L")]
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))
    assert chart.spent
    assert chart.over is not None
    assert chart.over.endswith("Z")
    assert chart.drop is not None
    assert chart.drop.text == "6\u00a0Oct: \u2212\u202f31\u00a0min\u00a000\u00a0s"
    assert any(line.zero for line in chart.lines)


def test_the_largest_step_is_named_on_the_side_that_has_room(samples: Any) -> None:
    late = steps(samples, (samples.at("2 00:00:00"), 44 * MINUTE), (samples.at("29 00:00:00"), 10 * MINUTE))
    deep = steps(samples, (samples.at("2 00:00:00"), -MINUTE), (samples.at("4 00:00:00"), -90 * MINUTE))
    only = steps(samples, (samples.at("31 00:00:00"), 10 * MINUTE))
    odd = steps(samples, (samples.at("31 00:00:00"), 45 * MINUTE))

    assert late.drop is not None
    assert late.drop.anchor == "end"
    assert deep.drop is not None
    assert deep.drop.anchor == "start"
    assert only.drop is None
    assert odd.drop is None


def test_a_running_period_ends_where_time_is(samples: Any) -> None:
    chart = steps(samples, until=samples.at("8 12:00:00"))

    assert chart.end.anchor == "start"
    assert float(chart.end.x.rstrip("%")) < 30


def test_what_is_left_stands_beneath_a_step_that_would_run_through_it(samples: Any) -> None:
    early = steps(samples, (samples.at("6 14:00:00"), 12 * MINUTE))
    late = steps(samples, (samples.at("27 14:00:00"), 12 * MINUTE))

    assert float(late.end.y) - float(early.end.y) == 23


def test_a_commitment_that_allows_nothing_still_has_a_chart(samples: Any) -> None:
    chart = steps(samples, (samples.at("6 14:00:00"), -HOUR), allowed=0)

    assert chart.spent
    assert len(chart.lines) >= 2


def test_ticks_are_round_and_few() -> None:
    assert tick_unit(45 * MINUTE) == 10 * MINUTE
    assert tick_unit(MINUTE) == MINUTE
    assert tick_unit(400 * DAY) == 10 * DAY


def test_weeks_are_marked_on_local_days_across_the_change_of_clocks(samples: Any) -> None:
    assert [tick.text for tick in steps(samples).ticks] == ["1 Oct", "8", "15", "22", "29"]

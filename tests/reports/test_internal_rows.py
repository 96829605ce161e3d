"""What the team's page says beneath margins and money, word by word."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import pytest

from monitor.operations.figures import Mean, Response
from monitor.operations.report import Suggestion
from monitor.operations.report_periods import report_period
from reports.charts import spark
from reports.internal import words as w
from reports.internal.letter import letter_text, plain
from reports.internal.page import internal_page
from reports.internal.rows import suggestion_row
from reports.render import render_internal_letter


def told(samples: Any, **more: Any) -> Any:
    return internal_page(replace(samples.internal_rich(), **more))


def test_what_is_at_risk_is_said_in_sentences_the_dearest_first(samples: Any) -> None:
    found = [plain(f"{each.title} {' '.join(each.sentences)}") for each in told(samples).risks]

    assert found[0] == (
        "Sample & Zonen BV, Payments API: 1,240.00 EUR. November 2026 allows 43 min 12 s. This period had "
        "2 outages: half took 17 min 50 s or less, the longest 19 min 39 s. One more than that, all like the "
        "median, would not fit."
    )
    assert found[1].endswith(
        "The margin has narrowed five periods in a row, from 31 min 00 s in May to - 12 min 00 s. Announcing "
        '"Certificate renewal" of 22 Oct, 23:05 CEST 28 h earlier would have kept the commitment.'
    )
    assert found[2] == (
        "Time to acknowledge, mean (MTTA). It is met, and has moved by + 20 s a period since May. "
        "At that pace the next period still meets its target of <= 5 min 00 s."
    )


def test_where_nothing_is_at_risk_the_rules_are_said_all_the_same(samples: Any) -> None:
    page = told(samples, risks=(), drifts=())

    assert page.risks == ()
    assert page.rules.startswith("Nothing is at risk by these rules. At risk is an agreement ")


def test_a_kpi_that_nobody_can_tell_says_why_and_has_no_line(samples: Any) -> None:
    row = told(samples).kpis.rows[2]

    assert (row.none, row.now, row.change, row.spark) == ("too few incidents to tell (1)", "", "", None)
    assert (row.mark, row.result) == ("unknown", "too few to tell")


def test_of_more_incidents_than_fit_those_that_weigh_most_are_shown_and_the_rest_is_said(
    samples: Any,
) -> None:
    page = internal_page(samples.internal_hostile())

    assert len(page.incidents.rows) == 60
    assert page.incidents.left_out.startswith("Left out: 140 that were shorter")
    assert len(page.incidents.longest) == 5
    assert plain(page.incidents.rows[0].down) == "2 min 20 s"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (F(999, 1000), "share", "99.9000 %"),
        (F(280_000), "ms", "4 min 40 s"),
        (F(0), "ms", "0 s"),
        (F(4711), "tenths", "471.1 ms"),
        (F(47_115, 10), "tenths", "471.1 ms"),
        (F(6), "count", "6"),
        (F(10, 3), "metric", "3.33 queries"),
        (F(-10, 3), "metric", "-3.33 queries"),
    ],
)
def test_a_figure_is_cut_off_in_its_unit(value: F, unit: Any, said: str) -> None:
    assert plain(w.figure(value, unit, "queries")).replace("- ", "-") == said


def test_a_period_has_its_title() -> None:
    titles = ("2026-10", "2026-W41", "2026-10-05..2026-10-18")

    assert [plain(w.title(report_period(each, "Europe/Berlin"))) for each in titles] == [
        "October 2026", "Week 41 of 2026", "5 October 2026 to 18 October 2026",
    ]  # fmt: skip
    assert [w.short(each) for each in titles] == ["Oct", "W41", "2026-10-05..2026-10-18"]


def test_a_trend_is_parted_where_nobody_can_tell_and_needs_two_points() -> None:
    line = spark([F(1), None, F(3), F(2)], F(2), "told", bad=True)

    assert line is not None
    assert line.path.count("M") == 2
    assert (line.last, line.target, line.shape) == (("100.000%", "12.0"), "12.0", "square")
    assert spark([F(1), None], None, "told") is None


def test_a_level_trend_lies_in_the_middle() -> None:
    line = spark([F(1), F(1)], None, "told")

    assert line is not None
    assert line.last == ("100.000%", "12.0")


@pytest.mark.parametrize(
    ("count", "false", "earlier", "said"),
    [
        (3, 0, 0, "3 incidents, none in Sep."),
        (3, 1, 1, "3 incidents, one of them a false alarm, one in Sep."),
        (5, 2, 4, "5 incidents, two of them false alarms, four in Sep."),
        (1, 0, 13, "1 incident, 13 in Sep."),
    ],
)
def test_how_many_incidents_there_were_is_a_sentence(
    samples: Any, count: int, false: int, earlier: int, said: str
) -> None:
    none = Mean(None, 0)
    own = Response(count, false, none, none, none, none, 0)
    report = samples.internal(response=own, before=replace(own, count=earlier, false_alarms=0))

    assert plain(internal_page(report).incidents.told[0]) == said


def test_where_no_month_is_whole_none_of_the_four_is() -> None:
    row = suggestion_row(Suggestion("Checkout", "gold", ("ACME",), "month", 0, 4, None))

    assert row.told == "Nothing yet: none of the four whole months that are needed."


def test_the_letter_names_each_kpi_in_text_and_in_html(samples: Any) -> None:
    report = samples.internal_rich()

    text, page = letter_text(report), render_internal_letter(report)

    for each in report.kpis:
        assert f"\n- {each.title} ({each.id}, {each.owner}" in text.replace("\n  ", " ")
        assert f"<bdi>{each.id}, {each.owner}" in page


def test_the_letter_says_every_section_that_the_page_has(samples: Any) -> None:
    text = letter_text(samples.internal_rich())

    for words in (
        "Margin to commitment", "Exposure", "Performance", "Incidents", "Overdue", "At risk in November 2026",
        "What the past suggests", "Unusual",
    ):  # fmt: skip
        assert f"\n{words}\n{'-' * len(words)}\n" in text
    assert all(len(line) <= 76 for line in text.splitlines())
    assert text.isascii()

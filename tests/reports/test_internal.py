"""The team's page: what it says of margins, budgets and money."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

from monitor.agreements.budget import Exposure
from monitor.core.intervals import MINUTE
from monitor.core.money import Amount
from reports.internal.letter import subject
from reports.internal.page import internal_page


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2212 ", "- ")


def headline(report: Any) -> list[str]:
    return [plain(part) for part in internal_page(report).headline]


def test_the_headline_counts_what_was_missed_and_names_the_nearest(samples: Any) -> None:
    assert headline(samples.internal())[0] == "One of six agreements was missed: 120.00 EUR owed."
    assert headline(samples.internal())[1] == "Nearest: Checkout for ACME GmbH, 1 min 00 s until 240.00 EUR."


def test_a_running_month_says_so_far(samples: Any) -> None:
    assert headline(samples.internal_running())[:2] == [
        "No agreement is missed yet: nothing owed.",
        "One not determinable.",
    ]
    missed = samples.internal(as_of=samples.at("26 12:00:00"))
    assert headline(missed)[0] == "One of six agreements is missed already: 120.00 EUR owed."


def test_all_met_and_nothing_next(samples: Any) -> None:
    quiet = samples.health(
        "ACME GmbH", "Images", "0.995", None, exposure=Exposure(Amount(0, "EUR"), None, None)
    )

    assert headline(samples.internal(agreements=(quiet,), owed=())) == [
        "No agreement was missed: nothing owed."
    ]


def test_several_missed_and_no_agreement_at_all(samples: Any) -> None:
    one = samples.internal().agreements[0]

    assert headline(samples.internal(agreements=(one, one)))[0].startswith(
        "Two of two agreements were missed"
    )
    assert headline(samples.internal(agreements=(one,)))[0].startswith("The one agreement was missed: ")
    assert headline(samples.internal(agreements=())) == ["No agreement was in force."]


def test_a_month_without_records_says_so_first_and_nothing_of_what_was_kept(samples: Any) -> None:
    quiet = [replace(each, met=None) for each in samples.internal().agreements]
    report = samples.internal(agreements=tuple(quiet), owed=(), watched=False)

    assert headline(report) == ["Nothing was watched in October 2026: nobody can tell what is owed."]
    assert subject(report) == (
        "Internal report, October 2026: Nothing was watched in October 2026: nobody can tell what is owed."
    )


def test_what_is_owed_all_the_same_stands_after_that(samples: Any) -> None:
    """Promises of response times are kept by tickets, which nobody watches."""
    said = headline(samples.internal(watched=False))

    assert said[:2] == [
        "Nothing was watched in October 2026.", "One of six agreements was missed: 120.00 EUR owed.",
    ]  # fmt: skip


def test_the_most_at_risk_stand_first(samples: Any) -> None:
    rows = internal_page(samples.internal()).margins

    assert [row.name for row in rows][:3] == ["Checkout", "Payments API", "Catalogue API"]
    assert [row.mark for row in rows] == ["missed", "risk", "met", "met", "risk", "met"]
    assert plain(rows[0].margin) == "- 12 min 00 s"
    assert plain(rows[0].aims) == "99.9 %; 99.95 %"
    assert plain(rows[5].aims) == "99.5 %; no target"
    assert plain(rows[0].scale.told) == (
        "Checkout, ACME GmbH: commitment 99.9 %, internal target 99.95 %, actual 99.8731 %"
    )


def test_an_agreement_without_a_figure_has_no_mark_on_the_scale(samples: Any) -> None:
    rows = {row.name: row for row in internal_page(samples.internal_running()).margins}

    row = rows["Image delivery"]
    assert (row.mark, row.actual, row.result) == ("unknown", "not determinable", "not determinable")
    assert row.scale.actual is None


def test_exposure_tells_the_next_credit_and_the_pace(samples: Any) -> None:
    rows = internal_page(samples.internal()).exposures
    running = internal_page(samples.internal_running()).exposures

    assert (plain(rows[0].next), plain(rows[0].more)) == ("1 min 00 s until 240.00 EUR", "(120.00 EUR more)")
    assert plain(rows[0].pace) == "used up 22 Oct, 23:17 CEST"
    assert plain(rows[0].used) == "126.9 %"
    assert rows[1].more == ""
    assert rows[5].next == "the month is over"
    assert plain(running[0].pace) == "1.6 times an even pace, at this pace used up 22 Oct, 10:00 CEST"
    assert (running[-1].owed, running[-1].next) == ("no amount", "not determinable")


def test_while_the_month_runs_the_dearest_level_is_the_last(samples: Any) -> None:
    last = samples.health(
        "ACME GmbH", "Images", "0.995", None, exposure=Exposure(Amount(0, "EUR"), None, None)
    )
    page = internal_page(replace(samples.internal_running(), agreements=(last,)))

    assert page.exposures[0].next == "no further downtime can cost more"


def test_a_running_month_says_that_what_is_owed_is_certain(samples: Any) -> None:
    assert internal_page(samples.internal_running()).owed_note.endswith(
        "whatever the rest of the month brings."
    )
    assert internal_page(samples.internal()).owed_note == ""


def test_a_currency_in_which_nothing_is_owed_is_left_out_of_the_sum(samples: Any) -> None:
    both = (Amount(12_000, "EUR"), Amount(0, "USD"))

    assert plain(internal_page(samples.internal(owed=both)).owed) == "120.00 EUR"
    assert internal_page(samples.internal(owed=both[1:])).owed == "nothing"


def test_a_budget_is_charted_where_something_was_spent_and_the_rest_is_named(samples: Any) -> None:
    page = internal_page(samples.internal())

    assert [chart.name for chart in page.charts] == [
        "Checkout", "Payments API", "Catalogue API", "Catalogue API", "Checkout",
    ]  # fmt: skip
    assert plain(page.charts[0].about) == "ACME GmbH, 99.9 %: 44 min 42 s allowed"
    assert plain(page.left_out) == "Left out: 1 agreement with nothing spent or with more left than these."
    assert "6 Oct, 14:33:32 CEST: 13 min 20 s left" in plain(page.charts[0].chart.told)
    assert plain(page.charts[0].chart.end.text) == "12 min 00 s over"


def test_nothing_left_out_is_not_mentioned(samples: Any) -> None:
    assert internal_page(samples.internal(agreements=samples.internal().agreements[:2])).left_out == ""


def test_a_commitment_of_100_percent_allows_nothing(samples: Any) -> None:
    drops = ((samples.at("6 14:00:00"), MINUTE),)
    strict = samples.health("ACME GmbH", "A", "1", "1", drops)
    clean = samples.health("ACME GmbH", "B", "1", None)
    rows = internal_page(samples.internal(agreements=(clean, strict))).exposures

    assert [(row.name, plain(row.used)) for row in rows] == [("A", "200.0 %"), ("B", "0.0 %")]


def test_a_target_below_the_commitment_is_not_drawn_in_the_budget(samples: Any) -> None:
    drops = ((samples.at("6 14:00:00"), MINUTE),)
    lax = samples.health("ACME GmbH", "A", "0.999", "0.99", drops)

    assert internal_page(samples.internal(agreements=(lax,))).charts[0].chart.aim is None


def test_many_agreements_show_only_the_charts_most_at_risk(samples: Any) -> None:
    one = samples.internal().agreements[0]
    page = internal_page(samples.internal(agreements=(one,) * 20))

    assert len(page.charts) == 8
    assert plain(page.left_out).startswith("Left out: 12 agreements")
    assert len(page.margins) == 20


def test_owed_per_currency_is_never_summed(samples: Any) -> None:
    owed = (Amount(12_000, "EUR"), Amount(500, "GBP"))

    assert plain(internal_page(samples.internal(owed=owed)).owed) == "120.00 EUR and 5.00 GBP"


def test_a_share_left_of_nothing_allowed_sorts_last_when_unspent(samples: Any) -> None:
    clean = samples.health("Z", "B", "1", None)
    rows = internal_page(samples.internal(agreements=(clean, samples.internal().agreements[0]))).margins

    assert [row.customer for row in rows] == ["ACME GmbH", "Z"]
    assert replace(clean).availability == F(1)


def test_while_a_month_runs_an_agreement_is_missed_only_once_its_whole_allowance_is_gone(
    samples: Any,
) -> None:
    """15 October: below 99.9 % of the fortnight, but not yet of the month."""
    running = samples.internal_running()
    behind = replace(running.agreements[0], met=False)
    gone = replace(behind, service="Gone", budget=replace(behind.budget, left=-1))

    rows = internal_page(replace(running, agreements=(behind, gone))).margins
    assert [(row.name, row.mark, row.result) for row in rows] == [
        ("Gone", "missed", "missed already"),
        ("Checkout", "risk", "below commitment so far"),
    ]


def test_an_amount_of_nothing_is_not_in_the_headline(samples: Any) -> None:
    owed = (Amount(0, "EUR"), Amount(0, "USD"))

    assert headline(samples.internal(owed=owed))[0] == "One of six agreements was missed: nothing owed."

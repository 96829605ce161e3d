"""The budget as it is printed."""

from __future__ import annotations

from fractions import Fraction

import click
import pytest

from monitor.agreements.budget import Budget, Exposure
from monitor.cli.budget import as_data, bar, left, lines, sentence, verdict
from monitor.core.money import Amount
from monitor.core.periods import month
from monitor.errors import Exit


@pytest.fixture
def november():
    return {"acme-checkout": month("2026-11", "Europe/Berlin"), "other": month("2026-11", "Europe/Berlin")}


def test_a_month_at_a_glance(made, november):
    calm = made.health(
        agreement="other",
        customer="Muster AG",
        budget=Budget(200 * made.MINUTE, 0, 200 * made.MINUTE, Fraction(0), None, Fraction(6, 10)),
        exposure=Exposure(Amount(0, "USD"), None, None),
    )

    assert [click.unstyle(line) for line in lines([made.health(), calm], november)] == [
        "November 2026, Europe/Berlin. 60.0 % of the promised time is gone: the mark | in each bar.",
        "",
        "  CUSTOMER   SERVICE   ALLOWANCE USED                          LEFT  NEXT CREDIT        AFTER",
        "! ACME GmbH  Checkout  [#########|###....]  80.0 %      10 min 00 s   120.00 EUR  10 min 00 s",
        "  Muster AG  Checkout  [.........|.......]   0.0 %  3 h 20 min 00 s            -            -",
        "",
        "! used up faster than the promised time: ACME GmbH, Checkout. Owed so far: 0.00 EUR and 0.00 USD.",
    ]


def test_an_allowance_that_is_overspent_fills_the_bar_and_goes_below_nothing(made, november):
    over = made.health(
        budget=Budget(50 * made.MINUTE, 60 * made.MINUTE, -10 * made.MINUTE, Fraction(2), 0, Fraction(6, 10)),
        exposure=Exposure(Amount(12_000, "EUR"), None, None),
    )

    row = click.unstyle(lines([over], november)[3])

    assert row == "! ACME GmbH  Checkout  [#########|#######] 120.0 %  -10 min 00 s            -      -"


def test_an_allowance_of_nothing_is_used_up_by_the_first_millisecond(made):
    whole = made.health(budget=Budget(0, 0, 0, None, None, Fraction(1, 2)))
    broken = made.health(budget=Budget(0, 1, -1, None, 0, Fraction(1, 2)))

    assert (left(whole), left(broken)) == (1, 0)
    assert bar(broken) == "[########|########]"


def test_money_that_cannot_be_determined_is_said_and_never_shown_as_nothing(made, november):
    dark = made.health(exposure=Exposure(None, None, None, "the figure is in no row of the table"))

    page = [click.unstyle(line) for line in lines([dark], november)]

    assert page[3].endswith("  not determinable      -")
    assert page[-1].endswith(
        "Not determinable: ACME GmbH, Checkout, since the figure is in no row of the table."
    )
    assert "0.00" not in page[-1]


def test_what_was_seen_too_little_to_say_is_not_determinable_though_the_rest_may_still_mend_it(
    made, november
):
    """64 % seen so far: the month may end well, but nobody can say what is owed now."""
    calm = Budget(50 * made.MINUTE, 2 * made.MINUTE, 48 * made.MINUTE, None, None, Fraction(6, 10))
    dark = made.health(met=None, coverage=Fraction(64, 100), budget=calm)

    page = [click.unstyle(line) for line in lines([dark], november)]

    assert page[3].startswith("? ACME GmbH")
    assert page[-1] == ("Not determinable: ACME GmbH, Checkout, since too little of the time was measured.")
    assert sentence(dark, Fraction(1, 10)) == (
        "ACME GmbH, Checkout: not determinable, since too little of the time was measured."
    )


def test_a_threshold_is_answered_by_the_worst_of_all_agreements(made):
    """Less left than asked for is a no, whatever was not seen; more left is no yes where too little was."""
    tight, enough = Fraction(1, 4), Fraction(1, 10)
    dark = made.health(met=None)

    assert verdict([made.health()], enough) is Exit.DONE
    assert verdict([made.health(), dark], enough) is Exit.UNDECIDED
    assert verdict([dark, made.health()], tight) is Exit.NO


def test_months_of_several_zones_do_not_share_a_heading(made):
    east, west = made.health(), made.health(agreement="other")
    periods = {
        "acme-checkout": month("2026-11", "Europe/Berlin"),
        "other": month("2026-11", "America/New_York"),
    }

    assert lines([east, west], periods)[0] == (
        "November 2026, each agreement in its own zone. "
        "The mark | in each bar: how much of the promised time is gone."
    )


def test_a_service_that_is_watched_since_today_has_a_pace_of_its_own(made, november):
    young = made.health(
        agreement="other",
        budget=Budget(451 * made.SECOND, 16 * made.SECOND, 435 * made.SECOND, None, None, Fraction(1, 5625)),
    )

    page = [click.unstyle(line) for line in lines([made.health(), young], november)]

    assert page[0] == (
        "November 2026, Europe/Berlin. The mark | in each bar: how much of the promised time is gone."
    )
    assert page[4].startswith("! ACME GmbH  Checkout (other)          [|")


def test_no_agreement_is_a_sentence(november):
    assert lines([], november) == ["No agreement is in force now."]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (
            Fraction(1, 4),
            "ACME GmbH, Checkout: 20.0 % of the allowance is left (10 min 00 s), less than 25 %.",
        ),
        (
            Fraction(1, 5),
            "ACME GmbH, Checkout: 20.0 % of the allowance is left (10 min 00 s), at least 20 %.",
        ),
    ],
)
def test_against_a_threshold_there_is_one_sentence(made, limit, said):
    assert sentence(made.health(), limit) == said


def test_what_is_overspent_is_said_without_a_negative_share(made):
    over = made.health(
        budget=Budget(50 * made.MINUTE, 60 * made.MINUTE, -10 * made.MINUTE, None, 0, Fraction(1))
    )

    assert sentence(over, Fraction(1, 10)) == (
        "ACME GmbH, Checkout: nothing of the allowance is left (10 min 00 s over), less than 10 %."
    )


def test_a_program_gets_exact_figures(made):
    data = as_data(made.health())

    assert data["left_ms"] == 600_000
    assert data["availability"] == {"numerator": 9991, "denominator": 10_000}
    assert data["next_credit"] == {"minor": 12_000, "currency": "EUR", "decimal": "120.00"}
    assert data["commitment"] == {"sign": ">=", "value": {"numerator": 999, "denominator": 1000}}

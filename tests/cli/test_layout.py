"""Tables, marks and the words of JSON."""

from __future__ import annotations

from fractions import Fraction

import click
import pytest

from monitor.cli.layout import bound, exact, filled, marked, owed, spoken, table, utc
from monitor.core.checks import Reason
from monitor.core.money import Amount
from monitor.core.numbers import Bound


def test_columns_stand_two_spaces_apart_and_figures_to_the_right():
    lines = table(("NAME", "LEFT"), [("checkout", "8 s"), ("api", "1 h 05 min")], right={1})

    assert lines == [
        "NAME            LEFT",
        "checkout         8 s",
        "api       1 h 05 min",
    ]


def test_columns_move_together_where_that_makes_them_fit():
    rows = [("checkout", "8 s"), ("api", "1 h 05 min")]

    assert table(("NAME", "LEFT"), rows, fit=19)[1:] == ["checkout 8 s", "api      1 h 05 min"]
    assert table(("NAME", "LEFT"), rows, fit=18)[1:] == ["checkout  8 s", "api       1 h 05 min"]


def test_no_line_ends_in_spaces():
    assert table(("A", "B"), [("long text", "")]) == ["A          B", "long text"]


def test_a_figure_and_its_percent_stay_on_a_line():
    """At a width of 16 the space before the sign is where a line would break."""
    assert filled("at or above 99.9 % of it", 16, under="  ") == ["at or above", "  99.9 % of it"]


def test_a_mark_says_in_grey_what_the_colour_says():
    lines = marked(["HEAD", "bad", "fine"], ["x", " "])

    assert [click.unstyle(line) for line in lines] == ["  HEAD", "x bad", "  fine"]
    assert lines[1] != click.unstyle(lines[1])
    assert lines[2] == "  fine"


@pytest.mark.parametrize(
    ("given", "written"),
    [(0, "1970-01-01T00:00:00.000Z"), (1_791_288_130_007, "2026-10-06T12:02:10.007Z"), (None, None)],
)
def test_an_instant_is_utc_text_to_the_millisecond(given, written):
    assert utc(given) == written


def test_shares_and_money_are_exact():
    assert exact(Fraction(8727, 8736)) == {"numerator": 2909, "denominator": 2912}
    assert exact(None) is None
    assert owed(Amount(12_000, "EUR")) == {"minor": 12_000, "currency": "EUR", "decimal": "120.00"}
    assert owed(None) is None
    assert bound(Bound(">=", Fraction(999, 1000))) == {
        "sign": ">=",
        "value": {"numerator": 999, "denominator": 1000},
    }
    assert bound(None) is None


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.CONNECTION_REFUSED, "connection refused"),
        (Reason.STATUS, "unexpected status"),
        (Reason.TLS_HANDSHAKE, "TLS handshake"),
        (Reason.OWN_DNS, "own DNS"),
    ],
)
def test_a_reason_is_said_in_words(reason, said):
    assert spoken(reason) == said

"""Numbers as people write them: what is read, and what is said of the rest."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND
from monitor.core.numbers import (
    Bound,
    parse_amount,
    parse_bounds,
    parse_count,
    parse_duration,
    parse_duration_bound,
    parse_measured,
    parse_money,
    parse_money_bound,
    parse_number,
    parse_share,
    parse_share_bounds,
    parse_time,
)

LIMITS = "write at most 18 digits before the point and 12 after it"
PLAINLY = 'write digits and at most one point, as in "1200.50"'


def complaint(parse: object, *arguments: object) -> str:
    """What the parser says of a value it refuses."""
    with pytest.raises(ValueError) as refusal:
        parse(*arguments)  # type: ignore[operator]
    return str(refusal.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("12", 12), ("12.50", Fraction(25, 2)), ("007", 7), ("0.000000000001", Fraction(1, 10**12))],
)
def test_a_number_is_digits_and_one_point(text: str, number: Fraction) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("", PLAINLY),
        (".5", PLAINLY),
        ("5.", PLAINLY),
        ("1.2.3", PLAINLY),
        ("1,200.00", PLAINLY),
        ("1_000", PLAINLY),
        ("12\n", PLAINLY),
        ("٣", PLAINLY),
        ("0x10", PLAINLY),
        ("-5", "write it without a sign"),
        ("+5", "write it without a sign"),
        ("1e3", "write it out, without an exponent"),
        ("1e3000000", "write it out, without an exponent"),
        ("1234567890123456789", LIMITS),
        ("0.1234567890123", LIMITS),
    ],
)
def test_any_other_number_is_refused_with_what_to_write(text: str, instead: str) -> None:
    assert complaint(parse_number, text) == f'"{text}" is not a number: {instead}'


def test_a_million_digits_are_refused_in_one_line() -> None:
    assert complaint(parse_number, "9" * 10**6) == f'"{"9" * 37}…" is not a number: {LIMITS}'


@settings(max_examples=60, deadline=None)
@given(st.decimals(0, 10**17, places=9))
def test_every_decimal_in_bounds_is_read_exactly(value: Decimal) -> None:
    assert parse_number(f"{value:f}") == Fraction(value)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("99.9%", Fraction(999, 1000)),
        ("99.9 %", Fraction(999, 1000)),
        (" 5% ", Fraction(1, 20)),
        ("0%", 0),
        ("150%", Fraction(3, 2)),
        ("1/30", Fraction(1, 30)),
        ("1 / 15", Fraction(1, 15)),
    ],
)
def test_a_share_is_a_percentage_or_a_fraction(text: str, share: Fraction) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (99.9, '99.9 is not a share: write "99.9%"'),
        (Decimal("99.90"), '99.90 is not a share: write "99.90%"'),
        ("99.9", '99.9 is not a share: write "99.9%"'),
        (Decimal("0.999"), '0.999 is not a share: write "99.9%" or "0.999%", whichever is meant'),
        (1, '1 is not a share: write "100%" or "1%", whichever is meant'),
        (True, '"true" is not a share: write it as in "99.9%" or "1/30"'),
        (None, '"None" is not a share: write it as in "99.9%" or "1/30"'),
        ("most", '"most" is not a share: write it as in "99.9%" or "1/30"'),
        (Decimal("1e3000000"), '"1E+3000000" is not a share: write it as in "99.9%" or "1/30"'),
        ("1/0", '"1/0" divides by nothing: write a share as "1/30" or "99.9%"'),
        ("x/3", f'"x" is not a share: {PLAINLY}'),
        ("-1%", '"-1" is not a share: write it without a sign'),
        ("1e3000000%", '"1e3000000" is not a share: write it out, without an exponent'),
    ],
)
def test_a_share_without_its_sign_is_refused_with_the_string_to_write(value: object, words: str) -> None:
    """0.999 and 99.9 are both plausible, so a bare number is neither."""
    assert complaint(parse_share, value) == words


def test_an_integer_too_long_to_print_is_refused_all_the_same() -> None:
    assert "is not a share" in complaint(parse_share, 10**5000)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("1200.00", 1200),
        ("1200.00 EUR", 1200),
        ("0.005  EUR", Fraction(1, 200)),
        (Decimal("1200.10"), Fraction(12001, 10)),
        (Decimal("0.0000001"), Fraction(1, 10**7)),
        (1200, 1200),
        (0, 0),
    ],
)
def test_an_amount_is_exact(value: str | int | Decimal, amount: Fraction) -> None:
    assert parse_amount(value, "EUR") == amount


DISAGREES = 'does not agree with the currency EUR: write it as in "1200.00 EUR", or change the currency'


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1200 USD", f'"1200 USD" {DISAGREES}'),
        ("EUR 1200", f'"EUR 1200" {DISAGREES}'),
        ("-5", '"-5" is not an amount: write it without a sign'),
        (-5, '"-5" is not an amount: write it without a sign'),
        (Decimal("-0.01"), '"-0.01" is not an amount: write it without a sign'),
        ("1,200.00", f'"1,200.00" is not an amount: {PLAINLY}'),
        (Decimal("1e3000000"), '"1E+3000000" is not an amount: write it out, without an exponent'),
        (Decimal("NaN"), f'"NaN" is not an amount: {PLAINLY}'),
        (True, f'"true" is not an amount: {PLAINLY}'),
    ],
)
def test_an_amount_that_could_mean_something_else_is_refused(value: str | int | Decimal, words: str) -> None:
    assert complaint(parse_amount, value, "EUR") == words


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("500ms", 500),
        ("90s", 90 * SECOND),
        ("10m", 10 * MINUTE),
        ("4h30m", 4 * HOUR + 30 * MINUTE),
        ("1h2m3s4ms", HOUR + 2 * MINUTE + 3 * SECOND + 4),
        ("1 day", DAY),
        ("2 days", 2 * DAY),
        ("1 week", 7 * DAY),
        (" 48h ", 48 * HOUR),
    ],
)
def test_a_duration_has_its_units(text: str, length: int) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (30, '"30" is not a duration: write its unit, as in "30s" or "30m"'),
        ("30", '"30" is not a duration: write its unit, as in "30s" or "30m"'),
        ("5 minutes", '"5 minutes" is not a duration: write "5m"'),
        ("90 s", '"90 s" is not a duration: write "90s"'),
        ("1d", '"1d" is not a duration: write "1 day"'),
        ("2 Weeks", '"2 Weeks" is not a duration: write "2 weeks"'),
        ("0s", '"0s" is no time at all: write more than nothing, as in "30s"'),
        ("0 days", '"0 days" is no time at all: write more than nothing, as in "30s"'),
        (
            "999999999999999999 weeks",
            '"999999999999999999 weeks" is more than a hundred years: write at most "36500 days"',
        ),
    ],
)
def test_a_duration_written_otherwise_is_refused_with_what_to_write(value: object, words: str) -> None:
    assert complaint(parse_duration, value) == words


@pytest.mark.parametrize(
    "value", ["", "soon", "1.5h", "30m4h", "-5m", "4 business hours", "1e9s", None, "9" * 10**6]
)
def test_what_is_no_duration_at_all_is_shown_three_that_are(value: object) -> None:
    words = complaint(parse_duration, value)
    assert words.endswith(
        'is not a duration: write whole numbers with their units, as in "90s", "4h30m" or "2 days"'
    )
    assert len(words) < 160


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("< 99.9%", (Bound("<", Fraction(999, 1000)),)),
        ("<99.9%", (Bound("<", Fraction(999, 1000)),)),
        (">= 99%", (Bound(">=", Fraction(99, 100)),)),
        ("= 100%", (Bound("=", Fraction(1)),)),
        ("< 99.9%, >= 99.0%", (Bound("<", Fraction(999, 1000)), Bound(">=", Fraction(99, 100)))),
        ("> 1/4, <= 1/2", (Bound(">", Fraction(1, 4)), Bound("<=", Fraction(1, 2)))),
        ("<= 99%, >= 99%", (Bound("<=", Fraction(99, 100)), Bound(">=", Fraction(99, 100)))),
    ],
)
def test_a_row_has_one_bound_or_two(text: str, bounds: tuple[Bound, ...]) -> None:
    assert parse_share_bounds(text) == bounds


NO_RANGE = 'is no range: write an upper and a lower bound, as in "< 99.9%, >= 99%"'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("99.9%", '"99.9%" has no bound: write "< 99.9%" or "<= 99.9%"'),
        ("", '"" has no bound: write "< 99.9%" or "<= 99.9%"'),
        ("=> 99%", '"=> 99%" has no bound that is read here: write ">= 99%"'),
        ("≤ 99%", '"≤ 99%" has no bound that is read here: write "<= 99%"'),
        ("< 99", '99 is not a share: write "99%"'),
        ("< 99%, < 98%", f'"< 99%, < 98%" {NO_RANGE}'),
        ("= 99%, < 98%", f'"= 99%, < 98%" {NO_RANGE}'),
        ("> 99%, > 98%", f'"> 99%, > 98%" {NO_RANGE}'),
        ("< 99%, >= 99%", '"< 99%, >= 99%" holds for no figure: write the lower bound below the upper one'),
        ("< 98%, >= 99%", '"< 98%, >= 99%" holds for no figure: write the lower bound below the upper one'),
        (
            "< 99%, > 98%, > 97%",
            '"< 99%, > 98%, > 97%" has more than two bounds: write as in "< 99.9%, >= 99.0%"',
        ),
    ],
)
def test_a_row_that_bounds_nothing_is_refused(text: str, words: str) -> None:
    assert complaint(parse_share_bounds, text) == words


def test_a_bound_on_a_duration_says_whether_the_edge_counts() -> None:
    assert parse_duration_bound("> 5m") == (">", 5 * MINUTE)
    assert parse_duration_bound(">= 10m") == (">=", 10 * MINUTE)
    assert parse_duration_bound("<3h") == ("<", 3 * HOUR)


def test_a_duration_without_its_bound_is_asked_about_its_edge() -> None:
    question = '"5m" has no bound: write "> 5m" or ">= 5m" (does exactly 5m count?)'
    assert complaint(parse_duration_bound, "5m") == question
    assert complaint(parse_duration_bound, ">") == question.replace('"5m" has', '">" has')


@pytest.mark.parametrize(
    ("sign", "below", "at", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        ("=", False, True, False),
        (">=", False, True, True),
        (">", False, False, True),
    ],
)
def test_a_bound_decides_at_its_edge(sign: str, below: bool, at: bool, above: bool) -> None:
    (bound,) = parse_share_bounds(f"{sign} 99.9%")
    edge, step = Fraction(999, 1000), Fraction(1, 10**30)
    assert [bound.holds(edge - step), bound.holds(edge), bound.holds(edge + step)] == [below, at, above]


# --- rows, metrics and money ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("00:10:01", 601 * SECOND),
        ("120:00:00", 120 * HOUR),
        ("0s", 0),
        ("4h30m", 270 * MINUTE),
        ("1 day", DAY),
    ],
)
def test_a_time_may_be_nothing_and_may_be_written_as_a_clock_has_it(text: str, ms: int) -> None:
    assert parse_time(text) == ms


@pytest.mark.parametrize("text", ["00:60:00", "10:01", "1:00:00:00", "", "soon"])
def test_a_time_on_no_clock_is_refused(text: str) -> None:
    assert "is not a duration" in complaint(parse_time, text)


def test_a_count_is_a_whole_number() -> None:
    assert parse_count(" 3 ") == 3
    assert complaint(parse_count, "2.5") == '"2.5" is not a count: write a whole number, as in "3"'


def test_a_metric_has_its_unit_apart() -> None:
    assert parse_measured("45 ms") == (45, "ms")
    assert parse_measured("0.1 points per day") == (Fraction(1, 10), "points per day")
    for text in ("45ms", "45", "ms 45", ""):
        assert "is not a number with its unit" in complaint(parse_measured, text)


def test_money_has_its_currency_apart() -> None:
    assert parse_money("9.76 GBP") == (Fraction(244, 25), "GBP")
    for value in ("9.76", "9.76 gbp", "GBP 9.76", 9):
        assert "is not an amount with its currency" in complaint(parse_money, value)


def test_a_bound_on_money_has_its_sign() -> None:
    assert parse_money_bound("> 1.00 USD") == (">", 1, "USD")
    assert "has no bound" in complaint(parse_money_bound, "1.00 USD")


def test_bounds_may_be_of_any_number() -> None:
    assert parse_bounds(">= 2, < 4", parse_count) == (Bound(">=", Fraction(2)), Bound("<", Fraction(4)))
    assert "holds for no figure" in complaint(parse_bounds, ">= 4, < 2", parse_count)

"""The one rounding, to the minor unit of each currency."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iso4217 import Currency

from monitor.core.money import EVERYDAY, Amount, Money, Rounding, minor_digits, round_fraction


@pytest.mark.parametrize(
    ("value", "half_up", "half_even", "down", "up"),
    [
        ("0", 0, 0, 0, 0),
        ("0.1", 0, 0, 0, 1),
        ("0.5", 1, 0, 0, 1),
        ("1.5", 2, 2, 1, 2),
        ("2.5", 3, 2, 2, 3),
        ("2.500001", 3, 3, 2, 3),
        ("2.499999", 2, 2, 2, 3),
        ("7", 7, 7, 7, 7),
        ("-0.5", -1, 0, 0, -1),
        ("-2.5", -3, -2, -2, -3),
        ("-2.6", -3, -3, -2, -3),
        ("-2.1", -2, -2, -2, -3),
    ],
)
def test_the_four_roundings(value: str, half_up: int, half_even: int, down: int, up: int) -> None:
    """Half-up and up go away from zero, down goes towards it."""
    exact = Fraction(value)
    assert round_fraction(exact, "half-up") == half_up
    assert round_fraction(exact, "half-even") == half_even
    assert round_fraction(exact, "down") == down
    assert round_fraction(exact, "up") == up


@settings(max_examples=100, deadline=None)
@given(st.decimals(-10_000, 10_000, places=3), st.sampled_from(["half-up", "half-even", "down", "up"]))
def test_the_roundings_agree_with_decimal(value: Decimal, rounding: Rounding) -> None:
    modes = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}
    assert round_fraction(Fraction(value), rounding) == int(
        value.quantize(Decimal(1), rounding=modes[rounding])
    )


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "printed"),
    [
        ("120.005", "EUR", 12001, "120.01"),
        ("120.004999", "EUR", 12000, "120.00"),
        ("1.005", "USD", 101, "1.01"),
        ("1234.5", "JPY", 1235, "1235"),
        ("0.0005", "KWD", 1, "0.001"),
        ("12.3454", "KWD", 12345, "12.345"),
        ("-0.005", "EUR", -1, "-0.01"),
    ],
)
def test_an_amount_is_whole_minor_units(amount: str, currency: str, minor: int, printed: str) -> None:
    rounded = Money(Fraction(amount), currency).round()
    assert rounded == Amount(minor, currency)
    assert str(rounded.decimal) == printed
    assert rounded.exact == Fraction(printed)


def test_just_below_a_half_cent_is_not_a_cent() -> None:
    """Going through a Decimal or a float rounds twice and makes 1.01 of it."""
    below = Fraction("1.005") - Fraction(1, 10**40)
    assert Money(below, "EUR").round().minor == 100


def test_a_third_of_a_fee_three_times_is_the_fee() -> None:
    third = Money(Fraction(100), "EUR") * Fraction(1, 3)
    assert (third + third + third).round() == Amount(10_000, "EUR")


def test_amounts_of_one_currency_add_up() -> None:
    assert Amount(1, "EUR") + Amount(2, "EUR") == Amount(3, "EUR")


def test_currencies_never_mix() -> None:
    with pytest.raises(ValueError, match="EUR and USD do not add up"):
        Money(Fraction(1), "EUR") + Money(Fraction(1), "USD")
    with pytest.raises(ValueError, match="EUR and USD do not add up"):
        Amount(1, "EUR") + Amount(1, "USD")


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_the_minor_unit_is_that_of_iso_4217(code: str, digits: int) -> None:
    assert minor_digits(code) == digits


def test_the_everyday_currencies_are_as_the_table_has_them() -> None:
    assert {code: Currency(code).exponent for code in EVERYDAY} == EVERYDAY


@pytest.mark.parametrize("code", ["EURO", "eur", "", "XAU"])
def test_a_code_that_is_no_money_has_no_minor_unit(code: str) -> None:
    """Gold has a code, and nothing that a credit could be rounded to."""
    with pytest.raises(KeyError):
        minor_digits(code)

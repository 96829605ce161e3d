"""Money: an exact fraction with its currency, until the one rounding makes it an integer of minor units.

Currencies never mix: adding EUR to USD is a ValueError, not a number. Minor units are ISO 4217's.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Literal

from monitor.records import dataclass

Rounding = Literal["half-up", "half-even", "down", "up"]

# What the table of ISO 4217 says of these, without reading its file of three hundred.
EVERYDAY = {
    **dict.fromkeys(("AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "NOK", "PLN", "SEK", "USD"), 2),
    "JPY": 0,
}


@cache
def minor_digits(code: str) -> int:
    """How many decimals `code` has (EUR 2, JPY 0, KWD 3); KeyError where ISO 4217 knows no such currency."""
    if code in EVERYDAY:
        return EVERYDAY[code]
    from iso4217 import Currency as Table

    try:
        digits = Table(code).exponent
    except ValueError:
        raise KeyError(code) from None
    if digits is None:
        raise KeyError(code)
    return int(digits)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount, not yet rounded."""

    amount: Fraction
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return Money(self.amount + other.amount, self.currency)

    def __mul__(self, factor: Fraction | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def round(self, rounding: Rounding = "half-up") -> Amount:
        """The one rounding: to the currency's minor unit."""
        scaled = self.amount * 10 ** minor_digits(self.currency)
        return Amount(round_fraction(scaled, rounding), self.currency)


@dataclass(frozen=True, slots=True)
class Amount:
    """Integer minor units: what is owed, printed and paid."""

    minor: int
    currency: str

    def __add__(self, other: Amount) -> Amount:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return Amount(self.minor + other.minor, self.currency)

    @property
    def decimal(self) -> Decimal:
        """For printing alone."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    @property
    def exact(self) -> Fraction:
        return Fraction(self.minor, 10 ** minor_digits(self.currency))


def round_fraction(value: Fraction, rounding: Rounding) -> int:
    """To an integer; half-up and up go away from zero, down goes towards it."""
    sign = -1 if value < 0 else 1
    whole, rest = divmod(abs(value.numerator), value.denominator)
    twice = 2 * rest
    up = {
        "half-up": twice >= value.denominator,
        "half-even": twice > value.denominator or (twice == value.denominator and whole % 2 == 1),
        "down": False,
        "up": rest > 0,
    }[rounding]
    return sign * (whole + up)

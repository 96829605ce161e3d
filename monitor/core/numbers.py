"""The one parser for numbers that people write: shares, amounts, durations, bounds. Exact and bounded.

Every number is at most 18 digits before and 12 after the point, without sign or exponent: `1e3000000` must
not cost a second. A ValueError's text says what is wrong and what to write instead, without a place; the
caller knows the place.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from monitor.core.intervals import Ms

Operator = Literal["<", "<=", ">", ">=", "="]

COMPARE: dict[Operator, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison with a number: `< 99.9%` is Bound("<", Fraction(999, 1000))."""

    sign: Operator
    value: Fraction

    def holds(self, figure: Fraction) -> bool:
        return COMPARE[self.sign](figure, self.value)


def parse_number(text: str) -> Fraction:
    """`12`, `12.50`; digits and one point."""
    raise NotImplementedError  # core helper


def parse_share(value: object) -> Fraction:
    """`"99.9%"` or `"1/30"`; a bare number is refused, and the error shows the string to write."""
    raise NotImplementedError  # core helper


def parse_amount(value: str | int | Decimal, currency: str) -> Fraction:
    """`1200.00`, `"1200.00"` or `"1200.00 EUR"` (which must agree with `currency`); never negative."""
    raise NotImplementedError  # core helper


def parse_duration(value: object) -> Ms:
    """`"90s"`, `"500ms"`, `"10m"`, `"4h30m"`, `"2 days"` (24 h each), `"1 week"`; more than nothing."""
    raise NotImplementedError  # core helper


def parse_share_bounds(text: str) -> tuple[Bound, ...]:
    """`"< 99.9%"` or `"< 99.9%, >= 99.0%"`: one bound or two, each with its sign."""
    raise NotImplementedError  # core helper


def parse_duration_bound(text: str) -> tuple[Operator, Ms]:
    """`"> 5m"`, `">= 10m"`."""
    raise NotImplementedError  # core helper

"""The one parser for numbers that people write: shares, amounts, durations, bounds. Exact and bounded.

Every number is at most 18 digits before and 12 after the point, without sign or exponent: `1e3000000` must
not cost a second. A ValueError's text says what is wrong and what to write instead, without a place; the
caller knows the place.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms
from monitor.records import dataclass

Operator = Literal["<", "<=", ">", ">=", "="]

COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
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

    def holds(self, figure: Fraction | int) -> bool:
        """Compared as whole numbers, across: that is exact too, and quicker."""
        own = self.value
        return COMPARE[self.sign](figure.numerator * own.denominator, own.numerator * figure.denominator)


LONGEST: Ms = 36_500 * DAY

_NUMBER = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,12}))?")
_CLOCK = re.compile(r"(?:([0-9]{1,18})h)?(?:([0-9]{1,18})m)?(?:([0-9]{1,18})s)?(?:([0-9]{1,18})ms)?")
_CLOCK_UNITS: tuple[Ms, ...] = (HOUR, MINUTE, SECOND, 1)
_HOURS = re.compile(r"([0-9]{1,5}):([0-5][0-9]):([0-5][0-9])")
_CALENDAR = re.compile(r"([0-9]{1,18}) (day|week)s?")
_CALENDAR_UNITS: dict[str, Ms] = {"day": DAY, "week": 7 * DAY}
_BOUND = re.compile(r"(<=|>=|<|>|=)\s*([^<>=].*)", re.DOTALL)
_SIGN: dict[str, Operator] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "="}
_MISWRITTEN_SIGNS = {"=>": ">=", "=<": "<=", "==": "=", "≥": ">=", "≤": "<="}
_MISWRITTEN_UNITS = {
    **dict.fromkeys(("millisecond", "milliseconds", "msec", "ms"), "ms"),
    **dict.fromkeys(("second", "seconds", "sec", "secs", "s"), "s"),
    **dict.fromkeys(("minute", "minutes", "min", "mins", "m"), "m"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), "h"),
    **dict.fromkeys(("day", "days", "d"), " day"),
    **dict.fromkeys(("week", "weeks", "w"), " week"),
}


def parse_number(text: str) -> Fraction:
    """`12`, `12.50`; digits and one point."""
    return _number(text, "a number")


def _number(text: str, noun: str) -> Fraction:
    found = _NUMBER.fullmatch(text)
    if not found:
        raise ValueError(f"{_quoted(text)} is not {noun}: {_instead_of_number(text)}")
    whole, part = found[1], found[2] or ""
    return Fraction(int(whole + part), 10 ** len(part))


def _instead_of_number(text: str) -> str:
    if len(text) > 31 or re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return "write at most 18 digits before the point and 12 after it"
    if text[:1] in ("-", "+", "−"):
        return "write it without a sign"
    if re.fullmatch(r"[0-9.]+[eE][-+]?[0-9]+", text):
        return "write it out, without an exponent"
    return 'write digits and at most one point, as in "1200.50"'


def _quoted(text: str) -> str:
    """As the file has it, but never more than a line of it."""
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}…"'


def _text(value: object) -> str:
    """A value that is no string, as it was written; bounded, as a Decimal may mean a million digits."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 128:
        return hex(value)  # Python refuses to print it in decimals
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return f"{value:f}" if isinstance(exponent, int) and -40 <= exponent <= 0 else str(value)
    return str(value)


def parse_share(value: object) -> Fraction:
    """`"99.9%"` or `"1/30"`; a bare number is refused, and the error shows the string to write."""
    text = value.strip() if isinstance(value, str) else _text(value)
    if isinstance(value, str) and text.endswith("%"):
        return _number(text[:-1].rstrip(), "a share") / 100
    over, slash, under = text.partition("/")
    if not (isinstance(value, str) and slash):
        raise ValueError(_no_share(text))
    denominator = _number(under.strip(), "a share")
    if not denominator:
        raise ValueError(f'{_quoted(text)} divides by nothing: write a share as "1/30" or "99.9%"')
    return _number(over.strip(), "a share") / denominator


def _no_share(text: str) -> str:
    """A bare number could be meant in two ways where it is at most 1."""
    if not _NUMBER.fullmatch(text):
        return f'{_quoted(text)} is not a share: write it as in "99.9%" or "1/30"'
    percent = f'"{text}%"'
    if parse_number(text) <= 1:
        percent = f'"{(Decimal(text) * 100).normalize():f}%" or {percent}, whichever is meant'
    return f"{text} is not a share: write {percent}"


def parse_amount(value: str | int | Decimal, currency: str) -> Fraction:
    """`1200.00`, `"1200.00"` or `"1200.00 EUR"` (which must agree with `currency`); never negative."""
    if not isinstance(value, str):
        return _number(_text(value), "an amount")
    text, _, code = value.strip().partition(" ")
    if code and code.strip() != currency:
        raise ValueError(
            f"{_quoted(value)} does not agree with the currency {currency}: "
            f'write it as in "1200.00 {currency}", or change the currency'
        )
    return _number(text, "an amount")


def parse_duration(value: object) -> Ms:
    """`"90s"`, `"500ms"`, `"10m"`, `"4h30m"`, `"2 days"` (24 h each), `"1 week"`; more than nothing."""
    text = value.strip() if isinstance(value, str) else _text(value)
    length = _length(text)
    if length is None:
        raise ValueError(f"{_quoted(text)} is not a duration: {_instead_of_duration(text)}")
    if not length:
        raise ValueError(f'{_quoted(text)} is no time at all: write more than nothing, as in "30s"')
    if length > LONGEST:
        raise ValueError(f'{_quoted(text)} is more than a hundred years: write at most "36500 days"')
    return length


def _length(text: str) -> Ms | None:
    found = _CALENDAR.fullmatch(text)
    if found:
        return int(found[1]) * _CALENDAR_UNITS[found[2]]
    found = _CLOCK.fullmatch(text)
    if not text or not found:
        return None
    return sum(int(part or 0) * unit for part, unit in zip(found.groups(), _CLOCK_UNITS, strict=True))


def _instead_of_duration(text: str) -> str:
    found = re.fullmatch(r"([0-9]{1,18})\s*([A-Za-z]{0,12})", text)
    unit = _MISWRITTEN_UNITS.get(found[2].lower()) if found else None
    if found and not found[2]:
        return f'write its unit, as in "{text}s" or "{text}m"'
    if found and unit:
        plural = "s" if unit.startswith(" ") and int(found[1]) != 1 else ""
        return f'write "{found[1]}{unit}{plural}"'
    return 'write whole numbers with their units, as in "90s", "4h30m" or "2 days"'


def parse_time(value: object) -> Ms:
    """A duration, or hours, minutes and seconds of a clock, `"00:10:01"`; nothing at all is a time here."""
    text = value.strip() if isinstance(value, str) else _text(value)
    found = _HOURS.fullmatch(text)
    if found:
        return int(found[1]) * HOUR + int(found[2]) * MINUTE + int(found[3]) * SECOND
    return 0 if _length(text) == 0 else parse_duration(text)


def parse_count(text: str) -> Fraction:
    """`3`: a whole number."""
    if not re.fullmatch(r"[0-9]{1,18}", text.strip()):
        raise ValueError(f'{_quoted(text)} is not a count: write a whole number, as in "3"')
    return Fraction(int(text))


def parse_measured(text: str) -> tuple[Fraction, str]:
    """`45 ms`: a number and the unit of a metric."""
    number, _, unit = text.strip().partition(" ")
    if not unit or not _NUMBER.fullmatch(number):
        raise ValueError(f'{_quoted(text)} is not a number with its unit: write it as in "45 ms"')
    return parse_number(number), unit.strip()


def parse_money(value: object) -> tuple[Fraction, str]:
    """`"9.76 GBP"`: an amount with its currency, which is not looked up."""
    text = value.strip() if isinstance(value, str) else _text(value)
    found = re.fullmatch(r"(\S+) ([A-Z]{3})", text)
    if not found:
        raise ValueError(f'{_quoted(text)} is not an amount with its currency: write it as in "9.76 GBP"')
    return _number(found[1], "an amount"), found[2]


def parse_money_bound(value: object) -> tuple[Operator, Fraction, str]:
    """`"> 1.00 USD"`."""
    text = value.strip() if isinstance(value, str) else _text(value)
    sign, rest = _split_bound(text, ">")
    return sign, *parse_money(rest)


def parse_share_bounds(text: str) -> tuple[Bound, ...]:
    """`"< 99.9%"` or `"< 99.9%, >= 99.0%"`: one bound or two, each with its sign."""
    return parse_bounds(text, parse_share)


def parse_bounds(text: str, number: Callable[[str], Fraction | int]) -> tuple[Bound, ...]:
    """One bound or two, each with its sign, of numbers that `number` reads."""
    bounds = tuple(_bound(part.strip(), number) for part in text.split(",", 2))
    if len(bounds) > 2:
        raise ValueError(f'{_quoted(text)} has more than two bounds: write as in "< 99.9%, >= 99.0%"')
    if len(bounds) == 2:
        _check_pair(text, *bounds)
    return bounds


def _bound(text: str, number: Callable[[str], Fraction | int]) -> Bound:
    sign, rest = _split_bound(text, "<")
    return Bound(sign, Fraction(number(rest)))


def _check_pair(text: str, one: Bound, other: Bound) -> None:
    lower, upper = sorted((one, other), key=lambda bound: bound.sign[0] != ">")
    if lower.sign[0] != ">" or upper.sign[0] != "<":
        raise ValueError(
            f'{_quoted(text)} is no range: write an upper and a lower bound, as in "< 99.9%, >= 99%"'
        )
    closed = lower.sign == ">=" and upper.sign == "<="
    if lower.value > upper.value or (lower.value == upper.value and not closed):
        raise ValueError(f"{_quoted(text)} holds for no figure: write the lower bound below the upper one")


def parse_duration_bound(text: str) -> tuple[Operator, Ms]:
    """`"> 5m"`, `">= 10m"`."""
    sign, rest = _split_bound(text.strip(), ">", question=True)
    return sign, parse_duration(rest)


def _split_bound(text: str, likely: str, *, question: bool = False) -> tuple[Operator, str]:
    """The sign and what follows it; `likely` is the sign that the error proposes."""
    found = _BOUND.fullmatch(text)
    if found:
        return _SIGN[found[1]], found[2]
    for wrong, right in _MISWRITTEN_SIGNS.items():
        if text.startswith(wrong):
            rest = text[len(wrong) :].strip()
            raise ValueError(
                f"{_quoted(text)} has no bound that is read here: write {_quoted(f'{right} {rest}')}"
            )
    bare = text.lstrip("<>= ") or ("5m" if question else "99.9%")
    doubt = f" (does exactly {bare} count?)" if question and len(bare) <= 12 else ""
    proposals = f"{_quoted(f'{likely} {bare}')} or {_quoted(f'{likely}= {bare}')}"
    raise ValueError(f"{_quoted(text)} has no bound: write {proposals}{doubt}")

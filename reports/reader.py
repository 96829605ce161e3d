"""PURE. Typed access to the values of a line of workings, in a style."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

from monitor.agreements.pipeline import Value
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.numbers import Operator
from monitor.records import dataclass
from reports import format as f
from reports.format import PAGE, Style
from reports.sentences import SIGNS


@dataclass(frozen=True, slots=True)
class Reader:
    """Typed access to a line's values; a TypeError or KeyError lets the line be printed as it stands."""

    values: Mapping[str, Value]
    style: Style
    letters: Mapping[str, str]

    def ms(self, key: str) -> Ms:
        value = self.values[key]
        if isinstance(value, Fraction) and value.denominator == 1:
            return value.numerator
        if not isinstance(value, int):
            raise TypeError(key)
        return value

    def exact(self, key: str) -> Fraction:
        value = self.values[key]
        if isinstance(value, str):
            raise TypeError(key)
        return Fraction(value)

    def text(self, key: str) -> str:
        return f.clean(str(self.values[key]))

    def sign(self, key: str) -> Operator:
        sign = self.text(key)
        if sign not in SIGNS:
            raise ValueError(sign)
        return sign

    def yes(self, key: str) -> bool:
        return self.text(key).lower() in {"1", "yes", "true"}

    def span(self) -> Span:
        return Span(self.ms("start"), self.ms("end"))

    def duration(self, key: str) -> str:
        return f.duration(self.ms(key), self.style)

    def less(self, key: str) -> str:
        return f.less(self.ms(key), self.style)

    def share(self, key: str) -> str:
        return f.share(self.exact(key), self.style)

    def money(self, key: str) -> str:
        return f.money(Money(self.exact(key), self.text("currency")), self.style)

    def minor(self, key: str) -> Amount:
        return Amount(self.ms(key), self.text("currency"))

    def money_or_nothing(self, key: str) -> str:
        return self.money(key) if key in self.values else ""

    def time(self, key: str) -> str:
        """A time that may be no whole ms: cut off, and marked so."""
        value = self.exact(key)
        whole = value.numerator // value.denominator
        return f.duration(whole, self.style) + ("" if whole == value else self.style.more)

    def count(self, key: str) -> str:
        return f.number(self.exact(key), self.style)


Words = tuple[str, str]
Speaker = Callable[[Reader], Words]


def bounds_in_words(row: str, style: Style = PAGE) -> str:
    """`< 99.9%, >= 99.0%` as `below 99.9 %, at least 99.0 %`; anything that is no bound stays as it is."""

    def said(found: re.Match[str]) -> str:
        percent = f"{style.thin}%" if found[3] else ""
        return f"{SIGNS[cast(Operator, found[1])]} {found[2]}{percent}"

    return re.sub(r"(<=|>=|<|>|=)\s*(\d[\w.:]*)(\s*%)?", said, row)

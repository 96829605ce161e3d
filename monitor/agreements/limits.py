"""Base, cap, rounding: shares become money, money is limited, and is rounded once. In the tuple's order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache, reduce
from operator import add

from monitor.agreements.pipeline import Case, Due, Line, Priced
from monitor.agreements.words import share
from monitor.core.intervals import Ms, normalise
from monitor.core.money import Money, Rounding
from monitor.core.periods import local


def fee(case: Case) -> Money:
    """The fee of the period: the exact sum of its lines. ValueError without one, or for two currencies."""
    lines = case.fees["period"]
    if not lines:
        raise ValueError("a case needs a fee line, even of nothing: it says the currency")
    return reduce(add, (line.money for line in lines))


@dataclass(frozen=True, slots=True)
class Base:
    """Shares are shares of the fee of the period."""

    def __call__(self, priced: Priced, case: Case) -> Priced:
        base = fee(case)
        dues = tuple(_money(due, base) for due in priced.dues)
        shares = tuple(
            Line("limits", "share", {"share": before.amount, **_amount(after)})
            for before, after in zip(priced.dues, dues, strict=True)
            if before.kind == "share"
        )
        return replace(priced, dues=dues, lines=(*priced.lines, _fee_line(case, base), *shares))

    def say(self) -> str:
        return (
            "A fee that changes inside the month, or does not run through all of it, is weighted by its days."
        )


@dataclass(frozen=True, slots=True)
class Cap:
    """Money of the period in total is at most this share of its fee."""

    share: Fraction

    def __call__(self, priced: Priced, case: Case) -> Priced:
        if not priced.dues:
            return priced
        due, most = _sum(priced), fee(case) * self.share
        reached = due.amount >= most.amount
        line = Line(
            "limits",
            "cap",
            {
                "share": self.share,
                "amount": most.amount,
                "currency": most.currency,
                "reached": "yes" if reached else "no",
            },
        )
        capped = Due("money", most.amount if reached else due.amount, due.of, due.cause)
        return replace(priced, dues=(capped,), lines=(*priced.lines, line))

    def say(self) -> str:
        return f"The credit never exceeds {share(self.share)} of the month's fee."


@dataclass(frozen=True, slots=True)
class NoCap:
    """Nothing limits the credit."""

    def __call__(self, priced: Priced, case: Case) -> Priced:
        return priced

    def say(self) -> str:
        return "Nothing limits the credit."


@dataclass(frozen=True, slots=True)
class Round:
    """The one rounding, of the sum, to the currency's minor unit: exact in whole minor units after it."""

    mode: Rounding = "half-up"

    def __call__(self, priced: Priced, case: Case) -> Priced:
        if not priced.dues:
            return priced
        due = _sum(priced)
        rounded = Money(due.amount, due.of).round(self.mode)
        line = Line(
            "rounding",
            "round",
            {"before": due.amount, "minor": rounded.minor, "mode": self.mode, "currency": due.of},
        )
        done = Due("money", rounded.exact, due.of, due.cause)
        return replace(priced, dues=(done,), lines=(*priced.lines, line))

    def say(self) -> str:
        return f"It is rounded once, {self.mode}, to the smallest unit of the currency."


def _money(due: Due, base: Money) -> Due:
    if due.kind == "money":
        return due
    if due.kind != "share":
        raise ValueError(f"this base prices shares, not {due.kind}")
    return Due("money", base.amount * due.amount, base.currency, due.cause)


def _amount(due: Due) -> dict[str, Fraction | str]:
    return {"amount": due.amount, "currency": due.of}


def _sum(priced: Priced) -> Due:
    """All dues as one; they are money by now, and of one currency."""
    money = reduce(add, (Money(due.amount, due.of) for due in priced.dues))
    return Due("money", money.amount, money.currency, ", ".join(due.cause for due in priced.dues))


def _fee_line(case: Case, base: Money) -> Line:
    zone, whole = case.period.zone, case.period.span
    paid = sum(
        _days(span.start, span.end, zone) for span in normalise(line.span for line in case.fees["period"])
    )
    of = _days(whole.start, whole.end, zone)
    return Line("base", "fee", {"amount": base.amount, "currency": base.currency, "days": paid, "of": of})


@lru_cache(maxsize=256)
def _days(start: Ms, end: Ms, zone: str) -> int:
    """How many local days a span touches."""
    first, last = local(start, zone).date(), local(end - 1, zone).date()
    return (last - first) // timedelta(days=1) + 1

"""The end of the way: is it enough to be paid, the one rounding, and what is kept until it is more.

A credit is rounded once, to the currency's minor unit, at the line that the contract names; sums above that
line add rounded amounts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from operator import add

from monitor.agreements.counts import incident
from monitor.agreements.pipeline import Case, Due, Line, Priced, Value
from monitor.agreements.terms import Line as At
from monitor.core.money import Money, Rounding
from monitor.core.numbers import COMPARE, Operator
from monitor.records import dataclass

NOTHING = Fraction(0)

_KEYS: dict[str, Callable[[Due], Hashable]] = {
    "outage": incident,
    "resource": lambda due: due.lane,
}


@dataclass(frozen=True, slots=True)
class Round:
    """The one rounding, of each line's sum, to the currency's minor unit: whole minor units after it.

    Where the line is the outage, events alike are a line each. `again` says that finer lines were rounded
    before, so that only a limit leaves anything to round.
    """

    mode: Rounding = "half-up"
    line: At = "agreement"
    again: bool = False

    def __call__(self, priced: Priced, case: Case) -> Priced:
        groups: dict[Hashable, list[Due]] = {}
        for due in priced.dues:
            if due.kind == "money":
                groups.setdefault(_KEYS.get(self.line, _all)(due), []).append(due)
        if not groups:
            return priced
        found = [self._one(dues) for dues in groups.values()]
        others = (due for due in priced.dues if due.kind != "money")
        return replace(
            priced,
            dues=(*(due for due, _ in found), *others),
            lines=(*priced.lines, *(line for _, line in found)),
            apart=None if self.line in _KEYS else _apart(priced),
        )

    def _one(self, dues: list[Due]) -> tuple[Due, Line]:
        due, alike = together(dues), dues[0].alike if self.line == "outage" else 1
        rounded = Money(due.amount / alike, due.of).round(self.mode)
        values: dict[str, Value] = {
            "before": due.amount,
            "minor": rounded.minor * alike,
            "mode": self.mode,
            "currency": due.of,
        }
        return replace(due, amount=rounded.exact * alike), Line("rounding", "round", values)

    def say(self) -> str:
        if self.line in ("outage", "resource", "promise"):
            return f"Each {self.line}'s credit is rounded, {self.mode}, to the smallest unit of the currency."
        if self.again:
            return f"What the limits leave is rounded in the same way, {self.mode}."
        return f"It is rounded once, {self.mode}, to the smallest unit of the currency."


def _all(due: Due) -> str:
    return ""


def _apart(priced: Priced) -> tuple[Due, ...]:
    return priced.dues if priced.apart is None else priced.apart


def together(dues: list[Due]) -> Due:
    """Dues of money as one; ValueError for two currencies."""
    if len(dues) == 1:
        return dues[0]
    money = reduce(add, (Money(due.amount, due.of) for due in dues))
    causes = ", ".join(dict.fromkeys(due.cause for due in dues))
    lanes, outages = {due.lane for due in dues}, {due.outage for due in dues}
    whose = {due.resource for due in dues}
    return Due(
        "money",
        money.amount,
        money.currency,
        causes,
        outage=outages.pop() if len(outages) == 1 else "",
        at=min((due.at for due in dues if due.at is not None), default=None),
        lane=lanes.pop() if len(lanes) == 1 else "",
        resource=whose.pop() if len(whose) == 1 else "",
    )


def sum_of(priced: Priced) -> Fraction:
    """The money that is due."""
    return sum((due.amount for due in priced.dues if due.kind == "money"), NOTHING)


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """Too little is nothing; asked of the exact sum, before it is rounded."""

    sign: Operator
    least: Money

    def __call__(self, priced: Priced, case: Case) -> Priced:
        due = sum_of(priced)
        if not due or COMPARE[self.sign](due, self.least.amount):
            return priced
        left = tuple(replace(due, amount=NOTHING) if due.kind == "money" else due for due in priced.dues)
        values: dict[str, Value] = {
            "amount": due,
            "sign": self.sign,
            "least": self.least.amount,
            "currency": self.least.currency,
        }
        line = Line("limits", "only_if", values)
        return replace(priced, dues=left, lines=(*priced.lines, line), limited_by=self._text)

    @property
    def _text(self) -> str:
        return f"{self.sign} {_plain(self.least)}"

    def say(self) -> str:
        words = {">": "more than", ">=": "at least"}.get(self.sign, self.sign)
        return f"It is only paid if it is {words} {_plain(self.least)}, before it is rounded."


@dataclass(frozen=True, slots=True)
class RaisedTo:
    """A credit that is less is raised to this."""

    least: Money

    def __call__(self, priced: Priced, case: Case) -> Priced:
        due = sum_of(priced)
        if not 0 < due < self.least.amount:
            return priced
        money = [due for due in priced.dues if due.kind == "money"]
        others = tuple(due for due in priced.dues if due.kind != "money")
        raised = replace(together(money), amount=self.least.amount)
        values: dict[str, Value] = {
            "amount": due,
            "least": self.least.amount,
            "currency": self.least.currency,
        }
        line = Line("limits", "raised_to", values)
        return replace(priced, dues=(raised, *others), lines=(*priced.lines, line), apart=_apart(priced))

    def say(self) -> str:
        return f"A smaller credit is raised to {_plain(self.least)}."


@dataclass(frozen=True, slots=True)
class HeldUntil:
    """Credits are kept until they reach an amount together, and are then paid together.

    The history holds what each period earned, so what was kept since the last payment is known from it.
    """

    least: Money

    def __call__(self, priced: Priced, case: Case) -> Priced:
        earned = sum_of(priced)
        kept = self._kept(case)
        paid = earned + kept if earned + kept >= self.least.amount else NOTHING
        values: dict[str, Value] = {
            "earned": earned,
            "kept": kept,
            "least": self.least.amount,
            "currency": self.least.currency,
        }
        return replace(
            priced,
            dues=_paying(priced, paid, case),
            lines=(*priced.lines, Line("limits", "held_until", values)),
            earned=earned,
            held=not paid and bool(earned),
            limited_by=f"held until {_plain(self.least)}" if earned and not paid else priced.limited_by,
        )

    def _kept(self, case: Case) -> Fraction:
        kept, seen = NOTHING, set[str]()
        for past in case.history:
            if past.period not in seen:
                seen.add(past.period)
                kept += past.credit or NOTHING
                kept = NOTHING if kept >= self.least.amount else kept
        return kept

    def say(self) -> str:
        return f"Credits are kept until they reach {_plain(self.least)} together."


def _paying(priced: Priced, paid: Fraction, case: Case) -> tuple[Due, ...]:
    money = [due for due in priced.dues if due.kind == "money"]
    others = tuple(due for due in priced.dues if due.kind != "money")
    if not money and not paid:
        return others
    due = together(money) if money else Due("money", NOTHING, case.fees.currency, "kept until now")
    return (replace(due, amount=paid), *others)


def _plain(money: Money) -> str:
    return f"{money.round().decimal} {money.currency}"

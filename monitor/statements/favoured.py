"""Credits that are not added: of agreements that say so of each other the greater one applies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from monitor.config.plan import Plan
from monitor.core.money import Amount
from monitor.core.periods import Period
from monitor.records import dataclass


class Priced(Protocol):
    """Whatever holds one agreement's credit of a period."""

    @property
    def agreement(self) -> str: ...
    @property
    def period(self) -> Period | None: ...
    @property
    def credit(self) -> Amount | None: ...


@dataclass(frozen=True, slots=True)
class Credited:
    """An agreement's credit of a period, and nothing else of it."""

    agreement: str
    period: Period | None
    credit: Amount | None


P = TypeVar("P", bound=Priced)


def favoured(plan: Plan, mine: P, found: Sequence[P]) -> str:
    """The agreement whose credit for the same period applies in place of this one; "" for none.

    Of two that are alike the first applies.
    """
    if mine.credit is None:
        return ""
    for other in found:
        if other.credit is None or other.period != mine.period or not _exclude(plan, mine, other):
            continue
        if other.credit.minor > mine.credit.minor:
            return other.agreement
        if other.credit == mine.credit and found.index(other) < found.index(mine):
            return other.agreement
    return ""


def _exclude(plan: Plan, one: Priced, other: Priced) -> bool:
    """Whether the credits of two agreements are not added."""
    first, second = plan.agreements[one.agreement], plan.agreements[other.agreement]
    return first is not second and (second.id in first.not_with or first.id in second.not_with)

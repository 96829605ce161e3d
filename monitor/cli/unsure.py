"""What commands that speak of money say of terms whose figures nobody has held against the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.config.plan import Plan


def unverified(plan: Plan, agreement: str) -> tuple[str, ...]:
    """The stages of an agreement's terms, or a shadow's, that are not verified; none of one that is gone."""
    beside = {each.agreement.id: each.agreement for found in plan.shadows.values() for each in found}
    found = plan.agreements.get(agreement) or beside.get(agreement)
    return found.unverified if found is not None else ()


def told(plan: Plan, agreements: Iterable[str]) -> list[str]:
    """A line for each agreement that rests on such terms, under an empty one; none where none does."""
    return lines({id: unverified(plan, id) for id in agreements})


def lines(stages: Mapping[str, Sequence[str]]) -> list[str]:
    """The same of stages by agreement."""
    found = [f"Not verified against the contract: {', '.join(s)} ({id})." for id, s in stages.items() if s]
    return ["", *found] if found else []

"""Whether the terms of a contract look at the periods before the one that is settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass

from monitor.agreements.terms import Allowance, Cap, ContractTerms, LimitsTerms, Terms

WITHIN = ("outage", "day", "week", "period")
"""Spans that no earlier period has a part in, or none that its history could tell."""
COUNTED = ("missed periods", "consecutive misses")


def looks_back(terms: ContractTerms) -> bool:
    """Whether anything in them asks for the history."""
    points = _nodes(terms.points) if terms.points else ()
    return bool(terms.termination) or any(map(_counts_periods, points)) or any(_reasons(terms))


def _reasons(terms: ContractTerms) -> Iterator[bool]:
    for _, promise in terms.promises:
        every = promise.period.every
        yield promise.formula.mean_of_last is not None
        yield _over_several(promise)
        yield any(_wider(each, every) for rule in promise.exclude for each in rule.at_most)
        yield _limits(promise.limits, every)
    yield _limits(terms.limits, terms.promises[0][1].period.every)


def _limits(limits: LimitsTerms | None, every: str) -> bool:
    if limits is None:
        return False
    return limits.held_until is not None or any(_wider(cap, every) for cap in limits.at_most)


def _wider(limit: Allowance | Cap, every: str) -> bool:
    return limit.per not in WITHIN and (limit.per, every) != ("month", "calendar month")


def _over_several(promise: Terms) -> bool:
    return any(_counts_periods(node) for node in _nodes(promise.credits))


def _counts_periods(node: object) -> bool:
    return (getattr(node, "over", None) or 1) > 1 or getattr(node, "by", "") in COUNTED


def _nodes(node: object) -> Iterator[object]:
    """A schedule and all that stands in it."""
    if isinstance(node, tuple):
        for each in node:
            yield from _nodes(each)
    elif is_dataclass(node):
        yield node
        for name in node.__dataclass_fields__:
            yield from _nodes(getattr(node, name))

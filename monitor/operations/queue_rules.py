"""PURE. What the team says is to be done first: rules over what is known of a ticket and its next breach.

A rule holds where all that it names does. They stand in order: what meets the first comes first, then what
meets the second, and what meets none is last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from fractions import Fraction
from typing import Final

from monitor.core.intervals import Ms
from monitor.core.money import Amount
from monitor.core.numbers import Bound
from monitor.operations.rules import MoneyBound
from monitor.records import dataclass

FIELDS: Final = (
    "priority", "segment", "channel", "customer", "service", "agreement", "promise", "source",
)  # fmt: skip
"""What a rule may ask of a ticket by name; its other columns stand under `columns`."""


@dataclass(frozen=True, slots=True)
class LeftBound:
    """A bound on the time that is left, in ms: on the promise's own clock, or on everybody's.

    `text` is how it is written.
    """

    bound: Bound
    own_clock: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class First:
    """One rule: all that must hold at once; `text` is how it is written.

    `words` are (field, any of these), `columns` the same of other columns; `used` is of the share of the time
    allowed that is gone.
    """

    text: str
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    left: LeftBound | None = None
    used: Bound | None = None
    money: MoneyBound | None = None


@dataclass(frozen=True, slots=True)
class QueueRules:
    """What comes first, the first rule before the second."""

    first: tuple[First, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a ticket and its next breach.

    `left` is on the promise's own clock, `until` on everybody's, both in ms. The `costs` of the breach by
    currency are asked for only where a rule needs them.
    """

    words: Mapping[str, str]
    columns: Mapping[str, str]
    left: Ms
    until: Ms
    used: Fraction
    costs: Callable[[], Amount | None] = field(compare=False)


def placed(rules: QueueRules, facts: Facts) -> int | None:
    """The place of the first rule that holds, from 0; None where none does."""
    return next((place for place, rule in enumerate(rules.first) if holds(rule, facts)), None)


def holds(rule: First, facts: Facts) -> bool:
    """Whether all that a rule names holds; money is asked for last."""
    return (
        _said(rule.words, facts.words)
        and _said(rule.columns, facts.columns)
        and _left(rule.left, facts)
        and (rule.used is None or rule.used.holds(facts.used))
        and _costs(rule.money, facts)
    )


def _said(wanted: Collection[tuple[str, tuple[str, ...]]], known: Mapping[str, str]) -> bool:
    return all(known.get(name, "") in values for name, values in wanted)


def _left(bound: LeftBound | None, facts: Facts) -> bool:
    return bound is None or bound.bound.holds(facts.left if bound.own_clock else facts.until)


def _costs(bound: MoneyBound | None, facts: Facts) -> bool:
    if bound is None:
        return True
    costs = facts.costs()
    return costs is not None and bound.holds({costs.currency: costs.exact})

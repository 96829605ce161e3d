"""Rows of evidence by the resource they belong to. Nothing here knows a kind of evidence.

A resource that the service names counts even where no row mentions it: it existed, and nothing happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import Protocol, TypeVar

from monitor.agreements.evidence import SERVICE, Evidence, Recorded
from monitor.agreements.pipeline import Case
from monitor.agreements.terms import Only
from monitor.core.intervals import Ms, Span, Spans, normalise


class Row(Protocol):
    """A row that names its resource ("" where the file has no such column)."""

    @property
    def resource(self) -> str: ...


R = TypeVar("R", bound=Row)


ALWAYS = (Span(-(10**15), 10**15),)
"""The life of a resource of which nothing is known."""


def until(as_of: Ms) -> tuple[Span]:
    """All time up to an instant."""
    return (Span(min(0, as_of), as_of),)


def by_lane(rows: Iterable[R], case: Case) -> tuple[tuple[str, Spans, Sequence[R]], ...]:
    """Each resource with its life and its rows in their order.

    A row without a resource is of the only one, or of the service. A resource of which the evidence knows no
    life existed throughout.
    """
    lives = _lives(case.evidence)
    unnamed = next(iter(lives)) if len(lives) == 1 else SERVICE
    found: dict[str, list[R]] = {lane: [] for lane in lives}
    for row in rows:
        found.setdefault(row.resource or unnamed, []).append(row)
    return tuple((lane, lives.get(lane, ALWAYS), own) for lane, own in (found or {SERVICE: []}).items())


def _lives(evidence: Evidence) -> dict[str, Spans]:
    if evidence.life:
        return {lane: normalise(life) for lane, life in evidence.life.items()}
    return {
        lane: normalise(each.life) if isinstance(each, Recorded) else each.base
        for lane, each in evidence.resources.items()
    }


def chosen(only: Only, columns: dict[str, str]) -> bool:
    """Whether a row is considered: it has one of the values said for each column."""
    wanted: dict[str, set[str]] = {}
    for name, value in only:
        wanted.setdefault(name, set()).add(value)
    return all(columns.get(name) in values for name, values in wanted.items())


def say_only(only: Only) -> str:
    """`; only what has class "api" is looked at`, or nothing."""
    if not only:
        return ""
    return "; only what has " + " and ".join(f'{name} "{value}"' for name, value in only) + " is looked at"


def scale(numbers: Iterable[Fraction]) -> int:
    """The least whole number that makes all of these whole."""
    return lcm(*{number.denominator for number in numbers})

"""A service is an expression over endpoints: all, any, at least k of n, not. Three states go in and come out.

all: down if any is down, else unknown if any is, else up. any: up if any is up, else unknown if any is,
else down. at least k of n: up if k are up; down if more than n - k are down; else unknown. `not` swaps up
and down and keeps unknown. An operand that does not exist at an instant is left out of the expression, and
with none left the time is not in the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.core.intervals import Span, Spans
from monitor.core.timeline import Segment


@dataclass(frozen=True, slots=True)
class Leaf:
    """One endpoint by its key."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Up while at least `k` of the operands are up; `k` None means all of those that exist."""

    k: int | None
    of: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The other way round."""

    operand: Expression


Expression = Leaf | AtLeast | Not


def endpoints(expression: Expression) -> tuple[str, ...]:
    """The endpoints an expression reads, each once, in order of first mention."""
    raise NotImplementedError  # core helper


@dataclass(frozen=True, slots=True)
class ServiceTimeline:
    """The states of a service: `segments` partition `base`, the time in which any operand existed."""

    base: Spans
    segments: tuple[Segment, ...]


def service_timeline(
    expression: Expression,
    lanes: Mapping[str, Sequence[Segment]],
    life: Mapping[str, Spans],
    span: Span,
) -> ServiceTimeline:
    """Combine lane timelines (by endpoint key) into the service's, within `span`.

    `lanes[e]` partitions `span`; `life[e]` is when the endpoint existed.
    """
    raise NotImplementedError  # core helper

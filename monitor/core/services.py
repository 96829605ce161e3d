"""A service is an expression over endpoints: all, any, at least k of n, not. Three states go in and come out.

all: down if any is down, else unknown if any is, else up. any: up if any is up, else unknown if any is,
else down. at least k of n: up if k are up; down if more than n - k are down; else unknown. `not` swaps up
and down and keeps unknown. An operand that does not exist at an instant is left out of the expression, and
with none left the time is not in the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby
from operator import itemgetter

from monitor.core.checks import Reason, State
from monitor.core.intervals import Ms, Span, Spans, intersect, normalise
from monitor.core.timeline import Segment, clip_segments, covered, downtimes, join_segments
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Leaf:
    """One endpoint by its key."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Up while at least `k` of the operands are up; `k` None means all of those that exist.

    Where fewer than `k` exist, all that do are needed. `k` below 1 is a ValueError: it would always be up.
    """

    k: int | None
    of: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if self.k is not None and self.k < 1:
            raise ValueError(f"at least {self.k} of {len(self.of)} is always up: write 1 or more")


@dataclass(frozen=True, slots=True)
class Not:
    """The other way round."""

    operand: Expression


Expression = Leaf | AtLeast | Not


def endpoints(expression: Expression) -> tuple[str, ...]:
    """The endpoints an expression reads, each once, in order of first mention."""
    if isinstance(expression, Leaf):
        return (expression.endpoint,)
    operands = (expression.operand,) if isinstance(expression, Not) else expression.of
    return tuple(dict.fromkeys(key for operand in operands for key in endpoints(operand)))


@dataclass(frozen=True, slots=True)
class ServiceTimeline:
    """The states of a service: `segments` partition `base`, the time in which any operand existed.

    Many agreements ask one timeline for its outages: it keeps what it answered.
    """

    base: Spans
    segments: tuple[Segment, ...]
    _answered: dict[Ms, tuple[tuple[str, Spans], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def downtimes(self, bridge: Ms) -> tuple[tuple[str, Spans], ...]:
        """The id and the down spans of each outage, as `timeline.downtimes` has them."""
        if bridge not in self._answered:
            self._answered[bridge] = downtimes(self.segments, bridge=bridge)
        return self._answered[bridge]


def service_timeline(
    expression: Expression,
    lanes: Mapping[str, Sequence[Segment]],
    life: Mapping[str, Spans],
    span: Span,
) -> ServiceTimeline:
    """Combine lane timelines (by endpoint key) into the service's, within `span`.

    `lanes[e]` partitions `span`; `life[e]` is when the endpoint existed. A segment's reason is that of the
    first operand, in the order of the expression, that is in the deciding state; an up that `not` turns into
    down has the reason `protocol`. `first` and `last` are the instants of the checks with which an operand
    came into and left the deciding state as the segment began and ended.
    """
    segments = _timeline(expression, lanes, life, span)
    return ServiceTimeline(covered(segments), segments)


def _timeline(
    expression: Expression, lanes: Mapping[str, Sequence[Segment]], life: Mapping[str, Spans], span: Span
) -> tuple[Segment, ...]:
    if isinstance(expression, Leaf):
        alive = life.get(expression.endpoint, ())
        return _existing(lanes[expression.endpoint], alive, span) if alive else ()
    if isinstance(expression, Not):
        operand = _timeline(expression.operand, lanes, life, span)
        return join_segments(_turned(segment) for segment in operand)
    operands = [_timeline(operand, lanes, life, span) for operand in expression.of]
    return operands[0] if len(operands) == 1 else _combined(expression.k, operands)


def _existing(segments: Sequence[Segment], alive: Spans, span: Span) -> tuple[Segment, ...]:
    spans = intersect(normalise(alive), (span,))
    return join_segments(part for living in spans for part in clip_segments(segments, living))


def _turned(segment: Segment) -> Segment:
    if segment.state is State.UNKNOWN:
        return segment
    if segment.state is State.UP:
        return replace(segment, state=State.DOWN, reason=Reason.PROTOCOL)
    return replace(segment, state=State.UP, reason=Reason.OK)


Change = tuple[Ms, int, Segment | None, Segment | None]
"""At an instant, an operand (by its place) leaves one segment and enters another; None: does not exist."""


def _changes(place: int, segments: Sequence[Segment]) -> Iterator[Change]:
    left: Segment | None = None
    for segment in segments:
        if left is not None and left.end < segment.start:
            yield (left.end, place, left, None)
            left = None
        yield (segment.start, place, left, segment)
        left = segment
    if left is not None:
        yield (left.end, place, left, None)


def _combined(k: int | None, operands: Sequence[Sequence[Segment]]) -> tuple[Segment, ...]:
    """A sweep over the instants at which any operand changes: linear in their number."""
    changes = sorted(
        (change for place, segments in enumerate(operands) for change in _changes(place, segments)),
        key=itemgetter(0),
    )
    table = _Table(k)
    out: list[Segment] = []
    for at, group in groupby(changes, key=itemgetter(0)):
        together = list(group)
        out += table.piece(at, [left for _, _, left, _ in together if left is not None])
        table.apply(at, together)
    return join_segments(out)


@dataclass(slots=True)
class _Table:
    """What every operand is at the sweep's instant: for each state, a bit mask of the places in it."""

    k: int | None
    now: dict[int, Segment] = field(default_factory=dict)
    places: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    state: State | None = None
    since: Ms = 0
    first: Ms | None = None

    def apply(self, at: Ms, changes: Sequence[Change]) -> None:
        for _, place, left, entered in changes:
            if left is not None:
                self.places[left.state] ^= 1 << place
                del self.now[place]
            if entered is not None:
                self.places[entered.state] ^= 1 << place
                self.now[place] = entered
        self.state = self._decide()
        self.since = at
        self.first = min(
            (new.first for *_, new in changes if new and new.state is self.state and new.first is not None),
            default=None,
        )

    def piece(self, end: Ms, left: Sequence[Segment]) -> Iterator[Segment]:
        """The service's segment from the last change to `end`, at which operands leave `left`."""
        if self.state is None:
            return
        mask = self.places[self.state]
        decider = self.now[(mask & -mask).bit_length() - 1]
        last = max(
            (old.last for old in left if old.state is self.state and old.last is not None), default=None
        )
        yield Segment(self.since, end, self.state, decider.reason, self.first, last)

    def _decide(self) -> State | None:
        up, down, unknown = (self.places[state].bit_count() for state in State)
        existing = up + down + unknown
        if not existing:
            return None
        needed = existing if self.k is None else min(self.k, existing)
        if up >= needed:
            return State.UP
        return State.DOWN if down > existing - needed else State.UNKNOWN

"""Evidence with an outage laid into it that never was, and with what is to come taken as up.

Everything else of the snapshot is as it was recorded. Whatever looks at it computes as it does with real
evidence: segments, single checks and counts tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from monitor.config.plan import Plan
from monitor.core.checks import Check, Lane, LaneId, Reason, State
from monitor.core.intervals import Ms, Span, union
from monitor.core.services import Expression, Leaf, Not
from monitor.core.timeline import FOREVER, Segment, clip_segments, join_segments
from monitor.errors import Undecided
from monitor.records import dataclass
from monitor.store.protocol import Event, Need, Seq, Snapshot, Tally

OPEN: Final[Ms] = 1 << 47
"""Where a life ends that nobody ended: after every period there is."""


def failing(expressions: Iterable[Expression]) -> dict[str, State]:
    """The state of each endpoint with which all the expressions are down.

    Undecided where one endpoint would have to be up and down at once: what such an outage is nobody can tell.
    """
    found: dict[str, State] = {}
    for expression in expressions:
        for endpoint, state in _failing(expression, State.DOWN):
            if found.setdefault(endpoint, state) is not state:
                raise Undecided(
                    f"{endpoint} counts for the service and against it: "
                    "which state of it an outage would be nobody can tell"
                )
    return found


def _failing(expression: Expression, state: State) -> Iterator[tuple[str, State]]:
    if isinstance(expression, Leaf):
        yield expression.endpoint, state
    elif isinstance(expression, Not):
        yield from _failing(expression.operand, other(state))
    else:
        for operand in expression.of:
            yield from _failing(operand, state)


def other(state: State) -> State:
    """Up for down, and down for up."""
    return State.UP if state is State.DOWN else State.DOWN


class Kept:
    """A snapshot that reads its segments and its journal once, for many who ask the same."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._segments: dict[tuple[tuple[LaneId, ...], Span], Mapping[LaneId, tuple[Segment, ...]]] = {}
        self._events: dict[tuple[Seq, frozenset[str] | None, str | None], tuple[Event, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        key = (tuple(lanes), span)
        if key not in self._segments:
            self._segments[key] = self._snapshot.segments(lanes, span)
        return self._segments[key]

    def events(
        self, *, after: Seq = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        key = (after, kinds, subject)
        if key not in self._events:
            self._events[key] = tuple(self._snapshot.events(after=after, kinds=kinds, subject=subject))
        return iter(self._events[key])


@dataclass(frozen=True, slots=True)
class Course:
    """What is supposed of one endpoint: its state while all is well, and in the outage (None: not hit).

    `interval` and `hold` are in ms, as it is probed.
    """

    well: State
    hit: State | None
    interval: Ms
    hold: Ms


class Laid:
    """A snapshot at `now` with an outage over `span` (None: none) laid into it; it goes on for ever.

    `courses` are those of the plan's endpoints, by key; those of others are as they were recorded.
    """

    def __init__(
        self, snapshot: Snapshot, plan: Plan, now: Ms, courses: Mapping[str, Course], span: Span | None
    ) -> None:
        self._snapshot = snapshot
        self._plan = plan
        self._now = now
        self._courses = courses
        self._span = span if span is not None and span.length else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    @cached_property
    def _lanes(self) -> tuple[Lane, ...]:
        """Every lane, those of the supposed endpoints alive from now on; unknown endpoints get one."""
        here, ahead = self._plan.settings.location, (Span(self._now, OPEN),)
        found, missing = [], dict.fromkeys(self._courses)
        for lane in self._snapshot.lanes():
            key = self._key(lane) if lane.location == here else None
            if key is not None:
                missing.pop(key, None)
                lane = replace(lane, life=union(lane.life, ahead))
            found.append(lane)
        fresh = (Lane(-place, key, here, ahead) for place, key in enumerate(missing, start=1))
        return (*found, *fresh)

    def _key(self, lane: Lane) -> str | None:
        """The supposed endpoint that a lane is of, by its key or a former one."""
        if lane.endpoint in self._courses:
            return lane.endpoint
        renamed = (key for key in self._courses if lane.endpoint in self._plan.endpoints[key].was)
        return next(renamed, None)

    @cached_property
    def _by_lane(self) -> dict[LaneId, Course]:
        here = self._plan.settings.location
        keys = {lane.id: self._key(lane) for lane in self._lanes if lane.location == here}
        return {lane: self._courses[key] for lane, key in keys.items() if key is not None}

    def lanes(self) -> Sequence[Lane]:
        return self._lanes

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        """What is supposed reaches as far as one asks."""
        return upto

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        """A partition of `span` for each lane."""
        past = Span(min(span.start, self._now), min(span.end, self._now))
        real = self._snapshot.segments([lane for lane in lanes if lane > 0], past) if past.length else {}
        return {lane: self._partition(lane, real.get(lane, ()), span) for lane in lanes}

    def _partition(self, lane: LaneId, real: tuple[Segment, ...], span: Span) -> tuple[Segment, ...]:
        course = self._by_lane.get(lane)
        if lane <= 0 and span.start < self._now:
            before = Span(span.start, min(span.end, self._now))
            real = (Segment(before.start, before.end, State.UNKNOWN, Reason.NOT_RUNNING),)
        if course is None:
            dark = Segment(max(self._now, span.start), span.end, State.UNKNOWN, Reason.NOT_RUNNING)
            return join_segments((*real, dark)) if dark.start < dark.end else real
        ahead = _segment(Span(self._now, OPEN), course.well, course.interval)
        whole = (*real, *clip_segments((ahead,), Span(max(self._now, span.start), max(self._now, span.end))))
        if self._span is None or course.hit is None:
            return join_segments(whole)
        return join_segments(_over(whole, self._span, course.hit, course.interval, span))

    def checks(self, lane: LaneId, span: Span, *, failed: bool = False) -> Iterator[Check]:
        """The single checks: those of the past by the supposed state, and as few as tell what is to come."""
        course = self._by_lane.get(lane)
        before = Span(min(span.start, self._now), min(span.end, self._now))
        past = self._snapshot.checks(lane, before, failed=failed) if lane > 0 else iter(())
        last: Check | None = None
        for check in past:
            last = self._supposed(check, course)
            yield last
        if course is not None:
            yield from (each for each in self._to_come(lane, last, course) if each.at in span)

    def _supposed(self, check: Check, course: Course | None) -> Check:
        if self._span is None or course is None or course.hit is None or check.at not in self._span:
            return check
        return replace(check, state=course.hit, reason=_reason(course.hit))

    def _to_come(self, lane: LaneId, last: Check | None, course: Course) -> Iterator[Check]:
        """One check for all the time that it is well, and in the outage one an interval."""
        epoch, slot = (last.epoch, last.slot) if last else (1, 0)
        for at, state in self._turns(course):
            slot += 1
            hold = course.hold if state is course.hit and course.hit is not course.well else FOREVER
            yield Check(lane, epoch, slot, 0, at, state, _reason(state), hold)

    def _turns(self, course: Course) -> Iterator[tuple[Ms, State]]:
        span = self._span
        if span is None or course.hit is None or span.end <= self._now:
            yield self._now, course.well
            return
        start = max(span.start, self._now)
        if start > self._now:
            yield self._now, course.well
        for at in range(start, span.end, course.interval):
            yield at, course.hit
        yield span.end, course.well

    def tallies(self, need: Need, span: Span) -> Sequence[Tally]:
        """The counts: those of the past less what would have failed, and a check an interval from now on."""
        past = Span(min(span.start, self._now), min(span.end, self._now))
        real = self._snapshot.tallies(need, past) if past.length and need.lane > 0 else ()
        course = self._by_lane.get(need.lane)
        if course is None:
            return real
        found = {each.start: self._fewer(each, need, course) for each in real}
        for at in range(self._now, span.end, course.interval) if span.end > self._now else ():
            start = at // need.length * need.length
            if span.start <= start:
                had = found.get(start, Tally(start, 0, 0))
                good = self._state(at, course) is State.UP
                found[start] = Tally(start, had.good + good, had.total + 1)
        return [found[start] for start in sorted(found)]

    def _fewer(self, tally: Tally, need: Need, course: Course) -> Tally:
        """A count of the past, of which the checks that began in the outage failed: so many fit into it."""
        hit = Span(tally.start, tally.start + need.length).clip(self._span) if self._span else None
        if hit is None or course.hit is not State.DOWN:
            return tally
        failed = -(-hit.length * tally.total // need.length)
        return replace(tally, good=min(tally.good, tally.total - failed))

    def _state(self, at: Ms, course: Course) -> State:
        inside = self._span is not None and at in self._span
        return course.hit if inside and course.hit is not None else course.well


def _reason(state: State) -> Reason:
    return Reason.OK if state is State.UP else Reason.TIMEOUT


def _segment(span: Span, state: State, interval: Ms) -> Segment:
    """A run of one state whose checks are an interval apart."""
    return Segment(span.start, span.end, state, _reason(state), span.start, _last(span, interval))


def _last(span: Span, interval: Ms) -> Ms:
    """The last check before the end."""
    return span.start + (span.length - 1) // interval * interval


def _over(
    segments: Sequence[Segment], outage: Span, state: State, interval: Ms, span: Span
) -> Iterator[Segment]:
    """The segments of `span` with the outage over them; what it cuts ended and began with a check there."""
    hit = outage.clip(span)
    if hit is None:
        yield from segments
        return
    for segment in clip_segments(segments, Span(span.start, hit.start)) if span.start < hit.start else ():
        late = segment.last is not None and segment.last >= outage.start
        yield replace(segment, last=max(segment.start, outage.start - interval)) if late else segment
    laid = _segment(outage, state, interval)
    yield replace(laid, start=hit.start, end=hit.end)
    for segment in clip_segments(segments, Span(hit.end, span.end)) if hit.end < span.end else ():
        early = segment.first is not None and segment.first < outage.end
        first = min(segment.end - 1, outage.end)
        yield (replace(segment, first=first, last=max(first, segment.last or first)) if early else segment)


__all__ = ["OPEN", "Course", "Kept", "Laid", "failing", "other"]

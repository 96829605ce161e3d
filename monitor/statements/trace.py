"""What was recorded of one endpoint, told in order; and how much of its time is known. Pure.

Nothing is judged here: slots and silences stand as the evidence has them, runs of equal ones as one entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

from monitor.core.checks import Check, Lane, Reason, State, Tenths, state_of
from monitor.core.intervals import Ms, Span, Spans, intersect, normalise, total
from monitor.core.timeline import Segment
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One slot, a run of slots that say the same, or a silence (`slots` 0, and no attempts).

    `attempts` are the checks that the state of the first slot rests on, in order; `checks` counts those of
    all. `reason` is that of the attempt which bears the state out; where a slot is up in spite of a failure,
    a *blip*, it is the failure's. Latencies are in 0.1 ms, None where none was measured.
    """

    start: Ms
    end: Ms
    slots: int
    checks: int
    state: State
    reason: Reason
    attempts: tuple[Check, ...] = ()
    quickest: Tenths | None = None
    slowest: Tenths | None = None

    @property
    def is_blip(self) -> bool:
        return self.state is State.UP and self.reason is not Reason.OK

    @property
    def telling(self) -> Check | None:
        """The first attempt with the reason of the entry; None of a silence, or where its row is missing."""
        return next((each for each in self.attempts if each.reason is self.reason), None)

    @property
    def says(self) -> tuple[object, ...]:
        """What entries of one run have in common."""
        seen = tuple((each.reason, each.status) for each in self.attempts)
        return (self.state, self.reason, bool(self.slots), seen)


def entries(checks: Iterable[Check], segments: Sequence[Segment]) -> Iterator[Entry]:
    """Slots and silences in order; `checks` in order of their instant."""
    waiting = iter([*_silences(segments), None])
    silence = next(waiting)
    for _, attempts in groupby(checks, key=_slot):
        entry = _entry(tuple(attempts))
        while silence is not None and silence.start < entry.start:
            yield silence
            silence = next(waiting)
        yield entry
    while silence is not None:
        yield silence
        silence = next(waiting)


def _silences(segments: Iterable[Segment]) -> Iterator[Entry]:
    """Unknown time without a check of its own, and what of it comes before the first check of the same."""
    for each in segments:
        end = each.end if each.first is None else min(each.first, each.end)
        if each.state is State.UNKNOWN and each.start < end:
            yield Entry(each.start, end, 0, 0, each.state, each.reason)


def _slot(check: Check) -> tuple[int, int]:
    return check.epoch, check.slot


def _entry(attempts: tuple[Check, ...]) -> Entry:
    first = attempts[0]
    latencies = [each.latency for each in attempts if each.latency is not None]
    return Entry(
        start=first.at,
        end=first.at,
        slots=1,
        checks=len(attempts),
        state=first.state,
        reason=_reason(attempts),
        attempts=attempts,
        quickest=min(latencies, default=None),
        slowest=max(latencies, default=None),
    )


def _reason(attempts: Sequence[Check]) -> Reason:
    """What the state of a slot rests on; where no attempt bears it out, rows are missing."""
    state = attempts[0].state
    failed = (each.reason for each in attempts if each.reason is not Reason.OK)
    if state is State.UP:
        return next(failed, Reason.OK)
    return next((reason for reason in failed if state_of(reason) is state), Reason.DATA_LOSS)


def folded(found: Iterable[Entry]) -> Iterator[Entry]:
    """Runs of entries that say the same as one each, with the quickest and the slowest latency."""
    for _, run in groupby(found, key=attrgetter("says")):
        yield _together(tuple(run))


def _together(run: Sequence[Entry]) -> Entry:
    if len(run) == 1:
        return run[0]
    return replace(
        run[0],
        end=run[-1].end,
        slots=sum(each.slots for each in run),
        checks=sum(each.checks for each in run),
        quickest=min((each.quickest for each in run if each.quickest is not None), default=None),
        slowest=max((each.slowest for each in run if each.slowest is not None), default=None),
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the time of `name` is known: `base` ms in which it existed, `unknown` ms by reason.

    `maintained` is how much of the unknown time lay in announced maintenance; it is part of it, and never
    counted beside it.
    """

    name: str
    base: Ms
    unknown: Mapping[Reason, Ms]
    maintained: Ms = 0

    @property
    def lost(self) -> Ms:
        return sum(self.unknown.values())

    @property
    def share(self) -> Fraction | None:
        """The share that is known; None of an endpoint that did not exist."""
        return Fraction(self.base - self.lost, self.base) if self.base else None

    @property
    def worst(self) -> list[tuple[Reason, Ms]]:
        """The unknown time by reason, most of it first."""
        return sorted(self.unknown.items(), key=lambda item: (-item[1], item[0]))


def coverage(lane: Lane, segments: Sequence[Segment], span: Span, maintained: Spans = ()) -> Coverage:
    """Of one lane, from a partition of `span`. Time before it existed, and after, is in no base."""
    life = intersect(lane.life, (span,))
    unknown: Counter[Reason] = Counter()
    dark: list[Span] = []
    for segment in segments:
        if segment.state is State.UNKNOWN:
            lived = intersect((segment.span,), life)
            unknown[segment.reason] += total(lived)
            dark += lived
    return Coverage(
        lane.endpoint,
        total(life),
        {reason: ms for reason, ms in unknown.items() if ms},
        total(intersect(normalise(dark), normalise(maintained))),
    )


def worst_first(found: Iterable[Coverage]) -> list[Coverage]:
    """By the time that is lost, then by name."""
    return sorted(found, key=lambda each: (-each.lost, each.name))


def together(name: str, found: Iterable[Coverage]) -> Coverage:
    """What several come to, under one name."""
    known = list(found)
    unknown: Counter[Reason] = Counter()
    for each in known:
        unknown.update(each.unknown)
    return Coverage(name, sum(each.base for each in known), unknown, sum(each.maintained for each in known))

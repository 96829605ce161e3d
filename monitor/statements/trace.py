"""What was recorded of one endpoint, told in order; and how much of its time is known. Pure.

Nothing is judged here: checks and silences stand as the evidence has them, runs of equal ones as one entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from monitor.core.checks import Check, Lane, Reason, State, Tenths
from monitor.core.intervals import Ms, Span, intersect, total
from monitor.core.timeline import Segment


@dataclass(frozen=True, slots=True)
class Entry:
    """One check, a run of equal checks, or a silence (`checks` 0).

    `state` is what its slot came to, `reason` the check's own: a failure in a slot that is up is a blip.
    Latencies are in 0.1 ms, None where none was measured. `facts` is canonical JSON, of the first.
    """

    start: Ms
    end: Ms
    checks: int
    state: State
    reason: Reason
    status: int | None = None
    quickest: Tenths | None = None
    slowest: Tenths | None = None
    facts: str | None = None

    @property
    def is_blip(self) -> bool:
        return self.state is State.UP and self.reason is not Reason.OK

    def is_like(self, other: Entry) -> bool:
        """Whether the two say the same."""
        mine = (self.state, self.reason, self.status, bool(self.checks))
        return mine == (other.state, other.reason, other.status, bool(other.checks))


def entries(checks: Iterable[Check], segments: Sequence[Segment]) -> Iterator[Entry]:
    """Checks and silences in order. A silence is unknown time without a check of its own."""
    silences = [
        Entry(each.start, each.end, 0, each.state, each.reason)
        for each in segments
        if each.state is State.UNKNOWN and each.first is None
    ]
    waiting = iter([*silences, None])
    silence = next(waiting)
    for check in checks:
        while silence is not None and silence.start < check.at:
            yield silence
            silence = next(waiting)
        yield _entry(check)
    while silence is not None:
        yield silence
        silence = next(waiting)


def _entry(check: Check) -> Entry:
    return Entry(
        start=check.at,
        end=check.at,
        checks=1,
        state=check.state,
        reason=check.reason,
        status=check.status,
        quickest=check.latency,
        slowest=check.latency,
        facts=check.facts,
    )


def folded(found: Iterable[Entry]) -> Iterator[Entry]:
    """Runs of equal entries as one each, with the quickest and the slowest latency."""
    last: Entry | None = None
    for each in found:
        if last is not None and last.is_like(each):
            last = replace(
                last,
                end=each.end,
                checks=last.checks + each.checks,
                quickest=_least(last.quickest, each.quickest),
                slowest=_most(last.slowest, each.slowest),
            )
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last


def _least(one: Tenths | None, other: Tenths | None) -> Tenths | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _most(one: Tenths | None, other: Tenths | None) -> Tenths | None:
    return max((each for each in (one, other) if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of an endpoint's time is known: `base` ms in which it existed, `unknown` ms by reason."""

    endpoint: str
    base: Ms
    unknown: Mapping[Reason, Ms]

    @property
    def lost(self) -> Ms:
        return sum(self.unknown.values())

    @property
    def share(self) -> Fraction | None:
        """The share that is known; None of an endpoint that did not exist."""
        return Fraction(self.base - self.lost, self.base) if self.base else None


def coverage(lane: Lane, segments: Sequence[Segment], span: Span) -> Coverage:
    """Of one lane, from a partition of `span`. Time before it existed, and after, is in no base."""
    life = intersect(lane.life, (span,))
    unknown: Counter[Reason] = Counter()
    for segment in segments:
        if segment.state is State.UNKNOWN:
            unknown[segment.reason] += total(intersect((segment.span,), life))
    return Coverage(lane.endpoint, total(life), {reason: ms for reason, ms in unknown.items() if ms})


def worst_first(found: Iterable[Coverage]) -> list[Coverage]:
    """By the time that is lost, then by name."""
    return sorted(found, key=lambda each: (-each.lost, each.endpoint))

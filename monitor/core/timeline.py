"""From checks to states in time: segments, and outages with their four instants.

The state of a check holds from its instant to the next one's, for at most its `hold`; beyond it the lane
is unknown. A gap makes its span unknown and ends the hold of what came before, so that nothing is known
again until the next check. Where two epochs claim the same wall time, it is unknown(clock_suspect).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import Ms, Span


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of one state and reason; `first` and `last` are the instants of its first and last check.

    A segment without a check of its own (a gap, an overrun hold) has None in both.
    """

    start: Ms
    end: Ms
    state: State
    reason: Reason
    first: Ms | None = None
    last: Ms | None = None

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage of a service or lane: `down` are its down spans (parted only by short unknown time).

    The four instants: `last_good` check before, `first_bad`, `last_bad`, `first_good` after; None where it
    is not known. `first_good` None with `open` True means that it goes on at the end of what was looked at.
    The printed sampling error is (first_bad - last_good) at the start, (first_good - last_bad) at the end.
    """

    id: str
    down: tuple[Span, ...]
    reason: Reason
    last_good: Ms | None
    first_bad: Ms
    last_bad: Ms
    first_good: Ms | None
    open: bool = False

    @property
    def span(self) -> Span:
        return Span(self.down[0].start, self.down[-1].end)


def lane_segments(checks: Sequence[Check], gaps: Iterable[Gap], span: Span) -> tuple[Segment, ...]:
    """A partition of `span` for one lane, from its checks (in any order) and gaps, those before `span` too.

    Checks that started before `span` matter while they hold; hand in those of at least the longest hold.
    """
    raise NotImplementedError  # core helper


def clip_segments(segments: Sequence[Segment], span: Span) -> tuple[Segment, ...]:
    """The part of a partition inside `span`."""
    raise NotImplementedError  # core helper


def join_segments(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Neighbours of one state and reason become one."""
    raise NotImplementedError  # core helper


def outages(segments: Sequence[Segment], *, bridge: Ms) -> tuple[Outage, ...]:
    """The outages of a partition, oldest first.

    Down spans parted by nothing but unknown time of at most `bridge` ms (two intervals) are one outage; the
    unknown time itself is never downtime. An outage's id is its first_bad in UTC, e.g. `20261006T120210Z`.
    """
    raise NotImplementedError  # core helper

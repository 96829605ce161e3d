"""Measure: what is looked at. Continuous time from the combined timeline of the one resource of a service.

Nothing is cut to the period here: evidence reaches beyond it, since duration rules ask about whole outages.
Only `as_of` bounds what is seen, so that what came later cannot change what was known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.agreements.account import piece, within
from monitor.agreements.evidence import Recorded
from monitor.agreements.pipeline import Account, Accounts, Case
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment, clip_segments, downtimes


@dataclass(frozen=True, slots=True)
class Downtime:
    """Time down, in ms; each outage is the cause of its pieces."""

    def __call__(self, case: Case) -> Accounts:
        return tuple(self._one(lane, line, case) for lane, line in case.evidence.resources.items())

    def _one(self, lane: str, timeline: ServiceTimeline | Recorded, case: Case) -> Account:
        assert isinstance(timeline, ServiceTimeline)
        segments = _known(timeline.segments, case.as_of)
        base = within((piece(span, lane, "promised") for span in timeline.base), _until(case.as_of))
        bad = tuple(
            piece(span, lane, outage)
            for outage, down in downtimes(segments, bridge=case.evidence.bridge)
            for span in down
        )
        unseen = State.UNKNOWN
        unknown = tuple(piece(s.span, lane, s.reason.value) for s in segments if s.state is unseen)
        return Account("ms", base, bad, unknown, promised=base, lane=lane)

    def say(self) -> str:
        return "We measure the time the service is down, from the first failing check to recovery."


def _known(segments: Sequence[Segment], as_of: Ms) -> Sequence[Segment]:
    if not segments or segments[-1].end <= as_of:
        return segments
    start = min(segments[0].start, as_of)
    return clip_segments(segments, Span(start, as_of))


def _until(as_of: Ms) -> tuple[Span]:
    return (Span(min(0, as_of), as_of),)

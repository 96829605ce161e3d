"""Putting a newly computed window into a lane's run of segments. Pure.

The window's neighbours are cut at its edges and joined again where they continue it; nothing else moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from monitor.core.checks import Reason, State
from monitor.core.intervals import Ms, Span
from monitor.core.timeline import Segment, clip_segments, join_segments
from monitor.errors import EvidenceRefused


def spliced(stored: Sequence[Segment], window: Span, pieces: Sequence[Segment]) -> tuple[Segment, ...]:
    """The stored run with `window` replaced by `pieces`, which partition it."""
    left = [_until(segment, window.start, pieces[0]) for segment in stored if segment.start < window.start]
    right = [_from(segment, window.end) for segment in stored if segment.end > window.end]
    return join_segments(filled([*left, *pieces, *right]))


def filled(segments: Sequence[Segment]) -> list[Segment]:
    """The same with every hole between neighbours filled: nothing was running there."""
    out: list[Segment] = []
    for segment in segments:
        if out and out[-1].end < segment.start:
            out.append(not_running(out[-1].end, segment.start))
        out.append(segment)
    return out


def not_running(start: Ms, end: Ms) -> Segment:
    """Time for which there is no evidence."""
    return Segment(start, end, State.UNKNOWN, Reason.NOT_RUNNING)


def partition(segments: Sequence[Segment], span: Span) -> tuple[Segment, ...]:
    """The part of a run inside `span`, with not_running before its start and after its end.

    EvidenceRefused where two neighbours do not touch: a row was lost or written twice.
    """
    inside = clip_segments(segments, span)
    if not inside:
        return (not_running(span.start, span.end),) if span.length else ()
    for left, right in pairwise(inside):
        if left.end != right.start:
            raise EvidenceRefused(
                f"sealed evidence ends at {left.end} and goes on at {right.start}; restore it from a backup"
            )
    edges = (not_running(span.start, inside[0].start), *inside, not_running(inside[-1].end, span.end))
    return join_segments(edges)


def _until(segment: Segment, end: Ms, following: Segment) -> Segment:
    """The part before `end`. Its last check is the one that the following piece may still rest on."""
    if segment.end <= end:
        return segment
    last = segment.last
    if last is not None and last >= end:
        last = following.first if following.first is not None and following.first < end else segment.first
    return replace(segment, end=end, last=last)


def _from(segment: Segment, start: Ms) -> Segment:
    """The part from `start` on. Its first check is at the cut at the earliest."""
    if segment.start >= start:
        return segment
    first = segment.first
    return replace(segment, start=start, first=None if first is None else max(first, start))

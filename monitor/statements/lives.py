"""Timelines put together: of parts that follow each other, and of resources while they existed."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.config.plan import Resource
from monitor.core.intervals import Ms, Span, Spans, intersect, normalise
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import clip_segments, join_segments

FOREVER: Ms = 10**15


def living(timeline: ServiceTimeline, resource: Resource) -> ServiceTimeline:
    """What a resource was while it existed."""
    if resource.life == (None, None) or not timeline.base:
        return timeline
    start, end = resource.life
    first = timeline.base[0].start if start is None else start
    last = timeline.base[-1].end if end is None else end
    life = (Span(first, last),) if first < last else ()
    parts = (part for span in life for part in clip_segments(timeline.segments, span))
    return ServiceTimeline(intersect(timeline.base, life), tuple(parts))


def life_of(resource: Resource) -> Spans:
    """When a resource existed, as far as its table says."""
    start, end = resource.life
    return (Span(0 if start is None else start, FOREVER if end is None else end),)


def joined(parts: Sequence[ServiceTimeline]) -> ServiceTimeline:
    """Timelines that follow each other as one."""
    if len(parts) == 1:
        return parts[0]
    base = tuple(span for part in parts for span in part.base)
    return ServiceTimeline(normalise(base), join_segments(s for part in parts for s in part.segments))


def bridge(intervals: Sequence[Ms]) -> Ms:
    """The longest unknown stretch that does not part an outage: two of the longest intervals."""
    return 2 * max(intervals, default=0)

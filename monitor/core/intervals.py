"""Half-open intervals `[start, end)` in UTC milliseconds, and sets of them.

A *set* is a tuple of spans that is sorted, disjoint and without empty or touching members; `normalise`
makes one, and every operation here takes and returns one. Nothing here knows what time it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from monitor.records import dataclass

Ms = int

SECOND: Ms = 1_000
MINUTE: Ms = 60 * SECOND
HOUR: Ms = 60 * MINUTE
DAY: Ms = 24 * HOUR


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One interval `[start, end)`; `start <= end`, or ValueError."""

    start: Ms
    end: Ms

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span must not end before it starts: [{self.start}, {self.end})")

    @property
    def length(self) -> Ms:
        return self.end - self.start

    def __contains__(self, at: Ms) -> bool:
        return self.start <= at < self.end

    def clip(self, other: Span) -> Span | None:
        """The part inside `other`, or None where nothing of it is."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


Spans = tuple[Span, ...]

_edges = attrgetter("start", "end")


def normalise(spans: Iterable[Span]) -> Spans:
    """Sort, drop the empty, join what overlaps or touches."""
    out: list[Span] = []
    for span in sorted((s for s in spans if s.start < s.end), key=_edges):
        if out and span.start <= out[-1].end:
            if span.end > out[-1].end:
                out[-1] = Span(out[-1].start, span.end)
        else:
            out.append(span)
    return tuple(out)


def union(left: Spans, right: Spans) -> Spans:
    """Everything in either set."""
    return normalise((*left, *right))


def intersect(left: Spans, right: Spans) -> Spans:
    """Everything in both sets, in one pass."""
    out: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        common = left[i].clip(right[j])
        if common:
            out.append(common)
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return tuple(out)


def subtract(left: Spans, right: Spans) -> Spans:
    """Everything in `left` that is not in `right`, in one pass."""
    out: list[Span] = []
    j = 0
    for span in left:
        start = span.start
        while j < len(right) and right[j].end <= start:
            j += 1
        k = j
        while k < len(right) and right[k].start < span.end:
            if right[k].start > start:
                out.append(Span(start, right[k].start))
            start = max(start, right[k].end)
            k += 1
        if start < span.end:
            out.append(Span(start, span.end))
    return tuple(out)


def total(spans: Iterable[Span]) -> Ms:
    """Milliseconds in the set."""
    return sum(span.length for span in spans)

"""Slots on the clock of a zone: where a slot begins and ends. One list of edges a question, in order.

A day's slots are counted from its midnight on the wall clock. On a day on which the clocks change, slots of
at most an hour stay as long as they are and there are more or fewer of them; longer ones keep their
wall-clock edges (the first pass of an hour that comes twice) and are themselves longer or shorter. Slots of
several days are counted so that weeks begin on Monday.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from monitor.core.intervals import DAY, HOUR, Ms, Span, Spans
from monitor.core.periods import local, midnight

Cell = tuple[Ms, Ms, bool]
"""A slot, as far as it lies in what was asked for, and whether that is all of it."""

ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=8)
def edges(span: Span, slot: Ms, zone: str) -> tuple[Ms, ...]:
    """The edges of all slots that touch `span`, the last at or after its end."""
    if not span.length:
        return ()
    found: list[Ms] = []
    first = local(span.start, zone).date()
    for day in _days(first, slot):
        start = midnight(day, zone)
        if start >= span.end:
            found.append(start)
            break
        found.extend([start] if slot >= DAY else _near(_edges_of(day, slot, zone), span))
    low = max(bisect_left(found, span.start + 1) - 1, 0)
    high = bisect_left(found, span.end)
    return tuple(found[low : high + 1])


def _near(found: Sequence[Ms], span: Span) -> Sequence[Ms]:
    """The edges of a day that touch `span`: a day has many short slots."""
    low = max(bisect_left(found, span.start + 1) - 1, 0)
    return found[low : bisect_left(found, span.end) + 1]


def _days(first: date, slot: Ms) -> Iterator[date]:
    step = max(slot // DAY, 1)
    day = first - timedelta(days=(first.toordinal() - 1) % step)
    while True:
        yield day
        day += timedelta(days=step)


def _edges_of(day: date, slot: Ms, zone: str) -> Sequence[Ms]:
    """The edges within one local day, its own start among them."""
    start, end = midnight(day, zone), midnight(day + ONE_DAY, zone)
    if end - start == DAY or start >= end:
        return range(start, end, slot)
    return _on_an_odd_day(Span(start, end), slot, zone)


def _on_an_odd_day(day: Span, slot: Ms, zone: str) -> list[Ms]:
    offset = local(day.start, zone).utcoffset()
    at = range(day.start, day.end)
    change = day.start + bisect_left(at, 1, key=lambda each: local(each, zone).utcoffset() != offset)
    found = {day.start, *_aligned(day.start, change, slot, zone)}
    before, after = _shown(change - 1, zone) + 1, _shown(change, zone)
    later = _aligned(change, day.end, slot, zone)
    if after < before and slot > HOUR:
        later = (each for each in later if _shown(each, zone) >= before)
    if after > before and -before % slot <= after - before:
        found.add(change)
    return sorted(found.union(later))


def _aligned(start: Ms, end: Ms, slot: Ms, zone: str) -> Iterable[Ms]:
    """The instants of a stretch without a change of clocks whose wall-clock time is a multiple of `slot`."""
    if start >= end:
        return ()
    return range(start + -_shown(start, zone) % slot, end, slot)


def _shown(at: Ms, zone: str) -> Ms:
    """What the wall clock shows, in ms past midnight."""
    here = local(at, zone)
    return ((here.hour * 60 + here.minute) * 60 + here.second) * 1_000 + here.microsecond // 1_000


def cells(bounds: tuple[Ms, ...], where: Spans) -> Iterator[Cell]:
    """The slots between the edges that touch `where`, in one pass."""
    at = 0
    for start, end in pairwise(bounds):
        while at < len(where) and where[at].end <= start:
            at += 1
        if at == len(where):
            return
        here = where[at]
        if here.start <= start and end <= here.end:
            yield (start, end, True)
        elif here.start < end:
            yield from _cut(start, end, where[at:])


def _cut(start: Ms, end: Ms, where: Spans) -> Iterator[Cell]:
    parts = [part for span in where if (part := span.clip(Span(start, end)))]
    yield (parts[0].start, parts[-1].end, False)

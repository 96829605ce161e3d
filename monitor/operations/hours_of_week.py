"""PURE. The hours of a week as a clock on the wall shows them: `Mon 09` is every Monday from 9 to 10.

An hour that autumn repeats is two hours of one name, and one that spring skips is none: what is in a cell is
told by the local time of an instant, and how long a cell lasts by the instants themselves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from monitor.core.calendars import SHORT, Calendar, Hours, working
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span, Spans, normalise
from monitor.core.periods import days, local

CELLS: Final = 7 * 24
STEP: Final[Ms] = 15 * MINUTE
"""Every zone that is in use differs from UTC by whole quarters of an hour, and changes at one of them."""


def cell(at: Ms, zone: str) -> int:
    """The hour of the week of an instant: 0 is Monday from 0 to 1."""
    here = local(at, zone)
    return here.weekday() * 24 + here.hour


def called(number: int) -> str:
    """`Mon 09`."""
    return f"{SHORT[number // 24]} {number % 24:02d}"


def spans(span: Span, zone: str) -> dict[int, Spans]:
    """The parts of a span that lie in each hour of the week; hours without any are left out."""
    found: dict[int, list[Span]] = {}
    for day in days(span, zone):
        for start, end, number in _hours(day, zone):
            found.setdefault(number, []).append(Span(start, end))
    return {number: normalise(own) for number, own in sorted(found.items())}


def _hours(day: Span, zone: str) -> Iterator[tuple[Ms, Ms, int]]:
    """The hours of a local day or of a part of one. A day of 24 hours has them as they come."""
    first = cell(day.start, zone)
    if day.length == DAY and first % 24 == 0 and local(day.start, zone).minute == 0:
        yield from ((day.start + n * HOUR, day.start + (n + 1) * HOUR, first + n) for n in range(24))
        return
    start = day.start
    while start < day.end:
        edge = min((start // STEP + 1) * STEP, day.end)
        yield start, edge, cell(start, zone)
        start = edge


def within(hours: Hours | None, span: Span, zone: str) -> Spans:
    """The part of a span that lies in these hours of the week; all of it where there are none."""
    if not span.length:
        return ()
    return (span,) if hours is None else working(Calendar("", zone, hours), span)


def holds(known: Spans, at: Ms) -> bool:
    """Whether an instant is in a set of spans."""
    place = bisect_right(known, at, key=_start) - 1
    return place >= 0 and at < known[place].end


def _start(span: Span) -> Ms:
    return span.start


def hour_starts(span: Span, zone: str) -> tuple[Ms, ...]:
    """The instants within a span at which an hour begins on the wall, oldest first."""
    first = -(-span.start // STEP) * STEP
    return tuple(at for at in range(first, span.end, STEP) if local(at, zone).minute == 0)

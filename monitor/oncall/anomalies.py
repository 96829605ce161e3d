"""What was unusual in a period: latencies by endpoint and incidents by service, hour by hour.

Each hour of the period is held against the same hour of the week in the twelve weeks before the period, of
which six at least must be known. It is for the internal report; no alert is made of it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from monitor.config.plan import Plan
from monitor.core.checks import LaneId, State
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.periods import Period
from monitor.oncall.incidents import Watch
from monitor.operations.anomalies import WEEKS, Hour, Looked, looked
from monitor.operations.hours_of_week import hour_starts
from monitor.operations.measures import ranked
from monitor.store.protocol import WholeSnapshot

AT_A_TIME = 100
HALF = Fraction(1, 2)


def anomalies(plan: Plan, snapshot: WholeSnapshot, period: Period, now: Ms) -> tuple[Looked, ...]:
    """What was unusual of each endpoint's latency and of each service's incidents, those first that were.

    EvidenceGone where checks of that time are not kept any more.
    """
    if period.span.start >= now:
        return ()
    watch = Watch(plan, snapshot, now)
    whole = Span(period.span.start - WEEKS * 7 * DAY, min(period.span.end, now))
    starts = hour_starts(whole, period.zone)
    found = [*_incidents(watch, whole, starts, period), *_latencies(watch, snapshot, whole, starts, period)]
    return tuple(sorted(found, key=lambda each: -len(each.notes)))


def _incidents(watch: Watch, whole: Span, starts: Sequence[Ms], period: Period) -> Iterator[Looked]:
    """How many began in each hour since the service was watched."""
    began: dict[str, Counter[int]] = {}
    for each in watch.incidents(whole):
        if not each.false_alarm and each.began.at >= whole.start:
            place = bisect_left(starts, each.began.at + 1) - 1
            began.setdefault(each.service, Counter())[place] += 1
    for service, known in watch.plan.services.items():
        lanes = [watch.books.lanes[e.id] for e in watch.books.watched(known) if e.id in watch.books.lanes]
        since = min((lane.life[0].start for lane in lanes if lane.life), default=None)
        if since is None:
            continue
        counts = began.get(service, Counter())
        hours = [
            Hour(at, Fraction(counts[place])) for place, at in enumerate(starts) if at >= since
        ]  # fmt: skip
        yield _looked("incidents", service, hours, period)


def _latencies(
    watch: Watch, snapshot: WholeSnapshot, whole: Span, starts: Sequence[Ms], period: Period
) -> Iterator[Looked]:
    """The median of the good attempts of each hour."""
    keys = {lane.id: key for key, lane in watch.books.lanes.items()}
    ids = sorted(keys)
    for first in range(0, len(ids), AT_A_TIME):
        for lane, hours in _medians(snapshot, ids[first : first + AT_A_TIME], whole, starts).items():
            yield _looked("latency", keys[lane], hours, period)


def _medians(
    snapshot: WholeSnapshot, lanes: Sequence[LaneId], whole: Span, starts: Sequence[Ms]
) -> Mapping[LaneId, list[Hour]]:
    """UTC day by UTC day, as the checks lie; of each no more than the hours that are not over is kept."""
    found: dict[LaneId, list[Hour]] = {lane: [] for lane in lanes}
    waiting: dict[LaneId, dict[int, array[int]]] = {lane: {} for lane in lanes}
    for day in range(whole.start // DAY * DAY, whole.end, DAY):
        span = Span(day, day + DAY).clip(whole)
        if span is None:
            continue
        _add(snapshot, waiting, span, starts)
        over = bisect_left(starts, span.end) - 1 if span.end < whole.end else len(starts)
        for lane, hours in waiting.items():
            for place in sorted(each for each in hours if each < over):
                value = ranked(sorted(hours.pop(place)), HALF)
                if value is not None:
                    found[lane].append(Hour(starts[place], value))
    return found


def _add(
    snapshot: WholeSnapshot, waiting: Mapping[LaneId, dict[int, array[int]]], span: Span, starts: Sequence[Ms]
) -> None:
    """The latencies of planned attempts that were good, to the hours in which they started."""
    for columns in snapshot.sweep(list(waiting), span):
        hours, up = waiting[columns.lane], State.UP
        until, own = -1, array("q")
        rows = zip(columns.at, columns.attempt, columns.state, columns.latency, strict=True)
        for at, attempt, state, latency in rows:
            if latency is None or state is not up or attempt or at < starts[0]:
                continue
            if at >= until:
                place = bisect_left(starts, at + 1) - 1
                until = starts[place + 1] if place + 1 < len(starts) else span.end
                own = hours.setdefault(place, array("q"))
            own.append(latency)


def _looked(what: str, of: str, hours: Sequence[Hour], period: Period) -> Looked:
    before = [each for each in hours if each.at < period.span.start]
    during = [each for each in hours if each.at >= period.span.start]
    return looked("latency" if what == "latency" else "incidents", of, before, during, period.zone)

"""What a simulated life is held to: nothing of ours charged, every outage found, every slot accounted for.

Judged from the records alone, as a statement would read them, against what is known to have been true.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from monitor.core.checks import ALL_LANES, Check, Gap, State
from monitor.core.intervals import Ms, Span
from monitor.core.timeline import Segment, lane_segments, outages
from monitor.prober.epoch import STEP
from monitor.prober.prober import LATE
from monitor.prober.slot import hold
from tests.simulation.case import Case, Fault
from tests.simulation.loop import BEGINNING, START, SimulatedClock
from tests.simulation.play import Played
from tests.simulation.world import Outage

HARMLESS = frozenset({"one sentinel down", "all sentinels down", "drift", "IPv6 broken"})
"""Faults under which nothing is hidden: every outage must be found as if they were not there."""


@dataclass
class Tally:
    """What was counted, by kind of fault or in all. Times are ms."""

    faults: Counter[str] = field(default_factory=Counter)
    charged: Counter[str] = field(default_factory=Counter)
    outages: int = 0
    found: int = 0
    hidden: int = 0
    starts: int = 0
    worst_start: Ms = 0
    worst_share: float = 0.0
    checks: int = 0
    slots: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.faults += other.faults
        self.charged += other.charged
        for name in ("outages", "found", "hidden", "starts", "checks", "slots"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.worst_start = max(self.worst_start, other.worst_start)
        self.worst_share = max(self.worst_share, other.worst_share)
        self.wrong += other.wrong


def audit(case: Case, played: Played) -> Tally:
    """Everything that a life is held to."""
    tally = Tally(faults=Counter(fault.kind for fault in case.faults))
    view = View(case, played)
    tally.checks = sum(len(checks) for checks in view.checks.values())
    tally.wrong += view.clashes
    _account(view, tally)
    for key in case.endpoints:
        segments = view.segments(key)
        _partition(key, segments, view.span, tally)
        _charge(view, key, segments, tally)
        for outage in view.failures[key]:
            _find(view, outage, segments, tally)
    tally.wrong = [f"{case.size} {case.seed}: {wrong}" for wrong in tally.wrong]
    return tally


class View:
    """The records of a life by lane, and what was true."""

    def __init__(self, case: Case, played: Played) -> None:
        self.case, self.played = case, played
        self.checks: dict[int, list[Check]] = defaultdict(list)
        self.gaps: dict[int, list[Gap]] = defaultdict(list)
        self.handed: dict[tuple[int, Ms], float] = {}
        self.failures: dict[str, list[Outage]] = defaultdict(list)
        self.clashes: list[str] = []
        self._sort_records()
        for outage in case.outages:
            self.failures[outage.endpoint].append(outage)
        self._starts = [fault.start for fault in case.faults]
        faults = ((f.start, f.end + aftermath(f)) for f in case.faults if f.kind not in HARMLESS)
        twice = _lived_twice(played.clock, BEGINNING + case.seconds)
        self.hidden = sorted([*faults, *played.held_up, *twice])
        now = START + round(case.seconds * 1_000)
        self.span = Span(0, now + 200 * 366 * 86_400_000)

    def _sort_records(self) -> None:
        seen: set[tuple[int, int, int, int]] = set()
        for when, record in self.played.records:
            if isinstance(record, Gap):
                self.gaps[record.lane].append(record)
                continue
            if record.key in seen:
                self.clashes.append(f"two checks with the key {record.key}")
            seen.add(record.key)
            self.checks[record.lane].append(record)
            self.handed.setdefault((record.lane, record.at), when)

    def lane(self, key: str) -> int:
        return self.played.monitor.lanes[key]

    def segments(self, key: str) -> tuple[Segment, ...]:
        lane = self.lane(key)
        return lane_segments(self.checks[lane], [*self.gaps[lane], *self.gaps[ALL_LANES]], self.span)

    def fault_at(self, when: float) -> Fault | None:
        """The last fault that had begun by then."""
        index = bisect_right(self._starts, when)
        return self.case.faults[index - 1] if index else None

    def disturbed(self, start: float, end: float, after: float) -> bool:
        """Whether anything that can hide something was in effect, or just over, between the two times."""
        return any(begun < end and ended + after > start for begun, ended in self.hidden)


def aftermath(fault: Fault) -> float:
    """A fault that is over at once but moves time itself lasts for as long as that time."""
    return fault.seconds if fault.kind in _AT_ONCE else 0.0


def _lived_twice(clock: SimulatedClock, end: float) -> Iterator[tuple[float, float]]:
    """The times at which the wall clock showed what it showed at another time too."""
    pieces = list(clock.shown(end))
    for index, (low, high, ahead) in enumerate(pieces):
        for other_low, other_high, other_ahead in pieces[:index]:
            start = max(low + ahead, other_low + other_ahead)
            stop = min(high + ahead, other_high + other_ahead)
            if start < stop + _NEAR:
                yield (start - ahead - _NEAR, stop - ahead + _NEAR)
                yield (start - other_ahead - _NEAR, stop - other_ahead + _NEAR)


ASKED: Ms = 15_000
"""How long a failure may wait for what the sentinels say of it."""
_NEAR = 1.0
_AT_ONCE = frozenset({"loop blocked", "stopped in flight", "restart", "killed", "start in 1970"})


def _partition(key: str, segments: Sequence[Segment], span: Span, tally: Tally) -> None:
    """The segments fill the span, one after the other."""
    at = span.start
    for segment in segments:
        if segment.start != at or segment.end <= segment.start:
            tally.wrong.append(f"{key}: time is not parted at {at}")
        at = segment.end
    if at != span.end:
        tally.wrong.append(f"{key}: time ends at {at}")


def _charge(view: View, key: str, segments: Sequence[Segment], tally: Tally) -> None:
    """Down time outside of the real outages. A state holds on for a while after its slot's last check."""
    endpoint = view.case.endpoints[key]
    slot = endpoint.confirmation.attempts * (endpoint.timeout + endpoint.confirmation.pause)
    allowed = [
        (start - endpoint.timeout, end + slot + hold(endpoint))
        for outage in view.failures[key]
        for start, end in view.played.clock.images(outage.start, outage.end)
    ]
    for segment in segments:
        if segment.state is not State.DOWN:
            continue
        excess = _outside(segment.start, segment.end, allowed)
        if excess:
            when = view.handed.get((view.lane(key), segment.first or segment.start), 0.0)
            fault = view.fault_at(when)
            kind = fault.kind if fault else "none"
            tally.charged[kind] += excess
            began = (
                f", {kind} began {when - fault.start:.1f} s before, for {fault.seconds:.1f} s"
                if fault
                else ""
            )
            tally.wrong.append(f"{key}: {excess} ms of {segment.reason} charged{began}")


def _outside(start: Ms, end: Ms, allowed: Sequence[tuple[Ms, Ms]]) -> Ms:
    left = [(start, end)]
    for low, high in allowed:
        left = [
            piece
            for begin, stop in left
            for piece in ((begin, min(stop, low)), (max(begin, high), stop))
            if piece[0] < piece[1]
        ]
    return sum(stop - begin for begin, stop in left)


def _find(view: View, outage: Outage, segments: Sequence[Segment], tally: Tally) -> None:
    """An outage is found, and where nothing of ours hid its start, within an interval of it."""
    endpoint = view.case.endpoints[outage.endpoint]
    interval, timeout = endpoint.interval / 1_000, endpoint.timeout / 1_000
    deciding = endpoint.confirmation.failures * (timeout + endpoint.confirmation.pause / 1_000)
    if not any(_seen(view, outage, interval + deciding + 1, interval)):
        tally.hidden += 1
        return
    tally.outages += 1
    images = view.played.clock.images(outage.start, outage.end)
    bad = [
        each.first_bad
        for each in outages(segments, bridge=2 * endpoint.interval)
        if any(each.first_bad <= end and each.span.end >= start for start, end in images)
    ]
    if not bad:
        tally.wrong.append(f"{outage.endpoint}: {outage.way} from {outage.start:.1f} was not found")
        return
    tally.found += 1
    if view.disturbed(outage.start - timeout, outage.start + interval + deciding, interval):
        return
    tally.starts += 1
    error = max(0, min(bad) - images[0][0])
    tally.worst_start = max(tally.worst_start, error)
    tally.worst_share = max(tally.worst_share, error / endpoint.interval)
    if error > endpoint.interval + LATE + STEP:  # an epoch's clock may part from the wall's by a step
        tally.wrong.append(f"{outage.endpoint}: the start of {outage.way} is {error} ms late")


def _seen(view: View, outage: Outage, least: float, after: float) -> Iterator[bool]:
    """Whether any stretch of the outage without faults of ours is long enough to see it in."""
    at = outage.start
    for begun, ended in view.hidden:
        if begun < outage.end and ended + after > at:
            yield begun - at >= least
            at = max(at, ended + after)
    yield outage.end - at >= least


# -- slots


def _account(view: View, tally: Tally) -> None:
    for counted in view.played.monitor.counters:
        tally.slots += counted.planned
        if counted.planned != counted.run + counted.overlapped + counted.missed + counted.disabled:
            tally.wrong.append(f"slots are lost: {counted}")
    for key in view.case.endpoints:
        _account_lane(view, key, tally)


def _account_lane(view: View, key: str, tally: Tally) -> None:
    """Numbers that no check has were due in a gap, or while a failing slot was still watching."""
    lane = view.lane(key)
    silences = sorted((gap.span.start, gap.span.end) for gap in [*view.gaps[lane], *view.gaps[ALL_LANES]])
    by_epoch: dict[int, list[Check]] = defaultdict(list)
    for check in view.checks[lane]:
        by_epoch[check.epoch].append(check)
    for checks in by_epoch.values():
        checks.sort(key=lambda check: (check.slot, check.attempt))
        for last, following in pairwise(checks):
            if following.slot > last.slot + 1 and not _explained(view, key, last, following, silences):
                tally.wrong.append(
                    f"{key}: slots {last.slot + 1} to {following.slot - 1} of epoch {last.epoch} are lost"
                )


def _explained(
    view: View, key: str, last: Check, following: Check, silences: Sequence[tuple[Ms, Ms]]
) -> bool:
    endpoint = view.case.endpoints[key]
    watched = last.at + endpoint.timeout + endpoint.confirmation.pause + ASKED
    first = min(last.at + endpoint.interval, following.at)
    if any(start <= first + LATE and end > last.at for start, end in silences):
        return True
    return last.state is State.DOWN and watched + LATE >= following.at - endpoint.interval

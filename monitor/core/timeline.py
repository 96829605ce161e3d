"""From checks to states in time: segments, and outages with their four instants.

The state of a check holds from its instant to the next one's, for at most its `hold`; beyond it the lane
is unknown. A gap makes its span unknown and ends the hold of what came before, so that nothing is known
again until the next check. Where two epochs claim the same wall time, it is unknown(clock_suspect).

That nothing ran between two runs is concluded from a clock, at a start, and a clock that was fast by then
concludes too much: such a silence is over with the first check inside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter, itemgetter

from monitor.core.checks import BETWEEN_EPOCHS, Check, Gap, Reason, State, state_of
from monitor.core.intervals import DAY, HOUR, SECOND, Ms, Span, Spans
from monitor.records import dataclass

Point = tuple[Ms, Reason, Ms, Ms | None]
"""Where a slot (or a silence) begins to speak: instant, reason, hold, instant of its last check or None."""

Silence = tuple[Ms, Ms, Reason]

FOREVER: Ms = 1 << 62

_EPOCH = date(1970, 1, 1)

_key = attrgetter("epoch", "slot", "attempt")
_at = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of one state and reason; `first` and `last` are the instants of its first and last check.

    A segment without a check of its own (a gap, an overrun hold) has None in both. A state that was held
    over from before the span has its `first` there, before `start`.
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

    @property
    def error(self) -> tuple[Ms | None, Ms | None]:
        """By how much it may have begun and ended earlier; None where that is not known."""
        return (
            None if self.last_good is None else self.first_bad - self.last_good,
            None if self.first_good is None else self.first_good - self.last_bad,
        )


def lane_segments(checks: Sequence[Check], gaps: Iterable[Gap], span: Span) -> tuple[Segment, ...]:
    """A partition of `span` for one lane, from its checks (in any order) and gaps, those before `span` too.

    Checks that started before `span` matter while they hold; hand in those of at least the longest hold. Of
    them only the one that holds at the start is looked at, so that more of them change nothing. `gaps` are
    the lane's own and those of ALL_LANES; where two overlap, the one that began first gives the reason.
    """
    epochs = _points_by_epoch(checks)
    points = _in_order(epochs)
    silences = _disjoint([*(_silence(gap, points) for gap in gaps), *_claimed_twice(epochs)])
    return join_segments(_runs(_with_silences(points, silences), span))


def _silence(gap: Gap, points: Sequence[Point]) -> Silence:
    start, end = gap.span.start, gap.span.end
    if gap.epoch == BETWEEN_EPOCHS and gap.reason is Reason.NOT_RUNNING:
        contrary = bisect_right(points, start, key=_at)
        if contrary < len(points):
            end = min(end, points[contrary][0])
    return (start, end, gap.reason)


def _points_by_epoch(checks: Sequence[Check]) -> list[list[Point]]:
    """One point per slot, in order of instant, one list per epoch."""
    ordered = sorted(checks, key=_key)
    epochs: list[list[Point]] = []
    points: list[Point] = []
    epoch = slot = None
    up, ok = State.UP, Reason.OK
    for index, check in enumerate(ordered):
        if check.epoch != epoch:
            epoch = check.epoch
            points = []
            epochs.append(points)
        elif check.slot == slot:
            continue
        slot = check.slot
        if check.state is up:
            at = check.at
            points.append((at, ok, check.hold, at))
        else:
            points.append(_troubled(_rows_of_slot(ordered, index)))
    for points in epochs:
        points.sort(key=_at)
    return epochs


def _rows_of_slot(ordered: Sequence[Check], index: int) -> Sequence[Check]:
    first = ordered[index]
    end = index + 1
    while end < len(ordered) and ordered[end].slot == first.slot and ordered[end].epoch == first.epoch:
        end += 1
    return ordered[index:end]


def _troubled(rows: Sequence[Check]) -> Point:
    """The point of a slot that is not up; where no row bears its state out, rows are missing."""
    planned = rows[0]
    bearing = [row for row in rows if state_of(row.reason) is planned.state]
    if not bearing:
        return (planned.at, Reason.DATA_LOSS, planned.hold, planned.at)
    first = bearing[0]
    if planned.state is State.DOWN:
        return (first.at, first.reason, first.hold, bearing[-1].at)
    return (planned.at, first.reason, planned.hold, planned.at)


def _claimed_twice(epochs: Sequence[Sequence[Point]]) -> Iterator[Silence]:
    """Where the wall times of two epochs overlap, both ends included."""
    reached: Ms | None = None
    for first, last in sorted((points[0][0], points[-1][0]) for points in epochs):
        if reached is not None and first <= reached:
            yield (first, min(last, reached) + 1, Reason.CLOCK_SUSPECT)
        reached = last if reached is None else max(reached, last)


def _in_order(epochs: list[list[Point]]) -> list[Point]:
    if len(epochs) == 1:
        return epochs[0]
    return sorted((point for points in epochs for point in points), key=_at)


def _disjoint(silences: Iterable[Silence]) -> Iterator[Silence]:
    """In order and without overlap: whichever began first lasts to its end."""
    reached: Ms | None = None
    for start, end, reason in sorted(silences):
        begin = start if reached is None else max(start, reached)
        if begin < end:
            yield (begin, end, reason)
            reached = end


def _with_silences(points: list[Point], silences: Iterable[Silence]) -> list[Point]:
    """A silence swallows the points inside it, and lasts until the next point speaks."""
    out: list[Point] = []
    done = 0
    for start, end, reason in silences:
        upto = bisect_left(points, start, done, key=_at)
        out += points[done:upto]
        out.append((start, reason, FOREVER, None))
        done = bisect_left(points, end, upto, key=_at)
    return out + points[done:]


def _runs(points: Sequence[Point], span: Span) -> Iterator[Segment]:
    """The states that the points hold within `span`."""
    begin = max(bisect_right(points, span.start, key=_at) - 1, 0)
    end = bisect_left(points, span.end, key=_at)
    start, until, reason = span.start, FOREVER, Reason.NOT_RUNNING
    first = last = None
    for at, new, hold, seen in points[begin:end]:
        if new is reason and at <= until and last is not None and seen is not None:
            until = at + hold
            last = seen
            continue
        yield from _spell(Segment(start, until, state_of(reason), reason, first, last), at, span)
        start, until, reason = at, at + hold, new
        first, last = (None if seen is None else at), seen
    yield from _spell(Segment(start, until, state_of(reason), reason, first, last), span.end, span)


def _spell(run: Segment, upto: Ms, span: Span) -> Iterator[Segment]:
    """A run that the next point ends at `upto`, and the unknown time that its hold does not reach."""
    if run.end >= upto:
        yield from _within(run, span.start, upto)
    else:
        yield from _within(run, span.start, run.end)
        yield from _within(Segment(run.end, upto, State.UNKNOWN, Reason.NOT_RUNNING), span.start, upto)


def _within(segment: Segment, start: Ms, end: Ms) -> Iterator[Segment]:
    start, end = max(segment.start, start), min(segment.end, end)
    if start < end:
        yield Segment(start, end, segment.state, segment.reason, segment.first, segment.last)


def time_by_reason(segments: Iterable[Segment]) -> dict[Reason, Ms]:
    """How long the state of each reason lasted, in ms."""
    found: Counter[Reason] = Counter()
    for segment in segments:
        found[segment.reason] += segment.end - segment.start
    return dict(found)


def clip_segments(segments: Sequence[Segment], span: Span) -> tuple[Segment, ...]:
    """The part of a partition inside `span`; `first` and `last` stay those of the whole segment."""
    start, end = span.start, span.end
    out: list[Segment] = []
    for segment in segments:
        if start <= segment.start < segment.end <= end:
            out.append(segment)
        elif segment.start < end and start < segment.end:
            out.extend(_within(segment, start, end))
    return tuple(out)


def join_segments(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Neighbours of one state and reason become one; what is empty is dropped."""
    out: list[Segment] = []
    for segment in segments:
        if segment.start == segment.end:
            continue
        left = out[-1] if out else None
        if (
            left is not None
            and left.reason is segment.reason
            and left.state is segment.state
            and left.end == segment.start
        ):
            out[-1] = _joined(left, segment)
        else:
            out.append(segment)
    return tuple(out)


def _joined(left: Segment, right: Segment) -> Segment:
    first = right.first if left.first is None else left.first
    last = left.last if right.last is None else right.last
    return Segment(left.start, right.end, left.state, left.reason, first, last)


def covered(segments: Sequence[Segment]) -> Spans:
    """The time of segments that come in order and apart, as a set."""
    if len(segments) == 1:
        return (segments[0].span,)
    starts: list[Ms] = []
    ends: list[Ms] = []
    for segment in segments:
        if ends and ends[-1] == segment.start:
            ends[-1] = segment.end
        else:
            starts.append(segment.start)
            ends.append(segment.end)
    return tuple(map(Span, starts, ends))


@dataclass(slots=True)
class _Trouble:
    """An outage while it is being read; `over` once anything but unknown time followed."""

    last_good: Ms | None
    first_bad: Ms
    down: list[Segment] = field(default_factory=list)
    first_good: Ms | None = None
    over: bool = False

    def finish(self) -> Outage:
        last = self.down[-1]
        return Outage(
            id=outage_id(self.first_bad),
            down=covered(self.down),
            reason=self.down[0].reason,
            last_good=self.last_good,
            first_bad=self.first_bad,
            last_bad=max(self.first_bad, last.start if last.last is None else last.last),
            first_good=self.first_good,
            open=not self.over,
        )


@lru_cache(maxsize=16_384)
def outage_id(first_bad: Ms) -> str:
    """The name of an outage that begins at this instant: `20261006T120210Z`.

    Remembered, since every agreement on a service asks for the same ones.
    """
    day, at = divmod(first_bad, DAY)
    seconds, ms = divmod(at, SECOND)
    clock = at // HOUR * 10_000 + seconds // 60 % 60 * 100 + seconds % 60
    second = f"{_day(day)}T{clock:06}"
    return f"{second}.{ms:03}Z" if ms else f"{second}Z"


def is_outage_id(name: str) -> bool:
    """Whether a name is one that `outage_id` gives."""
    return _OUTAGE_ID.fullmatch(name) is not None


_OUTAGE_ID = re.compile(r"\d{8}T\d{6}(\.\d{3})?Z")


@lru_cache(maxsize=1_024)
def _day(since_1970: int) -> str:
    return f"{_EPOCH + timedelta(since_1970):%Y%m%d}"


def outages(segments: Sequence[Segment], *, bridge: Ms) -> tuple[Outage, ...]:
    """The outages of a partition, oldest first.

    Down spans parted by nothing but unknown time of at most `bridge` ms (two intervals) are one outage; the
    unknown time itself is never downtime. An outage's id is its first_bad in UTC: `20261006T120210Z`, with
    milliseconds where there are any: `20261006T120210.456Z`. Good checks before and after are looked for
    through unknown time, never through another outage. Time in no base (a hole between segments) parts two
    outages.
    """
    return tuple(trouble.finish() for trouble in _troubles(segments, bridge))


def downtimes(segments: Sequence[Segment], *, bridge: Ms) -> tuple[tuple[str, Spans], ...]:
    """The id and the down spans of each of the `outages`, for whoever asks nothing else of them."""
    return tuple(
        (outage_id(trouble.first_bad), covered(trouble.down)) for trouble in _troubles(segments, bridge)
    )


def _first_bad(segment: Segment, *, leads: bool) -> Ms:
    """The first failed check. Only the state that `leads` may have begun before what is looked at; one that
    was held over a hole begins anew after it, or two outages would have one id."""
    if segment.first is None:
        return segment.start
    return segment.first if leads else max(segment.first, segment.start)


def _troubles(segments: Iterable[Segment], bridge: Ms) -> list[_Trouble]:
    up, down = State.UP, State.DOWN
    found: list[_Trouble] = []
    good: Ms | None = None
    known = State.UNKNOWN  # the last state that was not unknown
    bridged = False  # nothing but unknown time since the last down segment
    end: Ms | None = None
    for segment in segments:
        before, end = end, segment.end
        bridged = bridged and segment.start == before
        if segment.state is up:
            if known is down:
                found[-1].first_good, found[-1].over = segment.first, True
            good, known, bridged = segment.last, up, False
        elif segment.state is down:
            if not (bridged and segment.start - found[-1].down[-1].end <= bridge):
                if known is down:
                    found[-1].over = True
                found.append(_Trouble(good, _first_bad(segment, leads=before is None)))
            found[-1].down.append(segment)
            good, known, bridged = None, down, True
    return found


def segments_digest(states: Mapping[tuple[str, str], Sequence[Segment]]) -> str:
    """SHA-256 (hex) over one canonical line per segment, by endpoint and location."""
    digest = hashlib.sha256()
    for name in sorted(states):
        for segment in states[name]:
            fields = [*name, segment.start, segment.end, segment.state.name, segment.reason.value]
            digest.update((json.dumps(fields, separators=(",", ":")) + "\n").encode())
    return digest.hexdigest()

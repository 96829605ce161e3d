"""Whether what is sealed still follows from the log that it was sealed from.

Each sealed hour is computed again from the checks and silences of the log, and compared. Only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Final

from monitor.core.checks import LaneId, Reason, State
from monitor.core.intervals import HOUR, Ms, Span
from monitor.core.periods import local
from monitor.core.timeline import Segment, clip_segments, join_segments
from monitor.store import chunks
from monitor.store.evidence import Evidence
from monitor.store.sealing import meaning
from monitor.store.sqlite import connect, sqlite3
from monitor.store.telling import told
from monitor.store.transaction import reading

HOURS: Final = 24  # of all lanes computed at once: bounds the memory
PACKED_HOURS: Final = 8 * 24  # the same for a few lanes, where all checks are packed: each is unpacked once
FEW: Final = 20
Step = Callable[[Ms, Ms], None]


def proved(path: Path, step: Step = lambda _done, _of: None) -> Iterator[str]:
    """What in the sealed evidence does not follow from the log; a sentence for each lane and day.

    `step` is told how much time is done, and of how much.
    """
    with told(path), closing(connect(path, readonly=True)) as connection, reading(connection):
        evidence = Evidence(connection)
        whole = _sealed(connection, evidence)
        if whole is None:
            return
        names = dict(connection.execute("SELECT id, endpoint FROM lane ORDER BY id").fetchall())
        waiting = {int(row[0]) for row in connection.execute("SELECT hour FROM dirty")}
        packed = evidence.mark("packed") or 0
        for window in _windows(whole, waiting, packed):
            for lanes in _groups(list(names), FEW if window.end <= packed else len(names)):
                for lane, computed in evidence.states(lanes, window).items():
                    found = _differing(evidence, lane, window, computed)
                    if found is not None:
                        yield f"{names[lane]}: {found}"
            step(window.end - whole.start, whole.length)


def _groups(lanes: Sequence[LaneId], size: int) -> Iterator[Sequence[LaneId]]:
    return (lanes[at : at + size] for at in range(0, len(lanes), size))


def _sealed(connection: sqlite3.Connection, evidence: Evidence) -> Span | None:
    end = evidence.mark("sealed")
    hour = chunks.first_hour(connection)
    (gap,) = connection.execute("SELECT min(start) FROM gap").fetchone()
    begins = [at for at in (None if hour is None else hour * HOUR, gap) if at is not None]
    if end is None or not begins or min(begins) // HOUR * HOUR >= end:
        return None
    start = max(min(begins) // HOUR * HOUR, evidence.computable_from())
    return Span(start, end) if start < end else None


def _windows(whole: Span, waiting: set[int], packed: Ms) -> Iterator[Span]:
    """The sealed hours, some days at most at once, without those that wait to be sealed anew."""
    run: list[int] = []
    for hour in range(whole.start // HOUR, whole.end // HOUR + 1):
        most = PACKED_HOURS if (hour + 1) * HOUR <= packed else HOURS
        is_over = hour in waiting or (hour + 1) * HOUR > whole.end
        if run and (is_over or len(run) >= most):
            yield Span(run[0] * HOUR, (run[-1] + 1) * HOUR)
            run = []
        if not is_over:
            run.append(hour)


def _differing(evidence: Evidence, lane: LaneId, window: Span, computed: Sequence[Segment]) -> str | None:
    """The first stretch in which the sealed states are others than those that the log gives."""
    kept = _filled(clip_segments(evidence.sealed(lane, window), window), window)
    for one, other in zip_longest(kept, join_segments(computed)):
        if one is None or other is None or meaning(one) != meaning(other):
            return f"sealed {_spoken(one)}, and the log gives {_spoken(other)}"
    return None


def _filled(kept: Sequence[Segment], window: Span) -> Sequence[Segment]:
    """Where nothing is sealed nothing was known yet: the lane is younger than the hour."""
    out: list[Segment] = []
    at = window.start
    for segment in kept:
        out += [_nothing(at, segment.start), segment]
        at = segment.end
    return join_segments([*out, _nothing(at, window.end)])


def _nothing(start: Ms, end: Ms) -> Segment:
    return Segment(start, end, State.UNKNOWN, Reason.NOT_RUNNING)


def _spoken(segment: Segment | None) -> str:
    if segment is None:
        return "nothing"
    span = f"{_utc(segment.start)} to {_utc(segment.end)}"
    return f"{segment.state.name.lower()} ({segment.reason.value}) from {span}"


def _utc(at: Ms) -> str:
    return f"{local(at, 'UTC'):%Y-%m-%d %H:%M:%S}Z"

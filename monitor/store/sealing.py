"""Sealing: hours of the log become run-length segments, each window in one transaction that proves itself.

What was computed is written, read back and compared inside the transaction; a difference rolls it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from monitor.core.checks import LaneId
from monitor.core.intervals import DAY, HOUR, Ms, Span, intersect
from monitor.core.timeline import Segment, clip_segments, join_segments
from monitor.errors import EvidenceRefused
from monitor.failpoints import reach
from monitor.store import chunks, tallies
from monitor.store.courtesy import give_way
from monitor.store.evidence import EDGE, Evidence
from monitor.store.marks import raise_mark
from monitor.store.protocol import Need
from monitor.store.splice import spliced
from monitor.store.sqlite import sqlite3
from monitor.store.transaction import immediate

_LANE_HOURS: Final = 800  # sealed in one transaction: bounds its memory and how long others wait


def seal(
    connection: sqlite3.Connection, upto: Ms, *, windows: int | None = None, needs: Collection[Need] = ()
) -> int:
    """Seal every hour whose grace has passed by `upto`, and the dirty ones; how many lane-hours it took.

    The counts of `needs`, and of all that anybody ever needed, are kept with them.

    `windows` bounds how much is done in one call: call again until it returns 0.
    """
    lanes = [int(row[0]) for row in connection.execute("SELECT id FROM lane ORDER BY id")]
    asked = tallies.known(connection) | {need for need in needs if need.is_kept}
    sealed = 0
    for done, window in enumerate(
        _windows(connection, upto, max(1, min(24, _LANE_HOURS // (len(lanes) or 1))))
    ):
        if done == windows:
            break
        with immediate(connection):
            sealed += _seal_window(connection, lanes, asked, window) * (window.length // HOUR)
        reach("seal.committed")
    return sealed


def _windows(connection: sqlite3.Connection, upto: Ms, most: int) -> Iterator[Span]:
    """Runs of hours to seal, oldest first, none longer than `most` hours."""
    start = Evidence(connection).mark("sealed")
    if start is None:
        start = _first_hour(connection)
    limit = (upto - EDGE) // HOUR
    due = range(start // HOUR, limit) if start is not None else range(0)
    dirty = [int(row[0]) for row in connection.execute("SELECT hour FROM dirty ORDER BY hour")]
    run: list[int] = []
    for hour in (*dirty, *due):
        if run and (hour != run[-1] + 1 or len(run) == most):
            yield _span(run)
            run = []
        run.append(hour)
    if run:
        yield _span(run)


def _span(hours: Sequence[int]) -> Span:
    return Span(hours[0] * HOUR, (hours[-1] + 1) * HOUR)


def _first_hour(connection: sqlite3.Connection) -> Ms | None:
    hour = chunks.first_hour(connection)
    (start,) = connection.execute("SELECT min(start) FROM gap").fetchone()
    begins = [at for at in (None if hour is None else hour * HOUR, start) if at is not None]
    return min(begins) // HOUR * HOUR if begins else None


def back_fill(connection: sqlite3.Connection, needs: Collection[Need]) -> None:
    """Count what is sealed already for new needs, as far back as the log reaches, a day at a time."""
    start, end = _first_hour(connection), Evidence(connection).mark("sealed")
    if start is None or end is None or start >= end:
        return
    kept = [need for need in needs if need.is_kept]
    lacking = {
        need: spans
        for need in kept
        for spans in tallies.missing(
            connection, [need], _countable(connection, need, Span(start, end))
        ).values()
    }
    for begin in range(start, end, DAY):
        window = Span(begin, min(begin + DAY, end))
        here = [need for need, spans in lacking.items() if intersect(spans, (window,))]
        if here:
            with immediate(connection):
                tallies.keep(connection, Evidence(connection), here, window)


def _countable(connection: sqlite3.Connection, need: Need, whole: Span) -> Span:
    """The part of it from which on no check of the lane was forgotten."""
    first = (chunks.first_whole_hour(connection, need.lane) or 0) * HOUR
    return Span(min(max(first, whole.start), whole.end), whole.end)


def _seal_window(
    connection: sqlite3.Connection, lanes: Collection[LaneId], needs: Collection[Need], window: Span
) -> int:
    evidence = Evidence(connection)
    states = evidence.states(lanes, window)
    reach("seal.computed")
    for lane, pieces in states.items():
        _write(connection, evidence, lane, window, pieces)
        reach("seal.written")
        _prove(evidence, lane, window, pieces)
        give_way()
    tallies.keep(connection, evidence, needs, window)
    reach("seal.tallied")
    reach("seal.proved")
    hours = (window.start // HOUR, window.end // HOUR)
    connection.execute("DELETE FROM dirty WHERE hour >= ? AND hour < ?", hours)
    raise_mark(connection, "sealed", window.end)
    return len(lanes)


def _write(
    connection: sqlite3.Connection, evidence: Evidence, lane: LaneId, window: Span, pieces: Sequence[Segment]
) -> None:
    stored = evidence.sealed(lane, _hull(connection, lane, window))
    run = spliced(stored, window, pieces)
    ids = evidence.reasons.ids
    last = max([window.end - 1, *(segment.start for segment in stored)])
    connection.execute(
        "DELETE FROM segment WHERE lane = ? AND start BETWEEN ? AND ?", (lane, run[0].start, last)
    )
    connection.executemany(
        "INSERT INTO segment (lane, start, end, state, reason, first, last) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(lane, s.start, s.end, int(s.state), ids[s.reason], s.first, s.last) for s in run],
    )


def _hull(connection: sqlite3.Connection, lane: LaneId, window: Span) -> Span:
    """The window and its neighbours, back to the last segment and on to the next: no hole is left between."""
    before = connection.execute(
        "SELECT end FROM segment WHERE lane = ? AND start < ? ORDER BY start DESC LIMIT 1",
        (lane, window.start),
    ).fetchone()
    (following,) = connection.execute(
        "SELECT min(start) FROM segment WHERE lane = ? AND start >= ?", (lane, window.end)
    ).fetchone()
    start = window.start if before is None else min(before[0], window.start)
    return Span(start - 1, (window.end if following is None else following) + 1)


def _prove(evidence: Evidence, lane: LaneId, window: Span, pieces: Sequence[Segment]) -> None:
    found = clip_segments(evidence.sealed(lane, window), window)
    if [meaning(segment) for segment in found] != [meaning(segment) for segment in join_segments(pieces)]:
        raise EvidenceRefused(
            f"sealing lane {lane} from {window.start} to {window.end} did not give back what was computed; "
            "nothing was changed; restore the database from a backup"
        )


def meaning(segment: Segment) -> tuple[Ms, Ms, int, str]:
    """What of a segment is evidence."""
    return (segment.start, segment.end, int(segment.state), segment.reason.value)

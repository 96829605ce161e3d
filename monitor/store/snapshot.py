"""One consistent view of the evidence: sealed segments and the open hours of the log, as one run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from monitor.core.calls import Away, Call
from monitor.core.checks import Check, Lane, LaneId, Reason, State
from monitor.core.intervals import HOUR, Ms, Span, Spans, normalise
from monitor.core.timeline import Segment, segments_digest
from monitor.store import calls, journal
from monitor.store.evidence import Evidence
from monitor.store.lanes import all_lanes
from monitor.store.protocol import Event, Need, Seq, Tally
from monitor.store.rows import check_of, select
from monitor.store.splice import partition, spliced
from monitor.store.sqlite import sqlite3
from monitor.store.tallies import found


class SqliteSnapshot:
    """Implements `protocol.Snapshot` on one connection inside one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._evidence = Evidence(connection)
        self._sealed = self._evidence.mark("sealed") or 0
        self._dirty = [int(row[0]) for row in connection.execute("SELECT hour FROM dirty ORDER BY hour")]

    def lanes(self) -> Sequence[Lane]:
        """Every lane there ever was."""
        return list(self._lanes)

    @cached_property
    def _lanes(self) -> tuple[Lane, ...]:
        """Read once: a view does not change, and a month's statements ask for each customer."""
        return tuple(all_lanes(self._connection))

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        """A partition of `span` for each lane; time without evidence is unknown(not_running)."""
        windows = self._open(span)
        hull = Span(
            min([span.start, *(window.start for window in windows)]) - 1,
            max([span.end, *(window.end for window in windows)]) + 1,
        )
        runs: dict[LaneId, Sequence[Segment]] = {lane: self._evidence.sealed(lane, hull) for lane in lanes}
        for window in windows:
            for lane, pieces in self._evidence.states(lanes, window).items():
                runs[lane] = spliced(runs[lane], window, pieces)
        return {lane: partition(run, span) for lane, run in runs.items()}

    def checks(self, lane: LaneId, span: Span) -> Iterator[Check]:
        """The lane's checks that started in `span`, in order of their instant."""
        for row in select(self._connection, lane, span):
            yield check_of(row, self._evidence.reasons)

    def heard(self, lanes: Collection[LaneId]) -> Sequence[Call]:
        """The calls that still count: each lane's last end, and the first and last start after it."""
        return [call for lane in lanes for call in calls.heard(self._connection, lane)]

    def aways(self, since: Ms) -> Sequence[Away]:
        """When a call could be lost, from `since` on: what was heard of, and the gaps of all lanes."""
        return calls.aways(self._connection, self._evidence.reasons, since)

    def tallies(self, need: Need, span: Span) -> tuple[Tally, ...]:
        """The counts of each slot that starts in `span`, oldest first."""
        return found(self._connection, self._evidence, need, span)

    def last_check(self, lane: LaneId) -> Check | None:
        """The newest check of the lane."""
        (at,) = self._connection.execute("SELECT max(last) FROM reach WHERE lane = ?", (lane,)).fetchone()
        if at is None:
            return None
        *_, row = select(self._connection, lane, Span(at, at + 1))
        return check_of(row, self._evidence.reasons)

    def latencies(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, list[int]]:
        """Latencies in 0.1 ms of planned attempts that were good, sorted, for each lane."""
        found = self._connection.execute(
            "SELECT lane, latency FROM log WHERE hour BETWEEN ? AND ? AND at >= ? AND at < ? "
            "AND attempt = 0 AND state = ? AND reason = ? AND latency IS NOT NULL",
            (
                span.start // HOUR,
                span.end // HOUR,
                span.start,
                span.end,
                int(State.UP),
                self._evidence.reasons.ids[Reason.OK],
            ),
        )
        by_lane: dict[LaneId, list[int]] = {lane: [] for lane in lanes}
        for lane, latency in found:
            if lane in by_lane:
                by_lane[lane].append(latency)
        return {lane: sorted(latencies) for lane, latencies in by_lane.items()}

    def events(
        self, *, after: Seq = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        """The journal's entries after `after`, in order."""
        return journal.read(self._connection, after, kinds, subject)

    def digest(self, lanes: Sequence[LaneId], span: Span) -> str:
        """SHA-256 (hex) over one canonical line per segment, lanes in order of endpoint and location."""
        asked = set(lanes)
        named = {lane.id: (lane.endpoint, lane.location) for lane in self.lanes() if lane.id in asked}
        return segments_digest({named[lane]: run for lane, run in self.segments(lanes, span).items()})

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        """The latest instant, at most `upto`, that the evidence reaches."""
        return self._evidence.as_of(upto)

    def _open(self, span: Span) -> Spans:
        """Runs of hours in `span` that have to be computed from the log: dirty ones, and those not sealed."""
        hours = [Span(hour * HOUR, (hour + 1) * HOUR) for hour in self._dirty]
        if span.end > self._sealed:
            hours.append(Span(self._sealed, span.end))
        return tuple(window for window in normalise(hours) if window.clip(span))

"""One consistent view of the evidence: sealed segments and the open hours of the log, as one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge

from monitor.core.calls import Away, Call
from monitor.core.checks import Check, Lane, LaneId, Reason, State
from monitor.core.intervals import HOUR, Ms, Span, Spans, normalise
from monitor.core.tickets import Ticket
from monitor.core.timeline import Segment, segments_digest, time_by_reason
from monitor.errors import EvidenceGone
from monitor.store import calls, chunks, journal, tickets
from monitor.store.evidence import Evidence
from monitor.store.lanes import all_lanes
from monitor.store.protocol import Columns, Event, Need, Seq, Tally
from monitor.store.rows import ORDER, Row, check_of, places, select
from monitor.store.splice import partition, spliced
from monitor.store.sqlite import sqlite3
from monitor.store.sweep import swept
from monitor.store.tallies import found
from monitor.store.ticket_protocol import KeptTicket


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

    def checks(self, lane: LaneId, span: Span, *, failed: bool = False) -> Iterator[Check]:
        """The lane's checks that started in `span`, in order of their instant; those that `failed` alone."""
        ok = self._evidence.reasons.ids[Reason.OK]
        for row in self._rows(lane, span, kept=failed):
            if not failed or row[6] != ok:
                yield check_of(row, self._evidence.reasons)

    def begins(self) -> Ms | None:
        """No check that is kept started before; None where there is none."""
        first = chunks.first_hour(self._connection)
        return None if first is None else first * HOUR

    def sweep(self, lanes: Collection[LaneId], span: Span, *, failed: bool = False) -> Iterator[Columns]:
        """The same for many lanes, as columns, lane after lane; ask for a day and so many lanes at a time."""
        return swept(self._connection, self._evidence, lanes, span, failed=failed)

    def _rows(self, lane: LaneId, span: Span, *, kept: bool = False) -> Iterator[Row]:
        """Loose and packed ones as one run."""
        loose = select(self._connection, lane, span)
        if not self._evidence.has_packed(span.start):
            return iter(loose)
        return merge(chunks.rows_of(self._connection, lane, span, kept=kept), loose, key=ORDER)

    def totals(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, Mapping[Reason, Ms]]:
        """How long each lane was in each state, by reason; they come to the length of `span`."""
        found: dict[LaneId, Counter[Reason]] = {lane: Counter() for lane in lanes}
        open_part = Span(
            max(span.start, min((w.start for w in self._open(span)), default=span.end)), span.end
        )
        sealed = Span(span.start, open_part.start)
        for lane, reason, length in self._evidence.sealed_totals(sealed) if sealed.length else ():
            if lane in found:
                found[lane][reason] += length
        for lane, run in self.segments(lanes, open_part).items() if open_part.length else ():
            found[lane].update(time_by_reason(run))
        for sums in found.values():
            sums[Reason.NOT_RUNNING] += span.length - sums.total()
        return {lane: {reason: ms for reason, ms in sums.items() if ms} for lane, sums in found.items()}

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
        """The newest check of the lane; None where there is none, or it was forgotten."""
        (at,) = self._connection.execute("SELECT max(last) FROM reach WHERE lane = ?", (lane,)).fetchone()
        if at is None:
            return None
        try:
            *_, row = self._rows(lane, Span(at, (at // HOUR + 1) * HOUR))
        except EvidenceGone:
            return None
        return check_of(row, self._evidence.reasons)

    def latencies(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, list[int]]:
        """Latencies in 0.1 ms of planned attempts that were good, sorted, for each lane."""
        found = self._connection.execute(
            "SELECT lane, latency FROM log WHERE place >= ? AND place < ? "
            "AND attempt = 0 AND state = ? AND reason = ? AND latency IS NOT NULL",
            (
                *places(span),
                int(State.UP),
                self._evidence.reasons.ids[Reason.OK],
            ),
        )
        by_lane: dict[LaneId, list[int]] = {lane: [] for lane in lanes}
        for lane, latency in found:
            if lane in by_lane:
                by_lane[lane].append(latency)
        if self._evidence.has_packed(span.start):
            ok = self._evidence.reasons.ids[Reason.OK]
            for chunk in chunks.of_lanes(self._connection, lanes, span):
                chunk.must_be_whole()
                packed = chunk.unpacked()
                by_lane[chunk.lane] += () if packed is None else chunks.good_latencies(packed, ok, span)
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

    def tickets(
        self,
        span: Span | None = None,
        *,
        customers: Collection[str] | None = None,
        services: Collection[str] | None = None,
        still_open: bool = False,
        source: str | None = None,
    ) -> Iterator[Ticket]:
        """The tickets that went on in `span`, by their first event; all where there is no span."""
        return tickets.found(self._connection, span, customers, services, source, still_open=still_open)

    def ticket_head(self) -> tuple[Seq, str]:
        """The newest batch of tickets and its link in the chain; (0, "") where none was taken."""
        return tickets.head(self._connection)

    def ticket_link(self, seq: Seq) -> str:
        """The link of a batch in the chain; "" where there is no such batch."""
        return tickets.link_of(self._connection, seq)

    def tickets_since(self, seq: Seq) -> Iterator[tuple[Ticket, Ticket | None]]:
        """What the batches after one told: each ticket as it is, and as it was by then."""
        return tickets.since(self._connection, seq)

    def ticket(self, name: str) -> Sequence[KeptTicket]:
        """What a ticket is and was, newest first, by its id or `source:id`."""
        return tickets.kept(self._connection, name)

    def _open(self, span: Span) -> Spans:
        """Runs of hours in `span` that have to be computed from the log: dirty ones, and those not sealed."""
        hours = [Span(hour * HOUR, (hour + 1) * HOUR) for hour in self._dirty]
        if span.end > self._sealed:
            hours.append(Span(self._sealed, span.end))
        return tuple(window for window in normalise(hours) if window.clip(span))

"""From stored rows to the states of lanes in a window: what sealing writes and what a snapshot computes.

Both ask here, so that an hour gives the same states before and after it is sealed. A window is computed from
its own rows and from what reaches into it: checks that still hold, gaps, slots that straddle its edges, and
epochs that claim the same wall time from further away.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import field
from itertools import islice, repeat
from operator import itemgetter
from typing import Final

from monitor.core.checks import ALL_LANES, Check, Gap, LaneId, Reason, State
from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.core.timeline import Segment, lane_segments
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.store import chunks, marks
from monitor.store.courtesy import give_way
from monitor.store.packing import Packed
from monitor.store.reasons import STATES, reasons
from monitor.store.rows import places
from monitor.store.sqlite import sqlite3
from monitor.store.transaction import file_of

EDGE: Final[Ms] = 10 * MINUTE
"""How far the attempts of one slot may lie apart, and how long an hour waits before it is sealed."""

_INSTANT: Final = itemgetter(0, 1, 2, 3)  # at, epoch, slot, attempt
_FEW: Final = 40  # lanes that are cheaper to name in the query than to filter afterwards

# at, epoch, slot, attempt, state, reason, hold, lane
Row = tuple[Ms, int, int, int, int, int, Ms, LaneId]


@dataclass(slots=True)
class _Surroundings:
    """What one lane's window is computed from."""

    rows: list[Row] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    reach: list[tuple[int, Ms, Ms]] = field(default_factory=list)  # epoch, first, last
    prior: Segment | None = None  # what is sealed just before the window


class Evidence:
    """The evidence of one database as one connection sees it now."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.reasons = reasons(connection)

    def mark(self, name: str) -> int | None:
        """A number the store keeps about itself."""
        return marks.mark(self._connection, name)

    def has_packed(self, since: Ms) -> bool:
        """Whether checks that started from this instant on may be packed."""
        return since < (self.mark("packed") or 0)

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        """The latest instant, at most `upto`, for which there is evidence that a monitor ran.

        A clock that was wrong once leaves evidence in a time that has not come yet: that says nothing of when
        the monitor was last seen.
        """
        alive = self.mark("alive")
        if upto is None:
            checked = self._one("SELECT max(place) >> 20 FROM log")
            return _latest(alive, checked, self._packed_upto(checked, None))
        checked = self._one(
            "SELECT max(place) >> 20 FROM log WHERE place < ?", places(Span(0, max(upto + 1, 0)))[1]
        )
        packed = self._packed_upto(checked, upto)
        silent = self._one("SELECT max(end) FROM gap WHERE end <= ?", upto)
        return _latest(alive if alive is not None and alive <= upto else None, checked, packed, silent)

    def _packed_upto(self, checked: Ms | None, upto: Ms | None) -> Ms | None:
        """The latest packed check, where it can be later than that of the log."""
        if checked is not None and not self.has_packed(checked):
            return None
        return chunks.last_instant(self._connection, upto)

    def _one(self, query: str, *values: int | None) -> int | None:
        found: int | None = self._connection.execute(query, values).fetchone()[0]
        return found

    def states(self, lanes: Collection[LaneId], window: Span) -> dict[LaneId, tuple[Segment, ...]]:
        """A partition of `window` for each lane; `window` starts where everything before it is sealed."""
        around = {lane: _Surroundings(prior=self.sealed_at(lane, window.start - 1)) for lane in lanes}
        since = self._lookback(window)
        self._collect_rows(around, window, since)
        self._collect_gaps(around, window, since)
        self._collect_reach(around, window)
        found = {}
        for lane in list(around):
            # let go of lane by lane: to free all rows at once would keep other threads waiting
            found[lane] = self._lane_states(lane, around.pop(lane), window, since)
            give_way()
        return found

    def sealed(self, lane: LaneId, span: Span) -> list[Segment]:
        """The sealed segments that overlap `span`, whole, in order."""
        found = self._connection.execute(
            "SELECT start, end, state, reason, first, last FROM segment WHERE lane = ?1 AND start < ?3 "
            "AND start >= coalesce((SELECT max(start) FROM segment WHERE lane = ?1 AND start <= ?2), ?2)",
            (lane, span.start, span.end),
        )
        by_id, states = self.reasons.by_id, STATES
        return [
            Segment(start, end, states[state], by_id[reason], first, last)
            for start, end, state, reason, first, last in found
            if end > span.start
        ]

    def computable_from(self) -> Ms:
        """From when on states can be computed anew: nothing that holds beyond it was forgotten."""
        forgotten = self.mark("forgotten")
        return 0 if forgotten is None else ((forgotten + (self.mark("hold") or 0) + EDGE) // HOUR + 2) * HOUR

    def sealed_totals(self, span: Span) -> Iterator[tuple[LaneId, Reason, Ms]]:
        """How long the sealed segments of each lane and reason are within `span`."""
        found = self._connection.execute(
            "SELECT lane.id, reason, sum(min(end, ?2) - max(start, ?1)) FROM lane CROSS JOIN segment "
            "ON segment.lane = lane.id AND start < ?2 AND start >= coalesce("
            "(SELECT max(start) FROM segment WHERE lane = lane.id AND start <= ?1), ?1) "
            "WHERE end > ?1 GROUP BY lane.id, reason",
            (span.start, span.end),
        )
        return ((lane, self.reasons.by_id[reason], length) for lane, reason, length in found)

    def sealed_at(self, lane: LaneId, at: Ms) -> Segment | None:
        """The sealed segment that covers this instant."""
        found = self.sealed(lane, Span(at, at + 1))
        return found[0] if found else None

    def _collect_rows(self, around: dict[LaneId, _Surroundings], window: Span, start: Ms) -> None:
        recent, end = window.start - HOUR, window.end + EDGE
        found = self._connection.execute(
            "SELECT place >> 20, epoch, slot, attempt, state, reason, hold, lane FROM log "
            "WHERE place >= ?2 AND place < ?3 AND (place >= ?4 OR (place >> 20) + hold > ?5) "
            "AND (?1 IS NULL OR lane IN (SELECT value FROM json_each(?1)))",
            (_few(around), *places(Span(start, end)), places(Span(recent, end))[0], window.start),
        )
        rows = {lane: surroundings.rows for lane, surroundings in around.items()}
        for row in found:
            mine = rows.get(row[7])
            if mine is not None:
                mine.append(row)
        self._collect_packed(around, window, start)
        if start < recent:
            for surroundings in around.values():
                surroundings.rows = [row for row in surroundings.rows if _in_force(row, surroundings, recent)]

    def _collect_packed(self, around: dict[LaneId, _Surroundings], window: Span, start: Ms) -> None:
        near = Span(start, window.end + EDGE)
        if not self.has_packed(near.start):
            return
        for chunk in chunks.of_lanes(self._connection, around, near, holding=window.start - HOUR):
            chunk.must_be_whole()
            packed = chunk.unpacked()
            if packed is not None:
                _add(around[chunk.lane].rows, _rows_of(packed, near, window.start))

    def _lookback(self, window: Span) -> Ms:
        """From when on something may still hold in the window."""
        return max(window.start - (self.mark("hold") or 0) - EDGE, 0)

    def _collect_gaps(self, around: dict[LaneId, _Surroundings], window: Span, since: Ms) -> None:
        found = self._connection.execute(
            "SELECT lane, epoch, start, end, reason FROM gap WHERE end > ? AND start < ?",
            (since - EDGE, window.end),
        )
        for lane, epoch, start, end, reason in found:
            gap = Gap(lane, epoch, Span(start, end), self.reasons.by_id[reason])
            for concerned in around if lane == ALL_LANES else (lane,):
                if concerned in around:
                    around[concerned].gaps.append(gap)

    def _collect_reach(self, around: dict[LaneId, _Surroundings], window: Span) -> None:
        found = self._connection.execute(
            "SELECT lane, epoch, first, last FROM reach WHERE last >= ?2 AND first <= ?3 "
            "AND (?1 IS NULL OR lane IN (SELECT value FROM json_each(?1)))",
            (_few(around), window.start, window.end),
        )
        for lane, epoch, first, last in found:
            if lane in around:
                around[lane].reach.append((epoch, first, last))

    def _lane_states(
        self, lane: LaneId, found: _Surroundings, window: Span, since: Ms
    ) -> tuple[Segment, ...]:
        """EvidenceRefused where rows hold what no writer wrote."""
        try:
            return self._states_of(lane, found, window, since)
        except (TypeError, KeyError) as error:
            raise EvidenceRefused(
                f"{file_of(self._connection)} is damaged: checks of lane {lane} are not as they were written "
                f"({type(error).__name__}: {error}); keep it aside, and restore it from a backup"
            ) from error

    def _states_of(self, lane: LaneId, found: _Surroundings, window: Span, since: Ms) -> tuple[Segment, ...]:
        rows: Sequence[Row] = found.rows
        if not found.gaps and len(found.reach) < 2:
            whole = calm(rows, window)
            if whole is not None:
                return (whole,)
            rows = thinned(rows, window.start)
        checks = [self._check(lane, row) for row in rows]
        checks += _anchors(lane, found, Span(since, window.end + EDGE))
        return lane_segments(checks, [*found.gaps, *_silence(lane, found, window)], window)

    def _check(self, lane: LaneId, row: Row) -> Check:
        at, epoch, slot, attempt, state, reason, hold, _lane = row
        return Check(lane, epoch, slot, attempt, at, STATES[state], self.reasons.by_id[reason], hold)


def _add(rows: list[Row], more: Sequence[Row]) -> None:
    """Put more rows of a lane to those that are there, in the order of their instants."""
    mixed = bool(rows and more and rows[-1][0] >= more[0][0])
    rows += more
    if mixed:
        rows.sort(key=_INSTANT)


def _rows_of(packed: Packed, near: Span, start: Ms) -> list[Row]:
    """The packed rows near a window: those from an hour before its start on, or that hold until then."""
    instants = packed.instants
    first = bisect_left(instants, max(near.start, start - HOUR))
    last = bisect_left(instants, near.end)
    longest = max(kind.hold for kind, _ in packed.runs)
    old = bisect_left(instants, near.start) if longest > HOUR else first
    rows = zip(
        instants, packed.epochs, packed.slots, packed.attempts,
        packed.of_kind(lambda kind: kind.state), packed.of_kind(lambda kind: kind.reason),
        packed.of_kind(lambda kind: kind.hold), repeat(packed.lane), strict=False,
    )  # fmt: skip
    found = list(islice(rows, old, last))
    if old < first:
        held = (row for row in found[: first - old] if row[0] + row[6] > start)
        return [*held, *found[first - old :]]
    return found


def _latest(*instants: Ms | None) -> Ms | None:
    return max((at for at in instants if at is not None), default=None)


def calm(rows: Sequence[Row], window: Span) -> Segment | None:
    """The one segment of a lane that was up throughout, seen by one epoch without a break; else None.

    Nearly every window is like this, and needs no more than one look at each row. `rows` are in the order of
    the log; those before the window count while they hold.
    """
    start, end = window.start, window.end
    first = last = None
    epoch = until = before = -1
    for at, its_epoch, _slot, attempt, state, _reason, hold, _lane in rows:
        if state != 1 or attempt or at <= before or (its_epoch != epoch and before >= 0):
            return None
        if at <= start:
            first = at
        elif until < at and until < end:
            return None
        if at < end:
            last, until = at, at + hold
        epoch, before = its_epoch, at
    if first is None or until < end:
        return None
    return Segment(start, end, State.UP, Reason.OK, first, last)


def thinned(rows: Sequence[Row], start: Ms) -> Sequence[Row]:
    """The same states from fewer rows, for one epoch without gaps, in the order of the log.

    Of a stretch of good checks that hold into each other the first and the last are kept, and the first holds
    until the last; of what came before `start` only the check that holds then counts. Rows that are not in
    the order of their instants are left as they are.
    """
    out: list[Row] = []
    first = last = None
    before = -1
    for row in rows:
        at = row[0]
        if at < before:
            return rows
        before = at
        good = row[4] == 1 and not row[3]
        if good and last is not None and at <= last[0] + last[6]:
            first = row if at <= start else first
            last = row
            continue
        out += _stretch(first, last)
        first = last = row if good else None
        if not good:
            out.append(row)
    return [*out, *_stretch(first, last)]


def _stretch(first: Row | None, last: Row | None) -> tuple[Row, ...]:
    if first is None or last is None or first is last:
        return () if first is None else (first,)
    return ((*first[:6], last[0] - first[0], first[7]), last)


def _in_force(row: Row, surroundings: _Surroundings, recent: Ms) -> bool:
    """Whether an old check with a long hold is the one that holds still; another may have come after it."""
    prior = surroundings.prior
    return row[0] >= recent or (prior is not None and prior.last is not None and row[0] >= prior.last - EDGE)


def _anchors(lane: LaneId, found: _Surroundings, near: Span) -> Iterable[Check]:
    """Checks out of sight that stand for how far an epoch reaches: real instants that hold for nothing."""
    for epoch, first, last in found.reach:
        for slot, at in ((-2, first), (-1, last)):
            if at not in near:
                yield Check(lane, epoch, slot, 0, at, State.UP, Reason.OK, 0)


def _silence(lane: LaneId, found: _Surroundings, window: Span) -> Iterable[Gap]:
    """A silence lasts until the next check: where none is in sight, what was sealed last goes on."""
    prior = found.prior
    if prior is None or prior.state is not State.UNKNOWN or any(row[0] < window.start for row in found.rows):
        return
    yield Gap(lane, 0, Span(window.start - 1, window.start), prior.reason)


def _few(lanes: Collection[LaneId]) -> str | None:
    """The lanes as JSON where naming them is cheaper than reading all; else None."""
    return json.dumps(list(lanes)) if len(lanes) <= _FEW else None

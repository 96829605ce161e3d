"""Which sealed hours a record that comes late makes dirty: all of those whose states it can change.

A check speaks until the next one or its hold's end, and its slot may have begun a little earlier. Where a
silence was sealed behind it, what it says or ends goes on until the next check. An epoch that reaches further
than was known may claim the time in between twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from monitor.core.checks import ALL_LANES, Check, EpochId, Gap, LaneId
from monitor.core.intervals import HOUR, Ms, Span, Spans, normalise
from monitor.store import reaches
from monitor.store.evidence import EDGE, Evidence
from monitor.store.reaches import Reaches
from monitor.store.sqlite import sqlite3

_NEVER: Final[Ms] = 2**62


class Lateness:
    """Collects, within one append, what has to be sealed anew."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        evidence: Evidence,
        lanes: Collection[LaneId],
        *,
        own: EpochId | None,
        known: Reaches,
    ) -> None:
        self._connection = connection
        self._evidence = evidence
        self._lanes = lanes
        self._own, self._known = own, known
        self._sealed = evidence.mark("sealed") or 0
        self._hold = evidence.mark("hold") or 0
        self._touched: dict[LaneId, set[int]] = {}

    def checks(self, stored: Sequence[Check]) -> None:
        """These checks were stored."""
        for (lane, epoch), span in _extents(stored).items():
            if epoch != self._own or span.start < self._sealed or not self._known.covers(lane, span):
                self._reach(lane, epoch, span)
        if min((check.at for check in stored), default=self._sealed + EDGE) < self._sealed + EDGE:
            for check in stored:
                self._touch(check.lane, check.at - EDGE, check.at + self._hold)

    def gap(self, gap: Gap) -> None:
        """A gap was stored."""
        for lane in self._lanes if gap.lane == ALL_LANES else (gap.lane,):
            self._touch(lane, gap.span.start - EDGE, gap.span.end + self._hold)

    def mark(self) -> Spans:
        """Write down the dirty hours; the spans to seal anew."""
        first = self._evidence.computable_from() // HOUR if self._touched else 0
        hours = {hour for lane in self._touched for hour in self._with_silence(lane) if hour >= first}
        self._connection.executemany(
            "INSERT INTO dirty (hour) VALUES (?) ON CONFLICT DO NOTHING", [(hour,) for hour in sorted(hours)]
        )
        return normalise(Span(hour * HOUR, (hour + 1) * HOUR) for hour in hours)

    def _touch(self, lane: LaneId, start: Ms, end: Ms) -> None:
        if start < self._sealed:
            until = min(end, self._sealed - 1)
            self._touched.setdefault(lane, set()).update(range(max(start, 0) // HOUR, until // HOUR + 1))

    def _reach(self, lane: LaneId, epoch: EpochId, new: Span) -> None:
        """Note how far the epoch reaches on this lane; the time that another one claims too is touched."""
        alone = self._known.last(lane)
        if self._own is not None and alone is not None:
            self._write_own(lane, self._own, alone)
        before = reaches.known(self._connection, lane, epoch) or new
        whole = Span(min(before.start, new.start), max(before.end, new.end))
        reaches.write(self._connection, lane, epoch, whole)
        for start, end in ((before.end, new.end), (new.start, before.start)):
            late = start < min(end, self._sealed)
            if late and reaches.is_claimed(self._connection, lane, epoch, Span(start, end)):
                self._touch(lane, start - EDGE, end + self._hold)
        if epoch == self._own:
            claimed = reaches.is_claimed(self._connection, lane, epoch, Span(whole.start, _NEVER))
            self._known.note(lane, None if claimed else whole.end)

    def _write_own(self, lane: LaneId, own: EpochId, last: Ms) -> None:
        """Say exactly how far our own epoch reaches; another one may share its time from now on."""
        before = reaches.known(self._connection, lane, own)
        if before is not None:
            reaches.write(self._connection, lane, own, Span(before.start, max(before.end, last)))
        self._known.note(lane, None)

    def _with_silence(self, lane: LaneId) -> Iterable[int]:
        """The touched hours, and those of every silence that was sealed right behind them."""
        hours = self._touched[lane]
        ends = [hour + 1 for hour in hours if hour + 1 not in hours]
        for end in ends:
            hours.update(range(end, self._silent_until(lane, end * HOUR) // HOUR + 1))
        return (hour for hour in hours if hour * HOUR < self._sealed)

    def _silent_until(self, lane: LaneId, at: Ms) -> Ms:
        """The start of the next segment with checks, where there is none at `at`; else the instant before."""
        there = self._evidence.sealed_at(lane, at)
        if there is not None and there.first is not None:
            return at - 1
        (start,) = self._connection.execute(
            "SELECT min(start) FROM segment WHERE lane = ? AND start > ? AND first IS NOT NULL", (lane, at)
        ).fetchone()
        return self._sealed - 1 if start is None else int(start)


def _extents(checks: Iterable[Check]) -> dict[tuple[LaneId, EpochId], Span]:
    """From the first to the last instant of each epoch on each lane."""
    firsts: dict[tuple[LaneId, EpochId], Ms] = {}
    lasts: dict[tuple[LaneId, EpochId], Ms] = {}
    for check in checks:
        key, at = (check.lane, check.epoch), check.at
        if at < firsts.setdefault(key, at):
            firsts[key] = at
        if at >= lasts.get(key, at):
            lasts[key] = at
    return {key: Span(first, lasts[key]) for key, first in firsts.items()}

"""Which sealed hours a record that comes late makes dirty: all of those whose states it can change.

A check speaks until the next one or its hold's end, and its slot may have begun a little earlier. Where a
silence was sealed behind it, what it says or ends goes on until the next check. An epoch that reaches further
than was known may claim the time in between twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from monitor.core.checks import ALL_LANES, Check, Gap, LaneId
from monitor.core.intervals import HOUR, Ms, Span, Spans, normalise
from monitor.store.evidence import EDGE, Evidence
from monitor.store.sqlite import sqlite3


class Lateness:
    """Collects, within one append, what has to be sealed anew."""

    def __init__(self, connection: sqlite3.Connection, evidence: Evidence, lanes: Collection[LaneId]) -> None:
        self._connection = connection
        self._evidence = evidence
        self._lanes = lanes
        self._sealed = evidence.mark("sealed") or 0
        self._touched: dict[LaneId, set[int]] = {}

    def possible(self, checks: Iterable[Check]) -> bool:
        """Whether any of these can change what is sealed."""
        return min((check.at for check in checks), default=self._sealed + EDGE) < self._sealed + EDGE

    def check(self, check: Check) -> None:
        """A check was stored."""
        start, end = self._stretched(check)
        if start - EDGE < self._sealed:
            self._touch(check.lane, start - EDGE, end + self._hold())

    def gap(self, gap: Gap) -> None:
        """A gap was stored."""
        start, end = gap.span.start - EDGE, gap.span.end + self._hold()
        if start < self._sealed:
            for lane in self._lanes if gap.lane == ALL_LANES else (gap.lane,):
                self._touch(lane, start, end)

    def mark(self) -> Spans:
        """Write down the dirty hours; the spans to seal anew."""
        hours = {hour for lane in self._touched for hour in self._with_silence(lane)}
        self._connection.executemany(
            "INSERT INTO dirty (hour) VALUES (?) ON CONFLICT DO NOTHING", [(hour,) for hour in sorted(hours)]
        )
        return normalise(Span(hour * HOUR, (hour + 1) * HOUR) for hour in hours)

    def _hold(self) -> Ms:
        return self._evidence.mark("hold") or 0

    def _touch(self, lane: LaneId, start: Ms, end: Ms) -> None:
        until = min(end, self._sealed - 1)
        self._touched.setdefault(lane, set()).update(range(max(start, 0) // HOUR, until // HOUR + 1))

    def _stretched(self, check: Check) -> tuple[Ms, Ms]:
        """The check's instant, with the time by which its epoch now reaches further on this lane."""
        key, at = (check.lane, check.epoch), check.at
        known = self._connection.execute(
            "SELECT first, last FROM reach WHERE lane = ? AND epoch = ?", key
        ).fetchone()
        if known is None:
            return at, at
        first, last = known
        if at < self._sealed:
            self._connection.execute(
                "UPDATE reach SET first = ?, last = ? WHERE lane = ? AND epoch = ?",
                (min(first, at), max(last, at), *key),
            )
        return min(at, last), max(at, first)

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

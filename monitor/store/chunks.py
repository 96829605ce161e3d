"""The packed checks as they are kept: a chunk holds those of one lane from some hours of one UTC day.

Where checks are packed nobody outside this room can tell. A chunk is read as it was written or not at all:
its digest is looked at each time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final

from monitor.core.checks import LaneId, Reason, State
from monitor.core.histogram import Histogram, histogram_from, histogram_of
from monitor.core.intervals import DAY, HOUR, Ms, Span
from monitor.core.periods import local
from monitor.core.varints import Damaged
from monitor.errors import EvidenceGone, EvidenceRefused
from monitor.records import dataclass
from monitor.store.packing import Packed, pack
from monitor.store.protocol import Columns, Need
from monitor.store.reasons import STATES, Reasons
from monitor.store.rows import Row
from monitor.store.sqlite import sqlite3

HOURS: Final = DAY // HOUR
_DIGEST: Final = 16
_NEVER: Final[Ms] = 2**62
_ASKED: Final = "(SELECT value AS asked FROM json_each(?)) CROSS JOIN chunk ON lane = asked"
_SELECT: Final = "SELECT id, lane, start, end, whole, digest, body FROM"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk without its checks; `start` and `end` are hours. `whole`: no check of it was forgotten."""

    id: int
    lane: LaneId
    start: int
    end: int
    whole: bool
    digest: bytes
    body: bytes

    def unpacked(self) -> Packed | None:
        """Its checks, None where there are none left; EvidenceRefused where it is not what was written."""
        if self.digest != _digest(self.body):
            raise self._damaged("its digest is another")
        if not self.body:
            return None
        try:
            return Packed(self.lane, self.body)
        except Damaged as error:
            raise self._damaged(str(error)) from error

    def rows(self) -> list[Row]:
        """The rows of the log that were packed into it, in the order of their instants."""
        packed = self.unpacked()
        try:
            return [] if packed is None else list(packed.rows())
        except Damaged as error:
            raise self._damaged(str(error)) from error

    def columns(self, reasons: Reasons) -> Columns | None:
        """Its checks as columns; None where there are none left."""
        packed = self.unpacked()
        if packed is None:
            return None
        try:
            at, epoch, slot, attempt, latency, facts = packed.columns()
        except Damaged as error:
            raise self._damaged(str(error)) from error
        return Columns(
            self.lane, at, epoch, slot, attempt,
            list(packed.of_kind(lambda kind: STATES[kind.state])),
            list(packed.of_kind(lambda kind: reasons.by_id[kind.reason])),
            list(packed.of_kind(lambda kind: kind.hold)),
            latency,
            list(packed.of_kind(lambda kind: kind.status)),
            facts,
        )  # fmt: skip

    def must_be_whole(self) -> None:
        """EvidenceGone where some of its checks were forgotten."""
        if not self.whole:
            day = local(self.end * HOUR, "UTC")
            raise EvidenceGone(
                f"the good checks before {day:%Y-%m-%d}Z were forgotten, as [monitor] keep_checks says; "
                f"ask about time from {day:%Y-%m-%d} on, or for failed checks alone"
            )

    def _damaged(self, how: str) -> EvidenceRefused:
        day = local(self.start * HOUR, "UTC")
        return EvidenceRefused(
            f"the packed checks of lane {self.lane} from {day:%Y-%m-%d %H:%M}Z are damaged ({how}); "
            "restore the database from a backup"
        )


def of_lane(connection: sqlite3.Connection, lane: LaneId, span: Span) -> Iterator[Chunk]:
    """The chunks of a lane whose hours overlap `span`, oldest first."""
    first, last = span.start // HOUR, -(-span.end // HOUR)
    found = connection.execute(
        f"{_SELECT} chunk WHERE lane = ? AND start > ? AND start < ? AND end > ? ORDER BY start",
        (lane, first - HOURS, last, first),
    )
    return map(_chunk, found)


def of_lanes(
    connection: sqlite3.Connection, lanes: Collection[LaneId], span: Span, *, holding: Ms = 0
) -> Iterator[Chunk]:
    """The chunks of these lanes whose hours overlap `span`, and of which a check holds beyond `holding`."""
    first, last = span.start // HOUR, -(-span.end // HOUR)
    found = connection.execute(
        f"{_SELECT} {_ASKED} WHERE start > ? AND start < ? AND end > ? AND until > ? ORDER BY lane, start",
        (json.dumps(list(lanes)), first - HOURS, last, first, holding),
    )
    return map(_chunk, found)


def whole_ones(connection: sqlite3.Connection, lane: LaneId, end: int) -> list[Chunk]:
    """The whole chunks of a lane that ended by an hour, oldest first."""
    found = connection.execute(
        f"{_SELECT} chunk WHERE lane = ? AND end <= ? AND whole = 1 ORDER BY start", (lane, end)
    )
    return list(map(_chunk, found))


def rows_of(connection: sqlite3.Connection, lane: LaneId, span: Span, *, kept: bool = False) -> Iterator[Row]:
    """The packed rows of a lane that started in `span`, in order; one chunk at a time is in memory.

    EvidenceGone where some of them were forgotten, unless only those that are `kept` are asked for.
    """
    for chunk in of_lane(connection, lane, span):
        if not kept:
            chunk.must_be_whole()
        yield from (row for row in chunk.rows() if span.start <= row[0] < span.end)


def trim(connection: sqlite3.Connection, chunk: Chunk, rows: Sequence[Row]) -> None:
    """Keep these rows of a chunk alone; EvidenceRefused unless they come back."""
    body = pack(rows) if rows else b""
    connection.execute(
        "UPDATE chunk SET whole = 0, checks = ?, digest = ?, body = ? WHERE id = ?",
        (len(rows), _digest(body), body, chunk.id),
    )
    (kept,) = of_lane(connection, chunk.lane, Span(chunk.start * HOUR, chunk.end * HOUR))
    _must_come_back(kept, rows)


def write(connection: sqlite3.Connection, lane: LaneId, hours: Span, rows: Sequence[Row]) -> None:
    """Keep rows, in order, in place of the chunks of these hours; EvidenceRefused unless they come back."""
    connection.execute(
        "DELETE FROM chunk WHERE lane = ? AND start >= ? AND start < ?", (lane, hours.start, hours.end)
    )
    ok = _reason(connection, Reason.OK)
    latencies = (row[8] for row in rows if row[4] == 0 and row[6] == ok and row[8] is not None)
    _insert(connection, lane, hours, rows, histogram_of(latencies))
    (kept,) = of_lane(connection, lane, Span(hours.start * HOUR, hours.end * HOUR))
    _must_come_back(kept, rows)


def _must_come_back(kept: Chunk, rows: Sequence[Row]) -> None:
    if kept.rows() != list(rows):
        raise EvidenceRefused(
            f"the checks of lane {kept.lane} from hour {kept.start} on did not come back as they were "
            "packed; nothing was changed; please report this"
        )


def _insert(
    connection: sqlite3.Connection,
    lane: LaneId,
    hours: Span,
    rows: Sequence[Row],
    latency: Histogram,
) -> None:
    body = pack(rows)
    connection.execute(
        "INSERT INTO chunk (lane, start, end, checks, first, last, until, whole, latency, digest, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
        (
            lane, hours.start, hours.end, len(rows), min(row[0] for row in rows), max(row[0] for row in rows),
            max(row[0] + row[7] for row in rows), bytes(latency), _digest(body), body,
        ),
    )  # fmt: skip


def first_hour(connection: sqlite3.Connection) -> int | None:
    """The first hour with checks, packed or not."""
    (packed,) = connection.execute("SELECT min(start) FROM chunk").fetchone()
    return _earlier(packed, connection)


def first_whole_hour(connection: sqlite3.Connection, lane: LaneId) -> int | None:
    """The first hour from which on every check of a lane is there, packed or not."""
    forgotten, packed = connection.execute(
        "SELECT max(end) FILTER (WHERE whole = 0), min(start) FROM chunk WHERE lane = ?", (lane,)
    ).fetchone()
    return int(forgotten) if forgotten is not None else _earlier(packed, connection)


def _earlier(packed: int | None, connection: sqlite3.Connection) -> int | None:
    """This hour, or the first one of the log."""
    (loose,) = connection.execute("SELECT min(place) >> 20 FROM log").fetchone()
    hours = (packed, None if loose is None else int(loose) // HOUR)
    return min((hour for hour in hours if hour is not None), default=None)


def last_instant(connection: sqlite3.Connection, upto: Ms | None) -> Ms | None:
    """The latest instant of a packed check, at most `upto`."""
    end = _NEVER if upto is None else upto
    (day,) = connection.execute("SELECT max(start) FROM chunk WHERE start <= ?", (end // HOUR,)).fetchone()
    if day is None:
        return None
    near = (day - HOURS, day)
    (last,) = connection.execute(
        "SELECT max(last) FROM chunk WHERE start BETWEEN ? AND ? AND last <= ?", (*near, end)
    ).fetchone()
    found = connection.execute(
        f"{_SELECT} chunk WHERE start BETWEEN ? AND ? AND first <= ? AND last > ?",
        (*near, end, end),
    )
    inside = (row[0] for chunk in map(_chunk, found) for row in chunk.rows() if row[0] <= end)
    return max((at for at in (last, *inside) if at is not None), default=None)


def histogram(connection: sqlite3.Connection, lane: LaneId, days: Span) -> Histogram:
    """The latencies of planned attempts that were good, in the packed part of whole UTC days."""
    found = connection.execute(
        "SELECT latency FROM chunk WHERE lane = ? AND start >= ? AND start < ?",
        (lane, days.start // HOUR, days.end // HOUR),
    )
    return sum((histogram_from(bytes(row[0])) for row in found), Histogram())


def good_latencies(packed: Packed, ok: int, span: Span) -> Iterable[int]:
    """The latencies of planned attempts that were good and started in `span`."""
    instants = packed.instants
    if span.start <= instants[0] and instants[-1] < span.end:
        return _whole_latencies(packed, ok)
    return _some_latencies(packed, ok, span)


def _whole_latencies(packed: Packed, ok: int) -> Iterator[int]:
    """By stretches of rows that have all in common, as nearly all rows of a day have."""
    strides, stride_left, attempt = iter(packed.strides), 0, 0
    at = 0
    for kind, count in packed.runs:
        while count:
            if not stride_left:
                stride = next(strides)
                stride_left, attempt = stride.length, stride.attempt
            length = min(count, stride_left)
            if kind.timed and kind.reason == ok and kind.state == State.UP and attempt == 0:
                yield from packed.latencies[at : at + length]
            at += length if kind.timed else 0
            count, stride_left = count - length, stride_left - length


def _some_latencies(packed: Packed, ok: int, span: Span) -> Iterator[int]:
    latencies = iter(packed.latencies)
    kinds = packed.of_kind(lambda kind: (kind.timed, kind.state == State.UP and kind.reason == ok))
    for at, attempt, (timed, good) in zip(packed.instants, packed.attempts, kinds, strict=True):
        latency = next(latencies) if timed else None
        if latency is not None and good and attempt == 0 and span.start <= at < span.end:
            yield latency


def counts(packed: Packed, ok: int, need: Need, span: Span) -> dict[Ms, tuple[int, int]]:
    """Good and all of the planned attempts of each slot that began in `span`, without those unknown."""
    latencies = iter(packed.latencies)
    kinds = packed.of_kind(lambda kind: (kind.timed, kind.state != State.UNKNOWN, kind.reason == ok))
    found: dict[Ms, tuple[int, int]] = {}
    for at, attempt, (timed, seen, is_ok) in zip(packed.instants, packed.attempts, kinds, strict=True):
        latency = next(latencies) if timed else None
        if attempt or not seen or not span.start <= at < span.end:
            continue
        good = is_ok and (not need.bound or (latency is not None and latency <= need.bound))
        slot = at // need.length * need.length
        before = found.get(slot, (0, 0))
        found[slot] = (before[0] + good, before[1] + 1)
    return found


def _chunk(row: tuple[int, LaneId, int, int, int, bytes, bytes]) -> Chunk:
    number, lane, start, end, whole, digest, body = row
    return Chunk(number, lane, start, end, bool(whole), bytes(digest), bytes(body))


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST).digest()


def _reason(connection: sqlite3.Connection, reason: Reason) -> int:
    return int(connection.execute("SELECT id FROM reason WHERE name = ?", (reason.value,)).fetchone()[0])

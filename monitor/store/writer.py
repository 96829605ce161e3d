"""The one evidence writer: appends in one durable transaction, drops nothing, replaces nothing.

A key that is there with other content is kept as it was, and what came later is recorded as a conflict. One
look tells rows apart: what this writer's own epoch has not reached yet is new; anything else is looked up.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from monitor.core.calls import Away, Call
from monitor.core.checks import ALL_LANES, Check, EpochId, Gap, LaneId
from monitor.core.intervals import DAY, HOUR, Ms, Span, Spans, normalise
from monitor.errors import EvidenceRefused
from monitor.failpoints import reach
from monitor.store import calls, chunks
from monitor.store import lanes as registry
from monitor.store.evidence import Evidence
from monitor.store.forgetting import forget
from monitor.store.late import Lateness
from monitor.store.marks import raise_mark, set_mark
from monitor.store.protocol import Need, Receipt
from monitor.store.reaches import Reaches, catch_up
from monitor.store.reasons import learn_reasons
from monitor.store.repacking import repack
from monitor.store.rows import KEY, LAST, SELECT, Row, insert, places, row_of
from monitor.store.sealing import back_fill, seal
from monitor.store.shrinking import SPARE, shrink
from monitor.store.sqlite import sqlite3
from monitor.store.standing import Standing
from monitor.store.transaction import immediate

LONGEST_HOLD: Final[Ms] = 32 * DAY
"""A state that would hold longer is refused: every question would have to look back that far."""

_ALIKE: Final = (
    "WHERE place >= ? AND place < ? AND slot BETWEEN ? AND ? "
    "AND epoch IN (SELECT value FROM json_each(?)) AND lane IN (SELECT value FROM json_each(?))"
)

_Place = tuple[int, int]  # slot, attempt
_Key = tuple[LaneId, EpochId, int, int]  # and lane and epoch before them


class EvidenceWriter:
    """Implements `protocol.Writer` on one connection, which belongs to the thread that made it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        learn_reasons(connection)
        self._evidence = Evidence(connection)
        self._standing = Standing(connection)
        self._lanes = {int(row[0]) for row in connection.execute("SELECT id FROM lane")}
        self._own: EpochId | None = None
        self._needs: frozenset[Need] = frozenset()
        self._reached: dict[LaneId, _Place] = {}
        self._reaches = Reaches()
        catch_up(connection)

    def epoch(self, started: Ms) -> EpochId:
        """Open a new epoch (a run of the monotonic clock)."""
        with immediate(self._connection):
            cursor = self._connection.execute("INSERT INTO epoch (started) VALUES (?)", (started,))
        self._own = int(cursor.lastrowid or 0)
        self._reached.clear()
        self._reaches.forget()
        return self._own

    def lane(self, endpoint: str, location: str, *, since: Ms, was: Sequence[str] = ()) -> LaneId:
        """The lane's id, made if it is new; a key in `was` is renamed and continues its past."""
        with immediate(self._connection):
            lane = registry.enlist(self._connection, endpoint, location, since, was)
        self._lanes.add(lane)
        return lane

    def retire(self, lane: LaneId, until: Ms) -> None:
        """The endpoint is no longer in the configuration: its life ends here."""
        with immediate(self._connection):
            registry.retire(self._connection, lane, until)

    def append(self, batch: Sequence[Check | Gap], *, alive: Ms | None = None) -> Receipt:
        """Store a batch in one durable transaction; idempotent by key. `alive` sets the mark with it."""
        checks = [record for record in batch if isinstance(record, Check)]
        gaps = [record for record in batch if isinstance(record, Gap)]
        self._must_be_known(checks, gaps)
        self._standing.must_hold()
        with immediate(self._connection):
            self._remember_hold(checks)
            stored, known, refused = self._store_checks(checks)
            new_gaps = [gap for gap in gaps if self._store_gap(gap)]
            late = self._make_dirty(stored, new_gaps)
            if alive is not None:
                self._set_alive(alive)
            reach("commit.written")
        self._reaches.settle()
        reach("commit.committed")
        self._standing.must_hold()
        return Receipt(len(stored) + len(new_gaps), known + len(gaps) - len(new_gaps), late, refused)

    def hear(self, heard: Sequence[Call | Away]) -> None:
        """Keep calls of jobs, in their order, and our absences, in one durable transaction."""
        with immediate(self._connection):
            calls.keep(self._connection, self._evidence.reasons, heard)
            reach("call.written")
        reach("call.committed")
        self._standing.must_hold()

    def seal(self, upto: Ms, *, windows: int | None = None) -> int:
        """Seal what is due by `upto`, and what is dirty; how many lane-hours. `windows` bounds one call."""
        return seal(self._connection, upto, windows=windows, needs=self._needs)

    def repack(self, upto: Ms, *, steps: int | None = None) -> int:
        """Pack what ended a day before `upto` and is sealed; how much. `steps` bounds one call."""
        return repack(self._connection, upto, steps=steps)

    def forget(self, before: Mapping[LaneId, Ms], *, steps: int | None = None) -> int:
        """Forget good checks of the days that ended by each lane's instant; how many. `steps` bounds it."""
        return forget(self._connection, before, steps=steps)

    def shrink(self, *, spare: int = SPARE) -> int:
        """Hand back a few pages of what is free beyond a spare part of the file; how many."""
        return shrink(self._connection, spare=spare)

    def count(self, needs: Collection[Need]) -> None:
        """Keep these counts from now on as hours are sealed, and those of what is sealed already."""
        self._needs = frozenset(needs)
        back_fill(self._connection, self._needs)

    def alive(self, at: Ms) -> None:
        """Set the mark that says until when the monitor was seen running.

        It follows the clock back, too: a mark that a wrong clock left in the future would hide every silence
        until then.
        """
        with immediate(self._connection):
            self._set_alive(at)

    def last_alive(self, upto: Ms | None = None) -> Ms | None:
        """The latest instant, at most `upto`, with evidence that a monitor ran; None where there is none."""
        return self._evidence.as_of(upto)

    def _must_be_known(self, checks: Iterable[Check], gaps: Iterable[Gap]) -> None:
        named = {check.lane for check in checks} | {gap.lane for gap in gaps}
        unknown = named - self._lanes - {ALL_LANES}
        if unknown or any(check.lane == ALL_LANES for check in checks):
            raise EvidenceRefused(
                f"there is no lane {min(unknown, default=ALL_LANES)}; enlist it before its checks"
            )
        if any(check.at >= LAST for check in checks):
            raise EvidenceRefused("a check of the year 2248 or later cannot be kept; set the clock right")

    def _remember_hold(self, checks: Sequence[Check]) -> None:
        longest = max((check.hold for check in checks), default=0)
        if longest > LONGEST_HOLD:
            raise EvidenceRefused(
                f"a check that holds for {longest} ms reaches too far; {LONGEST_HOLD} is the most"
            )
        raise_mark(self._connection, "hold", longest)

    def _store_checks(self, checks: Sequence[Check]) -> tuple[list[Check], int, tuple[Check, ...]]:
        """Those that were stored, how many were known before, and those that contradict what is there."""
        stored, doubtful = self._sorted_out(checks)
        refused: list[Check] = []
        ids = self._evidence.reasons.ids
        insert(self._connection, [row_of(check, ids) for check in stored])
        there = self._lookup(doubtful) if doubtful else {}
        known = 0
        for check in doubtful:
            row = row_of(check, ids)
            before = there.get(KEY(row))
            if before is None:
                insert(self._connection, [row])
                there[KEY(row)] = row
                stored.append(check)
            elif before == row:
                known += 1
            else:
                self._record_conflict(row)
                refused.append(check)
        return stored, known, tuple(refused)

    def _make_dirty(self, checks: Sequence[Check], gaps: Sequence[Gap]) -> Spans:
        lateness = Lateness(self._connection, self._evidence, self._lanes, own=self._own, known=self._reaches)
        lateness.checks(checks)
        for gap in gaps:
            lateness.gap(gap)
        return lateness.mark()

    def _sorted_out(self, checks: Sequence[Check]) -> tuple[list[Check], list[Check]]:
        """Those that are certainly new, and those whose key may be there."""
        new: list[Check] = []
        doubtful: list[Check] = []
        own, reached, nowhere = self._own, self._reached, (-1, -1)
        for check in checks:
            place = (check.slot, check.attempt)
            if check.epoch == own and place > reached.get(check.lane, nowhere):
                reached[check.lane] = place
                new.append(check)
            else:
                doubtful.append(check)
        return new, doubtful

    def _lookup(self, doubtful: Sequence[Check]) -> dict[_Key, Row]:
        """The rows that have one of these keys, by key.

        Wall time does not step inside an epoch, so a row lies within an hour of the check. In our own epoch a
        number that was there before is a fault, and is looked for however far away it is.
        """
        wanted = {check.key for check in doubtful}
        found: dict[_Key, Row] = {}
        for near in normalise(self._near(check) for check in doubtful):
            for row in (*self._loose(doubtful, near), *self._packed(doubtful, near)):
                if KEY(row) in wanted:
                    found[KEY(row)] = row
        return found

    def _near(self, check: Check) -> Span:
        hour = check.at // HOUR
        first, last = self._own_hours(check) if check.epoch == self._own else (hour, hour)
        return Span((min(first, hour) - 1) * HOUR, (max(last, hour) + 2) * HOUR)

    def _loose(self, doubtful: Sequence[Check], near: Span) -> Iterable[Row]:
        slots = [check.slot for check in doubtful]
        rows: Iterable[Row] = self._connection.execute(
            f"{SELECT} {_ALIKE}",
            (
                *places(near), min(slots), max(slots),
                json.dumps(sorted({check.epoch for check in doubtful})),
                json.dumps(sorted({check.lane for check in doubtful})),
            ),
        )  # fmt: skip
        return rows

    def _packed(self, doubtful: Sequence[Check], near: Span) -> Iterator[Row]:
        if self._evidence.has_packed(near.start):
            for lane in sorted({check.lane for check in doubtful}):
                yield from chunks.rows_of(self._connection, lane, near, kept=True)

    def _own_hours(self, check: Check) -> tuple[int, int]:
        reach = self._connection.execute(
            "SELECT first / ?, last / ? FROM reach WHERE lane = ? AND epoch = ?",
            (HOUR, HOUR, check.lane, check.epoch),
        ).fetchone()
        return reach or (check.at // HOUR, check.at // HOUR)

    def _record_conflict(self, row: Row) -> None:
        content = repr(row)
        self._connection.execute(
            "INSERT INTO conflict VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (*KEY(row), content)
        )

    def _store_gap(self, gap: Gap) -> bool:
        cursor = self._connection.execute(
            "INSERT INTO gap VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (gap.lane, gap.epoch, gap.span.start, gap.span.end, self._evidence.reasons.ids[gap.reason]),
        )
        return bool(cursor.rowcount == 1)

    def _set_alive(self, at: Ms) -> None:
        set_mark(self._connection, "alive", at)

"""The wheel: which slots are due. Pure: it is handed the time, in ms since the wheel began to turn.

Every lane has a grid of its own, `offset + n × interval`, with the offset from a stable hash of the
endpoint's key, on the tick grid. A slot that is late is taken once; slots that nobody can take any more are
handed back as missed. Nothing is ever dropped without being named.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Mapping

from monitor.config.endpoint import Endpoint
from monitor.core.checks import LaneId
from monitor.core.intervals import Ms
from monitor.records import dataclass

TICK: Ms = 100
BEAT: Ms = 50
HAIR = 0.001
"""Seconds by which a timer may fire early: loops count in ms."""


def offset(endpoint_id: str, interval: Ms, tick: Ms = TICK) -> Ms:
    """Where in its interval an endpoint starts: the same on every machine and in every run."""
    places = max(1, interval // tick)
    digest = hashlib.sha256(endpoint_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % places * tick


def next_beat(since: float, now: float) -> float:
    """When the beat after one that began at `since` is due; all in seconds since the wheel began to turn.

    At the next point of a grid: points that passed meanwhile are passed over, but not the one that this beat
    was meant for and began a hair before. That one is due now.
    """
    due = _point_after(since)
    if due > now:
        return due
    return now if due - since < HAIR else _point_after(now)


def _point_after(at: float) -> float:
    return (round(at * 1_000) // BEAT + 1) * BEAT / 1_000


@dataclass(frozen=True, slots=True)
class Slot:
    """A planned start: the `number`-th of its lane in this epoch, due at `due` ms of the wheel."""

    endpoint: Endpoint
    lane: LaneId
    number: int
    due: Ms

    @property
    def until(self) -> Ms:
        """Where the next planned start lies."""
        return self.due + self.endpoint.interval


@dataclass(frozen=True, slots=True)
class Missed:
    """`count` planned starts of a lane that passed without anybody looking; the first was due at `due`."""

    lane: LaneId
    due: Ms
    count: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a turn of the wheel gave."""

    slots: tuple[Slot, ...] = ()
    missed: tuple[Missed, ...] = ()


@dataclass(slots=True)
class _Turn:
    endpoint: Endpoint
    lane: LaneId
    due: Ms
    offset: Ms

    def steps(self, since: Ms, upto: Ms) -> int:
        """How many points of the grid lie in (since, upto]."""
        interval = self.endpoint.interval
        return (upto - self.offset) // interval - (since - self.offset) // interval

    def after(self, since: Ms) -> Ms:
        """The first point of the grid after `since`."""
        interval = self.endpoint.interval
        return self.offset + ((since - self.offset) // interval + 1) * interval


class Wheel:
    """The planned starts of all lanes."""

    def __init__(self, tick: Ms = TICK) -> None:
        self._tick = tick
        self._turns: dict[str, _Turn] = {}
        self._next: dict[LaneId, int] = {}  # of every lane of this epoch: one that goes may come back
        self._queue: list[tuple[Ms, str]] = []

    def plan(self, endpoints: Mapping[str, Endpoint], lanes: Mapping[str, LaneId], now: Ms) -> None:
        """Turn for these endpoints from now on.

        A known one keeps its next start and follows its new interval after it; one that is gone is no longer
        taken; a new one begins at the first point of its grid. A lane counts on whatever its endpoint is
        called, and also after it was away.
        """
        self._turns = {key: self._turn(endpoint, lanes[key], now) for key, endpoint in endpoints.items()}
        self._queue = [(turn.due, key) for key, turn in self._turns.items()]
        heapq.heapify(self._queue)

    def _turn(self, endpoint: Endpoint, lane: LaneId, now: Ms) -> _Turn:
        start = offset(endpoint.id, endpoint.interval, self._tick)
        known = self._turns.get(endpoint.id)
        if known is not None and known.lane == lane:
            return _Turn(endpoint, lane, known.due, start)
        turn = _Turn(endpoint, lane, start, start)
        turn.due = turn.after(now - 1)
        return turn

    def renumber(self) -> None:
        """A new epoch: count from 0 again. When the starts are due does not change."""
        self._next.clear()

    def next_due(self) -> Ms | None:
        """When the earliest slot is due, or None when there is nothing to turn for."""
        return self._queue[0][0] if self._queue else None

    def due(self, endpoint: str) -> Ms | None:
        """When the next slot of an endpoint is due, or None where it has none."""
        turn = self._turns.get(endpoint)
        return None if turn is None else turn.due

    @property
    def per_tick(self) -> float:
        """How many starts fall in a tick on average."""
        return sum(self._tick / turn.endpoint.interval for turn in self._turns.values())

    def take(self, now: Ms, most: int) -> Taken:
        """The slots that are due, at most so many; the rest stays due, so that a stall ends in no burst."""
        slots: list[Slot] = []
        missed: list[Missed] = []
        while self._queue and self._queue[0][0] <= now and len(slots) < most:
            key = self._queue[0][1]
            slot, lost = self._take(self._turns[key], now)
            heapq.heapreplace(self._queue, (self._turns[key].due, key))
            slots.append(slot)
            if lost is not None:
                missed.append(lost)
        return Taken(tuple(slots), tuple(missed))

    def _take(self, turn: _Turn, now: Ms) -> tuple[Slot, Missed | None]:
        """The newest slot of a lane that is due, and the older ones that it is too late for."""
        lost: Missed | None = None
        number = self._next.get(turn.lane, 0)
        passed = turn.steps(turn.due, now)
        if passed:
            lost = Missed(turn.lane, turn.due, passed)
            number += passed
            turn.due = turn.offset + (now - turn.offset) // turn.endpoint.interval * turn.endpoint.interval
        slot = Slot(turn.endpoint, turn.lane, number, turn.due)
        self._next[turn.lane] = number + 1
        turn.due = turn.after(turn.due)
        return slot, lost

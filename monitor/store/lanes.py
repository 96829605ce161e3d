"""The register of lanes: what was measured, from when until when. A life is open until it is retired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from monitor.core.checks import Lane, LaneId
from monitor.core.intervals import Ms, Span, normalise
from monitor.store.sqlite import sqlite3

OPEN_END: Final[Ms] = 253_402_300_800_000
"""Where the span of a life that has not ended yet ends: the year 10000."""


def enlist(
    connection: sqlite3.Connection, endpoint: str, location: str, since: Ms, was: Sequence[str]
) -> LaneId:
    """The lane's id; made, renamed from a key in `was`, or brought back to life, as needed."""
    lane = _find(connection, endpoint, location)
    if lane is None:
        lane = _renamed(connection, endpoint, location, was)
    if lane is None:
        cursor = connection.execute(
            "INSERT INTO lane (endpoint, location) VALUES (?, ?)", (endpoint, location)
        )
        lane = int(cursor.lastrowid or 0)
    _live(connection, lane, since)
    return lane


def retire(connection: sqlite3.Connection, lane: LaneId, until: Ms) -> None:
    """End the lane's life; one that would end before it began is empty."""
    connection.execute(
        "UPDATE lane_life SET end = max(start, ?) WHERE lane = ? AND end IS NULL", (until, lane)
    )


def all_lanes(connection: sqlite3.Connection) -> list[Lane]:
    """Every lane there ever was, in order of id."""
    lives: dict[LaneId, list[Span]] = {}
    for lane, start, end in connection.execute("SELECT lane, start, end FROM lane_life"):
        lives.setdefault(lane, []).append(Span(start, OPEN_END if end is None else end))
    return [
        Lane(lane, endpoint, location, normalise(lives.get(lane, ())))
        for lane, endpoint, location in connection.execute(
            "SELECT id, endpoint, location FROM lane ORDER BY id"
        )
    ]


def _find(connection: sqlite3.Connection, endpoint: str, location: str) -> LaneId | None:
    found = connection.execute(
        "SELECT id FROM lane WHERE endpoint = ? AND location = ?", (endpoint, location)
    )
    row = found.fetchone()
    return None if row is None else int(row[0])


def _renamed(
    connection: sqlite3.Connection, endpoint: str, location: str, was: Sequence[str]
) -> LaneId | None:
    for key in was:
        lane = _find(connection, key, location)
        if lane is not None:
            connection.execute("UPDATE lane SET endpoint = ? WHERE id = ?", (endpoint, lane))
            return lane
    return None


def _live(connection: sqlite3.Connection, lane: LaneId, since: Ms) -> None:
    """Make sure that a life is open; one that would begin inside an earlier one or before it continues it."""
    newest = connection.execute(
        "SELECT start, end FROM lane_life WHERE lane = ? ORDER BY start DESC LIMIT 1", (lane,)
    ).fetchone()
    if newest is None or (newest[1] is not None and newest[1] < since):
        connection.execute("INSERT INTO lane_life (lane, start) VALUES (?, ?)", (lane, since))
    elif newest[1] is not None or since < newest[0]:
        connection.execute(
            "UPDATE lane_life SET start = ?, end = NULL WHERE lane = ? AND start = ?",
            (min(since, newest[0]), lane, newest[0]),
        )

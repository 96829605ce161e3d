"""Counts of planned attempts per slot: kept beside the segments as hours are sealed, else from the checks.

What is kept is a cache: any slot and any bound can be counted while the checks are there, loose or packed.

Attempt 0 alone is counted, or failure would be over-sampled; what nobody could see (unknown) is not. Kept are
the counts in slots that an hour is made of; what waits to be sealed, first or anew, is counted from the log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, groupby

from monitor.core.checks import LaneId, Reason, State
from monitor.core.intervals import HOUR, Ms, Span, Spans, intersect, normalise, subtract
from monitor.core.periods import local
from monitor.errors import EvidenceGone, EvidenceRefused
from monitor.store import chunks
from monitor.store.evidence import Evidence
from monitor.store.protocol import Need, Tally
from monitor.store.rows import places
from monitor.store.sqlite import sqlite3

Counted = tuple[LaneId, Ms, int, int]
"""Lane, start of the slot, good, all."""

_SUMS = (
    "SELECT lane, (place >> 20) / ?1 * ?1, sum(reason = ?2 AND (?3 = 0 OR latency <= ?3) IS TRUE), count(*) "
    "FROM log WHERE place >= ?4 AND place < ?5 AND attempt = 0 AND state <> ?6 "
)


def found(connection: sqlite3.Connection, evidence: Evidence, need: Need, span: Span) -> tuple[Tally, ...]:
    """The counts of each slot that starts in `span`: those that are kept, the rest from the log."""
    whole = Span(-(-span.start // need.length) * need.length, -(-span.end // need.length) * need.length)
    if not whole.length:
        return ()
    kept = intersect(_complete(connection, need), (whole,))
    rest = subtract((whole,), kept)
    for part in rest:
        _must_reach(connection, need.lane, part)
    read = [tally for part in kept for tally in _kept(connection, need, part)]
    read += [tally for part in rest for tally in counted(connection, evidence, need, part)]
    return tuple(sorted(read, key=lambda tally: tally.start))


def counted(connection: sqlite3.Connection, evidence: Evidence, need: Need, span: Span) -> tuple[Tally, ...]:
    """The counts of each slot that starts in `span`, from the log alone; `span` is on the slots' edges."""
    loose = connection.execute(
        f"{_SUMS} AND lane = ?7 GROUP BY 1, 2 ORDER BY 2", (*_values(evidence, need, span), need.lane)
    )
    rows = _added(loose, _packed(connection, evidence, need, [need.lane], span))
    return tuple(Tally(start, good, total) for _, start, good, total in rows)


def keep(connection: sqlite3.Connection, evidence: Evidence, needs: Collection[Need], window: Span) -> None:
    """Count anew what begins in `window` (whole hours), inside the caller's transaction; proves itself."""
    for same in _alike(needs):
        lanes = {need.lane for need in same}
        rows = _all(connection, evidence, same[0], lanes, window)
        for need in same:
            _replace(connection, need, window, [row[1:] for row in rows if row[0] == need.lane])


def known(connection: sqlite3.Connection) -> frozenset[Need]:
    """Every need that something is kept for."""
    rows = connection.execute("SELECT DISTINCT lane, length, bound FROM tallied")
    return frozenset(Need(*row) for row in rows)


def missing(connection: sqlite3.Connection, needs: Collection[Need], sealed: Span) -> dict[Need, Spans]:
    """The sealed time for which the counts of a need are not kept, as far back as the log reaches."""
    found = {need: subtract((sealed,), _covered(connection, need)) for need in needs}
    return {need: spans for need, spans in found.items() if spans}


def _alike(needs: Collection[Need]) -> Iterator[list[Need]]:
    ordered = sorted(needs, key=lambda need: (need.length, need.bound, need.lane))
    for _, same in groupby(ordered, key=lambda need: (need.length, need.bound)):
        yield list(same)


def _all(
    connection: sqlite3.Connection, evidence: Evidence, need: Need, lanes: set[LaneId], window: Span
) -> list[Counted]:
    """The counts of all of these lanes: the log is in order of time, and is read once for all."""
    found = connection.execute(f"{_SUMS} GROUP BY 1, 2 ORDER BY 1, 2", _values(evidence, need, window))
    loose = (row for row in found if row[0] in lanes)
    return _added(loose, _packed(connection, evidence, need, lanes, window))


def _packed(
    connection: sqlite3.Connection, evidence: Evidence, need: Need, lanes: Collection[LaneId], span: Span
) -> Iterator[Counted]:
    """The counts of what is packed, a piece at a time; `need` says which slots and which bound."""
    if not evidence.has_packed(span.start):
        return
    ok = evidence.reasons.ids[Reason.OK]
    for chunk in chunks.of_lanes(connection, lanes, span):
        packed = chunk.unpacked()
        for start, (good, total) in chunks.counts(packed, ok, need, span).items() if packed else ():
            yield (chunk.lane, start, good, total)


def _added(*parts: Iterable[Counted]) -> list[Counted]:
    """Counts of the same slot as one, in order of lane and start."""
    sums: dict[tuple[LaneId, Ms], tuple[int, int]] = {}
    for lane, start, good, total in chain.from_iterable(parts):
        before = sums.get((lane, start), (0, 0))
        sums[lane, start] = (before[0] + good, before[1] + total)
    return [(*key, *sums[key]) for key in sorted(sums)]


def _values(evidence: Evidence, need: Need, span: Span) -> tuple[int, ...]:
    ok = evidence.reasons.ids[Reason.OK]
    return (need.length, ok, need.bound, *places(span), int(State.UNKNOWN))


def _replace(
    connection: sqlite3.Connection, need: Need, window: Span, rows: Sequence[tuple[Ms, int, int]]
) -> None:
    key = (need.lane, need.length, need.bound)
    connection.execute(
        "DELETE FROM tally WHERE lane = ? AND length = ? AND bound = ? AND start >= ? AND start < ?",
        (*key, window.start, window.end),
    )
    connection.executemany("INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?)", [(*key, *row) for row in rows])
    if [(t.start, t.good, t.total) for t in _kept(connection, need, window)] != [tuple(row) for row in rows]:
        raise EvidenceRefused(
            f"the counts of lane {need.lane} from {window.start} to {window.end} were not kept as they were "
            "counted; nothing was changed; restore the database from a backup"
        )
    whole = normalise((*_covered(connection, need), window))
    connection.execute("DELETE FROM tallied WHERE lane = ? AND length = ? AND bound = ?", key)
    connection.executemany(
        "INSERT INTO tallied VALUES (?, ?, ?, ?, ?)", [(*key, span.start, span.end) for span in whole]
    )


def _kept(connection: sqlite3.Connection, need: Need, span: Span) -> list[Tally]:
    rows = connection.execute(
        "SELECT start, good, total FROM tally WHERE lane = ? AND length = ? AND bound = ? "
        "AND start >= ? AND start < ? ORDER BY start",
        (need.lane, need.length, need.bound, span.start, span.end),
    )
    return [Tally(*row) for row in rows]


def _covered(connection: sqlite3.Connection, need: Need) -> Spans:
    rows = connection.execute(
        "SELECT start, end FROM tallied WHERE lane = ? AND length = ? AND bound = ? ORDER BY start",
        (need.lane, need.length, need.bound),
    )
    return tuple(Span(*row) for row in rows)


def _complete(connection: sqlite3.Connection, need: Need) -> Spans:
    """The time whose kept counts are right: hours that wait to be sealed anew are not."""
    dirty = (Span(hour * HOUR, (hour + 1) * HOUR) for (hour,) in connection.execute("SELECT hour FROM dirty"))
    return subtract(_covered(connection, need), normalise(dirty))


def _must_reach(connection: sqlite3.Connection, lane: LaneId, span: Span) -> None:
    """EvidenceGone where checks were made in `span` that the log no longer has."""
    (first,) = connection.execute("SELECT min(first) FROM reach WHERE lane = ?", (lane,)).fetchone()
    hour = chunks.first_whole_hour(connection, lane)
    (last,) = connection.execute("SELECT max(last) FROM reach WHERE lane = ?", (lane,)).fetchone()
    if first is None:
        return
    begins = last + 1 if hour is None else hour * HOUR
    if first < begins and span.start < begins and span.end > first:
        raise EvidenceGone(
            f"the checks before {local(begins, 'UTC'):%Y-%m-%d %H:%M}Z are gone, and nobody asked for these "
            f"counts while they were there: ask about time from {local(begins, 'UTC'):%Y-%m-%d %H:%M}Z on"
        )

"""Every check of many lanes as columns, for whoever reads them all: packed days come as they lie.

Lane after lane, and within a lane in the order of instants. In memory are one lane's checks and all the loose
ones that were asked for: ask for a day and a hundred lanes at a time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Final

from monitor.core.checks import LaneId, Reason
from monitor.core.intervals import HOUR, Span
from monitor.store import chunks
from monitor.store.evidence import Evidence
from monitor.store.protocol import Columns
from monitor.store.reasons import STATES, Reasons
from monitor.store.rows import ORDER, SELECT, Row, places
from monitor.store.sqlite import sqlite3

_ASKED: Final = "lane IN (SELECT value FROM json_each(?))"
_LANE: Final = itemgetter(1)
_REASON: Final = itemgetter(6)


def swept(
    connection: sqlite3.Connection, evidence: Evidence, lanes: Collection[LaneId], span: Span, *, failed: bool
) -> Iterator[Columns]:
    """The checks of these lanes that started in `span`; those that `failed` alone, where it is said.

    EvidenceGone where good ones were forgotten, unless failed ones alone are asked for.
    """
    loose = {lane: list(rows) for lane, rows in groupby(_loose(connection, lanes, span), key=_LANE)}
    has_packed = evidence.has_packed(span.start)
    for lane in sorted(lanes):
        rows = loose.pop(lane, [])
        if has_packed and not failed and not rows:
            yield from _packed(connection, lane, span, evidence.reasons)
            continue
        packed = chunks.rows_of(connection, lane, span, kept=failed) if has_packed else ()
        every: Iterable[Row] = merge(packed, rows, key=ORDER)
        if failed:
            ok = evidence.reasons.ids[Reason.OK]
            every = (row for row in every if _REASON(row) != ok)
        yield from _of_rows(lane, list(every), evidence.reasons)


def _loose(connection: sqlite3.Connection, lanes: Collection[LaneId], span: Span) -> Iterable[Row]:
    rows: Iterable[Row] = connection.execute(
        f"{SELECT} WHERE place >= ? AND place < ? AND {_ASKED} ORDER BY lane, at, epoch, slot, attempt",
        (*places(span), json.dumps(list(lanes))),
    )
    return rows


def _packed(connection: sqlite3.Connection, lane: LaneId, span: Span, reasons: Reasons) -> Iterator[Columns]:
    """Chunk by chunk; those that reach out of `span` by their rows."""
    for chunk in chunks.of_lane(connection, lane, span):
        chunk.must_be_whole()
        if span.start <= chunk.start * HOUR and chunk.end * HOUR <= span.end:
            columns = chunk.columns(reasons)
            if columns is not None:
                yield columns
        else:
            yield from _of_rows(lane, [row for row in chunk.rows() if row[0] in span], reasons)


def _of_rows(lane: LaneId, rows: Sequence[Row], reasons: Reasons) -> Iterator[Columns]:
    if not rows:
        return
    at, _lanes, epoch, slot, attempt, state, reason, hold, latency, status, facts = zip(*rows, strict=True)
    yield Columns(
        lane, at, epoch, slot, attempt, [STATES[each] for each in state],
        [reasons.by_id[each] for each in reason], hold, latency, status, facts,
    )  # fmt: skip

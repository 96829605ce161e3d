"""Counts of planned attempts per slot, from the checks themselves.

Attempt 0 alone is counted, or failure would be over-sampled; what nobody could see (unknown) is not.
"""

from __future__ import annotations

from monitor.core.checks import Reason, State
from monitor.core.intervals import HOUR, Span
from monitor.store.evidence import Evidence
from monitor.store.protocol import Need, Tally
from monitor.store.sqlite import sqlite3


def counted(connection: sqlite3.Connection, evidence: Evidence, need: Need, span: Span) -> tuple[Tally, ...]:
    """The counts of each slot with a check that starts in `span`, from the log."""
    first = span.start // need.length * need.length
    end = -(-span.end // need.length) * need.length
    found = connection.execute(
        "SELECT at / ?1 * ?1 AS began, sum(reason = ?6 AND (?7 = 0 OR latency <= ?7)), count(*) FROM log "
        "WHERE hour BETWEEN ?2 AND ?3 AND lane = ?4 AND attempt = 0 AND state <> ?5 "
        "AND at >= ?8 AND at < ?9 GROUP BY 1 ORDER BY 1",
        (
            need.length, first // HOUR, end // HOUR, need.lane, int(State.UNKNOWN),
            evidence.reasons.ids[Reason.OK], need.bound, first, end,
        ),
    )  # fmt: skip
    return tuple(Tally(start, good, total) for start, good, total in found if start in span)

"""What the daemon forgets by itself, once a day: what the configuration and the agreements let go."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from monitor.core.checks import LaneId
from monitor.core.intervals import Ms
from monitor.people import author
from monitor.store.protocol import NewEvent, Store
from monitor.store.queue import EvidenceQueue

FORGOTTEN = "checks.forgotten"

log = logging.getLogger("makegood")


def forget(before: Mapping[LaneId, Ms], store: Store, queue: EvidenceQueue, now: Callable[[], Ms]) -> None:
    """Forget the good checks of each lane before its instant, a little at a time, and write down how many."""
    gone = sum(iter(lambda: queue.call(lambda writer: writer.forget(before, steps=1)), 0)) if before else 0
    if gone:
        latest = max(before.values())
        body: dict[str, object] = {"checks": gone, "before": latest, "endpoints": len(before)}
        store.journal.append([NewEvent(now(), FORGOTTEN, "evidence", author(), "keep_checks", body)])
        log.info("forgot %d good checks", gone, extra={"event": FORGOTTEN, "checks": gone})

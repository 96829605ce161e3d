"""What the daemon forgets by itself, once a day: what the configuration and the agreements let go."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from monitor.core.checks import LaneId
from monitor.core.intervals import DAY, Ms
from monitor.people import author
from monitor.statements.holds import ALL, KINDS, standing
from monitor.store.protocol import NewEvent, Store
from monitor.store.queue import EvidenceQueue

FORGOTTEN = "checks.forgotten"
LETTERS_FORGOTTEN: Final = "letters.forgotten"
LETTERS_KEPT: Final[Ms] = 400 * DAY
"""So long it is kept who was told of an alert, and what the receiver said."""

log = logging.getLogger("makegood")


def forget(before: Mapping[LaneId, Ms], store: Store, queue: EvidenceQueue, now: Callable[[], Ms]) -> None:
    """Forget the good checks of each lane before its instant, a little at a time, and write down how many."""
    gone = sum(iter(lambda: queue.call(lambda writer: writer.forget(before, steps=1)), 0)) if before else 0
    if gone:
        latest = max(before.values())
        body: dict[str, object] = {"checks": gone, "before": latest, "endpoints": len(before)}
        store.journal.append([NewEvent(now(), FORGOTTEN, "evidence", author(), "keep_checks", body)])
        log.info("forgot %d good checks", gone, extra={"event": FORGOTTEN, "checks": gone})


def forget_letters(store: Store, now: Ms) -> None:
    """Forget old letters of alerts that are over, unless everything is held; write down how many."""
    with store.snapshot() as snapshot:
        if ALL in standing(snapshot.events(kinds=KINDS)):
            return
    gone = store.alerts.forget(now - LETTERS_KEPT)
    if gone:
        body: dict[str, object] = {"letters": gone, "before": now - LETTERS_KEPT}
        store.journal.append([NewEvent(now, LETTERS_FORGOTTEN, "alerts", author(), "400 days", body)])
        log.info("forgot %d letters of alerts", gone, extra={"event": LETTERS_FORGOTTEN, "letters": gone})

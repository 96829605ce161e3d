"""What is recorded of certificates: until when each is valid, once for each renewal.

Apart from the rules, so that the daemon, which records it, loads nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from monitor.core.intervals import DAY, Ms
from monitor.people import author
from monitor.store.protocol import Event, NewEvent, Store

SEEN: Final = "certificate.seen"
KINDS: Final = frozenset({SEEN})


def seen(endpoint: str, until: Ms, who: str, at: Ms) -> NewEvent:
    """The entry that an endpoint shows a certificate that is valid until an instant; one for each change."""
    return NewEvent(at, SEEN, endpoint, who, body={"until": until})


def known(events: Iterable[Event]) -> dict[str, Ms]:
    """Until when they are valid, by endpoint, as it was recorded last."""
    return {event.subject: int(str(event.body["until"])) for event in events if event.kind == SEEN}


def changes(before: Mapping[str, Ms], now_seen: Mapping[str, Ms], who: str, at: Ms) -> tuple[NewEvent, ...]:
    """The entries of certificates that are new, or are others than before: a day's difference is none."""
    return tuple(
        seen(endpoint, until, who, at)
        for endpoint, until in sorted(now_seen.items())
        if endpoint not in before or abs(before[endpoint] - until) >= DAY
    )


class Keeper:
    """Records what is new of certificates; what was recorded is read once, and when there is something."""

    def __init__(self) -> None:
        self._known: dict[str, Ms] | None = None

    def keep(self, store: Store, now_seen: Mapping[str, Ms], at: Ms) -> None:
        """Append what changed. It may wait for the database."""
        if not now_seen:
            return
        if self._known is None:
            with store.snapshot() as snapshot:
                self._known = known(snapshot.events(kinds=KINDS))
        new = changes(self._known, now_seen, author(), at)
        if new:
            store.journal.append(new)
            self._known |= {each.subject: now_seen[each.subject] for each in new}

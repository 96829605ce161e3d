"""PURE. What is not told for a while, as people said it: of a service, or of "all". What is found is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from monitor.core.intervals import Ms
from monitor.store.protocol import Event, NewEvent

MUTED: Final = "alerts.muted"
UNMUTED: Final = "alerts.unmuted"
KINDS: Final = frozenset({MUTED, UNMUTED})
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing of `subject` is told until then."""

    subject: str
    until: Ms
    author: str
    reason: str


def mutes(events: Iterable[Event], now: Ms) -> Mapping[str, Mute]:
    """Those that hold at `now`, by their subject; the last word of each counts."""
    found: dict[str, Mute] = {}
    for event in events:
        if event.kind == UNMUTED:
            found.pop(event.subject, None)
        elif event.kind == MUTED:
            until = event.body.get("until")
            found[event.subject] = Mute(
                event.subject, until if isinstance(until, int) else 0, event.author, event.reason
            )
    return {subject: each for subject, each in found.items() if now < each.until}


def muted(subject: str, until: Ms, author: str, now: Ms, reason: str) -> NewEvent:
    """The entry that mutes."""
    return NewEvent(now, MUTED, subject, author, reason, {"until": until})


def unmuted(subject: str, author: str, now: Ms, reason: str = "") -> NewEvent:
    """The entry that ends it before its time."""
    return NewEvent(now, UNMUTED, subject, author, reason)

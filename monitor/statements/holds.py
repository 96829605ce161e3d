"""Legal holds: evidence that must not be forgotten, by somebody's word. Events of the journal, read back."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core.intervals import Ms
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent

PLACED = "hold.placed"
RELEASED = "hold.released"
KINDS = frozenset({PLACED, RELEASED})
ALL = "everything"


@dataclass(frozen=True, slots=True)
class Hold:
    """What is held: an endpoint, a customer's or a service's endpoints by its key, or `everything`."""

    subject: str
    since: Ms
    author: str
    reason: str


def placed(subject: str, author: str, at: Ms, reason: str) -> NewEvent:
    """The event that keeps evidence; ValueError without a reason."""
    if not reason.strip():
        raise ValueError("it is empty; say why it must be kept")
    return NewEvent(at, PLACED, subject, author, reason)


def released(subject: str, author: str, at: Ms, reason: str) -> NewEvent:
    """The event that lets evidence go again when its time has come; ValueError without a reason."""
    if not reason.strip():
        raise ValueError("it is empty; say why it need not be kept any more")
    return NewEvent(at, RELEASED, subject, author, reason)


def standing(events: Iterable[Event]) -> dict[str, Hold]:
    """The holds that are in force, by what they hold."""
    found: dict[str, Hold] = {}
    for event in events:
        if event.kind == PLACED:
            found[event.subject] = Hold(event.subject, event.at, event.author, event.reason)
        elif event.kind == RELEASED:
            found.pop(event.subject, None)
    return found

"""Endpoints that are not probed for a while, by somebody's decision: events of the journal, read back.

Time in which an endpoint is disabled is unknown: never up and never down. What that comes to is the rule for
unseen time of each agreement. Who decided, when and why stays in the journal; the gaps are the prober's.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core.intervals import Ms
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent

DISABLED = "endpoint.disabled"
ENABLED = "endpoint.enabled"
KINDS = frozenset({DISABLED, ENABLED})


@dataclass(frozen=True, slots=True)
class Disabled:
    """From when, by whom and why an endpoint is not probed; `until` when it is again by itself, if ever."""

    endpoint: str
    since: Ms
    author: str
    reason: str
    until: Ms | None = None

    def holds(self, now: Ms) -> bool:
        """Whether it is disabled at that instant."""
        return self.until is None or now < self.until


def disabled(endpoint: str, author: str, at: Ms, reason: str, until: Ms | None = None) -> NewEvent:
    """The event that disables an endpoint; ValueError without a reason, or where it would be over already."""
    if not reason.strip():
        raise ValueError("it is empty; say why nothing is to be measured")
    if until is not None and until <= at:
        raise ValueError("it is not after now; write a later instant")
    return NewEvent(at, DISABLED, endpoint, author, reason, body={"until": until})


def enabled(endpoint: str, author: str, at: Ms, reason: str = "") -> NewEvent:
    """The event that has an endpoint probed again."""
    return NewEvent(at, ENABLED, endpoint, author, reason)


def standing(events: Iterable[Event], now: Ms) -> dict[str, Disabled]:
    """The endpoints that are disabled at `now`, by name; the newest word on each counts."""
    found: dict[str, Disabled] = {}
    for event in events:
        if event.kind == DISABLED:
            until = event.body.get("until")
            ends = until if isinstance(until, int) else None
            found[event.subject] = Disabled(event.subject, event.at, event.author, event.reason, ends)
        elif event.kind == ENABLED:
            found.pop(event.subject, None)
    return {name: each for name, each in found.items() if each.holds(now)}

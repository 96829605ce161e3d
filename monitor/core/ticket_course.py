"""The course of a ticket, made plain: it ends once, and what moves it on afterwards opens it again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from monitor.core.tickets import TicketEvent, in_order

ENDS: Final = frozenset({"resolved", "closed", "merged"})


def settled(events: Iterable[TicketEvent]) -> tuple[TicketEvent, ...]:
    """The events in order of time; a new status after an end says that the ticket was opened again.

    Systems tell of an end twice (a status and a resolution), or of a new status alone.
    """
    over, again, found = False, False, list[TicketEvent]()
    for event in in_order(events):
        if event.kind in ENDS:
            if over and event.kind == "resolved":
                continue
            over, again = True, False
        elif event.kind == "status" and over:
            over, again = False, True
            found.append(TicketEvent(event.at, "reopened", by=event.by))
        elif event.kind == "reopened":
            if again:
                continue
            over, again = False, True
        found.append(event)
    return tuple(found)


def goes_on(events: Iterable[TicketEvent]) -> bool:
    """Whether a ticket is open after its events: not resolved, closed or merged, or reopened since."""
    now = True
    for event in events:
        if event.kind in ENDS:
            now = False
        elif event.kind == "reopened":
            now = True
    return now

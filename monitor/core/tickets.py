"""Tickets as values: what a ticket system told of each, in order. Nothing here counts time.

Instants are UTC ms. What an event means for a response clock is said by an agreement, never here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from operator import itemgetter
from typing import Final, Literal, NamedTuple, get_args

from monitor.core.intervals import Ms
from monitor.records import dataclass

EventKind = Literal[
    "created",
    "assigned",
    "reported",
    "detected",
    "reply",
    "auto reply",
    "customer reply",
    "acknowledged",
    "update",
    "status",
    "pause",
    "resume",
    "priority",
    "segment",
    "channel",
    "resolved",
    "reopened",
    "closed",
    "merged",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

OWN: Final = "makegood"
"""The source (column `source`) of the tickets that are our own incidents."""

_AT = itemgetter(0)

By = Literal["", "agent", "customer", "system"]
BY: tuple[By, ...] = get_args(By)


class TicketEvent(NamedTuple):
    """One thing that happened to a ticket, as the ticket system told it.

    `value` by kind: `status`, `priority`, `segment`, `channel` the new one; `pause` the reason; `resume` the
    reason that is over ("" for all of them); `merged` the ticket it was merged into; otherwise "".
    `reply` is a person's to the customer, `auto reply` a machine's, `customer reply` the customer's own;
    `update` is a message to the customer about how far things are. `by` is who did it, "" where not told.

    A `status` is a pause for whoever names it as one: the new status ends the one before it. `pause` and
    `resume` stand beside the status, for systems that tell a reason of their own.
    """

    at: Ms
    kind: EventKind
    value: str = ""
    by: By = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with all that happened to it, in order of time; ties in the order told.

    `priority`, `segment` and `channel` are those it had at first, "" where not told; events change them.
    `columns` are what else the ticket system says of it, by name. A deleted ticket counts nowhere: it is kept
    so that its deletion shows. ValueError for no id and for events out of order.
    """

    id: str
    events: tuple[TicketEvent, ...]
    priority: str = ""
    segment: str = ""
    channel: str = ""
    service: str = ""
    customer: str = ""
    resource: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a ticket needs an id")
        times = list(map(_AT, self.events))
        if times != sorted(times):
            raise ValueError(f"the events of ticket {self.id} are not in order of time")

    def first(self, kind: EventKind) -> Ms | None:
        """When something of this kind first happened; None where it never did."""
        for at, what, _, _ in self.events:
            if what == kind:
                return at
        return None

    @property
    def merged_into(self) -> str:
        """The ticket it went into last, "" for one that stands for itself."""
        if "merged" not in [kind for _, kind, _, _ in self.events]:
            return ""
        return next(event.value for event in reversed(self.events) if event.kind == "merged")


def in_order(events: Iterable[TicketEvent]) -> tuple[TicketEvent, ...]:
    """The events in order of time; ties in the order told."""
    return tuple(sorted(events, key=lambda event: event.at))

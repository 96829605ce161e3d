"""Tickets as rows: one canonical text for what was told of a ticket, and the columns that are looked up.

The text is JSON, an array of fixed order; its events are one flat array of four values each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import chain, islice
from sys import intern
from typing import Any, Final

from monitor.core.intervals import Ms
from monitor.core.ticket_course import ENDS, goes_on, settled
from monitor.core.tickets import Ticket, TicketEvent
from monitor.records import dataclass
from monitor.store.ticket_protocol import ToldTicket

AT_ONCE: Final = 256
SOURCE: Final = "source"
"""The column of a ticket that says what system told it."""

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False
).encode
_decode = json.JSONDecoder().decode
_event: Callable[[tuple[Any, ...]], TicketEvent] = partial(tuple.__new__, TicketEvent)
"""Of four values, as `zip` gives them."""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """What is kept of a ticket, in the order of its columns."""

    source: str
    id: str
    first: Ms
    last: Ms
    open: int
    deleted: int
    updated: Ms | None
    customer: str
    service: str
    content: str
    digest: bytes


def digest_of(content: str, deleted: int) -> bytes:
    """SHA-256 over the text and the mark of deletion."""
    return sha256(f"{deleted}\n{content}".encode()).digest()


def row_of(told: ToldTicket) -> TicketRow:
    """A ticket as it is kept. It has at least one event."""
    ticket = told.ticket
    events = ticket.events
    columns = ticket.columns
    content = _encode(
        [
            told.source, ticket.id, ticket.priority, ticket.segment, ticket.channel, ticket.service,
            ticket.customer, ticket.resource,
            {name: text for name, text in columns.items() if name != SOURCE} if columns else {},
            list(chain.from_iterable([(e.at, e.kind, e.value, e.by) for e in events])),
        ]
    )  # fmt: skip
    mark = int(ticket.deleted)
    return TicketRow(
        told.source, ticket.id, events[0].at, events[-1].at, int(goes_on(events)), mark, told.updated,
        ticket.customer, ticket.service, content, digest_of(content, mark),
    )  # fmt: skip


def ticket_of(content: str, deleted: int) -> Ticket:
    """The ticket of a text."""
    return _ticket(deleted, *_decode(content))


def tickets_of(rows: Iterable[tuple[str, int]]) -> Iterator[Ticket]:
    """The tickets of texts, some hundred of which are taken apart at once."""
    every = iter(rows)
    while some := list(islice(every, AT_ONCE)):
        try:
            found = _decode(f"[{','.join([content for content, _ in some])}]")
        except ValueError:
            found = []
        if len(found) != len(some):  # not all are texts of ours: say so of the one that is none
            found = [_decode(content) for content, _ in some]
        for (_, deleted), told in zip(some, found, strict=True):
            yield _ticket(deleted, *told)


def _ticket(
    deleted: int, source: str, id_: str, priority: str, segment: str, channel: str, service: str,
    customer: str, resource: str, columns: dict[str, str], flat: list[Any],
) -> Ticket:  # fmt: skip
    each = iter(flat)  # four values are taken of it in turn
    kinds = map(intern, each)
    events = tuple(map(_event, zip(each, kinds, each, kinds, strict=True)))
    columns[SOURCE] = source
    return Ticket(
        id_, events, priority, segment, channel, service, customer, resource, columns, bool(deleted)
    )


def looked_up(content: str) -> Sequence[Any]:
    """The columns of a text that are looked up: source, id, first, last, open, customer, service."""
    source, id_, _, _, _, service, customer, _, _, flat = _decode(content)
    ends = [kind for kind in flat[1::4] if kind in ENDS or kind == "reopened"]
    is_open = not ends or ends[-1] == "reopened"
    return source, id_, flat[0], flat[-4], int(is_open), customer, service


def joined(before: Ticket, told: Ticket) -> Ticket:
    """What is known with what is added to it: an event that is there is not there twice."""
    known = set(before.events)
    added = [event for event in told.events if event not in known]
    events = settled([*before.events, *dict.fromkeys(added)])
    at_first = {
        name: getattr(before, name) or getattr(told, name) for name in ("priority", "segment", "channel")
    }
    named = {
        name: getattr(told, name) or getattr(before, name) for name in ("service", "customer", "resource")
    }
    return replace(
        before,
        events=events,
        columns={**before.columns, **told.columns},
        deleted=before.deleted or told.deleted,
        **at_first,
        **named,
    )

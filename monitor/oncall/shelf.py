"""Tickets read once for whoever asks within one command: for KPIs, for the report and for its figures.

Rule of this room: nobody can tell a shelf from the snapshot that it stands before, but by what it takes. The
tickets of a span are kept packed, a fifth of what they are as values, and made anew for each who asks: who
holds on to them pays for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import field
from functools import partial
from heapq import merge
from itertools import chain
from typing import Any, Final

from monitor.core.intervals import Span
from monitor.core.ticket_course import goes_on
from monitor.core.tickets import Ticket, TicketEvent
from monitor.records import dataclass
from monitor.store.protocol import WholeSnapshot

MOST: Final = 2
"""So many spans are kept: who goes through months one after the other asks for none of those before."""
Packed = tuple[Any, ...]
"""Nine values, the third the names of its columns; then what those say, and four values of each event."""
_event: Callable[[tuple[Any, ...]], TicketEvent] = partial(tuple.__new__, TicketEvent)


@dataclass(slots=True)
class _Span:
    """The tickets that went on in a span, in their order, and where those are that name a customer."""

    span: Span
    every: list[Packed] = field(default_factory=list)
    naming: dict[str, list[int]] = field(default_factory=dict)

    def tickets(self, asked: Span, customers: Collection[str] | None) -> Iterator[Ticket]:
        """Those that went on in `asked`, which lies within the span."""
        for place in range(len(self.every)) if customers is None else self._places(customers):
            ticket = _unpacked(self.every[place])
            if asked == self.span or _went_on(ticket, asked):
                yield ticket

    def _places(self, customers: Collection[str]) -> Iterator[int]:
        return merge(*(self.naming.get(word, ()) for word in dict.fromkeys(customers)))


class _Shelf:
    """Everything but the tickets is the snapshot's own.

    Who asks for one customer's has them looked for by the store; the second time all of the span are read.
    """

    def __init__(self, snapshot: WholeSnapshot) -> None:
        self._snapshot = snapshot
        self._held: list[_Span] = []
        self._asked: set[Span] = set()
        self._words: dict[str, str] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def tickets(
        self, span: Span | None = None, *, customers: Collection[str] | None = None, **asked: Any
    ) -> Iterator[Ticket]:
        """As the snapshot has them."""
        if span is None or asked:
            return self._snapshot.tickets(span, customers=customers, **asked)
        held = next((each for each in self._held if _holds(each.span, span)), None)
        if held is None:
            if customers is not None and span not in self._asked:
                self._asked.add(span)
                return self._snapshot.tickets(span, customers=customers)
            held = self._read(span)
        self._held.remove(held)
        self._held.append(held)
        return held.tickets(span, customers)

    def _read(self, span: Span) -> _Span:
        while len(self._held) >= MOST:
            del self._held[0]
        found = _Span(span)
        for place, ticket in enumerate(self._snapshot.tickets(span)):
            found.every.append(self._packed(ticket))
            found.naming.setdefault(ticket.customer, []).append(place)
        self._held.append(found)
        return found

    def _packed(self, ticket: Ticket) -> Packed:
        """One flat tuple, its words those of the others."""
        one = self._words.setdefault
        names = (*ticket.columns,)
        told = (
            ticket.priority, ticket.segment, ticket.channel, ticket.service, ticket.customer, ticket.resource,
            *ticket.columns.values(),
        )  # fmt: skip
        events = ((at, kind, one(value, value), by) for at, kind, value, by in ticket.events)
        return (
            ticket.id, ticket.deleted, self._names.setdefault(names, names),
            *[one(word, word) for word in told], *chain.from_iterable(events),
        )  # fmt: skip


def _unpacked(packed: Packed) -> Ticket:
    id_, deleted, names, priority, segment, channel, service, customer, resource, *rest = packed
    flat = rest[len(names) :] if names else rest
    events = tuple(map(_event, zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)))
    columns = dict(zip(names, rest, strict=False))
    return Ticket(id_, events, priority, segment, channel, service, customer, resource, columns, deleted)


def _went_on(ticket: Ticket, span: Span) -> bool:
    first, last = ticket.events[0].at, ticket.events[-1].at
    return first < span.end and (last >= span.start or goes_on(ticket.events))


def _holds(held: Span, asked: Span) -> bool:
    return held.start <= asked.start and asked.end <= held.end


def shared(snapshot: Any) -> Any:
    """The snapshot, its tickets read once for all who are handed what this returns."""
    return snapshot if isinstance(snapshot, _Shelf) else _Shelf(snapshot)

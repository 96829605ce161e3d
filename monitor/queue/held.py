"""A snapshot of which one span's tickets are others: books that read it settle those tickets alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

from monitor.core.intervals import Span
from monitor.core.tickets import Ticket
from monitor.store.protocol import WholeSnapshot

ByCustomer = Mapping[str, Sequence[Ticket]]


class _Held:
    """Everything but the tickets of `span` is the snapshot's own."""

    def __init__(self, snapshot: WholeSnapshot, span: Span, tickets: ByCustomer) -> None:
        self._snapshot = snapshot
        self._span = span
        self._tickets = tickets

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def tickets(
        self, span: Span | None = None, *, customers: Collection[str] | None = None
    ) -> Iterator[Ticket]:
        """Those that are held, of the span that they are held for; else the snapshot's."""
        if span != self._span:
            return self._snapshot.tickets(span, customers=customers)
        words = self._tickets if customers is None else dict.fromkeys(customers)
        found = chain.from_iterable(self._tickets.get(word, ()) for word in words)
        return iter(sorted(found, key=lambda each: each.events[0].at))


def by_customer(tickets: Iterable[Ticket]) -> ByCustomer:
    """Tickets by the customer that they name, for whoever holds the same ones in several spans."""
    found: dict[str, list[Ticket]] = {}
    for each in tickets:
        found.setdefault(each.customer, []).append(each)
    return found


def holding(snapshot: WholeSnapshot, span: Span, tickets: Iterable[Ticket] | ByCustomer) -> WholeSnapshot:
    """The snapshot, as if these were all tickets that went on in `span`."""
    held = tickets if isinstance(tickets, Mapping) else by_customer(tickets)
    return cast(WholeSnapshot, _Held(snapshot, span, held))

"""Tickets in an evidence export: what a statement read of them, and nothing that it does not look at.

A ticket is a row `[id, priority, segment, channel, service, customer, resource, columns, events, deleted]`,
an event a row `[at, kind, value, by]`. Columns that no agreement of the customer looks at are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from monitor.config.plan import Plan
from monitor.core.intervals import Span
from monitor.core.tickets import Ticket, TicketEvent
from monitor.errors import EvidenceGone
from monitor.statements.ticketed import Places, columns_of

Rows = list[Any]


def exported(told: Mapping[Span | None, Iterable[Ticket]], plan: Plan, customer: str) -> list[Any]:
    """What was answered by the span that was asked for, as JSON values, in one order.

    Tickets of the customer that count in none of its agreements are none of the paper's.
    """
    own = [each for each in plan.agreements.values() if each.customer == customer]
    wanted = frozenset[str]().union(*map(columns_of, own))
    places = Places(plan)
    found = [
        [
            None if span is None else [span.start, span.end],
            [_row(t, wanted) for t in _counting(places, tickets)],
        ]
        for span, tickets in told.items()
    ]
    return sorted(found, key=lambda each: each[0] or [])


def _counting(places: Places, tickets: Iterable[Ticket]) -> Iterator[Ticket]:
    for ticket in tickets:
        try:
            if places.agreements_of(ticket):
                yield ticket
        except LookupError:
            yield ticket  # whoever computes again is told so as well


def _row(ticket: Ticket, wanted: Collection[str]) -> Rows:
    columns = {name: text for name, text in ticket.columns.items() if name in wanted}
    events = [[each.at, each.kind, each.value, each.by] for each in ticket.events]
    return [
        ticket.id, ticket.priority, ticket.segment, ticket.channel, ticket.service, ticket.customer,
        ticket.resource, columns, events, ticket.deleted,
    ]  # fmt: skip


def read(rows: Iterable[Sequence[Any]]) -> dict[Span | None, tuple[Ticket, ...]]:
    """The other way: what was answered, by the span. ValueError for a ticket that is none."""
    return {None if span is None else Span(*span): tuple(map(_ticket, tickets)) for span, tickets in rows}


def _ticket(row: Sequence[Any]) -> Ticket:
    id, priority, segment, channel, service, customer, resource, columns, events, deleted = row
    course = tuple(TicketEvent(*each) for each in events)
    return Ticket(id, course, priority, segment, channel, service, customer, resource, columns, deleted)


def answered(known: Mapping[Span | None, tuple[Ticket, ...]], span: Span | None) -> tuple[Ticket, ...]:
    """What the export has; EvidenceGone where nobody asked for that span when it was made."""
    if span not in known:
        raise EvidenceGone("the evidence export has no tickets of the time that is asked for")
    return known[span]

"""A shelf hands out the tickets that its snapshot has, and asks for those of a span once."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.intervals import DAY, HOUR, Span
from monitor.core.ticket_course import settled
from monitor.core.tickets import EventKind, Ticket, TicketEvent
from monitor.oncall.shelf import shared
from monitor.store import open_store
from monitor.store.protocol import WholeSnapshot
from monitor.store.ticket_protocol import NewBatch, ToldTicket

T = 1_790_000_000_000
KINDS: tuple[EventKind, ...] = ("reply", "status", "priority", "resolved", "reopened", "merged")
PARTIES = ("acme", "ACME GmbH", "muster", "")


def drawn(luck: random.Random, id: int) -> Ticket:
    first = T + luck.randrange(60) * DAY // 2
    later = [first + luck.randrange(20 * DAY) // HOUR * HOUR for _ in range(luck.randrange(5))]
    events = [TicketEvent(first, "created", by="customer")]
    events += [
        TicketEvent(at, luck.choice(KINDS), luck.choice(("", "open", "high")), "agent") for at in later
    ]
    columns = {name: luck.choice(("blue", "")) for name in ("team", "category") if luck.random() < 0.5}
    return Ticket(
        f"{id}", settled(events), luck.choice(("high", "")), customer=luck.choice(PARTIES), columns=columns
    )


class Counting:
    """A snapshot that remembers what it was asked."""

    def __init__(self, snapshot: WholeSnapshot) -> None:
        self._snapshot = snapshot
        self.asked: list[Collection[str] | None] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def tickets(
        self, span: Span | None = None, *, customers: Collection[str] | None = None, **asked: Any
    ) -> Iterator[Ticket]:
        self.asked.append(customers)
        return self._snapshot.tickets(span, customers=customers, **asked)


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Counting]:
    """Two hundred tickets, many of which begin at one instant, went on before, are open or deleted."""
    luck = random.Random(9)
    store = open_store(tmp_path / "evidence.db", create=True)
    told = [ToldTicket(luck.choice(("zendesk", "jira")), drawn(luck, n)) for n in range(200)]
    batch = NewBatch(T + DAY, "file", "zendesk", "ines", "all.csv", "digest of all.csv")
    store.tickets.take(told, batch)
    by_hand = NewBatch(T + DAY, "hand", "zendesk", "ines", "", "", "spam")
    for each in told[::10]:
        store.tickets.mark(each.source, each.ticket.id, by_hand, deleted=True)
    with store.snapshot() as seen:
        yield Counting(seen)


WHOLE = Span(T + 5 * DAY, T + 35 * DAY)
SPANS = (
    WHOLE,
    Span(T + 10 * DAY, T + 11 * DAY),
    Span(T + 7 * DAY, T + 35 * DAY),
    Span(T + 9 * DAY, T + 9 * DAY),
)
ASKED = (None, ["acme", "ACME GmbH"], ["muster"], ["nobody"], [""], [])


def test_what_a_shelf_hands_out_is_what_the_snapshot_has_in_its_order(snapshot: Counting) -> None:
    """Of the span that was read, and of those within it."""
    shelf = shared(snapshot)
    assert len(list(shelf.tickets(WHOLE))) > 50
    for span in SPANS:
        for customers in ASKED:
            want = [*snapshot.tickets(span, customers=customers)]
            assert [*shelf.tickets(span, customers=customers)] == want
            assert [[*each.columns] for each in shelf.tickets(span, customers=customers)] == [
                [*each.columns] for each in want
            ]


def test_all_of_a_span_are_read_once_when_a_second_customer_is_asked_for(snapshot: Counting) -> None:
    shelf = shared(snapshot)
    for party in ("acme", "muster", "acme", "muster"):
        assert [*shelf.tickets(WHOLE, customers=[party])]
    _ = [*shelf.tickets(WHOLE)], [*shelf.tickets(SPANS[1], customers=["acme"])]
    assert snapshot.asked == [["acme"], None]


def test_two_spans_are_kept_and_the_one_that_was_asked_for_longest_ago_is_read_again(
    snapshot: Counting,
) -> None:
    shelf = shared(snapshot)
    first, second, third = (Span(T + n * DAY, T + (n + 10) * DAY) for n in (0, 15, 30))
    for span in (first, second, first, third, first, second):
        assert [*shelf.tickets(span)] == [*snapshot._snapshot.tickets(span)]
    assert len(snapshot.asked) == 4, "the third took the place of the second"


def test_all_else_is_the_snapshots_own_and_a_shelf_is_its_own_shelf(snapshot: Counting) -> None:
    shelf = shared(snapshot)
    assert shared(shelf) is shelf
    assert shelf.ticket_head() == snapshot.ticket_head()
    assert [each.id for each in shelf.tickets(source="jira")] == [
        each.id for each in snapshot._snapshot.tickets(source="jira")
    ]

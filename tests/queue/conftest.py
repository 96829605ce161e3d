"""A helpdesk's contract in Berlin, and the tickets of November 2026 as a system tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.core.periods import instant
from monitor.core.tickets import EventKind, Ticket, TicketEvent, in_order
from monitor.queue.clocks import Clock, Watch
from monitor.queue.kept import Kept, path_of
from monitor.queue.order import Order, Queue
from monitor.queue.stakes import Stakes, state_of
from monitor.store import SqliteStore, open_store
from monitor.store.ticket_protocol import NewBatch, ToldTicket

HOUSE = """
[monitor]
location = "here"
database = "evidence.db"

[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "http://127.0.0.1:9/"

[service.shop]
up_when = { all = ["web"] }

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[calendar.berlin]
hours = "Mon-Fri 09:00-17:00"
timezone = "Europe/Berlin"
holidays = "none"

[agreement.acme-care]
customer = "acme"
service = "shop"
sla = "care"
monthly_fee = "1200.00"
from = 2026-01-01
"""
CARE = """
[sla.care]
together = "sum"
limits = "30% per period"

[sla.care.promise.first-reply]
commitment = "95%"
credits = { "< 95%" = "2%", "< 90%" = "5%" }

[sla.care.promise.first-reply.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = { urgent = "1h", high = "4 business hours", normal = "1 business day, close of business" }
calendar = "berlin"
pauses = ["waiting for customer"]
priority_change = "keep time"

[sla.care.promise.resolution]
commitment = "100%"
credits = { each = "miss", credit = "50.00 EUR" }

[sla.care.promise.resolution.measure]
evidence = "tickets"
from = "created"
to = "resolved"
within = { urgent = "4h", high = "16 business hours", normal = "5 business days, close of business" }
calendar = "berlin"
pauses = ["waiting for customer"]
priority_change = "keep time"
reopened = "continues"
"""


def at(text: str) -> Ms:
    """`26 12:00`: a day of November 2026 in Berlin, with its time."""
    day, _, clock = text.partition(" ")
    return instant(datetime.fromisoformat(f"2026-11-{int(day):02d}T{clock}:00+01:00"))


def ticket(
    id: str, *told: tuple[str, EventKind] | tuple[str, EventKind, str], priority: str = "high", **more: str
) -> Ticket:
    """`ticket("T-1", ("26 10:00", "created"))`: ACME's, of the shop."""
    events = in_order(TicketEvent(at(when), *rest) for when, *rest in told)
    return Ticket(id, events, priority, **{"customer": "acme", "service": "shop", **more})


def in_time(id: str, day: int = 3) -> Ticket:
    """Answered and resolved within the hour."""
    return ticket(id, (f"{day} 10:00", "created"), (f"{day} 10:30", "reply"), (f"{day} 10:40", "resolved"))


@dataclass
class Desk:
    """A folder with a contract and a store; batches are told by `tell`."""

    folder: Path
    text: str
    _count: int = field(default=0)

    def __post_init__(self) -> None:
        (self.folder / "makegood.toml").write_text(self.text, encoding="utf-8")
        self.plan: Plan = load_plan(self.folder / "makegood.toml", environ={})
        self.store: SqliteStore = open_store(self.plan.settings.database, create=True)

    def tell(self, tickets: Iterable[Ticket], source: str = "zendesk") -> None:
        self._count += 1
        name = f"file {self._count}"
        made = NewBatch(at("1 00:00"), "file", source, "ines", name, name)
        self.store.tickets.take([ToldTicket(source, each) for each in tickets], made)

    @contextmanager
    def look(self, now: str, *, cached: bool = True, at_once: int = 10_000) -> Iterator[tuple[Watch, Stakes]]:
        """As of an instant; what is kept is read before, and written after."""
        with self.store.snapshot() as snapshot:
            watch = Watch(self.plan, snapshot, at(now))
            path = path_of(self.plan.settings.database) if cached else None
            kept = Kept.read(path, state_of(watch))
            yield watch, Stakes(watch, kept, at_once)
            kept.write()

    def queue(self, now: str, limit: int | None = None) -> Queue:
        with self.look(now) as (watch, stakes):
            return Order(watch, stakes, self.plan.queue).queue(limit)

    def clock(self, now: str, id: str, promise: str) -> tuple[Clock, Stakes]:
        with self.look(now) as (watch, stakes):
            (found,) = (e for e in watch.clocks() if (e.ticket.id, e.promise) == (id, promise))
            stakes.of(found)
            return found, stakes

    def money(self, now: str, id: str, promise: str) -> tuple[str, str]:
        """What the period costs if the clock is kept, and if it is missed."""
        found, stakes = self.clock(now, id, promise)
        stake = stakes.of(found)
        assert stake.kept is not None, stake.why
        assert stake.missed is not None, stake.why
        return f"{stake.kept.decimal:f}", f"{stake.missed.decimal:f}"


def order(queue: Queue) -> Sequence[str]:
    return [each.ticket.id for each in queue.first]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, HOUSE + CARE)

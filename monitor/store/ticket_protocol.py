"""What the house asks of a store about tickets, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import field
from typing import Final, Literal, Protocol

from monitor.core.intervals import Ms
from monitor.core.tickets import Ticket
from monitor.records import dataclass

Seq = int
IMPORTED: Final = "tickets.imported"
"""The event of a file that was taken."""
BEGAN: Final = "tickets.began"
"""The event that a source delivers, from its first delivery on."""
BatchKind = Literal["file", "delivery", "hand"]


@dataclass(frozen=True, slots=True)
class ToldTicket:
    """A ticket as a system (`source`) tells it; `updated` is when it was changed there, None where unsaid.

    `whole`: it is all that is known of it, and replaces what was. Else its events are added to those that are
    there, and what it names besides replaces what was, save what a ticket was at first. `revived`: it counts
    again where it is marked as deleted.
    """

    source: str
    ticket: Ticket
    updated: Ms | None = None
    whole: bool = True
    revived: bool = False


@dataclass(frozen=True, slots=True)
class NewBatch:
    """Where tickets come from: a file, a delivery of a webhook, or a person's hand.

    `name` is the file's or the delivery's, `once` what the same content is known by (a digest, an id). A
    file's event in the journal has `body` with the counts beside; of a source that delivers it may say
    `since` when (ms), where that is before its first delivery.
    """

    at: Ms
    kind: BatchKind
    source: str
    author: str
    name: str
    once: str
    reason: str = ""
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenTickets:
    """What a batch did: tickets that are new, that changed, that were known so, and told older than known.

    `held` of those that changed stay marked as deleted. `batch` is its number, 0 where it changed nothing.
    """

    added: int = 0
    edited: int = 0
    same: int = 0
    older: int = 0
    held: int = 0
    batch: Seq = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that changed something, as kept: its place and its link in the chain (SHA-256, hex)."""

    seq: Seq
    at: Ms
    kind: BatchKind
    source: str
    author: str
    name: str
    once: str
    reason: str
    added: int
    edited: int
    digest: str


@dataclass(frozen=True, slots=True)
class KeptTicket:
    """A ticket as it is or was, the batch that told it so, and the one that changed it (None: it is so)."""

    source: str
    ticket: Ticket
    batch: Batch
    until: Batch | None = None


class Spool(Protocol):
    """Tickets that wait until all of a file was read; one that is put twice is the one that was put last.

    `newest` is the latest instant that any of them tells of.
    """

    count: int
    newest: Ms | None

    def put(self, told: ToldTicket) -> None:
        """Keep one for later. It is the whole of its ticket."""
        ...


class Tickets(Protocol):
    """Tickets as they are told: idempotent by content, and whatever a ticket was is kept."""

    def spool(self) -> AbstractContextManager[Spool]:
        """Room for the tickets of a file until all of it was read; then `take` has them at once."""
        ...

    def take(
        self,
        told: Iterable[ToldTicket] | Spool,
        batch: NewBatch,
        *,
        dry_run: bool = False,
        expect: Seq | None = None,
    ) -> TakenTickets:
        """All of them or none, in one durable transaction, with the journal's entry of a file.

        What is told as it is known changes nothing, and neither does what is older than what is known. One
        that is marked as deleted stays so, unless it is told as revived. `dry_run` only says what would be
        done. Conflict where the source's last batch is no longer `expect`.
        """
        ...

    def last(self, source: str) -> Seq:
        """The last batch of a source that changed anything; 0 where there is none."""
        ...

    def taken_before(self, source: str, once: str) -> Batch | None:
        """The last batch of a source with this content or id that changed anything."""
        ...

    def mark(self, source: str, id: str, batch: NewBatch, *, deleted: bool) -> bool:
        """Mark a ticket as deleted, or not; whether that changed anything. KeyError where there is none."""
        ...

"""What the house asks of a store, in the words of the domain. Synchronous, so another engine fits behind it.

One writer at a time, readers in any thread or process. Nobody outside this room sees log and sealed parts
apart. Everything a writer or the journal returns from is durable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from monitor.core.checks import Check, EpochId, Gap, Lane, LaneId
from monitor.core.intervals import Ms, Span
from monitor.core.timeline import Segment

Seq = int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the writer's lock: shown to whoever is refused."""

    pid: int
    host: str
    program: str
    since: Ms


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an append did: rows stored, rows known before (same key, same content), spans to seal anew.

    `refused` are the checks whose key is there with other content: they are in the conflict table alone.
    """

    stored: int
    known_before: int
    late: tuple[Span, ...] = ()
    refused: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact for the journal. `body` holds JSON values only (no floats); `author` is the system's user."""

    at: Ms
    kind: str
    subject: str
    author: str
    reason: str = ""
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A journal entry as stored: its place, and its link in the chain (SHA-256, hex)."""

    seq: Seq
    at: Ms
    kind: str
    subject: str
    author: str
    reason: str
    body: Mapping[str, object]
    previous: str
    digest: str


class Writer(Protocol):
    """The one evidence writer."""

    def epoch(self, started: Ms) -> EpochId:
        """Open a new epoch (a run of the monotonic clock)."""
        ...

    def lane(self, endpoint: str, location: str, *, since: Ms, was: Sequence[str] = ()) -> LaneId:
        """The lane's id, made if it is new; a key in `was` is renamed and continues its past."""
        ...

    def retire(self, lane: LaneId, until: Ms) -> None:
        """The endpoint is no longer in the configuration: its life ends here."""
        ...

    def append(self, batch: Sequence[Check | Gap]) -> Receipt:
        """Store a batch in one durable transaction; idempotent by key.

        A key that is there with other content is kept as it was and recorded in the `conflict` table.
        """
        ...

    def seal(self, upto: Ms) -> int:
        """Turn hours whose grace has passed by `upto`, and hours with late records, into segments.

        Idempotent. Returns how many lane-hours were sealed.
        """
        ...

    def alive(self, at: Ms) -> None:
        """Set the mark that says until when the monitor was seen running: it follows the clock."""
        ...

    def last_alive(self, upto: Ms | None = None) -> Ms | None:
        """The latest instant, at most `upto`, with evidence that a monitor ran; None where there is none."""
        ...


class Snapshot(Protocol):
    """One consistent view; log and sealed parts look the same from here."""

    def lanes(self) -> Sequence[Lane]: ...

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        """A partition of `span` for each lane; time after the last evidence is unknown(not_running)."""
        ...

    def checks(self, lane: LaneId, span: Span) -> Iterator[Check]:
        """The lane's checks that started in `span`, in order of their instant."""
        ...

    def last_check(self, lane: LaneId) -> Check | None:
        """The newest check of the lane."""
        ...

    def latencies(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, list[int]]:
        """Latencies in 0.1 ms of planned attempts that were good, sorted, for each lane."""
        ...

    def events(
        self, *, after: Seq = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]: ...

    def digest(self, lanes: Sequence[LaneId], span: Span) -> str:
        """SHA-256 (hex) over the canonical values of the segments, never over stored bytes."""
        ...

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        """The latest instant, at most `upto`, that the evidence reaches."""
        ...


class Journal(Protocol):
    """Append-only and hash-chained; short transactions from any process."""

    def append(self, events: Sequence[NewEvent], *, expect: Seq | None = None) -> Seq:
        """Append all or none; the new head. `expect` refuses when the head has moved (Conflict)."""
        ...

    def verify(self) -> str | None:
        """None when the chain holds, else one sentence that says where it breaks."""
        ...


class Store(Protocol):
    """The whole store."""

    @property
    def journal(self) -> Journal: ...

    def writer(self, holder: Holder) -> AbstractContextManager[Writer]:
        """Take the writer's lock; Held names the one who has it."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]: ...

    def changed(self, since: Seq) -> Seq:
        """The journal's head: a cheap poll for whether anybody appended after `since`."""
        ...

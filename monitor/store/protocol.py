"""What the house asks of a store, in the words of the domain. Synchronous, so another engine fits behind it.

One writer at a time, readers in any thread or process. Nobody outside this room sees log and sealed parts
apart. Everything a writer or the journal returns from is durable.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from fractions import Fraction
from typing import Literal, Protocol

from monitor.core.calls import Away, Call
from monitor.core.checks import Check, EpochId, Gap, Lane, LaneId, Reason, State, Tenths
from monitor.core.intervals import HOUR, SECOND, Ms, Span
from monitor.core.tickets import Ticket
from monitor.core.timeline import Segment
from monitor.records import dataclass
from monitor.store.outbox import Alert as Alert
from monitor.store.outbox import AlertChange as AlertChange
from monitor.store.outbox import Alerts as Alerts
from monitor.store.outbox import Letter as Letter
from monitor.store.outbox import LetterState as LetterState
from monitor.store.outbox import NewAlert as NewAlert
from monitor.store.outbox import NewLetter as NewLetter
from monitor.store.outbox import Parcel as Parcel
from monitor.store.outbox import Step as Step
from monitor.store.ticket_protocol import KeptTicket, Tickets

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


@dataclass(frozen=True, slots=True)
class Need:
    """Counts that some agreement asks for: of one lane, in slots of `length` ms, within a latency bound.

    `bound` is in 0.1 ms; 0: none, every good attempt counts.
    """

    lane: LaneId
    length: Ms
    bound: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether its slots are parts of an hour; counts of single checks are the checks themselves."""
        return self.length >= SECOND and HOUR % self.length == 0


@dataclass(frozen=True, slots=True)
class Tally:
    """`good` of `total` planned attempts that began within a slot; a slot without any has none."""

    start: Ms
    good: int
    total: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Checks of one lane as columns of one length, in order of their instant: what a `Check` has, by name."""

    lane: LaneId
    at: Sequence[Ms]
    epoch: Sequence[EpochId]
    slot: Sequence[int]
    attempt: Sequence[int]
    state: Sequence[State]
    reason: Sequence[Reason]
    hold: Sequence[Ms]
    latency: Sequence[Tenths | None]
    status: Sequence[int | None]
    facts: Sequence[str | None]


PaperKind = Literal["statement", "amendment", "reversal"]


@dataclass(frozen=True, slots=True)
class Place:
    """What a paper is told of its place in the ledger while it is being issued.

    `seq` counts all papers and `ordinal` those of its `series`, both from 1 and without gaps. `previous` is
    the digest of the paper before it, GENESIS for the first.
    """

    seq: Seq
    ordinal: int
    previous: str
    series: str


@dataclass(frozen=True, slots=True)
class NewCredit:
    """One line for the billing system: signed minor units, owed to the customer where positive."""

    agreement: str
    currency: str
    minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a paper is made of, once its place is known.

    `digest` is over the paper's canonical values, `pages` are its renderings by name ("html", "json", "csv"),
    `inputs` the evidence that it was computed from, packed. `events` go into the journal with it.
    """

    number: str
    digest: str
    pages: Mapping[str, bytes]
    inputs: bytes
    credits: Sequence[NewCredit] = ()
    events: Sequence[NewEvent] = ()


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A paper that is to be issued. Of two with one `once` the first alone is made.

    `write` makes its content: pure, a few ms, called inside the issuing transaction.
    """

    once: str
    series: str
    kind: PaperKind
    customer: str
    period: str
    at: Ms
    author: str
    write: Callable[[Place], Content]
    corrects: Seq | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as the ledger keeps it, without its pages. `fresh`: made by this very call."""

    seq: Seq
    number: str
    series: str
    ordinal: int
    once: str
    kind: PaperKind
    customer: str
    period: str
    corrects: Seq | None
    at: Ms
    author: str
    previous: str
    digest: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What was in use before a restore, and is not used again.

    `ordinals` is the highest place by series, `others` at most that of any other series; `line` is the
    highest credit line.
    """

    ordinals: Mapping[str, int]
    others: int
    line: Seq

    def of(self, series: str) -> int:
        """The highest place of a series."""
        return self.ordinals.get(series, self.others)


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit line with its cursor, `seq`, and the paper that it stands in."""

    seq: Seq
    paper: Paper
    agreement: str
    currency: str
    minor: int
    reason: str


class Ledger(Protocol):
    """Issued papers: append-only, numbered without gaps, chained. Readers see what was committed."""

    def issue(self, papers: Sequence[NewPaper], *, expect: Seq | None = None) -> Sequence[Paper]:
        """All of them or none, in one transaction; one whose `once` is there is returned as it stands.

        Conflict where the journal's head is no longer `expect`: what was computed may be out of date.
        """
        ...

    def papers(
        self, *, customer: str | None = None, period: str | None = None, after: Seq = 0
    ) -> Sequence[Paper]:
        """In the order of their issue."""
        ...

    def paper(self, number: str) -> Paper | None: ...

    def page(self, seq: Seq, name: str) -> bytes:
        """A rendering of a paper; KeyError where it has none of that name."""
        ...

    def inputs(self, seq: Seq) -> bytes:
        """The packed evidence that a paper was computed from."""
        ...

    def credits(self, after: Seq = 0, limit: int | None = None) -> Sequence[Credit]:
        """The credit lines after a cursor, oldest first."""
        ...

    def restores(self) -> Sequence[Taken]:
        """What each restore left out for good, oldest first."""
        ...

    def faults(self) -> Sequence[str]:
        """Where the journal breaks, and what the ledger has otherwise than the journal; a sentence each."""
        ...


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

    def hear(self, heard: Sequence[Call | Away]) -> None:
        """Keep calls of jobs, in their order, and our absences, in one durable transaction."""
        ...

    def seal(self, upto: Ms) -> int:
        """Turn hours whose grace has passed by `upto`, and hours with late records, into segments.

        Idempotent. Returns how many lane-hours were sealed.
        """
        ...

    def repack(self, upto: Ms) -> int:
        """Pack the checks of sealed days that ended a day before `upto`; how many it took.

        Idempotent. What is packed reads as before, and takes a tenth of the room.
        """
        ...

    def forget(self, before: Mapping[LaneId, Ms]) -> int:
        """Forget the good checks of the UTC days that ended by each lane's instant; how many.

        What failed stays, and so do segments and counts. A day stays whole while a needed count is not kept.
        """
        ...

    def shrink(self) -> int:
        """Hand a little of what is free back to the system, where there is much; how many pages."""
        ...

    def count(self, needs: Collection[Need]) -> None:
        """Keep these counts from now on as hours are sealed, and those of what is sealed already.

        Counts that anybody ever asked for are kept on; those of single checks are the checks themselves.
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

    def checks(self, lane: LaneId, span: Span, *, failed: bool = False) -> Iterator[Check]:
        """The lane's checks that started in `span`, in order of their instant.

        EvidenceGone where good ones were forgotten; those that `failed` are there for ever.
        """
        ...

    def tallies(self, need: Need, span: Span) -> Sequence[Tally]:
        """The counts of each slot that starts in `span`, oldest first.

        EvidenceGone where neither counts nor the checks behind them are kept for all of it.
        """
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

    def totals(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, Mapping[Reason, Ms]]:
        """How long each lane was in each state, by reason (a reason belongs to one); they come to `span`."""
        ...

    def digest(self, lanes: Sequence[LaneId], span: Span) -> str:
        """SHA-256 (hex) over the canonical values of the segments, never over stored bytes."""
        ...

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        """The latest instant, at most `upto`, that the evidence reaches."""
        ...

    def tickets(
        self, span: Span | None = None, *, customers: Collection[str] | None = None
    ) -> Iterator[Ticket]:
        """The tickets that went on in `span`, by their first event; all where there is no span.

        One went on from its first event to its last, and goes on while it is open. Those that are marked as
        deleted are among them. The column "source" of each says what system told it. `customers` are those
        that it names, in the words of its system.
        """
        ...


class WholeSnapshot(Snapshot, Protocol):
    """What a store's own view can do beside: hand out everything, for files and tables."""

    def begins(self) -> Ms | None:
        """No check that is kept started before; None where there is none."""
        ...

    def sweep(self, lanes: Collection[LaneId], span: Span, *, failed: bool = False) -> Iterator[Columns]:
        """The checks of many lanes as columns, lane after lane; ask for a day and a hundred lanes at a time.

        EvidenceGone as `checks` has it.
        """
        ...

    def tickets(
        self,
        span: Span | None = None,
        *,
        customers: Collection[str] | None = None,
        services: Collection[str] | None = None,
        still_open: bool = False,
        source: str | None = None,
    ) -> Iterator[Ticket]:
        """As every snapshot has them; of a source, of services, and those alone that are `still_open`, which
        leaves out what is marked as deleted.
        """
        ...

    def ticket_head(self) -> tuple[Seq, str]:
        """The newest batch of tickets and its link in the chain; (0, "") where none was taken."""
        ...

    def ticket_link(self, seq: Seq) -> str:
        """The link of a batch in the chain; "" where there is no such batch."""
        ...

    def tickets_since(self, seq: Seq) -> Iterator[tuple[Ticket, Ticket | None]]:
        """What the batches after one told: each ticket as it is, and as it was by then (None: not known)."""
        ...

    def ticket(self, name: str) -> Sequence[KeptTicket]:
        """What a ticket is and was, newest first, by its id or `source:id`; system after system."""
        ...


@dataclass(frozen=True, slots=True)
class Pushed:
    """A value of a metric: of which instant it is, what its sender calls it, and when it came."""

    name: str
    at: Ms
    value: Fraction
    key: str
    received: Ms


class Metrics(Protocol):
    """Figures that others push to us; append-only. What `push` returns from is durable."""

    def push(self, name: str, at: Ms, value: Fraction, key: str, received: Ms) -> bool:
        """Keep a value; False where the same one is there by that name and key.

        Contradicted where another one is, EvidenceRefused for a value with more than 18 digits before the
        point, or 12 after it.
        """
        ...

    def values(self, name: str, span: Span) -> Sequence[Pushed]:
        """Those of a metric within a span, in order of their instant, and then as they came."""
        ...

    def figures(self, name: str, spans: Sequence[Span]) -> Sequence[Sequence[Fraction]]:
        """The values alone, for each span, in that order."""
        ...

    def last(self, name: str, count: int) -> Sequence[Pushed]:
        """The newest so many, oldest first."""
        ...

    def known(self) -> Sequence[tuple[str, int, Ms]]:
        """The name of each metric that was ever pushed, how many values, and the newest instant."""
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

    @property
    def ledger(self) -> Ledger: ...

    @property
    def metrics(self) -> Metrics: ...

    @property
    def alerts(self) -> Alerts: ...

    @property
    def tickets(self) -> Tickets: ...

    def writer(self, holder: Holder) -> AbstractContextManager[Writer]:
        """Take the writer's lock; Held names the one who has it."""
        ...

    def snapshot(self) -> AbstractContextManager[WholeSnapshot]: ...

    def holds_up(self) -> bool:
        """Whether a view holds up the writer for as long as it is open."""
        ...

    def changed(self, since: Seq) -> Seq:
        """The journal's head: a cheap poll for whether anybody appended after `since`."""
        ...

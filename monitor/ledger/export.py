"""What a statement was computed from, as a file that is handed over: `makegood.evidence/1`.

The states of the endpoints, the single checks where they were read, the counts, and the corrections, with an
excerpt of the configuration. Nothing internal is in it: people are told apart and not named, reasons are kept
where the customer reads them anyway, and of other customers there is nothing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from hashlib import sha256
from typing import Any, Final

from monitor.config.plan import Plan
from monitor.core.checks import Check, Lane, LaneId, Reason, State
from monitor.core.intervals import Ms, Span
from monitor.core.tickets import Ticket
from monitor.core.timeline import Segment, clip_segments, segments_digest, time_by_reason
from monitor.errors import EvidenceGone
from monitor.ledger import told
from monitor.ledger.excerpt import excerpt
from monitor.ledger.trimming import trimmed
from monitor.records import dataclass
from monitor.store.protocol import Event, Need, Seq, Snapshot, Tally

FORMAT: Final = "makegood.evidence/1"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a paper was computed from: its digest, and itself, packed."""

    digest: str
    blob: bytes


def canonical(value: object) -> bytes:
    """One text for one value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


class Recording:
    """A snapshot that notes what it was asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.runs: dict[LaneId, tuple[Span, tuple[Segment, ...]]] = {}
        self.single: dict[LaneId, Span] = {}
        self.counts: dict[Need, Span] = {}
        self.reached: dict[Ms | None, Ms | None] = {}
        self.kinds: set[str] = set()
        self.told: dict[Span | None, tuple[Ticket, ...]] = {}

    def lanes(self) -> Sequence[Lane]:
        """Every lane."""
        return self._snapshot.lanes()

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        """As the snapshot has them; the longest span that was asked for is kept."""
        found = self._snapshot.segments(lanes, span)
        for lane, run in found.items():
            known = self.runs.get(lane)
            if known is None or not _within(span, known[0]):
                whole = span if known is None else _hull(span, known[0])
                kept = run if whole == span else self._snapshot.segments([lane], whole)[lane]
                self.runs[lane] = (whole, tuple(kept))
        return found

    def checks(self, lane: LaneId, span: Span, *, failed: bool = False) -> Iterator[Check]:
        """As the snapshot has them."""
        known = self.single.get(lane)
        self.single[lane] = span if known is None else _hull(span, known)
        return self._snapshot.checks(lane, span, failed=failed)

    def tallies(self, need: Need, span: Span) -> Sequence[Tally]:
        """As the snapshot has them."""
        known = self.counts.get(need)
        self.counts[need] = span if known is None else _hull(span, known)
        return self._snapshot.tallies(need, span)

    def totals(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, Mapping[Reason, Ms]]:
        """As the snapshot has them."""
        self.segments(lanes, span)
        return self._snapshot.totals(lanes, span)

    def events(
        self, *, after: Seq = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        """As the snapshot has them."""
        self.kinds |= kinds or set()
        return self._snapshot.events(after=after, kinds=kinds, subject=subject)

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        """As the snapshot has it."""
        self.reached[upto] = self._snapshot.as_of(upto)
        return self.reached[upto]

    def digest(self, lanes: Sequence[LaneId], span: Span) -> str:
        """As the snapshot has it."""
        self.segments(lanes, span)
        return self._snapshot.digest(lanes, span)

    def tickets(
        self, span: Span | None = None, *, customers: Collection[str] | None = None
    ) -> Iterator[Ticket]:
        """As the snapshot has them; all that is asked for is of one customer."""
        if span not in self.told:
            self.told[span] = tuple(self._snapshot.tickets(span, customers=customers))
        return iter(self.told[span])

    def last_check(self, lane: LaneId) -> Check | None:
        """As the snapshot has it: no statement asks."""
        return self._snapshot.last_check(lane)

    def latencies(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, list[int]]:
        """As the snapshot has them: no statement asks."""
        return self._snapshot.latencies(lanes, span)


def _within(span: Span, other: Span) -> bool:
    return other.start <= span.start and span.end <= other.end


def _hull(one: Span, other: Span) -> Span:
    return Span(min(one.start, other.start), max(one.end, other.end))


def read_through(snapshot: Snapshot) -> Recording:
    """A snapshot that notes what a statement reads."""
    return Recording(snapshot)


def exported(recording: Recording, plan: Plan, customer: str, label: str) -> dict[str, Any]:
    """The export of what was recorded, as JSON values; instants are UTC ms."""
    lanes = [lane for lane in recording.lanes() if lane.id in recording.runs]
    tickets = told.exported(recording.told, plan, customer)
    return ({"tickets": tickets} if tickets else {}) | {
        "format": FORMAT,
        "customer": customer,
        "period": label,
        "terms": excerpt(plan, customer),
        "reached": [[upto, at] for upto, at in recording.reached.items()],
        "lanes": [
            [lane.id, lane.endpoint, lane.location, [[life.start, life.end] for life in lane.life]]
            for lane in lanes
        ],
        "segments": [_run(lane, *run) for lane, run in sorted(recording.runs.items())],
        "checks": [
            [lane, span.start, span.end, [_check(check) for check in recording.checks(lane, span)]]
            for lane, span in sorted(recording.single.items())
        ],
        "tallies": [
            [astuple(need), span.start, span.end, [astuple(t) for t in recording.tallies(need, span)]]
            for need, span in sorted(recording.counts.items(), key=lambda each: astuple(each[0]))
        ],
        "events": trimmed(recording.events(kinds=frozenset(recording.kinds)), plan, customer),
    }


def packed(recording: Recording, plan: Plan, customer: str, label: str) -> Inputs:
    """The export with its digest, as it is kept with a paper."""
    text = canonical(exported(recording, plan, customer, label))
    return Inputs(sha256(text).hexdigest(), zlib.compress(text))


def _run(lane: LaneId, span: Span, run: Iterable[Segment]) -> list[object]:
    rows = [[s.start, s.end, s.state.name, s.reason.value, s.first, s.last] for s in run]
    return [lane, span.start, span.end, rows]


def _check(check: Check) -> list[object]:
    """What the judging of a failing row looks at; addresses and answers are not in it."""
    return [
        check.epoch, check.slot, check.attempt, check.at, check.state.name, check.reason.value, check.hold,
        check.latency,
    ]  # fmt: skip


class Exported:
    """A snapshot answered from an export; EvidenceGone where it does not reach.

    The export must have the shape that `exported` makes: `verify` sees to it.
    """

    def __init__(self, export: Mapping[str, Any]) -> None:
        self._lanes = [
            Lane(id, endpoint, location, tuple(Span(*life) for life in lives))
            for id, endpoint, location, lives in export["lanes"]
        ]
        self._runs = {
            lane: (Span(start, end), tuple(_segment(row) for row in rows))
            for lane, start, end, rows in export["segments"]
        }
        self._checks = {
            lane: (Span(start, end), [_check_of(lane, row) for row in rows])
            for lane, start, end, rows in export["checks"]
        }
        self._counts = {
            Need(*need): (Span(start, end), [Tally(*row) for row in rows])
            for need, start, end, rows in export["tallies"]
        }
        self._events = [Event(**event) for event in export["events"]]
        self._reached = dict(export["reached"])
        self._tickets = told.read(export.get("tickets", ()))

    def lanes(self) -> Sequence[Lane]:
        """The lanes of the export."""
        return self._lanes

    def segments(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, tuple[Segment, ...]]:
        """A partition of `span` for each lane."""
        return {lane: clip_segments(_reaching(self._runs, lane, span), span) for lane in lanes}

    def totals(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, Mapping[Reason, Ms]]:
        """How long each lane was in each state, by reason."""
        return {lane: time_by_reason(run) for lane, run in self.segments(lanes, span).items()}

    def checks(self, lane: LaneId, span: Span, *, failed: bool = False) -> Iterator[Check]:
        """The checks that started in `span`."""
        return (
            check
            for check in _reaching(self._checks, lane, span)
            if check.at in span and not (failed and check.reason is Reason.OK)
        )

    def tallies(self, need: Need, span: Span) -> Sequence[Tally]:
        """The counts of the slots that start in `span`."""
        return [tally for tally in _reaching(self._counts, need, span) if tally.start in span]

    def events(
        self, *, after: Seq = 0, kinds: frozenset[str] | None = None, subject: str | None = None
    ) -> Iterator[Event]:
        """The entries of the journal that the statement rests on."""
        for event in self._events:
            if (
                event.seq > after
                and (kinds is None or event.kind in kinds)
                and subject in (None, event.subject)
            ):
                yield event

    def as_of(self, upto: Ms | None = None) -> Ms | None:
        """How far the evidence reached."""
        if upto not in self._reached:
            raise EvidenceGone("the evidence export does not say how far the evidence reached")
        at: Ms | None = self._reached[upto]
        return at

    def digest(self, lanes: Sequence[LaneId], span: Span) -> str:
        """As a store has it."""
        named = {lane.id: (lane.endpoint, lane.location) for lane in self._lanes}
        return segments_digest({named[lane]: run for lane, run in self.segments(lanes, span).items()})

    def tickets(
        self, span: Span | None = None, *, customers: Collection[str] | None = None
    ) -> Iterator[Ticket]:
        """The tickets of a span that was asked for when the export was made."""
        return iter(told.answered(self._tickets, span))

    def last_check(self, lane: LaneId) -> Check | None:
        """Not in an export."""
        raise EvidenceGone(f"the evidence export has no last check of lane {lane}")

    def latencies(self, lanes: Sequence[LaneId], span: Span) -> Mapping[LaneId, list[int]]:
        """Not in an export."""
        raise EvidenceGone(f"the evidence export has no latencies from {span.start} on")


def _reaching(known: Mapping[Any, tuple[Span, Any]], key: Any, span: Span) -> Any:
    if key not in known or not _within(span, known[key][0]):
        raise EvidenceGone(f"the evidence export does not reach from {span.start} to {span.end}")
    return known[key][1]


def _segment(row: Sequence[Any]) -> Segment:
    start, end, state, reason, first, last = row
    return Segment(start, end, State[state], Reason(reason), first, last)


def _check_of(lane: LaneId, row: Sequence[Any]) -> Check:
    epoch, slot, attempt, at, state, reason, hold, latency = row
    return Check(lane, epoch, slot, attempt, at, State[state], Reason(reason), hold, latency)

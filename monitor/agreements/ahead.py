"""What a period may still become: hypothetical downtime from `as_of` on, through the stages of `evaluate`.

All resources are down at once in a hypothesis. An outage never reaches over good time. So what was measured
of a resource before its last good time stands, and only what was seen after it is measured again with every
further downtime that is tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from monitor.agreements.evaluate import TOO_LITTLE, credit, due, limited, read, seen_by, through, undecided
from monitor.agreements.limits import fee
from monitor.agreements.pipeline import (
    Account,
    Accounts,
    Case,
    Clause,
    Named,
    Piece,
    Priced,
    Reading,
    badness,
)
from monitor.core.checks import Reason, State
from monitor.core.intervals import Ms, Span, intersect, union
from monitor.core.money import Amount
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment, clip_segments
from monitor.errors import NoRow
from monitor.records import dataclass

IN_NO_ROW = "the figure is in no row of the table"


@dataclass(frozen=True, slots=True)
class Read:
    """A promise up to its gate: what is left of its accounts, and their figures."""

    name: str
    clause: Clause
    accounts: Accounts
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Supposed:
    """A case at its period's end, had it been down for a while more, and the figures it comes to."""

    case: Case
    promises: tuple[Read, ...]

    @property
    def reading(self) -> Reading:
        """The only figure, or the worst of several."""
        return min((reading for each in self.promises for reading in each.readings), key=badness)

    @property
    def price(self) -> Amount | None:
        """The credit; None where nobody can tell, a person must enter it, or the figure is in no row."""
        try:
            return credit(self.case, self._named())
        except NoRow:
            return None

    def _named(self) -> tuple[Named, ...]:
        return tuple(self._priced(each, seen_by(each.name, self.case)) for each in self.promises)

    def _priced(self, each: Read, case: Case) -> Named:
        clause, readings = each.clause, each.readings
        dues = due(clause, readings, case)
        priced = limited(clause.limits, Priced(dues, readings=readings), case)
        return Named(each.name, clause, readings, each.accounts, dues, priced, fee(case))

    @property
    def objection(self) -> str:
        """Why it has no price, in a few words."""
        try:
            named = self._named()
            combined = self.case.contract.combine(named, self.case)
        except NoRow:
            return IN_NO_ROW
        return undecided(named, combined) or TOO_LITTLE


Before = Mapping[tuple[str, str], tuple[tuple[Piece, ...], tuple[Piece, ...]]]
"""By promise and resource: the bad and the unknown pieces from before the resource's last good time."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The evidence since the last good times before `as_of`, and what had been measured up to there."""

    recent: Case
    before: Before

    def supposed(self, extra: Ms) -> Supposed:
        """What `hypothetical` comes to for `extra` ms; ValueError where it is negative."""
        case = hypothetical(self.recent, extra)
        return Supposed(
            case, tuple(self._read(name, clause, case) for name, clause in case.contract.promises)
        )

    def _read(self, name: str, clause: Clause, case: Case) -> Read:
        case = seen_by(name, case)
        accounts = through(clause.steps, self.measured(name, clause, case), case)
        return Read(name, clause, accounts, read(clause, accounts, case))

    def measured(self, name: str, clause: Clause, case: Case) -> Accounts:
        """The measurement of a hypothesis about `recent`, with what came before."""
        return tuple(self._whole(name, again) for again in clause.measure(case))

    def _whole(self, name: str, again: Account) -> Account:
        bad, unknown = self.before.get((name, again.lane), ((), ()))
        return replace(again, bad=(*bad, *again.bad), unknown=(*unknown, *again.unknown))


def ahead(case: Case, measured: Mapping[str, Accounts] | None = None) -> Ahead:
    """Split a case, and what was measured by promise, where the last good time of each resource starts."""
    measured = measure(case) if measured is None else measured
    recent: dict[str, ServiceTimeline] = {}
    starts: dict[str, Ms | None] = {}
    for lane, timeline in timelines(case).items():
        at = _last_good(timeline.segments, case.as_of)
        recent[lane] = ServiceTimeline(timeline.base, timeline.segments[at:])
        starts[lane] = timeline.segments[at].start if at else None
    before = {
        (name, each.lane): (_before(each.bad, starts[each.lane]), _before(each.unknown, starts[each.lane]))
        for name, accounts in measured.items()
        for each in accounts
        if each.lane in starts
    }
    return Ahead(replace(case, evidence=replace(case.evidence, resources=recent)), before)


def timelines(case: Case) -> dict[str, ServiceTimeline]:
    """What the monitor saw of each resource; rows of files say nothing of a time to come."""
    return {lane: seen for lane, seen in case.evidence.resources.items() if isinstance(seen, ServiceTimeline)}


def measure(case: Case) -> dict[str, Accounts]:
    """What every promise measures, by its name."""
    return {name: clause.measure(seen_by(name, case)) for name, clause in case.contract.promises}


def _last_good(segments: tuple[Segment, ...], as_of: Ms) -> int:
    """The place of the last segment that is up and starts before `as_of`; 0 where none is."""
    for at in range(len(segments) - 1, 0, -1):
        if segments[at].state is State.UP and segments[at].start < as_of:
            return at
    return 0


def _before(pieces: tuple[Piece, ...], start: Ms | None) -> tuple[Piece, ...]:
    return () if start is None else tuple(piece for piece in pieces if piece.start < start)


def hypothetical(case: Case, extra: Ms) -> Case:
    """The case at its period's end, had it been down for `extra` ms from `as_of` on and then up.

    The future is taken as promised and seen; what the evidence holds after `as_of` is forgotten. Downtime
    past the period's end is not looked at. A finished period comes back as it is.
    """
    start, end = max(case.as_of, case.period.span.start), case.period.span.end
    if extra < 0:
        raise ValueError(f"hypothetical downtime must not be negative: {extra} ms")
    if start >= end:
        return case
    future = _future(start, min(start + extra, end), end)
    resources = {
        lane: ServiceTimeline(
            base=union(intersect(timeline.base, (Span(min(0, start), start),)), (Span(start, end),)),
            segments=(*_past(timeline.segments, start), *future),
        )
        for lane, timeline in timelines(case).items()
    }
    return replace(case, evidence=replace(case.evidence, resources=resources), as_of=end)


def _past(segments: tuple[Segment, ...], start: Ms) -> tuple[Segment, ...]:
    if not segments or segments[-1].end <= start:
        return segments
    return clip_segments(segments, Span(min(segments[0].start, start), start))


def _future(start: Ms, up: Ms, end: Ms) -> tuple[Segment, ...]:
    down = Segment(start, up, State.DOWN, Reason.TIMEOUT, start, start)
    rest = Segment(up, end, State.UP, Reason.OK, up, up)
    return tuple(segment for segment in (down, rest) if segment.start < segment.end)


__all__ = ["IN_NO_ROW", "TOO_LITTLE", "Ahead", "Read", "Supposed", "ahead", "hypothetical", "measure"]

"""What a period may still become: hypothetical downtime from `as_of` on, through the stages of `evaluate`.

An outage never reaches over good time. So what was measured before the last good time stands, and only what
was seen after it is measured again with every further downtime that is tried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.agreements.evaluate import TOO_LITTLE, credit, due, limited, read, through
from monitor.agreements.evidence import Evidence
from monitor.agreements.limits import fee
from monitor.agreements.pipeline import Account, Case, Named, Piece, Priced, Reading
from monitor.core.checks import Reason, State
from monitor.core.intervals import Ms, Span, intersect, union
from monitor.core.money import Amount
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Segment, clip_segments
from monitor.errors import NoRow

IN_NO_ROW = "the figure is in no row of the table"


@dataclass(frozen=True, slots=True)
class Supposed:
    """A case at its period's end, had it been down for a while more, and the figure it comes to."""

    case: Case
    account: Account
    reading: Reading

    @property
    def price(self) -> Amount | None:
        """The credit; None where it is not determinable or the figure is in no row."""
        try:
            return credit(self.case, (self._named(),))
        except NoRow:
            return None

    def _named(self) -> Named:
        ((name, clause),) = self.case.contract.promises
        readings = (self.reading,)
        dues = due(clause, readings, self.case)
        priced = limited(clause.limits, Priced(dues, readings=readings), self.case)
        return Named(name, clause, readings, readings, (self.account,), dues, priced, fee(self.case))

    @property
    def objection(self) -> str:
        """Why it has no price, in a few words."""
        return IN_NO_ROW if self.reading.determinable else TOO_LITTLE


@dataclass(frozen=True, slots=True)
class Ahead:
    """The evidence since the last good time before `as_of`, and what had been measured up to there."""

    recent: Case
    bad: tuple[Piece, ...]
    unknown: tuple[Piece, ...]

    def supposed(self, extra: Ms) -> Supposed:
        """What `hypothetical` comes to for `extra` ms; ValueError where it is negative."""
        case = hypothetical(self.recent, extra)
        (account,) = through(case.clause.steps, (self.measured(case),), case)
        (reading,) = read(case.clause, (account,), case)
        return Supposed(case, account, reading)

    def measured(self, case: Case) -> Account:
        """The measurement of a hypothesis about `recent`, with what came before."""
        (again,) = case.clause.measure(case)
        return replace(again, bad=(*self.bad, *again.bad), unknown=(*self.unknown, *again.unknown))


def ahead(case: Case, measured: Account) -> Ahead:
    """Split a case, and what was measured of it, at the start of the last good time that was seen."""
    ((lane, timeline),) = case.evidence.resources.items()
    assert isinstance(timeline, ServiceTimeline)
    at = _last_good(timeline.segments, case.as_of)
    recent = ServiceTimeline(timeline.base, timeline.segments[at:])
    evidence = Evidence({lane: recent}, case.evidence.windows, case.evidence.bridge)
    start = timeline.segments[at].start if at else None
    return Ahead(
        recent=replace(case, evidence=evidence),
        bad=_before(measured.bad, start),
        unknown=_before(measured.unknown, start),
    )


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
        for lane, timeline in case.evidence.resources.items()
        if isinstance(timeline, ServiceTimeline)
    }
    seen = Evidence(resources, case.evidence.windows, case.evidence.bridge)
    return replace(case, evidence=seen, as_of=end)


def _past(segments: tuple[Segment, ...], start: Ms) -> tuple[Segment, ...]:
    if not segments or segments[-1].end <= start:
        return segments
    return clip_segments(segments, Span(min(segments[0].start, start), start))


def _future(start: Ms, up: Ms, end: Ms) -> tuple[Segment, ...]:
    down = Segment(start, up, State.DOWN, Reason.TIMEOUT, start, start)
    rest = Segment(up, end, State.UP, Reason.OK, up, up)
    return tuple(segment for segment in (down, rest) if segment.start < segment.end)


__all__ = ["IN_NO_ROW", "TOO_LITTLE", "Ahead", "Supposed", "ahead", "hypothetical"]

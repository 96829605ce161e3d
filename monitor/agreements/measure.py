"""Measure: what is looked at. Time down here; slots, metrics, events and tickets have files of their own.

Nothing is cut to the period here: evidence reaches beyond it, since duration rules ask about whole outages.
Only `as_of` bounds what the monitor saw, so that what came later cannot change what was known; a file's rows
are known whole, and only what they leave open ends there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import groupby

from monitor.agreements import events, metrics, slots, tickets
from monitor.agreements.account import outside, piece, spans, within
from monitor.agreements.evidence import Recorded
from monitor.agreements.exclude import exclusions
from monitor.agreements.lanes import say_only, until
from monitor.agreements.outages import Outages
from monitor.agreements.outages import rule as outages_rule
from monitor.agreements.pipeline import Account, Accounts, Case, Measure, Piece
from monitor.agreements.terms import Terms
from monitor.core.checks import State
from monitor.core.intervals import Ms, Span, Spans, intersect, normalise, subtract, union
from monitor.core.services import ServiceTimeline
from monitor.core.timeline import Outage, Segment, clip_segments, downtimes, outages
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Downtime:
    """Time down, in ms; each outage is the cause of its pieces.

    With `weighted_by` a piece is as bad as the share of the population that it affects; otherwise it is bad
    throughout. What a file does not mention was up while the resource existed; down wins over unseen. The
    timelines of the case hold outages of `confirmed_by` failing checks in a row already, where it is said.
    """

    outages: Outages = field(default_factory=Outages)
    weighted_by: str | None = None
    confirmed_by: int | None = None

    def __call__(self, case: Case) -> Accounts:
        return tuple(
            self._recorded(lane, line, case) if isinstance(line, Recorded) else self._seen(lane, line, case)
            for lane, line in case.evidence.resources.items()
        )

    def _seen(self, lane: str, timeline: ServiceTimeline, case: Case) -> Account:
        segments = _known(timeline.segments, case.as_of)
        base = within((piece(span, lane, "promised") for span in timeline.base), until(case.as_of))
        early, bridge = self.outages.starts == "last success", case.evidence.bridge
        if early:
            down = _since_last_good(segments, bridge=bridge)
        else:
            whole = segments is timeline.segments
            down = timeline.downtimes(bridge) if whole else downtimes(segments, bridge=bridge)
        bad = tuple(piece(span, lane, outage) for outage, parts in down for span in parts)
        unseen = State.UNKNOWN
        unknown = tuple(piece(s.span, lane, s.reason.value) for s in segments if s.state is unseen)
        if early:
            bad = within(bad, timeline.base)
            unknown = outside(unknown, spans(bad))
        return Account("ms", base, bad, unknown, promised=base, lane=lane)

    def _recorded(self, lane: str, recorded: Recorded, case: Case) -> Account:
        life = normalise(recorded.life)
        base = tuple(piece(span, lane, "promised") for span in life)
        bad = within(self._bad(lane, recorded, case.as_of), life)
        down = union(spans(bad), normalise(row.span for row in recorded.rows))
        unseen = subtract(intersect(normalise(recorded.unseen), life), down)
        unknown = tuple(piece(span, lane, "unobserved") for span in unseen)
        return Account("ms", base, bad, unknown, promised=base, lane=lane)

    def _bad(self, lane: str, recorded: Recorded, as_of: Ms) -> tuple[Piece, ...]:
        found = sorted(
            (start, end, share, incident.cause)
            for incident in self.outages.of(recorded, as_of)
            for start, end, share in incident.stretches
        )
        if self.weighted_by:
            return tuple(
                Piece(start, end, end - start, share, lane, cause)
                for start, end, share, cause in found
                if share
            )
        return tuple(_whole(lane, found))

    def say(self) -> str:
        sentence = f"We measure the time the service is down, {self.outages.say()}"
        if self.weighted_by:
            sentence += (
                f", each outage weighted by the share of {self.weighted_by} affected "
                "(what overlaps adds up to all of them at most)"
            )
        confirmed = f"; {self.confirmed_by} failing checks in a row confirm it" if self.confirmed_by else ""
        return f"{sentence}{confirmed}{say_only(self.outages.only)}."


def _whole(lane: str, found: Iterable[tuple[Ms, Ms, object, str]]) -> Iterator[Piece]:
    """Pieces that are bad throughout; those of one outage that touch are one."""
    for cause, touching in groupby(found, key=lambda each: each[3]):
        for span in normalise(Span(start, end) for start, end, _, _ in touching):
            yield piece(span, lane, cause)


def _since_last_good(segments: Sequence[Segment], *, bridge: Ms) -> tuple[tuple[str, Spans], ...]:
    found = outages(segments, bridge=bridge)
    return tuple((outage.id, normalise((_before(outage), *outage.down))) for outage in found)


def _before(outage: Outage) -> Span:
    first = outage.down[0].start
    return Span(first if outage.last_good is None else min(first, outage.last_good), first)


def _known(segments: Sequence[Segment], as_of: Ms) -> Sequence[Segment]:
    if not segments or segments[-1].end <= as_of:
        return segments
    start = min(segments[0].start, as_of)
    return clip_segments(segments, Span(start, as_of))


def rule(terms: Terms) -> Measure:
    """The measure of a promise."""
    kind = terms.measure.evidence
    if kind == "slots":
        return slots.rule(terms.measure, terms.outage.confirmed_by, terms.outage.requests)
    if kind == "metrics":
        return metrics.rule(terms.measure)
    if kind == "events":
        return events.rule(terms.measure, exclusions(terms))
    if kind == "tickets":
        return tickets.rule(terms.measure, exclusions(terms))
    return Downtime(outages_rule(terms), terms.measure.weighted_by, terms.outage.confirmed_by)

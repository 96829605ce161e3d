"""PURE. Turns at a glance: which are stopped, and when the time of the others is up.

A turn in which nothing stood, moved, ended or went into another is one stretch of time: what is asked of it
first is read off its events and its target, and the rest is judged for whoever asks. A ticket that may be
anything else, and tickets that cannot be judged, are judged whole as `tickets.py` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import field
from operator import itemgetter
from typing import Final

from monitor.agreements.account import holds, term
from monitor.agreements.lanes import by_lane
from monitor.agreements.pipeline import Accounts, Case
from monitor.agreements.tickets import Judge, Response, Tickets
from monitor.agreements.turns import ENDS, STOPPED_BY, begins_with, stops
from monitor.core.intervals import DAY, Ms
from monitor.core.response import Target
from monitor.core.tickets import EventKind, Ticket
from monitor.records import dataclass

ONE_TURN: Final = ("first human reply", "any reply", "acknowledged", "resolved")
"""What a ticket that never ended is asked for once."""
_KIND, _VALUE = itemgetter(1), itemgetter(2)
MOST: Final[Ms] = 9 * 366 * DAY
"""Within so long a calendar's working time is reached for certain."""


@dataclass(slots=True, eq=False)
class Glance:
    """A turn by its instants, in UTC ms: `start`, `end`, `until` and `due` as its course has them.

    Of one that is stopped `due` is None until it is judged. `ticket` is that of the case, and `judged` what
    judges the turn, or has.
    """

    ticket: Ticket
    start: Ms
    end: Ms | None
    until: Ms
    due: Ms | None
    target: Target | None
    judged: Judge | Response

    @property
    def response(self) -> Response:
        """All of it."""
        if isinstance(self.judged, Response):
            return self.judged
        (found,) = self.judged.of(self.ticket)
        self.judged, self.due = found, found.course.due
        return found

    @property
    def resource(self) -> str:
        return self.ticket.resource

    @property
    def late(self) -> bool:
        """As `Course` has it."""
        if self.end is not None:
            return self.response.late
        return self.due is not None and self.due < self.until

    @property
    def runs(self) -> bool:
        """As `Response` has it."""
        return self.end is None and (isinstance(self.judged, Judge) or self.judged.runs)


def glances(measure: Tickets, case: Case) -> Sequence[Glance]:
    """Every turn that `measure.judged(case)` has, in its order; EvidenceRefused and ValueError as there."""
    if measure.rules.to in ONE_TURN and not measure.exclude:
        with suppress(ValueError):
            return _Reader(Judge(measure, case)).all()
    tickets = {each.id: each for each in case.evidence.tickets}
    return [_whole(tickets[each.ticket], each) for each in measure.judged(case)[0]]


def accounts(measure: Tickets, case: Case) -> Accounts:
    """What `measure(case)` is; turns that count elsewhere, or not yet, are not judged for it."""
    here = term(case)

    def counted(seen: Iterable[Glance]) -> list[Response]:
        found = (each for each in seen if holds(here, measure.counts_at(each)))
        return [each.response for each in found if each.end is not None or each.late]

    lanes = by_lane(glances(measure, case), case)
    return tuple(measure.account(lane, counted(own), life, case) for lane, life, own in lanes)


def _whole(ticket: Ticket, response: Response) -> Glance:
    of = response.course
    return Glance(ticket, of.start, of.end, of.until, of.due, of.target, response)


Reach = tuple[Target, list[Ms], list[Ms]]
"""A target, when its clocks start, and until when they are looked at."""


@dataclass(slots=True)
class _Reader:
    """The tickets of one case under one rule. ValueError where all must be judged as a whole."""

    judge: Judge
    begins: EventKind = "created"
    away: frozenset[str] = frozenset()
    stopped_by: frozenset[str] = frozenset()
    reach: dict[int, Reach] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begins = begins_with(self.judge.rule.rules)
        self.away = frozenset((*ENDS, "reopened", "merged", *self.judge.moves))
        self.stopped_by = frozenset(STOPPED_BY[self.judge.rule.rules.to])

    def all(self) -> list[Glance]:
        judge, away, stopped_by = self.judge, self.away, self.stopped_by
        as_of, first = judge.as_of, judge.case.first
        found: list[Glance] = []
        for ticket in judge.case.evidence.tickets:
            if not judge.looks_at(ticket):
                continue
            kinds, start = set(map(_KIND, ticket.events)), ticket.first(self.begins)
            if start is None or not away.isdisjoint(kinds) or self._may_stand(ticket):
                found += self._judged(ticket)
                continue
            end = None if stopped_by.isdisjoint(kinds) else self._stop(ticket, start)
            until = as_of if end is None else end
            if until < start or (first is not None and start < first):
                continue
            target = judge.unmoved(ticket)
            if target is None or not target.counts:
                continue
            due = None if target.endless or end is not None else target.last(start)
            _, starts, ends = self.reach.get(id(target)) or self._reach(target)
            starts.append(start)
            ends.append(until if due is None or due < until else due)
            found.append(Glance(ticket, start, end, until, due, target, judge))
        for each in self.reach.values():
            _must_reach(*each)
        judge.must_be_judged()
        return found

    def _reach(self, target: Target) -> Reach:
        found = self.reach[id(target)] = (target, [], [])
        return found

    def _judged(self, ticket: Ticket) -> list[Glance]:
        if ticket.merged_into:
            raise ValueError(f"{ticket.id} may be a part of another")
        return [_whole(ticket, each) for each in self.judge.of(ticket)]

    def _may_stand(self, ticket: Ticket) -> bool:
        reasons = self.judge.reasons
        return bool(reasons) and not reasons.isdisjoint(map(_VALUE, ticket.events))

    def _stop(self, ticket: Ticket, start: Ms) -> Ms | None:
        """The first answer; one that came before the clock started is one at its start."""
        to = self.judge.rule.rules.to
        for event in ticket.events:
            if event[1] in self.stopped_by and stops(event, to):
                return max(start, event.at)
        return None


def _must_reach(target: Target, starts: Sequence[Ms], ends: Sequence[Ms]) -> None:
    """ValueError where working time is not known, or hardly, of all the time that these clocks look at.

    The later one starts, the later it is up: what holds of the earliest and of the last holds of all.
    """
    first, last = min(starts), max(starts)
    end = max(max(ends), last if target.endless else target.last(last)) + 1
    if target.work is not None:
        if end - first > MOST:
            raise ValueError("clocks are too far apart to be looked at together")
        target.work.passed(first, end)

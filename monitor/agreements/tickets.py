"""Tickets: what a ticket system was asked, each in its time on a response clock. One count a turn.

In time at equality. A ticket that is not finished counts as late as soon as its time is up; before that it
does not count yet. A breach stands. `responses` gives every figure with the timeline behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from fractions import Fraction
from typing import Literal, Protocol

from monitor.agreements import ticket_words
from monitor.agreements.account import holds, term
from monitor.agreements.clip import named
from monitor.agreements.events import stands
from monitor.agreements.evidence import SERVICE
from monitor.agreements.exclude import Exclusion
from monitor.agreements.lanes import by_lane, chosen
from monitor.agreements.pipeline import Account, Accounts, Case, Measure, Miss, Piece
from monitor.agreements.terms import Allowed, ChangeOf, MeasureTerms, Only, TicketTerms
from monitor.agreements.turns import Turn, begins_with, merged, pauses, turns
from monitor.core.intervals import HOUR, MINUTE, Ms, Spans, intersect
from monitor.core.periods import local
from monitor.core.response import Change, Course, How, Moved, Pause, Stretch, Target, apart, course
from monitor.core.tickets import OWN, Ticket, TicketEvent
from monitor.core.worktime import WorkTime, work_time
from monitor.errors import EvidenceRefused
from monitor.records import dataclass

ONE = Fraction(1)
UNITS: Mapping[str, Ms] = {"minutes": MINUTE, "hours": HOUR}
BUSINESS = "business "


@dataclass(frozen=True, slots=True)
class Response:
    """One turn of a ticket with its course. `key` is its priority (or what the times are by) as judged.

    `opened` is when the ticket's first event was, for the part of the timeline before the clock started.
    `moved` are the changes that the promise looks at, from the start of the turn to its end, in order.
    """

    ticket: str
    cause: str
    resource: str
    key: str
    opened: Ms
    course: Course
    waited: str = ""
    moved: tuple[Moved, ...] = ()

    @property
    def finished(self) -> bool:
        return self.course.end is not None

    @property
    def late(self) -> bool:
        return self.course.late

    @property
    def runs(self) -> bool:
        """Whether its clock goes on, and is in no pause at the end."""
        pauses = self.course.pauses
        return not self.finished and not (pauses and pauses[-1].span.end >= self.course.until)

    def timeline(self) -> tuple[Stretch, ...]:
        """When the clock ran, when it stood and why."""
        return self.course.timeline(self.opened, self.waited)


@dataclass(frozen=True, slots=True)
class Responses:
    """What one promise counted in a period: each turn once, in order of time.

    `unfinished` are those under way, not late yet, that count in no figure. `aside` are (ticket, why) of
    those that the promise looks at and does not count.
    """

    in_time: tuple[Response, ...] = ()
    late: tuple[Response, ...] = ()
    unfinished: tuple[Response, ...] = ()
    aside: tuple[tuple[str, str], ...] = ()

    @property
    def counted(self) -> int:
        return len(self.in_time) + len(self.late)


Judged = tuple[tuple[Response, ...], tuple[tuple[str, str], ...]]
"""Responses, and (ticket, why) of those that are set aside."""


@dataclass(frozen=True, slots=True)
class Tickets:
    """Turns of tickets in time. `within` is by whatever `rules.by` names ("" for every other).

    `calendar` is that of business time, None where no time is; a value of `rules.calendars` has its own.
    `unit` is that of a figure that is a time ("business hours"), "" where the figure is a share.
    EvidenceRefused for tickets that cannot be judged, all at once.
    """

    rules: TicketTerms
    within: tuple[tuple[str, Allowed], ...]
    calendar: str | None = None
    counted_in: Literal["period of start", "period of end"] = "period of start"
    only: Only = ()
    exclude: tuple[Exclusion, ...] = ()
    unit: str = ""

    def __call__(self, case: Case) -> Accounts:
        found, _ = self.judged(case)
        return tuple(self.account(lane, own, life, case) for lane, life, own in by_lane(found, case))

    def responses(self, case: Case) -> Responses:
        """What is counted in the period, and what is not, with the timelines behind it."""
        found, aside = self.judged(case)
        here: list[Response] = []
        waiting: list[Response] = []
        for _, life, own in by_lane(found, case):
            where = intersect(life, term(case))
            here += [each for each in own if _counts(each) and holds(where, self.counts_at(each.course))]
            waiting += [each for each in own if not _counts(each)]
        here.sort(key=self._order)
        return Responses(
            in_time=tuple(each for each in here if not each.late),
            late=tuple(each for each in here if each.late),
            unfinished=tuple(sorted(waiting, key=self._order)),
            aside=aside,
        )

    def judged(self, case: Case) -> Judged:
        """Every turn, in whatever period it counts, and the tickets that are set aside, with why."""
        seen = case.evidence
        windows = (case.in_force, seen.windows) if self.exclude else ()
        values = (case.period, case.as_of, case.first, seen.tickets_until, windows)
        same = (self, seen.tickets, case.calendars)
        found: Judged = case.remembered.once(values, same, lambda: Judge(self, case).all())
        return found

    def account(self, lane: str, responses: Iterable[Response], life: Spans, case: Case) -> Account:
        """What those of one resource come to, as far as they count in the period and in its life."""
        where = intersect(life, term(case))
        placed = [(self.counts_at(each.course), each) for each in responses if _counts(each)]
        found = [(at, each) for at, each in placed if holds(where, at)]
        found.sort(key=lambda one: (one[0], one[1].cause))
        base = tuple(Piece(at, at + 1, 1, self._rate(each), lane, each.cause) for at, each in found)
        late = [(piece, each) for piece, (_, each) in zip(base, found, strict=True) if each.late]
        return Account(
            unit="ticket time" if self.unit else "ticket",
            base=base,
            bad=tuple(replace(piece, rate=ONE) if self.unit else piece for piece, _ in late),
            promised=base,
            lane=lane,
            misses=tuple(miss(each, lane, case.period.zone) for _, each in late),
        )

    def _rate(self, response: Response) -> Fraction:
        if not self.unit:
            return ONE
        return Fraction(response.course.elapsed, UNITS[self.unit.removeprefix(BUSINESS)])

    def _order(self, response: Response) -> tuple[Ms, str]:
        return self.counts_at(response.course), response.cause

    def counts_at(self, course: Course | Timed) -> Ms:
        """The instant at which a turn counts."""
        if self.counted_in == "period of start":
            return course.start
        if course.end is not None:
            return course.end
        return course.until if course.due is None else course.due

    def say(self) -> str:
        return ticket_words.say(
            self.rules, self.within, self.calendar, self.counted_in, self.only, timed=bool(self.unit)
        )


class Timed(Protocol):
    """What has the instants of a course: where it starts and ends, and when its time is up."""

    start: Ms
    end: Ms | None
    until: Ms
    due: Ms | None


def _counts(response: Response) -> bool:
    return response.finished or response.late


@dataclass(slots=True)
class Judge:
    """The tickets of one case under one rule, with what is looked up once for all of them."""

    rule: Tickets
    case: Case
    works: dict[str, WorkTime] = field(default_factory=dict)
    targets: dict[str, Target | None] = field(default_factory=dict)
    still: dict[str, tuple[Pause, ...]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    static: Only = ()
    moving: Only = ()
    moves: dict[str, ChangeOf | None] = field(default_factory=dict)
    as_of: Ms = 0
    reasons: frozenset[str] = frozenset()
    detects: bool = False
    excluded: frozenset[str] = frozenset()
    waited: str = ""

    def __post_init__(self) -> None:
        known = self.case.evidence.tickets_until
        self.as_of = self.case.as_of if known is None else min(self.case.as_of, known)
        only, rules = self.rule.only, self.rule.rules
        self.static = tuple(each for each in only if each[0] not in ("priority", "segment"))
        self.moving = tuple(each for each in only if each[0] in ("priority", "segment"))
        looked_at = {rules.by, *(column for column, _ in self.moving)}
        self.reasons = frozenset(rules.pauses)
        self.waited = f"not {begins_with(rules)} yet"
        self.excluded = frozenset(each.what for each in self.rule.exclude)
        self.detects = rules.from_ == "detected" or any(column == "source" for column, _ in only)
        says = {"priority": rules.priority_change, "segment": rules.segment_change}
        self.moves = {name: how for name, how in says.items() if name in looked_at}

    def all(self) -> Judged:
        """Every response, and the tickets that are set aside; EvidenceRefused for those without a time."""
        there = [ticket for ticket in self.case.evidence.tickets if self.looks_at(ticket)]
        counted, gone, lost = merged(there, self.rule.rules.merged)
        self.aside += [(id, f"it was merged into {into}") for id, into in gone.items()]
        self.lost += [f"{t.id}: it went into {t.merged_into}, which is not there" for t in lost]
        found = tuple([response for ticket in counted for response in self.of(ticket)])
        self.must_be_judged()
        return found, tuple(sorted(self.aside))

    def must_be_judged(self) -> None:
        """EvidenceRefused for the tickets that could not be, all at once."""
        if self.lost:
            raise EvidenceRefused(_listed(self.lost))

    def looks_at(self, ticket: Ticket) -> bool:
        """An incident of ours is a ticket where detection starts the clock, or the terms name its source."""
        if not self.detects and ticket.columns.get("source") == OWN:
            return False
        if self.static and not chosen(self.static, _columns(ticket)):
            return False
        what = ticket.columns.get("class", "")
        if ticket.deleted or (what and what in self.excluded):
            self.aside.append((ticket.id, "it was deleted" if ticket.deleted else f"it is {what}"))
            return False
        return True

    def of(self, ticket: Ticket) -> Iterator[Response]:
        """Every turn of one ticket, as it counts once what went into others is put together."""
        started = turns(ticket, self.rule.rules)
        if not started and ticket.first(begins_with(self.rule.rules)) is None:
            self._unstarted(ticket)
        for turn in started:
            response = self._response(turn)
            if response is not None:
                yield response

    def _unstarted(self, ticket: Ticket) -> None:
        """A ticket that nobody has taken yet has no clock; one that says not when it came is refused."""
        wanted = begins_with(self.rule.rules)
        if wanted == "assigned":
            self.aside.append((ticket.id, "it was not assigned to anyone"))
        else:
            self.lost.append(f"{ticket.id}: nothing says when it was {wanted}")

    def _response(self, turn: Turn) -> Response | None:
        case, ticket = self.case, turn.ticket
        if case.first is not None and turn.start < case.first:
            self.aside.append((turn.cause, "its clock started before the agreement did"))
            return None
        until = self.as_of if turn.stop is None else turn.stop
        if until < turn.start:
            return None
        moves = self._moves(ticket)
        state = self._state(turn, moves=moves)
        key = self._key(ticket, state)
        found = course(
            turn.start,
            turn.stop,
            self.as_of,
            self._target(ticket, state, key),
            pauses=self._pauses(turn, until),
            changes=tuple(self._changes(turn, state, until)) if moves else (),
            key=key,
        )
        if found.target is None:
            self.aside.append((turn.cause, f'no time is promised for {self.rule.rules.by} "{found.key}"'))
        if found.target is None or not found.target.counts:
            return None
        moved = tuple(self._moved(turn, state, found)) if moves else ()
        opened = ticket.events[0].at
        return Response(ticket.id, turn.cause, ticket.resource, found.key, opened, found, self.waited, moved)

    def _pauses(self, turn: Turn, until: Ms) -> tuple[Pause, ...]:
        own = pauses(turn, self.reasons, until)
        windows = self._windows(turn.ticket.resource) if self.rule.exclude else ()
        return apart((*own, *windows)) if windows else own

    def _windows(self, resource: str) -> tuple[Pause, ...]:
        """When the clock stands for what the agreement excludes."""
        known = self.still.get(resource)
        if known is None:
            found = (
                Pause(span, rule.what)
                for rule in self.rule.exclude
                for span in stands((rule,), resource or SERVICE, self.case)
            )
            known = self.still[resource] = apart(found)
        return known

    # --- priorities ---

    def _state(self, turn: Turn, *, moves: bool) -> dict[str, str]:
        """The priority and the segment as the clock starts, as far as the promise looks at them."""
        ticket = turn.ticket
        state = self._told_first(ticket)
        if not moves:
            return state
        for event in ticket.events:
            if event.at > turn.start:
                break
            if event.kind in state:
                state[event.kind] = event.value
        for name in state:
            state[name] = state[name] or _first_told(ticket.events, name)
        return state

    def _told_first(self, ticket: Ticket) -> dict[str, str]:
        return {name: ticket.priority if name == "priority" else ticket.segment for name in self.moves}

    def unmoved(self, ticket: Ticket) -> Target | None:
        """The time allowed to a ticket of which nothing that the promise looks at was changed on the way."""
        by = self.rule.rules.by
        if not self.moving and by in self.moves:
            return self._ours(ticket, ticket.priority if by == "priority" else ticket.segment)
        state = self._told_first(ticket)
        return self._target(ticket, state, self._key(ticket, state))

    def _moves(self, ticket: Ticket) -> bool:
        """Whether anything that the promise looks at was changed on the way."""
        return bool(self.moves) and not self.moves.keys().isdisjoint(
            [kind for _, kind, _, _ in ticket.events]
        )

    def _moved(self, turn: Turn, state: Mapping[str, str], found: Course) -> Iterator[Moved]:
        """The changes as they are told: nothing that comes after the time is up changes anything."""
        now = dict(state)
        for event, how in self._events(turn, found.until):
            if event.value != now[event.kind]:
                late = found.due is not None and found.due < event.at
                yield Moved(event.at, event.kind, now[event.kind], event.value, "late" if late else how)
                now[event.kind] = event.value

    def _events(self, turn: Turn, until: Ms) -> Iterator[tuple[TicketEvent, ChangeOf]]:
        """What is told within a turn of what the promise looks at, and what that is to do."""
        for event in turn.ticket.events:
            how = self.moves.get(event.kind)
            if how is not None and turn.start < event.at < until:
                yield event, how

    def _changes(self, turn: Turn, state: Mapping[str, str], until: Ms) -> Iterator[Change]:
        now = dict(state)
        for event, how in self._events(turn, until):
            if how == "keep target" or event.value == now[event.kind]:
                continue
            now[event.kind] = event.value
            key = self._key(turn.ticket, now)
            target = self._target(turn.ticket, now, key)
            why = f'its {event.kind} became "{event.value}"'
            yield Change(event.at, _HOWS[how], target, key, why)

    def _key(self, ticket: Ticket, state: Mapping[str, str]) -> str:
        by = self.rule.rules.by
        return state[by] if by in state else _columns(ticket).get(by, "")

    def _target(self, ticket: Ticket, state: Mapping[str, str], key: str) -> Target | None:
        """The time allowed as things stand; None where none is promised."""
        if self.moving and not chosen(self.moving, dict(state)):
            return self._not_ours(ticket, state)
        return self._ours(ticket, key)

    def _not_ours(self, ticket: Ticket, state: Mapping[str, str]) -> Target | None:
        """The promise's own clock, of a ticket that is none of it as things stand."""
        wanted = dict(reversed(self.moving))
        target = self._ours(ticket, self._key(ticket, {**state, **wanted}))
        return None if target is None else replace(target, endless=True, counts=False)

    def _ours(self, ticket: Ticket, key: str) -> Target | None:
        if key not in self.targets:
            try:
                self.targets[key] = self._made(key)
            except KeyError:
                self.lost.append(f'{ticket.id}: no time is allowed for {self.rule.rules.by} "{key}"')
                return None
        return self.targets[key]

    def _made(self, key: str) -> Target | None:
        zone = self.case.period.zone
        if not self.rule.within:
            return Target(work=self._work(key, business=self._is_business()), zone=zone, endless=True)
        allowed = dict(self.rule.within)
        found = allowed[key] if key in allowed else allowed[""]
        if found.none:
            return None
        return Target(found.ms, found.days, found.at, self._work(key, business=found.business), zone)

    def _is_business(self) -> bool:
        return self.rule.unit.startswith(BUSINESS)

    def _work(self, key: str, *, business: bool) -> WorkTime | None:
        """The working time that a clock counts; None round the clock."""
        own = {each.value: each.calendar for each in self.rule.rules.calendars}
        name = own.get(key, own.get("", self.rule.calendar)) if business else None
        if name is None and business:
            raise ValueError("business time needs a calendar: say whose, as in calendar = NAME")
        if name is None:
            return None
        if name not in self.works:
            self.works[name] = work_time(named(name, self.case))
        return self.works[name]


_HOWS: Mapping[ChangeOf, How] = {"restart": "restart", "keep time": "keep time", "prorate": "prorate"}


def _first_told(events: Sequence[TicketEvent], kind: str) -> str:
    """What a ticket without a priority at its start is said to have first."""
    return next((event.value for event in events if event.kind == kind), "")


def _columns(ticket: Ticket) -> dict[str, str]:
    return {
        **ticket.columns,
        "priority": ticket.priority,
        "segment": ticket.segment,
        "channel": ticket.channel,
        "service": ticket.service,
        "customer": ticket.customer,
        "resource": ticket.resource,
    }


def miss(response: Response, lane: str, zone: str) -> Miss:
    """A turn that was late, as schedules look at it."""
    of = response.course
    due = of.until if of.due is None else of.due
    return Miss(
        cause=response.cause,
        lane=lane,
        start=of.start,
        due=due,
        finished=of.end,
        delay=of.delay,
        allowed=of.allowed,
        days=(local(of.until, zone).date() - local(due - 1, zone).date()).days,
    )


def _listed(lost: Sequence[str]) -> str:
    more = f"; and {len(lost) - 5:,} more" if len(lost) > 5 else ""
    return "ticket " + "; ticket ".join(lost[:5]) + more


def rule(terms: MeasureTerms, exclude: tuple[Exclusion, ...] = ()) -> Measure:
    """The measure of evidence "tickets"; ValueError where its rules are not said."""
    if terms.tickets is None or terms.within == "due":
        raise ValueError(
            "what is measured by tickets needs its rules: when the clock starts, stops and stands"
        )
    return Tickets(
        rules=terms.tickets,
        within=terms.within or (),
        calendar=terms.calendar,
        counted_in=terms.counted_in,
        only=terms.only,
        exclude=exclude,
        unit=terms.unit,
    )

"""The clocks that promises of times run on tickets, as of an instant, whatever period each counts in.

A clock is judged by the terms that hold where it counts. Statements judge tickets as far as they are known;
here they are judged as of now, by what is known: a queue is read to act, and says how far it is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import groupby

from monitor.agreements.evaluate import seen_by
from monitor.agreements.pipeline import Case
from monitor.agreements.tickets import Response, Tickets
from monitor.config.plan import Agreement, Plan, Terms
from monitor.core.intervals import Ms, Span, Spans
from monitor.core.periods import Period
from monitor.core.ticket_course import goes_on
from monitor.core.tickets import Ticket
from monitor.errors import EvidenceRefused
from monitor.queue.held import holding
from monitor.statements.books import KINDS, Books
from monitor.statements.periods import running
from monitor.statements.ticketed import Places, known, promises_times, unplaced
from monitor.store.protocol import Event, WholeSnapshot


@dataclass(frozen=True, slots=True)
class Counted:
    """Where something of an agreement counts: a part of a period, its terms, and what is in force of it."""

    agreement: Agreement
    period: Period
    terms: Terms
    in_force: Spans
    part: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        return self.agreement.id, self.period.label, self.part


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a ticket: what it is judged by, and how it stands.

    `left` is the time on the promise's own clock until it is up, in ms (None: no time is promised to this
    ticket alone); `used` the share of the time allowed that is gone. `calendar` is the one it runs in, ""
    round the clock.
    """

    ticket: Ticket
    where: Counted
    promise: str
    measure: Tickets
    response: Response
    left: Ms | None
    used: Fraction
    calendar: str = ""

    @property
    def agreement(self) -> Agreement:
        return self.where.agreement

    @property
    def due(self) -> Ms | None:
        return self.response.course.due

    @property
    def state(self) -> str:
        """`late`, `done`, `untimed`, `paused` or `runs`; a late one is late even where it is done."""
        if self.response.late:
            return "late"
        if self.response.finished:
            return "done"
        if self.left is None:
            return "untimed"
        return "runs" if self.response.runs else "paused"

    @property
    def why_paused(self) -> str:
        pauses = self.response.course.pauses
        return pauses[-1].reason if pauses else ""

    @property
    def paused_since(self) -> Ms:
        return self.response.course.pauses[-1].span.start


@dataclass(frozen=True, slots=True)
class Refused:
    """A ticket that a promise looks at and cannot judge, and why."""

    ticket: str
    agreement: str
    why: str


@dataclass
class Watch:
    """The tickets of a plan at an instant. `reading` are looked at in place of those that are open."""

    plan: Plan
    snapshot: WholeSnapshot
    now: Ms
    reading: Sequence[Ticket] | None = None
    refused: list[Refused] = field(default_factory=list)
    _cases: dict[tuple[str, str, int], Case] = field(default_factory=dict)
    _books: dict[Span, Books] = field(default_factory=dict)
    _counted: dict[str, list[Counted]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Places(self.plan)
        self.events: tuple[Event, ...] = tuple(self.snapshot.events(kinds=KINDS))
        self.tickets = self._open() if self.reading is None else tuple(self.reading)

    def _open(self) -> tuple[Ticket, ...]:
        found = self.snapshot.tickets(Span(0, self.now + 1), still_open=True)
        return tuple(each for each in found if goes_on(each.events))

    @cached_property
    def known(self) -> dict[str, Ms]:
        """How far the tickets of each source are known."""
        return {name: each.until for name, each in known(self.plan, self.events, self.now).items()}

    @cached_property
    def nobodys(self) -> tuple[tuple[Ticket, str], ...]:
        """The tickets of which nobody can tell whose they are, and why."""
        return tuple(unplaced(self.places, self.tickets))

    def of(self, agreement: Agreement) -> Sequence[Ticket]:
        """The tickets that count in an agreement."""
        return self._by_agreement.get(agreement.id, ())

    @cached_property
    def _by_agreement(self) -> Mapping[str, Sequence[Ticket]]:
        found: dict[str, list[Ticket]] = {}
        for ticket in self.tickets:
            try:
                agreements = self.places.agreements_of(ticket)
            except LookupError:
                continue
            for each in agreements:
                found.setdefault(each.id, []).append(ticket)
        return found

    # -- where things count

    def counted(self, agreement: Agreement, at: Ms) -> Counted | None:
        """Where what counts at an instant is settled; None where the agreement is not in force then."""
        known = self._counted.setdefault(agreement.id, [])
        for each in known:
            if any(at in span for span in each.in_force):
                return each
        _, period = running(agreement, at)
        for part, (terms, spans) in enumerate(agreement.parts(period)):
            if any(at in span for span in spans):
                known.append(Counted(agreement, period, terms, spans, part))
                return known[-1]
        return None

    def books(self, period: Period) -> Books:
        """The books of a period, in which its tickets are those that are looked at."""
        span = self._plain.reach(period)
        if span not in self._books:
            found = Books(self.plan, holding(self.snapshot, span, self.tickets), self.now)
            found.events = self.events
            self._books[span] = found
        return self._books[span]

    def case(self, where: Counted) -> Case:
        """The case of where something counts, with the tickets that are looked at, judged as of now."""
        if where.key not in self._cases:
            case = self.books(where.period).case(where.agreement, where.period, where.terms, where.in_force)
            self._cases[where.key] = as_of_now(case)
        return self._cases[where.key]

    @cached_property
    def _plain(self) -> Books:
        return Books(self.plan, self.snapshot, self.now)

    # -- the clocks

    def clocks(self, agreements: Iterable[Agreement] | None = None) -> Iterator[Clock]:
        """Every clock of the tickets that are looked at, agreement by agreement."""
        every = self.plan.agreements.values() if agreements is None else agreements
        for agreement in every:
            if promises_times(agreement) and self.of(agreement):
                yield from self._of(agreement)

    def _of(self, agreement: Agreement) -> Iterator[Clock]:
        here = self.counted(agreement, self.now) or self._last(agreement)
        if here is None:
            return
        known = {ticket.id: ticket for ticket in self.of(agreement)}
        known |= {f"{each.columns.get('source', '')}:{each.id}": each for each in self.of(agreement)}
        for terms in agreement.terms:
            judging = replace(here, terms=terms) if terms is not here.terms else here
            case = self.case(judging) if judging is here else self._by_terms(judging)
            for name, clause in case.contract.promises:
                if isinstance(clause.measure, Tickets):
                    own = seen_by(name, case)
                    for response in self._judged(clause.measure, own, agreement):
                        where = self.counted(agreement, clause.measure.counts_at(response.course))
                        if where is not None and where.terms is terms:
                            ticket = known[response.ticket]
                            yield self._clock(ticket, where, name, clause.measure, response)

    def _last(self, agreement: Agreement) -> Counted | None:
        """The last period of an agreement that is over: what began in it may go on."""
        _, period = running(agreement, self.now)
        ends = [span.end for span in agreement.in_force(replace(period, span=Span(0, self.now)))]
        return self.counted(agreement, ends[-1] - 1) if ends else None

    def _by_terms(self, where: Counted) -> Case:
        case = self.books(where.period).case(where.agreement, where.period, where.terms, where.in_force)
        return as_of_now(case)

    def _judged(self, measure: Tickets, case: Case, agreement: Agreement) -> Sequence[Response]:
        """All that can be judged; each ticket that cannot is told apart, and holds nothing up."""
        try:
            return measure.judged(case)[0]
        except EvidenceRefused:
            pass
        found: list[Response] = []
        for ticket in case.evidence.tickets:
            alone = replace(case, evidence=replace(case.evidence, tickets=(ticket,)))
            try:
                found += measure.judged(alone)[0]
            except EvidenceRefused as error:
                self.refused.append(Refused(ticket.id, agreement.id, str(error)))
        return found

    def _clock(
        self, ticket: Ticket, where: Counted, promise: str, measure: Tickets, response: Response
    ) -> Clock:
        course = response.course
        left, used = None, Fraction(0)
        if course.due is not None and course.target is not None:
            left = course.target.passed(course.until, course.due) if course.due > course.until else 0
            used = Fraction(course.allowed - left, course.allowed) if course.allowed else Fraction(1)
        work = course.target.work if course.target is not None else None
        calendar = "" if work is None else work.calendar.name
        return Clock(ticket, where, promise, measure, response, left, min(used, Fraction(1)), calendar)


def as_of_now(case: Case) -> Case:
    """The case with its tickets judged as of its own instant, and not as far as they are known."""
    return replace(
        case,
        evidence=replace(case.evidence, tickets_until=None),
        apart={name: replace(each, tickets_until=None) for name, each in case.apart.items()},
    )


def by_ticket(clocks: Iterable[Clock]) -> Iterator[tuple[Ticket, tuple[Clock, ...]]]:
    """Clocks by their ticket, in the order of source and id."""

    def name(clock: Clock) -> tuple[str, str]:
        return clock.ticket.columns.get("source", ""), clock.ticket.id

    for _, own in groupby(sorted(clocks, key=name), key=name):
        each = tuple(own)
        yield each[0].ticket, each

"""The clocks that promises of times run on tickets, as of an instant, whatever period each counts in.

A clock is judged by the terms that hold where it counts. Statements judge tickets as far as they are known;
here they are judged as of now, by what is known: a queue is read to act, and says how far it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property

from monitor.agreements.evaluate import seen_by
from monitor.agreements.glance import Glance, glances
from monitor.agreements.pipeline import Case
from monitor.agreements.tickets import Response, Tickets
from monitor.config.plan import Agreement, Plan, Terms
from monitor.core.intervals import Ms, Span, Spans
from monitor.core.periods import Period
from monitor.core.ticket_course import goes_on
from monitor.core.tickets import Ticket
from monitor.errors import EvidenceRefused
from monitor.queue.held import ByCustomer, by_customer, holding
from monitor.records import dataclass
from monitor.statements.books import KINDS, Books
from monitor.statements.lives import FOREVER
from monitor.statements.periods import running
from monitor.statements.ticketed import Places, known, promises_times
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


Locate = Callable[[Agreement, Ms], Counted | None]


def _nowhere(agreement: Agreement, at: Ms) -> Counted | None:
    return None


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a ticket: what it is judged by, and how it stands.

    `left` is the time on the promise's own clock until it is up, in ms (None: it is done, or no time is
    promised to this ticket alone).
    """

    ticket: Ticket
    agreement: Agreement
    promise: str
    measure: Tickets
    glance: Glance
    left: Ms | None
    locate: Locate = field(default=_nowhere, compare=False, repr=False)

    @property
    def response(self) -> Response:
        """Its turn with all of its course; judged when it is first asked for."""
        return self.glance.response

    @property
    def finished(self) -> bool:
        return self.glance.end is not None

    @property
    def where(self) -> Counted:
        """Where it counts."""
        found = self.locate(self.agreement, self.measure.counts_at(self.glance))
        if found is None:
            raise LookupError(f"{self.response.cause} counts in no period of {self.agreement.id}")
        return found

    @property
    def used(self) -> Fraction:
        """The share of the time allowed that is gone."""
        if self.left is None:
            return Fraction(0)
        allowed = self.response.course.allowed
        return min(Fraction(allowed - self.left, allowed), Fraction(1)) if allowed else Fraction(1)

    @property
    def calendar(self) -> str:
        """The one it runs in, "" round the clock."""
        target = self.response.course.target
        return "" if target is None or target.work is None else target.work.calendar.name

    @property
    def due(self) -> Ms | None:
        return self.response.course.due if self.finished else self.glance.due

    @property
    def state(self) -> str:
        """`late`, `done`, `untimed`, `paused` or `runs`; a late one is late even where it is done."""
        if self.glance.late:
            return "late"
        if self.finished:
            return "done"
        if self.left is None:
            return "untimed"
        return "runs" if self.glance.runs else "paused"

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
        return {
            name: each.until for name, each in known(self.plan, self.snapshot, self.events, self.now).items()
        }

    @cached_property
    def nobodys(self) -> tuple[tuple[Ticket, str], ...]:
        """The tickets of which nobody can tell whose they are, and why."""
        return self._placed[1]

    def of(self, agreement: Agreement) -> Sequence[Ticket]:
        """The tickets that count in an agreement."""
        return self._placed[0].get(agreement.id, ())

    @cached_property
    def _placed(self) -> tuple[Mapping[str, Sequence[Ticket]], tuple[tuple[Ticket, str], ...]]:
        """The tickets by the agreements that they count in, and those that are nobody's; asked once for
        those that name the same."""
        found: dict[str, list[Ticket]] = {}
        nobodys: list[tuple[Ticket, str]] = []
        named: dict[tuple[str, str], list[list[Ticket]] | str] = {}
        for ticket in self.tickets:
            name = ticket.customer, ticket.service
            own = named.get(name)
            if own is None:
                try:
                    agreements = self.places.agreements_of(ticket)
                    own = named[name] = [found.setdefault(each.id, []) for each in agreements]
                except LookupError as error:
                    own = named[name] = str(error.args[0])
            if not isinstance(own, str):
                for tickets in own:
                    tickets.append(ticket)
            elif not ticket.deleted:
                nobodys.append((ticket, own))
        return found, tuple(nobodys)

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
            found = Books(self.plan, holding(self.snapshot, span, self._by_customer), self.now)
            found.events = self.events
            self._books[span] = found
        return self._books[span]

    @cached_property
    def _by_customer(self) -> ByCustomer:
        return by_customer(self.tickets)

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
        """Every clock of the tickets that are looked at; those of agreements that promise alike at once."""
        every = ours(self.plan) if agreements is None else agreements
        alike: dict[Hashable, list[Agreement]] = {}
        for agreement in every:
            if promises_times(agreement) and self.of(agreement):
                alike.setdefault(_alike(agreement), []).append(agreement)
        for key, own in alike.items():
            yield from self._of(own[0]) if key == own[0].id else self._together(own)

    def _of(self, agreement: Agreement) -> Iterator[Clock]:
        """Those of one agreement, each by the terms that hold where it counts."""
        here = self.counted(agreement, self.now) or self._last(agreement)
        if here is None:
            return
        known = {ticket.id: (ticket, agreement) for ticket in self.of(agreement)}
        known |= {f"{source_of(each)}:{each.id}": (each, agreement) for each in self.of(agreement)}
        for terms in agreement.terms:
            case = self.case(here) if terms is here.terms else self._by_terms(replace(here, terms=terms))
            for name, measure, seen in self._glances(case, known):
                for each in seen:
                    where = self.counted(agreement, measure.counts_at(each))
                    if where is not None and where.terms is terms:
                        ticket, _ = known[each.ticket.id]
                        yield Clock(ticket, agreement, name, measure, each, _left(each), self.counted)

    def _together(self, agreements: Sequence[Agreement]) -> Iterator[Clock]:
        """Those of agreements that promise alike, judged at once; of one name one by one."""
        here = next((each for a in agreements if (each := self.counted(a, self.now) or self._last(a))), None)
        if here is None:
            return
        case = replace(self.case(here), first=None)
        layers: list[dict[str, tuple[Ticket, Agreement]]] = [{}]
        for agreement in agreements:
            for ticket in self.of(agreement):
                layer = layers[0]
                if ticket.id in layer:
                    layer = next((each for each in layers if ticket.id not in each), {})
                    if not layer:
                        layers.append(layer)
                layer[ticket.id] = (ticket, agreement)
        resources = self.plan.services[here.agreement.service].resources
        force = {each.id: _force(each) for each in agreements}
        for layer in layers:
            seen = tuple(_of_service(ticket, resources) for ticket, _ in layer.values())
            for name, measure, found in self._glances(_with(case, seen), layer):
                for glance in found:
                    ticket, agreement = layer[glance.ticket.id]
                    of = force[agreement.id]
                    if glance.start >= of.start and measure.counts_at(glance) in of:
                        yield Clock(ticket, agreement, name, measure, glance, _left(glance), self.counted)

    def _glances(
        self, case: Case, known: Mapping[str, tuple[Ticket, Agreement]]
    ) -> Iterator[tuple[str, Tickets, Sequence[Glance]]]:
        """The turns of the tickets of a case by each promise of times."""
        for name, clause in case.contract.promises:
            if isinstance(clause.measure, Tickets):
                yield name, clause.measure, self._judged(clause.measure, seen_by(name, case), known)

    def _last(self, agreement: Agreement) -> Counted | None:
        """The last period of an agreement that is over: what began in it may go on."""
        _, period = running(agreement, self.now)
        ends = [span.end for span in agreement.in_force(replace(period, span=Span(0, self.now)))]
        return self.counted(agreement, ends[-1] - 1) if ends else None

    def _by_terms(self, where: Counted) -> Case:
        case = self.books(where.period).case(where.agreement, where.period, where.terms, where.in_force)
        return as_of_now(case)

    def _judged(
        self, measure: Tickets, case: Case, known: Mapping[str, tuple[Ticket, Agreement]]
    ) -> Sequence[Glance]:
        """All that can be judged; each ticket that cannot is told apart, and holds nothing up."""
        tickets = case.evidence.tickets
        try:
            return glances(measure, case)
        except EvidenceRefused as error:
            if len(tickets) == 1:
                self.refused.append(Refused(tickets[0].id, known[tickets[0].id][1].id, str(error)))
                return ()
        half = len(tickets) // 2
        parts = (tickets[:half], tickets[half:])
        return [each for part in parts for each in self._judged(measure, _with(case, part), known)]


def _left(of: Glance) -> Ms | None:
    """The time on the promise's own clock until it is up; None where it is done, or never up."""
    if of.end is not None or of.due is None or of.target is None:
        return None
    return of.target.passed(of.until, of.due) if of.due > of.until else 0


def as_of_now(case: Case) -> Case:
    """The case with its tickets judged as of its own instant, and not as far as they are known."""
    return replace(
        case,
        evidence=replace(case.evidence, tickets_until=None),
        apart={name: replace(each, tickets_until=None) for name, each in case.apart.items()},
    )


def ours(plan: Plan) -> Sequence[Agreement]:
    """The agreements in which we promise; what we buy is done by others."""
    return [each for each in plan.agreements.values() if each.kind == "customer"]


def _with(case: Case, tickets: Sequence[Ticket]) -> Case:
    """The case with these tickets, whatever promise asks."""
    mine = tuple(tickets)
    return replace(
        case,
        evidence=replace(case.evidence, tickets=mine),
        apart={name: replace(each, tickets=mine) for name, each in case.apart.items()},
    )


def _alike(agreement: Agreement) -> Hashable:
    """Equal for agreements whose tickets may be judged at once; its own name for one that is judged alone.

    Alone is judged whose terms changed, or whose clocks stand in windows.
    """
    terms = agreement.terms[-1]
    own = [(name, c.measure) for name, c in terms.contract.promises if isinstance(c.measure, Tickets)]
    if len(agreement.terms) > 1 or any(measure.exclude for _, measure in own):
        return agreement.id
    return agreement.service, terms.cycle.zone, tuple(own)


def _force(agreement: Agreement) -> Span:
    """When an agreement is in force, from its first instant on."""
    spans = agreement.in_force(Period(Span(0, FOREVER), agreement.zone, ""))
    return spans[0] if spans else Span(0, 0)


def _of_service(ticket: Ticket, resources: Container[str]) -> Ticket:
    return ticket if not ticket.resource or ticket.resource in resources else replace(ticket, resource="")


def source_of(ticket: Ticket) -> str:
    """The system that told of it."""
    return ticket.columns.get("source", "")


def by_ticket(clocks: Iterable[Clock]) -> Iterator[tuple[Ticket, tuple[Clock, ...]]]:
    """Clocks by their ticket, each with those of its own in order."""

    found: dict[int, list[Clock]] = {}
    for clock in clocks:
        found.setdefault(id(clock.ticket), []).append(clock)
    for own in found.values():
        yield own[0].ticket, tuple(own)

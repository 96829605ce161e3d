"""Response commitments in a period, with where the time went: by the engine that draws up statements.

Counts, figures and money are read off the measure and the settlement; nothing is timed here a second time.
What a ticket lay in while its clock ran is told by its own events.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property

from monitor.agreements.evaluate import seen_by
from monitor.agreements.events import say_allowed
from monitor.agreements.gate import Commitment, spoken_bound
from monitor.agreements.parts import evaluate_parts
from monitor.agreements.pipeline import Case, Clause, Gate, Named, Settlement, badness
from monitor.agreements.tickets import Response, Responses, Tickets
from monitor.agreements.turns import merged
from monitor.config.plan import Agreement, Plan, Terms
from monitor.core.intervals import Ms, Span
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.core.tickets import OWN as ITSELF
from monitor.core.tickets import Ticket
from monitor.errors import MakegoodError
from monitor.oncall.shelf import shared
from monitor.operations import ticket_times as tt
from monitor.operations.hours_of_week import cell
from monitor.operations.responses import (
    Grouped,
    GroupLine,
    HourLine,
    KeyLine,
    LateLine,
    Nobodys,
    ResponseLine,
    ResponseReport,
    spread,
)
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.health import period_for, target_of
from monitor.statements.ticketed import is_ticketed, promises_times, unplaced
from monitor.store.protocol import WholeSnapshot

OWN = ("priority", "segment", "channel", "customer", "service")
"""What every ticket may be grouped by; beside them there are its columns."""
GROUPED = ("priority", "category", "team")
"""By what the report of the team groups them, as far as they say it."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One clock that counted, beside the states of its ticket."""

    response: Response
    clocked: tt.Clocked


@dataclass(slots=True)
class _Group:
    """The tickets that have one thing in common: how many went on, where they lay, and the clocks of them."""

    count: int = 0
    times: dict[str, Ms] = field(default_factory=dict)
    clocks: int = 0
    late: int = 0

    def line(self, key: str) -> GroupLine:
        return GroupLine(key, tt.times(self.count, self.times), self.clocks, self.late)


@dataclass(slots=True)
class _Lain:
    """The tickets that went on in the part of the period that has passed, added up: none of them is held."""

    hours: tt.ByHour
    whole: _Group = field(default_factory=_Group)
    groups: dict[str, dict[str, _Group]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    nobodys: list[Nobodys] = field(default_factory=list)


class Look:
    """One plan, one snapshot, one instant, and the tickets of one period, of which none is held.

    `by` is what `grouped` is asked for.
    """

    def __init__(
        self,
        plan: Plan,
        snapshot: WholeSnapshot,
        period: Period,
        now: Ms,
        *,
        customers: Collection[str] = (),
        services: Collection[str] = (),
        by: Collection[str] = GROUPED,
    ) -> None:
        self._snapshot, self.period, self._now = shared(snapshot), period, now
        self._by = by
        self._customers, self._services = customers, services
        monthly = bool(re.fullmatch(r"\d{4}-\d{2}", period.label))
        at = now if monthly else min(now, period.span.end - 1)
        self.books = Books(plan, self._snapshot, at)
        label = period.label if monthly else None
        own = [(a, period_for(a, label, at)) for a in plan.agreements.values() if self._is_asked(a)]
        self._agreed = [(a, each) for a, each in own if a.in_force(each)]
        self._clocks: dict[str, dict[str, _Group]] = {each: {} for each in by}
        self._began: Counter[int] = Counter()
        self._late: Counter[int] = Counter()

    def _is_asked(self, agreement: Agreement) -> bool:
        return (
            agreement.kind == "customer"
            and promises_times(agreement)
            and (not self._customers or agreement.customer in self._customers)
            and (not self._services or agreement.service in self._services)
        )

    @property
    def so_far(self) -> Span:
        """The part of the period that has passed."""
        start, end = self.period.span.start, min(self.period.span.end, self._now)
        return Span(start, max(start, end))

    @cached_property
    def _reach(self) -> Span:
        """The period and those of the agreements."""
        spans = [self.so_far, *(self.books.reach(each) for _, each in self._agreed)]
        return Span(min(each.start for each in spans), max(each.end for each in spans))

    def _every(self, customers: Collection[str] | None = None) -> Iterator[Ticket]:
        """The tickets that are asked for, all or those that name one of these."""
        found = self._snapshot.tickets(self._reach, customers=customers)
        return (each for each in found if not each.deleted and self._is_meant(each))

    def _is_meant(self, ticket: Ticket) -> bool:
        places = self.books.places
        return (not self._customers or places.customers.get(ticket.customer) in self._customers) and (
            not self._services or places.services.get(ticket.service) in self._services
        )

    @cached_property
    def _lain(self) -> _Lain:
        out = _Lain(tt.ByHour(self.so_far, self.period.zone), groups={each: {} for each in self._by})
        for each in self._every():
            lays = self.lays(each)
            own = tt.within(lays, self.so_far)
            if own:
                self._lie(out, each, own)
                out.hours.add(lays)
        return out

    def _lie(self, out: _Lain, ticket: Ticket, own: Mapping[str, Ms]) -> None:
        groups = (out.groups[by].setdefault(self._key(ticket, by), _Group()) for by in self._by)
        for group in (out.whole, *groups):
            group.count += 1
            _add(group.times, own)
        out.named.update(name for name, text in ticket.columns.items() if text)
        if ticket.customer or ticket.columns.get("source") != ITSELF:  # ours of nobody are none
            out.nobodys += (Nobodys(each.id, why) for each, why in unplaced(self.books.places, (ticket,)))

    @cached_property
    def _assigners(self) -> frozenset[str]:
        return tt.assigners(self._every())

    def lays(self, ticket: Ticket) -> tuple[tt.Lay, ...]:
        """The states of a ticket as its system told it, up to now."""
        return self.states(ticket, ticket.columns.get("source", ""))

    def states(self, ticket: Ticket, source: str) -> tuple[tt.Lay, ...]:
        """The same of one that counts with the events of another."""
        return tt.lays(ticket, self._now, assigns=source in self._assigners)

    @cached_property
    def lines(self) -> tuple[ResponseLine, ...]:
        """Every promise of times of the agreements that were in force."""
        found: list[ResponseLine] = []
        for each in self._agreed:
            found += _Of(self, *each).lines()
            self.books.put_away()
        return tuple(found)

    def told(self, agreement: Agreement) -> dict[str, Ticket]:
        """The tickets of an agreement's customer as their systems told them: by id, and with the system."""
        found: dict[str, Ticket] = {}
        for each in self._every(self.books.places.words_of(agreement.customer)):
            found[each.id] = each
            found[f"{each.columns.get('source', '')}:{each.id}"] = each
        return found

    def _count_all(self) -> None:
        """Have every clock counted, which is done while the lines are drawn up, and once."""
        _ = self.lines

    def count(self, response: Response, ticket: Ticket | None) -> None:
        """Take a clock that counted to those of its hour and of what its ticket is."""
        hour = cell(response.course.start, self.period.zone)
        self._began[hour] += 1
        self._late[hour] += response.late
        for by, groups in self._clocks.items():
            group = groups.setdefault(self._key(ticket, by), _Group())
            group.clocks += 1
            group.late += response.late

    # --- over all of them ---

    def times(self) -> tt.Times:
        """Where the tickets lay within the period."""
        whole = self._lain.whole
        return tt.times(whole.count, whole.times)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """By what the tickets can be grouped beside the hour of the week."""
        return (*OWN, *sorted(self._lain.named - {*OWN}))

    def grouped(self, by: str) -> Grouped:
        """The tickets by one of `columns`, the most time first."""
        self._count_all()
        lain, clocks = self._lain.groups[by], self._clocks[by]
        groups = []
        for key in {**lain, **clocks}:
            own, ran = lain.get(key, _Group()), clocks.get(key, _Group())
            groups.append(replace(own, clocks=ran.clocks, late=ran.late).line(key))
        return Grouped(by, tuple(sorted(groups, key=lambda each: (-each.times.whole, each.key))))

    def _key(self, ticket: Ticket | None, by: str) -> str:
        if ticket is None:
            return ""
        places = self.books.places
        if by == "customer":
            return places.customers.get(ticket.customer, ticket.customer)
        if by == "service":
            return places.services.get(ticket.service, ticket.service)
        if by in ("priority", "segment", "channel"):
            told = (event.value for event in reversed(ticket.events) if event.kind == by)
            return next(told, str(getattr(ticket, by)))
        return ticket.columns.get(by, "")

    def hours(self) -> tuple[HourLine, ...]:
        """By hour of the week; hours in which nothing lay and no clock began are left out."""
        self._count_all()
        lay = self._lain.hours.told()
        return tuple(
            HourLine(hour, lay.get(hour, tt.NO_TIMES), self._began[hour], self._late[hour])
            for hour in range(7 * 24)
            if self._began[hour] or (hour in lay and lay[hour].whole)
        )

    def nobodys(self) -> tuple[Nobodys, ...]:
        """The tickets of the period that count nowhere, and why; our own incidents of nobody are none."""
        return tuple(self._lain.nobodys)

    def report(self) -> ResponseReport:
        """All of it, for the report of the team."""
        groups = (self.grouped(by) for by in GROUPED if by in self.columns)
        return ResponseReport(
            period=self.period,
            lines=self.lines,
            times=self.times(),
            groups=tuple(each for each in groups if any(line.key for line in each.lines)),
            hours=self.hours(),
            nobodys=self.nobodys() if self._agreed else (),
        )


def _together(found: Iterable[Mapping[str, Ms]]) -> tt.Times:
    whole = _Group()
    for each in found:
        whole.count += 1
        _add(whole.times, each)
    return tt.times(whole.count, whole.times)


def _add(whole: dict[str, Ms], more: Mapping[str, Ms]) -> None:
    for state, ms in more.items():
        whole[state] = whole.get(state, 0) + ms


def responses(plan: Plan, snapshot: WholeSnapshot, period: Period, now: Ms) -> ResponseReport | None:
    """The report of a period; None where no times are promised and no ticket went on in it."""
    look = Look(plan, snapshot, period, now)
    found = look.report()
    return found if found.lines or found.times.count else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A promise of times: its place among all promises, under which name, by which terms, on which case."""

    place: int
    label: str
    clause: Clause
    measure: Tickets
    case: Case
    terms: Terms


class _Of:
    """The promises of times of one agreement in one of its periods."""

    def __init__(self, look: Look, agreement: Agreement, period: Period) -> None:
        self._look, self._agreement, self._period = look, agreement, period
        books = look.books
        self._parts = [
            (terms, books.case(agreement, period, terms, in_force))
            for terms, in_force in agreement.parts(period)
        ]
        whys = (books.why_not(agreement, t) or books.untold(agreement, period, t) for t, _ in self._parts)
        self._why = next(filter(None, whys), "")

    def lines(self) -> Iterator[ResponseLine]:
        """A line for each; without money where the period cannot be settled yet."""
        settled = self._settled()
        for asked in self._asked():
            try:
                yield self._line(asked, settled)
            except MakegoodError as error:
                yield self._blank(asked, str(error))

    def _asked(self) -> Iterator[_Asked]:
        split, place = len(self._parts) > 1, 0
        for terms, case in self._parts:
            for name, clause in terms.contract.promises:
                if isinstance(clause.measure, Tickets):
                    label = f"{name} from {terms.start}" if split else name
                    seen = seen_by(name, case)
                    yield _Asked(place, label, clause, clause.measure, seen, terms)
                place += 1

    def _settled(self) -> Settlement | None:
        if self._why:
            return None
        try:
            return evaluate_parts([case for _, case in self._parts])
        except MakegoodError as error:
            self._why = str(error)
            return None

    def _blank(self, asked: _Asked, why: str) -> ResponseLine:
        plan, agreement = self._look.books.plan, self._agreement
        return ResponseLine(
            agreement=agreement.id,
            customer=plan.party_of(agreement).party.name,
            service=plan.services[agreement.service].title,
            promise=asked.label,
            stops=asked.measure.rules.to,
            commitment=spoken_bound(asked.clause.gate),
            period=self._period,
            why=why,
        )

    def _line(self, asked: _Asked, settled: Settlement | None) -> ResponseLine:
        found = asked.measure.responses(asked.case)
        own = self._clocked(asked, found)
        late = [each for each in own if each.response.late]
        named = None if settled is None else settled.promises[asked.place]
        reading = None if named is None else min(named.readings, key=badness)
        target = target_of(self._look.books.plan, self._agreement.service, asked.terms.sla)
        protects = target is not None and asked.terms.sla in target.protects and _alone(asked.terms)
        return replace(
            self._blank(asked, self._why),
            figure=None if reading is None else reading.figure,
            unit=asked.measure.unit,
            least=_least(asked.clause.gate),
            met=None if reading is None else reading.met,
            target=target.objective if target is not None and protects else None,
            credit=None if settled is None or named is None else _credit(settled, named),
            in_time=len(found.in_time),
            waiting=len(found.unfinished),
            aside=len(found.aside),
            took=spread(each.response.course.elapsed for each in own),
            keys=tuple(_keys(asked.measure, found)),
            times=_added(own),
            late_times=_added(late),
            cause=tt.cause([(each.clocked, each.response.course.allowed) for each in late]),
            late=tuple(_late(each) for each in late),
        )

    def _clocked(self, asked: _Asked, found: Responses) -> list[Counted]:
        """The clocks that counted, beside the states of their tickets."""
        here = merged(asked.case.evidence.tickets, asked.measure.rules.merged)[0]
        by_id = {each.id: _went_on(each) for each in here}
        lays: dict[str, tuple[tt.Lay, ...]] = {}
        out = []
        for each in (*found.in_time, *found.late):
            told = self._told.get(each.ticket)
            if each.ticket not in lays:
                lays[each.ticket] = self._lays(by_id[each.ticket], told)
            out.append(Counted(each, tt.clocked(each.timeline(), lays[each.ticket])))
            self._look.count(each, told)
        return out

    def _lays(self, counts: Ticket, told: Ticket | None) -> tuple[tt.Lay, ...]:
        if told is not None and counts.events == told.events:
            return self._look.lays(told)
        source = "" if told is None else told.columns.get("source", "")
        return self._look.states(counts, source)

    @cached_property
    def _told(self) -> Mapping[str, Ticket]:
        return self._look.told(self._agreement)


def _went_on(ticket: Ticket) -> Ticket:
    """A ticket that counts with the events of the one that it went into: that was no end of it."""
    if not ticket.merged_into:
        return ticket
    return replace(ticket, events=tuple(each for each in ticket.events if each.kind != "merged"))


def _alone(terms: Terms) -> bool:
    """Whether an SLA promises nothing but times of tickets."""
    return all(is_ticketed(promise.measure) for _, promise in terms.terms.promises)


def _least(gate: Gate) -> Bound | None:
    """What a promise asks for, where that is a share."""
    return gate.bound if isinstance(gate, Commitment) and gate.of == "share" else None


def _credit(settled: Settlement, named: Named) -> Money | None:
    """What a promise costs, as a statement has it: of the only one after its limits, else its own part."""
    if any(not each.determinable for each in named.readings):
        return None
    if len(settled.promises) == 1:
        amount = settled.credit
        return None if amount is None else Money(amount.exact, amount.currency)
    if not named.base.currency:
        return None
    money = (due.amount for due in named.priced.dues if due.kind == "money")
    return Money(sum(money, Fraction(0)), named.base.currency)


def _keys(measure: Tickets, found: Responses) -> Iterator[KeyLine]:
    """By priority, in the order in which the times are promised; others after them."""
    within = dict(measure.within)
    groups = (found.in_time, found.late, found.unfinished)
    told = {each.key for group in groups for each in group}
    order = [key for key in within if key in told]
    for key in (*order, *sorted(told - {*order})):
        in_time, late, waiting = ([each for each in group if each.key == key] for group in groups)
        allowed = within.get(key) or within.get("")
        yield KeyLine(
            key=key,
            allowed="" if allowed is None or allowed.none else say_allowed(allowed),
            in_time=len(in_time),
            late=len(late),
            waiting=len(waiting),
            took=spread(each.course.elapsed for each in (*in_time, *late)),
        )


def _added(own: Iterable[Counted]) -> tt.Times:
    return _together(each.clocked.parts for each in own)


def _late(each: Counted) -> LateLine:
    of = each.response.course
    return LateLine(
        ticket=each.response.cause,
        key=each.response.key,
        start=of.start,
        due=of.until if of.due is None else of.due,
        end=of.end,
        elapsed=of.elapsed,
        allowed=of.allowed,
        delay=of.delay,
        most=each.clocked.most,
    )

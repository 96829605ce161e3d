"""The clocks that promises of times ran on tickets, for KPIs: as the engine judged them for the agreements.

Each counts once, at its own instant; a KPI's period takes those whose instant lies in it. Nothing is timed
here a second time. Of a period that is over and whose tickets are not all known nothing is told.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property, partial
from itertools import chain, groupby

from monitor.agreements.evaluate import seen_by
from monitor.agreements.pipeline import Case
from monitor.agreements.tickets import Response, Tickets
from monitor.config.plan import Agreement, Plan, Terms
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.periods import Period
from monitor.core.response import Course
from monitor.core.tickets import Ticket
from monitor.errors import MakegoodError
from monitor.oncall.shelf import shared
from monitor.operations.hours_of_week import within
from monitor.operations.kpi_rules import OF_TICKETS, STOPS, KpiRule
from monitor.operations.measures import Timed, Told, is_read, of_clocks, of_times
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.periods import running
from monitor.statements.ticketed import Known, is_ticketed, known, of_promises, promises_times, unknown
from monitor.store.protocol import Snapshot

_Clock = tuple[Timed, Course, Ms]
"""One like it, what became of it, and the instant at which it counts."""
NOT_IN_FORCE = "no agreement that promises it was in force then"


@dataclass(frozen=True, slots=True)
class Source:
    """An agreement of ours, or an SLA that runs `beside` the one of that `id` and binds nobody."""

    id: str
    agreement: Agreement
    beside: tuple[str, ...] = ()

    def promises(self, rule: KpiRule) -> Iterator[Tickets]:
        """Its promises that a KPI reads."""
        for terms in self.agreement.terms:
            if rule.slas and {*rule.slas}.isdisjoint((*terms.slas, *self.beside)):
                continue
            for name, clause in terms.contract.promises:
                if not isinstance(clause.measure, Tickets) or STOPS[clause.measure.rules.to] != rule.of:
                    continue
                if not rule.promises or name in rule.promises:
                    yield clause.measure

    def is_meant(self, rule: KpiRule) -> bool:
        """Whether a KPI reads any of its clocks."""
        return (
            (not self.beside or bool(rule.slas))
            and (not rule.agreements or self.id in rule.agreements)
            and (not rule.customers or self.agreement.customer in rule.customers)
            and (not rule.services or self.agreement.service in rule.services)
            and any(True for _ in self.promises(rule))
        )


@dataclass(frozen=True, slots=True)
class _Own:
    """A period of an agreement, of which those clocks are read that count in `part`."""

    source: Source
    period: Period
    part: Span

    @property
    def agreement(self) -> Agreement:
        return self.source.agreement


@dataclass(frozen=True, slots=True)
class _Gap:
    """Why nobody can tell of an agreement in a span: of one `promise`, or "" for all of them."""

    agreement: Agreement
    span: Span
    why: str
    promise: str = ""
    of: str = ""

    def is_of(self, rule: KpiRule) -> bool:
        """Whether a KPI reads what nobody can tell."""
        return not self.promise or (
            self.of == rule.of and (not rule.promises or self.promise in rule.promises)
        )


@dataclass(slots=True)
class _Alike:
    """Clocks that count in one period and differ in nothing but their times; `one` is any of them."""

    one: Timed
    at: array[int] = field(default_factory=partial(array, "q"))
    start: array[int] = field(default_factory=partial(array, "q"))
    elapsed: array[int] = field(default_factory=partial(array, "q"))
    late: list[bool | None] = field(default_factory=list)

    def add(self, course: Course, at: Ms) -> None:
        self.at.append(at)
        self.start.append(course.start)
        self.elapsed.append(course.elapsed)
        self.late.append(course.late if course.due is not None else None)

    def clocks(self) -> Iterator[Timed]:
        """Each as a value."""
        for at, start, elapsed, late in zip(self.at, self.start, self.elapsed, self.late, strict=True):
            yield replace(self.one, at=at, start=start, elapsed=elapsed, late=late)


class Clocks:
    """The clocks that these KPIs read, within some periods that follow each other. Read once, when asked for.

    `teams`: whether anybody asks for the teams of tickets, which are read apart.
    """

    def __init__(
        self,
        plan: Plan,
        snapshot: Snapshot,
        now: Ms,
        periods: Sequence[Period],
        rules: Collection[KpiRule],
        *,
        teams: bool = False,
    ) -> None:
        self._plan, self._snapshot, self._now, self._periods = plan, shared(snapshot), now, periods
        self._rules = [rule for rule in rules if rule.of in OF_TICKETS]
        self._teams = teams or any(rule.teams for rule in self._rules)
        self._gaps: list[_Gap] = []

    def told(self, rule: KpiRule, period: Period) -> Told:
        """What a KPI comes to in one of the periods, or why nobody can tell."""
        why = self._why(rule, period)
        if why:
            return Told(None, 0, why)
        if rule.hours is not None:
            return of_clocks(rule, self.of(rule, period))
        found = self._alike(rule, period)
        elapsed = (each.elapsed for each in found)
        return of_times(rule, chain.from_iterable(elapsed), chain.from_iterable(each.late for each in found))

    def of(self, rule: KpiRule, period: Period) -> list[Timed]:
        """The clocks that a KPI reads, of those that count in a period."""
        found = [each for alike in self._alike(rule, period) for each in alike.clocks()]
        return [each for each in found if _in_hours(rule, each.start, period)]

    def _alike(self, rule: KpiRule, period: Period) -> list[_Alike]:
        return [each for each in self._by_label.get(period.label, ()) if is_read(rule, each.one)]

    def agreements(self, rule: KpiRule) -> list[Agreement]:
        """Ours that make such a promise, of those that a KPI is narrowed to."""
        return [each.agreement for each in self._sources if each.is_meant(rule)]

    @cached_property
    def _sources(self) -> Sequence[Source]:
        ours = [each for each in self._plan.agreements.values() if each.kind == "customer"]
        agreed = (Source(each.id, each) for each in ours)
        beside = (
            Source(each.id, shadow.agreement, shadow.names)
            for each in ours
            for shadow in self._plan.shadows.get(each.id, ())
        )
        return [each for each in (*agreed, *beside) if promises_times(each.agreement)]

    def priorities(self, rule: KpiRule) -> list[str]:
        """Those of its clocks, in the order in which their times are promised; others after them."""
        told = {each.one.priority for each in self._read(rule)}
        promised = dict.fromkeys(
            key
            for source in self._sources
            if source.is_meant(rule)
            for measure in source.promises(rule)
            if measure.rules.by == "priority"
            for key, _ in measure.within
        )
        order = [key for key in promised if key in told]
        return [*order, *sorted(told - {*order})]

    def teams(self, rule: KpiRule) -> list[str]:
        """The teams that the tickets of its clocks name; "" where one names none."""
        return sorted({each.one.team for each in self._read(rule)})

    def _read(self, rule: KpiRule) -> Iterator[_Alike]:
        """With one of these at least among the hours that the KPI reads."""
        found = ((period, each) for period in self._periods for each in self._alike(rule, period))
        return (each for period, each in found if any(_in_hours(rule, at, period) for at in each.start))

    # --- what nobody can tell ---

    def _why(self, rule: KpiRule, period: Period) -> str:
        """Why nobody can tell of a period: tickets that are not known, or that cannot be judged."""
        own = [(each, each.in_force(period)) for each in self.agreements(rule)]
        in_force = [(each, spans[0]) for each, spans in own if spans]
        if not in_force:
            return NOT_IN_FORCE
        _ = self._by_label
        asked = {each.id for each, _ in in_force}
        gaps = (gap for gap in self._gaps if gap.agreement.id in asked and gap.span.clip(period.span))
        if why := next((gap.why for gap in gaps if gap.is_of(rule)), ""):
            return why
        if period.span.end > self._now:
            return ""
        return next((why for each, span in in_force if (why := unknown(self._known, span, each.zone))), "")

    @cached_property
    def _known(self) -> Mapping[str, Known]:
        return known(self._plan, self._snapshot, self._first.events, self._now)

    # --- the clocks ---

    @cached_property
    def _by_label(self) -> Mapping[str, Sequence[_Alike]]:
        found: dict[str, dict[Timed, _Alike]] = {each.label: {} for each in self._periods}
        starts = [each.span.start for each in self._periods]
        for one, course, at in self._clocks():
            here = bisect_right(starts, at) - 1
            if here >= 0 and at in self._periods[here].span:
                alike = found[self._periods[here].label]
                (alike.get(one) or alike.setdefault(one, _Alike(one))).add(course, at)
        return {label: list(alike.values()) for label, alike in found.items()}

    def _clocks(self) -> Iterator[_Clock]:
        """Month after month, and agreement after agreement: no other's tickets are in memory."""
        asked = [each for each in self._sources if any(each.is_meant(rule) for rule in self._rules)]
        every = sorted((own for each in asked for own in self._cut(each)), key=_span)
        for _, together in groupby(every, key=_span):
            books = Books(self._plan, self._snapshot, self._now)
            books.events = self._first.events
            for own in together:
                yield from self._of(books, own)
                books.put_away()

    @cached_property
    def _first(self) -> Books:
        return Books(self._plan, self._snapshot, self._now)

    def _cut(self, source: Source) -> Iterator[_Own]:
        """The agreement's own periods that reach into those that are looked at, without overlap."""
        agreement = source.agreement
        first = max(self._periods[0].span.start, agreement.first)
        upto = min(self._periods[-1].span.end, self._now + 1)
        while upto > first:
            _, period = running(agreement, upto - 1)
            start = period.span.start if period.span.start < upto else upto - DAY
            if agreement.in_force(period):
                yield _Own(source, period, Span(max(start, first), upto))
            upto = start

    def _of(self, books: Books, own: _Own) -> Iterator[_Clock]:
        agreement, period = own.agreement, own.period
        try:
            parts = [
                (terms, books.case(agreement, period, _alone(terms), spans, back=False))
                for terms, spans in agreement.parts(period)
                if of_promises(terms.terms.promises)
            ]
        except MakegoodError as error:
            self._gaps.append(_Gap(agreement, own.part, str(error)))
            return
        told = books.tickets(agreement, books.reach(period))
        if told.lost:
            self._gaps.append(_Gap(agreement, own.part, told.lost))
        tickets = {each.id: each for each in told.tickets}
        teams = self._teams_of(books, own) if self._teams else {}
        for terms, case in parts:
            for name, clause in case.contract.promises:
                if not isinstance(clause.measure, Tickets) or not self._is_read(name, clause.measure):
                    continue
                ones: dict[tuple[str, str], Timed] = {}
                for each in self._counted(own, name, clause.measure, case):
                    at = clause.measure.counts_at(each.course)
                    if at in own.part:
                        priority = _priority(clause.measure, each, tickets[each.ticket])
                        key = (priority, teams[each.ticket] if teams else "")
                        one = ones.get(key) or ones.setdefault(
                            key, _one(own, terms, name, clause.measure, *key)
                        )
                        yield one, each.course, at

    def _is_read(self, promise: str, measure: Tickets) -> bool:
        """Whether any KPI reads a promise: no other is judged."""
        of = STOPS[measure.rules.to]
        asked = (rule for rule in self._rules if rule.of == of)
        return any(not rule.promises or promise in rule.promises for rule in asked)

    def _counted(self, own: _Own, name: str, measure: Tickets, case: Case) -> Sequence[Response]:
        try:
            found = measure.responses(seen_by(name, case))
        except MakegoodError as error:
            self._gaps.append(_Gap(own.agreement, own.part, str(error), name, STOPS[measure.rules.to]))
            return ()
        return (*found.in_time, *found.late)

    def _teams_of(self, books: Books, own: _Own) -> Mapping[str, str]:
        """The team that each ticket names, by its id and by its id with its source."""
        found: dict[str, str] = {}
        words = books.places.words_of(own.agreement.customer)
        for each in self._snapshot.tickets(books.reach(own.period), customers=words):
            team = each.columns.get("team", "")
            found[each.id] = found[f"{each.columns.get('source', '')}:{each.id}"] = team
        return found


def _alone(terms: Terms) -> Terms:
    """The same without promises that other evidence settles: nothing of that is read."""
    mine = {name for name, promise in terms.terms.promises if is_ticketed(promise.measure)}
    contract = tuple(each for each in terms.contract.promises if each[0] in mine)
    written = tuple(each for each in terms.terms.promises if each[0] in mine)
    return replace(
        terms,
        contract=replace(terms.contract, promises=contract),
        terms=replace(terms.terms, promises=written),
    )


def _span(own: _Own) -> Span:
    return own.period.span


def _in_hours(rule: KpiRule, at: Ms, period: Period) -> bool:
    return rule.hours is None or bool(within(rule.hours, Span(at, at + 1), period.zone))


def _one(own: _Own, terms: Terms, promise: str, measure: Tickets, priority: str, team: str) -> Timed:
    """A clock of a promise, without its times."""
    return Timed(
        of=STOPS[measure.rules.to],
        agreement=own.source.id,
        promise=promise,
        customer=own.agreement.customer,
        service=own.agreement.service,
        priority=priority,
        team=team,
        at=0,
        start=0,
        elapsed=0,
        late=None,
        slas=(*terms.slas, *own.source.beside),
        beside=bool(own.source.beside),
    )


def _priority(measure: Tickets, judged: Response, ticket: Ticket) -> str:
    """What it was judged by; where times are by something else, what the ticket was when it was judged."""
    if measure.rules.by == "priority":
        return judged.key
    told = (each for each in reversed(ticket.events) if each.at <= judged.course.until)
    return next((each.value for each in told if each.kind == "priority"), ticket.priority)

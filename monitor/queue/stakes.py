"""The money on a clock, by the engine: the period's credit if it is missed, less what it is if it is not.

Everything else is taken as it stands now. Both credits come from the agreement's own stages; only what closed
tickets come to may be read from what was kept of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace
from hashlib import sha256
from typing import Final

from monitor import __version__
from monitor.agreements.evaluate import evaluate, seen_by, settle
from monitor.agreements.glance import accounts
from monitor.agreements.lanes import by_lane
from monitor.agreements.parts import evaluate_parts
from monitor.agreements.pipeline import Accounts, Case, Miss, Named
from monitor.agreements.remembered import Remembered
from monitor.agreements.tickets import Tickets, miss
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.money import Amount
from monitor.core.periods import local
from monitor.core.ticket_course import goes_on
from monitor.core.tickets import Ticket
from monitor.errors import EvidenceRefused, MakegoodError
from monitor.queue import counted
from monitor.queue.clocks import Clock, Counted, Watch, as_of_now
from monitor.queue.counted import Few
from monitor.queue.held import holding
from monitor.queue.kept import Entry, Kept
from monitor.records import dataclass
from monitor.statements import exclusions, maintenance, relabels
from monitor.statements.books import Books
from monitor.store.protocol import WholeSnapshot

HORIZON: Final[Ms] = 90 * DAY
"""How far ahead it is looked whether more time costs more."""
MOVES: Final = maintenance.KINDS | exclusions.KINDS | relabels.KINDS
UNCOUNTED: Final = frozenset(
    ("endpoint", "sentinel", "metric", "target", "kpi", "queue", "alert", "alerts", "channel", "internal")
)
"""The tables of a configuration that no ticket is counted by."""
ByPromise = dict[str, Accounts]
Pairs = list[tuple[Ticket, Ticket | None]]


@dataclass(frozen=True, slots=True)
class Credit:
    """What a period comes to; None where nobody can tell, and `why`."""

    amount: Amount | None
    why: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A part of a period: its case, what each promise counted, and which promises a cause missed."""

    case: Case
    accounts: Mapping[str, Few]
    by_day: Mapping[str, bool]
    alike: Mapping[str, bool]
    missed: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Stake:
    """What hangs on one clock: the credit if kept, and if missed (None: nobody can tell, and `why`).

    Of one that is late already `kept` is what it would be without this miss, `missed` what it is now, and
    (`more`, `more_at`) the next higher credit and the instant from which on it is that, if it is not done
    before; None where more time costs nothing more.
    """

    kept: Amount | None
    missed: Amount | None
    why: str = ""
    more: Amount | None = None
    more_at: Ms | None = None

    @property
    def amount(self) -> Amount | None:
        """The money at stake."""
        return _less(self.missed, self.kept)

    @property
    def adds(self) -> Amount | None:
        """What more time costs beside what is lost already."""
        return _less(self.more, self.missed)


def _less(one: Amount | None, other: Amount | None) -> Amount | None:
    return None if one is None or other is None else Amount(one.minor - other.minor, one.currency)


def state_of(watch: Watch) -> str:
    """What all that is kept depends on, beside the tickets: the configuration as written, program, windows.

    Another order of tables is another state too: then it is counted anew, and nothing is lost.
    """
    moved = max((event.seq for event in watch.events if event.kind in MOVES), default=0)
    tables = {name: table for name, table in watch.plan.source.items() if name not in UNCOUNTED}
    return sha256(repr((tables, __version__, moved)).encode()).hexdigest()


@dataclass
class Stakes:
    """What clocks of one watch cost; each part of a period is settled once."""

    watch: Watch
    kept: Kept
    at_once: int = 10_000
    _settled: dict[tuple[str, str, int], Settled | MakegoodError] = field(default_factory=dict)
    _known: dict[tuple[object, ...], Stake] = field(default_factory=dict)
    _named: dict[tuple[str, str, int], dict[str, Named]] = field(default_factory=dict)
    _since: dict[int, Mapping[str, Pairs]] = field(default_factory=dict)
    _read: dict[Span, tuple[Set[str], WholeSnapshot]] = field(default_factory=dict)

    def prepare(self, clocks: Iterable[Clock]) -> None:
        """Read at once what is to be counted anew for these clocks; a single one is read when it is asked."""
        cold: dict[Span, set[str]] = {}
        for clock in clocks:
            reach = self.watch.books(clock.where.period).reach(clock.where.period)
            if any(self._is_cold(part) for part in self._parts(clock.where)):
                cold.setdefault(reach, set()).add(clock.agreement.customer)
        for reach, customers in cold.items():
            if len(customers) > 1 and not customers <= self._reached(reach)[0]:
                words = [word for each in customers for word in self.watch.places.words_of(each)]
                tickets = tuple(self.watch.snapshot.tickets(reach, customers=words))
                self._read[reach] = (customers, holding(self.watch.snapshot, reach, tickets))

    def _is_cold(self, part: Counted) -> bool:
        kept = self.kept.get(part.key)
        return kept is None or kept.link != self.watch.snapshot.ticket_link(kept.batch)

    def _reached(self, reach: Span) -> tuple[Set[str], WholeSnapshot]:
        """The customers whose tickets of a span were read already, and where they are."""
        return self._read.get(reach, (frozenset(), self.watch.snapshot))

    def of(self, clock: Clock) -> Stake:
        """What hangs on a clock; clocks that are alike to the engine cost alike."""
        try:
            key = self._alike(clock)
            if key not in self._known:
                self._known[key] = self._stake(clock)
            return self._known[key]
        except MakegoodError as error:
            return Stake(None, None, str(error))

    def _alike(self, clock: Clock) -> tuple[object, ...]:
        """All that the stages can tell two clocks apart by."""
        where, response = clock.where, clock.response
        key = (*where.key, clock.promise, response.late, response.resource)
        settled, at = self._part(where), self._at(clock, where)
        beside = settled.missed.get(response.cause, ())
        if settled.alike[clock.promise]:
            days = [local(each, where.period.zone).date() for each in (at, clock.due or at)]
            return (*key, response.finished, *days, *beside)
        if response.late:
            return (*key, response.cause)
        late = _just_missed(clock, where, "")
        day = local(at, where.period.zone).date() if settled.by_day[clock.promise] else at
        return (*key, day, late.allowed, late.days, late.delay, *beside)

    def _stake(self, clock: Clock) -> Stake:
        where, cause = clock.where, clock.response.cause
        lane, at = self._lane(clock, where), self._at(clock, where)

        def told(late: Miss | None) -> Credit:
            return self._credit(where, clock.promise, lambda own: counted.as_if(own, lane, at, cause, late))

        if not clock.response.late:
            kept, missed = told(None), told(_just_missed(clock, where, lane))
            return Stake(kept.amount, missed.amount, kept.why or missed.why)
        kept, missed = told(None), told(self._missed_by(clock, lane, self.watch.now))
        found = Stake(kept.amount, missed.amount, kept.why or missed.why)
        same = clock.response.finished or self._part(where).alike[clock.promise]
        return found if same else self._more(clock, lane, found, told)

    def _more(self, clock: Clock, lane: str, found: Stake, told: Callable[[Miss | None], Credit]) -> Stake:
        """When more time costs more, and what it comes to then."""
        low, high = self.watch.now, self.watch.now + HORIZON
        now, then = found.missed, told(self._missed_by(clock, lane, high)).amount
        if now is None or then is None or then.minor <= now.minor:
            return found
        while high - low > 1:
            between = (low + high) // 2
            costs = told(self._missed_by(clock, lane, between)).amount
            if costs is not None and costs.minor > now.minor:
                high, then = between, costs
            else:
                low = between
        return replace(found, more=then, more_at=high)

    def _missed_by(self, clock: Clock, lane: str, at: Ms) -> Miss:
        """The miss of a late clock that is stopped at an instant from now on; its clock runs until then."""
        of = clock.response.course
        if of.end is not None or of.target is None:
            return miss(clock.response, lane, clock.where.period.zone)
        delay = of.delay + of.target.passed(of.until, at)
        later = replace(of, until=at, delay=delay)
        return miss(replace(clock.response, course=later), lane, clock.where.period.zone)

    def _lane(self, clock: Clock, where: Counted) -> str:
        case = seen_by(clock.promise, self.watch.case(where))
        return next(lane for lane, _, own in by_lane((clock.response,), case) if own)

    def _at(self, clock: Clock, where: Counted) -> Ms:
        """The instant at which it counts, or the last one of its period so far."""
        at, case = clock.measure.counts_at(clock.glance), self._case(where)
        return min(at, max(case.as_of - 1, where.in_force[0].start))

    def _case(self, where: Counted) -> Case:
        """The case of a part; of a period that is still to come, as of its first instant."""
        case, least = self.watch.case(where), where.in_force[0].start + 1
        return case if case.as_of >= least else replace(case, as_of=least)

    def _credit(self, where: Counted, promise: str, change: Callable[[Few], Accounts]) -> Credit:
        """What the period comes to if the accounts of one promise were others."""
        cases = []
        for part in self._parts(where):
            settled = self._part(part)
            changed = {promise: change(settled.accounts[promise])} if part.part == where.part else {}
            cases.append(_counted(settled, changed))
        alone = len(cases) == 1
        found = evaluate(cases[0], self._others(where, promise)) if alone else evaluate_parts(cases)
        return Credit(found.credit, found.undecided)

    def _others(self, where: Counted, promise: str) -> Mapping[str, Named]:
        """The other promises of a part as they are settled, whatever becomes of this one."""
        known, settled = self._named.setdefault(where.key, {}), self._part(where)
        for name, clause in settled.case.contract.promises:
            if name != promise and name not in known:
                known[name] = settle(
                    name, counted.fixed(clause, settled.accounts[name].accounts), settled.case
                )
        return {name: named for name, named in known.items() if name != promise}

    def _parts(self, where: Counted) -> Sequence[Counted]:
        agreement, period = where.agreement, where.period
        return [
            Counted(agreement, period, terms, spans, place)
            for place, (terms, spans) in enumerate(agreement.parts(period))
        ]

    # -- what a part of a period comes to so far

    def _part(self, where: Counted) -> Settled:
        """A part with what every promise of it counted, open tickets and closed ones."""
        if where.key not in self._settled:
            try:
                self._settled[where.key] = self._measured(where)
            except MakegoodError as error:
                self._settled[where.key] = error
        found = self._settled[where.key]
        if isinstance(found, MakegoodError):
            raise found
        return found

    def _measured(self, where: Counted) -> Settled:
        case, closed = self._case(where), self._closed(where)
        if closed.why:
            raise EvidenceRefused(closed.why)
        found = {}
        clauses = dict(case.contract.promises)
        live = self._with_tied(where, case, closed.tied)
        for name, clause in case.contract.promises:
            seen, measure = seen_by(name, live), clause.measure
            own = accounts(measure, seen) if isinstance(measure, Tickets) else measure(seen)
            kept = closed.promises.get(name)
            found[name] = own if kept is None else counted.together(counted.large(kept), own)
        missed: dict[str, list[str]] = {}
        for name, rows in found.items():
            for each in rows:
                for one in each.misses:
                    missed.setdefault(one.cause, []).append(name)
        combine, zone = case.contract.combine, where.period.zone
        return Settled(
            case=case,
            accounts={
                name: counted.in_days(rows, clauses[name], combine, zone) for name, rows in found.items()
            },
            by_day={name: counted.by_day(clause) for name, clause in clauses.items()},
            alike={name: counted.alike(clause, combine) for name, clause in clauses.items()},
            missed=missed,
        )

    def _with_tied(self, where: Counted, case: Case, tied: Sequence[str]) -> Case:
        """The case with closed tickets beside, of which an open one says what becomes of them."""
        if not tied:
            return case
        rows = [each for name in tied for each in self.watch.snapshot.ticket(name) if each.until is None]
        more = [each.ticket for each in rows if not each.ticket.deleted]
        span = self.watch.books(where.period).reach(where.period)
        held = holding(self.watch.snapshot, span, (*self.watch.tickets, *more))
        books = Books(self.watch.plan, held, self.watch.now)
        books.events = self.watch.events
        found = as_of_now(books.case(where.agreement, where.period, where.terms, where.in_force))
        return replace(found, as_of=case.as_of)

    def _closed(self, where: Counted) -> Entry:
        """What closed tickets come to: as it is kept, with what was told since, or counted anew."""
        snapshot, kept = self.watch.snapshot, self.kept.get(where.key)
        head, link = snapshot.ticket_head()
        if kept is not None and (kept.batch, kept.link) == (head, link):
            return kept
        found = None
        if kept is not None and not (kept.tied or kept.why) and kept.link == snapshot.ticket_link(kept.batch):
            found = self._moved_on(where, kept, head, link)
        if found is None:
            found = self._anew(where, head, link)
        self.kept.put(where.key, found)
        return found

    def _moved_on(self, where: Counted, kept: Entry, head: int, link: str) -> Entry | None:
        """What is kept with the tickets that were closed since; None where what was over is so no more."""
        told = self._told(kept.batch).get(where.agreement.id, ())
        if any(_was_over(was) or now.merged_into for now, was in told):
            return None
        over = [now for now, _ in told if not now.deleted and not goes_on(now.events)]
        if not over:
            return replace(kept, batch=head, link=link)
        try:
            added = self._accounts(where, self._told_to(where, over))
        except EvidenceRefused:
            return None
        found = {
            name: counted.together(counted.large(rows), added[name]) for name, rows in kept.promises.items()
        }
        return Entry(head, link, _small(where, found))

    def _told(self, batch: int) -> Mapping[str, Pairs]:
        """What was told since a batch, by the agreements that it counts in, or did."""
        if batch not in self._since:
            found: dict[str, Pairs] = {}
            for now, was in self.watch.snapshot.tickets_since(batch):
                for name in {*self._agreements(now), *self._agreements(was)}:
                    found.setdefault(name, []).append((now, was))
            self._since[batch] = found
        return self._since[batch]

    def _agreements(self, ticket: Ticket | None) -> Iterable[str]:
        if ticket is None:
            return ()
        try:
            return [each.id for each in self.watch.places.agreements_of(ticket)]
        except LookupError:
            return ()

    def _anew(self, where: Counted, head: int, link: str) -> Entry:
        books = self.watch.books(where.period)
        reach = books.reach(where.period)
        customers, read = self._reached(reach)
        snapshot = read if where.agreement.customer in customers else self.watch.snapshot
        plain = Books(self.watch.plan, snapshot, self.watch.now)
        plain.events = self.watch.events
        every = plain.tickets(where.agreement, reach).tickets
        over, tied = _apart(every)
        try:
            accounts = self._accounts(where, over)
        except EvidenceRefused as error:
            return Entry(head, link, {}, why=str(error))
        return Entry(head, link, _small(where, accounts), tied)

    def _told_to(self, where: Counted, tickets: Sequence[Ticket]) -> Sequence[Ticket]:
        """Tickets as the agreement's terms look at them."""
        reach = self.watch.books(where.period).reach(where.period)
        books = Books(self.watch.plan, holding(self.watch.snapshot, reach, tickets), self.watch.now)
        books.events = self.watch.events
        return books.tickets(where.agreement, reach).tickets

    def _accounts(self, where: Counted, tickets: Sequence[Ticket]) -> ByPromise:
        """What tickets that are over come to, by promise of times; some at once, for the memory."""
        some = [*_apart_from_merged(tickets, self.at_once)] if len(tickets) > self.at_once else [tickets]
        found: ByPromise = {}
        try:
            for each in some:
                found = _added(where, found, self._judged(where, each))
        except EvidenceRefused:
            return self._judged(where, tickets)  # which says it of all of them
        return found

    def _judged(self, where: Counted, tickets: Sequence[Ticket]) -> ByPromise:
        case = replace(self._case(where), remembered=Remembered())
        found = {}
        for name, clause in case.contract.promises:
            if isinstance(clause.measure, Tickets):
                seen = seen_by(name, case)
                seen = replace(seen, evidence=replace(seen.evidence, tickets=tuple(tickets)))
                found[name] = clause.measure(seen)
        return found


def _added(where: Counted, one: ByPromise, other: ByPromise) -> ByPromise:
    return _few(where, {name: counted.together(one.get(name, ()), own) for name, own in other.items()})


def _apart_from_merged(tickets: Sequence[Ticket], at_once: int) -> Iterator[Sequence[Ticket]]:
    """Tickets in parts, of which none has to do with those of another: the merged ones are one part."""
    into = {each.merged_into for each in tickets}
    alone: list[Ticket] = []
    tied: list[Ticket] = []
    for each in tickets:
        (tied if each.merged_into or each.id in into else alone).append(each)
    yield tied
    for first in range(0, len(alone), at_once):
        yield alone[first : first + at_once]


def _counted(settled: Settled, changed: ByPromise) -> Case:
    """The case of a part with all of its promises counted, these as they would be."""
    promises = tuple(
        (name, counted.fixed(clause, changed.get(name, settled.accounts[name].accounts)))
        for name, clause in settled.case.contract.promises
    )
    return replace(settled.case, contract=replace(settled.case.contract, promises=promises))


def _few(where: Counted, found: ByPromise) -> ByPromise:
    contract, zone = where.terms.contract, where.period.zone
    clauses = dict(contract.promises)
    return {
        name: counted.in_days(own, clauses[name], contract.combine, zone).accounts
        for name, own in found.items()
    }


def _small(where: Counted, found: ByPromise) -> Mapping[str, counted.Data]:
    return {name: counted.small(accounts) for name, accounts in _few(where, found).items()}


def _was_over(was: Ticket | None) -> bool:
    return was is not None and (was.deleted or not goes_on(was.events) or bool(was.merged_into))


def _apart(tickets: Sequence[Ticket]) -> tuple[Sequence[Ticket], tuple[str, ...]]:
    """The tickets that are over, and the names of closed ones that hang on an open one."""
    known = {each.id: each for each in tickets}
    root = {each.id: each.id for each in tickets}

    def find(name: str) -> str:
        while root[name] != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for each in tickets:
        if each.merged_into in known:
            root[find(each.id)] = find(each.merged_into)
    live = {find(each.id) for each in tickets if not each.deleted and goes_on(each.events)}
    over = [each for each in tickets if not each.deleted and find(each.id) not in live]
    tied = [
        each.id for each in tickets if not each.deleted and find(each.id) in live and not goes_on(each.events)
    ]
    return over, tuple(tied)


def _just_missed(clock: Clock, where: Counted, lane: str) -> Miss:
    """The miss of a clock that is stopped as soon as its time is up."""
    of = clock.response.course
    due = of.until if of.due is None else of.due
    late = replace(of, until=due + 1, end=due + 1, delay=1)
    return miss(replace(clock.response, course=late), lane, where.period.zone)

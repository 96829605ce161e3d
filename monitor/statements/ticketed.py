"""Which tickets an agreement is settled from, and how far they are known.

A ticket names its customer and its service in the words of its system, and the configuration says whose words
they are. From when on a system is known a person says, or its first delivery; a file is known up to the
newest event in it, or as far as a person said, what is delivered up to now, and our own incidents as far as
the evidence reaches. The reasons here may be read by a customer.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import field, replace
from functools import cached_property
from hashlib import sha256
from itertools import chain
from shlex import quote

from monitor.agreements.pipeline import Case
from monitor.agreements.terms import MeasureTerms
from monitor.agreements.terms import Terms as Promise
from monitor.agreements.tickets import Responses, Tickets
from monitor.config.plan import Agreement, Customer, Plan, Terms
from monitor.core.intervals import Ms, Span
from monitor.core.periods import local
from monitor.core.tickets import OWN, Ticket
from monitor.errors import EvidenceRefused
from monitor.records import dataclass
from monitor.store.protocol import Event, NewEvent, Snapshot
from monitor.store.ticket_protocol import BEGAN, IMPORTED

COMPLETE = "tickets.complete"
KINDS = frozenset({IMPORTED, BEGAN, COMPLETE})
NONE_TAKEN, KNOWN = "no tickets were taken in yet", "tickets are known until"
KNOWN_FROM, FROM_WHEN = "tickets are known from", "nobody said from when on tickets are known"
NOTHING_SEEN = "nothing was measured yet, and our own incidents are among the tickets"
WHOSE = "tickets are a customer's, and this is nobody's: --agreement names whose it would be"
TIME_LEFT = "time left, until"
TAKE, SEE = "makegood tickets import FILE", "makegood run"


def is_ticketed(measure: MeasureTerms) -> bool:
    """Whether a promise is settled from tickets."""
    return measure.evidence == "tickets"


def promises_times(agreement: Agreement) -> bool:
    """Whether an agreement is settled from tickets, now or after an amendment."""
    return any(is_ticketed(each.measure) for terms in agreement.terms for _, each in terms.terms.promises)


@dataclass(frozen=True, slots=True)
class Known:
    """From when and until when all tickets of a source are known: UTC ms. `since` None: nobody said."""

    since: Ms | None = None
    until: Ms = 0

    def widened(self, since: Ms | None, until: Ms | None) -> Known:
        """With what is said beside."""
        first = min((each for each in (self.since, since) if each is not None), default=None)
        return Known(first, max(self.until, until or 0))

    def covers(self, span: Span) -> bool:
        """Whether all tickets of a span are known."""
        return self.since is not None and self.since <= span.start and span.end <= self.until


@dataclass(frozen=True, slots=True)
class Told:
    """The tickets of an agreement, in order of time, and how far each source is known.

    `lost` is why tickets of the customer may be missing here, "" where none can be.
    """

    tickets: tuple[Ticket, ...] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    lost: str = ""

    @property
    def until(self) -> Ms | None:
        """Up to when all are known; None where no system ever told of tickets."""
        return min((each.until for each in self.known.values()), default=None)


def priorities(plan: Plan) -> frozenset[str] | None:
    """The priorities that promises of times have a time for, or say that they have none.

    None where any is as good as another: nothing is promised by it, or a promise holds for every other.
    """
    found: set[str] = set()
    for agreement in plan.agreements.values():
        for _, promise in chain.from_iterable(terms.terms.promises for terms in agreement.terms):
            measure = promise.measure
            if measure.tickets is None:
                continue
            found |= {word for column, words in measure.only if column == "priority" for word in words}
            if measure.tickets.by == "priority" and measure.within and measure.within != "due":
                found |= {word for word, _ in measure.within}
    return frozenset(found) if found and "" not in found else None


class Places:
    """Whose the words of ticket systems are. A word that two would claim is nobody's."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @cached_property
    def customers(self) -> Mapping[str, str]:
        """Customers and providers, by every word that names one."""
        every = (*self._plan.customers.values(), *self._plan.providers.values())
        return _by_word((each.id, _words(each)) for each in every)

    @cached_property
    def services(self) -> Mapping[str, str]:
        """Services, by every word that names one."""
        every = self._plan.services.values()
        return _by_word((each.id, (each.id, each.title, *each.tickets)) for each in every)

    def words_of(self, party: str) -> tuple[str, ...]:
        """Every word that names a customer or a provider."""
        return self._words.get(party, ())

    @cached_property
    def _words(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for word, owner in self.customers.items():
            found.setdefault(owner, []).append(word)
        return {owner: tuple(words) for owner, words in found.items()}

    def agreements_of(self, ticket: Ticket) -> tuple[Agreement, ...]:
        """The agreements that a ticket counts in: those that promise times for its service to its customer.

        A ticket that names no service counts in the only one of its customer. LookupError says why nobody
        can tell.
        """
        party = self._party(ticket)
        own = self._promising.get(party, ())
        service = self._service(ticket, own)
        return own if service is None else tuple(each for each in own if each.service == service)

    def is_of(self, ticket: Ticket, agreement: Agreement) -> bool:
        """Whether a ticket counts in an agreement, be it of the plan or as if it had been made.

        LookupError as `agreements_of` has it.
        """
        party = self._party(ticket)
        if party != agreement.customer or not promises_times(agreement):
            return False
        service = self._service(ticket, (*self._promising.get(party, ()), agreement))
        return service is None or service == agreement.service

    def _party(self, ticket: Ticket) -> str:
        party = self.customers.get(ticket.customer)
        if party is None:
            named = f'names a customer that nobody knows: "{ticket.customer}"'
            raise LookupError(named if ticket.customer else "names no customer")
        return party

    def _service(self, ticket: Ticket, own: Collection[Agreement]) -> str | None:
        """The service that a ticket is about; None where it names none, and one alone is promised times."""
        service = self.services.get(ticket.service)
        if service is not None:
            return service
        if ticket.service:
            raise LookupError(f'names a service that nobody knows: "{ticket.service}"')
        if len({each.service for each in own}) > 1:
            raise LookupError("names no service, and times are promised for several")
        return None

    @cached_property
    def _promising(self) -> Mapping[str, tuple[Agreement, ...]]:
        found: dict[str, tuple[Agreement, ...]] = {}
        for each in self._plan.agreements.values():
            if promises_times(each):
                found[each.customer] = (*found.get(each.customer, ()), each)
        return found


def _words(party: Customer) -> tuple[str, ...]:
    return (party.id, party.party.name, *(later.name for _, later in party.later), *party.tickets)


def _by_word(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    pairs = [(word, owner) for owner, words in named for word in dict.fromkeys(words)]
    owners = Counter(word for word, _ in pairs)
    return {word: owner for word, owner in pairs if owners[word] == 1}


def unplaced(places: Places, tickets: Iterable[Ticket]) -> Iterator[tuple[Ticket, str]]:
    """The tickets that count nowhere since nobody can tell whose they are, and why."""
    for ticket in tickets:
        if ticket.deleted:
            continue
        try:
            places.agreements_of(ticket)
        except LookupError as error:
            yield ticket, str(error.args[0])


def told(
    places: Places, plan: Plan, snapshot: Snapshot, events: Iterable[Event], agreement: Agreement,
    span: Span, now: Ms,
) -> Told:  # fmt: skip
    """The tickets of an agreement that went on in `span`, with what its terms look at and no more."""
    wanted = columns_of(agreement)
    if agreement.customer not in (*plan.customers, *plan.providers):
        return Told(known=known(plan, snapshot, events, now), lost=WHOSE)
    mine: list[Ticket] = []
    lost: list[str] = []
    for ticket in snapshot.tickets(span, customers=places.words_of(agreement.customer)):
        try:
            if places.is_of(ticket, agreement):
                mine.append(ticket)
        except LookupError as error:
            if not ticket.deleted:
                lost.append(f"{ticket.id} {error.args[0]}")
    resources = plan.services[agreement.service].resources
    return Told(
        tickets=tuple(_trimmed(ticket, wanted, resources) for ticket in _told_apart(mine)),
        known=known(plan, snapshot, events, now),
        lost=f"ticket {lost[0]}" + (f"; and {len(lost) - 1:,} more" if lost[1:] else "") if lost else "",
    )


def known(plan: Plan, snapshot: Snapshot, events: Iterable[Event | NewEvent], now: Ms) -> dict[str, Known]:
    """How far the tickets of each source are known, as the journal tells it.

    Our own incidents are known as far as the evidence reaches: not at all where there is none.
    """
    found: dict[str, Known] = {}
    said: dict[str, Known] = {}
    for event in events:
        if event.kind not in KINDS:
            continue
        source = str(event.body.get("source", "")) if event.kind == IMPORTED else event.subject
        where = said if event.kind == COMPLETE else found
        before = Known() if event.body.get("revokes") else where.get(source, Known())
        where[source] = before.widened(_said(event, "since"), _said(event, "until"))
    for source, each in said.items():
        found[source] = found.get(source, Known()).widened(each.since, each.until)
    for source in plan.live_tickets - {OWN}:
        found[source] = found.get(source, Known()).widened(None, now)
    if OWN in plan.live_tickets:
        since = found.get(OWN, Known()).since
        found[OWN] = Known(0 if since is None else since, snapshot.as_of(now) or 0)
    return {source: replace(each, until=min(each.until, now)) for source, each in found.items()}


def _said(event: Event | NewEvent, name: str) -> Ms | None:
    said = event.body.get(name)
    return said if isinstance(said, int) else None


def complete(
    source: str, author: str, at: Ms, *, since: Ms | None, until: Ms | None, reason: str = "",
    revokes: bool = False,
) -> NewEvent:  # fmt: skip
    """The event that all tickets of a source are known from an instant on, or up to one.

    One that `revokes` takes back all that was said so before.
    """
    body: dict[str, object] = {
        name: said for name, said in (("since", since), ("until", until)) if said is not None
    }
    if revokes:
        body["revokes"] = True
    return NewEvent(at, COMPLETE, source, author, reason, body)


def digest(found: Told) -> str:
    """SHA-256 (hex) over the tickets that were looked at, and how far they are known."""
    told = [
        [
            t.id, t.priority, t.segment, t.channel, t.service, t.customer, t.resource,
            sorted(t.columns.items()), [[e.at, e.kind, e.value, e.by] for e in t.events], t.deleted,
        ]
        for t in found.tickets
    ]  # fmt: skip
    text = json.dumps([found.until, told], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def columns_of(agreement: Agreement) -> frozenset[str]:
    """The columns that the terms of an agreement look at: which system told of a ticket is among them."""
    found = {"class", "source"}
    for _, promise in chain.from_iterable(terms.terms.promises for terms in agreement.terms):
        found |= {column for column, _ in (*promise.measure.only, *promise.outage.only)}
        if promise.measure.tickets is not None:
            found.add(promise.measure.tickets.by)
    return frozenset(found)


def _told_apart(tickets: Collection[Ticket]) -> Iterator[Ticket]:
    """Tickets of two systems that have one id are told apart by the system."""
    counted = Counter(ticket.id for ticket in tickets)
    for each in tickets:
        source = each.columns.get("source", "")
        yield replace(each, id=f"{source}:{each.id}") if counted[each.id] > 1 and source else each


def _trimmed(ticket: Ticket, wanted: Set[str], resources: Collection[str]) -> Ticket:
    resource = ticket.resource if ticket.resource in resources else ""
    if resource == ticket.resource and ticket.columns.keys() <= wanted:
        return ticket
    columns = {name: text for name, text in ticket.columns.items() if name in wanted}
    return replace(ticket, columns=columns, resource=resource)


def responses(case: Case) -> Iterator[tuple[str, Responses]]:
    """What each promise of a case that is settled from tickets counted, by its name."""
    for name, clause in case.contract.promises:
        if isinstance(clause.measure, Tickets):
            seen = replace(case, evidence=case.apart.get(name, case.evidence))
            yield name, clause.measure.responses(seen)


def missing(case: Case, found: Told) -> str:
    """Why a period that is over cannot be settled from tickets yet; "" where it can.

    A ticket whose clock stands, waiting for somebody, holds nothing back: it is named, and in no figure.
    """
    zone, end = case.period.zone, case.period.span.end
    start = case.in_force[0].start if case.in_force else case.period.span.start
    gap = found.lost or unknown(found.known, Span(start, max(start, min(end, case.as_of))), zone)
    if gap:
        return gap
    try:
        running = [each for _, own in responses(case) for each in own.unfinished if each.runs]
    except EvidenceRefused as error:
        return str(error)
    waiting = [each for each in running if each.course.start < end and case.as_of >= end]
    if not waiting:
        return ""
    last = max(each.course.due or 0 for each in waiting)
    until = _minute(last, zone)
    which = f"ticket {waiting[0].ticket} has" if len(waiting) == 1 else f"{len(waiting):,} tickets have"
    return f"{which} {TIME_LEFT} {until} at most"


def unknown(known: Mapping[str, Known], span: Span, zone: str) -> str:
    """Why not all tickets of a span are known; "" where they are."""
    if not known:
        return NONE_TAKEN
    for source, each in sorted(known.items()):
        if source == OWN and not each.until:
            return NOTHING_SEEN
        if each.since is None:
            return f"{FROM_WHEN} ({source})"
        if each.since > span.start:
            return f"{KNOWN_FROM} {_minute(each.since, zone)} on alone ({source})"
        if each.until < span.end:
            return f"{KNOWN} {_minute(each.until, zone)} alone ({source})"
    return ""


def _minute(at: Ms, zone: str) -> str:
    return local(at, zone).strftime("%Y-%m-%d %H:%M")


def by_tickets(needs: str) -> str:
    """The command that gives what a section needs, where that is tickets; "" where it is not."""
    if needs.startswith(NONE_TAKEN):
        return TAKE
    if needs.startswith(NOTHING_SEEN) or (needs.startswith(KNOWN) and needs.endswith(f"({OWN})")):
        return SEE
    option = "--since" if needs.startswith((KNOWN_FROM, FROM_WHEN)) else "--until"
    if option == "--until" and not needs.startswith(KNOWN):
        return ""
    source = needs.rpartition("(")[2].removesuffix(")")
    return f"makegood tickets complete {source} {option} DAY"


def seen_by(needs: str, since: str) -> str:
    """The command that shows the tickets that a section waits for; "" where it waits for something else.

    `since` is the first day of its period.
    """
    if not needs.startswith("ticket ") and TIME_LEFT not in needs:
        return ""
    if " names a " in needs or " names no " in needs:
        return f"makegood tickets list --unplaced --since {since}"
    if TIME_LEFT in needs:
        return "makegood queue"
    id_ = needs.removeprefix("ticket ").partition(": ")[0]
    return f"makegood tickets show {quote(id_)}"


def of_tickets_alone(terms: Terms) -> bool:
    """Whether all that these terms promise is settled from tickets."""
    return all(is_ticketed(promise.measure) for _, promise in terms.terms.promises)


def of_promises(promises: Iterable[tuple[str, Promise]]) -> bool:
    """Whether any of these promises is settled from tickets."""
    return any(is_ticketed(promise.measure) for _, promise in promises)

"""Our own incidents as tickets, where the configuration says so: taken as those of any other system are.

There is one for each customer with an agreement on the service that was in force when it began; so whoever
looks for a customer's tickets finds them as any others. Where there is no agreement there is one, of nobody.
What is taken follows the evidence and the journal: what is no incident any more is marked as deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from monitor.config.plan import Plan
from monitor.core.intervals import DAY, Ms, Span
from monitor.core.tickets import OWN, Ticket
from monitor.errors import ConfigError
from monitor.oncall.incidents import Watch, began
from monitor.operations.tickets import tickets_of
from monitor.records import dataclass
from monitor.statements import relabels
from monitor.statements.ticketed import promises_times
from monitor.store.errors import Conflict
from monitor.store.protocol import Store, WholeSnapshot
from monitor.store.ticket_protocol import NewBatch, TakenTickets, ToldTicket

LATELY: Final[Ms] = 8 * DAY
"""How far back a look goes, but for incidents of which something was recorded since."""
TRIES: Final = 10


def are_wanted(plan: Plan) -> bool:
    """Whether our incidents are tickets."""
    found = plan.ticket_sources.get(OWN)
    return found is not None and found.incidents


def take_own(store: Store, plan: Plan, now: Ms, since: Ms | None = None) -> TakenTickets:
    """Take our incidents as they are by the evidence on disk: in one batch what changed, and nothing else.

    Nothing where the configuration has no `[tickets.makegood] incidents = true`. `since` leaves out what was
    over by then and of which nothing was recorded later; None takes all. Conflict where others take some at
    the same time, again and again.
    """
    if not are_wanted(plan):
        return TakenTickets()
    for left in reversed(range(TRIES)):
        last = store.tickets.last(OWN)
        with store.snapshot() as snapshot:
            found, began = _compared(plan, snapshot, now, since), _began(snapshot, now)
        if not found.told:
            break
        once = sha256(repr(found.told).encode()).hexdigest()
        batch = NewBatch(now, "delivery", OWN, OWN, "incidents", once, body={"since": began})
        try:
            done = store.tickets.take(found.told, batch, expect=last)
        except Conflict:
            if not left:
                raise
        else:
            return replace(done, same=done.same + found.same)
    return TakenTickets(same=found.same)


def take_for_papers(store: Store, plan: Plan, now: Ms) -> TakenTickets:
    """What `take_own` does, where a statement may rest on it: to be called before one is drawn up."""
    if not any(map(promises_times, plan.agreements.values())):
        return TakenTickets()
    return take_own(store, plan, now)


def own_tickets(watch: Watch, span: Span | None = None) -> tuple[Ticket, ...]:
    """Those of all incidents, or of those that went on at some time within `span`, by when they began.

    They are as of now: an outage that is withdrawn, or a time that is corrected, is in them. There is none of
    a service that is in the configuration no more.
    """
    found = watch.incidents(_all(watch) if span is None else span, tuple(watch.plan.services))
    told = (ticket for each in found for ticket in tickets_of(each, watch.served(each)))
    return tuple(sorted(told, key=lambda ticket: (ticket.events[0].at, ticket.id)))


@dataclass(frozen=True, slots=True)
class _Compared:
    """What is to be told, since it is not known so, and how many are known as they are."""

    told: tuple[ToldTicket, ...]
    same: int


def _compared(plan: Plan, snapshot: WholeSnapshot, now: Ms, since: Ms | None) -> _Compared:
    watch = Watch(plan, snapshot, now)
    span = None if since is None else Span(min(_reached(watch, since), now), now)
    derived = {each.id: each for each in own_tickets(watch, span)}
    there = None if span is None else Span(span.start, now + 1)
    kept = {each.id: each for each in snapshot.tickets(there, source=OWN)}
    kept |= {each.id: each for id_ in derived.keys() - kept.keys() for each in _known(snapshot, id_)}
    for id_ in [each.id for each in kept.values() if each.id not in derived and not each.deleted]:
        derived[id_] = _now(watch, kept[id_])
    differing = [each for each in derived.values() if kept.get(each.id) != each]
    told = [each for ticket in differing for each in _told(snapshot, kept, ticket)]
    told.sort(key=lambda each: (each.ticket.events[0].at, each.ticket.id))
    return _Compared(tuple(told), len(derived) - len(told))


def _known(snapshot: WholeSnapshot, id_: str) -> Iterator[Ticket]:
    for each in snapshot.ticket(f"{OWN}:{id_}"):
        if each.source == OWN and each.until is None:
            yield each.ticket


def _now(watch: Watch, known: Ticket) -> Ticket:
    """What has become of one that is not among those that were looked at: it is another, or none."""
    gone = replace(known, deleted=True)
    if known.service not in watch.plan.services:
        return gone
    try:
        found = watch.find(known.id.removesuffix(f"/{known.customer}") if known.customer else known.id)
    except ConfigError:
        return gone
    return next((each for each in tickets_of(found, watch.served(found)) if each.id == known.id), gone)


def _told(snapshot: WholeSnapshot, kept: Mapping[str, Ticket], ticket: Ticket) -> Iterator[ToldTicket]:
    """It as it is to be taken. One that a person marked as deleted stays so."""
    known = kept.get(ticket.id)
    if known is None or not known.deleted or ticket.deleted:
        yield ToldTicket(OWN, ticket)
    elif not _by_hand(snapshot, ticket.id):
        yield ToldTicket(OWN, ticket, revived=True)
    elif replace(ticket, deleted=True) != known:
        yield ToldTicket(OWN, ticket)


def _by_hand(snapshot: WholeSnapshot, id_: str) -> bool:
    """Whether it was a person who marked one as deleted that is so."""
    marked = False
    for each in snapshot.ticket(f"{OWN}:{id_}"):
        if each.source != OWN:
            continue
        if not each.ticket.deleted:
            break
        marked = each.batch.kind == "hand"
    return marked


def _began(snapshot: WholeSnapshot, now: Ms) -> Ms:
    """When anything was first measured: before that there were no incidents that we could know of."""
    return min((life.start for lane in snapshot.lanes() for life in lane.life), default=now)


def _reached(watch: Watch, since: Ms) -> Ms:
    """Back to where the first incident began of which something was recorded since."""
    about = [pin.anchor for own in watch.pins.values() for pin in own if pin.events[-1].at >= since]
    entries = {each.seq: each for each in watch.snapshot.events(kinds=relabels.KINDS)}
    for each in entries.values():
        if each.at >= since:
            of = entries.get(int(each.subject)) if each.subject.isdecimal() else each
            at = None if of is None else began(of.subject.rpartition("/")[2])
            about += [] if at is None else [at]
    return min([since, *about])


def _all(watch: Watch) -> Span:
    """From the first that anything was seen or recorded of."""
    lives: Sequence[Ms] = [lane.life[0].start for lane in watch.snapshot.lanes() if lane.life]
    anchors = [pin.anchor for own in watch.pins.values() for pin in own]
    return Span(min([*lives, *anchors, watch.now]), watch.now)

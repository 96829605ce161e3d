"""Our own incidents as tickets, where the configuration says so: they are read from the evidence each time.

There is one for each customer with an agreement on the service that was in force when it began; so whoever
looks for a customer's tickets finds them as any others. Where there is no agreement there is one, of nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from heapq import merge

from monitor.config.plan import Plan
from monitor.core.intervals import Ms, Span
from monitor.core.ticket_course import goes_on
from monitor.core.tickets import Ticket
from monitor.errors import ConfigError
from monitor.oncall.incidents import Watch
from monitor.operations.tickets import SOURCE, tickets_of
from monitor.store.protocol import Snapshot, WholeSnapshot


def are_wanted(plan: Plan) -> bool:
    """Whether our incidents are tickets."""
    found = plan.ticket_sources.get(SOURCE)
    return found is not None and found.incidents


def own_tickets(plan: Plan, snapshot: Snapshot, now: Ms, span: Span | None = None) -> tuple[Ticket, ...]:
    """Those of all incidents, or of those that went on at some time within `span`, by when they began.

    None where the configuration has no `[tickets.makegood] incidents = true`. They are as of `now`: an
    outage that is withdrawn, or a time that is corrected, is in them.
    """
    if not are_wanted(plan):
        return ()
    watch = Watch(plan, snapshot, now)
    found = watch.incidents(_all(watch) if span is None else span)
    told = (ticket for each in found for ticket in tickets_of(each, watch.served(each)))
    return tuple(sorted(told, key=lambda ticket: (ticket.events[0].at, ticket.id)))


def own_ticket(plan: Plan, snapshot: Snapshot, now: Ms, name: str) -> Ticket | None:
    """The one of an id, or of `makegood:id`; None where there is none."""
    if not are_wanted(plan):
        return None
    watch, id_ = Watch(plan, snapshot, now), name.removeprefix(f"{SOURCE}:")
    for incident in (id_, id_.rpartition("/")[0]):
        try:
            found = watch.find(incident)
        except ConfigError:
            continue
        return next((each for each in tickets_of(found, watch.served(found)) if each.id == id_), None)
    return None


def all_tickets(
    plan: Plan,
    snapshot: WholeSnapshot,
    now: Ms,
    span: Span | None = None,
    *,
    customers: Collection[str] | None = None,
    services: Collection[str] | None = None,
    source: str | None = None,
    still_open: bool = False,
) -> Iterator[Ticket]:
    """What `WholeSnapshot.tickets` has with our own among them, by their first event."""
    kept = snapshot.tickets(
        span, customers=customers, services=services, source=source, still_open=still_open
    )
    own = (
        each
        for each in (own_tickets(plan, snapshot, now, span) if source in (None, SOURCE) else ())
        if (customers is None or each.customer in customers)
        and (services is None or each.service in services)
        and (span is None or _went_on(each, span))
        and (not still_open or (not each.deleted and goes_on(each.events)))
    )
    return merge(kept, own, key=lambda ticket: ticket.events[0].at)


def _went_on(ticket: Ticket, span: Span) -> bool:
    first, last = ticket.events[0].at, ticket.events[-1].at
    return first < span.end and (first >= span.start or last >= span.start or goes_on(ticket.events))


def _all(watch: Watch) -> Span:
    """From the first that anything was seen or recorded of."""
    lives = [lane.life[0].start for lane in watch.snapshot.lanes() if lane.life]
    anchors = [pin.anchor for own in watch.pins.values() for pin in own]
    return Span(min([*lives, *anchors, watch.now]), watch.now)

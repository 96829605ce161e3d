"""PURE. Incidents as tickets, so that a promise to acknowledge or to resolve counts them like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from monitor.core.intervals import Ms
from monitor.core.tickets import OWN, By, EventKind, Ticket, TicketEvent, in_order
from monitor.operations.incident import Incident, Moment, What

_KINDS: Final[dict[What, EventKind]] = {
    "acknowledged": "acknowledged", "resolved": "resolved", "reopened": "reopened",
}  # fmt: skip


def ticket_of(incident: Incident, customer: str = "") -> Ticket:
    """An incident as a ticket of a customer, or of none: made when it was noticed, its severity the priority.

    Its id is the incident's name, and the customer where there is one: `shop/20261006T120210Z/acme`.
    One that was withdrawn, or that somebody declared a false alarm, is marked as deleted: it counts nowhere.
    What people wrote about it stays where it is.
    """
    made = incident.detected
    events = [TicketEvent(made.at, "created", by=_by(made)), TicketEvent(made.at, "detected", by=_by(made))]
    events += _steps(incident, made.at)
    told = {"source": OWN, "state": incident.state, "owner": incident.owner, "team": incident.team}
    return Ticket(
        id=f"{incident.name}/{customer}" if customer else incident.name,
        events=in_order(events),
        priority=incident.severity,
        service=incident.service,
        customer=customer,
        columns={name: text for name, text in told.items() if text},
        deleted=incident.false_alarm,
    )


def tickets_of(incident: Incident, customers: Sequence[str]) -> Iterator[Ticket]:
    """One for each customer that it is about; where it is about none, one without."""
    return (ticket_of(incident, customer) for customer in customers or ("",))


def _steps(incident: Incident, made: Ms) -> Iterator[TicketEvent]:
    """What was done about it. Nothing of it is before it was noticed: what is told so was done by then."""
    for step in incident.steps:
        if step.what in _KINDS:
            yield TicketEvent(max(step.moment.at, made), _KINDS[step.what], by=_by(step.moment))


def _by(moment: Moment) -> By:
    return "agent" if moment.told else "system"

"""Which agreements the monitor settles from what it saw itself, and why others need a file.

The reasons may be read by a customer: they name what the contract names.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.agreements.terms import Terms as Promise
from monitor.config.plan import Agreement, Plan, Service, Terms
from monitor.core.services import Expression, Leaf, endpoints

OF_FILES = {
    "slots": "it is settled from counts of requests",
    "events": "it is settled from what was done by when",
}


def file_needed(plan: Plan, agreement: Agreement, terms: Terms | None = None) -> str:
    """Why checks alone cannot settle an agreement, in a few words; "" where they can.

    `terms` are those of a period; without them the newest.
    """
    chosen = terms or agreement.terms[-1]
    reasons = [reason for _, promise in chosen.terms.promises for reason in _of_promise(promise)]
    reasons += _unwatched(plan, plan.services[agreement.service])
    return next(iter(reasons), "")


def _of_promise(promise: Promise) -> Iterator[str]:
    measure, outage = promise.measure, promise.outage
    if measure.evidence == "metrics":
        yield f"it is settled from measurements of {measure.metric or 'a metric'}"
    elif measure.evidence in OF_FILES:
        yield OF_FILES[measure.evidence]
    if measure.weighted_by or outage.affecting:
        yield "outages count by how many were affected"
    if measure.only or outage.only:
        yield "outages of certain kinds alone are counted"


def _unwatched(plan: Plan, service: Service) -> Iterator[str]:
    for name in service.resources:
        if expression_of(plan, name) is None:
            yield f"nothing checks {name}"
    if not service.resources and not endpoints(service.up_when):
        yield f"nothing checks {service.title}"


def expression_of(plan: Plan, resource: str) -> Expression | None:
    """When a resource is up: it is an endpoint, or a service, of that name; None where it is neither."""
    if resource in plan.endpoints:
        return Leaf(resource)
    known = plan.services.get(resource)
    return known.up_when if known is not None and endpoints(known.up_when) else None

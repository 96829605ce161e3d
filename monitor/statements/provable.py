"""Which agreements the monitor settles from what it saw itself, and why others need a file.

The reasons may be read by a customer: they name what the contract names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.agreements.terms import Terms as Promise
from monitor.config.plan import Agreement, Plan, Service, Terms
from monitor.core.services import Expression, Leaf, endpoints
from monitor.statements.counted import endpoint_of, is_counted, resources_of
from monitor.statements.ticketed import is_ticketed

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
    service = plan.services[agreement.service]
    if not all(is_ticketed(promise.measure) for _, promise in chosen.terms.promises):
        reasons += _unwatched(plan, service)
    reasons += _uncounted(plan, service, (promise for _, promise in chosen.terms.promises))
    return next(iter(reasons), "")


def _of_promise(promise: Promise) -> Iterator[str]:
    measure, outage = promise.measure, promise.outage
    if is_counted(measure):
        yield from _of_counts(promise)
    elif measure.evidence == "metrics":
        yield f"it is settled from measurements of {measure.metric or 'a metric'}"
    elif measure.evidence in OF_FILES:
        yield OF_FILES[measure.evidence]
    if measure.weighted_by or outage.affecting:
        yield "outages count by how many were affected"
    if outage.only or (measure.only and not is_ticketed(measure)):
        yield "outages of certain kinds alone are counted"


def _of_counts(promise: Promise) -> Iterator[str]:
    """Why checks cannot stand for the requests, although the agreement says so."""
    measure = promise.measure
    if measure.min_requests or promise.outage.requests:
        yield "it asks how many requests there were, and checks are as many as we make"
    if measure.slot is None:
        yield "it does not say how long a slot of its counts is"
    if measure.unobserved != "left out":
        yield "it counts slots that nobody saw, and a slot without checks has no count"


def _uncounted(plan: Plan, service: Service, promises: Iterable[Promise]) -> Iterator[str]:
    """Resources whose requests would be the checks of several endpoints; slots shorter than an interval."""
    for measure in (promise.measure for promise in promises if is_counted(promise.measure)):
        for name in resources_of(service):
            key = endpoint_of(plan, service, name)
            if key is None:
                title = service.title if name == service.id else name
                yield f"{title} has several endpoints: name each as a resource, so that each has its counts"
            elif isinstance(measure.slot, int) and plan.endpoints[key].interval > measure.slot:
                yield f"{key} is checked more seldom than once in a slot"


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

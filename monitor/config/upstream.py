"""What a service depends on, by its own word and however far: whose outage was behind one of ours."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.plan import Plan
from monitor.core.services import endpoints


def upstream_of(plan: Plan, service: str) -> frozenset[str]:
    """All services that one depends on, however far; not itself."""
    found: set[str] = set()
    waiting = list(plan.services[service].depends_on)
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += plan.services[at].depends_on
    return frozenset(found)


def unsaid(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """A service that we sell, one that we buy, and an endpoint that both rest on, where `depends_on` says
    nothing of it."""
    bought = dict.fromkeys(a.service for a in plan.agreements.values() if a.kind == "provider")
    sold = dict.fromkeys(a.service for a in plan.agreements.values() if a.kind == "customer")
    for ours in sold:
        mine = endpoints(plan.services[ours].up_when)
        for theirs in bought:
            both = [key for key in endpoints(plan.services[theirs].up_when) if key in mine]
            if both and theirs != ours and theirs not in upstream_of(plan, ours):
                yield ours, theirs, both[0]

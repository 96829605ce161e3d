"""How endpoints were measured, and since when: facts of the journal, from the instant of their load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.config.digest import plan_digest
from monitor.config.plan import Endpoint, Plan
from monitor.core.intervals import Ms, Span
from monitor.store.protocol import Event, NewEvent

LOADED = "config.loaded"


def loaded(plan: Plan, author: str, at: Ms) -> NewEvent:
    """The event that a configuration was loaded, with everything it measures."""
    body = {"file": plan.path.name, "measures": {e.id: _facts(e) for e in plan.endpoints.values()}}
    return NewEvent(at, LOADED, plan_digest(plan), author, body=body)


def intervals(events: Iterable[Event], watched: Iterable[Endpoint], span: Span) -> tuple[Ms, ...]:
    """The intervals at which these endpoints were probed within `span`, shortest first.

    A load knew an endpoint by its key of that day. Where the journal knows of no load before the span's end,
    those of the endpoints as they are.
    """
    loads = [event for event in events if event.kind == LOADED and event.at < span.end]
    before = [event for event in loads if event.at <= span.start]
    in_force = [*before[-1:], *(event for event in loads if event.at > span.start)]
    found: set[Ms] = set()
    for endpoint in watched:
        known = {interval for event in in_force if (interval := _interval(event, endpoint))}
        found |= known or {endpoint.interval}
    return tuple(sorted(found))


def _interval(event: Event, endpoint: Endpoint) -> Ms | None:
    measures = event.body.get("measures")
    if not isinstance(measures, Mapping):
        return None
    facts = next((measures[key] for key in (endpoint.id, *endpoint.was) if key in measures), None)
    interval = facts.get("interval") if isinstance(facts, Mapping) else None
    return interval if isinstance(interval, int) else None


def _facts(endpoint: Endpoint) -> dict[str, object]:
    expected, confirmation = endpoint.expectation, endpoint.confirmation
    return {
        "target": endpoint.target,
        "interval": endpoint.interval,
        "timeout": endpoint.timeout,
        "status": [list(pair) for pair in expected.status],
        "contains": list(expected.contains),
        "lacks": list(expected.lacks),
        "slower_is_down": expected.slower_is_down,
        "failures": confirmation.failures,
        "attempts": confirmation.attempts,
        "pause": confirmation.pause,
    }

"""How endpoints were measured, and since when: facts of the journal, from the instant of their load."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from monitor.config.digest import plan_digest
from monitor.config.endpoint import Endpoint
from monitor.config.plan import Plan
from monitor.core.checks import Confirmation, Expectation, Rule
from monitor.core.intervals import MINUTE, Ms, Span
from monitor.core.replay import Asked
from monitor.store.protocol import Event, NewEvent

LOADED = "config.loaded"
SETTLED: Ms = 5 * MINUTE
"""How long after a load the one before it may still have been in force: it is told before it is followed."""


def loaded(plan: Plan, author: str, at: Ms) -> NewEvent:
    """The event that a configuration was loaded, with everything it measures."""
    body = {"file": plan.path.name, "measures": {e.id: _facts(e) for e in plan.endpoints.values()}}
    return NewEvent(at, LOADED, plan_digest(plan), author, body=body)


def intervals(events: Iterable[Event], watched: Iterable[Endpoint], span: Span) -> tuple[Ms, ...]:
    """The intervals at which these endpoints were probed within `span`, shortest first.

    A load knew an endpoint by its key of that day. Where the journal knows of no load before the span's end,
    those of the endpoints as they are.
    """
    ever = [event for event in events if event.kind == LOADED]
    loads = [event for event in ever if event.at < span.end]
    before = [event for event in loads if event.at <= span.start]
    in_force = [*before[-1:], *(event for event in loads if event.at > span.start)]
    found: set[Ms] = set()
    for endpoint in watched:
        keys = _keys(ever, endpoint)
        known = {interval for event in in_force if (interval := _interval(event, keys))}
        found |= known or {endpoint.interval}
    return tuple(sorted(found))


class Past:
    """What was asked of one endpoint at any instant, as far as the loads of configurations tell.

    Where the clock was set back between two loads, both may have been in force in the time that came twice.
    """

    def __init__(self, events: Iterable[Event], endpoint: Endpoint) -> None:
        loads = [event for event in events if event.kind == LOADED]
        keys = _keys(loads, endpoint)
        asked = [_asked(next((facts for key in keys if (facts := _of(each, key))), {})) for each in loads]
        spans = [
            Span(min(event.at, after.at), max(event.at, after.at) + SETTLED)
            for event, after in pairwise(loads)
        ]
        spans += [Span(event.at, 1 << 62) for event in loads[-1:]]
        self._edges = sorted({edge for span in spans for edge in (span.start, span.end)})
        self._asked = [
            tuple(dict.fromkeys(each for span, each in zip(spans, asked, strict=True) if edge in span))
            for edge in self._edges
        ]

    def __call__(self, at: Ms) -> tuple[Asked | None, ...]:
        """What may have been asked at an instant; None in it where that is not known."""
        place = bisect_right(self._edges, at) - 1
        return (self._asked[place] if place >= 0 else ()) or (None,)


def _asked(facts: Mapping[str, object]) -> Asked | None:
    """What a load says that was asked; None of one that does not say it all."""
    told = cast("Mapping[str, Any]", facts)
    try:
        expectation = Expectation(
            status=tuple((int(low), int(high)) for low, high in told["status"]),
            contains=tuple(map(str, told["contains"])),
            lacks=tuple(map(str, told["lacks"])),
            slower_is_down=told["slower_is_down"],
            rules=tuple(_rule(*each) for each in told.get("rules", ())),
        )
        return Asked(expectation, Confirmation(told["failures"], told["attempts"]))
    except (KeyError, TypeError, ValueError):
        return None


def _rule(extract: Any, of: str, sign: Any, value: Any) -> Rule:
    return Rule(extract, of, sign, tuple(value) if isinstance(value, list) else value)


def _keys(loads: Sequence[Event], endpoint: Endpoint) -> tuple[str, ...]:
    """Every key the endpoint ever had, its own first; the loads know of a rename that the file forgot."""
    keys = dict.fromkeys((endpoint.id, *endpoint.was))
    for event in reversed(loads):
        for key in tuple(keys):
            was = _of(event, key).get("was")
            if isinstance(was, list):
                keys |= dict.fromkeys(str(former) for former in was)
    return tuple(keys)


def _interval(event: Event, keys: Sequence[str]) -> Ms | None:
    facts = next((facts for key in keys if (facts := _of(event, key))), {})
    interval = facts.get("interval")
    return interval if isinstance(interval, int) else None


def _of(event: Event, key: str) -> Mapping[str, object]:
    """What a load says of an endpoint; nothing where it knew none of that key."""
    measures = event.body.get("measures")
    facts = measures.get(key) if isinstance(measures, Mapping) else None
    return facts if isinstance(facts, Mapping) else {}


def _facts(endpoint: Endpoint) -> dict[str, object]:
    expected, confirmation = endpoint.expectation, endpoint.confirmation
    facts: dict[str, object] = {
        "was": list(endpoint.was),
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
    if expected.rules:
        facts["rules"] = [[rule.extract, rule.of, rule.sign, rule.value] for rule in expected.rules]
    return facts

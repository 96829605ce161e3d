"""One slot's attempts, and the rows they become once the slot is resolved. Pure.

All rows of a slot are handed over together, with the state that the whole slot came to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Check, EpochId, Facts, LaneId, Reason, State
from monitor.core.intervals import Ms
from monitor.records import dataclass

FACTS_LIMIT = 2_048


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when it started, what was seen, and the reason that stands.

    `timed` False drops its latency.
    """

    at: Ms
    facts: Facts
    reason: Reason
    timed: bool = True


def hold(endpoint: Endpoint) -> Ms:
    """How long a state may last without a next check."""
    return 2 * endpoint.interval + endpoint.timeout


def rows(
    lane: LaneId, epoch: EpochId, number: int, attempts: Sequence[Attempt], state: State, lasting: Ms
) -> tuple[Check, ...]:
    """The checks of a resolved slot. `lasting` is the hold, in ms."""
    return tuple(
        Check(
            lane=lane,
            epoch=epoch,
            slot=number,
            attempt=index,
            at=attempt.at,
            state=state,
            reason=attempt.reason,
            hold=lasting,
            latency=attempt.facts.latency if attempt.timed else None,
            status=attempt.facts.status,
            facts=None if attempt.reason is Reason.OK else evidence(attempt.facts),
        )
        for index, attempt in enumerate(attempts)
    )


def evidence(facts: Facts) -> str:
    """Facts as canonical JSON of at most 2 kB; what is least needed goes first."""
    full: dict[str, object] = {
        "detail": facts.detail[:200],
        "error": facts.error,
        "found": dict(facts.found),
        "latency": facts.latency,
        "phases": dict(facts.phases),
        "size": facts.size,
        "status": facts.status,
    }
    short = {key: value[:60] if isinstance(value, str) else value for key, value in facts.found.items()}
    for less in ({}, {"found": short}, {"found": None}, {"found": None, "phases": None, "detail": None}):
        text = _canonical({**full, **less})
        if len(text) <= FACTS_LIMIT:
            break
    return text


def _canonical(values: Mapping[str, object]) -> str:
    present = {name: value for name, value in values.items() if value not in (None, "", {})}
    return json.dumps(present, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

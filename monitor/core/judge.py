"""The judge: facts and an expectation in, a reason out. Pure, total, and the only place that decides.

A slot is judged from its attempts: see `resolve`.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.checks import Confirmation, Expectation, Facts, Reason, State, state_of


def judge(facts: Facts, expectation: Expectation) -> Reason:
    """The reason for this attempt; `Reason.OK` when everything expected was seen."""
    if facts.error is not None:
        return facts.error
    if facts.status is not None and not any(lo <= facts.status <= hi for lo, hi in expectation.status):
        return Reason.STATUS
    if any(not facts.found.get(text, False) for text in expectation.contains):
        return Reason.TEXT_MISSING
    if any(facts.found.get(text, False) for text in expectation.lacks):
        return Reason.TEXT_FORBIDDEN
    limit = expectation.slower_is_down
    if limit is not None and facts.latency is not None and facts.latency > limit:
        return Reason.TOO_SLOW
    return Reason.OK


def resolve(reasons: Sequence[Reason], rule: Confirmation) -> State | None:
    """What a slot's attempts so far say: its state, or None while another attempt could still decide.

    One attempt that passes at first is UP. `rule.failures` failures are DOWN. When the attempts that are
    left cannot make up that many failures, the slot is UP and the failed attempts stay as blips. An attempt
    that the monitor spoilt counts for neither side; a slot with no other attempt is UNKNOWN.
    """
    if reasons and reasons[0] is Reason.OK:
        return State.UP
    states = [state_of(reason) for reason in reasons]
    failed = states.count(State.DOWN)
    if failed >= rule.failures:
        return State.DOWN
    left = rule.attempts - len(reasons)
    if failed + left >= rule.failures:
        return None
    if State.UP in states:
        return State.UP
    return State.UNKNOWN

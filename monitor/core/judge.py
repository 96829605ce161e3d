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

    A first attempt that passes is UP. `rule.failures` failures are DOWN. When the attempts that are left
    cannot make up that many failures and one passed, the slot is UP and the failed attempts stay as blips.
    An attempt that the monitor spoilt counts for neither side, as if it had not been made; a slot in which
    neither side wins is UNKNOWN.
    """
    states = [state for state in map(state_of, reasons) if state is not State.UNKNOWN]
    if states and states[0] is State.UP:
        return State.UP
    failed = states.count(State.DOWN)
    if failed >= rule.failures:
        return State.DOWN
    left = rule.attempts - len(reasons)
    if failed + left >= rule.failures:
        return None
    if State.UP in states:
        return State.UP
    return State.UNKNOWN

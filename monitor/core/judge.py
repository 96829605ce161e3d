"""The judge: facts and an expectation in, a reason out. Pure, total, and the only place that decides.

A slot is judged from its attempts: see `resolve`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from monitor.core.checks import (
    Confirmation,
    Expectation,
    Extract,
    Facts,
    Found,
    Reason,
    Rule,
    State,
    state_of,
)

MISSED: Final[Mapping[Extract, Reason]] = {
    "pattern": Reason.PATTERN_MISSING,
    "json": Reason.JSON_VALUE,
    "header": Reason.HEADER,
    "size": Reason.SIZE,
    "certificate_days": Reason.CERTIFICATE_EXPIRES,
    "redirect": Reason.REDIRECT_TARGET,
    "answer": Reason.DNS_ANSWER,
}
"""The reason of an attempt whose extraction is not what its rule says."""

_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")


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
    broken = broken_rule(facts, expectation)
    if broken is not None:
        return _reason(broken)
    limit = expectation.slower_is_down
    if limit is not None and facts.latency is not None and facts.latency > limit:
        return Reason.TOO_SLOW
    return Reason.OK


def broken_rule(facts: Facts, expectation: Expectation) -> Rule | None:
    """The first rule that does not hold, in the order of the file; the one that decides."""
    return next((rule for rule in expectation.rules if not holds(rule, facts.found)), None)


def _reason(rule: Rule) -> Reason:
    forbidden = rule.extract == "pattern" and rule.sign == "absent"
    return Reason.PATTERN_FORBIDDEN if forbidden else MISSED[rule.extract]


def holds(rule: Rule, found: Mapping[str, Found]) -> bool:
    """Whether what was found is what the rule says. Of what could not be looked for nothing holds.

    Only "absent" holds of what is not there: that something is "!=" a value says that there is something.
    """
    if rule.key not in found:
        return False
    value = found[rule.key]
    there = value is True if rule.extract == "pattern" else value is not None
    if rule.sign in ("present", "absent"):
        return there == (rule.sign == "present")
    if value is None or rule.value is None:
        return False
    if rule.sign == "one of":
        return isinstance(rule.value, tuple) and _written(value) in rule.value
    if isinstance(rule.value, tuple):
        return False
    if rule.sign in ("==", "!="):
        return _same(value, rule.value) == (rule.sign == "==")
    return _ordered(rule.sign, _number(value), _number(rule.value))


def _same(found: Found, value: int | str | bool) -> bool:
    """Equal as what the rule's value is: a truth, a number or a text."""
    if isinstance(value, bool) or isinstance(found, bool):
        return found is value
    if isinstance(value, int):
        return _number(found) == value
    return _written(found) == value


def _written(found: Found) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)


def _ordered(sign: str, left: Decimal | None, right: Decimal | None) -> bool:
    if left is None or right is None:
        return False
    below, above = left < right, left > right
    return {"<": below, "<=": not above, ">": above, ">=": not below}[sign]


def _number(value: Found) -> Decimal | None:
    """A number, or a text that is one; None for anything else, a truth too."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(value) if _NUMBER.fullmatch(value) else None


def number_found(number: Decimal) -> int | str:
    """A number as a rule and an extraction both write it: whole as an integer, else the shortest text.

    A fraction has at most 28 digits.
    """
    whole = number.adjusted() < 40 and number == number.to_integral_value()
    return int(number) if whole else str(number.normalize())


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

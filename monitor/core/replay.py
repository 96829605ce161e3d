"""Stored attempts judged anew, by another expectation: only where what was kept can tell. Pure.

Of an attempt that passed, status and latency were kept, and what was asked of it then is known to have held.
Of one that failed, its facts. From either follows what its answer may have been; the judge looks at all of
it, and where it does not come to one state, nothing is said. A failure before an answer stays what it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from monitor.core.checks import (
    UNKNOWN_REASONS,
    Check,
    Confirmation,
    Expectation,
    Facts,
    Found,
    Reason,
    Rule,
    State,
    Tenths,
    state_of,
)
from monitor.core.judge import MISSED, judge, resolve
from monitor.core.possible import begins, kinds
from monitor.records import dataclass

FOREVER: Final[Tenths] = 1 << 62
CUT: Final = 60
"""Characters that are left of each text that was found, where facts were too long to be kept whole."""

JUDGED: Final = frozenset(
    {
        Reason.STATUS,
        Reason.TEXT_MISSING,
        Reason.TEXT_FORBIDDEN,
        Reason.TOO_SLOW,
        Reason.PATTERN_FORBIDDEN,
        *MISSED.values(),
    }
)
"""The reasons that an expectation gives; every other one stands whatever is expected."""


class Unsaid(StrEnum):
    """Why an attempt, or a slot, cannot be judged anew."""

    NOT_LOOKED_FOR = "not_looked_for"
    ASKED_UNKNOWN = "asked_unknown"
    FACTS_CUT = "facts_cut"
    LATENCY = "latency"
    SPOILT = "spoilt"
    ROWS_MISSING = "rows_missing"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was expected of an endpoint, and how a failure was confirmed; of pauses nothing depends."""

    expectation: Expectation
    confirmation: Confirmation


Doubtful = Callable[[Reason, Facts], bool]
"""Whether a failure is tried again once at least, whatever the confirmation says."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The expectation that is tried on the past; `doubtful` where there are sentinels."""

    asked: Asked
    doubtful: Doubtful = field(default=lambda reason, facts: False)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of the answer to one attempt. `asked` None: what was expected is not known.

    `found` is what is known to have been found, all that was looked for where it is `whole`; its texts may
    have been shortened where it is `cut`. The latency lies between the bounds; None where there is none.
    """

    asked: Expectation | None
    passed: bool
    status: int | None
    latency: tuple[Tenths, Tenths] | None
    found: Mapping[str, Found] = field(default_factory=dict)
    whole: bool = False
    cut: bool = False


def judged_anew(check: Check, asked: Expectation | None, wanted: Expectation) -> Reason | Unsaid:
    """The reason that one attempt would have been recorded with, had `wanted` been expected of it.

    The state of the reason is certain; the reason itself is the first that can be named with certainty.
    `asked` is what was expected at the time, None where that is not known.
    """
    if asked == wanted:
        return check.reason
    if check.reason is Reason.OK:
        return _passed(check, asked, wanted)
    facts = _facts(check)
    if check.reason not in UNKNOWN_REASONS | JUDGED:
        return _unanswered(check.reason, check.reason, facts, wanted)
    if facts is None:
        return Unsaid.FACTS_CUT
    if check.reason in UNKNOWN_REASONS:
        return _spoilt(check.reason, facts, asked, wanted)
    return _decided(_answer(facts, asked, wanted), wanted)


def _unanswered(
    stood: Reason, error: Reason, facts: Mapping[str, Any] | None, wanted: Expectation
) -> Reason | Unsaid:
    """The recorded reason of a failure before an answer, unless it came of what would not be done."""
    absent = any(rule.extract == "answer" and rule.sign == "absent" for rule in wanted.rules)
    if error is Reason.NAME_NOT_FOUND and absent:
        return _decided(_no_such_name(wanted), wanted) if stood is error else Unsaid.SPOILT
    in_body = facts is not None and "body" in (facts.get("phases") or {})
    return Unsaid.NOT_LOOKED_FOR if in_body and not reads_body(wanted) else stood


def _no_such_name(wanted: Expectation) -> _Seen:
    """The answer that there is no such name; how quickly it came was not kept."""
    keys = [rule.key for rule in wanted.rules if rule.extract == "answer"]
    found = {**dict.fromkeys((*wanted.contains, *wanted.lacks), False), **dict.fromkeys(keys)}
    return _Seen(None, passed=False, status=None, latency=(0, FOREVER), found=found)


def _passed(check: Check, asked: Expectation | None, wanted: Expectation) -> Reason | Unsaid:
    limit = None if asked is None else asked.slower_is_down
    longest = FOREVER if limit is None else limit
    bounds = (0, longest) if check.latency is None else (check.latency, check.latency)
    was_read = None if asked is None else reads_body(asked)
    taken = _read_otherwise(bounds, check.status, was_read, wanted)
    reason = _with_time(_of_passed(asked, wanted, check.status), taken, wanted)
    if check.latency is None and isinstance(reason, Reason) and reason is not Reason.OK:
        return Unsaid.SPOILT  # the monitor stood still: a failure would have proved nothing
    return reason


def _spoilt(
    stood: Reason, facts: Mapping[str, Any], asked: Expectation | None, wanted: Expectation
) -> Reason | Unsaid:
    """An attempt that proved nothing proves nothing still, if it went the same way until it was weighed."""
    error = facts.get("error")
    if error is not None:
        return _unanswered(stood, error, facts, wanted)
    if asked is None:
        return Unsaid.SPOILT
    before = _decided(_answer(facts, asked, asked), asked)
    after = _decided(_answer(facts, asked, wanted), wanted)
    return stood if before is after and isinstance(after, Reason) else Unsaid.SPOILT


def _facts(check: Check) -> Mapping[str, Any] | None:
    """The facts of a failed attempt; None where none were kept that can be read."""
    try:
        facts = json.loads(check.facts) if check.facts else None
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None


def _answer(facts: Mapping[str, Any], asked: Expectation | None, wanted: Expectation) -> _Seen:
    kept, size, status, taken = (facts.get(key) for key in ("found", "size", "status", "latency"))
    found: dict[str, Found] = dict(kept or {})
    if size is not None:
        found["size:"] = size
    longest = max((len(each) for each in found.values() if isinstance(each, str)), default=0)
    bounds = None if taken is None else _read_otherwise((taken, taken), status, size is not None, wanted)
    whole = bool(kept) or (asked is not None and not _asks(asked))
    return _Seen(
        asked, passed=False, status=status, latency=bounds, found=found, whole=whole, cut=longest == CUT
    )


def _asks(asked: Expectation) -> bool:
    """Whether anything is looked for in an answer."""
    return bool(asked.rules or asked.contains or asked.lacks)


def reads_body(wanted: Expectation) -> bool:
    """Whether the body of an answer is read, which takes time, and can go wrong."""
    looked_at = any(rule.extract in ("pattern", "json", "size") for rule in wanted.rules)
    return bool(wanted.contains or wanted.lacks) or looked_at


def _read_otherwise(
    bounds: tuple[Tenths, Tenths], status: int | None, was_read: bool | None, wanted: Expectation
) -> tuple[Tenths, Tenths]:
    """The latency that there would have been, if the body is read now and was not then, or the other way."""
    if status is None:  # nothing but HTTP has a body
        return bounds
    low, high = bounds
    if reads_body(wanted):
        return low, high if was_read else FOREVER
    return (low if was_read is False else 0), high


def _decided(seen: _Seen, wanted: Expectation) -> Reason | Unsaid:
    """The judge's word over all that the answer may have been, or why there is none."""
    return _with_time(_but_time(seen, wanted), seen.latency, wanted)


def _with_time(
    found: Reason | Unsaid, taken: tuple[Tenths, Tenths] | None, wanted: Expectation
) -> Reason | Unsaid:
    """The same with the latency, which the judge looks at last."""
    limit = Expectation(status=(), slower_is_down=wanted.slower_is_down)
    if taken is None or wanted.slower_is_down is None or (found is not Reason.OK and found in JUDGED):
        return found
    quickest, slowest = (judge(Facts(latency=each), limit) for each in taken)
    if quickest is not Reason.OK:
        return quickest
    return found if isinstance(found, Unsaid) or slowest is Reason.OK else Unsaid.LATENCY


@lru_cache(maxsize=4_096)
def _of_passed(asked: Expectation | None, wanted: Expectation, status: int | None) -> Reason | Unsaid:
    """Of an attempt that passed, all but the time. Remembered: most attempts have passed."""
    return _but_time(_Seen(asked, passed=True, status=status, latency=None), wanted)


def _but_time(seen: _Seen, wanted: Expectation) -> Reason | Unsaid:
    unsaid = False
    for part, possible in _parts(seen, wanted):
        reasons = [judge(facts, part) for facts in possible]
        if Reason.OK not in reasons:
            return reasons[0]
        unsaid = unsaid or any(reason is not Reason.OK for reason in reasons)
    return _why(seen) if unsaid else Reason.OK


def _why(seen: _Seen) -> Unsaid:
    if seen.asked is None:
        return Unsaid.ASKED_UNKNOWN
    short = not seen.passed and (seen.cut or not seen.whole)
    return Unsaid.FACTS_CUT if short else Unsaid.NOT_LOOKED_FOR


def _parts(seen: _Seen, wanted: Expectation) -> Iterator[tuple[Expectation, Sequence[Facts]]]:
    """An expectation piece by piece in the judge's order, each with all that may have been seen of it.

    The rules of one key are one piece, since what was found there is one value.
    """
    nothing = Expectation(status=())
    yield replace(nothing, status=wanted.status), [Facts(status=seen.status)]
    for text in dict.fromkeys((*wanted.contains, *wanted.lacks)):
        contains, lacks = ((text,) if text in texts else () for texts in (wanted.contains, wanted.lacks))
        part = replace(nothing, contains=contains, lacks=lacks)
        yield part, [Facts(found={text: there}) for there in _there(seen, text)]
    for key in dict.fromkeys(rule.key for rule in wanted.rules):
        rules = tuple(rule for rule in wanted.rules if rule.key == key)
        yield replace(nothing, rules=rules), list(_found(seen, key, rules))


def _there(seen: _Seen, text: str) -> tuple[bool, ...]:
    """Whether a text may have been in the answer, and whether it may not."""
    if text in seen.found:
        return (bool(seen.found[text]),)
    asked = seen.asked
    if asked is None or text not in (*asked.contains, *asked.lacks):
        return (True, False)
    if seen.passed:
        return (text in asked.contains,)
    return (False,) if seen.whole else (True, False)


def _found(seen: _Seen, key: str, rules: Sequence[Rule]) -> Sequence[Facts]:
    """What may have been found under a key; facts without it where it may not have been looked for."""
    asked = () if seen.asked is None else tuple(rule for rule in seen.asked.rules if rule.key == key)
    if key in seen.found:
        value = seen.found[key]
        cut = seen.cut and isinstance(value, str) and len(value) == CUT
        values = begins(str(value), rules) if cut else (value,)
        return [Facts(found={key: each}) for each in values]
    if seen.whole and asked:
        return [Facts()]
    every = [*(Facts(found={key: each}) for each in kinds((*rules, *asked))), Facts()]
    then = Expectation(status=(), rules=asked if seen.passed else ())
    return [facts for facts in every if judge(facts, then) is Reason.OK] or every


class Outcome(StrEnum):
    """What a slot would have come to."""

    SAME = "same"
    DOWN = "down"
    UP = "up"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    NOT_REPLAYABLE = "not_replayable"


_OUTCOMES: Final = {State.UP: Outcome.UP, State.DOWN: Outcome.DOWN, State.UNKNOWN: Outcome.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One slot: its first attempt's instant, what it was, and what it would have been.

    `before` is the reason that its state rested on, `after` the one it would rest on. UNCONFIRMED: an attempt
    fails that was never tried again, since at the time nothing had to be.
    """

    at: int
    hold: int
    state: State
    outcome: Outcome
    before: Reason
    after: Reason | None = None
    unsaid: Unsaid | None = None


def replayed(attempts: Sequence[Check], asked: Sequence[Asked | None], changed: Changed) -> Replayed:
    """One slot from all its attempts in order. `asked` are those that may have been in force, all of them.

    Where what was in force is not known, `asked` holds None.
    """
    first = attempts[0]
    slot = Replayed(_speaks(attempts), first.hold, first.state, Outcome.SAME, _bears(attempts))
    if [each.attempt for each in attempts] != list(range(len(attempts))):
        return replace(slot, outcome=Outcome.NOT_REPLAYABLE, unsaid=Unsaid.ROWS_MISSING)
    if all(each == changed.asked for each in asked):
        return replace(slot, after=slot.before)
    found = [_resolved(attempts, each, changed) for each in asked]
    if len({state for state, *_ in found}) > 1:
        return replace(slot, outcome=Outcome.NOT_REPLAYABLE, unsaid=Unsaid.ASKED_UNKNOWN)
    state, after, unsaid = found[0]
    if isinstance(state, Outcome):
        return replace(slot, outcome=state, after=after, unsaid=unsaid)
    return replace(slot, outcome=Outcome.SAME if state is first.state else _OUTCOMES[state], after=after)


def _speaks(attempts: Sequence[Check]) -> int:
    """When a slot's state begins: down with the first failure, else as it was planned."""
    first = attempts[0]
    if first.state is not State.DOWN:
        return first.at
    return next((each.at for each in attempts if state_of(each.reason) is State.DOWN), first.at)


def _bears(attempts: Sequence[Check]) -> Reason:
    return _first_of([each.reason for each in attempts], attempts[0].state) or Reason.DATA_LOSS


def _first_of(reasons: Sequence[Reason], state: State) -> Reason | None:
    return next((reason for reason in reasons if state_of(reason) is state), None)


def _resolved(
    attempts: Sequence[Check], asked: Asked | None, changed: Changed
) -> tuple[State | Outcome, Reason | None, Unsaid | None]:
    """The state of a slot, or why it has none: its attempts are gone through until they are enough."""
    rule, reasons = changed.asked.confirmation, list[Reason]()
    if asked == changed.asked:
        return attempts[0].state, _bears(attempts), None
    expected = None if asked is None else asked.expectation
    anew = [judged_anew(check, expected, changed.asked.expectation) for check in attempts]
    if asked is not None and asked.confirmation == rule and anew == [check.reason for check in attempts]:
        return attempts[0].state, _bears(attempts), None
    for check, reason in zip(attempts, anew, strict=True):
        if isinstance(reason, Unsaid):
            return Outcome.NOT_REPLAYABLE, None, reason
        reasons.append(reason)
        if changed.doubtful(reason, _error(check, reason)):
            rule = rule.doubted
        state = resolve(reasons, rule)
        if state is not None:
            return state, _first_of(reasons, state), None
    failed = _first_of(reasons, State.DOWN)
    if failed is None:
        return Outcome.NOT_REPLAYABLE, None, Unsaid.SPOILT
    return Outcome.UNCONFIRMED, failed, None


def _error(check: Check, reason: Reason) -> Facts:
    """As much of the facts as tells whether there was an answer."""
    return Facts(error=None if reason in JUDGED or reason is Reason.OK else reason, status=check.status)

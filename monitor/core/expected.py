"""What was expected of an answer beside what was found, and what a slot's state rests on: for people. Pure.

Nothing is decided here. The order is the judge's, so that the first thing that does not hold is what decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.core.checks import (
    Confirmation,
    Expectation,
    Extract,
    Facts,
    Reason,
    Rule,
    State,
    Tenths,
    state_of,
)
from monitor.core.judge import MISSED, holds, resolve
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that is expected of an answer: what it is to be, what was found, and whether that is enough.

    Texts are the configuration's and the target's own, not cleaned.
    """

    what: str
    wanted: str
    found: str
    holds: bool


def examined(facts: Facts, wanted: Expectation) -> Iterator[Expected]:
    """Everything that is expected of an answer, in the order in which it is judged; of no answer nothing."""
    if facts.error is not None:
        return
    if facts.status is not None:
        ok = any(low <= facts.status <= high for low, high in wanted.status)
        yield Expected("status", _ranges(wanted.status), str(facts.status), ok)
    for text in wanted.contains:
        there = bool(facts.found.get(text, False))
        yield Expected("contains", f'"{text}"', _there(there), there)
    for text in wanted.lacks:
        there = bool(facts.found.get(text, False))
        yield Expected("lacks", f'"{text}"', _there(there), not there)
    for rule in wanted.rules:
        yield Expected(_named(rule), _bound(rule), _found(rule, facts), holds(rule, facts.found))
    if wanted.slower_is_down is not None and facts.latency is not None:
        limit, latency = wanted.slower_is_down, facts.latency
        yield Expected("time", f"at most {milliseconds(limit)}", milliseconds(latency), latency <= limit)


def milliseconds(tenths: Tenths | None) -> str:
    """`1,012.3 ms`, or a dash."""
    return "-" if tenths is None else f"{tenths // 10:,}.{tenths % 10} ms"


def _there(found: bool) -> str:
    return "there" if found else "not there"


def _ranges(ranges: Sequence[tuple[int, int]]) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)


def _named(rule: Rule) -> str:
    if rule.extract == "pattern":
        return "pattern"
    return f"{rule.extract.replace('_', ' ')} {rule.of}".rstrip()


def _bound(rule: Rule) -> str:
    if rule.extract == "pattern":
        return rule.of if rule.sign == "present" else f"not {rule.of}"
    if rule.value is None:
        return rule.sign
    value = ", ".join(rule.value) if isinstance(rule.value, tuple) else _written(rule.value)
    return f"{rule.sign} {_on_a_line(rule.extract, value)}"


def _found(rule: Rule, facts: Facts) -> str:
    if rule.key not in facts.found:
        return "could not be looked for"
    value = facts.found[rule.key]
    if rule.extract == "pattern":
        return _there(value is True)
    return "nothing" if value is None else _on_a_line(rule.extract, _written(value))


def _on_a_line(extract: Extract, text: str) -> str:
    """The answers of a name server come one on a line."""
    return text.replace("\n", ", ") if extract == "answer" else text


def _written(value: bool | int | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def looked_up(reason: Reason, found: Mapping[str, object]) -> tuple[str, ...]:
    """What extractions found, where it is their rules that failed: `items: 7`. `found` as it was stored."""
    kinds = [kind for kind, missed in MISSED.items() if missed is reason and kind != "pattern"]
    return tuple(
        f"{of or kind.replace('_', ' ')}: {_on_a_line(kind, _stored(value))}"
        for kind in kinds
        for key, value in found.items()
        for extract, colon, of in [key.partition(":")]
        if colon and extract == kind
    )


def _stored(value: object) -> str:
    return _written(value) if isinstance(value, bool | int | str) else "nothing"


def why(reasons: Sequence[Reason], rule: Confirmation) -> str:
    """What the state of a slot rests on, in a sentence; `reasons` are its attempts', in order."""
    states = [state_of(reason) for reason in reasons]
    failed, passed, spoilt = (states.count(state) for state in (State.DOWN, State.UP, State.UNKNOWN))
    counts = ((failed, "failed"), (passed, "passed"), (spoilt, "spoilt by the monitor itself"))
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    made = f"{len(reasons)} of at most {rule.attempts} {'attempt' if rule.attempts == 1 else 'attempts'}"
    return f"{made} made: {said}. {_rule(resolve(reasons, rule), failed, rule)}"


def _rule(state: State | None, failed: int, rule: Confirmation) -> str:
    needed = f"{rule.failures} {'failure is' if rule.failures == 1 else 'failures are'} needed for down"
    if state is State.UP and not failed:
        return "One that passes before any fails decides."
    if state is State.UP:
        return f"{needed}, and cannot be reached: a blip."
    if state is State.UNKNOWN:
        return f"{needed}, and none passed: nothing can be said."
    return f"{needed}."

"""How two contracts differ: what each says and the other does not, by promise and by stage.

Every sentence comes from the rule that computes, so what reads alike is paid alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.agreements.pipeline import Contract, Rule
from monitor.records import dataclass

WHOLE = "together, termination"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one stage says in the first contract alone, and in the second alone.

    `promise` is "" for the only promises of both, and for what holds for the whole.
    """

    promise: str
    stage: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def differences(first: Contract, second: Contract) -> tuple[Difference, ...]:
    """Where they differ, in the order of the stages; the texts that stand beside the rules are left out."""
    one, other = _clauses(first), _clauses(second)
    found = [
        difference
        for name in dict.fromkeys((*one, *other))
        for difference in _of_promise(name, one.get(name, {}), other.get(name, {}))
    ]
    return (*found, *_between("", WHOLE, _whole(first), _whole(second)))


Stages = Mapping[str, tuple[str, ...]]


def _clauses(contract: Contract) -> dict[str, Stages]:
    """What each promise says, by stage; an only promise has no name."""
    alone = len(contract.promises) == 1
    return {"" if alone else name: dict(clause.by_stage()) for name, clause in contract.promises}


def _of_promise(name: str, one: Stages, other: Stages) -> Iterator[Difference]:
    for stage in dict.fromkeys((*one, *other)):
        yield from _between(name, stage, one.get(stage, ()), other.get(stage, ()))


def _between(name: str, stage: str, one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[Difference]:
    first = tuple(each for each in one if each not in other)
    second = tuple(each for each in other if each not in one)
    if first or second:
        yield Difference(name, stage, first, second)


def _whole(contract: Contract) -> tuple[str, ...]:
    rules: tuple[Rule, ...] = (contract.combine, *contract.limits)
    said = [rule.say() for rule in rules] + [right.say() for right in contract.rights]
    return tuple(filter(None, said))


__all__ = ["Difference", "differences"]

"""A contract in plain English: what its promises share, a paragraph for each, and what holds for the whole.

Every sentence comes from the rule that computes, defaults included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.agreements import formula
from monitor.agreements.pipeline import Contract, Rule
from monitor.agreements.scope import Joined, Summed, Worst
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences of one promise; `name` is empty for those of all of them, or of the only one."""

    name: str
    sentences: tuple[str, ...]


def plain(
    contract: Contract, *, zone: str = "", resources: int = 1, beside: bool = True
) -> tuple[Paragraph, ...]:
    """The contract to read; `zone` is where its periods are cut, `resources` how many its service has.

    Without `beside` only its rules are read, not the texts that stand beside them.
    """
    said = {name: clause.say() for name, clause in contract.promises}
    common = _common(said.values())
    around = (*_where(zone), *_of_several(contract, resources))
    whole = (*_whole(contract), *(_beside(contract) if beside else ()))
    if len(said) == 1:
        return (Paragraph("", (*common, *around, *whole)),)
    own = [
        Paragraph(name, tuple(each for each in spoken if each not in common)) for name, spoken in said.items()
    ]
    first = Paragraph("", (*common, *around))
    return (*((first,) if first.sentences else ()), *own, Paragraph("", whole))


def sentences(paragraphs: Iterable[Paragraph]) -> tuple[str, ...]:
    """All sentences as one list, those of one promise of several under its name."""
    return tuple(
        f"{paragraph.name}: {sentence}" if paragraph.name else sentence
        for paragraph in paragraphs
        for sentence in paragraph.sentences
    )


def _common(said: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What every promise says, in the order of the first."""
    first, *others = said
    return tuple(sentence for sentence in first if all(sentence in other for other in others))


def _where(zone: str) -> Iterator[str]:
    if zone:
        yield f"Periods and days are those of {zone}."


def _of_several(contract: Contract, resources: int) -> Iterator[str]:
    """What is silent in the rules: that resources which nothing joins are looked at one by one."""
    rules = [
        rule for _, clause in contract.promises for rule in (*clause.steps, *formula.layers(clause.formula))
    ]
    if resources > 1 and not any(isinstance(rule, Joined | Summed | Worst) for rule in rules):
        yield f"Each of the {resources} resources has a figure of its own, and a credit of its own."


def _whole(contract: Contract) -> Iterator[str]:
    """How the promises combine, what limits the whole, and what else it gives a right to."""
    rules: tuple[Rule, ...] = (contract.combine, *contract.limits)
    yield from (sentence for rule in rules if (sentence := rule.say()))
    yield from (right.say() for right in contract.rights)


def _beside(contract: Contract) -> Iterator[str]:
    """How its text was read, what no program decides, and what nobody has seen yet."""
    yield from (f"Read so: {text}" for text in contract.readings)
    yield from (f"No program decides this: {text}" for text in contract.manual)
    if contract.unverified:
        yield f"Not yet held against the contract itself: {', '.join(contract.unverified)}."

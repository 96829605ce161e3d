"""Step three, what the team does first: the rules in their order, and what they name is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from monitor.config.check import Checked
from monitor.config.plan import Agreement
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Where
from monitor.config.queue_tables import FirstTable, QueueTable
from monitor.config.values import meant, shown
from monitor.operations.queue_rules import FIELDS, First, QueueRules

NAMED = ("customer", "service", "agreement")


def queue_rules(checked: Checked, agreements: Mapping[str, Agreement]) -> QueueRules:
    """What `[queue]` says; nothing is put first where it says nothing."""
    table = checked.single(QueueTable)
    if table is None:
        return QueueRules()
    promises = {
        name: None for each in agreements.values() for terms in each.terms for name, _ in terms.terms.promises
    }
    found = []
    for place, each in enumerate(table.first):
        checked.faults.extend(_faults(each, ("queue", "first", place), checked, list(promises)))
        found.append(_rule(each))
    return QueueRules(tuple(found))


def _faults(table: FirstTable, where: Where, checked: Checked, promises: Iterable[str]) -> Iterator[Fault]:
    for kind in NAMED:
        for name in getattr(table, kind):
            yield from dangling((*where, kind), name, kind, checked)
    known = list(promises)
    for name in table.promise:
        if name not in known and known:
            near = meant(name, known)
            hint = f'did you mean "{near}"?' if near else f"write one of {', '.join(map(shown, known))}"
            yield Fault((*where, "promise"), f'no agreement promises "{name}"; {hint}')


def _rule(table: FirstTable) -> First:
    return First(
        text=_text(table),
        words=tuple((name, getattr(table, name)) for name in FIELDS if getattr(table, name)),
        columns=tuple(table.columns.items()),
        left=table.left,
        used=table.used,
        money=table.money,
    )


def _text(table: FirstTable) -> str:
    """`{ segment = "gold", left = "<= 1 business hour" }`, as people write it."""
    parts = [f"{name} = {_listed(getattr(table, name))}" for name in FIELDS if getattr(table, name)]
    if table.columns:
        named = (f"{name} = {_listed(values)}" for name, values in table.columns.items())
        parts.append(f"columns = {{ {', '.join(named)} }}")
    if table.left is not None:
        parts.append(f'left = "{table.left.text}"')
    if table.used is not None:
        parts.append(f'used = "{table.used.sign} {_plain(table.used.value * 100)}%"')
    if table.money is not None:
        bound = table.money.bound
        parts.append(f'money = "{bound.sign} {_plain(bound.value)} {table.money.currency}"')
    return f"{{ {', '.join(parts)} }}"


def _listed(values: tuple[str, ...]) -> str:
    texts = [shown(each) for each in values]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _plain(value: Fraction) -> str:
    """The digits of a number that was read from some."""
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"

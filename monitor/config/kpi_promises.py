"""Step three, KPIs of tickets: that somebody was promised what they read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from monitor.agreements.terms import Terms as Promise
from monitor.agreements.terms import TicketTerms
from monitor.config.check import Checked
from monitor.config.kpi_tables import KpiTable
from monitor.config.plan import Agreement, Shadow
from monitor.config.problems import Fault, Where
from monitor.config.values import meant
from monitor.operations.kpi_rules import STOPS, Kind
from monitor.records import dataclass

NOUNS: Final[Mapping[Kind, str]] = {
    "first reply": "a first reply", "any reply": "a reply of any kind", "next reply": "a next reply",
    "acknowledgement": "an acknowledgement", "update": "updates", "resolution": "a resolution",
}  # fmt: skip
Named = tuple[str, Promise, TicketTerms]


@dataclass(frozen=True, slots=True)
class Promising:
    """The agreements by name, and the SLAs that run beside them."""

    agreed: Mapping[str, Agreement]
    beside: Mapping[str, tuple[Shadow, ...]]

    def promises(self, table: KpiTable) -> Iterator[Named]:
        """The promises of times that a KPI may read, whatever they are called and stop at."""
        own = (each for each in self.agreed.values() if _is_meant(table, each))
        for agreement in own:
            for terms in agreement.terms:
                if not table.slas or not {*table.slas}.isdisjoint(terms.slas):
                    yield from _of_tickets(terms.terms.promises)
            for each in self.beside.get(agreement.id, ()):
                if not {*table.slas}.isdisjoint(each.names):
                    yield from _of_tickets(each.agreement.terms[-1].terms.promises)

    def slas(self) -> tuple[str, ...]:
        """Those that are known, agreed or beside."""
        agreed = (name for each in self.agreed.values() for terms in each.terms for name in terms.slas)
        beside = (name for own in self.beside.values() for each in own for name in each.names)
        return tuple(dict.fromkeys((*agreed, *beside)))


def promised(table: KpiTable, where: Where, checked: Checked, known: Promising) -> Iterator[Fault]:
    """What is read of promises that nobody makes, and of priorities that none of them knows.

    Nothing is said where an agreement was left out for a fault of its own.
    """
    if {*known.agreed} != checked.written["agreement"]:
        return
    strange = [n for n, name in enumerate(table.slas) if name not in known.slas()]
    for number in strange:
        yield Fault((*where, "slas", number), _no_sla(table.slas[number], known.slas()))
    if strange:
        return
    every = list(known.promises(table))
    names = {name for name, _, _ in every}
    for number, name in enumerate(table.promises if every else ()):
        if name not in names:
            yield Fault((*where, "promises", number), _not_there("promise of times", name, sorted(names)))
    chosen = [each for each in every if not table.promises or each[0] in table.promises]
    mine = [each for each in chosen if STOPS[each[2].to] == table.of]
    if not mine and (chosen or not every):
        yield Fault((*where, "of"), _nowhere(table, {STOPS[rules.to] for _, _, rules in chosen}))
    if mine:
        yield from _priorities(table, where, mine)
    if mine and table.take == "in time" and not any(_timed(promise) for _, promise, _ in mine):
        message = "a mean or a percentile alone is promised, and no ticket is in time or late by itself"
        yield Fault((*where, "take"), f'{message}: write "mean" or "median"')


def _is_meant(table: KpiTable, agreement: Agreement) -> bool:
    return (
        agreement.kind == "customer"
        and (not table.agreements or agreement.id in table.agreements)
        and (not table.customers or agreement.customer in table.customers)
        and (not table.services or agreement.service in table.services)
    )


def _of_tickets(promises: Iterable[tuple[str, Promise]]) -> Iterator[Named]:
    for name, promise in promises:
        if promise.measure.tickets is not None:
            yield name, promise, promise.measure.tickets


def _no_sla(name: str, known: Collection[str]) -> str:
    near = meant(name, known)
    hint = f'did you mean "{near}"?' if near else f'write shadow = ["{name}"] in one, and it is internal'
    return f'no agreement is on the SLA "{name}" or has it beside; {hint}'


def _nowhere(table: KpiTable, there: Collection[Kind]) -> str:
    narrowed = table.agreements or table.customers or table.services or table.promises or table.slas
    who = "no agreement that is meant here promises" if narrowed else "no agreement of ours promises"
    to = next(stop for stop, kind in STOPS.items() if kind == table.of)
    write = (
        f'evidence = "tickets" and to = "{to}" in the SLA of an agreement; '
        'as its shadow = ["NAME"], with slas = ["NAME"] here, it stays internal'
    )
    if there:
        others = [f'"{kind}"' for kind in STOPS.values() if kind in there]
        named = f"one of {', '.join(others)}" if others[1:] else others[0]
        return f"{who} {NOUNS[table.of]}: write {named}, or {write}"
    return f"{who} {NOUNS[table.of]}: write {write}"


def _priorities(table: KpiTable, where: Where, promises: Iterable[Named]) -> Iterator[Fault]:
    """A priority that is in none of the times, where each of them is by priority and names them all."""
    known: dict[str, None] = {}
    for _, promise, rules in promises:
        within = _timed(promise)
        if rules.by != "priority" or not within or "" in within:
            return
        known.update(dict.fromkeys(within))
    for number, name in enumerate(table.priorities):
        if name not in known:
            yield Fault((*where, "priorities", number), _not_there("priority", name, [*known]))


def _timed(promise: Promise) -> tuple[str, ...]:
    """What has a time for each ticket: priorities, or "" for every other; () of a mean or a percentile."""
    within = promise.measure.within
    if within is None or within == "due":
        return ()
    return tuple(key for key, allowed in within if not allowed.none)


def _not_there(what: str, name: str, known: Collection[str]) -> str:
    near = meant(name, known)
    hint = f'did you mean "{near}"?' if near else f"write one of: {', '.join(known)}"
    return f'there is no {what} "{name}"; {hint}'

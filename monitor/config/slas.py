"""Step three, the contract half: SLAs, those they are like, and their dated versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from monitor.agreements.terms import ContractTerms, PeriodTerms
from monitor.config.check import Checked
from monitor.config.contract_terms import contract_terms
from monitor.config.model import SlaTable
from monitor.config.plan import Sla
from monitor.config.probing import dangling
from monitor.config.problems import Fault
from monitor.config.stages import (
    Family,
    Layer,
    amendment_faults,
    changes_terms,
    dated,
    sla_days,
    sla_version,
)
from monitor.config.terms_text import MONTHS
from monitor.core.cycles import ANCHORED, Cycle, Every, holding
from monitor.core.periods import midnight

DATELESS = (*ANCHORED, "billing month", "any 30 days", "365 days before the claim")
"""Periods that start on a day that only an agreement knows, or on any."""


def slas(checked: Checked, warnings: list[str]) -> dict[str, Family]:
    """Every sound SLA with those it is like; each of its versions is checked whether or not it is used."""
    layers = _sla_layers(checked)
    sound = checked.tables(SlaTable)
    found: dict[str, Family] = {}
    for key, (own, amended) in layers.items():
        checked.faults.extend(amendment_faults(amended))
        chain = _chain(key, checked)
        if chain is None or any(name not in sound for name in chain):
            continue  # what its rows leave open cannot be said before all of it can be read
        family = Family(key, tuple(layers[name] for name in chain))
        if _check_sla(family, checked, warnings):
            found[key] = family
        unverified = getattr(own.table, "unverified", None)
        if unverified and not own.of_library:
            listed = ", ".join(unverified)
            warnings.append(f"sla.{key}.unverified: not yet held against the contract itself: {listed}")
    return found


def slas_alone(families: Mapping[str, Family]) -> dict[str, Sla]:
    """Every SLA by itself as it last stands, for what speaks of no agreement."""
    found: dict[str, Sla] = {}
    for key, family in families.items():
        version = sla_version(family, sla_days(family)[-1], [])
        terms = contract_terms(version, ("sla", key), [], [])
        if terms is not None:
            found[key] = Sla(key, family.title, terms, getattr(family.layers[-1][0].table, "effective", None))
    return found


def _sla_layers(checked: Checked) -> dict[str, tuple[Layer, tuple[Layer, ...]]]:
    found: dict[str, tuple[Layer, tuple[Layer, ...]]] = {}
    for key, table in checked.readable(SlaTable).items():
        where = ("sla", key)
        found[key] = Layer(where, table), tuple(dated(table.amendment, where, checked.faults))
    return found


def _chain(key: str, checked: Checked) -> tuple[str, ...] | None:
    """The SLAs that one is like, the last first, and itself; None where one of them is nowhere."""
    tables = checked.readable(SlaTable)
    chain = [key]
    while (name := tables[chain[-1]].like) is not None:
        where = ("sla", chain[-1], "like")
        if name in chain:
            ring = " → ".join([*chain[chain.index(name) :], name])
            checked.faults.append(Fault(where, f"an SLA cannot be like itself: {ring}"))
            return None
        if name not in tables:
            checked.faults.extend(dangling(where, name, "sla", checked))
            return None
        chain.append(name)
    return tuple(reversed(chain))


def _check_sla(family: Family, checked: Checked, warnings: list[str]) -> bool:
    where = ("sla", family.key)
    known, before = len(checked.faults), None
    for day in sla_days(family):
        version = sla_version(family, day, checked.faults)
        terms = contract_terms(version, where, checked.faults, warnings)
        if before is not None:
            checked.faults.extend(inside_a_period(family.on(day), day, _cycle_alone(before)))
        before = terms
    return len(checked.faults) == known


def _cycle_alone(terms: ContractTerms) -> Cycle | None:
    """The periods of an SLA, as far as they do not depend on an agreement."""
    period = terms.promises[0][1].period
    if period.every in DATELESS:
        return None
    return cycle_of(period, period.timezone or "UTC", None, None)


def cycle_of(period: PeriodTerms, zone: str, first: date | None, billing_day: int | None) -> Cycle:
    every: Every = period.every  # type: ignore[assignment]
    return Cycle(every, zone, period.first_month, anchor=first, billing_day=billing_day)


def inside_a_period(layers: list[Layer], day: date, cycle: Cycle | None) -> Iterator[Fault]:
    """Amendments of terms that fall inside a period and do not say what becomes of it."""
    if cycle is None:
        return
    period = holding(cycle, midnight(day, cycle.zone))
    rolling = cycle.every in ("any 30 days", "365 days before the claim")
    if rolling or period.span.start == midnight(day, cycle.zone):
        return
    monthly = cycle.every == "calendar month"
    inside = MONTHS[day.month - 1] if monthly else f"the period {period.label}"
    for layer in layers:
        if layer.start != day or not changes_terms(layer.table):
            continue
        applies = getattr(layer.table, "applies", None)
        if applies is None:
            message = f'the terms change inside {inside}: say applies = "next period" or "split the period"'
            yield Fault(layer.where, message, key=True)
        elif applies == "split the period" and _cuts_anew(layer, cycle):
            message = f'what a period is cannot change inside {inside}: write applies = "next period"'
            yield Fault((*layer.where, "applies"), message)


def _cuts_anew(layer: Layer, cycle: Cycle) -> bool:
    """Whether a table says of what periods are something else than they were."""
    said = layer.table.period
    if said is None:
        return False
    zone = said.timezone or cycle.zone
    return (said.every, said.first_month or 1, zone) != (cycle.every, cycle.first_month, cycle.zone)

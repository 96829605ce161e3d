"""Step three, the terms: stages in layers become dated versions, and a version the terms that rules take.

Precedence, weakest first: the SLA, its amendments in force, the agreement, its amendments in force. A
stage is replaced whole, never merged, and each remembers the table that said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from monitor.agreements import lint
from monitor.agreements.terms import Terms
from monitor.config.credits_text import moved
from monitor.config.problems import Fault, Several, Where, dotted
from monitor.config.promise_terms import promise_terms
from monitor.config.stage_tables import STAGES, Stages
from monitor.config.values import day_key

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    """Stages that hold from a day on, and where they are written."""

    where: Where
    table: Stages
    start: date = date.min


@dataclass(frozen=True, slots=True)
class Version:
    """What applies from a day on: the stages, and for each the place that says it.

    `order` holds the places of all layers in force, the weakest first.
    """

    start: date
    stages: Mapping[str, Any]
    said_at: Mapping[str, Where]
    version: str
    order: tuple[Where, ...] = ()


def dated(tables: Mapping[str, Stages], where: Where, faults: list[Fault]) -> list[Layer]:
    """Amendments in order of their days; a bad day is a fault."""
    layers: list[Layer] = []
    for key, table in tables.items():
        place = (*where, "amendment", key)
        try:
            layers.append(Layer(place, table, day_key(key)))
        except ValueError as error:
            faults.append(Fault(place, str(error), key=True))
    return sorted(layers, key=lambda layer: layer.start)


def stages_of(table: Stages) -> list[str]:
    """The stages that a table says."""
    return [stage for stage in STAGES if getattr(table, stage) is not None]


def amendment_faults(layers: Iterable[Layer]) -> list[Fault]:
    """What an amendment must say, and may not."""
    faults: list[Fault] = []
    for layer in layers:
        said, applies = stages_of(layer.table), getattr(layer.table, "applies", None)
        fee = getattr(layer.table, "monthly_fee", None)
        if not said and fee is None:
            faults.append(Fault(layer.where, "changes nothing: write the keys that are new", key=True))
        elif said and layer.start.day != 1 and applies is None:
            month = MONTHS[layer.start.month - 1]
            message = f'the terms change inside {month}: say applies = "next period", or begin with a month'
            faults.append(Fault(layer.where, message, key=True))
        elif not said and applies is not None:
            message = "a fee that changes is weighted by days: take applies out"
            faults.append(Fault((*layer.where, "applies"), message))
    return faults


def versions(start: date, until: date | None, sla: list[Layer], own: list[Layer]) -> list[Version]:
    """The terms in force on each day from `start` on which they change."""
    layers = [*sla, *own]
    ends = until or date.max
    days = {layer.start for layer in layers if start < layer.start <= ends and stages_of(layer.table)}
    return [_version(day, start, layers) for day in sorted({start, *days})]


def _version(day: date, start: date, layers: list[Layer]) -> Version:
    stages: dict[str, Any] = {}
    said_at: dict[str, Where] = {}
    in_force = [layer for layer in layers if layer.start <= day]
    for layer in in_force:
        for stage in stages_of(layer.table):
            stages[stage] = getattr(layer.table, stage)
            said_at[stage] = layer.where
    named = [layer.start for layer in in_force if layer.start > date.min and stages_of(layer.table)]
    order = tuple(layer.where for layer in in_force)
    return Version(day, stages, said_at, max(named, default=start).isoformat(), order)


def check_terms(version: Version, fallback: Where, faults: list[Fault], warnings: list[str]) -> Terms:
    """The terms of a version, with what the table cannot price."""
    try:
        terms = promise_terms(version.stages)
    except Several as several:
        said = version.said_at
        faults.extend(moved(fault, said.get(str(fault.where[0]), fallback)) for fault in several.faults)
        return Terms(version.stages["commitment"], version.stages["credits"])
    problems, doubtful = _findings(terms)
    for stage, message in problems:
        faults.append(Fault(_blamed(stage, version, fallback), message))
    for stage, message in doubtful:
        warnings.append(f"{dotted(_blamed(stage, version, fallback))}: {message}")
    return terms


@lru_cache(maxsize=256)  # one SLA is the terms of hundreds of agreements
def _findings(terms: Terms) -> tuple[tuple[lint.Finding, ...], tuple[lint.Finding, ...]]:
    return lint.problems(terms), lint.warnings(terms)


def _blamed(stage: str, version: Version, fallback: Where) -> Where:
    """Where to mend a finding: at the commitment, if credits fitted until it came to stand above them."""
    said_at = version.said_at
    if stage == "credits":
        stage = max(("credits", "commitment"), key=lambda each: version.order.index(said_at[each]))
    return (*said_at.get(stage, fallback), stage)

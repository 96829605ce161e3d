"""Step three, the terms: what is written in layers becomes dated versions, each a set of promises.

Precedence, weakest first: the SLAs that an SLA is like, the SLA, its promise, the agreement, its amendments;
and each table's amendments once they are in force. A stage is replaced whole, never merged, and each
remembers the table that said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from typing import Any

from monitor.config.known import LIBRARY
from monitor.config.model import WholeKeys
from monitor.config.problems import Fault, Where
from monitor.config.stage_tables import STAGES, Stages
from monitor.config.values import day_key, meant
from monitor.records import dataclass

OF_THE_WHOLE = ("limits", "rounding")
"""Stages that mean all promises together where they stand above several."""

BESIDE = ("together", "termination", "readings", "unverified", "manual")
"""What stands beside the stages."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A table that holds from a day on, and where it is written."""

    where: Where
    table: WholeKeys
    start: date = date.min

    @property
    def of_library(self) -> bool:
        """Whether this is a published SLA, and nobody's own."""
        return str(self.where[1]).startswith(LIBRARY)


@dataclass(frozen=True, slots=True)
class Said:
    """One stage or key as it is written, the table that says it, and the rank of its layer."""

    value: Any
    where: Where
    rank: int


Stage = dict[str, Said]


@dataclass(frozen=True, slots=True)
class Version:
    """What applies from a day on: the stages of each promise, those of the whole, and what stands beside.

    `shared` holds what is said above the promises; `several` is whether there are promises by name.
    `order` holds the places of all layers in force, the weakest first; `unproven` the stages that are as the
    library has them, and there second-hand or from memory.
    """

    start: date
    promises: Mapping[str, Mapping[str, Said]]
    shared: Mapping[str, Said]
    beside: Mapping[str, Said]
    rights: Mapping[str, Said]
    version: str
    order: tuple[Where, ...]
    applies: str = ""
    unproven: tuple[str, ...] = ()

    @property
    def several(self) -> bool:
        return len(self.promises) > 1

    @property
    def tables(self) -> tuple[object, ...]:
        """The very values that its terms come from: versions that have the same ones have the same terms."""
        parts = [*self.promises.values(), self.shared, self.beside, self.rights]
        return (
            *self.promises,
            *((key, id(said.value)) for part in parts for key, said in part.items()),
        )


@dataclass(slots=True)
class Stack:
    """Layers put on one another, the weakest first."""

    sla: str
    faults: list[Fault] = field(default_factory=list)
    shared: Stage = field(default_factory=dict)
    promises: dict[str, Stage] = field(default_factory=dict)
    beside: Stage = field(default_factory=dict)
    rights: Stage = field(default_factory=dict)
    order: list[Where] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)

    def put(self, layer: Layer, *, grows: bool) -> None:
        """One more layer; only where it `grows` may it have promises that are new."""
        rank = len(self.order)
        self.order.append(layer.where)
        if not says_terms(layer.table):
            return
        for stage in stages_of(layer.table):
            self._must_show(stage, layer)
            self.shared[stage] = Said(getattr(layer.table, stage), layer.where, rank)
        for key in BESIDE:
            value = getattr(layer.table, key, None)
            if value is not None:
                self.beside[key] = Said(value, layer.where, rank)
        self._prove(layer, rank)
        for name, table in layer.table.promise.items():
            where = (*layer.where, "promise", name)
            if name in self.promises or grows:
                self._promise(name, table, where, rank)
            else:
                self.faults.append(Fault(where, self._no_promise(name, layer), key=True))

    def _prove(self, layer: Layer, rank: int) -> None:
        """Which stages are still those of a library that nobody has held against the contract.

        Whoever says a stage anew, or says what is unverified, has looked.
        """
        said = getattr(layer.table, "unverified", None)
        if layer.of_library:
            self.unproven = self.unproven if said is None else list(said)
            return
        only = list(layer.table.promise.values()) if len(self.promises) == 1 else []
        new = {stage for table in (layer.table, *only) for stage in stages_of(table)}
        new |= {key for key in BESIDE if getattr(layer.table, key, None) is not None}
        if said is not None:
            new |= {stage for stage in self.unproven if stage not in said}
        mended = {stage for stage in self.unproven if stage in new}
        self.unproven = [stage for stage in self.unproven if stage not in mended]
        known = self.beside.get("unverified")
        if mended and known is not None and said is None:
            left = [stage for stage in known.value if stage not in mended]
            self.beside["unverified"] = Said(left, known.where, rank)

    def _promise(self, name: str, table: Stages, where: Where, rank: int) -> None:
        own = self.promises.setdefault(name, {})
        for stage in stages_of(table):
            own[stage] = Said(getattr(table, stage), where, rank)
        if (rights := getattr(table, "termination", None)) is not None:
            self.rights[name] = Said(rights, where, rank)

    def _must_show(self, stage: str, layer: Layer) -> None:
        """A stage that a weaker promise says itself would be hidden by it."""
        hiding = [name for name, own in self.promises.items() if stage in own]
        if hiding and (stage not in OF_THE_WHOLE or len(self.promises) == 1):
            base = ".".join(str(part) for part in (*layer.where, "promise"))
            first, *others = (name for name in self.promises)
            more = "".join(f" or .{name}" for name in others[:1])
            message = f"sla {self.sla} has {_count(len(self.promises))}: write it under {base}.{first}{more}"
            self.faults.append(Fault((*layer.where, stage), message))

    def _no_promise(self, name: str, layer: Layer) -> str:
        if not self.promises:
            table = ".".join(str(part) for part in layer.where)
            return f"sla {self.sla} has no promises by name: write these stages in [{table}] itself"
        near = meant(name, self.promises)
        hint = f'did you mean "{near}"?' if near else f"it has {', '.join(self.promises)}"
        return f'sla {self.sla} has no promise "{name}"; {hint}'

    def version(self, start: date, label: str, applies: str) -> Version:
        """What stands at the top."""
        promises = {name: self._all_of(own) for name, own in self.promises.items()}
        return Version(
            start=start,
            promises=promises or {self.sla.removeprefix(LIBRARY): dict(self.shared)},
            shared=self.shared,
            beside=self.beside,
            rights=self.rights,
            version=label,
            order=tuple(self.order),
            applies=applies,
            unproven=tuple(self.unproven),
        )

    def _all_of(self, own: Stage) -> Stage:
        """The stages of a promise: its own above the shared ones. Limits above several are the whole's."""
        several = len(self.promises) > 1
        shared = {stage: said for stage, said in self.shared.items() if not (several and stage == "limits")}
        return {**shared, **own}


def _count(number: int) -> str:
    words = {1: "a promise by name", 2: "two promises", 3: "three promises", 4: "four promises"}
    return words.get(number, f"{number} promises")


def dated(tables: Mapping[str, Any], where: Where, faults: list[Fault]) -> list[Layer]:
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


def changes_terms(table: WholeKeys) -> bool:
    """Whether anything in a table is terms or names others, and not a fee alone."""
    return says_terms(table) or getattr(table, "sla", None) is not None


def says_terms(table: WholeKeys) -> bool:
    """Whether a table says any terms itself."""
    beside = any(getattr(table, key, None) is not None for key in BESIDE)
    return bool(beside or table.promise or stages_of(table))


def amendment_faults(layers: Iterable[Layer], priced: Iterable[str] = ()) -> Iterator[Fault]:
    """What an amendment must say, and may not. `priced` are the keys of fees."""
    for layer in layers:
        changed = changes_terms(layer.table)
        fees = [key for key in priced if getattr(layer.table, key) is not None]
        if not changed and not fees:
            yield Fault(layer.where, "changes nothing: write the keys that are new", key=True)
        elif not changed and getattr(layer.table, "applies", None) is not None:
            message = "a fee that changes is weighted by days: take applies out"
            yield Fault((*layer.where, "applies"), message)


@dataclass(frozen=True, slots=True)
class Family:
    """An SLA, those it is like (the last first), and all their amendments."""

    key: str
    layers: tuple[tuple[Layer, tuple[Layer, ...]], ...]

    @property
    def title(self) -> str:
        own, _ = self.layers[-1]
        return getattr(own.table, "title", None) or self.key

    def on(self, day: date) -> list[Layer]:
        """The layers in force on a day, the weakest first."""
        return [
            layer
            for own, amended in self.layers
            for layer in (own, *(each for each in amended if each.start <= day))
        ]

    def amendments(self) -> Iterator[Layer]:
        for _, amended in self.layers:
            yield from amended


def sla_version(family: Family, day: date, faults: list[Fault]) -> Version:
    """An SLA by itself as it stands on a day."""
    stack = Stack(family.key, faults)
    layers = family.on(day)
    for layer in layers:
        stack.put(layer, grows=True)
    label = max(layer.start for layer in layers)
    return stack.version(day, label.isoformat() if label > date.min else "", "")


def sla_days(family: Family) -> list[date]:
    """The days on which an SLA changes, the first of all among them."""
    return sorted({date.min, *(layer.start for layer in family.amendments() if changes_terms(layer.table))})


@dataclass(frozen=True, slots=True)
class Agreed:
    """What one agreement rests on: its own table and amendments, and every SLA that is sound."""

    own: Layer
    amended: tuple[Layer, ...]
    families: Mapping[str, Family]

    def names(self, day: date) -> tuple[str, ...]:
        """The SLAs on a day; an amendment may name others."""
        said = [layer.table.sla for layer in self._own(day) if getattr(layer.table, "sla", None)]  # type: ignore[attr-defined]
        return tuple(said[-1])

    def _own(self, day: date) -> list[Layer]:
        return [self.own, *(layer for layer in self.amended if layer.start <= day)]

    def layers(self, day: date) -> list[Layer]:
        """Every layer in force on a day, the weakest first."""
        return [
            *(layer for name in self.names(day) for layer in self.families[name].on(day)),
            *self._own(day),
        ]

    def days(self, first: date, last: date | None) -> list[date]:
        """The days on which the terms change, `first` among them."""
        days = {first}
        for layer in self._all_amendments():
            if first < layer.start <= (last or date.max) and changes_terms(layer.table):
                days.add(layer.start)
        return sorted(days)

    def _all_amendments(self) -> Iterator[Layer]:
        tables = [self.own.table, *(layer.table for layer in self.amended)]
        for name in dict.fromkeys(name for table in tables for name in getattr(table, "sla", None) or ()):
            yield from self.families[name].amendments()
        yield from self.amended

    def version(self, day: date, first: date, faults: list[Fault]) -> Version:
        """The agreement as it stands on a day."""
        names = self.names(day)
        stack = Stack(names[0] if len(names) == 1 else ", ".join(names), faults)
        if len(names) == 1:
            for layer in self.families[names[0]].on(day):
                stack.put(layer, grows=True)
        else:
            _side_by_side(stack, [self.families[name] for name in names], day)
        for layer in self._own(day):
            stack.put(layer, grows=False)
        amended = [
            layer for layer in self.layers(day) if layer.start > date.min and changes_terms(layer.table)
        ]
        label = max((layer.start for layer in amended), default=first).isoformat()
        said = [str(getattr(each.table, "applies", None) or "") for each in amended if each.start == day]
        return stack.version(day, label, next((word for word in reversed(said) if word), ""))


def _side_by_side(stack: Stack, families: Iterable[Family], day: date) -> None:
    """Several SLAs: each is a promise by its name, with all its stages."""
    for family in families:
        version = sla_version(family, day, [])
        if version.several:
            message = (
                f"sla {family.key} has several promises itself: it stands alone, or write its promises apart"
            )
            stack.faults.append(Fault(("sla", family.key), message))
        ((_, stages), *_) = version.promises.items()
        rank = len(stack.order)
        stack.order.append(("sla", family.key))
        name = family.key.removeprefix(LIBRARY)
        if name in stack.promises:
            hint = f"write [sla.my-{name}] and name that"
            message = f"is the name of a published SLA beside it as well: {hint}"
            stack.faults.append(Fault(("sla", name), message, key=True))
        stack.unproven += [stage for stage in version.unproven if stage not in stack.unproven]
        stack.promises[name] = {stage: Said(said.value, said.where, rank) for stage, said in stages.items()}
        if "termination" in version.beside:
            stack.rights[name] = version.beside["termination"]
        for key in ("readings", "unverified", "manual"):
            if key in version.beside:
                _join(stack.beside, key, version.beside[key])


def _join(beside: Stage, key: str, said: Said) -> None:
    known = beside.get(key)
    beside[key] = said if known is None else Said([*known.value, *said.value], known.where, known.rank)

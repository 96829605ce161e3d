"""From data to models, table by table, so that one bad table does not hide what is wrong with the others.

What pydantic says is made into sentences here; nothing of its own wording, and no value of a header,
reaches anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.config.document import Document
from monitor.config.known import KEYS, TABLES, later
from monitor.config.library import Library
from monitor.config.model import NAMED, SINGLE
from monitor.config.problems import Fault, Several, Where
from monitor.config.stage_tables import NO_NOTICE, ExcludeTable
from monitor.config.stand_ins import filled
from monitor.config.table import Table
from monitor.config.values import meant, name, shown, sound_name
from monitor.records import dataclass

T = TypeVar("T", bound=Table)
EXAMPLES: Mapping[str, str] = {"claim": '"30 days after period"'}  # of keys that are a text or a table


@dataclass(slots=True)
class Checked:
    """The tables that are valid, the names of all that were written, and what is wrong with the others.

    `partly` holds the tables of which only some keys are right, `stood_in` the paths of the other keys.
    `borrowed` names the SLAs that are the library's, `library` where others may be looked for;
    `accept_unverified` prices those with figures that nobody has held against the contract.
    """

    valid: dict[str, dict[str, Table]] = field(default_factory=dict)
    partly: dict[str, dict[str, Table]] = field(default_factory=dict)
    stood_in: set[Where] = field(default_factory=set)
    written: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in NAMED})
    faults: list[Fault] = field(default_factory=list)
    borrowed: frozenset[str] = frozenset()
    library: Library | None = None
    accept_unverified: bool = False

    def tables(self, model: type[T]) -> dict[str, T]:
        """The valid tables of a kind by name, each of class `model`."""
        kind = next(kind for kind, each in NAMED.items() if each is model)
        return cast(dict[str, T], self.valid.get(kind, {}))

    def readable(self, model: type[T]) -> dict[str, T]:
        """The valid tables of a kind, and those that are valid in part."""
        kind = next(kind for kind, each in NAMED.items() if each is model)
        partly = cast(dict[str, T], self.partly.get(kind, {}))
        return {**partly, **self.tables(model)} if partly else self.tables(model)

    def is_own(self, where: Where) -> bool:
        """Whether what stands at a path was written there, and is no stand-in."""
        return not any(where[:depth] in self.stood_in for depth in range(1, len(where) + 1))

    def single(self, model: type[T]) -> T | None:
        """The one table of a kind that has one, or None where it is not written or not valid."""
        kind = next(kind for kind, each in SINGLE.items() if each is model)
        return cast("T | None", self.valid.get(kind, {}).get(""))


def check(document: Document, library: Library | None = None) -> Checked:
    """Every table of the document as its model."""
    checked = Checked(borrowed=frozenset(document.borrowed), library=library)
    for key, value in document.tree.items():
        if key in SINGLE:
            model = _validate(SINGLE[key], value, (key,), checked.faults)
            if model is None:
                checked.stood_in.add((key,))
            else:
                checked.valid[key] = {"": model}
        elif key not in NAMED:
            checked.faults.append(_unknown((), key, [*SINGLE, *NAMED, "include"], TABLES))
        elif isinstance(value, dict):
            _check_named(key, value, checked)
        else:
            checked.faults.append(Fault((key,), f"{shown(value)} is not a table: write [{key}.NAME]"))
    return checked


def _check_named(kind: str, tables: Mapping[str, object], checked: Checked) -> None:
    for key, value in tables.items():
        own = kind == "sla" and key in checked.borrowed
        checked.written[kind].add(key if own else sound_name(key) or key)
        try:
            if not own:
                name(key)
        except ValueError as error:
            checked.faults.append(Fault((kind, key), str(error), key=True))
        known = len(checked.faults)
        model = _validate(NAMED[kind], value, (kind, key), checked.faults)
        if model is not None:
            checked.valid.setdefault(kind, {})[key] = model
        elif isinstance(value, dict):
            wrong = {str(fault.place[2]) for fault in checked.faults[known:] if len(fault.place) > 2}
            _take_in_part(kind, key, value, wrong, checked)


def _take_in_part(
    kind: str, key: str, value: Mapping[str, object], wrong: set[str], checked: Checked
) -> None:
    found = filled(NAMED[kind], value, wrong)
    if found is not None:
        table, others = found
        checked.partly.setdefault(kind, {})[key] = table
        checked.stood_in.update((kind, key, other) for other in others)


def _validate(kind: type[Table], value: object, where: Where, faults: list[Fault]) -> Table | None:
    if not isinstance(value, dict):
        faults.append(Fault(where, f"{shown(value)} is not a table: write [{'.'.join(map(str, where))}]"))
        return None
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
    misspelt = _misspelt(details, kind)
    for detail in details:
        if detail["type"] != "missing" or detail["loc"] not in misspelt:
            faults.extend(_faults(detail, kind, where))
    return None


def _misspelt(details: list[ErrorDetails], kind: type[Table]) -> set[tuple[int | str, ...]]:
    """What the unknown keys mean: a key that is missing because it is misspelt is one mistake, not two."""
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    near = {loc: meant(str(loc[-1]), _keys(_owner(kind, loc[:-1]))) for loc in unknown}
    return {(*loc[:-1], key) for loc, key in near.items() if key is not None}


def _faults(detail: ErrorDetails, kind: type[Table], base: Where) -> list[Fault]:
    loc = detail["loc"]
    where = (*base, *loc)
    if detail["type"] == "extra_forbidden":
        owner = _owner(kind, loc[:-1])
        return [_unknown(where[:-1], str(loc[-1]), _keys(owner), _language(where[:-1]))]
    if detail["type"] == "missing":
        return [_missing(where[:-1], str(loc[-1]), _owner(kind, loc[:-1]))]
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, Several):
        return [_below(fault, where) for fault in cause.faults]
    if cause is not None:
        return [Fault(where, str(cause))]
    if detail["type"] == "model_type":
        known = ", ".join(_keys(_owner(kind, loc)))
        example = EXAMPLES.get(str(where[-1]))
        if example:
            said = f"{shown(detail['input'])} is no {where[-1]}: write {example}, or a table of {known}"
            return [Fault(where, said)]
        return [Fault(where, f"{shown(detail['input'])} is not a table; its keys are {known}")]
    return [Fault(where, _sentence(detail))]


def _below(fault: Fault, where: Where) -> Fault:
    at = None if fault.at is None else (*where, *fault.at)
    return Fault((*where, *fault.where), fault.message, at=at, key=fault.key)


def _unknown(where: Where, key: str, known: list[str], language: frozenset[str]) -> Fault:
    at = (*where, key)
    shown_key = f'"{key[:60]}"' if key.isprintable() else "this"
    if key in language:
        return Fault(where, later(shown_key), at=at, key=True)
    what = "unknown table" if not where else "unknown key"
    near = meant(key, known) or meant(key, language)
    if near in language:
        return Fault(where, f"{what} {shown_key}; {later(shown(near))}", at=at, key=True)
    hint = f'did you mean "{near}"?' if near else f"known here: {', '.join(known)}"
    return Fault(where, f"{what} {shown_key}; {hint}", at=at, key=True)


def _missing(where: Where, key: str, owner: type[BaseModel] | None) -> Fault:
    if owner is ExcludeTable and key == "notice":
        return Fault(where, NO_NOTICE)
    known = owner.model_fields if owner else {}
    info = next((each for own, each in known.items() if (each.alias or own) == key), None)
    example = info.examples[0] if info and info.examples else None
    hint = f": write {key} = {example}" if example else ""
    return Fault(where, f'"{key}" is missing{hint}')


SENTENCES: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "string_type": lambda value, _: f"{value} is not a text: write it in quotes",
    "int_type": lambda value, _: (
        f"{value} is not a whole number: write it without quotes and without a point"
    ),
    "bool_type": lambda value, _: f"{value} is neither true nor false: write one of them, without quotes",
    "list_type": lambda value, _: f"{value} is not a list: write it in brackets, [ … ]",
    "dict_type": lambda value, _: f"{value} is not a table: write {{ key = … }}",
    "too_short": lambda value, _: f"{value} is empty: write something in it, or take it out",
    "too_long": lambda value, ctx: f"{value} is too long: at most {ctx['max_length']}",
    "greater_than_equal": lambda value, ctx: f"{value} is too small: at least {ctx['ge']}",
    "less_than_equal": lambda value, ctx: f"{value} is too large: at most {ctx['le']}",
}


def _sentence(detail: ErrorDetails) -> str:
    say = SENTENCES.get(detail["type"])
    value = shown(detail["input"])
    return say(value, detail.get("ctx", {})) if say else f"{value} cannot stand here"


def _language(where: Where) -> frozenset[str]:
    """What the language knows at a path and this version does not."""
    named = [part for part in where if isinstance(part, str)]
    if "amendment" in named[2:]:
        inner = named[named.index("amendment", 2) + 2 :]
        return KEYS.get(inner[-1], frozenset()) if inner else KEYS["amendment"]
    return KEYS.get(named[-1] if len(named) > 2 else named[0], frozenset()) if named else TABLES


def _keys(owner: type[BaseModel] | None) -> list[str]:
    return [info.alias or key for key, info in owner.model_fields.items()] if owner else []


def _owner(kind: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The class that reads the table at a path below `kind`."""
    current: Any = kind
    for part in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {info.alias or key: info for key, info in current.model_fields.items()}
            if part in fields:
                current = _inner(fields[str(part)].annotation)
    return cast(type[BaseModel], current) if isinstance(current, type) else None


def _inner(annotation: Any) -> Any:
    """The model inside `X | None`, `dict[str, X]`, `list[Annotated[X, …]]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _inner(part)
        if found is not None:
            return found
    return None

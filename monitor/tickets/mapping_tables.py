"""A mapping file: TOML, checked as a whole, and the values that it becomes; all its problems at once."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.core.tickets import EVENT_KINDS, EventKind
from monitor.errors import ConfigError
from monitor.tickets.mapping import COMMENT, Dialect, EventFields, People
from monitor.tickets.times import UNIX, UNIX_MS, Times

READY: Final = Path(__file__).parent / "ready"
MOST_BYTES: Final = 1 << 20
Text = Annotated[str, Field(min_length=1, max_length=200)]
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f'"{name[:40]}" is no zone: write one as in "Europe/Berlin"') from error
    return name


def _written(how: str) -> str:
    if how not in (UNIX, UNIX_MS) and "%" not in how:
        raise ValueError(f'"{how[:40]}" is no way to write times: "%d.%m.%Y %H:%M", "unix" or "unix ms"')
    return how


def _source(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f'"{name[:40]}" is no name: write small letters, digits and "-"')
    if name == "makegood":
        raise ValueError("makegood is what our own incidents are called: write another name")
    return name


def _what(word: str) -> str:
    known = [*EVENT_KINDS, COMMENT, "ignore"]
    if word not in known:
        raise ValueError(f'"{word[:40]}" is no event: write one of {", ".join(known)}')
    return word


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldsTable(_Table):
    """Which field is which."""

    id: Text | None = None
    priority: Text | None = None
    segment: Text | None = None
    channel: Text | None = None
    service: Text | None = None
    customer: Text | None = None
    resource: Text | None = None
    status: Text | None = None
    updated: Text | None = None
    deleted: Text | None = None
    columns: list[Text] = []


class EventTable(_Table):
    """The parts of one event, where each row is one."""

    at: Text
    what: Text
    value: Text | None = None
    by: Text | None = None


class WordsTable(_Table):
    """What its words are in ours."""

    priority: dict[Text, Text] = {}
    status: dict[Text, Text] = {}
    event: dict[Text, Annotated[str, AfterValidator(_what)]] = {}


class PeopleTable(_Table):
    """Who is who: ids, addresses, or all of a domain."""

    agent: list[Text] = []
    customer: list[Text] = []
    system: list[Text] = []


class MappingTable(_Table):
    """The whole file."""

    source: Annotated[str, AfterValidator(_source)]
    format: Literal["rows", "zendesk", "jira"] = "rows"
    rows: Literal["tickets", "events"] = "tickets"
    optional: bool = False
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    times: list[Annotated[str, AfterValidator(_written)]] = []
    repeated: Literal["first", "second"] | None = None
    fields: FieldsTable = FieldsTable()
    events: dict[EventKind, Text] = {}
    event: EventTable | None = None
    words: WordsTable = WordsTable()
    people: PeopleTable = PeopleTable()

    @model_validator(mode="after")
    def _goes_together(self) -> MappingTable:
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        if "source" in self.fields.columns:
            yield 'fields.columns: "source" is what this mapping is called; leave it out'
        if self.format != "rows":
            if self.events or self.event or self.rows != "tickets" or self.fields.id:
                yield f'format = "{self.format}" knows where events and ids are: leave them out'
            return
        if not self.fields.id:
            yield 'fields.id is missing: say which field holds the ticket\'s id, id = "Ticket"'
        if self.rows == "events" and not self.event:
            yield '[event] is missing: rows = "events" needs at and what'
        if self.rows == "tickets" and "created" not in self.events:
            yield '[events] has no created: say which field holds that instant, created = "Created at"'
        if self.rows == "tickets" and self.event:
            yield '[event] is for rows = "events"'
        if self.rows == "events" and self.events:
            yield '[events] is for rows = "tickets"'


def mapping_of(name: str, where: str = "--mapping") -> Dialect:
    """A ready mapping by its name, or that of a file. ConfigError with every problem in it.

    `where` it is named is told where there is none.
    """
    path = READY / f"{name}.toml" if _NAME.fullmatch(name) else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in READY.glob("*.toml")))
        raise ConfigError(
            f"{where}: there is no {name}: name one that is ready ({known}), or a file FILE.toml"
        )
    if path.stat().st_size > MOST_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB, which no mapping is")
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    return _mapping(_over(read, path), str(path))


def _over(read: dict[str, Any], path: Path) -> dict[str, Any]:
    """A mapping that is `like` a ready one, with what it says over that."""
    like = read.pop("like", None)
    if like is None:
        return read
    under = READY / f"{like}.toml"
    if not isinstance(like, str) or not _NAME.fullmatch(like) or not under.is_file():
        known = ", ".join(sorted(each.stem for each in READY.glob("*.toml")))
        raise ConfigError(f"{path}: like: there is no ready mapping of that name: write one of {known}")
    return _merged(tomllib.loads(under.read_text(encoding="utf-8")), read)


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    found = {**under, **over}
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            found[key] = _merged(under[key], value)
    return found


def _mapping(read: dict[str, Any], name: str) -> Dialect:
    try:
        table = MappingTable.model_validate(read)
    except ValidationError as error:
        raise ConfigError("\n".join(_told(name, error))) from None
    fields = table.fields.model_dump(exclude={"columns"}, exclude_none=True)
    event = table.event
    return Dialect(
        source=table.source,
        times=Times(table.zone or "", tuple(table.times), table.repeated or ""),
        format=table.format,
        rows=table.rows,
        delimiter=table.delimiter,
        optional=table.optional,
        fields=fields,
        columns=tuple(dict.fromkeys(table.fields.columns)),
        events=tuple(table.events.items()),
        event=EventFields(event.at, event.what, event.value or "", event.by or "") if event else None,
        priorities=_folded(table.words.priority),
        statuses=_folded(table.words.status),
        whats=_folded(table.words.event),
        people=People(*(frozenset(map(str.casefold, each)) for each in _people(table.people))),
        digest=hashlib.sha256(json.dumps(read, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _people(table: PeopleTable) -> tuple[list[str], list[str], list[str]]:
    return table.agent, table.customer, table.system


def _folded(words: dict[str, str]) -> dict[str, str]:
    return {word.casefold(): meant for word, meant in words.items()}


def _told(name: str, error: ValidationError) -> Iterator[str]:
    """A line for each problem; what stands in the file is not shown."""
    for each in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in each["loc"] if part != "[key]")
        said = each["msg"].removeprefix("Value error, ")
        if each["type"] == "extra_forbidden":
            said = "is not known here; docs/tickets.md lists what a mapping can say"
        elif each["type"] == "missing":
            said = "is missing"
        yield f"{name}: {where}: {said}" if where else f"{name}: {said}"

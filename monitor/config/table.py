"""What every table of the file has in common: exact keys, exact types, and readers for single values.

Modules of tables do without `from __future__ import annotations`: pydantic would read each annotation from
its text again, at each start.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from monitor.config import values
from monitor.config.known import later
from monitor.config.problems import Refused
from monitor.core.intervals import Ms
from monitor.records import dataclass


class Table(BaseModel):
    """A table of the file: exact keys, exact types, and no value in any text of pydantic's."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # a file uses a few tables; building all of them would cost every command
    )


@dataclass(frozen=True, slots=True)
class Read:
    """What `parser` makes of a value that is `written` so.

    As pydantic's `PlainValidator`, which works out as well how to check and to write what comes out: nobody
    asks that, and it took 20 ms of each command.
    """

    parser: Callable[[Any], Any]
    written: Any

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = handler.generate_schema(self.written)
        return core_schema.no_info_plain_validator_function(self.parser, json_schema_input_schema=written)


def words(*done: str, language: tuple[str, ...] = ()) -> Read:
    """One of the words this version does; the language's other words are refused by name."""

    def read(value: object) -> str:
        if value in language and value not in done:
            listed = ", ".join(values.shown(word) for word in done)
            raise Refused(f"{later(values.shown(value))}: write {'one of ' * (len(done) > 1)}{listed}")
        return values.choice(value, done)

    return Read(read, Literal[done])


def short(key: str) -> BeforeValidator:
    """A text in place of a table is the short form of its first key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def read_by(parser: Callable[[Any], Any], written: Any = str) -> Read:
    return Read(parser, written)


def as_written(default: object) -> Any:
    """A default as people would write it, read as what they write is."""
    return Field(default=default, validate_default=True)


Text = Annotated[str, read_by(values.text)]
Name = Annotated[str, read_by(values.name)]
Duration = Annotated[Ms, read_by(values.duration)]
Zone = Annotated[str, read_by(values.zone)]
Currency = Annotated[str, read_by(values.currency)]
Day = Annotated[date, read_by(values.day, date)]
Moment = Annotated[Ms, read_by(values.moment)]
Texts = Annotated[tuple[str, ...], read_by(values.texts, str | list[str])]
Fee = Annotated[Any, read_by(values.money, str | int | float)]

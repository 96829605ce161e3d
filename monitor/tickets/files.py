"""Files as records, one after the other and never all at once: CSV, a JSON array, or a JSON value a line.

Each record knows its place. What is no record is told and passed over; what makes the rest unreadable ends
the file.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Final, NoReturn

from monitor.records import dataclass

MOST_TOLD: Final = 100
MOST_CHARACTERS: Final = 8 << 20
"""So long may one record of a JSON file be."""
_PIECE: Final = 1 << 18
_LISTS: Final = ("tickets", "issues", "results", "values")
_SPACE: Final = " \t\r\n"


@dataclass(slots=True)
class Troubles:
    """What is wrong with a file: the first of it by line, and how much there is."""

    file: str
    told: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, line: int | str, message: str) -> None:
        """One thing, of a line or of a place such as `ticket 7`."""
        self.count += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(f"{self.file}:{line}: {message}")

    @property
    def lines(self) -> list[str]:
        """A line for each, and how many more there are."""
        rest = self.count - len(self.told)
        return [*self.told, f"and {rest:,} more"] if rest else list(self.told)


@dataclass(slots=True)
class Unread:
    """Columns of a table that its mapping does not name, and how many rows have a value in each.

    `readable` are those that it does name.
    """

    columns: dict[str, int] = field(default_factory=dict)
    readable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A record and where it stands: a line, or the number of a ticket in an array."""

    place: int | str
    value: dict[str, Any]


def records(path: Path, file: IO[bytes], delimiter: str, troubles: Troubles) -> Iterator[Found]:
    """The records of a file that is open at its start: CSV by its name, else JSON."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    last = [0]
    try:
        found = _csv(text, delimiter, troubles, last) if is_table(path) else _json(text, troubles, last)
        yield from found
    except UnicodeDecodeError:
        troubles.add(last[0] + 1, "is not UTF-8 here or soon after: save the file as UTF-8")
    finally:
        text.detach()


def is_table(path: Path) -> bool:
    """Whether a file is read as CSV: by its name."""
    return path.suffix.casefold() in (".csv", ".tsv", ".txt")


def _csv(text: IO[str], delimiter: str, troubles: Troubles, last: list[int]) -> Iterator[Found]:
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        for row in rows:
            begins, last[0] = last[0] + 1, rows.line_num
            if not any(map(str.strip, row)):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
                if not _is_usable(header, troubles):
                    return
            elif len(row) != len(header):
                troubles.add(begins, f"has {len(row)} cells, and the header {len(header)}")
            else:
                yield Found(begins, dict(zip(header, map(str.strip, row), strict=True)))
    except csv.Error as error:
        troubles.add(last[0] + 1, f"is not CSV ({error}); what comes after was not read")
        return
    if header is None:
        troubles.add(1, "is empty: the first line names the columns")


def _is_usable(header: Sequence[str], troubles: Troubles) -> bool:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        troubles.add(1, f'column "{twice[0][:60]}" stands in the header twice')
    return not twice


def _json(text: IO[str], troubles: Troubles, last: list[int]) -> Iterator[Found]:
    reader = _Reader(text, last)
    first = reader.peek()
    if not first:
        troubles.add(1, "is empty")
    elif first == "[":
        yield from _array(reader, troubles)
    elif first == "{":
        yield from _objects(reader, troubles)
    else:
        troubles.add(1, "is not JSON: an array, or an object a line, is read (CSV is told by the name .csv)")


def _array(reader: _Reader, troubles: Troubles) -> Iterator[Found]:
    """The entries of an array that begins here."""
    reader.take()
    number = 0
    if reader.peek() == "]":
        reader.take()
        return
    while True:
        number += 1
        try:
            value = reader.value()
        except ValueError as error:
            troubles.add(f"ticket {number}", f"{error}; what comes after was not read")
            return
        if isinstance(value, dict):
            yield Found(f"ticket {number}", value)
        else:
            troubles.add(f"ticket {number}", "is no object")
        end = reader.take()
        if end == "]":
            return
        if end != ",":
            troubles.add(f"ticket {number}", "is not followed by a comma; what comes after was not read")
            return


def _objects(reader: _Reader, troubles: Troubles) -> Iterator[Found]:
    """An object a line; the first may be the answer of a service, which holds a list."""
    held = reader.list_within(_LISTS)
    if held:
        yield from _array(reader, troubles)
        reader.rest()
        return
    while reader.peek():
        line = reader.line
        try:
            value = reader.value()
        except ValueError as error:
            troubles.add(line, f"{error}")
            if not reader.next_line():
                return
            continue
        if isinstance(value, dict):
            yield Found(line, value)
        else:
            troubles.add(line, "is no object")


class _Reader:
    """Text as JSON values, read piece by piece; never more than one value and a piece are kept."""

    def __init__(self, text: IO[str], last: list[int]) -> None:
        self._text, self._last = text, last
        self._buffer, self._at, self._ended = "", 0, False
        self._lines = 1
        self._decode: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(
            parse_float=str, parse_constant=_no_number
        ).raw_decode

    @property
    def line(self) -> int:
        """The line of what comes next."""
        self.peek()
        return self._lines

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            while self._at < len(self._buffer):
                each = self._buffer[self._at]
                if each not in _SPACE:
                    return each
                self._lines += each == "\n"
                self._at += 1
            if not self._more(_PIECE):
                return ""

    def take(self) -> str:
        """The next character that is no space, which is used up."""
        found = self.peek()
        self._at += 1
        return found

    def value(self) -> Any:
        """The next value. ValueError where it is no JSON, too long, or nested too deep."""
        self.peek()
        size = _PIECE
        while True:
            try:
                value, end = self._decode(self._buffer, self._at)
            except RecursionError:
                raise ValueError("is nested too deep") from None
            except ValueError as error:
                if self._ended or not self._more(size):
                    raise ValueError(f"is not JSON ({_said(error)})") from None
                if len(self._buffer) - self._at > MOST_CHARACTERS:
                    raise ValueError("is not JSON, or longer than 8 MiB, which no ticket is") from None
                size *= 2
                continue
            self._lines += self._buffer.count("\n", self._at, end)
            self._at = end
            self._last[0] = self._lines
            return value

    def next_line(self) -> bool:
        """Go on after the end of this line; whether there is anything."""
        while True:
            end = self._buffer.find("\n", self._at)
            if end >= 0:
                self._at, self._lines = end + 1, self._lines + 1
                return bool(self.peek())
            self._at = len(self._buffer)
            if not self._more(_PIECE):
                return False

    def list_within(self, names: Sequence[str]) -> bool:
        """Whether the object here holds a list of one of these names; if so its entries come next."""
        found = self._buffer[self._at : self._at + _PIECE]
        at = 1
        while True:
            at = _after(found, at)
            try:
                key, at = self._decode(found, at)
                at = _after(found, at)
                if found[at : at + 1] != ":":
                    return False
                at = _after(found, at + 1)
                if key in names and found[at : at + 1] == "[" and found[_after(found, at + 1)] in "{]":
                    self._lines += found.count("\n", 0, at)
                    self._at += at
                    return True
                _, at = self._decode(found, at)
            except (ValueError, IndexError, RecursionError):
                return False
            at = _after(found, at)
            if found[at : at + 1] != ",":
                return False
            at += 1

    def rest(self) -> None:
        """What comes after a list is of no use."""
        while self._more(_PIECE):
            self._at = len(self._buffer)

    def _more(self, size: int) -> bool:
        piece = self._text.read(size)
        if not piece:
            self._ended = True
            return False
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return True


def _after(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _SPACE:
        at += 1
    return at


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _said(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:80]

"""CSV files with a header: rows that know their line, cells that are read one by one, every problem kept.

Nothing here knows what the columns mean. A file is UTF-8, its first line names the columns; blank lines are
passed over. What is wrong is collected in `Problems` and told at once, by file and line.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import TypeVar

from monitor.core.intervals import Ms
from monitor.core.numbers import parse_number
from monitor.core.periods import instant
from monitor.errors import EvidenceRefused
from monitor.records import dataclass

T = TypeVar("T")

MOST_BYTES = 256 * 2**20
SHOWN = 40  # so much of a bad cell is repeated
MOST_TOLD = 200


class FileRefused(EvidenceRefused):
    """A file of evidence cannot be used; the text has a line for each problem."""


@dataclass(slots=True)
class Problems:
    """What is wrong with the files, in the order found."""

    found: list[str] = field(default_factory=list)

    def add(self, place: str, message: str) -> None:
        self.found.append(f"{place}: {message}")

    def raise_any(self) -> None:
        """FileRefused where there is any."""
        if self.found:
            told = self.found[:MOST_TOLD]
            if len(self.found) > len(told):
                told.append(f"and {len(self.found) - len(told)} more")
            raise FileRefused("\n".join(told))


@dataclass(frozen=True, slots=True)
class Record:
    """One row: cells by column, stripped; `where` is `file:line`."""

    where: str
    cells: Mapping[str, str]
    problems: Problems

    def text(self, column: str) -> str:
        """The cell, "" where it is empty or the file has no such column."""
        return self.cells.get(column, "")

    def wrong(self, column: str, message: str) -> None:
        self.problems.add(self.where, f"{column}: {message}")

    def read(self, column: str, parse: Callable[[str], T], *, needed: str = "") -> T | None:
        """The cell as `parse` reads it, or None where it is empty or wrong; empty is wrong where `needed`."""
        text = self.text(column)
        if not text:
            if needed:
                self.wrong(column, f"is empty; {needed}")
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.wrong(column, str(error))
            return None

    def others(self, known: Collection[str]) -> dict[str, str]:
        """The cells of every column that is not `known`."""
        return {column: cell for column, cell in self.cells.items() if column not in known}


def records(path: Path, required: Collection[str], problems: Problems) -> Iterator[Record]:
    """The rows of a file; nothing where its header is unusable."""
    lines = _lines(path, problems)
    if lines is None:
        return
    rows = csv.reader(StringIO(lines, newline=None), strict=True)
    header: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = _header(path, row, required, problems)
                if header is None:
                    return
            else:
                record = _record(f"{path.name}:{rows.line_num}", header, row, problems)
                if record is not None:
                    yield record
    except csv.Error as error:
        problems.add(f"{path.name}:{rows.line_num}", f"is not CSV ({error})")
        return
    if header is None:
        problems.add(path.name, f"is empty: write a header, {','.join(required)}")


def _lines(path: Path, problems: Problems) -> str | None:
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.add(path.name or f"{path}", f"cannot be read: {error.strerror or error}")
        return None
    if len(raw) > MOST_BYTES:
        problems.add(path.name, f"has more than {MOST_BYTES // 2**20} MiB: split it, or sum it up")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(f"{path.name}:{line}", "is not UTF-8: save the file as UTF-8")
        return None


def _header(path: Path, row: list[str], required: Collection[str], problems: Problems) -> list[str] | None:
    names = [cell.strip() for cell in row]
    missing = [name for name in required if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if missing:
        had = ",".join(names)
        problems.add(f"{path.name}:1", f"no column {_listed(missing)} in the header ({had:.120})")
    if twice:
        problems.add(f"{path.name}:1", f"column {_listed(twice)} stands in the header twice")
    return None if missing or twice else names


def _listed(names: Collection[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _record(where: str, header: list[str], row: list[str], problems: Problems) -> Record | None:
    if len(row) != len(header):
        problems.add(where, f"has {len(row)} cells, and the header {len(header)}")
        return None
    return Record(where, {name: cell.strip() for name, cell in zip(header, row, strict=True)}, problems)


def moment(text: str) -> Ms:
    """An instant of ISO 8601 with its offset or `Z`, in UTC ms."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'{quoted(text)} is not an instant: write it as in "2026-04-03T10:00:00Z"') from None
    if len(text) <= len("2026-04-03"):
        raise ValueError(f'{quoted(text)} is a day: write an instant of it, "{when:%Y-%m-%dT%H:%M:%S}Z"')
    if when.tzinfo is None:
        raise ValueError(f'{quoted(text)} has no offset: write "Z" or one as in "{text[:19]}+02:00"')
    if not 1970 <= when.year < 9998:
        raise ValueError(f"{quoted(text)} is not between 1970 and 9997")
    if when.microsecond % 1_000:
        raise ValueError(f"{quoted(text)} is finer than a millisecond: round it to three decimals")
    return instant(when)


def number(text: str) -> Fraction:
    """A figure, exact and not negative."""
    return parse_number(text)


def signed(text: str) -> Fraction:
    """A figure that may be negative, such as a temperature."""
    if text.startswith("-"):
        return -parse_number(text[1:])
    return parse_number(text)


def whole(text: str) -> int:
    """A count."""
    value = parse_number(text)
    if value.denominator != 1:
        raise ValueError(f"{quoted(text)} is not a whole number")
    return int(value)


def quoted(text: str) -> str:
    """A cell as it is shown in an error."""
    return f'"{text}"' if len(text) <= SHOWN else f'"{text[: SHOWN - 1]}…"'

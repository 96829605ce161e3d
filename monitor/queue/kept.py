"""What closed tickets come to, kept in a file that can be thrown away; no statement ever looks at it.

A file beside the database holds, by agreement, period and part, the accounts of tickets that are over, as of
the newest batch. It is read only where configuration, program and windows are those that it was made with;
what later batches told is added, and where they touched what was over, it is made anew. A file that cannot be
read or written is as good as none. An entry is a line, and taken apart where it is asked for alone.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from monitor.records import dataclass

log = logging.getLogger("makegood")

VERSION: Final = 3
SUFFIX: Final = ".tickets-cache"
MOST: Final = 20_000
"""Entries that a file holds at most; what was asked for last stays."""

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a period: as of batch `batch` with its link in the chain, the accounts by promise.

    `tied` are closed tickets that hang on an open one, by their names: they are in no account here. `why` is
    why its closed tickets cannot be counted, "" where they were.
    """

    batch: int
    link: str
    promises: Mapping[str, list[Any]]
    tied: tuple[str, ...] = ()
    why: str = ""


@dataclass
class Kept:
    """The entries of one state of configuration and program. `path` None: nothing is kept beyond this run."""

    path: Path | None
    state: str
    entries: dict[str, Entry | str] = field(default_factory=dict)
    changed: bool = False

    @classmethod
    def read(cls, path: Path | None, state: str) -> Kept:
        """What the file holds of this state; nothing where it is of another, or cannot be read."""
        kept = cls(path, state)
        if path is None:
            return kept
        with suppress(OSError, ValueError, TypeError):
            head, *lines = path.read_text(encoding="utf-8").splitlines()
            if json.loads(head) == [VERSION, state]:
                kept.entries |= dict(line.split("\t") for line in lines)
        return kept

    def get(self, key: Iterable[object]) -> Entry | None:
        name = _name(key)
        found = self.entries.get(name)
        if isinstance(found, str):
            try:
                batch, link, promises, tied, why = json.loads(found)
                found = self.entries[name] = Entry(batch, link, promises, tuple(tied), why)
            except (ValueError, TypeError):
                del self.entries[name]
                return None
        return found

    def put(self, key: Iterable[object], entry: Entry) -> None:
        name = _name(key)
        self.entries.pop(name, None)
        self.entries[name] = entry
        self.changed = True

    def forget(self, key: Iterable[object]) -> None:
        self.changed = self.entries.pop(_name(key), None) is not None or self.changed

    def write(self) -> None:
        """Put down what is new; whoever reads meanwhile sees the file as it was."""
        if self.path is None or not self.changed:
            return
        last = list(self.entries.items())[-MOST:]
        lines = [_encode([VERSION, self.state]), *(f"{name}\t{_line(each)}" for name, each in last)]
        try:
            _replace(self.path, "\n".join(lines))
        except OSError as error:
            log.debug("%s is not kept: %s", self.path, error)
        self.changed = False


def _name(key: Iterable[object]) -> str:
    return _encode(list(key))


def _line(entry: Entry | str) -> str:
    if isinstance(entry, str):
        return entry
    return _encode([entry.batch, entry.link, entry.promises, entry.tied, entry.why])


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def path_of(database: Path) -> Path:
    """Where it lies: beside the database."""
    return database.with_name(database.name + SUFFIX)

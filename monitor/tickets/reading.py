"""A file and a mapping become tickets, one after the other; every bad one is told by its line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Final

from monitor.errors import ConfigError
from monitor.store.ticket_protocol import ToldTicket
from monitor.tickets.course import at, must_be_text, words
from monitor.tickets.files import Found, Troubles, Unread, is_table, records
from monitor.tickets.jira import told_by_jira
from monitor.tickets.mapping import Dialect, Format
from monitor.tickets.plain_rows import told_of_rows
from monitor.tickets.zendesk import told_by_zendesk

Reader = Callable[[Sequence[Any], Dialect], ToldTicket]
READERS: Final[dict[Format, Reader]] = {
    "rows": told_of_rows, "zendesk": told_by_zendesk, "jira": told_by_jira,
}  # fmt: skip

SOURCE: Final = "source"
MOST_ROWS: Final = 10_000
"""So many events may a ticket have."""


def opened(path: Path) -> IO[bytes]:
    """A file for reading; ConfigError where that cannot be."""
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 (hex) of what is in the file, which is at its start again afterwards."""
    found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return found


def tickets(
    path: Path, file: IO[bytes], mapping: Dialect, troubles: Troubles, unread: Unread | None = None
) -> Iterator[ToldTicket]:
    """The tickets of a file that is open; those that are wrong, or there twice, are told and left out.

    `unread` is told of the columns that a mapping in our own words does not name; one that somebody wrote for
    a system leaves out what it leaves out.
    """
    read = READERS[mapping.format]
    seen: set[str] = set()
    for place, rows in _by_ticket(path, file, mapping, troubles, unread or Unread()):
        try:
            told = read(rows, mapping)
            must_be_text(told.ticket)
        except ValueError as error:
            troubles.add(place, str(error))
            continue
        if told.ticket.id in seen:
            hint = "; rows of one ticket must stand together" if mapping.rows == "events" else ""
            troubles.add(place, f'ticket "{told.ticket.id}" is in this file twice{hint}')
            continue
        seen.add(told.ticket.id)
        yield told


def _by_ticket(
    path: Path, file: IO[bytes], mapping: Dialect, troubles: Troubles, unread: Unread
) -> Iterator[tuple[int | str, Sequence[dict[str, Any]]]]:
    found = records(path, file, mapping.delimiter, troubles)
    if is_table(path):
        found = _known(found, mapping, troubles)
        found = _noticed(found, mapping, unread) if mapping.optional else found
    if mapping.rows == "tickets":
        for each in found:
            yield each.place, (each.value,)
        return
    key = mapping.fields["id"]
    pairs = ((words(at(each.value, key)), each) for each in found)
    for _, rows in groupby(pairs, key=itemgetter(0)):
        together = [each for _, each in islice(rows, MOST_ROWS + 1)]
        if len(together) > MOST_ROWS:
            troubles.add(together[0].place, f"has more than {MOST_ROWS:,} rows, which no ticket has")
        else:
            yield together[0].place, [each.value for each in together]


def _known(found: Iterator[Found], mapping: Dialect, troubles: Troubles) -> Iterator[Found]:
    """Records as they are; where columns of a table are missing, that is told once and none comes."""
    for number, each in enumerate(found):
        if number == 0:
            missing = [name for name in _asked(mapping) if name not in each.value]
            needed = [name for name in _always(mapping) if name not in each.value]
            if needed and mapping.fields["id"] in each.value:
                troubles.add(1, f"no column {_listed(needed)}: of each event it says when and what happened")
                return
            if missing and not (mapping.optional and mapping.fields["id"] in each.value):
                if mapping.optional:
                    troubles.add(1, _no_id(mapping, each.value))
                    return
                troubles.add(1, f"no column {_listed(missing[:10])}: the mapping names it")
                return
        yield each


def _noticed(found: Iterator[Found], mapping: Dialect, unread: Unread) -> Iterator[Found]:
    """Records as they are, and beside them what stands in columns that are not read.

    One that names the system which the mapping is of says nothing new.
    """
    others: tuple[str, ...] | None = None
    for each in found:
        if others is None:
            unread.readable = tuple(dict.fromkeys(_asked(mapping)))
            others = tuple(name for name in each.value if name and name not in unread.readable)
            unread.columns.update(dict.fromkeys(others, 0))
        for name in others:
            if each.value[name] and (name, each.value[name]) != (SOURCE, mapping.source):
                unread.columns[name] += 1
        yield each
    if not unread.columns.get(SOURCE, 1):
        del unread.columns[SOURCE]


def _always(mapping: Dialect) -> list[str]:
    """The columns that a file with a row for each event cannot do without."""
    return [] if mapping.event is None else [mapping.event.at, mapping.event.what]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _no_id(mapping: Dialect, record: Mapping[str, Any]) -> str:
    """That the ids are nowhere, and what to do where the file has a row for each event."""
    key = mapping.fields["id"]
    if len(record) == 1 and any(sign in next(iter(record)) for sign in ";\t"):
        sign = ";" if ";" in next(iter(record)) else "a tab"
        return f"has one column: its cells are parted by {sign}, and a mapping says so by its delimiter"
    if {"ticket", "at", "event"} <= record.keys():
        return f'no column "{key}": a file with a row for each event is taken with --mapping events'
    return f'no column "{key}": the mapping names it; name a mapping of your own where ids stand elsewhere'


def _asked(mapping: Dialect) -> list[str]:
    event = mapping.event
    parts = (event.at, event.what, event.value, event.by) if event else ()
    of_events = [path for _, path in mapping.events]
    return [name for name in (*mapping.fields.values(), *mapping.columns, *of_events, *parts) if name]

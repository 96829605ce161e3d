"""Tickets from rows: one for each ticket, with a field for each instant, or one for each event. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from monitor.core.tickets import EVENT_KINDS, By
from monitor.store.ticket_protocol import ToldTicket
from monitor.tickets.course import Course, at, name_of, words
from monitor.tickets.mapping import COMMENT, Dialect

_YES = frozenset({"1", "true", "yes", "deleted"})


def told_of_rows(rows: Sequence[Any], mapping: Dialect) -> ToldTicket:
    """The ticket of its rows; ValueError says what is wrong with it."""
    record = rows[-1] if len(rows) == 1 else _together(rows)
    course = Course(mapping)
    if mapping.event is None:
        _instants(record, mapping, course)
    else:
        for row in rows:
            _event(row, mapping, course)
    fields = mapping.fields
    deleted = words(at(record, fields["deleted"])).casefold() in _YES if "deleted" in fields else False
    ticket = course.ticket(name_of(at(record, fields["id"])), record, deleted=deleted)
    first = ticket.events[0]
    if any(event.kind == "created" for event in ticket.events) and first.kind != "created":
        raise ValueError(f"{first.kind} is before created")
    return ToldTicket(mapping.source, ticket, _updated(record, mapping))


def _together(rows: Sequence[Any]) -> dict[str, Any]:
    """What rows of one ticket say of it: the last that says anything."""
    found: dict[str, Any] = {}
    for row in rows:
        found |= {name: value for name, value in row.items() if value not in ("", None)}
    return found


def _updated(record: Any, mapping: Dialect) -> int | None:
    told = at(record, mapping.fields["updated"]) if "updated" in mapping.fields else None
    return mapping.times.read(told) if told not in ("", None) else None


def _instants(record: Any, mapping: Dialect, course: Course) -> None:
    created = None
    for kind, path in mapping.events:
        told = at(record, path)
        if told in ("", None):
            if kind == "created":
                raise ValueError(f'"{path}" is empty: of a ticket at least created must be told')
            continue
        try:
            when = mapping.times.read(told)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        created = when if kind == "created" else created
        course.add(when, kind)
    status = words(at(record, mapping.fields["status"])) if "status" in mapping.fields else ""
    if status and created is not None and _updated(record, mapping) is not None:
        course.status(cast(int, _updated(record, mapping)), status)


def _event(row: Any, mapping: Dialect, course: Course) -> None:
    fields = mapping.event
    assert fields is not None  # noqa: S101  the caller asked
    told = at(row, fields.at)
    if told in ("", None):
        raise ValueError(f'"{fields.at}" is empty: of an event its time must be told')
    try:
        when = mapping.times.read(told)
    except ValueError as error:
        raise ValueError(f"{fields.at}: {error}") from None
    word = words(at(row, fields.what))
    what = mapping.whats.get(word.casefold(), word.lower())
    value = words(at(row, fields.value)) if fields.value else ""
    person = words(at(row, fields.by)) if fields.by else ""
    by = mapping.people.who(person) or _WHO.get(person.lower(), "")
    if what == "ignore":
        return
    if what == COMMENT:
        if not by:
            raise ValueError(
                f'nobody says whether "{person[:40]}" is an agent, a customer or a machine: '
                "say so in the mapping, [people]"
            )
        course.comment(when, by)
    elif what == "status":
        course.status(when, value, by)
    elif what in EVENT_KINDS:
        value = mapping.priority(value) if what == "priority" else value
        course.add(when, what, value, by)
    else:
        raise ValueError(
            f'{fields.what}: "{what[:40]}" is no event: say in the mapping what it is, [words.event] '
            f'"{word[:40]}" = "reply" (or "ignore")'
        )


_WHO: Final[dict[str, By]] = {"agent": "agent", "customer": "customer", "system": "system"}

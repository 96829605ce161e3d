"""The course of one ticket while it is read: events in our words, and what is told of it at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from monitor.core.intervals import Ms
from monitor.core.ticket_course import settled
from monitor.core.tickets import By, EventKind, Ticket, TicketEvent
from monitor.tickets.mapping import FIELDS, MOST_TEXT, STATES, Dialect, Who, cleaned

_REPLIES: Final[dict[Who, EventKind]] = {
    "agent": "reply", "customer": "customer reply", "system": "auto reply",
}  # fmt: skip


def at(record: Any, path: str) -> Any:
    """What stands at a path with dots; in a list of `{"id": …, "value": …}`, as custom fields are, by the id.

    None where there is nothing.
    """
    if isinstance(record, dict) and path in record:
        return record[path]
    for name in path.split("."):
        if isinstance(record, list):
            record = next((e for e in record if isinstance(e, dict) and str(e.get("id")) == name), None)
            record = None if record is None else record.get("value")
        else:
            record = record.get(name) if isinstance(record, dict) else None
        if record is None:
            return None
    return record


def words(value: Any) -> str:
    """A value as text: of an object its name, of a list its parts; "" for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 256 else ""
    if isinstance(value, dict):
        return next((words(value[key]) for key in ("name", "value", "displayName") if key in value), "")
    if isinstance(value, list):
        return cleaned(", ".join(filter(None, map(words, value[:20]))))
    return ""


def name_of(value: Any) -> str:
    """An id: printable, not empty, and short. ValueError says what is wrong with it."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 256:
        return str(value)
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise ValueError("has no id")
    if len(text) > MOST_TEXT // 2 or not text.isprintable():
        raise ValueError("has an id that is too long, or holds control characters")
    return text


def must_be_text(ticket: Ticket) -> None:
    """ValueError where a text is no Unicode, as half of a pair is."""
    try:
        for name, text in ticket.columns.items():
            (name + text).encode()
        for text in (ticket.id, *(getattr(ticket, name) for name in FIELDS)):
            text.encode()
        for event in ticket.events:
            if event.value:
                event.value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds a text that is no Unicode") from None


class Course:
    """What is told of a ticket, piece by piece. Pieces may come in any order of time."""

    def __init__(self, mapping: Dialect) -> None:
        self._mapping = mapping
        self._events: list[TicketEvent] = []
        self._first: dict[str, str] = {}

    def add(self, when: Ms, kind: EventKind, value: str = "", by: By = "") -> None:
        """One event. A note that the other side does not see is none."""
        self._events.append(TicketEvent(when, kind, value, by))

    def at_first(self, name: str, value: str) -> None:
        """What a field was when the ticket was made; the first that says so is right."""
        if value:
            self._first.setdefault(name, value)

    def comment(self, when: Ms, by: Who) -> None:
        """Somebody wrote to the other side."""
        self.add(when, _REPLIES[by], by=by)

    def status(self, when: Ms, word: str, by: By = "") -> None:
        """A new status in the words of the system: one that ends a ticket is that event."""
        value = self._mapping.status(word)
        self.add(when, STATES.get(value, "status"), "" if value in STATES else value, by)

    def ticket(self, id: str, record: Any, *, deleted: bool = False) -> Ticket:
        """The ticket, in order of time. ValueError where nothing happened."""
        events = settled(self._events)
        if not events:
            raise ValueError("has no time at all: of a ticket at least created must be told")
        return Ticket(
            id, events, **self._fields(record), columns=self._columns(record), deleted=deleted,
        )  # fmt: skip

    def _fields(self, record: Any) -> dict[str, str]:
        where = self._mapping.fields
        found = {name: words(at(record, where[name])) for name in FIELDS if name in where}
        found |= self._first
        for name in ("priority", "segment", "channel"):
            if not found.get(name):
                found[name] = next((each.value for each in self._events if each.kind == name), "")
        if found.get("priority"):
            found["priority"] = self._mapping.priority(found["priority"])
        return found

    def _columns(self, record: Any) -> Mapping[str, str]:
        told = ((name, words(at(record, name))) for name in self._mapping.columns)
        return {name: text for name, text in told if text}

"""Rows become tickets: one row for each thing that happened, the rows of one ticket anywhere in the files.

Every other column is the ticket's own, said in any of its rows. What a row lacks or contradicts is said by
its line; a row with a problem is no evidence, and then nothing is settled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from pathlib import Path

from monitor.core.tickets import BY, EVENT_KINDS, Ticket, TicketEvent, in_order
from monitor.evaluation.kinds import Asked
from monitor.evaluation.tables import Problems, Record, moment, quoted, records
from monitor.records import dataclass

TICKETS = ("ticket", "at", "event", "value", "by")
OWN = ("priority", "segment", "channel", "service", "customer", "resource")
VALUED = {
    "status": "write the new status",
    "pause": "write why the clock stands",
    "priority": "write the new priority",
    "segment": "write the new segment",
    "merged": "write the ticket it went into",
}


@dataclass(slots=True)
class _Told:
    """What the rows say of one ticket so far."""

    events: list[TicketEvent] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)


def tickets(paths: Iterable[Path], asked: Asked, problems: Problems, *, by: str = "") -> list[Ticket]:
    """The tickets of all files together, in the order of their ids. `by` is a column that must be there."""
    moving = ("priority", "segment")
    needed = [column for column in (*asked.only, *((by,) if by else ())) if column not in moving]
    found: dict[str, _Told] = {}
    for path in paths:
        for record in records(path, (*TICKETS[:3], *dict.fromkeys(needed)), problems):
            _read(record, found, asked)
    return [_ticket(id, told, asked) for id, told in sorted(found.items()) if told.events]


def _read(record: Record, found: dict[str, _Told], asked: Asked) -> None:
    id, event = record.text("ticket"), _event(record)
    if not id:
        record.wrong("ticket", "is empty; write which ticket it is")
        return
    told = found.setdefault(id, _Told())
    _cells(record, told)
    if asked.resources and record.text("resource"):
        asked.resource(record)
    if event is None:
        return
    key = (id, event)
    if key in asked.told:
        record.problems.add(record.where, f"this event stands in {asked.told[key]} already")
        return
    asked.told[key] = record.where
    told.events.append(event)


def _event(record: Record) -> TicketEvent | None:
    at = record.read("at", moment, needed="write when it happened")
    kind = next((each for each in EVENT_KINDS if each == record.text("event")), None)
    value, who = record.text("value"), record.text("by")
    by = next((each for each in BY if each == who), None)
    if kind is None:
        near = record.text("event").replace("-", " ").replace("_", " ").lower()
        hint = f'did you mean "{near}"?' if near in EVENT_KINDS else f"write one of {', '.join(EVENT_KINDS)}"
        record.wrong("event", f"{quoted(record.text('event'))} is nothing that happens to a ticket: {hint}")
    elif kind in VALUED and not value:
        record.wrong("value", f"is empty; {VALUED[kind]}")
        return None
    if by is None:
        record.wrong("by", f'{quoted(who)} is nobody: write "agent", "customer" or "system", or nothing')
    if at is None or kind is None or by is None:
        return None
    return TicketEvent(at, kind, value, by)


def _cells(record: Record, told: _Told) -> None:
    """The ticket's own columns: each said once, or alike."""
    for column, cell in record.others(TICKETS).items():
        known = told.cells.setdefault(column, cell) if cell else ""
        if cell and known != cell:
            hint = f"write a row with the event {column}" if column in ("priority", "segment") else "keep one"
            record.wrong(column, f"{quoted(cell)}, and an earlier row says {quoted(known)}: {hint}")


def _ticket(id: str, told: _Told, asked: Asked) -> Ticket:
    cells = told.cells
    resource = cells.get("resource") or (asked.resources[0] if len(asked.resources) == 1 else "")
    return Ticket(
        id=id,
        events=in_order(told.events),
        priority=cells.get("priority", ""),
        segment=cells.get("segment", ""),
        channel=cells.get("channel", ""),
        service=cells.get("service", ""),
        customer=cells.get("customer", ""),
        resource=resource,
        columns={name: cell for name, cell in cells.items() if name not in OWN},
    )

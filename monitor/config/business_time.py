"""Step three, calendars: hours of their own or those of others, and which days are holidays."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.config.calendar_rules import CalendarRule
from monitor.config.check import Checked
from monitor.config.model import CalendarTable
from monitor.config.probing import dangling
from monitor.config.problems import Fault


def calendars(checked: Checked) -> dict[str, CalendarRule]:
    """Every calendar."""
    tables = checked.readable(CalendarTable)
    found: dict[str, CalendarRule] = {}
    for key, table in tables.items():
        for number, other in enumerate(table.any_of):
            checked.faults.extend(dangling(("calendar", key, "any_of", number), other, "calendar", checked))
        if ring := _ring(key, tables):
            message = f"a calendar cannot be made of itself: {' → '.join(ring)}"
            checked.faults.append(Fault(("calendar", key, "any_of"), message))
        found[key] = CalendarRule(
            id=key,
            zone=table.timezone,
            hours=table.hours,
            members=tuple(table.any_of),
            holidays=table.holidays,
            add=tuple(table.add),
            remove=tuple(table.remove),
        )
    return found


def _ring(key: str, tables: Mapping[str, CalendarTable], chain: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The way from a calendar back to itself, or nothing."""
    if key in chain:
        return (*chain, key) if key == chain[0] else ()
    for other in tables[key].any_of if key in tables else ():
        if ring := _ring(other, tables, (*chain, key)):
            return ring
    return ()

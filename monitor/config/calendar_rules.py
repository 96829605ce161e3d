"""Calendars as the file has them, and what they come to for some years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date

from monitor.core.calendars import Calendar, Hours
from monitor.records import dataclass

Holidays = str | tuple[str, tuple[object, ...]]
"""`"none"`, `"DE-BE"`, or ("all_of", (codes and tables in turn))."""


@dataclass(frozen=True, slots=True)
class CalendarRule:
    """A calendar as the file has it: hours or the calendars it joins, and which days are holidays."""

    id: str
    zone: str
    hours: Hours | None
    members: tuple[str, ...] = ()
    holidays: Holidays = "none"
    add: tuple[date, ...] = ()
    remove: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Resolved(Mapping[str, Calendar]):
    """Calendars by name, resolved one by one: reading holiday tables takes time that few agreements need."""

    rules: Mapping[str, CalendarRule]
    first_year: int
    last_year: int
    _done: dict[str, Calendar] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Calendar:
        if name not in self._done:
            self._done[name] = self._resolve(self.rules[name])
        return self._done[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def _resolve(self, rule: CalendarRule) -> Calendar:
        from monitor.config.holiday_tables import reach, resolve

        spec = _spec(rule.holidays)
        first, last = reach(spec)
        years = range(max(first, self.first_year), min(last, self.last_year) + 1) or range(first, last + 1)
        known = (years[0], years[-1])
        found = resolve(spec, years, add=rule.add, remove=rule.remove)
        return Calendar(
            name=rule.id,
            zone=rule.zone,
            hours=rule.hours,
            members=tuple(self[name] for name in rule.members),
            holidays=found,
            known=None if rule.holidays == "none" and not rule.add else known,
        )


def _spec(holidays: object) -> str | dict[str, object]:
    """As the tables of holidays take it."""
    if isinstance(holidays, tuple):
        key, items = holidays
        return {key: [_spec(item) for item in items]}
    return str(holidays)

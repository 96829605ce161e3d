"""The calendars that a contract counts by, read aloud: their hours, their zone and their holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

from monitor.agreements.plain import Paragraph
from monitor.config.plan import CalendarRule, Plan


def with_calendars(plan: Plan, terms: object, said: tuple[Paragraph, ...]) -> tuple[Paragraph, ...]:
    """What is said of `terms`, and when each calendar that they name works."""
    named = dict.fromkeys(_calendars(terms))
    named |= dict.fromkeys(member for name in tuple(named) for member in plan.calendars[name].members)
    told = tuple(_calendar(plan.calendars[name]) for name in named)
    *before, last = said
    return (*before, replace(last, sentences=(*last.sentences, *told)))


def _calendars(node: object) -> Iterator[str]:
    """The calendars that terms name, wherever they stand in them."""
    if isinstance(node, tuple):
        for each in node:
            yield from _calendars(each)
    elif is_dataclass(node):
        for field in fields(node):
            value = getattr(node, field.name)
            if field.name in ("calendar", "service_hours") and isinstance(value, str):
                yield value
            else:
                yield from _calendars(value)


def _calendar(rule: CalendarRule) -> str:
    works = f"{rule.hours}" if rule.hours else f"whenever one of {', '.join(rule.members)} works"
    holidays = [rule.holidays if isinstance(rule.holidays, str) else "those joined in the file"]
    holidays += [f"also {', '.join(map(str, rule.add))}"] if rule.add else []
    holidays += [f"but not {', '.join(map(str, rule.remove))}"] if rule.remove else []
    return f"Calendar {rule.id} is {works} ({rule.zone}); its holidays: {', '.join(holidays)}."

"""The values of customers, services, calendars, windows, targets and agreements, each parsed on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from monitor.agreements.terms import CommitmentTerms
from monitor.config import terms_text, values
from monitor.config.credits_text import below
from monitor.config.known import LIBRARY
from monitor.config.problems import Fault, Refused, Several
from monitor.config.values import name, shown
from monitor.core.calendars import Hours, parse_hours
from monitor.core.intervals import Ms
from monitor.core.numbers import Bound, parse_duration, parse_duration_bound

Holidays = str | tuple[str, tuple[Any, ...]]


def day_or_moment(value: object) -> date | Ms:
    """A day, or an instant in ms."""
    return values.moment(value) if isinstance(value, datetime) else values.day(value)


def resources(value: object) -> object:
    """A list of names, or a table `name = { from, until, and labels }`; labels are texts."""
    if isinstance(value, list):
        return {name(each): {} for each in _once(value)}
    if not isinstance(value, dict):
        raise Refused(f'{shown(value)} names no resources: write ["one", "two"] or {{ one = {{}} }}')
    faults: list[Fault] = []
    for key, table in value.items():
        for label, entry in table.items() if isinstance(table, dict) else ():
            if label not in ("from", "until") and not isinstance(entry, str):
                message = f'{shown(entry)} is no label: write {label} = "text"'
                faults.append(Fault((key, label), message))
    if faults:
        raise Several(faults)
    return value


def _once(listed: list[object]) -> list[object]:
    for number, each in enumerate(listed):
        if each in listed[:number]:
            raise Several([Fault((number,), f"{shown(each)} stands here twice: keep one")])
    return listed


def hours(value: object) -> Hours:
    """`"Mon-Fri 09:00-17:00"`, several joined by `;`."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} are no hours: write "Mon-Fri 09:00-17:00"')
    return parse_hours(value)


def holidays(value: object) -> Holidays:
    """`"none"`, `"DE-BE"`, `{ all_of = ["US", "GB"] }`: what the tables of holidays know."""
    if value != "none":
        from monitor.config.holiday_tables import check

        try:
            check(value)  # type: ignore[arg-type]
        except ValueError as error:
            raise Refused(str(error)) from None
    return _frozen(value)


def _frozen(value: object) -> Holidays:
    if isinstance(value, Mapping):
        ((key, items),) = value.items()
        return key, tuple(_frozen(item) for item in items)
    return str(value)


def announced(value: object) -> tuple[str, Ms]:
    """An instant, or `"5 days before"` each start: ("at" or "before", ms)."""
    if isinstance(value, str):
        found = re.fullmatch(r"(.+) before", value.strip())
        if not found:
            raise Refused(f'{shown(value)} does not say when: write an instant, or "5 days before"')
        return "before", parse_duration(found[1])
    return "at", values.moment(value)


def objective(value: object) -> CommitmentTerms:
    """`">= 99.95%"`, `"<= 300 ms"`, `"<= 45m"`: a bound, with its sign."""
    if value == "none":
        raise Refused('"none" is no objective: write ">= 99.95%"')
    return terms_text.commitment(value)


def time_bound(value: object) -> Bound:
    """`"<= 5m"`: a time that is not exceeded."""
    if not isinstance(value, str) or not value.lstrip().startswith(("<", ">")):
        raise Refused(f'{shown(value)} is no bound on a time: write "<= 5m"')
    sign, length = parse_duration_bound(value)
    if sign not in ("<", "<="):
        raise Refused(f'{shown(value)} would be late on purpose: write "<= 5m"')
    return Bound(sign, Fraction(length))


def price(value: object) -> dict[str, Any]:
    """An amount (under the name ""), or an amount for each item; currencies are known later."""
    if not isinstance(value, dict):
        return {"": values.money(value)}
    if not value:
        raise Refused('names no item: write "840.00", or { rtc = "12.00", storage = "80.00" }')
    faults: list[Fault] = []
    found: dict[str, Any] = {}
    for key, amount in value.items():
        with below(faults, key):
            found[name(key)] = values.money(amount)
    if faults:
        raise Several(faults)
    return found


def sla(value: object) -> str:
    """The name of an SLA, one's own or `"library:NAME"`."""
    if not isinstance(value, str) or not value.startswith(LIBRARY):
        return name(value)
    sound = values.sound_name(value.removeprefix(LIBRARY))
    if value == f"{LIBRARY}{sound}" and sound:
        return value
    hint = f'write "{LIBRARY}{sound}"' if sound else "`makegood sla list` names what is there"
    raise Refused(f"{shown(value)} is no name of the library: {hint}")


def slas(value: object) -> tuple[str, ...]:
    """The name of an SLA, or a list of names."""
    if not isinstance(value, list):
        return (sla(value),)
    if not value:
        raise Refused('names no SLA: write "standard", or ["one", "two"] with together')
    faults: list[Fault] = []
    found: list[str] = []
    for number, each in enumerate(_once(value)):
        with below(faults, number):
            found.append(sla(each))
    if faults:
        raise Several(faults)
    return tuple(found)

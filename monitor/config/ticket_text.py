"""What stage `measure` says of tickets: its words, and every sentence that must not be missing.

A response clock that leaves something open would be read in two ways, and money hangs on it: what is not said
is refused at load, all of it at once, with the sentence to add.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any, Protocol

from monitor.agreements.terms import Allowed, CalendarOf, CommitmentTerms, TicketTerms
from monitor.config.credits_text import below
from monitor.config.problems import Fault, Refused, Several
from monitor.config.values import choice, name, shown
from monitor.core.intervals import HOUR, MINUTE, Ms
from monitor.core.numbers import Bound

STARTS = ("created", "assigned", "reported", "detected", "customer reply")
STOPS = ("first human reply", "any reply", "next human reply", "acknowledged", "update", "resolved")
CHANGES = ("restart", "keep time", "keep target", "prorate")
UNITS: Mapping[str, Ms] = {
    "minutes": MINUTE,
    "hours": HOUR,
    "business minutes": MINUTE,
    "business hours": HOUR,
}
TICKETS_ONLY = (
    "from_", "to", "by", "pauses", "priority_change", "segment_change", "reopened", "merged",
)  # fmt: skip

NO_FROM = 'what starts the clock is not said: write from = "created", "assigned", "reported" or "detected"'
NO_TO = (
    'what stops the clock is not said: write to = "first human reply" (an automatic reply does not stop it), '
    '"any reply" (it does), "acknowledged" or "resolved"'
)
NO_PAUSES = (
    "what pauses the clock is not said: write pauses = [] (nothing does), or the reasons, "
    'as in pauses = ["waiting for customer"]'
)
NO_TIME = (
    'evidence = "tickets" does not say the time allowed: write within = "1h", "4 business hours", or a time '
    'for each priority; of a mean or a percentile the commitment says it, as in "<= 4 business hours"'
)
NO_CHANGE = (
    'what a change of {0} does to the clock is not said: write {0}_change = "restart" (it starts anew), '
    '"keep time" (the new time holds, less what ran so far), "prorate" (less the share used up) or '
    '"keep target" (the first time holds)'
)
NO_REOPENED = (
    'what a reopened ticket does is not said: write reopened = "continues" (its clock goes on), "new" '
    '(another one starts) or "ignored" (the first resolution holds)'
)
SATURDAYS = (
    'plain days do not say whether Saturdays count: write "48h" (they do), or "2 business days, close of '
    'business" and a calendar'
)
NO_CLOCK = (
    'does not say on which clock: write the unit, as in "<= 4 hours" (round the clock, Saturdays too) or '
    '"<= 4 business hours" (those of the calendar)'
)


class Said(Protocol):
    """The keys of `measure` that are looked at here."""

    from_: str | None
    to: str | None
    by: str | None
    pauses: tuple[str, ...] | None
    calendar: Any
    priority_change: str | None
    segment_change: str | None
    reopened: str | None
    merged: str
    as_: str | None
    within: Any
    unit: str | None
    only: tuple[tuple[str, str], ...]


def start(value: object) -> str:
    """When the clock starts."""
    if value == "opened":
        raise Refused(
            '"opened" is not known here: write "created", or "reported" for when the customer said it'
        )
    return choice(value, STARTS)


def stop(value: object) -> str:
    """What stops the clock; "reply" alone does not say whose."""
    if value in ("reply", "first reply", "response", "first response"):
        raise Refused(
            f'{shown(value)} does not say whether an automatic reply counts: write "first human reply" '
            '(it does not) or "any reply" (it does)'
        )
    if value == "next reply":
        raise Refused('"next reply" does not say whose: write "next human reply"')
    return choice(value, STOPS)


def change(value: object) -> str:
    """What a change of priority does; "keep" alone does not say what is kept."""
    if value == "keep":
        raise Refused(
            '"keep" does not say what is kept: write "keep time" (what ran so far is held against the new '
            'target) or "keep target" (the first target holds)'
        )
    return choice(value, CHANGES)


def reasons(value: object) -> tuple[str, ...]:
    """`["waiting for customer", "on hold"]`: the reasons for which the clock stands; `[]` for none."""
    if not isinstance(value, list) or any(not isinstance(each, str) or not each.strip() for each in value):
        raise Refused(
            f'{shown(value)} is no list of reasons: write ["waiting for customer"], '
            "or [] where nothing pauses the clock"
        )
    if len(set(value)) < len(value):
        raise Refused(f"{shown(value)} has one reason twice: keep one")
    return tuple(value)


def calendar(value: object) -> str | tuple[CalendarOf, ...]:
    """`"office"`, or one for each priority: `{ high = "round-the-week", normal = "office" }`."""
    if not isinstance(value, dict):
        return name(value)
    if not value:
        raise Refused('no calendar is named: write "office", or one for each priority')
    faults: list[Fault] = []
    found: list[CalendarOf] = []
    for key, entry in value.items():
        with below(faults, key):
            found.append(CalendarOf(key, name(entry)))
    if faults:
        raise Several(faults)
    return tuple(found)


def faults(table: Said) -> Iterator[Fault]:
    """What of a response clock is not said, or cannot be."""
    if table.from_ is None:
        yield Fault((), NO_FROM)
    if table.to is None:
        yield Fault((), NO_TO)
    if table.pauses is None:
        yield Fault((), NO_PAUSES)
    yield from _time(table)
    yield from _changes(table)
    if table.reopened is None and table.to in ("resolved", "update"):
        yield Fault((), NO_REOPENED)
    if (table.to == "next human reply") != (table.from_ == "customer reply") and table.to and table.from_:
        message = (
            'the next reply is to a customer\'s: write from = "customer reply" and to = "next human reply"'
        )
        yield Fault((), message)


def _time(table: Said) -> Iterator[Fault]:
    timed = table.as_ is not None
    if table.within is None and not timed:
        yield Fault((), NO_TIME)
    elif table.within is not None and timed:
        yield Fault(("within",), f'as = "{table.as_}" takes its time from the commitment: take within out')
    if table.unit is not None and not timed:
        yield Fault(("unit",), 'goes with as = "mean" or a percentile: take it out')
    if timed and table.unit is not None and table.unit not in UNITS:
        yield Fault(("unit",), f"{shown(table.unit)} is no unit of time: write one of {_listed(UNITS)}")
    if table.within == "due":
        yield Fault(
            ("within",), 'a ticket has no due date: write "1h", "4 business hours" or one by priority'
        )
        return
    for key, allowed in table.within or ():
        if allowed.unsaid:
            yield Fault(("within", *((key,) if key else ())), SATURDAYS)
    if table.within and all(allowed.none for _, allowed in table.within):
        yield Fault(("within",), "promises nothing: give a time to one of them at least")


def _changes(table: Said) -> Iterator[Fault]:
    """A change matters where the time, the calendar or the choice of tickets hangs on it."""
    for what in ("priority", "segment"):
        said = getattr(table, f"{what}_change")
        if said is None and matters(table, what):
            yield Fault((), NO_CHANGE.format(what))
        elif said is not None and not matters(table, what):
            message = f"neither the time nor the choice of tickets is by {what}: take it out"
            yield Fault((f"{what}_change",), message)


def matters(table: Said, what: str) -> bool:
    """Whether the clock of a ticket hangs on its priority, or its segment."""
    by_value = isinstance(table.within, tuple) and any(key for key, _ in table.within)
    by_calendar = isinstance(table.calendar, tuple)
    hangs = (by_value or by_calendar) and (table.by or "priority") == what
    return hangs or any(column == what for column, _ in table.only)


def _listed(words: Mapping[str, object] | Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def ticket_terms(table: Said) -> TicketTerms:
    """The rules of the clock; a table that is sound."""
    following = "continues" if table.to == "next human reply" else "ignored"
    return TicketTerms(
        from_=table.from_,  # type: ignore[arg-type]
        to=table.to,  # type: ignore[arg-type]
        pauses=table.pauses or (),
        by=table.by or "priority",
        calendars=table.calendar if isinstance(table.calendar, tuple) else (),
        priority_change=table.priority_change,  # type: ignore[arg-type]
        segment_change=table.segment_change,  # type: ignore[arg-type]
        reopened=table.reopened or following,  # type: ignore[arg-type]
        merged=table.merged,  # type: ignore[arg-type]
    )


def time_of(promised: CommitmentTerms, unit: str) -> tuple[tuple[str, Allowed], ...]:
    """The time by which a ticket is late, where the commitment says it: of a mean, and of a percentile."""
    bound = promised.bound
    if bound is None or bound.sign not in ("<", "<="):
        return ()
    return (("", Allowed(ms=_most(bound, unit), business=unit.startswith("business"))),)


def _most(bound: Bound, unit: str) -> Ms:
    limit = Fraction(bound.value) * UNITS[unit]
    return floor(limit) if bound.sign == "<=" else ceil(limit) - 1

"""The rules of a response clock read aloud: one sentence a rule, defaults included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from monitor.agreements.events import say_allowed
from monitor.agreements.lanes import say_only
from monitor.agreements.terms import Allowed, ChangeOf, Only, Reopened, Start, Stop, TicketTerms

Within = Sequence[tuple[str, Allowed]]

_WHAT: Mapping[Stop, str] = {
    "first human reply": "Each ticket must be answered by a person",
    "any reply": "Each ticket must be answered, by a person or a machine,",
    "next human reply": "Each further message of the customer must be answered by a person",
    "acknowledged": "Each ticket must be acknowledged",
    "update": "The customer must hear how far each ticket is",
    "resolved": "Each ticket must be resolved",
}
_TIMED: Mapping[Stop, str] = {
    "first human reply": "the first reply of a person to each ticket",
    "any reply": "the first reply to each ticket",
    "next human reply": "the next reply of a person to each further message of the customer",
    "acknowledged": "the acknowledgement of each ticket",
    "update": "the next update of each ticket",
    "resolved": "the resolution of each ticket",
}
_FROM: Mapping[Start, str] = {
    "created": "The clock starts when the ticket is created.",
    "assigned": "The clock starts when the ticket is first assigned to somebody; before that none runs.",
    "reported": "The clock starts when the customer reported it.",
    "detected": "The clock starts when it was detected.",
    "customer reply": (
        "The clock starts with the customer's first message that waits for an answer, "
        "once a person has answered the ticket at all."
    ),
}
_TO: Mapping[Stop, str] = {
    "first human reply": "It stops at the first reply of a person; an automatic reply does not stop it.",
    "any reply": "It stops at the first reply; an automatic reply stops it too.",
    "next human reply": "It stops at the next reply of a person; an automatic reply does not stop it.",
    "acknowledged": (
        "It stops when a person acknowledges or answers the ticket; an automatic reply does not stop it."
    ),
    "update": (
        "It stops at each update and each reply of a person, and starts again there; "
        "an automatic reply does not stop it."
    ),
    "resolved": "It stops when the ticket is resolved or closed; an automatic reply does not stop it.",
}
_ENDED = "A ticket that is resolved or closed before that stops it as well."
_CHANGE: Mapping[ChangeOf, str] = {
    "restart": "the clock starts anew with the time of the new one",
    "keep time": "the time of the new one holds, and what ran so far is taken off it",
    "keep target": "the time of the first one holds",
    "prorate": "the share of the old time that is used up is taken off the time of the new one",
}
_REOPENED: Mapping[Reopened, str] = {
    "continues": ("If a ticket is reopened its clock goes on; it stood while the ticket was resolved."),
    "new": "If a ticket is reopened a new clock starts, which counts by itself.",
    "ignored": "What happens after a ticket is reopened does not count.",
}
_MERGED = {
    "each": "Merged tickets each count by themselves; what became of the one they went into holds for all.",
    "earliest": (
        "Merged tickets count as one, which starts with the earliest; an answer to any of them answers it."
    ),
}
STANDS = "A breach stands: nothing that happens to the ticket afterwards undoes it."
OLDER = (
    "A clock that started before the agreement did is not counted; "
    "of terms that changed meanwhile those hold that are in force where it counts."
)


def say(
    rules: TicketTerms, within: Within, calendar: str | None, counted_in: str, only: Only, *, timed: bool
) -> str:
    """The measure in plain English, a sentence a rule, each on a line."""
    return "\n".join(_said(rules, within, calendar, counted_in, only, timed=timed))


def _said(
    rules: TicketTerms, within: Within, calendar: str | None, counted_in: str, only: Only, *, timed: bool
) -> Iterator[str]:
    if timed:
        yield f"We measure the time to {_TIMED[rules.to]}{say_only(only)}."
    else:
        time = _times(rules.by, within)
        yield f"{_WHAT[rules.to]} within {time}, exactly that being in time{say_only(only)}."
    yield from _hours(rules, within, calendar, timed=timed)
    yield _FROM[rules.from_]
    yield _TO[rules.to]
    if rules.to != "resolved":
        yield _ENDED
    yield _pauses(rules.pauses)
    for name, how in (("priority", rules.priority_change), ("segment", rules.segment_change)):
        if how is not None:
            yield f"If the {name} of a ticket changes, {_CHANGE[how]}."
    yield _REOPENED[rules.reopened]
    yield _MERGED[rules.merged]
    yield STANDS
    where = "started" if counted_in == "period of start" else "ended"
    yield f"It counts in the period in which its clock {where}."
    yield OLDER


def _times(by: str, within: Within) -> str:
    if len(within) == 1 and not within[0][0]:
        return say_allowed(within[0][1])
    promised = [f"{say_allowed(time)} {_for(by, value)}" for value, time in within if not time.none]
    none = [_for(by, value).removeprefix("for ") for value, time in within if time.none]
    said = _listed(promised)
    return f"{said} (no time is promised for {_listed(none)})" if none else said


def _for(by: str, value: str) -> str:
    return f"for {by} {value}" if value else "for every other"


def _hours(rules: TicketTerms, within: Within, calendar: str | None, *, timed: bool) -> Iterator[str]:
    """Where the clock runs: round the clock, or in the hours of a calendar."""
    own = {each.value: each.calendar for each in rules.calendars}
    found: dict[str, list[str]] = {}
    if timed and not within:
        found[_clock(calendar)] = [""]
    for value, time in within:
        if not time.none:
            named = own.get(value, own.get("", calendar)) if time.business else None
            found.setdefault(_clock(named), []).append(value)
    if len(found) == 1:
        yield f"The clock runs {next(iter(found))}."
    elif found:
        (first, *more) = [
            (_listed([_for(rules.by, v) for v in values]), how) for how, values in found.items()
        ]
        others = "".join(f"; {whose} {how}" for whose, how in more)
        yield f"F{first[0][1:]} the clock runs {first[1]}{others}."


def _clock(calendar: str | None) -> str:
    if calendar is None:
        return "round the clock, weekends and holidays included"
    return f"in the hours of calendar {calendar} alone"


def _pauses(named: Iterable[str]) -> str:
    reasons = [f'"{each}"' for each in named]
    if not reasons:
        return "Nothing pauses it."
    return (
        f"It stands while the ticket is {_listed(reasons, last=' or ')}, and for no other reason of a ticket."
    )


def _listed(words: Sequence[str], between: str = ", ", last: str = " and ") -> str:
    return last.join((between.join(words[:-1]), words[-1])) if len(words) > 1 else words[0]

"""PURE. Where the time of tickets goes: at every instant a ticket is in one state, and no time is in two.

It waits for somebody where its status, or a pause that is told, says so in a word that is known; a reply of
the customer ends the waiting for them. Else it is unassigned until somebody is told to have taken it, or a
person did something about it; of a system that never tells of that, it is not answered yet. Else it is worked
on, or in a status of a word that is not known here: that is told as it stands. Nothing is guessed.

Times are whole ms, shares exact. Round the clock, unless a promise's own clock says when it ran.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from itertools import accumulate
from typing import Final

from monitor.core.intervals import Ms, Span
from monitor.core.response import Stretch
from monitor.core.tickets import Ticket, TicketEvent
from monitor.operations.hours_of_week import spans
from monitor.records import dataclass

CUSTOMER: Final = "waiting for customer"
THIRD_PARTY: Final = "third party"
ON_HOLD: Final = "on hold"
ESCALATED: Final = "escalated"
UNASSIGNED: Final = "unassigned"
UNANSWERED: Final = "not answered yet"
WORKED_ON: Final = "worked on"
RESOLVED: Final = "resolved"
"""Resolved, and reopened later: what comes after the last end is no time of a ticket."""
CLOSED: Final = "closed hours"
UNTOLD: Final = "not told"
"""A clock that ran while the ticket says nothing of itself."""
STATES: Final = (
    UNASSIGNED, UNANSWERED, WORKED_ON, CUSTOMER, THIRD_PARTY, ESCALATED, ON_HOLD, CLOSED, RESOLVED, UNTOLD,
)  # fmt: skip
"""In the order in which they are told; words that are not known come after them."""
WAITS: Final = frozenset({CUSTOMER, THIRD_PARTY, ON_HOLD, ESCALATED})

WORDS: Final[Mapping[str, str]] = {
    "waiting for customer": CUSTOMER, "waiting on customer": CUSTOMER, "awaiting customer": CUSTOMER,
    "waiting for third party": THIRD_PARTY, "waiting on third party": THIRD_PARTY, "third party": THIRD_PARTY,
    "waiting for vendor": THIRD_PARTY, "waiting on vendor": THIRD_PARTY,
    "on hold": ON_HOLD, "on-hold": ON_HOLD, "hold": ON_HOLD,
    "escalated": ESCALATED,
    "": WORKED_ON, "open": WORKED_ON, "new": WORKED_ON, "in progress": WORKED_ON, "assigned": WORKED_ON,
    "reopened": WORKED_ON, "work in progress": WORKED_ON,
}  # fmt: skip
"""What statuses and reasons mean, in small letters. "pending" is not among them: systems mean two things."""

Lay = tuple[Span, str]
"""A stretch of a ticket's life, and the state that it lay in."""


def meaning(word: str) -> str:
    """The state that a status or a reason says; the word itself where it is not known."""
    text = " ".join(word.split())
    return WORDS.get(text.casefold(), text)


def assigners(tickets: Iterable[Ticket]) -> frozenset[str]:
    """The systems that tell of any of these tickets who took it."""
    taken = (t for t in tickets if any(event.kind == "assigned" for event in t.events))
    return frozenset(ticket.columns.get("source", "") for ticket in taken)


def lays(ticket: Ticket, until: Ms, *, assigns: bool) -> tuple[Lay, ...]:
    """The states of a ticket from its first event to its end, or to `until` where it goes on; no gaps.

    `assigns`: its system tells who took a ticket.
    """
    now, found = _State(assigns), list[Lay]()
    start = ticket.events[0].at
    for event in ticket.events:
        if event.at > until:
            break
        if event.at > start:
            _put(found, Span(start, event.at), now.state)
            start = event.at
        now.take(event)
    if start < until:
        _put(found, Span(start, until), now.state)
    if now.over and found and found[-1][1] == RESOLVED:
        found.pop()
    return tuple(found)


def _put(found: list[Lay], span: Span, state: str) -> None:
    if found and found[-1][1] == state:
        found[-1] = (Span(found[-1][0].start, span.end), state)
    else:
        found.append((span, state))


@dataclass(slots=True)
class _State:
    """What was told of a ticket so far."""

    assigns: bool
    status: str = ""
    reasons: dict[str, None] = field(default_factory=dict)
    taken: bool = False
    answered: bool = False
    over: bool = False

    @property
    def state(self) -> str:
        if self.over:
            return RESOLVED
        words = (self.status, *self.reasons)
        said = [meaning(word) for word in words] if any(words) else [WORKED_ON]
        for each in said:
            if each in WAITS and not (each == CUSTOMER and self.answered):
                return each
        if not self.taken:
            return UNASSIGNED if self.assigns else UNANSWERED
        return next((each for each in said if each not in WAITS and each != WORKED_ON), WORKED_ON)

    def take(self, event: TicketEvent) -> None:
        match event.kind:
            case "status":
                self.status, self.answered = event.value, False
            case "pause":
                self.reasons[event.value] = None
                self.answered = False
            case "resume":
                gone = event.value
                self.reasons = {name: None for name in self.reasons if gone and name != gone}
            case "customer reply":
                self.answered = True
            case "assigned":
                self.taken = True
            case "reply" | "acknowledged" | "update":
                self.taken = self.taken or event.by != "system"
            case "resolved" | "closed" | "merged" | "reopened":
                self.over = event.kind != "reopened"
                self.status, self.reasons = "", {}
            case _:
                pass


# --- added up -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """So many ms in one state."""

    state: str
    ms: Ms


@dataclass(frozen=True, slots=True)
class Times:
    """How long so many tickets, or clocks, were in each state, in ms; in the order of `STATES`."""

    count: int = 0
    parts: tuple[Part, ...] = ()

    @property
    def whole(self) -> Ms:
        return sum(each.ms for each in self.parts)

    def of(self, state: str) -> Ms:
        return sum(each.ms for each in self.parts if each.state == state)

    def share(self, state: str) -> Fraction:
        """The share of all their time; 0 where there is none."""
        return Fraction(self.of(state), self.whole) if self.whole else Fraction(0)


NO_TIMES: Final = Times()


def _ms(part: Part) -> Ms:
    return part.ms


def times(count: int, found: Mapping[str, Ms]) -> Times:
    """Times in their order, those that are none left out; of unknown words the longest first."""
    known = {state: place for place, state in enumerate(STATES)}
    told = [Part(state, ms) for state, ms in found.items() if ms]
    told.sort(
        key=lambda each: (known.get(each.state, len(known)), -each.ms * (each.state not in known), each.state)
    )
    return Times(count, tuple(told))


def within(found: Iterable[Lay], span: Span) -> dict[str, Ms]:
    """How long each state lasted within a span."""
    out: dict[str, Ms] = {}
    start, end = span.start, span.end
    for own, state in found:
        length = (own.end if own.end < end else end) - (own.start if own.start > start else start)
        if length > 0:
            out[state] = out.get(state, 0) + length
    return out


@dataclass(frozen=True, slots=True)
class Clocked:
    """A clock from its start to its end: what the ticket was in while it `ran`, and why it `stood`."""

    ran: Mapping[str, Ms]
    stood: Mapping[str, Ms]

    @property
    def parts(self) -> dict[str, Ms]:
        return _with(dict(self.ran), self.stood)

    @property
    def most(self) -> str:
        """What it was in for longest while the clock ran; of two alike the one told first, "" of none."""
        found = times(1, self.ran).parts
        return max(found, key=_ms).state if found else ""


def clocked(timeline: Iterable[Stretch], found: Sequence[Lay]) -> Clocked:
    """A clock's timeline beside the states of its ticket. What is before its start is no part of it."""
    ran: dict[str, Ms] = {}
    stood: dict[str, Ms] = {}
    for each in timeline:
        if each.state == "closed hours":
            _with(stood, {CLOSED: each.span.length})
        elif each.state == "paused":
            _with(stood, {meaning(each.reason): each.span.length})
        elif each.state == "running":
            own = within(found, each.span)
            _with(_with(ran, own), {UNTOLD: each.span.length - sum(own.values())})
    return Clocked(ran, stood)


def _with(found: dict[str, Ms], more: Mapping[str, Ms]) -> dict[str, Ms]:
    """The times with more of them added; what lasted no time is left out."""
    for state, ms in more.items():
        if ms:
            found[state] = found.get(state, 0) + ms
    return found


@dataclass(frozen=True, slots=True)
class Cause:
    """What clocks that were late waited for most, all together: `share` of the time that they ran.

    `most` of the `late` were in it for longer than in anything else; `longer` of them for longer than their
    whole time.
    """

    state: str
    share: Fraction
    late: int
    most: int
    longer: int


def cause(late: Sequence[tuple[Clocked, Ms | None]]) -> Cause | None:
    """The cause of clocks, each with the time that it was allowed; None where none ran."""
    ran: Counter[str] = Counter()
    for each, _ in late:
        ran.update(each.ran)
    found = times(len(late), ran)
    if not found.parts:
        return None
    state = max(found.parts, key=_ms).state
    return Cause(
        state=state,
        share=found.share(state),
        late=len(late),
        most=sum(each.most == state for each, _ in late),
        longer=sum(ms is not None and each.ran.get(state, 0) > ms for each, ms in late),
    )


# --- by hour of the week --------------------------------------------------------------------------------


def by_hour(found: Iterable[Lay], span: Span, zone: str) -> dict[int, Times]:
    """How long tickets were in each state in each hour of the week, within a span: 0 is Monday from 0 to 1.

    Tickets are added up: two that wait for an hour are two hours. The count is how many of those hours the
    span has.
    """
    by = ByHour(span, zone)
    by.add(found)
    return by.told()


class ByHour:
    """The same, of what is added one by one. The hours of the span are held, and nothing of a ticket."""

    def __init__(self, span: Span, zone: str) -> None:
        hours = sorted((each, number) for number, own in spans(span, zone).items() for each in own)
        self._span, self._numbers = span, [number for _, number in hours]
        self._starts, self._ends = [each.start for each, _ in hours], [each.end for each, _ in hours]
        self._edges: dict[str, list[Ms]] = {}
        self._whole: dict[str, list[int]] = {}

    def add(self, found: Iterable[Lay]) -> None:
        """Stretches of tickets' lives: in part an hour at each end, and those between as a whole."""
        for own, state in found:
            start, end = max(own.start, self._span.start), min(own.end, self._span.end)
            if start >= end:
                continue
            if state not in self._edges:
                self._edges[state] = [0] * len(self._starts)
                self._whole[state] = [0] * (len(self._starts) + 1)
            edges, whole = self._edges[state], self._whole[state]
            first, last = bisect_right(self._starts, start) - 1, bisect_left(self._starts, end) - 1
            if first == last:
                edges[first] += end - start
                continue
            edges[first] += self._ends[first] - start
            edges[last] += end - self._starts[last]
            whole[first + 1] += 1
            whole[last] -= 1

    def told(self) -> dict[int, Times]:
        """By hour of the week."""
        often = Counter(self._numbers)
        out: dict[int, Counter[str]] = {number: Counter() for number in often}
        for state, edges in self._edges.items():
            going = accumulate(self._whole[state])
            for number, start, end, edge, many in zip(
                self._numbers, self._starts, self._ends, edges, going, strict=False
            ):
                out[number][state] += edge + many * (end - start)
        return {number: times(often[number], own) for number, own in sorted(out.items())}

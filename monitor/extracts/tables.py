"""What the tables hold: their columns, and pages of them from the values of the house. Pure.

A page has as many columns as its table, all of one length. An instant is UTC ms here; how it is written is
the file's affair. Names are the same in files and in the views of `makegood sql`, and none is ever changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, repeat
from typing import Final, Literal

from monitor.core.checks import Lane, LaneId, State
from monitor.core.intervals import DAY, Span, total
from monitor.core.ticket_course import ENDS, goes_on
from monitor.core.tickets import Ticket
from monitor.core.timeline import Outage, Segment, clip_segments
from monitor.records import dataclass
from monitor.store.protocol import Columns, Snapshot

Kind = Literal["text", "integer", "instant", "flag"]
Page = Sequence[Sequence[object]]

TOGETHER: Final = 100
"""Lanes that are read at a time."""
TICKETS_TOGETHER: Final = 1_000

STATES: Final = {State.UP: "up", State.DOWN: "down", State.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what its values are, and what they mean. Any but the first ones may be empty."""

    name: str
    kind: Kind
    meaning: str


CHECKS: Final = (
    Column("endpoint", "text", "the endpoint's key in the configuration"),
    Column("location", "text", "where it was probed from"),
    Column("at", "instant", "when the attempt started"),
    Column("epoch", "integer", "the run of the monitor's clock: a new one after each start or clock step"),
    Column("slot", "integer", "which planned check of that epoch it belongs to"),
    Column("attempt", "integer", "0 is the planned one, 1 and more are those after a failure"),
    Column("state", "text", "what the whole slot came to: up, down, unknown"),
    Column("reason", "text", "this attempt's own: ok, or why it failed or nothing could be seen"),
    Column("latency_tenths_ms", "integer", "in 0.1 ms; empty where none was measured"),
    Column("status", "integer", "the answer's status code, where there was one"),
    Column("holds_ms", "integer", "how long the state lasts at most without a next check"),
    Column("facts", "text", "JSON: what was seen, kept of failed attempts; what is secret stands as ***"),
)  # fmt: skip
SEGMENTS: Final = (
    Column("endpoint", "text", "the endpoint's key in the configuration"),
    Column("location", "text", "where it was probed from"),
    Column("started", "instant", "from when on"),
    Column("ended", "instant", "up to when, itself not included"),
    Column("length_ms", "integer", "between the two"),
    Column("state", "text", "up, down, unknown"),
    Column("reason", "text", "ok, why it was down, or why nothing is known"),
    Column("first_check", "instant", "the first check that it rests on; empty where nobody looked"),
    Column("last_check", "instant", "the last one"),
)
OUTAGES: Final = (
    Column("name", "text", "as `makegood outage` takes it"),
    Column("service", "text", "the service's key in the configuration"),
    Column("resource", "text", "the resource within it, where it is one's"),
    Column("started", "instant", "from when on it was down"),
    Column("ended", "instant", "up to when; empty while it goes on"),
    Column("down_ms", "integer", "how long it was down: without what nobody saw in between"),
    Column("is_open", "flag", "whether it went on at the end of what was looked at"),
    Column("reason", "text", "why it was down"),
    Column("last_good", "instant", "the last good check before; empty where none is known"),
    Column("first_bad", "instant", "the first failed one"),
    Column("last_bad", "instant", "the last failed one"),
    Column("first_good", "instant", "the first good one after"),
)

KEPT_COLUMNS: Final = ("class", "category", "team", "severity", "product")
"""What else is kept of a ticket whose file has a row for each event."""
TICKETS: Final = (
    Column("source", "text", "the system that told it, or makegood"),
    Column("ticket", "text", "its id there"),
    Column("customer", "text", "whose it is, as the system says"),
    Column("service", "text", "what it is about, as the system says"),
    Column("priority", "text", "at first; `ticket_events` has what became of it"),
    Column("segment", "text", "at first"),
    Column("channel", "text", "at first"),
    Column("resource", "text", "what of the service it is about"),
    Column("opened", "instant", "its first event"),
    Column("replied", "instant", "the first reply of a person; empty: none"),
    Column("resolved", "instant", "when it was resolved, closed or merged last; empty while it goes on"),
    Column("is_open", "flag", "whether it goes on"),
    Column("is_deleted", "flag", "whether it is marked as deleted, and so counts nowhere"),
)
TICKET_EVENTS: Final = (
    *TICKETS[:2],
    Column("at", "instant", "when it happened"),
    Column("kind", "text", "created, reply, status, resolved and so on, as docs/response.md lists them"),
    Column("value", "text", "the new status, priority, segment or channel, or why it stood"),
    Column("who", "text", "agent, customer or system, where that is known"),
)
TICKET_ROWS: Final = (
    *TICKET_EVENTS[:3],
    replace(TICKET_EVENTS[3], name="event"),
    TICKET_EVENTS[4],
    replace(TICKET_EVENTS[5], name="by"),
    *TICKETS[2:8],
    *(Column(name, "text", "as its system says") for name in KEPT_COLUMNS),
    Column("deleted", "flag", "whether it is marked as deleted, and so counts nowhere"),
)
"""What happened to tickets, in the columns that `makegood tickets import --mapping events` reads."""

Seen = Callable[[str], str | None]
"""What may be shown of an attempt's facts."""


def of_checks(columns: Columns, lane: Lane, seen: Seen) -> Page:
    """A page of CHECKS."""
    size = len(columns.at)
    return (
        [lane.endpoint] * size,
        [lane.location] * size,
        columns.at,
        columns.epoch,
        columns.slot,
        columns.attempt,
        [STATES[state] for state in columns.state],
        columns.reason,
        columns.latency,
        columns.status,
        columns.hold,
        [None if facts is None else seen(facts) for facts in columns.facts],
    )


def of_segments(lane: Lane, segments: Sequence[Segment]) -> Page:
    """A page of SEGMENTS: those of a lane, while it existed."""
    alive = [part for life in lane.life for part in clip_segments(segments, life)]
    return (
        list(repeat(lane.endpoint, len(alive))),
        list(repeat(lane.location, len(alive))),
        [each.start for each in alive],
        [each.end for each in alive],
        [each.end - each.start for each in alive],
        [STATES[each.state] for each in alive],
        [each.reason for each in alive],
        [each.first for each in alive],
        [each.last for each in alive],
    )


def segments_of(snapshot: Snapshot, lanes: Sequence[Lane], span: Span) -> Iterator[Page]:
    """Pages of SEGMENTS, so many lanes at a time."""
    for at in range(0, len(lanes), TOGETHER):
        some = lanes[at : at + TOGETHER]
        found = snapshot.segments([lane.id for lane in some], span)
        yield from (of_segments(lane, found[lane.id]) for lane in some)


def outages_of(found: Iterable[tuple[str, Outage]]) -> Page:
    """The same as a page without resources."""
    page = of_outages((service, "", each) for service, each in found)
    return (*page[:2], *page[3:])


def of_outages(found: Iterable[tuple[str, str, Outage]]) -> Page:
    """A page of OUTAGES: of each its service, its resource or "", and itself."""
    rows = [
        (
            "/".join(part for part in (service, resource, each.id) if part),
            service,
            resource or None,
            each.span.start,
            None if each.open else each.span.end,
            total(each.down),
            each.open,
            each.reason,
            each.last_good,
            each.first_bad,
            each.last_bad,
            each.first_good,
        )
        for service, resource, each in found
    ]
    return tuple(zip(*rows, strict=True)) if rows else tuple(() for _ in OUTAGES)


def of_tickets(found: Iterable[Ticket]) -> Iterator[Page]:
    """Pages of TICKETS."""
    waiting = iter(found)
    while some := list(islice(waiting, TICKETS_TOGETHER)):
        yield tuple(zip(*map(_ticket, some), strict=True))


def _ticket(ticket: Ticket) -> Sequence[object]:
    events, is_open = ticket.events, goes_on(ticket.events)
    ends = [event.at for event in events if event.kind in ENDS]
    told = (ticket.customer, ticket.service, ticket.priority, ticket.segment, ticket.channel, ticket.resource)
    return (
        ticket.columns.get("source"),
        ticket.id,
        *(text or None for text in told),
        events[0].at,
        next((event.at for event in events if event.kind == "reply" and event.by != "system"), None),
        None if is_open else max(ends),
        is_open,
        ticket.deleted,
    )


def of_ticket_events(found: Iterable[Ticket]) -> Iterator[Page]:
    """Pages of TICKET_ROWS: each event with what is told of its ticket."""
    waiting = iter(found)
    while some := list(islice(waiting, TICKETS_TOGETHER)):
        rows = [row for each in some for row in _events(each)]
        yield tuple(zip(*rows, strict=True))


def _events(ticket: Ticket) -> Iterator[tuple[object, ...]]:
    told = (ticket.customer, ticket.service, ticket.priority, ticket.segment, ticket.channel, ticket.resource)
    kept = (ticket.columns.get(name) for name in KEPT_COLUMNS)
    about = (*(text or None for text in (*told, *kept)), ticket.deleted)
    for event in ticket.events:
        happened = (event.at, event.kind, event.value or None, event.by or None)
        yield ticket.columns.get("source"), ticket.id, *happened, *about


def seen_through(over_all: Callable[[object], object] | None) -> Seen:
    """Facts without what is secret. None: nobody knows what is, so there are none to show."""
    if over_all is None:
        return lambda facts: None

    def seen(facts: str) -> str:
        found = json.loads(facts)
        shown = over_all(found)
        if shown == found:
            return facts
        return json.dumps(shown, sort_keys=True, separators=(",", ":"))

    return seen


def portions(lanes: Sequence[LaneId], span: Span) -> Iterator[tuple[Sequence[LaneId], Span]]:
    """What to ask for at a time: UTC day by day, so many lanes."""
    day = span.start // DAY
    while span.length and day * DAY < span.end:
        part = Span(max(day * DAY, span.start), min((day + 1) * DAY, span.end))
        yield from ((lanes[at : at + TOGETHER], part) for at in range(0, len(lanes), TOGETHER))
        day += 1

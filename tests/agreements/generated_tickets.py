"""Contracts and tickets drawn by chance, and both ways of judging them: the engine's, and the walk's.

    python -m tests.agreements.generated_tickets --tickets 100000 --first 0 --workers 2

prints how many clocks were compared, how many of them were late, and every one on which the two disagree.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from monitor.agreements.evidence import Evidence
from monitor.agreements.terms import Allowed, CalendarOf, TicketTerms
from monitor.agreements.tickets import Response, Tickets
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import Span
from monitor.core.periods import Period
from monitor.core.tickets import EventKind, Ticket, TicketEvent, in_order
from tests.agreements.seen import case
from tests.agreements.ticket_walk import MINUTE, Contract, Judged, Open, Promised, World, judge

WEEK = (0, 1, 2, 3, 4)
BATCH = 50
DAY = 1_440
PRIORITIES = ("urgent", "high", "normal", "low")
REASONS = ("waiting for customer", "third party", "on hold", "escalated")
YEARS = (2025, 2027)
EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 10, 26)})

# the same hours twice: as the language writes them, and as the walk looks at a wall clock
WRITTEN = {
    "berlin": ("Europe/Berlin", "Mon-Fri 09:00-17:00", EASTER),
    "new-york": ("America/New_York", "Mon-Fri 08:00-18:00; Sat 10:00-14:00", frozenset[date]()),
    "kolkata": ("Asia/Kolkata", "Mon-Sat 10:00-19:00", frozenset({date(2026, 3, 25)})),
    "nights": ("Europe/Berlin", "Mon-Fri 22:00-06:00", frozenset[date]()),
    "small-hours": ("Europe/Berlin", "daily 01:00-04:00", frozenset[date]()),
}
WALKED = {
    "berlin": Open("Europe/Berlin", ((WEEK, 540, 1_020),), EASTER),
    "new-york": Open("America/New_York", ((WEEK, 480, 1_080), ((5,), 600, 840))),
    "kolkata": Open("Asia/Kolkata", (((0, 1, 2, 3, 4, 5), 600, 1_140),), frozenset({date(2026, 3, 25)})),
    "nights": Open("Europe/Berlin", ((WEEK, 1_320, 1_800),)),
    "small-hours": Open("Europe/Berlin", (((0, 1, 2, 3, 4, 5, 6), 60, 240),)),
}
MEMBERS = {**{name: (name,) for name in WRITTEN}, "both-sides": ("berlin", "new-york")}


def _calendars() -> dict[str, Calendar]:
    own = {
        name: Calendar(name, zone, parse_hours(hours), (), holidays, YEARS)
        for name, (zone, hours, holidays) in WRITTEN.items()
    }
    members = tuple(own[name] for name in MEMBERS["both-sides"])
    return {**own, "both-sides": Calendar("both-sides", "Europe/Berlin", None, members)}


CALENDARS = _calendars()
DATED = ("berlin", "new-york", "kolkata")  # their days end before midnight


def _world(start: datetime) -> World:
    first = int(start.timestamp()) // 60
    members = {name: tuple(WALKED[each] for each in of) for name, of in MEMBERS.items()}
    return World(first, first + 75 * DAY, members)


WORLDS = (
    _world(datetime(2026, 3, 9, tzinfo=UTC)),
    _world(datetime(2026, 10, 5, tzinfo=UTC)),
)  # the clocks change in both


@dataclass(frozen=True)
class Drawn:
    """A contract twice, and tickets for it."""

    rule: Tickets
    contract: Contract
    world: World
    now: int
    tickets: tuple[Ticket, ...]


def drawn(seed: int, count: int) -> Drawn:
    """A contract and `count` tickets, by the number that they are drawn from."""
    chance = random.Random(seed)
    world = chance.choice(WORLDS)
    rule, contract = _contract(chance)
    now = world.first + 50 * DAY + chance.randrange(DAY)
    tickets = tuple(_ticket(chance, f"T-{number}", contract, world) for number in range(count))
    return Drawn(rule, contract, world, now, tickets)


def _contract(chance: random.Random) -> tuple[Tickets, Contract]:
    stop = chance.choice(
        (
            "first human reply",
            "any reply",
            "acknowledged",
            "resolved",
            "resolved",
            "next human reply",
            "update",
        )
    )
    start = "customer reply" if stop == "next human reply" else chance.choice(("created", "assigned"))
    change = chance.choice(("restart", "keep time", "keep target", "prorate"))
    reopened = "continues" if stop == "next human reply" else chance.choice(("continues", "new", "ignored"))
    pauses = tuple(each for each in REASONS if chance.random() < 0.5)
    promised = {priority: _promised(chance, priority) for priority in PRIORITIES}
    if all(each is None for each in promised.values()):
        promised["high"] = Promised(60, on="berlin")
    rules = TicketTerms(
        from_=start,  # type: ignore[arg-type]
        to=stop,  # type: ignore[arg-type]
        pauses=pauses,
        calendars=tuple(CalendarOf(name, each.on) for name, each in promised.items() if each and each.on),
        priority_change=change,  # type: ignore[arg-type]
        reopened=reopened,  # type: ignore[arg-type]
    )
    within = tuple((name, _allowed(each)) for name, each in promised.items())
    return Tickets(rules, within), Contract(start, stop, promised, pauses, change, reopened)


def _promised(chance: random.Random, priority: str) -> Promised | None:
    drawn = chance.random()
    if priority == "low" and drawn < 0.4:
        return None
    if drawn < 0.25:
        return Promised(chance.choice((15, 60, 240, 1_440, 2_881)))
    if drawn < 0.75:
        return Promised(chance.choice((1, 30, 60, 240, 480, 960)), on=chance.choice(tuple(MEMBERS)))
    until = chance.choice(("close of business", "end of day", "same time"))
    return Promised(days=chance.choice((1, 2, 3)), until=until, on=chance.choice(DATED))


def _allowed(promised: Promised | None) -> Allowed:
    if promised is None:
        return Allowed(none=True)
    if promised.days:
        return Allowed(days=promised.days, business=True, at=promised.until)  # type: ignore[arg-type]
    return Allowed(ms=promised.minutes * MINUTE, business=bool(promised.on))


def _ticket(chance: random.Random, id: str, contract: Contract, world: World) -> Ticket:
    created = world.first + chance.randrange(40 * DAY)
    reach = chance.choice((120, 600, DAY, 3 * DAY, 6 * DAY))
    minutes = iter(sorted(chance.sample(range(created + 1, created + 1 + reach), min(reach, 14))))
    events = [TicketEvent(created * MINUTE, "created")]
    priority = chance.choice(PRIORITIES)
    if chance.random() < 0.9:
        events.append(TicketEvent(created * MINUTE, "priority", priority))
    if chance.random() < 0.95:
        events.append(TicketEvent(next(minutes) * MINUTE, "assigned"))
    events += [each for minute in minutes if (each := _event(chance, minute)) is not None]
    if chance.random() < 0.8:
        events.append(TicketEvent((created + 2 + reach) * MINUTE, chance.choice(("resolved", "closed"))))
    if not any(each.kind == "priority" for each in events):
        events.append(TicketEvent(created * MINUTE, "priority", priority))
    if not any(each.kind == "assigned" for each in events) and contract.start == "assigned":
        events.append(TicketEvent(created * MINUTE, "assigned"))
    return Ticket(id, in_order(events))


KINDS: tuple[tuple[EventKind, int], ...] = (
    ("reply", 3), ("auto reply", 2), ("customer reply", 3), ("acknowledged", 1), ("update", 2), ("status", 4),
    ("pause", 2), ("resume", 2), ("priority", 2), ("resolved", 2), ("closed", 1), ("reopened", 2),
)  # fmt: skip


def _event(chance: random.Random, minute: int) -> TicketEvent | None:
    if chance.random() < 0.5:
        return None
    (kind,) = chance.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])
    values: dict[EventKind, Sequence[str]] = {
        "status": (*REASONS, "open", "in progress"),
        "pause": REASONS,
        "resume": (*REASONS, ""),
        "priority": PRIORITIES,
    }
    by = chance.choice(("agent", "agent", "", "system")) if kind == "reply" else ""
    return TicketEvent(minute * MINUTE, kind, chance.choice(values.get(kind, ("",))), by)  # type: ignore[arg-type]


# --- both ways ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What was compared, and where the two disagree."""

    tickets: int = 0
    clocks: int = 0
    late: int = 0
    unfinished: int = 0
    disagreements: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.tickets += other.tickets
        self.clocks += other.clocks
        self.late += other.late
        self.unfinished += other.unfinished
        self.disagreements += other.disagreements


def engine(of: Drawn) -> dict[str, list[Response]]:
    """What the engine says of each ticket, in the order of its clocks."""
    span = Span((of.world.first - DAY) * MINUTE, of.now * MINUTE)
    asked = case(Evidence({}, tickets=of.tickets), Period(span, "UTC", "all"), calendars=CALENDARS)
    found = of.rule.responses(asked)
    by_ticket: dict[str, list[Response]] = {}
    for each in (*found.in_time, *found.late, *found.unfinished):
        by_ticket.setdefault(each.ticket, []).append(each)
    return {id: sorted(own, key=lambda each: each.course.start) for id, own in by_ticket.items()}


def compared(seed: int, count: int) -> Tally:
    """One contract with `count` tickets, judged both ways."""
    of = drawn(seed, count)
    tally, found = Tally(), engine(of)
    for ticket in of.tickets:
        walked = judge(ticket, of.contract, of.world, of.now)
        own = found.get(ticket.id, [])
        tally.tickets += 1
        tally.clocks += len(walked)
        tally.late += sum(each.late for each in walked)
        tally.unfinished += sum(each.end is None for each in walked)
        tally.disagreements += [f"seed {seed}, {ticket.id}: {text}" for text in _differences(own, walked)]
    return tally


def _differences(found: Sequence[Response], walked: Sequence[Judged]) -> Iterator[str]:
    walked = sorted(walked, key=lambda each: each.start)
    if len(found) != len(walked):
        yield f"{len(found)} clocks, and {len(walked)} were walked"
        return
    for one, other in zip(found, walked, strict=True):
        course = one.course
        ours = (course.start, course.end, course.due, course.elapsed, one.key, one.late)
        theirs = (other.start, other.end, other.due, other.elapsed * MINUTE, other.key, other.late)
        if ours != theirs:
            yield f"{one.cause}: {ours}, walked {theirs}"
        ran = sum(each.span.length for each in one.timeline() if each.state == "running")
        if ran != course.elapsed:
            yield f"{one.cause}: the timeline ran {ran} ms, and {course.elapsed} ms are counted"


def _batch(seed: int) -> Tally:
    return compared(seed, BATCH)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    whole = Tally()
    seeds = range(asked.first, asked.first + -(-asked.tickets // BATCH))
    with ProcessPoolExecutor(asked.workers) as pool:
        for tally in pool.map(_batch, seeds, chunksize=8):
            whole.add(tally)
    print(  # noqa: T201
        f"{whole.tickets:,} tickets with {whole.clocks:,} clocks judged both ways: {whole.late:,} late, "
        f"{whole.unfinished:,} unfinished; {len(whole.disagreements):,} disagreements"
    )
    for text in whole.disagreements[:20]:
        print(text)  # noqa: T201
    return 1 if whole.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())

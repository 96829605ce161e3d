"""Tickets judged by walking along every minute, told nothing by the engine but what a ticket is.

A contract is a plain table here, its working time a set of minutes for each of which a wall clock was asked.
Every instant is a whole minute. Nothing is computed by subtraction: what ran is what was counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import ceil
from zoneinfo import ZoneInfo

from monitor.core.tickets import Ticket, TicketEvent

MINUTE = 60_000


@dataclass(frozen=True)
class Open:
    """Working time: (weekdays, first minute of the day, last minute of the day, exclusive) in a zone."""

    zone: str
    hours: tuple[tuple[tuple[int, ...], int, int], ...]
    holidays: frozenset[date] = frozenset()

    def at(self, minute: int) -> bool:
        here = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(self.zone))
        of_day = here.hour * 60 + here.minute
        day, before = here.date(), here.date() - timedelta(days=1)
        if day in self.holidays:
            return False
        return any(
            (day.weekday() in days and start <= of_day < end)
            or (before.weekday() in days and of_day < end - 1_440)
            for days, start, end in self.hours
        )


@dataclass(frozen=True)
class Promised:
    """The time of one priority: `minutes`, or `days` until `until`, on calendar `on` ("": day and night)."""

    minutes: int = 0
    days: int = 0
    until: str = ""
    on: str = ""


@dataclass(frozen=True)
class Contract:
    """What is promised; `promised` by priority, None where nothing is."""

    start: str
    stop: str
    promised: Mapping[str, Promised | None]
    pauses: tuple[str, ...] = ()
    change: str = "restart"
    reopened: str = "ignored"
    zone: str = "UTC"


@dataclass
class World:
    """The minutes that the walk may see, and which of them each calendar works in, asked once each."""

    first: int
    last: int
    calendars: Mapping[str, tuple[Open, ...]]
    worked: dict[str, bytearray] = field(default_factory=dict)

    def works(self, calendar: str, minute: int) -> bool:
        if not calendar:
            return True
        if calendar not in self.worked:
            members = self.calendars[calendar]
            self.worked[calendar] = bytearray(
                any(member.at(each) for member in members) for each in range(self.first, self.last)
            )
        return bool(self.worked[calendar][minute - self.first])

    def day(self, minute: int, zone: str) -> date:
        return _day(minute, zone)


@cache
def _day(minute: int, zone: str) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone)).date()


def _wall(minute: int, zone: str) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@dataclass
class Clock:
    """A clock that is walked along; `left` minutes until its time is up, `due` once that is known."""

    start: int
    key: str
    used: int = 0
    left: Fraction | None = None
    whole: int | None = None
    date: int | None = None
    worth: int = 0
    due: Fraction | None = None
    end: int | None = None
    stood: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Judged:
    """What came of one clock: instants in ms, times in minutes."""

    start: int
    end: int | None
    due: int | None
    elapsed: int
    key: str
    late: bool


def judge(ticket: Ticket, contract: Contract, world: World, now: int) -> list[Judged]:
    """Every clock of a ticket that counts for the contract, in order."""
    return _Walk(ticket, contract, world, now).all()


class _Walk:
    def __init__(self, ticket: Ticket, contract: Contract, world: World, now: int) -> None:
        self.ticket, self.contract, self.world, self.now = ticket, contract, world, now
        self.by_minute: dict[int, list[TicketEvent]] = {}
        for event in ticket.events:
            self.by_minute.setdefault(event.at // MINUTE, []).append(event)
        self.priority = ticket.priority
        self.later = [e.value for e in ticket.events if e.kind == "priority"]
        self.status, self.told = "", list[str]()
        self.clock: Clock | None = None
        self.done: list[Clock] = []
        self.answered = self.started = self.closed = self.over = False

    def all(self) -> list[Judged]:
        last = max(self.by_minute)
        for minute in range(min(self.by_minute), self.now):
            for event in self.by_minute.get(minute, ()):
                self.happens(event, minute)
            if self.clock is None and minute >= last:
                break
            self.tick(minute)
        if self.clock is not None:
            self.done.append(self.clock)
        return [judged for clock in self.done if (judged := self.judged(clock)) is not None]

    # --- what happens ---

    def happens(self, event: TicketEvent, minute: int) -> None:
        kind = event.kind
        if kind == "status":
            self.status = event.value
        elif kind == "pause":
            self.told.append(event.value)
        elif kind == "resume":
            self.told = [each for each in self.told if event.value and each != event.value]
        elif kind == "priority":
            self.becomes(event.value, minute)
        elif kind in ("resolved", "closed"):
            self.status, self.told = "", []
            self.ends(event, minute)
        elif kind == "reopened":
            self.status, self.told = "", []
            self.opens(minute)
        self.begins(event, minute)
        self.speaks(event, minute)

    def begins(self, event: TicketEvent, minute: int) -> None:
        wanted = "created" if self.contract.start == "customer reply" else self.contract.start
        if self.started or event.kind != wanted:
            return
        self.started = True
        if self.contract.stop == "next human reply":
            return
        self.clock = self.new(minute)
        if self.answered and self.contract.stop in ("first human reply", "any reply", "acknowledged"):
            self.stopped(minute)

    def ends(self, event: TicketEvent, minute: int) -> None:
        if self.closed or not self.started:
            return
        self.closed = True
        reopens = self._reopens_after(event)
        if self.contract.reopened == "continues" and reopens:
            return
        if self.clock is not None:
            self.stopped(minute)
        if self.contract.reopened != "new":
            self.over = True

    def _reopens_after(self, event: TicketEvent) -> bool:
        events = self.ticket.events
        return any(e.kind == "reopened" for e in events[events.index(event) + 1 :])

    def opens(self, minute: int) -> None:
        if not self.closed:
            return
        self.closed = False
        if self.contract.reopened == "new" and self.contract.stop != "next human reply":
            self.clock = self.new(minute)

    def _answers(self, event: TicketEvent) -> bool:
        human = event.kind == "reply" and event.by != "system"
        return {
            "first human reply": human,
            "next human reply": human,
            "any reply": event.kind in ("reply", "auto reply"),
            "acknowledged": human or event.kind == "acknowledged",
            "update": human or event.kind == "update",
            "resolved": False,
        }[self.contract.stop]

    def speaks(self, event: TicketEvent, minute: int) -> None:
        stop = self.contract.stop
        if self.over or (self.closed and self.contract.reopened == "new"):
            return
        if stop == "next human reply" and event.kind == "customer reply":
            if self.answered and self.clock is None and self.started:
                self.clock = self.new(minute)
            return
        if not self._answers(event):
            return
        self.answered = True
        if self.clock is None:
            return
        self.stopped(minute)
        if stop == "update":
            self.clock = self.new(minute)

    def stopped(self, minute: int) -> None:
        clock = self.clock
        assert clock is not None
        clock.end = minute
        self.clock = None
        self.done.append(clock)

    # --- time ---

    def new(self, minute: int) -> Clock:
        key = self.priority or (self.later[0] if self.later else "")
        self.priority = key
        clock = Clock(minute, key)
        self.aim(clock, minute)
        clock.left = None if clock.whole is None else Fraction(clock.whole)
        self.notice(clock, minute)
        return clock

    def aim(self, clock: Clock, start: int) -> None:
        promised = self.contract.promised[clock.key]
        clock.whole, clock.date = None, None
        if promised is None:
            return
        clock.whole = promised.minutes
        if promised.days:
            clock.date = self.date(promised, start)
            worked = [each for each in range(start, clock.date) if self.world.works(promised.on, each)]
            clock.whole, clock.worth = len(worked), worked[-1] + 1 if worked else start

    def date(self, promised: Promised, start: int) -> int:
        """The minute by which a time in days is up; the end of a day is the minute after its last."""
        members = self.world.calendars.get(promised.on)
        zone = members[0].zone if members else self.contract.zone
        minute, today, count = start, self.world.day(start, zone), promised.days
        worked_on = today
        last = start
        while count:
            minute += 1
            day = self.world.day(minute, zone)
            if day != worked_on and day > today and self.world.works(promised.on, minute):
                worked_on, count = day, count - 1
        if promised.until == "same time":
            return self.same_time(start, worked_on, zone)
        while self.world.day(minute, zone) == worked_on:
            if self.world.works(promised.on, minute):
                last = minute + 1
            minute += 1
        return minute if promised.until == "end of day" else last

    def same_time(self, start: int, day: date, zone: str) -> int:
        """The first minute of a day at which the wall clock shows the time of `start`, or a later one."""
        wanted = datetime.combine(day, _wall(start, zone).time())
        minute = start
        while _wall(minute, zone) < wanted:
            minute += 1
        return minute

    def becomes(self, value: str, minute: int) -> None:
        clock, old = self.clock, self.priority
        self.priority = value
        if clock is None or clock.key == value or self.contract.change == "keep target":
            return
        if clock.start == minute:
            self.clock = self.new(minute)
            return
        due = self.due(clock)
        if due is not None and due < minute * MINUTE:
            return
        if self._ends_now(minute):
            return
        assert old is not None
        whole, left = clock.whole, clock.left
        clock.key, clock.due = value, None
        if self.contract.change == "restart":
            clock.start, clock.used = minute, 0
        self.aim(clock, clock.start)
        if clock.whole is None:
            clock.left = None
        elif self.contract.change == "restart":
            clock.left = Fraction(clock.whole)
        elif self.contract.change == "keep time":
            clock.left = Fraction(max(0, clock.whole - clock.used))
        elif whole and left is not None:
            clock.left = clock.whole * max(Fraction(0), left) / whole
        else:
            clock.left = Fraction(clock.whole)
        self.notice(clock, minute)

    def _ends_now(self, minute: int) -> bool:
        """The clock is stopped in this very minute: what changes then comes too late."""
        return any(self._answers(e) or e.kind in ("resolved", "closed") for e in self.by_minute[minute])

    def paused(self) -> bool:
        reasons = [self.status, *self.told]
        return any(reason in self.contract.pauses for reason in reasons if reason) or self.closed

    def tick(self, minute: int) -> None:
        if self.clock is not None and self.paused():
            self.clock.stood.add(minute)
        elif self.clock is not None:
            self.count(self.clock, minute)

    def count(self, clock: Clock, minute: int) -> None:
        promised = self.contract.promised[clock.key]
        if promised is None or not self.world.works(promised.on, minute):
            return
        clock.used += 1
        if clock.due is not None or clock.left is None:
            return
        clock.left -= 1
        if clock.left <= 0:
            self.up(clock, minute + 1 + clock.left)

    def notice(self, clock: Clock, minute: int) -> None:
        if clock.left == 0:
            self.up(clock, Fraction(minute))

    def up(self, clock: Clock, at: Fraction) -> None:
        """Its time is up at an instant, unless its date is later."""
        if clock.date is None or not clock.worth <= at <= clock.date:
            clock.due = at
            promised = self.contract.promised[clock.key]
            if promised is not None and promised.until == "end of day":
                clock.due = self.end_of_day(promised, ceil(at) - 1)
        else:
            clock.due = Fraction(clock.date)

    def end_of_day(self, promised: Promised, at: int) -> Fraction:
        members = self.world.calendars.get(promised.on)
        zone = members[0].zone if members else self.contract.zone
        day, minute = self.world.day(at, zone), at
        while self.world.day(minute, zone) == day:
            minute += 1
        return Fraction(minute)

    def due(self, clock: Clock) -> int | None:
        """The last ms in time; a date on which the ticket waits is moved to the end of that wait."""
        promised = self.contract.promised[clock.key]
        if clock.due is None or promised is None:
            return None
        at_the_end = promised.until == "end of day"
        minute = int(clock.due) - at_the_end
        if clock.due == clock.date and minute in clock.stood:
            while minute in clock.stood:
                minute += 1
            return minute * MINUTE
        return ceil(clock.due * MINUTE) - at_the_end

    def judged(self, clock: Clock) -> Judged | None:
        promised = self.contract.promised[clock.key]
        if promised is None:
            return None
        until = max(clock.start, self.now) if clock.end is None else clock.end
        minute = until
        while clock.due is None and minute < self.world.last:
            if self.world.works(promised.on, minute):
                assert clock.left is not None
                clock.left -= 1
                if clock.left <= 0:
                    self.up(clock, minute + 1 + clock.left)
            minute += 1
        due = self.due(clock)
        late = due is not None and due < until * MINUTE
        end = None if clock.end is None else clock.end * MINUTE
        return Judged(clock.start * MINUTE, end, due, clock.used, clock.key, late)

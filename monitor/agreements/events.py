"""Events: what had to be done in time, each with its deadline. The figure is a share of events.

In time at equality. An event that is not finished is late as soon as its deadline is over; before that it
does not count yet. The clock is a calendar's where a promise counts business time, and real time otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Literal

from monitor.agreements.account import holds, term
from monitor.agreements.clip import named
from monitor.agreements.evidence import SERVICE, EventRow
from monitor.agreements.exclude import Exclusion, uses
from monitor.agreements.lanes import by_lane, chosen, say_only
from monitor.agreements.pipeline import Account, Accounts, Case, Measure, Miss, Piece
from monitor.agreements.terms import Allowed, MeasureTerms, Only
from monitor.agreements.words import duration
from monitor.core.calendars import Calendar, after_business_days, after_working_time, working, working_time
from monitor.core.intervals import DAY, Ms, Span, Spans, intersect, normalise, total
from monitor.core.periods import instant, local, midnight
from monitor.errors import EvidenceRefused
from monitor.records import dataclass

ONE = Fraction(1)
ONE_DAY = timedelta(days=1)
Within = tuple[tuple[str, Allowed], ...] | Literal["due"]


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock that a promise counts on: a calendar's working time, or real time in `zone`.

    It stands in `still`, but where a deadline is a date or the end of a day.
    """

    zone: str
    calendar: Calendar | None = None
    still: Spans = ()

    def due(self, start: Ms, allowed: Allowed) -> Ms:
        """The last instant at which an event that started at `start` is done in time."""
        if allowed.days:
            return self._after_days(start, allowed)
        due = self._after(start, allowed.ms, business=allowed.business)
        while True:
            stood = self._stood(start, due, business=allowed.business)
            later = self._after(start, allowed.ms + stood, business=allowed.business)
            if later == due:
                return due
            due = later

    def _after(self, start: Ms, ms: Ms, *, business: bool) -> Ms:
        return after_working_time(self._needed(), start, ms) if business else start + ms

    def _stood(self, start: Ms, end: Ms, *, business: bool) -> Ms:
        """How long the clock stands between two instants."""
        still = intersect((Span(start, end),), self.still) if self.still else ()
        if business:
            return sum(working_time(self._needed(), span.start, span.end) for span in still)
        return total(still)

    def _after_days(self, start: Ms, allowed: Allowed) -> Ms:
        if allowed.business:
            return after_business_days(self._needed(), start, allowed.days, allowed.at or "end of day")
        if allowed.at is None:
            return start + allowed.days * DAY
        day = local(start, self.zone).date() + allowed.days * ONE_DAY
        first, after = midnight(day, self.zone), midnight(day + ONE_DAY, self.zone)
        if allowed.at == "close of business" and (open := working(self._needed(), Span(first, after))):
            return min(open[-1].end, after - 1)
        if allowed.at == "same time":
            return instant(local(start, self.zone).replace(year=day.year, month=day.month, day=day.day))
        return after - 1

    def _needed(self) -> Calendar:
        if self.calendar is None:
            raise ValueError("business time needs a calendar: say whose, as in calendar = NAME")
        return self.calendar

    def passed(self, start: Ms, end: Ms, *, business: bool) -> Ms:
        """How long it is from one instant to a later one."""
        if start >= end:
            return 0
        length = working_time(self._needed(), start, end) if business else end - start
        return length - self._stood(start, end, business=business)

    def days(self, due: Ms, end: Ms) -> int:
        """The calendar days late: the day missed is one of them, the day on which it was done is not."""
        return (local(end, self.zone).date() - local(due - 1, self.zone).date()).days


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last instant in time, and how long that allows on the promise's clock (None for a date)."""

    at: Ms
    allowed: Ms | None
    business: bool


@dataclass(frozen=True, slots=True)
class Told:
    """An event with what it is as a miss, and whether it is one."""

    miss: Miss
    late: bool

    @property
    def resource(self) -> str:
        return self.miss.lane


@dataclass(frozen=True, slots=True)
class InTime:
    """Events done in time. `within` is by priority ("" for every other), or "due" for the date in the file.

    An event counts in the period in which it started, or ended. Under "period of end" one that is late and
    not finished counts in the period in which its deadline lies; once it is done it counts where it ended.
    EvidenceRefused for events without a deadline, all at once. The clock stands in valid windows of the
    classes in `exclude`, whatever their allowances.
    """

    within: Within
    counted_in: Literal["period of start", "period of end"] = "period of start"
    calendar: str | None = None
    only: Only = ()
    exclude: tuple[Exclusion, ...] = ()

    def __call__(self, case: Case) -> Accounts:
        rows = [row for row in case.evidence.events if self._looks_at(row)]
        clocks = {resource: self._clock(resource, case) for resource in {row.resource for row in rows}}
        timed = [(row, self._deadline(row, clocks[row.resource])) for row in rows]
        if lost := [row for row, deadline in timed if deadline is None]:
            raise EvidenceRefused(self._say_lost(lost))
        told = [_told(row, deadline, clocks[row.resource], case.as_of) for row, deadline in timed if deadline]
        return tuple(self._one(lane, own, life, case) for lane, life, own in by_lane(told, case))

    def _looks_at(self, row: EventRow) -> bool:
        if not self.only:
            return True
        return chosen(self.only, {**row.columns, "priority": row.priority, "resource": row.resource})

    def _deadline(self, row: EventRow, clock: Clock) -> Deadline | None:
        if self.within == "due":
            return None if row.due is None else Deadline(row.due, None, business=False)
        allowed = dict(self.within)
        found = allowed.get(row.priority, allowed.get(""))
        if found is None:
            return None
        due = clock.due(row.started, found)
        return Deadline(due, clock.passed(row.started, due, business=found.business), business=found.business)

    def _say_lost(self, rows: Sequence[EventRow]) -> str:
        if self.within == "due":
            return f"{_names(rows)}: no due date; write by when in the column due"
        named = ", ".join(f'"{priority}"' for priority, _ in self.within)
        return f"{_names(rows)}: no time is allowed for this priority; the terms name {named}"

    def _clock(self, resource: str, case: Case) -> Clock:
        still = stands(self.exclude, resource or SERVICE, case) if self.exclude else ()
        if self.calendar is None:
            return Clock(case.period.zone, None, still)
        calendar = named(self.calendar, case)
        return Clock(calendar.zone, calendar, still)

    def _one(self, lane: str, told: Iterable[Told], life: Spans, case: Case) -> Account:
        where = intersect(life, term(case))
        known = [(self._at(each.miss), each) for each in told if each.late or each.miss.finished is not None]
        found = sorted(
            ((at, each) for at, each in known if holds(where, at)), key=lambda of: (of[0], of[1].miss.cause)
        )
        base = tuple(Piece(at, at + 1, each.miss.count, ONE, lane, each.miss.cause) for at, each in found)
        return Account(
            unit="event",
            base=base,
            bad=tuple(p for p, (_, each) in zip(base, found, strict=True) if each.late),
            promised=base,
            lane=lane,
            misses=tuple(replace(each.miss, lane=lane) for _, each in found if each.late),
        )

    def _at(self, miss: Miss) -> Ms:
        """The instant at which an event counts."""
        if self.counted_in == "period of start":
            return miss.start
        return miss.due if miss.finished is None else miss.finished

    def say(self) -> str:
        if self.within == "due":
            time = "by its own date"
        elif len(self.within) == 1 and not self.within[0][0]:
            time = f"within {say_allowed(self.within[0][1])}"
        else:
            time = "within " + ", ".join(_say_one(priority, each) for priority, each in self.within)
        start = "started" if self.counted_in == "period of start" else "ended"
        calendar = f" of calendar {self.calendar}" if self.calendar else ""
        return (
            f"Each event must be done {time}{calendar}, exactly that being in time; "
            f"it counts in the period in which it {start}{say_only(self.only)}."
        )


def stands(rules: Iterable[Exclusion], resource: str, case: Case) -> Spans:
    """When the clock of an event of a resource stands: in valid windows of the excluded classes."""
    return normalise(
        use.span
        for rule in rules
        if rule.announces()
        for use in uses(rule, (w for w in case.evidence.windows if w.what == rule.what), resource, case)
        if use.verdict == "valid"
    )


def rule(terms: MeasureTerms, exclude: tuple[Exclusion, ...] = ()) -> Measure:
    """The measure of evidence "events"; ValueError where no time is allowed."""
    if terms.within is None:
        raise ValueError('what is measured by events needs the time allowed: within = "15m"')
    return InTime(terms.within, terms.counted_in, terms.calendar, terms.only, exclude)


def _told(row: EventRow, deadline: Deadline, clock: Clock, as_of: Ms) -> Told:
    end, due = as_of if row.finished is None else row.finished, deadline.at
    miss = Miss(
        cause=row.id,
        lane=row.resource,
        start=row.started,
        due=due,
        finished=row.finished,
        delay=clock.passed(due, end, business=deadline.business) if due < end else 0,
        allowed=deadline.allowed,
        days=clock.days(due, end),
        count=row.count,
    )
    return Told(miss, due < end)


def _names(rows: Sequence[EventRow]) -> str:
    more = f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""
    return "event " + ", ".join(row.id for row in rows[:5]) + more


def _say_one(priority: str, allowed: Allowed) -> str:
    return f"{say_allowed(allowed)} for {priority}" if priority else f"{say_allowed(allowed)} for every other"


def say_allowed(allowed: Allowed) -> str:
    """`2 business days, end of day`."""
    business = "business " if allowed.business else ""
    if allowed.days:
        plural = "" if allowed.days == 1 else "s"
        at = f" ({allowed.at})" if allowed.at else ""
        return f"{allowed.days} {business}day{plural}{at}"
    length = duration(allowed.ms)
    return f"{length} of business time" if allowed.business else length

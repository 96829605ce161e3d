"""Business time as values: weekly hours, holidays already resolved, and the deadlines counted in them.

A wall-clock time stands for one instant: the first at which the clock of the zone shows it or a later
one. A time that spring skips is therefore the first instant after the hole, one that autumn repeats is its
first pass, and hours are as long as their two instants are apart. Which days are holidays is told, never
looked up; a day of a year that was not told is refused, never guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span, Spans, normalise, subtract, total
from monitor.core.periods import instant, local, midnight
from monitor.records import dataclass

MOST_DAYS = 3_660  # how far a search for working time looks
ONE_DAY = timedelta(days=1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT = tuple(name[:3] for name in WEEKDAYS)
HOW = 'write hours as in "Mon-Fri 09:00-17:00" or "Mon-Thu 08:00-18:00; Fri 08:00-16:00"'

LastMoment = Literal["close of business", "end of day", "same time"]


@dataclass(frozen=True, slots=True)
class Opening:
    """Hours on some weekdays, 0 being Monday: `start` and `end` in wall-clock ms of the day they start on.

    An `end` beyond 24 hours is on the next day.
    """

    weekdays: tuple[int, ...]
    start: Ms
    end: Ms

    def __str__(self) -> str:
        days = _listed(_runs(self.weekdays)) if len(self.weekdays) < 7 else "every day"
        if self.end <= DAY:
            return f"{days} {_clock(self.start)} to {_clock(self.end)}"
        return f"{days} {_clock(self.start)} to {_clock(self.end - DAY)} the next day"


@dataclass(frozen=True, slots=True)
class Hours:
    """The weekly hours of a calendar; as text, a phrase for a sentence."""

    openings: tuple[Opening, ...]

    def __str__(self) -> str:
        return _listed([str(opening) for opening in self.openings])


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose working time counts: its own `hours`, or the time in which any of its `members` works.

    A holiday is a date in `zone` without working time. `known` is the first and the last year whose holidays
    were resolved; None for a calendar that has no holidays in any year. A member counts with its own zone,
    hours and holidays. ValueError for hours beside members, for neither, and for holidays without `known`.
    """

    name: str
    zone: str
    hours: Hours | None
    members: tuple[Calendar, ...] = ()
    holidays: frozenset[date] = frozenset()
    known: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if bool(self.hours and self.hours.openings) == bool(self.members):
            trouble = "both hours and any_of: keep one" if self.members else f"no working time: {HOW}"
            raise ValueError(f'calendar "{self.name}" has {trouble}')
        if self.holidays and self.known is None:
            raise ValueError(f'calendar "{self.name}" has holidays: say for which years they are known')


def parse_hours(text: str) -> Hours:
    """Weekly hours from text such as `Mon-Thu 08:00-18:00; Fri 22:00-06:00`.

    Days are `Mon` to `Sun`, ranges and lists of them, or `daily`. Hours that end at or before their start
    end on the next day. ValueError names everything that cannot be read, and what to write.
    """
    openings: list[Opening] = []
    problems: list[str] = []
    for part in text.split(";"):
        try:
            openings.append(_opening(part.strip()))
        except ValueError as problem:
            problems.append(str(problem))
    if problems:
        raise ValueError(f"{'; '.join(problems)}: {HOW}")
    return Hours(tuple(openings))


def _opening(part: str) -> Opening:
    found = re.fullmatch(r"([A-Za-z,\- ]+?)\s+([0-9:]+)\s*-\s*([0-9:]+)", part)
    if not found:
        raise ValueError(f'"{part:.40}" is not days and hours')
    weekdays = _weekdays(found[1])
    start, end = _time(found[2]), _time(found[3])
    if start == end:
        raise ValueError(f'"{part:.40}" lasts no time (a whole day is 00:00-24:00)')
    if start == DAY:
        raise ValueError(f'"{part:.40}" starts at 24:00, which is 00:00 of the next day')
    return Opening(weekdays, start, end if end > start else end + DAY)


def _weekdays(text: str) -> tuple[int, ...]:
    if text == "daily":
        return tuple(range(7))
    return tuple(sorted({day for item in text.split(",") for day in _weekday_range(item)}))


def _weekday_range(item: str) -> Iterator[int]:
    first, _, last = item.partition("-")
    start, end = _weekday(first), _weekday(last or first)
    return (day % 7 for day in range(start, end + 1 if end >= start else end + 8))


def _weekday(name: str) -> int:
    if name.strip() not in SHORT:
        raise ValueError(f'"{name.strip():.20}" is no day (the days are {", ".join(SHORT)}, or daily)')
    return SHORT.index(name.strip())


def _time(text: str) -> Ms:
    found = re.fullmatch(r"([0-9]{2}):([0-9]{2})", text)
    at = int(found[1]) * HOUR + int(found[2]) * MINUTE if found and int(found[2]) < 60 else None
    if at is None or at > DAY:
        raise ValueError(f'"{text:.20}" is no time of day (00:00 to 24:00)')
    return at


def _clock(at: Ms) -> str:
    return f"{at // HOUR:02d}:{at % HOUR // MINUTE:02d}"


def _runs(weekdays: tuple[int, ...]) -> list[str]:
    runs: list[list[int]] = []
    for day in weekdays:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [name for run in runs for name in _run(run)]


def _run(run: list[int]) -> list[str]:
    names = [WEEKDAYS[day] for day in run]
    return names if len(names) < 3 else [f"{names[0]} to {names[-1]}"]


def _listed(words: list[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


@lru_cache(maxsize=8_192)
def _wall(day: date, at: Ms, zone: str) -> Ms:
    """The first instant at which the clock shows `at` ms past midnight of `day`, or a later time."""
    shown = datetime.combine(day, time(0), ZoneInfo(zone)) + timedelta(milliseconds=at)
    again = shown.replace(fold=1)
    if shown.utcoffset() == again.utcoffset():
        return instant(shown)
    first, second = instant(shown), instant(again)
    if first <= second:
        return first
    skipped = range(second, first)  # the change that skips it lies in here
    naive = shown.replace(tzinfo=None)
    return second + bisect_left(skipped, naive, key=lambda each: local(each, zone).replace(tzinfo=None))


def _time_of_day(at: Ms, zone: str) -> Ms:
    here = local(at, zone)
    return here.hour * HOUR + here.minute * MINUTE + here.second * 1_000 + here.microsecond // 1_000


def same_time(start: Ms, day: date, zone: str) -> Ms:
    """The wall-clock time of an instant, on another local day."""
    return _wall(day, _time_of_day(start, zone), zone)


def _dates(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _whole(day: date, zone: str) -> Span:
    return Span(midnight(day, zone), midnight(day + ONE_DAY, zone))


class HolidaysUnknown(ValueError):
    """A day was asked of a year whose holidays nobody has."""


def _must_know(calendar: Calendar, day: date) -> None:
    if calendar.known and not calendar.known[0] <= day.year <= calendar.known[1]:
        first, last = calendar.known
        raise HolidaysUnknown(
            f'the holidays of calendar "{calendar.name}" are known for {first} to {last} '
            f'and {day} was asked: write holidays = "none" and name the days of {day.year} with add'
        )


def working(calendar: Calendar, span: Span) -> Spans:
    """The working time within a span, in one pass over its days.

    ValueError where the span reaches a local day of a year whose holidays are not known.
    """
    if not span.length:
        return ()
    ends = sorted(local(at, calendar.zone).date() for at in (span.start, span.end - 1))
    for day in ends:
        _must_know(calendar, day)
    holidays = (_whole(day, calendar.zone) for day in _dates(*ends) if day in calendar.holidays)
    return subtract(_open(calendar, span, *ends), normalise(holidays))


def _open(calendar: Calendar, span: Span, first: date, last: date) -> Spans:
    if calendar.hours is None:
        return normalise(each for member in calendar.members for each in working(member, span))
    found = (
        Span(_wall(day, opening.start, calendar.zone), _wall(day, opening.end, calendar.zone)).clip(span)
        for day in _dates(first - ONE_DAY, last)  # hours over midnight started the day before
        for opening in calendar.hours.openings
        if day.weekday() in opening.weekdays
    )
    return normalise(each for each in found if each)


def working_time(calendar: Calendar, start: Ms, end: Ms) -> Ms:
    """Milliseconds of working time from `start` to `end`."""
    return total(working(calendar, Span(start, end)))


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether a local day has working time; a holiday has none."""
    return bool(working(calendar, _whole(day, calendar.zone)))


def after_working_time(calendar: Calendar, start: Ms, ms: Ms) -> Ms:
    """The first instant by which `ms` of working time have passed since `start`.

    Outside working hours the clock waits for the next of them. ValueError for a negative time, for one that
    does not pass within 3,660 days, and on the way to a year whose holidays are not known.
    """
    if ms < 0:
        raise ValueError(f"a business time must not be negative, as {ms} ms is")
    if ms == 0:
        return start
    left = ms
    for span in _working_from(calendar, start):
        if left <= span.length:
            return span.start + left
        left -= span.length
    raise _endless(calendar, local(start, calendar.zone).date(), "so much working time")


def _working_from(calendar: Calendar, start: Ms) -> Iterator[Span]:
    day, at = local(start, calendar.zone).date(), start
    for _ in range(MOST_DAYS):
        day += ONE_DAY
        stretch = Span(at, max(at, midnight(day, calendar.zone)))
        yield from working(calendar, stretch)
        at = stretch.end


def _endless(calendar: Calendar, day: date, what: str) -> ValueError:
    return ValueError(
        f'calendar "{calendar.name}" has not {what} within {MOST_DAYS:,} days of {day}: '
        "check its hours and holidays, and the time asked for"
    )


def business_day_after(calendar: Calendar, day: date, n: int) -> date:
    """The `n`-th business day after a day, which itself is not counted; n is at least 1, or ValueError."""
    return _business_day(calendar, day, n, ONE_DAY)


def _business_day(calendar: Calendar, day: date, n: int, step: timedelta) -> date:
    if n < 1:
        raise ValueError(f"{n} business days cannot be counted: write at least 1 business day")
    reached = day
    for _ in range(MOST_DAYS):
        reached += step
        n -= is_business_day(calendar, reached)
        if not n:
            return reached
    raise _endless(calendar, day, "so many business days")


def after_business_days(calendar: Calendar, start: Ms, n: int, at: LastMoment) -> Ms:
    """The last instant in time when `n` business days are given, counted after the local day of `start`.

    On the last day that is its last millisecond, the end of its last working time (which is in time), or
    the wall-clock time of `start`. ValueError as in `business_day_after`.
    """
    day = business_day_after(calendar, local(start, calendar.zone).date(), n)
    if at == "same time":
        return same_time(start, day, calendar.zone)
    whole = _whole(day, calendar.zone)
    last = whole.end - 1
    return last if at == "end of day" else min(working(calendar, whole)[-1].end, last)


def latest_notice(calendar: Calendar, start: Ms, n: int) -> Ms:
    """The last instant at which an announcement is still `n` business days ahead of `start`.

    It has the wall-clock time of `start`, on the `n`-th business day before its local day; that day itself is
    not counted, be it a business day or not. ValueError as in `business_day_after`.
    """
    day = _business_day(calendar, local(start, calendar.zone).date(), n, -ONE_DAY)
    return same_time(start, day, calendar.zone)

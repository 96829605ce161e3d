"""A calendar's working time laid out once, so that thousands of clocks can be read off it.

`calendars.py` says what working time is; here it is only kept, a local year at a time, with the sum of what
came before. A year is laid out when it is first reached, so that one whose holidays are not known is refused
only where a clock runs into it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

from monitor.core.calendars import MOST_DAYS, Calendar, business_day_after, working
from monitor.core.intervals import Ms, Span, Spans
from monitor.core.periods import local, midnight
from monitor.records import dataclass

ONE_DAY = timedelta(days=1)
MOST_YEARS = MOST_DAYS // 366


@dataclass(frozen=True, slots=True)
class _Year:
    """The working time of one local year, `[first, last)`: where each stretch starts and ends, and what was
    worked before it. `days` are those with any, from when on they are asked for.
    """

    number: int
    first: Ms
    last: Ms
    starts: tuple[Ms, ...]
    ends: tuple[Ms, ...]
    before: tuple[Ms, ...]
    worked: Ms
    days: list[date] = field(default_factory=list, compare=False)

    def until(self, at: Ms) -> Ms:
        """What was worked in this year up to an instant of it."""
        found = bisect_right(self.starts, at) - 1
        if found < 0:
            return 0
        end = self.ends[found]
        return self.before[found] + (at if at < end else end) - self.starts[found]

    def within(self, span: Span) -> Spans:
        """The working time in a span of this year."""
        first, last = bisect_right(self.ends, span.start), bisect_left(self.starts, span.end)
        found = zip(self.starts[first:last], self.ends[first:last], strict=True)
        return tuple([Span(max(start, span.start), min(end, span.end)) for start, end in found])

    def reaches(self, worked: Ms) -> Ms:
        """The first instant by which so much was worked in this year; `worked` is positive and not more."""
        found = bisect_left(self.before, worked) - 1
        return self.starts[found] + worked - self.before[found]


@dataclass(frozen=True, slots=True)
class WorkTime:
    """The working time of a calendar. ValueError as in `calendars.working` where a year is not known."""

    calendar: Calendar
    years: dict[int, _Year] = field(default_factory=dict, compare=False)
    days: dict[tuple[date, int], date] = field(default_factory=dict, compare=False)
    closes: dict[date, Ms] = field(default_factory=dict, compare=False)

    @property
    def zone(self) -> str:
        return self.calendar.zone

    def passed(self, start: Ms, end: Ms) -> Ms:
        """Milliseconds of working time between two instants; 0 where they are not in order."""
        if start >= end:
            return 0
        year = self._of(start)
        if end <= year.last:
            return year.until(end) - year.until(start)
        length = year.worked - year.until(start)
        for later in self._after(year):
            if end <= later.last:
                return length + later.until(end)
            length += later.worked
        raise ValueError("a clock cannot run for so many years")

    def after(self, start: Ms, ms: Ms) -> Ms:
        """The first instant by which `ms` of working time have passed; `start` itself for none.

        ValueError for a time that does not pass within ten years.
        """
        if ms <= 0:
            return start
        year = self._of(start)
        wanted = year.until(start) + ms
        if wanted <= year.worked:
            return year.reaches(wanted)
        wanted -= year.worked
        for later in self._after(year):
            if wanted <= later.worked:
                return later.reaches(wanted)
            wanted -= later.worked
        raise ValueError(
            f'calendar "{self.calendar.name}" has not so much working time within {MOST_YEARS} years: '
            "check its hours and holidays, and the time asked for"
        )

    def open_in(self, span: Span) -> Spans:
        """The working time within a span."""
        for year in self.years.values():
            if year.first <= span.start < span.end <= year.last:
                return year.within(span)
        return working(self.calendar, span)

    def day_after(self, day: date, n: int) -> date:
        """The `n`-th business day after a day, which is not counted."""
        known = self.days.get((day, n))
        if known is None:
            try:
                known = self._day_after(day, n)
            except ValueError:  # a whole year may reach a day of which nothing is known, and these not
                known = business_day_after(self.calendar, day, n)
            self.days[day, n] = known
        return known

    def _day_after(self, day: date, n: int) -> date:
        left = n
        for year in range(day.year, day.year + MOST_YEARS):
            dates = self._dates(year)
            passed = bisect_right(dates, day)
            if 0 < left <= len(dates) - passed:
                return dates[passed + left - 1]
            left -= len(dates) - passed
        return business_day_after(self.calendar, day, n)  # says why there is none

    def _dates(self, year: int) -> Sequence[date]:
        """The business days of a local year, in order."""
        laid = self._year(year)
        if not laid.days:
            found: dict[date, None] = {}
            for start, end in zip(laid.starts, laid.ends, strict=True):
                first, last = local(start, self.zone).date(), local(end - 1, self.zone).date()
                found |= dict.fromkeys(first + ONE_DAY * each for each in range((last - first).days + 1))
            laid.days.extend(found)
        return laid.days

    def close_of(self, day: date) -> Ms:
        """The end of a business day's last working time, and its last ms where that is midnight."""
        known = self.closes.get(day)
        if known is None:
            whole = Span(midnight(day, self.zone), midnight(day + ONE_DAY, self.zone))
            known = self.closes[day] = min(self.open_in(whole)[-1].end, whole.end - 1)
        return known

    def _of(self, at: Ms) -> _Year:
        for year in self.years.values():
            if year.first <= at < year.last:
                return year
        return self._year(local(at, self.zone).year)

    def _after(self, year: _Year) -> Iterator[_Year]:
        return (self._year(year.number + n) for n in range(1, MOST_YEARS + 1))

    def _year(self, year: int) -> _Year:
        known = self.years.get(year)
        if known is None:
            known = self.years[year] = self._laid_out(year)
        return known

    def _laid_out(self, year: int) -> _Year:
        first, last = self.calendar.known or (year, year)
        if not first <= year <= last:
            return _laid_out(self.calendar, year)  # says why it is refused
        near = frozenset(day for day in self.calendar.holidays if abs(day.year - year) <= 1)
        return _laid_out(replace(self.calendar, holidays=near, known=(year, year)), year)


@lru_cache(maxsize=64)
def _laid_out(calendar: Calendar, year: int) -> _Year:
    """The working time of one year, once for calendars that are equal in it."""
    first, last = midnight(date(year, 1, 1), calendar.zone), midnight(date(year + 1, 1, 1), calendar.zone)
    found = working(calendar, Span(first, last))
    before = list(accumulate((span.length for span in found), initial=0))
    starts, ends = tuple([span.start for span in found]), tuple([span.end for span in found])
    return _Year(year, first, last, starts, ends, tuple(before[:-1]), before[-1])


@lru_cache(maxsize=64)
def work_time(calendar: Calendar) -> WorkTime:
    """The working time of a calendar, laid out once for all who count in one that is equal."""
    return WorkTime(calendar)

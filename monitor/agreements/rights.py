"""Rights to terminate: how many periods or events were missed of late. They are reported, never money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from monitor.agreements.counts import reaches_back, untold
from monitor.agreements.history import by_period, of_promise, whole
from monitor.agreements.pipeline import Case, History, Past
from monitor.agreements.spans import months_later
from monitor.agreements.terms import Termination
from monitor.core.intervals import Ms
from monitor.core.periods import local, midnight
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class MayLeave:
    """One right: so many of the last periods missed or below a figure, or so many misses or outages of late.

    Misses and outages are known by their periods: those of an earlier period count where it began within the
    months or days that end with this one.
    """

    terms: Termination

    def __call__(self, case: Case, now: History) -> str:
        """The right's own words where it is reached; `now` are the rows that the period leaves."""
        name = self.terms.promise
        this = whole(of_promise(now, name) if name else now)
        return self.terms.text if self._counted(case, self._before(case), this) >= self.terms.count else ""

    def untold(self, case: Case) -> bool:
        """Whether it looks at earlier periods that the history does not tell."""
        own = replace(case, history=self._before(case))
        if self.terms.of == "figure" and any(past.figure is None for past in self._last(own.history)):
            return True
        if self.terms.of in ("missed", "figure"):
            return untold(own, self.terms.last) > 0
        start = self._start(case)
        told = min((past.span.start for past in own.history if past.span), default=case.period.span.start)
        return told > start and not reaches_back(own)

    def _before(self, case: Case) -> History:
        name = self.terms.promise
        return by_period(of_promise(case.history, name) if name else case.history)

    def _counted(self, case: Case, before: History, now: Past) -> int:
        if self.terms.of in ("missed", "figure"):
            return sum(self._counts(past) for past in (*self._last(before), now))
        start = self._start(case)
        of_late = [past for past in before if past.span and past.span.start >= start]
        return sum(self._events(past) for past in (*of_late, now))

    def _last(self, before: History) -> History:
        """The periods before this one that it looks at."""
        return before[-(self.terms.last - 1) :] if self.terms.last > 1 else ()

    def _start(self, case: Case) -> Ms:
        """The first instant of the months or days that end with the period."""
        last = self.terms.last
        months, days = (last, 0) if self.terms.of == "misses" else (0, last)
        end: date = local(case.period.span.end, case.period.zone).date()
        return midnight(months_later(end, -months) - timedelta(days=days), case.period.zone)

    def _counts(self, past: Past) -> bool:
        if self.terms.of == "missed":
            return past.met is False
        bound = self.terms.bound
        return bound is not None and past.figure is not None and bound.holds(past.figure)

    def _events(self, past: Past) -> int:
        return past.misses if self.terms.of == "misses" else past.outages

    def say(self) -> str:
        return f"The agreement may be terminated after {self.terms.text}."

"""Rights to terminate: how many periods or events were missed of late. They are reported, never money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from monitor.agreements.history import by_period, of_promise, whole
from monitor.agreements.pipeline import Case, History, Past
from monitor.agreements.spans import months_later
from monitor.agreements.terms import Termination
from monitor.core.intervals import Ms
from monitor.core.periods import local, midnight


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
        before = by_period(of_promise(case.history, name) if name else case.history)
        this = whole(of_promise(now, name) if name else now)
        return self.terms.text if self._counted(case, before, this) >= self.terms.count else ""

    def _counted(self, case: Case, before: History, now: Past) -> int:
        last = self.terms.last
        if self.terms.of in ("missed", "figure"):
            return sum(self._counts(past) for past in (*(before[-(last - 1) :] if last > 1 else ()), now))
        start = _start(case, months=last) if self.terms.of == "misses" else _start(case, days=last)
        of_late = [past for past in before if past.span and past.span.start >= start]
        return sum(self._events(past) for past in (*of_late, now))

    def _counts(self, past: Past) -> bool:
        if self.terms.of == "missed":
            return past.met is False
        bound = self.terms.bound
        return bound is not None and past.figure is not None and bound.holds(past.figure)

    def _events(self, past: Past) -> int:
        return past.misses if self.terms.of == "misses" else past.outages

    def say(self) -> str:
        return f"The agreement may be terminated after {self.terms.text}."


def _start(case: Case, *, months: int = 0, days: int = 0) -> Ms:
    """The first instant of the months or days that end with the period."""
    end: date = local(case.period.span.end, case.period.zone).date()
    return midnight(months_later(end, -months) - timedelta(days=days), case.period.zone)

"""Rights to terminate: how many periods or events were missed of late. They are reported, never money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from monitor.agreements.history import by_period
from monitor.agreements.pipeline import Case, Past
from monitor.agreements.spans import months_later
from monitor.agreements.terms import Termination
from monitor.core.periods import local, midnight


@dataclass(frozen=True, slots=True)
class MayLeave:
    """One right: so many of the last periods missed or below a figure, or so many misses in months."""

    terms: Termination

    def __call__(self, case: Case, now: Past, misses: int) -> str:
        """The right's own words where it is reached; `misses` are the events missed in this period."""
        if self._counted(case, now, misses) < self.terms.count:
            return ""
        return self.terms.text

    def _counted(self, case: Case, now: Past, misses: int) -> int:
        terms, before = self.terms, by_period(case.history)
        if terms.of == "misses":
            start = _months_before(case, terms.last)
            return misses + sum(past.misses for past in before if past.span and past.span.start >= start)
        last = (*(before[-(terms.last - 1) :] if terms.last > 1 else ()), now)
        return sum(self._counts(past) for past in last)

    def _counts(self, past: Past) -> bool:
        if self.terms.of == "missed":
            return past.met is False
        bound = self.terms.bound
        return bound is not None and past.figure is not None and bound.holds(past.figure)

    def say(self) -> str:
        return f"The agreement may be terminated after {self.terms.text}."


def _months_before(case: Case, months: int) -> int:
    """The first instant of the months that end with the period."""
    end: date = local(case.period.span.end, case.period.zone).date()
    return midnight(months_later(end, -months), case.period.zone)

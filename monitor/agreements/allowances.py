"""Allowances: how much of a class is excused in a month, a year, …; earliest first, the unused is lost.

Each is used up in order of time; with several, something is excused as far as all of them reach. What a span
that began before the period had used by then is told by the history alone; where the history does not reach
back so far, nothing is assumed to have been used, and a line says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import timedelta
from typing import TypeVar

from monitor.agreements.pipeline import Case, Line, Value
from monitor.agreements.spans import ROLLING, months_later
from monitor.agreements.terms import Allowance
from monitor.agreements.words import duration
from monitor.core.cycles import Cycle, Every, holding
from monitor.core.intervals import Ms, Span
from monitor.core.periods import local, midnight, month_of
from monitor.records import dataclass

T = TypeVar("T")
Item = tuple[Span, tuple[str, Ms], T]
"""A stretch, the window it is of (its name and its start), and what comes with it."""

NEVER: Ms = 10**15
CYCLES: dict[str, Every] = {
    "quarter": "calendar quarter",
    "year": "calendar year",
    "contract year": "contract year",
}


@dataclass(slots=True)
class Allotment:
    """What is left of the allowances of one class, for one account, as they are used up."""

    what: str
    allowances: tuple[Allowance, ...]
    case: Case
    used: dict[tuple[int, Ms], int] = field(default_factory=dict)
    counted: set[tuple[int, Ms, str, Ms]] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)

    def granted(self, items: Iterable[Item[T]]) -> Iterator[tuple[Span, T]]:
        """The items, which are in order of time, as far as the allowances reach."""
        begun = self.case.period.span.start
        for span, window, what in items:
            start = span.start
            while start < span.end:
                spans = [self._holding(each, start, window) for each in self.allowances]
                ends = [s.end for s, each in zip(spans, self.allowances, strict=True) if each.of == "time"]
                end = min([span.end, *ends, *((begun,) if start < begun else ())])
                room = self._take(end - start, spans, window, start)
                if room:
                    yield Span(start, start + room), what
                start = end

    def _holding(self, allowance: Allowance, at: Ms, window: tuple[str, Ms]) -> Span:
        """A window belongs, whole, where it starts; its time where it passes."""
        return holding_span(allowance.per, at if allowance.of == "time" else window[1], self.case)

    def _take(self, ms: Ms, spans: list[Span], window: tuple[str, Ms], at: Ms) -> Ms:
        """How much of `ms` the allowances grant, which is then used."""
        begun = self.case.period.span.start
        counting = [
            (n, span) for n, span in enumerate(spans) if at >= begun or not span.start < begun < span.end
        ]
        room = min([ms, *(self._left(n, span, window) for n, span in counting)])
        if room > 0:
            for n, span in counting:
                self._use(n, span, window, room)
        return max(room, 0)

    def _left(self, n: int, span: Span, window: tuple[str, Ms]) -> Ms:
        if (n, span.start) not in self.used:
            self.used[n, span.start] = self._before(n, span)
        left = self.allowances[n].most - self.used[n, span.start]
        if self.allowances[n].of == "time":
            return left
        return NEVER if left > 0 or (n, span.start, *window) in self.counted else 0

    def _use(self, n: int, span: Span, window: tuple[str, Ms], ms: Ms) -> None:
        if self.allowances[n].of == "time":
            self.used[n, span.start] += ms
        elif (n, span.start, *window) not in self.counted:
            self.counted.add((n, span.start, *window))
            self.used[n, span.start] += 1

    def _before(self, n: int, span: Span) -> int:
        """What the span had used before the period began."""
        begun = self.case.period.span.start
        if not span.start < begun < span.end:
            return 0
        past = [p for p in self.case.history if p.span and span.start <= p.span.start < begun]
        reached = min((p.span.start for p in past if p.span), default=begun)
        if reached > max(span.start, span.start if self.case.first is None else self.case.first):
            self._assume(self.allowances[n], span.start, reached)
        else:
            holes = [p.span for p in past if p.span and p.met is None and p.figure is None and not p.excused]
            if holes:
                self._assume(self.allowances[n], holes[0].start, holes[-1].end)
        return sum(p.excused if self.allowances[n].of == "time" else p.windows for p in past)

    def _assume(self, allowance: Allowance, start: Ms, end: Ms) -> None:
        values: dict[str, Value] = {
            "what": self.what,
            "allowance": said(allowance),
            "start": start,
            "end": end,
        }
        self.lines.append(Line("exclude", "assumed", values))


def holding_span(per: str, at: Ms, case: Case) -> Span:
    """The span of an allowance that an instant is in."""
    zone, period = case.period.zone, case.period.span
    if per == "month":
        return month_of(at, zone).span
    if per == "period":
        return period if at in period else _beside(period, at)
    if per in ROLLING:
        first = months_later(local(period.end, zone).date(), -ROLLING[per])
        rolling = Span(midnight(first, zone), period.end)
        return rolling if at in rolling else _beside(rolling, at)
    if per in ("day", "week"):
        return _days(at, zone, week=per == "week")
    if per == "contract":
        return Span(min(_first(case), at), NEVER)
    anchor = local(_first(case), zone).date()
    return holding(Cycle(CYCLES[per], zone, anchor=anchor), at).span


def _beside(span: Span, at: Ms) -> Span:
    return Span(-NEVER, span.start) if at < span.start else Span(span.end, NEVER)


def _days(at: Ms, zone: str, *, week: bool) -> Span:
    day = local(at, zone).date()
    first = day - timedelta(days=day.weekday()) if week else day
    return Span(midnight(first, zone), midnight(first + timedelta(days=7 if week else 1), zone))


def _first(case: Case) -> Ms:
    """The first instant of the agreement, as far as the case knows it."""
    if case.first is not None:
        return case.first
    return case.in_force[0].start if case.in_force else case.period.span.start


def said(allowance: Allowance, of: str = "") -> str:
    """`4 hours of downtime a calendar month`, `1 window a calendar month`."""
    if allowance.of == "time":
        return f"{duration(allowance.most)}{of} {PER[allowance.per]}"
    return f"{allowance.most} window{'s' if allowance.most != 1 else ''} {PER[allowance.per]}"


PER = {
    "day": "a calendar day",
    "week": "a week",
    "month": "a calendar month",
    "quarter": "a calendar quarter",
    "year": "a calendar year",
    "period": "a period",
    "contract year": "a contract year",
    "contract": "in the whole contract",
    "6 months": "in six months",
    "12 months": "in twelve months",
}

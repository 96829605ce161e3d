"""Caps: at most so much per outage, day, period, year, … Dues stay apart, the earlier ones are served first.

A span wider than the period has the credits of the history in it taken off: those of the whole agreement,
since the history knows no others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from math import floor

from monitor.agreements.base import FEES, Base
from monitor.agreements.counts import begun, each_outage, incident
from monitor.agreements.pipeline import Case, Due, FeeLine, Line, Priced, Reading, Value
from monitor.agreements.spans import LONGEST, earlier, inside, short_of, span_of
from monitor.agreements.terms import Cap
from monitor.agreements.words import duration, named_span, share
from monitor.core.intervals import Ms
from monitor.core.periods import local, midnight
from monitor.records import dataclass

NOTHING = Fraction(0)
TEXT_OF_DEFAULT = ("base", "period")


@dataclass(frozen=True, slots=True)
class AtMost:
    """One cap on money, or on units of one name, in each of its spans."""

    cap: Cap
    base: Base

    def __call__(self, priced: Priced, case: Case) -> Priced:
        if not any(self._limits(due) for due in priced.dues):
            return priced
        most = self._most(priced, case)
        left: dict[Hashable, Fraction] = {}
        dues = []
        for due in priced.dues:
            if self._limits(due):
                key = _group(self.cap.per, due, case)
                rest = left.setdefault(key, max(NOTHING, most * self._alike(due) - self._spent(due, case)))
                left[key] = rest - min(rest, due.amount)
                due = due if due.amount <= rest else replace(due, amount=rest)
            dues.append(due)
        return self._done(priced, tuple(dues), most, left, case)

    def _done(
        self,
        priced: Priced,
        dues: tuple[Due, ...],
        most: Fraction,
        left: dict[Hashable, Fraction],
        case: Case,
    ) -> Priced:
        reached = "no" if all(left.values()) else "yes"
        values: dict[str, Value] = {"reached": reached}
        if self._is_money:
            values |= {"amount": most, "currency": case.fees.currency}
        if (self.cap.of, self.cap.per) == TEXT_OF_DEFAULT:
            line = Line("limits", "cap", {"share": self.cap.amount, **values})
        else:
            line = Line("limits", "at_most", {"limit": self.cap.text, **values})
        return replace(
            priced,
            dues=dues,
            lines=(*priced.lines, line, *_assumed(self.cap, case)),
            limited_by=priced.limited_by if dues == priced.dues else self.cap.text,
        )

    def _limits(self, due: Due) -> bool:
        if self._is_money:
            return due.kind == "money"
        return due.of == self.cap.of or due.kind == self.cap.of

    @property
    def _is_money(self) -> bool:
        of = self.cap.of
        return of in ("base", "days of fees", "months of fees", *FEES) or (len(of) == 3 and of.isupper())

    def _most(self, priced: Priced, case: Case) -> Fraction:
        cap = self.cap
        match cap.of:
            case "base":
                return self.base.fee(case).amount * cap.amount
            case "days of fees":
                return self.base.time(cap.amount, None, priced.readings, case).amount
            case "months of fees":
                return self.base.month(case).amount * cap.amount
            case of if of in FEES:
                return sum((line.money.amount for line in _lines(of, case)), NOTHING) * cap.amount
            case _:
                return cap.amount

    def _alike(self, due: Due) -> int:
        return due.alike if self.cap.per == "outage" else 1

    def _spent(self, due: Due, case: Case) -> Fraction:
        if not self._is_money:
            return NOTHING
        return sum((past.credit or NOTHING for past in earlier(self.cap.per, case)), NOTHING)

    def say(self) -> str:
        cap = self.cap
        if cap.of == "base" and cap.per in ("period", "outage"):
            fee = (
                f"the {named_span(self.base.every)}'s fee"
                if self.base.of_all
                else "the fee it is reckoned on"
            )
            each = " for each outage" if cap.per == "outage" else ""
            return f"The credit never exceeds {share(cap.amount)} of {fee}{each}."
        return f"The credit never exceeds {cap.text}."


@dataclass(frozen=True, slots=True)
class CreditsAtMost:
    """`"1 credit per day"`: of the outages of a span only the first are credited."""

    cap: Cap

    def __call__(self, priced: Priced, case: Case) -> Priced:
        taken: dict[Hashable, dict[tuple[str, str, str], int]] = {}
        before = sum(1 for past in earlier(self.cap.per, case) if past.credit)
        kept = {id(due): self._cut(due, taken, before, case) for due in _in_time(priced.dues)}
        dues = tuple(due for each in priced.dues if (due := kept[id(each)]) is not None)
        if dues == priced.dues:
            return priced
        line = Line("limits", "at_most", {"limit": self.cap.text, "reached": "yes"})
        lines = (*priced.lines, line, *_assumed(self.cap, case))
        return replace(priced, dues=dues, lines=lines, limited_by=self.cap.text)

    def _cut(
        self, due: Due, taken: dict[Hashable, dict[tuple[str, str, str], int]], before: int, case: Case
    ) -> Due | None:
        """The due, for as many of its events alike as there are credits left; None where there are none."""
        if not due.amount:
            return due
        credited, own = taken.setdefault(_group(self.cap.per, due, case), {}), incident(due)
        if own not in credited:
            most = floor(self.cap.amount) * (due.alike if self.cap.per == "outage" else 1)
            left = most - before - sum(credited.values())
            credited[own] = max(0, min(due.alike, left))
        many = min(credited[own], due.alike)
        if many == due.alike:
            return due
        part = Fraction(many, due.alike)
        return replace(due, amount=due.amount * part, count=due.count * part, alike=many) if many else None

    def say(self) -> str:
        return f"No more than {self.cap.text} {'is' if self.cap.amount == 1 else 'are'} given."


@dataclass(frozen=True, slots=True)
class TimeAtMost:
    """`"240h per period"`: so much time is credited, whatever an hour costs. It comes before the base."""

    cap: Cap

    def __call__(self, priced: Priced, case: Case) -> Priced:
        left: dict[Hashable, Fraction] = {}
        dues = tuple(self._cut(due, left, case) for due in priced.dues)
        if dues == priced.dues:
            return priced
        line = Line("limits", "at_most", {"limit": self.cap.text, "reached": "yes"})
        return replace(priced, dues=dues, lines=(*priced.lines, line), limited_by=self.cap.text)

    def _cut(self, due: Due, left: dict[Hashable, Fraction], case: Case) -> Due:
        credited = due.amount if due.kind == "time" else due.count * due.size
        if not credited:
            return due
        key = _group(self.cap.per, due, case)
        rest = left.setdefault(key, self.cap.amount)
        left[key] = rest - min(rest, credited)
        if credited <= rest:
            return due
        part = rest / credited
        return replace(due, amount=due.amount * part, count=due.count * part)

    def say(self) -> str:
        return f"At most {duration(int(self.cap.amount))} are credited per {self.cap.per}."


@dataclass(frozen=True, slots=True)
class ByOutage:
    """Time that is paid pro rata over a period is laid to its outages, so that a cap on each can be asked.

    Time that is free was that of the earliest. It comes before the base. `by_day` cuts outages at midnight,
    so that each day, week or month is asked for its own part.
    """

    by_day: bool = False

    def __call__(self, priced: Priced, case: Case) -> Priced:
        by_lane = {reading.lane: reading for reading in priced.readings}
        zone = case.period.zone if self.by_day else None
        dues = (one for due in priced.dues for one in _laid(due, by_lane.get(due.lane), zone))
        return replace(priced, dues=tuple(dues))

    def say(self) -> str:
        return ""


def _laid(due: Due, reading: Reading | None, zone: str | None) -> Iterator[Due]:
    if due.kind != "time" or due.outage or due.count or reading is None or not reading.outages:
        yield due
        return
    outages = each_outage(reading)
    free = reading.down - due.amount / due.factor
    if sum(outage.down for outage in outages) != reading.down or free < 0:
        yield due
        return
    for outage in outages:
        cause, _, whose = begun(outage)
        for at, down in _parts(outage, zone):
            paid = max(NOTHING, down - free)
            free = max(NOTHING, free - down)
            if paid:
                yield replace(due, amount=paid * due.factor, outage=cause, at=at, resource=whose)


def _parts(outage: Reading, zone: str | None) -> Iterator[tuple[Ms, Fraction]]:
    """When each part of an outage began and how much time it is: one for each local day, or all in one."""
    if zone is None:
        yield outage.outages[0].start, outage.down
        return
    for piece in outage.outages:
        start = piece.start
        while start < piece.end:
            end = min(piece.end, midnight(local(start, zone).date() + timedelta(days=1), zone))
            yield start, (end - start) * piece.rate
            start = end


@dataclass(frozen=True, slots=True)
class NoCap:
    """Nothing limits the credit; of one promise of several nothing but what limits the whole."""

    alone: bool = True

    def __call__(self, priced: Priced, case: Case) -> Priced:
        return priced

    def say(self) -> str:
        return "Nothing limits the credit." if self.alone else ""


def width(cap: Cap, every: str) -> tuple[int, int]:
    """Sorts caps from the narrowest span to the widest, for periods of the kind `every`."""
    period = next((days for word, days in _EVERY if word in every), 31)
    days = period if cap.per == "period" else LONGEST[cap.per]
    return days, list(LONGEST).index(cap.per)


def is_inside(cap: Cap, every: str) -> bool:
    """Whether a period of the kind `every` is cut into several of the cap's spans."""
    days, _ = width(Cap(cap.amount, cap.of, "period", cap.text), every)
    return cap.per != "period" and LONGEST[cap.per] < days


_EVERY = (("quarter", 92), ("year", 366), ("365", 366))


def _group(per: str, due: Due, case: Case) -> Hashable:
    """What of the dues is limited together."""
    if per == "outage":
        return incident(due)
    return span_of(per, due.at, case) if inside(per, case) else ()


def _in_time(dues: Iterable[Due]) -> list[Due]:
    return sorted(dues, key=lambda due: (due.at is None, due.at or 0))


def _lines(of: str, case: Case) -> Iterable[FeeLine]:
    return case.fees[of]


def _assumed(cap: Cap, case: Case) -> tuple[Line, ...]:
    """Says where the history does not reach far enough back, and where it leaves out what was credited."""
    untold = [past.period for past in earlier(cap.per, case) if past.credit is None and past.met is not True]
    what = ["before the history"] if short_of(cap.per, case) else []
    what += [f"in {', '.join(untold)}"] if untold else []
    if not what:
        return ()
    return (
        Line("limits", "assumed", {"limit": cap.text, "what": f"nothing was credited {' and '.join(what)}"}),
    )

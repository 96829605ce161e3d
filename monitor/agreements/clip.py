"""Period: what lies in it, in force, and not after `as_of`; in which hours; and what is divided by.

An outage is split at an edge by instant; what is counted and not timed belongs where it starts.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from monitor.agreements.account import EachAlone, confined, size, term
from monitor.agreements.pipeline import Account, Accounts, Case, Step
from monitor.agreements.terms import Terms
from monitor.agreements.words import duration
from monitor.core.calendars import Calendar, working
from monitor.core.intervals import Ms, Span, Spans, intersect, total
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Clip(EachAlone):
    """Cuts every part of the account; windows that do not reach into the period so far are dropped.

    `timed` is False for what has no length that an edge could split, of which there is nothing to say.
    """

    timed: bool = True

    def one(self, account: Account, case: Case) -> Account:
        start, end = case.period.span.start, min(case.period.span.end, case.as_of)
        windows = tuple(use for use in account.windows if use.span.start < end and start < use.span.end)
        return confined(account, term(case), windows)

    def say(self) -> str:
        if not self.timed:
            return ""
        return (
            "Each period stands for itself: an outage that crosses its edge is split there, "
            "and time outside the agreement's dates is not promised."
        )


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """Only the working time of a calendar exists: all else is neither promised, nor bad, nor unseen."""

    calendar: str

    def __call__(self, accounts: Accounts, case: Case) -> Accounts:
        where = hours(self.calendar, case)
        return tuple(confined(account, where) for account in accounts)

    def say(self) -> str:
        return f"Only the service hours of calendar {self.calendar} count; other time does not exist for it."


def hours(calendar: str | None, case: Case) -> Spans:
    """The part of the period so far that would be promised, were the agreement in force throughout."""
    start, end = case.period.span.start, min(case.period.span.end, case.as_of)
    if start >= end:
        return ()
    return (Span(start, end),) if calendar is None else working(named(calendar, case), Span(start, end))


def named(calendar: str, case: Case) -> Calendar:
    """A calendar of the case; ValueError where it was not resolved."""
    found = case.calendars.get(calendar)
    if found is None:
        raise ValueError(f'the case has no calendar "{calendar}": resolve it before it is evaluated')
    return found


@dataclass(frozen=True, slots=True)
class TakenAs(EachAlone):
    """The period counts as so many ms, whatever its real length; what is in neither side is off this too.

    `unit` is what one of the account's unit stands for in ms: 1, or the length of a slot.
    """

    ms: Ms
    unit: Ms = 1

    def one(self, account: Account, case: Case) -> Account:
        return replace(account, fixed=Fraction(self.ms, self.unit) - _gone(account))

    def say(self) -> str:
        return f"Every period is taken as {duration(self.ms)}, whatever its length; less than 0 % is 0 %."


@dataclass(frozen=True, slots=True)
class RestAvailable(EachAlone):
    """A period cut short counts whole: the time before and after the service existed was up."""

    unit: Ms = 1
    calendar: str | None = None

    def one(self, account: Account, case: Case) -> Account:
        whole = Fraction(total(hours(self.calendar, case)), self.unit)
        return replace(account, fixed=whole - _gone(account))

    def say(self) -> str:
        return "A first or last period that is cut short counts whole: the rest of it is taken as available."


def _gone(account: Account) -> int:
    """What a step took off both sides."""
    return size(account.promised) - size(account.base)


def lived(account: Account, calendar: str | None, case: Case) -> tuple[Ms, Ms]:
    """How much of the period so far was promised, in ms, and how much there is of it, by resource."""
    whole = hours(calendar, case)
    if account.unit == "ms":
        return size(account.promised), total(whole) * len({piece.lane for piece in account.promised})
    return total(intersect(whole, case.in_force)), total(whole)


def ahead(account: Account, calendar: str | None, case: Case, *, beyond: bool = False) -> Ms:
    """How much of the period lies after `as_of`, in ms, by resource as `lived` counts it.

    `beyond` says that the agreement need not be in force then.
    """
    start, end = max(case.as_of, case.period.span.start), case.period.span.end
    if start >= end:
        return 0
    rest = (Span(start, end),) if calendar is None else working(named(calendar, case), Span(start, end))
    rest = rest if beyond else intersect(rest, case.in_force)
    lanes = {piece.lane for piece in account.promised} if account.unit in ("ms", "slot") else set()
    lives = (case.evidence.life.get(lane, rest) for lane in lanes or {account.lane})
    return sum(total(intersect(life, rest)) for life in lives)


def clip(terms: Terms) -> tuple[Step, ...]:
    """The steps that cut to the period and its hours."""
    calendar = terms.period.service_hours
    cut = Clip(timed=terms.measure.evidence in ("outages", "slots"))
    return (cut,) if calendar is None else (cut, ServiceHours(calendar))


def denominator(terms: Terms) -> tuple[Step, ...]:
    """The step that sets what is divided by, where it is not the time that was promised."""
    period, unit = terms.period, _unit(terms)
    if period.taken_as is not None:
        return (TakenAs(period.taken_as, unit),)
    if period.partial == "rest available" and terms.measure.evidence in ("outages", "slots"):
        return (RestAvailable(unit, period.service_hours),)
    return ()


def _unit(terms: Terms) -> Ms:
    slot = terms.measure.slot
    return slot if isinstance(slot, int) else 1

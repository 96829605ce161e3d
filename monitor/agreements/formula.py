"""Formula: one minus bad over base, exact; below zero is zero. Coverage is asked before the figure.

What a contract does to the figure after that stands around it, from the inside out: the mean of the months,
what the scope makes of several resources, the mean with earlier periods, and the rounding, which comes last
and before anything is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from monitor.agreements.account import confined, down, length, size, term, weight
from monitor.agreements.clip import ahead, denominator, lived
from monitor.agreements.pipeline import CLOCKED, Account, Accounts, Case, Formula, Line, Reading, Step
from monitor.agreements.terms import MeasureTerms, Terms
from monitor.agreements.words import share
from monitor.core.cycles import months_of
from monitor.core.money import Rounding, round_fraction
from monitor.core.periods import Period
from monitor.records import dataclass

NOTHING = Fraction(0)
TIMES = "Availability is one minus the downtime that counts divided by the time"


@dataclass(frozen=True, slots=True)
class Availability:
    """The availability, and whether enough was seen to compute an amount from it.

    Coverage is seen ÷ promised time, before exclusions; exactly the floor is enough. Where the agreement was
    in force, nothing seen and nothing left to divide by, no floor makes a figure: not even where there is no
    promised time, because the service was not watched yet. What is counted and not timed needs none to be
    seen: no request and no event is none that failed.

    `extrapolated` scales the downtime of a service that existed for a part of the period to all of it; the
    figure stays. `calendar` names the service hours, `exact` is False where the figure is rounded later. `of`
    says in words what is divided by what, and `timed` whether it is time that somebody must have watched.
    `means` is True where slots count by their own ratios, be they all or nothing: a mean is a share of time.
    `real` is False where every period counts as equally long, and `beyond` True where one counts whole though
    the agreement is in force in a part of it.
    """

    floor: Fraction = Fraction(95, 100)
    extrapolated: bool = False
    calendar: str | None = None
    exact: bool = True
    of: str = TIMES
    timed: bool = True
    means: bool = False
    real: bool = True
    beyond: bool = False

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        return tuple(self._one(account, case) for account in accounts)

    def _one(self, account: Account, case: Case) -> Reading:
        bad = weight(account.bad)
        base = size(account.base)
        of = base if account.fixed is None or not base else max(account.fixed, NOTHING)
        coverage, blind = _coverage(account, base, case)
        value = max(NOTHING, 1 - bad / of) if of else None
        lost, time = self._times(account, value, bad, case)
        return Reading(
            lane=account.lane,
            value=value,
            bad=bad,
            base=int(of),
            outages=account.bad,
            coverage=coverage,
            determinable=coverage >= self.floor and not blind,
            down=lost,
            time=time,
            ahead=Fraction(ahead(account, self.calendar, case, beyond=self.beyond) if self.real else 0),
            misses=account.misses,
        )

    def _times(
        self, account: Account, value: Fraction | None, bad: Fraction, case: Case
    ) -> tuple[Fraction, Fraction]:
        """The downtime as it counts, and the time of the period as the formula has it, in ms."""
        if account.unit == "ms":
            lost, time = bad, Fraction(size(account.base)) if account.fixed is None else account.fixed
        else:
            lost, time = _counted(account, value, self.calendar, case, means=self.means)
        if self.extrapolated:
            some, whole = lived(account, self.calendar, case)
            scale = Fraction(whole, some) if some else Fraction(1)
            return lost * scale, time * scale
        return lost, time

    def say(self) -> str:
        exact = ", exact and not rounded" if self.exact else ""
        scaled = (
            "; a first or last period that is cut short is taken to go on as it was"
            if self.extrapolated
            else ""
        )
        least = f"at least {share(self.floor)} of the promised time was seen"
        seen = f"; no amount is computed unless {least}" if self.timed else ""
        return f"{self.of}{exact}{scaled}{seen}."


def _coverage(account: Account, base: int, case: Case) -> tuple[Fraction, bool]:
    """Seen ÷ promised, and whether nothing was seen at all of what was in force."""
    promised = size(account.promised)
    if account.unit != "ms" and not account.unknown:
        return Fraction(1), False
    seen = promised - (weight(account.unknown) if account.unknown else 0)
    in_force = bool(term(case))
    coverage = Fraction(seen, promised) if promised else Fraction(not in_force)
    return coverage, in_force and not seen and not base


def _counted(
    account: Account, value: Fraction | None, calendar: str | None, case: Case, *, means: bool
) -> tuple[Fraction, Fraction]:
    """Of what is counted and not timed: bad slots are their own time, a share is so much of all time."""
    whole = Fraction(lived(account, calendar, case)[0])
    if account.unit in CLOCKED or value is None:
        return NOTHING, whole
    if account.unit == "slot" and not means:
        return down(account.bad), _slot_time(account, whole)
    return (1 - value) * whole, whole


def _slot_time(account: Account, whole: Fraction) -> Fraction:
    """The time of the slots that are in the base; a fixed number of slots is so many of their length."""
    time, count = length(account.base), len(account.base)
    if account.fixed is None or not count:
        return Fraction(time)
    return account.fixed * Fraction(time, count)


@dataclass(frozen=True, slots=True)
class MeanOfMonths:
    """The figure is the plain mean of the figures of the period's calendar months; times are their sums.

    `denominator` sets what a month is divided by, where it is not the time that was promised in it.
    """

    inner: Formula
    denominator: tuple[Step, ...] = ()

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        whole = self.inner(accounts, case)
        months = [self._month(accounts, month, case) for month in months_of(case.period)]
        by_lane = zip(*months, strict=True)
        return tuple(
            replace(reading, value=_mean([each.value for each in own if each.value is not None]))
            for reading, own in zip(whole, by_lane, strict=True)
        )

    def _month(self, accounts: Accounts, month: Period, case: Case) -> tuple[Reading, ...]:
        cut: Accounts = tuple(replace(confined(account, (month.span,)), fixed=None) for account in accounts)
        of_month = replace(case, period=month)
        for step in self.denominator:
            cut = step(cut, of_month)
        return self.inner(cut, of_month)

    def say(self) -> str:
        return f"{self.inner.say()} The figure of a period is the mean of the figures of its months."


def _mean(values: list[Fraction]) -> Fraction | None:
    return sum(values, NOTHING) / len(values) if values else None


@dataclass(frozen=True, slots=True)
class MeanOfLast:
    """The figure is the mean of this period's and those of the periods before it, `periods` in all."""

    inner: Formula
    periods: int

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        past = case.history[-(self.periods - 1) :] if self.periods > 1 else ()
        known = [each.figure for each in past if each.figure is not None]
        return tuple(self._one(reading, known) for reading in self.inner(accounts, case))

    def _one(self, reading: Reading, known: list[Fraction]) -> Reading:
        if reading.value is None:
            return reading
        lines = reading.lines
        missing = self.periods - 1 - len(known)
        if missing > 0:
            lines = (*lines, Line("formula", "assumed", {"periods": self.periods, "missing": missing}))
        return replace(reading, value=_mean([*known, reading.value]), alone=reading.value, lines=lines)

    def say(self) -> str:
        return f"{self.inner.say()} The figure is the mean of the last {self.periods} periods, this one too."


@dataclass(frozen=True, slots=True)
class Rounded:
    """The figure is rounded before it is compared: a share to decimals of its percentage."""

    inner: Formula
    decimals: int
    rounding: Rounding
    percent: bool = True

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        return tuple(self._one(reading) for reading in self.inner(accounts, case))

    def _one(self, reading: Reading) -> Reading:
        if reading.value is None:
            return reading
        scale = 10 ** (self.decimals + (2 if self.percent else 0))
        return replace(reading, rounded=Fraction(round_fraction(reading.value * scale, self.rounding), scale))

    def say(self) -> str:
        of = " of its percentage" if self.percent else ""
        places = "1 decimal" if self.decimals == 1 else f"{self.decimals} decimals"
        return (
            f"{self.inner.say()} The figure is rounded to {places}{of}, {self.rounding}, before it is "
            "compared with anything."
        )


def layers(formula: Formula) -> Iterator[Formula]:
    """A formula and those it stands around, from the outside in."""
    inner: Formula | None = formula
    while inner is not None:
        yield inner
        inner = getattr(inner, "inner", None)


def floor(formula: Formula) -> Fraction | None:
    """The share of the promised time that must have been seen; None where the formula asks for none."""
    return next((each.floor for each in layers(formula) if isinstance(each, Availability)), None)


def _divided(measure: MeasureTerms) -> str:
    """What is divided by what, in words."""
    if measure.evidence == "tickets":
        return "The figure is the part of the tickets that were in time"
    if measure.evidence == "events":
        return "The figure is the part of the events that were done in time"
    if measure.as_ == "bad slots":
        return "The figure is one minus the bad slots that count divided by all slots"
    if measure.as_ == "total":
        return "The figure is one minus the failed requests divided by all requests"
    if measure.evidence == "slots":
        return "The figure is one minus that mean"
    return TIMES


def rule(
    terms: Terms, metric: Formula | None = None, across: Callable[[Formula], Formula] = lambda inner: inner
) -> Formula:
    """The formula of a promise. `metric` stands in for the availability; `across` is the scope's part."""
    rounds = terms.formula.decimals is not None
    availability = Availability(
        terms.measure.coverage,
        terms.period.partial == "extrapolated",
        terms.period.service_hours,
        exact=not rounds,
        of=_divided(terms.measure),
        timed=terms.measure.evidence not in ("events", "tickets") and terms.measure.as_ != "total",
        means=terms.measure.as_ == "mean",
        real=terms.period.taken_as is None,
        beyond=terms.period.partial != "existed only",
    )
    formula: Formula = metric or availability
    if terms.period.mean_of_months:
        formula = MeanOfMonths(formula, denominator(terms))
    formula = across(formula)
    if terms.formula.mean_of_last is not None:
        formula = MeanOfLast(formula, terms.formula.mean_of_last)
    if terms.formula.decimals is not None:
        rounding = terms.formula.rounding or "half-up"
        formula = Rounded(formula, terms.formula.decimals, rounding, percent=metric is None)
    return formula

"""`evaluate`: the one entry. The case goes through the clause's stages in order; the words come later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from monitor.agreements.account import remeasured
from monitor.agreements.exclude import ScheduledMaintenance
from monitor.agreements.limits import fee
from monitor.agreements.pipeline import Account, Case, Due, Priced, Reading, Settlement, Step
from monitor.agreements.workings import workings
from monitor.core.money import Amount, minor_digits


def evaluate(case: Case) -> Settlement:
    """What the period comes to, up to `case.as_of`.

    `credit` is None where it is not determinable. NoRow where a figure that needs a price has none;
    ValueError for a case that is not about one resource, has no fee, or whose limits do not round.
    """
    measured = case.clause.measure(case)
    account = through(case.clause.steps, measured, case)
    if account.windows:
        account = replace(account, windows=remeasured(account))
    reading = read(account, case)
    dues = due(reading, case)
    priced = limited(dues, case)
    return Settlement(
        reading=reading,
        gross=_gross(case, measured, account, reading),
        account=account,
        credit=_credit(reading, priced, case),
        base=fee(case),
        lines=workings(case, account, reading, dues, priced),
    )


def credit(reading: Reading, case: Case) -> Amount | None:
    """The credit alone, by the same stages: what `evaluate` would say, without its workings."""
    return _credit(reading, limited(due(reading, case), case), case)


def read(account: Account, case: Case) -> Reading:
    """The figure of the account, past the gate."""
    (reading,) = case.clause.formula(account, case)
    return case.clause.gate(reading, case)


def due(reading: Reading, case: Case) -> tuple[Due, ...]:
    """What the schedule makes of it; nothing where it is not determinable."""
    return case.clause.schedule(reading, case) if reading.determinable else ()


def limited(dues: tuple[Due, ...], case: Case) -> Priced:
    """Base, caps and rounding."""
    priced = Priced(dues)
    for limit in case.clause.limits:
        priced = limit(priced, case)
    return priced


def through(steps: Iterable[Step], account: Account, case: Case) -> Account:
    """The account after the steps, in their order."""
    for step in steps:
        account = step(account, case)
    return account


def _gross(case: Case, measured: Account, account: Account, reading: Reading) -> Reading:
    """The figure without any exclusion: the same steps but that one. Where it took nothing, the same."""
    if not account.excused and not account.set_aside:
        return reading
    steps = (step for step in case.clause.steps if not isinstance(step, ScheduledMaintenance))
    return read(through(steps, measured, case), case)


def _credit(reading: Reading, priced: Priced, case: Case) -> Amount | None:
    if not reading.determinable:
        return None
    currency = fee(case).currency
    scaled = sum((d.amount for d in priced.dues), Fraction(0)) * 10 ** minor_digits(currency)
    if scaled.denominator != 1 or any(d.kind != "money" or d.of != currency for d in priced.dues):
        raise ValueError(f"the limits of this clause do not end in whole minor units of {currency}")
    return Amount(scaled.numerator, currency)

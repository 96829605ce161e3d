"""`evaluate`: the one entry. The case goes through its contract's promises, and each through its stages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from monitor.agreements.account import remeasured
from monitor.agreements.exclude import ScheduledMaintenance
from monitor.agreements.limits import fee
from monitor.agreements.pipeline import (
    Account,
    Accounts,
    Case,
    Clause,
    Due,
    Limit,
    Named,
    Priced,
    Reading,
    Settlement,
    Step,
)
from monitor.agreements.workings import workings
from monitor.core.money import Amount, minor_digits


def evaluate(case: Case) -> Settlement:
    """What the period comes to, up to `case.as_of`.

    `credit` is None where it is not determinable. NoRow where a figure that needs a price has none;
    ValueError for a case whose limits do not round.
    """
    contract = case.contract
    promises = tuple(settle(name, clause, case) for name, clause in contract.promises)
    priced = limited(contract.limits, contract.combine(promises, case), case)
    return Settlement(
        promises=promises,
        credit=amount(promises, priced, case),
        priced=priced,
        lines=workings(case, promises, priced),
    )


def settle(name: str, clause: Clause, case: Case) -> Named:
    """One promise, up to and with its own limits."""
    case = seen_by(name, case)
    measured = clause.measure(case)
    accounts = tuple(_told(account) for account in through(clause.steps, measured, case))
    readings = read(clause, accounts, case)
    dues = due(clause, readings, case)
    return Named(
        name=name,
        clause=clause,
        readings=readings,
        gross=_gross(clause, case, measured, accounts, readings),
        accounts=accounts,
        dues=dues,
        priced=limited(clause.limits, Priced(dues, readings=readings), case),
        base=fee(case),
    )


def seen_by(name: str, case: Case) -> Case:
    """The case as a promise sees it: with the evidence that is its own, where it reads another file."""
    apart = case.apart.get(name)
    return case if apart is None else replace(case, evidence=apart)


def credit(case: Case, named: tuple[Named, ...]) -> Amount | None:
    """The credit alone, of promises that are settled."""
    priced = limited(case.contract.limits, case.contract.combine(named, case), case)
    return amount(named, priced, case)


def read(clause: Clause, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
    """The figures of the accounts, past the gate."""
    return tuple(clause.gate(reading, case) for reading in clause.formula(accounts, case))


def due(clause: Clause, readings: Iterable[Reading], case: Case) -> tuple[Due, ...]:
    """What the schedule makes of them; nothing where a figure is not determinable."""
    return tuple(
        owed for reading in readings if reading.determinable for owed in clause.schedule(reading, case)
    )


def limited(limits: Iterable[Limit], priced: Priced, case: Case) -> Priced:
    """Base, caps and rounding."""
    for limit in limits:
        priced = limit(priced, case)
    return priced


def through(steps: Iterable[Step], accounts: Accounts, case: Case) -> Accounts:
    """The accounts after the steps, in their order."""
    for step in steps:
        accounts = step(accounts, case)
    return accounts


def amount(named: Iterable[Named], priced: Priced, case: Case) -> Amount | None:
    """What the limits left, in whole minor units; None where a figure is not determinable."""
    if not all(reading.determinable for each in named for reading in each.readings):
        return None
    currency = case.fees.currency
    money = [each for each in priced.dues if each.kind in ("money", "share", "time", "months", "points")]
    scaled = sum((each.amount for each in money), Fraction(0)) * 10 ** minor_digits(currency)
    if scaled.denominator != 1 or any(each.kind != "money" or each.of != currency for each in money):
        raise ValueError(f"the limits of this contract do not end in whole minor units of {currency}")
    return Amount(scaled.numerator, currency)


def _told(account: Account) -> Account:
    return replace(account, windows=remeasured(account)) if account.windows else account


def _gross(
    clause: Clause, case: Case, measured: Accounts, accounts: Accounts, readings: tuple[Reading, ...]
) -> tuple[Reading, ...]:
    """The figures without any exclusion: the same steps but that one. Where it took nothing, the same."""
    if not any(account.excused or account.set_aside for account in accounts):
        return readings
    steps = (step for step in clause.steps if not isinstance(step, ScheduledMaintenance))
    return read(clause, through(steps, measured, case), case)

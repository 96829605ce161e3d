"""`evaluate`: the one entry. The case goes through its contract's promises, and each through its stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial

from monitor.agreements import history
from monitor.agreements.account import remeasured
from monitor.agreements.base import Base, fee
from monitor.agreements.exclude import Exclusions
from monitor.agreements.pipeline import (
    Account,
    Accounts,
    Case,
    Clause,
    Due,
    History,
    Limit,
    Line,
    Named,
    Priced,
    Reading,
    Settlement,
    Step,
)
from monitor.agreements.rounding import sum_of
from monitor.agreements.rows import owes
from monitor.agreements.schedule import Manual
from monitor.agreements.workings import workings
from monitor.core.money import Amount, Money, minor_digits
from monitor.errors import NoRow

Tell = Callable[[Settlement], tuple[Line, ...]]

TOO_LITTLE = "too little of the time was measured"
BY_HAND = "a person enters the credit"
NONE_KNOWN: Mapping[str, Named] = {}


def evaluate(case: Case, known: Mapping[str, Named] = NONE_KNOWN) -> Settlement:
    """What the period comes to, up to `case.as_of`; `known` are promises as `settle` has them of this case.

    `credit` is None where it is not determinable, or a person must enter it. NoRow where a figure that needs
    a price has none; ValueError for a case whose limits do not round.
    """
    promises, priced = combined(case, known)
    return settlement(case, promises, priced, partial(workings, case))


def combined(case: Case, known: Mapping[str, Named] = NONE_KNOWN) -> tuple[tuple[Named, ...], Priced]:
    """The promises, and what they come to together within the limits of the whole."""
    contract = case.contract
    promises = tuple(known.get(name) or settle(name, clause, case) for name, clause in contract.promises)
    return promises, limited(contract.limits, contract.combine(promises, case), case)


def settlement(case: Case, promises: tuple[Named, ...], priced: Priced, tell: Tell) -> Settlement:
    """What is left of it: the amount, the history, the rights."""
    reason = undecided(promises, priced)
    owed = None if reason else amount(priced, case)
    remember = partial(history.rows, promises, _earned(owed, priced), case)
    return Settlement(
        promises=promises,
        credit=owed,
        priced=priced,
        undecided=reason,
        service=int(sum(due.amount for due in priced.dues if due.kind == "service")),
        units=_units(priced),
        remember=remember,
        rights=_rights(case, remember()) if case.contract.rights else (),
        held=priced.held,
        tell=tell,
    )


def settle(name: str, clause: Clause, case: Case) -> Named:
    """One promise, up to and with its own limits."""
    case = seen_by(name, case)
    measured = clause.measure(case)
    accounts = tuple(_told(account) for account in through(clause.steps, measured, case))
    readings = read(clause, accounts, case)
    dues, refused = _due_or_not(clause, readings, case)
    return Named(
        name=name,
        clause=clause,
        readings=readings,
        accounts=accounts,
        dues=dues,
        priced=limited(clause.limits, Priced(dues, readings=readings), case),
        base=_base(clause, case),
        without=_without_exclusions(clause, case, measured, accounts),
        refused=refused,
    )


def _due_or_not(
    clause: Clause, readings: tuple[Reading, ...], case: Case
) -> tuple[tuple[Due, ...], NoRow | None]:
    """What is due, or why there is no price: that is raised only if the promise turns out to count."""
    try:
        return due(clause, readings, case), None
    except NoRow as refused:
        return (), refused


def _base(clause: Clause, case: Case) -> Money:
    """The fee that shares are taken of."""
    return next((limit.fee(case) for limit in clause.limits if isinstance(limit, Base)), None) or fee(case)


def seen_by(name: str, case: Case) -> Case:
    """The case as a promise sees it: its own history, and its own evidence where it reads another file."""
    evidence = case.apart.get(name, case.evidence)
    own = history.of_promise(case.history, name)
    if evidence is case.evidence and own is case.history:
        return case
    return replace(case, evidence=evidence, history=own)


def credit(case: Case, named: tuple[Named, ...]) -> Amount | None:
    """The credit alone, of promises that are settled."""
    priced = limited(case.contract.limits, case.contract.combine(named, case), case)
    return None if undecided(named, priced) else amount(priced, case)


def undecided(named: Iterable[Named], priced: Priced) -> str:
    """Why there is no amount, in a few words; "" where there is one."""
    if not all(reading.determinable for reading in priced.readings):
        return TOO_LITTLE
    manual = (each for each in named if isinstance(each.clause.schedule, Manual))
    return BY_HAND if any(owes(reading) for each in manual for reading in each.readings) else ""


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


def amount(priced: Priced, case: Case) -> Amount:
    """The money that the limits left, in whole minor units."""
    currency = case.fees.currency
    scaled = sum_of(priced) * 10 ** minor_digits(currency)
    if scaled.denominator != 1 or any(not _is_final(due, currency) for due in priced.dues):
        raise ValueError(f"the limits of this contract do not end in whole minor units of {currency}")
    return Amount(scaled.numerator, currency)


def _is_final(due: Due, currency: str) -> bool:
    return due.kind in ("service", "units") or (due.kind == "money" and due.of == currency)


def _units(priced: Priced) -> dict[str, Fraction]:
    units: dict[str, Fraction] = {}
    for due in priced.dues:
        if due.kind == "units":
            units[due.of] = units.get(due.of, Fraction(0)) + due.amount
    return units


def _earned(owed: Amount | None, priced: Priced) -> Fraction | None:
    """What the history remembers: what the period came to, be it paid now or kept."""
    if owed is None:
        return None
    return owed.exact if priced.earned is None else priced.earned


def _rights(case: Case, rows: History) -> tuple[str, ...]:
    found = (right(case, rows) for right in case.contract.rights)
    return tuple(right for right in found if right)


def _told(account: Account) -> Account:
    return replace(account, windows=remeasured(account)) if account.windows else account


def _without_exclusions(
    clause: Clause, case: Case, measured: Accounts, accounts: Accounts
) -> Callable[[], tuple[Reading, ...]] | None:
    """What makes the figures without any exclusion, by the same steps; None where it took nothing."""
    if not any(account.excused or account.set_aside for account in accounts):
        return None

    def gross() -> tuple[Reading, ...]:
        steps = (step for step in clause.steps if not isinstance(step, Exclusions))
        return read(clause, through(steps, measured, case), case)

    return gross

"""PURE. Accounts of tickets that are settled, kept small, and put together with those that are not.

What was in time counts and is not told apart any more: one piece stands for all of a local day. What was late
stays as it is. Where a stage looks at more than the day of a piece, every piece stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from monitor.agreements.clip import Clip
from monitor.agreements.exclude import Exclusions, NoExclusions
from monitor.agreements.pipeline import Account, Accounts, Case, Clause, Measure, Miss, Piece
from monitor.agreements.unknown import Unobserved
from monitor.core.intervals import Ms
from monitor.core.periods import local
from monitor.records import dataclass

ONE: Final = Fraction(1)
Data = list[Any]
"""What JSON holds of accounts."""
PLAIN_STEPS = (Unobserved, NoExclusions, Exclusions, Clip)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A measure that was taken before."""

    accounts: Accounts

    def __call__(self, case: Case) -> Accounts:
        return self.accounts

    def say(self) -> str:
        return ""


def fixed(clause: Clause, accounts: Accounts) -> Clause:
    """A promise with its measure taken."""
    measure: Measure = Fixed(accounts)
    return replace(clause, measure=measure)


def by_day(clause: Clause) -> bool:
    """Whether no stage looks at more of a ticket in time than the day on which it counts."""
    return all(isinstance(step, PLAIN_STEPS) for step in clause.steps)


def small(accounts: Accounts, clause: Clause, zone: str) -> Data:
    """Accounts as they are kept."""
    return [
        [
            account.lane,
            account.unit,
            [list(each) for each in _grouped(account.base, zone if by_day(clause) else None)],
            [[p.start, p.rate.numerator, p.rate.denominator, p.cause] for p in account.bad],
            [list(astuple(miss)) for miss in account.misses],
        ]
        for account in accounts
    ]


def _grouped(pieces: Iterable[Piece], zone: str | None) -> Iterable[tuple[Ms, int, int, int]]:
    """(start, how many, rate): pieces of one local day with one rate are one."""
    if zone is None:
        return [(p.start, p.size, p.rate.numerator, p.rate.denominator) for p in pieces]
    days: dict[Ms, date] = {}
    found: dict[tuple[date, Fraction], tuple[Ms, int]] = {}
    for p in pieces:
        hour = p.start // 900_000  # no zone's day begins within a quarter of an hour
        if hour not in days:
            days[hour] = local(p.start, zone).date()
        key = (days[hour], p.rate)
        start, size = found.get(key, (p.start, 0))
        found[key] = (min(start, p.start), size + p.size)
    rows = ((start, size, rate) for (_, rate), (start, size) in found.items())
    return sorted((start, size, *rate.as_integer_ratio()) for start, size, rate in rows)


def large(data: Data) -> Accounts:
    """The accounts that were kept; ValueError or TypeError for what no `small` made."""
    return tuple(_account(*each) for each in data)


def _account(lane: str, unit: Any, base: Data, bad: Data, misses: Data) -> Account:
    pieces = tuple([Piece(at, at + 1, size, _share(n, d), lane, "") for at, size, n, d in base])
    return Account(
        unit=unit,
        base=pieces,
        bad=tuple(Piece(at, at + 1, 1, _share(n, d), lane, cause) for at, n, d, cause in bad),
        promised=pieces,
        lane=lane,
        misses=tuple(Miss(*each) for each in misses),
    )


def _share(numerator: int, denominator: int) -> Fraction:
    return ONE if numerator == denominator == 1 else Fraction(numerator, denominator)


def together(one: Accounts, other: Accounts) -> Accounts:
    """Accounts of the same resources as one; each is of the one's resources, or of its own."""
    first = {each.lane: each for each in one}
    second = {each.lane: each for each in other}
    lanes = dict.fromkeys((*first, *second))
    return tuple(_both(first.get(lane), second.get(lane)) for lane in lanes)


def _both(one: Account | None, other: Account | None) -> Account:
    if one is None:
        return other or Account("ticket", (), ())
    if other is None:
        return one
    base = _sorted((*one.base, *other.base))
    return replace(
        one,
        base=base,
        bad=_sorted((*one.bad, *other.bad)),
        promised=base,
        misses=tuple(sorted((*one.misses, *other.misses), key=lambda each: (each.start, each.cause))),
    )


def _sorted(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(sorted(pieces, key=lambda each: (each.start, each.cause)))


def as_if(accounts: Accounts, lane: str, at: Ms, cause: str, late: Miss | None) -> Accounts:
    """The accounts, had one ticket been in time (`late` None), or late as its miss says.

    One that is late there stays in the base as it is; one that is not is added at `at`.
    """
    known = any(each.cause == cause for own in accounts if own.lane == lane for each in own.bad)
    piece = Piece(at, at + 1, 1, ONE, lane, cause)
    unit = accounts[0].unit if accounts else "ticket"
    bad, misses = ((piece,), (late,)) if late is not None else ((), ())
    base = () if known else (piece,)
    more = Account(unit=unit, base=base, bad=bad, promised=base, lane=lane, misses=misses)
    return together(tuple(_without(each, cause) if each.lane == lane else each for each in accounts), (more,))


def _without(account: Account, cause: str) -> Account:
    return replace(
        account,
        bad=tuple(each for each in account.bad if each.cause != cause),
        misses=tuple(each for each in account.misses if each.cause != cause),
    )

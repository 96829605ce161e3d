"""PURE. Accounts of tickets that are settled, kept small, and put together with those that are not.

What was in time counts and is not told apart any more: one piece stands for all of a local day. So it is with
what was late where no stage looks at how late it was, be it paid by the share or each on its own: the engine
knows how many events alike are. Where a stage looks at more than the day, everything stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from monitor.agreements.clip import Clip
from monitor.agreements.exclude import Exclusions, NoExclusions
from monitor.agreements.formula import Availability
from monitor.agreements.pipeline import Account, Accounts, Case, Clause, Combine, Measure, Miss, Piece
from monitor.agreements.rows import Rows
from monitor.agreements.schedule import Amount, Each, GreatestOf, Manual, NoCredits, SumOf
from monitor.agreements.together import HighestPerOutage
from monitor.agreements.unknown import Unobserved
from monitor.core.intervals import Ms
from monitor.core.periods import local
from monitor.records import dataclass

ONE: Final = Fraction(1)
Data = list[Any]
"""What JSON holds of accounts."""
PLAIN_STEPS = (Unobserved, NoExclusions, Exclusions, Clip)
OF_ALL: Final = ("figure", "overshoot", "misses", "missed periods", "consecutive misses")
"""What rows go by that look at no late ticket by itself."""
_of_miss = attrgetter(*(each.name for each in fields(Miss)))


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


def alike(clause: Clause, combine: Combine) -> bool:
    """Whether nothing looks at how late a ticket is, or which it is: at most at how many were on a day."""
    return (
        all(isinstance(step, PLAIN_STEPS) and not isinstance(step, Exclusions) for step in clause.steps)
        and isinstance(clause.formula, Availability)
        and _looks_at_how_many(clause.schedule)
        and not isinstance(combine, HighestPerOutage)
    )


def _looks_at_how_many(schedule: object) -> bool:
    match schedule:
        case NoCredits() | Manual() | Amount():
            return True
        case Rows():
            return schedule.by in OF_ALL and all(_looks_at_how_many(row.credit) for row in schedule.rows)
        case Each():
            return schedule.of in ("share", "miss") and isinstance(schedule.credit, Amount)
        case GreatestOf() | SumOf():
            return all(map(_looks_at_how_many, schedule.of))
    return False


@dataclass(frozen=True, slots=True)
class Few:
    """Accounts in which what comes to the same is one. `names`: by which name each late one goes there."""

    accounts: Accounts
    names: Mapping[str, str]


def in_days(accounts: Accounts, clause: Clause, combine: Combine, zone: str) -> Few:
    """Accounts with those of a day as one: in time where the clause is `by_day`, late where it is `alike`."""
    day, names = _days(zone), dict[str, str]()
    if by_day(clause):
        accounts = tuple(_in_time(account, day) for account in accounts)
    if alike(clause, combine):
        accounts = tuple(_late(account, day, names) for account in accounts)
    return Few(accounts, names)


def small(accounts: Accounts) -> Data:
    """Accounts as they are kept."""
    return [
        [
            account.lane,
            account.unit,
            [[p.start, p.size, *p.rate.as_integer_ratio()] for p in account.base],
            [[p.start, p.size, *p.rate.as_integer_ratio(), p.cause] for p in account.bad],
            [list(_of_miss(miss)) for miss in account.misses],
        ]
        for account in accounts
    ]


@lru_cache(maxsize=16)
def _days(zone: str) -> Callable[[Ms], date]:
    """The local day of an instant; no zone's day begins within a quarter of an hour."""
    known: dict[Ms, date] = {}

    def day(at: Ms) -> date:
        quarter = at // 900_000
        if quarter not in known:
            known[quarter] = local(at, zone).date()
        return known[quarter]

    return day


def _in_time(account: Account, day: Callable[[Ms], date]) -> Account:
    """Pieces of the base of one local day with one rate are one."""
    found: dict[tuple[date, tuple[int, int]], tuple[Ms, int]] = {}
    for p in account.base:
        key = (day(p.start), p.rate.as_integer_ratio())
        start, size = found.get(key, (p.start, 0))
        found[key] = (min(start, p.start), size + p.size)
    rows = sorted((start, size, *rate) for (_, rate), (start, size) in found.items())
    base = _pieces(rows, account.lane)
    return replace(account, base=base, promised=base)


def _late(account: Account, day: Callable[[Ms], date], names: dict[str, str]) -> Account:
    """What was late, by the local days of counting and of the time being up: a piece and a miss for each."""
    due = {miss.cause: day(miss.due) for miss in account.misses}
    pieces: dict[str, tuple[Piece, int]] = {}
    for p in account.bad:
        name = f"\n{day(p.start)} {due.get(p.cause)} {p.rate}"  # no ticket is called so
        first, size = pieces.get(name, (p, 0))
        pieces[name] = first, size + p.size
        names[p.cause] = name
    misses: dict[str, tuple[Miss, int]] = {}
    for miss in account.misses:
        name = names.get(miss.cause, miss.cause)
        one, count = misses.get(name, (miss, 0))
        misses[name] = one, count + miss.count
    return replace(
        account,
        bad=tuple(replace(p, cause=name, size=size) for name, (p, size) in pieces.items()),
        misses=tuple(replace(one, cause=name, count=count) for name, (one, count) in misses.items()),
    )


def large(data: Data) -> Accounts:
    """The accounts that were kept; ValueError or TypeError for what no `small` made."""
    return tuple(_account(*each) for each in data)


def _account(lane: str, unit: Any, base: Data, bad: Data, misses: Data) -> Account:
    pieces = _pieces(base, lane)
    return Account(
        unit=unit,
        base=pieces,
        bad=tuple(Piece(at, at + 1, size, _share(n, d), lane, cause) for at, size, n, d, cause in bad),
        promised=pieces,
        lane=lane,
        misses=tuple(Miss(*each) for each in misses),
    )


def _pieces(rows: Iterable[Sequence[int]], lane: str) -> tuple[Piece, ...]:
    return tuple([Piece(at, at + 1, size, _share(n, d), lane, "") for at, size, n, d in rows])


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


def as_if(few: Few, lane: str, at: Ms, cause: str, late: Miss | None) -> Accounts:
    """The accounts, had one ticket been in time (`late` None), or late as its miss says.

    One that is late there stays in the base as it is; one that is not is added at `at`.
    """
    accounts, name = few.accounts, few.names.get(cause, cause)
    known = any(each.cause == name for own in accounts if own.lane == lane for each in own.bad)
    piece = Piece(at, at + 1, 1, ONE, lane, cause)
    unit = accounts[0].unit if accounts else "ticket"
    bad, misses = ((piece,), (late,)) if late is not None else ((), ())
    base = () if known else (piece,)
    more = Account(unit=unit, base=base, bad=bad, promised=base, lane=lane, misses=misses)
    return together(tuple(_without(each, name) if each.lane == lane else each for each in accounts), (more,))


def _without(account: Account, name: str) -> Account:
    """The account with one late ticket less of those that go by a name."""
    return replace(
        account,
        bad=tuple(
            replace(p, size=p.size - 1) if p.cause == name else p
            for p in account.bad
            if p.cause != name or p.size > 1
        ),
        misses=tuple(
            replace(miss, count=miss.count - 1) if miss.cause == name else miss
            for miss in account.misses
            if miss.cause != name or miss.count > 1
        ),
    )

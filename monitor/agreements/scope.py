"""Scope: several resources become one figure: joined instant by instant, or added up, or the worst of them.

Joined time is down where so many of the resources that exist are down at once, and unseen where the unseen
ones decide. It is in the base while at least one of them existed. One sweep over all their edges does it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from fractions import Fraction
from itertools import groupby
from typing import Literal

from monitor.agreements.account import left_out, size, spans, taken
from monitor.agreements.outages import linked
from monitor.agreements.pipeline import (
    Account,
    Accounts,
    Case,
    Excused,
    Formula,
    Piece,
    Reading,
    Step,
    WindowUse,
)
from monitor.agreements.terms import ScopeTerms
from monitor.core.intervals import Ms, Span, subtract
from monitor.core.timeline import is_outage_id, outage_id
from monitor.records import dataclass

ONE = Fraction(1)
Join = Literal["any down", "all down", "some down"]


@dataclass(frozen=True, slots=True)
class Joined:
    """Resources as one: down where any is, where all that exist are, or where `least` or more are.

    With `across` the resources of one value of that label are joined, each value on its own; a resource
    without the label has the value "". What was excused or dropped stays so where it alone decides.
    Neighbouring downtime, and for "any down" what is of one outage of a resource, is one outage.
    """

    join: Join
    least: int = 0
    across: str | None = None

    def __call__(self, accounts: Accounts, case: Case) -> Accounts:
        return tuple(self._one(lane, group) for lane, group in groups(accounts, self.across, case))

    def _one(self, lane: str, accounts: Sequence[Account]) -> Account:
        if len(accounts) == 1 and self.needed(1) == 1:
            return replace(accounts[0], lane=lane) if self.across else accounts[0]
        if accounts[0].unit in ("ms", "slot"):
            return _swept(self, lane, accounts)
        return summed(lane, accounts)

    def needed(self, exist: int) -> int:
        """How many of those that exist must be down."""
        if self.join == "some down":
            return max(self.least, 1)
        return max(exist, 1) if self.join == "all down" else 1

    def say(self) -> str:
        who = {
            "any down": "any of its resources is down",
            "all down": "all of its resources that exist are down at once",
            "some down": f"{self.least} or more of its resources are down at once",
        }[self.join]
        return f"The service counts as down while {who}{_say_across(self.across)}."


def _say_across(label: str | None) -> str:
    return f", judged for each {label} on its own" if label else ""


def groups(accounts: Accounts, across: str | None, case: Case) -> Iterator[tuple[str, Accounts]]:
    """The accounts that are joined, by the value of a label; all of them, under the name "", without one."""
    found: dict[str, list[Account]] = {}
    for account in accounts:
        value = case.evidence.labels.get(account.lane, {}).get(across, "") if across else ""
        found.setdefault(value, []).append(account)
    return ((value, tuple(group)) for value, group in found.items())


# What one account says of a stretch of time, as the sweep counts it.
_EXISTS, _BASE, _LEFT, _DARK, _SURE, _ASIDE, _BAD, _SPARED, _SHORT = range(9)
_WITH_PIECES = (_BAD, _SPARED, _SHORT)

Mark = tuple[Ms, Ms, int, int, Piece | Excused | None]
"""From, to, what is so, of which account, and by which piece."""


@dataclass(slots=True)
class _Now:
    """The accounts at the sweep's instant: how many are what, and the pieces that say so by account."""

    counts: list[int] = field(default_factory=lambda: [0] * 9)
    pieces: dict[int, dict[int, Piece | Excused]] = field(
        default_factory=lambda: {kind: {} for kind in _WITH_PIECES}
    )

    def apply(self, step: int, mark: Mark) -> None:
        _, _, kind, who, what = mark
        self.counts[kind] += step
        if what is not None and step > 0:
            self.pieces[kind][who] = what
        elif what is not None and self.pieces[kind].get(who) is what:
            del self.pieces[kind][who]


Found = tuple[Ms, Ms, Fraction, str, str]
"""A stretch of the joined account: from, to, how bad, the outage, and what excuses it ("" for nothing)."""


@dataclass(slots=True)
class _Out:
    """The stretches of the joined account while they are found, by the part that they belong to."""

    rule: Joined
    many: int
    found: dict[str, list[Found]] = field(
        default_factory=lambda: {
            part: [] for part in ("base", "promised", "unknown", "aside", "bad", "short", "spared")
        }
    )

    def cell(self, now: _Now, start: Ms, end: Ms) -> None:
        """What the joined resources are between two instants."""
        counts = now.counts
        exist, bad = counts[_EXISTS], counts[_BAD]
        if not exist and not bad:
            return
        need = self.rule.needed(exist or self.many)
        if exist:
            self._put("promised", start, end)
        if counts[_SURE] < need <= counts[_SURE] + counts[_DARK]:
            self._put("unknown", start, end)
        if bad >= need:
            self._put("base", start, end)
            self._put("bad", start, end, *_worst(now.pieces[_BAD], need))
        elif bad + counts[_LEFT] < need:
            self._not_bad(now, need, start, end)

    def _not_bad(self, now: _Now, need: int, start: Ms, end: Ms) -> None:
        counts = now.counts
        spared = counts[_BAD] + counts[_SPARED] >= need
        if spared:
            self._put("spared", start, end, *_worst(now.pieces[_SPARED], 1))
        if not counts[_BASE] and not counts[_LEFT]:  # unseen time that decides nothing is known to be up
            if counts[_ASIDE] and not spared:
                self._put("aside", start, end)
        else:
            self._put("base", start, end)
            if not spared and counts[_BAD] + counts[_SHORT] >= need:
                self._put("short", start, end, *_worst(now.pieces[_SHORT], 1))

    def _put(
        self, part: str, start: Ms, end: Ms, rate: Fraction = ONE, cause: str = "", by: str = ""
    ) -> None:
        found = self.found[part]
        if found and found[-1][1:] == (start, rate, cause, by):
            start = found.pop()[0]
        found.append((start, end, rate, cause, by))


def _worst(pieces: Mapping[int, Piece | Excused], need: int) -> tuple[Fraction, str, str]:
    """How bad so many of them at once are, with the outage and the excuse of the first."""
    first = pieces[min(pieces)]
    plain = [each.piece if isinstance(each, Excused) else each for each in pieces.values()]
    rate = plain[0].rate if len(plain) == 1 else sorted((p.rate for p in plain), reverse=True)[need - 1]
    if isinstance(first, Excused):
        return rate, first.piece.cause, first.by
    return rate, first.cause, ""


def _swept(rule: Joined, lane: str, accounts: Sequence[Account]) -> Account:
    if rule.needed(2) == 1:
        accounts = _named_as_one(accounts)
    ends = _ends(accounts)
    marks = [mark for who, account in enumerate(accounts) for mark in _marks(who, account, ends)]
    changes = sorted(
        [(mark[0], 1, mark) for mark in marks] + [(mark[1], -1, mark) for mark in marks],
        key=lambda change: change[0],
    )
    now, out, since = _Now(), _Out(rule, len(accounts)), 0
    for at, together in groupby(changes, key=lambda change: change[0]):
        out.cell(now, since, at)
        for _, step, mark in together:
            now.apply(step, mark)
        since = at
    return _joined(rule, lane, accounts, out.found, ends)


def _ends(accounts: Sequence[Account]) -> dict[Ms, Ms]:
    """Where slots end, by their start; nothing for time. The sweep sees a slot at its first instant alone."""
    if accounts[0].unit == "ms":
        return {}
    return {p.start: p.end for account in accounts for part in (account.promised, account.bad) for p in part}


def _marks(who: int, account: Account, ends: Mapping[Ms, Ms]) -> Iterator[Mark]:
    """What an account says, as stretches of the sweep."""
    kinds: tuple[tuple[int, Iterable[Span | Piece]], ...] = (
        (_EXISTS, account.promised),
        (_BASE, account.base),
        (_ASIDE, account.set_aside),
    )
    if account.unit == "ms":
        kinds += (
            (_LEFT, left_out(account)),
            (_DARK, account.unknown),
            (_SURE, subtract(spans(account.bad), spans(account.unknown)) if account.unknown else account.bad),
        )
    else:
        kinds += _of_slots(account)
    for kind, stretches in kinds:
        for each in stretches:
            yield _mark(each.start, each.end, kind, who, None, ends)
    for kind, pieces in ((_BAD, account.bad), (_SHORT, account.short)):
        for piece in pieces:
            yield _mark(piece.start, piece.end, kind, who, piece, ends)
    for excused in account.excused:
        if not ends or excused.piece.start in ends:
            yield _mark(excused.piece.start, excused.piece.end, _SPARED, who, excused, ends)


def _of_slots(account: Account) -> tuple[tuple[int, Iterable[Span | Piece]], ...]:
    inside = {p.start for p in account.base}
    spared = taken(account.excused)
    decided = inside.union(p.start for p in (*spared, *account.set_aside))
    wholly = {p.start for p in account.unknown if p.rate == ONE}
    return (
        (_LEFT, [p for p in account.unknown if p.start not in decided]),
        (_DARK, account.unknown),
        (_SURE, [p for p in account.bad if p.start not in wholly]),
    )


def _mark(
    start: Ms, end: Ms, kind: int, who: int, what: Piece | Excused | None, ends: Mapping[Ms, Ms]
) -> Mark:
    return (start, start + 1 if ends else end, kind, who, what)


def _joined(
    rule: Joined,
    lane: str,
    accounts: Sequence[Account],
    found: Mapping[str, list[Found]],
    ends: Mapping[Ms, Ms],
) -> Account:
    def pieces(part: str, cause: str = "") -> tuple[Piece, ...]:
        return tuple(
            Piece(start, ends.get(start, end), end - start, rate, lane, named or cause)
            for start, end, rate, named, _ in found[part]
        )

    by = [each[4] for each in found["spared"]]
    bad, spared = _touching(pieces("bad")), pieces("spared")
    if rule.needed(2) != 1:
        bad, spared = _named_by_run(bad, spared)
    return Account(
        unit=accounts[0].unit,
        base=pieces("base", "promised"),
        bad=bad,
        unknown=pieces("unknown", "unobserved"),
        excused=tuple(Excused(piece, why) for piece, why in zip(spared, by, strict=True)),
        windows=_windows(accounts),
        lines=tuple(line for account in accounts for line in account.lines),
        promised=pieces("promised", "promised"),
        short=pieces("short"),
        set_aside=pieces("aside", "promised"),
        lane=lane,
        misses=tuple(miss for account in accounts for miss in account.misses),
        fixed=next((account.fixed for account in accounts if account.fixed is not None), None),
    )


def _named_as_one(accounts: Sequence[Account]) -> tuple[Account, ...]:
    """Outages of resources that overlap or touch are one, with the name of the first; so are their pieces.

    A file may give one name to outages of several resources. Those that are named by the clock are one only
    where they meet: what is left of two that began at one instant may lie apart.
    """
    all_of = sorted((p for account in accounts for p in account.bad), key=lambda p: (p.start, p.end))
    roots = linked([(p.start, p.end, _told_by(p)) for p in all_of])
    named = _names(all_of, roots)
    names = {_told_by(p): named[root] for p, root in zip(all_of, roots, strict=True)}
    return tuple(
        replace(account, bad=tuple(replace(p, cause=names[_told_by(p)]) for p in account.bad))
        for account in accounts
    )


def _told_by(piece: Piece) -> tuple[str, str]:
    """What tells the outage of a piece from others: its name, and its resource unless a file named it."""
    return (piece.lane if is_outage_id(piece.cause) else ""), piece.cause


def _names(pieces: Sequence[Piece], roots: Sequence[int]) -> dict[int, str]:
    """The name of each group of pieces: that of its first, with a number where another group has it."""
    out: dict[int, str] = {}
    many: Counter[str] = Counter()
    for root in dict.fromkeys(roots):
        name = pieces[root].cause
        many[name] += 1
        out[root] = name if many[name] == 1 else f"{name}-{many[name]}"
    return out


def _named_by_run(
    bad: tuple[Piece, ...], spared: tuple[Piece, ...]
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """What touches is one outage, excused or not, with the name of its first instant."""
    names: dict[tuple[Ms, Ms], str] = {}
    name, end = "", None
    for p in sorted((*bad, *spared), key=lambda p: p.start):
        name = name if end == p.start else outage_id(p.start)
        names[p.start, p.end], end = name, p.end

    def named(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        return tuple(replace(p, cause=names[p.start, p.end]) for p in pieces)

    return _touching(named(bad)), named(spared)


def _touching(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Time of one outage that is as bad and touches is one piece; slots stay as they are."""
    out: list[Piece] = []
    for p in pieces:
        last = out[-1] if out else None
        is_time = p.size == p.end - p.start
        if last and is_time and last.end == p.start and (last.cause, last.rate) == (p.cause, p.rate):
            out[-1] = Piece(last.start, p.end, last.size + p.size, p.rate, p.lane, p.cause)
        else:
            out.append(p)
    return tuple(out)


def _windows(accounts: Sequence[Account]) -> tuple[WindowUse, ...]:
    """Each window once; one that is valid for a part has a use for each of its parts."""
    found: dict[tuple[str, Span], WindowUse] = {}
    for account in accounts:
        for use in account.windows:
            found.setdefault((use.window, use.span), use)
    return tuple(sorted(found.values(), key=lambda use: (use.span, use.window)))


def summed(lane: str, accounts: Sequence[Account]) -> Account:
    """Accounts added up: what they stand for is one sum, whatever overlaps."""
    if len(accounts) == 1:
        return accounts[0]

    def added(part: Callable[[Account], Iterable[Piece]]) -> tuple[Piece, ...]:
        return tuple(sorted((p for each in accounts for p in part(each)), key=lambda p: p.start))

    fixed = [
        Fraction(size(each.base)) if each.fixed is None or not each.promised else each.fixed
        for each in accounts
    ]
    return Account(
        unit=accounts[0].unit,
        base=added(lambda each: each.base),
        bad=added(lambda each: each.bad),
        unknown=added(lambda each: each.unknown),
        excused=tuple(sorted((e for each in accounts for e in each.excused), key=lambda e: e.piece.start)),
        windows=_windows(accounts),
        lines=tuple(line for each in accounts for line in each.lines),
        promised=added(lambda each: each.promised),
        short=added(lambda each: each.short),
        set_aside=added(lambda each: each.set_aside),
        lane=lane,
        misses=tuple(miss for each in accounts for miss in each.misses),
        fixed=sum(fixed, Fraction(0)) if any(each.fixed is not None for each in accounts) else None,
    )


@dataclass(frozen=True, slots=True)
class Summed:
    """The times (or requests, slots, events) of all resources added up: one figure, or one for each value."""

    inner: Formula
    across: str | None = None

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        return self.inner(
            tuple(summed(lane, group) for lane, group in groups(accounts, self.across, case)), case
        )

    def say(self) -> str:
        return (
            "The times of all resources are added up, on both sides of the division"
            f"{_say_across(self.across)}. {self.inner.say()}"
        )


@dataclass(frozen=True, slots=True)
class Worst:
    """The figure of the worst resource: the lowest, or the highest where the promise is an upper bound.

    One that is not determinable comes before all others; one that was not promised at all comes last.
    """

    inner: Formula
    across: str | None = None
    highest: bool = False

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        return tuple(
            min(self.inner(group, case), key=self._rank) for _, group in groups(accounts, self.across, case)
        )

    def _rank(self, reading: Reading) -> tuple[bool, bool, Fraction]:
        figure = Fraction(0) if reading.figure is None else reading.figure
        return reading.determinable, reading.figure is None, -figure if self.highest else figure

    def say(self) -> str:
        which = "highest" if self.highest else "lowest"
        return (
            f"The figure of the worst resource, the {which} one, counts{_say_across(self.across)}. "
            f"{self.inner.say()}"
        )


def steps(terms: ScopeTerms) -> tuple[Step, ...]:
    """The step that joins resources, where the promise joins them."""
    if terms.join in ("any down", "all down", "some down"):
        return (Joined(terms.join, terms.least, terms.across),)
    return ()


def formula(terms: ScopeTerms, inner: Formula, *, highest: bool = False) -> Formula:
    """The formula over all resources; `highest`: the higher figure is the worse, as under `<= 45 ms`."""
    if terms.join == "sum of resource-minutes":
        return Summed(inner, terms.across)
    if terms.join == "worst":
        return Worst(inner, terms.across, highest)
    return inner

"""Cutting the carrier, and the classes of time it comes to.

Pieces of unit "ms" are cut at a bound; pieces of every other unit belong, whole, where they start.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from monitor.agreements.pipeline import (
    Account,
    Accounts,
    Case,
    Excused,
    Miss,
    Piece,
    Settlement,
    Unit,
    WindowUse,
)
from monitor.core.intervals import Ms, Span, Spans, intersect, normalise, subtract, total, union
from monitor.records import dataclass

_WHOLE = Fraction(1)


class EachAlone:
    """A step that looks at one account at a time: `one` says what becomes of it."""

    __slots__ = ()

    def __call__(self, accounts: Accounts, case: Case) -> Accounts:
        return tuple(self.one(account, case) for account in accounts)

    def one(self, account: Account, case: Case) -> Account:
        raise NotImplementedError

    def say(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Times:
    """The classes of promised time in ms; they add up to `promised`, whatever the terms.

    `counted` is downtime held against the provider, `excused` downtime that is not. `unmeasured` is time
    that nobody saw and that is left out of both sides; unseen time that the agreement counts as up or as
    down is in `up` or `counted`. `set_aside` is time that was up inside a valid window and left the base
    (maintenance with effect "both sides" only). Downtime that a duration rule dropped is in `up`.
    """

    promised: Ms
    up: Ms
    counted: Ms
    excused: Ms
    unmeasured: Ms
    set_aside: Ms = 0


def times(settlement: Settlement) -> Times:
    """The classes of time of an ordinary settlement: of its only account."""
    return times_of(settlement.account)


def times_of(account: Account) -> Times:
    """The classes of time of one account of unit "ms"."""
    promised, counted = size(account.promised), size(account.bad)
    excused, aside = size(taken(account.excused)), size(account.set_aside)
    unmeasured = total(left_out(account))
    up = promised - counted - excused - aside - unmeasured
    return Times(promised, up, counted, excused, unmeasured, aside)


def left_out(account: Account) -> Spans:
    """The unseen time that is in neither side of the formula."""
    if not account.unknown:
        return ()
    used = union(spans(account.base), spans((*taken(account.excused), *account.set_aside)))
    return subtract(spans(account.unknown), used)


def piece(span: Span, lane: str, cause: str) -> Piece:
    """A piece of continuous time, bad throughout where it stands among the bad."""
    return Piece(span.start, span.end, span.end - span.start, _WHOLE, lane, cause)


def spans(pieces: Iterable[Piece]) -> Spans:
    """Where the pieces are. Most come sorted and apart; only the others need to be made a set."""
    found = tuple(Span(p.start, p.end) for p in pieces if p.start < p.end)
    apart = all(left.end < right.start for left, right in pairwise(found))
    return found if apart else normalise(found)


def size(pieces: Iterable[Piece]) -> Ms:
    """What the pieces stand for, in ms."""
    return sum(p.size for p in pieces)


def taken(excused: Iterable[Excused]) -> tuple[Piece, ...]:
    """The pieces that were excused."""
    return tuple(e.piece for e in excused)


def within(pieces: Iterable[Piece], where: Spans) -> tuple[Piece, ...]:
    """The parts of the pieces inside `where`; a piece keeps its cause."""
    if not pieces or not where:
        return ()
    ends = [span.end for span in where]
    low, high = where[0].start, where[0].end
    out: list[Piece] = []
    for p in pieces:
        if low <= p.start < high and p.end <= high:
            out.append(p)
            continue
        at = bisect_right(ends, p.start)
        if at == len(where) or where[at].start >= p.end:
            continue
        if where[at].start <= p.start and p.end <= where[at].end:
            out.append(p)
        else:
            out.extend(_pieces(p, intersect((p.span,), where[at:])))
    return tuple(out)


def outside(pieces: Iterable[Piece], where: Spans) -> tuple[Piece, ...]:
    """The parts of the pieces that are not inside `where`."""
    if not where:
        return tuple(pieces)
    ends = [span.end for span in where]
    low, high = where[0].start, where[-1].end
    out: list[Piece] = []
    for p in pieces:
        if p.end <= low or high <= p.start:
            out.append(p)
            continue
        at = bisect_right(ends, p.start)
        if at == len(where) or where[at].start >= p.end:
            out.append(p)
        else:
            out.extend(_pieces(p, subtract((p.span,), where[at:])))
    return tuple(out)


def part(unit: Unit, pieces: Iterable[Piece], where: Spans) -> tuple[Piece, ...]:
    """What of the pieces is in `where`: cut in unit "ms", by their start in every other."""
    if unit == "ms":
        return within(pieces, where)
    if len(where) == 1:
        start, end = where[0].start, where[0].end
        return tuple([p for p in pieces if start <= p.start < end])
    return tuple(p for p in pieces if holds(where, p.start)) if where else ()


def holds(where: Spans, at: Ms) -> bool:
    """Whether an instant is in a set."""
    found = bisect_right(where, at, key=_start) - 1
    return found >= 0 and at < where[found].end


def _start(of: Span | Piece) -> Ms:
    return of.start


def confined(account: Account, where: Spans, windows: tuple[WindowUse, ...] | None = None) -> Account:
    """The account as far as it is in `where`, with these windows' uses; without any, with its own."""
    unit = account.unit
    bad, base = part(unit, account.bad, where), part(unit, account.base, where)
    same = account.promised is account.base
    return Account(
        unit=unit,
        base=base,
        bad=bad,
        unknown=part(unit, account.unknown, where),
        excused=tuple(
            Excused(piece, e.by) for e in account.excused for piece in part(unit, (e.piece,), where)
        ),
        promised=base if same else part(unit, account.promised, where),
        short=part(unit, account.short, where),
        set_aside=part(unit, account.set_aside, where),
        windows=account.windows if windows is None else windows,
        lines=account.lines,
        lane=account.lane,
        misses=_misses(account.misses, bad),
        fixed=account.fixed,
    )


def _misses(misses: tuple[Miss, ...], bad: tuple[Piece, ...]) -> tuple[Miss, ...]:
    """The misses whose events are among the bad pieces."""
    if not misses:
        return ()
    causes = {p.cause for p in bad}
    return tuple(miss for miss in misses if miss.cause in causes)


def down(pieces: Iterable[Piece]) -> Fraction:
    """The time that the pieces cover, in ms, each weighted by its rate."""
    return _weighed([(p.end - p.start, p.rate) for p in pieces])


def weight(pieces: Iterable[Piece]) -> Fraction:
    """What the pieces stand for, in the account's unit, each weighted by its rate."""
    return _weighed([(p.size, p.rate) for p in pieces])


def _weighed(items: list[tuple[int, Fraction]]) -> Fraction:
    """Added up by denominator, so that thousands of rates stay cheap."""
    if all(rate is _WHOLE for _, rate in items):
        return Fraction(sum(amount for amount, _ in items))
    parts: dict[int, int] = {}
    for amount, rate in items:
        over, under = rate.as_integer_ratio()
        parts[under] = parts.get(under, 0) + amount * over
    return sum((Fraction(over, under) for under, over in parts.items()), Fraction(0))


def length(pieces: Iterable[Piece]) -> Ms:
    """How long the pieces are together, in ms, whatever their unit."""
    return sum(p.end - p.start for p in pieces)


def _pieces(p: Piece, where: Spans) -> Iterable[Piece]:
    return (Piece(s.start, s.end, s.end - s.start, p.rate, p.lane, p.cause) for s in where)


def term(case: Case) -> Spans:
    """The promised part of the period so far: in force, and not after `as_of`."""
    start, end = case.period.span.start, min(case.period.span.end, case.as_of)
    return intersect((Span(start, end),), case.in_force) if start < end else ()


def to_come(case: Case) -> Ms:
    """How much of the time in force lies after `as_of`."""
    span = case.period.span
    start = min(max(case.as_of, span.start), span.end)
    return total(intersect((Span(start, span.end),), case.in_force))


def remeasured(account: Account) -> tuple[WindowUse, ...]:
    """The windows' uses as the account stands: what is down inside each, and what of it is excused.

    Bad time that is left inside a valid window can only be the overrun of an allowance.
    """
    excused = sorted(account.excused, key=lambda e: e.piece.start)
    pieces = taken(excused)
    return tuple(_remeasure(use, account.bad, excused, pieces) for use in account.windows)


def _remeasure(
    use: WindowUse, bad: Sequence[Piece], excused: Sequence[Excused], pieces: Sequence[Piece]
) -> WindowUse:
    overrun = _inside(use.span, bad)
    near = excused[_touching(pieces, use.span)]
    verdict = use.verdict
    if verdict in ("valid", "cap_used"):
        verdict = "cap_used" if overrun else "valid"
    inside = overrun + _inside(use.span, taken(near))
    own = tuple(e.piece for e in near if e.by == use.window)
    excused_here = _inside(use.span, own)
    if (inside, excused_here, verdict) == (use.inside, use.excused, use.verdict):
        return use
    return WindowUse(use.window, use.span, inside, excused_here, use.ahead, verdict, use.what)


def _inside(where: Span, pieces: Sequence[Piece]) -> Ms:
    """How much of a span the pieces cover; they are in order and apart."""
    return sum(min(piece.end, where.end) - max(piece.start, where.start) for piece in touching(pieces, where))


def touching(pieces: Sequence[Piece], where: Span) -> Sequence[Piece]:
    """The pieces, which are in order and apart, that have a part in a span."""
    return pieces[_touching(pieces, where)]


def _touching(pieces: Sequence[Piece], where: Span) -> slice:
    low = bisect_left(pieces, where.start, key=_start)
    if low and pieces[low - 1].end > where.start:
        low -= 1
    return slice(low, bisect_left(pieces, where.end, lo=low, key=_start))

"""Qualify: which outages count, and how much of each; asked of whole ones unless the promise says otherwise.

What is measured is a *run*: neighbouring pieces, and pieces of one outage that nothing excused parts. Its
length is its downtime; what lies between its pieces is no part of it. What a rule drops is kept as `short`.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from fractions import Fraction

from monitor.agreements.account import EachAlone, down, length, outside, spans, taken, within
from monitor.agreements.outages import Incident, Outages, facts
from monitor.agreements.outages import rule as read_as
from monitor.agreements.pipeline import Account, Case, Excused, Piece, Step
from monitor.agreements.terms import Judged, Terms
from monitor.agreements.words import duration, share
from monitor.core.intervals import Ms, Span, Spans, normalise
from monitor.core.numbers import COMPARE, Bound, Operator
from monitor.records import dataclass

HOLDS: dict[Operator, Callable[[Ms, Ms], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}

AT: dict[Operator, str] = {
    ">": "more than",
    ">=": "at least",
    "<": "less than",
    "<=": "at most",
    "=": "exactly",
}
_JUDGED: dict[Judged, str] = {
    "whole": "judged whole",
    "after exclusions": "judged on what is left after exclusions",
    "in period": "judged on its part in the period",
    "after exclusions, in period": "judged on its part in the period that is left after exclusions",
}

Run = list[Piece]
Near = tuple[Operator, Ms]
"""How the gap between two interruptions compares to ms where they are one outage."""


@dataclass(frozen=True, slots=True)
class EveryOutage(EachAlone):
    """No test: every confirmed outage counts, or every run of bad `slots`."""

    slots: bool = False

    def one(self, account: Account, case: Case) -> Account:
        return account

    def say(self) -> str:
        return "Every bad slot counts." if self.slots else "Every confirmed outage counts, however short."


@dataclass(frozen=True, slots=True)
class Lasting(EachAlone):
    """An outage counts if its length in ms compares to `limit`; then it counts from its first moment."""

    sign: Operator
    limit: Ms
    judged: Judged = "whole"

    def one(self, account: Account, case: Case) -> Account:
        holds = HOLDS[self.sign]
        return _only(account, lambda run: holds(length(run), self.limit))

    def say(self) -> str:
        return (
            f"An outage counts only if it lasts {AT[self.sign]} {duration(self.limit)}, "
            f"{_JUDGED[self.judged]}; then all of it counts."
        )


@dataclass(frozen=True, slots=True)
class Affecting(EachAlone):
    """An outage counts if the share of the population that it affects is within `bound`.

    Of an outage with several shares the largest counts; where no share is known all are affected.
    """

    bound: Bound
    how: Outages = field(default_factory=Outages)

    def one(self, account: Account, case: Case) -> Account:
        told = facts(self.how, case, account.lane)
        return _only(account, lambda run: self._holds({p.cause for p in run}, told))

    def _holds(self, causes: set[str], told: Mapping[str, Incident]) -> bool:
        shares = (told[cause].affected for cause in causes if cause in told)
        return self.bound.holds(max((each for each in shares if each is not None), default=Fraction(1)))

    def say(self) -> str:
        return (
            f"An outage counts only if it affects {AT[self.bound.sign]} {share(self.bound.value)} "
            "of the population."
        )


@dataclass(frozen=True, slots=True)
class Aged(EachAlone):
    """An outage counts if its resource has existed for so long, in ms, when it starts."""

    sign: Operator
    limit: Ms

    def one(self, account: Account, case: Case) -> Account:
        lives = spans(account.promised)
        return _only(account, lambda run: self._holds(run[0].start, lives))

    def _holds(self, onset: Ms, lives: Spans) -> bool:
        at = bisect_right(lives, onset, key=lambda life: life.start) - 1
        return at < 0 or HOLDS[self.sign](onset - lives[at].start, self.limit)

    def say(self) -> str:
        return (
            f"An outage counts only if the resource has existed for {AT[self.sign]} "
            f"{duration(self.limit)} when it starts."
        )


@dataclass(frozen=True, slots=True)
class Joined(EachAlone):
    """Interruptions whose gap compares to `limit` are one outage, named as its first; gaps are not down."""

    sign: Operator
    limit: Ms

    def one(self, account: Account, case: Case) -> Account:
        return replace(account, bad=tuple(self._renamed(account.bad)))

    def _renamed(self, bad: Iterable[Piece]) -> Iterator[Piece]:
        names: dict[str, str] = {}
        last: Piece | None = None
        for piece in bad:
            name = names.get(piece.cause)
            if name is None:
                near = last is not None and HOLDS[self.sign](piece.start - last.end, self.limit)
                name = names[piece.cause] = last.cause if last and near else piece.cause
            last = piece if piece.cause == name else replace(piece, cause=name)
            yield last

    def say(self) -> str:
        return (
            f"Interruptions that are {AT[self.sign]} {duration(self.limit)} apart are one outage; "
            "the time between them is no downtime."
        )


@dataclass(frozen=True, slots=True)
class Deduct(EachAlone):
    """The first `free` ms of each outage do not count; `joined`: how near interruptions became one before."""

    free: Ms
    joined: Near | None = None

    def one(self, account: Account, case: Case) -> Account:
        return _shortened(account, self.joined, lambda run: _first(run, self.free))

    def say(self) -> str:
        return f"Of each outage the first {duration(self.free)} is free; only what lies beyond counts."


@dataclass(frozen=True, slots=True)
class Whole(EachAlone):
    """Only whole units of each outage's own length count; the rest is dropped off its end."""

    unit: Ms
    joined: Near | None = None

    def one(self, account: Account, case: Case) -> Account:
        return _shortened(account, self.joined, self._rest)

    def _rest(self, run: Run) -> Spans:
        return _last(run, length(run) % self.unit)

    def say(self) -> str:
        return f"Of each outage only whole units of {duration(self.unit)} count; the rest is dropped."


@dataclass(frozen=True, slots=True)
class IgnoreTotal(EachAlone):
    """Downtime of the period whose sum, weighted as it counts, compares to `limit` is none."""

    sign: Operator
    limit: Ms

    def one(self, account: Account, case: Case) -> Account:
        if not account.bad or not COMPARE[self.sign](down(account.bad), Fraction(self.limit)):
            return account
        return replace(account, bad=(), short=_with(account.short, account.bad))

    def say(self) -> str:
        return f"Downtime of {AT[self.sign]} {duration(self.limit)} in all of a period does not count."


@dataclass(frozen=True, slots=True)
class OfWhole(EachAlone):
    """Steps that look at whole outages though exclusions came before: what was excused is put back for them.

    Resources are joined after their own exclusions, since only a resource's own windows excuse it; the length
    of the joined outage is asked with what was excused in it. What then counts was not excused.
    """

    inner: tuple[EachAlone, ...]

    def one(self, account: Account, case: Case) -> Account:
        excused = taken(account.excused)
        bad = tuple(sorted((*account.bad, *excused), key=lambda p: p.start))
        judged = replace(account, bad=bad, excused=())
        for step in self.inner:
            judged = step.one(judged, case)
        return self._restored(account, judged)

    def _restored(self, account: Account, judged: Account) -> Account:
        still, inside = spans(judged.bad), spans(account.base)
        gone = outside(taken(account.excused), still)
        return replace(
            judged,
            bad=outside(judged.bad, spans(taken(account.excused))),
            excused=tuple(Excused(part, e.by) for e in account.excused for part in within((e.piece,), still)),
            short=within(judged.short, inside),
            set_aside=_with(account.set_aside, outside(gone, inside)),
        )

    def say(self) -> str:
        return " ".join(step.say() for step in self.inner)


def runs(account: Account, joined: Near | None = None) -> Iterator[Run]:
    """The outages of an account. What was excused parts one, unless its parts are so near as to be joined."""
    cuts = _cuts(account)
    run: Run = []
    for piece in account.bad:
        if run and not _one(run[-1], piece, cuts, joined):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _cuts(account: Account) -> list[Ms]:
    """Where something was excused, in order."""
    return sorted(excused.piece.start for excused in account.excused)


def _one(left: Piece, right: Piece, cuts: list[Ms], joined: Near | None) -> bool:
    if left.end == right.start:
        return True
    if left.cause != right.cause:
        return False
    if joined and HOLDS[joined[0]](right.start - left.end, joined[1]):
        return True
    at = bisect_left(cuts, left.end)
    return at == len(cuts) or cuts[at] >= right.start


def _only(account: Account, counts: Callable[[Run], bool]) -> Account:
    bad: Run = []
    short: Run = []
    for run in runs(account):
        (bad if counts(run) else short).extend(run)
    return replace(account, bad=tuple(bad), short=_with(account.short, short)) if short else account


def _shortened(account: Account, joined: Near | None, dropped: Callable[[Run], Spans]) -> Account:
    """The account without what is dropped of each outage; what is counted and not timed goes whole or not."""
    bad: Run = []
    short: Run = []
    for run in runs(account, joined):
        gone = dropped(run)
        kept, lost = _split(account, run, gone)
        bad.extend(kept)
        short.extend(lost)
    return replace(account, bad=tuple(bad), short=_with(account.short, short))


def _split(account: Account, run: Run, gone: Spans) -> tuple[Iterable[Piece], Iterable[Piece]]:
    if account.unit == "ms":
        return outside(run, gone), within(run, gone)
    lost = {p.start for p in run if any(s.start <= p.start and p.end <= s.end for s in gone)}
    return [p for p in run if p.start not in lost], [p for p in run if p.start in lost]


def _first(run: Run, ms: Ms) -> Spans:
    """The first `ms` of a run."""
    out: list[Span] = []
    for piece in run:
        take = min(ms, piece.end - piece.start)
        out.append(Span(piece.start, piece.start + take))
        ms -= take
    return normalise(out)


def _last(run: Run, ms: Ms) -> Spans:
    """The last `ms` of a run."""
    out: list[Span] = []
    for piece in reversed(run):
        take = min(ms, piece.end - piece.start)
        out.append(Span(piece.end - take, piece.end))
        ms -= take
    return normalise(out)


def _with(short: tuple[Piece, ...], more: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(sorted((*short, *more), key=lambda p: p.start))


def of_each(terms: Terms) -> tuple[Step, ...]:
    """The tests that are asked of each resource's own outages, whatever is joined later."""
    if not outages_matter(terms):
        return ()
    steps: list[Step] = []
    if terms.outage.affecting:
        steps.append(Affecting(terms.outage.affecting, read_as(terms)))
    if terms.outage.resource_age:
        steps.append(Aged(*terms.outage.resource_age))
    return tuple(steps)


def of_length(terms: Terms) -> tuple[EachAlone, ...]:
    """The tests and deductions that look at the length of an outage, in their order."""
    if not outages_matter(terms):
        return ()
    outage, every = terms.outage, EveryOutage(terms.measure.as_ == "bad slots")
    steps: list[EachAlone] = [Lasting(*outage.lasting, outage.judged) if outage.lasting else every]
    if outage.joined:
        steps.append(Joined(*outage.joined))
    if outage.deduct:
        steps.append(Deduct(outage.deduct, outage.joined))
    if outage.whole:
        steps.append(Whole(outage.whole, outage.joined))
    return tuple(steps)


def of_total(terms: Terms) -> tuple[Step, ...]:
    """The test of what is left in the period."""
    ignored = terms.outage.ignore_total
    return (IgnoreTotal(*ignored),) if ignored and outages_matter(terms) else ()


def outages_matter(terms: Terms) -> bool:
    """Whether what is measured comes in outages: time down, and slots that are good or bad."""
    return terms.measure.evidence == "outages" or terms.measure.as_ == "bad slots"

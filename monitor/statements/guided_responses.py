"""Guidance on times of tickets: within which time recorded ones were answered, and what it would have cost.

A time is the nearest rank of what clocks took on the promise's own clock, all priorities apart, rounded up to
one that can be promised. What it would have come to is the engine's: the promise alone, with those times, on
the recorded periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from monitor.agreements.gate import spoken_bound
from monitor.agreements.terms import Allowed, ContractTerms
from monitor.agreements.terms import Terms as PromiseTerms
from monitor.agreements.tickets import Response
from monitor.config.plan import Agreement
from monitor.core.intervals import HOUR, MINUTE, Ms
from monitor.core.money import Amount
from monitor.core.periods import Period, local
from monitor.core.response import Course
from monitor.records import dataclass
from monitor.statements.books import Books
from monitor.statements.guidance import Group
from monitor.statements.health import sums
from monitor.statements.recorded import Outcome, monthly, outcome, periods, under
from monitor.statements.ticketed import is_ticketed, responses

SHARES: Final = (Fraction(95, 100), Fraction(99, 100))
STEPS: Final = ((HOUR, 5 * MINUTE), (4 * HOUR, 30 * MINUTE), (24 * HOUR, HOUR))
"""Up to which time by which steps one is promised; beyond them by four hours."""


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """The clocks of one priority: how many counted and were in time, by the time that is `allowed` today.

    `reached` is within which time each of `SHARES` of them was done, in ms on the promise's clock: None where
    there are too few to tell, or so many of them go on. `proposed` is it as a time to promise.
    """

    key: str
    allowed: Allowed
    counted: int
    in_time: int
    reached: tuple[Ms | None, ...]
    proposed: tuple[Allowed | None, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """What the promise alone would have come to with the times that `share` of the clocks keep.

    `share` None: with those of today. `missed` is in how many of the periods, of one of the agreements;
    `cost` is that of all of them, and `unpriced` how many of their periods have no price.
    """

    share: Fraction | None
    counted: int
    in_time: int
    missed: int
    cost: tuple[Amount, ...]
    unpriced: int


@dataclass(frozen=True, slots=True)
class ResponseGuide:
    """What history says of one promise of times. `tried` is empty where nothing was counted.

    `left_out` are (period, why) of those that cannot be settled. `why` says why no time can be proposed.
    """

    group: Group
    promise: str
    stops: str
    by: str
    commitment: str
    labels: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    keys: tuple[KeyTimes, ...] = ()
    tried: tuple[Times, ...] = ()
    why: str = ""

    @property
    def proposes(self) -> bool:
        """Whether it has a time to promise."""
        return any(each is not None for key in self.keys for each in key.proposed)


def response_guides(books: Books, group: Group, months: int) -> tuple[ResponseGuide, ...]:
    """What the last so many months say of each promise of times of a group."""
    terms = group.terms.terms if group.terms else None
    named = terms.promises if terms else ()
    return tuple(
        _guide(books, group, terms, (name, promise), months)
        for name, promise in named
        if terms is not None and is_ticketed(promise.measure)
    )


def promisable(ms: Ms) -> Ms:
    """The time rounded up to one that can be promised: `3 h 41 min` to 4 h."""
    step = next((step for most, step in STEPS if ms <= most), 4 * HOUR)
    return max(-(-ms // step), 1) * step


def _guide(
    books: Books, group: Group, terms: ContractTerms, named: tuple[str, PromiseTerms], months: int
) -> ResponseGuide:
    name, promise = named
    rules = promise.measure.tickets
    clause = next(each for n, each in group.agreements[0].terms[-1].contract.promises if n == name)
    blank = ResponseGuide(
        group=group,
        promise=name,
        stops="" if rules is None else rules.to,
        by="" if rules is None else rules.by,
        commitment=spoken_bound(clause.gate),
    )
    within = promise.measure.within
    if not isinstance(within, tuple) or promise.commitment.of != "share":
        return replace(blank, why="what is promised is a time of all tickets together, not one of each")
    run = _Run(books, group, replace(terms, promises=(named,), termination=()), months)
    known, left_out = run.settled()
    found = replace(
        blank,
        labels=tuple(each.label for each in known),
        left_out=left_out,
        keys=_keys(within, run.clocks(known)),
    )
    if not any(each.counted for each in found.keys):
        return replace(found, why="no ticket of a period that can be settled counted")
    aims = [(share, _aimed(found.keys, place)) for place, share in enumerate(SHARES)]
    tried = [run.tried(None, (), known)]
    tried += [run.tried(share, within, known) for share, within in aims if within]
    return replace(found, tried=tuple(tried))


def _aimed(keys: Sequence[KeyTimes], place: int) -> tuple[tuple[str, Allowed], ...]:
    """The times that are proposed for one of the shares, by priority."""
    return tuple((key.key, time) for key in keys if (time := key.proposed[place]) is not None)


def _keys(within: Sequence[tuple[str, Allowed]], found: Sequence[Response]) -> tuple[KeyTimes, ...]:
    """In the order in which the times are promised; what has no time of its own has that of every other."""
    allowed, told = dict(within), {each.key for each in found}
    named = [key for key, time in within if key and not time.none]
    others = sorted(told - set(allowed)) if "" in allowed else []
    out = []
    for key in (*named, *others):
        own = [each for each in found if each.key == key]
        time = allowed.get(key) or allowed[""]
        ranked = [_ranked(own, share) for share in SHARES]
        out.append(
            KeyTimes(
                key=key,
                allowed=time,
                counted=len(own),
                in_time=sum(not each.late for each in own),
                reached=tuple(None if each is None else each.elapsed for each in ranked),
                proposed=tuple(
                    None if each is None else Allowed(ms=promisable(needed(each)), business=time.business)
                    for each in ranked
                ),
            )
        )
    return tuple(out)


def _ranked(own: Sequence[Response], share: Fraction) -> Course | None:
    """The nearest rank; None of too few, and where the one at that rank is not done yet."""
    if len(own) * (1 - share) < 1:
        return None
    ordered = sorted((each.course for each in own if each.finished), key=needed)
    rank = -(-len(own) * share.numerator // share.denominator)
    return ordered[rank - 1] if rank <= len(ordered) else None


def needed(course: Course) -> Ms:
    """The least time with which a clock that was stopped would have been in time.

    That is more than it ran where it was stopped while it stood: the last instant in time was before.
    """
    told = course.timeline()
    return course.elapsed + (bool(told) and told[-1].state != "running")


class _Run:
    """A promise of a group alone, with any times, on its past periods."""

    def __init__(self, books: Books, group: Group, terms: ContractTerms, months: int) -> None:
        cycle = monthly(group.agreements[0].terms[-1].cycle)
        self._books, self._group, self._terms = books, group, terms
        self._known = periods(cycle, months, books.now)
        first = self._known[0].span.start if self._known else books.now
        self._since = local(first, cycle.zone).date()
        self._today = self._under((), "as today")

    def _under(self, within: Sequence[tuple[str, Allowed]], name: str) -> list[Agreement]:
        """The agreements with these times."""
        ((own, promise),) = self._terms.promises
        times = dict(promise.measure.within) if isinstance(promise.measure.within, tuple) else {}
        measure = replace(promise.measure, within=tuple((times | dict(within)).items()))
        terms = replace(self._terms, promises=((own, replace(promise, measure=measure)),))
        return [under(each, terms, name, self._since) for each in self._group.agreements]

    def settled(self) -> tuple[tuple[Period, ...], tuple[tuple[str, str], ...]]:
        """The periods that all of the group can be settled in, and why others cannot."""
        books, members = self._books, self._today
        good, left_out = [], []
        for period in self._known:
            found = [_outcome(books, each, period) for each in members]
            why = next((each.why for each in found if each.why), "")
            if why:
                left_out.append((period.label, why))
            elif any(each.figure is not None for each in found):
                good.append(period)
        return tuple(good), tuple(left_out)

    def clocks(self, known: Sequence[Period]) -> list[Response]:
        """Every clock that counted, with the times of today."""
        return _clocks(self._books, self._today, known)

    def tried(
        self, share: Fraction | None, within: Sequence[tuple[str, Allowed]], known: Sequence[Period]
    ) -> Times:
        """What it would have come to with these times, where they differ from those of today."""
        books, members = self._books, self._under(within, f"at {share}") if within else self._today
        found = [[_outcome(books, each, period) for period in known] for each in members]
        every = [each for own in found for each in own]
        clocks = _clocks(books, members, known)
        return Times(
            share=share,
            counted=len(clocks),
            in_time=sum(not each.late for each in clocks),
            missed=sum(each.met is False for each in found[0]),
            cost=sums(each.credit for each in every if each.credit is not None),
            unpriced=sum(each.credit is None for each in every),
        )


def _outcome(books: Books, agreement: Agreement, period: Period) -> Outcome:
    nothing = Outcome(period, None, None, None, Fraction(0), Fraction(0), "not in force")
    return outcome(books, agreement, period) or nothing


def _clocks(books: Books, members: Sequence[Agreement], known: Sequence[Period]) -> list[Response]:
    return [
        each
        for member in members
        for period in known
        for _, found in responses(books.case(member, period))
        for each in (*found.in_time, *found.late)
    ]

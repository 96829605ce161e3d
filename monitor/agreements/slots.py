"""Slots: counts of requests by slot, and outages cut into slots. One piece a slot, of size 1.

A slot belongs where it starts. Neighbouring bad slots are one outage and have one cause. What lies outside
the period is kept only where it is bad, so that an outage is judged whole.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Literal

from monitor.agreements.account import spans, term
from monitor.agreements.evidence import SlotRow
from monitor.agreements.grid import Cell, cells, edges
from monitor.agreements.lanes import by_lane, chosen, say_only, scale
from monitor.agreements.pipeline import Account, Accounts, Case, Measure, Piece, Step
from monitor.agreements.terms import BadSlot, MeasureTerms, Only
from monitor.agreements.words import duration, share
from monitor.core.intervals import Ms, Span, Spans, intersect, subtract
from monitor.core.numbers import COMPARE, Bound, Operator
from monitor.core.timeline import outage_id
from monitor.records import dataclass

ONE = Fraction(1)
SLOT = "slot"

Slot = Ms | Literal["probe"]
Checks = tuple[tuple[Bound, Fraction], ...] | None
"""None: people's requests. Else the monitor's checks are the requests, and what each counts by its speed."""

Count = tuple[Fraction, Fraction]
"""Good and all."""


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests of the period: a row is a piece of so many requests, as bad as its share of failed ones.

    Sizes are whole: fractional totals are scaled, all of a promise alike. A row with fewer than
    `min_requests` is good.
    """

    slot: Slot | None = None
    min_requests: int = 0
    only: Only = ()
    checks: Checks = None

    def __call__(self, case: Case) -> Accounts:
        lanes = tuple(_lanes(case, self.only))
        times = scale(row.total for _, _, rows in lanes for row in rows)
        return tuple(self._one(lane, life, rows, times) for lane, life, rows in lanes)

    def _one(self, lane: str, life: Spans, rows: Sequence[SlotRow], times: int) -> Account:
        seen = [row for row in _inside(rows, life) if row.total]
        length = self.slot if isinstance(self.slot, int) else 1
        base = tuple(
            Piece(row.start, row.start + length, int(row.total * times), ONE, lane, "requests")
            for row in seen
        )
        shares = (_failed(row.good, row.total) for row in seen)
        bad = tuple(
            Piece(p.start, p.end, p.size, Fraction(failed, of), lane, outage_id(p.start))
            for p, row, (failed, of) in zip(base, seen, shares, strict=True)
            if failed and not (self.min_requests and row.total < self.min_requests)
        )
        return Account("request", base, bad, promised=base, lane=lane)

    def say(self) -> str:
        sentence = "We count requests: those that failed, out of all of the period"
        return f"{sentence}{_fewer(self.min_requests)}{say_only(self.only)}{_say_checks(self.checks)}."


@dataclass(frozen=True, slots=True)
class Ratios:
    """The unweighted mean of the slots' own ratios, or (with `bad`) the share of slots that are bad.

    A slot without requests, written in the file or not, is good or is left out; one with fewer than
    `min_requests` is good. With slot "probe" each row is a slot, which lasts until the next row, but no
    longer than the shortest distance of two. A run of fewer than `confirmed_by` bad slots is good,
    and so is one whose requests are not within `run_requests`.
    """

    slot: Slot
    bad: BadSlot | None = None
    min_requests: int = 0
    empty: Literal["good", "left out"] = "good"
    partial: Literal["left out", "counted"] = "left out"
    only: Only = ()
    confirmed_by: int = 1
    run_requests: Bound | None = None
    checks: Checks = None

    def __call__(self, case: Case) -> Accounts:
        return tuple(self._one(lane, life, rows, case) for lane, life, rows in _lanes(case, self.only))

    def _one(self, lane: str, life: Spans, rows: Sequence[SlotRow], case: Case) -> Account:
        found = _inside(rows, life)
        if isinstance(self.slot, int):
            ends = [Span(row.start, row.start + 1) for row in (*found[:1], *found[-1:])]
            bounds = edges(_hull(ends, case), self.slot, case.period.zone)
            counts = _by_slot(found, bounds)
        else:
            bounds, counts = (), _by_slot(found, sorted({row.start for row in found}))
        slots = _slots(bounds, sorted(counts), life, case, self.partial)
        here = case.period.span
        seen = [(s, counts.get(s[0])) for s in slots]
        if self.empty == "left out":
            seen = [(slot, count) for slot, count in seen if count and count[1]]
        base = tuple(
            Piece(start, end, 1, ONE, lane, SLOT)
            for (_, start, end), _ in seen
            if here.start <= start < here.end
        )
        rated = [
            (start, end, rate) for (_, start, end), count in seen if count and (rate := self._rate(*count))
        ]
        bad = _confirmed(_named(rated, lane), self.confirmed_by)
        if self.run_requests is not None:
            asked = {start: counts[origin][1] for (origin, start, _), count in seen if count}
            bad = _asked(bad, asked, self.run_requests)
        return Account("slot", base, bad, promised=base, lane=lane)

    def _rate(self, good: Fraction, total: Fraction) -> Fraction | None:
        """How bad a slot is; None for a good one."""
        failed, of = _failed(good, total)
        if not of or (self.min_requests and total < self.min_requests):
            return None
        if self.bad is None:
            return Fraction(failed, of) if failed else None
        return ONE if _fails(self.bad, failed, of) else None

    def say(self) -> str:
        each = _each(self.slot)
        if self.bad is None:
            sentence = (
                f"We take the share of requests that failed in {each}, and the plain mean of those shares"
            )
        else:
            run = f", {self.confirmed_by} or more in a row" if self.confirmed_by > 1 else ""
            if self.run_requests is not None:
                run += f", in runs of {_least(self.run_requests)} requests"
            sentence = f"We judge {each}: it is bad if {_say_bad(self.bad)}{run}; "
            sentence += "the figure is the share of good ones"
        empty = "is good" if self.empty == "good" else "is left out"
        return (
            f"{sentence}; a slot without requests {empty}"
            f"{_fewer(self.min_requests)}{_say_partial(self.slot, self.partial)}{say_only(self.only)}"
            f"{_say_checks(self.checks)}."
        )


@dataclass(frozen=True, slots=True)
class IntoSlots:
    """Downtime cut into slots on the clock, after exclusions: bad is a slot that is down for so long.

    What is judged of a slot is the time that is in the base: a slot that an exclusion or unseen time left
    nothing of does not count. What is cut by the start or the end of the promise is a partial slot.
    """

    slot: Ms
    bad: BadSlot
    partial: Literal["left out", "counted"] = "left out"

    def __call__(self, accounts: Accounts, case: Case) -> Accounts:
        return tuple(self._one(account, case) for account in accounts)

    def _one(self, account: Account, case: Case) -> Account:
        down, base = spans(account.bad), spans(account.base)
        bounds = edges(_hull(down, case), self.slot, case.period.zone)
        counted = self.partial == "counted"
        lane = account.lane
        life = spans(account.promised)
        found = [(start, end) for start, end, whole in _cells(bounds, life, case) if whole or counted]
        left, ill = _overlaps(found, base), _overlaps(found, down)
        unseen = _overlaps(found, spans(account.unknown))
        here = case.period.span
        low, high = (bisect_left(found, at, key=itemgetter(0)) for at in (here.start, here.end))
        promised = tuple(Piece(start, end, 1, ONE, lane, SLOT) for start, end in found[low:high])
        rated = [
            (start, end, ONE)
            for (start, end), whole, part in zip(found, left, ill, strict=True)
            if part and self._bad(part, whole)
        ]
        return Account(
            unit="slot",
            base=tuple(p for p, whole in zip(promised, left[low:high], strict=True) if whole),
            bad=_named(rated, lane),
            unknown=tuple(
                Piece(p.start, p.end, 1, Fraction(dark, p.end - p.start), lane, "unobserved")
                for p, dark in zip(promised, unseen[low:high], strict=True)
                if dark
            ),
            excused=account.excused,
            windows=account.windows,
            lines=account.lines,
            promised=promised,
            lane=lane,
            misses=account.misses,
            fixed=account.fixed,
        )

    def _bad(self, down: Ms, whole: Ms) -> bool:
        if self.bad.of == "wholly down":
            return down >= whole
        return COMPARE[self.bad.sign](Fraction(down), self.bad.limit or Fraction(0))

    def say(self) -> str:
        sentence = f"The time is cut into slots of {duration(self.slot)} on the clock; a slot is bad if "
        return f"{sentence}{_say_bad(self.bad)}{_say_partial(self.slot, self.partial)}."


def rule(terms: MeasureTerms, confirmed_by: int | None = None, requests: Bound | None = None) -> Measure:
    """The measure of evidence "slots"."""
    checks = terms.score if terms.requests == "checks" else None
    if terms.as_ == "total":
        return Requests(terms.slot, terms.min_requests, terms.only, checks)
    slot: Slot = "probe" if terms.slot is None else terms.slot
    bad = terms.bad if terms.as_ == "bad slots" else None
    confirmed = (bad and confirmed_by) or 1
    least = requests if bad else None
    return Ratios(
        slot, bad, terms.min_requests, terms.empty, terms.partial, terms.only, confirmed, least, checks
    )


def steps(terms: MeasureTerms) -> tuple[Step, ...]:
    """The step that cuts outages into slots, where the promise says so."""
    if terms.evidence != "outages" or not isinstance(terms.slot, int):
        return ()
    return (IntoSlots(terms.slot, terms.bad or BadSlot("wholly down"), terms.partial),)


def _lanes(case: Case, only: Only) -> Iterator[tuple[str, Spans, Sequence[SlotRow]]]:
    rows: Iterable[SlotRow] = case.evidence.slots
    if only:
        rows = (row for row in rows if chosen(only, {**row.columns, "resource": row.resource}))
    for lane, life, own in by_lane(rows, case):
        yield lane, life, sorted(own, key=lambda row: row.start)


def _inside(rows: Sequence[SlotRow], life: Spans) -> list[SlotRow]:
    """The rows (in order) that start in a resource's life."""
    if len(life) == 1:
        start, end = life[0].start, life[0].end
        return [row for row in rows if start <= row.start < end]
    return [row for row in rows if any(row.start in span for span in life)]


def _by_slot(rows: Iterable[SlotRow], bounds: Sequence[Ms]) -> dict[Ms, Count]:
    """What each slot counts, by its start; rows of one slot are added up."""
    found: dict[Ms, Count] = {}
    at, last = 0, len(bounds) - 1
    for row in rows:
        while at < last and bounds[at + 1] <= row.start:
            at += 1
        if not bounds or row.start < bounds[at]:
            continue
        before = found.get(bounds[at])
        found[bounds[at]] = (
            (row.good, row.total) if before is None else (before[0] + row.good, before[1] + row.total)
        )
    return found


def _hull(there: Sequence[Span], case: Case) -> Span:
    """The period and what is bad around it, but at most a period's length to either side."""
    span = case.period.span
    if not there:
        return span
    start, end = min(span.start, there[0].start), max(span.end, there[-1].end)
    return Span(max(start, span.start - span.length), min(end, span.end + span.length))


def _cells(bounds: tuple[Ms, ...], life: Spans, case: Case) -> Iterator[Cell]:
    """The slots of a life: around the period, and in it as far as it is in force; its edges cut them."""
    span = case.period.span
    before, after = Span(min(bounds[0], span.start), span.start), Span(span.end, max(bounds[-1], span.end))
    for region in ((before,), term(case), (after,)):
        where = intersect(life, region)
        if where:
            low = max(bisect_right(bounds, where[0].start) - 1, 0)
            high = bisect_left(bounds, where[-1].end) + 1
            yield from cells(bounds[low:high], where)


Found = tuple[Ms, Ms, Ms]
"""The start of a slot on the clock, and its start and end as far as it exists."""


def _slots(bounds: tuple[Ms, ...], rows: Sequence[Ms], life: Spans, case: Case, partial: str) -> list[Found]:
    if not bounds:
        never = subtract((case.period.span,), term(case))
        exists = subtract(life, never)
        return [(start, start, end) for start, end in _ticks(rows) if any(start in span for span in exists)]
    return list(_with_origin(bounds, _cells(bounds, life, case), partial == "counted"))


def _with_origin(bounds: tuple[Ms, ...], found: Iterable[Cell], partial: bool) -> Iterator[Found]:
    at = 0
    for start, end, whole in found:
        while bounds[at + 1] <= start:
            at += 1
        if whole or partial:
            yield (bounds[at], start, end)


def _ticks(starts: Sequence[Ms]) -> Iterator[tuple[Ms, Ms]]:
    """Probes as slots: each lasts to the next, but no longer than the shortest step."""
    step = min((after - before for before, after in pairwise(starts)), default=1)
    return ((start, start + step) for start in starts)


def _overlaps(slots: Sequence[tuple[Ms, Ms]], where: Spans) -> list[Ms]:
    """How much of each slot lies in the spans; only the slots that one touches are looked at."""
    out = [0] * len(slots)
    for span in where:
        at = bisect_right(slots, span.start, key=itemgetter(1))
        while at < len(slots) and slots[at][0] < span.end:
            start, end = slots[at]
            out[at] += min(end, span.end) - max(start, span.start)
            at += 1
    return out


def _named(rated: Iterable[tuple[Ms, Ms, Fraction]], lane: str) -> tuple[Piece, ...]:
    """Bad slots; those that touch have the name of the first."""
    out: list[Piece] = []
    reached, cause = None, ""
    for start, end, rate in rated:
        if start != reached:
            cause = outage_id(start)
        out.append(Piece(start, end, 1, rate, lane, cause))
        reached = end
    return tuple(out)


def _confirmed(bad: tuple[Piece, ...], least: int) -> tuple[Piece, ...]:
    """The bad slots but for runs of fewer than so many."""
    if least == 1:
        return bad
    runs = [tuple(run) for _, run in groupby(bad, key=lambda p: p.cause)]
    return tuple(p for run in runs if len(run) >= least for p in run)


def _asked(bad: tuple[Piece, ...], asked: Mapping[Ms, Fraction], bound: Bound) -> tuple[Piece, ...]:
    """The bad slots but for runs with too few requests; `asked` has those of each slot by its start."""
    runs = [tuple(run) for _, run in groupby(bad, key=lambda p: p.cause)]
    enough = (run for run in runs if bound.holds(sum((asked[p.start] for p in run), Fraction(0))))
    return tuple(p for run in enough for p in run)


def _failed(good: Fraction, total: Fraction) -> tuple[int, int]:
    """The share of failed requests, as two whole numbers: not divided, since most are nothing."""
    over, under = total.as_integer_ratio()
    of_good, under_good = good.as_integer_ratio()
    return over * under_good - of_good * under, over * under_good


def _fails(bad: BadSlot, failed: int, of: int) -> bool:
    if bad.of == "all fail":
        return failed == of
    limit = bad.limit or Fraction(0)
    return _COMPARED[bad.sign](failed * limit.denominator, limit.numerator * of)


_COMPARED: dict[Operator, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip


def _least(bound: Bound) -> str:
    return f"{_HOW[bound.sign]} {int(bound.value):,}"


def _fewer(least: int) -> str:
    return f"; a slot with fewer than {least:,} requests is good" if least else ""


def _say_checks(checks: Checks) -> str:
    """`; our own checks are the requests; a check that takes at most 1 s counts 100 %`, or nothing."""
    if checks is None:
        return ""
    of = [
        f"one that takes {_HOW[b.sign]} {duration(int(b.value))} counts {share(part)}" for b, part in checks
    ]
    slow = ", a slower one is a failed one" if checks else ""
    return f"; our planned checks are the requests{''.join(f', {each}' for each in of)}{slow}"


def _each(slot: Slot) -> str:
    return "each probe" if slot == "probe" else f"each slot of {duration(slot)} on the clock"


def _say_partial(slot: Slot, partial: str) -> str:
    if slot == "probe":
        return ""
    what = "is left out" if partial == "left out" else "counts like any other"
    return f"; a slot cut by the edge of the period {what}"


def _say_bad(bad: BadSlot) -> str:
    """`more than 5 % of its requests fail`."""
    if bad.of == "all fail":
        return "all its requests fail"
    if bad.of == "wholly down":
        return "it is down throughout"
    how, limit = _HOW[bad.sign], bad.limit or Fraction(0)
    if bad.of == "errors":
        return f"{how} {share(limit)} of its requests fail"
    return f"it is down for {how} {duration(int(limit))}"


_HOW = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most", "=": "exactly"}

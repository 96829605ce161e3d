"""Metrics: samples of a figure that is no availability, such as latency, loss or jitter.

Where each slot or sample is good or bad the figure is a share, like any other. Otherwise the figure is the
samples' mean, maximum or percentile, in the metric's unit; no sample at all is an error, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Literal

from monitor.agreements.account import size, term, weight
from monitor.agreements.evidence import Sample
from monitor.agreements.grid import cells, edges
from monitor.agreements.lanes import by_lane, chosen, say_only, scale
from monitor.agreements.pipeline import Account, Accounts, Case, Formula, Measure, Piece, Reading
from monitor.agreements.terms import BadSlot, MeasureTerms, Only
from monitor.agreements.words import decimals, duration
from monitor.core.intervals import Ms, Spans, intersect
from monitor.core.numbers import COMPARE
from monitor.core.timeline import outage_id
from monitor.errors import EvidenceRefused
from monitor.records import dataclass

ONE = Fraction(1)

How = Literal["mean", "max", "p50", "p90", "p95", "p99"]
Weighed = tuple[Fraction, int]
"""A value, and what it weighs."""

_SHARES = {
    "p50": Fraction(50, 100),
    "p90": Fraction(90, 100),
    "p95": Fraction(95, 100),
    "p99": Fraction(99, 100),
}


def summary(how: How, values: Iterable[Weighed]) -> Fraction | None:
    """One figure of weighed values, exactly; None for none.

    A percentile is the nearest rank: the least value that at least that share of the weight does not exceed.
    """
    found = [(value, heavy) for value, heavy in values if heavy > 0]
    if not found:
        return None
    if how == "mean":
        pieces = (Piece(0, 0, heavy, value, "", "") for value, heavy in found)
        return weight(pieces) / sum(heavy for _, heavy in found)
    if how == "max":
        return max(value for value, _ in found)
    return _ranked(sorted(found), _SHARES[how])


def _ranked(ordered: Sequence[Weighed], share: Fraction) -> Fraction:
    rank = ceil(share * sum(heavy for _, heavy in ordered))
    passed = 0
    for value, heavy in ordered:
        passed += heavy
        if passed >= rank:
            return value
    return ordered[-1][0]


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples as pieces: the rate is the value, the size the weight (scaled to whole numbers).

    With `slot` the samples of a slot become one figure of weight 1 (`each_slot`). With `bad` each slot, or
    each sample, is good or bad, and a slot without samples is good or left out. EvidenceRefused where a
    resource that existed has no sample of any weight in the period.
    """

    metric: str | None = None
    slot: Ms | None = None
    each_slot: How = "mean"
    bad: BadSlot | None = None
    empty: Literal["good", "left out"] = "good"
    partial: Literal["left out", "counted"] = "left out"
    only: Only = ()
    unit: str = ""

    def __call__(self, case: Case) -> Accounts:
        rows = (row for row in case.evidence.samples if self._looks_at(row))
        lanes = by_lane(rows, case)
        times = scale(row.weight for _, _, own in lanes for row in own)
        return tuple(self._one(lane, life, own, times, case) for lane, life, own in lanes)

    def _looks_at(self, row: Sample) -> bool:
        if self.metric is not None and row.metric not in ("", self.metric):
            return False
        columns = {**row.columns, "resource": row.resource, "metric": row.metric} if self.only else {}
        return chosen(self.only, columns)

    def _one(self, lane: str, life: Spans, rows: Sequence[Sample], times: int, case: Case) -> Account:
        here = intersect(life, term(case))
        seen = sorted((row for row in rows if any(row.start in span for span in here)), key=lambda r: r.start)
        if here and not any(row.weight for row in seen):
            raise EvidenceRefused(self._none(lane, case))
        base = tuple(self._pieces(lane, seen, here, times, case))
        if self.bad is None:
            return Account("sample", base, (), promised=base, lane=lane)
        return _judged(self.bad, base, lane)

    def _pieces(
        self, lane: str, seen: Sequence[Sample], here: Spans, times: int, case: Case
    ) -> Iterator[Piece]:
        weighed = [(row.start, (row.value, int(row.weight * times))) for row in seen]
        if self.slot is not None:
            yield from self._slots(lane, weighed, here, self.slot, case)
            return
        for (start, (value, heavy)), end in zip(weighed, _ends([at for at, _ in weighed]), strict=True):
            if heavy:
                yield Piece(start, end, heavy, value, lane, "sample")

    def _slots(
        self, lane: str, weighed: Sequence[tuple[Ms, Weighed]], here: Spans, slot: Ms, case: Case
    ) -> Iterator[Piece]:
        at = 0
        for start, end, whole in cells(edges(case.period.span, slot, case.period.zone), here):
            while at < len(weighed) and weighed[at][0] < start:
                at += 1
            values = []
            while at < len(weighed) and weighed[at][0] < end:
                values.append(weighed[at][1])
                at += 1
            figure = summary(self.each_slot, values)
            if whole or self.partial == "counted":
                if figure is not None:
                    yield Piece(start, end, 1, figure, lane, "slot")
                elif self.bad is not None and self.empty == "good":
                    yield Piece(start, end, 1, ONE, lane, EMPTY)

    def _none(self, lane: str, case: Case) -> str:
        name = f' "{self.metric}"' if self.metric else ""
        return (
            f"{case.period.label}: no sample of the metric{name} for {lane}: nothing measured is no pass; "
            "give the samples of the period"
        )

    def say(self) -> str:
        name = self.metric or "the metric"
        unit = f" in {self.unit}" if self.unit else ""
        sentence = f"We measure {name}{unit}"
        if self.slot is not None:
            sentence += f", {_NAMES[self.each_slot]} of each slot of {duration(self.slot)} on the clock"
        if self.bad is not None:
            of = "slot" if self.slot is not None else "sample"
            sentence += (
                f"; a {of} is bad if it is {_say(self.bad, self.unit)}; the figure is the share of good ones"
            )
        return f"{sentence}{say_only(self.only)}."


EMPTY = "no sample"


def _judged(bad: BadSlot, base: tuple[Piece, ...], lane: str) -> Account:
    holds, limit = COMPARE[bad.sign], bad.limit or Fraction(0)
    plain = tuple(Piece(p.start, p.end, p.size, ONE, lane, p.cause) for p in base)
    failed: list[Piece] = []
    for p in base:
        if p.cause != EMPTY and holds(p.rate, limit):
            touches = failed and failed[-1].end == p.start
            cause = failed[-1].cause if touches else outage_id(p.start)
            failed.append(Piece(p.start, p.end, p.size, ONE, lane, cause))
    return Account("slot", plain, tuple(failed), promised=plain, lane=lane)


def _ends(starts: Sequence[Ms]) -> list[Ms]:
    """Each sample lasts to the next, but no longer than the shortest step."""
    step = min((after - before for before, after in pairwise(starts) if before < after), default=1)
    return [start + step for start in starts]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The figure of a metric, in its unit: one reading for each account.

    `down` and `bad` are nothing, since a metric is no time. None where exclusions left no sample.
    """

    how: How
    unit: str = ""
    of: str = "of all of them in the period"

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]:
        return tuple(self._one(account) for account in accounts)

    def _one(self, account: Account) -> Reading:
        return Reading(
            lane=account.lane,
            value=summary(self.how, ((p.rate, p.size) for p in account.base)),
            bad=Fraction(0),
            base=size(account.base),
            outages=(),
            coverage=Fraction(1),
            misses=account.misses,
        )

    def say(self) -> str:
        how = _NAMES[self.how] if self.of != OF_TICKETS else _NAMES[self.how].partition(" (weighted")[0]
        return f"The figure is {how} {self.of}, exact and not rounded."


def rule(terms: MeasureTerms) -> Measure:
    """The measure of evidence "metrics"."""
    slot = terms.slot if isinstance(terms.slot, int) else None
    bad = terms.bad if terms.as_ == "bad slots" else None
    return Samples(
        terms.metric, slot, terms.each_slot or "mean", bad, terms.empty, terms.partial, terms.only, terms.unit
    )


def formula(terms: MeasureTerms) -> Formula | None:
    """The formula of a metric whose figure is a value; None where the figure is a share."""
    if terms.as_ is None or terms.as_ == "bad slots" or terms.as_ == "total" or not is_value(terms):
        return None
    if terms.evidence == "tickets":
        return Aggregate(terms.as_, terms.unit, OF_TICKETS)
    return Aggregate(terms.as_, terms.unit)


def is_value(terms: MeasureTerms) -> bool:
    """Whether the figure is a number of the metric, or a time of tickets, and no share."""
    return terms.evidence in ("metrics", "tickets") and terms.as_ not in (None, "bad slots", "total")


OF_TICKETS = "of the times of all that were done, or were late, in the period"
_NAMES: dict[How, str] = {
    "mean": "the mean (weighted, where samples have weights)",
    "max": "the highest",
    "p50": "the 50th percentile (nearest rank)",
    "p90": "the 90th percentile (nearest rank)",
    "p95": "the 95th percentile (nearest rank)",
    "p99": "the 99th percentile (nearest rank)",
}


def _say(bad: BadSlot, unit: str) -> str:
    how = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below", "=": "exactly"}[bad.sign]
    number = f"{_decimal(bad.limit or Fraction(0))} {unit}".strip()
    return f"{how} {number}"


def _decimal(value: Fraction) -> str:
    digits = decimals(value)
    if digits is None:
        return f"{value.numerator}/{value.denominator}"
    return f"{Decimal((value * 10**digits).numerator).scaleb(-digits):f}"

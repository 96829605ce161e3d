"""What the oracle's figures cost: schedules, bases, caps and rounding, read off the terms in turn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from monitor.agreements.pipeline import Case
from monitor.agreements.schedule import (
    Amount,
    Each,
    GreatestOf,
    Manual,
    NoCredits,
    Node,
    ProRata,
    Row,
    Rows,
    SumOf,
)
from monitor.agreements.terms import BaseTerms, Cap, ContractTerms, LimitsTerms, RoundingTerms, Terms
from monitor.core.intervals import DAY
from tests.agreements.cells_oracle import Beyond, Figure, Grid, is_value, rounded, stretch, to_places
from tests.agreements.generated import Generated

ZERO = Fraction(0)
ORDER = ("outage", "day", "week", "period", "month", "quarter", "year")


class Unpriced(Exception):
    """A figure that stands in no row, or in two."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a schedule is asked about: a period, one outage or one miss. Times are ms."""

    lane: str
    figure: Fraction | None
    met: bool
    promised: bool
    down: Fraction
    time: Fraction
    outages: tuple[tuple[int, Fraction, Fraction], ...]
    misses: tuple[tuple[int, int, int, int, int], ...]
    bad: Fraction
    key: str = ""
    at: int | None = None
    inside: str = "period"

    @property
    def owes(self) -> bool:
        return not self.met or not self.promised


@dataclass(frozen=True, slots=True)
class Owed:
    """A share, ms of fees, months of fees or money, and what it is for; `times` is how often time is paid."""

    kind: str
    amount: Fraction
    look: Look
    times: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Paid:
    """Money, and what it is for."""

    amount: Fraction
    key: str
    at: int | None
    lane: str


def looks(found: Sequence[Figure], terms: Terms) -> list[Look]:
    """The figures as the gate leaves them."""
    return [_look(each, terms) for each in found]


def _look(found: Figure, terms: Terms) -> Look:
    bound = terms.commitment.bound
    figure = None if found.value is None else rounded(found.value, terms)
    asked = found.down if terms.commitment.of == "downtime" else figure
    met = bound is None or asked is None or bound.holds(asked)
    time = found.time
    return Look(
        found.lane, figure, met, bound is not None, found.down, time, found.outages, found.misses, found.bad
    )


# --- schedules -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pricing:
    """The terms of a promise in a case, as far as money needs them."""

    terms: Terms
    rounding: RoundingTerms
    drawn: Generated

    def asked(self, node: Node, look: Look) -> list[Owed]:
        """What a schedule makes of a period; nothing where the promise was kept, unless it says otherwise."""
        if isinstance(node, SumOf):
            return [owed for each in node.of for owed in self.asked(each, look)]
        if isinstance(node, GreatestOf):
            return self._most([self.asked(each, look) for each in node.of])
        anyway = getattr(node, "if_met", None) == "as the table"
        return self.owed(node, look) if look.owes or anyway else []

    def owed(self, node: Node, look: Look) -> list[Owed]:
        if isinstance(node, NoCredits | Manual):
            return []
        if isinstance(node, Amount):
            return [Owed(node.kind, node.amount, look)]
        if isinstance(node, Rows):
            return self._rows(node, look)
        if isinstance(node, Each):
            return self._each(node, look)
        if isinstance(node, ProRata):
            time = look.down - self._free(node.beyond, look)
            return [Owed("time", time * node.times, look, node.times)] if time > 0 else []
        if isinstance(node, SumOf):
            return [owed for each in node.of for owed in self.owed(each, look)]
        return self._most([self.owed(each, look) for each in node.of])

    def _most(self, choices: list[list[Owed]]) -> list[Owed]:
        return max(choices, key=lambda owed: sum((self.money(each) for each in owed), ZERO), default=[])

    def _free(self, beyond: str | Fraction | None, look: Look) -> Fraction:
        if not isinstance(beyond, str):
            return beyond or ZERO
        bound = self.terms.commitment.bound
        assert bound is not None
        return bound.value if self.terms.commitment.of == "downtime" else (1 - bound.value) * look.time

    def _each(self, node: Each, look: Look) -> list[Owed]:
        out: list[Owed] = []
        for count, one in self._occasions(node, look):
            if count:
                out += [replace(owed, amount=owed.amount * count) for owed in self.owed(node.credit, one)]
        return out

    def _occasions(self, node: Each, look: Look) -> list[tuple[Fraction, Look]]:
        if node.of == "time":
            return [(_units(look.down - self._free(node.beyond, look), node), look)]
        if node.of == "share":
            return [(_units(self._shortfall(node, look), node), look)]
        if node.of == "outage":
            return [(Fraction(1), one) for one in _outages(look)]
        if node.of == "miss":
            return [(Fraction(1), one) for one in _misses(look)]
        if node.of == "bad slot":
            return [(Fraction(look.bad), look)]
        return [(Fraction(miss[3]), one) for one in _misses(look) for miss in one.misses]

    def _shortfall(self, node: Each, look: Look) -> Fraction:
        bound = self.terms.commitment.bound
        start = node.beyond if isinstance(node.beyond, Fraction) else bound.value if bound else None
        return ZERO if start is None or look.figure is None else start - look.figure

    def _rows(self, node: Rows, look: Look) -> list[Owed]:
        number = self._number(node.by, look)
        if number is None:
            return []
        row = self._row(node, number, look)
        return [] if row is None else self.owed(row.credit, look)

    def _number(self, by: str, look: Look) -> Fraction | None:
        if by == "figure":
            return look.figure
        if by == "downtime":
            return look.down
        if by == "longest outage":
            return max((length for _, length, _ in look.outages), default=ZERO)
        if by == "outages":
            return Fraction(len(look.outages))
        if by == "misses":
            return Fraction(sum(count for *_, count in look.misses))
        if by == "delay":
            return max((Fraction(end - due) for _, due, end, _, _ in look.misses), default=ZERO)
        if by == "overshoot":
            return self._overshoot(look)
        raise Beyond(f"rows by {by}")

    def _overshoot(self, look: Look) -> Fraction | None:
        bound = self.terms.commitment.bound
        if look.inside == "miss":
            start, due, end, _, _ = look.misses[0]
            return Fraction(end - due, due - start)
        if look.figure is None or bound is None:
            return None
        past = look.figure - bound.value
        return (past if bound.sign in ("<", "<=") else -past) / bound.value

    def _row(self, node: Rows, number: Fraction, look: Look) -> Row | None:
        holding = [row for row in node.rows if all(bound.holds(number) for bound in row.bounds)]
        single = [row for row in holding if len(row.bounds) == 1]
        if len(single) > 1:  # those open on one side: the one that begins furthest out
            down = single[0].bounds[0].sign in ("<", "<=")
            ends = [row.bounds[0].value for row in single]
            deepest = single[ends.index(min(ends) if down else max(ends))]
            holding = [row for row in holding if len(row.bounds) > 1 or row is deepest]
        if len(holding) > 1:
            return self._overlapping(node, holding, look)
        return holding[0] if holding else _neighbour(node, number, look)

    def _overlapping(self, node: Rows, holding: list[Row], look: Look) -> Row:
        if node.overlap is None:
            raise Unpriced
        if node.overlap == "first row":
            return holding[0]
        return max(holding, key=lambda row: sum((self.money(o) for o in self.owed(row.credit, look)), ZERO))

    # --- what it comes to

    def money(self, owed: Owed) -> Fraction:
        """The price of one thing owed, before any limit."""
        base = self.base(owed.look.lane)
        if owed.kind == "share":
            return base * owed.amount
        if owed.kind == "money":
            return owed.amount
        if owed.kind == "months":
            return self._lines("month", owed.look.lane) * owed.amount
        if owed.kind != "time":
            raise Beyond(f"what is owed in {owed.kind}")
        ratio = owed.amount / owed.times / self._length(owed.look)
        if self.rounding.ratio is not None:
            ratio = to_places(ratio, self.rounding.ratio, "half-up")
        return base * ratio * owed.times

    def _length(self, look: Look) -> Fraction:
        said, span = self.terms.base, self.drawn.case.period.span
        if said.day is not None:
            return DAY / said.day
        if said.fee in ("year", "contract", "at risk"):
            return Fraction(span.length)  # the fees of a generated case are all for the period
        return look.time or Fraction(span.length)

    def base(self, lane: str = "") -> Fraction:
        return self._lines(self.terms.base.fee, lane) * self.terms.base.share / self.terms.base.divided_by

    def _lines(self, fee: str, lane: str) -> Fraction:
        return fee_of(self.terms.base, fee, lane, self.drawn.case)

    def paid(self, found: Iterable[Look]) -> list[Paid]:
        """What all figures come to, before any limit."""
        return [
            Paid(self.money(owed), owed.look.key, owed.look.at, owed.look.lane)
            for look in found
            for owed in self.asked(self.terms.credits, look)
        ]


def fee_of(said: BaseTerms, fee: str, lane: str, case: Case) -> Fraction:
    """What the chosen items of a fee cost."""
    lines = [line for line in case.fees[fee] if line.item not in said.except_]
    if said.items:
        lines = [line for line in lines if line.item in said.items]
    if said.greater_of:
        lines = [max((x for x in lines if x.item in said.greater_of), key=lambda x: x.money.amount)]
    if said.per == "resource" and lane:
        lines = [line for line in lines if line.item == lane]
    whole = said.part_period == "whole fee"
    return sum((line.whole if whole and line.whole else line.money).amount for line in lines) + ZERO


def _units(much: Fraction, node: Each) -> Fraction:
    units = max(ZERO, much) / node.size
    if node.part == "full":
        return Fraction(math.floor(units))
    return Fraction(math.ceil(units)) if node.part == "or part" else units


def _outages(look: Look) -> list[Look]:
    return [
        replace(look, inside="outage", outages=(one,), down=one[2], key=f"{look.lane} {number}", at=one[0])
        for number, one in enumerate(look.outages)
    ]


def _misses(look: Look) -> list[Look]:
    if look.inside == "miss":
        return [look]
    return [
        replace(
            look,
            inside="miss",
            misses=((*miss[:4], 1),),
            outages=(),
            down=Fraction(miss[2] - miss[1]),
            key=f"{look.lane} {miss[:2]} {number} {n}",
            at=miss[1],
        )
        for number, miss in enumerate(look.misses)
        for n in range(miss[4])
    ]


def _neighbour(node: Rows, number: Fraction, look: Look) -> Row | None:
    lows = [(b.value, row) for row in node.rows for b in row.bounds if b.sign in (">", ">=")]
    highs = [(b.value, row) for row in node.rows for b in row.bounds if b.sign in ("<", "<=")]
    above = [(value, row) for value, row in lows if value >= number]
    below = [(value, row) for value, row in highs if value <= number]
    if node.in_no_row == "row above" and above:
        return min(above, key=lambda one: one[0])[1]
    if node.in_no_row == "row below" and below:
        return max(below, key=lambda one: one[0])[1]
    if node.in_no_row == "no credit" or look.met:
        return None
    raise Unpriced


# --- limits ----------------------------------------------------------------------------------------------


def credit(drawn: Generated, found: dict[str, list[Figure]]) -> tuple[Fraction, Fraction]:
    """The exact sum that goes into the last rounding, and what it is rounded to, of all promises together."""
    terms = drawn.terms
    alone = len(terms.promises) == 1
    whole = terms.promises[0][1].rounding if alone else terms.rounding or RoundingTerms()
    parts = []
    for name, each in that_apply(terms):
        pricing = Pricing(each, whole, drawn)
        paid = pricing.paid(looks(found[name], each))
        paid = limited(paid, each.limits, pricing.base(), whole, drawn)
        if not alone and whole.line == "promise":
            paid = [Paid(to_places(_sum(paid), 2, whole.money), "", None, "")]
        parts.append(paid)
    left = max(parts, key=_sum) if terms.together == "highest" else [paid for part in parts for paid in part]
    if not alone:
        base = fee_of(_shared_base(terms), _shared_base(terms).fee, "", drawn.case)
        base = base * _shared_base(terms).share / _shared_base(terms).divided_by
        left = limited(left, terms.limits or LimitsTerms(), base, RoundingTerms(), drawn)
    return _sum(left), to_places(_sum(left), 2, whole.money)


def _shared_base(terms: ContractTerms) -> BaseTerms:
    said = {each.base for _, each in terms.promises}
    return said.pop() if len(said) == 1 else BaseTerms()


def that_apply(terms: ContractTerms) -> list[tuple[str, Terms]]:
    """The promises; of several under "lowest commitment" the one that applies, be the others kept or not."""
    promises = list(terms.promises)
    if terms.together != "lowest commitment":
        return promises
    bounds = [each.commitment.bound for _, each in promises]
    values = [bound.value if bound else Fraction(-1) for bound in bounds]
    return [promises[values.index(min(values))]]


def limited(
    paid: list[Paid], limits: LimitsTerms, base: Fraction, rounding: RoundingTerms, drawn: Generated
) -> list[Paid]:
    """Caps from the narrowest span to the widest, with the rounding of narrow lines, then the least."""
    narrow = ("outage",) if rounding.line == "outage" else ("outage", "day", "week")
    caps = sorted(limits.at_most, key=lambda cap: _width(cap, drawn))
    for cap in (cap for cap in caps if cap.per in narrow):
        paid = _capped(paid, cap, base, drawn)
    if rounding.line in ("outage", "resource"):
        paid = _lined(paid, rounding)
    for cap in (cap for cap in caps if cap.per not in narrow):
        paid = _capped(paid, cap, base, drawn)
    total = _sum(paid)
    if limits.only_if and total and not _more(total, limits.only_if[0], limits.only_if[1].amount):
        paid = []
    if limits.raised_to and 0 < _sum(paid) < limits.raised_to.amount:
        paid = [Paid(limits.raised_to.amount, "", None, "")]
    return paid


def _width(cap: Cap, drawn: Generated) -> tuple[int, int]:
    days = {"outage": 0, "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
    days["period"] = 92 if "quarter" in drawn.scale.every else 31
    return days[cap.per], ORDER.index(cap.per)


def _more(total: Fraction, sign: str, least: Fraction) -> bool:
    return total > least if sign == ">" else total >= least


def _sum(paid: Iterable[Paid]) -> Fraction:
    return sum((each.amount for each in paid), ZERO)


def _lined(paid: list[Paid], rounding: RoundingTerms) -> list[Paid]:
    lines: dict[str, list[Paid]] = {}
    for each in paid:
        lines.setdefault(each.key if rounding.line == "outage" else each.lane, []).append(each)
    return [replace(own[0], amount=to_places(_sum(own), 2, rounding.money)) for own in lines.values()]


def _capped(paid: list[Paid], cap: Cap, base: Fraction, drawn: Generated) -> list[Paid]:
    most = base * cap.amount if cap.of == "base" else cap.amount
    if cap.of not in ("base", "EUR"):
        raise Beyond(f"a cap of {cap.of}")
    most = max(ZERO, most - _credited(cap, drawn))
    left: dict[object, Fraction] = {}
    out = []
    for each in paid:
        key = _span_of(cap, each, drawn)
        rest = left.setdefault(key, most)
        take = min(rest, each.amount)
        left[key] = rest - take
        out.append(replace(each, amount=take))
    return out


def _span_of(cap: Cap, paid: Paid, drawn: Generated) -> object:
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    if cap.per == "outage":
        return paid.key
    if cap.per == "day":
        at = paid.at if paid.at is not None else drawn.scale.start
        return grid.date(min(max(at, drawn.scale.start), drawn.scale.end - 1) // drawn.scale.grain)
    if cap.per == "month" and "quarter" in drawn.scale.every:
        raise Beyond("a cap per month of a period of three")
    return None


def _credited(cap: Cap, drawn: Generated) -> Fraction:
    """What earlier periods of the cap's span were credited."""
    if cap.per in ("outage", "day", "period"):
        return ZERO
    grid = Grid(drawn.scale.grain, drawn.scale.zone)
    here = stretch(cap.per, grid.date(drawn.scale.start // drawn.scale.grain))
    seen: dict[str, Fraction] = {}
    for past in drawn.case.history:
        assert past.span is not None
        if stretch(cap.per, grid.date(past.span.start // drawn.scale.grain)) == here:
            seen.setdefault(past.period, past.credit or ZERO)
    return sum(seen.values(), ZERO)


__all__ = ["Unpriced", "credit", "is_value"]

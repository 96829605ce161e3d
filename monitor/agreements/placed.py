"""Every credit table of a promise, however deep it stands, with the numbers that it may be asked about.

A table in a row is asked only where that row applies, one inside `each` about one outage or one miss. What
the commitment is stated in (a figure, or the downtime of the period) decides which numbers meet it; of
everything else each number that occurs at all belongs to a missed commitment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from monitor.agreements.cells import NOTHING, WHOLE, Axis, Stretch
from monitor.agreements.rows import number
from monitor.agreements.schedule import Each, GreatestOf, Node, Rows, SumOf
from monitor.agreements.terms import Terms
from monitor.agreements.words import decimal, share
from monitor.core.intervals import DAY, HOUR, Ms
from monitor.core.numbers import Bound
from monitor.records import dataclass

Inside = Literal["period", "outage", "miss"]

TIMES = ("downtime", "longest outage", "delay")
SHORTEST: dict[str, Ms] = {"month": 28 * DAY, "quarter": 90 * DAY, "year": 365 * DAY}


@dataclass(frozen=True, slots=True)
class Placed:
    """A table and where it stands: `place` leads its messages.

    `promise` is the commitment where the table looks at the same number, `free` the least number that must
    be priced where that is another (a commitment of 99.9 % allows some downtime before any is paid for).
    `always` says that the table applies to kept promises too, or that there is none.
    """

    table: Rows
    axis: Axis
    unit: str = ""
    place: str = ""
    promise: Bound | None = None
    free: Fraction = NOTHING
    always: bool = False
    required: bool = True

    def cells(self) -> tuple[Stretch, ...]:
        """The numbers that exist, from the smallest up."""
        named = {bound.value for row in self.table.rows for bound in row.bounds} | {self.free}
        if self.promise is not None:
            named.add(self.promise.value)
        return self.axis.cells(named)

    def met(self, value: Fraction) -> bool:
        """Whether a number meets the commitment, as far as the number alone tells."""
        return self.promise is not None and self.promise.holds(value)

    def missed(self, value: Fraction) -> bool:
        """Whether a number must be priced."""
        return self.required and not self.met(value) and (value > self.free or self.promise is not None)

    def priced(self, value: Fraction) -> bool:
        """Whether the table is asked about a number at all."""
        return self.always or not self.met(value)

    @property
    def worse_above(self) -> bool:
        """Whether a larger number is a worse one."""
        if self.table.by == "figure" and not self.unit:
            return False
        return self.promise is None or self.promise.sign in ("<", "<=")

    def told(self, where: Stretch) -> str:
        """A stretch as the file would say it."""
        return where.told(self.number)

    def number(self, value: Fraction) -> str:
        if self.table.by == "figure" and self.unit:
            return f"{decimal(value)} {self.unit}".strip()
        if self.table.by in ("figure", "overshoot"):
            return share(value, space="")
        return number(value, self.table.by)


def placed(terms: Terms) -> tuple[Placed, ...]:
    """The tables of a promise's credits, from the outside in."""
    return tuple(_found(terms.credits, terms, "period", "", None))


def points(table: Rows) -> Placed:
    """The table in which the points of several promises are looked up."""
    return Placed(replace(table, by="misses"), Axis(high=None), place="by points, ")


def _found(node: Node, terms: Terms, inside: Inside, place: str, above: Placed | None) -> Iterator[Placed]:
    if isinstance(node, Rows):
        here = _within(_at(node, terms, inside, place), above)
        yield here
        for row in node.rows:
            narrowed = replace(here, axis=_narrowed(here.axis, row.bounds))
            yield from _found(row.credit, terms, inside, f'{place}inside row "{row.text}", ', narrowed)
    elif isinstance(node, Each):
        inner: dict[str, Inside] = {"outage": "outage", "miss": "miss"}
        yield from _found(
            node.credit, terms, inner.get(node.of, inside), f'{place}inside each = "{node.text}", ', None
        )
    elif isinstance(node, GreatestOf | SumOf):
        for each in node.of:
            yield from _found(each, terms, inside, place, above)


def _within(here: Placed, above: Placed | None) -> Placed:
    """Only the numbers of the row around it, where both tables look at the same one."""
    if above is None or above.table.by != here.table.by:
        return here
    return replace(here, axis=above.axis, always=here.always or above.always)


def _narrowed(axis: Axis, bounds: tuple[Bound, ...]) -> Axis:
    for bound in bounds:
        if bound.sign in ("<", "<=", "=") and (axis.high is None or bound.value <= axis.high):
            keeps = bound.sign != "<" and (axis.with_high or bound.value != axis.high)
            axis = replace(axis, high=bound.value, with_high=keeps)
        if bound.sign in (">", ">=", "=") and bound.value >= axis.low:
            keeps = bound.sign != ">" and (axis.with_low or bound.value != axis.low)
            axis = replace(axis, low=bound.value, with_low=keeps)
    return axis


def _at(table: Rows, terms: Terms, inside: Inside, place: str) -> Placed:
    """A table with the numbers that are possible where it stands."""
    by, bound = table.by, terms.commitment.bound
    always = table.if_met == "as the table" or bound is None
    lead = place if by == "figure" else f"{place}by {by}, "
    here = Placed(table, Axis(), place=lead, always=always, required=bound is not None)
    if by == "figure":
        return _figures(here, terms)
    if by == "overshoot":
        return _overshoot(here, bound, inside)
    if by in TIMES:
        return _times(here, terms, inside)
    return replace(here, axis=Axis(high=None if table.over is None else Fraction(table.over), step=WHOLE))


def _figures(here: Placed, terms: Terms) -> Placed:
    """Availabilities, or values of a metric; those of so many decimals where the contract rounds first."""
    commitment, places = terms.commitment, terms.formula.decimals
    metric = commitment.of == "metric"
    step = None if places is None else Fraction(1, 10 ** (places if metric else places + 2))
    return replace(
        here,
        axis=Axis(high=None if metric else WHOLE, step=step),
        unit=commitment.unit or terms.measure.unit if metric else "",
        promise=None if commitment.of == "downtime" else commitment.bound,
    )


def _overshoot(here: Placed, bound: Bound | None, inside: Inside) -> Placed:
    """How far past the target: on it only where it is strict, and short of a figure by all of it at most."""
    sign = bound.sign if bound is not None and inside != "miss" else "<="
    high = WHOLE if sign in (">", ">=") else None
    return replace(here, axis=Axis(high=high), free=-WHOLE if sign in ("<", ">") else NOTHING)


def _times(here: Placed, terms: Terms, inside: Inside) -> Placed:
    """Downtime of the period or of an outage, or a delay; a rule on its length leaves short outages out."""
    if inside == "miss":
        return replace(here, axis=Axis(high=None))
    outage, of_period = terms.outage, here.table.by == "downtime" and inside == "period"
    axis = Axis(high=None, step=None if outage.whole is None else Fraction(outage.whole))
    if of_period and terms.commitment.of == "downtime":
        return replace(here, axis=axis, promise=terms.commitment.bound)
    if outage.lasting is not None and outage.deduct is None:
        sign, least = outage.lasting
        axis = replace(axis, low=Fraction(least), with_low=sign == ">=")
    return replace(here, axis=axis, free=_allowed(terms) if of_period else NOTHING)


def _allowed(terms: Terms) -> Fraction:
    """What the commitment allows of the shortest whole period."""
    bound = terms.commitment.bound
    if bound is None or terms.commitment.of != "share":
        return NOTHING
    return (1 - bound.value) * (terms.period.taken_as or _shortest(terms.period.every))


def _shortest(every: str) -> Ms:
    days = re.search(r"(\d+) days", every)
    if days:
        return int(days[1]) * DAY - HOUR
    return SHORTEST.get(every.rsplit(" ", 1)[-1], HOUR) - HOUR

"""A credit table: rows with their bounds, and which of them prices a number.

Among rows that hold and are open on the same side the deepest wins; any other overlap is settled by the
agreement, or refused. A number in no row is never a silent 0 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from monitor.agreements.counts import By, begun, looked_at
from monitor.agreements.pipeline import Case, Due, Reading
from monitor.agreements.words import decimal, duration, figure, share
from monitor.core.numbers import Bound
from monitor.errors import NoRow
from monitor.records import dataclass

if TYPE_CHECKING:
    from monitor.agreements.schedule import Node

Worth = tuple[Fraction, Fraction, Fraction]
"""What dues come to, to compare them: money, then points, then whatever else is owed."""

Price = Callable[[tuple[Due, ...], Reading, Case], Worth]


MONTHS_FEE = "that month's fee"
"""What a share is of, in words, in an ordinary contract."""


class TwoRows(NoRow):
    """A figure stands in two rows and the agreement does not say which applies."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a credit table: `< 99.9%, >= 99.0%` → 10 %. `text` is the row as it stands in the file.

    Bounds are shares, ms or counts, as the table's `by` says.
    """

    bounds: tuple[Bound, ...]
    credit: Node
    text: str

    @property
    def share(self) -> Fraction:
        """The share that the row pays; nothing where it pays in another kind."""
        kind, amount = getattr(self.credit, "kind", ""), getattr(self.credit, "amount", Fraction(0))
        return amount if kind == "share" else Fraction(0)


@dataclass(frozen=True, slots=True)
class Rows:
    """A credit table. `over` is how many periods "missed periods" looks at, this one included.

    "row above" is the nearest row whose numbers all lie above, "row below" the nearest below. `price`
    compares rows under "highest credit"; without one the shares that they pay do.
    """

    rows: tuple[Row, ...]
    overlap: Literal["highest credit", "first row"] | None = None
    in_no_row: Literal["refuse", "row above", "row below", "no credit"] | None = None
    if_met: Literal["no credit", "as the table"] | None = None
    by: By = "figure"
    over: int | None = None
    price: Price | None = field(default=None, compare=False, repr=False)

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        """NoRow, or TwoRows, where the table does not price a number that needs a price."""
        return self.owed(reading, case) if owes(reading, self.if_met) else ()

    def owed(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        value = looked_at(self.by, self.over, reading, case)
        return () if value is None else self.paid(value, reading, case)

    def paid(self, value: Fraction, reading: Reading, case: Case) -> tuple[Due, ...]:
        """What the table pays for a number."""
        row = self._row(value, reading, case)
        if row is not None:
            return _paid(row, reading, case)
        if reading.met or self.in_no_row == "no credit":
            return ()
        raise NoRow(
            f"{self._told(value)} misses the commitment and stands in no row of the "
            f'table ({_listed(self.rows)}): add a row ("0%" if nothing is owed), or in_no_row = "no credit"'
        )

    def row(self, value: Fraction) -> Row | None:
        """The row that prices a number, compared by the shares that rows pay; None where it is in none."""
        return self._chosen(value, lambda row: (row.share,))

    def _row(self, value: Fraction, reading: Reading, case: Case) -> Row | None:
        def worth(row: Row) -> tuple[Fraction, ...]:
            price = self.price
            return price(_paid(row, reading, case), reading, case) if price else (row.share,)

        return self._chosen(value, worth) or self._next(value)

    def _chosen(self, value: Fraction, worth: Callable[[Row], Any]) -> Row | None:
        holding = deepest([row for row in self.rows if holds(row, value)])
        if len(holding) > 1 and self.overlap is None:
            raise TwoRows(
                f"{self._told(value)} stands in more than one row ({_listed(holding)}): "
                'say overlap = "highest credit" or "first row"'
            )
        if len(holding) > 1 and self.overlap == "highest credit":
            return max(holding, key=worth)
        return next(iter(holding), None)

    def _next(self, value: Fraction) -> Row | None:
        """The neighbour that a hole is filled from, where the agreement names one."""
        if self.in_no_row == "row above":
            above = [row for row in self.rows if (low := _lowest(row)) is not None and low >= value]
            return min(above, key=lambda row: _lowest(row) or 0, default=None)
        if self.in_no_row == "row below":
            below = [row for row in self.rows if (high := _highest(row)) is not None and high <= value]
            return max(below, key=lambda row: _highest(row) or 0, default=None)
        return None

    def _told(self, value: Fraction) -> str:
        if self.by == "figure" and any(is_metric(row) for row in self.rows):
            return f"a figure of {decimal(value)}"
        if self.by == "figure":
            return f"an availability of {figure(value)}"
        return f"{BY[self.by]} of {number(value, self.by)}"

    def say(self, of: str = MONTHS_FEE) -> str:
        settled = (self._said_overlap(), self._said_hole(), self._said_met())
        return "; ".join([if_missed(self, of), *(each for each in settled if each)]) + "."

    def phrase(self) -> str:
        """The rows alone."""
        rows = ", ".join(f"{_paying(row.credit)} {_said(row, self.by)}" for row in self.rows)
        if self.by == "figure":
            return rows
        return f"by {BY[self.by].split(' ', 1)[1]}{self._said_over()}: {rows}{self._said_inside()}"

    def _said_inside(self) -> str:
        """Which of several rows that hold applies, where the table stands inside another schedule."""
        sides = [_open(row) for row in self.rows]
        several = any(sides.count(side) > 1 for side in ("down", "up"))
        return f" ({self._said_overlap()})" if several else ""

    def _said_over(self) -> str:
        return f" of the last {self.over}, this one included" if self.over else ""

    def _said_overlap(self) -> str:
        settled = {
            None: "",
            "highest credit": ", and between other rows the highest credit",
            "first row": ", and between other rows the first",
        }
        sides = {side for row in self.rows if (side := _open(row))}
        if len(sides) > 1:
            which = "of rows open on one side the one with the nearest bound applies"
        else:
            which = f"the {'highest' if 'up' in sides else 'lowest'} row reached applies"
        return which + settled[self.overlap]

    def _said_hole(self) -> str:
        settled = {
            None: "",
            "refuse": "a figure in no row is not priced but decided by a person",
            "row above": "a figure in no row takes the next row above it",
            "row below": "a figure in no row takes the next row below it",
            "no credit": "a figure in no row earns no credit",
        }
        return settled[self.in_no_row]

    def _said_met(self) -> str:
        return "the table applies even where the promise is kept" if self.if_met == "as the table" else ""


BY: dict[By, str] = {
    "figure": "a figure",
    "downtime": "a downtime",
    "longest outage": "a longest outage",
    "outages": "a number of outages",
    "misses": "a number of misses",
    "missed periods": "a number of missed periods",
    "consecutive misses": "a number of consecutive misses",
    "delay": "a delay",
    "overshoot": "an overshoot",
}


def owes(reading: Reading, if_met: Literal["no credit", "as the table"] | None = None) -> bool:
    """Whether the schedule is asked at all: where the promise was missed, or the table applies anyway.

    Where nothing was promised the table always applies.
    """
    return not reading.met or reading.promise is None or if_met == "as the table"


def _paid(row: Row, reading: Reading, case: Case) -> tuple[Due, ...]:
    """What a row pays, with the row as its cause."""
    credit = row.credit
    if getattr(credit, "kind", "") == "share":
        outage, at, whose = begun(reading)
        return (Due("share", row.share, "fee", row.text, outage, at, reading.lane, resource=whose),)
    return tuple(_named(due, row.text) for due in credit.owed(reading, case))


def _named(due: Due, text: str) -> Due:
    return replace(due, cause=text)


def holds(row: Row, value: Fraction) -> bool:
    """Whether a number is in the row."""
    return all(bound.holds(value) for bound in row.bounds)


def deepest(rows: Sequence[Row]) -> list[Row]:
    """Of rows that all hold: without those that have a deeper one open on the same side."""
    if len(rows) < 2:
        return list(rows)
    return [row for row in rows if not any(_deeper(other, row) for other in rows)]


def _deeper(row: Row, than: Row) -> bool:
    side = _open(row)
    return side is not None and side == _open(than) and _depth(row.bounds[0]) < _depth(than.bounds[0])


def _depth(bound: Bound) -> tuple[Fraction, bool]:
    """Sorts bounds of one side, the innermost first; a bound that keeps its own value lies further out."""
    value = bound.value if bound.sign in ("<", "<=") else -bound.value
    return value, bound.sign in ("<=", ">=")


def _open(row: Row) -> Literal["down", "up"] | None:
    if len(row.bounds) != 1 or row.bounds[0].sign == "=":
        return None
    return "down" if row.bounds[0].sign in ("<", "<=") else "up"


def _lowest(row: Row) -> Fraction | None:
    return next((bound.value for bound in row.bounds if bound.sign in (">", ">=", "=")), None)


def _highest(row: Row) -> Fraction | None:
    return next((bound.value for bound in row.bounds if bound.sign in ("<", "<=", "=")), None)


_TIMES = ("downtime", "longest outage", "delay")
_COUNTS = ("outages", "misses", "missed periods", "consecutive misses")
_SIDES = {
    "<": "below {}",
    "<=": "at or below {}",
    ">": "above {}",
    ">=": "at or above {}",
    "=": "at exactly {}",
}


def number(value: Fraction, by: By) -> str:
    """A number that a table looks at, in words."""
    if by in _TIMES:
        return duration(int(value))
    return f"{value}" if by in _COUNTS else share(value)


def _said(row: Row, by: By) -> str:
    """The bounds of a row in words; a metric's are written with their unit in the file alone."""
    if by == "figure" and is_metric(row):
        parts = (part.strip() for part in row.text.split(","))
        return " and ".join(_SIDES[sign].format(rest.strip()) for sign, rest in map(_parted, parts))
    return " and ".join(_SIDES[bound.sign].format(number(bound.value, by)) for bound in row.bounds)


def is_metric(row: Row) -> bool:
    """Whether a row of a figure is one of a metric, `> 50 ms`, and of no share."""
    return bool(row.bounds) and "%" not in row.text and "/" not in row.text


def _parted(bound: str) -> tuple[str, str]:
    sign = bound[:2] if bound[:2] in _SIDES else bound[:1]
    return sign, bound[len(sign) :]


def _paying(credit: Node) -> str:
    plain = getattr(credit, "text", None) is not None and hasattr(credit, "kind")
    return credit.phrase() if plain else f"({credit.phrase()})"


def if_missed(node: Node, of: str) -> str:
    """A schedule's sentence, without its end; it names the fee where shares are paid."""
    phrase, shares = node.phrase(), pays_shares(node)
    head = f"If it is missed the service credit is{f', of {of}' if shares else ''}"
    if phrase.startswith(("by ", "for ")):
        return f"{head}, {phrase}"
    return f"{head}{':' if shares or isinstance(node, Rows) else ''} {phrase}"


def pays_shares(node: object) -> bool:
    """Whether a schedule pays a share of a fee somewhere."""
    if getattr(node, "kind", "") == "share":
        return True
    inside = (getattr(node, "credit", None), *(row.credit for row in getattr(node, "rows", ())))
    below = getattr(node, "of", ())
    return any(pays_shares(each) for each in (*inside, *(below if isinstance(below, tuple) else ())) if each)


def _listed(rows: Iterable[Row]) -> str:
    return ", ".join(f'"{row.text}"' for row in rows)

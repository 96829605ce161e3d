"""Schedule: what a missed commitment costs. Wherever an amount stands, a schedule may stand.

A figure in no row is never a silent 0 %. Among rows that hold and are open on the same side the deepest wins;
any other overlap is settled by the agreement, or refused. The rows look at the figure as the contract rounds
it; times and counts are those that are left after all steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from monitor.agreements.pipeline import Case, Due, DueKind, Reading
from monitor.agreements.words import figure, share, side
from monitor.core.numbers import Bound
from monitor.errors import NoRow

FEE = "fee"

By = Literal[
    "figure", "downtime", "longest outage", "outages", "misses", "missed periods", "consecutive misses", "delay",
    "overshoot",
]  # fmt: skip
Part = Literal["full", "or part", "pro rata"]


class TwoRows(NoRow):
    """A figure stands in two rows and the agreement does not say which applies."""


@dataclass(frozen=True, slots=True)
class NoCredits:
    """The contract knows no credit."""

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return ()

    def say(self) -> str:
        return "If it is missed, no service credit is owed."


@dataclass(frozen=True, slots=True)
class Manual:
    """The contract's credit is no engine's to decide: the figure is computed, a person enters the rest."""

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        raise NotImplementedError

    def say(self) -> str:
        return "What is owed if it is missed is decided by a person."


@dataclass(frozen=True, slots=True)
class Amount:
    """`"10%"`, `"1/30"`, `"9.76 GBP"`, `"3 days of fees"`, `"1 month of fees"`, `"3 days of service"`, `"5 points"`,
    `"2 run-credits"`: as in `Due`. Standing alone it is the flat credit on a breach."""

    kind: DueKind
    amount: Fraction
    of: str
    text: str

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return () if reading.met else (Due(self.kind, self.amount, self.of, self.text),)

    def say(self) -> str:
        return f"If it is missed the service credit is {share(self.amount)} of that month's fee."


@dataclass(frozen=True, slots=True)
class Each:
    """`{ each = "full 30m", credit = "5%" }`: per unit of time (ms), of shortfall (a share), or per occurrence.

    `part` says what an incomplete unit is worth (times and shares only). `beyond`: "commitment", or ms, or a
    share; None for no allowance (shares: the commitment).
    """

    of: Literal["time", "share", "outage", "miss", "bad slot", "calendar day"]
    credit: Node
    size: Fraction = Fraction(1)
    part: Part | None = None
    beyond: Literal["commitment"] | Fraction | None = None
    text: str = ""
    if_met: Literal["no credit", "as the table"] | None = None

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        raise NotImplementedError

    def say(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ProRata:
    """`{ pro_rata = 10 }`: so many times the fee for the time; `beyond` as in `Each`."""

    times: Fraction
    beyond: Literal["commitment"] | Fraction | None = None
    text: str = ""
    if_met: Literal["no credit", "as the table"] | None = None

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        raise NotImplementedError

    def say(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class GreatestOf:
    """`{ greatest_of = […] }`: the one that comes to most money."""

    of: tuple[Node, ...]

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        raise NotImplementedError

    def say(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SumOf:
    """`{ sum_of = […] }`, and a schedule with `plus` another: all of them."""

    of: tuple[Node, ...]

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        raise NotImplementedError

    def say(self) -> str:
        raise NotImplementedError


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
        credit = self.credit
        return credit.amount if isinstance(credit, Amount) and credit.kind == "share" else Fraction(0)


@dataclass(frozen=True, slots=True)
class Rows:
    """A credit table. `over` is how many periods "missed periods" looks at, this one included."""

    rows: tuple[Row, ...]
    overlap: Literal["highest credit", "first row"] | None = None
    in_no_row: Literal["refuse", "row above", "row below", "no credit"] | None = None
    if_met: Literal["no credit", "as the table"] | None = None
    by: By = "figure"
    over: int | None = None

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        """NoRow, or TwoRows, where the table does not price a figure that needs a price."""
        if reading.figure is None or (reading.met and self.if_met != "as the table"):
            return ()
        row = self.row(reading.figure)
        if row is not None:
            return (Due("share", row.share, FEE, row.text),)
        if reading.met or self.in_no_row == "no credit":
            return ()
        raise NoRow(
            f"an availability of {figure(reading.figure)} misses the commitment and stands in no row of the "
            f'table ({_listed(self.rows)}): add a row ("0%" if nothing is owed), or in_no_row = "no credit"'
        )

    def row(self, value: Fraction) -> Row | None:
        """The row that prices a figure; None where it is in none."""
        holding = deepest([row for row in self.rows if holds(row, value)])
        if len(holding) > 1 and self.overlap is None:
            raise TwoRows(
                f"an availability of {figure(value)} stands in more than one row ({_listed(holding)}): "
                'say overlap = "highest credit" or "first row"'
            )
        if self.overlap == "highest credit":
            return max(holding, key=lambda row: row.share, default=None)
        return next(iter(holding), None)

    def say(self) -> str:
        rows = ", ".join(f"{share(row.share)} {_said(row.bounds)}" for row in self.rows)
        return (
            f"If it is missed the service credit is, of that month's fee: {rows}; "
            f"{self._said_overlap()}{self._said_hole()}{self._said_met()}."
        )

    def _said_overlap(self) -> str:
        settled = {
            None: "",
            "highest credit": ", and between other rows the highest credit",
            "first row": ", and between other rows the first",
        }
        return "the lowest row reached applies" + settled[self.overlap]

    def _said_hole(self) -> str:
        settled = {
            None: "",
            "refuse": "; a figure in no row is not priced but decided by a person",
            "no credit": "; a figure in no row earns no credit",
        }
        return settled[self.in_no_row]

    def _said_met(self) -> str:
        return "; the table applies even where the promise is kept" if self.if_met == "as the table" else ""


Node = NoCredits | Manual | Amount | Each | ProRata | GreatestOf | SumOf | Rows


def holds(row: Row, value: Fraction) -> bool:
    """Whether a figure is in the row."""
    return all(bound.holds(value) for bound in row.bounds)


def deepest(rows: Sequence[Row]) -> list[Row]:
    """Of rows that all hold: without those that have a deeper one open on the same side."""
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


def _said(bounds: Iterable[Bound]) -> str:
    return " and ".join(side(bound) for bound in bounds)


def _listed(rows: Iterable[Row]) -> str:
    return ", ".join(f'"{row.text}"' for row in rows)

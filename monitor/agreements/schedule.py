"""Schedule: what a missed commitment costs, as a share of the base. A figure in no row is never a silent 0 %.

Among rows that hold and are open on the same side the deepest wins; any other overlap is settled by the
agreement, or refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from monitor.agreements.pipeline import Case, Due, Reading
from monitor.agreements.terms import Row
from monitor.agreements.words import figure, share, side
from monitor.core.numbers import Bound
from monitor.errors import NoRow

FEE = "fee"


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
class Flat:
    """One credit on a breach, however deep."""

    share: Fraction
    text: str

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        return () if reading.met else (Due("share", self.share, FEE, self.text),)

    def say(self) -> str:
        return f"If it is missed the service credit is {share(self.share)} of that month's fee."


@dataclass(frozen=True, slots=True)
class Rows:
    """A credit table over the availability."""

    rows: tuple[Row, ...]
    overlap: Literal["highest credit", "first row"] | None = None
    in_no_row: Literal["refuse", "no credit"] | None = None
    if_met: Literal["no credit", "as the table"] | None = None

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]:
        """NoRow, or TwoRows, where the table does not price a figure that needs a price."""
        if reading.value is None or (reading.met and self.if_met != "as the table"):
            return ()
        row = self.row(reading.value)
        if row is not None:
            return (Due("share", row.share, FEE, row.text),)
        if reading.met or self.in_no_row == "no credit":
            return ()
        raise NoRow(
            f"an availability of {figure(reading.value)} misses the commitment and stands in no row of the "
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

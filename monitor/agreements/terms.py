"""What a file says of an SLA, parsed and not yet a clause: the seam between the configuration and the rules.

Shares are Fractions, durations ms. `standard_clause` (build.py) turns these terms into rules; `problems`
(lint.py) finds what the table cannot price.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from monitor.core.intervals import Ms
from monitor.core.money import Rounding
from monitor.core.numbers import Bound, Operator


@dataclass(frozen=True, slots=True)
class MaintenanceTerms:
    """The terms on which scheduled maintenance is excluded.

    `notice` is the least time between the instant Makegood recorded a window and its start (0: none is
    asked; a window recorded after its start excuses nothing all the same). `at_most` is the allowance in ms
    per calendar month, or None; `counted` says what uses it up: downtime excused, or announced window time.
    `effect`: off the downtime alone, or off both sides (the length of the period too).
    """

    notice: Ms
    at_most: Ms | None = None
    counted: Literal["downtime", "window"] = "downtime"
    effect: Literal["downtime", "both sides"] = "downtime"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a credit table: `< 99.9%, >= 99.0%` → 10 %. `text` is the row as it stands in the file."""

    bounds: tuple[Bound, ...]
    share: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class StandardTerms:
    """An ordinary availability SLA. Defaults are the safest readings and are printed."""

    commitment: Bound
    rows: tuple[Row, ...]
    maintenance: MaintenanceTerms | None = None
    lasting: tuple[Operator, Ms] | None = None
    unobserved: Literal["left out", "up", "down"] = "left out"
    coverage: Fraction = Fraction(95, 100)
    cap: Fraction | None = Fraction(1)
    rounding: Rounding = "half-up"
    overlap: Literal["highest credit", "first row"] | None = None
    in_no_row: Literal["refuse", "no credit"] | None = None
    if_met: Literal["no credit", "as the table"] | None = None
    claim: str = "automatic"

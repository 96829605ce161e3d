"""The statement and the internal report, as values: what the pages render and the twins write out.

Two types, so that nothing internal *can* be passed to a customer's template. Everything is exact: instants
in UTC ms, ratios as Fraction, money as integer minor units; formatting is the reports' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from monitor.agreements.pipeline import Line, WindowUse
from monitor.core.checks import Reason
from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.statements.standing import AgreementHealth


@dataclass(frozen=True, slots=True)
class Block:
    """A party as printed: name, address lines, reference numbers as (label, value), a contact."""

    name: str
    address: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class DayTime:
    """One local day of a service: ms that were down and counted, down and excused, and not measured."""

    span: Span
    counted: Ms
    excused: Ms
    unmeasured: Ms
    promised: Ms  # 0: before the agreement, or still to come


@dataclass(frozen=True, slots=True)
class OutageLine:
    """One outage, whole, with what counts of it in this period. `error` is the sampling error in ms:
    the start may be earlier by its first, the end may be earlier by its second member (None: not known)."""

    letter: str
    service: str
    span: Span
    open: bool
    reason: Reason
    duration: Ms
    in_period: Ms
    counted: Ms
    excused_by: tuple[str, ...]
    error: tuple[Ms | None, Ms | None]


@dataclass(frozen=True, slots=True)
class WindowLine:
    """One maintenance window and what became of it under this agreement."""

    letter: str
    service: str
    title: str
    span: Span
    recorded: Ms
    cancelled: Ms | None
    use: WindowUse


@dataclass(frozen=True, slots=True)
class UnknownLine:
    """A stretch in which the monitor could not tell, and why."""

    span: Span
    reason: Reason


@dataclass(frozen=True, slots=True)
class Section:
    """One agreement of the customer in this period.

    `availability` is the exact share, `gross` the same without any exclusion; None when nothing was
    promised or measured. `allowed` is the downtime that the commitment allows of the measured time. `met`
    None: not determinable. Times in ms: promised = up + counted + excused + unmeasured + set_aside.
    `credit` is that of the period as if it ended at `as_of`; `owed_already`, in a statement
    that still runs, what is owed even if nothing more fails (None in another, or where nobody can tell).
    """

    agreement: str
    service: str
    sla: str
    version: str
    commitment: Bound
    availability: Fraction | None
    gross: Fraction | None
    met: bool | None
    coverage: Fraction
    promised: Ms
    measured: Ms
    counted: Ms
    excused: Ms
    unmeasured: Ms
    up: Ms
    allowed: Ms
    fee: Money
    credit: Amount | None
    tier: Fraction | None
    intervals: tuple[Ms, ...]
    checks: tuple[str, ...]
    days: tuple[DayTime, ...]
    outages: tuple[OutageLine, ...]
    windows: tuple[WindowLine, ...]
    unknown: tuple[UnknownLine, ...]
    plain: tuple[str, ...]
    claim: str
    workings: tuple[Line, ...]
    set_aside: Ms = 0  # good time inside windows that are taken off both sides
    owed_already: Amount | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """Per currency, since currencies are never summed."""

    fee: Money
    credit: Amount | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One customer's month. `status` says what kind of paper it is; only the ledger makes issued ones."""

    status: Literal["draft", "running"]
    period: Period
    issuer: Block
    customer: Block
    customer_id: str
    locale: str
    drawn_up: Ms
    as_of: Ms
    sections: tuple[Section, ...]
    totals: tuple[Total, ...]
    evidence_digest: str
    program: str
    tzdata: str
    generated: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class InternalReport:
    """The team's page: margins, budgets, exposure. Never handed to a customer's template."""

    period: Period
    as_of: Ms
    drawn_up: Ms
    agreements: tuple[AgreementHealth, ...]
    owed: tuple[Amount, ...]
    program: str


__all__ = [
    "AgreementHealth", "Block", "DayTime", "InternalReport", "OutageLine", "Section", "Statement", "Total",
    "UnknownLine", "WindowLine",
]  # fmt: skip

"""What a file says of an SLA, stage by stage: parsed, not yet rules: the seam of language and engine.

One class a stage, in the words of the agreement language; every default is the language's own. Shares are
Fractions, durations ms. `build.contract` makes rules of it, `lint` finds what they cannot price. The
schedules of `schedule.py` and the deadlines of `claim.py` stand here as the values that compute.
"""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import Literal

from monitor.agreements.claim import Claim
from monitor.agreements.schedule import Node, Row, Rows
from monitor.core.calendars import Hours
from monitor.core.intervals import Ms
from monitor.core.money import Money, Rounding
from monitor.core.numbers import Bound, Operator
from monitor.records import dataclass

Length = tuple[Operator, Ms]
"""A bound on a length of time: `("> ", 300_000)` is `"> 5m"`."""

Only = tuple[tuple[str, str], ...]
"""Columns and the values that a row must have to be considered."""

Judged = Literal["whole", "after exclusions", "in period", "after exclusions, in period"]


@dataclass(frozen=True, slots=True)
class BadSlot:
    """When a slot is bad: `"all fail"`, `"errors > 5%"`, `"wholly down"`, `"down > 6m"`, `"> 10 ms"`.

    `limit` is a share, ms, or a value in the metric's unit; None for the two that need none.
    """

    of: Literal["all fail", "errors", "wholly down", "down", "value"]
    sign: Operator = ">"
    limit: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The time allowed to an event: `"15m"`, `"4 business hours"`, `"2 business days, end of day"`.

    `ms` runs on the clock, or in the calendar's hours where `business`; `days` are days (business days
    where `business`), and `at` says when the last of them ends. `none`: no time is promised at all. `unsaid`:
    it was written in plain days, which of tickets do not say whether Saturdays count.
    """

    ms: Ms = 0
    days: int = 0
    business: bool = False
    at: Literal["close of business", "end of day", "same time"] | None = None
    none: bool = False
    unsaid: bool = field(default=False, compare=False)


Start = Literal["created", "assigned", "reported", "detected", "customer reply"]
Stop = Literal["first human reply", "any reply", "next human reply", "acknowledged", "update", "resolved"]
ChangeOf = Literal["restart", "keep time", "keep target", "prorate"]
Reopened = Literal["continues", "new", "ignored"]


@dataclass(frozen=True, slots=True)
class CalendarOf:
    """The calendar of the tickets of one priority, or whatever their times are by ("" for every other)."""

    value: str
    calendar: str


@dataclass(frozen=True, slots=True)
class TicketTerms:
    """What stage `measure` says of tickets: when the clock starts, stops and stands, and what changes it.

    `by` is what the times in `within` are by: "priority", "segment", "channel" or a column. `calendars` are
    those of its values that have one of their own. `priority_change` and `segment_change` are None where a
    change of them does not matter. `keep time` holds the time so far against the new target, `keep target`
    keeps the first one.
    """

    from_: Start
    to: Stop
    pauses: tuple[str, ...] = ()
    by: str = "priority"
    calendars: tuple[CalendarOf, ...] = ()
    priority_change: ChangeOf | None = None
    segment_change: ChangeOf | None = None
    reopened: Reopened = "ignored"
    merged: Literal["each", "earliest"] = "each"


@dataclass(frozen=True, slots=True)
class MeasureTerms:
    """Stage `measure`.

    `slot` is ms or "probe" (each row of the file is one). `score` is (bound on ms, share).
    `requests` "checks": the planned checks stand for them, as the agreement says.

    `within` is (priority or "", time allowed); "due" takes the file's own date. Of `tickets` the priority is
    whatever `tickets.by` names.
    """

    evidence: Literal["outages", "slots", "metrics", "events", "tickets"] = "outages"
    as_: Literal["bad slots", "mean", "total", "max", "p50", "p90", "p95", "p99"] | None = None
    slot: Ms | Literal["probe"] | None = None
    bad: BadSlot | None = None
    min_requests: int = 0
    empty: Literal["good", "left out"] = "good"
    partial: Literal["left out", "counted"] = "left out"
    score: tuple[tuple[Bound, Fraction], ...] = ()
    requests: Literal["from a file", "checks"] = "from a file"
    weighted_by: str | None = None
    metric: str | None = None
    unit: str = ""
    each_slot: Literal["mean", "max", "p50", "p90", "p95", "p99"] | None = None
    tickets: TicketTerms | None = None
    within: tuple[tuple[str, Allowed], ...] | Literal["due"] | None = None
    counted_in: Literal["period of start", "period of end"] = "period of start"
    calendar: str | None = None
    only: Only = ()
    unobserved: Literal["left out", "up", "down"] = "left out"
    coverage: Fraction = Fraction(95, 100)


@dataclass(frozen=True, slots=True)
class OutageTerms:
    """Stage `outage`: which bad time counts, and how much of it."""

    lasting: Length | None = None
    affecting: Bound | None = None
    confirmed_by: int | None = None
    requests: Bound | None = None
    joined: Length | None = None
    whole: Ms | None = None
    deduct: Ms | None = None
    ignore_total: Length | None = None
    resource_age: Length | None = None
    only: Only = ()
    starts: Literal["first failure", "last success", "detected", "reported"] = "first failure"
    ends: Literal["restored", "ticket closed"] = "restored"
    judged: Judged = "whole"


@dataclass(frozen=True, slots=True)
class Allowance:
    """`"4h per month"`, `"1 window per month"`: how much of a class is excused, and in which span.

    `most` is ms, or a count of windows; `per` is one of "month", "quarter", "year", "period", "week", "day",
    "contract year", "contract", "6 months", "12 months".
    """

    most: int
    of: Literal["time", "windows"]
    per: str


@dataclass(frozen=True, slots=True)
class Notice:
    """`"48h"`, `"5 days"` (ms), `"5 business days"` (days in a calendar); neither: recorded ahead at all."""

    ms: Ms = 0
    business_days: int = 0


@dataclass(frozen=True, slots=True)
class ExcludeTerms:
    """One entry of stage `exclude`. `notice` None: none is asked for (only scheduled maintenance must say).

    `only_during` and `always` are wall-clock hours in `timezone`. `calendar` counts business days of notice.
    """

    what: str
    notice: Notice | None = None
    at_most: tuple[Allowance, ...] = ()
    counted: Literal["downtime", "window"] = "downtime"
    effect: Literal["downtime", "both sides"] = "downtime"
    only_during: Hours | None = None
    always: Hours | None = None
    timezone: str | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeTerms:
    """Stage `scope`. `least` is the k of "k or more down"; `across` names a label of the resources."""

    join: Literal[
        "each on its own", "any down", "all down", "some down", "sum of resource-minutes", "worst"
    ] = "each on its own"
    least: int = 0
    combined: Literal["before outage", "after outage"] | None = None
    across: str | None = None


@dataclass(frozen=True, slots=True)
class PeriodTerms:
    """Stage `period`. `service_hours` names a calendar; `taken_as` is the fixed denominator, in ms."""

    every: str = "calendar month"
    first_month: int = 1
    timezone: str | None = None
    service_hours: str | None = None
    taken_as: Ms | None = None
    mean_of_months: bool = False
    partial: Literal["existed only", "rest available", "extrapolated"] = "existed only"


@dataclass(frozen=True, slots=True)
class FormulaTerms:
    """Stage `formula`. `decimals` are those of the percentage (or of the metric)."""

    decimals: int | None = None
    rounding: Rounding | None = None
    mean_of_last: int | None = None


@dataclass(frozen=True, slots=True)
class CommitmentTerms:
    """Stage `commitment`: a bound on a share, on downtime (ms) or on a metric (its unit); None for "none"."""

    bound: Bound | None
    of: Literal["share", "downtime", "metric"] = "share"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class BaseTerms:
    """Stage `base`. `day` None: a day costs what the period's real length makes it."""

    fee: Literal[
        "period",
        "month",
        "previous period",
        "next period",
        "preceding 30 days",
        "year",
        "contract",
        "at risk",
    ] = "period"
    divided_by: int = 1
    share: Fraction = Fraction(1)
    items: tuple[str, ...] = ()
    except_: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    greater_of: tuple[str, ...] = ()
    per: Literal["agreement", "resource"] = "agreement"
    day: Fraction | None = None
    part_period: Literal["day-weighted", "whole fee"] = "day-weighted"


@dataclass(frozen=True, slots=True)
class Cap:
    """`"30% per period"`, `"1 credit per day"`, `"30 days of fees per period"`, `"240h per period"`, …

    `of`: "base" (a share of it), a fee as in `BaseTerms.fee` (a share of that), "credits" (a count), "days of
    fees" (ms of fees), "months of fees", "time" (ms credited), or a currency. `per` is a span as in
    `Allowance`, or "outage". `text` is the limit as it stands in the file.
    """

    amount: Fraction
    of: str
    per: str
    text: str


WHOLE_FEE = Cap(Fraction(1), "base", "period", "100% per period")


@dataclass(frozen=True, slots=True)
class LimitsTerms:
    """Stage `limits`. No cap is "none". `only_if` is tested before rounding."""

    at_most: tuple[Cap, ...] = (WHOLE_FEE,)
    only_if: tuple[Operator, Money] | None = None
    raised_to: Money | None = None
    held_until: Money | None = None


Line = Literal["outage", "resource", "promise", "agreement", "statement"]


@dataclass(frozen=True, slots=True)
class RoundingTerms:
    """Stage `rounding`. `ratio` and `unit` are decimals of intermediate figures."""

    money: Rounding = "half-up"
    line: Line = "agreement"
    ratio: int | None = None
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """All stages of one promise."""

    commitment: CommitmentTerms
    credits: Node
    measure: MeasureTerms = field(default_factory=MeasureTerms)
    outage: OutageTerms = field(default_factory=OutageTerms)
    exclude: tuple[ExcludeTerms, ...] = ()
    scope: ScopeTerms = field(default_factory=ScopeTerms)
    period: PeriodTerms = field(default_factory=PeriodTerms)
    formula: FormulaTerms = field(default_factory=FormulaTerms)
    base: BaseTerms = field(default_factory=BaseTerms)
    limits: LimitsTerms = field(default_factory=LimitsTerms)
    rounding: RoundingTerms = field(default_factory=RoundingTerms)
    claim: Claim = field(default_factory=Claim)


@dataclass(frozen=True, slots=True)
class Termination:
    """`"2 of 3 periods missed"`, `"1 of 1 periods < 96.5%"`, `"3 misses in 3 months"`: a right, never money.

    `of`: "missed" periods, "figure" (periods whose figure is in `bound`), "misses" (events) in `last` months,
    or "outages" in `last` days. `promise` names the one that is looked at; "" for all of the agreement's.
    """

    count: int
    last: int
    of: Literal["missed", "figure", "misses", "outages"]
    text: str
    bound: Bound | None = None
    promise: str = ""


Together = Literal["sum", "highest", "highest per outage", "lowest commitment", "points"]


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """An SLA as an agreement has it: named promises, how they combine, and what holds for the whole.

    With one promise `together`, `limits` and `rounding` are None: the promise's own are the whole's. With
    several, `limits` and `rounding` are those said above the promises. `points` is the table of
    `together = { points = … }`.
    """

    promises: tuple[tuple[str, Terms], ...]
    together: Together | None = None
    points: Rows | None = None
    limits: LimitsTerms | None = None
    rounding: RoundingTerms | None = None
    termination: tuple[Termination, ...] = ()
    manual: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()


__all__ = [
    "WHOLE_FEE",
    "Allowance",
    "Allowed",
    "BadSlot",
    "BaseTerms",
    "Cap",
    "ChangeOf",
    "CommitmentTerms",
    "ContractTerms",
    "ExcludeTerms",
    "FormulaTerms",
    "Judged",
    "Length",
    "LimitsTerms",
    "Line",
    "MeasureTerms",
    "Notice",
    "Only",
    "OutageTerms",
    "PeriodTerms",
    "Reopened",
    "RoundingTerms",
    "Row",
    "Rows",
    "ScopeTerms",
    "Start",
    "Stop",
    "Termination",
    "Terms",
    "TicketTerms",
    "Together",
]  # fmt: skip

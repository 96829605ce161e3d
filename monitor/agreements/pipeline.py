"""The agreement pipeline: one carrier, one signature a stage, rules that compute and read themselves aloud.

The order of the steps is the order of a tuple. Workings are data (`Line`); words are made by one renderer,
only when they are read. Instants are UTC ms; an `Account` of unit "ms" may be cut at a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Protocol

from monitor.core.intervals import Ms, Span, Spans
from monitor.core.money import Amount, Money
from monitor.core.periods import Period
from monitor.core.services import ServiceTimeline
from monitor.core.windows import Window

Value = int | Fraction | str


@dataclass(frozen=True, slots=True)
class Piece:
    """What measure … clip hand on: a half-open stretch that stands for `size` (ms, slots, requests, events).

    `rate` is the bad share of `size` (1 for an outage) or a metric's value; `lane` is the resource it
    belongs to; `cause` the outage, slot, ticket or window. Cutting a piece keeps its cause.
    """

    start: Ms
    end: Ms
    size: int
    rate: Fraction
    lane: str
    cause: str

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of workings, as data: the stage, the rule's name, its values (ms, shares, texts)."""

    stage: str
    rule: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Excused:
    """Downtime that is not held against the provider: the piece, and the window or exclusion that took it."""

    piece: Piece
    by: str


@dataclass(frozen=True, slots=True)
class WindowUse:
    """What became of one maintenance window in this evaluation.

    `inside` is the downtime within it, `excused` the part not counted; `verdict` is one of: valid,
    late (notice too short), declared_later (recorded after its start), cap_used (valid, but the allowance
    was used up in part or whole). `ahead` is the notice given, in ms (negative when declared later).
    """

    window: str
    span: Span
    inside: Ms
    excused: Ms
    ahead: Ms
    verdict: Literal["valid", "late", "declared_later", "cap_used"]


@dataclass(frozen=True, slots=True)
class Account:
    """The carrier of measure … clip.

    `base` is the denominator and holds `bad`; `unknown` is what nobody saw, kept whatever a step decided
    about it. `promised` is the time before any step but the clip took something off. `short` is downtime
    that a duration rule dropped; `set_aside` is time inside valid windows that was up and left the base.
    """

    unit: Literal["ms", "slot", "request", "event"]
    base: tuple[Piece, ...]
    bad: tuple[Piece, ...]
    unknown: tuple[Piece, ...] = ()
    excused: tuple[Excused, ...] = ()
    windows: tuple[WindowUse, ...] = ()
    lines: tuple[Line, ...] = ()
    promised: tuple[Piece, ...] = ()
    short: tuple[Piece, ...] = ()
    set_aside: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The figure of one lane. `value` None where the contract has no ratio or nothing was promised.

    `bad` and `base` are in the account's unit; `coverage` is seen ÷ promised time; `determinable` is False
    when coverage is under its floor; `met` is set by the gate (None: not determinable).
    """

    lane: str
    value: Fraction | None
    bad: Fraction
    base: int
    outages: tuple[Piece, ...]
    coverage: Fraction
    determinable: bool = True
    met: bool | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """Something owed: a share of a base or money; exact until the limit that rounds."""

    kind: Literal["share", "money", "days", "units", "right"]
    amount: Fraction
    of: str
    cause: str


@dataclass(frozen=True, slots=True)
class FeeLine:
    """What is paid for `span`, exactly: an invoice line."""

    item: str
    span: Span
    money: Money


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was observed. It reaches beyond the period, since duration rules ask about whole outages.

    `resources` maps a resource to its combined timeline (one for a plain service). `bridge` is the longest
    unknown stretch, in ms, that does not part an outage (two intervals).
    """

    resources: Mapping[str, ServiceTimeline]
    windows: tuple[Window, ...]
    bridge: Ms


@dataclass(frozen=True, slots=True)
class Case:
    """Everything an evaluation may see: no clock, no store, no configuration.

    `in_force` is the part of the period in which the agreement exists. `as_of` is the instant up to which
    evidence can exist; later time of a running period is not in the base.
    """

    clause: Clause
    period: Period
    in_force: Spans
    evidence: Evidence
    fees: tuple[FeeLine, ...]
    as_of: Ms


class Rule(Protocol):
    def say(self) -> str:
        """The rule in plain English, one sentence, from the same fields that compute."""
        ...


class Measure(Rule, Protocol):
    """The only stage that reads the evidence's timelines. No piece depends on what lies beyond good time."""

    def __call__(self, case: Case) -> Account: ...


class Step(Rule, Protocol):
    """Qualify, exclude, unknown time, combine, clip: their order is the tuple's."""

    def __call__(self, account: Account, case: Case) -> Account: ...


class Formula(Rule, Protocol):
    def __call__(self, account: Account, case: Case) -> tuple[Reading, ...]: ...


class Gate(Rule, Protocol):
    def __call__(self, reading: Reading, case: Case) -> Reading: ...


class Schedule(Rule, Protocol):
    """Raises NoRow where a figure that missed the commitment is in no row."""

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]: ...


@dataclass(frozen=True, slots=True)
class Priced:
    """The carrier of base … rounding: what is due, and the lines that say how it came about."""

    dues: tuple[Due, ...]
    lines: tuple[Line, ...] = ()


class Limit(Rule, Protocol):
    """Base, caps from the narrowest span to the widest, rounding: in the tuple's order."""

    def __call__(self, priced: Priced, case: Case) -> Priced: ...


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise."""

    measure: Measure
    steps: tuple[Step, ...]
    formula: Formula
    gate: Gate
    schedule: Schedule
    limits: tuple[Limit, ...]
    claim: str = "automatic"

    def say(self) -> tuple[str, ...]:
        """The agreement in plain English, a sentence a stage, defaults included."""
        rules: tuple[Rule, ...] = (
            self.measure, *self.steps, self.formula, self.gate, self.schedule, *self.limits,
        )  # fmt: skip
        return (*(sentence for rule in rules if (sentence := rule.say())), self._claim())

    def _claim(self) -> str:
        if self.claim == "automatic":
            return "A credit is given without a claim."
        return f"A credit must be claimed: {self.claim}."


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a period comes to.

    `account` is the account after all steps; `gross` the reading without any exclusion (the second figure);
    `credit` None when it is not determinable; `base` the fee that shares were taken of.
    """

    reading: Reading
    gross: Reading
    account: Account
    credit: Amount | None
    base: Money
    lines: tuple[Line, ...]


Evaluate = Callable[[Case], Settlement]

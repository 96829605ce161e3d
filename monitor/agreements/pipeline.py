"""The agreement pipeline: one carrier, one signature a stage, rules that compute and read themselves aloud.

The order of the steps is the order of a tuple. Workings are data (`Line`); words are made by one renderer,
only when they are read. Instants are UTC ms. An `Account` is of one resource; of unit "ms" it may be cut at a
bound, and pieces of the other units belong where they start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from fractions import Fraction
from typing import Literal, Protocol

from monitor.agreements.claim import Claim
from monitor.agreements.evidence import Evidence
from monitor.agreements.remembered import Remembered
from monitor.core.calendars import Calendar
from monitor.core.intervals import Ms, Span, Spans
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.errors import NoRow
from monitor.records import dataclass

Value = int | Fraction | str
Unit = Literal["ms", "slot", "request", "event", "sample", "ticket", "ticket time"]
CLOCKED: tuple[Unit, ...] = ("event", "ticket", "ticket time")
"""What has a clock of its own, which stands in what is excluded."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What measure … clip hand on: a half-open stretch that stands for `size` (ms, slots, requests, events).

    `rate` is the bad share of `size` (1 for an outage, 3/100 for errors, 21/1000 for visitors) or a metric's
    value; `lane` is the resource it belongs to; `cause` the outage, slot, event or window. Cutting a piece
    keeps its cause and its rate.
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
    """What became of one window or exclusion in this evaluation.

    `inside` is the downtime within it, `excused` the part not counted; `verdict` is one of: valid,
    late (notice too short), declared_later (recorded after its start), cap_used (valid, but the allowance
    was used up in part or whole), not_now (outside the hours in which such work may be done). `ahead` is the
    notice given, in ms (negative when declared later; 0 for a class that asks for none).
    """

    window: str
    span: Span
    inside: Ms
    excused: Ms
    ahead: Ms
    verdict: Literal["valid", "late", "declared_later", "cap_used", "not_now"]
    what: str = "scheduled maintenance"


@dataclass(frozen=True, slots=True)
class Miss:
    """An event that was not done in time. `delay` runs past `due` on the clock that the promise names, in ms.

    `allowed` is the time it had on that clock (None where the file gave a date); `days` are the calendar days
    late, the day missed included and the day it was done excluded. `count` events are alike.
    """

    cause: str
    lane: str
    start: Ms
    due: Ms
    finished: Ms | None
    delay: Ms
    allowed: Ms | None
    days: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Account:
    """The carrier of measure … clip, of one resource (or of the joined ones).

    `base` is the denominator and holds `bad`; `unknown` is what nobody saw, kept whatever a step decided
    about it. `promised` is the time before any step but the clip took something off. `short` is downtime
    that a duration rule dropped; `set_aside` is time inside valid windows that was up and left the base.
    All of these are in order of time and, but for pieces of what has a clock of its own, apart. `fixed` is
    the denominator that stands in place of the base's size, or None.
    """

    unit: Unit
    base: tuple[Piece, ...]
    bad: tuple[Piece, ...]
    unknown: tuple[Piece, ...] = ()
    excused: tuple[Excused, ...] = ()
    windows: tuple[WindowUse, ...] = ()
    lines: tuple[Line, ...] = ()
    promised: tuple[Piece, ...] = ()
    short: tuple[Piece, ...] = ()
    set_aside: tuple[Piece, ...] = ()
    lane: str = ""
    misses: tuple[Miss, ...] = ()
    fixed: Fraction | None = None


Accounts = tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The figure of one lane, or of several together.

    `value` is exact (a share, or a metric in its unit); None where the contract has no ratio or nothing was
    promised. `rounded` is what the gate and the table look at, where the contract rounds first (`figure`).
    `bad` and `base` are in the account's unit. `down` is downtime in ms as it counts (weighted where outages
    are), `time` the period's time in ms as the formula has it, and `ahead` what is to come of it after
    `as_of`, which no figure holds and the fee pays for. `outages` are the bad pieces that are left.
    `coverage` is seen ÷ promised time; `determinable` is False when coverage is under its floor; `met` is
    set by the gate (None: not determinable), and so are `promise`, the bound that it asked (None where
    nothing was promised), and `promise_of`, what it asked. A schedule that looks at one outage or one miss
    is handed a reading narrowed to it (`of`): `down` is then its length, or the delay. `alone` is the figure
    of the period by itself, where `value` is a mean with earlier ones.
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
    rounded: Fraction | None = None
    down: Fraction = Fraction(0)
    time: Fraction = Fraction(0)
    ahead: Fraction = Fraction(0)
    misses: tuple[Miss, ...] = ()
    promise: Bound | None = None
    promise_of: Literal["share", "downtime", "metric"] = "share"
    of: Literal["period", "outage", "miss"] = "period"
    alone: Fraction | None = None

    @property
    def figure(self) -> Fraction | None:
        """What is compared: the rounded value where the contract rounds before it looks."""
        return self.value if self.rounded is None else self.rounded


DueKind = Literal["share", "money", "time", "months", "service", "units", "points"]


@dataclass(frozen=True, slots=True)
class Due:
    """Something owed, exact until the limit that rounds.

    By kind, `amount` is: a share of the base; money of currency `of`; ms of fees ("time"); months of fees;
    days of service added to the term, in ms ("service"); units of the name `of`; points. `cause` is the row
    or rule in the file's words; `outage` and `at` the outage, miss or slot it is for and when that began (""
    and None for the period as a whole); `lane` the resource, and `resource` the one whose outage it is where
    several are added up. Where the amount was counted in units, `count` is how many and `size` the length of
    one in ms (0 for units that are no time). `factor` is how many times the time is paid, `alike` for how
    many events alike it is due: a cap on each is one for each of them.
    """

    kind: DueKind
    amount: Fraction
    of: str
    cause: str
    outage: str = ""
    at: Ms | None = None
    lane: str = ""
    count: Fraction = Fraction(0)
    size: Ms = 0
    factor: Fraction = Fraction(1)
    alike: int = 1
    resource: str = ""


@dataclass(frozen=True, slots=True)
class FeeLine:
    """What is paid for `span`, exactly: an invoice line. `whole` is its price were the period whole.

    `resource` is what a bill says it is paid for; an item that is named as a resource needs none.
    """

    item: str
    span: Span
    money: Money
    whole: Money | None = None
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Fees:
    """What is paid, by the words of stage `base`: "period", "previous period", "contract", … and their lines.

    Every key that the contract's bases and limits name is there; KeyError otherwise. The lines of "period"
    are there always, if only one of nothing, since they carry the currency.
    """

    currency: str
    by_span: Mapping[str, tuple[FeeLine, ...]]

    def __getitem__(self, which: str) -> tuple[FeeLine, ...]:
        return self.by_span[which]


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier period of one promise, as its settlement left it. `figure` is exact, times are ms.

    `excused` is downtime excused and `windows` how many windows excused something; `credit` is what was
    credited for the whole agreement in the period (None: not known), `points` those it earned. `span` is the
    period's.
    """

    period: str
    met: bool | None
    figure: Fraction | None = None
    down: Ms = 0
    excused: Ms = 0
    windows: int = 0
    outages: int = 0
    misses: int = 0
    points: Fraction = Fraction(0)
    credit: Fraction | None = None
    promise: str = ""
    span: Span | None = None


History = tuple[Past, ...]
"""Oldest first, the period that is settled not among them."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything an evaluation may see: no clock, no store, no configuration.

    `in_force` is the part of the period in which the agreement exists. `as_of` is the instant up to which
    evidence can exist; later time of a running period is not in the base. `apart` holds the evidence of
    promises that read another file than the rest. `calendars` are resolved: hours, zone and holiday dates.
    `first` is the agreement's first instant, for spans that count from it ("contract year"). `billing_day` is
    the day on which a billing month starts (None: that of `first`), `zone` the agreement's own where a period
    is cut in another one. `remembered` is what was worked out before, of this case or of one that is like it.
    """

    contract: Contract
    period: Period
    in_force: Spans
    evidence: Evidence
    fees: Fees
    as_of: Ms
    history: History = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    apart: Mapping[str, Evidence] = field(default_factory=dict)
    first: Ms | None = None
    billing_day: int | None = None
    zone: str = ""
    remembered: Remembered = field(default_factory=Remembered, compare=False, repr=False)

    @property
    def clause(self) -> Clause:
        """The only promise of an ordinary contract; ValueError where there are several."""
        ((_, clause),) = self.contract.promises
        return clause


class Rule(Protocol):
    def say(self) -> str:
        """The rule in plain English, from the same fields that compute: a sentence, or one a line."""
        ...


class Measure(Rule, Protocol):
    """The only stage that reads the evidence's timelines; one account a resource.

    No piece depends on what lies beyond good time.
    """

    def __call__(self, case: Case) -> Accounts: ...


class Step(Rule, Protocol):
    """Qualify, exclude, unknown time, combine, clip: their order is the tuple's.

    Most look at one account at a time (`each` in account.py); only the joining of resources sees them all.
    """

    def __call__(self, accounts: Accounts, case: Case) -> Accounts: ...


class Formula(Rule, Protocol):
    """One reading for each account, or one for all of them."""

    def __call__(self, accounts: Accounts, case: Case) -> tuple[Reading, ...]: ...


class Gate(Rule, Protocol):
    def __call__(self, reading: Reading, case: Case) -> Reading: ...


class Schedule(Protocol):
    """Raises NoRow where a figure that missed the commitment is in no row."""

    def __call__(self, reading: Reading, case: Case) -> tuple[Due, ...]: ...

    def say(self, of: str = ...) -> str:
        """The schedule in plain English; shares are `of` that fee."""
        ...


@dataclass(frozen=True, slots=True)
class Priced:
    """The carrier of base … rounding: what is due, the lines that say how it came about, and what limited it.

    `before` is the exact money before any limit; `limited_by` the text of the last limit that took something
    off ("" for none). `earned` is what the period came to where it is `held` back, or paid with earlier ones.
    `apart` are the dues before those of several resources became one (None: they did not).
    """

    dues: tuple[Due, ...]
    lines: tuple[Line, ...] = ()
    before: Fraction | None = None
    limited_by: str = ""
    readings: tuple[Reading, ...] = ()
    earned: Fraction | None = None
    held: bool = False
    apart: tuple[Due, ...] | None = None

    def of(self, lane: str) -> tuple[Due, ...]:
        """What is due for a resource."""
        dues = self.dues if self.apart is None else self.apart
        return tuple(due for due in dues if due.lane == lane)


class Limit(Rule, Protocol):
    """Base, caps from the narrowest span to the widest, minimum, rounding: in the tuple's order."""

    def __call__(self, priced: Priced, case: Case) -> Priced: ...


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise. `of` is what a share of the credit is a share of, in words."""

    measure: Measure
    steps: tuple[Step, ...]
    formula: Formula
    gate: Gate
    schedule: Schedule
    limits: tuple[Limit, ...]
    claim: Claim = field(default_factory=Claim)
    of: str = "that month's fee"

    def say(self) -> tuple[str, ...]:
        """The promise in plain English, a sentence a stage, defaults included."""
        return tuple(sentence for _, said in self.by_stage() for sentence in said)

    def by_stage(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What it says, by the stages that say it, in their order."""
        said = (
            ("measure", tuple(self.measure.say().splitlines())),
            ("outage, exclude, scope", tuple(rule.say() for rule in self.steps)),
            ("period, formula", (self.formula.say(),)),
            ("commitment", (self.gate.say(),)),
            ("credits, base", (self.schedule.say(self.of),)),
            ("limits, rounding", tuple(rule.say() for rule in self.limits)),
            ("claim", (self.claim.say(),)),
        )
        return tuple((stage, tuple(filter(None, sentences))) for stage, sentences in said)


class Combine(Rule, Protocol):
    """How several promises become one credit. `named` holds each promise's name, readings and priced dues."""

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced: ...


class Right(Rule, Protocol):
    """A right to terminate: its words where it is reached, or "". `now` are the rows the period leaves."""

    def __call__(self, case: Case, now: History) -> str: ...


@dataclass(frozen=True, slots=True)
class Contract:
    """An agreement's terms: named promises, how they combine, and what holds for the whole.

    `limits` come after `combine` and end in the one rounding, unless a narrower line was rounded already.
    """

    promises: tuple[tuple[str, Clause], ...]
    combine: Combine
    limits: tuple[Limit, ...] = ()
    rights: tuple[Right, ...] = ()
    manual: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """What one promise comes to before the whole is combined.

    `accounts` are those after all steps, `base` the fee that shares were taken of; `without` makes `gross`.
    `refused` is why its figure has no price, which matters only where the promise counts.
    """

    name: str
    clause: Clause
    readings: tuple[Reading, ...]
    accounts: Accounts
    dues: tuple[Due, ...]
    priced: Priced
    base: Money
    without: Callable[[], tuple[Reading, ...]] | None = field(default=None, compare=False, repr=False)
    refused: NoRow | None = field(default=None, compare=False, repr=False)

    @property
    def gross(self) -> tuple[Reading, ...]:
        """The readings without any exclusion (the second figures), made when they are read."""
        return self.readings if self.without is None else self.without()


def _silent(settled: Settlement) -> tuple[Line, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a period comes to.

    `credit` is the money, None when it is not determinable (or a person must decide: `undecided` says why,
    in a few words). `service` are ms of service added to the term, `units` what is owed in other units.
    `rights` are the termination rights reached; `tell` makes the workings, `remember` the history. The other
    properties are those of the ordinary contract: one promise, one figure.
    """

    promises: tuple[Named, ...]
    credit: Amount | None
    priced: Priced
    undecided: str = ""
    service: Ms = 0
    units: Mapping[str, Fraction] = field(default_factory=dict)
    rights: tuple[str, ...] = ()
    held: bool = False
    tell: Callable[[Settlement], tuple[Line, ...]] = field(default=_silent, compare=False, repr=False)
    remember: Callable[[], History] = field(default=tuple, compare=False, repr=False)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The workings, made when they are read."""
        return self.tell(self)

    @property
    def history(self) -> History:
        """The rows to append for the next period, one a promise."""
        return self.remember()

    @property
    def reading(self) -> Reading:
        """The only figure, or the worst of several (one that is not determinable before all others)."""
        readings = [reading for named in self.promises for reading in named.readings]
        return min(readings, key=badness)

    @property
    def gross(self) -> Reading:
        """The figure without any exclusion that belongs to `reading`."""
        pairs = [pair for named in self.promises for pair in zip(named.readings, named.gross, strict=True)]
        return min(pairs, key=lambda pair: badness(pair[0]))[1]

    @property
    def account(self) -> Account:
        """The only account; ValueError where there are several."""
        (account,) = (account for named in self.promises for account in named.accounts)
        return account

    @property
    def base(self) -> Money:
        return self.promises[0].base


def badness(reading: Reading) -> tuple[int, Fraction]:
    """Sorts the worst first: not determinable, then missed, then by the figure."""
    order = {None: 0, False: 1, True: 2}[reading.met]
    return order, Fraction(1) if reading.value is None else reading.value


Evaluate = Callable[[Case], Settlement]

"""PURE. The internal report as a value: its page, its letter, its twins. Never for a customer.

Everything is exact: instants in UTC ms, times in ms, ratios as Fraction, money in its currency. What is at
risk is said by stated rules, and nothing is foretold:

- an allowance is tight where one outage more than this period had, each like the median of them, would not
  fit into the next one, or where two like the longest would not;
- a margin narrows where the share of the allowance that is left fell in each of the last three periods;
- a KPI drifts where its reading says so; its pace is the median of the slopes between any two of its periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median_low
from typing import Final, Literal

from monitor.core.intervals import Ms, Span
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.operations.drift import line
from monitor.operations.figures import Mean, Response
from monitor.operations.kpi import KpiReading
from monitor.operations.responses import ResponseReport
from monitor.records import dataclass
from monitor.statements.standing import AgreementHealth

NARROWING: Final = 3
"""So many falls in a row are a margin that narrows."""

By = Literal["severity", "service", "team", "cause"]
BYS: Final[tuple[By, ...]] = ("severity", "service", "team", "cause")
Duty = Literal["not required", "open", "done", "overdue"]


@dataclass(frozen=True, slots=True)
class PastPoint:
    """One period of an agreement: what was reached, and what was left of `allowed` (None: no allowance)."""

    label: str
    availability: Fraction | None
    met: bool | None
    allowed: Ms | None
    left: Ms | None


@dataclass(frozen=True, slots=True)
class Past:
    """The periods of an agreement up to that of the report, oldest first."""

    agreement: str
    points: tuple[PastPoint, ...]


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One incident of the period. Times in ms, None where it did not happen or is not known.

    `costs` are the credits that it costs as things stand; `postmortem_at` is when it is due, or was done.
    """

    name: str
    service: str
    title: str
    severity: str
    state: str
    false_alarm: bool
    team: str
    owner: str
    cause: str
    began_at: Ms
    to_detect: Ms | None
    to_acknowledge: Ms | None
    to_resolve: Ms | None
    down: Ms
    costs: tuple[Money, ...] = ()
    postmortem: Duty = "not required"
    postmortem_at: Ms | None = None


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """The incidents that have one thing in common; `key` "" where nobody said. No mean has false alarms."""

    by: By
    key: str
    count: int
    false_alarms: int
    down: Ms
    mtta: Mean
    mttr: Mean
    costs: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class Hour:
    """How many incidents began in one hour of the week: `hour` 0 is Monday 00:00 in the report's zone."""

    hour: int
    count: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A postmortem or a follow-up whose last day is over; `due_at` is the end of it."""

    incident: str
    what: Literal["postmortem", "follow-up"]
    text: str
    owner: str
    due_at: Ms


@dataclass(frozen=True, slots=True)
class ShortNotice:
    """A window that was announced too late, and by how many ms earlier it would have kept the commitment."""

    window: str
    title: str
    span: Span
    late_by: Ms


@dataclass(frozen=True, slots=True)
class Next:
    """The period after this one, taken as up throughout: what it allows, and the first credit beyond it."""

    period: Period
    allowed: Ms | None
    credit: Amount | None


@dataclass(frozen=True, slots=True)
class Risk:
    """An agreement at risk in the period to come, and by which rules. `stake` is the first credit of it.

    `downtimes` are those that counted in this period, in ms; `narrowed` what was left of each allowance
    of a row in which it fell, oldest first.
    """

    agreement: str
    customer: str
    service: str
    stake: Amount | None
    next: Next
    downtimes: tuple[Ms, ...] = ()
    tight: bool = False
    narrowed: tuple[PastPoint, ...] = ()
    notices: tuple[ShortNotice, ...] = ()

    @property
    def median(self) -> Ms | None:
        """The lower median of the downtimes."""
        return median_low(self.downtimes) if self.downtimes else None

    @property
    def longest(self) -> Ms | None:
        return max(self.downtimes, default=None)


@dataclass(frozen=True, slots=True)
class Drift:
    """A KPI whose trend leads to where its target is not met: `pace` a period, and what the next would be."""

    kpi: str
    title: str
    since: str
    pace: Fraction
    next: Fraction
    passes: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What `targets suggest` proposes for the agreements on a service that promise alike, or why nothing."""

    service: str
    sla: str
    customers: tuple[str, ...]
    unit: str
    of: int
    fewest: int
    promised: Bound | None
    target: Fraction | None = None
    commitment: Fraction | None = None
    kept: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class InternalReport:
    """The team's page of a month, a week or some days. Never handed to a customer's template.

    `agreements` stand in their own periods. `response` is over the incidents that began in the period, and
    `before` over those of the period before it. `unusual` are notes on what stood out, a sentence each.
    `watched`: whether anything was seen in it.
    `responses` is None where no times are promised of tickets, and none went on.
    """

    period: Period
    as_of: Ms
    drawn_up: Ms
    agreements: tuple[AgreementHealth, ...]
    owed: tuple[Amount, ...]
    program: str
    past: tuple[Past, ...] = ()
    kpis: Sequence[KpiReading] = ()
    incidents: tuple[IncidentLine, ...] = ()
    response: Response | None = None
    before: Response | None = None
    breakdown: tuple[BreakdownRow, ...] = ()
    hours: tuple[Hour, ...] = ()
    overdue: tuple[Overdue, ...] = ()
    risks: tuple[Risk, ...] = ()
    drifts: tuple[Drift, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    unusual: Sequence[str] = ()
    if_all_fell: tuple[Amount, ...] = ()
    watched: bool = True
    responses: ResponseReport | None = None


def pieces(health: AgreementHealth) -> tuple[Ms, ...]:
    """The downtimes that counted, by its budget's steps; empty steps are none."""
    lefts = [health.budget.allowed, *(left for _, left in health.steps)]
    return tuple(had - left for had, left in pairwise(lefts) if had > left)


def is_tight(outages: Sequence[Ms], allowed: Ms | None) -> bool:
    """Whether the same again and one more outage, or two like the longest, would not fit in `allowed`."""
    if not outages or allowed is None:
        return False
    return (len(outages) + 1) * median_low(outages) > allowed or 2 * max(outages) > allowed


def narrowed(points: Sequence[PastPoint]) -> tuple[PastPoint, ...]:
    """The last points between which the share that is left fell each time; () for fewer than three falls."""
    row: list[PastPoint] = []
    for point in reversed(points):
        share = _left(point)
        if share is None or (row and not share > (_left(row[-1]) or Fraction(0))):
            break
        row.append(point)
    return tuple(reversed(row)) if len(row) > NARROWING else ()


def _left(point: PastPoint) -> Fraction | None:
    if point.left is None or not point.allowed:
        return None
    return Fraction(point.left, point.allowed)


def drift(reading: KpiReading) -> Drift | None:
    """The pace of a KPI that drifts, by Theil and Sen; None of one that does not."""
    known = [(place, p.value) for place, p in enumerate(reading.trend) if p.value is not None]
    if not reading.drifting or reading.target is None or reading.value is None or len(known) < 2:
        return None
    pace, _ = line(known)
    following = reading.value + pace
    since = reading.trend[known[0][0]].label
    return Drift(reading.id, reading.title, since, pace, following, not reading.target.holds(following))


def by_stake(risks: Sequence[Risk]) -> tuple[Risk, ...]:
    """The dearest first, currency by currency; what has no price last."""
    return tuple(
        sorted(
            risks,
            key=lambda r: (
                r.stake is None,
                "" if r.stake is None else r.stake.currency,
                0 if r.stake is None else -r.stake.minor,
                r.customer,
                r.service,
                r.agreement,
            ),
        )
    )

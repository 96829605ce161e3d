"""PURE. What the configuration says of KPIs: what each measures, of what, held against what, and whose it is.

What an internal target says of a service is a KPI by itself, and is said nowhere twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal, get_args

from monitor.core.calendars import Hours
from monitor.core.intervals import Ms
from monitor.core.numbers import Bound
from monitor.operations.kpi import Unit
from monitor.records import dataclass

Kind = Literal[
    "availability", "latency", "error rate", "failed checks", "mttd", "mtta", "mttr", "mtbf", "incidents",
    "alerts acknowledged", "false alarms", "postmortems", "metric",
    "first reply", "any reply", "next reply", "acknowledgement", "update", "resolution",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Take = Literal["mean", "sum", "last", "lowest", "highest", "median", "in time"]
TAKES: Final[tuple[Take, ...]] = get_args(Take)
OF_METRICS: Final[tuple[Take, ...]] = ("mean", "sum", "last", "lowest", "highest")
OF_CLOCKS: Final[tuple[Take, ...]] = ("median", "mean", "in time")
"""What is taken of the time of tickets, the usual one first."""

OF_INCIDENTS: Final[frozenset[Kind]] = frozenset(
    {"mttd", "mtta", "mttr", "mtbf", "incidents", "false alarms", "postmortems"}
)
OF_CHECKS: Final[frozenset[Kind]] = frozenset({"latency", "error rate", "failed checks"})
STOPS: Final[Mapping[str, Kind]] = {
    "first human reply": "first reply", "any reply": "any reply", "next human reply": "next reply",
    "acknowledged": "acknowledgement", "update": "update", "resolved": "resolution",
}  # fmt: skip
"""What stops the clock of a promise, and the KPI that reads such clocks."""
OF_TICKETS: Final[frozenset[Kind]] = frozenset(STOPS.values())

UNITS: Final[Mapping[Kind, Unit]] = {
    "availability": "share", "latency": "tenths", "error rate": "share", "failed checks": "count",
    "mttd": "ms", "mtta": "ms", "mttr": "ms", "mtbf": "ms", "incidents": "count",
    "alerts acknowledged": "share", "false alarms": "share", "postmortems": "share", "metric": "metric",
    "first reply": "clock", "any reply": "clock", "next reply": "clock", "acknowledgement": "clock",
    "update": "clock", "resolution": "clock",
}  # fmt: skip

TITLES: Final[Mapping[Kind, str]] = {
    "availability": "availability",
    "latency": "latency",
    "error rate": "share of failed checks",
    "failed checks": "failed checks",
    "mttd": "mean time to detect",
    "mtta": "mean time to acknowledge",
    "mttr": "mean time to resolve",
    "mtbf": "mean time between failures",
    "incidents": "incidents",
    "alerts acknowledged": "alerts acknowledged in time",
    "false alarms": "share of false alarms",
    "postmortems": "postmortems done in time",
    "metric": "metric",
    "first reply": "time to the first reply",
    "any reply": "time to any reply",
    "next reply": "time to the next reply",
    "acknowledgement": "time to the acknowledgement",
    "update": "time to the update",
    "resolution": "time to the resolution",
}

WORDS: Final[Mapping[Kind, tuple[str, str]]] = {
    "availability": ("period", "periods"),
    "latency": ("good check", "good checks"),
    "error rate": ("check", "checks"),
    "failed checks": ("check", "checks"),
    "mttd": ("incident", "incidents"),
    "mtta": ("acknowledged incident", "acknowledged incidents"),
    "mttr": ("resolved incident", "resolved incidents"),
    "mtbf": ("failure", "failures"),
    "incidents": ("incident", "incidents"),
    "alerts acknowledged": ("alert", "alerts"),
    "false alarms": ("incident", "incidents"),
    "postmortems": ("required postmortem", "required postmortems"),
    "metric": ("value", "values"),
    "first reply": ("ticket", "tickets"),
    "any reply": ("ticket", "tickets"),
    "next reply": ("next reply", "next replies"),
    "acknowledgement": ("ticket", "tickets"),
    "update": ("update", "updates"),
    "resolution": ("ticket", "tickets"),
}
"""What is counted, one and several of it."""

_ENOUGH: Final[Mapping[Kind, int]] = {
    "availability": 0, "latency": 1, "error rate": 100, "failed checks": 1, "mttd": 3, "mtta": 3, "mttr": 3,
    "mtbf": 2, "incidents": 0, "alerts acknowledged": 5, "false alarms": 5, "postmortems": 1, "metric": 1,
    "first reply": 3, "any reply": 3, "next reply": 3, "acknowledgement": 3, "update": 3, "resolution": 3,
}  # fmt: skip
_SHARE: Final = 5


def enough(of: Kind, percentile: Fraction | None = None, take: Take | None = None) -> int:
    """How many are enough to tell, unless the configuration says otherwise.

    A mean of one or two incidents is those incidents. A percentile needs as many values that one of them lies
    beyond it: 20 for the 95th, 100 for the 99th; of tickets three at least. A share takes five. Counts are
    known of nothing at all.
    """
    if percentile is None:
        return _SHARE if take == "in time" else _ENOUGH[of]
    beyond = 1 - percentile
    return max(-(-beyond.denominator // beyond.numerator), _ENOUGH[of] if of in OF_TICKETS else 1)


@dataclass(frozen=True, slots=True)
class KpiRule:
    """One KPI. What it is narrowed to is () for everything; a KPI of several narrowings holds all of them.

    `within` is in ms, `percentile` a share, such as 19/20. `hours` are hours of the week in the team's zone.
    `at_least` are how many are enough to tell. `goal` is the internal target that says it, "" where
    `[kpi.ID]` does; `part` says which of its bounds. `priorities`, `agreements`, `promises` and `slas` are of
    tickets alone: which promises of times it reads, of tickets of which priority. What runs beside an
    agreement is read where `slas` name it.
    """

    id: str
    of: Kind
    target: Bound | None = None
    owner: str = ""
    title: str = ""
    services: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    slas: tuple[str, ...] = ()
    percentile: Fraction | None = None
    within: Ms | None = None
    metric: str = ""
    take: Take = "mean"
    hours: Hours | None = None
    at_least: int = 0
    goal: str = ""
    unit: Unit = "share"
    unit_name: str = ""

    @property
    def about(self) -> str:
        """Of what it is, in a few words; "" for everything."""
        narrowed = (
            *self.endpoints, *self.services, *self.severities, *self.priorities, *self.teams, *self.customers,
            *self.agreements, *self.slas, *self.promises, *self.labels,
        )  # fmt: skip
        return ", ".join((*narrowed, str(self.hours)) if self.hours else narrowed)


def usual() -> tuple[KpiRule, ...]:
    """Those that hold without a word in the configuration: a KPI of the same name takes their place."""
    kinds: tuple[Kind, ...] = ("mtta", "mttr", "incidents")
    return tuple(
        KpiRule(kind, kind, title=TITLES[kind], at_least=enough(kind), unit=UNITS[kind]) for kind in kinds
    )

"""PURE. What the configuration says of KPIs: what each measures, of what, held against what, and whose it is.

What an internal target says of a service is a KPI by itself, and is said nowhere twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, get_args

from monitor.core.calendars import Hours
from monitor.core.intervals import Ms
from monitor.core.numbers import Bound
from monitor.operations.kpi import Unit

Kind = Literal[
    "availability", "latency", "error rate", "failed checks", "mttd", "mtta", "mttr", "mtbf", "incidents",
    "alerts acknowledged", "false alarms", "postmortems", "metric",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Take = Literal["mean", "sum", "last", "lowest", "highest"]
TAKES: Final[tuple[Take, ...]] = get_args(Take)

OF_INCIDENTS: Final[frozenset[Kind]] = frozenset(
    {"mttd", "mtta", "mttr", "mtbf", "incidents", "false alarms", "postmortems"}
)
OF_CHECKS: Final[frozenset[Kind]] = frozenset({"latency", "error rate", "failed checks"})

UNITS: Final[Mapping[Kind, Unit]] = {
    "availability": "share", "latency": "tenths", "error rate": "share", "failed checks": "count",
    "mttd": "ms", "mtta": "ms", "mttr": "ms", "mtbf": "ms", "incidents": "count",
    "alerts acknowledged": "share", "false alarms": "share", "postmortems": "share", "metric": "metric",
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
}
"""What is counted, one and several of it."""

_ENOUGH: Final[Mapping[Kind, int]] = {
    "availability": 0, "latency": 1, "error rate": 100, "failed checks": 1, "mttd": 3, "mtta": 3, "mttr": 3,
    "mtbf": 2, "incidents": 0, "alerts acknowledged": 5, "false alarms": 5, "postmortems": 1, "metric": 1,
}  # fmt: skip


def enough(of: Kind, percentile: Fraction | None = None) -> int:
    """How many are enough to tell, unless the configuration says otherwise.

    A mean of one or two incidents is those incidents. A percentile needs as many values that one of them lies
    beyond it: 20 for the 95th, 100 for the 99th. Counts are known of nothing at all.
    """
    if percentile is None:
        return _ENOUGH[of]
    beyond = 1 - percentile
    return max(-(-beyond.denominator // beyond.numerator), 1)


@dataclass(frozen=True, slots=True)
class KpiRule:
    """One KPI. What it is narrowed to is () for everything; a KPI of several narrowings holds all of them.

    `within` is in ms, `percentile` a share, such as 19/20. `hours` are hours of the week in the team's zone.
    `at_least` are how many are enough to tell. `goal` is the internal target that says it, "" where
    `[kpi.ID]` does; `part` says which of its bounds.
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
            *self.endpoints, *self.services, *self.severities, *self.teams, *self.customers, *self.labels,
        )  # fmt: skip
        return ", ".join((*narrowed, str(self.hours)) if self.hours else narrowed)


def usual() -> tuple[KpiRule, ...]:
    """Those that hold without a word in the configuration: a KPI of the same name takes their place."""
    kinds: tuple[Kind, ...] = ("mtta", "mttr", "incidents")
    return tuple(
        KpiRule(kind, kind, title=TITLES[kind], at_least=enough(kind), unit=UNITS[kind]) for kind in kinds
    )

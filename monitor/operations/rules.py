"""PURE. What the configuration says of incidents: which outages are one, and how severe one is.

Severities stand in order, the highest first. One holds where any of its conditions does, and a condition
where everything that it names does. The last has no conditions: it is what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from fractions import Fraction
from typing import Final, Literal

from monitor.core.intervals import DAY, MINUTE, Ms
from monitor.core.numbers import Bound
from monitor.records import dataclass

Resolving = Literal["on recovery", "by hand"]

CAUSES: Final = (
    "deployment", "configuration", "capacity", "software fault", "hardware", "network", "dns", "certificate",
    "dependency", "security", "human error", "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MoneyBound:
    """At least (or more than) so much of one currency, exactly."""

    bound: Bound
    currency: str

    def holds(self, costs: Mapping[str, Fraction]) -> bool:
        """Whether what an incident costs, by currency, reaches it; currencies are never added."""
        return self.bound.holds(costs.get(self.currency, Fraction(0)))


@dataclass(frozen=True, slots=True)
class Condition:
    """All that must hold at once. `services` () is any; `lasting` is in ms; None asks nothing."""

    services: tuple[str, ...] = ()
    customers: Bound | None = None
    lasting: Bound | None = None
    money: MoneyBound | None = None


@dataclass(frozen=True, slots=True)
class Severity:
    """A severity. `postmortem` is how many ms after an incident's end one is due; None: none is required."""

    id: str
    when: tuple[Condition, ...] = ()
    postmortem: Ms | None = None


_SERVED = Bound(">=", Fraction(1))

USUAL: Final = (
    Severity(
        "critical", (Condition(customers=_SERVED, lasting=Bound(">=", Fraction(30 * MINUTE))),), 5 * DAY
    ),
    Severity("high", (Condition(customers=_SERVED, lasting=Bound(">=", Fraction(5 * MINUTE))),), 10 * DAY),
    Severity("medium", (Condition(customers=_SERVED), Condition(lasting=Bound(">=", Fraction(30 * MINUTE))))),
    Severity("low"),
)


@dataclass(frozen=True, slots=True)
class IncidentRules:
    """Outages at most `joined` ms apart are one incident. `teams` are by service, "" for all others."""

    joined: Ms = 15 * MINUTE
    resolved: Resolving = "on recovery"
    causes: tuple[str, ...] = CAUSES
    severities: tuple[Severity, ...] = USUAL
    teams: Mapping[str, str] = field(default_factory=dict)

    def severity(self, id: str) -> Severity | None:
        """The severity of a name, None where the configuration has it no more."""
        return next((each for each in self.severities if each.id == id), None)

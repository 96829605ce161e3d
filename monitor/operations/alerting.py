"""PURE. What the team is told of: alert rules as values, and those that hold where nobody writes any.

A rule is of one kind, and has the numbers of that kind alone: those that it names must all hold at once. A
rule of the configuration that has the name of a usual one changes that one, and leaves the others.

The factors and windows of burning are those of "The Site Reliability Workbook" (Google, 2018), chapter 5,
"Alerting on SLOs", on multiwindow, multi-burn-rate alerts: 2 % of a budget in an hour and 5 % in six hours
page, 10 % in a day and 10 % in three days are tickets; the short window is a twelfth of the long one.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from monitor.core.intervals import DAY, HOUR, MINUTE, Ms
from monitor.operations.alert import Kind, Urgency
from monitor.operations.rules import MoneyBound
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule. What narrows it is () for everything; `labels` are of endpoints, as (key, value).

    The numbers are None where the rule does not ask: `rate` and `windows` (burn, written for 30 days);
    `within` ms of downtime to the next credit, `used` of the way to it, `money` that it costs, `forecast`
    that the allowance is used up before the period ends (breach); `used` of what the internal target allows
    and `left` of the buffer below it (margin); `within` ms before the end of a window (maintenance); `share`
    seen of what there was to see in the last 24 hours (coverage); whole `days` (certificate, deadline); for
    at least `lasting` ms (down, heartbeat, monitor); up again for `settled` ms before it is over (down); the
    `stages` of the time allowed at which a response is told of, and told of again (response).
    """

    id: str
    when: Kind
    urgency: Urgency = "ticket"
    send: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    rate: Fraction | None = None
    windows: tuple[Ms, Ms] | None = None
    within: Ms | None = None
    used: Fraction | None = None
    left: Fraction | None = None
    money: MoneyBound | None = None
    forecast: bool = False
    share: Fraction | None = None
    days: int | None = None
    lasting: Ms | None = None
    settled: Ms | None = None
    stages: tuple[Fraction, ...] | None = None


NUMBERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "down": ("lasting", "settled"),
    "burn": ("rate", "windows"),
    "breach": ("within", "used", "money", "forecast"),
    "margin": ("used", "left"),
    "certificate": ("days",),
    "heartbeat": ("lasting",),
    "monitor": ("lasting",),
    "coverage": ("share",),
    "maintenance": ("within",),
    "deadline": ("days",),
    "response": ("stages",),
}
"""The numbers that a rule of each kind may have."""

SCOPES: Final = ("services", "endpoints", "agreements", "customers", "labels")

USUAL: Final = (
    AlertRule("down", "down", "page"),
    AlertRule("burn-1h", "burn", "page", rate=Fraction(144, 10), windows=(HOUR, 5 * MINUTE)),
    AlertRule("burn-6h", "burn", "page", rate=Fraction(6), windows=(6 * HOUR, 30 * MINUTE)),
    AlertRule("burn-1d", "burn", rate=Fraction(3), windows=(DAY, 2 * HOUR)),
    AlertRule("burn-3d", "burn", rate=Fraction(1), windows=(3 * DAY, 6 * HOUR)),
    AlertRule("breach", "breach", "page", within=30 * MINUTE, used=Fraction(1, 2)),
    AlertRule("exhaustion", "breach", used=Fraction(1, 2), forecast=True),
    AlertRule("margin", "margin", used=Fraction(3, 4)),
    AlertRule("certificate", "certificate", days=14),
    AlertRule("heartbeat", "heartbeat", "page"),
    AlertRule("monitor", "monitor", "page", lasting=5 * MINUTE),
    AlertRule("coverage", "coverage", share=Fraction(99, 100)),
    AlertRule("maintenance", "maintenance", within=10 * MINUTE),
    AlertRule("deadline", "deadline", days=7),
    AlertRule("tickets-urgency", "response", stages=(Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))),
)
"""What holds without any `[alert.NAME]`; the first of a kind is what a rule of one's own starts from."""


def usual(id: str) -> AlertRule | None:
    """The usual rule of a name."""
    return next((each for each in USUAL if each.id == id), None)


def of_kind(when: Kind) -> AlertRule:
    """The usual rule that a rule of this kind starts from."""
    return next(each for each in USUAL if each.when == when)


ENDS: Final = Fraction(9, 10)
"""A finding that was raised ends below so much of its bound, so that nothing flaps round it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule holds: `firm` raises an alert, `held` alone keeps one that is open."""

    firm: bool
    held: bool

    def __and__(self, other: Verdict) -> Verdict:
        return Verdict(self.firm and other.firm, self.held and other.held)


YES: Final = Verdict(firm=True, held=True)
NO: Final = Verdict(firm=False, held=False)


def rises_to(figure: Fraction | int, bound: Fraction | int) -> Verdict:
    """Of a figure that is worse the higher it is: raised at the bound, over below nine tenths of it."""
    return Verdict(firm=figure >= bound, held=figure >= ENDS * bound)


def falls_to(figure: Fraction | int, bound: Fraction | int) -> Verdict:
    """Of a figure that is worse the lower it is: raised at the bound, over above ten ninths of it."""
    return Verdict(firm=figure <= bound, held=ENDS * figure <= bound)

"""Step two, what the team is told of: alert rules. A rule with the name of a usual one changes that one."""

# ruff: noqa: RUF012  pydantic copies the default of a field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from monitor.config import values
from monitor.config.incident_tables import money_from
from monitor.config.problems import Refused
from monitor.config.table import Duration, Name, Table, read_by, words
from monitor.config.values import shown
from monitor.core.intervals import Ms
from monitor.operations.alert import KINDS, Kind, Urgency
from monitor.operations.rules import MoneyBound


def a_rate(value: object) -> Fraction:
    """`14.4`: so many times as fast as the allowance would last for the period."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value <= 10_000:
        raise Refused(f"{shown(value)} is no rate: write a number above 0, as in rate = 14.4")
    return Fraction(value)


def two_windows(value: object) -> tuple[Ms, Ms]:
    """`["1h", "5m"]`: a long window and a short one."""
    if not isinstance(value, list) or len(value) != 2:
        raise Refused(f'{shown(value)} is no pair of windows: write windows = ["1h", "5m"]')
    long, short = (values.duration(each) for each in value)
    if long <= short:
        raise Refused('the long window stands before the short one: write windows = ["1h", "5m"]')
    return long, short


def part(value: object) -> Fraction:
    """`"75%"`: more than nothing, and at most all."""
    found = values.share(value)
    if not 0 < found <= 1:
        raise Refused(f'{shown(value)} is not between 0% and 100%: write "75%"')
    return found


def chosen_labels(value: object) -> tuple[tuple[str, str], ...]:
    """`["team=web"]`: of endpoints, any of them."""
    return tuple(values.label(each) for each in (value if isinstance(value, list) else [value]))


def rising(value: object) -> tuple[Fraction, ...]:
    """`["50%", "75%", "90%"]`: of the time allowed, rising; one to three."""
    found = tuple(part(each) for each in (value if isinstance(value, list) else [value]))
    if not 1 <= len(found) <= 3 or any(one >= other for one, other in pairwise(found)):
        raise Refused(f'{shown(value)} are not one to three rising shares: write ["50%", "75%", "90%"]')
    return found


Part = Annotated[Fraction, read_by(part)]


class AlertTable(Table):
    """`[alert.NAME]`; what stands here and what does not, by kind, is said in `alert_rules`."""

    when: Annotated[Kind, words(*KINDS)] | None = None
    off: bool = False
    urgency: Annotated[Urgency, words("page", "ticket")] | None = None
    send: list[Name] = []
    services: list[Name] = []
    endpoints: list[Name] = []
    agreements: list[Name] = []
    customers: list[Name] = []
    labels: Annotated[tuple[tuple[str, str], ...], read_by(chosen_labels, list[str])] = ()
    rate: Annotated[Fraction, read_by(a_rate, float)] | None = None
    windows: Annotated[tuple[Ms, Ms], read_by(two_windows, list[str])] | None = None
    within: Duration | None = None
    used: Part | None = None
    left: Part | None = None
    money: Annotated[MoneyBound, read_by(money_from)] | None = None
    forecast: bool | None = None
    share: Part | None = None
    days: Annotated[int, Field(ge=1, le=366)] | None = None
    lasting: Duration | None = None
    settled: Duration | None = None
    stages: Annotated[tuple[Fraction, ...], read_by(rising, str | list[str])] | None = None

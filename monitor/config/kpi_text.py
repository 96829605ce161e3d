"""What people write of KPIs: what is measured, a target with its sign, a percentile, a token. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast

from monitor.config.headers import reference
from monitor.config.plan import Reference
from monitor.config.problems import Refused
from monitor.config.values import choice, shown
from monitor.core.numbers import Bound, parse_bounds, parse_count, parse_duration, parse_number, parse_share
from monitor.operations.kpi_rules import KINDS, OF_TICKETS, Kind, Take

WRITABLE = tuple(each for each in KINDS if each != "availability")
TO_TARGET = (
    "an availability is an internal target, and among the KPIs by itself: "
    'write [target.NAME] with service = "shop" and objective = ">= 99.95%"'
)
FROM_ABOVE = ("<", "<=")
FROM_BELOW = (">", ">=")
EXAMPLES: Mapping[Kind, str] = {
    "latency": "< 2s", "error rate": "< 0.1%", "failed checks": "<= 10", "mttd": "<= 2m", "mtta": "<= 5m",
    "mttr": "<= 30m", "mtbf": ">= 7 days", "incidents": "<= 4", "alerts acknowledged": ">= 95%",
    "false alarms": "<= 10%", "postmortems": ">= 95%", "metric": ">= 99.5 %",
    "first reply": "<= 2h", "any reply": "<= 2h", "next reply": "<= 4h", "acknowledgement": "<= 15m",
    "update": "<= 4h", "resolution": "<= 16h",
}  # fmt: skip
IN_TIME = ">= 95%"
RISING = frozenset({"mtbf", "alerts acknowledged", "postmortems"})
"""What is the better the more there is of it."""

_READ: Mapping[Kind, Callable[[str], Fraction | int]] = {
    "latency": lambda text: parse_duration(text) * 10,
    "error rate": parse_share,
    "failed checks": parse_count,
    "mttd": parse_duration,
    "mtta": parse_duration,
    "mttr": parse_duration,
    "mtbf": parse_duration,
    "incidents": parse_count,
    "alerts acknowledged": parse_share,
    "false alarms": parse_share,
    "postmortems": parse_share,
}


def kind(value: object) -> Kind:
    """What a KPI measures; an availability is said by an internal target."""
    if value == "availability":
        raise Refused(TO_TARGET)
    return cast(Kind, choice(value, WRITABLE))


def target(of: Kind, text: str, take: Take | None = None) -> Bound:
    """A bound on a KPI that is no metric: times in ms, latencies in 0.1 ms. ValueError says what to write."""
    if take == "in time":
        return _one_way(FROM_BELOW, parse_bounds(text, parse_share), text, IN_TIME)
    bounds = parse_bounds(text, parse_duration if of in OF_TICKETS else _READ[of])
    return _one_way(FROM_BELOW if of in RISING else FROM_ABOVE, bounds, text, EXAMPLES[of])


def metric_target(text: str, unit: str) -> Bound:
    """A bound on a pushed metric: `"> 99.5 %"`, a number and its unit, or the number alone."""

    def read(written: str) -> Fraction:
        number, own = re.fullmatch(r"(\S*?[0-9.]+)\s*(.*)", written.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
        if own and own != unit:
            there = f'is in "{unit}"' if unit else "has no unit"
            raise ValueError(f'{shown(text)} is in "{own}", and the metric {there}: write one unit')
        return signed(number)

    if not re.search(r"[0-9]", text):
        raise ValueError(f'{shown(text)} is no bound: write "{_example(unit)}"')
    return _one_way((*FROM_ABOVE, *FROM_BELOW), parse_bounds(text, read), text, EXAMPLES["metric"])


def _example(unit: str) -> str:
    return f">= 99.5 {unit}".rstrip()


def _one_way(signs: tuple[str, ...], bounds: tuple[Bound, ...], text: str, example: str) -> Bound:
    """One bound, from the side that is worse."""
    if len(bounds) != 1 or bounds[0].sign not in signs:
        raise ValueError(f'{shown(text)} is not what is aimed at here: write "{example}"')
    return bounds[0]


def signed(text: str) -> Fraction:
    """A number of a metric: digits and one point, after a minus where it is below nothing."""
    return -parse_number(text[1:]) if text.startswith("-") else parse_number(text)


def percentile(value: object) -> Fraction:
    """`95`, `99.9` or `"99.9%"`: a share of all values."""
    text = value.removesuffix("%").rstrip() if isinstance(value, str) else str(value)
    known = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    found = parse_number(text) / 100 if known and re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", text) else None
    if found is None or not 0 < found < 1:
        raise Refused(f"{shown(value)} is no percentile: write one between 0 and 100, as in 95")
    return found


def token(value: object) -> Reference:
    """`{ env = "NAME" }` or `{ file = "path" }`."""
    if not isinstance(value, dict):
        raise Refused('a token never stands in the file: write { env = "NAME" } or { file = "path" }')
    return reference(value)


def label(value: object) -> str:
    """A label of incidents, as `makegood incident assign --label` gives it."""
    if not isinstance(value, str) or not value.strip():
        raise Refused(f'{shown(value)} is no label: write "checkout"')
    return value

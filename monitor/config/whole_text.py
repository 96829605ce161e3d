"""What an SLA says beside its stages, as texts: promises together, and rights to terminate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from monitor.agreements.schedule import Rows
from monitor.agreements.terms import Termination, Together
from monitor.config.credits_text import below, points
from monitor.config.problems import Fault, Refused, Several
from monitor.config.stage_tables import STAGES
from monitor.config.values import choice, must_have_points, shown
from monitor.core.numbers import Bound, parse_share_bounds

TOGETHER = tuple(word for word in get_args(Together) if word != "points")
RIGHTS = '"2 of 3 periods missed", "1 of 1 periods < 96.5%", "3 misses in 3 months" or "4 outages in 30 days"'

Joined = tuple[Together, Rows | None]
"""How promises become one credit, and the table of points where there is one."""


def together(value: object) -> Joined:
    """`"sum"`, `"highest"` and the like, or `{ points = { "< 10" = "0%", ">= 10" = "2%" } }`."""
    if not isinstance(value, Mapping):
        return choice(value, TOGETHER), None  # type: ignore[return-value]
    if set(value) != {"points"}:
        raise Refused('a table here has one key: write { points = { "< 10" = "0%", ">= 10" = "2%" } }')
    faults: list[Fault] = []
    rows: Rows | None = None
    with below(faults, "points"):
        rows = points(value["points"])
    if faults:
        raise Several(faults)
    return "points", rows


def termination(value: object) -> tuple[Termination, ...]:
    """A right or a list of rights: `"2 of 3 periods missed"`, `"1 of 1 periods < 96.5%"`, …"""
    faults: list[Fault] = []
    found: list[Termination] = []
    for number, text in enumerate(value if isinstance(value, list) else [value]):
        with below(faults, *([number] if isinstance(value, list) else [])):
            found.append(_right(text))
    if faults:
        raise Several(faults)
    return tuple(found)


def _right(value: object) -> Termination:
    text = value.strip() if isinstance(value, str) else ""
    if found := re.fullmatch(r"([1-9]\d{0,2}) of ([1-9]\d{0,2}) periods? (.+)", text):
        return _of_periods(int(found[1]), int(found[2]), found[3], text)
    if found := re.fullmatch(r"([1-9]\d{0,3}) misse?s? in ([1-9]\d{0,2}) months?", text):
        return Termination(int(found[1]), int(found[2]), "misses", text)
    if found := re.fullmatch(r"([1-9]\d{0,3}) outages? in ([1-9]\d{0,3}) days?", text):
        return Termination(int(found[1]), int(found[2]), "outages", text)
    raise Refused(f"{shown(value)} is no right to terminate: write {RIGHTS}")


def _of_periods(count: int, last: int, what: str, text: str) -> Termination:
    if count > last:
        raise Refused(f"{shown(text)}: {count} of {last} periods cannot happen: lower the first number")
    if what == "missed":
        return Termination(count, last, "missed", text)
    return Termination(count, last, "figure", text, _bound(what, text))


def _bound(what: str, text: str) -> Bound:
    must_have_points(what)
    try:
        (bound,) = parse_share_bounds(what)
    except ValueError:
        raise Refused(f"{shown(text)} is no right to terminate: write {RIGHTS}") from None
    return bound


def stage(value: object) -> str:
    """The name of a stage, or of what stands beside them."""
    return choice(value, (*STAGES, "termination", "together"))


__all__ = ["TOGETHER", "Joined", "stage", "termination", "together"]

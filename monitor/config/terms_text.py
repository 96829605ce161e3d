"""The stages of an SLA as texts: rows, limits, claims and the like, each parsed on its own.

What a stage can say is LANGUAGE; what this version does of it is here, and the rest is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from monitor.agreements.schedule import FEE, Amount, NoCredits, Node, Row, Rows
from monitor.config.known import CREDIT_KEYS, later
from monitor.config.problems import Fault, Refused, Several
from monitor.config.values import choice, meant, must_have_points, share, share_bound, shown
from monitor.core.intervals import Ms
from monitor.core.numbers import (
    Bound,
    Operator,
    parse_duration,
    parse_duration_bound,
    parse_share_bounds,
)

SIGNED = re.compile(r"\s*(<=|>=|<|>|=)")
ROW_WORDS: Mapping[str, tuple[str, ...]] = {
    "overlap": ("highest credit", "first row"),
    "in_no_row": ("refuse", "no credit"),
    "if_met": ("no credit", "as the table"),
}
SPANS = ["outage", "day", "week", "month", "quarter", "year", "contract"]
CLAIM = re.compile(
    r"automatic|\d+ (hours|days|business days|weeks|months) after "
    r"(outage|outage end|awareness|report|ticket closed|due|period|month|quarter)|"
    r"(end of|day \d+ of) [a-z0-9 ]+"
)


def commitment(value: object) -> Bound:
    """`"99.9%"` (at least) or `"> 99%"`."""
    if value == "none":
        raise Refused(later('commitment = "none"'))
    if isinstance(value, str) and SIGNED.match(value) and "%" not in value:
        raise Refused(later("a commitment in time or in units") + ': write a share, "99.9%"')
    return share_bound(value)


def credits_(value: object) -> Node:
    """`"10%"`, `"none"`, or a table of rows with the words beside them."""
    if value == "none":
        return NoCredits()
    if value == "manual":
        raise Refused(later('credits = "manual"'))
    if not isinstance(value, dict):
        return _share_of_fee(value)
    faults: list[Fault] = []
    words: dict[str, str] = {}
    rows: list[Row] = []
    for key, entry in value.items():
        try:
            if key in ROW_WORDS:
                words[key] = choice(entry, ROW_WORDS[key])
            else:
                rows.append(row(key, entry))
        except ValueError as error:
            faults.append(Fault((), str(error), at=(key,), key=key not in ROW_WORDS))
    if faults:
        raise Several(faults)
    if not rows:
        raise Refused('no row says what is owed: write { "< 99.9%" = "10%" }, or credits = "none"')
    return Rows(tuple(rows), **words)  # type: ignore[arg-type]


def row(key: str, entry: object) -> Row:
    """One row, `"< 99.9%, >= 99.0%" = "10%"`."""
    if key in CREDIT_KEYS:
        raise Refused(later(shown(key)))
    if not SIGNED.match(key):
        if "%" in key:
            raise Refused(f'row {shown(key)} has no bound: write "< {key}" or "<= {key}"')
        near = meant(key, [*ROW_WORDS, *CREDIT_KEYS])
        hint = f'did you mean "{near}"?' if near else 'a row is written "< 99.9%" = "10%"'
        raise Refused(f"unknown key {shown(key)}; {hint}")
    if "%" not in key and "/" not in key:
        if re.fullmatch(r"[\d.,<>=\s]+", key):
            raise Refused(f'row {shown(key)} is not a share: write it with %, "< 99.9%"')
        raise Refused(later(f"a row on anything but the figure ({shown(key)})") + ': write "< 99.9%"')
    return Row(_bounds(key), _share_of_fee(entry), key)


def _share_of_fee(entry: object) -> Amount:
    return Amount("share", credit(entry), FEE, str(entry))


def _bounds(key: str) -> tuple[Bound, ...]:
    must_have_points(key)
    bounds = parse_share_bounds(key)
    if any(not 0 <= bound.value <= 1 for bound in bounds):
        raise Refused(f"row {shown(key)} is not between 0% and 100%")
    return bounds


def credit(entry: object) -> Fraction:
    """A share of the fee: `"10%"`, `"1/30"`."""
    if isinstance(entry, dict):
        raise Refused(later("a schedule inside a row"))
    if isinstance(entry, str) and re.search(r"\b(days?|weeks?|months?|points?|[A-Z]{3})\b", entry):
        raise Refused(later(f"a credit of {shown(entry)}") + ': write a share of the fee, "10%"')
    part = share(entry)
    if part > 1:
        raise Refused(f'{shown(entry)} is more than the whole fee: write at most "100%"')
    return part


def lasting(value: object) -> tuple[Operator, Ms]:
    """`"> 5m"`: which outages count."""
    if isinstance(value, str) and not SIGNED.match(value):
        raise Refused(
            f"{shown(value)} has no bound: write {shown('> ' + value)} or {shown('>= ' + value)} "
            "(does an outage of exactly that length count?)"
        )
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is not a bound on a duration: write "> 5m" or ">= 5m"')
    sign, length = parse_duration_bound(value)
    if sign not in (">", ">="):
        raise Refused(f'{shown(value)} would count short outages and not long ones: write "> 5m" or ">= 5m"')
    return sign, length


def allowance(value: object) -> Ms:
    """`"4h per month"`, in ms."""
    if isinstance(value, list):
        raise Refused(later("a list of allowances"))
    found = re.fullmatch(r"(.+?) per (\w+(?: \w+)?)", value) if isinstance(value, str) else None
    if not found:
        raise Refused(f'{shown(value)} is not an allowance: write "4h per month"')
    if found[2] != "month" or "window" in found[1]:
        raise Refused(later(f"an allowance of {shown(value)}") + ': write "4h per month"')
    return parse_duration(found[1])


def cap(value: object) -> Fraction | Literal["none"]:
    """`"25% per period"` or `"none"`."""
    if value == "none":
        return "none"
    if isinstance(value, list):
        raise Refused(later("a list of limits"))
    found = re.fullmatch(r"(\S+) per period", value) if isinstance(value, str) else None
    if found:
        most = share(found[1])
        if not 0 < most <= 1:
            raise Refused(f'{shown(value)} is not between 0% and 100%: write "100% per period" or "none"')
        return most
    if isinstance(value, str) and re.search(rf"per (\d+ )?({'|'.join(SPANS)})|fee|bill|period", value):
        raise Refused(later(f"a limit of {shown(value)}") + ': write "25% per period" or "none"')
    raise Refused(f'{shown(value)} is not a limit: write "25% per period" or "none"')


def claim(value: object) -> str:
    """`"automatic"`, or until when a credit is claimed; kept as text and printed."""
    if isinstance(value, dict):
        raise Refused(later("a claim in two steps"))
    if isinstance(value, str) and CLAIM.fullmatch(value):
        return value
    raise Refused(
        f'{shown(value)} does not say how a credit is claimed: write "automatic" or "30 days after period"'
    )

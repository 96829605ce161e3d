"""The stages of an SLA as texts: bounds, allowances, limits, claims and the like, each parsed on its own.

What a value says is read here; what belongs together is looked at by the tables and by `promise_terms`.
The schedules of `credits` have a module of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Literal, get_args

from monitor.agreements.claim import Anchor, Deadline
from monitor.agreements.terms import Allowance, Allowed, BadSlot, Cap, CommitmentTerms, Notice
from monitor.config.credits_text import SIGNED, below, time_of
from monitor.config.known import CLASSES
from monitor.config.problems import Fault, Refused, Several
from monitor.config.values import choice, currency, meant, must_have_points, name, share, share_bound, shown
from monitor.core.calendars import Hours, parse_hours
from monitor.core.intervals import Ms
from monitor.core.money import Money
from monitor.core.numbers import (
    Bound,
    Operator,
    parse_bounds,
    parse_count,
    parse_duration,
    parse_duration_bound,
    parse_measured,
    parse_money,
    parse_money_bound,
    parse_number,
    parse_share,
)

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
SPANS = (
    "outage", "day", "week", "period", "month", "quarter", "year", "6 months", "12 months", "contract year",
    "contract",
)  # fmt: skip
FEES: Mapping[str, str] = {
    "contract fee": "contract",
    "next bill": "next period",
    "previous bill": "previous period",
    "monthly fee": "month",
    "annual fee": "year",
    "amount at risk": "at risk",
}
ANCHORS: tuple[str, ...] = get_args(Anchor)
A_SHARE = re.compile(r"%|[0-9]\s*/\s*[0-9]")
DAY_ENDS = ("close of business", "end of day", "same time")
ASKED = '"30 days after period", "end of month after period" or "automatic"'


# --- commitment -----------------------------------------------------------------------------------------


def commitment(value: object) -> CommitmentTerms:
    """`"99.9%"` (at least), `"> 99%"`, `"<= 45m"` of downtime, `"<= 45 ms"` of a metric, or `"none"`."""
    if value == "none":
        return CommitmentTerms(None)
    if isinstance(value, str) and re.fullmatch(r"[0-9][0-9.]* ?[A-Za-zµ]\S*", value):
        raise Refused(f"{shown(value)} has no bound: write {shown(f'<= {value}')} (at most)")
    if not isinstance(value, str) or A_SHARE.search(value) or not SIGNED.match(value):
        return CommitmentTerms(share_bound(value))
    try:
        sign, length = parse_duration_bound(value)
    except ValueError:
        return _of_metric(value)
    return CommitmentTerms(_from_above(sign, Fraction(length), value), "downtime")


def _of_metric(value: str) -> CommitmentTerms:
    bound, unit = measured(value)
    if bound.sign == "=":
        raise Refused(f'{shown(value)} promises one value alone: write "<= 45 ms" or ">= 45 ms"')
    return CommitmentTerms(bound, "metric", unit)


def _from_above(sign: Operator, value: Fraction, text: str) -> Bound:
    if sign not in ("<", "<="):
        raise Refused(f'{shown(text)} promises downtime: write "<= 45m" (at most) or "< 45m"')
    return Bound(sign, value)


def measured(value: object) -> tuple[Bound, str]:
    """`"> 10 ms"`: a bound on a metric, and its unit."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is not a bound on a metric: write "> 10 ms"')
    units: list[str] = []

    def number(text: str) -> Fraction:
        read, unit = parse_measured(text)
        units.append(unit)
        return read

    bounds = parse_bounds(value, number)
    if len(bounds) != 1:
        raise Refused(f'{shown(value)} has two bounds: write one, "<= 45 ms"')
    return bounds[0], units[0]


# --- outage ---------------------------------------------------------------------------------------------


def lasting(value: object) -> tuple[Operator, Ms]:
    """`"> 5m"`: which outages count."""
    return _length(value, (">", ">="), '"> 5m" or ">= 5m"', "would count short outages and not long ones")


def requests(value: object) -> Bound:
    """`">= 2000"`: how many requests a run of bad slots must hold to be an outage."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is not a bound on requests: write ">= 2000" or "> 2000"')
    bounds = parse_bounds(value, parse_count)
    if len(bounds) != 1 or bounds[0].sign not in (">", ">="):
        raise Refused(f'{shown(value)} is no least number of requests: write ">= 2000" or "> 2000"')
    return bounds[0]


def resource_age(value: object) -> tuple[Operator, Ms]:
    """`">= 24h"`: how old a resource must be."""
    return _length(value, (">", ">="), '">= 24h"', "would count new resources and not old ones")


def joined(value: object) -> tuple[Operator, Ms]:
    """`"< 3h"`: which gaps make two interruptions one."""
    return _length(value, ("<", "<="), '"< 3h" or "<= 3h"', "would join what is far apart")


def ignored(value: object) -> tuple[Operator, Ms]:
    """`"< 3m"`: which sum of downtime is none."""
    return _length(value, ("<", "<="), '"< 3m" or "<= 3m"', "would ignore a large sum and count a small one")


def _length(value: object, signs: tuple[Operator, ...], example: str, otherwise: str) -> tuple[Operator, Ms]:
    if isinstance(value, str) and not SIGNED.match(value) and _is_duration(value):
        raise Refused(
            f"{shown(value)} has no bound: write {shown(f'{signs[0]} {value}')} or "
            f"{shown(f'{signs[1]} {value}')} (does {_exactly(example)} count?)"
        )
    if not isinstance(value, str) or not SIGNED.match(value):
        raise Refused(f"{shown(value)} is not a bound on a duration: write {example}")
    sign, length = parse_duration_bound(value)
    if sign not in signs:
        raise Refused(f"{shown(value)} {otherwise}: write {example}")
    return sign, length


def _is_duration(text: str) -> bool:
    try:
        return parse_duration(text) > 0
    except ValueError:
        return False


def _exactly(example: str) -> str:
    return "an outage of exactly that length" if "5m" in example else "exactly that length"


def affecting(value: object) -> Bound:
    """`"> 50%"` of the population."""
    if isinstance(value, str) and not SIGNED.match(value):
        raise Refused(f"{shown(value)} has no bound: write {shown(f'> {value}')} or {shown(f'>= {value}')}")
    return share_bound(value)


def only(value: object) -> tuple[tuple[str, str], ...]:
    """`{ class = "api" }`: columns and the values that count."""
    if not isinstance(value, dict) or not value:
        raise Refused(f'{shown(value)} names no column: write {{ class = "api" }}')
    for column, wanted in value.items():
        if not isinstance(wanted, str) or not wanted.strip():
            raise Refused(f'{column} = {shown(wanted)} is not a text: write {{ {column} = "api" }}')
    return tuple(value.items())


# --- measure --------------------------------------------------------------------------------------------


def slot(value: object) -> Ms | Literal["probe"]:
    """`"5m"`, or `"probe"`: each probe is a slot."""
    return "probe" if value == "probe" else parse_duration(value)


def bad(value: object) -> tuple[BadSlot, str]:
    """When a slot is bad: `"all fail"`, `"errors > 5%"`, `"wholly down"`, `"down > 6m"`, `"> 10 ms"`.

    The unit of a metric stands beside it, "" for the others.
    """
    if value in ("all fail", "wholly down"):
        return BadSlot(value), ""
    of, _, bound = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if of == "errors":
        limit = _one(bound, share, '"errors > 5%"')
        return BadSlot("errors", limit.sign, limit.value), ""
    if of == "down":
        sign, length = _length(bound, (">", ">="), '"down > 6m"', "would call the good slots bad")
        return BadSlot("down", sign, Fraction(length)), ""
    if isinstance(value, str) and SIGNED.match(value) and re.search(r"[0-9]%$", value):
        metric = shown(f"{value[:-1]} %")
        raise Refused(
            f"{shown(value)} is not said of what: write {shown(f'errors {value}')}, of a metric {metric}"
        )
    if isinstance(value, str) and SIGNED.match(value):
        limit, unit = measured(value)
        return BadSlot("value", limit.sign, limit.value), unit
    raise Refused(
        f'{shown(value)} does not say when a slot is bad: write "all fail", "errors > 5%", "wholly down", '
        '"down > 6m" or "> 10 ms"'
    )


def _one(text: str, number: Callable[[str], Fraction], example: str) -> Bound:
    if not SIGNED.match(text):
        raise Refused(f"{shown(text)} has no bound: write {example}")
    bounds = parse_bounds(text, number)
    if len(bounds) != 1:
        raise Refused(f"{shown(text)} has two bounds: write one, {example}")
    return bounds[0]


def score(value: object) -> tuple[tuple[Bound, Fraction], ...]:
    """`{ "<= 1s" = "100%", "<= 10s" = "50%" }`: what a request counts by its speed, the fastest first."""
    if not isinstance(value, dict) or not value:
        raise Refused(f'{shown(value)} is no score: write {{ "<= 1s" = "100%", "<= 10s" = "50%" }}')
    faults: list[Fault] = []
    found: list[tuple[Bound, Fraction]] = []
    for key, entry in value.items():
        with below(faults, at=(key,), key=True):
            sign, length = _length(key, ("<", "<="), '"<= 1s"', "would score slow requests and not fast ones")
            found.append((Bound(sign, Fraction(length)), share(entry)))
    if faults:
        raise Several(faults)
    return tuple(sorted(found, key=lambda each: (each[0].value, each[0].sign == "<=")))


def within(value: object) -> tuple[tuple[str, Allowed], ...] | Literal["due"]:
    """`"15m"`, `"4 business hours"`, `"due"`, or a time for each priority."""
    if value == "due":
        return "due"
    if not isinstance(value, dict):
        return (("", allowed(value)),)
    if not value:
        raise Refused('no priority has a time: write { urgent = "1h", normal = "4 business hours" }')
    faults: list[Fault] = []
    found: list[tuple[str, Allowed]] = []
    for priority, time in value.items():
        with below(faults, priority):
            found.append((priority, allowed(time)))
    if faults:
        raise Several(faults)
    return tuple(found)


def allowed(value: object) -> Allowed:
    """`"15m"`, `"4 business hours"`, `"2 business days, end of day"`; `"none"`: nothing is promised."""
    if value == "none":
        return Allowed(none=True)
    text = value.strip() if isinstance(value, str) else ""
    found = re.fullmatch(
        r"([1-9][0-9]{0,3}) (business days?|days?|business hours?|business minutes?)(, .+)?", text
    )
    if found and "day" in found[2]:
        return _days(int(found[1]), found[2], found[3], text)
    if found:
        unit = "h" if "hour" in found[2] else "m"
        return Allowed(ms=parse_duration(f"{found[1]}{unit}"), business=True)
    if re.fullmatch(r"[0-9hm]+ business( hours?)?", text):
        return Allowed(ms=parse_duration(text.split(" ")[0]), business=True)
    if text and not re.fullmatch(r"[0-9]+ ?[A-Za-z]*", text) and not _is_duration(text):
        raise Refused(
            f'{shown(text)} is no time that is read here: write "15m", "4 business hours", '
            '"1 business day, close of business" or "due"'
        )
    return Allowed(ms=parse_duration(value))


def _days(count: int, unit: str, end: str | None, text: str) -> Allowed:
    business = unit.startswith("business")
    if end is None and not business:
        return Allowed(ms=parse_duration(text), unsaid=True)
    if end is None:
        raise Refused(
            f'{shown(text)} does not say at what hour the last day ends: add ", close of business", '
            '", end of day" or ", same time"'
        )
    at = choice(end.removeprefix(", "), DAY_ENDS)
    if at == "close of business" and not business:
        raise Refused(f'{shown(text)}: every day has no close of business: write "{count} days, end of day"')
    return Allowed(days=count, business=business, at=at)  # type: ignore[arg-type]


# --- exclude --------------------------------------------------------------------------------------------


def what(value: object) -> str:
    """A class of exclusion, or one of one's own, `"other:port exhaustion"`."""
    if isinstance(value, str) and value.startswith("other:"):
        if not value.removeprefix("other:").strip() or not value.isprintable():
            raise Refused(f'{shown(value)} does not say what: write "other:port exhaustion"')
        return value
    if isinstance(value, str) and value in CLASSES:
        return value
    near = meant(value, CLASSES) if isinstance(value, str) else None
    if near:
        raise Refused(f'{shown(value)} is not known here; did you mean "{near}"?')
    listed = ", ".join(f'"{word}"' for word in CLASSES)
    raise Refused(f'{shown(value)} is not known here: write one of {listed}, or "other:…"')


def notice(value: object) -> Notice:
    """How far ahead maintenance is announced: `"48h"`, `"5 days"`, `"5 business days"`, or `"none"`."""
    if value == "none":
        return Notice()
    found = re.fullmatch(r"([1-9][0-9]{0,2}) business days?", value) if isinstance(value, str) else None
    if found:
        return Notice(business_days=int(found[1]))
    if isinstance(value, str) and "business" in value:
        raise Refused(f'{shown(value)} is no notice: write "5 business days", "5 days" or "48h"')
    return Notice(parse_duration(value))


def allowances(value: object) -> tuple[Allowance, ...]:
    """`"4h per month"`, `"1 window per month"`, or a list of them."""
    return _list_of(value, _allowance)


def _allowance(value: object) -> Allowance:
    found = re.fullmatch(r"(.+?) per (.+)", value) if isinstance(value, str) else None
    if not found:
        raise Refused(f'{shown(value)} is not an allowance: write "4h per month"')
    per = choice(found[2], SPANS[1:])
    windows = re.fullmatch(r"([1-9][0-9]{0,3}) windows?", found[1])
    if windows:
        return Allowance(int(windows[1]), "windows", per)
    return Allowance(parse_duration(found[1]), "time", per)


def hours(value: object) -> Hours:
    """`"daily 02:00-05:00"`, `"Sun 00:00-06:00; Wed 22:00-24:00"`."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is no hours of the week: write "daily 02:00-05:00"')
    return parse_hours(value)


def _list_of(value: object, read: Callable[[object], Any]) -> tuple[Any, ...]:
    """One, or a list of them; each mistake at its place in the list."""
    if not isinstance(value, list):
        return (read(value),)
    if not value:
        raise Refused('an empty list says nothing: leave the key out, or write "none" where that is known')
    faults: list[Fault] = []
    found: list[Any] = []
    for number, entry in enumerate(value):
        with below(faults, number):
            found.append(read(entry))
    if faults:
        raise Several(faults)
    return tuple(found)


# --- scope and period -----------------------------------------------------------------------------------

JOINS = ("each on its own", "any down", "all down", "sum of resource-minutes", "worst")


def down_when(value: object) -> tuple[str, int]:
    """How resources are taken together, and the k of `"k or more down"` (0 for the others)."""
    found = re.fullmatch(r"([0-9]{1,4}) or more down", value) if isinstance(value, str) else None
    if found and int(found[1]) < 2:
        raise Refused(f'{shown(value)}: write "any down" for one, "2 or more down" for more')
    if found:
        return "some down", int(found[1])
    return choice(value, [*JOINS, "2 or more down"]), 0


def first_month(value: object) -> int:
    """`"February"`, the month in which a fiscal year starts."""
    return MONTHS.index(choice(value, MONTHS)) + 1


# --- base -----------------------------------------------------------------------------------------------


def items(value: object) -> tuple[str, ...]:
    """Names of items of the fee."""
    if not isinstance(value, list) or not value:
        raise Refused(f'{shown(value)} is no list of items of the fee: write ["storage"]')
    return _list_of(value, name)


def day_price(value: object) -> Fraction | None:
    """What a day costs: `"1/30"`, `"1/365"` of the fee, or `"actual"`."""
    if value == "actual":
        return None
    part = share(value)
    if not 0 < part <= 1:
        raise Refused(f'{shown(value)} is not what a day costs: write "1/30", "1/365" or "actual"')
    return part


def part_of(value: object) -> Fraction:
    """`"50%"`: a share of the base."""
    part = share(value)
    if not 0 < part <= 1:
        raise Refused(f'{shown(value)} is not between 0% and 100%: write "50%"')
    return part


# --- limits ---------------------------------------------------------------------------------------------


def caps(value: object) -> tuple[Cap, ...]:
    """`"25% per period"`, a list of such limits, or `"none"`."""
    return () if value == "none" else _list_of(value, cap)


def cap(value: object) -> Cap:
    """`"30% per period"`, `"1 credit per day"`, `"30 days of fees per period"`, `"240h per period"`, …"""
    found = re.fullmatch(r"(.+?) per (.+)", value) if isinstance(value, str) else None
    if not found:
        raise Refused(f'{shown(value)} is not a limit: write "25% per period" or "none"')
    per = choice(found[2], SPANS)
    most, of = _most(found[1], per, shown(value))
    if not most:
        raise Refused(f'{shown(value)} allows nothing: write "100% per period", or credits = "none"')
    return Cap(most, of, per, str(value))


def _most(text: str, per: str, whole: str) -> tuple[Fraction, str]:
    if found := re.fullmatch(r"(.+?) of the (.+)", text):
        return share(found[1]), FEES[choice(found[2], FEES)]
    if found := re.fullmatch(r"(.+?) of fees", text):
        return _of_fees(found[1])
    if found := re.fullmatch(r"(.+?) of service", text):
        if per not in ("outage", "day", "week", "period"):
            message = "is not known of earlier periods, whose history holds money"
            raise Refused(f'{whole} {message}: write "{text} per period"')
        return time_of(found[1]), "service"
    if found := re.fullmatch(r"([0-9]{1,9}) credits?", text):
        return Fraction(int(found[1])), "credits"
    if re.search(r" [A-Z]{3}$", text):
        amount, code = parse_money(text)
        return amount, currency(code)
    if found := re.fullmatch(r"([0-9.]+) ([a-z][a-z0-9]*(?:-[a-z0-9]+)+)", text):
        return parse_number(found[1]), found[2]
    if "%" in text or "/" in text:
        return _part(text, per, whole), "base"
    try:
        return time_of(text), "time"
    except ValueError:
        raise Refused(f'{whole} is not a limit: write "25% per period" or "none"') from None


def _of_fees(text: str) -> tuple[Fraction, str]:
    if found := re.fullmatch(r"([0-9.]+) months?", text):
        return parse_number(found[1]), "months of fees"
    return time_of(text), "days of fees"


def _part(text: str, per: str, whole: str) -> Fraction:
    """A share of the base; more than all of it makes sense only over more than a period."""
    must_have_points(text)
    most = parse_share(text)
    if not 0 < most <= (1 if per in ("outage", "day", "week", "period") else 100):
        raise Refused(f'{whole} is not between 0% and 100%: write "100% per period" or "none"')
    return most


def only_if(value: object) -> tuple[Operator, Money]:
    """`"> 1.00 USD"`: smaller credits are none."""
    if isinstance(value, str) and not SIGNED.match(value):
        raise Refused(
            f"{shown(value)} has no bound: write {shown(f'> {value}')} or {shown(f'>= {value}')} "
            "(is exactly that much paid?)"
        )
    sign, amount, code = parse_money_bound(value)
    if sign not in (">", ">="):
        raise Refused(f'{shown(value)} would pay small credits and not large ones: write "> 1.00 USD"')
    return sign, Money(amount, currency(code))


def money(value: object) -> Money:
    """`"1000.00 USD"`."""
    amount, code = parse_money(value)
    return Money(amount, currency(code))


# --- claim ----------------------------------------------------------------------------------------------


def claimed_by(value: object) -> Deadline | None:
    """By when, or `"automatic"`: without a claim."""
    return None if value == "automatic" else deadline(value)


def deadline(value: object) -> Deadline:
    """By when a credit is claimed: `"30 days after period"`, `"end of month after period"` and the like."""
    text = value.strip() if isinstance(value, str) else ""
    for pattern, read in DEADLINES.items():
        found = re.fullmatch(pattern, text)
        if found:
            return read(found, text)
    raise Refused(f"{shown(value)} does not say by when a credit is claimed: write {ASKED}")


def _after(found: re.Match[str], text: str) -> Deadline:
    unit = found[2] if found[2].endswith("s") else found[2] + "s"
    return Deadline("after", _anchor(found[3]), int(found[1]), unit, text)  # type: ignore[arg-type]


def _end_of(found: re.Match[str], text: str) -> Deadline:
    kind: Any = f"end of {found[1]}"
    return Deadline(kind, _anchor(found[2]), text=text)


def _day_of(found: re.Match[str], text: str) -> Deadline:
    day = int(found[1])
    if not 1 <= day <= 28:
        raise Refused(
            f'{shown(text)}: not every month has such a day: write a day from 1 to 28, or "end of month"'
        )
    return Deadline("day of month", _anchor(found[2]), day, text=text)


def _second_cycle(_: re.Match[str], text: str) -> Deadline:
    return Deadline("second billing cycle", "outage", text=text)


def _anchor(text: str) -> Any:
    return choice(text, ANCHORS)


DEADLINES: Mapping[str, Callable[[re.Match[str], str], Deadline]] = {
    r"([1-9][0-9]{0,3}) (hours?|days?|business days?|weeks?|months?) after (.+)": _after,
    r"end of (month|billing month) after (.+)": _end_of,
    r"day ([0-9]{1,2}) of the month after (.+)": _day_of,
    r"end of the second billing cycle counting that of the outage": _second_cycle,
}

"""Stage `credits` as it is written: amounts, and the schedules that stand wherever an amount may stand.

A schedule is a table. Its keys say which one it is: rows are keys with a sign, the others are words. Every
mistake inside is found at once, with its path below the stage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from monitor.agreements.schedule import (
    FEE,
    Amount,
    Each,
    GreatestOf,
    Manual,
    NoCredits,
    Node,
    ProRata,
    Row,
    Rows,
    SumOf,
)
from monitor.config.problems import Fault, Refused, Several, Where
from monitor.config.values import choice, currency, meant, must_have_points, share, shown
from monitor.core.intervals import DAY, HOUR
from monitor.core.numbers import (
    Bound,
    parse_bounds,
    parse_count,
    parse_duration,
    parse_measured,
    parse_money,
    parse_number,
    parse_share,
    parse_time,
)

Kind = Literal["share", "time", "count", "metric"]

SIGNED = re.compile(r"\s*(<=|>=|<|>|=|≤|≥)")
UNIT = re.compile(r"([0-9.]+) ([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
SOME_TIME = re.compile(r"(.+?) of (fees|service)")
MONTHS = re.compile(r"([0-9.]+) months?")
TIME_WORDS = (
    "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month",
    "months", "year", "years", "ms", "s", "m", "h",
)  # fmt: skip

ROW_WORDS: Mapping[str, tuple[str, ...]] = {
    "overlap": ("highest credit", "first row"),
    "in_no_row": ("refuse", "row above", "row below", "no credit"),
    "if_met": ("no credit", "as the table"),
}
LOOKS_AT: Mapping[str, tuple[Kind, ...]] = {
    "figure": ("share", "metric"),
    "downtime": ("time",),
    "longest outage": ("time",),
    "outages": ("count",),
    "misses": ("count",),
    "missed periods": ("count",),
    "consecutive misses": ("count",),
    "delay": ("time",),
    "overshoot": ("share",),
}
NOUNS: Mapping[Kind, str] = {"share": "a share", "time": "a time", "count": "a count", "metric": "in a unit"}
EXAMPLES: Mapping[Kind, str] = {"share": "< 99.9%", "time": "> 45m", "count": ">= 2", "metric": "> 45 ms"}
OCCURRENCES = ("outage", "miss", "bad slot", "calendar day")
SCHEDULES = ("each", "pro_rata", "greatest_of", "sum_of")
WORDS = (*ROW_WORDS, *SCHEDULES, "credit", "beyond", "plus", "by", "over")
BESIDE: Mapping[str, tuple[str, ...]] = {
    "rows": (*ROW_WORDS, "by", "over", "plus"),
    "each": ("credit", "beyond", "plus", "if_met"),
    "pro_rata": ("beyond", "plus", "if_met"),
    "greatest_of": ("plus",),
    "sum_of": ("plus",),
    "credit": ("plus",),
}


class below:  # noqa: N801  a word of a sentence, as contextlib has them
    """What is refused inside becomes a fault at a path; a mistake further down goes on from there."""

    def __init__(
        self, faults: list[Fault], *where: str | int, at: Where | None = None, key: bool = False
    ) -> None:
        self.faults, self.where, self.at, self.key = faults, where, at, key

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Several):
            self.faults.extend(moved(fault, self.where) for fault in error.faults)
        elif isinstance(error, ValueError):
            self.faults.append(Fault(self.where, str(error), at=self.at, key=self.key))
        return isinstance(error, ValueError)


def moved(fault: Fault, where: Where) -> Fault:
    """A fault whose path goes on from `where`."""
    at = None if fault.at is None else (*where, *fault.at)
    return Fault((*where, *fault.where), fault.message, at=at, key=fault.key)


def credits_(value: object) -> Node:
    """`"10%"`, `"none"`, `"manual"`, or a schedule."""
    if value == "none":
        return NoCredits()
    if value == "manual":
        return Manual()
    return node(value)


def node(value: object) -> Node:
    """An amount, or a schedule."""
    return schedule(value) if isinstance(value, dict) else amount(value)


def points(value: object) -> Rows:
    """The table of `together = { points = … }`: rows of counts."""
    if not isinstance(value, dict):
        raise Refused(f'{shown(value)} is no table of points: write {{ "< 10" = "0%", ">= 10" = "2%" }}')
    faults: list[Fault] = []
    rows = _row_list(value, ("count",), None, faults)
    if faults:
        raise Several(faults)
    return Rows(rows)


# --- amounts --------------------------------------------------------------------------------------------


def amount(value: object) -> Amount:
    """`"10%"`, `"9.76 GBP"`, `"3 days of fees"`, `"3 days of service"`, `"5 points"`, `"2 run-credits"`."""
    if isinstance(value, str):
        text = value.strip()
        if found := SOME_TIME.fullmatch(text):
            return _time(found[1], found[2], value)
        if re.search(r"[A-Z]{3}$", text):
            sum_, code = parse_money(text)
            return Amount("money", sum_, currency(code), value)
        if found := UNIT.fullmatch(text):
            return _units(found[1], found[2], value)
        if not re.search(r"[%/]", text) and not re.fullmatch(r"[0-9]{1,2}(\.[0-9]+)?|100", text):
            raise Refused(f'{shown(value)} is no credit: write "10%", "500.00 EUR" or "3 days of fees"')
    return Amount("share", credit(value), FEE, str(value))


def _time(much: str, of: str, text: str) -> Amount:
    months = MONTHS.fullmatch(much)
    if months and of == "fees":
        return Amount("months", parse_number(months[1]), "", text)
    if months:
        raise Refused(f'{shown(text)}: a month has no fixed length: write "30 days of service"')
    return Amount("time" if of == "fees" else "service", Fraction(time_of(much)), "", text)


def time_of(much: str) -> Fraction:
    """Time that is credited, in ms: a duration, `"3 days"`, `"2 hours"`, `"1.5 days"`."""
    found = re.fullmatch(r"([0-9.]+) (hour|day|week)s?", much)
    if not found:
        return Fraction(parse_duration(much))
    length = parse_number(found[1]) * {"hour": HOUR, "day": DAY, "week": 7 * DAY}[found[2]]
    if not length:
        raise Refused(f'{shown(much)} is no time at all: write "0%" where nothing is owed')
    return length


def _units(number: str, unit: str, text: str) -> Amount:
    if unit in TIME_WORDS:
        raise Refused(
            f"{shown(text)} of what? write {shown(text + ' of fees')} or {shown(text + ' of service')}"
        )
    if unit in ("point", "points"):
        return Amount("points", parse_number(number), "", text)
    return Amount("units", parse_number(number), unit, text)


def credit(entry: object) -> Fraction:
    """A share of the base: `"10%"`, `"1/30"`."""
    part = share(entry)
    if part > 1:
        raise Refused(f'{shown(entry)} is more than the whole fee: write at most "100%"')
    return part


# --- schedules ------------------------------------------------------------------------------------------


def schedule(table: Mapping[str, object]) -> Node:
    """A table as the schedule that its keys say."""
    faults: list[Fault] = []
    kind = _kind_of(table, faults)
    found: Node | None = None
    if kind is not None:
        _strangers(table, kind, faults)
        found = READERS[kind](table, faults)
    more = _inner(table, "plus", faults) if "plus" in table else None
    if faults or found is None:
        raise Several(faults)
    return found if more is None else SumOf((found, more))


def _kind_of(table: Mapping[str, object], faults: list[Fault]) -> str | None:
    kinds = [key for key in SCHEDULES if key in table]
    if any(key not in WORDS for key in table):
        kinds.append("rows")
    if len(kinds) > 1:
        kinds = [kind for kind in kinds if kind != "rows" or any(SIGNED.match(key) for key in table)]
    if len(kinds) > 1:
        listed = " and ".join(kinds)
        faults.append(
            Fault((), f"{listed} stand in one schedule: write one, and the other as plus or in sum_of")
        )
        return None
    if not kinds and "credit" in table:
        return "credit"
    if not kinds:
        message = 'no row says what is owed: write { "< 99.9%" = "10%" }, or credits = "none"'
        faults.append(Fault((), message))
    return kinds[0] if kinds else None


def _strangers(table: Mapping[str, object], kind: str, faults: list[Fault]) -> None:
    """Keys that this schedule does not have; those that are no rows are said where rows are read."""
    allowed = {*BESIDE[kind], kind}
    for key in table:
        if key in allowed or (kind == "rows" and key not in WORDS):
            continue
        if key in WORDS:
            message = (
                f"{shown(key)} has no place beside {'rows' if kind == 'rows' else shown(kind)}: take it out"
            )
        else:
            message = _no_row(key)
        faults.append(Fault((), message, at=(key,), key=True))


def _no_row(key: str) -> str:
    near = meant(key, WORDS)
    hint = f'did you mean "{near}"?' if near else 'a row is written "< 99.9%" = "10%"'
    return f"unknown key {shown(key)}; {hint}"


def _inner(table: Mapping[str, object], key: str, faults: list[Fault]) -> Node | None:
    with below(faults, key):
        return node(table[key])
    return None


def _word(table: Mapping[str, object], key: str, known: tuple[str, ...], faults: list[Fault]) -> Any:
    """The word beside a schedule, or None where it is not said."""
    if key in table:
        with below(faults, at=(key,)):
            return choice(table[key], known)
    return None


def _each(table: Mapping[str, object], faults: list[Fault]) -> Node | None:
    unit: tuple[Any, Fraction, Any] | None = None
    with below(faults, at=("each",)):
        unit = each_unit(table["each"])
    inner = _inner(table, "credit", faults) if "credit" in table else None
    if "credit" not in table:
        faults.append(
            Fault((), f'each = {shown(table["each"])} does not say what it costs: write credit = "5%"')
        )
    beyond = _beyond(table, unit[0] if unit else "time", faults)
    met = _word(table, "if_met", ROW_WORDS["if_met"], faults)
    if unit is None or inner is None:
        return None
    of, size, part = unit
    return Each(of, inner, size, part, beyond, str(table["each"]), met)


def each_unit(value: object) -> tuple[Any, Fraction, Any]:
    """`"full 30m"`, `"0.1% pro rata"`, `"outage"`: what is counted, how large, and the incomplete rest."""
    text = value.strip() if isinstance(value, str) else ""
    if text in OCCURRENCES:
        return text, Fraction(1), None
    found = re.fullmatch(r"(?:(full) )?(.+?)(?: (or part|pro rata))?", text)
    if not found or not re.match(r"[0-9]", found[2]):
        near = meant(text, OCCURRENCES) if text else None
        hint = f'did you mean "{near}"?' if near else 'write "full 30m", "0.1% or part", "outage" or "miss"'
        raise Refused(f"each = {shown(value)} is no unit; {hint}")
    of, size = _unit(found[2])
    if bool(found[1]) == bool(found[3]):
        bare = found[2]
        raise Refused(
            f"each = {shown(value)} does not say what an incomplete unit is worth: "
            f'write "full {bare}", "{bare} or part" or "{bare} pro rata"'
        )
    return of, size, found[1] or found[3]


def _unit(text: str) -> tuple[str, Fraction]:
    if "%" not in text and "/" not in text:
        return "time", Fraction(parse_duration(text))
    size = share(text)
    if not size:
        raise Refused(f'{shown(text)} is no step at all: write "0.1%" or so')
    return "share", size


def _beyond(table: Mapping[str, object], of: str, faults: list[Fault]) -> Any:
    """What is free: `"commitment"`, a time, or the share from which on a shortfall counts."""
    if "beyond" not in table:
        return None
    value = table["beyond"]
    with below(faults, at=("beyond",)):
        if value == "commitment":
            return "commitment"
        if of == "share":
            return share(value)
        if isinstance(value, str) and "%" in value:
            raise Refused(
                f'{shown(value)} is a share, and times are counted: write beyond = "commitment" or "48h"'
            )
        if of in ("outage", "miss", "bad slot"):
            return parse_count(value) if isinstance(value, str) else parse_count(str(value))
        return Fraction(parse_duration(value))
    return None


def _pro_rata(table: Mapping[str, object], faults: list[Fault]) -> Node | None:
    times: Fraction | None = None
    with below(faults, at=("pro_rata",)):
        times = _times(table["pro_rata"])
    beyond = _beyond(table, "time", faults)
    met = _word(table, "if_met", ROW_WORDS["if_met"], faults)
    return None if times is None else ProRata(times, beyond, f"pro_rata = {table['pro_rata']}", met)


def _times(value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Refused(f"{shown(value)} is not how many times the fee: write pro_rata = 10")
    times = parse_number(str(value))
    if not times:
        raise Refused('0 times the fee is nothing: write pro_rata = 1, or credits = "none"')
    return times


def _listed(table: Mapping[str, object], key: str, faults: list[Fault]) -> tuple[Node, ...] | None:
    entries = table[key]
    if not isinstance(entries, list) or len(entries) < 2:
        faults.append(Fault((key,), f'is a list of two or more: write {key} = ["10%", {{ pro_rata = 1 }}]'))
        return None
    found: list[Node] = []
    for number, entry in enumerate(entries):
        with below(faults, key, number):
            found.append(node(entry))
    return tuple(found)


def _greatest_of(table: Mapping[str, object], faults: list[Fault]) -> Node | None:
    parts = _listed(table, "greatest_of", faults)
    return None if parts is None else GreatestOf(parts)


def _sum_of(table: Mapping[str, object], faults: list[Fault]) -> Node | None:
    parts = _listed(table, "sum_of", faults)
    return None if parts is None else SumOf(parts)


def _credit(table: Mapping[str, object], faults: list[Fault]) -> Node | None:
    return _inner(table, "credit", faults)


# --- rows -----------------------------------------------------------------------------------------------


def _rows(table: Mapping[str, object], faults: list[Fault]) -> Node | None:
    words = {key: _word(table, key, known, faults) for key, known in ROW_WORDS.items()}
    by = _word(table, "by", tuple(LOOKS_AT), faults)
    over = _over(table, by, faults)
    kinds = LOOKS_AT[by] if by else _kinds(table, faults)
    rows = _row_list(table, kinds, by, faults)
    if by is None and kinds == ("time",):
        by = "downtime"
    return Rows(rows, by=by or "figure", over=over, **words)


def _kinds(table: Mapping[str, object], faults: list[Fault]) -> tuple[Kind, ...] | None:
    """What rows look at where `by` does not say it: all at the same."""
    found = {kind: key for key in table if SIGNED.match(key) and (kind := kind_of(key)) is not None}
    if len(found) > 1:
        (one, first), (other, second), *_ = found.items()
        mixed = f"row {shown(first)} is {NOUNS[one]} and row {shown(second)} {NOUNS[other]}"
        faults.append(Fault((), f"{mixed}: one table looks at one thing", at=(second,), key=True))
        return None
    kind = next(iter(found), None)
    return None if kind in (None, "count") else (kind,)  # a number alone does not say what it counts


def _row_list(
    table: Mapping[str, object], kinds: tuple[Kind, ...] | None, by: str | None, faults: list[Fault]
) -> tuple[Row, ...]:
    rows: list[Row] = []
    for key, entry in table.items():
        if key in WORDS:
            continue
        if not re.match(r"[\s<>=≤≥0-9]", key):
            faults.append(Fault((), _no_row(key), at=(key,), key=True))
            continue
        bounds: tuple[Bound, ...] | None = None
        with below(faults, at=(key,), key=True):
            bounds = row_bounds(key, kinds, by)
        with _entry(faults, key, entry):
            credit = node(entry)
            if bounds is not None:
                rows.append(Row(bounds, credit, key))
    return tuple(rows)


def _entry(faults: list[Fault], key: str, entry: object) -> below:
    """Mistakes in a row's credit: those of an amount are the row's, those of a schedule stand below it."""
    return below(faults, key) if isinstance(entry, dict) else below(faults, at=(key,), key=True)


def kind_of(key: str) -> Kind | None:
    """What a row is written in; None for what is no number."""
    part = re.sub(SIGNED, "", key.split(",")[0]).strip()
    if re.fullmatch(r"[0-9.,]+\s*%|[0-9.]+\s*/\s*[0-9.]+", part):
        return "share"
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", part):
        return "count"
    try:
        parse_time(part)
    except ValueError:
        return "metric" if re.fullmatch(r"[0-9]+(\.[0-9]+)? \S.*", part) else None
    return "time"


def row_bounds(key: str, kinds: tuple[Kind, ...] | None, by: str | None) -> tuple[Bound, ...]:
    """The bounds of one row, `"< 99.9%, >= 99.0%"`; shares, ms, counts or numbers of a metric."""
    if not SIGNED.match(key):
        if re.search(r"[0-9%hms ](-|–|to) ?[0-9]", key):
            raise Refused(
                f'row {shown(key)} has no bounds: write both, as in "< 99.9%, >= 99%" or "> 4h, <= 8h"'
            )
        raise Refused(f'row {shown(key)} has no bound: write "< {key}" or "<= {key}"')
    must_have_points(key)
    kind = kind_of(key)
    if kind == "count" and (kinds is None or "count" not in kinds) and (by is None or by == "figure"):
        raise Refused(_bare(key))
    if kind is None:
        raise Refused(
            f'row {shown(key)} holds no number that is read here: write "< 99.9%", "> 45m" or ">= 2"'
        )
    if kinds is not None and kind not in kinds:
        told = f'by = "{by}" looks at' if by else "the rows look at"
        raise Refused(
            f'row {shown(key)} is {NOUNS[kind]}, and {told} {NOUNS[kinds[0]]}: write "{EXAMPLES[kinds[0]]}"'
        )
    bounds = parse_bounds(key, NUMBERS[kind])
    if kind == "share" and by != "overshoot" and any(not 0 <= bound.value <= 1 for bound in bounds):
        raise Refused(f"row {shown(key)} is not between 0% and 100%")
    return bounds


def _bare(key: str) -> str:
    """A number alone: a share without its sign, or a count of what is not said."""
    if "." in key:
        return f'row {shown(key)} is not a share: write it with %, "< 99.9%"'
    return (
        f'row {shown(key)} counts what is not said: write by = "outages" or "misses", or a share, "< 99.9%"'
    )


def _over(table: Mapping[str, object], by: str | None, faults: list[Fault]) -> int | None:
    if "over" not in table:
        if by == "missed periods":
            message = 'by = "missed periods" does not say among how many: write over = "6 periods"'
            faults.append(Fault((), message, at=("by",)))
        return None
    if by != "missed periods":
        faults.append(
            Fault((), 'over goes with by = "missed periods" alone: take it out', at=("over",), key=True)
        )
        return None
    with below(faults, at=("over",)):
        return periods(table["over"])
    return None


def periods(value: object) -> int:
    """`"6 periods"`: how many, from 2 to 120."""
    found = re.fullmatch(r"([0-9]{1,3}) periods?", value) if isinstance(value, str) else None
    if not found or not 2 <= int(found[1]) <= 120:
        raise Refused(f'{shown(value)} is no number of periods from 2 to 120: write "6 periods"')
    return int(found[1])


NUMBERS: Mapping[Kind, Callable[[str], Fraction | int]] = {
    "share": parse_share,
    "time": parse_time,
    "count": parse_count,
    "metric": lambda text: parse_measured(text)[0],
}
READERS: Mapping[str, Callable[[Mapping[str, object], list[Fault]], Node | None]] = {
    "rows": _rows,
    "each": _each,
    "pro_rata": _pro_rata,
    "greatest_of": _greatest_of,
    "sum_of": _sum_of,
    "credit": _credit,
}


# --- what a schedule holds ------------------------------------------------------------------------------


def children(schedule: Node) -> tuple[Node, ...]:
    """The schedules and amounts directly inside one."""
    if isinstance(schedule, GreatestOf | SumOf):
        return schedule.of
    if isinstance(schedule, Rows):
        return tuple(row.credit for row in schedule.rows)
    return (schedule.credit,) if isinstance(schedule, Each) else ()


def amounts_in(schedule: Node) -> Iterator[Amount]:
    """Every amount, however deep."""
    if isinstance(schedule, Amount):
        yield schedule
    for child in children(schedule):
        yield from amounts_in(child)


def currencies_in(schedule: Node) -> set[str]:
    """The currencies of all amounts of money, which must be the agreement's."""
    return {each.of for each in amounts_in(schedule) if each.kind == "money"}

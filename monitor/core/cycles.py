"""Which period a contract means: its months, quarters and years, the blocks of 30 days and the rolling spans.

A cycle numbers its periods from one first day to the next, and cuts them at local midnights. Months that
start on the 29th to the 31st start on the last day of a shorter month and come back to their own day after
it. A rolling cycle has a period for every day there is.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, get_args

from monitor.core.intervals import Ms, Span
from monitor.core.periods import Period, local, midnight, month, month_of
from monitor.records import dataclass

Every = Literal[
    "calendar month", "calendar quarter", "calendar year", "fiscal quarter", "billing month",
    "contract month", "contract year", "30 days", "any 30 days", "365 days before the claim",
]  # fmt: skip
EVERY: tuple[Every, ...] = get_args(Every)
ANCHORED = ("contract month", "contract year", "30 days")

WRITTEN = {  # a pattern for each way to name a period, and an example of it
    "month": (r"(\d{4})-(\d{2})", "2026-10"),
    "quarter": (r"(\d{4})-Q([1-4])", "2026-Q2"),
    "year": (r"(\d{4})", "2026"),
    "day": (r"(\d{4})-(\d{2})-(\d{2})", "2026-09-06"),
}
NAMED_BY: dict[Every, tuple[str, ...]] = {  # the first is the label a period carries
    "calendar month": ("month",),
    "calendar quarter": ("quarter",),
    "calendar year": ("year",),
    "fiscal quarter": ("quarter",),
    "billing month": ("day", "month"),
    "contract month": ("day", "month"),
    "contract year": ("day", "year"),
    "30 days": ("day",),
    "any 30 days": ("day",),
    "365 days before the claim": ("day",),
}
NAMING_DAY = {"any 30 days": "the last of the days", "365 days before the claim": "the day of the claim"}


@dataclass(frozen=True, slots=True)
class Cycle:
    """How an agreement cuts time into periods, in `zone`.

    `first_month` (1 to 12) is where the fiscal year starts. `anchor` is the first day of the agreement;
    contract months, contract years and blocks of 30 days are counted from it, before it too. A billing
    month starts on `billing_day` (1 to 31), or else on the day of the anchor. ValueError for a cycle that
    lacks what it is counted from.
    """

    every: Every
    zone: str
    first_month: int = 1
    anchor: date | None = None
    billing_day: int | None = None

    def __post_init__(self) -> None:
        if self.every not in EVERY:
            raise ValueError(f'"{self.every}" is no period: write one of {", ".join(EVERY)}')
        if not 1 <= self.first_month <= 12:
            raise ValueError(f"first_month is {self.first_month}: write a month from 1 to 12")
        if self.billing_day is not None and not 1 <= self.billing_day <= 31:
            raise ValueError(f"billing_day is {self.billing_day}: write a day from 1 to 31")
        if self.every in ANCHORED and self.anchor is None:
            raise ValueError(f'"{self.every}" is counted from the first day of the agreement: say from when')
        if self.every == "billing month" and self.anchor is None and self.billing_day is None:
            raise ValueError('"billing month" starts on the billing day: write billing_day, or say from when')


@dataclass(frozen=True, slots=True)
class _Months:
    """So many months at a time, from January plus `first` on, each starting on `day` or its month's last."""

    months: int
    first: int = 0
    day: int = 1
    step: int = 1

    def start(self, number: int) -> date:
        year, month = divmod(number * self.months + self.first, 12)
        return date(year, month + 1, min(self.day, monthrange(year, month + 1)[1]))

    def end(self, number: int) -> date:
        return self.start(number + 1)

    def name(self, number: int) -> date:
        return self.start(number)

    def number(self, day: date) -> int:
        number = (day.year * 12 + day.month - 1 - self.first) // self.months
        return number if self.start(number) <= day else number - 1


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Blocks of days counted from an anchor."""

    anchor: date
    days: int
    step: int = 1

    def start(self, number: int) -> date:
        return self.anchor + timedelta(days=number * self.days)

    def end(self, number: int) -> date:
        return self.start(number + 1)

    def name(self, number: int) -> date:
        return self.start(number)

    def number(self, day: date) -> int:
        return (day - self.anchor).days // self.days


@dataclass(frozen=True, slots=True)
class _Rolling:
    """A span for every day, which gives it its number: from so many days before it to so many after."""

    before: int
    after: int
    step: int

    def start(self, number: int) -> date:
        return date.fromordinal(number - self.before)

    def end(self, number: int) -> date:
        return date.fromordinal(number + self.after)

    def name(self, number: int) -> date:
        return date.fromordinal(number)

    def number(self, day: date) -> int:
        return day.toordinal()


_Grid = _Months | _Blocks | _Rolling


def _grid(cycle: Cycle) -> _Grid:
    anchor = cycle.anchor or date(1970, 1, 1)
    grids: dict[Every, _Grid] = {
        "calendar month": _Months(1),
        "calendar quarter": _Months(3),
        "calendar year": _Months(12),
        "fiscal quarter": _Months(3, (cycle.first_month - 1) % 3),
        "billing month": _Months(1, day=cycle.billing_day or anchor.day),
        "contract month": _Months(1, day=anchor.day),
        "contract year": _Months(12, anchor.month - 1, anchor.day),
        "30 days": _Blocks(anchor, 30),
        "any 30 days": _Rolling(before=29, after=1, step=1),
        "365 days before the claim": _Rolling(before=365, after=0, step=365),
    }
    return grids[cycle.every]


def named(cycle: Cycle, label: str) -> Period:
    """The period people call `label`, 1970 to 9998.

    `2026-10`, `2026-Q2` and `2026` for calendar months, quarters and years; a fiscal quarter by the calendar
    year it starts in; the others by their first day, `2026-09-06`, or by the month or year that day is in.
    "any 30 days" end with the day named, and the 365 days end before it. ValueError says what to write.
    """
    grid = _grid(cycle)
    way, day = _read(cycle, label)
    number = grid.number(day)
    if way == "day" and grid.name(number) != day:
        raise ValueError(
            f'"{label}" is the first day of no period of "{cycle.every}": '
            f'the nearest are "{grid.name(number)}" and "{grid.name(number + 1)}"'
        )
    return _period(cycle, number)


def holding(cycle: Cycle, at: Ms) -> Period:
    """The period an instant is in; of a rolling cycle, the one named by the instant's local day."""
    return _period(cycle, _grid(cycle).number(local(at, cycle.zone).date()))


def following(cycle: Cycle, period: Period) -> Period:
    """The period after one of the cycle's own: "any 30 days" end a day later, 365 days follow on."""
    return _moved(cycle, period, 1)


def preceding(cycle: Cycle, period: Period) -> Period:
    """The period before one of the cycle's own, by the same steps as `following`."""
    return _moved(cycle, period, -1)


def months_of(period: Period) -> tuple[Period, ...]:
    """The calendar months a period is made of; ValueError where it cuts one."""
    out: list[Period] = []
    at = period.span.start
    while at < period.span.end:
        out.append(month_of(at, period.zone))
        at = out[-1].span.end
    if not out or Span(out[0].span.start, at) != period.span:
        raise ValueError(f'"{period.label}" is not made of whole calendar months')
    return tuple(out)


def _moved(cycle: Cycle, period: Period, steps: int) -> Period:
    grid = _grid(cycle)
    return _period(cycle, grid.number(_read(cycle, period.label)[1]) + steps * grid.step)


def _period(cycle: Cycle, number: int) -> Period:
    grid = _grid(cycle)
    label = _label(cycle, grid.name(number))
    if cycle.every == "calendar month":
        return month(label, cycle.zone)
    start, end = (midnight(day, cycle.zone) for day in (grid.start(number), grid.end(number)))
    return Period(Span(start, end), cycle.zone, label)


def _label(cycle: Cycle, day: date) -> str:
    match NAMED_BY[cycle.every][0]:
        case "month":
            return f"{day.year:04d}-{day.month:02d}"
        case "quarter":
            return f"{day.year:04d}-Q{(day.month - _opening_month(cycle)) // 3 % 4 + 1}"
        case "year":
            return f"{day.year:04d}"
        case _:
            return day.isoformat()


def _opening_month(cycle: Cycle) -> int:
    return cycle.first_month if cycle.every == "fiscal quarter" else 1


def _read(cycle: Cycle, label: str) -> tuple[str, date]:
    """How a label names its period, and a day of that period: of a month or a year, its last."""
    ways = NAMED_BY[cycle.every]
    for way in ways:
        found = re.fullmatch(WRITTEN[way][0], label, re.ASCII)
        day = _day(cycle, way, [int(number) for number in found.groups()]) if found else None
        if day and 1970 <= day.year < 9999:
            return way, day
    examples = " or ".join(_example(cycle, way) for way in ways)
    raise ValueError(f'"{label:.40}" names no period of "{cycle.every}": write it as {examples}')


def _day(cycle: Cycle, way: str, numbers: list[int]) -> date | None:
    year, *rest = numbers
    try:
        match way:
            case "month":
                return date(year, rest[0], monthrange(year, rest[0])[1])
            case "quarter":
                return date(year, (_opening_month(cycle) + 3 * rest[0] - 4) % 12 + 1, 1)
            case "year":
                return date(year, 12, 31)
            case _:
                return date(year, *rest)
    except ValueError:  # no such month or day
        return None


def _example(cycle: Cycle, way: str) -> str:
    meaning = f" ({NAMING_DAY.get(cycle.every, 'its first day')})" if way == "day" else ""
    return f'"{WRITTEN[way][1]}"{meaning}'

"""PURE. Day strips as values: a bar a day, and the sentence that tells them to who cannot see them.

x is in percent of the width, y in px, so that neither text nor pattern ever stretches. These are places on
paper, the only floats in the house that no decision depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from monitor.core.intervals import HOUR, MINUTE, Ms
from monitor.core.periods import local
from monitor.records import dataclass
from monitor.statements.value import DayTime
from reports import format as f
from reports.sentences import DAYS

STRIP = 26.0  # px
LEAST = 4.0  # px: the least height of downtime
SHORT = 6.0  # px: the least height of time not measured

FIGURED = 45  # days: more of them leave no room for figures and numbers

Kind = Literal["bad", "hatch", "dots"]


@dataclass(frozen=True, slots=True)
class Fill:
    """A filled part of a day's bar, in px from the top."""

    y: str
    height: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day: its place in percent, what a pointer reads, its parts, and the figure above it.

    `crowded` figures are left out on a narrow screen, where they would run into their neighbour.
    """

    x: str
    width: str
    middle: str
    title: str
    promised: bool
    fills: tuple[Fill, ...]
    figure: str
    crowded: bool


@dataclass(frozen=True, slots=True)
class DayStrip:
    """The days of one service in a row; `told` says all of it in words."""

    name: str
    told: str
    bars: tuple[DayBar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis; one that is not `main` is left out on a narrow screen."""

    at: str
    text: str
    main: bool


def percent(share: float) -> str:
    return f"{share * 100:.3f}%"


def px(value: float) -> str:
    return f"{value:.1f}"


def full_height(days: Sequence[DayTime]) -> Ms:
    """The downtime that fills a bar: the worst day's in full hours, one to four."""
    worst = max([_down(day) for day in days], default=0)
    return min(max(-(-worst // HOUR), 1), 4) * HOUR


def _down(day: DayTime) -> Ms:
    return day.counted + day.excused


Why = Callable[[DayTime], str]


def _unsaid(_day: DayTime) -> str:
    return DAYS["absent"]


def day_strip(name: str, days: Sequence[DayTime], zone: str, full: Ms, why: Why = _unsaid) -> DayStrip:
    """The strip of one service; all strips of a page share `full`. `why` says why a day is empty."""
    bars: list[DayBar] = []
    last = -2
    for index, day in enumerate(days):
        figure = minutes_figure(_down(day)) if len(days) <= FIGURED else ""
        crowded = bool(figure) and index - last < 2
        if figure and not crowded:
            last = index
        title = f"{_date(day, zone)}: {_day_in_words(day, why)}"
        bars.append(_bar(index, len(days), day, title, full, figure, crowded=crowded))
    return DayStrip(name, _told(name, days, zone, why), tuple(bars))


def _bar(index: int, count: int, day: DayTime, title: str, full: Ms, figure: str, *, crowded: bool) -> DayBar:
    step = 1 / count
    return DayBar(
        x=percent(index * step),
        width=percent(step * 0.84),
        middle=percent((index + 0.42) * step),
        title=title,
        promised=day.promised > 0,
        fills=_fills(day, full),
        figure=figure,
        crowded=crowded,
    )


def _date(day: DayTime, zone: str) -> str:
    here = local(day.span.start, zone)
    return f"{here.day} {f.MONTHS[here.month - 1]}"


def _alike(days: Sequence[DayTime], why: Why) -> list[list[DayTime]]:
    """Each day by itself, and empty ones that follow each other for one reason together."""
    groups: list[list[DayTime]] = []
    for day in days:
        before = groups[-1][-1] if groups else None
        if before and not day.promised and not before.promised and why(day) == why(before):
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def _dates(days: Sequence[DayTime], zone: str) -> str:
    first, last = _date(days[0], zone), _date(days[-1], zone)
    return first if len(days) == 1 else DAYS["through"].format(first=first, last=last)


def minutes_figure(down: Ms) -> str:
    """Whole minutes of downtime above a day: `31`, `<1`, nothing for none, hours from 1,000 minutes on."""
    if down >= 1000 * MINUTE:
        return f"{down // HOUR}h"
    return "" if down == 0 else str(down // MINUTE) if down >= MINUTE else "<1"


def _height(ms: Ms, full: Ms, least: float) -> float:
    return min(STRIP, max(least, ms / full * STRIP)) if ms else 0.0


def _fills(day: DayTime, full: Ms) -> tuple[Fill, ...]:
    bad = _height(day.counted, full, LEAST)
    hatch = min(_height(day.excused, full, LEAST), STRIP - LEAST)
    bad = min(bad, STRIP - hatch)
    fills = [(bad, bad, "bad"), (bad + hatch, hatch, "hatch")]
    if day.unmeasured:
        dots = min(_height(day.unmeasured, full, SHORT), max(SHORT, STRIP - bad - hatch))
        top = min(STRIP, bad + hatch + dots)
        fills.append((top, dots, "dots"))
    return tuple(Fill(px(STRIP - top), px(height), _kind(kind)) for top, height, kind in fills if height)


def _kind(kind: str) -> Kind:
    kinds: dict[str, Kind] = {"bad": "bad", "hatch": "hatch", "dots": "dots"}
    return kinds[kind]


def _day_in_words(day: DayTime, why: Why) -> str:
    if not day.promised:
        return why(day)
    parts = (("counted", day.counted), ("excused", day.excused), ("unmeasured", day.unmeasured))
    told = ", ".join(DAYS[kind].format(time=f.brief(ms)) for kind, ms in parts if ms)
    return told or DAYS["quiet"]


def _told(name: str, days: Sequence[DayTime], zone: str, why: Why) -> str:
    quiet = [d for d in days if d.promised and not (_down(d) or d.unmeasured)]
    eventful = [
        f"{_dates(group, zone)}: {_day_in_words(group[0], why)}"
        for group in _alike(days, why)
        if group[0] not in quiet
    ]
    if not eventful:
        rest = DAYS["all"].format(count=len(days))
    elif len(quiet) == 1:
        rest = DAYS["other"]
    else:
        rest = DAYS["others"].format(count=len(quiet)) if quiet else ""
    told = f"{'; '.join(eventful)}. " if eventful else ""
    return DAYS["strip"].format(name=name, told=f"{told}{rest}".strip())


def day_axis(days: Sequence[DayTime], zone: str) -> tuple[Tick, ...]:
    """The days' numbers; 1 and every fifth are the main ones. Of more than `FIGURED` days the months."""
    step = 1 / max(len(days), 1)
    if len(days) > FIGURED:
        return tuple(_months(days, zone, step))
    numbers = (local(day.span.start, zone).day for day in days)
    return tuple(
        Tick(percent((i + 0.42) * step), str(n), n == 1 or n % 5 == 0) for i, n in enumerate(numbers)
    )


def _months(days: Sequence[DayTime], zone: str, step: float) -> Iterator[Tick]:
    for i, day in enumerate(days):
        here = local(day.span.start, zone)
        if here.day == 1:
            yield Tick(percent((i + 0.42) * step), f.MONTHS[here.month - 1][:3], main=here.month % 3 == 1)

"""PURE. The team's charts as values: where every mark goes, and the sentence that tells each in words.

x is in percent of the width, y in px, so that neither text nor pattern ever stretches. These are places on
paper, the only floats in the house that no decision depends on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.core.periods import local
from monitor.records import dataclass
from reports import format as f
from reports.strips import Tick, percent, px


@dataclass(frozen=True, slots=True)
class MarginScale:
    """Commitment (bar), target (diamond) and actual (shape) on one logarithmic scale of unavailability."""

    told: str
    grid: tuple[str, ...]
    promise: str
    target: str | None
    band: tuple[str, str] | None  # from and width, between promise and target
    reach: tuple[str, str] | None  # from and to, between promise and actual
    actual: str | None
    shape: Literal["disc", "triangle", "square"]


_RIGHT = 0.97  # where 100 % stands
_APART = 0.1  # of the ruler's width, so that no label touches the next
_NINES = (Fraction(1), Fraction(99, 100), Fraction(999, 1000), Fraction(95, 100), Fraction(9999, 10_000),
          Fraction(995, 1000), Fraction(9995, 10_000), Fraction(9, 10), Fraction(1, 2))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ruler:
    """A logarithmic ruler from `worst` to `best` unavailability; 100 % stands at the right end."""

    worst: float
    best: float

    def at(self, availability: Fraction) -> float:
        missing = max(float(1 - availability), self.best)
        span = math.log10(self.worst) - math.log10(self.best)
        place = (math.log10(self.worst) - math.log10(min(missing, self.worst))) / span
        return 0.02 + place * (_RIGHT - 0.02)


def ruler(figures: Sequence[Fraction]) -> Ruler:
    """A ruler on which all the figures have their place: from a tenth above the worst down to 0.003 %."""
    worst = max([float(1 - figure) for figure in figures] + [0.005])
    return Ruler(min(worst * 1.3, 1.0), 0.00003)


def ruler_ticks(scale: Ruler) -> tuple[Tick, ...]:
    """100 and the nines that fit; of two that are too near to each other, the better known."""
    shown: list[Fraction] = []
    for nine in _NINES:
        if float(1 - nine) <= scale.worst and all(
            abs(scale.at(nine) - scale.at(other)) >= _APART for other in shown
        ):
            shown.append(nine)
    return tuple(
        Tick(percent(scale.at(nine)), f.decimal_text(nine * 100) or "", main=True) for nine in sorted(shown)
    )


def margin_scale(
    scale: Ruler,
    told: str,
    promise: Fraction,
    target: Fraction | None,
    actual: Fraction | None,
    shape: Literal["disc", "triangle", "square"],
) -> MarginScale:
    """The marks of one agreement on the page's ruler."""
    at = scale.at(promise)
    aim = None if target is None else scale.at(target)
    seen = None if actual is None else scale.at(actual)
    return MarginScale(
        told=told,
        grid=tuple(tick.at for tick in ruler_ticks(scale)),
        promise=percent(at),
        target=None if aim is None else percent(aim),
        band=None if aim is None or aim <= at else (percent(at), percent(aim - at)),
        reach=None if seen is None else (percent(min(at, seen)), percent(max(at, seen))),
        actual=None if seen is None else percent(seen),
        shape=shape,
    )


@dataclass(frozen=True, slots=True)
class Gauge:
    """A straight bar of a used share, up to one and a half times the allowance, with a mark at the whole."""

    width: str
    mark: str
    gone: str
    kind: Literal["bad", "warn", "soft"]


def gauge(used: Fraction, gone: Fraction) -> Gauge:
    """`used` of the allowance; the mark is where it is all used, `gone` how much of the period has passed."""
    kind: Literal["bad", "warn", "soft"] = "bad" if used > 1 else "warn" if used > Fraction(3, 4) else "soft"
    reach = Fraction(3, 2)
    return Gauge(
        percent(float(min(used, reach) / reach)),
        percent(float(1 / reach)),
        percent(float(gone / reach)),
        kind,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal grid line with its label."""

    y: str
    label_y: str
    text: str
    zero: bool


@dataclass(frozen=True, slots=True)
class Label:
    """A text in a chart."""

    x: str
    y: str
    anchor: Literal["start", "end"]
    text: str


@dataclass(frozen=True, slots=True)
class BudgetSteps:
    """What is left of an error budget over the period: steps, never smoothed; below zero is filled.

    Paths are in a box 1000 wide that is stretched to the width, and `HEIGHT` px high.
    """

    told: str
    lines: tuple[Line, ...]
    path: str
    over: str | None
    pace: str
    aim: str | None
    ticks: tuple[Tick, ...]
    end: Label
    spent: bool
    drop: Label | None


HEIGHT = 190.0
_TOP, _BOTTOM = 14.0, 160.0


@dataclass(frozen=True, slots=True)
class _Plot:
    span: Span
    high: float
    low: float

    def x(self, at: Ms) -> float:
        return (min(max(at, self.span.start), self.span.end) - self.span.start) / self.span.length * 1000

    def y(self, left: float) -> float:
        return _TOP + (self.high - left) / (self.high - self.low) * (_BOTTOM - _TOP)


def budget_steps(
    told: str,
    span: Span,
    allowed: Ms,
    steps: Sequence[tuple[Ms, Ms]],
    until: Ms,
    aim: Ms | None,
    end_text: str,
    zone: str,
) -> BudgetSteps:
    """The steps of one budget: `aim` is what must be left for the internal target."""
    lefts = [left for _, left in steps]
    unit = tick_unit(max(allowed, MINUTE) - min([0, *lefts]))
    high = max(allowed, unit)
    low = min([0, *lefts])
    plot = _Plot(span, high, low - (unit * 0.2 if low < 0 else 0))
    end = min(until, span.end)
    points = _stairs(plot, allowed, steps, end)
    last = lefts[-1] if lefts else allowed
    return BudgetSteps(
        told=told,
        lines=_lines(plot, unit),
        path="M" + " L".join(f"{px(a)} {px(b)}" for a, b in points),
        over=_below_zero(plot, points) if low < 0 else None,
        pace=f"M0 {px(plot.y(allowed))} L1000 {px(plot.y(0))}",
        aim=None if aim is None else f"M0 {px(plot.y(aim))}H1000",
        ticks=_week_ticks(span, zone),
        end=_end_label(plot, end, last, end_text, stepped=max([at for at, _ in steps], default=span.start)),
        spent=last < 0,
        drop=_drop_label(plot, allowed, steps, end, zone),
    )


def _end_label(plot: _Plot, end: Ms, last: Ms, text: str, *, stepped: Ms) -> Label:
    """What is left, at the end of the line; beneath it where the last step would run through the text."""
    x, y = plot.x(end), plot.y(last)
    below = last < 0 or y < 40 or (x > 500 and x - plot.x(stepped) < 250 and y < _BOTTOM - 20)
    return Label(percent(x / 1000), px(y + (16 if below else -7)), "end" if x > 500 else "start", text)


def _drop_label(plot: _Plot, allowed: Ms, steps: Sequence[tuple[Ms, Ms]], end: Ms, zone: str) -> Label | None:
    """The largest step, at its head; none where it would stand in the way of the last figure."""
    before = [allowed, *(left for _, left in steps)]
    drops = [(had - left, at, had) for had, (at, left) in zip(before, steps, strict=False)]
    if not drops or max(drops)[0] <= 0:
        return None
    size, at, had = max(drops)
    x = plot.x(at)
    if abs(plot.x(end) - x) < 150 and len(steps) == 1:
        return None
    left_side = x > 600
    place = percent((x - 16) / 1000 if left_side else (x + 16) / 1000)
    y = px(plot.y(had) + 15 if had > 0 else plot.y(had) - 6)
    return Label(
        place, y, "end" if left_side else "start", f"{f.day(at, zone)}: {f.less(f.whole_seconds(size))}"
    )


def _stairs(plot: _Plot, allowed: Ms, steps: Sequence[tuple[Ms, Ms]], end: Ms) -> list[tuple[float, float]]:
    points = [(0.0, plot.y(allowed))]
    for at, left in steps:
        points += [(plot.x(at), points[-1][1]), (plot.x(at), plot.y(left))]
    return [*points, (plot.x(end), points[-1][1])]


def _below_zero(plot: _Plot, points: Sequence[tuple[float, float]]) -> str:
    zero = plot.y(0)
    under = [(x, max(y, zero)) for x, y in points]
    ends = [(points[-1][0], zero), (points[0][0], zero)]
    return "M" + " L".join(f"{px(x)} {px(y)}" for x, y in [*under, *ends]) + "Z"


_UNITS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 960, 1440, 2880, 7200, 14_400)


def tick_unit(reach: Ms) -> Ms:
    """A round number of minutes of which at most six make up `reach`."""
    return next((u * MINUTE for u in _UNITS if u * MINUTE * 6 >= reach), _UNITS[-1] * MINUTE)


def _lines(plot: _Plot, unit: Ms) -> tuple[Line, ...]:
    first, last = math.ceil(plot.low / unit), math.floor(plot.high / unit)
    marks = ((n, plot.y(n * unit)) for n in range(first, last + 1))
    return tuple(Line(px(y), px(y + 4), f.number(n * unit // MINUTE), n == 0) for n, y in marks)


def _week_ticks(span: Span, zone: str) -> tuple[Tick, ...]:
    plot = _Plot(span, 1, 0)
    ticks = []
    at = span.start
    while at < span.end:
        here = local(at + HOUR * 2, zone)
        text = f"{here.day} {f.MONTHS[here.month - 1][:3]}" if at == span.start else str(here.day)
        ticks.append(Tick(percent(plot.x(at) / 1000), text, main=True))
        at += 7 * 24 * HOUR
    return tuple(ticks)


@dataclass(frozen=True, slots=True)
class Spark:
    """A trend in a box 100 wide that is stretched to the width: lines, the last point, and a target dashed.

    A point that is not known parts the line; a single one between two such is a short dash.
    """

    told: str
    path: str
    last: tuple[str, str] | None
    target: str | None
    shape: Literal["disc", "square"]


SPARK_HEIGHT = 24.0


def spark(
    values: Sequence[Fraction | None], target: Fraction | None, told: str, *, bad: bool = False
) -> Spark | None:
    """The trend of some periods, the last one marked; None of fewer than two that are known."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return None
    ends = known if target is None else [*known, float(target)]
    low, high = min(ends), max(ends)
    reach = high - low or 1.0

    def at(place: int, value: float) -> tuple[str, str]:
        x = place / (len(values) - 1) * 100
        return px(x), px(4 + (high - value) / reach * (SPARK_HEIGHT - 8) if high > low else SPARK_HEIGHT / 2)

    path, pen = [], False
    for place, value in enumerate(values):
        if value is None:
            pen = False
            continue
        x, y = at(place, float(value))
        path.append(f"{'L' if pen else 'M'}{x} {y}" + ("" if pen else "h.01"))
        pen = True
    final = values[-1]
    return Spark(
        told=told,
        path=" ".join(path),
        last=None if final is None else (percent(1), at(len(values) - 1, float(final))[1]),
        target=None if target is None else at(0, float(target))[1],
        shape="square" if bad else "disc",
    )

"""PURE. How fast an allowance is used up, over a long window and a short one. Exact; nothing is rounded.

A rate of 1 uses up the whole allowance in exactly the period. It is what was bad in a window, divided by what
the window was *expected* to hold and not by what happened to be measured: where little was measured, little
can have been seen to be bad, and one failed check of two is not half a day of downtime.

A rule is written for 30 days. What stays in a period of another length is the share of the allowance that
the long window may use (14.4 over 1 h: 2 %): the windows are as often longer as the period has 30 days, to
the nearest whole number of times, and the rate makes up for the rest.

It is raised where the rate is reached in both windows. It ends below nine tenths of it in the long window, or
once nothing was bad for twice the short window.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from monitor.core.intervals import DAY, Ms, Span
from monitor.operations.alerting import Verdict, rises_to
from monitor.records import dataclass

WRITTEN_FOR: Final[Ms] = 30 * DAY
QUIET: Final = 2
"""So many short windows without anything bad, and it is over."""


@dataclass(frozen=True, slots=True)
class Bad:
    """Something bad from `start` to `end`; `weight` is how much of it, in the unit of what is expected."""

    start: Ms
    end: Ms
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Load:
    """What an allowance is used up by. `expected` is how much is expected in a ms, bad or not: 1 of time.

    `missing` is the share of it that may be bad.
    """

    bad: Sequence[Bad]
    expected: Fraction
    missing: Fraction


@dataclass(frozen=True, slots=True)
class Fitted:
    """A rule for one period: rate, windows in ms, and the share that the long one uses at that rate."""

    rate: Fraction
    long: Ms
    short: Ms
    share: Fraction


EVEN: Final = Fraction(1)
"""The pace that lasts to the end of a period: where little of one is promised, nothing burns below it."""


def fitted(rate: Fraction, windows: tuple[Ms, Ms], length: Ms, promised: Fraction) -> Fitted:
    """A rule that was written for 30 days, for a period of a `length` of which so many ms are promised."""
    times = max(1, (length + WRITTEN_FOR // 2) // WRITTEN_FOR)
    long, short = windows
    scaled = rate * promised / (WRITTEN_FOR * times)
    return Fitted(
        rate=scaled if promised >= length else max(scaled, EVEN),
        long=long * times,
        short=short * times,
        share=rate * long / WRITTEN_FOR,
    )


def within(bad: Iterable[Bad], window: Span) -> Fraction:
    """How much was bad in a window; of what reaches beyond it, its part."""
    found = Fraction(0)
    for each in bad:
        start, end = max(each.start, window.start), min(each.end, window.end)
        if start < end:
            found += each.weight * Fraction(end - start, each.end - each.start)
    return found


def burnt(load: Load, window: Span) -> Fraction:
    """The rate in a window."""
    return within(load.bad, window) / (load.expected * window.length * load.missing)


@dataclass(frozen=True, slots=True)
class Burn:
    """What a rule finds: the rates in both windows, and since when anything in the long one was bad."""

    verdict: Verdict
    long: Fraction
    short: Fraction
    since: Ms


def burn(load: Load, rule: Fitted, now: Ms) -> Burn:
    """Whether a rule holds at an instant, before which all of it happened."""
    window = Span(now - rule.long, now)
    long, short = burnt(load, window), burnt(load, Span(now - rule.short, now))
    firm = long >= rule.rate and short >= rule.rate
    quiet = not within(load.bad, Span(now - QUIET * rule.short, now))
    held = rises_to(long, rule.rate).held and not quiet
    starts = [each.start for each in load.bad if each.end > window.start and each.start < now]
    return Burn(Verdict(firm, firm or held), long, short, min(starts, default=now))

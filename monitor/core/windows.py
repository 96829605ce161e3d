"""Maintenance windows: one-off, or cron + elapsed duration + zone, resolved to spans of UTC.

A recurring window is a start on the wall clock and an *elapsed* duration: 02:00 for two hours lasts two
real hours on the night the clocks change. A start that spring skips is the first instant after the hole;
one that autumn repeats comes once, the first time. At what instant Makegood recorded a window is a fact of
the journal; nothing here knows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitor.core.intervals import DAY, Ms, Span
from monitor.core.periods import instant, local
from monitor.records import dataclass

if TYPE_CHECKING:
    from cronsim import CronSim

MOST = 10_000
LONGEST: Ms = 366 * DAY
SAMPLE: Ms = 20_454 * DAY  # 1 January 2026: a year to count firings in


@dataclass(frozen=True, slots=True)
class OneOff:
    """A planned window that happens once."""

    span: Span


@dataclass(frozen=True, slots=True)
class Recurring:
    """A planned window that starts when `cron` (five fields) fires in `zone` and lasts `lasting` ms."""

    cron: str
    lasting: Ms
    zone: str


Recurrence = OneOff | Recurring


def occurrences(rule: Recurrence, span: Span) -> Iterator[Span]:
    """The occurrences that overlap `span`, whole, in order of start.

    ValueError, at once, for a cron expression that cannot be read or an occurrence longer than 366 days;
    ValueError, on the way, for a rule that fires more than 10,000 times within the span.
    """
    if isinstance(rule, OneOff):
        return iter((rule.span,) if rule.span.clip(span) else ())
    if not 0 < rule.lasting <= LONGEST:
        raise ValueError(
            'a recurring window lasts more than nothing and at most 366 days: write lasting = "2h"'
        )
    return _recurring(rule, span, _firings(rule, span.start - rule.lasting))


def must_be_sound(rule: Recurrence) -> None:
    """ValueError for a rule that cannot be read, lasts too long, or fires more than once an hour on average.

    Asked before a rule is recorded: what stands in the journal stays there.
    """
    if isinstance(rule, Recurring):
        for _ in occurrences(rule, Span(SAMPLE, SAMPLE + LONGEST)):
            pass


def _firings(rule: Recurring, after: Ms) -> CronSim:
    from cronsim import CronSim, CronSimError

    if len(rule.cron.split()) != 5:
        raise ValueError(
            f'"{rule.cron:.40}" is not a cron expression: write five fields, as in "0 2 * * SUN"'
        )
    try:
        return CronSim(rule.cron, local(after, rule.zone))
    except CronSimError as problem:
        reason = str(problem).lower()
        raise ValueError(
            f'"{rule.cron:.40}" is not a cron expression ({reason}): write it as in "0 2 * * SUN"'
        ) from None


def next_firing(cron: str, zone: str, after: Ms) -> Ms:
    """The first instant later than `after` at which the line fires; ValueError where it never does."""
    for when in _firings(Recurring(cron, 1, zone), after):
        start = instant(when)
        if start > after:
            return start
    raise ValueError(f'"{cron}" never fires: write a day that exists')


def _recurring(rule: Recurring, span: Span, firings: CronSim) -> Iterator[Span]:
    reached = span.start - rule.lasting
    for fired, when in enumerate(firings):
        start = instant(when)
        if start >= span.end:
            return
        if fired == MOST:
            raise ValueError(
                f'"{rule.cron}" fires more than {MOST:,} times in the time looked at: '
                "write it once an hour at most, or one longer window"
            )
        if start > reached:  # not so for the first of an hour that comes twice
            yield Span(start, start + rule.lasting)
            reached = start


@dataclass(frozen=True, slots=True)
class Window:
    """One occurrence of maintenance as the journal knows it.

    `recorded` is the instant Makegood recorded it; notice counts from there. A window recorded after its
    start is *declared later*. `cancelled` is the instant it was cancelled, or None; a window cancelled
    before its start excuses nothing, one cancelled while it ran ends there. `reason` is why, as the journal
    keeps it: for the operator, on no page. `what` is its class; `resources` those it concerns (None: all).
    `after_the_fact` marks an exclusion that was decided on later, of a class that asks for no notice. What
    `waits` was recorded after it began, and nobody else approved it: it excuses nothing, whatever its class.
    """

    id: str
    title: str
    services: frozenset[str]
    span: Span
    recorded: Ms
    author: str
    cancelled: Ms | None = None
    reason: str = ""
    what: str = "scheduled maintenance"
    resources: frozenset[str] | None = None
    after_the_fact: bool = False
    waits: bool = False

    @property
    def effective(self) -> Span | None:
        """The span after cancellation, or None when nothing of it is left."""
        if self.cancelled is None or self.cancelled >= self.span.end:
            return self.span
        return Span(self.span.start, self.cancelled) if self.cancelled > self.span.start else None

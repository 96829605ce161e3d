"""Maintenance windows: one-off, or cron + elapsed duration + zone, resolved to spans of UTC.

A recurring window is a start on the wall clock and an *elapsed* duration: 02:00 for two hours lasts two
real hours on the night the clocks change. At what instant Makegood recorded a window is a fact of the
journal; nothing here knows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.intervals import Ms, Span


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
    """The occurrences that overlap `span`, whole, in order of start."""
    raise NotImplementedError  # core helper


@dataclass(frozen=True, slots=True)
class Window:
    """One occurrence of maintenance as the journal knows it.

    `recorded` is the instant Makegood recorded it; notice counts from there. A window recorded after its
    start is *declared later*. `cancelled` is the instant it was cancelled, or None; a window cancelled
    before its start excuses nothing, one cancelled while it ran ends there.
    """

    id: str
    title: str
    services: frozenset[str]
    span: Span
    recorded: Ms
    author: str
    cancelled: Ms | None = None

    @property
    def effective(self) -> Span | None:
        """The span after cancellation, or None when nothing of it is left."""
        if self.cancelled is None or self.cancelled >= self.span.end:
            return self.span
        return Span(self.span.start, self.cancelled) if self.cancelled > self.span.start else None

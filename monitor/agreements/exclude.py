"""Exclude: scheduled maintenance is subtracted time, if the window is valid.

Notice counts in ms from the instant Makegood recorded a window to its start. A window recorded after its
start is declared later and excuses nothing, whatever the notice. A window counts for its effective span. An
allowance is used up in order of time, for each calendar month of the period's zone; the overrun counts.
Where windows overlap, the one that starts first excuses; nothing is excused twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from monitor.agreements.account import EachAlone, outside, piece, spans, taken, within
from monitor.agreements.pipeline import Account, Case, Excused, Piece, WindowUse
from monitor.agreements.words import duration
from monitor.core.intervals import Ms, Span, Spans, normalise, subtract
from monitor.core.periods import month_of
from monitor.core.windows import Window

T = TypeVar("T")
Verdict = Literal["valid", "late", "declared_later"]

_USED_BY = {"downtime": "downtime", "window": "announced time"}


@dataclass(frozen=True, slots=True)
class NoExclusions(EachAlone):
    """Everything counts."""

    def one(self, account: Account, case: Case) -> Account:
        return account

    def say(self) -> str:
        return "Nothing is excluded: downtime in maintenance counts like any other."


@dataclass(frozen=True, slots=True)
class ScheduledMaintenance(EachAlone):
    """The terms of `MaintenanceTerms`, as a step. `at_most` None: no allowance, every valid window counts."""

    notice: Ms
    at_most: Ms | None = None
    counted: Literal["downtime", "window"] = "downtime"
    effect: Literal["downtime", "both sides"] = "downtime"

    def one(self, account: Account, case: Case) -> Account:
        windows = sorted(case.evidence.windows, key=lambda w: (w.span, w.id))
        uses = tuple(use for window in windows if (use := self._use(window)))
        if not uses:
            return account
        valid = _disjoint((use for use in uses if use.verdict == "valid"), _not_in_force(case))
        announced = self._allotted(valid, case) if self.counted == "window" else valid
        excused = tuple(self._excused(_inside(account.bad, announced), case))
        done = replace(
            account,
            bad=outside(account.bad, spans(taken(excused))),
            excused=(*account.excused, *excused),
            windows=(*account.windows, *uses),
        )
        if self.effect == "both sides":
            done = _both_sides(done, normalise(span for span, _ in announced))
        return done

    def verdict(self, window: Window) -> Verdict:
        """What the window's own record makes of it, before any allowance."""
        ahead = window.span.start - window.recorded
        if ahead < 0:
            return "declared_later"
        return "valid" if ahead >= self.notice else "late"

    def say(self) -> str:
        sentence = f"Not counted: scheduled maintenance {self._announced()}"
        if self.at_most is not None:
            sentence += (
                f", up to {duration(self.at_most)} of {_USED_BY[self.counted]} a calendar month; "
                "what goes beyond counts as downtime"
            )
        if self.effect == "both sides":
            sentence += "; the time of such windows is taken off the length of the period too"
        return sentence + "."

    def _announced(self) -> str:
        if not self.notice:
            return "recorded before it starts, with no further notice"
        return f"announced at least {duration(self.notice)} ahead"

    def _use(self, window: Window) -> WindowUse | None:
        span = window.effective
        if span is None:
            return None
        return WindowUse(window.id, span, 0, 0, window.span.start - window.recorded, self.verdict(window))

    def _excused(self, inside: list[tuple[Piece, str]], case: Case) -> Iterator[Excused]:
        if self.counted == "window" or self.at_most is None:
            return (Excused(part, by) for part, by in inside)
        allotted = self._allotted(((part.span, (part, by)) for part, by in inside), case)
        return (Excused(piece(span, part.lane, part.cause), by) for span, (part, by) in allotted)

    def _allotted(self, items: Iterable[tuple[Span, T]], case: Case) -> list[tuple[Span, T]]:
        if self.at_most is None:
            return list(items)
        return list(_allot(items, self.at_most, case.period.zone))


def _allot(items: Iterable[tuple[Span, T]], at_most: Ms, zone: str) -> Iterator[tuple[Span, T]]:
    """The items (in order of time) as far as each calendar month's allowance reaches."""
    used: dict[Ms, Ms] = defaultdict(int)
    for span, what in items:
        for month, part in _months(span, zone):
            granted = min(part.length, at_most - used[month])
            used[month] += granted
            if granted:
                yield Span(part.start, part.start + granted), what


def _months(span: Span, zone: str) -> Iterator[tuple[Ms, Span]]:
    """The parts of a span by calendar month; the month's first instant stands for it."""
    start = span.start
    while start < span.end:
        month = month_of(start, zone).span
        end = min(span.end, month.end)
        yield month.start, Span(start, end)
        start = end


def _inside(bad: tuple[Piece, ...], slices: list[tuple[Span, str]]) -> list[tuple[Piece, str]]:
    """The bad time inside the slices, each part with the window it lies in; both are in order of time."""
    out: list[tuple[Piece, str]] = []
    at = 0
    for span, by in slices:
        while at < len(bad) and bad[at].end <= span.start:
            at += 1
        upto = at
        while upto < len(bad) and bad[upto].start < span.end:
            upto += 1
        out.extend((part, by) for part in within(bad[at:upto], (span,)))
    return out


def _both_sides(account: Account, windows: Spans) -> Account:
    """Windows leave the base, but for downtime beyond the allowance, which counts like any other."""
    removed = subtract(windows, spans(account.bad))
    up = subtract(removed, spans(taken(account.excused)))
    return replace(
        account,
        base=outside(account.base, removed),
        set_aside=(*account.set_aside, *within(account.base, up)),
    )


def _not_in_force(case: Case) -> Spans:
    return subtract((case.period.span,), case.in_force)


def _disjoint(uses: Iterable[WindowUse], never: Spans) -> list[tuple[Span, str]]:
    """The windows' time in order, none of it twice and none of it in `never`, each with its window."""
    out: list[tuple[Span, str]] = []
    reached: Ms | None = None
    for use in uses:
        start = use.span.start if reached is None else max(use.span.start, reached)
        if start < use.span.end:
            reached = use.span.end
            out.extend((span, use.window) for span in subtract((Span(start, reached),), never))
    return out

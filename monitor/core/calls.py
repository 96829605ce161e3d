"""Heartbeats: what the calls of a job say of it at an instant, and what our own absences leave open. Pure.

A job that ended well is up until its next end is overdue by more than the grace. It is down from then on, or
from a call that says it failed, until it ends well again. Where we were away while a job on schedule would
have called, that call may be lost, and silence proves nothing until we have listened for a whole period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from monitor.core.checks import LaneId, Reason, State, state_of
from monitor.core.intervals import SECOND, Ms, Span
from monitor.core.windows import next_firing
from monitor.records import dataclass

CallKind = Literal["success", "fail", "start"]

EARLY: Final[Ms] = 5 * SECOND
"""How far a job's clock may be ahead of ours: a call that much before its time is that time's."""


@dataclass(frozen=True, slots=True)
class Call:
    """A job called: it ended well, it failed, or it begins. `at` is when it was read.

    Where the loop stood still before, the call may have waited for up to `waited` ms.
    """

    lane: LaneId
    at: Ms
    kind: CallKind
    waited: Ms = 0


@dataclass(frozen=True, slots=True)
class Away:
    """A time, ends included, in which a call could be lost by a fault of ours; a moment has no length."""

    span: Span
    reason: Reason


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job is to end: every so many ms after its last end, or when `cron` fires in `zone`."""

    grace: Ms
    every: Ms | None = None
    cron: str | None = None
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if (self.every is None) == (self.cron is None):
            raise ValueError("a job calls every so often or by a cron line: exactly one of the two")
        if (self.every is not None and self.every <= 0) or self.grace < 0:
            raise ValueError("a period is longer than nothing, and a grace is not negative")

    def window(self, last: Span) -> Span:
        """When a job on schedule calls next, its last call having come at some time within `last`.

        The grace lies on both sides of a period, because a job may have been late before.
        """
        if self.every is not None:
            return Span(last.start + max(0, self.every - self.grace), last.end + self.every + self.grace)
        due = self._fires(last.end + EARLY)
        return Span(due - EARLY, due + self.grace)

    def could_call(self, last: Span, away: Span) -> bool:
        """Whether a job that keeps its old times, whenever it recovered, would have called meanwhile."""
        if self.every is not None:
            times = max(1, -((last.end + self.grace - away.start) // self.every))
            return last.start + times * self.every - self.grace <= away.end
        return self._fires(max(last.end + EARLY, away.start - self.grace - 1)) - EARLY <= away.end

    def _fires(self, after: Ms) -> Ms:
        return next_firing(self.cron or "", self.zone, after)


@dataclass(frozen=True, slots=True)
class Heard:
    """What counts of a job's calls: its last end, and the first and the latest start after that.

    `since` is when we began to wait for it.
    """

    since: Ms
    ended: Call | None = None
    begun: Ms | None = None
    begun_last: Ms | None = None

    def then(self, call: Call) -> Heard:
        """With one more call."""
        if call.kind != "start":
            return Heard(self.since, call)
        begun = call.at if self.begun is None else self.begun
        return replace(self, begun=begun, begun_last=call.at)

    def shifted(self, by: Ms) -> Heard:
        """On a clock that was set by so much."""
        ended = None if self.ended is None else replace(self.ended, at=self.ended.at + by)
        begun, last = (None if at is None else at + by for at in (self.begun, self.begun_last))
        return Heard(self.since + by, ended, begun, last)

    def calls(self, lane: LaneId) -> list[Call]:
        """The calls that it comes to again."""
        starts = dict.fromkeys(at for at in (self.begun, self.begun_last) if at is not None)
        return [*([] if self.ended is None else [self.ended]), *(Call(lane, at, "start") for at in starts)]

    def upto(self, now: Ms) -> Heard:
        """As of `now`: what a clock that was set back put into the future happened just now."""
        ended = None if self.ended is None else replace(self.ended, at=min(self.ended.at, now))
        begun, last = (None if at is None else min(at, now) for at in (self.begun, self.begun_last))
        return Heard(min(self.since, now), ended, begun, last)

    def begun_after(self, at: Ms) -> Ms | None:
        """A start, at `at` or later, that no end followed."""
        for begun in (self.begun, self.begun_last):
            if begun is not None and begun >= at:
                return begun
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be said of a job: OK, a reason for down or one for unknown; `due` is by when it is to end.

    `due` includes the grace; it lies in the past where a call was missed.
    """

    reason: Reason
    due: Ms


def standing(schedule: Schedule, heard: Heard, aways: Sequence[Away], now: Ms) -> Standing:
    """How a job stands at `now`, before which all of it happened.

    Before its first call it is in doubt as after an absence, until we have listened for a whole period.
    """
    if schedule.every is not None:  # a clock that was set moves no period, only the times of a cron line
        aways = [away for away in aways if away.reason is not Reason.CLOCK_SUSPECT]
    ended = heard.since if heard.ended is None else heard.ended.at
    waited = 0 if heard.ended is None else heard.ended.waited
    last, reason = Span(ended - waited, ended), _ENDS[None if heard.ended is None else heard.ended.kind]
    while True:
        window = _window(schedule, heard, last)
        if state_of(reason) is not State.DOWN and now <= window.end:
            return Standing(reason, window.end)
        lost = _lost(schedule, last, window, reason, aways)
        if lost is None:
            missed = reason is not Reason.HEARTBEAT_FAILED
            return Standing(Reason.HEARTBEAT_MISSED if missed else reason, window.end)
        last, reason = lost.span, lost.reason


_ENDS: Final = {
    None: Reason.NOT_RUNNING,
    "success": Reason.OK,
    "fail": Reason.HEARTBEAT_FAILED,
}


def _window(schedule: Schedule, heard: Heard, last: Span) -> Span:
    """When the next end is to come: by the schedule, and no later than the grace after a start."""
    window = schedule.window(last)
    if heard.ended is None and last.end == heard.since:
        window = Span(heard.since, window.end)  # the first call may come at any time of the period
    begun = heard.begun_after(last.end)
    if begun is None:
        return window
    return Span(min(window.start, begun), min(window.end, begun + schedule.grace))


def _lost(schedule: Schedule, last: Span, window: Span, reason: Reason, aways: Sequence[Away]) -> Away | None:
    """The absence in which a call that would change the standing may have been made; None where none was."""
    silent = last.end
    if state_of(reason) is not State.DOWN:
        near = [away for away in aways if away.span.end > last.end and _touch(away.span, window)]
        if near:
            start = max(window.start, min(away.span.start for away in near))
            return Away(Span(start, max(away.span.end for away in near)), near[-1].reason)
        silent = window.end
    later = (away for away in aways if away.span.end > silent)
    return next((away for away in later if schedule.could_call(last, away.span)), None)


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end

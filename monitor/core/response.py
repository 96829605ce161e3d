"""The response clock: how long something took on the clock that a promise names, and when its time was up.

In time at equality: the last instant in time is the one at which the clock reaches its target, and whatever
comes after it is late, even while the clock stands. A breach stands: no later pause, change or reopening
undoes it. The clock never runs in closed hours, nor in a pause; what it did is never rewritten, so a change
of target takes the time that ran as it ran then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from fractions import Fraction
from math import ceil
from typing import Literal

from monitor.core.calendars import LastMoment, after_business_days, same_time
from monitor.core.intervals import Ms, Span, Spans, intersect, subtract
from monitor.core.periods import local, midnight
from monitor.core.worktime import WorkTime
from monitor.records import dataclass

State = Literal["before start", "running", "paused", "closed hours"]
How = Literal["restart", "keep time", "prorate"]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a timeline: what the clock did, and why ("" where nothing needs a reason)."""

    span: Span
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clock stands, and why."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """The time allowed: `ms` on the clock, or `days` after the local day of the start until `at` of the last.

    With `work` the clock runs in working time alone and days are business days; without it, round the clock.
    `zone` is where days begin and end. An `endless` one is only timed: it is never up. One that does not
    `count` is timed on behalf of a promise that the ticket is none of yet, or no more.
    """

    ms: Ms = 0
    days: int = 0
    at: LastMoment | None = None
    work: WorkTime | None = None
    zone: str = "UTC"
    endless: bool = False
    counts: bool = True

    def passed(self, start: Ms, end: Ms) -> Ms:
        """How long the clock runs between two instants without any pause."""
        if start >= end:
            return 0
        return end - start if self.work is None else self.work.passed(start, end)

    def after(self, start: Ms, ms: Ms) -> Ms:
        """The first instant by which the clock has run so long."""
        return start + ms if self.work is None else self.work.after(start, ms)

    def last(self, start: Ms) -> Ms:
        """The last instant in time without any pause."""
        if not self.days:
            return self.after(start, self.ms)
        if self.work is None:
            return self._days(start)
        calendar = self.work.calendar
        if self.at == "same time":
            return after_business_days(calendar, start, self.days, self.at)
        day = self.work.day_after(local(start, calendar.zone).date(), self.days)
        if self.at == "end of day":
            return midnight(day + ONE_DAY, calendar.zone) - 1
        return self.work.close_of(day)

    def allowed(self, start: Ms, last: Ms) -> Ms:
        """The time on the clock up to the last instant in time; a date is worth what runs until then."""
        return self.passed(start, last + (self.at == "end of day")) if self.days else self.ms

    def _days(self, start: Ms) -> Ms:
        day = local(start, self.zone).date() + self.days * ONE_DAY
        if self.at == "same time":
            return same_time(start, day, self.zone)
        return midnight(day + ONE_DAY, self.zone) - 1

    def end_of_day(self, at: Ms) -> Ms:
        zone = self.zone if self.work is None else self.work.zone
        return midnight(local(at, zone).date() + ONE_DAY, zone) - 1


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` another target holds (None: nothing is promised, no clock runs), and what the time so far is.

    `restart` forgets it; `keep time` holds it against the new target; `prorate` takes the share of the old
    target that is used up for that share of the new one. `key` is what the target now belongs to.
    """

    at: Ms
    how: How
    target: Target | None
    key: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a ticket became on its way, `what` a priority or a segment, and what that did to its clock.

    `late`: its time was up by then, which stands. `keep target`: the first time stays.
    """

    at: Ms
    what: str
    before: str
    after: str
    how: Literal["restart", "keep time", "keep target", "prorate", "late"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch on one clock, as the changes cut it; `forgotten` says why its time does not count."""

    span: Span
    target: Target | None
    forgotten: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one clock, in UTC ms.

    `start` is when the clock that is judged began (after the last restart), `due` the last instant in time
    (None where no time is promised), `end` when it was stopped (None: it was not, up to `until`). `elapsed`
    is how long it ran up to then, `allowed` the time it had without pauses, `delay` how long it ran past
    `due`. `key` is what the `target` in force belongs to. `parts` and `pauses` make the timeline.
    """

    start: Ms
    due: Ms | None
    end: Ms | None
    until: Ms
    elapsed: Ms
    allowed: Ms | None
    delay: Ms
    key: str
    target: Target | None
    parts: tuple[Part, ...]
    pauses: tuple[Pause, ...]

    @property
    def late(self) -> bool:
        """Whether the time was up before it was done, or before `until` where it is not done."""
        return self.due is not None and self.due < self.until

    def timeline(self, opened: Ms | None = None, waited: str = "") -> tuple[Stretch, ...]:
        """When the clock ran, when it stood and why, from its first start (or `opened`) to its end."""
        first = self.parts[0].span.start if self.parts else self.start
        before = opened is not None and opened < first
        head = (
            (Stretch(Span(opened, first), "before start", waited),) if opened is not None and before else ()
        )
        found = (stretch for part in self.parts for stretch in _stretches(part, self.pauses))
        return (*head, *_joined(found))


def course(
    start: Ms,
    stop: Ms | None,
    now: Ms,
    target: Target | None,
    *,
    pauses: Sequence[Pause] = (),
    changes: Sequence[Change] = (),
    key: str = "",
) -> Course:
    """The course of a clock that started at `start` and was stopped at `stop`, as known at `now`.

    `pauses` are in order and apart (`apart`); `changes` are in order, after `start`.
    """
    until = max(start, now if stop is None else stop)
    if target is not None and not pauses and not changes:
        return _undisturbed(start, stop, until, target, key)
    clock = _Clock(start, target, pauses, key)
    for change in changes:
        if change.at >= until or clock.is_up_before(change.at):
            break
        clock.change(change)
    return clock.course(stop, until)


def _undisturbed(start: Ms, stop: Ms | None, until: Ms, target: Target, key: str) -> Course:
    """The course of a clock that never stands and whose target stays: what `_Clock` comes to, at once."""
    due = None if target.endless else target.last(start)
    allowed = None if due is None else target.allowed(start, due)
    delay = target.passed(due, until) if due is not None and due < until else 0
    parts = (Part(Span(start, until), target),) if start < until else ()
    elapsed = target.passed(start, until)
    return Course(start, due, stop, until, elapsed, allowed, delay, key, target, parts, ())


@dataclass(slots=True)
class _Clock:
    """A clock on its way: since `at` it runs towards `target`, of which `left` is left."""

    start: Ms
    target: Target | None
    pauses: Sequence[Pause]
    key: str
    at: Ms = 0
    used: Ms = 0
    left: Fraction | int | None = None
    budget: Ms | None = None
    date: Ms | None = None
    worth: Ms = 0
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        self.at = self.start
        self._aim(self.target)
        self.left = self.budget

    def _aim(self, target: Target | None) -> None:
        """The target from now on. A date is worth the time that runs until then, which is over at `worth`."""
        self.target, self.date, self.budget = target, None, None
        if target is None or target.endless:
            return
        if target.days:
            self.date = target.last(self.start)
            self.budget = target.allowed(self.start, self.date)
            self.worth = target.after(self.start, self.budget)
        else:
            self.budget = target.ms

    def due(self) -> Ms | None:
        """The last instant in time, if nothing changes."""
        target = self.target
        if target is None or self.left is None:
            return None
        reached = self._reach(target, ceil(self.left))
        if self.date is None:
            return reached
        if self.worth <= reached <= self.date + (target.at == "end of day"):
            return self._past_pause(self.date)
        return target.end_of_day(reached - 1) if target.at == "end of day" else reached

    def _reach(self, target: Target, left: Ms) -> Ms:
        at = self.at
        for pause in self.pauses:
            if pause.span.end <= at:
                continue
            ran = target.passed(at, pause.span.start)
            if left <= ran:
                break
            left -= ran
            at = pause.span.end
        return target.after(at, left)

    def _past_pause(self, at: Ms) -> Ms:
        """A date that falls into a pause waits for its end, and for that of the next where they touch."""
        for pause in self.pauses:
            if at in pause.span:
                at = pause.span.end
        return at

    def is_up_before(self, at: Ms) -> bool:
        due = self.due()
        return due is not None and due < at

    def change(self, change: Change) -> None:
        ran = self._ran(self.at, change.at)
        self._close(change.at)
        self.used += ran
        self.key = change.key
        if change.how == "restart":
            self.parts = tuple(Part(p.span, p.target, p.forgotten or change.why) for p in self.parts)
            self.start, self.used = change.at, 0
        before, left = self.budget, None if self.left is None else max(0, self.left - ran)
        self._aim(change.target)
        self.at = change.at
        if self.budget is None or change.how == "restart":
            self.left = self.budget
        elif change.how == "keep time":
            self.left = max(0, self.budget - self.used)
        else:
            self.left = Fraction(self.budget) * left / before if before and left is not None else self.budget

    def _close(self, at: Ms) -> None:
        if self.at < at:
            self.parts = (*self.parts, Part(Span(self.at, at), self.target))

    def _ran(self, start: Ms, end: Ms) -> Ms:
        """How long the clock runs, pauses left out."""
        target = self.target
        if target is None:
            return 0
        ran = target.passed(start, end)
        for pause in self.pauses:
            if pause.span.start >= end:
                break
            ran -= target.passed(max(start, pause.span.start), min(end, pause.span.end))
        return ran

    def course(self, stop: Ms | None, until: Ms) -> Course:
        due = self.due()
        elapsed = self.used + self._ran(self.at, until)
        self._close(until)
        delay = self._ran(due, until) if due is not None and due < until else 0
        return Course(
            start=self.start,
            due=due,
            end=stop,
            until=until,
            elapsed=elapsed,
            allowed=self.budget,
            delay=delay,
            key=self.key,
            target=self.target,
            parts=self.parts,
            pauses=tuple(self.pauses),
        )


def apart(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """Pauses in order and apart: where two are told at once, the one that began first is the reason."""
    out: list[Pause] = []
    for pause in sorted(pauses, key=lambda each: (each.span.start, each.span.end)):
        start = max(pause.span.start, out[-1].span.end) if out else pause.span.start
        if start < pause.span.end:
            whole = start == pause.span.start
            out.append(pause if whole else Pause(Span(start, pause.span.end), pause.reason))
    return tuple(out)


def _stretches(part: Part, pauses: Sequence[Pause]) -> Iterator[Stretch]:
    if part.forgotten:
        yield Stretch(part.span, "before start", part.forgotten)
        return
    if part.target is None:
        yield Stretch(part.span, "before start", "no time is promised")
        return
    work = part.target.work
    runs: Spans = (part.span,) if work is None else work.open_in(part.span)
    found = [Stretch(span, "closed hours") for span in subtract((part.span,), runs)]
    for pause in pauses:
        stood = intersect(runs, (pause.span,)) if pause.span.length else ()
        found.extend(Stretch(span, "paused", pause.reason) for span in stood)
        runs = subtract(runs, stood)
    found.extend(Stretch(span, "running") for span in runs)
    yield from sorted(found, key=_begins)


def _begins(stretch: Stretch) -> Ms:
    return stretch.span.start


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Stretches of one kind that touch are one."""
    last: Stretch | None = None
    for each in stretches:
        if last is not None and (last.state, last.reason) == (each.state, each.reason):
            last = Stretch(Span(last.span.start, each.span.end), last.state, last.reason)
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last

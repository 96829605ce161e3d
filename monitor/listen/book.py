"""The book of calls: what every job said last, and when we could not hear it.

It belongs to the loop. A call enters it once it is kept; an absence enters it as soon as it is noticed, and
is told to whoever keeps it. `look` notices what stood between two looks, so it is also called before each
judgement: a job's slot may be the first thing that runs after the machine slept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from monitor.clock import Clock
from monitor.config.endpoint import Endpoint, Heartbeat
from monitor.core.calls import Away, Call, Heard, Schedule, Standing, standing
from monitor.core.checks import Check, Gap, LaneId, Reason
from monitor.core.intervals import SECOND, Ms, Span
from monitor.prober.epoch import STEP, Reading, read
from monitor.prober.guard import PAUSE
from monitor.records import dataclass

LOOK: Final = 0.5
"""Seconds between two looks."""
SETTLE: Final = 2.0
"""Seconds after a stall in which the calls that waited meanwhile are still being read."""
MOST_AWAYS: Final = 4_096
BEFORE: Final[Ms] = 2 * SECOND
"""How long before its last mark a run may have ended its listening."""


@dataclass(frozen=True, slots=True)
class _Job:
    lane: LaneId
    schedule: Schedule
    heard: Heard


class Book:
    """Implements `monitor.probes.heartbeat.Calls`.

    `tell` takes what is to be kept: absences, and where the clock was set, all that counts by the new one.
    """

    def __init__(
        self, clock: Clock, tell: Callable[[Sequence[Call | Away]], None] = lambda heard: None
    ) -> None:
        self._clock, self._tell = clock, tell
        self._jobs: dict[str, _Job] = {}
        self._by_lane: dict[LaneId, str] = {}
        self._aways: list[Away] = []
        self._last: Reading | None = None
        self._stalled: tuple[float, float] | None = None
        self._well: Ms | None = None
        self._cut_off_since: Ms | None = None
        self._told_until: Ms | None = None
        self._listening = False

    # -- what is listened for

    def remember(self, aways: Iterable[Away]) -> None:
        """Absences that were kept by earlier runs."""
        now = self._clock.now()
        for away in aways:
            before = BEFORE if away.reason is Reason.NOT_RUNNING else 0
            self._add(_upto(Away(Span(away.span.start - before, away.span.end), away.reason), now))

    def watch(
        self,
        endpoints: Mapping[str, Endpoint],
        lanes: Mapping[str, LaneId],
        *,
        since: Mapping[LaneId, Ms],
        kept: Sequence[Call] = (),
    ) -> None:
        """Listen for the jobs among these endpoints; `kept` are calls of those that are new here.

        `since` says when each lane's life began, and with it our waiting.
        """
        before = {job.lane: job.heard for job in self._jobs.values()}
        self._jobs = {}
        for key, endpoint in endpoints.items():
            if isinstance(endpoint.how, Heartbeat):
                lane, how = lanes[key], endpoint.how
                schedule = Schedule(how.grace, how.every, how.cron, how.zone)
                found = before.get(lane)
                if found is None:
                    found = Heard(since[lane])
                    for call in kept:
                        found = found.then(call) if call.lane == lane else found
                self._jobs[key] = _Job(lane, schedule, found.upto(self._clock.now()))
        self._by_lane = {job.lane: key for key, job in self._jobs.items()}

    def open(self) -> None:
        """Calls can come in from now on."""
        self._listening = True
        self._last = read(self._clock)

    @property
    def jobs(self) -> Sequence[str]:
        """The endpoints that are listened for."""
        return list(self._jobs)

    def lane(self, endpoint_id: str) -> LaneId:
        """The lane of a job. KeyError where none is listened for."""
        return self._jobs[endpoint_id].lane

    # -- what comes

    def receive(self, call: Call) -> None:
        """A call that is kept. One of a job that is gone by now changes nothing."""
        key = self._by_lane.get(call.lane)
        if key is not None:
            job = self._jobs[key]
            self._jobs[key] = _Job(job.lane, job.schedule, job.heard.then(call))

    def waited(self) -> Ms:
        """How long a call that is read now may have waited while the loop stood still."""
        self.look()
        if self._stalled is None or not self._is_settling():
            return 0
        return round((self._clock.monotonic() - self._stalled[0]) * SECOND)

    def lost(self, reason: Reason) -> None:
        """A call could not be taken or kept just now, by a fault of ours."""
        now = self._clock.now()
        self._note(Span(now, now), reason)

    def look(self) -> None:
        """Notice what happened to the machine since the last look."""
        if self._last is None:
            return
        before, now = self._last, read(self._clock)
        self._last = now
        passed = now.mono - before.mono
        slept = now.asleep - before.asleep
        if passed > LOOK + 1:
            self._stalled = (before.mono, now.mono)
        if passed > LOOK + PAUSE or slept * SECOND > STEP:
            self._note(Span(before.wall, max(before.wall, now.wall)), Reason.MONITOR_PAUSED)
        jump = now.wall - before.wall - round((passed + max(0.0, slept)) * SECOND)
        if abs(jump) > STEP:
            self._shift(jump)
            self._note(Span(min(now.wall, now.wall - jump), now.wall), Reason.CLOCK_SUSPECT)

    def _shift(self, by: Ms) -> None:
        """The clock was set: all that was heard is as long ago as it was."""
        self._aways = [Away(Span(a.span.start + by, a.span.end + by), a.reason) for a in self._aways]
        self._jobs = {
            key: _Job(job.lane, job.schedule, job.heard.shifted(by)) for key, job in self._jobs.items()
        }
        calls = [call for job in self._jobs.values() for call in job.heard.calls(job.lane)]
        first = min((call.at for call in calls), default=self._clock.now())
        self._tell([*calls, *(away for away in self._aways if away.span.end >= first)])

    def learn(self, records: Iterable[Check | Gap]) -> None:
        """What the prober found: while our own network was gone, no call could reach us either."""
        for record in records:
            if not isinstance(record, Check) or record.lane in self._by_lane:
                continue
            if record.reason is Reason.OWN_NETWORK:
                self._cut_off_since = self._well or record.at
                self._note(self._cut_off(record.at), Reason.OWN_NETWORK)
            elif record.reason is Reason.OK:
                if self._cut_off_since is not None:
                    self._note(self._cut_off(record.at), Reason.OWN_NETWORK)
                self._well, self._cut_off_since = record.at, None

    def _cut_off(self, until: Ms) -> Span:
        """From the last time that a target was reached."""
        since = until if self._cut_off_since is None else self._cut_off_since
        return Span(min(since, until), until)

    # -- what is to be said

    def standing(self, endpoint_id: str) -> Standing | None:
        """How a job stands now; None where nobody listens for it."""
        self.look()
        job = self._jobs.get(endpoint_id)
        if job is None or not self._listening:
            return None
        found = standing(job.schedule, job.heard, self._aways, self._clock.now())
        if found.reason is not Reason.HEARTBEAT_MISSED:
            return found
        if self._is_settling():
            return Standing(Reason.MONITOR_STALL, found.due)
        return found if self._cut_off_since is None else Standing(Reason.OWN_NETWORK, found.due)

    def _is_settling(self) -> bool:
        """Whether calls that came while the loop stood still may not have been read yet."""
        return self._stalled is not None and self._clock.monotonic() - self._stalled[1] < SETTLE

    def _note(self, span: Span, reason: Reason) -> None:
        """An absence. One that goes on is told once a second, with a second more than there was."""
        last = self._aways[-1] if self._aways else None
        if last is None or last.reason is not reason or not _follows(span, last.span):
            self._add(Away(span, reason))
            self._told_until = None
        else:
            start, end = min(last.span.start, span.start), max(last.span.end, span.end)
            span = Span(start, end)
            self._aways[-1] = Away(span, reason)
        if self._told_until is None or span.end > self._told_until:
            self._told_until = span.end + SECOND
            self._tell([Away(Span(span.start, self._told_until), reason)])

    def _add(self, away: Away) -> None:
        """Remember it; beyond a bound the two oldest become one, so that nothing is forgotten."""
        self._aways.append(away)
        if len(self._aways) > MOST_AWAYS:
            first, second, *rest = self._aways
            start, end = min(first.span.start, second.span.start), max(first.span.end, second.span.end)
            self._aways = [Away(Span(start, end), second.reason), *rest]


def _upto(away: Away, now: Ms) -> Away:
    return Away(Span(min(away.span.start, now), min(away.span.end, now)), away.reason)


def _follows(span: Span, last: Span) -> bool:
    return last.start <= span.end and span.start <= last.end + SECOND

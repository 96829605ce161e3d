"""The guard: what the monitor's own machine did while an attempt ran. Pure: it is handed the time.

A failure seen while the loop stood still, the machine slept or the clock was set is no evidence against a
target. It becomes unknown, with the reason; a success stays a success, without the latency.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile

from monitor.core.checks import Reason, State, state_of
from monitor.core.intervals import Ms
from monitor.records import dataclass

NOISE = 0.05
"""Seconds of lateness that ordinary work causes; more is a stall."""
PAUSE = 5.0
"""Seconds of lateness from which on the monitor did not stall but stood still."""
TOLERANCE = 0.25
TOLERANCE_SHARE = 0.05
BUGS_IN_A_ROW = 3
STEPPED_BY: Ms = 60_000
"""A step of the clock that can make a certificate look expired."""
SUSPECT_FOR = 3_600.0
"""Seconds for which the clock is suspect after such a step, unless the certificates of sentinels say more."""
EARLIEST: Ms = 1_767_225_600_000  # 2026-01-01
"""The start of 2026. A clock that says it is earlier is wrong: this was written later."""


class Lag:
    """How late the loop runs, from a beat that knows when it is due. Times are monotonic seconds."""

    def __init__(self, horizon: float = 900.0) -> None:
        self._horizon = horizon
        self._due: float | None = None
        self._stalls: deque[tuple[float, float]] = deque(maxlen=20_000)

    def expect(self, due: float) -> None:
        """The next beat is due then."""
        self._due = due

    def beat(self, now: float) -> float:
        """A beat came; how late it is."""
        late = 0.0 if self._due is None else max(0.0, now - self._due)
        self._due = None
        self.stood(now - late, now)
        return late

    def stood(self, start: float, end: float) -> None:
        """The loop did nothing else in this time."""
        if end - start > NOISE:
            self._stalls.append((start, end))
        while self._stalls and self._stalls[0][1] < end - self._horizon:
            self._stalls.popleft()

    def stalled(self, start: float, end: float) -> float:
        """For how long the loop stood still between the two times, a beat that is overdue included."""
        later = takewhile(lambda stall: stall[1] > start, reversed(self._stalls))
        recorded = sum(_shared(stall, start, end) for stall in later)
        if self._due is None or end - self._due <= NOISE:
            return recorded
        return recorded + _shared((self._due, end), start, end)


def _shared(stall: tuple[float, float], start: float, end: float) -> float:
    return max(0.0, min(stall[1], end) - max(stall[0], start))


def tolerance(timeout: Ms) -> float:
    """How many seconds of stall an attempt with this timeout bears before its failure proves nothing."""
    return max(TOLERANCE, timeout / 1_000 * TOLERANCE_SHARE)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What happened to the monitor during an attempt: seconds stalled, and why an epoch ended meanwhile."""

    stalled: float = 0.0
    epoch_ended: Reason | None = None

    def spoils(self, timeout: Ms) -> Reason | None:
        """Why a failure of this attempt would prove nothing, or None."""
        if self.stalled >= PAUSE:
            return Reason.MONITOR_PAUSED
        if self.epoch_ended is not None:
            return self.epoch_ended
        return Reason.MONITOR_STALL if self.stalled > tolerance(timeout) else None


def weigh(reason: Reason, disturbance: Disturbance, timeout: Ms) -> Reason:
    """The reason that stands after what happened to the monitor is known.

    A fault of its own that the attempt itself names stays, but a stall explains a bug away.
    """
    spoilt = disturbance.spoils(timeout)
    if reason is Reason.OK or spoilt is None:
        return reason
    return spoilt if state_of(reason) is State.DOWN or reason is Reason.PROBER_BUG else reason


def dates_stand(now: Ms, stepped: float | None, sentinels: bool | None) -> bool:
    """Whether the clock may judge a certificate's dates.

    `stepped` is how many seconds ago it was set, None for never; `sentinels` whether the certificates of
    sentinels are not of this time either, None where none was shown: they know better than a guess.
    """
    if now < EARLIEST:
        return False
    if sentinels is not None:
        return not sentinels
    return stepped is None or stepped > SUSPECT_FOR


def latency_stands(disturbance: Disturbance, timeout: Ms) -> bool:
    """Whether a latency measured meanwhile is the target's; a clock that was set does not touch it."""
    return disturbance.spoils(timeout) not in (Reason.MONITOR_STALL, Reason.MONITOR_PAUSED)


class Bugs:
    """Faults of probes in a row, by endpoint: at the third the target is what triggers them."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}

    def note(self, endpoint_id: str, reason: Reason) -> Reason:
        """The reason to record. Other unknowns neither end a row nor lengthen it."""
        if reason is Reason.PROBER_BUG:
            self._rows[endpoint_id] = self._rows.get(endpoint_id, 0) + 1
            return Reason.PROTOCOL if self._rows[endpoint_id] >= BUGS_IN_A_ROW else reason
        if state_of(reason) is not State.UNKNOWN:
            self._rows.pop(endpoint_id, None)
        return reason

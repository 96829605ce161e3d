"""Time for tests: a loop that jumps to its next timer, and clocks that read it. Nothing here waits."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator
from dataclasses import dataclass, field

START = 1_790_000_000_000
BEGINNING = 1_000.0
"""What the loop's own clock says at first, in seconds; the wall clock says START then."""


class Skipping(selectors.DefaultSelector):
    """Never waits: what it was asked to wait is added to the loop's time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINNING

    def select(self, timeout: float | None = None) -> list:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop in which an hour passes in a moment."""

    def __init__(self) -> None:
        self._skipping = Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now

    def stall(self, seconds: float) -> None:
        """Time passes and nothing runs."""
        self._skipping.now += seconds

    def idle_until(self) -> float | None:
        """When anything happens next; None where something is due now, or nothing ever is."""
        if self._ready or not self._scheduled:
            return None
        return self._scheduled[0].when()


@dataclass
class SimulatedClock:
    """The loop's time as the monotonic clock, a wall clock beside it that can be set, and sleep.

    The wall clock is `offset` seconds ahead of the true time, and gains `rate` seconds a second from then on.
    """

    loop: SimulatedLoop
    offset: float = 0.0
    asleep: float = 0.0
    rate: float = 0.0
    settings: list[tuple[float, float, float]] = field(default_factory=list)
    _since: float = BEGINNING

    def now(self) -> int:
        return self.wall(self.loop.time())

    def wall(self, mono: float) -> int:
        """What the wall clock says at a time of the loop, as it is set now."""
        return START + round((mono - BEGINNING + self.ahead(mono)) * 1_000)

    def ahead(self, mono: float) -> float:
        """How many seconds the wall clock has gained on the loop's time by then."""
        return self.offset + self.rate * (mono - self._since)

    def monotonic(self) -> float:
        return self.loop.time()

    def suspended(self) -> float:
        return self.asleep

    def set(self, seconds: float) -> None:
        """Put the wall clock forward by so many seconds, or back."""
        self._note()
        self.offset += seconds

    def slew(self, rate: float) -> None:
        """Let the wall clock gain so many seconds a second from now on."""
        self._note()
        self.offset = self.ahead(self.loop.time())
        self._since = self.loop.time()
        self.rate = rate

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: the wall clock goes on, the monotonic one does not."""
        self.set(seconds)
        self.asleep += seconds

    def _note(self) -> None:
        """Remember how the clock was set until now: (until, seconds ahead then, rate)."""
        now = self.loop.time()
        self.settings.append((now, self.ahead(now), self.rate))

    def images(self, start: float, end: float) -> list[tuple[int, int]]:
        """The wall times that the clock showed between two times of the loop, a stretch for each setting."""
        out = []
        since = BEGINNING
        for until, ahead, rate in self._settings(end):
            low, high = max(start, since), min(end, until)
            if low <= high:
                shown = [t - BEGINNING + ahead - rate * (until - t) for t in (low, high)]
                out.append((START + round(shown[0] * 1_000), START + round(shown[1] * 1_000)))
            since = until
        return out

    def shown(self, end: float) -> Iterator[tuple[float, float, float]]:
        """From when to when the clock was how far ahead, in seconds; slews are not told apart."""
        since = BEGINNING
        for until, ahead, _ in self._settings(end):
            yield (since, until, ahead)
            since = until

    def _settings(self, end: float) -> list[tuple[float, float, float]]:
        last = max(self.loop.time(), end)
        return [*self.settings, (last, self.ahead(last), self.rate)]

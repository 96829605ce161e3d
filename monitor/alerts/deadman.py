"""The dead-man's switch: somebody outside is called while the monitor measures, and tells when the calls end.

A call is made only where evidence is on disk that is newer than that of the last call, and fresh, and where
more than half of the endpoints were measured lately and not spoilt by a fault of ours: a process that lives
and measures nothing is as good as dead.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import aiohttp

from monitor.config.endpoint import Endpoint
from monitor.config.plan import Plan
from monitor.core.checks import UNKNOWN_REASONS, Lane, Reason
from monitor.core.intervals import SECOND, Ms
from monitor.records import dataclass
from monitor.statements.disabled import KINDS, standing
from monitor.store.protocol import Snapshot

log = logging.getLogger("makegood")

FRESH: Final[Ms] = 30 * SECOND
LOST: Final = Fraction(1, 2)
"""The share of endpoints that may be lost to faults of ours."""
LATE: Final = 2
"""Intervals after which an endpoint that was not measured is lost, with its timeout and FRESH on top."""
LOOKED_AT: Final = 1_000
"""Endpoints that are looked at; of more, so many that lie evenly among them."""
OURS: Final = UNKNOWN_REASONS - {Reason.DISABLED, Reason.DISAGREEMENT}
WHOLE: Final = 10.0
"""Seconds for a call."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Up to where the evidence on disk reaches, and of how many endpoints none is there that counts."""

    reached: Ms | None
    endpoints: int = 0
    lost: int = 0

    def beats(self, since: Ms | None, now: Ms) -> str:
        """ "" where the monitor measures, newly since then; else why it does not.

        A last call that is still to come was of a clock that was wrong, and holds nothing up.
        """
        if self.reached is None or now - self.reached > FRESH:
            return "nothing new is on disk"
        if since is not None and self.reached <= since <= now:
            return "nothing new is on disk"
        if self.endpoints and Fraction(self.lost, self.endpoints) > LOST:
            return f"{self.lost} of {self.endpoints} endpoints are not measured, by a fault of ours"
        return ""


def pulse(plan: Plan, snapshot: Snapshot, now: Ms) -> Pulse:
    """What the evidence says of the monitor. Jobs that call us are not asked, and so not counted."""
    off = standing(snapshot.events(kinds=KINDS), now)
    wanted = [e for e in plan.endpoints.values() if e.kind != "heartbeat" and e.id not in off]
    chosen = wanted[:: max(1, -(-len(wanted) // LOOKED_AT))]
    lanes = {lane.endpoint: lane for lane in snapshot.lanes() if lane.location == plan.settings.location}
    return Pulse(snapshot.as_of(now), len(chosen), sum(_lost(chosen, lanes, snapshot, now)))


def _lost(chosen: list[Endpoint], lanes: dict[str, Lane], snapshot: Snapshot, now: Ms) -> Iterator[bool]:
    for endpoint in chosen:
        lane = lanes.get(endpoint.id)
        last = None if lane is None else snapshot.last_check(lane.id)
        due = LATE * endpoint.interval + endpoint.timeout + FRESH
        if last is not None and now - last.at <= due:
            yield last.reason in OURS
        else:
            yield lane is None or now - lane.life[-1].start > due


class Switch:
    """One address. It remembers up to where evidence was when it was called last."""

    def __init__(self, whole: float = WHOLE) -> None:
        self._whole = whole
        self._called: Ms | None = None
        self._told = ""

    async def turn(self, url: str, found: Pulse, now: Ms) -> bool:
        """Call, where the monitor measures; whether somebody took the call. Never raises for a receiver."""
        why = found.beats(self._called, now)
        if why:
            self._tell("still", f"{why}: whoever waits for our call will miss it")
            return False
        failure = await self._call(url)
        if failure:
            self._tell("call", f"the address of [alerts] ping could not be called: {failure}")
            return False
        if self._told:
            log.info("whoever waits for our call has it again", extra={"event": "ping.again"})
        self._called, self._told = found.reached, ""
        return True

    async def _call(self, url: str) -> str:
        """ "" where it was taken, else why not; never the address, which is a secret."""
        timeout = aiohttp.ClientTimeout(total=self._whole)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                return "" if 200 <= response.status < 300 else f"it answered {response.status}"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return type(error).__name__

    def _tell(self, kind: str, what: str) -> None:
        """Once of a kind, until it goes well again."""
        if kind not in self._told:
            log.warning(what, extra={"event": "ping.missed"})
            self._told += f"{kind} "

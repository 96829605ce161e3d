"""What one attempt leaves behind while it runs: its phases, the addresses it used, how far it may go.

The trail is found through a context variable, because name resolution and TLS happen out of a probe's
sight. Times are seconds of the monotonic clock, not of the loop, whose own stands still between two rounds;
they leave as integers of 0.1 ms, floored.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from socket import AF_INET, AF_INET6, AF_UNSPEC
from typing import Any

from monitor.clock import SystemClock
from monitor.config.endpoint import Family
from monitor.core.checks import Tenths
from monitor.probes.reach import Reach, is_metadata, reach_of

FAMILIES = {"any": AF_UNSPEC, "ipv4": AF_INET, "ipv6": AF_INET6}

_CLOCK = SystemClock()


class RedirectRefused(Exception):
    """A redirect leads where it must not: further inwards, or out of HTTP."""


class AddressRefused(Exception):
    """A name that led outwards when it was first looked up leads further inwards now."""


class Blocked(Exception):
    """A configured target that policy refuses: nothing was sent."""


def tenths(seconds: float) -> Tenths:
    """Seconds as 0.1 ms, floored."""
    return int(seconds * 10_000)


class Trail:
    """The running record of one attempt; `phase` is what it is doing now.

    `homes` is how far each configured host reached when it was first looked up; the trail adds its own.
    """

    __slots__ = (
        "_durations",
        "_homes",
        "_reach_of",
        "_since",
        "_started",
        "addresses",
        "family",
        "floor",
        "phase",
        "tls",
    )

    def __init__(
        self,
        reach: Callable[[str], Reach] = reach_of,
        family: Family = "any",
        homes: dict[str, Reach] | None = None,
    ) -> None:
        self.phase = "start"
        self.family = FAMILIES[family]
        self.addresses: tuple[str, ...] = ()
        self.tls: ssl.SSLObject | None = None
        self.floor: Reach | None = None
        self._reach_of = reach
        self._homes = {} if homes is None else homes
        self._since = self._started = _CLOCK.monotonic()
        self._durations: dict[str, float] = {}

    def enter(self, phase: str) -> None:
        """End the phase that runs and begin another; a phase entered again adds to itself."""
        now = _CLOCK.monotonic()
        self._durations[self.phase] = self._durations.get(self.phase, 0.0) + now - self._since
        self.phase, self._since = phase, now

    def visit(self, addresses: Sequence[str], host: str) -> None:
        """Note the addresses of the next hop, all of which may be connected to.

        This decides where a connection may go. Blocked when a configured target may not be probed at all,
        AddressRefused when its name leads further inwards than it once did; RedirectRefused when the hop lies
        further in than the last, or in another family than the one chosen.
        """
        if self.family and any((":" in address) != (self.family is AF_INET6) for address in addresses):
            raise RedirectRefused("a redirect to an address of the family that was not chosen")
        nearest = min(self._reach_of(address) for address in addresses)
        if self.floor is None:
            self._may_be_probed(addresses, host, nearest)
        elif nearest < self.floor:
            raise RedirectRefused(f"a {self.floor} host redirects to a {nearest} address")
        elif any(map(is_metadata, addresses)):
            raise RedirectRefused("a redirect to a cloud's metadata service")
        self.floor = nearest
        self.addresses = tuple(addresses)

    def _may_be_probed(self, addresses: Sequence[str], host: str, nearest: Reach) -> None:
        if any(map(is_metadata, addresses)):
            raise Blocked("a cloud's metadata service is never probed")
        home = self._homes.setdefault(host, nearest)
        if nearest < home:
            raise AddressRefused(f"a {home} name leads to a {nearest} address now; reload if it has moved")

    def elapsed(self) -> Tenths:
        """How long the attempt takes so far."""
        return tenths(_CLOCK.monotonic() - self._started)

    def phases(self) -> Mapping[str, Tenths]:
        """The phases that ended, without those that are not the target's."""
        return {name: tenths(spent) for name, spent in self._durations.items() if name in _MEASURED}


_MEASURED = frozenset({"dns", "connect", "tls", "first_byte", "body"})

TRAIL: ContextVar[Trail] = ContextVar("trail")


def enter(phase: str) -> None:
    """Enter a phase of whichever attempt is running here, if any is."""
    trail = TRAIL.get(None)
    if trail is not None:
        trail.enter(phase)


class _Handshake(ssl.SSLObject):
    """A handshake over whose certificate no loop stumbles."""

    def getpeercert(self, binary_form: bool = False) -> Any:
        """As everywhere; and {} of a certificate that holds names in no known writing.

        Loops look at it when chain and name have been accepted, and an error there would be one of ours.
        """
        try:
            return super().getpeercert(binary_form)
        except UnicodeDecodeError:
            return {}


class StampingContext(ssl.SSLContext):
    """An SSLContext that notes when a handshake begins, and keeps it: a loop has no signal for either."""

    sslobject_class = _Handshake

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        enter("tls")
        wrapped = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        trail = TRAIL.get(None)
        if trail is not None:
            trail.tls = wrapped
        return wrapped

"""What one attempt leaves behind while it runs: its phases, the addresses it used, how far it may go.

The trail is found through a context variable, because name resolution and TLS happen inside aiohttp, out of
a probe's sight. Times come from the loop's clock, in seconds; they leave as integers of 0.1 ms, floored.
"""

from __future__ import annotations

import ssl
from asyncio import get_running_loop
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from socket import AF_INET, AF_INET6, AF_UNSPEC

from monitor.config.endpoint import Family
from monitor.core.checks import Tenths
from monitor.probes.reach import Reach, reach_of

FAMILIES = {"any": AF_UNSPEC, "ipv4": AF_INET, "ipv6": AF_INET6}


class RedirectRefused(Exception):
    """A redirect leads where it must not: further inwards, or out of HTTP."""


def tenths(seconds: float) -> Tenths:
    """Seconds as 0.1 ms, floored."""
    return int(seconds * 10_000)


class Trail:
    """The running record of one attempt; `phase` is what it is doing now."""

    __slots__ = ("_durations", "_reach_of", "_since", "addresses", "family", "floor", "phase", "tls")

    def __init__(self, reach: Callable[[str], Reach] = reach_of, family: Family = "any") -> None:
        self.phase = "start"
        self.family = FAMILIES[family]
        self.addresses: tuple[str, ...] = ()
        self.tls: ssl.SSLObject | None = None
        self.floor: Reach | None = None
        self._reach_of = reach
        self._since = get_running_loop().time()
        self._durations: dict[str, float] = {}

    def enter(self, phase: str) -> None:
        """End the phase that runs and begin another; a phase entered again adds to itself."""
        now = get_running_loop().time()
        self._durations[self.phase] = self._durations.get(self.phase, 0.0) + now - self._since
        self.phase, self._since = phase, now

    def visit(self, addresses: Sequence[str]) -> None:
        """Note the addresses of the next hop.

        RedirectRefused when they lie further in than the last, or in another family than the one chosen.
        """
        if self.family and any((":" in address) != (self.family is AF_INET6) for address in addresses):
            raise RedirectRefused("a redirect to an address of the family that was not chosen")
        nearest = min(self._reach_of(address) for address in addresses)
        if self.floor is not None and nearest < self.floor:
            raise RedirectRefused(f"a {self.floor} host redirects to a {nearest} address")
        self.floor = nearest
        self.addresses = tuple(addresses)

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


class StampingContext(ssl.SSLContext):
    """An SSLContext that notes when a handshake begins, and keeps it: aiohttp has no signal for either."""

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

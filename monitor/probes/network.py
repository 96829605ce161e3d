"""What all probes share: one resolver, the TLS contexts, and the places at the door.

Admission happens before an attempt's timer starts, so that a queue of our own is never a target's delay.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from monitor.clock import SystemClock
from monitor.config.endpoint import ClientCertificate, Endpoint, Family
from monitor.core.checks import Reason
from monitor.core.intervals import Ms
from monitor.probes.gates import Gates
from monitor.probes.reach import Reach, reach_of
from monitor.probes.resolver import LookupFailed, Resolver
from monitor.probes.trail import StampingContext, Trail

if TYPE_CHECKING:
    from monitor.probes.heartbeat import Calls

HANDSHAKES = 50
HANDSHAKE_HOLD = 0.2
"""Seconds after which a handshake that waits for its peer no longer counts: it burns no time of ours."""

HOSTS_SHARE = 4
FEWEST_AT_A_HOST = 8
"""One host holds at most a quarter of all places, but never fewer than these."""

_CLOCK = SystemClock()
_SPARE_FILES = 128
_DOCUMENTATION = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def routed_families() -> frozenset[socket.AddressFamily]:
    """The address families that this machine has a way out for. Sends nothing."""
    return frozenset(family for family in _DOCUMENTATION if _routed(family))


def _routed(family: socket.AddressFamily) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((_DOCUMENTATION[family], 9))
    except OSError:
        return False
    return True


def most_connections() -> int:
    """How many connections the limit on open files leaves room for."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(4_000, files - _SPARE_FILES))


class Network:
    """The shared resources of all probes; `async with` it, or call `open` and `close`.

    `trust` loads the certificate authorities to trust, the system's unless told otherwise; `routes` and
    `reach` answer for the machine, and a test may answer differently; so may `now`, the wall clock in ms.
    `calls` is who hears jobs, None where nobody does.
    """

    def __init__(
        self,
        *,
        connections: int | None = None,
        handshakes: int = HANDSHAKES,
        nameservers: Sequence[str] | None = None,
        trust: Callable[[ssl.SSLContext], None] = ssl.SSLContext.load_default_certs,
        routes: Callable[[], frozenset[socket.AddressFamily]] = routed_families,
        reach: Callable[[str], Reach] = reach_of,
        calls: Calls | None = None,
        now: Callable[[], Ms] = _CLOCK.now,
    ) -> None:
        self.reach = reach
        self.calls = calls
        self.now = now
        connections = connections or most_connections()
        self.gates = Gates(max(FEWEST_AT_A_HOST, connections // HOSTS_SHARE))
        self._connections = asyncio.Semaphore(connections)
        self._handshakes = asyncio.Semaphore(handshakes)
        self._nameservers = nameservers
        self._routes = routes
        self._families: frozenset[socket.AddressFamily] = frozenset()
        self._trust = trust
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._shown: dict[tuple[bool, ClientCertificate], tuple[tuple[int, ...], ssl.SSLContext]] = {}
        self._resolver: Resolver | None = None
        self._homes: dict[str, Reach] = {}

    async def open(self) -> None:
        """Make the TLS contexts and the resolver, on the running loop."""
        self._contexts = {True: _verifying(self._trust), False: _unverifying()}
        self._families = self._routes()
        self._resolver = Resolver(nameservers=self._nameservers)

    async def close(self) -> None:
        """Close what `open` made; safe to call twice."""
        resolver, self._resolver = self._resolver, None
        if resolver is not None:
            await resolver.close()

    async def __aenter__(self) -> Network:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def resolver(self) -> Resolver:
        """The one resolver. RuntimeError before `open`."""
        if self._resolver is None:
            raise RuntimeError("the network is not open; use `async with Network()`")
        return self._resolver

    def trail(self, family: Family) -> Trail:
        """The trail of a new attempt."""
        return Trail(self.reach, family, self._homes)

    def nameservers(self) -> Sequence[str]:
        """The name servers that are ours, as `address:port`."""
        from monitor.probes.dns import systems  # only for who asks for names

        return self._nameservers or systems()

    def forget(self) -> None:
        """Forget where names led: the operator has looked at the configuration again."""
        self._homes.clear()

    def tls(self, *, verify: bool, certificate: ClientCertificate | None = None) -> ssl.SSLContext:
        """The context for connections whose certificate is verified, or is not; with one of our own to show.

        A file that was renewed is read again. LookupFailed, as our own affair, where it cannot be read.
        """
        if certificate is None:
            return self._contexts[verify]
        try:
            stamp = tuple(path.stat().st_mtime_ns for path in (certificate.certificate, certificate.key))
            known = self._shown.get((verify, certificate))
            if known is None or known[0] != stamp:
                context = _verifying(self._trust) if verify else _unverifying()
                context.load_cert_chain(certificate.certificate, certificate.key, password=str)
                known = self._shown[verify, certificate] = (stamp, context)
        except OSError as error:  # an ssl.SSLError is one
            raise LookupFailed(Reason.OWN_RESOURCE, "our certificate or its key cannot be read") from error
        return known[1]

    @asynccontextmanager
    async def admit(self, endpoint: Endpoint) -> AsyncIterator[None]:
        """Wait for a place for one attempt; leave the block to give it back.

        A TLS place is given back after a fifth of a second at the latest: fifty targets that accept and say
        nothing must not keep a healthy one waiting.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._connections)
            if endpoint.shakes_hands:
                await self._handshakes.acquire()
                stack.callback(_once(self._handshakes.release))
            yield

    def unreachable_is_ours(self, addresses: Sequence[str]) -> bool:
        """Whether "network unreachable" for these addresses means that our own network is gone.

        It is ours when no way out is left, or when a family that we had is lost. A target that has addresses
        only in a family we never had is the target's affair, or publishing one would stop the clock.
        """
        routed = self._routes()
        self._families |= routed
        lost = self._families - routed
        return not routed or any(_family(address) in lost for address in addresses)

    def lacks_family(self, addresses: Sequence[str]) -> bool:
        """Whether none of these addresses is of a family that this machine has a way out for."""
        routed = self._routes()
        return bool(addresses) and all(_family(address) not in routed for address in addresses)


def _once(release: Callable[[], None]) -> Callable[[], None]:
    """Call `release` when the returned function is called or the hold is over, whichever comes first."""
    done = False

    def give_back() -> None:
        nonlocal done
        if not done:
            done = True
            timer.cancel()
            release()

    timer = asyncio.get_running_loop().call_later(HANDSHAKE_HOLD, give_back)
    return give_back


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _tls() -> StampingContext:
    context = StampingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _verifying(trust: Callable[[ssl.SSLContext], None]) -> StampingContext:
    context = _tls()
    trust(context)
    return context


def _unverifying() -> StampingContext:
    context = _tls()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

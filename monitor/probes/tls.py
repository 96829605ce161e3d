"""The TLS probe: up when a handshake ends with an accepted certificate, in a version that is new enough.

Nothing is said over the connection. What a certificate has left is a rule of the expectation.
"""

from __future__ import annotations

import asyncio
import ssl

from monitor.config.endpoint import Endpoint, Tls, TlsVersion
from monitor.core.checks import Facts, Reason
from monitor.probes.connect import addresses_of, dial, leave, secured
from monitor.probes.errors import EXPECTED, failure
from monitor.probes.extract import certificate_days
from monitor.probes.network import Network
from monitor.probes.tcp import host_and_port
from monitor.probes.trail import TRAIL, Trail

OLDER: dict[TlsVersion, tuple[str, ...]] = {
    "1.2": ("SSLv3", "TLSv1", "TLSv1.1"),
    "1.3": ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"),
}
"""What is older than the version that is asked for at least, as the ssl module names it."""


async def probe_tls(endpoint: Endpoint, network: Network) -> Facts:
    """Shake hands once, and report what was agreed on."""
    if not isinstance(endpoint.how, Tls):
        raise TypeError(f"{endpoint.id} is a {endpoint.kind} endpoint")
    trail = network.trail(endpoint.how.family)
    token = TRAIL.set(trail)
    try:
        async with asyncio.timeout(endpoint.timeout / 1_000):
            return await _handshake(endpoint, endpoint.how, network, trail)
    except EXPECTED as error:
        return await failure(error, trail, network, endpoint.timeout)
    finally:
        TRAIL.reset(token)


async def _handshake(endpoint: Endpoint, how: Tls, network: Network, trail: Trail) -> Facts:
    host, port = host_and_port(endpoint.target)
    connection = await dial(await addresses_of(host, port, network, trail), port)
    _, writer = await secured(connection, network.tls(verify=how.verify_tls), how.server_name or host)
    try:
        latency = trail.elapsed()
        trail.enter("end")
        return _report(endpoint, how, writer.get_extra_info("ssl_object"), latency, network, trail)
    finally:
        leave(writer)


def _report(
    endpoint: Endpoint, how: Tls, agreed: ssl.SSLObject, latency: int, network: Network, trail: Trail
) -> Facts:
    version = agreed.version() or "no version"
    if how.minimum is not None and version in OLDER[how.minimum]:
        return Facts(
            error=Reason.TLS_VERSION,
            detail=f"{version} was agreed on, and {how.minimum} is the least",
            phases=trail.phases(),
            addresses=trail.addresses,
        )
    return Facts(
        latency=latency,
        phases=trail.phases(),
        found=certificate_days(endpoint.expectation.rules, agreed, network.now()),
        addresses=trail.addresses,
    )

"""One file per protocol, one callable in one dict. A probe reports facts and judges nothing.

A probe never raises for what a target did, or for what the monitor's own machine lacked: it says so in
`Facts.error`. What it does raise is a fault of its own, and the prober makes that unknown(prober_bug).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Facts
from monitor.probes.dns import probe_dns
from monitor.probes.heartbeat import probe_heartbeat
from monitor.probes.http import probe_http
from monitor.probes.icmp import probe_icmp
from monitor.probes.network import Network
from monitor.probes.tcp import probe_tcp
from monitor.probes.tls import probe_tls

Probe = Callable[[Endpoint, Network], Awaitable[Facts]]

PROBES: Mapping[str, Probe] = {
    "dns": probe_dns,
    "heartbeat": probe_heartbeat,
    "http": probe_http,
    "icmp": probe_icmp,
    "tcp": probe_tcp,
    "tls": probe_tls,
}

__all__ = ["PROBES", "Network", "Probe"]

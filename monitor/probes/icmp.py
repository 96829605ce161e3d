"""The ICMP probe: one echo request, and the reply to it.

Where the system permits it, by an echo socket that needs no rights; else by a raw one. Where it permits
neither, that is our own affair, and is said. A reply is known by what was sent along.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct

from monitor.config.endpoint import Endpoint, Icmp
from monitor.core.checks import Facts, Reason
from monitor.probes.connect import addresses_of
from monitor.probes.errors import EXPECTED, failure
from monitor.probes.network import Network
from monitor.probes.trail import TRAIL, Trail

REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
NOT_PERMITTED = (
    "the system does not permit echo requests: widen net.ipv4.ping_group_range, or give CAP_NET_RAW"
)
_PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
_TELL_ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""IP_RECVERR and IPV6_RECVERR of Linux: what routers say of a request is an error of the socket then."""


class NotPermitted(Exception):
    """Neither kind of socket may be had."""


async def probe_icmp(endpoint: Endpoint, network: Network) -> Facts:
    """Ask once, and report how long the reply took."""
    if not isinstance(endpoint.how, Icmp):
        raise TypeError(f"{endpoint.id} is a {endpoint.kind} endpoint")
    trail = network.trail(endpoint.how.family)
    token = TRAIL.set(trail)
    try:
        async with asyncio.timeout(endpoint.timeout / 1_000):
            return await _ask(endpoint, network, trail)
    except NotPermitted:
        return Facts(error=Reason.OWN_RESOURCE, detail=NOT_PERMITTED, addresses=trail.addresses)
    except EXPECTED as error:
        return await failure(error, trail, network, endpoint.timeout)
    finally:
        TRAIL.reset(token)


async def _ask(endpoint: Endpoint, network: Network, trail: Trail) -> Facts:
    address, *_ = await addresses_of(endpoint.target.strip("[]"), 0, network, trail)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with echo_socket(family) as asking:
        asking.connect((address, 0))  # sends nothing, and lets other hosts' packets through to nobody
        trail.enter("first_byte")
        started = trail.elapsed()
        sent = secrets.token_bytes(16)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(asking, request(family, sent))
        while not is_reply(family, await loop.sock_recv(asking, 2_048), sent):
            pass
        latency = trail.elapsed() - started
    trail.enter("end")
    return Facts(latency=latency, phases=trail.phases(), addresses=trail.addresses)


def echo_socket(family: socket.AddressFamily) -> socket.socket:
    """A socket that sends echo requests. NotPermitted where the system gives none."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            made = socket.socket(family, kind, _PROTOCOL[family])
        except PermissionError:
            continue
        made.settimeout(0)
        made.setsockopt(*_TELL_ERRORS[family], 1)
        return made
    raise NotPermitted


def permitted(family: socket.AddressFamily) -> bool:
    """Whether the system gives this user a socket for echo requests. Sends nothing."""
    try:
        echo_socket(family).close()
    except NotPermitted:
        return False
    except OSError:
        return True  # something else is short, and says so when it is asked
    return True


def request(family: socket.AddressFamily, payload: bytes) -> bytes:
    """An echo request (RFC 792, RFC 4443). The system fills in the checksum of IPv6, and the identifier."""
    head = struct.pack("!BBHHH", REQUEST[family], 0, 0, 0, 1)
    checksum = 0 if family == socket.AF_INET6 else _checksum(head + payload)
    return struct.pack("!BBHHH", REQUEST[family], 0, checksum, 0, 1) + payload


def _checksum(data: bytes) -> int:
    words: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    words = (words >> 16) + (words & 0xFFFF)
    return ~(words + (words >> 16)) & 0xFFFF


def is_reply(family: socket.AddressFamily, packet: bytes, payload: bytes) -> bool:
    """Whether a packet is the reply to what was sent. A raw socket of IPv4 has the IP header before it."""
    if family == socket.AF_INET and packet[:1] and packet[0] >> 4 == 4:
        packet = packet[(packet[0] & 0x0F) * 4 :]
    return len(packet) >= 8 and packet[0] == REPLY[family] and packet[8:] == payload

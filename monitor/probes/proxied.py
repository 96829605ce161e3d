"""Through a proxy of ours, where the operator says so: nothing of it is ever taken from the environment.

The proxy stands between our network and the target, and is ours: that it cannot be reached, or refuses us,
is unknown. Once it has been asked for the target, its silence is the target's: nobody makes himself unknown
by saying nothing. It looks names up itself; so a name counts as one of the open internet, and no redirect
leads from it to an address further in.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from yarl import URL

from monitor.config.endpoint import Proxy
from monitor.core.checks import Reason
from monitor.probes.connect import addresses_of, dial, may_be_asked
from monitor.probes.reach import Reach, is_address
from monitor.probes.resolver import LookupFailed
from monitor.probes.trail import TRAIL, AddressRefused

if TYPE_CHECKING:
    from monitor.probes.network import Network
    from monitor.probes.trail import Trail

LONGEST_REPLY = 16_384
NOT_REACHED = frozenset({502, 503, 504})


class NotReached(Exception):
    """The proxy says that it could not reach the target; the text says how."""


async def through(proxy: Proxy, url: URL, network: Network, trail: Trail) -> socket.socket:
    """A connection to the proxy; for https with a tunnel to where the URL points.

    LookupFailed (own_network) where the proxy cannot be reached or refuses us, NotReached where it could not
    reach the target.
    """
    _check(url, trail)
    trail.enter("proxy")
    connection = await _dialled(URL(proxy.url), network)
    trail.enter("connect")
    try:
        if url.scheme == "https":
            await _tunnel(connection, proxy, url)
    except BaseException:
        connection.close()
        raise
    return connection


async def _dialled(at: URL, network: Network) -> socket.socket:
    """A connection to the proxy. How far its address reaches is no affair of the target's redirects."""
    own = network.trail("any")
    token = TRAIL.set(own)
    try:
        return await dial(await addresses_of(at.raw_host or "", at.port or 0, network, own), at.port or 0)
    except LookupFailed as error:
        raise LookupFailed(Reason.OWN_NETWORK, "the proxy's name is not found") from error
    except AddressRefused as error:
        raise LookupFailed(Reason.OWN_NETWORK, "the proxy's name leads elsewhere now; reload") from error
    except OSError as error:
        raise LookupFailed(Reason.OWN_NETWORK, "the proxy cannot be reached") from error
    finally:
        TRAIL.reset(token)


def _check(url: URL, trail: Trail) -> None:
    host = url.raw_host or ""
    may_be_asked(host)
    if is_address(host):
        trail.visit([host], host)
    elif trail.floor is None:
        trail.floor = Reach.PUBLIC


async def _tunnel(connection: socket.socket, proxy: Proxy, url: URL) -> None:
    loop = asyncio.get_running_loop()
    host = f"[{url.raw_host}]" if ":" in (url.raw_host or "") else url.raw_host
    lines = [f"CONNECT {host}:{url.port} HTTP/1.1", f"Host: {host}:{url.port}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization.reveal()}")
    await loop.sock_sendall(connection, "\r\n".join([*lines, "", ""]).encode())
    said = b""
    while b"\r\n\r\n" not in said:
        piece = await loop.sock_recv(connection, 1)  # what comes after it belongs to the tunnel
        said += piece
        if not piece or len(said) > LONGEST_REPLY:
            raise LookupFailed(Reason.OWN_NETWORK, "the proxy does not answer as one")
    _judge(said)


def _judge(said: bytes) -> None:
    words = said.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise LookupFailed(Reason.OWN_NETWORK, "the proxy does not answer as one")
    status = int(words[1][:3])
    if status in NOT_REACHED:
        raise NotReached(f"the proxy could not reach it ({status})")
    if not 200 <= status < 300:
        raise LookupFailed(Reason.OWN_NETWORK, f"the proxy refuses us ({status})")

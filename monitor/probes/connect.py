"""Connections: the way in which a probe connects, and the only one.

Every address is checked before a packet goes there: when it was resolved, again on every hop of a redirect,
and the connection is made to the address that was checked.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from typing import TYPE_CHECKING

from aiohappyeyeballs import start_connection

from monitor.config.endpoint import Http
from monitor.probes.reach import is_address
from monitor.probes.trail import Blocked, Trail

if TYPE_CHECKING:
    from monitor.probes.network import Network
    from monitor.probes.redirects import Hop
    from monitor.probes.wire import Exchange

SECOND_ADDRESS_AFTER = 0.25
"""Seconds after which the next address of a host is tried beside the first."""

LONGEST = 86_400.0
"""Seconds for a handshake, longer than any attempt: what ends it is the timeout of the attempt, no other."""

_NUMBER = re.compile(r"(0x[0-9a-f]+|[0-9]+)(\.(0x[0-9a-f]+|[0-9]+))*\.?", re.IGNORECASE)
_AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]


async def connected(exchange: Exchange, hop: Hop, how: Http, network: Network, trail: Trail) -> None:
    """Connect an exchange to where a hop leads; the trail notes the addresses, and may refuse them."""
    host, port = hop.url.raw_host or "", hop.url.port or 0
    addresses = await addresses_of(host, port, network, trail)
    secure = hop.url.scheme == "https"
    context = network.tls(verify=how.verify_tls, certificate=hop.certificate) if secure else None
    if len(addresses) > 1:
        await adopted(exchange, await dial(addresses, port), context, host)
        return
    name, limit = (certified(host), LONGEST) if context else (None, None)
    await asyncio.get_running_loop().create_connection(
        lambda: exchange,
        addresses[0],
        port,
        ssl=context,
        server_hostname=name,
        ssl_handshake_timeout=limit,
    )


async def adopted(
    exchange: Exchange, connection: socket.socket, context: ssl.SSLContext | None, host: str
) -> None:
    """Give a connection to an exchange, with TLS to that host where there is a context."""
    name, limit = (certified(host), LONGEST) if context else (None, None)
    loop = asyncio.get_running_loop()
    try:
        await loop.create_connection(
            lambda: exchange,
            sock=connection,
            ssl=context,
            server_hostname=name,
            ssl_handshake_timeout=limit,
        )
    except BaseException:
        connection.close()
        raise


async def addresses_of(host: str, port: int, network: Network, trail: Trail) -> list[str]:
    """The addresses of a host, each of them checked. LookupFailed, RedirectRefused, or Blocked."""
    if is_address(host):
        trail.enter("connect")
        trail.visit([host], host)
        return [host]
    may_be_asked(host)
    return await network.resolver.resolve(host, port)


def may_be_asked(host: str) -> None:
    """Blocked where a host is an address in disguise, which a resolver might see through."""
    if not is_address(host) and _NUMBER.fullmatch(host):
        raise Blocked("an address in disguise: write it as four numbers")


async def dial(addresses: list[str], port: int) -> socket.socket:
    """A connection to the first address that answers."""
    return await start_connection(
        [_address_info(address, port) for address in addresses],
        happy_eyeballs_delay=SECOND_ADDRESS_AFTER,
        interleave=1,
    )


async def secured(
    connection: socket.socket, context: ssl.SSLContext, name: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Speak TLS over a connection from now on, with the server of that name."""
    try:
        return await asyncio.open_connection(
            sock=connection, ssl=context, server_hostname=certified(name), ssl_handshake_timeout=LONGEST
        )
    except BaseException:
        connection.close()
        raise


def leave(writer: asyncio.StreamWriter) -> None:
    """Say goodbye over TLS, so that no server takes us for a broken client, and do not wait for an answer."""
    writer.transport.close()
    writer.transport.abort()


def certified(host: str) -> str:
    """A host as certificates name it: without the dot that ends a whole name."""
    return host.removesuffix(".")


def _address_info(address: str, port: int) -> _AddressInfo:
    """An address as the system's look-up would give it."""
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))

"""The TCP probe: a port that accepts a connection is up, and holds the dialogue that is written, if any.

Of each answer no more is read than a bound; a dialogue may take as long as the whole attempt.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

from monitor.config.endpoint import Endpoint, Say, Secret, Tcp
from monitor.core.checks import Facts, Reason
from monitor.probes.connect import addresses_of, dial
from monitor.probes.errors import EXPECTED, failure
from monitor.probes.extract import matches
from monitor.probes.network import Network
from monitor.probes.trail import TRAIL, Trail

LONGEST_ANSWER = 4_096
"""Bytes that are read after what was sent last."""


async def probe_tcp(endpoint: Endpoint, network: Network) -> Facts:
    """Connect once, talk, close, and report how long that took."""
    if not isinstance(endpoint.how, Tcp):
        raise TypeError(f"{endpoint.id} is a {endpoint.kind} endpoint")
    trail = network.trail(endpoint.how.family)
    token = TRAIL.set(trail)
    try:
        async with asyncio.timeout(endpoint.timeout / 1_000):
            return await _connect(endpoint, endpoint.how, network, trail)
    except EXPECTED as error:
        return await failure(error, trail, network, endpoint.timeout)
    finally:
        TRAIL.reset(token)


async def _connect(endpoint: Endpoint, how: Tcp, network: Network, trail: Trail) -> Facts:
    host, port = host_and_port(endpoint.target)
    connection = await dial(await addresses_of(host, port, network, trail), port)
    try:
        trail.enter("first_byte" if how.dialogue else "end")
        broken = await _talk(connection, how.dialogue)
        latency = trail.elapsed()
        trail.enter("end")
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    finally:
        connection.close()
    if broken is not None:
        return Facts(error=Reason.DIALOGUE, detail=broken, phases=trail.phases(), addresses=trail.addresses)
    return Facts(latency=latency, phases=trail.phases(), addresses=trail.addresses)


async def _talk(connection: socket.socket, dialogue: Sequence[Say]) -> str | None:
    """Hold the dialogue; what went wrong in it, or None."""
    loop = asyncio.get_running_loop()
    heard = b""
    for number, say in enumerate(dialogue, 1):
        if say.send is not None:
            heard = b""
            text = say.send.reveal() if isinstance(say.send, Secret) else say.send
            await loop.sock_sendall(connection, text.encode())
        while say.expect is not None and not matches(say.expect, heard):
            piece = await loop.sock_recv(connection, LONGEST_ANSWER - len(heard))
            if not piece:
                full = len(heard) >= LONGEST_ANSWER
                return (
                    f"step {number}: {'too long an answer' if full else 'the end'} before what was expected"
                )
            heard += piece
    return None


def host_and_port(target: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port`, apart. ValueError when the port is not a number."""
    host, _, port = target.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)

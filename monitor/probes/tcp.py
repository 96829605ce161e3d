"""The TCP probe: a port that accepts a connection is up, and holds the dialogue that is written, if any.

Of each answer no more is read than a bound; a dialogue may take as long as the whole attempt.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

from monitor.config.endpoint import Endpoint, Say, Secret, Tcp
from monitor.core.checks import Facts, Found, Reason
from monitor.probes.connect import addresses_of, dial, leave, secured
from monitor.probes.errors import EXPECTED, failure, printable
from monitor.probes.extract import certificate_days, matches
from monitor.probes.network import Network
from monitor.probes.starttls import STARTTLS, Reply, Words
from monitor.probes.trail import TRAIL, Trail
from monitor.records import dataclass

LONGEST_ANSWER = 4_096
"""Bytes that are read after what was sent last."""

NOTHING: Mapping[str, Found] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Line:
    """A connection that is talked over, in clear or not."""

    send: Callable[[bytes], Awaitable[None]]
    receive: Callable[[int], Awaitable[bytes]]


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
    if how.starttls is not None:
        return await _upgraded(connection, endpoint, how, network, trail)
    try:
        trail.enter("first_byte" if how.dialogue else "end")
        broken = await _talk(_plain(connection), _words(how.dialogue))
        latency = trail.elapsed()
        trail.enter("end")
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    finally:
        connection.close()
    return _report(broken, latency, trail)


async def _upgraded(
    connection: socket.socket, endpoint: Endpoint, how: Tcp, network: Network, trail: Trail
) -> Facts:
    """Ask for TLS in the protocol's own words, and go on with the dialogue over it."""
    try:
        trail.enter("first_byte")
        asked = STARTTLS[how.starttls] if how.starttls is not None else ()
        broken = await _talk(_plain(connection), asked)
    except BaseException:
        connection.close()
        raise
    if broken is not None:
        connection.close()
        trail.enter("end")
        return _report(f"STARTTLS, {broken}", 0, trail)
    host, _ = host_and_port(endpoint.target)
    reader, writer = await secured(connection, network.tls(verify=how.verify_tls), host)
    try:
        trail.enter("first_byte" if how.dialogue else "end")
        broken = await _talk(_secure(reader, writer), _words(how.dialogue))
        latency = trail.elapsed()
        trail.enter("end")
        agreed = writer.get_extra_info("ssl_object")
        days = certificate_days(endpoint.expectation.rules, agreed, network.now())
    finally:
        leave(writer)
    return _report(broken, latency, trail, days)


def _report(broken: str | None, latency: int, trail: Trail, found: Mapping[str, Found] = NOTHING) -> Facts:
    if broken is not None:
        return Facts(error=Reason.DIALOGUE, detail=broken, phases=trail.phases(), addresses=trail.addresses)
    return Facts(latency=latency, phases=trail.phases(), found=found, addresses=trail.addresses)


def _plain(connection: socket.socket) -> Line:
    loop = asyncio.get_running_loop()
    return Line(
        send=lambda data: loop.sock_sendall(connection, data),
        receive=lambda most: loop.sock_recv(connection, most),
    )


def _secure(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Line:
    async def send(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    return Line(send=send, receive=reader.read)


def _words(dialogue: Sequence[Say]) -> tuple[Words, ...]:
    return tuple(
        (
            None if say.send is None else _clear(say.send).encode(),
            None if say.expect is None else _matched(say.expect),
        )
        for say in dialogue
    )


def _matched(pattern: str) -> Reply:
    return lambda heard: "" if matches(pattern, heard) else None


def _clear(text: str | Secret) -> str:
    return text.reveal() if isinstance(text, Secret) else text


async def _talk(line: Line, words: Sequence[Words]) -> str | None:
    """Hold the dialogue; what went wrong in it, or None."""
    heard = b""
    for number, (send, reply) in enumerate(words, 1):
        if send is not None:
            heard = b""
            await line.send(send)
        while reply is not None and (wrong := reply(heard)) != "":
            if wrong is not None:
                return printable(f"step {number}: {wrong}")
            piece = await line.receive(LONGEST_ANSWER - len(heard))
            if not piece:
                full = len(heard) >= LONGEST_ANSWER
                what = "too long an answer" if full else "the end"
                return f"step {number}: {what} before what was expected"
            heard += piece
    return None


def host_and_port(target: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port`, apart. ValueError when the port is not a number."""
    host, _, port = target.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)

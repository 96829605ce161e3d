"""A name server on loopback, by packet and by TCP, and the table of what it says of hostile names."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

from monitor.core.checks import Reason

LARGEST = 65_535
"""Bytes of an answer: more than any network carries in a packet, and no more than loopback does."""


@dataclass(frozen=True, slots=True)
class Name:
    """What is said of one name, and what must come of a probe of it.

    `records` are lines of a zone; those of addresses are left out where no addresses of theirs are asked for.
    `cut` says that none of them fits into a packet; `reached` that the web server beside is at the first.
    """

    name: str
    records: tuple[str, ...]
    reason: Reason
    cut: bool = False


def _aliases(first: str, count: int) -> tuple[tuple[str, ...], str]:
    """A chain of aliases, and the name at its end."""
    names = [f"{first}.example.", *(f"{first}-{number}.example." for number in range(count))]
    pairs = pairwise(names)
    return tuple(f"{one} 60 IN CNAME {other}" for one, other in pairs), names[-1]


def _addresses(name: str, count: int, first: str = "127.0.0.1") -> tuple[str, ...]:
    """So many addresses of loopback. The web server is at 127.0.0.1, and at none of the others."""
    others = (f"127.1.{number // 250}.{number % 250 + 1}" for number in range(count - 1))
    return tuple(f"{name} 60 IN A {address}" for address in (first, *others))


def _names() -> tuple[Name, ...]:
    around = ("circle.example. 60 IN CNAME b.example.", "b.example. 60 IN CNAME circle.example.")
    chain, end = _aliases("chain", 100)
    nowhere, _ = _aliases("nowhere", 100)
    return (
        Name("circle.example", around, Reason.NAME_NOT_FOUND),
        Name("itself.example", ("itself.example. 60 IN CNAME itself.example.",), Reason.NAME_NOT_FOUND),
        Name("chain.example", (*chain, f"{end} 60 IN A 127.0.0.1"), Reason.OK),
        Name("nowhere.example", nowhere, Reason.NAME_NOT_FOUND),
        Name("many.example", _addresses("many.example.", 1_000), Reason.OK),
        Name("many-cut.example", _addresses("many-cut.example.", 1_000), Reason.OK, cut=True),
        Name("dead.example", _addresses("dead.example.", 1_000, "127.2.0.1"), Reason.CONNECTION_REFUSED),
        Name("brief.example", ("brief.example. 0 IN A 127.0.0.1",), Reason.OK),
        Name("healthy.example", ("healthy.example. 60 IN A 127.0.0.1",), Reason.OK),
    )


ROOT = Name("", (), Reason.NAME_NOT_FOUND)
"""What a resolver asks for to know whether its name server is well: it is, and has nothing to say."""

NAMES = {each.name: each for each in _names()}


@dataclass
class NameServer:
    """Answers of the names in the table, and counts what it was asked. An answer is made once."""

    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    _made: dict[tuple[str, int, bool], bytes] = field(default_factory=dict)

    def answer(self, question: bytes, *, packet: bool) -> bytes:
        asked = dns.message.from_wire(question)
        name, kind = asked.question[0].name.to_text(omit_final_dot=True), asked.question[0].rdtype
        self.asked[name] += 1
        if (name, kind, packet) not in self._made:
            self._made[name, kind, packet] = _reply(asked, NAMES.get(name, ROOT), packet=packet)
        return question[:2] + self._made[name, kind, packet][2:]


def _reply(asked: dns.message.Message, about: Name, *, packet: bool) -> bytes:
    reply = dns.message.make_response(asked)
    if about.cut and packet:
        reply.flags |= dns.flags.TC
        return reply.to_wire()
    for record in about.records:
        name, ttl, _, kind, data = record.split(maxsplit=4)
        if kind == "CNAME" or asked.question[0].rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(name, int(ttl), "IN", kind, data))
    return reply.to_wire(max_size=LARGEST)


@dataclass
class _Packets(asyncio.DatagramProtocol):
    server: NameServer

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        self.transport.sendto(self.server.answer(data, packet=True), peer)


async def _stream(server: NameServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            length = int.from_bytes(await reader.readexactly(2), "big")
            reply = server.answer(await reader.readexactly(length), packet=False)
            writer.write(len(reply).to_bytes(2, "big") + reply)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """Serve the table, on the same port by packet and by TCP."""
    server = NameServer()
    streams = await asyncio.start_server(partial(_stream, server), "127.0.0.1", 0)
    server.port = streams.sockets[0].getsockname()[1]
    packets, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Packets(server), local_addr=("127.0.0.1", server.port)
    )
    async with streams:
        yield server
    packets.close()


def names_of(records: Sequence[str]) -> list[str]:
    """The addresses among the lines of a zone, in their order."""
    return [record.split()[-1] for record in records if " A " in record]

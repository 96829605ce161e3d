"""A name server for one small zone, that can fail in the ways that name servers do."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
from collections.abc import Mapping, Sequence
from typing import cast

A, NS, AAAA = 1, 2, 28
_REFUSALS = {"servfail": 2, "nothing": 3}


class NameServer(asyncio.DatagramProtocol):
    """Answers look-ups from `zone`, a name's addresses of both families, and the root's name servers.

    `way` is answer, silent, servfail, or nothing (no name exists).
    """

    def __init__(self, zone: Mapping[str, Sequence[str]]) -> None:
        self.zone, self.way = zone, "answer"
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.way != "silent" and self._transport is not None:
            self._transport.sendto(self.reply(data), addr)

    def reply(self, query: bytes) -> bytes:
        """The answer to one question."""
        number = query[:2]
        name, end = _name(query, 12)
        (kind,) = struct.unpack_from("!H", query, end)
        question = query[12 : end + 4]
        code = _REFUSALS.get(self.way, 0)
        answers = [] if code else self._answers(name, kind)
        if not code and name and name not in self.zone:
            code = 3
        head = struct.pack("!HHHHH", 0x8180 | code, 1, len(answers), 0, 0)
        return number + head + question + b"".join(answers)

    def _answers(self, name: str, kind: int) -> list[bytes]:
        if kind == NS and not name:
            return [_record(NS, b"\x01a\x0croot-servers\x03net\x00")]
        found = [ipaddress.ip_address(each) for each in self.zone.get(name, ())]
        wanted = {A: 4, AAAA: 6}.get(kind)
        return [_record(kind, each.packed) for each in found if each.version == wanted]


def _record(kind: int, data: bytes) -> bytes:
    """A record of the name that was asked for, good for a second."""
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(data)) + data


def _name(query: bytes, at: int) -> tuple[str, int]:
    labels = []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace").lower())
        at += 1 + query[at]
    return ".".join(labels), at + 1

"""Loops that count what is read from the connections that they made, and otherwise do as their like."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvloop


class _Counted(asyncio.Protocol):
    """A protocol whose bytes are counted on their way to it."""

    def __init__(self, inner: asyncio.Protocol, count: Callable[[int], None]) -> None:
        self._inner, self._count = inner, count
        self.connection_made, self.connection_lost = inner.connection_made, inner.connection_lost
        self.pause_writing, self.resume_writing = inner.pause_writing, inner.resume_writing
        self.eof_received = inner.eof_received

    def data_received(self, data: bytes) -> None:
        self._count(len(data))
        self._inner.data_received(data)


class _Hearing:
    """`heard` counts bytes that were read from connections that were made here, decrypted ones under TLS."""

    heard = 0

    def _count(self, length: int) -> None:
        self.heard += length

    async def create_connection(
        self, protocol_factory: Callable[[], asyncio.Protocol], *args: Any, **kwargs: Any
    ) -> Any:
        def make() -> asyncio.Protocol:
            return _Counted(protocol_factory(), self._count)

        return await super().create_connection(make, *args, **kwargs)  # type: ignore[misc]

    async def sock_recv(self, sock: socket.socket, nbytes: int) -> bytes:
        data: bytes = await super().sock_recv(sock, nbytes)  # type: ignore[misc]
        self._count(len(data))
        return data


class HearingLoop(_Hearing, asyncio.SelectorEventLoop):
    """The standard loop."""


class HearingUvloop(_Hearing, uvloop.Loop):
    """The one that the daemon runs on where it can."""

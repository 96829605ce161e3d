"""Name resolution: one resolver for the whole process, with its own time limit and a cap on look-ups.

Look-ups go through c-ares and never through a thread pool, where eight dead names would hold up every
healthy target. A name that does not exist is the target's affair; a name server that answers nothing at all
is ours, and so is one that fails whatever it is asked. From one look-up they look alike, so `answers` asks
the server for something else.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import aiodns

from monitor.core.checks import Reason
from monitor.probes.trail import TRAIL, enter

MOST_ADDRESSES = 32
"""Addresses of a family that are kept of one name, which may have thousands: no attempt has time for more."""

NO_ADDRESS = "the name has no address"

_SILENT = frozenset({aiodns.error.ARES_ETIMEOUT, aiodns.error.ARES_ECONNREFUSED})
_USELESS = _SILENT | {aiodns.error.ARES_ESERVFAIL}
_NO_SUCH_NAME = frozenset(
    {
        aiodns.error.ARES_ENOTFOUND,
        aiodns.error.ARES_ENODATA,
        aiodns.error.ARES_ENONAME,
        aiodns.error.ARES_EBADNAME,
    }
)
_OWN_RESOURCE = frozenset({aiodns.error.ARES_ENOMEM, aiodns.error.ARES_EFILE})


class LookupFailed(OSError):
    """A name could not be resolved; `reason` says whose affair that is, as far as one look-up can tell."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(None, message)
        self.reason = reason
        self.message = message


def reason_of_code(code: int) -> Reason:
    """The reason for a c-ares status code. Silence is OWN_DNS until somebody has asked further."""
    if code in _SILENT:
        return Reason.OWN_DNS
    if code in _NO_SUCH_NAME:
        return Reason.NAME_NOT_FOUND
    return Reason.OWN_RESOURCE if code in _OWN_RESOURCE else Reason.DNS_FAILURE


class Resolver:
    """Resolves for every probe of the process. Make it where the loop runs; `limit` is in seconds.

    Addresses are noted in the attempt's trail, which may refuse them. Of each family they are the first ones,
    MOST_ADDRESSES at most.
    """

    def __init__(
        self, *, limit: float = 5.0, at_once: int = 500, nameservers: Sequence[str] | None = None
    ) -> None:
        self._limit = limit
        self._places = asyncio.Semaphore(at_once)
        servers = list(nameservers) if nameservers else None
        self._names = aiodns.DNSResolver(timeout=limit / 2, tries=2, nameservers=servers)
        self._questions = aiodns.DNSResolver(timeout=1.0, tries=1, nameservers=servers)
        self._asking: asyncio.Task[bool] | None = None

    async def resolve(self, host: str, port: int = 0) -> list[str]:
        """The addresses of a host, of the family that the attempt chose; LookupFailed says why none."""
        trail = TRAIL.get(None)
        family = socket.AF_UNSPEC if trail is None else trail.family
        enter("queue")
        async with self._places:
            enter("dns")
            found = await self._look_up(host, port, family)
        if trail is not None:
            trail.visit(found, host)
        enter("connect")
        return found

    async def _look_up(self, host: str, port: int, family: socket.AddressFamily) -> list[str]:
        try:
            async with asyncio.timeout(self._limit):
                answer = await self._names.getaddrinfo(
                    host, family, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
                )
        except TimeoutError as error:
            raise LookupFailed(Reason.OWN_DNS, "no name server answered") from error
        except aiodns.error.DNSError as error:
            raise LookupFailed(reason_of_code(_code(error)), _message(error)) from error
        if not answer.nodes:
            raise LookupFailed(Reason.NAME_NOT_FOUND, NO_ADDRESS)
        return list(_first(_text(node.addr) for node in answer.nodes))

    async def answers(self) -> bool:
        """Whether a name server resolves anything now. Those who ask at once share one question."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> bool:
        # The name servers of the root: any server that resolves at all has them at hand.
        try:
            async with asyncio.timeout(1.5):
                await self._questions.query_dns(".", "NS")
        except TimeoutError:
            return False
        except aiodns.error.DNSError as error:
            return _code(error) not in _USELESS
        return True

    async def close(self) -> None:
        """Give back the sockets; look-ups in flight fail."""
        if self._asking is not None:
            self._asking.cancel()
        await self._names.close()
        await self._questions.close()


def _first(addresses: Iterable[str]) -> Iterator[str]:
    """The first of each family, in the order in which they are to be tried."""
    seen: Counter[bool] = Counter()
    for address in addresses:
        family = ":" in address
        seen[family] += 1
        if seen[family] <= MOST_ADDRESSES:
            yield address


def _text(address: Sequence[bytes | int]) -> str:
    """An address as a text, with its zone where it has one."""
    text = cast(bytes, address[0]).decode("ascii")
    zone = address[3] if len(address) > 3 else 0
    return f"{text}%{int(zone)}" if zone else text


def _message(error: aiodns.error.DNSError) -> str:
    if _code(error) == aiodns.error.ARES_ENODATA:
        return NO_ADDRESS
    return str(error.args[-1]) if error.args else "look-up failed"


def _code(error: aiodns.error.DNSError) -> int:
    return int(error.args[0]) if error.args else aiodns.error.ARES_EFORMERR

"""Whose affair a failed look-up is: asked of a small name server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest

from monitor.config.endpoint import Tcp
from monitor.core.checks import Reason
from monitor.probes import PROBES, Network

NXDOMAIN, SERVFAIL, REFUSED, EMPTY = 3, 2, 5, 0


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """Answers every question with the code that `codes` gives for its name, or not at all for None."""

    codes: Callable[[str], int | None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        code = self.codes(_name(data))
        if code is not None:
            end = data.index(b"\0", 12) + 5
            header = data[:2] + bytes([0x81, 0x80 | code]) + b"\0\1" + bytes(6)
            self.transport.sendto(header + data[12:end], address)  # type: ignore[attr-defined]


def _name(question: bytes) -> str:
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels)


Serve = Callable[[Callable[[str], int | None]], "asyncio.Future[Network]"]


@pytest.fixture
async def with_names() -> AsyncIterator[Callable]:
    """A network whose only name server is ours."""
    opened: list[Network] = []
    transports: list[asyncio.BaseTransport] = []

    async def make(codes: Callable[[str], int | None]) -> Network:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: NameServer(codes), local_addr=("127.0.0.1", 0)
        )
        transports.append(transport)
        port = transport.get_extra_info("sockname")[1]
        network = Network(nameservers=[f"127.0.0.1:{port}"])
        await network.open()
        opened.append(network)
        return network

    yield make
    for network in opened:
        await network.close()
    for transport in transports:
        transport.close()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (NXDOMAIN, Reason.NAME_NOT_FOUND),
        (EMPTY, Reason.NAME_NOT_FOUND),
        (SERVFAIL, Reason.DNS_FAILURE),
        (REFUSED, Reason.DNS_FAILURE),
    ],
)
async def test_an_answer_is_the_targets_affair(with_names, good, code, reason):
    network = await with_names(lambda name: code if name else EMPTY)
    facts = await PROBES["http"](replace(good, target="http://shop.example/"), network)
    assert facts.error is reason


async def test_a_server_that_answers_nothing_is_ours(with_names, good):
    network = await with_names(lambda name: None)
    facts = await PROBES["http"](replace(good, target="http://shop.example/", timeout=200), network)
    assert facts.error is Reason.OWN_DNS


async def test_a_server_that_fails_whatever_it_is_asked_is_ours(with_names, good):
    """A forwarder whose own upstream is gone says SERVFAIL to everything."""
    network = await with_names(lambda name: SERVFAIL)
    facts = await PROBES["http"](replace(good, target="http://shop.example/"), network)
    assert facts.error is Reason.OWN_DNS


async def test_silence_about_one_name_alone_is_the_targets(with_names, good):
    """A target whose own name servers are dead, behind a resolver that waits for them."""
    network = await with_names(lambda name: None if name else REFUSED)
    endpoint = replace(good, how=Tcp(), target="shop.example:80", timeout=200)
    facts = await PROBES["tcp"](endpoint, network)
    assert facts.error is Reason.DNS_FAILURE


async def test_no_server_to_be_reached_is_ours(good):
    async with Network(nameservers=["127.0.0.1:1"]) as network:
        facts = await PROBES["http"](replace(good, target="http://shop.example/"), network)
    assert facts.error is Reason.OWN_DNS

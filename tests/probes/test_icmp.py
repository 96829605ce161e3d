"""The ICMP probe: echoes over loopback where the system permits them, and packets read with care."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from monitor.config.endpoint import Icmp
from monitor.core.checks import Reason
from monitor.probes.icmp import NOT_PERMITTED, NotPermitted, echo_socket, is_reply, request

IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
PAYLOAD = b"sixteen letters!"


def permitted() -> bool:
    try:
        echo_socket(IPV4).close()
    except NotPermitted:
        return False
    return True


needs_permission = pytest.mark.skipif(
    not permitted(), reason="this system gives us no socket for echo requests"
)


@needs_permission
@pytest.mark.parametrize("target", ["127.0.0.1", "localhost"])
async def test_a_host_that_replies_is_up(ask, target):
    facts = await ask(target, how=Icmp(family="ipv4"))
    assert (facts.error, facts.addresses) == (None, ("127.0.0.1",))
    assert facts.latency is not None
    assert "first_byte" in facts.phases


@needs_permission
async def test_many_at_once_hear_their_own_replies_alone(ask):
    found = await asyncio.gather(*(ask("127.0.0.1", how=Icmp()) for _ in range(50)))
    assert {facts.error for facts in found} == {None}


async def test_a_system_that_permits_no_echoes_is_our_own_affair_and_told(ask):
    if permitted():
        pytest.skip("this system permits them")
    facts = await ask("127.0.0.1", how=Icmp())
    assert (facts.error, facts.detail) == (Reason.OWN_RESOURCE, NOT_PERMITTED)


# -- packets


def reply(family: socket.AddressFamily, payload: bytes = PAYLOAD) -> bytes:
    return struct.pack("!BBHHH", 0 if family == IPV4 else 129, 0, 0, 7, 1) + payload


def under_ip(packet: bytes, words: int = 5) -> bytes:
    return bytes([0x40 | words]) + bytes(words * 4 - 1) + packet


@pytest.mark.parametrize(
    ("family", "packet", "ours"),
    [
        (IPV4, reply(IPV4), True),
        (IPV4, under_ip(reply(IPV4)), True),
        (IPV4, under_ip(reply(IPV4), words=15), True),
        (IPV6, reply(IPV6), True),
        (IPV4, request(IPV4, PAYLOAD), False),
        (IPV4, under_ip(request(IPV4, PAYLOAD)), False),
        (IPV4, reply(IPV4, b"somebody else's!"), False),
        (IPV4, reply(IPV4)[:-1], False),
        (IPV4, reply(IPV4) + b"more", False),
        (IPV4, b"", False),
        (IPV4, b"\x4f", False),
        (IPV6, b"\x81", False),
    ],
)
def test_a_reply_is_known_by_what_was_sent_along(family, packet, ours):
    assert is_reply(family, packet, PAYLOAD) is ours


def test_the_checksum_of_a_request_is_right():
    words = struct.unpack("!12H", request(IPV4, PAYLOAD))
    total = sum(words)
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    assert total == 0xFFFF

"""The ICMP probe: echoes over loopback where the system permits them, and packets read with care."""

from __future__ import annotations

import asyncio
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.config.endpoint import Icmp
from monitor.core.checks import Reason
from monitor.probes.icmp import NOT_PERMITTED, is_reply, permitted, request
from tests.simulation.real.place import lacks_networks

ROOT = Path(__file__).parents[2]
IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
PAYLOAD = b"sixteen letters!"


needs_permission = pytest.mark.skipif(
    not permitted(IPV4), reason="this system gives us no socket for echo requests"
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
    if permitted(IPV4):
        pytest.skip("this system permits them")
    facts = await ask("127.0.0.1", how=Icmp())
    assert (facts.error, facts.detail) == (Reason.OWN_RESOURCE, NOT_PERMITTED)


# -- in a network of its own


WITHOUT_RIGHTS = "setpriv --bounding-set=-net_raw --inh-caps=-net_raw"
PLACE = """
ip link set lo up
ip route add unreachable 198.51.100.0/24
nft add table ip t
nft add chain ip t c '{ type filter hook input priority 0; }'
nft add rule ip t c ip daddr 127.0.0.7 icmp type echo-request reject with icmp type host-unreachable
nft add rule ip t c ip daddr 127.0.0.8 icmp type echo-request drop
"""
HOSTS = {
    "127.0.0.1": Reason.OK,
    "127.0.0.7": Reason.CONNECTION_FAILED,
    "127.0.0.8": Reason.TIMEOUT,
    "198.51.100.7": Reason.CONNECTION_FAILED,
    "192.0.2.1": Reason.OWN_NETWORK,
}


@pytest.mark.skipif(bool(lacks_networks()), reason=lacks_networks() or "")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs the command setpriv")
@pytest.mark.parametrize(
    ("groups", "rights", "expected"),
    [
        ("1 0", "", HOSTS),
        ("0 0", WITHOUT_RIGHTS, HOSTS),
        ("1 0", WITHOUT_RIGHTS, dict.fromkeys(HOSTS, Reason.OWN_RESOURCE)),
    ],
    ids=["a raw socket", "an echo socket", "neither"],
)
def test_a_host_is_up_or_down_or_the_fault_is_ours_over_either_socket(groups, rights, expected):
    """A reply, a host that a router cannot reach, silence, a host that we cannot reach, and no way out."""
    asking = f"{rights} {sys.executable} -m tests.probes.echoes {' '.join(HOSTS)}"
    script = f'set -e\necho "{groups}" > /proc/sys/net/ipv4/ping_group_range\n{PLACE}\n{asking}'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert dict(line.split(" ") for line in done.stdout.splitlines()) == expected


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

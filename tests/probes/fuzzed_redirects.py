"""Redirects to addresses put together by chance, without a socket: where they lead, and what goes there.

`executions(count, seed)` raises at the first Location that gets anything past the rules, and
`python -m tests.probes.fuzzed_redirects COUNT SEED` tries as many as it is told to. The rules are written
down a second time, in other words: address blocks as numbers, and what the C library takes for an address.
"""

from __future__ import annotations

import re
import socket
import sys
import unicodedata
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import Any

from monitor.config.endpoint import ClientCertificate, Http, Secret
from monitor.core.checks import Reason
from monitor.probes.connect import addresses_of
from monitor.probes.network import Network
from monitor.probes.redirects import REDIRECTS, BadRedirect, Hop, first_hop, next_hop
from monitor.probes.request import request
from monitor.probes.resolver import LookupFailed
from monitor.probes.trail import AddressRefused, Blocked, RedirectRefused, Trail

SECRETS = ("s3cret-header", "s3cret-body", "s3cret-token", "s3cret-plain")
HEADERS = {
    "Authorization": Secret("Bearer s3cret-token"),
    "Cookie": "s3cret-plain",
    "Accept": Secret("s3cret-header"),
    "User-Agent": "ours",
}
CERTIFICATE = ClientCertificate(Path("our.pem"), Path("our.key"))
GET = Http(headers=HEADERS, certificate=CERTIFICATE)
POST = Http(headers=HEADERS, certificate=CERTIFICATE, method="POST", body=Secret("s3cret-body"))
STARTS = [
    (target, how)
    for target in (
        "https://shop.example/a/b?c=d",
        "http://shop.example:8080/",
        "http://93.184.216.34/",
        "https://[2606:2800:220:1::1]/x",
        "http://10.1.2.3/",
        "https://inside.example/",
    )
    for how in (GET, POST)
]

ADDRESSES = {
    "shop.example": ["93.184.216.34"],
    "other.example": ["2606:2800:220:1::1", "93.184.216.35"],
    "inside.example": ["10.1.2.3"],
    "localhost": ["127.0.0.1", "::1"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "cloud.example": ["169.254.169.254"],
    "cloud6.example": ["fd00:ec2::254"],
}
"""What names lead to here; others lead nowhere."""

_HOSTS = """
127.0.0.1 127.1 0 0.0.0.0 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 255.255.255.255
169.254.169.254 2852039166 0xa9fea9fe 169.254.43518 169.254.169.254. 100.100.100.200 100.64.0.1
10.0.0.1 192.168.1.1 172.16.0.1 93.184.216.34 93.184.216.34. %31%32%37.0.0.1 127.0.0.1%00.example
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [fe80::1%25eth0] [fe80::1%eth0] [fd00:ec2::254]
[64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe] [2002:7f00:1::] [::ffff:0:127.0.0.1] [2606:2800:220:1::1]
[::a9fe:a9fe] [::7f00:1] [64:ff9b:1::a00:1] [fec0::1] [fe80::a9fe:a9fe%25eth0] [ [] [::1 ::1
１２７.0.0.1 127。0。0。1 ①②⑦.0.0.1 LOCALHOST lOcAlHoSt. ⓛocalhost shop.example. xn--a . .. -
"""
_PARTS = r"""
http: https: HTTP: hTTps: ftp: file: javascript: data: gopher: ws: : :80 :443 :0 :65535 :65536
/ // /// \ \\ /\ ? # @ :@ user@ user:word@ a@b@ %40 %2f % :99999999999 :-1 :x :８０
.. ./ a %00 %0d%0a é ß 🙂 %zz %e2%82 ; & = + [ ] < " { |
"""
HOSTS = [*ADDRESSES, *_HOSTS.split(), "", " ", "a" * 64, "a." * 130]
PARTS = [
    *_PARTS.split(),
    *(
        "\r\nHost: x",
        "\0",
        " ",
        "\t",
        "\x1f",
        "\x7f",
        "\x85",
        "\u2028",
        "\u200b",
        "\u202e",
        "\ufffd",
        "a" * 300,
    ),
]
_HEAD = re.compile(rb"[A-Z]+ [!-~]+ HTTP/1\.1(\r\n[A-Za-z-]+: [ -~\t]*)+\r\n\r\n")

_LOOPBACK = ("127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128")
_LINK_LOCAL = ("169.254.0.0/16", "fe80::/10")
_PRIVATE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "224.0.0.0/3",
    "64:ff9b:1::/48",
    "fc00::/7",
    "fec0::/10",
    "ff00::/8",
)
_WRAPPED = (
    ("::ffff:0:0/96", 0),
    ("::ffff:0:0:0/96", 0),
    ("64:ff9b::/96", 0),
    ("2002::/16", 80),
    ("::/96", 0),
)
"""Blocks of IPv6 that hold an address of IPv4, and how many bits stand behind it."""
_CLOUDS = {"169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254", "fe80::a9fe:a9fe"}


# -- the rules, a second time


@dataclass(frozen=True)
class Block:
    """A block of addresses, as numbers."""

    bits: int
    number: int
    free: int

    def holds(self, bits: int, number: int) -> bool:
        return bits == self.bits and number >> self.free == self.number >> self.free


def _block(text: str) -> Block:
    address, _, length = text.partition("/")
    bits, number = _number(address)
    return Block(bits, number, bits - int(length))


def _number(address: str) -> tuple[int, int]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address.partition("%")[0])
    return len(packed) * 8, int.from_bytes(packed)


RINGS = [[_block(text) for text in ring] for ring in (_LOOPBACK, _LINK_LOCAL, _PRIVATE)]
WRAPPED = [(_block(text), behind) for text, behind in _WRAPPED]
CLOUDS = {_number(address) for address in _CLOUDS}


def ring(address: str) -> int:
    """How far out an address lies: 0 this machine, 1 this wire, 2 this house, 3 the world; -1 a cloud."""
    bits, number = _number(address)
    for block, behind in WRAPPED:
        if block.holds(bits, number) and number > 1:
            bits, number = 32, number >> behind & 0xFFFF_FFFF
            break
    if (bits, number) in CLOUDS:
        return -1
    return next(
        (place for place, blocks in enumerate(RINGS) if any(b.holds(bits, number) for b in blocks)), 3
    )


def disguised(host: str) -> bool:
    """Whether the C library would take a host for an address that it does not spell out."""
    plain = unicodedata.normalize("NFKC", host).replace("。", ".").removesuffix(".")
    try:
        return socket.inet_ntoa(socket.inet_aton(plain)) != host if plain else False
    except (OSError, UnicodeError):
        return False


# -- what is tried


class Names:
    """A resolver that knows the names above, and tells the trail as the real one does."""

    def __init__(self, trail: Trail | None = None) -> None:
        self.trail, self.asked = trail, ""

    async def resolve(self, host: str, port: int = 0) -> list[str]:
        self.asked = host
        addresses = ADDRESSES.get(host.rstrip(".").lower())
        if addresses is None:
            raise LookupFailed(Reason.NAME_NOT_FOUND, "the name has no address")
        assert self.trail is not None
        self.trail.visit(addresses, host)
        return addresses

    async def answers(self) -> bool:
        return True


class Place(Network):
    """A network without sockets."""

    names: Names

    @property
    def resolver(self) -> Any:
        return self.names


def locations(chance: Random) -> Iterator[str]:
    """Whole addresses of strange hosts, ones with something wrong in them, and what is no address."""
    while True:
        yield chance.choice([_whole, _whole, _spoilt, _heap])(chance)


def _whole(chance: Random) -> str:
    scheme = chance.choice(["http://", "https://", "//", "http:", "https:/", "ftp://"])
    user = chance.choice(["", "", "", "user@", "user:word@", "shop.example@", "shop.example:80@"])
    port = chance.choice(["", "", ":80", ":443", ":8080", ":0", ":65536"])
    path = chance.choice(["", "/", "/a?b=c#d", "/../..", "\\@shop.example", "?@", "#@shop.example/"])
    return scheme + user + chance.choice(HOSTS) + port + path


def _spoilt(chance: Random) -> str:
    text = _whole(chance)
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(text))
        text = text[:at] + chance.choice(PARTS) + text[at + chance.randint(0, 2) :]
    return text


def _heap(chance: Random) -> str:
    return "".join(chance.choices(PARTS if chance.random() < 0.7 else HOSTS, k=chance.randint(0, 8)))


def executions(count: int, seed: int) -> Counter[str]:
    """Try so many redirects; how they ended. AssertionError names the one that got past a rule."""
    chance, ends = Random(seed), Counter[str]()
    source, place = locations(chance), Place()
    while count > 0:
        target, how = chance.choice(STARTS)
        chain = [next(source) for _ in range(min(count, chance.randint(1, 4)))]
        count -= len(chain)
        try:
            ends.update(_follow(first_hop(target, how), chain, chance, place))
        except Exception as error:
            raise AssertionError(f"{target} and then {chain!r}") from error
    return ends


def _follow(hop: Hop, chain: Sequence[str], chance: Random, place: Place) -> Iterator[str]:
    """Go from a configured target along these Locations, as far as they lead; a word for each that was tried.

    Whoever led nowhere is left out, and the next one starts where the last one was.
    """
    trail = Trail()
    place.names = Names(trail)
    home, left = _origin(hop), False
    floor = _connect(hop, place, trail)
    assert floor is not None
    for location in chain:
        try:
            following = next_hop(hop, chance.choice(sorted(REDIRECTS)), location)
        except (RedirectRefused, BadRedirect) as error:
            yield type(error).__name__
            continue
        assert following.url.scheme in ("http", "https")
        assert not (hop.url.scheme == "https" and following.url.scheme == "http")
        leaves, sent = left or _origin(following) != home, request(following)
        reached = _connect(following, place, trail)
        yield "refused at the door" if reached is None else "led somewhere"
        if reached is not None:
            _carries_only_what_it_may(following, sent, left=leaves)
            assert reached >= floor, f"from ring {floor} to ring {reached}"
            hop, floor, left = following, reached, leaves


def _carries_only_what_it_may(hop: Hop, sent: bytes, *, left: bool) -> None:
    """The bytes that would be sent are one whole request, and nothing that was configured has left home."""
    head, _, body = sent.partition(b"\r\n\r\n")
    assert _HEAD.fullmatch(head + b"\r\n\r\n"), sent
    assert body == (hop.body or b"")
    assert b"@" not in head.split(b"\r\n")[1], "a user in the Host header"
    if left:
        assert not any(secret.encode() in sent for secret in SECRETS), sent
        assert hop.certificate is None
        assert hop.body is None


def _connect(hop: Hop, place: Place, trail: Trail) -> int | None:
    """The ring of the nearest address that a hop would be connected to; None where it was refused."""
    host = hop.url.raw_host or ""
    place.names.asked = ""
    try:
        addresses = _done(addresses_of(host, hop.url.port or 0, place, trail))
    except (RedirectRefused, AddressRefused, Blocked, LookupFailed):
        addresses = []
    assert not (place.names.asked and disguised(place.names.asked)), f"{host!r} was looked up"
    if not addresses:
        return None
    assert all(ip_address(address) for address in addresses)
    assert not disguised(host), f"{host!r} is {addresses}"
    nearest = min(map(ring, addresses))
    assert nearest >= 0, f"a cloud's metadata at {addresses}"
    return nearest


def _done(call: Coroutine[Any, Any, list[str]]) -> list[str]:
    """The result of a call that waits for nothing."""
    try:
        call.send(None)
    except StopIteration as end:
        return list(end.value)
    raise AssertionError("it waits")


def _origin(hop: Hop) -> tuple[str, str, int | None]:
    return hop.url.scheme, (hop.url.raw_host or "").lower(), hop.url.port


if __name__ == "__main__":
    print(executions(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))  # noqa: T201

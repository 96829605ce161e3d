"""How far an address reaches, so that a redirect can be kept from leading inwards. Pure.

A target on the open internet must not be able to point the monitor at the monitor's own machine, at its
neighbours or at a cloud's metadata service. The rule is one comparison: a redirect may only go to an
address that reaches at least as far as the one that sent it.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_WRAPPERS = tuple(map(IPv6Network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))
"""Blocks whose last 32 bits are an address of IPv4."""
_INNER = tuple(map(IPv6Network, ("64:ff9b:1::/48", "fec0::/10")))
"""Blocks of a network's own use that `ipaddress` takes for global ones."""
_IPV4_BITS = 0xFFFF_FFFF
_METADATA = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254", "fe80::a9fe:a9fe"),
    )
)
"""Where clouds tell a machine its secrets (AWS, Azure, Google and others; containers of AWS; Alibaba)."""


class Reach(IntEnum):
    """From the machine itself outwards; the order is the rule."""

    LOOPBACK = 0
    LINK_LOCAL = 1
    PRIVATE = 2
    PUBLIC = 3

    def __str__(self) -> str:
        return self.name.lower().replace("_", "-")


def reach_of(address: str) -> Reach:
    """The reach of a literal address, IPv4 inside IPv6 unwrapped. ValueError when it is not an address."""
    ip = _unwrap(ip_address(address))
    if ip.is_loopback or ip.is_unspecified:
        return Reach.LOOPBACK
    if ip.is_link_local:
        return Reach.LINK_LOCAL
    outside = ip.is_global and not ip.is_multicast and not any(ip in block for block in _INNER)
    return Reach.PUBLIC if outside else Reach.PRIVATE


def is_metadata(address: str) -> bool:
    """Whether a cloud's metadata service answers at a literal address."""
    return _unwrap(ip_address(address)) in _METADATA


def is_address(host: str) -> bool:
    """Whether a host is a literal address and needs no look-up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _unwrap(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address of IPv4 that one of IPv6 holds, if any; and without a zone, which changes no reach."""
    if isinstance(ip, IPv4Address):
        return ip
    ip = IPv6Address(int(ip))
    if any(ip in block for block in _WRAPPERS) and int(ip) > 1:  # :: and ::1 are addresses of IPv6
        return IPv4Address(int(ip) & _IPV4_BITS)
    return ip.ipv4_mapped or ip.sixtofour or ip

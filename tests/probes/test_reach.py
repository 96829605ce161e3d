"""How far addresses reach, IPv4 hidden in IPv6 included."""

from __future__ import annotations

import pytest

from monitor.probes.reach import Reach, is_address, is_metadata, reach_of


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("127.0.0.1", Reach.LOOPBACK),
        ("127.9.9.9", Reach.LOOPBACK),
        ("0.0.0.0", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("::", Reach.LOOPBACK),
        ("::ffff:127.0.0.1", Reach.LOOPBACK),
        ("169.254.169.254", Reach.LINK_LOCAL),
        ("::ffff:169.254.169.254", Reach.LINK_LOCAL),
        ("64:ff9b::a9fe:a9fe", Reach.LINK_LOCAL),
        ("2002:a9fe:a9fe::1", Reach.LINK_LOCAL),
        ("fe80::1%eth0", Reach.LINK_LOCAL),
        ("::127.0.0.1", Reach.LOOPBACK),
        ("::ffff:0:127.0.0.1", Reach.LOOPBACK),
        ("64:ff9b:1::127.0.0.1", Reach.PRIVATE),
        ("fec0::1", Reach.PRIVATE),
        ("10.1.2.3", Reach.PRIVATE),
        ("192.168.0.1", Reach.PRIVATE),
        ("172.16.0.1", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("fd00:ec2::254", Reach.PRIVATE),
        ("224.0.0.1", Reach.PRIVATE),
        ("255.255.255.255", Reach.PRIVATE),
        ("93.184.216.34", Reach.PUBLIC),
        ("2606:2800:220:1:248:1893:25c8:1946", Reach.PUBLIC),
        ("64:ff9b::5db8:d822", Reach.PUBLIC),
    ],
)
def test_the_reach_of_an_address(address, reach):
    assert reach_of(address) is reach


def test_the_order_is_from_the_machine_outwards():
    assert Reach.LOOPBACK < Reach.LINK_LOCAL < Reach.PRIVATE < Reach.PUBLIC


@pytest.mark.parametrize(("host", "literal"), [("::1", True), ("10.0.0.1", True), ("a.example", False)])
def test_literal_addresses_are_known_from_names(host, literal):
    assert is_address(host) is literal


@pytest.mark.parametrize(
    ("address", "metadata"),
    [
        ("169.254.169.254", True),
        ("::ffff:169.254.169.254", True),
        ("64:ff9b::a9fe:a9fe", True),
        ("fd00:ec2::254", True),
        ("fd00:ec2::254%1", True),
        ("fe80::a9fe:a9fe%eth0", True),
        ("::169.254.169.254", True),
        ("169.254.1.1", False),
        ("192.0.2.1", False),
    ],
)
def test_the_metadata_services_of_clouds_are_known_however_they_are_written(address, metadata):
    assert is_metadata(address) is metadata

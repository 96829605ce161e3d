"""Connecting to a host that has several addresses, of which some are dead (FAULTS B60, B61)."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from monitor.probes.connect import dial


@pytest.fixture
def good(blackhole) -> Iterator[str]:
    """Another address, which nobody else uses, on which the same port is open."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.3", blackhole[1]))
        listener.listen()
        yield "127.0.0.3"


async def test_an_address_that_swallows_everything_costs_a_quarter_of_a_second(blackhole, good):
    dead, port = blackhole
    with await dial([dead, good], port) as connection:
        assert connection.getpeername() == (good, port)


async def test_an_address_that_refuses_costs_nothing(blackhole, good):
    _, port = blackhole
    with await dial(["127.0.0.3", good], port) as connection:
        assert connection.getpeername() == (good, port)


async def test_of_several_dead_backends_the_one_that_lives_is_found(blackhole, good):
    dead, port = blackhole
    with await dial(["127.0.0.3", dead, "127.0.0.4", good], port) as connection:
        assert connection.getpeername() == (good, port)


async def test_where_all_are_dead_it_says_how(blackhole):
    with pytest.raises(ConnectionRefusedError):
        await dial(["127.0.0.3", "127.0.0.4"], blackhole[1])

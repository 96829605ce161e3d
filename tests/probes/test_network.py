"""Admission: places are taken before an attempt's time begins, and always given back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from monitor.probes import Network
from monitor.probes.network import most_connections


async def entered(network: Network, endpoint) -> asyncio.Task:
    """A task that holds a place, or waits for one, until it is cancelled."""

    async def hold() -> None:
        async with network.admit(endpoint):
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await asyncio.sleep(0)
    return task


async def test_a_place_is_waited_for_and_given_back(good):
    network = Network(connections=1)
    first = await entered(network, good)
    async with asyncio.timeout(1):
        first.cancel()
        async with network.admit(good):
            pass
        async with network.admit(good):
            pass


async def test_no_more_than_the_places_are_inside_at_once(good):
    network = Network(connections=2)
    inside = most = 0

    async def attempt() -> None:
        nonlocal inside, most
        async with network.admit(good):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(attempt() for _ in range(10)))
    assert most == 2


async def test_a_silent_handshake_does_not_keep_its_place(good):
    """One place, held by a target that never finishes its handshake: the next still gets in."""
    secure = replace(good, target="https://shop.example/")
    network = Network(handshakes=1)
    silent = await entered(network, secure)
    async with asyncio.timeout(5):
        async with network.admit(secure):
            assert not silent.done()
    silent.cancel()


async def test_a_handshakes_place_is_given_back_once(good):
    secure = replace(good, target="https://shop.example/")
    network = Network(handshakes=1)
    for _ in range(3):
        async with network.admit(secure):
            pass
    first = await entered(network, secure)
    second = await entered(network, secure)
    assert not first.done()
    second.cancel()
    first.cancel()


def test_a_network_that_is_not_open_says_so():
    with pytest.raises(RuntimeError, match="not open"):
        _ = Network().resolver


async def test_closing_twice_is_safe():
    network = Network()
    await network.open()
    await network.close()
    await network.close()


def test_there_is_room_for_some_connections_on_any_machine():
    assert 16 <= most_connections() <= 4_000

"""Gates: one host's endpoints wait for each other, and nobody waits for another host's."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from monitor.probes.gates import Gates, host_of


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://Shop.example:8443/a?b=c", "shop.example"), ("http://[::1]:80/", "::1"),
        ("db.example:5432", "db.example"), ("[2001:db8::1]:53", "2001:db8::1"), ("a.example", "a.example"),
    ],
)  # fmt: skip
def test_the_host_of_a_target(target: str, host: str) -> None:
    assert host_of(target) == host


async def inside(gates: Gates, endpoint, entered: list[str], leave: asyncio.Event) -> None:
    async with gates.through(endpoint):
        entered.append(endpoint.id)
        await leave.wait()


async def turns() -> None:
    """Let everything that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)


def named(good, *names: str, host: str = "a.example") -> list:
    return [replace(good, id=name, target=f"http://{host}/{name}") for name in names]


async def test_a_full_host_keeps_its_own_endpoints_waiting_and_no_others(good) -> None:
    gates, entered, leave = Gates(2), [], asyncio.Event()
    known = [*named(good, "a1", "a2", "a3"), *named(good, "b1", host="b.example")]
    tasks = [asyncio.create_task(inside(gates, each, entered, leave)) for each in known]

    await turns()
    assert entered == ["a1", "a2", "b1"]

    leave.set()
    await asyncio.gather(*tasks)
    assert entered == ["a1", "a2", "b1", "a3"]


async def test_places_go_in_the_order_of_coming_and_one_who_gave_up_loses_none(good) -> None:
    gates, entered = Gates(1), []
    doors = {name: asyncio.Event() for name in ("a1", "a2", "a3", "a4")}
    tasks = {
        each.id: asyncio.create_task(inside(gates, each, entered, doors[each.id]))
        for each in named(good, *doors)
    }
    await turns()
    tasks["a2"].cancel()
    await turns()

    doors["a1"].set()
    await turns()
    assert entered == ["a1", "a3"]

    tasks["a4"].cancel()
    doors["a3"].set()
    await turns()
    assert gates._inside == {}
    assert gates._waiting == {}


async def test_a_place_that_is_handed_to_one_who_is_cancelled_at_that_moment_goes_on(good) -> None:
    gates, entered = Gates(1), []
    doors = {name: asyncio.Event() for name in ("a1", "a2", "a3")}
    tasks = {
        each.id: asyncio.create_task(inside(gates, each, entered, doors[each.id]))
        for each in named(good, *doors)
    }
    await turns()

    gates._leave("a.example")  # a1's place, to a2
    tasks["a2"].cancel()
    await turns()

    assert entered == ["a1", "a3"]

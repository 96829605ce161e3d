"""The daemon with a door to the inside: a probe that finds an order in a folder carries it out in the loop.

    python -m tests.simulation.real.inside --config FILE run --ack-fd N

The folder is named by ORDERS in the environment; an order is a file whose name says it: `block 3`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import cast

from monitor.__main__ import main
from monitor.config.endpoint import Endpoint
from monitor.core.checks import Facts
from monitor.probes import PROBES, Network, Probe

ERRORS: dict[str, type[BaseException]] = {
    each.__name__: each
    for each in (RuntimeError, KeyError, RecursionError, MemoryError, asyncio.CancelledError, UnicodeError)
}


def with_a_door(probe: Probe, folder: Path) -> Probe:
    """The probe, which looks for an order first."""

    async def probing(endpoint: Endpoint, network: Network) -> Facts:
        order = take(folder)
        if order:
            await carry_out(order)
        return await probe(endpoint, network)

    return probing


def take(folder: Path) -> list[str]:
    """The words of the first order that lies there, and which is gone then."""
    for name in sorted(each.name for each in folder.iterdir()):
        (folder / name).unlink()
        return name.split()[1:]
    return []


async def carry_out(order: list[str]) -> None:
    """Do what is ordered: block, collect, stay (and swallow the cancellation), or raise."""
    word, what = order
    if word == "block":
        block(float(what))
    elif word == "collect":
        allocate(int(what))
    elif word == "stay":
        await stay(float(what))
    else:
        raise ERRORS[what]("ordered")


def block(seconds: float) -> None:
    """Keep the loop from everything else."""
    time.sleep(seconds)


def allocate(count: int) -> None:
    """Make so many objects that know each other, and have them collected."""
    kept: list[list[object]] = [[]]
    for _ in range(count):
        kept.append([kept[-1]])
    kept[0].append(kept)
    del kept
    gc.collect()


async def stay(seconds: float) -> None:
    """Hang, whoever cancels."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            continue


if __name__ == "__main__":
    ordered = Path(os.environ["ORDERS"])
    for name, probe in tuple(PROBES.items()):
        cast(MutableMapping[str, Probe], PROBES)[name] = with_a_door(probe, ordered)
    main()

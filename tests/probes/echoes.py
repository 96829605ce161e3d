"""Asks each host of the command line for an echo, from wherever it runs, and writes what the judge says."""

from __future__ import annotations

import asyncio
import sys

from monitor.config.endpoint import Endpoint, Icmp
from monitor.core.checks import Confirmation, Expectation
from monitor.core.judge import judge
from monitor.probes import PROBES, Network


async def main(hosts: list[str]) -> None:
    """One line a host: `192.0.2.1 own_network`."""
    async with Network() as network:
        for host in hosts:
            endpoint = Endpoint("host", host, 30_000, 1_000, Expectation(), Confirmation(), Icmp())
            facts = await PROBES["icmp"](endpoint, network)
            sys.stdout.write(f"{host} {judge(facts, endpoint.expectation)}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

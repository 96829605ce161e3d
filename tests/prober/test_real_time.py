"""One run in real time, with a real server and a loop that is really blocked."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from monitor.clock import SystemClock
from monitor.core.checks import Check, State
from monitor.prober import Prober
from monitor.probes import Network


async def test_a_blocked_loop_does_not_make_healthy_servers_down(fleet):
    """The answer comes after 50 ms, the timeout is 0.4 s, and the loop stands still for 0.6 s."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    target = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    endpoints = {each.id: replace(each, target=target, interval=300, timeout=400) for each in fleet(20)}
    records: list = []
    async with Network() as network:
        prober = Prober(
            endpoints,
            lanes={key: number for number, key in enumerate(endpoints, 1)},
            open_epoch=lambda at: 1,
            sink=records.extend,
            clock=SystemClock(),
            network=network,
        )
        running = asyncio.create_task(prober.run())
        await asyncio.sleep(0.5)
        time.sleep(0.6)  # noqa: ASYNC251 - the fault that is tested
        await asyncio.sleep(0.5)
        prober.stop()
        await running
    server.close()
    states = {record.state for record in records if isinstance(record, Check)}
    assert State.UP in states
    assert State.DOWN not in states

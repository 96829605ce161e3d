"""Every hostile server of tests/hostile at once, in a process of their own, beside one that is healthy, in another.

The real prober runs for a while with the healthy endpoint alone, then with all of the others: how late the loop
runs, how much memory that takes, and how much later the healthy one answers. Exits 1 when a slot is lost, the
healthy endpoint was ever anything but up, or a target is missed.

    python benchmarks/hostile.py [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import uvloop

from monitor.clock import SystemClock
from monitor.config.endpoint import Endpoint
from monitor.core.checks import Check, Reason
from monitor.prober import Prober
from monitor.prober.prober import BEAT
from monitor.probes import Network
from tests.hostile.rows import ROWS, body, says
from tests.hostile.serving import Row, serve

ROOT = Path(__file__).resolve().parent.parent
HEALTHY = Row("healthy", "", says(body(b"welcome")), Reason.OK)
PLAIN = {name: row for name, row in ROWS.items() if not row.tls}


async def serve_all(rows: Sequence[Row]) -> None:
    """In another process: serve, tell the ports, and go on until the input ends."""
    served = [await serve(row) for row in rows]
    print(json.dumps([each.port for each in served]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def endpoints(ports: Sequence[int]) -> dict[str, Endpoint]:
    from tests.hostile.serving import Served

    rows = (*PLAIN.values(), HEALTHY)
    found = [Served(row, port, server=None).endpoint() for row, port in zip(rows, ports, strict=True)]  # type: ignore[arg-type]
    return {each.id: replace(each, interval=200) if each.id == "healthy" else each for each in found}


@dataclass
class Measured:
    lag_p99: float
    lag_max: float
    latency_p99: float
    memory: float
    slots: int
    lost: int
    down: int


class Measuring(Prober):
    """Notes how late each beat is."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.lags: list[float] = []

    def _beat(self) -> None:
        super()._beat()
        self.lags.append(self.lag)


async def live(asked: dict[str, Endpoint], seconds: float) -> Measured:
    healthy: list[Check] = []
    lanes = {key: number for number, key in enumerate(asked, 1)}

    def sink(records: Sequence[object]) -> None:
        healthy.extend(each for each in records if isinstance(each, Check) and each.lane == lanes["healthy"])

    async with Network() as network:
        prober = Measuring(
            asked, lanes=lanes, open_epoch=lambda at: 1, sink=sink, clock=SystemClock(), network=network
        )
        running = asyncio.create_task(prober.run())
        await asyncio.sleep(seconds)
        prober.stop()
        await running
    counted = prober.counters
    lags = sorted(prober.lags)
    latencies = sorted(check.latency for check in healthy if check.latency is not None)
    return Measured(
        lag_p99=1_000 * lags[len(lags) * 99 // 100],
        lag_max=1_000 * lags[-1],
        latency_p99=latencies[len(latencies) * 99 // 100] / 10,
        memory=_resident(),
        slots=counted.planned,
        lost=counted.planned - counted.run - counted.overlapped - counted.missed,
        down=sum(check.reason is not Reason.OK for check in healthy),
    )


def _resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1_024


def serving(which: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--serve", which]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)


def ports_of(servers: subprocess.Popen[bytes]) -> list[int]:
    assert servers.stdout is not None
    ports: list[int] = json.loads(servers.stdout.readline())
    return ports


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--serve", choices=["hostile", "healthy"], help=argparse.SUPPRESS)
    said = options.parse_args()
    if said.serve:
        if said.serve == "hostile":
            os.nice(15)  # strangers have machines of their own, and these must not take ours away
        asyncio.run(serve_all(tuple(PLAIN.values()) if said.serve == "hostile" else (HEALTHY,)))
        return
    hostile, healthy = (serving(which) for which in ("hostile", "healthy"))
    try:
        asked = endpoints([*ports_of(hostile), *ports_of(healthy)])
        time.sleep(0.5)
        alone = uvloop.run(live({"healthy": asked["healthy"]}, said.seconds))
        beside = uvloop.run(live(asked, said.seconds))
    finally:
        for servers in (hostile, healthy):
            servers.communicate(timeout=20)
    held = _tell(alone, beside, len(asked) - 1)
    sys.exit(bool(beside.lost or beside.down or alone.down or not held))


def _tell(alone: Measured, beside: Measured, rows: int) -> bool:
    """Print it; whether every target holds."""
    held = True
    print(f"{rows} hostile servers at once, a beat of the loop each {BEAT} ms; alone: {asdict(alone)}")
    for what, value, target, unit in (
        ("loop lag p99", beside.lag_p99, 20, "ms"),
        ("loop lag at most", beside.lag_max, 100, "ms"),
        ("memory more than alone", beside.memory - alone.memory, 32, "MB"),
        ("healthy latency p99 moves by", beside.latency_p99 - alone.latency_p99, 5, "ms"),
    ):
        verdict = "holds" if value <= target else "MISSED"
        held = held and value <= target
        print(f"{what:32} {value:8.1f} {unit}, target {target} {unit}: {verdict}")
    print(f"slots planned {beside.slots:,}, lost {beside.lost}; the healthy one was down {beside.down} times")
    return held


if __name__ == "__main__":
    main()

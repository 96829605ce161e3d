"""Ten thousand endpoints every 30 s on one core, beside a thousand every 10 s on the same core.

    python benchmarks/ten_thousand.py [--runs 3] [--seconds 60]

`makegood run` is kept to one core by taskset; an nginx on loopback answers. The window begins when every endpoint has
been asked once. From the database, over everything since the start: how late each check began after its planned
instant, and whether every planned slot is there once, as a check or in a gap. Over the window: CPU (user and system)
per 1,000 probes. At its end: resident memory. Exits 1 when a probe failed or a target is missed. Needs Debian's nginx.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from common import checks_in, cpu_of, free_port, resident, start_makegood, start_nginx, stop, write_config

from monitor.core.checks import State
from monitor.prober.wheel import offset
from monitor.store.sqlite import connect

FEW, MANY = (1_000, 10_000), (10_000, 30_000)
"""Endpoints, and ms between two checks of one."""
LATE = 50.0
MEMORY_EACH = 4_096.0
ENDING = 1_000
"""ms before the daemon was told to end from which on a planned slot need not be there."""


@dataclass(frozen=True)
class Figures:
    """One life of the daemon: CPU seconds per 1,000 probes, bytes, lateness in ms (median, 99th of 100, most)."""

    cpu: float
    memory: float
    late: tuple[int, int, int]
    slots: int
    gaps: int
    lost: int
    doubled: int
    failed: int


def measure(root: Path, port: int, endpoints: int, interval: int, seconds: int) -> Figures:
    """Start, wait for a whole round, measure the window, stop, and look at what was stored."""
    config = write_config(root, port, endpoints, f"{interval // 1_000}s", "5s")
    database = root / "bench.db"
    daemon = start_makegood(config, before=["taskset", "-c", str(min(os.sched_getaffinity(0)))])
    try:
        time.sleep(interval / 1_000 + 5)
        spent, found = cpu_of([daemon]), checks_in(database)
        time.sleep(seconds)
        spent, found = cpu_of([daemon]) - spent, checks_in(database) - found
        memory, ended = resident([daemon]), time.time() * 1_000
    finally:
        stop(daemon)
    with closing(connect(database)) as connection:
        return account(connection, interval, ended, spent / found * 1_000, memory)


def account(
    connection: sqlite3.Connection, interval: int, ended: float, cpu: float, memory: float
) -> Figures:
    """Hold what is stored against what was planned: lane by lane, `offset + n × interval` since the start."""
    epochs = connection.execute("SELECT id, started FROM epoch").fetchall()
    if len(epochs) != 1:
        raise SystemExit(f"{len(epochs)} epochs: the clock of this machine was set; run it again")
    started = epochs[0][1]
    begun: dict[int, dict[int, int]] = {}
    doubled = failed = 0
    for lane, slot, at, state in connection.execute(
        "SELECT lane, slot, place >> 20, state FROM log WHERE attempt = 0"
    ):
        doubled += slot in begun.setdefault(lane, {})
        begun[lane][slot] = at
        failed += state != State.UP
    gaps: dict[int, list[tuple[int, int]]] = {}
    for lane, start, end in connection.execute("SELECT lane, start, end FROM gap WHERE epoch > 0"):
        gaps.setdefault(lane, []).append((start, end))
    late, lost, slots = [], 0, 0
    for lane, endpoint in connection.execute("SELECT id, endpoint FROM lane").fetchall():
        mine, first = begun.get(lane, {}), started + offset(endpoint, interval)
        late += [at - (first + slot * interval) for slot, at in mine.items()]
        for slot, planned in enumerate(range(first, int(ended) - ENDING, interval)):
            slots += 1
            covered = any(start <= planned < end for start, end in gaps.get(lane, []))
            lost += slot not in mine and not covered
    late.sort()
    places = (late[len(late) // 2], late[len(late) * 99 // 100], late[-1])
    return Figures(cpu, memory, places, slots, sum(map(len, gaps.values())), lost, doubled, failed)


def show(name: str, one: Figures) -> None:
    print(f"  {name}: {one.slots:,} slots planned, {one.lost} lost, {one.doubled} doubled, {one.gaps} gaps, {one.failed}"
          f" failed; late by {one.late[0]} ms at the median, p99 {one.late[1]}, at most {one.late[2]};"
          f" CPU s per 1,000 probes {one.cpu:.3f}; memory {one.memory / 1e6:.1f} MB", flush=True)  # fmt: skip


def kept(name: str, values: list[float], limit: float) -> bool:
    met = max(values) <= limit
    print(
        f"{name}: {min(values):.2f} – {max(values):.2f}, at most {limit:g} is wanted: {'met' if met else 'MISSED'}"
    )
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    few, many = [], []
    with tempfile.TemporaryDirectory(prefix="makegood-many-") as folder:
        port = free_port()
        nginx = start_nginx(Path(folder), port)
        try:
            for _ in range(options.runs):
                for (endpoints, interval), runs in ((FEW, few), (MANY, many)):
                    with tempfile.TemporaryDirectory(dir=folder) as root:
                        runs.append(measure(Path(root), port, endpoints, interval, options.seconds))
                    show(f"{endpoints:,} every {interval // 1_000} s", runs[-1])
        finally:
            stop(nginx)
    added = MANY[0] - FEW[0]
    met = [
        kept("p99 of lateness in ms", [float(one.late[1]) for one in many], LATE),
        kept("slots without a check or a gap, or with two", [float(one.lost + one.doubled) for one in many], 0),
        kept("bytes of memory an endpoint", [(b.memory - a.memory) / added for a, b in zip(few, many, strict=True)], MEMORY_EACH),
        kept("CPU a probe, against 1,000 endpoints", [b.cpu / a.cpu for a, b in zip(few, many, strict=True)], 1),
    ]  # fmt: skip
    return int(not all(met) or any(one.failed for one in (*few, *many)))


if __name__ == "__main__":
    sys.exit(main())

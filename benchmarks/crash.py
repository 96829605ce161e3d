"""kill -9 of the daemon again and again, judged by its own acknowledgement log.

    python benchmarks/crash.py [--rounds 50] [--endpoints 200]

200 endpoints every second on one nginx. Whatever the daemon wrote to --ack-fd must be in the database, once; every
silence longer than one and a half intervals must be covered by a gap record. Exits 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from common import MAKEGOOD, free_port, start_nginx, stop, write_config

from monitor.store.sqlite import connect

INTERVAL = 1_000


def round_of(config: Path, acks: Path, lasting: float | None) -> None:
    """One life of the daemon: killed after `lasting` seconds, or ended in good order."""
    acks.touch()
    size = acks.stat().st_size
    with acks.open("ab") as file:
        daemon = subprocess.Popen(
            [MAKEGOOD, "--config", str(config), "run", "--ack-fd", str(file.fileno())],
            pass_fds=[file.fileno()],
            stderr=subprocess.DEVNULL,
        )
    wait_for_growth(acks, size)
    time.sleep(3.0 if lasting is None else lasting)
    if lasting is None:
        stop(daemon)
    else:
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait()


def wait_for_growth(acks: Path, size: int) -> None:
    """Until the daemon has acknowledged something, so that a busy machine does not kill nothing but starts."""
    for _ in range(400):
        if acks.stat().st_size > size:
            return
        time.sleep(0.05)
    raise SystemExit("the daemon acknowledged nothing in 20 s")


def acknowledged(acks: Path) -> tuple[set[tuple[int, ...]], set[tuple[str, ...]]]:
    """Keys of checks, and gaps, that whole lines name."""
    checks, gaps = set(), set()
    whole = acks.read_text().rpartition("\n")[0]
    for line in whole.splitlines():
        kind, *rest = line.split()
        if kind == "c":
            checks.add(tuple(map(int, rest)))
        else:
            gaps.add(tuple(rest))
    return checks, gaps


def silences(connection: object) -> tuple[int, int]:
    """Silences over one and a half intervals, and how many no gap record covers."""
    execute = connection.execute  # type: ignore[attr-defined]
    gaps = sorted((start, end, lane) for lane, start, end in execute("SELECT lane, start, end FROM gap"))
    found = bare = 0
    for (lane,) in execute("SELECT id FROM lane").fetchall():
        mine = [(start, end) for start, end, whose in gaps if whose in (0, lane)]
        instants = [
            at
            for (at,) in execute(
                "SELECT place >> 20 FROM log WHERE lane = ? AND attempt = 0 ORDER BY 1", (lane,)
            )
        ]
        for before, after in pairwise(instants):
            if after - before > 1.5 * INTERVAL:
                found += 1
                bare += not covered(before + INTERVAL, after - INTERVAL, mine)
    return found, bare


def covered(start: float, end: float, gaps: list[tuple[int, int]]) -> bool:
    for first, last in gaps:
        if first <= start + INTERVAL / 2:  # less than a slot: a start that was killed before it planned one
            start = max(start, last)
    return start >= end


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--endpoints", type=int, default=200)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="makegood-crash-"))
    port = free_port()
    nginx = start_nginx(root, port)
    config = write_config(root, port, options.endpoints, "1s", "900ms")
    acks, draw = root / "acks", random.Random(7)
    try:
        for _ in range(options.rounds):
            round_of(config, acks, draw.uniform(0.2, 5.0))
        round_of(config, acks, None)
    finally:
        stop(nginx)
    return judge(root / "bench.db", acks, options.rounds)


def judge(database: Path, acks: Path, rounds: int) -> int:
    connection = connect(database)
    checks, gaps = acknowledged(acks)
    rows = connection.execute("SELECT lane, epoch, slot, attempt FROM log").fetchall()
    stored = set(map(tuple, rows))
    written = {
        tuple(map(str, row))
        for row in connection.execute(
            "SELECT lane, epoch, start, end, r.name FROM gap JOIN reason r ON r.id = reason"
        )
    }
    conflicts = connection.execute("SELECT count(*) FROM conflict").fetchone()[0]
    down = connection.execute("SELECT count(*) FROM log WHERE state = 2").fetchone()[0]
    found, bare = silences(connection)
    lost, lost_gaps, doubled = len(checks - stored), len(gaps - written), len(rows) - len(stored)
    print(f"{rounds} kills; {len(rows):,} checks stored, {len(checks):,} acknowledged, {lost} of them lost, {doubled} doubled, "
          f"{conflicts} conflicts, {down} down; {len(gaps)} gaps acknowledged, {lost_gaps} lost; "
          f"{found:,} silences, {bare} without a gap record")  # fmt: skip
    return int(bool(lost or lost_gaps or doubled or bare or conflicts or down or not checks))


if __name__ == "__main__":
    sys.exit(main())

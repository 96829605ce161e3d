"""The wall clock is stepped back one hour, and forth again, while the daemon probes (needs libfaketime).

    python benchmarks/clock_step.py [--seconds 20]

`--seconds` is how long each of the three stretches lasts. No check may be lost, the cadence (by the number of slots in
real time) must be unbroken, nothing may be down, and every class of time must sum to the period. Exits 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import MAKEGOOD, free_port, start_nginx, stop, write_config

from monitor.core.checks import State
from monitor.core.intervals import HOUR, Span
from monitor.store import open_store
from monitor.store.sqlite import connect

LIBRARIES = tuple(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
ENDPOINTS = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    stretch = parser.parse_args().seconds
    if not LIBRARIES:
        raise SystemExit("libfaketime is missing: sudo apt-get install libfaketime")
    root = Path(tempfile.mkdtemp(prefix="makegood-clock-"))
    port = free_port()
    nginx = start_nginx(root, port)
    config = write_config(root, port, ENDPOINTS, "1s", "900ms")
    dial = root / "faketime"
    dial.write_text("+0\n")
    environment = os.environ | {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(dial),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    acks = root / "acks"
    with acks.open("ab") as file:
        command = [MAKEGOOD, "--config", str(config), "run", "--ack-fd", str(file.fileno())]
        daemon = subprocess.Popen(command, pass_fds=[file.fileno()], env=environment)
    while not acks.stat().st_size:
        time.sleep(0.05)
    began = time.monotonic()
    try:
        for step in ("-3600\n", "+0\n"):
            time.sleep(stretch)
            dial.write_text(step)
        time.sleep(stretch)
    finally:
        ran = time.monotonic() - began
        stop(daemon)
        stop(nginx)
    return judge(root / "bench.db", acks, ran)


def judge(database: Path, acks: Path, ran: float) -> int:
    connection = connect(database)
    execute = connection.execute
    stored = set(map(tuple, execute("SELECT lane, epoch, slot, attempt FROM log")))
    acknowledged = {
        tuple(map(int, line.split()[1:])) for line in acks.read_text().splitlines() if line.startswith("c")
    }
    down = execute("SELECT count(*) FROM log WHERE state = 2").fetchone()[0]
    epochs = execute("SELECT count(*) FROM epoch").fetchone()[0]
    first = [row[0] for row in execute("SELECT count(*) FROM log WHERE attempt = 0 GROUP BY lane")]
    missed = sum(max(0, int(ran) - count) for count in first)
    instants = execute("SELECT min(place) >> 20, max(place) >> 20 FROM log").fetchone()
    span = Span(instants[0] - HOUR, instants[1] + HOUR)
    with open_store(database).snapshot() as snapshot:
        lanes = [lane.id for lane in snapshot.lanes()]
        parts = snapshot.segments(lanes, span)
    sums = {
        lane: {state.name: sum(s.end - s.start for s in segments if s.state is state) for state in State}
        for lane, segments in parts.items()
    }
    unsummed = sum(sum(by_state.values()) != span.length for by_state in sums.values())
    gaps = execute("SELECT r.name, count(*) FROM gap JOIN reason r ON r.id = reason GROUP BY 1").fetchall()
    print(f"{ran:.0f} s, {epochs} epochs, {len(stored):,} checks stored, {len(acknowledged - stored)} acknowledged ones lost, "
          f"{down} down; slots a lane {min(first)} to {max(first)}, {missed} missing; gaps {gaps}; "
          f"{unsummed} of {len(lanes)} lanes do not sum to the period; lane 1: {sums[lanes[0]]}")  # fmt: skip
    return int(bool(acknowledged - stored or down or missed or unsummed or epochs < 3))


if __name__ == "__main__":
    sys.exit(main())

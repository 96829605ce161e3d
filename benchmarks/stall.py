"""The event loop is blocked for 3 s with a timeout of 2 s and 20 healthy endpoints: none may be recorded down.

    python benchmarks/stall.py [--stalls 3]

Runs the whole daemon in this process and blocks its loop. Exits 1 when anything is down.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from common import free_port, start_nginx, stop, write_config

from monitor.daemon import Daemon
from monitor.store.sqlite import connect

BLOCKED = 3.0
PAUSE = 6.0


async def probe(config: Path, stalls: int) -> None:
    daemon = Daemon(config, environ={})
    loop = asyncio.get_running_loop()
    for place in range(stalls):
        loop.call_later(PAUSE * (place + 1) + BLOCKED * place + 0.05 * place, time.sleep, BLOCKED)
    loop.call_later(PAUSE * (stalls + 1) + BLOCKED * stalls, daemon.stop)
    await daemon.run()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stalls", type=int, default=3)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="makegood-stall-"))
    port = free_port()
    nginx = start_nginx(root, port)
    config = write_config(root, port, 20, "3s", "2s")
    try:
        asyncio.run(probe(config, options.stalls))
    finally:
        stop(nginx)
    connection = connect(root / "bench.db")
    states = connection.execute(
        "SELECT state, r.name, count(*) FROM log JOIN reason r ON r.id = reason GROUP BY 1, 2"
    )
    rows = states.fetchall()
    gaps = connection.execute(
        "SELECT r.name, count(*) FROM gap JOIN reason r ON r.id = reason GROUP BY 1"
    ).fetchall()
    down = sum(count for state, _, count in rows if state == 2)
    print(
        f"{options.stalls} stalls of {BLOCKED:.0f} s: {down} recorded down; checks by state and reason {rows}; gaps {gaps}"
    )
    return int(down > 0 or not rows)


if __name__ == "__main__":
    sys.exit(main())

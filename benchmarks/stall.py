"""The event loop is blocked for 3 s with a timeout of 2 s and 20 healthy endpoints: none may be recorded down.

    python benchmarks/stall.py [--stalls 3]

Runs the whole daemon in this process and blocks its loop. The endpoints take a second to answer, so that a third of
the probes are in flight whenever the loop stands. Exits 1 when anything is down.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import write_config

from monitor.daemon import Daemon
from monitor.store.sqlite import connect

BLOCKED = 3.0
PAUSE = 6.0


def answer(listener: socket.socket) -> None:
    """Answer every connection after a second, each in a thread of its own."""

    def one(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            time.sleep(1.0)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere")

    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()


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
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    threading.Thread(target=answer, args=(listener,), daemon=True).start()
    config = write_config(root, listener.getsockname()[1], 20, "3s", "2s")
    asyncio.run(probe(config, options.stalls))
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

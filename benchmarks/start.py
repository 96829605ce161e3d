"""How soon the daemon probes beside a database of a hundred million checks: from its start to the first request.

    python benchmarks/start.py [--folder DIR] [--checks 100000000] [--endpoints 1000] [--runs 5]

DIR is a folder that `benchmarks/evidence.py --folder DIR` has filled; two days of a thousand endpoints are made where
there is none. Its lanes are copied, packed checks and segments, under further names until there are so many checks. So
many endpoints are in the configuration, the other lanes are of some that left it. As root each run is repeated with
the system's cache of files emptied. Exits 1 where a start took more than 2 s.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from common import MAKEGOOD, stop

from monitor.store import open_store
from monitor.store.sqlite import connect

GOAL = 2.0  # seconds
CONFIG = """\
[monitor]
database = "{database}"
location = "here"
"""
ENDPOINT = """\
[endpoint.{name}]
url = "http://127.0.0.1:{port}/"
interval = "1m"
timeout = "5s"
"""
COPIES = (
    "INSERT INTO lane SELECT id + ?1, 'copy-' || ?1 || '-' || endpoint, location FROM lane WHERE id <= ?2",
    "INSERT INTO lane_life SELECT lane + ?1, start, end FROM lane_life WHERE lane <= ?2",
    "INSERT INTO reach SELECT lane + ?1, epoch, first, last FROM reach WHERE lane <= ?2",
    """INSERT INTO segment SELECT lane + ?1, start, end, state, reason, first, last FROM segment
WHERE lane <= ?2""",
    """INSERT INTO chunk SELECT NULL, lane + ?1, start, end, checks, first, last, until, whole, latency, digest, body
FROM chunk WHERE lane <= ?2""",
)


class Page:
    """Answers every request, and knows when the first came."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.first = threading.Event()
        self.at = 0.0
        threading.Thread(target=self._serve, daemon=True).start()

    def again(self) -> None:
        self.first.clear()

    def _serve(self) -> None:
        while True:
            guest, _ = self._listener.accept()
            if not self.first.is_set():
                self.at = time.perf_counter()
                self.first.set()
            with guest:
                guest.recv(65_536)
                guest.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere")


def grown(folder: Path, checks: int) -> tuple[Path, int]:
    """The database with so many checks, and how many those are."""
    path = folder / "start.db"
    if not path.exists():
        shutil.copyfile(folder / "month.db", path)  # nobody has it open
    with closing(connect(path)) as connection:
        (count,) = connection.execute("SELECT sum(checks) FROM chunk").fetchone()
        (lanes,) = connection.execute("SELECT max(id) FROM lane").fetchone()
        each, copied = count / lanes, lanes
        connection.execute("BEGIN")
        while count < checks:
            wanted = min(lanes, int((checks - count) / each) + 1)
            for statement in COPIES:
                connection.execute(statement, (copied, wanted))
            copied += wanted
            count += round(wanted * each)
        connection.execute("COMMIT")
        (count,) = connection.execute("SELECT sum(checks) FROM chunk").fetchone()
    return path, count


def configured(folder: Path, database: Path, port: int, endpoints: int) -> Path:
    """A configuration of the first so many lanes."""
    with open_store(database).snapshot() as snapshot:
        names = [lane.endpoint for lane in snapshot.lanes()][:endpoints]
    path = folder / "start.toml"
    tables = "".join(ENDPOINT.format(name=name, port=port) for name in names)
    path.write_text(CONFIG.format(database=database.name) + tables)
    return path


def started(config: Path, page: Page) -> float:
    """Seconds from the start of the process to its first request."""
    page.again()
    begun = time.perf_counter()
    with config.with_name("start.log").open("wb") as log:
        daemon = subprocess.Popen([MAKEGOOD, "--config", str(config), "run"], stderr=log)
    try:
        if not page.first.wait(120):
            raise SystemExit("no request came within two minutes")
        return page.at - begun
    finally:
        stop(daemon)


def forget_files() -> bool:
    """Empty the system's cache of files, where we may."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def measure(folder: Path, said: argparse.Namespace) -> None:
    database, count = grown(folder, said.checks)
    page = Page()
    config = configured(folder, database, page.port, said.endpoints)
    started(config, page)
    warm = [started(config, page) for _ in range(said.runs)]
    cold = [started(config, page) for _ in range(said.runs) if forget_files()]
    size = database.stat().st_size / 1e6
    print(
        f"{count:,} checks, {size:,.0f} MB, {said.endpoints:,} endpoints; a first request within {GOAL} s is wanted"
    )
    for name, found in (("warm", warm), ("cold", cold)):
        if found:
            print(f"{name}  {min(found):.2f} to {max(found):.2f} s, median {statistics.median(found):.2f} s")
    sys.exit(max(warm, default=0) > GOAL)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, help="of benchmarks/evidence.py")
    options.add_argument("--endpoints", type=int, default=1_000)
    options.add_argument("--checks", type=int, default=100_000_000)
    options.add_argument("--runs", type=int, default=5)
    said = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if said.folder is None:
            evidence = [sys.executable, str(Path(__file__).with_name("evidence.py"))]
            subprocess.run([*evidence, "--days", "2", "--compared", "1", "--folder", temporary], check=False)
        measure(said.folder or Path(temporary), said)


if __name__ == "__main__":
    main()

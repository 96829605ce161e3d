"""kill -9 at random instants: of a writer that appends and seals, and of the daemon while it probes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

from monitor.core.checks import Reason, State
from monitor.core.intervals import SECOND, Ms, Span
from monitor.core.timeline import Segment
from monitor.store import open_store
from monitor.store.sqlite import connect
from monitor.store.whole import examine
from tests.crash.ground import ROOT, Found, Papers, Told, build, database_of, judge, papers

ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}


@dataclass
class Share:
    """What came of some of the campaign's crashes of one kind, or why there were none."""

    kind: str
    done: int = 0
    acknowledged: int = 0
    gaps: int = 0
    found: Found = field(default_factory=Found)
    skipped: str = ""
    figures: dict[str, int] = field(default_factory=dict)

    def add(self, other: Share) -> None:
        self.done += other.done
        self.acknowledged += other.acknowledged
        self.gaps += other.gaps
        self.found.add(other.found)
        self.skipped = self.skipped or other.skipped
        for name, count in other.figures.items():
            self.count(name, count)

    def count(self, name: str, by: int = 1) -> None:
        self.figures[name] = self.figures.get(name, 0) + by


@contextmanager
def house(more: str = "") -> Iterator[Path]:
    """The configuration of a house in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="makegood-crash-"))
    try:
        yield build(folder, more)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_victim(database: Path, life: int, *words: object) -> subprocess.Popen[str]:
    """A writer of its own process."""
    command = [sys.executable, "-m", "tests.crash.victim", str(database), str(life), *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRON, stdout=subprocess.PIPE, text=True)


def verified(config: Path, *words: str) -> Iterator[str]:
    """What `makegood verify` says where it is not content."""
    command = [sys.executable, "-m", "monitor", "--config", str(config), "verify", *words]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRON, capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"makegood verify ended with {done.returncode}: {done.stdout}{done.stderr}"


def of_writer(seed: int, kills: int) -> Share:
    """Kill a writer so often, each time another over the same database."""
    share, draw = Share("kill -9 of the writer"), random.Random(seed)
    with house() as config:
        database, told = database_of(config), Told()
        issued = papers(open_store(database))
        for life in range(kills):
            share.acknowledged += _killed(database, life, draw, told)
            share.done += 1
            share.found.add(judge(database, told, issued))
        share.gaps = len(told.gaps)
        share.found.wrong += verified(config, "--evidence")
    return share


def _killed(database: Path, life: int, draw: random.Random, told: Told) -> int:
    """One life; how many records it acknowledged. One in ten ends before the writer is ready."""
    with start_victim(database, life) as victim:
        assert victim.stdout is not None
        lines = []
        if draw.random() < 0.9:
            lines.append(victim.stdout.readline())
        time.sleep(draw.expovariate(1 / 0.08))
        victim.send_signal(signal.SIGKILL)
        lines += victim.stdout.readlines()
    return told.hear(lines)


# -- the daemon

ENDPOINTS, INTERVAL = 50, SECOND
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere"


class _Page(BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(PAGE)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """A daemon that is killed leaves its connections."""


@contextmanager
def page() -> Iterator[int]:
    """The port of a page on loopback."""
    with _Server(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def probing(port: int) -> str:
    """Endpoints of that page, each asked every second."""
    one = '[endpoint.crash-{n}]\nurl = "http://127.0.0.1:{port}/{n}"\ninterval = "1s"\ntimeout = "900ms"\n'
    return "".join(one.format(n=n, port=port) for n in range(ENDPOINTS))


def of_daemon(seed: int, kills: int) -> Share:
    """Kill the daemon so often under load, end it in good order once, and hold it to its acknowledgements."""
    share, draw = Share("kill -9 of the daemon"), random.Random(seed)
    with page() as port, house(probing(port)) as config:
        issued = papers(open_store(database_of(config)))
        acks = config.with_name("acks")
        acks.touch()
        for _ in range(kills):
            _lived(config, acks, draw.uniform(0, 2.5), signal.SIGKILL)
            share.done += 1
            share.found.add(judge_daemon(config, acks, issued))
        _lived(config, acks, 2.5, signal.SIGTERM)
        share.found.add(judge_daemon(config, acks, issued))
        share.found.wrong += verified(config)
        checks, gaps = _acknowledged(acks)
        share.acknowledged, share.gaps = len(checks) + len(gaps), len(gaps)
    return share


def _lived(config: Path, acks: Path, lasting: float, end: signal.Signals) -> None:
    size = acks.stat().st_size
    with acks.open("ab") as file:
        command = [sys.executable, "-m", "monitor", "--config", str(config), "run"]
        command += ["--ack-fd", str(file.fileno())]
        daemon = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRON, pass_fds=[file.fileno()], stderr=subprocess.DEVNULL
        )
    until = time.monotonic() + 60
    while acks.stat().st_size == size and daemon.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(lasting)
    daemon.send_signal(end)
    daemon.wait()


def _acknowledged(acks: Path) -> tuple[set[tuple[int, ...]], set[tuple[str, ...]]]:
    checks, gaps = set(), set()
    for line in acks.read_text().rpartition("\n")[0].splitlines():
        kind, *rest = line.split()
        if kind == "c":
            checks.add(tuple(map(int, rest)))
        else:
            gaps.add(tuple(rest))
    return checks, gaps


def judge_daemon(config: Path, acks: Path, issued: Papers) -> Found:
    """Hold the database against the daemon's acknowledgements: none lost, none twice, no silence bare."""
    database, found = database_of(config), Found()
    examine(database)
    checks, gaps = _acknowledged(acks)
    store = open_store(database)
    now = papers(store)
    found.statements = sum(now.get(number) != paper for number, paper in issued.items())
    with closing(connect(database, readonly=True)) as connection:
        rows = connection.execute("SELECT lane, epoch, slot, attempt FROM log").fetchall()
        kept = connection.execute(
            "SELECT lane, epoch, start, end, r.name FROM gap JOIN reason r ON r.id = reason"
        ).fetchall()
        (conflicts,) = connection.execute("SELECT count(*) FROM conflict").fetchone()
        down = connection.execute(
            "SELECT count(*) FROM log JOIN lane ON lane.id = lane WHERE state = 2 AND endpoint LIKE 'crash-%'"
        ).fetchone()[0]
    found.lost = len(checks - set(rows)) + len(gaps - {tuple(map(str, row)) for row in kept})
    found.doubled = len(rows) - len(set(rows)) + conflicts
    found.unexplained = _bare_silences(database)
    if down:
        found.wrong.append(f"{down} checks are down, and the target was not")
    return found


def _bare_silences(database: Path) -> int:
    """Silences over one and a half intervals that are neither unknown nor told why."""
    bare = 0
    with open_store(database).snapshot() as snapshot:
        lanes = [lane.id for lane in snapshot.lanes() if lane.endpoint.startswith("crash-")]
        for lane in lanes:
            instants = [check.at for check in snapshot.checks(lane, Span(0, 1 << 50))]
            if not instants:
                continue
            segments = snapshot.segments([lane], Span(instants[0], instants[-1] + 1))[lane]
            unknown = [each for each in segments if each.state is State.UNKNOWN]
            for before, after in pairwise(instants):
                if after - before > 4 * INTERVAL:
                    bare += not _is_unknown(unknown, before + 2 * INTERVAL, after - INTERVAL)
            bare += sum(each.reason is Reason.OK for each in unknown)
    return bare


def _is_unknown(unknown: list[Segment], start: Ms, end: Ms) -> bool:
    """Whether all of the silence but its edges is unknown."""
    inside = sum(max(0, min(each.end, end) - max(each.start, start)) for each in unknown)
    return inside >= end - start - INTERVAL

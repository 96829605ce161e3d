"""Faults of the process and its machine: stopped, killed, starved, blocked, or short of something."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from monitor.core.checks import Reason
from tests.simulation.real.fault import Begin, Fault, Kind, last, once, until
from tests.simulation.real.life import Life, Settings
from tests.simulation.real.place import await_true, cgroup, lacks_cgroup

STALLS = frozenset({Reason.MONITOR_STALL, Reason.MONITOR_PAUSED})
AWAY = frozenset({Reason.NOT_RUNNING})
SHORT = frozenset({Reason.OWN_RESOURCE})
FILES = resource.RLIMIT_NOFILE

stopped = until(lambda life: life.signal(signal.SIGSTOP), lambda life: life.signal(signal.SIGCONT))


@contextmanager
def stopped_in_flight(life: Life) -> Iterator[None]:
    """Stopped while targets have been asked and have not answered."""
    with slow(0.6)(life):
        met = life.servers.tell("met", "web")
        while life.servers.tell("met", "web") == met:
            last(0.02)
        with stopped(life):
            yield


def by_turns(stop: float, go: float, times: int) -> Begin:
    """Stopped again and again."""

    def do(life: Life) -> None:
        for _ in range(times):
            life.signal(signal.SIGSTOP)
            last(stop)
            life.signal(signal.SIGCONT)
            last(go)

    return once(do)


def ordered(text: str) -> Begin:
    return once(lambda life: life.order(text))


def raising(*names: str) -> Begin:
    return once(lambda life: [life.order(f"raise {name}") for name in names])


@contextmanager
def starved(life: Life) -> Iterator[None]:
    """A twentieth of a processor."""
    root = cgroup()
    assert root is not None
    group = root / f"makegood-{life.process.pid}"
    group.mkdir()
    try:
        if (group / "cpu.max").exists():
            (group / "cpu.max").write_text("5000 100000")
        else:
            (group / "cpu.cfs_period_us").write_text("100000")
            (group / "cpu.cfs_quota_us").write_text("5000")
        (group / "cgroup.procs").write_text(str(life.process.pid))
        yield
    finally:
        (root / "cgroup.procs").write_text(str(life.process.pid))
        last(0.2)
        group.rmdir()


def beside(count: int, program: str) -> Begin:
    """So many processes beside it."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        code = program.replace("CONFIG", repr(str(life.config))).replace("PYTHON", repr(sys.executable))
        busy = [subprocess.Popen([sys.executable, "-c", code], cwd=life.folder) for _ in range(count)]
        try:
            yield
        finally:
            for each in busy:
                each.kill()
                each.wait()

    return begin


BUSY = "while True: pass"
READS = (
    "import subprocess\n"
    "while True: subprocess.run([PYTHON, '-m', 'monitor', '--config', CONFIG, 'status'], capture_output=True)"
)
LARGE = "while True: x = bytearray(200_000_000); del x"


def hanging_readers(count: int, says: bytes) -> Begin:
    """So many who connect to the daemon, say a part of something, and read nothing."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        with ExitStack() as stack:
            for _ in range(count):
                with suppress(OSError):
                    connection = socket.create_connection(("127.0.0.1", life.port), timeout=5)
                    stack.enter_context(connection)
                    connection.sendall(says)
            yield

    return begin


@contextmanager
def restarted(life: Life) -> Iterator[None]:
    life.stop()
    yield
    life.start()


@contextmanager
def killed(life: Life) -> Iterator[None]:
    life.kill()
    yield
    life.start()


def slow(seconds: float) -> Begin:
    """Targets that stumble, and then take so long that the next slot comes due meanwhile."""
    names = ("web", "www", "secure")
    return until(
        lambda life: [life.target(name, "slow", seconds) for name in names],
        lambda life: [life.target(name, "serve") for name in names],
    )


stumbling = until(lambda life: life.target("web", "stumbles"), lambda life: life.target("web", "serve"))


def reloaded(**changes: str) -> Begin:
    """The file says something else meanwhile."""

    def do(life: Life) -> None:
        life.changes = dict(changes)
        life.reload()

    def undo(life: Life) -> None:
        life.changes = {}
        life.reload()

    return until(do, undo)


def reloads(count: int) -> Begin:
    """Told to read its file, again and again."""

    def do(life: Life) -> None:
        for _ in range(count):
            life.reload()
            last(0.1)

    return once(do)


def holes(way: str) -> Begin:
    """Dozens of targets are gone at once, for real."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        with life.out("hole", way, tuple(f"hole{number}" for number in range(life.settings.holes))):
            yield

    return begin


def short_of(what: int, more: int) -> Begin:
    """No more of this than it has, and so many."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        with life.limited(what, _has(life.process.pid, what) + more):
            yield

    return begin


def _has(pid: int, what: int) -> int:
    if what == FILES:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


@contextmanager
def talkative(life: Life) -> Iterator[None]:
    """The daemon has much to say: its file is wrong in many places, and it reads it again and again."""
    life.config.write_text("[monitor]\n" + "".join(f"wrong{number} = 1\n" for number in range(300)))
    over = threading.Event()

    def tell() -> None:
        while not over.wait(0.2):
            life.signal(signal.SIGHUP)

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    try:
        yield
    finally:
        over.set()
        telling.join()
        life.write()


@contextmanager
def log_unread(life: Life) -> Iterator[None]:
    """The log goes into a pipe that nobody reads, and fills."""
    read, write = os.pipe()
    life.stop()
    life.start(log=write)
    life.await_well(life.loop.time())
    with talkative(life):
        await_true("the pipe is full", lambda: not select.select([], [write], [], 0)[1])
        yield
    os.close(write)
    draining = threading.Thread(target=_drain, args=(read,), daemon=True)
    draining.start()
    life.await_well(life.loop.time())
    life.stop()
    draining.join()
    life.start()


def _drain(read: int) -> None:
    with os.fdopen(read, "rb") as pipe:
        while pipe.read(65_536):
            pass


def log_gone(path: str) -> Begin:
    """The log cannot be written at all: a full device, or a pipe whose reader is gone."""

    @contextmanager
    def begin(life: Life) -> Iterator[None]:
        life.stop()
        if path:
            with Path(path).open("wb") as file:
                life.start(log=file)
        else:
            read, write = os.pipe()
            life.start(log=write)
            os.close(write)
            os.close(read)
        life.await_well(life.loop.time())
        with talkative(life):
            yield
        life.stop()
        life.start()

    return begin


KINDS = (
    Kind(
        "loop blocked",
        "F56",
        [Fault(f"for {s} s", 1, ordered(f"block {s}")) for s in (0.05, 0.6, 3, 12)],
        STALLS,
        settings=Settings(inside=True),
    ),
    Kind(
        "stopped in flight",
        "F57",
        [Fault(f"for {s} s", s, stopped_in_flight) for s in (1.5, 3, 3, 3, 6, 6, 6, 10)],
        STALLS,
        certain=True,
    ),
    Kind("stopped", "F53", [Fault(f"for {s} s", s, stopped) for s in (4, 8, 16)], STALLS, certain=True),
    Kind(
        "a twentieth of a processor",
        "F58",
        [Fault(f"for {s} s", s, starved) for s in (5, 10, 15)],
        STALLS | SHORT,
        lacks=lacks_cgroup,
    ),
    Kind(
        "pauses for memory",
        "F59",
        [
            Fault("a million objects", 1, ordered("collect 1000000")),
            Fault("three million objects", 1, ordered("collect 3000000")),
            Fault("a million, three times", 1, once(lambda life: [life.order("collect 1000000")] * 3)),
            Fault("0.7 s of each 2.5 s", 1, by_turns(0.7, 1.8, 4)),
        ],
        STALLS,
        settings=Settings(inside=True),
    ),
    Kind(
        "a busy machine",
        "F60",
        [
            Fault("four busy processes", 6, beside(4, BUSY)),
            Fault("readers of the same database", 6, beside(2, READS)),
            Fault("memory taken and given back", 6, beside(2, LARGE)),
        ],
        STALLS,
    ),
    Kind(
        "slow readers",
        "F61",
        [
            Fault("a hundred say nothing", 5, hanging_readers(100, b"")),
            Fault("a hundred say half a line", 5, hanging_readers(100, b"GET /met")),
            Fault(
                "a hundred do not read", 5, hanging_readers(100, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            ),
        ],
        STALLS | SHORT,
        settings=Settings(metrics=True),
    ),
    Kind(
        "probe raises",
        "F62",
        [
            Fault("errors of Python", 2, raising("RuntimeError", "KeyError")),
            Fault("recursion and memory", 2, raising("RecursionError", "MemoryError")),
            Fault("cancelled by nobody", 2, raising("CancelledError", "UnicodeError")),
        ],
        STALLS | SHORT | {Reason.PROBER_BUG},
        settings=Settings(inside=True),
    ),
    Kind(
        "probe hangs",
        "F63",
        [Fault(f"for {s} s", s, ordered(f"stay {s}")) for s in (3, 8, 20)],
        STALLS | SHORT | {Reason.PROBER_BUG},
        settings=Settings(inside=True),
    ),
    Kind(
        "overlap",
        "F64",
        [
            Fault("answers after 0.8 s", 8, slow(0.8)),
            Fault("every third connection is reset", 8, stumbling),
            Fault("answers after 0.85 s", 8, slow(0.85)),
        ],
        STALLS,
    ),
    Kind(
        "restart",
        "F65",
        [Fault(f"for {s} s, with 150 endpoints", s, restarted) for s in (0, 2, 6)],
        AWAY,
        certain=True,
        settings=Settings(many=150),
    ),
    Kind(
        "killed",
        "F65",
        [Fault(f"for {s} s", s, killed) for s in (0, 0.5, 2, 6)],
        AWAY,
        certain=True,
    ),
    Kind(
        "reload",
        "F66",
        [
            Fault("other intervals", 7, reloaded(web="3s", port="5s")),
            Fault("an endpoint is gone", 7, reloaded(www="gone")),
            Fault("forty in a row", 1, reloads(40)),
        ],
        frozenset({Reason.OVERLAP}),
    ),
    Kind(
        "many targets gone",
        "F67",
        [Fault(way, 16, holes(way)) for way in ("silent", "closed", "silent")],
        SHORT,
        settings=Settings(holes=60),
    ),
    Kind(
        "descriptors",
        "F68",
        [Fault(f"{n} more than there are", 8, short_of(FILES, n)) for n in (0, 1, 2)],
        SHORT,
        certain=True,
    ),
    Kind(
        "memory",
        "F68",
        [Fault(f"{n} MB more than there are", 8, short_of(resource.RLIMIT_AS, n << 20)) for n in (0, 1, 4)],
        SHORT | AWAY,
    ),
    Kind(
        "log",
        "F69",
        [
            Fault("unread", 6, log_unread),
            Fault("to a full device", 6, log_gone("/dev/full")),
            Fault("to nobody", 6, log_gone("")),
        ],
        STALLS | AWAY,
    ),
)

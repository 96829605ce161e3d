"""One life of the real daemon: a process, a database, targets that are served, and what is done to them.

All times are seconds of the machine's monotonic clock, shifted so that a life begins at BEGINNING.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import trustme

from monitor.config import load_plan
from monitor.config.endpoint import Endpoint
from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import Span
from monitor.store import open_store
from monitor.store.sqlite import connect
from tests.simulation.loop import BEGINNING, START, SimulatedClock
from tests.simulation.real.place import FAKETIME, PORTAL, Place, await_true
from tests.simulation.real.targets import GENUINE
from tests.simulation.world import Outage

ROOT = Path(__file__).resolve().parents[3]
ALWAYS = Span(0, 2**50)
INTERVAL = 2.0
PORTS = {"http": 8080, "https": 8443, "tcp": 8025}


@dataclass(frozen=True, slots=True)
class Settings:
    """How a life is set up.

    `clock` puts libfaketime before the daemon, `inside` the door of inside.py; `many` and `holes` are how
    many more endpoints there are, at a target of their own; `named` asks by name.
    """

    sentinels: bool = False
    clock: bool = False
    inside: bool = False
    many: int = 0
    holes: int = 0
    named: bool = False
    metrics: bool = False
    timezone: str | None = None


class Time:
    """The machine's monotonic clock as a loop's, for whoever asks a loop for the time."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def time(self) -> float:
        return BEGINNING + time.monotonic() - self._began


class Servers:
    """The process in which targets are served."""

    def __init__(self, place: Place) -> None:
        self._process = subprocess.Popen(
            [*place.world, sys.executable, "-m", "tests.simulation.real.targets"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, *words: object) -> Any:
        """Say something, and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, dict):
            raise RuntimeError(  # noqa: TRY004 - it is what the other process said
                f"{words}: {answer['error']}"
            )
        return answer

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()


@dataclass
class Life:
    """A daemon over one database, from its start to its end."""

    place: Place
    settings: Settings
    config: Path = field(init=False)
    acked: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    held_up: list[tuple[float, float]] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loop = Time()
        now = time.time()
        self.clock = SimulatedClock(self.loop, offset=now - START / 1_000)  # type: ignore[arg-type]
        self.clock._since = BEGINNING
        self.folder = self.place.folder
        self.config = self.folder / "makegood.toml"
        self.database = self.place.disk / "life.db"
        self.orders = self.folder / "orders"
        self.orders.mkdir()
        self._ordered = 0
        self.servers = Servers(self.place)
        self.urls: dict[str, str] = {}
        self.ways: dict[str, str] = {}
        self._serve()
        self.ahead = 0.0
        self._tell_clock("+0")
        self.write()
        self.endpoints: Mapping[str, Endpoint] = load_plan(self.config, environ={}).endpoints
        self._over = threading.Event()
        self._witness = threading.Thread(target=self._watch_machine, daemon=True)
        self._witness.start()

    # -- targets and what the daemon is told of them

    def _serve(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.folder / "ca.pem")
        names = [*set(self.place.targets), *set(self.place.sentinels), "secure.example", "www.example"]
        certificate = authority.issue_cert(*names, *(f"s{n}.example" for n in range(3)))
        for blob in (certificate.private_key_pem, *certificate.cert_chain_pems):
            blob.write_to_path(self.folder / "own.pem", append=True)
        kinds = {"web": "http", "www": "http", "port": "tcp", "secure": "https"}
        if self.settings.many:
            kinds["crowd"] = "tcp"
        if self.settings.holes:
            kinds["hole"] = "http"
        hosts = dict(zip(kinds, self.place.targets, strict=False))
        if self.settings.sentinels:
            kinds |= {"s0": "http", "s1": "https", "s2": "https"}
            hosts |= dict(zip(("s0", "s1", "s2"), self.place.sentinels, strict=True))
        for name, kind in kinds.items():
            self._listen(name, kind, hosts[name])
        if self.settings.named:
            self._name(hosts)
        if self.place.sentinels[0] != "127.0.0.1":
            self.servers.tell("listen", "portal", "0.0.0.0", PORTAL[8080], None)
            pem = self.folder / "other.pem"
            other = trustme.CA().issue_cert("portal.invalid")
            for blob in (other.private_key_pem, *other.cert_chain_pems):
                blob.write_to_path(pem, append=True)
            self.servers.tell("listen", "portal_tls", "0.0.0.0", PORTAL[8443], str(pem))

    def _listen(self, name: str, kind: str, host: str) -> None:
        pem = str(self.folder / "own.pem") if kind == "https" else None
        own = host != "127.0.0.1"
        port = self.servers.tell("listen", name, host, PORTS[kind] if own else 0, pem)
        self.urls[name] = f"tcp:{host}:{port}" if kind == "tcp" else f"{kind}://{host}:{port}/"

    def _name(self, hosts: Mapping[str, str]) -> None:
        zone = {f"{name}.example": [host] for name, host in hosts.items()}
        for index, name in enumerate(hosts):
            if name in ("web", "www"):
                zone[f"{name}.example"].append(f"fd99:1::{index + 1}")
                self.servers.tell("listen", f"{name}6", f"fd99:1::{index + 1}", PORTS["http"], None)
        self.servers.tell("names", "10.99.0.1", zone)
        for name, host in hosts.items():
            self.urls[name] = self.urls[name].replace(host, f"{name}.example")

    def write(self) -> None:
        """Write the configuration, with `changes` by name of an endpoint: an interval, "gone", or a name."""
        out = ["[monitor]", f'database = "{self.database}"']
        if self.settings.metrics:
            out += ["[listen]", f'metrics = "127.0.0.1:{self.port}"']
        out += ["[defaults]", 'interval = "2s"', 'timeout = "1s"']
        out += ['confirm = { failures = 2, of = 3, pause = "200ms" }']
        for name, url in self.urls.items():
            if name == "crowd":
                for number in range(self.settings.many):
                    out += [*_table(f"crowd{number}", url), 'interval = "5s"']
            elif name == "hole":
                for number in range(self.settings.holes):
                    out += [*_table(f"hole{number}", url), 'interval = "5s"']
            elif name in ("s0", "s1", "s2"):
                out += [*_table(name, url, "sentinel"), 'interval = "3s"', 'timeout = "1s"']
                out += [f'expect = {{ contains = "{GENUINE}" }}']
            else:
                out += self._endpoint(name, url)
        self.config.write_text("\n".join(out) + "\n")

    def _endpoint(self, name: str, url: str) -> list[str]:
        change = self.changes.get(name, "")
        if change == "gone":
            return []
        lines = _table(name, url)
        return [*lines, f'interval = "{change}"'] if change else lines

    @property
    def port(self) -> int:
        """A port of loopback for the daemon itself."""
        return 20_000 + os.getpid() % 20_000

    def target(self, name: str, way: str, value: object = "") -> None:
        """Let a target be served in another way."""
        self.servers.tell("way", name, way, str(value))

    @contextmanager
    def out(self, name: str, way: str, ids: tuple[str, ...] = ()) -> Iterator[None]:
        """A real outage: the target does not serve meanwhile."""
        start = self.loop.time()
        self.target(name, way)
        try:
            yield
        finally:
            self.target(name, "serve")
            end = self.loop.time()
            self.outages += [Outage(each, start, end, way) for each in ids or (name,)]

    # -- the clock

    def _tell_clock(self, text: str) -> None:
        """What libfaketime makes of the machine's clock from now on."""
        fresh = self.folder / "clock.new"
        fresh.write_text(text + "\n")
        fresh.rename(self.folder / "clock")

    def step(self, seconds: float) -> None:
        """Set the clock by so many seconds."""
        self.clock.set(seconds)
        self.ahead += seconds
        self._tell_clock(f"{self.ahead:+.3f}")

    def right(self) -> None:
        """Set the clock right."""
        self.step(-self.ahead)

    def to(self, instant: datetime) -> None:
        """Set the clock to an instant."""
        self.step(instant.timestamp() - time.time() - self.ahead)

    def drift(self, rate: float) -> None:
        """Let the clock gain so many seconds a second, as if it had since the process began."""
        self.clock.set(rate * (self.loop.time() - self.started))
        self.clock.slew(rate)
        self._tell_clock(f"{self.ahead:+.3f} x{1 + rate:.6f}")

    def steady(self) -> None:
        """End a drift: the clock is where it would be without."""
        gained = rate_gain(self.clock, self.loop.time(), self.started)
        self.clock.slew(0.0)
        self.clock.set(-gained)
        self._tell_clock(f"{self.ahead:+.3f}")

    # -- the process

    def start(self, *, log: IO[bytes] | int | None = None) -> None:
        """Start the daemon."""
        self.started = self.loop.time()
        read, write = os.pipe()
        module = "tests.simulation.real.inside" if self.settings.inside else "monitor"
        command = [sys.executable, "-m", module, "--config", str(self.config), "run", "--ack-fd", str(write)]
        with (self.folder / "log").open("ab") as file:
            self.process = subprocess.Popen(
                [*self.place.monitor, *command],
                cwd=ROOT,
                pass_fds=[write],
                stderr=file if log is None else log,
                env=self._environment(),
            )
        os.close(write)
        threading.Thread(target=self._hear, args=(read,), daemon=True).start()

    def _environment(self) -> dict[str, str]:
        out = {**os.environ, "SSL_CERT_FILE": str(self.folder / "ca.pem"), "ORDERS": str(self.orders)}
        out["PYTHONPATH"] = str(ROOT)
        if self.settings.timezone is not None:
            out["TZ"] = self.settings.timezone
        if self.settings.clock:
            out |= {
                "LD_PRELOAD": str(FAKETIME[0]),
                "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        return out

    def _hear(self, read: int) -> None:
        """Note when each record was acknowledged; ends with the process."""
        with os.fdopen(read) as lines:
            for line in lines:
                kind, *rest = line.split()
                if kind == "c":
                    self.acked.append((self.loop.time(), tuple(map(int, rest))))

    def _watch_machine(self) -> None:
        """Note when the machine itself stood still: then nothing that is late is the daemon's doing."""
        last = self.loop.time()
        while not self._over.wait(0.05):
            now = self.loop.time()
            if now - last > 0.3:
                self.held_up.append((last, now))
            last = now

    def signal(self, number: signal.Signals) -> None:
        """Send the daemon a signal."""
        self.process.send_signal(number)

    def order(self, text: str) -> None:
        """Have a probe carry this out, and return once it began."""
        self._ordered += 1
        file = self.orders / f"{self._ordered:06} {text}"
        file.touch()
        await_true(f"a probe took the order {text!r}", lambda: not file.exists())

    @contextmanager
    def limited(self, what: int, least: int) -> Iterator[None]:
        """The daemon may have no more than this of a resource."""
        before = resource.prlimit(self.process.pid, what)
        resource.prlimit(self.process.pid, what, (least, before[1]))
        try:
            yield
        finally:
            if self.process.poll() is None:
                resource.prlimit(self.process.pid, what, before)

    def stop(self) -> int:
        """End the daemon in good order; the code that it ended with."""
        self.signal(signal.SIGTERM)
        return self.process.wait(120)

    def kill(self) -> None:
        """End the daemon without a word."""
        self.process.kill()
        self.process.wait()

    def revive(self) -> bool:
        """What a supervisor does: start the daemon where it is gone. Whether it was."""
        gone = self.process.poll() is not None
        if gone:
            self.start()
        return gone

    def reload(self) -> None:
        """Have the configuration read again, as it should be now."""
        self.write()
        self.signal(signal.SIGHUP)

    # -- what it recorded

    def lanes(self) -> dict[str, int]:
        with open_store(self.database).snapshot() as snapshot:
            return {lane.endpoint: lane.id for lane in snapshot.lanes()}

    def lives(self) -> dict[str, tuple[Span, ...]]:
        """When each endpoint existed."""
        with open_store(self.database).snapshot() as snapshot:
            return {lane.endpoint: lane.life for lane in snapshot.lanes()}

    def checks(self, lane: int) -> list[Check]:
        with open_store(self.database).snapshot() as snapshot:
            return list(snapshot.checks(lane, ALWAYS))

    def gaps(self) -> list[Gap]:
        rows = "SELECT lane, epoch, start, end, name FROM gap JOIN reason ON reason.id = gap.reason"
        with closing(connect(self.database, readonly=True)) as database:
            return [
                Gap(lane, epoch, Span(start, end), Reason(name))
                for lane, epoch, start, end, name in database.execute(rows)
            ]

    def conflicts(self) -> int:
        """How many checks came again with other content."""
        with closing(connect(self.database, readonly=True)) as database:
            return int(database.execute("SELECT count(*) FROM conflict").fetchone()[0])

    # -- waiting

    def await_well(self, since: float) -> float:
        """Wait until each endpoint was found up in two slots acknowledged since; when that was."""
        await_true("probing is well again", lambda: self._is_well(since), 180)
        return self.loop.time()

    def _is_well(self, since: float) -> bool:
        slots: dict[int, set[tuple[int, ...]]] = {}
        for when, key in tuple(self.acked):
            if when > since:
                slots.setdefault(key[0], set()).add(key)
        if not slots:
            return False
        lanes = self.lanes()
        wanted = [lanes.get(name) for name in self.endpoints]
        if any(lane is None or len({key[:3] for key in slots.get(lane, ())}) < 2 for lane in wanted):
            return False
        return all(self._last_are_up(lane, slots[lane]) for lane in wanted if lane is not None)

    def _last_are_up(self, lane: int, keys: set[tuple[int, ...]]) -> bool:
        found = [check for check in self.checks(lane) if check.key in keys]
        slots = {check.key[:3]: check.state for check in found}
        return [slots[each] for each in sorted(slots)[-2:]] == [State.UP, State.UP]

    def await_down(self, name: str, since: float) -> None:
        """Wait until this endpoint's last slot was found down."""
        lane = self.lanes()[name]

        def down() -> bool:
            keys = {key for when, key in tuple(self.acked) if when > since and key[0] == lane}
            found = [check for check in self.checks(lane) if check.key in keys]
            return any(check.state is State.DOWN for check in found)

        await_true(f"{name} is found down", down)

    def close(self) -> None:
        """End everything."""
        if hasattr(self, "process") and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        self._over.set()
        self._witness.join()
        self.servers.close()


def rate_gain(clock: SimulatedClock, now: float, since: float) -> float:
    """What a drift made of the time since then."""
    return clock.rate * (now - since)


def _table(name: str, url: str, what: str = "endpoint") -> list[str]:
    where = f'tcp = "{url.removeprefix("tcp:")}"' if url.startswith("tcp:") else f'url = "{url}"'
    return [f"[{what}.{name}]", where]

"""Real input: nginx with three virtual hosts, probed every second while one is stopped twice, once in a window.

    python benchmarks/real_input.py [--seconds 300]

Needs nginx. Keeps its own log of stops and starts and holds the daemon's outages and the statement against it.
Exits 1 when an edge is off by more than one interval or the downtime by more than the printed sampling error.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.config import load_plan
from monitor.statements.build import statement
from monitor.store import open_store

HOSTS = ("shop", "api", "cdn")
INTERVAL_MS = 1_000

NGINX = """\
daemon off; master_process on; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{ access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
{servers} }}
"""
SERVER = 'server {{ listen 127.0.0.1:{port}; server_name {name}.test; location / {{ return 200 "{name} is here"; }} }}'

CONFIG = """\
[monitor]
database = "real.db"
[issuer]
name = "Real Input Ltd"
{endpoints}
[customer.acme]
name = "ACME GmbH"
timezone = "UTC"
currency = "EUR"
[sla.gold]
commitment = "99.9%"
exclude = [{{ what = "scheduled maintenance", notice = "none" }}]
credits = {{ "< 99.9%" = "10%", "< 99.0%" = "25%" }}
[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "gold"
monthly_fee = "1200.00"
from = {today}
"""
ENDPOINT = """
[endpoint.{name}]
url = "http://127.0.0.1:{port}/"
interval = "1s"
timeout = "900ms"
headers = {{ Host = "{name}.test" }}
expect = {{ contains = "{name} is here" }}
confirm = {{ failures = 2, of = 2, pause = "50ms" }}
[service.{name}]
up_when = "{name}"
"""


def now() -> int:
    return time.time_ns() // 1_000_000


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Nginx:
    """One nginx whose virtual hosts can be taken away by a reload, with a log of when that was."""

    def __init__(self, root: Path, ports: dict[str, int]) -> None:
        self.root, self.ports = root, ports
        self._write(HOSTS)
        binary = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([binary, "-c", str(root / "nginx.conf"), "-p", str(root)])
        self._wait("shop", True)

    def _write(self, hosts: tuple[str, ...]) -> None:
        servers = "\n".join(SERVER.format(name=name, port=self.ports[name]) for name in hosts)
        (self.root / "nginx.conf").write_text(NGINX.format(root=self.root, servers=servers))

    def _wait(self, name: str, answers: bool) -> int:
        for _ in range(400):
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if (probe.connect_ex(("127.0.0.1", self.ports[name])) == 0) is answers:
                    return now()
            time.sleep(0.01)
        raise SystemExit(f"nginx did not {'open' if answers else 'close'} {name}")

    def set(self, name: str, up: bool) -> int:
        """Open or close one virtual host; the instant at which that was seen to be true."""
        self._write(HOSTS if up else tuple(host for host in HOSTS if host != name))
        self.process.send_signal(signal.SIGHUP)
        return self._wait(name, up)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    seconds = parser.parse_args().seconds
    root = Path(tempfile.mkdtemp(prefix="makegood-real-"))
    ports = dict(zip(HOSTS, free_ports(3), strict=True))
    config = root / "makegood.toml"
    endpoints = "".join(ENDPOINT.format(name=name, port=port) for name, port in ports.items())
    config.write_text(
        CONFIG.format(endpoints=endpoints, today=(datetime.now(UTC) - timedelta(days=1)).date())
    )
    makegood = [sys.executable, "-m", "monitor", "--config", str(config)]
    nginx = Nginx(root, ports)
    daemon = subprocess.Popen([*makegood, "run"])
    truth: list[tuple[int, int]] = []
    try:
        began = time.monotonic()
        marks = [seconds * share for share in (0.2, 0.33, 0.5, 0.55, 0.63, 0.85)]
        window: tuple[int, int] = (0, 0)
        for place, mark in enumerate(marks):
            time.sleep(max(0.0, began + mark - time.monotonic()))
            if place in (0, 3):
                truth.append((nginx.set("shop", up=False), 0))
            elif place in (1, 4):
                truth[-1] = (truth[-1][0], nginx.set("shop", up=True))
            elif place == 2:
                window = (now() + 2_000, now() + 2_000 + int(seconds * 150))
                subprocess.run(
                    [*makegood, "maintenance", "add", "shop", "--id", "real-window",
                     "--start", iso(window[0]), "--end", iso(window[1]), "--title", "Real window"],
                    check=True,
                )  # fmt: skip
        time.sleep(max(0.0, began + seconds - time.monotonic()))
    finally:
        daemon.send_signal(signal.SIGTERM)
        stopping = time.monotonic()
        daemon.wait(20)
        stopped = time.monotonic() - stopping
        nginx.stop()
    return judge(config, truth, window, stopped, root)


def judge(
    config: Path, truth: list[tuple[int, int]], window: tuple[int, int], stopped: float, root: Path
) -> int:
    plan = load_plan(config, environ=os.environ)
    with open_store(plan.settings.database).snapshot() as snapshot:
        at = now()
        paper = statement(plan, snapshot, "acme", datetime.now(UTC).strftime("%Y-%m"), at)
    (section,) = paper.sections
    worst, failed = 0, len(section.outages) != len(truth)
    for line, (start, end) in zip(section.outages, truth, strict=False):
        off = (line.span.start - start, line.span.end - end)
        worst = max(worst, *map(abs, off))
        print(f"{line.letter}: {line.reason}, {line.duration} ms; start {off[0]:+d} ms, end {off[1]:+d} ms "
              f"from the log; printed error {line.error} ms; counted {line.counted} ms")  # fmt: skip
    true = sum(end - start for start, end in truth)
    inside = sum(max(0, min(end, window[1]) - max(start, window[0])) for start, end in truth)
    error = sum(abs(part or 0) for line in section.outages for part in line.error)
    off_total = section.counted - (true - inside)
    print(f"true downtime {true} ms, of it in the window {inside} ms; statement counts {section.counted} ms "
          f"({off_total:+d} ms), excuses {section.excused} ms; printed sampling error {error} ms")  # fmt: skip
    print(f"availability {section.availability}, met {section.met}, credit {section.credit}")
    print(f"daemon stopped in {stopped:.2f} s; worst edge {worst} ms of {INTERVAL_MS} ms; files in {root}")
    return int(failed or worst > INTERVAL_MS or abs(off_total) > error or stopped > 5)


if __name__ == "__main__":
    sys.exit(main())

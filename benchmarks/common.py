"""What the benchmarks share: an nginx on loopback, configurations, the makegood beside this Python, what a process costs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

MAKEGOOD = str(Path(sys.executable).parent / "makegood")
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """\
daemon off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
server {{ listen 127.0.0.1:{port}; {secure} location / {{ return 200 "here"; }} }} }}
"""
SECURE = "listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"

ENDPOINT = """\
[endpoint.e{n}]
url = "{scheme}://127.0.0.1:{port}/{n}"
interval = "{interval}"
timeout = "{timeout}"
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start_nginx(root: Path, port: int, secure: str = "") -> subprocess.Popen[bytes]:
    """An nginx that answers 200 on `port`, and where a filled-in SECURE says; ended by `stop`."""
    (root / "nginx.conf").write_text(NGINX.format(root=root, port=port, secure=secure))
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([binary, "-c", str(root / "nginx.conf"), "-p", str(root)])
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.01)
    raise SystemExit("nginx did not start")


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> float:
    """Send the signal to this process; seconds until it had ended."""
    began = time.monotonic()
    process.send_signal(number)
    process.wait(30)
    return time.monotonic() - began


def write_config(
    root: Path, port: int, endpoints: int, interval: str, timeout: str, scheme: str = "http"
) -> Path:
    """A configuration that probes `endpoints` pages of one server."""
    path = root / "makegood.toml"
    values = {"scheme": scheme, "port": port, "interval": interval, "timeout": timeout}
    parts = [ENDPOINT.format(n=n, **values) for n in range(endpoints)]
    path.write_text('[monitor]\ndatabase = "bench.db"\n' + "".join(parts))
    return path


def start_makegood(
    config: Path, environ: Mapping[str, str] | None = None, before: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """`makegood run`, once its first check is on disk. `before` is what stands in front of the command."""
    log = config.with_name("makegood.log")
    with log.open("wb") as errors:
        command = [*before, MAKEGOOD, "--config", str(config), "run"]
        daemon = subprocess.Popen(command, stderr=errors, env=environ)
    database = config.with_name("bench.db")
    for _ in range(1_200):
        if daemon.poll() is not None:
            break
        if checks_in(database):
            return daemon
        time.sleep(0.05)
    if daemon.poll() is None:
        stop(daemon)
    raise SystemExit(f"makegood did not begin to probe; it said:\n{log.read_text()}")


def checks_in(database: Path) -> int:
    """How many checks a database holds; 0 where there is none yet."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM log").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def cpu_of(processes: Iterable[subprocess.Popen[bytes]]) -> float:
    """Seconds of CPU that these processes have used, all their threads included."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident(processes: Iterable[subprocess.Popen[bytes]]) -> float:
    """Bytes of memory that these processes hold (VmRSS)."""
    total = 0
    for process in processes:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return total * 1_024.0

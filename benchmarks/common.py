"""What the benchmarks share: an nginx on loopback, configurations, the makegood beside this Python."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

MAKEGOOD = str(Path(sys.executable).parent / "makegood")

NGINX = """\
daemon off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
server {{ listen 127.0.0.1:{port}; location / {{ return 200 "here"; }} }} }}
"""

ENDPOINT = """\
[endpoint.e{n}]
url = "http://127.0.0.1:{port}/{n}"
interval = "{interval}"
timeout = "{timeout}"
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start_nginx(root: Path, port: int) -> subprocess.Popen[bytes]:
    """An nginx that answers 200 on `port`; ended by `stop`."""
    (root / "nginx.conf").write_text(NGINX.format(root=root, port=port))
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


def write_config(root: Path, port: int, endpoints: int, interval: str, timeout: str) -> Path:
    """A configuration that probes `endpoints` pages of one server."""
    path = root / "makegood.toml"
    parts = [ENDPOINT.format(n=n, port=port, interval=interval, timeout=timeout) for n in range(endpoints)]
    path.write_text('[monitor]\ndatabase = "bench.db"\n' + "".join(parts))
    return path

"""Makegood beside blackbox_exporter and Prometheus: one run, one nginx, everything that each of them does included.

    python benchmarks/peers.py [--runs 3] [--seconds 40] [--warm 15] [--endpoints 1000] [--scheme https]

Each side probes the same pages every 10 s and stores what it finds: `makegood run` with its database, Prometheus
scraping blackbox_exporter into its own. Plain HTTP, then HTTPS with the certificate verified, each side alone on the
machine and the order turned round from run to run. Printed are CPU (user and system, from /proc/PID/stat) per 1,000
probes, resident memory at the end, the median latency that a side measured, and beside it the target's own, which a
bare loop of sockets measures meanwhile. Exits 1 when a probe failed or a target is missed.

Installs Debian's nginx-light, prometheus and prometheus-blackbox-exporter where they are missing, and keeps their
services from running.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import trustme
from common import SECURE, cpu_of, free_port, resident, start_makegood, start_nginx, stop, write_config

from monitor.core.checks import State
from monitor.store.sqlite import connect

PACKAGES = {
    "nginx-light": "nginx",
    "prometheus": "prometheus",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
}
CPU_RATIO = {"http": 0.25, "https": 0.8}
MEMORY_RATIO = 0.4
LATENCY_MORE = 2.0
"""ms by which a measured median may exceed the target's own."""
INTERVAL = 10
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

Processes = Sequence[subprocess.Popen[bytes]]


@dataclass(frozen=True)
class Figures:
    """One window: CPU seconds per 1,000 probes, bytes, and medians in ms; `failed` counts probes."""

    cpu: float
    memory: float
    latency: float
    own: float
    failed: int


@dataclass(frozen=True)
class Target:
    """The server that is asked, and what a side needs to know to ask it."""

    root: Path
    ports: Mapping[str, int]
    environ: Mapping[str, str]

    def own_latency(self, scheme: str, context: ssl.SSLContext, until: float) -> float:
        """The median of a bare loop, in ms, ten times a second until that monotonic time."""
        taken = []
        while time.monotonic() < until:
            began = time.perf_counter()
            plain = socket.create_connection(("127.0.0.1", self.ports[scheme]))
            with (
                context.wrap_socket(plain, server_hostname="127.0.0.1") if scheme == "https" else plain
            ) as asked:
                asked.sendall(REQUEST)
                while b"\r\n\r\n" not in asked.recv(65_536):
                    pass
                taken.append(time.perf_counter() - began)
            time.sleep(0.1)
        return statistics.median(taken) * 1_000


# -- what has to be there


def binary(package: str) -> str | None:
    return shutil.which(PACKAGES[package], path=os.environ.get("PATH", "") + ":/usr/sbin")


def install() -> None:
    """Install what is missing. SystemExit with the command where that takes another user."""
    missing = [package for package in PACKAGES if binary(package) is None]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() or shutil.which("apt-get") is None:
        raise SystemExit(f"missing: {', '.join(missing)}. On Debian, install: sudo {' '.join(command)}")
    print("missing, so installing:", " ".join(command), flush=True)
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for package in missing:
        silence("nginx" if package == "nginx-light" else package)


def silence(service: str) -> None:
    """End the service that a package starts, now and at the next boot."""
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "disable", "--now", service], check=False, capture_output=True)
    else:
        subprocess.run(["service", service, "stop"], check=False, capture_output=True)


# -- the two sides


def makegood(target: Target, scheme: str, options: argparse.Namespace) -> Figures:
    """Makegood over its window."""
    with tempfile.TemporaryDirectory(dir=target.root) as folder:
        config = write_config(
            Path(folder), target.ports[scheme], options.endpoints, f"{INTERVAL}s", "5s", scheme
        )
        daemon = start_makegood(config, target.environ)

        def found(start: float, end: float) -> tuple[list[float], int]:
            with closing(connect(config.with_name("bench.db"))) as connection:
                rows = connection.execute(
                    "SELECT latency, state FROM log WHERE place >> 20 BETWEEN ? AND ?",
                    (start * 1_000, end * 1_000 - 1),
                ).fetchall()
            failed = sum(state != State.UP for _, state in rows)
            return [latency / 10 for latency, _ in rows if latency is not None], failed

        try:
            return measured([daemon], target, scheme, options, found)
        finally:
            stop(daemon)


def peers(target: Target, scheme: str, options: argparse.Namespace) -> Figures:
    """blackbox_exporter and Prometheus over their window."""
    with tempfile.TemporaryDirectory(dir=target.root) as folder:
        root, asked, store = Path(folder), free_port(), free_port()
        pages = [f"{scheme}://127.0.0.1:{target.ports[scheme]}/{n}" for n in range(options.endpoints)]
        processes = start_peers(root, pages, asked, store, target.environ)

        def found(start: float, end: float) -> tuple[list[float], int]:
            def ask(series: str) -> list[float]:
                return samples(store, f"{series}[{round(end - start)}s]", end)

            answers = ask("probe_success")
            return [value * 1_000 for value in ask("probe_duration_seconds")], answers.count(0.0)

        try:
            wait_for(lambda: bool(samples(store, "probe_success", time.time())))
            return measured(processes, target, scheme, options, found)
        finally:
            for process in processes:
                stop(process)


def start_peers(
    root: Path, pages: Sequence[str], asked: int, store: int, environ: Mapping[str, str]
) -> list[subprocess.Popen[bytes]]:
    """Both processes, with their files in `root` (JSON is YAML)."""
    module = {"prober": "http", "timeout": "5s", "http": {"preferred_ip_protocol": "ip4"}}
    (root / "blackbox.yml").write_text(json.dumps({"modules": {"page": module}}))
    labels = [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"source_labels": ["__param_target"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": f"127.0.0.1:{asked}"},
    ]
    job = {
        "job_name": "pages",
        "metrics_path": "/probe",
        "params": {"module": ["page"]},
        "static_configs": [{"targets": list(pages)}],
        "relabel_configs": labels,
    }
    every = {"scrape_interval": f"{INTERVAL}s", "scrape_timeout": "6s"}
    (root / "prometheus.yml").write_text(json.dumps({"global": every, "scrape_configs": [job]}))
    blackbox = [
        *(binary("prometheus-blackbox-exporter"), f"--config.file={root}/blackbox.yml"),
        f"--web.listen-address=127.0.0.1:{asked}",
    ]
    prometheus = [
        *(binary("prometheus"), f"--config.file={root}/prometheus.yml"),
        *(f"--web.listen-address=127.0.0.1:{store}", f"--storage.tsdb.path={root}/tsdb"),
    ]
    with (root / "peers.log").open("wb") as log:
        return [
            subprocess.Popen(command, env=environ, stdout=log, stderr=log)
            for command in (blackbox, prometheus)
        ]


def samples(port: int, query: str, at: float) -> list[float]:
    """All values that Prometheus has for a query; none while it does not answer."""
    text = urllib.parse.urlencode({"query": query, "time": f"{at:.3f}"})
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{text}") as answer:
            series = json.load(answer)["data"]["result"]
    except urllib.error.URLError:
        return []
    return [float(value) for one in series for _, value in one.get("values", [one.get("value")])]


def wait_for(there: Callable[[], bool]) -> None:
    for _ in range(600):
        if there():
            return
        time.sleep(0.1)
    raise SystemExit("the peers did not begin to probe in a minute")


def measured(
    processes: Processes,
    target: Target,
    scheme: str,
    options: argparse.Namespace,
    found: Callable[[float, float], tuple[list[float], int]],
) -> Figures:
    """Warm up, then measure a window; `found` gives latencies in ms and failures between two instants."""
    time.sleep(options.warm)
    context = ssl.create_default_context(cafile=target.environ["SSL_CERT_FILE"])
    spent, start = cpu_of(processes), time.time()
    own = target.own_latency(scheme, context, time.monotonic() + options.seconds)
    spent, end = cpu_of(processes) - spent, time.time()
    memory = resident(processes)
    time.sleep(2.0)  # what was measured is stored
    latencies, failed = found(start, end)
    if len(latencies) < options.endpoints * options.seconds / INTERVAL * 0.9:
        raise SystemExit(f"only {len(latencies):,} probes were found in {options.seconds} s")
    return Figures(spent / len(latencies) * 1_000, memory, statistics.median(latencies), own, failed)


# -- the comparison


def compare(target: Target, scheme: str, options: argparse.Namespace) -> bool:
    """All runs over one scheme, printed; whether every target was met."""
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for run in range(options.runs):
        if run % 2:
            theirs.append(peers(target, scheme, options))
        ours.append(makegood(target, scheme, options))
        if not run % 2:
            theirs.append(peers(target, scheme, options))
    print(f"{scheme.upper()}, {options.runs} runs of {options.seconds} s after {options.warm} s: min – max")
    for name, side in (("Makegood", ours), ("blackbox + Prometheus", theirs)):
        print(f"  {name:22} CPU s per 1,000 probes {least_and_most([one.cpu for one in side], 3)};"
              f" memory {least_and_most([one.memory / 1e6 for one in side], 0)} MB;"
              f" median latency {least_and_most([one.latency for one in side], 2)} ms,"
              f" the target's own {least_and_most([one.own for one in side], 2)} ms;"
              f" failed {sum(one.failed for one in side)}")  # fmt: skip
    pairs = list(zip(ours, theirs, strict=True))
    met = [
        kept("CPU ratio", [us.cpu / them.cpu for us, them in pairs], CPU_RATIO[scheme]),
        kept("memory ratio", [us.memory / them.memory for us, them in pairs], MEMORY_RATIO),
        kept("ms of latency above the target's own", [us.latency - us.own for us in ours], LATENCY_MORE),
    ]
    return all(met) and not any(one.failed for one in (*ours, *theirs))


def least_and_most(values: Sequence[float], digits: int) -> str:
    return f"{min(values):.{digits}f} – {max(values):.{digits}f}"


def kept(name: str, values: Sequence[float], limit: float) -> bool:
    met = max(values) <= limit
    print(
        f"  {name}: {least_and_most(values, 3)}, at most {limit} is wanted: {'met' if met else 'MISSED'}",
        flush=True,
    )
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--warm", type=int, default=15)
    parser.add_argument("--endpoints", type=int, default=1_000)
    parser.add_argument("--scheme", choices=tuple(CPU_RATIO), help="this one alone")
    options = parser.parse_args()
    install()
    with tempfile.TemporaryDirectory(prefix="makegood-peers-") as folder:
        root = Path(folder)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(root / "authority.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(root / "server.pem")
        ports = {"http": free_port(), "https": free_port()}
        pem = root / "server.pem"
        nginx = start_nginx(root, ports["http"], SECURE.format(port=ports["https"], certificate=pem, key=pem))
        target = Target(root, ports, os.environ | {"SSL_CERT_FILE": str(root / "authority.pem")})
        try:
            met = [compare(target, scheme, options) for scheme in ports if options.scheme in (None, scheme)]
        finally:
            stop(nginx)
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())

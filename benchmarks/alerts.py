"""How late probes begin while every receiver of alerts hangs, and how long a year's outbox takes to answer.

    python benchmarks/alerts.py [--runs 2] [--seconds 60] [--endpoints 200] [--down 40] [--alerts 1000000]

`makegood run` probes an nginx on loopback, and pages that nobody serves: each is a service that is down, and an alert. Once
there is nobody to tell; once five webhooks take every message and never answer, so that the companion looks, raises and
tries on all the time. Lateness is a check's start after its planned instant. Then an outbox of a year is written, and asked
what the companion and the KPIs ask. Exits 1 where the 99th percentile of lateness moves by more than 5 ms, where a slot is
missing, or where a question takes more than a second. Needs Debian's nginx.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import free_port, start_makegood, start_nginx, stop, write_config
from lateness import INTERVAL, MOVES, lateness

from monitor.clock import SystemClock
from monitor.core.intervals import DAY, MINUTE, Ms, Span
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import AlertChange, NewAlert, NewLetter

CLOCK = SystemClock()
CHANNELS = 5
DOWN = """
[endpoint.d{n}]
url = "http://127.0.0.1:9/{n}"
interval = "10s"
timeout = "5s"
[service.s{n}]
up_when = "d{n}"
"""
SAID = '[channel.hung-{n}]\nwebhook = "http://127.0.0.1:{port}/"\n'


def take_and_hang(listener: socket.socket, taken: list[socket.socket]) -> None:
    """Take every connection, and never say a word."""
    while True:
        taken.append(listener.accept()[0])


def quantile(late: list[Ms], percent: int) -> Ms:
    return late[min(len(late) - 1, len(late) * percent // 100)]


def measured(config: Path, seconds: int) -> list[Ms]:
    """Lateness within the window, which begins two rounds after the start."""
    process = start_makegood(config)
    try:
        time.sleep(2 * INTERVAL / 1_000)
        since = CLOCK.now()
        time.sleep(seconds)
        until = CLOCK.now() - INTERVAL
    finally:
        stop(process)
    return lateness(config.with_name("bench.db"), since, until)


def one_run(root: Path, port: int, silent: int, options: argparse.Namespace, told: bool) -> list[Ms]:
    root.mkdir()
    config = write_config(root, port, options.endpoints, "10s", "5s")
    with config.open("a") as file:
        file.writelines(DOWN.format(n=n) for n in range(options.down))
        file.writelines(SAID.format(n=n, port=silent) for n in range(CHANNELS * told))
    late = measured(config, options.seconds)
    alerts = open_store(root / "bench.db").alerts
    letters = alerts.letters([each.seq for each in alerts.open()])
    states = sorted({each.state for each in letters})
    print(
        f"  {'every receiver hangs' if told else 'nobody to tell'}: {len(late):,} probes, "
        f"p50 {quantile(late, 50)} ms, p99 {quantile(late, 99)} ms, most {late[-1]} ms; "
        f"{len(alerts.open())} alerts, {len(letters)} letters {states}",
        flush=True,
    )
    return late


def year(store: SqliteStore, count: int, now: Ms) -> None:
    """So many alerts within a year, each with a letter of its beginning; the last ten are open."""
    step, batch = 365 * DAY // count, 10_000
    for first in range(0, count, batch):
        numbers = range(first, min(first + batch, count))
        store.alerts.record([change(n, now - (count - n) * step) for n in numbers])
        store.alerts.record(
            [
                AlertChange(
                    seq=n + 1, acknowledged=(now - (count - n) * step + n % 20 * MINUTE, "ann"), ended=now
                )
                for n in numbers
                if n < count - 10
            ]
        )


def change(n: int, at: Ms) -> AlertChange:
    new = NewAlert(
        "down", "down", f"s{n % 500}/{n}", "page" if n % 3 else "ticket", at, at, f"s{n % 500} is down", f"token-{n}",
        ("timeout",), f"s{n % 500}", f"s{n % 500}/{n}", f"team-{n % 7}",
    )  # fmt: skip
    return AlertChange(new=new, told=at, letters=(NewLetter("raised", f"c{n % 5}", at),))


def questions(path: Path, count: int) -> bool:
    """Whether each is answered within a second."""
    now, store = CLOCK.now(), open_store(path, create=True)
    begun = time.monotonic()
    year(store, count, now)
    print(
        f"  {count:,} alerts written in {time.monotonic() - begun:.0f} s, {path.stat().st_size / 1e6:,.0f} MB"
    )
    for n in range(5):  # all but the last few letters are delivered, as in a year of theirs
        parcel = store.alerts.parcel(f"c{n}", now)
        if parcel is not None:
            store.alerts.delivered(parcel, now, "200")
    whole, month = Span(now - 365 * DAY, now), Span(now - 30 * DAY, now)
    asked = {
        "open": lambda: store.alerts.open(),
        "channels": lambda: store.alerts.channels(),
        "parcel": lambda: store.alerts.parcel("c1", now, (20, 10 * MINUTE)),
        "answered, a year": lambda: store.alerts.answered(whole, 10 * MINUTE),
        "answered, a year, of a team": lambda: store.alerts.answered(whole, 10 * MINUTE, teams=["team-3"]),
        "answered, a month": lambda: store.alerts.answered(month, 10 * MINUTE),
        "the last 1,000": lambda: store.alerts.between(whole, 1_000),
        "by token": lambda: store.alerts.by_token("token-4711"),
    }
    good = True
    for name, ask in asked.items():
        begun = time.monotonic()
        ask()
        took = time.monotonic() - begun
        good = good and took <= 1
        print(f"  {name}: {took * 1_000:.0f} ms", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--endpoints", type=int, default=200)
    parser.add_argument("--down", type=int, default=40)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="makegood-alerts-"))
    port, taken = free_port(), []
    nginx = start_nginx(root, port)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    threading.Thread(target=take_and_hang, args=(listener, taken), daemon=True).start()
    good = True
    try:
        for run in range(options.runs):
            print(f"run {run + 1}", flush=True)
            before = one_run(root / f"alone-{run}", port, 0, options, told=False)
            after = one_run(root / f"told-{run}", port, listener.getsockname()[1], options, told=True)
            moved = quantile(after, 99) - quantile(before, 99)
            print(f"  the 99th percentile moved by {moved} ms; {len(taken)} connections hang", flush=True)
            good = good and moved <= MOVES
        print("a year's outbox", flush=True)
        good = questions(root / "year.db", options.alerts) and good
    finally:
        stop(nginx)
        shutil.rmtree(root)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

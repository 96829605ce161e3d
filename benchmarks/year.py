"""A year of one-minute history of 100 endpoints, through the store's own writer; then commands that read it.

    python benchmarks/year.py [--endpoints 100] [--days 365] [--agreements 10] [--dir DIR]

Every endpoint stands behind an agreement: each agreement is on a service of endpoints / agreements endpoints.

Prints CPU seconds (user + sys of the whole process, warm, median of 7) of `budget --json`, of `report` for one month,
and of `coverage` for all of it. The history is kept in DIR and used again by the next run.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.core.checks import Check, LaneId, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms
from monitor.store import open_store
from monitor.store.protocol import Holder

HOLD = 2 * MINUTE + 10_000
CUSTOMERS = 10

HEAD = """\
[monitor]
database = "year.db"
[issuer]
name = "Year Ltd"
[sla.gold]
commitment = "99.9%"
exclude = [{ what = "scheduled maintenance", notice = "48h", at_most = "4h per month" }]
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
"""
CUSTOMER = '[customer.c{n}]\nname = "Customer {n}"\ntimezone = "Europe/Berlin"\ncurrency = "EUR"\n'
ENDPOINT = """\
[endpoint.e{n}]
url = "http://127.0.0.1:9/{n}"
interval = "60s"
"""
AGREEMENT = """\
[service.s{n}]
up_when = {{ all = [{members}] }}
[agreement.a{n}]
customer = "c{c}"
service = "s{n}"
sla = "gold"
monthly_fee = "1000.00"
from = {start}
"""


def write_config(path: Path, endpoints: int, agreements: int, start: datetime) -> None:
    customers = "".join(CUSTOMER.format(n=n) for n in range(CUSTOMERS))
    parts = [ENDPOINT.format(n=n) for n in range(endpoints)]
    for n in range(agreements):
        members = ", ".join(f'"e{e}"' for e in range(n, endpoints, agreements))
        parts.append(AGREEMENT.format(n=n, members=members, c=n % CUSTOMERS, start=start.date()))
    path.write_text(HEAD + customers + "".join(parts))


def day_of(lane: LaneId, epoch: int, day: Ms, first: Ms, draw: random.Random) -> Iterator[Check]:
    """1,440 checks with about 1.1 state changes a day (33 transitions a month)."""
    begin, length = draw.randrange(1_440), draw.randrange(1, 8) if draw.random() < 0.55 else 0
    for minute in range(1_440):
        at = day + minute * MINUTE + lane * 37
        slot = (at - first) // MINUTE
        if begin <= minute < begin + length:
            yield Check(lane, epoch, slot, 0, at, State.DOWN, Reason.TIMEOUT, HOLD, None, None, "{}")
        else:
            yield Check(lane, epoch, slot, 0, at, State.UP, Reason.OK, HOLD, 400 + minute % 90, 200)


def generate(path: Path, endpoints: int, days: int, end: Ms) -> None:
    draw = random.Random(1)
    store = open_store(path, create=True)
    first = (end // DAY - days) * DAY
    with store.writer(Holder(0, "benchmark", "year", end)) as writer:
        epoch = writer.epoch(first)
        lanes = [writer.lane(f"e{n}", "local", since=first) for n in range(endpoints)]
        began = time.perf_counter()
        for day in range(first, end, DAY):
            batch = [
                check for lane in lanes for check in day_of(lane, epoch, day, first, draw) if check.at < end
            ]
            writer.append(batch)
            writer.seal(day + DAY - HOUR)
        writer.alive(end)
        writer.seal(end)
    took = time.perf_counter() - began
    rows = endpoints * days * 1_440
    print(f"generated and sealed {rows:,} checks in {took:.0f} s ({rows / took:,.0f}/s), "
          f"{path.stat().st_size / rows:.1f} B a check on disk")  # fmt: skip


def cpu_of(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(name: str, command: list[str], runs: int) -> None:
    cpu_of(command)
    figures = [cpu_of(command) for _ in range(runs)]
    print(f"{name}: median {statistics.median(figures):.3f} s of CPU, {min(figures):.3f} to {max(figures):.3f}, "
          f"{runs} runs")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoints", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--agreements", type=int, default=10)
    parser.add_argument("--dir", type=Path, default=None)
    options = parser.parse_args()
    root = options.dir or Path(tempfile.mkdtemp(prefix="makegood-year-"))
    root.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    start = now - timedelta(days=options.days)
    write_config(root / "makegood.toml", options.endpoints, options.agreements, start)
    if not (root / "year.db").exists():
        generate(root / "year.db", options.endpoints, options.days, int(now.timestamp()) * 1_000)
    makegood = [str(Path(sys.executable).parent / "makegood"), "--config", str(root / "makegood.toml")]
    month = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    measure("budget --json", [*makegood, "budget", "--json"], 7)
    measure(
        f"report --period {month}", [*makegood, "report", "--period", month, "--out", str(root / "out")], 3
    )
    year = ["coverage", "--since", f"{options.days} days", "--json"]
    measure(" ".join(year), [*makegood, *year], 7)
    libraries = "import click, pydantic, pysqlite3; type('M', (pydantic.BaseModel,), {})()"
    measure("click, pydantic and SQLite alone, for comparison", [sys.executable, "-c", libraries], 7)


if __name__ == "__main__":
    main()

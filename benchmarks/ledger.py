"""What closing a month costs: `python -m benchmarks.ledger [CUSTOMERS]`.

A thousand customers with a service each, a month of checks behind them, every third with outages. Computed,
rendered and issued in one run, then all of them verified in the database, both in this one process. The
ratio tells how verifying compares with issuing on this machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.core.periods import month
from monitor.ledger.examine import examine
from monitor.ledger.issuing import issue_month
from monitor.ledger.press import Office
from monitor.printing import press
from monitor.store import open_store
from monitor.store.protocol import Holder

GOAL = 10.0
ZONE = "Europe/Berlin"
OCTOBER = month("2026-10", ZONE).span
BEGAN, REACHED = OCTOBER.start - 24 * HOUR, OCTOBER.end + HOUR
HEAD = """
[monitor]
database = "evidence.db"

[issuer]
name = "Beispiel Cloud GmbH"

[sla.gold]
commitment = "99.9%"
exclude = ["force majeure"]
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
"""
EACH = """
[endpoint.web-{n}]
url = "http://127.0.0.1:1/{n}"
interval = "15m"
timeout = "10s"

[service.shop-{n}]
up_when = {{ all = ["web-{n}"] }}

[customer.c{n}]
name = "Customer {n}"
timezone = "Europe/Berlin"
currency = "EUR"

[agreement.a{n}]
customer = "c{n}"
service = "shop-{n}"
sla = "gold"
monthly_fee = "1200.00"
from = 2026-01-01
"""


def checks(lane: int, epoch: int, number: int) -> list[Check]:
    """A check each quarter of an hour; every third service is down now and then."""
    out = []
    for slot, at in enumerate(range(BEGAN, REACHED, 15 * MINUTE)):
        bad = number % 3 == 0 and slot % 997 in (number % 900, number % 900 + 1)
        seen = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
        out.append(Check(lane, epoch, slot, 0, at, *seen, 30 * MINUTE + 10 * SECOND, None if bad else 420))
    return out


def house(folder: Path, customers: int) -> Office:
    """The house, with its evidence sealed."""
    config = folder / "makegood.toml"
    config.write_text(HEAD + "".join(EACH.format(n=n) for n in range(customers)))
    plan = load_plan(config, environ={})
    store = open_store(plan.settings.database, create=True)
    with store.writer(Holder(1, "host", "bench", BEGAN)) as writer:
        epoch = writer.epoch(BEGAN)
        for number in range(customers):
            lane = writer.lane(f"web-{number}", plan.settings.location, since=BEGAN)
            writer.append(checks(lane, epoch, number))
        writer.alive(REACHED)
        writer.seal(REACHED)
    return Office(plan, store, press(), REACHED + Ms(HOUR), "bench")


def seconds(act: Callable[[], object]) -> tuple[float, float]:
    """Processor time and time on the wall."""
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        office = house(Path(folder), customers)
        names = tuple(office.plan.customers)
        issued, found = [], []
        issuing = seconds(lambda: issued.append(issue_month(office, "2026-10", names)))
        verifying = seconds(lambda: found.append(examine(office.store, office.press)))
        size = office.plan.settings.database.stat().st_size
    assert (len(issued[0].papers), issued[0].refused) == (customers, ()), issued[0].refused[:3]
    assert found[0].holds, found[0].faults[:3]
    for what, (cpu, wall) in (("issued", issuing), ("verified", verifying)):
        print(
            f"{customers:,} statements {what}: {wall:5.2f} s, {cpu:5.2f} s of processor (goal {GOAL:.0f} s)"
        )
    print(f"verifying takes {verifying[0] / issuing[0]:.2f} of issuing; the database has {size >> 20} MiB")


if __name__ == "__main__":
    main()

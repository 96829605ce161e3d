"""What one look of the alert rules costs: `python -m benchmarks.findings`.

A hundred endpoints, checked every five minutes for a month, twenty services of five each, an agreement on
each. Once with nothing failed, once with an outage in every service each third day (every agreement is settled
up to now, and its next credit is looked for), and once with everything down at this moment. CPU of one
process, the best of five; a look reads from a view of its own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from monitor.alerts.findings import findings
from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.periods import month
from monitor.store import open_store
from monitor.store.protocol import Holder

SERVICES, EACH, EVERY = 20, 5, 5 * MINUTE
PERIOD = month("2026-10", "Europe/Berlin").span
NOW = PERIOD.end - 2 * HOUR
GOAL = 0.3

SLA = """
[monitor]
database = "evidence.db"
[issuer]
name = "Example Hosting Ltd"
[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"
[sla.gold]
commitment = "99.9%"
exclude = []
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
"""


def config() -> Iterator[str]:
    yield SLA
    for n in range(SERVICES):
        for e in range(EACH):
            yield f'[endpoint.web-{n}-{e}]\nurl = "http://127.0.0.1:1/"\ninterval = "5m"\n'
        names = ", ".join(f'"web-{n}-{e}"' for e in range(EACH))
        yield f'[service.shop-{n}]\ntitle = "Shop {n}"\nup_when = {{ all = [{names}] }}\n'
        yield f'[target.inner-{n}]\nservice = "shop-{n}"\nobjective = "99.95%"\nowner = "us"\nprotects = ["gold"]\n'
        yield (
            f'[agreement.acme-{n}]\ncustomer = "acme"\nservice = "shop-{n}"\nsla = "gold"\n'
            'monthly_fee = "1200.00"\nfrom = 2026-01-01\n'
        )


def recorded(folder: Path, down: Sequence[Span]) -> Path:
    path = folder / "makegood.toml"
    path.write_text("\n".join(config()), encoding="utf-8")
    plan = load_plan(path, environ={})
    start = PERIOD.start - 8 * DAY
    with open_store(plan.settings.database, create=True).writer(Holder(1, "h", "b", start)) as writer:
        epoch = writer.epoch(start)
        for number, key in enumerate(plan.endpoints):
            lane = writer.lane(key, plan.settings.location, since=start)
            failing = down if number % EACH == 0 else ()
            writer.append(list(_checks(lane, epoch, Span(start, NOW), failing)))
        writer.alive(NOW)
        writer.seal(NOW)
    return path


def _checks(lane: int, epoch: int, life: Span, down: Sequence[Span]) -> Iterator[Check]:
    for slot, at in enumerate(range(life.start, life.end, EVERY)):
        bad = any(at in span for span in down)
        state, reason = (State.DOWN, Reason.TIMEOUT) if bad else (State.UP, Reason.OK)
        yield Check(lane, epoch, slot, 0, at, state, reason, 2 * EVERY + MINUTE, None if bad else 420)


def measured(path: Path) -> tuple[float, int]:
    plan, best, count = load_plan(path, environ={}), 99.0, 0
    store = open_store(plan.settings.database)
    for _ in range(5):
        begun = time.process_time()
        with store.snapshot() as snapshot:
            count = len(findings(plan, snapshot, NOW))
        best = min(best, time.process_time() - begun)
    return best, count


def lasting(at: Ms, length: Ms) -> Span:
    return Span(at, at + length)


def main() -> None:
    often = [lasting(PERIOD.start + n * 3 * DAY, 3 * MINUTE) for n in range(6)]
    for name, down in (
        ("nothing failed", []),
        ("an outage each third day in every service", often),
        ("and all of it down at this moment", [*often, lasting(NOW - 10 * MINUTE, HOUR)]),
    ):
        with tempfile.TemporaryDirectory() as folder:
            cpu, count = measured(recorded(Path(folder), down))
        print(f"{cpu:.3f} s CPU, {count} findings: {name} (goal {GOAL} s)")


if __name__ == "__main__":
    main()

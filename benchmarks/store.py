"""How fast the store takes evidence in, seals it, and answers; ratios within one run, on a temporary file.

python benchmarks/store.py [days]     100 lanes, a check a minute; 2 days unless said otherwise
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import Holder
from monitor.store.writer import EvidenceWriter

LANES = 100
ORIGIN: Ms = 472_000 * HOUR
HOLD: Ms = 2 * MINUTE + 10_000
HOLDER = Holder(0, "localhost", "benchmark", ORIGIN)


def history(lanes: list[int], epoch: int, minutes: range) -> Iterator[Check]:
    """A check a minute on every lane; each lane is down for eleven minutes every 37 hours."""
    for minute in minutes:
        for lane in lanes:
            at = ORIGIN + minute * MINUTE + lane * 590
            down = (minute + 97 * lane) % (37 * 60) < 11
            state, reason = (State.DOWN, Reason.TIMEOUT) if down else (State.UP, Reason.OK)
            yield Check(lane, epoch, minute, 0, at, state, reason, HOLD, 420 + minute % 97, 200)


def cpu(what: Callable[[], object]) -> float:
    """Seconds of CPU that it takes."""
    start = time.process_time()
    what()
    return time.process_time() - start


def append(writer: EvidenceWriter, checks: list[Check], batch: int) -> float:
    """CPU seconds a row, in batches of this size."""

    def write() -> None:
        for start in range(0, len(checks), batch):
            writer.append(checks[start : start + batch])

    return cpu(write) / len(checks)


def fill(writer: EvidenceWriter, days: int) -> None:
    """Append and seal `days` of history, and print what it cost."""
    lanes = [writer.lane(f"endpoint-{number}", "here", since=ORIGIN) for number in range(LANES)]
    epoch = writer.epoch(ORIGIN)
    small = list(history(lanes, epoch, range(120)))
    per_small = append(writer, small, 100)
    per_large = 0.0
    for day in range(days):
        first = max(day * 1_440, 120)
        per_large = append(writer, list(history(lanes, epoch, range(first, (day + 1) * 1_440))), 10_000)
    print(f"append, batches of    100: {1 / per_small:12,.0f} rows per CPU second")
    print(
        f"append, batches of 10,000: {1 / per_large:12,.0f} rows per CPU second ({per_small / per_large:.1f}×)"
    )
    sealed = 0

    def seal() -> None:
        nonlocal sealed
        sealed = writer.seal(ORIGIN + days * DAY + HOUR)

    spent = cpu(seal)
    print(f"seal: {sealed / spent:,.0f} lane-hours per CPU second, {spent / sealed * 1e6:.1f} µs each;")
    print(f"      a year of {LANES} lanes: {LANES * 8_760 * spent / sealed:,.0f} s")


def ask(store: SqliteStore, days: int) -> None:
    """Ask for the states of all lanes, and compare with reading the rows."""
    lanes = list(range(1, LANES + 1))
    month = Span(ORIGIN, ORIGIN + 30 * DAY)
    filled = Span(ORIGIN, ORIGIN + days * DAY)
    with store.snapshot() as snapshot:
        asked = min(cpu(lambda: snapshot.segments(lanes, month)) for _ in range(5))
        rows = cpu(lambda: sum(1 for _ in snapshot.checks(1, filled)))
    print(f"segments of {LANES} lanes over a month ({days} days filled): {asked * 1e3:.2f} ms of CPU")
    print(
        f"the rows of one lane over {days} days: {rows * 1e3:.2f} ms ({rows / asked:.1f}× that, for 1 of {LANES})"
    )


def main() -> None:
    """Run it all."""
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "bench.db", create=True)
        with store.writer(HOLDER) as writer:
            fill(writer, days)
        ask(store, days)


if __name__ == "__main__":
    main()

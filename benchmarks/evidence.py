"""How much room years of checks take, and how soon they answer: ratios in one run, on one generated month.

    python benchmarks/evidence.py [--endpoints 1000] [--days 30] [--sigma 0.12] [--folder DIR]

Endpoints every 60 s: lognormal latencies around a base of each endpoint's own, starts on the prober's grid and
a few ms late as it makes them, three outages a month and blips, 33 transitions an endpoint and month. The same
checks are written as rows clustered by endpoint, in the order in which they come and in commits of 17, for two
days. Sums, percentiles and the proof are measured on the whole file. Exits 1 where a figure is missed.
With --folder the files are kept, and what is there is measured again: a month of a thousand takes half an hour to make.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

from monitor.core.checks import Check, Reason, State, state_of
from monitor.core.intervals import DAY, MINUTE, SECOND, Ms, Span
from monitor.store import SqliteStore, chunks, open_store
from monitor.store.proof import proved
from monitor.store.protocol import Holder
from monitor.store.sqlite import connect
from monitor.store.writer import EvidenceWriter

MIDNIGHT: Ms = 20_400 * DAY
HOLD: Ms = 130_000
HOLDER = Holder(0, "localhost", "benchmark", MIDNIGHT)
CLUSTERED = """CREATE TABLE checks (endpoint INTEGER, at INTEGER, state INTEGER, latency INTEGER, status INTEGER,
PRIMARY KEY (endpoint, at)) WITHOUT ROWID"""
FACTS = '{{"detail":"no answer within 10 s","error":"timeout","phases":{{"connect":{},"dns":{}}}}}'


class Endpoint:
    """What one endpoint answers, minute by minute; the same for the same number and seed."""

    def __init__(self, number: int, days: int, sigma: float) -> None:
        self.chance = random.Random(f"{number} of 20261127")
        self.base = self.chance.lognormvariate(6.5, 0.8)
        self.sigma = sigma
        self.offset = self.chance.randrange(MINUTE // 50) * 50
        self.down: set[int] = set()
        for _ in range(max(1, days // 10)):
            start = self.chance.randrange(days * 1_440)
            self.down.update(range(start, start + self.chance.randint(3, 40)))
        share = 13 / 43_200
        self.blips = {n for n in range(days * 1_440) if self.chance.random() < share} - self.down

    def at(self, minute: int) -> Ms:
        """Where the wheel puts it, and how late the loop is: mostly under 2 ms, at times ten."""
        late = min(int(self.chance.expovariate(0.8)) + (self.chance.random() < 0.02) * 8, 40)
        return MIDNIGHT + minute * MINUTE + self.offset + late

    def latency(self) -> int:
        return max(1, int(self.base * self.chance.lognormvariate(0, self.sigma)))

    def checks(self, lane: int, epoch: int, minute: int) -> Iterator[Check]:
        """The attempts of one slot."""
        at = self.at(minute)
        if minute in self.down:
            for attempt in (0, 1):
                facts = FACTS.format(self.chance.randint(80, 200), self.chance.randint(3, 30))
                when = at + attempt * 11_000
                yield Check(
                    lane, epoch, minute, attempt, when, State.DOWN, Reason.TIMEOUT, HOLD, None, None, facts
                )
            return
        if minute in self.blips:
            facts = FACTS.format(self.chance.randint(80, 200), self.chance.randint(3, 30))
            yield Check(lane, epoch, minute, 0, at, State.UP, Reason.TIMEOUT, HOLD, None, None, facts)
            at += 11_000
        yield Check(
            lane, epoch, minute, int(minute in self.blips), at, State.UP, Reason.OK, HOLD, self.latency(), 200
        )


def month(endpoints: list[Endpoint], lanes: list[int], epoch: int, day: int) -> Iterator[list[Check]]:
    """A day's checks in the order in which they come: a slot that failed is known when its last attempt is."""
    by_second: dict[int, list[int]] = {}
    for number, endpoint in enumerate(endpoints):
        by_second.setdefault(endpoint.offset // SECOND, []).append(number)
    waiting: dict[int, list[Check]] = {}
    for minute in range(day * 1_440, (day + 1) * 1_440):
        for second in range(60):
            now = minute * 60 + second
            for number in by_second.get(second, ()):
                found = list(endpoints[number].checks(lanes[number], epoch, minute))
                waiting.setdefault(now + 11 * (len(found) - 1), []).extend(found)
            if now in waiting:
                yield waiting.pop(now)
    yield from waiting.values()


def written() -> int:
    """Bytes that this process had the disk write so far."""
    return int(
        dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())["write_bytes"]
    )


def timed(what: Callable[[], object], times: int = 5) -> float:
    """Milliseconds, the median of so many."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        what()
        found.append(1_000 * (time.perf_counter() - begun))
    return statistics.median(found)


class Goals:
    """Figures beside what was wanted."""

    def __init__(self) -> None:
        self.missed = 0

    def show(self, what: str, figure: float, least: float | None, most: float | None, unit: str) -> None:
        met = (least is None or figure >= least) and (most is None or figure <= most)
        wanted = (
            f"at least {least:,}" if least is not None else f"at most {most:,}" if most is not None else ""
        )
        print(f"{what:58} {figure:14,.3f} {unit:10} {wanted:18} {'' if met else 'MISSED'}", flush=True)
        self.missed += not met


def fill(path: Path, said: argparse.Namespace) -> tuple[int, float, float]:
    """A month taken in, sealed and packed day by day: checks, CPU seconds for it, bytes written a check.

    What is written is counted until the days that are compared are packed, commits being as the prober makes them.
    """
    store = open_store(path, create=True)
    endpoints = [Endpoint(number, said.days, said.sigma) for number in range(said.endpoints)]
    spent = begun = bytes_each = 0.0
    count, bytes_before = 0, written()
    with store.writer(HOLDER) as writer:
        lanes = [writer.lane(f"endpoint-{n}", "here", since=MIDNIGHT) for n in range(said.endpoints)]
        epoch = writer.epoch(MIDNIGHT)
        for day in range(said.days):
            batches = list(month(endpoints, lanes, epoch, day))
            begun = time.process_time()
            for batch in batches if day <= said.compared else by_minute(batches):
                writer.append(batch)
                count += len(batch)
            keep_up(writer, MIDNIGHT + (day + 1) * DAY + 11 * MINUTE)
            spent += time.process_time() - begun
            if day == min(said.compared, said.days - 1):
                bytes_each = (written() - bytes_before) / count
            print(f"day {day + 1}: {count:,} checks", file=sys.stderr, flush=True)
        keep_up(writer, MIDNIGHT + (said.days + 2) * DAY)
        while writer.shrink(spare=0):
            pass
    return count, spent, bytes_each


def by_minute(batches: list[list[Check]]) -> Iterator[list[Check]]:
    """The same in fewer commits."""
    for first in range(0, len(batches), 60):
        yield [check for batch in batches[first : first + 60] for check in batch]


def keep_up(writer: EvidenceWriter, upto: Ms) -> None:
    writer.seal(upto)
    writer.repack(upto)


def clustered(path: Path, said: argparse.Namespace, days: int) -> tuple[float, float]:
    """The same checks as rows by endpoint, in commits as they come: bytes a check in the file, and written."""
    endpoints = [Endpoint(number, said.days, said.sigma) for number in range(said.endpoints)]
    lanes = list(range(1, said.endpoints + 1))
    path.touch()
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 1000")  # as SQLite has it
        connection.execute(CLUSTERED)
        before, count = written(), 0
        for day in range(days):
            for batch in month(endpoints, lanes, 1, day):
                connection.execute("BEGIN")
                connection.executemany(
                    "INSERT OR IGNORE INTO checks VALUES (?, ?, ?, ?, ?)",
                    [(c.lane, c.at, int(c.state), c.latency, c.status) for c in batch],
                )
                connection.execute("COMMIT")
                count += len(batch)
    return path.stat().st_size / count, (written() - before) / count


def loop_over_rows(path: Path, endpoint: int, span: Span) -> int:
    """Down time as a plain loop over the rows of an endpoint adds it up."""
    down = since = 0
    with closing(connect(path, readonly=True)) as connection:
        rows = connection.execute(
            "SELECT at, state FROM checks WHERE endpoint = ? AND at >= ? AND at < ? ORDER BY at",
            (endpoint, span.start, span.end),
        )
        for at, state in rows:
            if since:
                down += at - since
            since = at if state == State.DOWN else 0
    return down


def down_times(store: SqliteStore, lanes: list[int], span: Span) -> list[int]:
    """The month's down time of each endpoint, from the segments."""
    with store.snapshot() as snapshot:
        found = snapshot.totals(lanes, span)
    return [
        sum(ms for reason, ms in sums.items() if state_of(reason) is State.DOWN) for sums in found.values()
    ]


def percentiles(store: SqliteStore, lane: int, span: Span) -> list[int]:
    with store.snapshot() as snapshot:
        found = snapshot.latencies([lane], span)[lane]
    return [found[-(-len(found) * share // 100) - 1] for share in (50, 95, 99)]


def from_histograms(store: SqliteStore, lane: int, span: Span) -> object:
    with closing(connect(store.path, readonly=True)) as connection:
        return chunks.histogram(connection, lane, span).quantile(Fraction(19, 20))


def a_day(store: SqliteStore, lane: int, day: int) -> int:
    with store.snapshot() as snapshot:
        return sum(1 for _ in snapshot.checks(lane, Span(MIDNIGHT + day * DAY, MIDNIGHT + (day + 1) * DAY)))


def measure(path: Path, rows: Path, said: argparse.Namespace, count: int, goals: Goals) -> None:
    store = open_store(path)
    span, lanes = Span(MIDNIGHT, MIDNIGHT + said.days * DAY), list(range(1, said.endpoints + 1))
    sums = timed(lambda: down_times(store, lanes, span), 9)
    goals.show(f"down time of {said.endpoints:,} endpoints, {said.days} days", sums, None, 20, "ms")
    days = min(said.days, said.compared)
    loop = timed(lambda: loop_over_rows(rows, 1, Span(MIDNIGHT, MIDNIGHT + days * DAY)))
    scaled = loop * said.endpoints * said.days / days
    goals.show("... than a loop over rows (one endpoint, scaled)", scaled / sums, 1_000, None, "times")
    goals.show(
        "exact percentiles of an endpoint, all days",
        timed(lambda: percentiles(store, 1, span), 9),
        None,
        10,
        "ms",
    )
    goals.show(
        "a percentile from its histograms", timed(lambda: from_histograms(store, 1, span), 9), None, 10, "ms"
    )
    chance = random.Random(1)
    first = [
        timed(lambda: a_day(store, chance.choice(lanes), chance.randrange(said.days)), 1) for _ in range(50)
    ]
    goals.show(
        "the first answer about any day of checks, median of 50", statistics.median(first), None, 5, "ms"
    )
    begun = time.process_time()
    wrong = list(proved(path))
    rate = count / (time.process_time() - begun) / 1e6
    goals.show(f"proof of the evidence ({len(wrong)} faults)", rate, 1.0, None, "M checks/s")
    goals.missed += bool(wrong)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--endpoints", type=int, default=1_000)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--sigma", type=float, default=0.12)
    options.add_argument("--compared", type=int, default=2, help="days that are written as rows too")
    options.add_argument("--folder", type=Path, help="keep the files here")
    said = options.parse_args()
    goals = Goals()
    with tempfile.TemporaryDirectory() as temporary:
        folder = said.folder or Path(temporary)
        path, rows, taken = folder / "month.db", folder / "rows.db", folder / "taken.json"
        if not taken.exists():
            made = (*clustered(rows, said, min(said.days, said.compared)), *fill(path, said))
            taken.write_text(json.dumps(made))
        per_row, per_row_written, count, spent, bytes_each = json.loads(taken.read_text())
        per_check = path.stat().st_size / count
        print(f"{count:,} checks, latency sigma {said.sigma}")
        goals.show("the whole file", per_check, None, 4.0, "B a check")
        goals.show(
            "... of rows clustered by endpoint", per_check / per_row, None, 0.17, f"of {per_row:.1f} B"
        )
        share = bytes_each / per_row_written
        goals.show("written to disk, sealing and packing included", bytes_each, None, None, "B a check")
        goals.show(
            "... of clustered rows in arrival order", share, None, 0.08, f"of {per_row_written:,.0f} B"
        )
        goals.show("CPU to take in, seal and pack", spent / count * 1e6, None, None, "us a check")
        measure(path, rows, said, count, goals)
    sys.exit(bool(goals.missed))


if __name__ == "__main__":
    main()

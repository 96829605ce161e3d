"""kill -9 at any moment: nothing acknowledged is lost or there twice, and the next start needs no help."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.store import SqliteStore
from monitor.store.protocol import Holder

ROUNDS = 10

WRITER = """
import sys
from pathlib import Path
from monitor.core.checks import Check, Reason, State
from monitor.store import open_store
from monitor.store.protocol import Holder

path, origin, start = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with open_store(path).writer(Holder(0, "h", "victim", origin)) as writer:
    lane, epoch = writer.lane("shop", "here", since=origin), writer.epoch(origin)
    for number in range(start, start + 100_000, 20):
        rows = [
            Check(lane, epoch, n, 0, origin + n * 1_000, State.UP, Reason.OK, 5_000)
            for n in range(number, number + 20)
        ]
        writer.append(rows)
        print(epoch, number, flush=True)
        if number % 1_000 == 0:
            writer.seal(origin + number * 1_000)
"""


def victim(path: Path, origin: Ms, start: int, moment: int) -> list[tuple[int, int]]:
    """Write until `moment` batches were acknowledged, kill, and give back all that were."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(origin), str(start)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(moment)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    acknowledged = [line.split() for line in lines if line.endswith("\n")]
    return [(int(epoch), int(number)) for epoch, number in acknowledged]


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    store: SqliteStore, path: Path, origin: Ms, holder: Holder
) -> None:
    chance = random.Random(20_261_125)
    acknowledged: set[tuple[int, int]] = set()
    start = 0
    for _ in range(ROUNDS):
        fresh = victim(path, origin, start, chance.randrange(1, 60))
        acknowledged |= {(epoch, number + n) for epoch, number in fresh for n in range(20)}
        start = fresh[-1][1] + 2_000
    with store.snapshot() as snapshot:
        keys = [(c.epoch, c.slot) for c in snapshot.checks(1, Span(origin, origin + 24 * HOUR))]
    assert len(keys) == len(set(keys))
    assert acknowledged <= set(keys)
    assert len(set(keys) - acknowledged) <= 20 * ROUNDS  # a batch in flight may be there, whole
    with store.writer(holder) as writer:
        writer.seal(origin + 30 * HOUR + 10 * MINUTE)

"""The process that is killed, cut off or refused: it writes as fast as it may, and says what is durable.

    python -m tests.crash.victim DATABASE LIFE [--batches N] [--checkpoint N] [--queue] [--issue] …

`c LANE EPOCH SLOT` and `g LANE EPOCH START END` are acknowledgements. `r` says that it begins, `k` that a
checkpoint does, `e` what was refused, `z` that all is done. With --queue it writes through the thread of the
daemon, which tries again what the disk refuses; without, each refusal ends it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from monitor.core.checks import ALL_LANES, BETWEEN_EPOCHS, Check, Gap, Reason
from monitor.core.intervals import Ms, Span
from monitor.errors import MakegoodError
from monitor.store import EvidenceQueue, open_store
from monitor.store.protocol import Holder, Receipt, Writer
from monitor.store.writer import EvidenceWriter
from tests.crash.ground import GRACE, LANES, LIFE, ORIGIN, STEP, check_of, issue

SLOTS = 10  # of each lane, in a batch
SEALS = 15  # batches from one seal to the next


def say(text: str) -> None:
    """One write, so that a line is there whole or not at all."""
    os.write(1, text.encode())


def acknowledge(records: Sequence[Check | Gap]) -> None:
    lines = [
        f"c {each.lane} {each.epoch} {each.slot}\n"
        if isinstance(each, Check)
        else f"g {each.lane} {each.epoch} {each.span.start} {each.span.end}\n"
        for each in records
    ]
    say("".join(lines))


def keep_house(writer: EvidenceWriter, upto: Ms) -> None:
    """What a writer does beside appending: each step of it can be cut short."""
    writer.seal(upto)
    repack: Callable[[Ms], object] | None = getattr(writer, "repack", None)
    if repack is not None:
        repack(upto)


def begin(writer: Writer, reached: Ms | None, start: Ms) -> tuple[list[int], int, list[Gap]]:
    """The lanes, the epoch, and the silence since the last life."""
    lanes = [writer.lane(name, "here", since=ORIGIN) for name in LANES]
    silence = [] if reached is None or reached >= start else [Span(reached, start)]
    gaps = [Gap(ALL_LANES, BETWEEN_EPOCHS, span, Reason.NOT_RUNNING) for span in silence]
    return lanes, writer.epoch(start), gaps


def batches(lanes: Sequence[int], epoch: int, first: int, count: int) -> Iterator[list[Check]]:
    for begun in range(first, first + count * SLOTS, SLOTS):
        yield [check_of(lane, epoch, slot) for slot in range(begun, begun + SLOTS) for lane in lanes]


def write_alone(said: argparse.Namespace) -> None:
    """Append, seal, and where asked to, checkpoint, with a writer of our own."""
    first = said.life * LIFE
    with open_store(said.database).writer(Holder(os.getpid(), "h", "victim", ORIGIN)) as writer:
        say("r\n")
        lanes, epoch, gaps = begin(writer, writer.last_alive(), ORIGIN + first * STEP)
        writer.append(gaps, alive=ORIGIN + first * STEP)
        acknowledge(gaps)
        for number, batch in enumerate(batches(lanes, epoch, first, said.batches), 1):
            writer.append(batch, alive=batch[-1].at)
            acknowledge(batch)
            if number % SEALS == 0:
                keep_house(writer, batch[-1].at - GRACE)
            if said.checkpoint and number % said.checkpoint == 0:
                say("k\n")
                writer._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            time.sleep(said.pause / 1_000)


class Clock:
    """Follows the checks that are put."""

    def __init__(self, at: Ms) -> None:
        self.at = at

    def now(self) -> Ms:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


def write_queued(said: argparse.Namespace) -> None:
    """The same through the daemon's own thread, which goes on where the disk refuses."""
    first = said.life * LIFE
    clock = Clock(ORIGIN + first * STEP)

    def committed(records: Sequence[Check | Gap], _: Receipt) -> None:
        acknowledge(records)

    store, holder = open_store(said.database), Holder(os.getpid(), "h", "victim", ORIGIN)
    errors: list[Exception] = []

    def refused(error: Exception) -> None:
        errors.append(error)
        say(f"e {error}\n")

    with EvidenceQueue(
        store, holder, clock, on_commit=committed, on_error=refused, seconds=0.02, rows=20
    ) as queue:
        say("r\n")
        lanes, epoch, gaps = queue.call(lambda writer: begin(writer, queue.reached, clock.at))
        queue.put(gaps)
        for number, batch in enumerate(batches(lanes, epoch, first, said.batches), 1):
            clock.at = batch[-1].at
            queue.put(batch)
            if number % SEALS == 0:
                queue.request_seal(clock.at - GRACE)
            _await_commit(queue, 5_000, errors, said.patience)
            time.sleep(said.pause / 1_000)
        _await_commit(queue, 0, errors, said.patience)


def _await_commit(queue: EvidenceQueue, most: int, errors: Sequence[Exception], patience: int) -> None:
    """Wait while more than this waits and the disk has not refused too often; raises what ended the queue."""
    while queue.waiting > most and len(errors) < patience:
        queue.put([])
        time.sleep(0.01)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("database", type=Path)
    options.add_argument("life", type=int)
    options.add_argument("--batches", type=int, default=LIFE // SLOTS // 2)
    options.add_argument("--pause", type=float, default=0)
    options.add_argument("--checkpoint", type=int, default=0)
    options.add_argument("--queue", action="store_true")
    options.add_argument(
        "--patience", type=int, default=4, help="how many refusals --queue tries again after"
    )
    options.add_argument("--issue", action="store_true")
    said = options.parse_args()
    try:
        if said.issue:
            say(f"i {' '.join(issue(said.database.with_name('makegood.toml'), 'acme', 'bert'))}\n")
        elif said.queue:
            write_queued(said)
        else:
            write_alone(said)
    except MakegoodError as error:
        say(f"e {type(error).__name__}: {error}\n")
        return int(error.exit_code)
    say("z\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

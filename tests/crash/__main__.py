"""The crash campaign: nothing acknowledged is lost or doubled, no statement changes, no silence is bare.

    python -m tests.crash [--kills 900] [--daemons 100] [--cuts 300] [--workers 2] [--only KIND ...]

Power cuts and disks of their own need root; without it they are left out, and the table says why. Exits 1 on
any loss.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.crash.cuts import KIND, of_power
from tests.crash.disks import of_dead_disk, of_frozen_disk, of_full_disk
from tests.crash.files import KIND as OF_FILES
from tests.crash.files import of_files
from tests.crash.kills import Share, of_daemon, of_writer
from tests.crash.refusals import COURSES, of_refusals

Work = tuple[str, Callable[..., Share], tuple[int, ...]]
KINDS: dict[str, tuple[Callable[..., Share], int]] = {
    "kill -9 of the writer": (of_writer, 10),
    "kill -9 of the daemon": (of_daemon, 10),
    KIND: (of_power, 10),
}
"""How a kind is made, and how many times in one house."""


DISKS: dict[str, Callable[..., Share]] = {
    "disk full, then freed": of_full_disk,
    "disk frozen": of_frozen_disk,
    "disk gone, then read-only": of_dead_disk,
    OF_FILES: of_files,
}
PARTS = 8  # of the calls of one course


def shares(said: argparse.Namespace) -> Iterator[Work]:
    """What there is to do, in shares that one worker does after the other, each in a house of its own."""
    counts = dict(zip(KINDS, (said.kills, said.daemons, said.cuts), strict=True))
    for kind, (make, most) in KINDS.items():
        left, number = counts[kind], 0
        while left > 0:
            number += 1
            yield kind, make, (said.seed * 10_000 + number, min(most, left))
            left -= most
    for kind, of in DISKS.items():
        yield from ((kind, of, (said.seed * 100 + part, 5)) for part in range(max(1, said.disks // 5)))
    for course, each in enumerate(COURSES):
        for part in range(PARTS):
            yield f"refused calls: {each.name}", of_refusals, (course, part, PARTS)


def done(work: Work) -> Share:
    """A share; what breaks on the way is told like a loss, and the others go on."""
    kind, make, words = work
    try:
        return make(*words)
    except Exception:  # noqa: BLE001
        share = Share(kind)
        share.found.wrong.append(f"{kind} {words}: {traceback.format_exc()}")
        return share


def campaign(works: list[Work], workers: int) -> dict[str, Share]:
    """All of it, several at a time; what is wrong, and what is done, is said as soon as it is known."""
    total = {kind: Share(kind) for kind, _, _ in works}
    left = Counter(kind for kind, _, _ in works)
    with ProcessPoolExecutor(workers) as pool:
        waiting = {pool.submit(done, work): work for work in works}
        for number, future in enumerate(as_completed(waiting), 1):
            share, kind = future.result(), waiting[future][0]
            total[kind].add(share)
            left[kind] -= 1
            if not left[kind]:
                print(_line(kind, total[kind]), file=sys.stderr, flush=True)
            for wrong in share.found.wrong:
                print(f"WRONG {kind} {waiting[future][2]}: {wrong}", file=sys.stderr, flush=True)
            if sys.stderr.isatty():
                print(f"\r{number} of {len(works)} shares", end="", file=sys.stderr, flush=True)
    return total


HEADS = ("made", "acknowledged", "gaps", "lost", "doubled", "statements changed", "bare silences", "wrong")


def table(total: dict[str, Share]) -> bool:
    """Print what came of it; whether nothing was lost."""
    print(f"{'kind':44}", *HEADS, sep="  ")
    everything = Share("all")
    for kind, share in total.items():
        print(_line(kind, share))
        everything.add(share)
        everything.skipped = ""
    print(_line("all", everything))
    for share in total.values():
        figures = ", ".join(f"{count:,} {name}" for name, count in share.figures.items())
        if figures:
            print(f"{share.kind}: {figures}")
    for wrong in everything.found.wrong:
        print(f"WRONG {wrong}")
    return everything.found.is_well


def _line(kind: str, share: Share) -> str:
    if share.skipped:
        return f"{kind:44}  skipped: {share.skipped}"
    found = share.found
    numbers = (share.done, share.acknowledged, share.gaps, found.lost, found.doubled, found.statements,
               found.unexplained, len(found.wrong))  # fmt: skip
    return "  ".join(
        [f"{kind:44}", *(f"{count:{len(head)},}" for head, count in zip(HEADS, numbers, strict=True))]
    )


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--kills", type=int, default=900)
    options.add_argument("--daemons", type=int, default=100)
    options.add_argument("--cuts", type=int, default=300)
    options.add_argument("--disks", type=int, default=20, help="of each fault of a disk and of the files")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--only", nargs="*", default=[], help="kinds whose name has one of these in it")
    said = options.parse_args()
    began = time.monotonic()
    wanted = [work for work in shares(said) if not said.only or any(each in work[0] for each in said.only)]
    well = table(campaign(wanted, said.workers))
    print(f"{time.monotonic() - began:.0f} s with {said.workers} workers")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

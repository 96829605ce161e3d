"""Thousands of faults of our own against healthy targets, and thousands of real outages, in simulated time.

    python -m tests.simulation.faults [--workers 2] [--only SIZE SEED] [--kinds NAME ...]

A case that fails is written to tests/simulation/failing.txt, where a test replays it for ever.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.audit import Tally, audit
from tests.simulation.case import SIZES, draw
from tests.simulation.kinds import ELSEWHERE, KINDS

KEPT = Path(__file__).with_name("failing.txt")
RUNS = (("month", 2), ("day", 8), ("hours", 24))
LEAST = 2_000
"""Faults, and outages, that a whole run must have had at least."""


Drawn = tuple[str, int, tuple[str, ...]]
"""Size, seed, and the kinds of faults that a case was drawn from."""


def run_case(size: str, seed: int, kinds: Sequence[str]) -> Tally:
    """Play a case and hold it to everything."""
    case = draw(seed, size, kinds)
    return audit(case, case.play())


def kept() -> list[Drawn]:
    """The cases that failed once; one without kinds was drawn from all of them."""
    lines = (line.partition("#")[0].split(maxsplit=2) for line in KEPT.read_text().splitlines())
    return [
        (words[0], int(words[1]), tuple(words[2].strip().split(", ")) if words[2:] else tuple(KINDS))
        for words in lines
        if words
    ]


def keep(case: Drawn, why: str) -> None:
    """Write a failing case down, once."""
    size, seed, kinds = case
    if case not in kept():
        some = "" if kinds == tuple(KINDS) else f" {', '.join(kinds)}"
        with KEPT.open("a") as file:
            file.write(f"{size} {seed}{some}  # {why}\n")


def _one(case: Drawn) -> tuple[Drawn, Tally]:
    return case, run_case(*case)


def many(cases: Iterable[Drawn], workers: int) -> Tally:
    """All of these cases; what fails is kept."""
    total = Tally()
    with ProcessPoolExecutor(workers) as pool:
        for case, tally in pool.map(_one, cases):
            total.add(tally)
            if tally.wrong:
                keep(case, tally.wrong[0])
            print(
                f"  {case[0]} {case[1]}: {sum(tally.faults.values())} faults, {tally.outages} outages, "
                f"{len(tally.wrong)} wrong",
                file=sys.stderr,
                flush=True,
            )
    return total


def report(tally: Tally) -> None:
    """The table by kind, and what all kinds have in common."""
    print(f"{'kind of fault':32} {'':8} {'faults':>7} {'charged ms':>11}")
    for name, kind in KINDS.items():
        if tally.faults[name]:
            print(f"{name:32} {kind.catalogue:8} {tally.faults[name]:7,} {tally.charged[name]:11,}")
    print(f"{'in all':32} {'':8} {sum(tally.faults.values()):7,} {sum(tally.charged.values()):11,}")
    print(f"\n{'real outages that could be seen':41} {tally.outages:7,}, found {tally.found:,}")
    print(
        f"{'worst start error':41} {tally.worst_start:7,} ms, {tally.worst_share:.3f} of an interval; "
        f"of {tally.starts:,} whose start no fault of ours hid"
    )
    print(f"{'hidden by faults of ours':41} {tally.hidden:7,}")
    print(f"{'planned slots accounted for':41} {tally.slots:7,}, with {tally.checks:,} checks")
    for numbers, where in ELSEWHERE.items():
        print(f"not simulated: {numbers}, {where}")
    for wrong in tally.wrong[:40]:
        print(f"WRONG {wrong}")


def enough(tally: Tally) -> bool:
    """Whether a whole run had as much in it as is claimed, and nothing was wrong."""
    return not tally.wrong and min(sum(tally.faults.values()), tally.found) >= LEAST


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--only", nargs=2, metavar=("SIZE", "SEED"), help="one case")
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--kinds", nargs="*", default=list(KINDS))
    said = options.parse_args()
    kinds = tuple(said.kinds)
    if said.only:
        cases = [(said.only[0], int(said.only[1]), kinds)]
    else:
        seeds = [(size, seed) for size, count in RUNS for seed in range(said.first, said.first + count)]
        cases = [(*each, kinds) for each in seeds]
        cases += [case for case in kept() if case not in cases]
    began = time.monotonic()
    tally = many(cases, said.workers)
    report(tally)
    days = sum(SIZES[size].seconds for size, *_ in cases) / 86_400
    print(f"{days:.0f} simulated days in {time.monotonic() - began:.0f} s")
    sys.exit(bool(tally.wrong) if said.only else not enough(tally))


if __name__ == "__main__":
    main()

"""Faults of our own, made for real, against the real daemon; and real outages between them.

    python -m tests.simulation.real.faults [--workers 4] [--kinds NAME ...]

Nothing leaves the machine. What needs root is skipped without it, and says so.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.audit import Tally
from tests.simulation.real import of_clock, of_network, of_process, of_storage
from tests.simulation.real.fault import Kind
from tests.simulation.real.judged import Lived, live

KINDS: dict[str, Kind] = {
    f"{kind.name} {kind.catalogue}": kind
    for kind in (*of_clock.KINDS, *of_process.KINDS, *of_network.KINDS, *of_storage.KINDS)
}
LEAST = 120
ELSEWHERE = {
    "F51": "zone rules have no part in probing: tests/test_zones.py",
    "F75": "loss at one target only is that target's: the outages here",
}
"""Kinds of the catalogue that are not made here, and where they are held."""


def one(name: str) -> Lived:
    """Live through a kind; what breaks on the way is told like what is wrong in the evidence."""
    try:
        return live(KINDS[name])
    except Exception:  # noqa: BLE001 - the other kinds go on
        lived = Lived(KINDS[name].name)
        lived.tally.wrong.append(f"{name}: {traceback.format_exc()}")
        return lived


def many(names: Sequence[str], workers: int) -> dict[str, Lived]:
    """Live through all of these, several at a time."""
    out = {}
    with ProcessPoolExecutor(workers) as pool:
        for name, lived in zip(names, pool.map(one, names), strict=True):
            out[name] = lived
            print(f"  {_line(name, lived)}", file=sys.stderr, flush=True)
            if lived.tally.wrong:
                print(
                    *lived.tally.wrong, "the daemon said:", lived.log, sep="\n", file=sys.stderr, flush=True
                )
    return out


def _line(name: str, lived: Lived) -> str:
    if lived.skipped is not None:
        return f"{name:34} skipped: {lived.skipped}"
    tally = lived.tally
    faults, charged = sum(tally.faults.values()), sum(tally.charged.values())
    slowest = f"{max(lived.well_after, default=0):.1f}"
    return (
        f"{name:34} {faults:7} {charged:11,} {tally.outages:8} {tally.found:6} {lived.deaths:7} {slowest:>9}"
    )


def report(lived: dict[str, Lived]) -> Tally:
    """The table by kind, and what all have in common."""
    heads = (f"{'kind of fault':34}", " faults", " charged ms", " outages", " found", " deaths", "well in s")
    print(*heads)
    total = Tally()
    for name, each in lived.items():
        print(_line(name, each))
        total.add(each.tally)
    faults, charged = sum(total.faults.values()), sum(total.charged.values())
    print(f"\n{faults} faults of {len(lived)} kinds, {charged} ms charged")
    print(f"{total.outages} real outages, {total.found} found; {total.hidden} more were hidden by a fault")
    print(f"of {total.starts} whose start nothing hid, it is", end=" ")
    print(f"at worst {total.worst_start} ms late, {total.worst_share:.3f} of an interval")
    print(f"{total.slots:,} slots with {total.checks:,} checks")
    for numbers, where in ELSEWHERE.items():
        print(f"not made here: {numbers}, {where}")
    for wrong in total.wrong:
        print(f"WRONG {wrong}")
    return total


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--workers", type=int, default=4, help="they wait most of the time")
    options.add_argument("--kinds", nargs="*", default=[], help="those whose name has one of these in it")
    said = options.parse_args()
    names = [name for name in KINDS if not said.kinds or any(each in name for each in said.kinds)]
    began = time.monotonic()
    lived = many(names, said.workers)
    total = report(lived)
    print(f"{time.monotonic() - began:.0f} s")
    whole = said.kinds or any(each.skipped for each in lived.values()) or sum(total.faults.values()) >= LEAST
    sys.exit(bool(total.wrong) or not whole)


if __name__ == "__main__":
    main()

"""Files of the database that somebody takes away, replaces or cuts under the writer.

Nothing may be acknowledged from then on that is not in the file of that name. What was acknowledged before is
where the file went; where its write-ahead log alone was removed, nothing is lost.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from monitor.store import open_store
from tests.crash.disks import Watched
from tests.crash.ground import Found, Told, database_of, judge, papers
from tests.crash.kills import Share, house

KIND = "database removed, replaced, cut short"
PATIENCE = 60
Deed = Callable[[Path], Path]


def beside(database: Path, suffix: str) -> Path:
    return database.with_name(database.name + suffix)


def moved(database: Path) -> Path:
    """The database and what lies beside it under another name; where it is now."""
    elsewhere = database.with_name("moved.db")
    for suffix in ("", "-wal", "-shm"):
        beside(database, suffix).rename(beside(elsewhere, suffix))
    return elsewhere


def replaced(database: Path) -> Path:
    """A backup has its name all of a sudden."""
    elsewhere = moved(database)
    shutil.copy(database.with_name("backup.db"), database)
    return elsewhere


def without_log(database: Path) -> Path:
    """Its write-ahead log is deleted, with commits that are nowhere else."""
    beside(database, "-wal").unlink()
    return database


def cut_short(database: Path) -> Path:
    """Half of it is cut off."""
    os.truncate(database, database.stat().st_size // 8_192 * 4_096)
    return database


DEEDS: dict[str, Deed] = {
    "removed": moved, "replaced": replaced, "without its -wal": without_log, "cut short": cut_short
}  # fmt: skip
IN_FLIGHT = 200
"""Records that may have been acknowledged before the deed and were not heard yet: a few batches."""


def of_files(seed: int, times: int) -> Share:
    """Each deed so often, in a house of its own."""
    share = Share(KIND)
    for number in range(times):
        for name, deed in DEEDS.items():
            _do(name, deed, 100 + (seed * 37 + number * 53) % 200, share)
    return share


def _do(name: str, deed: Deed, lines: int, share: Share) -> None:
    with house() as config:
        database, told = database_of(config), Told()
        shutil.copy(database, database.with_name("backup.db"))
        issued = papers(open_store(database))
        writer = Watched(database, 0, told, pause=30)
        writer.until("c", lines)
        writer.process.send_signal(signal.SIGSTOP)
        now = deed(database)
        before = writer.records
        writer.process.send_signal(signal.SIGCONT)
        writer.until("e")
        late = writer.records - before
        if deed is without_log:
            writer.until("c", 100)
            writer.kill()
        elif writer.process.wait(PATIENCE) not in (2, 3):
            share.found.wrong.append(f"{name}: the writer ended with {writer.process.returncode}")
        writer.rest()
        _judge(name, share, Found() if deed is cut_short else judge(now, told, issued), late)
        share.acknowledged += writer.records


def _judge(name: str, share: Share, found: Found, late: int) -> None:
    share.done += 1
    share.count(name)
    if late > IN_FLIGHT:
        found.wrong.append(f"{late} records were acknowledged before it was noticed")
    found.wrong = [f"{name}: {each}" for each in found.wrong]
    share.found.add(found)

"""Disks that are full, frozen, gone or read-only under the writer.

The writer goes through the daemon's own thread. What must be there afterwards is what it had acknowledged.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from monitor.errors import MakegoodError
from monitor.store import open_store
from tests.crash.cuts import Disk, disk, lacks_disks
from tests.crash.ground import Papers, Told, build, database_of, judge, papers
from tests.crash.kills import Share, start_victim, verified
from tests.simulation.real.place import run

MANY = 10_000  # times that the writer may be refused
QUEUED = ("--queue", "--patience", MANY)


class Watched:
    """A writer, and what it says."""

    def __init__(self, database: Path, life: int, told: Told, *, pause: int = 2) -> None:
        self.process = start_victim(database, life, *QUEUED, "--pause", pause)
        self.told = told
        self.records = 0

    @property
    def _lines(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def until(self, kind: str, count: int = 1) -> str:
        """Read until it said this so often; the last line, "" where it ended before."""
        line = ""
        while count and (line := self._lines.readline()):
            self.records += self.told.hear([line])
            count -= line.startswith(kind)
        return line

    def kill(self) -> None:
        """End it without a word, and hear what it had said."""
        self.process.send_signal(signal.SIGKILL)
        self.rest()

    def rest(self) -> list[str]:
        """Hear it out; what it said."""
        if self._lines.closed:
            return []
        lines = self._lines.readlines()
        self.process.wait(60)
        self._lines.close()
        self.records += self.told.hear(lines)
        return lines


@contextmanager
def small_disk() -> Iterator[Path]:
    """A tmpfs of a few MiB, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="makegood-crash-"))
    run([], f"mount -t tmpfs -o size=4m tmpfs {folder}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break
    return filler


def _lives(share: Share, folder: Path, times: int) -> Iterator[tuple[int, Watched]]:
    """So many writers over one database in turn; what each leaves is judged, and all at the end."""
    config = build(folder)
    database, told = database_of(config), Told()
    issued = papers(open_store(database))
    for life in range(times):
        writer = Watched(database, life, told)
        yield life, writer
        _judge(share, writer, config, told, issued)
    share.found.wrong += verified(config, "--evidence")


def of_full_disk(seed: int, times: int) -> Share:
    """Not a byte is left, and then there is room again: now and then the writer dies before that."""
    share = Share("disk full, then freed", skipped=lacks_disks() or "")
    if share.skipped:
        return share
    with small_disk() as folder:
        for life, writer in _lives(share, folder, times):
            writer.until("c", 200 + seed % 100)
            filler = _fill(folder)
            writer.until("e", 3)
            if life % 2:
                writer.kill()
            filler.unlink()
            if not life % 2:
                writer.until("c", 400)
                writer.kill()
    return share


def of_frozen_disk(seed: int, times: int) -> Share:
    """Nothing reaches the disk for half a second."""
    share = Share("disk frozen", skipped=lacks_disks() or "")
    if share.skipped:
        return share
    with disk() as made:
        for _life, writer in _lives(share, made.place, times):
            writer.until("c", 100 + seed % 100)
            run([], f"fsfreeze -f {made.place}")
            try:
                time.sleep(0.5)
            finally:
                run([], f"fsfreeze -u {made.place}")
            writer.until("c", 400)
            writer.kill()
    return share


def of_dead_disk(seed: int, times: int) -> Share:
    """The file system goes down under the writer, as it does on errors, and is read-only afterwards."""
    share = Share("disk gone, then read-only", skipped=lacks_disks() or "")
    if share.skipped:
        return share
    with disk() as made:
        config = build(made.place)
        database, told = database_of(config), Told()
        issued = papers(open_store(database))
        os.sync()
        for life in range(times):
            writer = Watched(database, life, told)
            writer.until("c", 100 + seed % 100)
            writer.process.send_signal(signal.SIGSTOP)
            time.sleep(0.05)
            made.cut()
            writer.process.send_signal(signal.SIGCONT)
            writer.until("e", 3)
            writer.kill()
            made.unmount()
            made.mount()
            _judge(share, writer, config, told, issued)
            os.sync()
            _refused_read_only(made, config, life, told, share)
        share.found.wrong += verified(config, "--evidence")
    return share


def _refused_read_only(made: Disk, config: Path, life: int, told: Told, share: Share) -> None:
    """A start on a read-only disk is refused, and what is there can still be read."""
    run([], f"mount -o remount,ro {made.place}")
    try:
        with start_victim(database_of(config), life + 1, *QUEUED, "--batches", 2) as refused:
            lines, _ = refused.communicate(timeout=60)
        if refused.returncode == 0 or told.hear(lines.splitlines(keepends=True)):
            share.found.wrong.append(f"a writer of a read-only disk said {lines}")
        try:
            papers(open_store(database_of(config)))
        except MakegoodError as error:
            share.found.wrong.append(f"on a read-only disk: {error}")
    finally:
        run([], f"mount -o remount,rw {made.place}")


def _judge(share: Share, writer: Watched, config: Path, told: Told, issued: Papers) -> None:
    share.acknowledged += writer.records
    share.gaps = len(told.gaps)
    share.done += 1
    share.found.add(judge(database_of(config), told, issued))

"""Power cuts: an ext4 in a file, shut down without its log while the writer stands still, and mounted again.

The writer is stopped first, and seen to be: a commit that was between its fsync and its acknowledgement when
the disk went would else look like one that was lost.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from monitor.store import open_store
from monitor.store.sqlite import connect
from tests.crash.ground import Papers, Told, build, database_of, judge, papers
from tests.crash.kills import Share, start_victim, verified
from tests.simulation.real.place import run

SHUTDOWN, WITHOUT_LOG = 0x8004587D, 2  # FS_IOC_SHUTDOWN; EXT4_GOING_FLAGS_NOLOGFLUSH
KIND = "power cut of ext4"


class Disk:
    """A file system of its own in a file, and the folder where it is mounted."""

    def __init__(self, folder: Path, megabytes: int = 48) -> None:
        self._image, self.place = folder / "disk.img", folder / "disk"
        self.place.mkdir()
        with self._image.open("wb") as file:
            file.truncate(megabytes << 20)
        run([], f"mkfs.ext4 -q -F -m 0 {self._image}")
        self.mount()

    def mount(self) -> None:
        run([], f"mount -o loop {self._image} {self.place}")

    def unmount(self) -> None:
        """Unmount; a process that has just ended may still be letting go of its files."""
        for left in range(50, -1, -1):
            try:
                run([], f"umount {self.place}")
            except RuntimeError:
                if not left:
                    raise
                time.sleep(0.05)
            else:
                return

    def cut(self) -> None:
        """What a power cut leaves: nothing that was not flushed reaches the file any more."""
        handle = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(handle)


@contextmanager
def disk() -> Iterator[Disk]:
    """A disk in a folder of its own, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="makegood-crash-"))
    made = None
    try:
        made = Disk(folder)
        yield made
    finally:
        if made is not None:
            subprocess.run(["umount", "--lazy", str(made.place)], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def lacks_disks() -> str | None:
    """Why no power can be cut here, or None."""
    if os.geteuid() != 0:
        return "needs root, to mount a file system of its own"
    if shutil.which("mkfs.ext4") is None:
        return "needs mkfs.ext4 (e2fsprogs)"
    try:
        with disk() as made:
            made.cut()
            made.unmount()
    except (RuntimeError, OSError) as error:
        return f"this machine does not let us mount and shut down a file system ({error})"
    return None


def of_power(seed: int, cuts: int) -> Share:
    """Cut the power so often, each time of another writer over the same database.

    Every third writer is cut off inside a checkpoint, and every fourth cut is followed by one more while the
    next writer is still recovering. One house in four keeps a rollback journal.
    """
    share, draw = Share(KIND), random.Random(seed)
    why = lacks_disks()
    if why is not None:
        share.skipped = why
        return share
    with disk() as made:
        config = build(made.place)
        database, told = database_of(config), Told()
        issued = papers(open_store(database))
        if seed % 4 == 0:
            _keep_rollback_journal(database)
        os.sync()
        life = 0
        while share.done < cuts:
            life = _cut_once(made, database, life, draw, told, share)
            if draw.random() < 0.25 and share.done < cuts:
                life = _cut_again(made, database, life, draw, told, share)
            _judge(made, config, told, issued, share)
        share.gaps = len(told.gaps)
        share.found.wrong += verified(config, "--evidence")
    return share


def _keep_rollback_journal(database: Path) -> None:
    with closing(connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def _judge(made: Disk, config: Path, told: Told, issued: Papers, share: Share) -> None:
    share.found.add(judge(database_of(config), told, issued))
    os.sync()  # what the judge's own connection wrote is not what the next cut is about


def _cut_once(made: Disk, database: Path, life: int, draw: random.Random, told: Told, share: Share) -> int:
    """A life that ends with the power; the number of the next."""
    in_checkpoint = draw.random() < 0.34
    words = ("--checkpoint", 8) if in_checkpoint else ()
    with start_victim(database, life, *words) as victim:
        assert victim.stdout is not None
        lines = [victim.stdout.readline()]
        if in_checkpoint:
            for line in iter(victim.stdout.readline, ""):
                lines.append(line)
                if line == "k\n" and draw.random() < 0.3:
                    break
            time.sleep(draw.uniform(0, 0.004))
            share.count("at a checkpoint")
        else:
            time.sleep(draw.expovariate(1 / 0.15))
        _off(made, victim)
        lines += victim.stdout.readlines()
    made.unmount()
    made.mount()
    share.acknowledged += told.hear(lines)
    share.done += 1
    return life + 1


def _cut_again(made: Disk, database: Path, life: int, draw: random.Random, told: Told, share: Share) -> int:
    """Nobody looks after the first cut: the next writer recovers, and is cut off too."""
    with start_victim(database, life) as victim:
        assert victim.stdout is not None
        time.sleep(draw.uniform(0.3, 0.7))  # it takes about half a second to come to the database
        _off(made, victim)
        lines = victim.stdout.readlines()
    made.unmount()
    made.mount()
    share.acknowledged += told.hear(lines)
    share.done += 1
    share.count("twice in a row")
    return life + 1


def _off(made: Disk, victim: subprocess.Popen[str]) -> None:
    """The power goes while the writer stands still."""
    victim.send_signal(signal.SIGSTOP)
    while _state(victim.pid) not in "TZX":
        time.sleep(0.001)
    made.cut()
    victim.send_signal(signal.SIGKILL)
    victim.wait()


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "X"

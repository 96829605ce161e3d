"""Faults of the disk and of others at the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from monitor.core.checks import Reason
from monitor.store.sqlite import connect
from tests.simulation.real.fault import Fault, Kind
from tests.simulation.real.life import Life
from tests.simulation.real.of_process import AWAY, STALLS
from tests.simulation.real.place import Mounted, lacks_root


@contextmanager
def locked(life: Life) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    with closing(connect(life.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(life: Life) -> Iterator[None]:
    """Not a byte is left on the disk."""
    filler = life.place.disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break
    yield
    filler.unlink()


@contextmanager
def started_read_only(life: Life) -> Iterator[None]:
    """The disk is read-only when the daemon starts, and a supervisor starts it again and again."""
    life.kill()
    life.place.in_monitor(f"mount -o remount,ro {life.place.disk}")
    for _ in range(2):
        life.start()
        assert life.process.wait(60) != 0, "a start without a database to write to is refused"
    yield
    life.place.in_monitor(f"mount -o remount,rw {life.place.disk}")
    life.start()


KINDS = (
    Kind("database locked", "F32", [Fault(f"for {s} s", s, locked) for s in (2, 7, 14)], STALLS),
    Kind(
        "disk full",
        "F22",
        [Fault(f"for {s} s", s, full) for s in (3, 6, 12)],
        STALLS | {Reason.OWN_RESOURCE},
        place=Mounted,
        lacks=lacks_root,
    ),
    Kind(
        "disk read-only",
        "F26",
        [Fault(f"at the start, for {s} s", s, started_read_only) for s in (1, 2, 4)],
        AWAY,
        certain=True,
        place=Mounted,
        lacks=lacks_root,
    ),
)

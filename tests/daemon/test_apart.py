"""Papers are made in a process of their own: what it says, what it refuses, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from monitor.apart import YIELDING, Apart, Interrupted, aside
from monitor.config import load_plan
from monitor.errors import MakegoodError
from monitor.jobs import forgettable
from monitor.store import open_store
from tests.daemon.test_retention import CONFIG, HOLDER, LATER, MIDNIGHT


@pytest.fixture
def plan(tmp_path: Path):
    """A plan with a database that has one lane."""
    path = tmp_path / "makegood.toml"
    path.write_text(CONFIG)
    with open_store(tmp_path / "test.db", create=True).writer(HOLDER) as writer:
        writer.lane("shop", "local", since=MIDNIGHT)
    return load_plan(path, environ={})


class Opens:
    """A value whose reader opens a named pipe, and waits until somebody is at its other end."""

    def __init__(self, pipe: Path, how: int) -> None:
        self.pipe, self.how = pipe, how

    def __reduce__(self):
        return (os.open, (str(self.pipe), self.how))


def test_a_job_gives_what_it_gives_here(plan):
    assert Apart()("forgettable", plan, LATER) == forgettable(plan, LATER) != {}


def test_what_is_refused_is_refused_in_its_words(plan):
    plan.settings.database.unlink()
    with pytest.raises(MakegoodError, match="there is no database"):
        Apart()("forgettable", plan, LATER)


def test_a_job_whose_process_dies_is_told_and_the_next_is_done(plan, capfd):
    apart = Apart()
    with pytest.raises(RuntimeError, match="paint ended with 1"):
        apart("paint", plan)
    assert "has no attribute 'paint'" in capfd.readouterr().err
    assert apart("forgettable", plan, LATER) != {}


def test_a_job_that_is_under_way_ends_when_the_monitor_does(tmp_path):
    """Its process opens one pipe, so that it is known to be there, and waits at another for nobody."""
    apart, ended, there, nobody = Apart(), [], tmp_path / "there", tmp_path / "nobody"
    os.mkfifo(there)
    os.mkfifo(nobody)

    def work():
        with pytest.raises(Interrupted):
            apart("forgettable", Opens(there, os.O_WRONLY), Opens(nobody, os.O_RDONLY))
        ended.append(True)

    worker = Thread(target=work)
    worker.start()
    os.close(os.open(there, os.O_RDONLY))
    apart.stop()
    worker.join(30)

    assert ended
    with pytest.raises(Interrupted):
        apart("forgettable")


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a process has one niceness for all its threads"
)
def test_work_aside_yields_and_who_asked_for_it_does_not():
    before = os.getpriority(os.PRIO_PROCESS, 0)

    there = aside(lambda _: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    assert (there, os.getpriority(os.PRIO_PROCESS, 0)) == (max(before, YIELDING), before)


def test_what_work_aside_raises_is_raised():
    def work(step: Callable[[], None]) -> None:
        step()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        aside(work)


INTERRUPTED = """
from monitor.apart import aside

def work(step):
    print("there", flush=True)
    try:
        while True:
            step()
    except KeyboardInterrupt:
        print("ended by its step", flush=True)
        raise

aside(work)
"""


def test_an_interruption_ends_work_aside():
    """Ctrl-C while it works: its next step ends it, and then the process ends too."""
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate()

    assert said == "ended by its step\n"
    assert errors.rstrip().endswith("KeyboardInterrupt")

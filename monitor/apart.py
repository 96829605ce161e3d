"""Work that no probe waits for: in a process of its own, whose memory goes with it, or in one that is there.

What goes over is the name of one of `monitor.jobs` and values; what comes back is a value, or why it was
refused. The process yields to whoever else wants the processor, ends with its work, and is ended with us.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Event, Lock, Thread, get_native_id
from typing import Any, Final, Protocol, TypeVar

from monitor import logs
from monitor.errors import MakegoodError

T = TypeVar("T")
YIELDING: Final = 10
"""How much nicer than the prober: it gets a tenth of a processor that both want."""


class Do(Protocol):
    """Does one of `monitor.jobs`, and gives what it returns. Raises MakegoodError where it was refused."""

    def __call__(self, job: str, /, *values: object) -> Any: ...


class Interrupted(Exception):
    """The monitor ends, and so did the work. Nobody needs to hear of it."""


class Apart:
    """Does jobs in processes of their own until it is stopped; may be called from several threads."""

    def __init__(self, log_format: logs.Format = "text") -> None:
        self._log_format = log_format
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._stopped = False

    def __call__(self, job: str, /, *values: object) -> Any:
        """Raises MakegoodError where the job was refused, RuntimeError where its process died."""
        process = self._start()
        try:
            answer, _ = process.communicate(pickle.dumps((job, values, self._log_format)))
        finally:
            with self._lock:
                self._running.discard(process)
        if self._stopped:
            raise Interrupted(job)
        if process.returncode != 0:
            raise RuntimeError(f"{job} ended with {process.returncode}; its error stands above")
        done, value = pickle.loads(answer)  # noqa: S301 - our own process wrote it into our own pipe
        if not done:
            raise MakegoodError(value)
        return value

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "monitor.apart"]
        with self._lock:
            if self._stopped:
                raise Interrupted
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - it is us
            self._running.add(process)
        return process

    def stop(self) -> None:
        """Do no more, and end what is being done: no job leaves anything half done."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()


def aside(work: Callable[[Callable[[], None]], T]) -> T:
    """Do it in a thread that yields as a job does, where the system lets a thread do that; Linux does.

    The work is handed what to call at times: KeyboardInterrupt comes from that once we are interrupted.
    """
    interrupted = Event()

    def step() -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt

    done: Future[T] = Future()

    def run() -> None:
        _yield_thread()
        try:
            done.set_result(work(step))
        except BaseException as error:  # noqa: BLE001 - who asked for the work raises it
            done.set_exception(error)

    thread = Thread(target=run)
    try:
        thread.start()
        return done.result()
    except KeyboardInterrupt:
        interrupted.set()
        raise
    finally:
        thread.join()


def _yield_thread() -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, get_native_id(), max(YIELDING, os.getpriority(os.PRIO_PROCESS, 0)))


def main() -> None:
    """The process: read what to do, do it, tell."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to us too; who started us decides
    with suppress(OSError):
        os.nice(YIELDING)
    asked = os.fdopen(os.dup(0), "rb")
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints does not print into the answer
    job, values, log_format = pickle.load(asked)  # noqa: S301 - who started us wrote it into our own pipe
    logs.begin(log_format, sys.stderr)
    with told:
        pickle.dump(_answer(job, values), told)


def _answer(job: str, values: tuple[object, ...]) -> tuple[bool, object]:
    from monitor import jobs

    work: Callable[..., object] = getattr(jobs, job)
    try:
        return True, work(*values)
    except MakegoodError as error:
        return False, str(error)


if __name__ == "__main__":
    main()

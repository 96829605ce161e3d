"""Every write and every fsync of the commit, the seal and the issue refused, once and for ever.

strace counts the calls of a run in which all goes well; then each of them is refused in a run of its own, on
a copy of the same house. An LD_PRELOAD would do the same; a file system of SQLite's own cannot be put in with
the driver in use.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from monitor.store import open_store
from tests.crash.ground import ROOT, Papers, Told, database_of, judge, papers
from tests.crash.kills import ENVIRON, Share, house, start_victim

SYNC, WRITE = "fdatasync,fsync", "pwrite64"
ERRORS = {SYNC: "EIO", WRITE: "ENOSPC"}
BATCHES = 16  # so that one seal is among them
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Course:
    """A course through the program whose calls are refused, and the victim that takes it."""

    name: str
    words: Sequence[str]


COURSES = (
    Course("commit and seal", ("--queue", "--batches", str(BATCHES))),
    Course("issue", ("--issue",)),
)


def lacks_strace() -> str | None:
    """Why no call can be refused here, or None."""
    if shutil.which("strace") is None:
        return "needs strace (apt-get install strace)"
    plain = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=1", "true"]
    done = subprocess.run(plain, capture_output=True, text=True, check=False)
    return f"strace cannot refuse calls here ({done.stderr.strip()})" if done.returncode else None


def traced(config: Path, taken: Course, trace: Path, names: str, *flags: str) -> tuple[list[str], int]:
    """What the victim said under strace, and how it ended."""
    database = database_of(config)
    command = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(trace), "-e", f"trace={names}", *flags]
    command += [sys.executable, "-m", "tests.crash.victim", str(database), "1", *taken.words]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # the tracer, and the victim with it
            said, _ = process.communicate()
    return said.splitlines(keepends=True), process.returncode


def calls(trace: Path, names: str) -> int:
    """How many calls of these names a trace has."""
    wanted = tuple(f"{name}(" for name in names.split(","))
    return sum(any(each in line for each in wanted) for line in trace.read_text().splitlines())


@contextmanager
def copied(original: Path) -> Iterator[Path]:
    """The configuration of a copy of a house."""
    folder = Path(tempfile.mkdtemp(prefix="makegood-crash-"))
    try:
        shutil.copytree(original.parent, folder, dirs_exist_ok=True)
        yield folder / original.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def of_refusals(number: int, part: int, parts: int, step: int = 1) -> Share:
    """Refuse the calls `part`, `part + parts`… of the path of this number, each `step`-th of them."""
    taken = COURSES[number]
    share = Share(f"refused calls: {taken.name}")
    share.skipped = lacks_strace() or ""
    if share.skipped:
        return share
    with house() as original:
        with start_victim(database_of(original), 0, "--batches", 20) as before:
            said, _ = before.communicate()
        told = Told()
        told.hear(said.splitlines(keepends=True))
        issued = papers(open_store(database_of(original)))
        for names, error in ERRORS.items():
            with copied(original) as config:
                trace = config.with_name("trace")
                traced(config, taken, trace, names)
                most = calls(trace, names)
            share.count(f"{names} of the {taken.name} path", most if part == 0 else 0)
            for nth in range(1 + part, most + 1, parts * step):
                for when in (str(nth), f"{nth}+"):
                    _refuse(original, taken, names, f"error={error}:when={when}", told, issued, share)
    return share


def _refuse(
    original: Path, taken: Course, names: str, how: str, before: Told, issued: Papers, share: Share
) -> None:
    """One run with one refusal; then the same without, which must find all as it should be."""
    with copied(original) as config:
        database = database_of(config)
        told = Told(set(before.keys), set(before.gaps))
        lines, code = traced(config, taken, config.with_name("trace"), names, "-e", f"inject={names}:{how}")
        share.acknowledged += told.hear(lines)
        share.done += 1
        share.count("ended well in spite of it" if code == 0 else "ended by it")
        found = judge(database, told, issued)
        if code not in (0, 2):
            found.wrong.append(f"the victim ended with {code}: {''.join(lines[-2:])}")
        _after(config, taken, told, issued, code)
        share.found.add(found)
        if not found.is_well:
            share.found.wrong.append(f"{taken.name}: {names} {how}")


def _after(config: Path, taken: Course, told: Told, issued: Papers, code: int) -> None:
    """The next run, with nothing refused, is done with all that it should do."""
    if code == 0:
        return
    with start_victim(database_of(config), 2, *taken.words) as victim:
        said, _ = victim.communicate(timeout=PATIENCE)
    if victim.returncode:
        raise AssertionError(f"the run after ended with {victim.returncode}: {said[-300:]}")
    told.hear(said.splitlines(keepends=True))
    found = judge(database_of(config), told, issued)
    if not found.is_well:
        raise AssertionError(f"after a run without refusals: {found}")

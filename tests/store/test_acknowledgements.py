"""Lines for a reader that may be slow, stuck or gone: the writer never waits for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.core.checks import Check, Gap, Reason
from monitor.core.intervals import Ms, Span
from monitor.store.acknowledgements import Acknowledgements

MakeCheck = Callable[..., Check]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for end in (read, write):
        try:
            os.close(end)
        except OSError:
            continue


def taken(read: int) -> bytes:
    """What lies in the pipe now."""
    os.set_blocking(read, False)
    found = b""
    try:
        while piece := os.read(read, 1 << 16):
            found += piece
    except BlockingIOError:
        pass
    return found


def test_a_line_names_what_is_durable(pipe: tuple[int, int], check: MakeCheck, origin: Ms) -> None:
    read, write = pipe
    gap = Gap(0, 3, Span(5, 9), Reason.NOT_RUNNING)
    Acknowledgements(write).tell([check(1, 3, 7, origin, attempt=2), gap])
    assert taken(read) == b"c 1 3 7 2\ng 0 3 5 9 not_running\n"


def test_a_reader_that_is_slow_gets_everything_in_order(
    pipe: tuple[int, int], check: MakeCheck, origin: Ms
) -> None:
    """Far more than a pipe holds."""
    read, write = pipe
    acknowledgements = Acknowledgements(write)
    found = b""
    for batch in range(20):
        acknowledgements.tell([check(1, 1, batch * 1_000 + n, origin) for n in range(1_000)])
        found += taken(read) if batch > 15 else b""
    acknowledgements.close()
    found += taken(read)
    assert found.splitlines() == [f"c 1 1 {slot} 0".encode() for slot in range(20_000)]


def test_a_reader_that_is_stuck_holds_up_nobody_and_costs_whole_lines(
    pipe: tuple[int, int], check: MakeCheck, origin: Ms, caplog: pytest.LogCaptureFixture
) -> None:
    read, write = pipe
    acknowledgements = Acknowledgements(write, limit=100_000)
    with caplog.at_level(logging.WARNING):
        for slot in range(30_000):
            acknowledgements.tell([check(1, 1, slot, origin)])
    assert caplog.text.count("does not keep up") == 1
    lines = taken(read)
    for _ in range(2):
        acknowledgements.close(waits=1)
        lines += taken(read)
    assert 100_000 < len(lines) < 300_000
    assert lines.splitlines() == [f"c 1 1 {slot} 0".encode() for slot in range(lines.count(b"\n"))]


def test_a_batch_of_any_size_is_no_sign_of_a_slow_reader(
    pipe: tuple[int, int], check: MakeCheck, origin: Ms, caplog: pytest.LogCaptureFixture
) -> None:
    """After another process kept the database locked for long; what comes next has its place, too."""
    read, write = pipe
    acknowledgements = Acknowledgements(write)
    with caplog.at_level(logging.WARNING):
        acknowledgements.tell([check(1, 1, slot, origin) for slot in range(90_000)])
        found = taken(read)
        for slot in range(90_000, 90_100):
            acknowledgements.tell([check(1, 1, slot, origin)])
            found += taken(read)
    acknowledgements.close()
    found += taken(read)
    assert caplog.text == ""
    assert found.splitlines() == [f"c 1 1 {slot} 0".encode() for slot in range(90_100)]


def test_a_reader_that_is_gone_is_told_once_and_is_no_error(
    pipe: tuple[int, int], check: MakeCheck, origin: Ms, caplog: pytest.LogCaptureFixture
) -> None:
    read, write = pipe
    os.close(read)
    acknowledgements = Acknowledgements(write)
    with caplog.at_level(logging.WARNING):
        for slot in range(3):
            acknowledgements.tell([check(1, 1, slot, origin)])
    acknowledgements.close()
    assert caplog.text.count("the reader of --ack-fd is gone (Broken pipe)") == 1


def test_a_file_and_nobody_are_readers_too(tmp_path: Path, check: MakeCheck, origin: Ms) -> None:
    with (tmp_path / "acks.log").open("wb") as file:
        Acknowledgements(file.fileno()).tell([check(1, 1, 0, origin)])
    Acknowledgements(None).tell([check(1, 1, 0, origin)])
    assert (tmp_path / "acks.log").read_bytes() == b"c 1 1 0 0\n"

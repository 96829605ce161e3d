"""A large file is read piece by piece: memory is that of a ticket, not of the file."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from monitor.tickets.files import Troubles
from monitor.tickets.mapping_tables import mapping_of
from monitor.tickets.reading import tickets

ONE = '{"id": %d, "created": "2026-10-02T15:50:00Z", "text": "' + "x" * 4_000 + '"}'
COUNT = 8_000


class Endless(io.RawIOBase):
    """A file that is made while it is read: 32 MB of an array, or of lines."""

    def __init__(self, begin: str, between: str, end: str) -> None:
        self._parts = self._made(begin, between, end)
        self._rest = b""
        self.given = 0

    def _made(self, begin: str, between: str, end: str):
        yield begin.encode()
        for number in range(COUNT):
            yield ((between if number else "") + ONE % number).encode()
        yield end.encode()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while len(self._rest) < len(buffer):
            part = next(self._parts, None)
            if part is None:
                break
            self._rest += part
        given = self._rest[: len(buffer)]
        buffer[: len(given)] = given
        self._rest = self._rest[len(given) :]
        self.given += len(given)
        return len(given)


@pytest.mark.parametrize(
    ("begin", "between", "end"), [("[", ",", "]"), ("", "\n", "\n"), ('{"tickets": [', ",", "]}")]
)
def test_memory_is_bounded_however_large_the_file(begin: str, between: str, end: str) -> None:
    made, troubles = Endless(begin, between, end), Troubles("x")
    tracemalloc.start()
    try:
        found = sum(
            1 for _ in tickets(Path("x.json"), io.BufferedReader(made), mapping_of("plain"), troubles)
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found, troubles.count) == (COUNT, 0)
    assert made.given > 32_000_000
    assert peak < 8_000_000

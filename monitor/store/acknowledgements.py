"""The lines that say what is durable, written to a file descriptor for whoever keeps account.

They never hold up the writer. What the reader does not take yet waits, up to a bound; beyond it lines are
left out. That loses no evidence: what a line would have said is on disk.
"""

from __future__ import annotations

import logging
import os
import select
from collections.abc import Iterable
from typing import Final

from monitor.core.checks import Check, Gap

LIMIT: Final = 1_000_000
"""So many bytes wait for the reader at most, beside a batch that came while nothing waited."""
_PIECE: Final = select.PIPE_BUF  # what a pipe that is ready takes without waiting

log = logging.getLogger("makegood")


class Acknowledgements:
    """Tells records that were committed; without a descriptor it tells nobody."""

    def __init__(self, fd: int | None, *, limit: int = LIMIT) -> None:
        self._fd, self._limit, self._room = fd, limit, limit
        self._waiting = bytearray()
        self._keeps_up = True

    def tell(self, records: Iterable[Check | Gap]) -> None:
        """Write their lines as far as the reader takes them now. Neither waits nor raises."""
        if self._fd is None:
            return
        lines = "".join(map(acknowledgement, records)).encode()
        self._write()
        if not self._waiting:
            self._room = self._limit + len(lines)  # a reader that waits for us keeps up, whatever comes
        if len(self._waiting) + len(lines) <= self._room:
            self._waiting += lines
            self._write()
        elif self._keeps_up:
            self._keeps_up = False
            log.warning(
                "the reader of --ack-fd does not keep up: acknowledgements are left out",
                extra={"event": "reader.slow"},
            )

    def close(self, waits: int = 20) -> None:
        """Give the reader so many tenths of a second for what waits."""
        for _ in range(waits):
            self._write()
            if not self._waiting:
                break
            self._is_ready(100)

    def _write(self) -> None:
        try:
            while self._fd is not None and self._waiting and self._is_ready(0):
                del self._waiting[: os.write(self._fd, self._waiting[:_PIECE])]
        except OSError as error:
            log.warning(
                "the reader of --ack-fd is gone (%s); probing goes on without it", error.strerror,
                extra={"event": "reader.gone"},
            )  # fmt: skip
            self._fd = None
            self._waiting.clear()

    def _is_ready(self, patience: int) -> bool:
        if self._fd is None:
            return False
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        return bool(poll.poll(patience))


def acknowledgement(record: Check | Gap) -> str:
    """A durable record's line: `c lane epoch slot attempt` or `g lane epoch start end reason`."""
    if isinstance(record, Check):
        return f"c {record.lane} {record.epoch} {record.slot} {record.attempt}\n"
    return f"g {record.lane} {record.epoch} {record.span.start} {record.span.end} {record.reason}\n"

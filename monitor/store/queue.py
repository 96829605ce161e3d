"""The thread between whoever probes and the one writer: putting never waits, and every row is accounted for.

One thread owns the writer. It commits every second, or as soon as enough rows wait, and says so afterwards:
that is the acknowledgement. When the disk refuses, the batch is kept and tried again after a growing pause,
through a new connection, because a failed commit may have been one; keys make the repetition harmless. The
lock stays ours meanwhile. Memory is bounded: past the limit, rows become one growing gap per lane,
`own_resource`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

from monitor.clock import Clock
from monitor.core.checks import Check, EpochId, Gap, LaneId, Reason
from monitor.core.intervals import SECOND, Ms, Span
from monitor.records import dataclass
from monitor.store.errors import Locked, Unreachable
from monitor.store.protocol import Holder, Receipt, Writer

Record = Check | Gap
T = TypeVar("T")

LONGEST_PAUSE: Final = 30.0
TRANSIENT: Final = (Locked, Unreachable)
"""What may be over the next time: a lock, rights, a full disk."""


class QueueWriter(Writer, Protocol):
    """A writer that can move its mark with a batch and seal in bounded steps."""

    def append(self, batch: Sequence[Record], *, alive: Ms | None = None) -> Receipt: ...

    def seal(self, upto: Ms, *, windows: int | None = None) -> int: ...

    def repack(self, upto: Ms, *, steps: int | None = None) -> int: ...

    def forget(self, before: Mapping[LaneId, Ms], *, steps: int | None = None) -> int: ...


class WriterSource(Protocol):
    """Where the queue's thread gets its lock, and its writers one after the other; `SqliteStore` is one."""

    def lock(self, holder: Holder) -> AbstractContextManager[None]: ...

    def writing(self) -> AbstractContextManager[QueueWriter]: ...


class EvidenceQueue:
    """A context manager: entering takes the writer's lock (or raises Held), leaving commits what waits.

    `on_commit(records, receipt)` is called in the queue's thread after each commit, `on_error(error)` for
    each attempt that failed and will be repeated. `commits` and `commit_seconds` may be read at any time.
    """

    def __init__(
        self,
        source: WriterSource,
        holder: Holder,
        clock: Clock,
        *,
        on_commit: Callable[[Sequence[Record], Receipt], None] = lambda records, receipt: None,
        on_error: Callable[[Exception], None] = lambda error: None,
        seconds: float = 1.0,
        rows: int = 1_000,
        limit: int = 500_000,
    ) -> None:
        self._source, self._holder, self._clock = source, holder, clock
        self._on_commit, self._on_error = on_commit, on_error
        self._seconds, self._rows, self._limit = seconds, rows, limit
        self._changed = threading.Condition()
        self._waiting: deque[Record] = deque()
        self._overflow: dict[tuple[LaneId, EpochId], Span] = {}
        self._calls: deque[_Call] = deque()
        self._seal_upto: Ms | None = None
        self._closing = False
        self._ended: BaseException | None = None
        self._marked: Ms | None = None
        self._pause = 0.0
        self.commits, self.commit_seconds = 0, 0.0
        self._thread = threading.Thread(target=self._run, name="evidence-writer", daemon=True)
        self._opened: Future[Ms | None] = Future()

    def __enter__(self) -> Self:
        self._thread.start()
        self._opened.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def reached(self) -> Ms | None:
        """Until when there was evidence as the lock was taken: where the silence before this run began.

        Never later than that moment, whatever a wrong clock recorded before.
        """
        return self._opened.result()

    @property
    def waiting(self) -> int:
        """Rows that are not committed yet."""
        return len(self._waiting)

    def put(self, records: Sequence[Record]) -> None:
        """Hand over rows, from any thread, without waiting. Raises what ended the queue, if anything did."""
        with self._changed:
            self._must_run()
            for record in records:
                if len(self._waiting) < self._limit:
                    self._waiting.append(record)
                else:
                    self._give_up(record)
            if len(self._waiting) >= self._rows:
                self._changed.notify()

    def call(self, what: Callable[[QueueWriter], T]) -> T:
        """Run `what` with the writer, in its thread, after what was put before; its result or its error."""
        return self.submit(what).result()

    def submit(self, what: Callable[[QueueWriter], T]) -> Future[T]:
        """As `call`, without waiting for it."""
        future: Future[T] = Future()
        with self._changed:
            self._must_run()
            self._calls.append(_Call(what, future))
            self._changed.notify()
        return future

    def flush(self) -> None:
        """Return once everything put before is committed or has failed once."""
        self.call(lambda writer: None)

    def request_seal(self, upto: Ms) -> None:
        """Seal what is due by `upto`, then pack and give room back, between commits."""
        with self._changed:
            self._seal_upto = max(upto, self._seal_upto or 0)
            self._changed.notify()

    def close(self) -> None:
        """Commit what waits and let go of the writer; raises what kept anything from being committed."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        if self._ended is not None and not isinstance(self._ended, _Closed):
            raise self._ended

    def _must_run(self) -> None:
        if self._ended is not None:
            raise self._ended
        if self._closing:
            raise _Closed("the evidence queue is closed")

    def _give_up(self, record: Record) -> None:
        start, end = (record.at, record.at + 1) if isinstance(record, Check) else _edges(record.span)
        before = self._overflow.get((record.lane, record.epoch), Span(start, end))
        self._overflow[record.lane, record.epoch] = Span(min(start, before.start), max(end, before.end))

    def _run(self) -> None:
        try:
            with self._source.lock(self._holder):
                while not self._session():
                    with self._changed:
                        self._changed.wait_for(lambda: self._closing, self._pause)
            self._end(_Closed("the evidence queue is closed"))
        except BaseException as error:  # noqa: BLE001 - whoever puts next, calls or closes is told
            self._end(error)

    def _end(self, why: BaseException) -> None:
        with self._changed:
            self._ended = why
            self._refuse_calls(why)
        if not self._opened.done():
            self._opened.set_exception(why)

    def _session(self) -> bool:
        """Serve with one writer until closed; False when the disk refused and a new connection is due."""
        try:
            with self._source.writing() as writer:
                if not self._opened.done():
                    self._opened.set_result(writer.last_alive(self._clock.now()))
                while not self._turn(writer):
                    pass
        except TRANSIENT as error:
            if self._closing or not self._opened.done():
                raise
            self._on_error(error)
            with self._changed:
                self._refuse_calls(error)
            self._pause = min(max(2 * self._pause, self._seconds / 4), LONGEST_PAUSE)
            return False
        return True

    def _turn(self, writer: QueueWriter) -> bool:
        """Wait for something to do, and do it; True when all is done and the queue is closing."""
        with self._changed:
            self._changed.wait_for(self._is_due, self._seconds)
            closing, calls = self._closing, len(self._calls)
        self._commit(writer)
        self._pause = 0.0
        for _ in range(calls):
            self._calls.popleft().make(writer)
        if not closing:
            self._seal(writer)
        return closing and not (self._waiting or self._overflow or self._calls)

    def _is_due(self) -> bool:
        enough = len(self._waiting) >= self._rows
        return self._closing or enough or bool(self._calls) or self._seal_upto is not None

    def _seal(self, writer: QueueWriter) -> None:
        upto = self._seal_upto
        if upto is None or writer.seal(upto, windows=1):
            return
        if not writer.repack(upto, steps=1) and not writer.shrink():
            with self._changed:
                if self._seal_upto == upto:
                    self._seal_upto = None

    def _commit(self, writer: QueueWriter) -> None:
        """Commit everything that waits, so that a call finds it there, and move the mark."""
        with self._changed:
            batch: list[Record] = list(self._waiting)
            lost = dict(self._overflow)
        batch += [Gap(lane, epoch, span, Reason.OWN_RESOURCE) for (lane, epoch), span in lost.items()]
        now = self._clock.now()
        alive = now if self._must_mark(now, batch) else None
        if not batch and alive is None:
            return
        begun = self._clock.monotonic()
        receipt = writer.append(batch, alive=alive)
        self.commits += 1
        self.commit_seconds += self._clock.monotonic() - begun
        self._marked = self._marked if alive is None else alive
        self._forget(len(batch) - len(lost), lost)
        if batch:
            self._on_commit(batch, receipt)

    def _must_mark(self, now: Ms, batch: Sequence[Record]) -> bool:
        """Whether the mark has to move: once a second, unless a check of this second says the same."""
        if self._marked is None or now < self._marked:
            return True
        recent = (record.at for record in batch if isinstance(record, Check))
        return now - self._marked >= SECOND and not any(now - SECOND <= at <= now for at in recent)

    def _forget(self, rows: int, lost: dict[tuple[LaneId, EpochId], Span]) -> None:
        with self._changed:
            for _ in range(rows):
                self._waiting.popleft()
            for key, span in lost.items():
                if self._overflow[key] == span:
                    del self._overflow[key]

    def _refuse_calls(self, why: BaseException) -> None:
        while self._calls:
            self._calls.popleft().future.set_exception(why)


class _Closed(RuntimeError):
    """The queue was closed in good order, and takes nothing more."""


@dataclass(frozen=True, slots=True)
class _Call:
    what: Callable[[QueueWriter], Any]
    future: Future[Any]

    def make(self, writer: QueueWriter) -> None:
        try:
            self.future.set_result(self.what(writer))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever called
            self.future.set_exception(error)


def _edges(span: Span) -> tuple[Ms, Ms]:
    return span.start, span.end

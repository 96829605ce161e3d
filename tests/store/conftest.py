"""A store in a fresh file, people who hold it, and checks in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, Ms
from monitor.store import SqliteStore, open_store
from monitor.store.protocol import Holder
from monitor.store.writer import EvidenceWriter

ORIGIN: Ms = 472_000 * HOUR  # 2023-11-05 16:00 UTC

MakeCheck = Callable[..., Check]


@pytest.fixture
def origin() -> Ms:
    """A full hour from which the tests count."""
    return ORIGIN


@pytest.fixture
def holder() -> Holder:
    return Holder(pid=4711, host="probe-1", program="makegood run", since=ORIGIN)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "makegood.db"


@pytest.fixture
def store(path: Path) -> SqliteStore:
    return open_store(path, create=True)


@pytest.fixture
def writer(store: SqliteStore, holder: Holder) -> Iterator[EvidenceWriter]:
    with store.writer(holder) as writer:
        yield writer


@pytest.fixture
def check() -> MakeCheck:
    """check(lane, epoch, slot, at, …): a good check that holds for 130 s unless said otherwise."""

    def make(
        lane: int,
        epoch: int,
        slot: int,
        at: Ms,
        state: State = State.UP,
        reason: Reason = Reason.OK,
        *,
        attempt: int = 0,
        hold: Ms = 130_000,
        latency: int | None = 420,
        status: int | None = 200,
        facts: str | None = None,
    ) -> Check:
        return Check(lane, epoch, slot, attempt, at, state, reason, hold, latency, status, facts)

    return make

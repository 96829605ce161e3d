"""The dead-man's switch, with a real store, a real queue and somebody on loopback who waits for calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from monitor.alerts.deadman import FRESH, Pulse, Switch, pulse
from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.checks import Check, Gap, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms
from monitor.statements.disabled import DISABLED
from monitor.store import EvidenceQueue, SqliteStore, open_store
from monitor.store.protocol import Holder, NewEvent, Receipt
from monitor.store.sqlite import sqlite3
from monitor.store.writer import EvidenceWriter
from tests.listen.conftest import HandClock, until

NOW: Ms = 1_796_000_000_000
SECRET = "cGluZy1mb3ItdGVzdHMtb25seQ"
FILE = """
[monitor]
database = "test.db"
[endpoint.shop]
tcp = "shop.example:443"
interval = "30s"
[endpoint.mail]
tcp = "mail.example:25"
interval = "30s"
[endpoint.vault]
tcp = "vault.example:443"
interval = "1h"
"""


@dataclass
class Watcher:
    """Somebody outside who waits for calls; it answers as it is told to, or hangs."""

    calls: list[str] = field(default_factory=list)
    status: int = 200
    gate: asyncio.Event | None = None

    async def hear(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.path}")
        if self.gate is not None:
            await self.gate.wait()
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def watcher() -> AsyncIterator[tuple[Watcher, str]]:
    watcher = Watcher()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", watcher.hear)
    server = TestServer(app)
    await server.start_server()
    yield watcher, str(server.make_url(f"/{SECRET}"))
    await server.close()


class Disk:
    """Writes by a real writer, and refuses where it is full."""

    def __init__(self, store: SqliteStore) -> None:
        self.store, self.full = store, False

    def lock(self, holder: Holder) -> AbstractContextManager[None]:
        return self.store.lock(holder)

    @contextmanager
    def writing(self) -> Iterator[EvidenceWriter]:
        with self.store.writing() as writer:
            yield _Writer(writer, self)  # type: ignore[misc]


class _Writer:
    def __init__(self, writer: EvidenceWriter, disk: Disk) -> None:
        self._writer, self._disk = writer, disk

    def append(self, batch: Sequence[Check | Gap], *, alive: Ms | None = None) -> Receipt:
        if self._disk.full:
            raise sqlite3.OperationalError("database or disk is full")
        return self._writer.append(batch, alive=alive)

    def __getattr__(self, name: str) -> object:
        return getattr(self._writer, name)


class Monitor:
    """A queue over a store; `measures` is a round of checks of the endpoints that are due."""

    def __init__(self, plan: Plan, store: SqliteStore) -> None:
        self.plan, self.store, self.disk = plan, store, Disk(store)
        self.clock = HandClock(wall=NOW)
        self.errors: list[Exception] = []
        holder = Holder(1, "here", "test", NOW)
        self.queue = EvidenceQueue(self.disk, holder, self.clock, on_error=self.errors.append, seconds=0.01)
        self.lanes: dict[str, int] = {}
        self._slot = 0

    def __enter__(self) -> Monitor:
        self.queue.__enter__()
        self.queue.call(lambda writer: writer.epoch(NOW - HOUR))
        for key in self.plan.endpoints:
            self.lanes[key] = self.queue.call(
                lambda writer, key=key: writer.lane(key, "local", since=NOW - HOUR)
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.disk.full = False
        self.queue.close()

    def put(self, *keys: str, reason: Reason = Reason.OK) -> None:
        self._slot += 1
        state = State.UP if reason is Reason.OK else State.UNKNOWN
        now = self.clock.now()
        self.queue.put(
            [Check(self.lanes[key], 1, self._slot, 0, now, state, reason, 70 * SECOND) for key in keys]
        )

    def measures(self, *keys: str, reason: Reason = Reason.OK) -> None:
        self.put(*(keys or self.lanes), reason=reason)
        self.queue.flush()

    def pulse(self) -> Pulse:
        with self.store.snapshot() as snapshot:
            return pulse(self.plan, snapshot, self.clock.now())


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Monitor]:
    path = tmp_path / "makegood.toml"
    path.write_text(FILE)
    plan = load_plan(path, environ={})
    with Monitor(plan, open_store(plan.settings.database, create=True)) as monitor:
        yield monitor


async def test_a_monitor_that_measures_is_called_for_each_turn(monitor, watcher):
    (heard, url), switch = watcher, Switch()
    for turn in range(3):
        monitor.measures()
        assert await switch.turn(url, monitor.pulse(), monitor.clock.now())
        assert heard.calls == [f"GET /{SECRET}"] * (turn + 1)
        monitor.clock.passes(MINUTE)


async def test_evidence_that_stands_still_is_called_for_once(monitor, watcher, caplog):
    (heard, url), switch = watcher, Switch()
    monitor.measures()
    found = monitor.pulse()
    for _ in range(4):
        await switch.turn(url, found, monitor.clock.now())
        monitor.clock.passes(SECOND)
    assert len(heard.calls) == 1
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "nothing new is on disk: whoever waits for our call will miss it"
    ]


async def test_a_call_by_a_clock_that_was_years_ahead_does_not_end_the_calls(watcher):
    (heard, url), switch, years = watcher, Switch(), 3_650 * 24 * HOUR
    assert await switch.turn(url, Pulse(NOW + years), NOW + years)
    assert await switch.turn(url, Pulse(NOW), NOW)
    assert not await switch.turn(url, Pulse(NOW), NOW + SECOND)
    assert len(heard.calls) == 2


async def test_evidence_that_is_new_and_old_all_the_same_is_not_called_for(watcher):
    (heard, url), switch = watcher, Switch()
    assert not await switch.turn(url, Pulse(NOW - FRESH - 1), NOW)
    assert not await switch.turn(url, Pulse(None), NOW)
    assert heard.calls == []


async def test_a_disk_that_is_full_ends_the_calls_and_one_that_has_room_again_brings_them_back(
    monitor, watcher, caplog
):
    (heard, url), switch = watcher, Switch()
    monitor.measures()
    await switch.turn(url, monitor.pulse(), monitor.clock.now())
    monitor.disk.full = True
    for _ in range(5):
        monitor.clock.passes(MINUTE)
        monitor.put("shop", "mail")
        await until(lambda: monitor.errors)
        assert not await switch.turn(url, monitor.pulse(), monitor.clock.now())
    assert len(heard.calls) == 1
    monitor.disk.full = False
    await until(lambda: not monitor.queue.waiting)
    assert await switch.turn(url, monitor.pulse(), monitor.clock.now())
    assert len(heard.calls) == 2
    assert "database or disk is full" in str(monitor.errors[0])
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


async def test_a_process_that_lives_and_measures_nothing_is_not_called_for(monitor, watcher, caplog):
    """The mark that says it lives goes on; two of three endpoints were not measured for ten minutes."""
    (heard, url), switch = watcher, Switch()
    monitor.measures()
    monitor.clock.passes(10 * MINUTE)
    monitor.queue.call(lambda writer: writer.alive(monitor.clock.now()))
    found = monitor.pulse()
    assert found == Pulse(monitor.clock.now(), 3, 2)
    assert not await switch.turn(url, found, monitor.clock.now())
    assert heard.calls == []
    assert "2 of 3 endpoints are not measured, by a fault of ours" in caplog.text


@pytest.mark.parametrize(
    ("spoilt", "reason", "called"),
    [
        (("shop",), Reason.OWN_NETWORK, True),
        (("shop", "mail"), Reason.OWN_NETWORK, False),
        (("shop", "mail"), Reason.OWN_DNS, False),
        (("shop", "mail", "vault"), Reason.MONITOR_STALL, False),
        (("shop", "mail", "vault"), Reason.OK, True),
    ],
)
async def test_more_than_half_may_not_be_lost_to_faults_of_ours(monitor, watcher, spoilt, reason, called):
    (heard, url), switch = watcher, Switch()
    others = tuple(key for key in monitor.lanes if key not in spoilt)
    monitor.measures(*others or spoilt)
    monitor.clock.passes(SECOND)
    monitor.measures(*spoilt, reason=reason)
    assert await switch.turn(url, monitor.pulse(), monitor.clock.now()) is called
    assert len(heard.calls) == called


def test_a_target_that_is_down_is_no_fault_of_ours(monitor):
    now = monitor.clock.now()
    down = [
        Check(lane, 1, 9, 0, now, State.DOWN, Reason.TIMEOUT, 70 * SECOND) for lane in monitor.lanes.values()
    ]
    monitor.queue.put(down)
    monitor.queue.flush()
    assert monitor.pulse() == Pulse(now, 3, 0)


def test_what_is_measured_by_the_hour_is_not_missed_within_two(monitor):
    monitor.measures()
    monitor.clock.passes(2 * HOUR)
    monitor.measures("shop", "mail")
    assert monitor.pulse().lost == 0
    monitor.clock.passes(MINUTE)
    monitor.measures("shop", "mail")
    assert monitor.pulse().lost == 1


def test_who_is_disabled_is_not_counted(monitor):
    monitor.store.journal.append(
        [NewEvent(NOW, DISABLED, key, "ada", "moved", {}) for key in ("shop", "mail")]
    )
    monitor.measures("vault")
    assert monitor.pulse() == Pulse(monitor.clock.now(), 1, 0)


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_a_call_that_is_not_taken_is_told_once_and_made_again_at_the_next_turn(
    monitor, watcher, caplog, status
):
    (heard, url), switch = watcher, Switch()
    heard.status = status
    monitor.measures()
    for _ in range(3):
        assert not await switch.turn(url, monitor.pulse(), monitor.clock.now())
    assert len(heard.calls) == 3
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"the address of [alerts] ping could not be called: it answered {status}"
    ]
    heard.status = 204
    assert await switch.turn(url, monitor.pulse(), monitor.clock.now())


async def test_who_hangs_is_left_after_its_time(monitor, watcher, caplog):
    (heard, url), switch = watcher, Switch(whole=0.2)
    heard.gate = asyncio.Event()
    monitor.measures()
    assert not await switch.turn(url, monitor.pulse(), monitor.clock.now())
    heard.gate.set()
    assert "could not be called: " in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/{}", "no address {}", "http://[::1/{}", "ftp://x/{}"])
async def test_who_is_not_there_is_told_without_the_address(monitor, caplog, url):
    monitor.measures()
    assert not await Switch().turn(url.format(SECRET), monitor.pulse(), monitor.clock.now())
    assert "could not be called: " in caplog.text
    assert SECRET not in caplog.text

"""A whole daemon that is spoken to: what it answered with 200 is on disk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import aiohttp
import pytest

from monitor.config.plan import ListenSettings
from monitor.store import open_store
from monitor.store.protocol import AlertChange, NewAlert

LINK = "Zm9yLXRlc3RzLW9ubHktMDAwMDAwMDAx"
PUSHER = "cHVzaC1mb3ItdGVzdHMtb25seQ"
FILE = """
[monitor]
database = "test.db"
[endpoint.page]
tcp = "127.0.0.1:9"
interval = "1h"
[metric.payments]
token = { env = "PAYMENTS" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "makegood.toml"
    path.write_text(FILE)
    return path


async def test_an_alert_is_acknowledged_and_a_value_is_kept_by_a_daemon_that_is_told_its_tokens(config, life):
    one = life(config, bool, environ={"PAYMENTS": PUSHER})
    daemon, began = one.daemon, asyncio.Event()
    daemon.plan = replace(daemon.plan, listen=ListenSettings(hooks=("127.0.0.1", 0)))
    running = asyncio.create_task(daemon.run(began.set))
    await began.wait()
    store = open_store(config.parent / "test.db")
    now = daemon.clock.now()
    store.alerts.record(
        [AlertChange(new=NewAlert("down", "down", "page", "page", now, now, "page is down", LINK))]
    )
    where = f"http://127.0.0.1:{daemon.listeners.hatch.port}"
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{where}/a/{LINK}", data={"who": "Ada"}) as answer:
            assert (answer.status, "<bdi>Ada</bdi>" in await answer.text()) == (200, True)
        alert = store.alerts.by_token(LINK)
        assert (alert.acknowledged is not None, alert.acknowledged_by) == (True, "link: Ada")
        bearer = {"Authorization": f"Bearer {PUSHER}"}
        async with session.post(f"{where}/metric/payments", data="99.61", headers=bearer) as answer:
            assert (answer.status, await answer.json()) == (200, {"metric": "payments", "kept": "now"})
    assert [each.value for each in store.metrics.last("payments", 9)] == [Fraction("99.61")]
    daemon.stop()
    await running


async def test_a_token_that_cannot_be_read_is_told_and_nobody_can_push(config, life, caplog):
    one = life(config, bool)
    daemon, began = one.daemon, asyncio.Event()
    daemon.plan = replace(daemon.plan, listen=ListenSettings(hooks=("127.0.0.1", 0)))
    running = asyncio.create_task(daemon.run(began.set))
    await began.wait()
    assert (
        "nobody can push this metric: metric.payments.token: the variable PAYMENTS is not set" in caplog.text
    )
    where = f"http://127.0.0.1:{daemon.listeners.hatch.port}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{where}/metric/payments", data="1", headers={"Authorization": "Bearer x"}) as answer,
    ):
        assert answer.status == 401
    daemon.stop()
    await running


async def test_a_ticket_is_delivered_to_a_daemon_and_counts_once(config, life, caplog):
    config.write_text(
        f'{FILE}[tickets.desk]\ntoken = {{ env = "DESK" }}\n[tickets.lost]\nsecret = {{ env = "LOST" }}\n'
    )
    one = life(config, bool, environ={"PAYMENTS": PUSHER, "DESK": PUSHER})
    daemon, began = one.daemon, asyncio.Event()
    daemon.plan = replace(daemon.plan, listen=ListenSettings(hooks=("127.0.0.1", 0)))
    running = asyncio.create_task(daemon.run(began.set))
    await began.wait()
    assert (
        "nobody can deliver these tickets: tickets.lost.secret: the variable LOST is not set" in caplog.text
    )
    where = f"http://127.0.0.1:{daemon.listeners.hatch.port}/tickets"
    bearer = {"Authorization": f"Bearer {PUSHER}"}
    made = {"id": "7", "created": "2026-10-02T15:50:00Z"}
    async with aiohttp.ClientSession() as session:
        kept = []
        for _ in range(2):
            async with session.post(f"{where}/desk", json=made, headers=bearer) as answer:
                assert answer.status == 200
                kept.append((await answer.json())["kept"])
        async with session.post(f"{where}/lost", json=made, headers=bearer) as answer:
            assert answer.status == 404
    assert kept == ["now", "before"]
    with open_store(config.parent / "test.db").snapshot() as snapshot:
        assert [(each.id, each.columns["source"]) for each in snapshot.tickets()] == [("7", "desk")]
    daemon.stop()
    await running

"""A secret goes to the target it is meant for, and nowhere else: no log, no error, no page, no database."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from monitor.clock import SystemClock
from monitor.config import load_plan
from monitor.core.checks import Check
from monitor.core.periods import month_of
from monitor.drafting import draft_statements
from monitor.logs import Lines
from monitor.reporting import draft_internal
from monitor.store import open_store

CANARY = "canary-7f3a91"
CONFIG = """
[monitor]
database = "test.db"
[issuer]
name = "Issuer"
[endpoint.page]
url = "{url}"
interval = "1s"
timeout = "500ms"
headers = {{ Authorization = {{ env = "TOKEN" }} }}
confirm = {{ failures = 1, of = 1 }}
[service.shop]
up_when = "page"
[customer.acme]
name = "ACME"
timezone = "UTC"
currency = "EUR"
[sla.gold]
commitment = "99.9%"
credits = "10%"
[agreement.acme-shop]
customer = "acme"
service = "shop"
sla = "gold"
monthly_fee = "1.00"
from = 2026-01-01
"""


def files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@contextmanager
def logged(stream: io.StringIO) -> Iterator[None]:
    """Have the log written to the stream for a while, as `makegood run --log-format json` writes it."""
    lines = Lines("json", stream)
    logging.getLogger().addHandler(lines)
    yield
    logging.getLogger().removeHandler(lines)


@pytest.fixture
async def server():
    """Answers every request with an error that repeats the header it was sent."""
    seen: list[str] = []

    async def echo(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response(status=500, reason=seen[-1], text=seen[-1], headers={"X-Echo": seen[-1]})

    app = web.Application()
    app.router.add_get("/", echo)
    running = TestServer(app)
    await running.start_server()
    yield running, seen
    await running.close()


async def test_a_secret_reaches_its_target_and_nothing_that_is_kept(server, tmp_path: Path, life, caplog):
    target, seen = server
    config = tmp_path / "makegood.toml"
    config.write_text(CONFIG.format(url=target.make_url("/")))
    environ = {"TOKEN": CANARY}
    written = io.StringIO()
    with caplog.at_level(logging.DEBUG), logged(written):
        one = life(config, lambda records: any(isinstance(r, Check) for r in records), environ=environ)
        await one.until_reached()

    plan = load_plan(config, environ=environ)
    now = SystemClock().now()
    label = month_of(now, "UTC").label
    store = open_store(plan.settings.database)
    with store.snapshot() as snapshot:
        list(draft_statements(plan, snapshot, label, ["acme"], tmp_path / "out", now))
        draft_internal(plan, store, snapshot, label, tmp_path / "out", now)

    assert CANARY in seen
    assert CANARY not in caplog.text
    assert "endpoint.down" in [json.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert CANARY not in written.getvalue()
    assert CANARY not in repr(plan)
    kept = files(tmp_path)
    assert len(kept) >= 8
    assert [name for name, content in kept.items() if CANARY.encode() in content] == []

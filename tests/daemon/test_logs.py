"""What a running monitor writes of the endpoints it watches: as a process, to stderr, against a real port."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CONFIG = """
[monitor]
database = "test.db"

[endpoint.door]
tcp = "127.0.0.1:{port}"
interval = "1s"
timeout = "500ms"
confirm = {{ failures = 2, of = 2, pause = "50ms" }}
"""


class Door:
    """A port that can be open or shut, and is the same one each time."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


@pytest.fixture
async def door():
    made = Door()
    await made.open()
    yield made
    await made.shut()


@pytest.fixture
def config(tmp_path: Path, door: Door) -> Path:
    path = tmp_path / "makegood.toml"
    path.write_text(CONFIG.format(port=door.port))
    return path


@contextmanager
def monitor(config: Path, *more: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "monitor", "--config", str(config), "run", *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environ) as running:
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=10)


async def line_with(running: subprocess.Popen[str], word: str) -> str:
    """The next line that holds the word; the process ends within the test's time, so this does, too."""

    def read() -> str:
        return next(line for line in running.stderr or () if word in line)

    return await asyncio.wait_for(asyncio.to_thread(read), 30)


async def test_each_change_is_a_line_of_json_with_the_reason_and_later_with_how_long_it_took(config, door):
    with monitor(config, "--log-format", "json") as running:
        await door.shut()
        down = json.loads(await line_with(running, "endpoint.down"))
        await door.open()
        up = json.loads(await line_with(running, "endpoint."))

    assert (down["level"], down["endpoint"], down["reason"]) == ("warning", "door", "connection_refused")
    assert up["event"] == "endpoint.up"
    assert up["down_ms"] > 0
    assert list(up)[:4] == ["time", "level", "event", "endpoint"]


async def test_a_monitor_that_is_started_anew_goes_on_where_the_log_ended(config, door):
    """Down when the first one stopped: the second tells that it is up again."""
    await door.shut()
    with monitor(config, MAKEGOOD_LOG="json") as running:
        await line_with(running, "endpoint.down")
    await door.open()
    with monitor(config, MAKEGOOD_LOG="json") as running:
        told = json.loads(await line_with(running, "endpoint."))

    assert (told["event"], told["measured"], "down_ms" in told) == ("endpoint.up", False, False)


async def test_text_is_what_it_writes_unless_told_otherwise(config, door):
    await door.shut()
    with monitor(config) as running:
        line = await line_with(running, "is down")
    assert " WARNING door is down: connection refused" in line


def test_a_format_that_there_is_not_starts_nothing(config):
    command = [sys.executable, "-m", "monitor", "--config", str(config), "run"]
    done = subprocess.run(
        command, env=os.environ | {"MAKEGOOD_LOG": "xml"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "MAKEGOOD_LOG" in done.stderr
    assert "'text', 'json'" in done.stderr
    assert not (config.parent / "test.db").exists()

"""Apprise, in a process of its own: what gets through, what does not, and that its URL is seen nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.alerts.channels.by_apprise import send
from monitor.alerts.channels.message import Message, NotTaken

SECRET = "YXBwcmlzZS1mb3ItdGVzdHMtb25seQ"
MESSAGE = Message("1-1", "Shop is down – since 14:02", "It affects 3 customers.\nAcknowledge: …\n", {})

Writer = asyncio.StreamWriter


@dataclass
class Service:
    """A service on loopback that does with a request what it is told to."""

    answer: Callable[[Writer], Awaitable[None]]
    heard: list[bytes] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    serving: list[asyncio.Task[None] | None] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/{SECRET}"

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        self.heard.append(head + await reader.readexactly(length))
        self.came.set()
        self.serving.append(asyncio.current_task())
        try:
            await self.answer(writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def answering(status: int) -> Callable[[Writer], Awaitable[None]]:
    async def answer(writer: Writer) -> None:
        body = SECRET.encode()
        writer.write(b"HTTP/1.1 %d So\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    return answer


async def vanishing(_: Writer) -> None:
    """Close without a word."""


@pytest.fixture
async def service() -> AsyncIterator[Callable[[Callable[[Writer], Awaitable[None]]], Awaitable[Service]]]:
    servers: list[asyncio.Server] = []
    services: list[Service] = []

    async def serving(answer: Callable[[Writer], Awaitable[None]]) -> Service:
        service = Service(answer)
        server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
        servers.append(server)
        services.append(service)
        service.port = server.sockets[0].getsockname()[1]
        return service

    yield serving
    for server in servers:
        server.close()
    await asyncio.gather(
        *(task for each in services for task in each.serving if task), return_exceptions=True
    )


@pytest.fixture
def installed() -> None:
    pytest.importorskip("apprise", reason="apprise is not installed: pip install makegood[apprise]")


@pytest.mark.usefixtures("installed")
async def test_a_message_gets_through_whole(service):
    receiver = await service(answering(200))
    assert await send(receiver.url, MESSAGE) == "taken"
    (request,) = receiver.heard
    assert request.startswith(f"POST /{SECRET} ".encode())
    told = json.loads(request.partition(b"\r\n\r\n")[2])
    assert (told["title"], told["message"].strip()) == (MESSAGE.title, MESSAGE.text.strip())


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "answer", [answering(500), answering(404), vanishing], ids=["500", "404", "vanishes"]
)
async def test_a_service_that_does_not_take_it_is_tried_again(service, answer, caplog):
    receiver = await service(answer)
    with caplog.at_level(logging.DEBUG), pytest.raises(NotTaken) as said:
        await send(receiver.url, MESSAGE)
    assert (str(said.value), said.value.for_good) == ("the service did not take it", False)
    assert receiver.heard
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("installed")
async def test_nobody_who_listens_is_tried_again():
    with pytest.raises(NotTaken, match="the service did not take it"):
        await send(f"json://127.0.0.1:1/{SECRET}", MESSAGE)


@pytest.mark.usefixtures("installed")
async def test_one_that_hangs_is_ended_with_its_process_whose_command_line_names_no_address(service):
    """It says a byte now and then, so that no time limit of a single read ever comes."""
    gate = asyncio.Event()

    async def dripping(writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not gate.is_set():
            writer.write(b"x")
            await asyncio.sleep(0.2)

    receiver = await service(dripping)
    sending = asyncio.create_task(send(receiver.url, MESSAGE, 6.0))
    await receiver.came.wait()
    lines = {path: words for path, words in running().items() if "by_apprise" in words}
    assert lines
    assert not any(SECRET in words or MESSAGE.title in words for words in lines.values())
    with pytest.raises(NotTaken) as said:
        await sending
    assert str(said.value) == "no answer within 6 s"
    assert not any(path.exists() for path in lines)
    gate.set()


@pytest.mark.usefixtures("installed")
async def test_who_is_told_to_stop_takes_the_process_along(service):
    gate = asyncio.Event()

    async def hanging(_: Writer) -> None:
        await gate.wait()

    receiver = await service(hanging)
    sending = asyncio.create_task(send(receiver.url, MESSAGE))
    await receiver.came.wait()
    mine = [path for path, words in running().items() if "by_apprise" in words]
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert mine
    assert not any(path.exists() for path in mine)
    gate.set()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("url", [f"nonsense://{SECRET}", SECRET, "", "json://"])
async def test_an_address_of_no_service_is_not_tried_for_ever_and_not_shown(url):
    with pytest.raises(NotTaken) as said:
        await send(url, MESSAGE)
    assert (str(said.value), said.value.for_good) == ("the address is of no service that apprise knows", True)


async def test_where_apprise_is_not_installed_it_is_said_how_to(tmp_path: Path, monkeypatch):
    (tmp_path / "apprise.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    with pytest.raises(NotTaken) as said:
        await send(f"json://127.0.0.1:1/{SECRET}", MESSAGE)
    assert str(said.value) == "apprise is not installed: pip install makegood[apprise]"
    assert said.value.for_good


async def test_a_process_that_writes_without_end_holds_up_nobody(tmp_path: Path, monkeypatch):
    (tmp_path / "apprise.py").write_text("for _ in range(200):\n    print('x' * 65_536)\nraise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    with pytest.raises(NotTaken, match="not installed"):
        await send("json://127.0.0.1:1", MESSAGE)


def running() -> dict[Path, str]:
    """Our own children, by their folder in /proc, with their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                found[path] = (path / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found

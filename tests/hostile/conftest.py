"""A network that trusts a test authority, and rows served for one test."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import trustme

from monitor.probes import Network
from tests.hostile.hearing import HearingLoop, HearingUvloop
from tests.hostile.serving import Row, Served
from tests.hostile.serving import serve as served


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Strangers are met on both loops, and what is read of them is counted."""
    return {"asyncio": HearingLoop, "uvloop": HearingUvloop}


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def context(authority: trustme.CA) -> ssl.SSLContext:
    """A server's context with a good certificate for localhost."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(made)
    return made


@pytest.fixture
async def network(authority: trustme.CA) -> AsyncIterator[Network]:
    async with Network(trust=authority.configure_trust) as opened:
        yield opened


@pytest.fixture
async def serve(context: ssl.SSLContext) -> AsyncIterator[Callable[[Row], Awaitable[Served]]]:
    running: list[Served] = []

    async def start(row: Row) -> Served:
        running.append(await served(row, context))
        return running[-1]

    yield start
    for each in running:
        await each.close()

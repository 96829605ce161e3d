"""A desk for deliveries: a store, a clock that is set by hand, and receivers that are stopped afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.alerts.delivery import Delivery
from monitor.alerts.ways import Ways
from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.store import SqliteStore, open_store
from tests.alerts.receivers import T0, Webhook
from tests.cli.mail_server import Mailbox, Server

CONFIG = """
[monitor]
database = "test.db"

[endpoint.page]
url = "http://127.0.0.1:9/"
interval = "1s"
timeout = "500ms"
"""


@dataclass
class Desk:
    """Deliveries of one store; `at` is the instant that it is."""

    folder: Path
    store: SqliteStore
    at: Ms = T0
    environ: dict[str, str] = field(default_factory=dict)
    limit: float = 60.0

    def plan(self, config: str) -> Plan:
        path = self.folder / "makegood.toml"
        path.write_text(CONFIG + config)
        return load_plan(path, environ=self.environ)

    async def deliver(self, plan: Plan, channel: str = "chat", *, after: Ms = 0) -> bool:
        """Whether there was something to send, so long after the last time."""
        self.at += after
        ways = Ways(self.environ).by_name()
        delivery = Delivery(self.store, ways, lambda: self.at, lambda: 0.0, self.limit)
        return await delivery.deliver(plan, plan.alerting.channels[channel])

    def letters(self, *alerts: int) -> list[tuple[str, int, str]]:
        """What became of the letters of these alerts: state, tries, and what the receiver said."""
        return [(each.state, each.tries, each.said) for each in self.store.alerts.letters(alerts or (1,))]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, open_store(tmp_path / "test.db", create=True))


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    made = await Webhook().start()
    yield made
    await made.stop()


@pytest.fixture
async def hooks() -> AsyncIterator[Callable[[], Webhook]]:
    """Further ones, which a test starts itself."""
    made: list[Webhook] = []

    def one() -> Webhook:
        made.append(Webhook())
        return made[-1]

    yield one
    for each in made:
        await each.stop()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail(mailbox: Mailbox) -> Iterator[Server]:
    server = Server(mailbox)
    yield server
    server.stop()

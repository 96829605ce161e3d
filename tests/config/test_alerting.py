"""Who is told of alerts, as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import load_plan
from monitor.config.alerting import Alerting, Channel
from monitor.config.endpoint import Reference
from monitor.core.intervals import HOUR, MINUTE, SECOND
from monitor.operations.routes import Telling

EVERYTHING = """
[mail]
host = "mail.shop.example"
from = "alerts@shop.example"

[channel.chat]
webhook = "https://chat.example/hook"
secret = { env = "HOOK" }

[channel.hidden]
webhook = { file = "hook.url" }
rate = "5 per 1h"

[channel.ops]
mail = ["ops@shop.example", "boss@shop.example"]

[channel.phone]
apprise = { env = "PHONE" }

[alerts]
send = ["chat", "phone"]
tickets = ["ops"]
teams = { payments = ["hidden"] }
repeat = "15m"
escalate = { after = "20m", to = ["ops"] }
group = "30s"
link = "https://alerts.shop.example/"
ping = { env = "PING" }
"""


@pytest.fixture
def loaded(tmp_path: Path, good: str):
    def load(text: str) -> Alerting:
        path = tmp_path / "makegood.toml"
        path.write_text(good + text, encoding="utf-8")
        return load_plan(path, environ={}).alerting

    return load


def test_without_a_channel_nobody_is_told_and_nothing_is_looked_for(loaded) -> None:
    assert loaded("") == Alerting()
    assert not loaded("").is_wanted


def test_everything_that_can_be_said(loaded) -> None:
    """No secret is read here: it is when something is sent."""
    found = loaded(EVERYTHING + '[alert.coverage]\nsend = ["hidden"]\n')

    assert found.telling == Telling(
        send=("chat", "phone"),
        tickets=("ops",),
        teams={"payments": ("hidden",)},
        by_rule={"coverage": ("hidden",)},
        repeat=15 * MINUTE,
        escalate_after=20 * MINUTE,
        escalate_to=("ops",),
        group=30 * SECOND,
        known=frozenset({"chat", "hidden", "ops", "phone"}),
    )
    assert found.channels == {
        "chat": Channel("chat", "webhook", ("https://chat.example/hook",), Reference("env", "HOOK")),
        "hidden": Channel("hidden", "webhook", (Reference("file", "hook.url"),), None, (5, HOUR)),
        "ops": Channel("ops", "mail", ("ops@shop.example", "boss@shop.example")),
        "phone": Channel("phone", "apprise", (Reference("env", "PHONE"),)),
    }
    assert (found.link, found.ping) == ("https://alerts.shop.example", Reference("env", "PING"))
    assert found.is_wanted


def test_with_channels_alone_every_one_of_them_is_told_everything(loaded) -> None:
    found = loaded(
        '[channel.a]\nwebhook = "https://a.example/"\n[channel.b]\nwebhook = "https://b.example/"\n'
    )
    assert found.telling.channels("down", "page", "web") == ("a", "b")
    assert found.telling.channels("margin", "ticket", "") == ("a", "b")
    assert (found.telling.repeat, found.telling.escalate_after) == (10 * MINUTE, None)


def test_a_page_can_be_told_once_alone(loaded) -> None:
    assert loaded('[alerts]\nrepeat = "none"\n').telling.repeat is None

"""The daemon and the companion that tells of alerts: one ends with the other, and neither waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from monitor.companion import Companion
from monitor.core.checks import Check, Gap
from monitor.store import open_store
from tests.alerts.conftest import hook, hooks  # noqa: F401
from tests.alerts.receivers import hangs
from tests.alerts.test_companion import until

CHANNEL = '[channel.{name}]\nwebhook = "{url}"\n'
QUICKLY = '[alerts]\ngroup = "1ms"\n'


def kept(config: Path) -> Companion:
    return Companion(config, "text", module="tests.alerts.told", again=0.05)


def checks(count: int):
    return lambda records: sum(isinstance(record, Check) for record in records) >= count


async def test_without_a_channel_there_is_no_companion_and_a_reload_starts_and_ends_one(
    config,
    life,
    hook,  # noqa: F811
) -> None:
    plain = config.read_text()
    companion = kept(config)
    one = life(config, checks(1), companion=companion)
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()
    assert companion.pid is None

    (config.parent / "found").write_text("shop")
    config.write_text(plain + CHANNEL.format(name="chat", url=hook.url) + QUICKLY)
    await one.daemon.read_again()
    await until(lambda: bool(hook.got))
    assert hook.got[0].titles == ["raised shop is down"]

    config.write_text(plain)
    await one.daemon.read_again()
    await until(lambda: companion.pid is None)

    config.write_text(plain + CHANNEL.format(name="chat", url=hook.url) + QUICKLY)
    await one.daemon.read_again()
    await until(lambda: companion.pid is not None)
    one.daemon.stop()
    await running
    assert companion.pid is None


async def test_no_planned_probe_is_missed_while_every_receiver_hangs(
    config,
    life,
    hooks,  # noqa: F811
) -> None:
    """Five receivers take a message each and never answer, and forty alerts come up. Meanwhile the page is
    probed each second: a check for every slot, and no gap."""
    silent = [await hooks().start() for _ in range(5)]
    for each in silent:
        each.answers = [hangs]
    channels = (CHANNEL.format(name=f"hung-{n}", url=each.url) for n, each in enumerate(silent))
    config.write_text(config.read_text() + "".join(channels) + QUICKLY)
    one = life(config, checks(1), companion=kept(config))
    running = asyncio.create_task(one.daemon.run())
    await one.reached.wait()

    (config.parent / "found").write_text("shop")
    await until(lambda: all(each.got for each in silent))
    (config.parent / "found").write_text(" ".join(f"s{n}" for n in range(40)))
    begun = len(one.records)
    await one.seen(checks(begun + 6))
    one.daemon.stop()
    await running

    hung = one.records[begun:]
    slots = [each.slot for each in hung if isinstance(each, Check) and each.attempt == 0]
    assert slots == list(range(slots[0], slots[0] + len(slots)))
    assert [each for each in hung if isinstance(each, Gap)] == []
    store = open_store(config.parent / "test.db")
    assert len(store.alerts.open()) == 40
    waiting = store.alerts.letters([each.seq for each in store.alerts.open()])
    assert {each.state for each in waiting} == {"waiting"}, "nothing is lost, and nothing was taken"


SHOP = """
[endpoint.web]
url = "http://127.0.0.1:9/"
interval = "1s"
timeout = "500ms"

[service.shop]
title = "Shop"
up_when = "web"
"""


async def test_what_is_down_is_told_by_the_usual_rules(config, life, hook) -> None:  # noqa: F811
    """The companion as it is: nobody listens where the shop should be, and the chat is told so, signed by no
    one but with a number under which it is taken up."""
    config.write_text(config.read_text() + SHOP + CHANNEL.format(name="chat", url=hook.url) + QUICKLY)
    one = life(config, checks(1))
    running = asyncio.create_task(one.daemon.run())
    await until(lambda: bool(hook.got))
    one.daemon.stop()
    await running

    (alert,) = (each for each in hook.got[0].data["alerts"] if each["rule"] == "down")
    assert (alert["step"], alert["urgency"], alert["service"]) == ("raised", "page", "shop")
    assert alert["title"].startswith("Shop is down since ")
    assert alert["incident"].startswith("shop/")
    assert f"Acknowledge: makegood alerts ack {alert['id']}" in hook.got[0].data["text"]

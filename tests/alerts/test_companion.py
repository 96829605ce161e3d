"""The companion as a process: killed between two steps, with receivers that hang, and kept alive."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from monitor.alerts.companion import Companion as InOneProcess
from monitor.clock import SystemClock
from monitor.companion import Companion
from monitor.config import load_plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, MINUTE, Ms
from monitor.failpoints import VARIABLE
from monitor.store import SqliteStore, open_store
from monitor.store.lock import is_told, telling
from monitor.store.protocol import Holder
from tests.alerts.conftest import CONFIG
from tests.alerts.receivers import Webhook, hangs, said
from tests.alerts.told import found

CHAT = '[channel.chat]\nwebhook = "{url}"\n[alerts]\ngroup = "1ms"\nrepeat = "none"\n'


async def until(holds: Callable[[], bool]) -> None:
    """Return once this holds, or fail after twenty seconds."""
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("what was waited for did not come about")


class Place:
    """A configuration, its database, and what is found: services that are down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "makegood.toml"
        self.store: SqliteStore = open_store(folder / "test.db", create=True)

    def write(self, config: str) -> None:
        self.config.write_text(CONFIG + config)

    def finds(self, *services: str) -> None:
        part = self.folder / "found.part"
        part.write_text("\n".join(services))
        part.replace(self.folder / "found")

    @property
    def looks(self) -> int:
        with suppress(FileNotFoundError):
            return len((self.folder / "looks").read_text().splitlines())
        return 0

    def states(self) -> list[str]:
        alerts = [each.seq for each in self.store.alerts.open()]
        return [each.state for each in self.store.alerts.letters(alerts)]

    async def companion(self, point: str | None = None) -> asyncio.subprocess.Process:
        env = {**os.environ, **({VARIABLE: point} if point else {})}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.alerts.told", str(self.config), "text",
            stdin=asyncio.subprocess.PIPE, env=env,
        )  # fmt: skip

    async def ended(self, process: asyncio.subprocess.Process) -> int:
        """It ends when whoever started it does: its standard input is closed."""
        assert process.stdin is not None
        process.stdin.close()
        return await asyncio.wait_for(process.wait(), 20)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


STEPS = (
    "alerts.written", "alerts.committed", "parcel.made", "parcel.sent", "parcel.recorded",
    "alerts.written:2", "parcel.sent:2", "parcel.recorded:2",
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
async def test_killed_between_any_two_steps_it_loses_nothing_and_doubles_under_the_same_key(
    place: Place, hook: Webhook, step: str
) -> None:
    """Shop is down, then bank too. Whenever the companion dies, each is told: once, or twice by one key."""
    place.write(CHAT.format(url=hook.url))
    place.finds("shop")
    victim = await place.companion(step)
    if step.endswith(":2"):
        await until(lambda: place.states() == ["delivered"] or victim.returncode is not None)
        place.finds("shop", "bank")
    assert await asyncio.wait_for(victim.wait(), 20) == -signal.SIGKILL

    place.finds("shop", "bank")
    next_one = await place.companion()
    await until(lambda: place.states() == ["delivered"] * 2)
    assert await place.ended(next_one) == 0

    told: dict[str, list[str]] = {}
    for got in hook.got:
        assert told.setdefault(got.key, got.titles) == got.titles, "one key, one message"
    titles = [title for each in told.values() for title in each]
    assert sorted(titles) == ["raised bank is down", "raised shop is down"]
    assert len(hook.got) <= len(told) + 1


async def test_receivers_that_hang_delay_neither_a_look_nor_another_channel(
    place: Place, hook: Webhook, hooks: Callable[[], Webhook]
) -> None:
    """Three take every message and never answer; the fourth is told what comes up meanwhile."""
    silent = [await hooks().start() for _ in range(3)]
    for each in silent:
        each.answers = [hangs]
    channels = "".join(f'[channel.hung-{n}]\nwebhook = "{each.url}"\n' for n, each in enumerate(silent))
    place.write(CHAT.format(url=hook.url) + channels)
    place.finds("shop")
    companion = await place.companion()
    await until(lambda: all(each.got for each in silent) and bool(hook.got))

    before = place.looks
    await until(lambda: place.looks >= before + 5)
    place.finds("shop", "bank")
    await until(lambda: len(hook.got) == 2)
    assert [len(each.got) for each in silent] == [1, 1, 1], (
        "they still have the first one, and are waited for"
    )
    assert hook.got[1].titles == ["raised bank is down"]
    assert await place.ended(companion) == 0


async def test_a_receiver_that_was_away_is_told_in_order_what_came_and_went(
    place: Place, hook: Webhook
) -> None:
    port = hook.port
    place.write(CHAT.format(url=hook.url))
    await hook.stop()
    companion = await place.companion()
    place.finds("shop")
    await until(lambda: any(each.tries for each in place.store.alerts.letters([1])))
    place.finds("bank")
    await until(lambda: len(place.store.alerts.letters([1, 2])) == 3)
    await hook.start(port)
    await until(lambda: {each.state for each in place.store.alerts.letters([1, 2])} == {"delivered"})
    assert [title for got in hook.got for title in got.titles] == [
        "raised shop is down",
        "over shop is down",
        "raised bank is down",
    ]
    assert await place.ended(companion) == 0


async def test_it_reads_its_configuration_again_when_it_is_told_to(
    place: Place, hook: Webhook, hooks: Callable[[], Webhook]
) -> None:
    """The chat moves to another address; a configuration that cannot be used changes nothing."""
    place.write(CHAT.format(url=hook.url))
    companion = await place.companion()
    assert companion.stdin is not None
    place.finds("shop")
    await until(lambda: len(hook.got) == 1)

    place.write("[channel.chat]\n")
    companion.stdin.write(b"again\n")
    place.finds("shop", "bank")
    await until(lambda: len(hook.got) == 2)

    other = await hooks().start()
    place.write(CHAT.format(url=other.url))
    companion.stdin.write(b"again\n")
    await asyncio.sleep(0)
    place.finds("shop", "bank", "mill")
    await until(lambda: len(hook.got) + len(other.got) >= 3)
    place.finds("shop", "bank", "mill", "port")
    await until(lambda: bool(other.got))
    assert await place.ended(companion) == 0


async def test_what_waits_for_a_channel_that_is_gone_is_given_up_and_goes_to_the_one_that_took_its_place(
    place: Place, hook: Webhook
) -> None:
    """The chat answers 500, and so somebody writes another channel; what goes on is told there."""
    hook.answers = [said(500, "no")]
    place.write(CHAT.format(url=hook.url))
    place.finds("shop")
    companion = await place.companion()
    await until(lambda: bool(hook.got))
    await place.ended(companion)

    place.write(CHAT.format(url=hook.url).replace("channel.chat", "channel.talk"))
    companion = await place.companion()
    await until(lambda: place.states()[:1] == ["given up"])
    (letter, *_) = place.store.alerts.letters([1])
    assert letter.said == "there is no channel of this name any more"
    hook.answers = [said()]
    await until(lambda: place.states() == ["given up", "delivered"])
    await place.ended(companion)


# -- in one process


class BrokenClock(SystemClock):
    """A fault that nobody foresaw, as long as it lasts."""

    broken = True

    def now(self) -> Ms:
        if self.broken:
            raise RuntimeError("can't start new thread")
        return super().now()


async def test_a_fault_that_nobody_foresaw_ends_neither_looks_nor_calls(
    place: Place, hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    """While it lasts nothing can be looked at and nobody called; after it both go on."""
    place.write(CHAT.format(url=hook.url) + f'ping = "{hook.url}"\nping_every = "50ms"\n')
    clock = BrokenClock()
    companion = InOneProcess(
        place.config, environ={}, clock=clock, chance=lambda: 0.0, token=lambda: "token" * 4, find=found,
        every=0.05, turn=0.05,
    )  # fmt: skip
    place.finds("shop")
    ended = asyncio.Event()
    living = asyncio.create_task(companion.live(ended))
    await until(lambda: "nothing could be looked at" in caplog.text)
    await until(lambda: "nobody outside was called" in caplog.text)
    assert hook.got == []
    clock.broken = False
    await until(lambda: bool(hook.got))
    await until(lambda: "nothing new is on disk: whoever waits for our call" in caplog.text)
    ended.set()
    await living


OURS = """
[service.page]
title = "Page"
up_when = "page"
[tickets.makegood]
incidents = true
"""


def outage_of(place: Place, now: Ms) -> None:
    """An hour of evidence in which the page was down for a while."""
    begun = now - HOUR
    with place.store.writer(Holder(1, "host", "test", begun)) as writer:
        epoch = writer.epoch(begun)
        lane = writer.lane("page", load_plan(place.config, environ={}).settings.location, since=begun)
        for minute in range(60):
            down = 20 <= minute < 30
            seen = (State.DOWN, Reason.TIMEOUT) if down else (State.UP, Reason.OK)
            at = begun + minute * MINUTE
            writer.append([Check(lane, epoch, minute, 0, at, *seen, 2 * MINUTE, None if down else 420)])
        writer.alive(now)


async def test_our_own_incidents_are_taken_as_tickets_though_there_is_nobody_to_tell(
    place: Place,
) -> None:
    """And where the configuration asks for them only later, from then on."""
    place.write(OURS.partition("[tickets")[0])
    clock = SystemClock()
    outage_of(place, clock.now())
    companion = InOneProcess(
        place.config, environ={}, clock=clock, chance=lambda: 0.0, token=lambda: "token" * 4, find=found,
        every=0.05, turn=0.05,
    )  # fmt: skip
    ended = asyncio.Event()
    living = asyncio.create_task(companion.live(ended))

    def taken() -> list[str]:
        with place.store.snapshot() as snapshot:
            return [each.service for each in snapshot.tickets(source="makegood")]

    await asyncio.sleep(0)
    assert taken() == []
    place.write(OURS)
    companion.read_again()
    await until(lambda: taken() == ["page"])
    assert place.looks == 0, "nobody is to be told: no rule is asked"
    ended.set()
    await living


def test_whoever_tells_of_alerts_is_seen_and_a_second_one_is_not_kept_out(tmp_path: Path) -> None:
    """One that ends late and its successor may both be there for a moment."""
    database = tmp_path / "test.db"
    assert is_told(database) is False
    with telling(database):
        assert is_told(database) is True
        with telling(database):
            assert is_told(database) is True
        assert is_told(database) is True
    assert is_told(database) is False


# -- as the daemon keeps it


def kept(config: Path) -> Companion:
    return Companion(config, "text", module="tests.alerts.told", again=0.05)


async def test_it_is_started_where_there_is_somebody_to_tell_and_ends_where_there_is_nobody(
    place: Place, hook: Webhook
) -> None:
    place.write("")
    companion = kept(place.config)
    companion.follow(wanted=False)
    keeping = asyncio.create_task(companion.keep())
    await asyncio.sleep(0)
    assert companion.pid is None

    place.write(CHAT.format(url=hook.url))
    place.finds("shop")
    companion.follow(wanted=True)
    await until(lambda: bool(hook.got))
    companion.follow(wanted=False)
    await until(lambda: companion.pid is None)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_one_that_dies_after_a_refused_reload_goes_on_by_the_configuration_that_was_read_last(
    place: Place, hook: Webhook, caplog
) -> None:
    """The file cannot be used any more, and the companion is killed: the shop is told of all the same."""
    place.write(CHAT.format(url=hook.url))
    read_last = load_plan(place.config, environ={})
    companion = kept(place.config)
    companion.follow(wanted=True, last=lambda: pickle.dumps(read_last))
    keeping = asyncio.create_task(companion.keep())
    await until(lambda: place.looks > 0)
    assert is_told(place.folder / "test.db")

    place.write("[channel.chat]\n")
    assert companion.pid is not None
    os.kill(companion.pid, signal.SIGKILL)
    place.finds("shop")
    await until(lambda: bool(hook.got))
    assert "what tells of alerts ended (exit code 2), and is started again" in caplog.text

    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert is_told(place.folder / "test.db") is False


async def test_it_is_started_again_where_it_died(place: Place, hook: Webhook, caplog) -> None:
    place.write(CHAT.format(url=hook.url))
    companion = kept(place.config)
    companion.follow(wanted=True)
    keeping = asyncio.create_task(companion.keep())
    await until(lambda: place.looks > 0)
    first = companion.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    place.finds("shop")
    await until(lambda: bool(hook.got))
    assert companion.pid not in (None, first)
    assert "what tells of alerts ended (exit code -9), and is started again" in caplog.text

    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert companion.pid is None, "it ends with whoever keeps it"

"""Receivers, crashes and alerts drawn by chance: nothing is lost, and what doubles has its key."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts.channels.message import Message, NotTaken
from monitor.alerts.delivery import LONGEST_WAIT, TRIES_FOR_GOOD, Delivery
from monitor.config import load_plan
from monitor.config.alerting import Channel
from monitor.config.plan import Plan
from monitor.core.intervals import Ms
from monitor.store import SqliteStore, open_store
from tests.alerts.conftest import CONFIG
from tests.alerts.receivers import T0, over, raise_

Act = Literal["raise", "end", "takes", "takes it, and we die", "500", "404", "later"]
ACTS: tuple[Act, ...] = ("raise", "end", "takes", "takes it, and we die", "500", "404", "later")
CHAT = '[channel.chat]\nwebhook = "https://chat.example/"\nrate = "3 per 1m"\n'


class Died(BaseException):
    """As kill -9 has it: nothing after it is done."""


@dataclass
class World:
    """One database, one receiver that does as it is told, and all that it ever took."""

    store: SqliteStore
    plan: Plan
    at: Ms = T0
    act: Act = "takes"
    alerts: int = 0
    standing: list[int] = field(default_factory=list)
    taken: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def send(self, plan: Plan, channel: Channel, message: Message, now: Ms) -> str:
        told = tuple(f"{each['step']} {each['service']}" for each in message.data["alerts"])  # type: ignore[attr-defined]
        if self.act in ("takes", "takes it, and we die"):
            self.taken.append((message.key, told))
        if self.act == "takes it, and we die":
            raise Died
        if self.act in ("500", "404"):
            raise NotTaken(self.act, for_good=self.act == "404")
        return "200"

    def do(self, act: Act) -> None:
        self.at += 1_000
        if act == "raise":
            self.alerts += 1
            self.standing.append(raise_(self.store, f"s{self.alerts}", "chat", at=self.at))
        elif act == "end" and self.standing:
            over(self.store, self.standing.pop(0), "chat", at=self.at)
        elif act == "later":
            self.at += LONGEST_WAIT
        elif act != "end":
            self.deliver(act)

    def deliver(self, act: Act) -> bool:
        self.act = act
        delivery = Delivery(self.store, {"webhook": self.send}, lambda: self.at, lambda: 0.0)
        try:
            return asyncio.run(delivery.deliver(self.plan, self.plan.alerting.channels["chat"]))
        except Died:
            return True


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_every_letter_arrives_in_order_or_is_said_not_to(acts: list[Act]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "makegood.toml"
        path.write_text(CONFIG + CHAT)
        world = World(open_store(Path(folder) / "test.db", create=True), load_plan(path, environ={}))
        for act in acts:
            world.do(act)
        for _ in range(4 * len(acts) + 4):
            world.at += LONGEST_WAIT
            world.deliver("takes")
        _hold(world)


def _hold(world: World) -> None:
    letters = world.store.alerts.letters(range(1, world.alerts + 1))
    assert [each for each in letters if each.state == "waiting"] == []

    by_key: dict[str, tuple[str, ...]] = {}
    for key, told in world.taken:
        assert by_key.setdefault(key, told) == told, "one key, one message"
    arrived = [each for told in by_key.values() for each in told]
    assert len(arrived) == len(set(arrived)), "what doubles, doubles by its key alone"

    delivered = {f"{each.step} {each.alert.new.service}" for each in letters if each.state == "delivered"}
    assert delivered <= set(arrived), "nothing is said to be delivered that never arrived"
    for each in letters:
        if each.state == "given up":
            assert (each.said, each.tries >= TRIES_FOR_GOOD) == ("404", True)
    for ended in [each for each in arrived if each.startswith("over ")]:
        began = ended.replace("over", "raised")
        if began in arrived:
            assert arrived.index(began) < arrived.index(ended)

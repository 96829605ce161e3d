"""Every reason for not knowing is reached, and none lasts: when its cause is over, the target is up again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.config.endpoint import Endpoint
from monitor.core.checks import UNKNOWN_REASONS, Check, Confirmation, Facts, Gap, Reason, State
from monitor.probes import Network

BEGIN, END, LIFE = 20.0, 80.0, 160.0

OK = Facts(status=200)
Answer = Facts | Exception | None
Script = Callable[..., Awaitable[None]]


def told(error: Reason) -> Answer:
    """What a probe reports of our own machine, or of the clock."""
    return Facts(error=error)


async def nothing(run, places) -> None:
    """The fault is in what the probe meets."""


async def stalls(run, places) -> None:
    """A second in which the loop stands still, while an attempt fails."""
    for _ in range(20):
        run.loop.stall(1)
        await asyncio.sleep(1.9)


async def pauses(run, places) -> None:
    for _ in range(5):
        run.loop.stall(6)
        await asyncio.sleep(4.7)


async def steps(run, places) -> None:
    for _ in range(20):
        run.clock.set(5)
        await asyncio.sleep(1.5)


async def holds_all_places(run, places) -> None:
    async with places:
        await asyncio.sleep(END - BEGIN)


SCENES: dict[Reason, tuple[Answer, Script]] = {
    Reason.OWN_NETWORK: (told(Reason.OWN_NETWORK), nothing),
    Reason.OWN_DNS: (told(Reason.OWN_DNS), nothing),
    Reason.OWN_RESOURCE: (OK, holds_all_places),
    Reason.BLOCKED_TARGET: (told(Reason.BLOCKED_TARGET), nothing),
    Reason.PROBER_BUG: (RuntimeError("a fault of ours"), nothing),
    Reason.MONITOR_STALL: (None, stalls),
    Reason.MONITOR_PAUSED: (None, pauses),
    Reason.CLOCK_SUSPECT: (None, steps),
}
"""What every attempt meets while it lasts (None: silence), and what happens to the monitor meanwhile."""

ELSEWHERE = {
    Reason.NOT_RUNNING: "daemon/test_daemon.py",
    Reason.DISABLED: "prober/test_prober.py",
    Reason.OVERLAP: "prober/test_prober.py",
    Reason.DATA_LOSS: "core/test_timeline.py",
}
"""Those that no fault in a life reaches, and where they are."""

NOBODY = {
    Reason.AGENT_OFFLINE: "there are no agents yet",
    Reason.DISAGREEMENT: "there are no agents yet",
}
"""Those that nothing gives yet; their texts are kept for the day on which something does."""


def test_every_reason_is_reached_here_or_there():
    assert set(SCENES) | set(ELSEWHERE) | set(NOBODY) == UNKNOWN_REASONS
    for reason, file in ELSEWHERE.items():
        text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
        assert f"Reason.{reason.name}" in text, file


@pytest.mark.parametrize("reason", SCENES)
def test_a_reason_is_reached_and_over_when_its_cause_is(simulation, good, reason):
    meets, script = SCENES[reason]
    target = replace(good, interval=5_000, confirmation=Confirmation(1, 1))

    async def probe(endpoint: Endpoint, network: Network) -> Facts:
        in_effect = BEGIN <= simulation.loop.time() - started < END
        await asyncio.sleep(0.02)
        if not in_effect or meets is OK:
            return OK
        if isinstance(meets, Exception):
            raise meets
        if meets is None:
            await asyncio.sleep(endpoint.timeout / 1_000)
            return Facts(error=Reason.TIMEOUT)
        return meets

    async def live(run) -> None:
        await asyncio.sleep(BEGIN)
        await script(run, run.prober._network._connections)
        await asyncio.sleep(LIFE - (run.loop.time() - started))

    started = simulation.loop.time()
    run = simulation.play([target], probe, live, connections=1)
    assert reason in {record.reason for record in run.records if _unknown(record)}
    last = run.checks[-5:]
    assert [(check.state, check.reason) for check in last] == [(State.UP, Reason.OK)] * 5


def _unknown(record: Check | Gap) -> bool:
    return isinstance(record, Gap) or record.state is State.UNKNOWN

"""Every row: the verdict, what was taken from the server, and that no slot is lost over it."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.core.checks import Check, Reason, State, state_of
from monitor.core.judge import judge
from monitor.prober import Prober
from monitor.probes import PROBES
from tests.hostile.rows import ELSEWHERE, ROWS, body, says
from tests.hostile.serving import WIRE_MOST, Row

ROOT = Path(__file__).parents[2]
HEALTHY = Row("healthy", "", says(body(b"welcome")), frozenset({Reason.OK}))


@pytest.mark.parametrize("name", ROWS)
async def test_a_row_gets_its_verdict_and_no_more_than_its_bytes(serve, network, name):
    row = ROWS[name]
    served = await serve(row)
    endpoint = served.endpoint()

    facts = await PROBES[endpoint.kind](endpoint, network)

    assert judge(facts, endpoint.expectation) in row.reasons, facts
    assert served.sent <= WIRE_MOST
    assert facts.size is None or facts.size <= 65_536
    assert len(facts.detail) <= 200
    assert facts.detail.isprintable()
    assert facts.status is None or 0 <= facts.status <= 999


@pytest.mark.parametrize("name", ROWS)
def test_no_row_is_ever_unknown(name):
    """The owner of a target may be the one who pays: nothing that it says buys it unknown time."""
    assert State.UNKNOWN not in map(state_of, ROWS[name].reasons)


async def test_all_of_them_at_once_lose_no_slot_and_delay_nobody_who_is_well(serve, network):
    served = [await serve(row) for row in (*ROWS.values(), HEALTHY)]
    endpoints = {each.endpoint().id: each.endpoint() for each in served}
    lanes = {key: number for number, key in enumerate(endpoints, 1)}
    found: dict[int, list[Check]] = defaultdict(list)
    enough = asyncio.Event()

    def sink(records) -> None:
        for record in records:
            if isinstance(record, Check):
                found[record.lane].append(record)
            else:
                assert record.reason in SPOILT, record
        if len(found) == len(lanes):
            enough.set()

    prober = Prober(
        endpoints, lanes=lanes, open_epoch=lambda at: 1, sink=sink, clock=SystemClock(), network=network
    )
    running = asyncio.create_task(prober.run())
    async with asyncio.timeout(30):
        await enough.wait()
    prober.stop()
    await running

    counted = prober.counters
    assert counted.planned == counted.run + counted.overlapped + counted.missed
    for row in (*ROWS.values(), HEALTHY):
        mine = found[lanes[row.name.replace(" ", "-")]]
        assert {check.reason for check in mine} <= row.reasons | SPOILT, row.name
        assert len({check.key for check in mine}) == len(mine)


SPOILT = frozenset({Reason.MONITOR_STALL, Reason.MONITOR_PAUSED, Reason.OVERLAP})
"""What a busy machine may make of a failure; never a wrong state."""


def test_every_number_of_the_catalogue_is_here_or_named_with_its_place():
    here = {number for row in ROWS.values() for number in row.numbers.split()}
    assert here | set(ELSEWHERE) == {f"B{number:02}" for number in range(1, 71)}
    assert not here & set(ELSEWHERE)
    for place in ELSEWHERE.values():
        assert (ROOT / place).is_file(), place


def test_a_row_has_a_name_of_its_own():
    assert all(re.fullmatch(r"[^\n]{3,60}", name) for name in ROWS)

"""Every row: its verdict, the bytes that were read for it, and that no slot is lost over it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from monitor.core.checks import Reason, State, state_of
from monitor.core.judge import judge
from monitor.probes import PROBES
from tests.hostile.live import hold
from tests.hostile.rows import ELSEWHERE, ROWS, body, says
from tests.hostile.serving import Row

ROOT = Path(__file__).parents[2]
ANSWER = body(b"welcome")
HEALTHY = Row("healthy", "", says(ANSWER), Reason.OK)


@pytest.mark.parametrize("name", ROWS)
async def test_a_row_gets_its_verdict_and_no_more_than_its_bytes_are_read(serve, network, name):
    row = ROWS[name]
    served = await serve(row)
    endpoint = served.endpoint()

    facts = await PROBES[endpoint.kind](endpoint, network)

    assert judge(facts, endpoint.expectation) is row.reason, facts
    assert asyncio.get_running_loop().heard <= min(row.most(), served.sent)
    assert facts.size is None or facts.size <= 65_536
    assert len(facts.detail) <= 200
    assert facts.detail.isprintable()
    assert facts.status is None or 0 <= facts.status <= 999


async def test_what_is_read_of_an_answer_is_counted_to_the_byte(serve, network):
    endpoint = (await serve(HEALTHY)).endpoint()
    await PROBES[endpoint.kind](endpoint, network)
    assert asyncio.get_running_loop().heard == len(ANSWER)


@pytest.mark.parametrize("name", ROWS)
def test_no_row_is_ever_unknown(name):
    """The owner of a target may be the one who pays: nothing that it says buys it unknown time."""
    assert state_of(ROWS[name].reason) is not State.UNKNOWN


async def test_all_of_them_at_once_lose_no_slot_and_delay_nobody_who_is_well(serve, network):
    """None of them makes the machine stall, with its server in this very process: no stall excuses a row."""
    served = [await serve(row) for row in (*ROWS.values(), HEALTHY)]
    asked = {each.row.name: each.endpoint(interval=2_000, timeout=1_000) for each in served}
    right = {asked[each.row.name].id: each.row.reason for each in served}

    await hold(list(asked.values()), network, right, slots=2)


def test_every_number_of_the_catalogue_is_here_or_named_with_its_place():
    here = {number for row in ROWS.values() for number in row.numbers.split()}
    assert here | set(ELSEWHERE) == {f"B{number:02}" for number in range(1, 71)}
    assert not here & set(ELSEWHERE)
    for place in ELSEWHERE.values():
        assert (ROOT / place).is_file(), place


def test_a_row_has_a_name_of_its_own():
    assert all(re.fullmatch(r"[^\n]{3,60}", name) for name in ROWS)

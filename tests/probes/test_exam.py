"""The exam of tests/probes/exam.py, and docs/exam.md, which says how it ended.

`make docs` writes the rows of its table anew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.checks import Expectation, Reason, State, state_of
from monitor.core.judge import judge
from monitor.probes import PROBES
from tests.probes.conftest import ENDPOINT
from tests.probes.exam import COUNTED, LONG, SCENARIOS, Place, Scenario, Stage

PAGE = Path(__file__).parents[2] / "docs" / "exam.md"
ROWS = re.compile(r"^\| `([a-z0-9-]+)` \|.*$", re.MULTILINE)


@pytest.fixture
async def stage(servers, authority, network) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as closing:
        yield Stage(servers, authority, network, closing)


async def asked(scenario: Scenario, place: Place, patience: int, *, bare: bool = False) -> Reason:
    """The reason that one attempt ends with; `bare` asks as if nothing but the URL had been written."""
    how = scenario.how if scenario.how.kind == "tcp" or not bare else ENDPOINT.how
    expect = Expectation() if bare else scenario.expect
    endpoint = replace(ENDPOINT, target=place.target, how=how, expectation=expect, timeout=patience)
    return judge(await PROBES[endpoint.kind](endpoint, place.network), endpoint.expectation)


def row(scenario: Scenario, seen: Reason | None, bare: Reason | None) -> str:
    """A line of the table."""
    wanted = "up" if scenario.right == {Reason.OK} else "down"
    if seen is None:
        told, mark = scenario.why, "unsupported"
    else:
        told, mark = said(seen), "right" if seen in scenario.right else "wrong"
    cells = [f"`{scenario.name}`", scenario.what, scenario.needs, wanted, told, said(bare), mark]
    return "| " + " | ".join(cells) + " |"


def said(reason: Reason | None) -> str:
    if reason is None:
        return ""
    state = state_of(reason).name.lower()
    return state if reason is Reason.OK else f"{state}: {reason}"


def written() -> dict[str, str]:
    """The rows of the page, by scenario."""
    return {found[1]: found[0] for found in ROWS.finditer(PAGE.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_a_scenario_ends_as_the_page_says(scenario, stage, update_golden):
    seen = bare = None
    if scenario.during is not None:
        assert await asked(scenario, await scenario.before(stage), LONG) is Reason.OK
        place = await scenario.during(stage)
        seen = await asked(scenario, place, scenario.timeout)
        bare = await asked(scenario, place, scenario.timeout, bare=True) if scenario.needs else seen
    line = row(scenario, seen, bare)
    if update_golden:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page.replace(written()[scenario.name], line), encoding="utf-8")
    assert written()[scenario.name] == line


def test_the_page_holds_every_scenario_and_no_other():
    assert list(written()) == [scenario.name for scenario in SCENARIOS]
    assert Counter(name.partition("-")[0] for name in written()) == COUNTED


def test_the_page_counts_right():
    marks = Counter(line.split(" | ")[-1].removesuffix(" |") for line in written().values())
    told = f"**{marks['right']} right, {marks['wrong']} wrong, {marks['unsupported']} unsupported.**"
    assert told in PAGE.read_text(encoding="utf-8")


def test_no_scenario_ends_as_something_that_nobody_knows():
    """Trouble of the target's is never put down to the monitor."""
    unknown = {reason for reason in Reason if state_of(reason) is State.UNKNOWN}
    assert not [
        line for line in written().values() if any(f"unknown: {reason}" in line for reason in unknown)
    ]

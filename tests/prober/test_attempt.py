"""Whatever a probe does, facts come back."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from monitor.core.checks import Facts, Reason
from monitor.prober.attempt import Observer
from monitor.probes import Network


async def observed(probe, endpoint) -> Facts:
    return await Observer(Network()).observe(probe, endpoint)


async def test_facts_are_handed_on(good):
    async def probe(endpoint, network):
        return Facts(status=204)

    assert await observed(probe, good) == Facts(status=204)


@pytest.mark.parametrize(
    "error", [ValueError("x"), RecursionError(), KeyError("y"), asyncio.CancelledError()]
)
async def test_any_error_of_a_probe_is_a_fault_of_the_prober(good, error):
    async def probe(endpoint, network):
        raise error

    assert (await observed(probe, good)).error is Reason.PROBER_BUG


async def test_a_probe_that_is_not_even_a_coroutine_is_a_fault_of_the_prober(good):
    assert (await observed(lambda endpoint, network: 1 / 0, good)).error is Reason.PROBER_BUG


async def test_a_fault_is_logged_once_per_target(good, caplog):
    secret = "s3cret"

    async def probe(endpoint, network):
        raise ValueError(f"observed with {secret}")

    observer = Observer(Network())
    with caplog.at_level(logging.ERROR):
        for endpoint in (good, good, replace(good, id="other")):
            facts = await observer.observe(probe, endpoint)
            assert facts.detail == "the probe raised ValueError"
    assert [record.args[0] for record in caplog.records] == ["shop", "other"]
    assert "test_attempt.py" in caplog.text  # where it happened
    assert "observed with s3cret" not in caplog.text


def test_a_probe_that_keeps_no_deadline_is_ended(simulation, good):
    async def probe(endpoint, network):
        await asyncio.Event().wait()

    facts = simulation.loop.run_until_complete(observed(probe, good))
    assert facts == Facts(error=Reason.PROBER_BUG, detail="the probe did not keep its deadline")


def test_a_probe_that_swallows_its_cancellation_is_left_behind(simulation, good):
    release = asyncio.Event()

    async def probe(endpoint, network):
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return Facts()

    async def main() -> Facts:
        facts = await observed(probe, good)
        release.set()
        await asyncio.sleep(0.1)
        return facts

    assert simulation.loop.run_until_complete(main()).error is Reason.PROBER_BUG

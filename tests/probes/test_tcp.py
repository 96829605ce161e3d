"""The TCP probe: a port that accepts a connection is up."""

from __future__ import annotations

import pytest

from monitor.config.plan import Tcp
from monitor.core.checks import Expectation, Reason
from monitor.core.judge import judge
from monitor.probes.tcp import host_and_port


@pytest.mark.parametrize(("family", "reached"), [("ipv4", True), ("ipv6", False)])
async def test_a_port_is_reached_by_the_family_that_was_chosen(servers, ask, family, reached):
    port = await servers.answering(b"")
    facts = await ask(f"localhost:{port}", how=Tcp(family=family))
    assert (facts.error is None) is reached


async def test_an_open_port_is_up(servers, ask):
    async def hang_up(reader, writer):
        await reader.read()

    port = await servers.start(hang_up)
    facts = await ask(f"127.0.0.1:{port}", how=Tcp())
    assert judge(facts, Expectation()) is Reason.OK
    assert facts.latency is not None
    assert set(facts.phases) == {"connect"}


async def test_a_name_is_resolved(servers, ask):
    async def hang_up(reader, writer):
        await reader.read()

    port = await servers.start(hang_up)
    facts = await ask(f"localhost:{port}", how=Tcp())
    assert facts.error is None
    assert set(facts.phases) == {"dns", "connect"}


async def test_a_closed_port_refuses(ask):
    assert (await ask("127.0.0.1:1", how=Tcp())).error is Reason.CONNECTION_REFUSED


@pytest.mark.parametrize(
    ("target", "parts"),
    [("a.example:25", ("a.example", 25)), ("[::1]:25", ("::1", 25)), ("127.0.0.1:1", ("127.0.0.1", 1))],
)
def test_a_target_is_a_host_and_a_port(target, parts):
    assert host_and_port(target) == parts

"""Names that lead in circles, far away, to a thousand places or for no time: B58, as the http kind meets it.

What a server's codes and its silence come to is in tests/probes/test_resolver.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Reason, State, state_of
from monitor.core.judge import judge
from monitor.probes import PROBES, Network
from tests.hostile.live import hold
from tests.hostile.naming import NAMES, NameServer, name_server, names_of
from tests.hostile.rows import body, says
from tests.hostile.serving import Row, serve

QUESTIONS = 4
"""One for each family, and both again by TCP."""
TRIED = 32
"""As the documentation says."""
DETAILS = {
    Reason.OK: "",
    Reason.NAME_NOT_FOUND: "the name has no address",
    Reason.CONNECTION_REFUSED: "Connection refused",
}


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    async with name_server() as started:
        yield started


@pytest.fixture
async def network(server) -> AsyncIterator[Network]:
    async with Network(nameservers=[f"127.0.0.1:{server.port}"]) as opened:
        yield opened


@pytest.fixture
async def endpoint() -> AsyncIterator[Callable[[str], Endpoint]]:
    """The endpoint of a name, behind which there is one healthy web server."""
    web = await serve(Row("healthy", "", says(body(b"welcome")), Reason.OK))

    def of(name: str) -> Endpoint:
        return replace(web.endpoint(), id=name, target=f"http://{name}:{web.port}/")

    yield of
    await web.close()


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_gets_its_verdict_for_few_questions_and_few_addresses(server, network, endpoint, name):
    asked = endpoint(name)

    facts = await PROBES["http"](asked, network)

    assert judge(facts, asked.expectation) is NAMES[name].reason, facts
    assert facts.addresses == tuple(names_of(NAMES[name].records)[:TRIED])
    assert server.asked[name] <= QUESTIONS
    assert facts.detail == DETAILS[NAMES[name].reason]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_ever_unknown(name):
    """Whoever is paid for a name's uptime may be the one who writes its zone."""
    assert state_of(NAMES[name].reason) is not State.UNKNOWN


async def test_a_name_that_holds_for_no_time_is_asked_for_again_each_time(server, network, endpoint):
    for _ in range(3):
        facts = await PROBES["http"](endpoint("brief.example"), network)
        assert facts.status == 200
    assert server.asked["brief.example"] >= 3


async def test_all_of_them_at_once_lose_no_slot_and_a_healthy_name_beside_is_always_up(network, endpoint):
    """The healthy one is asked twice as often: an answer that came late would swallow its next slot."""
    asked = {name: replace(endpoint(name), interval=2_000, timeout=900) for name in NAMES}
    asked["healthy.example"] = replace(asked["healthy.example"], interval=1_000)

    await hold(list(asked.values()), network, {name: NAMES[name].reason for name in asked}, slots=2)

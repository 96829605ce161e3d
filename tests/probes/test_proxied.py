"""Through a proxy of ours: what it is asked, whose failure is whose, and where it must not lead."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from monitor.config.endpoint import Http, Proxy, Secret
from monitor.core.checks import Reason
from monitor.probes import PROBES, Network
from monitor.probes.reach import Reach

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def tunnelling(servers):
    """A proxy that opens tunnels to this port, wherever it is asked to go."""

    def make(port: int):
        async def handler(reader, writer) -> None:
            servers.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
            there, back = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")
            await asyncio.gather(_pass(reader, back), _pass(there, writer))

        return servers.start(handler)

    return make


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(4_096):
        writer.write(piece)
    writer.close()


def by(port: int, authorization: Secret | None = None) -> Proxy:
    return Proxy(f"http://127.0.0.1:{port}", authorization)


async def test_a_page_in_clear_is_asked_of_the_proxy_by_its_whole_address(servers, ask):
    port = await servers.answering(OK)
    facts = await ask("http://shop.example/a?b=c", proxy=by(port, Secret("Basic abc")))
    assert facts.status == 200
    (asked,) = servers.requests
    assert asked.startswith("GET http://shop.example/a?b=c HTTP/1.1\r\nHost: shop.example\r\n")
    assert "Proxy-Authorization: Basic abc\r\n" in asked


async def test_a_secure_page_is_asked_through_a_tunnel_that_learns_nothing(
    servers, ask, authority, tls_of, tunnelling
):
    behind = await servers.answering(OK, tls=tls_of(authority.issue_cert("shop.example")))
    port = await tunnelling(behind)
    facts = await ask(
        "https://shop.example/a", proxy=by(port, Secret("Basic abc")), headers={"X-Key": Secret("s3cret")}
    )
    assert (facts.status, facts.error) == (200, None), facts
    tunnel, asked = servers.requests
    assert tunnel.splitlines() == [
        "CONNECT shop.example:443 HTTP/1.1",
        "Host: shop.example:443",
        "Proxy-Authorization: Basic abc",
        "",
    ]
    assert asked.startswith("GET /a HTTP/1.1\r\nHost: shop.example\r\n")
    assert "Proxy-Authorization" not in asked
    assert "tls" in facts.phases


async def test_the_certificate_behind_a_tunnel_must_be_the_targets(
    servers, ask, authority, tls_of, tunnelling
):
    behind = await servers.answering(OK, tls=tls_of(authority.issue_cert("other.example")))
    facts = await ask("https://shop.example/", proxy=by(await tunnelling(behind)))
    assert facts.error is Reason.TLS_CERTIFICATE


@pytest.mark.parametrize(
    ("reply", "error", "detail"),
    [
        (b"HTTP/1.1 407 Who\r\n\r\n", Reason.OWN_NETWORK, "the proxy refuses us (407)"),
        (b"HTTP/1.1 403 No\r\n\r\n", Reason.OWN_NETWORK, "the proxy refuses us (403)"),
        (b"HTTP/1.1 502 Bad\r\n\r\n", Reason.CONNECTION_FAILED, "the proxy could not reach it (502)"),
        (b"HTTP/1.1 504 Late\r\n\r\n", Reason.CONNECTION_FAILED, "the proxy could not reach it (504)"),
        (b"SSH-2.0-x\r\n\r\n", Reason.OWN_NETWORK, "the proxy does not answer as one"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 4_000,
            Reason.OWN_NETWORK,
            "the proxy does not answer as one",
        ),
        (b"", Reason.OWN_NETWORK, "the proxy does not answer as one"),
    ],
)
async def test_whose_failure_it_is_that_no_tunnel_comes_about(servers, ask, reply, error, detail):
    port = await servers.answering(reply)
    facts = await ask("https://shop.example/", proxy=by(port))
    assert (facts.error, facts.detail) == (error, detail)


async def test_a_proxy_that_is_not_there_is_our_own_network(ask):
    facts = await ask("https://shop.example/", proxy=by(1))
    assert (facts.error, facts.detail) == (Reason.OWN_NETWORK, "the proxy cannot be reached")


async def test_a_proxy_that_says_nothing_when_asked_for_a_target_may_be_waiting_for_it(servers, ask):
    """It waits longer than we do; a target must not make itself unknown by its silence."""

    async def silent(reader, writer) -> None:
        await reader.read()

    facts = await ask("https://shop.example/", proxy=by(await servers.start(silent)), timeout=150)
    assert (facts.error, facts.detail) == (Reason.TIMEOUT, "no answer within 150 ms, in phase connect")


async def test_a_proxy_that_cannot_be_connected_to_in_time_is_our_own_network(ask, blackhole):
    facts = await ask("https://shop.example/", proxy=Proxy(f"http://127.0.0.2:{blackhole[1]}"), timeout=150)
    assert (facts.error, facts.detail) == (Reason.OWN_NETWORK, "our proxy does not answer within 150 ms")


async def test_a_proxy_whose_name_turns_inwards_is_our_own_affair(servers, good):
    reach = Reach.PUBLIC
    target = replace(good, target="http://shop.example/", how=Http(proxy=by(await servers.answering(OK))))
    async with Network(reach=lambda address: reach) as network:
        assert (await PROBES["http"](target, network)).status == 200
        reach = Reach.PRIVATE
        facts = await PROBES["http"](target, network)
    assert (facts.error, facts.detail) == (Reason.OWN_NETWORK, "the proxy's name leads elsewhere now; reload")


async def test_a_tunnel_whose_far_end_says_nothing_is_the_targets(servers, ask, tunnelling):
    async def silent(reader, writer) -> None:
        await reader.read()

    port = await tunnelling(await servers.start(silent))
    assert (await ask("https://shop.example/", proxy=by(port), timeout=150)).error is Reason.TIMEOUT


@pytest.mark.parametrize("where", ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://169.254.169.254/"])
async def test_no_redirect_leads_further_in_by_way_of_the_proxy(servers, ask, where):
    port = await servers.answering(
        f"HTTP/1.1 302 Go\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    facts = await ask("http://shop.example/", proxy=by(port))
    assert facts.error is Reason.REDIRECT_REFUSED
    assert len(servers.requests) == 1


async def test_an_address_in_disguise_is_not_handed_to_the_proxy(servers, ask):
    port = await servers.answering(OK)
    assert (await ask("http://2130706433/", proxy=by(port))).error is Reason.BLOCKED_TARGET
    assert servers.requests == []


async def test_a_redirect_to_an_address_in_disguise_is_the_targets_doing(servers, ask):
    """Unknown would be time that the target could buy itself."""
    away = b"HTTP/1.1 302 Go\r\nLocation: http://2130706433/\r\nContent-Length: 0\r\n\r\n"
    facts = await ask("http://shop.example/", proxy=by(await servers.answering(away)))
    assert facts.error is Reason.PROTOCOL

"""Redirects: where they may lead, what they may carry, and when they end."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from monitor.config.endpoint import Http, Secret
from monitor.core.checks import Reason
from monitor.probes import PROBES, Network
from monitor.probes.reach import Reach, reach_of
from monitor.probes.redirects import first_hop, next_hop
from monitor.probes.trail import RedirectRefused

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def to(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


async def test_a_chain_is_followed_to_its_end(servers, ask):
    port = await servers.answering(to("/a"), to("b"), OK)
    facts = await ask(f"http://127.0.0.1:{port}/")
    assert facts.status == 200
    assert [head.split()[1] for head in servers.requests] == ["/", "/a", "/b"]


async def test_a_loop_ends_where_it_closes(servers, ask):
    port = await servers.answering(to("/a"), to("/"))
    facts = await ask(f"http://127.0.0.1:{port}/")
    assert facts.error is Reason.REDIRECT_LOOP
    assert len(servers.requests) == 2


async def test_more_redirects_than_allowed_are_a_loop(servers, ask):
    port = await servers.answering(to("/1"), to("/2"), to("/3"), OK)
    facts = await ask(f"http://127.0.0.1:{port}/", redirects=2)
    assert facts.error is Reason.REDIRECT_LOOP
    assert len(servers.requests) == 3


async def test_with_no_redirects_allowed_the_redirect_itself_is_the_answer(servers, ask):
    port = await servers.answering(to("/a"))
    assert (await ask(f"http://127.0.0.1:{port}/", redirects=0)).status == 302


async def test_a_redirect_without_a_location_is_an_answer(servers, ask):
    port = await servers.answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")
    assert (await ask(f"http://127.0.0.1:{port}/")).status == 302


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/", "javascript:alert(1)"])
async def test_a_redirect_out_of_http_is_refused(servers, ask, location):
    port = await servers.answering(to(location))
    facts = await ask(f"http://127.0.0.1:{port}/")
    assert facts.error is Reason.REDIRECT_REFUSED
    assert "etc" not in facts.detail


@pytest.mark.parametrize(
    "location", ["https://", "http://[::1", "http://127.0.0.1:99999/", "http://2130706433/"]
)
async def test_a_redirect_to_something_malformed_is_a_protocol_error(servers, ask, location):
    port = await servers.answering(to(location))
    assert (await ask(f"http://127.0.0.1:{port}/")).error is Reason.PROTOCOL


async def test_a_public_host_cannot_send_the_monitor_to_its_own_machine(servers, good):
    """Loopback stands in for a public host here: nothing listens on the open internet in a test."""
    inner = await servers.answering(OK)
    outer = await servers.answering(to(f"http://127.0.0.2:{inner}/"))

    def reach(address: str) -> Reach:
        return Reach.PUBLIC if address == "127.0.0.1" else reach_of(address)

    async with Network(reach=reach) as network:
        facts = await PROBES["http"](replace(good, target=f"http://127.0.0.1:{outer}/"), network)
    assert facts.error is Reason.REDIRECT_REFUSED
    assert facts.detail == "a public host redirects to a loopback address"
    assert len(servers.requests) == 1


async def test_a_name_is_judged_by_the_address_it_resolves_to(servers, good):
    outer = await servers.answering(to("http://localhost:1/"))

    def reach(address: str) -> Reach:
        return Reach.PUBLIC if address == "127.0.0.2" else reach_of(address)

    async with Network(reach=reach) as network:
        port = await servers.start(_answer(to(f"http://localhost:{outer}/")), host="127.0.0.2")
        facts = await PROBES["http"](replace(good, target=f"http://127.0.0.2:{port}/"), network)
    assert facts.error is Reason.REDIRECT_REFUSED
    assert servers.requests == []


async def test_a_redirect_to_the_other_family_is_refused(servers, ask):
    port = await servers.answering(to("http://[::1]:1/"))
    facts = await ask(f"http://127.0.0.1:{port}/", family="ipv4")
    assert facts.error is Reason.REDIRECT_REFUSED
    assert facts.detail == "a redirect to an address of the family that was not chosen"


def _answer(text: bytes):
    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)

    return handler


async def test_secrets_are_not_carried_to_another_origin(servers, ask):
    """Another port is another origin; nothing that was configured goes there, and nothing comes back."""
    headers = {
        "X-Api-Key": Secret("s3cret"),
        "Authorization": "Basic abc",
        "Cookie": "a=b",
        "Accept": "text/x",
    }
    second = await servers.answering(OK)
    first = await servers.answering(to(f"http://127.0.0.1:{second}/"))
    await ask(f"http://127.0.0.1:{first}/", headers=headers)
    before, after = servers.requests
    assert all(word in before for word in ("s3cret", "Basic abc", "a=b", "text/x"))
    assert not any(word in after for word in ("s3cret", "Basic abc", "a=b"))
    assert "text/x" in after


async def test_secrets_stay_within_their_origin(servers, ask):
    port = await servers.answering(to("/next"), OK)
    await ask(f"http://127.0.0.1:{port}/", headers={"X-Api-Key": Secret("s3cret")})
    assert all("s3cret" in head for head in servers.requests)


# -- one hop, without a network


@pytest.mark.parametrize(
    ("status", "location", "method", "body"),
    [
        (307, "/next", "POST", b"s3cret"),
        (308, "https://a.example/", "POST", b"s3cret"),
        (307, "https://b.example/", "POST", None),
        (307, "http://a.example/", "POST", None),
        (302, "/next", "GET", None),
        (303, "/next", "GET", None),
    ],
)
def test_a_body_stays_with_its_origin_and_its_method(status, location, method, body):
    first = first_hop("https://a.example/", Http(method="POST", body=Secret("s3cret")))
    hop = next_hop(first, status, location)
    assert (hop.method, hop.body) == (method, body)
    assert "s3cret" not in repr(first)


def test_what_was_dropped_does_not_return_to_the_first_origin(good):
    first = first_hop("https://a.example/", Http(headers={"X-Key": Secret("s3cret")}))
    back = next_hop(next_hop(first, 302, "https://b.example/"), 302, "https://a.example/")
    assert dict(back.headers) == {}


def test_a_harmless_header_that_is_secret_is_dropped_all_the_same(good):
    first = first_hop("https://a.example/", Http(headers={"Accept": Secret("s3cret")}))
    assert dict(next_hop(first, 302, "http://a.example/").headers) == {}


def test_a_hop_does_not_print_its_headers(good):
    assert "s3cret" not in repr(first_hop(good.target, Http(headers={"X-Key": Secret("s3cret")})))


def test_a_user_in_a_redirect_is_dropped(good):
    hop = next_hop(first_hop(good.target, Http()), 302, "http://user:password@b.example/")
    assert hop.url.user is None


@pytest.mark.parametrize(
    ("method", "status", "following"),
    [
        ("GET", 302, "GET"),
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("HEAD", 303, "HEAD"),
    ],
)
def test_the_method_after_a_redirect(good, method, status, following):
    assert next_hop(first_hop(good.target, Http(method=method)), status, "/x").method == following


@pytest.mark.parametrize("location", ["gopher://x/", "data:text/html,x", "mailto:a@b.example"])
def test_other_schemes_are_refused(good, location):
    with pytest.raises(RedirectRefused, match="not http or https"):
        next_hop(first_hop(good.target, Http()), 302, location)


def test_a_url_without_a_host_is_invalid(good):
    with pytest.raises(aiohttp.InvalidURL):
        next_hop(first_hop(good.target, Http()), 302, "https:///path")

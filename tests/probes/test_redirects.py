"""Redirects: where they may lead, what they may carry, and when they end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.config.endpoint import Http, Secret
from monitor.core.checks import Reason
from monitor.probes import PROBES, Network
from monitor.probes.reach import Reach, reach_of
from monitor.probes.redirects import BadRedirect, first_hop, next_hop
from monitor.probes.trail import RedirectRefused

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def to(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


async def test_a_chain_is_followed_to_its_end(servers, ask):
    port = await servers.answering(to("/a"), to("b"), OK)
    facts = await ask(f"http://127.0.0.1:{port}/")
    assert facts.status == 200
    assert [head.split()[1] for head in servers.requests] == ["/", "/a", "/b"]


async def test_a_relative_redirect_leaves_the_encoding_of_the_path_as_it_is(servers, ask):
    port = await servers.answering(to("/caf%C3%A9/%20%2F%0D%0AX/a"), to("b"), OK)
    facts = await ask(f"http://127.0.0.1:{port}/")
    assert facts.status == 200
    assert servers.requests[-1].startswith("GET /caf%C3%A9/%20%2F%0D%0AX/b HTTP/1.1\r\n")


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
    "location",
    [
        *("https://", "http://[::1", "//[::1]@", "http://127.0.0.1:99999/"),
        *("http://2130706433/", "http://a\x7fb.example/"),
    ],
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


async def test_a_name_that_turns_inwards_is_refused_until_it_is_forgotten(servers, good):
    """A name server that answers with our own addresses all of a sudden must not make us ask there."""
    target = replace(good, target=f"http://127.0.0.1:{await servers.answering(OK)}/")
    reach = Reach.PUBLIC
    async with Network(reach=lambda address: reach) as network:
        assert (await PROBES["http"](target, network)).error is None
        reach = Reach.PRIVATE
        refused = await PROBES["http"](target, network)
        network.forget()
        accepted = await PROBES["http"](target, network)
    assert refused.error is Reason.ADDRESS_REFUSED
    assert refused.detail == "a public name leads to a private address now; reload if it has moved"
    assert accepted.error is None


async def test_a_name_may_turn_outwards_and_back(servers, good):
    target = replace(good, target=f"http://127.0.0.1:{await servers.answering(OK)}/")
    reach = Reach.PRIVATE
    async with Network(reach=lambda address: reach) as network:
        for turned in (Reach.PRIVATE, Reach.PUBLIC, Reach.PRIVATE):
            reach = turned
            assert (await PROBES["http"](target, network)).error is None


async def test_the_metadata_service_of_a_cloud_is_never_asked(servers, ask):
    """Configured it is our own affair; a redirect to it is the target's."""
    blocked = await ask("http://169.254.169.254/latest/")
    assert (blocked.error, blocked.detail) == (
        Reason.BLOCKED_TARGET,
        "a cloud's metadata service is never probed",
    )
    port = await servers.answering(to("http://169.254.169.254/latest/"))
    refused = await ask(f"http://127.0.0.1:{port}/")
    assert (refused.error, refused.detail) == (
        Reason.REDIRECT_REFUSED,
        "a redirect to a cloud's metadata service",
    )


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
    assert dict(next_hop(first, 302, "https://b.example/").headers) == {}


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
    with pytest.raises(BadRedirect):
        next_hop(first_hop(good.target, Http()), 302, "https:///path")


def test_a_redirect_that_gives_up_encryption_is_refused():
    with pytest.raises(RedirectRefused, match="from https to http"):
        next_hop(first_hop("https://a.example/", Http()), 302, "http://a.example/")


def test_a_location_without_end_leads_nowhere(good):
    with pytest.raises(BadRedirect):
        next_hop(first_hop(good.target, Http()), 302, "/" + "a" * 8_192)

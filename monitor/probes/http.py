"""The HTTP probe: one request on a fresh connection, redirects followed by our own rules.

The whole attempt, from the look-up to the last byte that was needed, is bounded by the endpoint's timeout.
No body is read unless something in it is expected.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import aiohttp
from yarl import URL

from monitor.config.endpoint import Endpoint, Http
from monitor.core.checks import Expectation, Facts
from monitor.probes.body import decode, find, read_prefix
from monitor.probes.errors import EXPECTED, failure
from monitor.probes.extract import certificate_days, extract, needs_body
from monitor.probes.network import Network
from monitor.probes.reach import is_address
from monitor.probes.redirects import REDIRECTS, Hop, first_hop, next_hop
from monitor.probes.trail import TRAIL, Trail, tenths


async def probe_http(endpoint: Endpoint, network: Network) -> Facts:
    """Ask once, and report what was seen."""
    if not isinstance(endpoint.how, Http):
        raise TypeError(f"{endpoint.id} is a {endpoint.kind} endpoint")
    trail = Trail(network.reach, endpoint.how.family)
    token = TRAIL.set(trail)
    try:
        async with asyncio.timeout(endpoint.timeout / 1_000):
            return await _ask(endpoint, endpoint.how, network, trail)
    except EXPECTED as error:
        return await failure(error, trail, network, endpoint.timeout)
    finally:
        TRAIL.reset(token)


async def _ask(endpoint: Endpoint, how: Http, network: Network, trail: Trail) -> Facts:
    started = asyncio.get_running_loop().time()
    hop = first_hop(endpoint.target, how)
    seen: set[tuple[str, str]] = set()
    while True:
        seen.add((hop.method, str(hop.url)))
        response = await _send(hop, how, network, trail)
        try:
            location = _location(response) if how.redirects else None
            if location is None:
                led = _unfollowed(hop, response) if len(seen) == 1 else str(hop.url)
                facts = await _report(response, endpoint.expectation, how, trail, started, led)
                days = certificate_days(endpoint.expectation.rules, trail.tls, network.now())
                return replace(facts, found={**facts.found, **days}) if days else facts
        finally:
            response.close()
        following = next_hop(hop, response.status, location)
        if len(seen) > how.redirects or (following.method, str(following.url)) in seen:
            raise aiohttp.TooManyRedirects(response.request_info, ())
        hop = following


async def _send(hop: Hop, how: Http, network: Network, trail: Trail) -> aiohttp.ClientResponse:
    trail.enter("connect")
    trail.tls = None
    if hop.url.host and is_address(hop.url.host):
        trail.visit([hop.url.host])
    return await network.session.request(
        hop.method,
        hop.url,
        headers=hop.headers,
        data=hop.body,
        allow_redirects=False,
        ssl=network.tls(verify=how.verify_tls, certificate=hop.certificate),
    )


def _location(response: aiohttp.ClientResponse) -> str | None:
    return response.headers.get("Location") if response.status in REDIRECTS else None


def _unfollowed(hop: Hop, response: aiohttp.ClientResponse) -> str | None:
    """Where an answer that is itself a redirect leads, if that can be said."""
    location = response.headers.get("Location") if response.status in REDIRECTS else None
    try:
        return None if location is None else str(hop.url.join(URL(location)))
    except ValueError:
        return location


async def _report(
    response: aiohttp.ClientResponse,
    expectation: Expectation,
    how: Http,
    trail: Trail,
    started: float,
    led: str | None,
) -> Facts:
    wanted = (*expectation.contains, *expectation.lacks)
    looked_at = bool(wanted) or needs_body(expectation.rules)
    trail.enter("body")
    body = await read_prefix(response.content, how.body_limit) if looked_at else None
    trail.enter("end")
    latency = tenths(asyncio.get_running_loop().time() - started)
    text = None if body is None else decode(body, response.charset)
    found = extract(
        expectation.rules,
        status=response.status,
        headers=response.headers,
        body=body,
        text=text,
        location=led,
    )
    return Facts(
        latency=latency,
        status=response.status,
        size=None if body is None else len(body),
        phases=trail.phases(),
        found=found if text is None else {**find(text, wanted), **found},
    )

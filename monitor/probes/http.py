"""The HTTP probe: one request on a fresh connection, redirects followed by our own rules.

The whole attempt, from the look-up to the last byte that was needed, is bounded by the endpoint's timeout.
No body is read unless something in it is expected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from monitor.config.endpoint import Endpoint, Http, Proxy
from monitor.core.checks import Expectation, Facts
from monitor.probes.body import charset_of, decode, find
from monitor.probes.connect import adopted, connected
from monitor.probes.errors import EXPECTED, failure
from monitor.probes.extract import certificate_days, extract, needs_body
from monitor.probes.network import Network
from monitor.probes.proxied import through
from monitor.probes.redirects import REDIRECTS, Hop, TooManyRedirects, first_hop, led, next_hop
from monitor.probes.request import request
from monitor.probes.trail import TRAIL, Trail
from monitor.probes.wire import Answer, Exchange


async def probe_http(endpoint: Endpoint, network: Network) -> Facts:
    """Ask once, and report what was seen."""
    if not isinstance(endpoint.how, Http):
        raise TypeError(f"{endpoint.id} is a {endpoint.kind} endpoint")
    trail = network.trail(endpoint.how.family)
    token = TRAIL.set(trail)
    try:
        async with asyncio.timeout(endpoint.timeout / 1_000):
            return await _ask(endpoint, endpoint.how, network, trail)
    except EXPECTED as error:
        return await failure(error, trail, network, endpoint.timeout)
    finally:
        TRAIL.reset(token)


async def _ask(endpoint: Endpoint, how: Http, network: Network, trail: Trail) -> Facts:
    hop = first_hop(endpoint.target, how)
    limit = how.body_limit if _reads_the_body(endpoint.expectation) else 0
    seen: set[tuple[str, str]] = set()
    while True:
        seen.add((hop.method, str(hop.url)))
        answer = await _send(hop, how, network, trail, limit)
        location = _location(answer) if how.redirects else None
        if location is None:
            led = _unfollowed(hop, answer) if len(seen) == 1 else str(hop.url)
            facts = _report(answer, endpoint.expectation, trail, led)
            days = certificate_days(endpoint.expectation.rules, trail.tls, network.now())
            return replace(facts, found={**facts.found, **days}) if days else facts
        following = next_hop(hop, answer.status, location)
        if len(seen) > how.redirects or (following.method, str(following.url)) in seen:
            raise TooManyRedirects
        hop = following


async def _send(hop: Hop, how: Http, network: Network, trail: Trail, limit: int) -> Answer:
    def wanted(status: int, headers: Mapping[str, str]) -> int:
        """A redirect that will be followed has a body for nobody."""
        return 0 if how.redirects and status in REDIRECTS and "location" in headers else limit

    exchange = Exchange(
        request(hop, how.proxy), wanted if hop.method != "HEAD" else lambda status, headers: 0, trail.enter
    )
    trail.enter("connect")
    trail.tls = None
    try:
        if how.proxy is None:
            await connected(exchange, hop, how, network, trail)
        else:
            await _by_proxy(exchange, hop, how, how.proxy, network, trail)
        return await exchange.answer
    finally:
        exchange.abort()
        if exchange.answer.done() and not exchange.answer.cancelled():
            exchange.answer.exception()  # heard: a failure after a cancellation is nobody's


async def _by_proxy(
    exchange: Exchange, hop: Hop, how: Http, proxy: Proxy, network: Network, trail: Trail
) -> None:
    connection = await through(proxy, hop.url, network, trail)
    secure = hop.url.scheme == "https"
    context = network.tls(verify=how.verify_tls, certificate=hop.certificate) if secure else None
    await adopted(exchange, connection, context, hop.url.raw_host or "")


def _reads_the_body(expectation: Expectation) -> bool:
    return bool(expectation.contains or expectation.lacks) or needs_body(expectation.rules)


def _location(answer: Answer) -> str | None:
    return answer.headers.get("location") if answer.status in REDIRECTS else None


def _unfollowed(hop: Hop, answer: Answer) -> str | None:
    """Where an answer that is itself a redirect leads, if that can be said."""
    location = _location(answer)
    try:
        return None if location is None else str(led(hop.url, location))
    except ValueError:
        return location


def _report(answer: Answer, expectation: Expectation, trail: Trail, led: str | None) -> Facts:
    trail.enter("end")
    latency = trail.elapsed()
    wanted = (*expectation.contains, *expectation.lacks)
    body = answer.body
    text = None if body is None else decode(body, charset_of(answer.headers.get("content-type", "")))
    found = extract(
        expectation.rules,
        status=answer.status,
        headers=answer.headers,
        body=body,
        text=text,
        location=led,
    )
    return Facts(
        latency=latency,
        status=answer.status,
        size=None if body is None else len(body),
        phases=trail.phases(),
        found=found if text is None else {**find(text, wanted), **found},
        addresses=trail.addresses,
    )

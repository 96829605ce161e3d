"""The DNS probe: one question to a name server, and what it answered.

A server that the operator chose is the target: its silence is down. The system's own are ours, and their
silence is nobody's outage. Messages are dnspython's affair; answers from elsewhere, or to another question,
are not heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver

from monitor.config.endpoint import Dns, Endpoint, answer
from monitor.core.checks import Expectation, Facts, Found, Reason
from monitor.probes.body import find
from monitor.probes.errors import EXPECTED, failure
from monitor.probes.network import Network
from monitor.probes.resolver import LookupFailed
from monitor.probes.tcp import host_and_port
from monitor.probes.trail import TRAIL, Trail

PORT = 53
EACH = 2.0
"""Seconds that each of the system's own servers is given at most; together they have most of the timeout."""
SHARE = 0.8
MOST = 200
LONGEST = 2_048
"""Answers that are looked at, and the characters of all of them together."""


class Unread(Exception):
    """What came cannot be read as a message, or is refused; the text says why."""


async def probe_dns(endpoint: Endpoint, network: Network) -> Facts:
    """Ask once, and report what was answered."""
    if not isinstance(endpoint.how, Dns):
        raise TypeError(f"{endpoint.id} is a {endpoint.kind} endpoint")
    trail = network.trail("any")
    token = TRAIL.set(trail)
    try:
        async with asyncio.timeout(endpoint.timeout / 1_000):
            return await _ask(endpoint, endpoint.how, network, trail)
    except Unread as error:
        trail.enter("end")
        return Facts(
            error=Reason.PROTOCOL, detail=str(error), phases=trail.phases(), addresses=trail.addresses
        )
    except EXPECTED as error:
        return await failure(error, trail, network, endpoint.timeout)
    finally:
        TRAIL.reset(token)


async def _ask(endpoint: Endpoint, how: Dns, network: Network, trail: Trail) -> Facts:
    question = dns.message.make_query(endpoint.target, how.type)
    if how.server is None:
        trail.enter("dns")
        reply = await _of_ours(question, network, endpoint.timeout / 1_000)
    else:
        host, port = host_and_port(how.server)
        trail.visit([host], host)
        trail.enter("first_byte")
        reply = await _of(question, host, port)
    latency = trail.elapsed()
    trail.enter("end")
    return _report(reply, endpoint, how, latency, trail)


async def _of(question: dns.message.QueryMessage, host: str, port: int) -> dns.message.Message:
    """A server's answer; over TCP where it does not fit into a packet."""
    try:
        reply, _ = await dns.asyncquery.udp_with_fallback(
            question, host, port=port, ignore_unexpected=True, ignore_errors=True
        )
    except dns.exception.Timeout as error:
        raise TimeoutError from error
    except (dns.exception.DNSException, EOFError) as error:
        raise Unread(f"the answer cannot be read: {type(error).__name__}") from error
    return reply


async def _of_ours(
    question: dns.message.QueryMessage, network: Network, allowed: float
) -> dns.message.Message:
    """The first of the system's servers that answers."""
    silent: BaseException | None = None
    servers = network.nameservers()
    each = min(EACH, allowed * SHARE / max(1, len(servers)))
    for server in servers:
        host, port = host_and_port(server)
        try:
            async with asyncio.timeout(each):
                reply = await _of(question, host, port)
        except (TimeoutError, OSError) as error:
            silent = error
            continue
        if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise LookupFailed(
                Reason.DNS_FAILURE, f"our name server answers {dns.rcode.to_text(reply.rcode())}"
            )
        return reply
    raise LookupFailed(Reason.OWN_DNS, "no name server of ours answers") from silent


def _report(reply: dns.message.Message, endpoint: Endpoint, how: Dns, latency: int, trail: Trail) -> Facts:
    code = reply.rcode()
    wanted_absent = any(
        rule.extract == "answer" and rule.sign == "absent" for rule in endpoint.expectation.rules
    )
    if code == dns.rcode.NXDOMAIN and not wanted_absent:
        return _failed(Reason.NAME_NOT_FOUND, "there is no such name", trail)
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _failed(Reason.DNS_FAILURE, f"the server answers {dns.rcode.to_text(code)}", trail)
    text = "\n".join(answers(reply, how))[:LONGEST]
    return Facts(
        latency=latency,
        phases=trail.phases(),
        found=_found(text, endpoint.expectation),
        addresses=trail.addresses,
    )


def _failed(reason: Reason, detail: str, trail: Trail) -> Facts:
    return Facts(error=reason, detail=detail, phases=trail.phases(), addresses=trail.addresses)


def answers(reply: dns.message.Message, how: Dns) -> Sequence[str]:
    """The answers of the type that was asked for, each as it is written in a zone, in order."""
    wanted = dns.rdatatype.from_text(how.type)
    found = [item.to_text() for each in reply.answer if each.rdtype == wanted for item in each]
    return sorted({answer(text, how.type) for text in found[:MOST]})


def _found(text: str, expectation: Expectation) -> dict[str, Found]:
    keys = [rule.key for rule in expectation.rules if rule.extract == "answer"]
    return {**find(text, (*expectation.contains, *expectation.lacks)), **dict.fromkeys(keys, text or None)}


def systems() -> tuple[str, ...]:
    """The system's own name servers, as `address:port`; none where they cannot be read."""
    try:
        known = dns.resolver.Resolver().nameservers
    except (dns.exception.DNSException, OSError):
        return ()
    return tuple(f"[{each}]:{PORT}" if ":" in str(each) else f"{each}:{PORT}" for each in known)

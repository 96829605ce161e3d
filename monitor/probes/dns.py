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
import dns.resolver

from monitor.config.endpoint import Dns, Endpoint, answer
from monitor.core.checks import Expectation, Facts, Found, Reason
from monitor.probes.body import find
from monitor.probes.errors import EXPECTED, failure, reason_of
from monitor.probes.network import Network
from monitor.probes.resolver import LookupFailed
from monitor.probes.tcp import host_and_port
from monitor.probes.trail import TRAIL, Trail

PORT = 53
EACH = 2.0
"""Seconds that each of the system's own servers is given at most; together they have most of the timeout."""
SHARE = 0.8
LONGEST = 2_048
"""Characters that are kept of all the answers together; texts are looked for in the whole."""


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
        return _failed(Reason.PROTOCOL if endpoint.how.server else Reason.OWN_DNS, str(error), trail)
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
        reply = await _in_a_packet(question, host, port) or await _whole(question, host, port)
    latency = trail.elapsed()
    trail.enter("end")
    return _report(reply, endpoint, how, latency, trail)


async def _in_a_packet(
    question: dns.message.QueryMessage, host: str, port: int
) -> dns.message.Message | None:
    """A server's answer; None where it does not fit into a packet."""
    try:
        return await dns.asyncquery.udp(
            question, host, port=port, ignore_unexpected=True, ignore_errors=True, raise_on_truncation=True
        )
    except dns.message.Truncated:
        return None


async def _whole(question: dns.message.QueryMessage, host: str, port: int) -> dns.message.Message:
    """A server's answer over TCP. Unread where it breaks off or is none."""
    try:
        return await dns.asyncquery.tcp(question, host, port=port)
    except (dns.exception.DNSException, EOFError) as error:
        raise Unread(f"the answer cannot be read: {type(error).__name__}") from error


async def _of_ours(
    question: dns.message.QueryMessage, network: Network, allowed: float
) -> dns.message.Message:
    """The first answer of the system's servers that says whether there is such a name.

    Unread where one of them had an answer and could not hand it over: the way there is ours.
    """
    failed = LookupFailed(Reason.OWN_DNS, "no name server of ours answers")
    cut = False
    servers = network.nameservers()
    each = min(EACH, allowed * SHARE / max(1, len(servers)))
    for server in servers:
        host, port = host_and_port(server)
        try:
            async with asyncio.timeout(each):
                reply = await _in_a_packet(question, host, port)
                if reply is None:
                    cut = True
                    reply = await _whole(question, host, port)
        except Unread:
            continue
        except OSError as error:  # a TimeoutError is one
            if reason_of(error) is Reason.OWN_RESOURCE:
                raise
            continue
        if reply.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return reply
        failed = LookupFailed(
            Reason.DNS_FAILURE, f"our name server answers {dns.rcode.to_text(reply.rcode())}"
        )
    if cut:
        raise Unread("our name server does not hand over, by TCP, what fits into no packet")
    raise failed


def _report(reply: dns.message.Message, endpoint: Endpoint, how: Dns, latency: int, trail: Trail) -> Facts:
    code = reply.rcode()
    wanted_absent = any(
        rule.extract == "answer" and rule.sign == "absent" for rule in endpoint.expectation.rules
    )
    if code == dns.rcode.NXDOMAIN and not wanted_absent:
        return _failed(Reason.NAME_NOT_FOUND, "there is no such name", trail)
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return _failed(Reason.DNS_FAILURE, f"the server answers {dns.rcode.to_text(code)}", trail)
    try:
        text = "\n".join(answers(reply, how))
    except dns.message.ChainTooLong:
        return _failed(Reason.DNS_FAILURE, "the aliases of the name go round in a circle, or too far", trail)
    return Facts(
        latency=latency,
        phases=trail.phases(),
        found=_found(text, endpoint.expectation),
        addresses=trail.addresses,
    )


def _failed(reason: Reason, detail: str, trail: Trail) -> Facts:
    return Facts(error=reason, detail=detail, phases=trail.phases(), addresses=trail.addresses)


def answers(reply: dns.message.Message, how: Dns) -> Sequence[str]:
    """The answers of the type that was asked for, each as it is written in a zone, in order.

    Those of the name alone, and of the names that it is an alias of: ChainTooLong where they do not end.
    """
    if not isinstance(reply, dns.message.QueryMessage):
        return ()
    try:
        found = reply.resolve_chaining().answer
    except dns.message.AnswerForNXDOMAIN:
        return ()
    return sorted({answer(item.to_text(), how.type) for item in found or ()})


def _found(text: str, expectation: Expectation) -> dict[str, Found]:
    keys = [rule.key for rule in expectation.rules if rule.extract == "answer"]
    kept = text[:LONGEST] or None
    return {**find(text, (*expectation.contains, *expectation.lacks)), **dict.fromkeys(keys, kept)}


def systems() -> tuple[str, ...]:
    """The system's own name servers, as `address:port`; none where they cannot be read."""
    try:
        known = dns.resolver.Resolver().nameservers
    except (dns.exception.DNSException, OSError):
        return ()
    return tuple(f"[{each}]:{PORT}" if ":" in str(each) else f"{each}:{PORT}" for each in known)

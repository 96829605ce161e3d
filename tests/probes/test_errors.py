"""Every error that can reach a probe has a reason, and the details repeat nothing secret."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from monitor.config.endpoint import Family
from monitor.core.checks import Reason, State, state_of
from monitor.probes import Network
from monitor.probes.errors import BY_CLASS, failure, printable, reason_of
from monitor.probes.redirects import BadRedirect, TooManyRedirects
from monitor.probes.resolver import LookupFailed, reason_of_code
from monitor.probes.trail import AddressRefused, Blocked, RedirectRefused, Trail
from monitor.probes.wire import Closed, NotHttp, Truncated


def connecting(code: int) -> OSError:
    return OSError(code, "…")


def test_no_class_is_hidden_behind_one_of_its_bases():
    kinds = [kind for kind, _ in BY_CLASS]
    hidden = [
        (kind.__name__, earlier.__name__)
        for index, kind in enumerate(kinds)
        for earlier in kinds[:index]
        if issubclass(kind, earlier)
    ]
    assert hidden == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (connecting(errno.ECONNREFUSED), Reason.CONNECTION_REFUSED),
        (connecting(errno.ECONNRESET), Reason.CONNECTION_RESET),
        (connecting(errno.EHOSTUNREACH), Reason.CONNECTION_FAILED),
        (connecting(errno.EPIPE), Reason.CONNECTION_RESET),
        (connecting(errno.ETIMEDOUT), Reason.TIMEOUT),
        (connecting(errno.EMFILE), Reason.OWN_RESOURCE),
        (connecting(errno.ENFILE), Reason.OWN_RESOURCE),
        (connecting(errno.ENOBUFS), Reason.OWN_RESOURCE),
        (connecting(errno.ENOMEM), Reason.OWN_RESOURCE),
        (connecting(errno.EADDRNOTAVAIL), Reason.OWN_RESOURCE),
        (connecting(errno.ENETUNREACH), Reason.OWN_NETWORK),
        (connecting(errno.ENETDOWN), Reason.OWN_NETWORK),
        (connecting(errno.EPERM), Reason.OWN_NETWORK),
        (connecting(errno.EXDEV), Reason.CONNECTION_FAILED),
        (OSError("no number"), Reason.CONNECTION_FAILED),
        (ssl.SSLCertVerificationError(), Reason.TLS_CERTIFICATE),
        (ssl.SSLError(1, "…"), Reason.TLS_HANDSHAKE),
        (socket.gaierror(-2, "…"), Reason.DNS_FAILURE),
        (LookupFailed(Reason.NAME_NOT_FOUND, "…"), Reason.NAME_NOT_FOUND),
        (Closed(), Reason.CONNECTION_RESET),
        (Truncated(), Reason.CONNECTION_RESET),
        (NotHttp("not a word of it"), Reason.PROTOCOL),
        (BadRedirect(), Reason.PROTOCOL),
        (TooManyRedirects(), Reason.REDIRECT_LOOP),
        (RedirectRefused("inwards"), Reason.REDIRECT_REFUSED),
        (AddressRefused("inwards"), Reason.ADDRESS_REFUSED),
        (Blocked("never"), Reason.BLOCKED_TARGET),
        (TimeoutError(), Reason.TIMEOUT),
        (MemoryError(), Reason.OWN_RESOURCE),
        (ConnectionResetError(), Reason.CONNECTION_RESET),
    ],
)
def test_the_reason_for_an_error(error, reason):
    assert reason_of(error) is reason


@pytest.mark.parametrize("error", [OSError(), ConnectionResetError(), Closed()])
def test_a_nameless_failure_while_shaking_hands_is_a_failed_handshake(error):
    assert reason_of(error, "tls") is Reason.TLS_HANDSHAKE


def test_no_address_for_a_literal_one_is_a_lack_of_ours():
    assert reason_of(socket.gaierror(socket.EAI_MEMORY, "…"), "connect") is Reason.OWN_RESOURCE
    assert reason_of(socket.gaierror(socket.EAI_MEMORY, "…"), "dns") is Reason.DNS_FAILURE


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (4, Reason.NAME_NOT_FOUND),  # NXDOMAIN
        (1, Reason.NAME_NOT_FOUND),  # the name has no address
        (3, Reason.DNS_FAILURE),  # SERVFAIL
        (6, Reason.DNS_FAILURE),  # REFUSED
        (10, Reason.DNS_FAILURE),  # an answer that cannot be read
        (11, Reason.OWN_DNS),  # no server could be reached
        (12, Reason.OWN_DNS),  # no server answered
        (15, Reason.OWN_RESOURCE),  # out of memory
    ],
)
def test_the_reason_for_an_answer_from_a_name_server(code, reason):
    assert reason_of_code(code) is reason


# -- where the machine must be asked

IPV4, IPV6 = socket.AF_INET, socket.AF_INET6


async def settled(
    error: Exception, address: str, *routes: frozenset[socket.AddressFamily], family: Family = "any"
) -> Reason | None:
    """The reason, on a machine whose ways out were `routes[0]` at first and `routes[-1]` now."""
    left = list(routes)
    async with Network(routes=lambda: left.pop(0) if len(left) > 1 else left[0]) as network:
        trail = Trail(family=family)
        trail.visit([address], "shop.example")
        return (await failure(error, trail, network, 1_000)).error


async def test_no_way_out_at_all_is_our_own_network():
    error = connecting(errno.ENETUNREACH)
    assert await settled(error, "192.0.2.1", frozenset({IPV4}), frozenset()) is Reason.OWN_NETWORK


async def test_a_family_that_was_lost_is_our_own_network():
    error = connecting(errno.ENETUNREACH)
    now = frozenset({IPV4})
    assert await settled(error, "2001:db8::1", now | {IPV6}, now) is Reason.OWN_NETWORK


async def test_a_target_with_addresses_we_never_could_reach_is_down_not_unknown():
    """Or publishing an IPv6 address alone would stop the clock of a monitor on IPv4."""
    error = connecting(errno.ENETUNREACH)
    assert await settled(error, "2001:db8::1", frozenset({IPV4})) is Reason.CONNECTION_FAILED
    error = connecting(errno.EADDRNOTAVAIL)
    assert await settled(error, "::1", frozenset({IPV4})) is Reason.CONNECTION_FAILED


@pytest.mark.parametrize("code", [errno.ENETUNREACH, errno.EADDRNOTAVAIL])
async def test_a_family_that_was_chosen_and_that_we_have_not_is_our_own_network(code):
    only = frozenset({IPV4})
    assert await settled(connecting(code), "2001:db8::1", only, family="ipv6") is Reason.OWN_NETWORK


async def test_a_network_that_is_out_of_reach_far_away_is_the_targets_with_a_chosen_family_too():
    both = frozenset({IPV4, IPV6})
    error = connecting(errno.ENETUNREACH)
    assert await settled(error, "192.0.2.1", both, family="ipv4") is Reason.CONNECTION_FAILED


async def test_ports_used_up_are_our_own_resource():
    error = connecting(errno.EADDRNOTAVAIL)
    assert await settled(error, "127.0.0.1", frozenset({IPV4})) is Reason.OWN_RESOURCE


# -- details


async def test_details_repeat_no_url_and_no_header():
    secret = "s3cret"
    errors = [
        Closed(secret),
        Truncated(secret),
        BadRedirect(secret),
        ConnectionResetError(secret),
        OSError(secret),
    ]
    async with Network() as network:
        for error in errors:
            trail = Trail()
            trail.visit(["127.0.0.1"], "shop.example")
            facts = await failure(error, trail, network, 1_000)
            assert secret not in facts.detail
            assert facts.detail
            assert facts.error is not None
            assert state_of(facts.error) is State.DOWN


def test_details_are_bounded_and_printable():
    assert printable("a\x1b[31m\nb\x00" + "c" * 500) == "a [31m b " + "c" * 191

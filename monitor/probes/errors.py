"""Errors, translated at the border: of the wire, of ssl, c-ares and the operating system to a Reason.

Errors are told apart by class and errno. Details name the error in our words or the system's, and repeat no
URL and no header.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator

from monitor.core.checks import Facts, Reason
from monitor.probes.network import Network
from monitor.probes.proxied import NotReached
from monitor.probes.redirects import BadRedirect, TooManyRedirects
from monitor.probes.resolver import LookupFailed
from monitor.probes.trail import AddressRefused, Blocked, RedirectRefused, Trail
from monitor.probes.wire import Closed, NotHttp, Truncated

DETAIL_LIMIT = 200

BY_CLASS: tuple[tuple[type[BaseException], Reason], ...] = (
    (RedirectRefused, Reason.REDIRECT_REFUSED),
    (AddressRefused, Reason.ADDRESS_REFUSED),
    (TooManyRedirects, Reason.REDIRECT_LOOP),
    (BadRedirect, Reason.PROTOCOL),
    (Blocked, Reason.BLOCKED_TARGET),
    (NotHttp, Reason.PROTOCOL),
    (NotReached, Reason.CONNECTION_FAILED),
    (Closed, Reason.CONNECTION_RESET),
    (Truncated, Reason.CONNECTION_RESET),
    (MemoryError, Reason.OWN_RESOURCE),
    (ssl.SSLCertVerificationError, Reason.TLS_CERTIFICATE),
    (ssl.SSLError, Reason.TLS_HANDSHAKE),
    (socket.gaierror, Reason.DNS_FAILURE),
    (TimeoutError, Reason.TIMEOUT),
    (ConnectionError, Reason.CONNECTION_RESET),
    (OSError, Reason.CONNECTION_FAILED),
)
"""The first class that fits decides, so a class stands before its bases."""

EXPECTED = tuple(kind for kind, _ in BY_CLASS)
"""What a probe catches. Everything else is a fault of the probe itself."""

BY_ERRNO = {
    errno.ECONNREFUSED: Reason.CONNECTION_REFUSED,
    errno.ECONNRESET: Reason.CONNECTION_RESET,
    errno.ECONNABORTED: Reason.CONNECTION_RESET,
    errno.EPIPE: Reason.CONNECTION_RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.EHOSTUNREACH: Reason.CONNECTION_FAILED,
    errno.ENETUNREACH: Reason.OWN_NETWORK,
    errno.ENETDOWN: Reason.OWN_NETWORK,
    errno.EPERM: Reason.OWN_NETWORK,
    errno.EMFILE: Reason.OWN_RESOURCE,
    errno.ENFILE: Reason.OWN_RESOURCE,
    errno.ENOBUFS: Reason.OWN_RESOURCE,
    errno.ENOMEM: Reason.OWN_RESOURCE,
    errno.EADDRNOTAVAIL: Reason.OWN_RESOURCE,
}

_TOO_OLD = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW", "WRONG_SSL_VERSION"}
)
"""What OpenSSL calls it when the two know no version in common."""

_UNROUTED = frozenset({errno.ENETUNREACH, errno.ENETDOWN})
_NO_WAY = _UNROUTED | {errno.EADDRNOTAVAIL}


def reason_of(error: BaseException, phase: str = "") -> Reason:
    """The reason for an error in a phase of the attempt, from the error alone."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, LookupFailed):
            return cause.reason
    code = _errno(causes)
    if code is not None:
        return BY_ERRNO.get(code, Reason.CONNECTION_FAILED)
    if phase == "connect" and isinstance(error, socket.gaierror):
        return Reason.OWN_RESOURCE  # names are resolved by then: the system had no memory for an address
    if any(isinstance(cause, ConnectionResetError) for cause in causes):
        return Reason.TLS_HANDSHAKE if phase == "tls" else Reason.CONNECTION_RESET
    if any(
        isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None) in _TOO_OLD for cause in causes
    ):
        return Reason.TLS_VERSION
    reason = next(reason for kind, reason in BY_CLASS if isinstance(error, kind))
    broken = reason in (Reason.CONNECTION_FAILED, Reason.CONNECTION_RESET)
    return Reason.TLS_HANDSHAKE if broken and phase == "tls" else reason


async def failure(error: BaseException, trail: Trail, network: Network, allowed: int) -> Facts:
    """The facts of an attempt that got no answer. `allowed` is the attempt's timeout, in ms."""
    phase = trail.phase
    trail.enter("end")
    reason = await _weighed(error, phase, trail, network)
    return Facts(
        error=reason,
        detail=_detail(error, reason, phase, allowed),
        phases=trail.phases(),
        addresses=trail.addresses,
    )


async def _weighed(error: BaseException, phase: str, trail: Trail, network: Network) -> Reason:
    """The reason, once the machine itself has been asked where the error alone cannot tell.

    A family that the operator chose and that we have no way out for is our affair, never the target's.
    """
    reason = reason_of(error, phase)
    addresses = trail.addresses
    if reason is Reason.TIMEOUT and phase == "proxy":
        return Reason.OWN_NETWORK
    if reason is Reason.TIMEOUT and phase == "queue":
        return Reason.OWN_RESOURCE
    if reason in (Reason.OWN_DNS, Reason.DNS_FAILURE) or (reason is Reason.TIMEOUT and phase == "dns"):
        return Reason.DNS_FAILURE if await network.resolver.answers() else Reason.OWN_DNS
    if reason is Reason.BLOCKED_TARGET and trail.floor is not None:
        return Reason.PROTOCOL  # a redirect led there, so it is the target's doing
    code = _errno(list(_chain(error)))
    if trail.family and code in _NO_WAY and network.lacks_family(addresses):
        return Reason.OWN_NETWORK
    if code in _UNROUTED and not network.unreachable_is_ours(addresses):
        return Reason.CONNECTION_FAILED
    if code == errno.EADDRNOTAVAIL and network.lacks_family(_outside_ipv4(addresses)):
        return Reason.CONNECTION_FAILED
    return reason


def _outside_ipv4(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses, if all are IPv6; a machine without IPv6 says "not available" for those."""
    return addresses if all(":" in address for address in addresses) else ()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it wraps, and what caused it, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__


def _errno(causes: list[BaseException]) -> int | None:
    """The system's error number; ssl and name resolution keep numbers of their own in the same place."""
    if any(isinstance(cause, _OWN_NUMBERS) for cause in causes):
        return None
    numbers = (cause.errno for cause in causes if isinstance(cause, OSError))
    return next((number for number in numbers if number is not None), None)


_OWN_NUMBERS = (ssl.SSLError, ssl.CertificateError, socket.gaierror)


def _detail(error: BaseException, reason: Reason, phase: str, allowed: int) -> str:
    if isinstance(error, TimeoutError) and phase == "proxy":
        return f"our proxy does not answer within {allowed} ms"
    if reason is Reason.TIMEOUT:
        return printable(f"no answer within {allowed} ms, in phase {phase}")
    return printable(_words(list(_chain(error))))


def _words(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message or "certificate not accepted"
        if isinstance(cause, ssl.SSLError):
            return (cause.reason or "TLS failed").replace("_", " ").lower()
        if isinstance(cause, LookupFailed):
            return cause.message
        if isinstance(cause, RedirectRefused | AddressRefused | Blocked | NotReached):
            return str(cause)
        if isinstance(cause, NotHttp):
            return f"the answer is not valid HTTP: {cause}"
    code = _errno(causes)
    return (
        os.strerror(code) if code is not None else _SENTENCES.get(type(causes[0]), type(causes[0]).__name__)
    )


_SENTENCES: dict[type[BaseException], str] = {
    ConnectionResetError: "the connection was closed in the middle",
    ConnectionAbortedError: "the connection was closed in the middle",
    Closed: "the connection was closed before an answer",
    Truncated: "the connection was closed before the answer was complete",
    BadRedirect: "a redirect to something that is not a URL",
    TooManyRedirects: "too many redirects, or a loop",
}


def printable(text: str) -> str:
    """Bounded and free of control characters, so that a log or a terminal can show it."""
    return "".join(c if c.isprintable() else " " for c in text[:DETAIL_LIMIT])
